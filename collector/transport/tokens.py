"""Tokens: kept fresh for all threads, renewed before they expire and once when they were refused."""

import base64
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from collector.errors import LoginError
from collector.model import Identity
from collector.transport.faults import json_object
from collector.transport.redaction import one_line, remember

_MARGIN = timedelta(seconds=60)


class Token(NamedTuple):
    """An access token. `renew_at` None: nothing is known of its end, so it is renewed when it is refused."""

    access: str
    refresh: str = ""
    renew_at: datetime | None = None

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Token(***)"


class Login(Protocol):
    """What a session needs of a login; for any number of threads."""

    def header(self) -> str:
        """The Authorization header."""

    def renew(self, after: str) -> str:
        """The header to use instead of `after`, which was refused; raises `LoginError` when there is none."""

    @property
    def identity(self) -> Identity:
        """Who is logged in; never a secret."""


class BasicLogin:
    """A name and password that go along with each request; there is nothing to renew, `refused` says so."""

    def __init__(self, name: str, secret: str, refused: LoginError) -> None:
        self._name = name
        self._header = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
        self._refused = refused
        remember(secret)
        remember(self._header.removeprefix("Basic "))

    def __repr__(self) -> str:
        """Whose login, never the secret."""
        return f"BasicLogin({self._name!r})"

    def header(self) -> str:
        """The Authorization header, always the same."""
        return self._header

    def renew(self, after: str) -> str:  # noqa: ARG002  the same for all
        """Nothing: a password that was refused once is refused again."""
        raise LoginError(str(self._refused), hint=self._refused.hint)

    @property
    def identity(self) -> Identity:
        """The name; what it may do is not told."""
        return Identity(name=one_line(self._name), grant="basic")


class Tokens:
    """The token of one login, for any number of threads.

    `obtain` gets a token anew and is handed the last refresh token ("" at first); it is called at once, so a wrong
    password shows here.
    """

    def __init__(self, obtain: Callable[[str], Token], *, name: str, grant: str, now: Callable[[], datetime]) -> None:
        self._obtain = obtain
        self._name = name
        self._grant = grant
        self._now = now
        self._lock = threading.Lock()
        self._refused: LoginError | None = None
        self._token = self._renewed("")

    def header(self) -> str:
        """The Authorization header, renewed 60 s before the token expires."""
        with self._lock:
            renew_at = self._token.renew_at
            if renew_at is not None and self._now() >= renew_at:
                self._token = self._renewed(self._token.refresh)
            return _header(self._token)

    def renew(self, after: str) -> str:
        """The header to use instead of `after`, which was refused; one thread gets it, the others wait and share it."""
        with self._lock:
            if _header(self._token) == after:
                self._token = self._renewed(self._token.refresh)
            return _header(self._token)

    @property
    def identity(self) -> Identity:
        """Who is logged in, as the token itself says; never a secret."""
        claims = token_claims(self._token.access)
        names = (claims.get(claim) for claim in ("user_name", "client_id", "cid"))
        name = next((one_line(name) for name in names if isinstance(name, str) and name), self._name)
        scopes = claims.get("scope")
        scopes = scopes if isinstance(scopes, list) else str(scopes or "").split()
        found = {one_line(scope) for scope in scopes if isinstance(scope, str)}
        user = claims.get("user_id")
        return Identity(
            name=name,
            user=one_line(user) if isinstance(user, str) else "",
            grant=self._grant,
            scopes=tuple(sorted(found)),
        )

    def _renewed(self, refresh: str) -> Token:
        # A refused login is never tried again: some servers lock an account after a few wrong passwords.
        if self._refused is not None:
            raise LoginError(str(self._refused), hint=self._refused.hint)
        try:
            token = self._obtain(refresh)
        except LoginError as error:
            self._refused = error
            raise
        remember(token.access)
        remember(token.refresh)
        if token.renew_at is not None and token.renew_at <= self._now():
            # By our clock it is due at birth: the clock is wrong, so only a refusal tells.
            token = token._replace(renew_at=None)
        return token


def _header(token: Token) -> str:
    return f"bearer {token.access}"


def usable(token: str) -> bool:
    """Whether a token can stand in a header."""
    return re.fullmatch(r"[\x21-\x7e]+", token) is not None


def token_claims(token: str) -> dict[str, Any]:
    """The payload of a JWT, unverified: Cloud Controller verifies it, we only read names; {} for any other token."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 – header, payload, signature
        return {}
    try:
        return json_object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}


def token_end(token: str) -> datetime | None:
    """When a JWT says that it ends; None where it does not say so."""
    end = token_claims(token).get("exp")
    if isinstance(end, bool) or not isinstance(end, int | float):
        return None
    try:
        return datetime.fromtimestamp(end, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def renew_at(access: str, lifetime: object, asked_at: datetime) -> datetime | None:
    """When to renew a token: 60 s before its end, or after half of a life shorter than two minutes.

    The life that the answer states counts, from when it was asked for: it holds however wrong our clock is.
    """
    seconds = _seconds(lifetime)
    if seconds is not None:
        return asked_at + max(timedelta(seconds=seconds) - _MARGIN, timedelta(seconds=seconds / 2))
    end = token_end(access)
    return None if end is None else end - _MARGIN


def _seconds(value: object) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e9 else None  # noqa: PLR2004 – thirty years: more is a mistake
