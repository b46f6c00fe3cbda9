"""Trying again: how often, after how long, and the gate where all wait."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime

import pytest

from collector.errors import Malformed, RemoteError


@pytest.mark.parametrize("status", [502, 503, 504, 520])
def test_a_gateway_error_is_tried_again(server, world, say, status) -> None:
    """Waits double and what comes at last is the answer."""
    server.on("/v3/apps", *[say.answer(status, b"<html>", "text/html")] * 3, say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [1.0, 2.0, 4.0]


def test_chance_spreads_the_waits(server, world, say) -> None:
    """With no luck at all a wait is half as long."""
    server.on("/v3/apps", say.answer(502), say.page({}))
    session = world.session(server.url, jitter=lambda: 0.0)
    session.fetch(say.ask())
    assert world.slept == [0.5]


def test_attempts_end(server, world, say) -> None:
    """A server that never recovers is a RemoteError with the last status and the number of attempts."""
    server.on("/v3/apps", say.answer(502))
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == ("502 after 5 attempts", 502, 5)
    assert caught.value.hint


def test_a_500_may_pass(server, world, say) -> None:
    """500 is tried again twice."""
    server.on("/v3/apps", say.answer(500), say.answer(500), say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}


def test_a_500_that_stays_is_not_insisted_on(server, world, say) -> None:
    """More than two retries of a 500 only repeat the damage."""
    server.on("/v3/apps", say.complaint(500, "UnknownError", 10001))
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == ("500 after 3 attempts", 500, 3)


def test_a_rate_limit_is_waited_for_out_loud(server, world, say) -> None:
    """429 with an hour to wait: the wait is told once, taken, and uses up no attempt."""
    server.on("/v3/apps", say.answer(429, b'{"errors":[]}', "text/plain", Retry_After="3600"), say.page({"n": 1}))
    session = world.session(server.url, attempts=1)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [3600.0]
    who = f"cloud-controller at {server.url}"
    assert world.said == [f"{who}: 429 rate limited; waiting 60 min as asked, going on at 2026-11-23 13:00:00 UTC"]


def test_a_rate_limit_may_name_a_date(server, world, say) -> None:
    """Retry-After as a date counts from the server's own Date, so a wrong clock of ours does no harm."""
    later = format_datetime(say.noon + timedelta(hours=5, seconds=30), usegmt=True)
    server.on(
        "/v3/apps",
        say.answer(429, Retry_After=later, Date=format_datetime(say.noon + timedelta(hours=5), usegmt=True)),
        say.page({}),
    )
    session = world.session(server.url)
    session.fetch(say.ask())
    assert world.slept == [30.0]


def test_waiting_has_a_budget(server, world, say) -> None:
    """Beyond the budget the error says until when, and how to go on then."""
    server.on("/v3/apps", say.answer(429, Retry_After="3600"))
    session = world.session(server.url, budget_seconds=5400)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert world.slept == [3600.0]
    assert str(caught.value) == "429 rate limited until 2026-11-23 14:00:00 UTC: 60 min to wait, 30 min allowed"
    assert caught.value.hint == "run `collect snapshot --resume` after 2026-11-23 14:00:00 UTC"
    assert caught.value.http_status == 429


@pytest.mark.parametrize(
    "header", [None, "0", "-5", "soon", "1e9", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00"]
)
def test_a_rate_limit_without_a_time_is_an_attempt(server, world, say, header) -> None:
    """nginx limits without headers; that, or a time that is none, must not loop for ever."""
    headers = {} if header is None else {"Retry_After": header}
    server.on("/v3/apps", say.answer(429, b"<html>429</html>", "text/html", **headers))
    session = world.session(server.url, attempts=3)
    with pytest.raises(RemoteError, match=r"^429 rate limited after 3 attempts$"):
        session.fetch(say.ask())
    assert world.slept == [1.0, 2.0]


def test_an_unavailable_service_may_say_for_how_long(server, world, say) -> None:
    """503 with Retry-After: the wait is as asked, but it is an attempt."""
    server.on("/v3/apps", say.answer(503, Retry_After="90"))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match=r"^503 after 2 attempts$"):
        session.fetch(say.ask())
    assert world.slept == [90.0]


def test_all_threads_wait_at_one_gate(server, world, say) -> None:
    """Four threads that meet the same limit wait once, say so once, and then all have their answer."""
    barrier = threading.Barrier(4)

    def limited(handler) -> None:
        barrier.wait(5)
        say.answer(429, Retry_After="3600")(handler)

    server.on("/v3/apps", limited, limited, limited, limited, say.page({"n": 1}))
    session = world.session(server.url, concurrency=4)
    with ThreadPoolExecutor(4) as pool:
        pages = [one.page for one in pool.map(session.fetch, [say.ask()] * 4)]
    assert pages == [{"n": 1}] * 4
    assert world.slept == [3600.0]
    assert len(world.said) == 1


def test_nobody_asks_while_the_gate_is_closed(server, world, say) -> None:
    """A question that begins during the wait is sent after it."""
    sleeping, wake = threading.Event(), threading.Event()
    asked_meanwhile = []

    def sleep(seconds: float) -> None:
        world.slept.append(seconds)
        sleeping.set()
        wake.wait(5)
        asked_meanwhile.append(len(server.asked))

    server.on("/v3/apps", say.answer(429, Retry_After="10"), say.page({}))
    session = world.session(server.url, sleep=sleep)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(session.fetch, say.ask())
        assert sleeping.wait(5)
        second = pool.submit(session.fetch, say.ask())
        say.wait(0.05)
        wake.set()
        first.result(5)
        second.result(5)
    assert asked_meanwhile == [1]


def test_an_interruption_ends_a_wait(server, world, say) -> None:
    """A sleep that raises KeyboardInterrupt stops the one who waits, and opens the gate for the others."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    server.on("/v3/apps", say.answer(429, Retry_After="3600"), say.answer(502), say.page({}))
    session = world.session(server.url, sleep=interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            session.fetch(say.ask())
    assert session.fetch(say.ask()).page == {}


def test_different_failures_share_the_attempts(server, world, say) -> None:
    """Two gateway errors, a cut and a 500 are four attempts; the fifth may still succeed."""
    server.on("/v3/apps", say.answer(502), say.answer(504), say.raw(b""), say.answer(500), say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}


def test_html_where_json_was_promised_is_tried_again(server, world, say) -> None:
    """A gateway's friendly page with status 200 is a failed attempt, with the decoder's reason at the end."""
    server.on("/v3/apps", say.answer(200, b"<html>maintenance</html>", "text/html"))
    session = world.session(server.url)
    with pytest.raises(RemoteError, match=r"^not JSON after 5 attempts$") as caught:
        session.fetch(say.ask())
    failed = caught.value.__cause__
    assert failed is not None
    assert isinstance(failed.__cause__, Malformed)
