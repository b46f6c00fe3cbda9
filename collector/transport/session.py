"""Asking one API: GET only, one origin, politely, until there is an answer or a reason why there is none."""

import logging
import re
import statistics
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from collector.errors import CollectError, LoginError, Malformed
from collector.evidence.ask import Ask
from collector.transport.answer import Answer
from collector.transport.cache import Cache, Kept, worth_keeping
from collector.transport.faults import fault, media_type, says, server_date, whole
from collector.transport.manners import CLOUD_CONTROLLER, Closed, Manner
from collector.transport.patience import AttemptError, Patience
from collector.transport.redaction import RedactionFilter, one_line
from collector.transport.tokens import Login
from collector.transport.urls import check_api_url, url_of
from collector.transport.wire import Reply, Wire

_LOG = logging.getLogger(__name__)
_LOG.addFilter(RedactionFilter())

# All that name a place; 300 and 304 do not.
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})


class RateLimit(NamedTuple):
    """What the last answer said of the limit. Only a hint: it moves in steps of 10 %, and reads 0 too early."""

    limit: int | None
    remaining: int | None
    reset: datetime | None


class Session:
    """A conversation with one API; `fetch` may be called from many threads.

    `manner` is the kind of server; answers are kept in `cache`, which is for what anybody may read.
    `requests` counts what was sent, `rate_limit` is the last limit seen, None where the server shows none.
    """

    def __init__(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
        self,
        api: str,
        *,
        tokens: Login | None,
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
        manner: Manner = CLOUD_CONTROLLER,
        cache: Cache | None = None,
    ) -> None:
        if tokens is not None and cache is not None:
            raise CollectError(f"what {source} answers to a login is not for a cache")
        self.api = check_api_url(api)
        self.source = source
        self.requests = 0
        self.rate_limit: RateLimit | None = None
        self._tokens = tokens
        self._now = now
        self._sleep = sleep
        self._say = say
        self._manner = manner
        self._cache = cache
        self._closed: Closed | None = None
        self._wire = Wire(connections=concurrency, timeout=timeout, ca_bundle=ca_bundle, ca_hint=manner.ca_hint)
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
        """Get the answer to one question; to one that asks for a redirect, the path and query of where it leads.

        Raises `Refused` for an answer that says no, `RemoteError` with the reason when there is none after retries,
        `LoginError` when the token is not accepted, and `Refused` from `ask.decode` as it is.
        """
        url = url_of(self.api, ask.path, ask.query)
        if ask.wait > 0:
            self._sleep(ask.wait)
        return self._patience.persist(lambda: self._attempt(ask, url))

    def _attempt(self, ask: Ask, url: str) -> Answer:
        self._stay_out()
        kept = self._cache.find(url) if self._cache else None
        reply = self._reply(ask, url, kept)
        if ask.redirect and reply.status in _ELSEWHERE:
            return self._answer(reply, _place)
        if ask.redirect and reply.status == HTTPStatus.OK:
            raise AttemptError("200 where a redirect was promised")
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return self._confirmed(ask, url, reply, kept)
        if reply.status == HTTPStatus.OK or reply.status in ask.accepts:
            answer = self._answer(reply, partial(_page, ask))
            self._keep(url, reply)
            return answer
        raise self._no(reply)

    def _reply(self, ask: Ask, url: str, kept: Kept | None) -> Reply:
        header = self._tokens.header() if self._tokens else ""
        reply = self._send(ask, url, header, kept)
        if self._tokens and self._manner.bad_token(reply) and reply.status not in ask.accepts:
            reply = self._send(ask, url, self._tokens.renew(header), kept)
        return reply

    def _send(self, ask: Ask, url: str, header: str, kept: Kept | None) -> Reply:
        with self._lock:
            self.requests += 1
        reply = self._wire.get(url, header, kept.condition if kept else None)
        _LOG.debug("%s GET %s: %d, %d bytes", self.source, ask.path, reply.status, len(reply.body))
        date = server_date(reply)
        # A proxy that answers from its store repeats the date of long ago.
        if date is not None and reply.headers.get("Age", "0").strip() == "0":
            self._skews.append((date - self._now()).total_seconds())
        self.rate_limit = _rate_limit(reply) or self.rate_limit
        return reply

    def _answer(self, reply: Reply, read: Callable[[Reply], Any]) -> Answer:
        retrieved_at = self._now()
        return Answer(
            body=reply.body,
            page=read(reply),
            status=reply.status,
            media_type=media_type(reply),
            request_id=re.sub(r"[^\w:.-]", "", reply.headers.get("X-Vcap-Request-Id", ""), flags=re.ASCII)[:128],
            retrieved_at=retrieved_at,
            server_date=server_date(reply),
        )

    def _confirmed(self, ask: Ask, url: str, reply: Reply, kept: Kept | None) -> Answer:
        """The body received earlier, which the server says is still the one."""
        if kept is None or self._cache is None:
            raise AttemptError("304 without a condition", status=reply.status)
        whole = reply._replace(body=kept.body)
        try:
            return self._answer(whole, partial(_page, ask))._replace(media_type=kept.media_type)
        except AttemptError:
            # Kept by another version, that read it in another way: the next attempt asks for it whole.
            self._cache.forget(url)
            raise

    def _keep(self, url: str, reply: Reply) -> None:
        kept = worth_keeping(reply) if self._cache and reply.status == HTTPStatus.OK else None
        if self._cache and kept:
            self._cache.keep(url, kept, self._say)

    def _no(self, reply: Reply) -> CollectError | AttemptError:
        """The error that an answer stands for."""
        now = self._now()
        own = self._manner.own(reply, now)
        if isinstance(own, Closed):
            self._closed = own
        if own is None and reply.status == HTTPStatus.UNAUTHORIZED:
            return LoginError(f"{self.source} does not accept the login: {says(reply)}", hint=self._manner.login_hint)
        return own or fault(reply, now, self._manner.moved_hint)

    def _stay_out(self) -> None:
        # Asking on while requests are limited is what gets an address locked out.
        closed = self._closed
        if closed is not None and self._now() < closed.until:
            raise Closed(str(closed), http_status=closed.http_status, hint=closed.hint, until=closed.until)


def _page(ask: Ask, reply: Reply) -> Any:  # noqa: ANN401  whatever `decode` gives
    try:
        return ask.decode(reply.body)
    except Malformed as error:
        raise AttemptError(one_line(str(error))) from error


def _place(reply: Reply) -> str:
    """Path and query of where an answer points; on what host it says that is, is left out: that need not be ours."""
    try:
        parts = urlsplit(reply.headers.get("Location", ""))
    except ValueError as error:
        raise AttemptError(f"{reply.status} without a place that can be used", status=reply.status) from error
    if parts.scheme not in {"", "http", "https"} or not re.fullmatch(r"/[\x21-\x7e]*", parts.path):
        raise AttemptError(f"{reply.status} without a place that can be used", status=reply.status)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _rate_limit(reply: Reply) -> RateLimit | None:
    limit, remaining, reset = (whole(reply.headers.get(f"X-RateLimit-{name}", "")) for name in _RATE_LIMIT_HEADERS)
    if limit is None and remaining is None:
        return None
    return RateLimit(limit, remaining, None if reset is None else datetime.fromtimestamp(reset, UTC))


_RATE_LIMIT_HEADERS = ("Limit", "Remaining", "Reset")
