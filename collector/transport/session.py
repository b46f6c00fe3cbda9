"""Asking one API: GET only, one origin, politely, until there is an answer or a reason why there is none."""

import logging
import re
import statistics
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from collector.errors import LoginError, Malformed
from collector.evidence.ask import Ask
from collector.transport.faults import INVALID_TOKEN, complaint, fault, media_type, says, server_date
from collector.transport.patience import AttemptError, Patience
from collector.transport.redaction import RedactionFilter, one_line
from collector.transport.tokens import Tokens
from collector.transport.urls import check_api_url, url_of
from collector.transport.wire import Reply, Wire

_LOG = logging.getLogger(__name__)
_LOG.addFilter(RedactionFilter())

_LOGIN_HINT = (
    "log in again: `cf login`, or check COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD; `collect doctor` tests it"
)


class Answer(NamedTuple):
    """One accepted answer: the bytes as received (content-decoded) and what `decode` made of them."""

    body: bytes
    page: Any
    status: int
    media_type: str
    request_id: str
    retrieved_at: datetime
    server_date: datetime | None


class RateLimit(NamedTuple):
    """What the last answer said of the limit. Only a hint: it moves in steps of 10 %, and reads 0 too early."""

    limit: int | None
    remaining: int | None
    reset: datetime | None


class Session:
    """A conversation with one API; `fetch` may be called from many threads.

    `requests` counts what was sent, `rate_limit` is the last limit seen, None where the server shows none.
    """

    def __init__(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
        self,
        api: str,
        *,
        tokens: Tokens | None,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        say: Callable[[str], None],
        source: str = "cloud-controller",
        concurrency: int = 4,
        timeout: tuple[float, float] = (10.0, 60.0),
        budget_seconds: float = 7200.0,
        attempts: int = 5,
        ca_bundle: str | None = None,
    ) -> None:
        self.api = check_api_url(api)
        self.source = source
        self.requests = 0
        self.rate_limit: RateLimit | None = None
        self._tokens = tokens
        self._now = now
        self._wire = Wire(connections=concurrency, timeout=timeout, ca_bundle=ca_bundle)
        self._patience = Patience(
            f"{source} at {self.api}",
            attempts=attempts,
            budget_seconds=budget_seconds,
            now=now,
            sleep=sleep,
            jitter=jitter,
            say=say,
        )
        self._lock = threading.Lock()
        self._skews: deque[float] = deque(maxlen=99)

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    @property
    def clock_skew_seconds(self) -> float | None:
        """The server's clock minus ours: the median over the last answers that had a Date, None without any."""
        skews = tuple(self._skews)
        return statistics.median(skews) if skews else None

    def fetch(self, ask: Ask) -> Answer:
        """Get the answer to one question.

        Raises `Refused` for an answer that says no, `RemoteError` with the reason when there is none after retries,
        `LoginError` when the token is not accepted, and `Refused` from `ask.decode` as it is.
        """
        url = url_of(self.api, ask.path, ask.query)
        return self._patience.persist(lambda: self._attempt(ask, url))

    def _attempt(self, ask: Ask, url: str) -> Answer:
        header = self._tokens.header() if self._tokens else ""
        reply = self._send(ask, url, header)
        if self._tokens and _token_is_invalid(reply) and reply.status not in ask.accepts:
            reply = self._send(ask, url, self._tokens.renew(header))
        if reply.status == HTTPStatus.OK or reply.status in ask.accepts:
            return self._answer(ask, reply)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise LoginError(f"{self.source} does not accept the login: {says(reply)}", hint=_LOGIN_HINT)
        raise fault(reply, self._now())

    def _send(self, ask: Ask, url: str, header: str) -> Reply:
        with self._lock:
            self.requests += 1
        reply = self._wire.get(url, header)
        _LOG.debug("%s GET %s: %d, %d bytes", self.source, ask.path, reply.status, len(reply.body))
        date = server_date(reply)
        if date is not None:
            self._skews.append((date - self._now()).total_seconds())
        self.rate_limit = _rate_limit(reply) or self.rate_limit
        return reply

    def _answer(self, ask: Ask, reply: Reply) -> Answer:
        retrieved_at = self._now()
        try:
            page = ask.decode(reply.body)
        except Malformed as error:
            raise AttemptError(one_line(str(error))) from error
        return Answer(
            body=reply.body,
            page=page,
            status=reply.status,
            media_type=media_type(reply),
            request_id=re.sub(r"[^\w:.-]", "", reply.headers.get("X-Vcap-Request-Id", ""), flags=re.ASCII)[:128],
            retrieved_at=retrieved_at,
            server_date=server_date(reply),
        )


def _token_is_invalid(reply: Reply) -> bool:
    return reply.status == HTTPStatus.UNAUTHORIZED and complaint(reply.body).code == INVALID_TOKEN


def _rate_limit(reply: Reply) -> RateLimit | None:
    limit, remaining, reset = (_whole(reply.headers.get(f"X-RateLimit-{name}", "")) for name in _RATE_LIMIT_HEADERS)
    if limit is None and remaining is None:
        return None
    return RateLimit(limit, remaining, None if reset is None else datetime.fromtimestamp(reset, UTC))


_RATE_LIMIT_HEADERS = ("Limit", "Remaining", "Reset")


def _whole(text: str) -> int | None:
    # Ten digits last until the year 2286, and always make a date.
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None
