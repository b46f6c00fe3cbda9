"""Logging in to a BOSH director: by its own UAA with a client, or by name and password where it has none."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from collector.errors import LoginError, RemoteError
from collector.transport.credentials import BoshSecrets
from collector.transport.desk import Desk, read_token, reason, refused
from collector.transport.faults import json_object, says
from collector.transport.login import token_url
from collector.transport.manners import Manner
from collector.transport.manners import director as director_manner
from collector.transport.patience import AttemptError, Patience
from collector.transport.redaction import one_line
from collector.transport.tokens import BasicLogin, Login, Token, Tokens, renew_at
from collector.transport.urls import check_api_url
from collector.transport.wire import Reply


def bosh_login(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
    url: str,
    *,
    environment: str,
    secrets: BoshSecrets,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    say: Callable[[str], None],
    timeout: tuple[float, float] = (10.0, 60.0),
    budget_seconds: float = 7200.0,
    attempts: int = 5,
    ca_bundle: str | None = None,
) -> Login:
    """Log in to a director; how, its `/info` says.

    The UAA that it names must be on https, or on loopback when the director is too; both are trusted by `ca_bundle`
    (None: the one of the secrets). Raises `LoginError`, `RemoteError` with the reason, or `UsageError`.
    """
    url = check_api_url(url)
    manner = director_manner(environment)
    patience = Patience(
        f"the login for the {environment} director at {url}",
        prefix="no login: ",
        attempts=attempts,
        budget_seconds=budget_seconds,
        now=now,
        sleep=sleep,
        jitter=jitter,
        say=say,
    )
    desk = Desk(patience, now, timeout, ca_bundle or secrets.ca_bundle, manner.ca_hint, manner.moved_hint)
    return _Counter(url, environment, secrets, manner, desk).login()


class _Counter(NamedTuple):
    """One director, and by what one logs in there."""

    url: str
    environment: str
    secrets: BoshSecrets
    manner: Manner
    desk: Desk

    def login(self) -> Login:
        """A login of the kind that the director wants."""
        authentication = self._info("")["user_authentication"]
        kind, options = authentication.get("type"), authentication.get("options")
        if kind == "basic":
            return self._basic()
        named = options.get("url") if isinstance(options, dict) else None
        if kind != "uaa" or not isinstance(named, str):
            said = one_line(str(kind), limit=40)
            raise LoginError(f"the {self.environment} director wants a login of kind {said}, which is not spoken")
        url = token_url(self.url, named)
        client = self.secrets.client
        return Tokens(lambda _: self._token(url), name=client.name, grant=client.grant, now=self.desk.now)

    def _info(self, authorization: str) -> dict[str, Any]:
        """What the director says of itself; nobody needs a login for that."""
        info = self.desk.ask(lambda wire: wire.get(f"{self.url}/info", authorization), _read_info)
        if isinstance(info, Reply):
            raise RemoteError(
                f"there is no BOSH director at {self.url}: {says(info)}",
                hint=f"set {self.secrets.prefix}_URL to its address, for example https://10.0.0.6:25555",
            )
        return info

    def _basic(self) -> BasicLogin:
        client = self.secrets.client
        no = refused("the director does not know this name and password", self.manner.login_hint)
        login = BasicLogin(client.name, client.reveal(), no)
        # Once, here: a wrong password must not be repeated with every question.
        if self._info(login.header()).get("user", "") is None:
            raise no
        return login

    def _token(self, url: str) -> Token:
        client, asked_at = self.secrets.client, self.desk.now()
        secret = client.reveal()
        form, basic = {"grant_type": "client_credentials"}, (client.name, secret)
        answer = self.desk.ask(lambda wire: wire.post(url, form, basic), read_token)
        if isinstance(answer, Reply):
            raise refused(reason(answer, secret), self.manner.login_hint)
        # Its refresh token, if any, is left alone: a director takes none.
        return Token(answer["access_token"], "", renew_at(answer["access_token"], answer.get("expires_in"), asked_at))


def _read_info(body: bytes) -> dict[str, Any]:
    info = json_object(body)
    if not isinstance(info.get("user_authentication"), dict):
        raise AttemptError("no director in the answer")
    return info
