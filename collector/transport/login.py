"""Logging in: where the login server is, and the three ways to get a token from it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from collector.errors import LoginError, RemoteError, UsageError
from collector.transport.credentials import Secrets
from collector.transport.desk import Desk, read_token, reason, refused
from collector.transport.faults import json_object, says
from collector.transport.patience import AttemptError, Patience
from collector.transport.tokens import Token, Tokens, renew_at, token_end, usable
from collector.transport.urls import check_api_url, check_login_url, is_loopback, origin
from collector.transport.wire import Reply

_CLIENT = ("cf", "")
"""The public client that every foundation has for its command line; its secret is empty by design."""

_EXPIRED_HINT = (
    "a service account's password lives 90 days; make a new one:"
    " `cf delete-service-key <service> <key>; cf create-service-key <service> <key>; cf service-key <service> <key>`"
)
_REFUSED_HINT = {
    "password": "check COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD",
    "client_credentials": "check COLLECT_CF_CLIENT_ID and COLLECT_CF_CLIENT_SECRET",
}


def login(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
    api: str,
    secrets: Secrets,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    say: Callable[[str], None],
    timeout: tuple[float, float] = (10.0, 60.0),
    budget_seconds: float = 7200.0,
    attempts: int = 5,
    ca_bundle: str | None = None,
) -> Tokens:
    """Log in to the foundation behind an API.

    The login server is the one that the API names; it must be on https, or on loopback when the API is too. The
    password goes there and nowhere else. Raises `LoginError`, `RemoteError` with the reason, or `UsageError`.
    """
    api = check_api_url(api)
    if secrets.grant == "cf-cli":
        if origin(secrets.target) != origin(api):
            # Its token is good for one foundation, and must not be shown to another.
            raise LoginError(f"the cf CLI is logged in to {secrets.target}, not {api}", hint=f"run `cf login -a {api}`")
        return Tokens(lambda _: _cli_token(secrets, now()), name=secrets.name, grant=secrets.grant, now=now)
    patience = Patience(
        f"the login server of {api}",
        prefix="no login: ",
        attempts=attempts,
        budget_seconds=budget_seconds,
        now=now,
        sleep=sleep,
        jitter=jitter,
        say=say,
    )
    counter = _Counter(secrets, Desk(patience, now, timeout, ca_bundle))
    url = counter.discover(api)
    return Tokens(lambda refresh: counter.token(url, refresh), name=secrets.name, grant=secrets.grant, now=now)


def _cli_token(secrets: Secrets, now: datetime) -> Token:
    access = secrets.reveal()
    end = token_end(access)
    if not usable(access):
        raise LoginError("the cf CLI holds no usable token", hint="run `cf login`")
    if end is not None and end <= now:
        raise LoginError(
            f"the cf CLI's token expired at {end:%Y-%m-%d %H:%M:%S} UTC",
            hint="run `cf oauth-token`, which refreshes it, or `cf login`",
        )
    return Token(access, renew_at=renew_at(access, None, now))


class _Counter(NamedTuple):
    """A foundation's login server, and by what one logs in there."""

    secrets: Secrets
    desk: Desk

    def discover(self, api: str) -> str:
        """The address that hands out tokens, as the API's root names it."""
        root = self.desk.ask(lambda wire: wire.get(f"{api}/"), _read_root)
        if isinstance(root, Reply):
            raise RemoteError(
                f"there is no Cloud Controller at {api}: {says(root)}",
                hint="set COLLECT_CF_API to the address of the API, for example https://api.fr.cloud.gov",
            )
        return token_url(api, root)

    def token(self, url: str, refresh: str) -> Token:
        """A new token: by the refresh token where there is one and it still works, else by the secret."""
        if refresh:
            token = self._granted(url, {"grant_type": "refresh_token", "refresh_token": refresh}, _CLIENT, refresh)
            if isinstance(token, Token):
                return token
        secret = self.secrets.reveal()
        if self.secrets.grant == "password":
            form = {"grant_type": "password", "username": self.secrets.name, "password": secret}
            token = self._granted(url, form, _CLIENT, secret)
        else:
            form = {"grant_type": "client_credentials", "client_id": self.secrets.name, "client_secret": secret}
            token = self._granted(url, form, None, secret)
        if isinstance(token, Reply):
            raise self._refusal(token, secret)
        return token

    def _granted(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None, secret: str) -> Token | Reply:
        asked_at = self.desk.now()
        answer = self.desk.ask(lambda wire: wire.post(url, form, basic), read_token)
        if isinstance(answer, Reply):
            return answer
        access, again = answer["access_token"], answer.get("refresh_token")
        again = again if isinstance(again, str) and self.secrets.grant == "password" else ""
        # A refresh that brings no new refresh token leaves the old one good.
        again = again or (secret if form["grant_type"] == "refresh_token" else "")
        return Token(access, again, renew_at(access, answer.get("expires_in"), asked_at))

    def _refusal(self, reply: Reply, secret: str) -> LoginError:
        why = reason(reply, secret)
        if "expired" in why.lower() and "password" in why.lower():
            return LoginError("the password has expired", hint=_EXPIRED_HINT)
        return refused(why, _REFUSED_HINT[self.secrets.grant])


def token_url(api: str, named: str) -> str:
    """Where to ask for tokens at the login server that an API names; raises `LoginError` when it is not safe."""
    try:
        url = check_login_url(named)
    except UsageError as error:
        raise LoginError(f"the login server that {api} names cannot be used: {error}") from error
    # An API elsewhere that sends a password to this machine, in the clear, means some other machine.
    if origin(url).scheme == "http" and not is_loopback(origin(api).host):
        raise LoginError(f"the login server {url} that {api} names is not encrypted", hint="no password was sent")
    return f"{url}/oauth/token"


def _read_root(body: bytes) -> str:
    links = json_object(body).get("links")
    for name in ("login", "uaa"):
        link = links.get(name) if isinstance(links, dict) else None
        href = link.get("href") if isinstance(link, dict) else None
        if isinstance(href, str) and href:
            return href
    raise AttemptError("no login server named in the answer")
