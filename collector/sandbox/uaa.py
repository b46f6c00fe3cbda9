"""A small UAA: four ways to ask for a token, tokens that expire, and a switch that revokes them all."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from urllib.parse import parse_qsl

from collector.sandbox.records import Identity
from collector.sandbox.wire import Answer, Asked, JsonObject, json_answer

UAA_JSON = "application/json;charset=UTF-8"
_USER_CLIENT = "cf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How one identity asks for a token: a user with the client `cf`, or a client of its own."""

    identity: Identity
    secret: str

    @property
    def username(self) -> str:
        """Return the user's name, or the client's id."""
        return self.identity.login

    @property
    def client_id(self) -> str:
        """Return the client that asks."""
        return self.identity.login if self.identity.client else _USER_CLIENT

    @property
    def client_secret(self) -> str:
        """Return the secret of the client; `cf` has an empty one."""
        return self.secret if self.identity.client else ""

    @property
    def password(self) -> str:
        """Return the password of a user."""
        return self.secret

    @property
    def passcode(self) -> str:
        """Return the code that a user who signs in elsewhere would read from the login page; it works once."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    identity: Identity
    expires: float


class TokenError(Exception):
    """An answer in the error format of OAuth."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


class Uaa:
    """Knows who may ask, which tokens it has given out, and which of them still count."""

    def __init__(
        self,
        identities: Iterable[Identity],
        clock: Callable[[], float],
        *,
        lifetime: float = 600,
        refresh_lifetime: float = 43200,
    ) -> None:
        self.credentials = {one.name: Credential(identity=one, secret=secrets.token_urlsafe(18)) for one in identities}
        self.lifetime, self.refresh_lifetime = lifetime, refresh_lifetime
        self.issuer = ""
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = Lock()
        self._access: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}
        self._spent: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        """Answer one request to the UAA."""
        if asked.path != "/oauth/token":
            return _refusal(TokenError(404, "not_found", "no such page"))
        if asked.method != "POST":
            return _refusal(TokenError(405, "method_not_allowed", f"Request method '{asked.method}' not supported"))
        try:
            form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
            return json_answer(self._token(form, asked.headers), content_type=UAA_JSON)
        except TokenError as refused:
            return _refusal(refused)

    def who(self, token: str) -> Identity | None:
        """Return whose access token this is, or None when it does not count (any more)."""
        with self._lock:
            grant = self._access.get(token)
        return grant.identity if grant and self._clock() < grant.expires else None

    def revoke_access_tokens(self) -> None:
        """Make every access token invalid; refresh tokens still work."""
        with self._lock:
            self._access.clear()

    def revoke_all(self) -> None:
        """Make every token invalid, refresh tokens too."""
        with self._lock:
            self._access.clear()
            self._refresh.clear()

    def issue(self, name: str, lifetime: float | None = None) -> str:
        """Give out an access token without a request, for tests that need a particular one."""
        credential = self.credentials[name]
        return self._access_token(credential.identity, credential.client_id, lifetime)

    def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> JsonObject:
        client_id, client_secret = _client(form, headers)
        grant_type = form.get("grant_type", "")
        if grant_type == "client_credentials":
            identity = self._as_client(client_id, client_secret)
            return self._reply(identity, client_id, refreshable=False)
        if grant_type not in {"password", "refresh_token"}:
            raise TokenError(400, "unsupported_grant_type", f"Unsupported grant type: {grant_type}")
        if (client_id, client_secret) != (_USER_CLIENT, ""):
            raise TokenError(401, "unauthorized", "Bad credentials")
        identity = self._as_user(form) if grant_type == "password" else self._refreshed(form)
        return self._reply(identity, client_id, refreshable=True)

    def _as_client(self, client_id: str, client_secret: str) -> Identity:
        for known in self.credentials.values():
            if known.identity.client and _same((known.client_id, known.client_secret), (client_id, client_secret)):
                return known.identity
        raise TokenError(401, "unauthorized", "Bad credentials")

    def _as_user(self, form: Mapping[str, str]) -> Identity:
        if "passcode" in form:
            return self._by_passcode(form["passcode"])
        given = (form.get("username", ""), form.get("password", ""))
        for known in self.credentials.values():
            if not known.identity.client and _same((known.username, known.password), given):
                if known.identity.password_expired:
                    text = "Your current password has expired. Please reset your password."
                    raise TokenError(403, "access_denied", text)
                return known.identity
        raise TokenError(401, "unauthorized", "Bad credentials")

    def _by_passcode(self, passcode: str) -> Identity:
        for known in self.credentials.values():
            if not known.identity.client and known.passcode == passcode and passcode not in self._spent:
                self._spent.add(passcode)
                return known.identity
        raise TokenError(401, "unauthorized", "Invalid passcode")

    def _refreshed(self, form: Mapping[str, str]) -> Identity:
        with self._lock:
            grant = self._refresh.get(form.get("refresh_token", ""))
        if grant is None or self._clock() >= grant.expires:
            raise TokenError(401, "invalid_token", "The token expired, was revoked, or the token ID is incorrect.")
        return grant.identity

    def _reply(self, identity: Identity, client_id: str, *, refreshable: bool) -> JsonObject:
        reply: JsonObject = {
            "access_token": self._access_token(identity, client_id, None),
            "token_type": "bearer",
            "expires_in": int(self.lifetime),
            "scope": " ".join(identity.scopes),
            "jti": secrets.token_hex(16),
        }
        if refreshable:
            token = secrets.token_hex(16) + "-r"
            with self._lock:
                self._refresh[token] = _Grant(identity=identity, expires=self._clock() + self.refresh_lifetime)
            reply["refresh_token"] = token
        return reply

    def _access_token(self, identity: Identity, client_id: str, lifetime: float | None) -> str:
        now = self._clock()
        expires = now + (self.lifetime if lifetime is None else lifetime)
        claims: JsonObject = {
            "jti": secrets.token_hex(16),
            "sub": identity.guid,
            "scope": list(identity.scopes),
            "client_id": client_id,
            "cid": client_id,
            "azp": client_id,
            "iat": int(now),
            "exp": int(expires),
            "iss": f"{self.issuer}/oauth/token",
            "aud": ["cloud_controller", client_id],
        }
        if not identity.client:
            claims |= {"user_id": identity.guid, "user_name": identity.login, "origin": "uaa", "grant_type": "password"}
        token = self._signed(claims)
        with self._lock:
            self._access[token] = _Grant(identity=identity, expires=expires)
        return token

    def _signed(self, claims: JsonObject) -> str:
        head = {"alg": "HS256", "typ": "JWT", "kid": "sandbox"}
        text = ".".join(_base64url(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{_base64url(hmac.digest(self._key, text.encode(), hashlib.sha256))}"


def _client(form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, client_secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise TokenError(401, "unauthorized", "Bad credentials") from error
    return client_id, client_secret


def _same(known: tuple[str, str], given: tuple[str, str]) -> bool:
    return all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(known, given, strict=True))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refusal(refused: TokenError) -> Answer:
    body: JsonObject = {"error": refused.error, "error_description": refused.description}
    return json_answer(body, status=refused.status, content_type=UAA_JSON)
