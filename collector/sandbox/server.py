"""The foundation over real HTTP: one loopback port for the Cloud Controller, another for the UAA."""

import contextlib
import gzip
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from threading import Lock
from types import TracebackType
from typing import Self

from collector.sandbox.controller import Controller, Options
from collector.sandbox.faults import Faults
from collector.sandbox.histories.record import Platform
from collector.sandbox.listen import Listener, Request, logged
from collector.sandbox.ratelimit import RateLimit, RateLimiter
from collector.sandbox.sites import DirectorSite, FeedSite
from collector.sandbox.uaa import Credential, Uaa
from collector.sandbox.wire import Answer, Asked
from collector.sandbox.world import World

LIMITER_OFF = RateLimit(enabled=False)


class Foundation:
    """A running foundation; use it as a context manager, or call `start` and `stop`.

    `domain` is what links are made of; None stands for the loopback address itself, for clients that follow links
    as they are. `clock` is what tokens expire by and the limiter's windows end by; `world.now` is not touched.
    With a platform its directors and feeds answer too, each at a port of its own. Their time is `world.now` and what
    has passed by `clock` since the foundation was made; app instances run where the platform's cells are. `basic`
    names the environments whose director has a local user instead of a UAA.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each thing that foundations differ in
        self,
        world: World,
        platform: Platform | None = None,
        *,
        basic: Collection[str] = (),
        domain: str | None = "https://api.sandbox.example",
        api_version: str = "3.228.0",
        droplets_current: bool = False,
        diego: bool = True,
        gzip: bool = False,
        latency: float = 0,
        token_lifetime: float = 600,
        refresh_lifetime: float = 43200,
        rate_limit: RateLimit = LIMITER_OFF,
        max_total_results: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.world = world
        self.faults = Faults()
        self.requests: list[Request] = []
        self.in_flight_peak = 0
        self.latency, self.gzip = latency, gzip
        self._in_flight = 0
        self._lock = Lock()
        self._limiter = RateLimiter(rate_limit, clock)
        self.uaa = Uaa(world.identities, clock, lifetime=token_lifetime, refresh_lifetime=refresh_lifetime)
        self._servers = [Listener(self._answer_api), Listener(self._answer_uaa)]
        self.api, self.login = (server.url for server in self._servers)
        self.uaa.issuer = self.login
        self.options = Options(
            domain=domain or self.api,
            login=self.login,
            uaa=self.login,
            api_version=api_version,
            droplets_current=droplets_current,
            diego=diego,
            max_total_results=max_total_results,
            rate_limit=rate_limit,
        )
        self._controller = Controller(world, self.options)
        self.platform, self._clock, self._made = platform, clock, clock()
        self.directors: dict[str, DirectorSite] = {}
        self.feeds: dict[str, str] = {}
        self.feed_site: FeedSite | None = None
        if platform is not None:
            self._add(platform, basic)

    def _add(self, platform: Platform, basic: Collection[str]) -> None:
        platform.settle(self.world)
        for name, director in platform.directors.items():
            self.directors[name] = DirectorSite(
                name,
                director,
                clock=self._clock,
                tick=self._tick,
                log=self.requests,
                lifetime=self.uaa.lifetime,
                basic=name in basic,
            )
        self.feed_site = FeedSite(platform.feeds, self.time, self.requests)
        self.feeds = self.feed_site.places

    def time(self) -> datetime:
        """Return the time of directors and feeds: that of the world, which goes on with the clock."""
        return self.world.now + timedelta(seconds=self._clock() - self._made)

    def _tick(self) -> None:
        if self.platform is not None:
            self.platform.advance(self.time())

    @property
    def credentials(self) -> dict[str, Credential]:
        """Return how each identity of the world asks for a token, by its name."""
        return self.uaa.credentials

    def token(self, name: str, lifetime: float | None = None) -> str:
        """Return an access token of an identity without asking the UAA over HTTP."""
        return self.uaa.issue(name, lifetime)

    def start(self) -> Self:
        """Begin to answer."""
        for server in self._all():
            server.start()
        return self

    def stop(self) -> None:
        """Stop answering and close all connections; stopping twice is no error."""
        for server in self._all():
            server.stop()

    def _all(self) -> list[Listener]:
        sites = [listener for site in self.directors.values() for listener in site.listeners]
        return [*self._servers, *sites, *(self.feed_site.listeners if self.feed_site else [])]

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _answer_api(self, asked: Asked) -> Answer:
        with self._flight():
            identity = self.uaa.who(asked.headers.get("authorization", "").partition(" ")[2])
            user = identity.guid if identity else None

            def produce() -> Answer:
                return self._limiter.answer(asked, user, lambda: self._controller.answer(asked, identity))

            return self._logged("api", asked, self.faults.answer(asked, produce))

    def _answer_uaa(self, asked: Asked) -> Answer:
        with self._flight():
            return self._logged("uaa", asked, self.faults.answer(asked, lambda: self.uaa.answer(asked)))

    @contextlib.contextmanager
    def _flight(self) -> Iterator[None]:
        with self._lock:
            self._in_flight += 1
            self.in_flight_peak = max(self.in_flight_peak, self._in_flight)
        try:
            if self.latency:
                time.sleep(self.latency)
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def _logged(self, server: str, asked: Asked, answer: Answer) -> Answer:
        logged(self.requests, server, asked, answer)
        return _compressed(answer, asked) if self.gzip else answer


def _compressed(answer: Answer, asked: Asked) -> Answer:
    if "gzip" not in asked.headers.get("accept-encoding", ""):
        return answer
    body = gzip.compress(answer.body, compresslevel=1, mtime=0)
    headers = {**answer.headers, "content-encoding": "gzip"}
    return Answer(
        status=answer.status,
        body=body,
        content_type=answer.content_type,
        headers=headers,
        delivery=answer.delivery,
    )
