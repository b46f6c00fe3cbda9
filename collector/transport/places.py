"""Opening what is asked beside Cloud Controller: directors, and feeds at an address or in a folder here."""

from collections.abc import Callable
from datetime import datetime

from collector.errors import UsageError
from collector.transport.cache import Cache
from collector.transport.credentials import BoshSecrets
from collector.transport.director import bosh_login
from collector.transport.local import LocalFolder
from collector.transport.manners import director, feed
from collector.transport.session import Session
from collector.transport.urls import check_feed_url


def open_director(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
    url: str,
    *,
    environment: str,
    secrets: BoshSecrets,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    say: Callable[[str], None],
    concurrency: int = 2,
    timeout: tuple[float, float] = (10.0, 60.0),
    budget_seconds: float = 7200.0,
    attempts: int = 5,
) -> Session:
    """Log in to the director of an environment and open a line to it; same errors as `bosh_login`."""
    login = bosh_login(
        url,
        environment=environment,
        secrets=secrets,
        now=now,
        sleep=sleep,
        jitter=jitter,
        say=say,
        timeout=timeout,
        budget_seconds=budget_seconds,
        attempts=attempts,
    )
    return Session(
        url,
        tokens=login,
        now=now,
        sleep=sleep,
        jitter=jitter,
        say=say,
        source=f"bosh-{environment}",
        concurrency=concurrency,
        timeout=timeout,
        budget_seconds=budget_seconds,
        attempts=attempts,
        ca_bundle=secrets.ca_bundle,
        manner=director(environment),
    )


def open_feed(  # noqa: PLR0913 – clock, chance, sleep and voice come in from outside, each by its name
    place: str,
    *,
    source: str,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    say: Callable[[str], None],
    cache: Cache | None = None,
    concurrency: int = 4,
    ca_bundle: str | None = None,
    timeout: tuple[float, float] = (10.0, 60.0),
    budget_seconds: float = 900.0,
    attempts: int = 5,
) -> Session | LocalFolder:
    """Open a feed at an http(s) address, which may have a path and a query, or at a path on this machine.

    Raises `UsageError` for an address that is not safe and a path that is not there. Asks name the whole path below
    the origin of an address, and the path inside a folder.
    """
    place = place.strip()
    if not place:
        raise UsageError(f"feed {source}: no place is set", hint=f"set feeds.{source.replace('-', '_')}")
    if "://" not in place:
        return LocalFolder(place, source=source, now=now)
    return Session(
        check_feed_url(place),
        tokens=None,
        now=now,
        sleep=sleep,
        jitter=jitter,
        say=say,
        source=source,
        concurrency=concurrency,
        timeout=timeout,
        budget_seconds=budget_seconds,
        attempts=attempts,
        ca_bundle=ca_bundle,
        manner=feed(source),
        cache=cache,
    )
