"""Public feeds: no login, no patience with long pauses, and a next step for everything."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import LoginError, Refused, RemoteError, UsageError
from collector.transport import LocalFolder, Session

NOON = int(datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp())
MESSAGE = b'{"message": "API rate limit exceeded for 192.0.2.7."}'


def github(remaining: int, reset: int) -> dict[str, str]:
    return {"X_RateLimit_Limit": "60", "X_RateLimit_Remaining": str(remaining), "X_RateLimit_Reset": str(reset)}


def test_an_address_with_a_path_is_asked_by_whole_paths(server, world, say) -> None:
    """The place's own path and query are the asker's to repeat; only scheme, host and port are the session's."""
    server.on("/repos/x/releases", say.page([1]))
    feed = world.feed(f"{server.url}/repos/x/releases?per_page=100", "stemcell-releases")
    assert isinstance(feed, Session)
    assert (feed.api, feed.source) == (server.url, "stemcell-releases")
    assert feed.fetch(say.ask("/repos/x/releases", per_page="100")).page == [1]
    assert server.asked[0].target == "/repos/x/releases?per_page=100"
    assert "authorization" not in server.asked[0].headers
    assert server.asked[0].headers["accept"] == "application/json, */*;q=0.5"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("http://feeds.example.gov/x", "is not encrypted"),
        ("ftp://feeds.example.gov/x", "is not https"),
        ("file:///srv/feeds", "is not https"),
        ("https://me:sesame@feeds.example.gov/x", "must not hold a user name or password"),
        ("https://feeds.example.gov/x#part", "does not belong there"),
        ("", "no place is set"),
        (" ", "no place is set"),
    ],
)
def test_an_address_that_is_not_safe_is_a_setting_to_mend(world, place, expected) -> None:
    """http is for loopback only, and a secret has no place in a feed's address."""
    with pytest.raises(UsageError, match=expected) as caught:
        world.feed(place)
    assert "sesame" not in str(caught.value)


def test_a_path_is_read_here(world, tmp_path) -> None:
    """What is no address is a file or folder."""
    assert isinstance(world.feed(str(tmp_path)), LocalFolder)


@pytest.mark.parametrize("status", [401, 403])
def test_a_feed_that_wants_a_login_is_a_no(server, world, say, status) -> None:
    """Never a login error: the run goes on without it."""
    server.on("/known.json", say.answer(status, b"<html>", "text/html"))
    with pytest.raises(Refused) as caught:
        world.feed(f"{server.url}/known.json", "exploited").fetch(say.ask("/known.json"))
    assert not isinstance(caught.value, LoginError)
    assert (caught.value.http_status, "feeds.exploited" in caught.value.hint) == (status, True)


def test_what_a_feed_says_is_passed_on(server, world, say) -> None:
    """GitHub and Ubuntu say it as `message`."""
    server.on("/notices.json", say.page({"message": "Notice with id 'USN-1-1' does not exist"}, 404))
    with pytest.raises(Refused, match=r"^404 Not Found: Notice with id 'USN-1-1' does not exist$"):
        world.feed(server.url, "notices").fetch(say.ask("/notices.json"))


def test_a_feed_that_moved_names_where_to(server, world, say) -> None:
    """The host is told, and the setting to change; nobody goes there by itself."""
    server.on("/x", say.answer(301, Location="https://mirror.example.gov/other?ticket=s3cr3t"))
    with pytest.raises(Refused) as caught:
        world.feed(f"{server.url}/x", "light-index").fetch(say.ask("/x"))
    assert str(caught.value) == "301 redirect to mirror.example.gov, not followed"
    assert caught.value.hint == "set feeds.light_index to the address that it leads to"


@pytest.mark.parametrize(
    "limit",
    [
        {"status": 403, **github(0, NOON + 120)},
        {"status": 429, **github(0, NOON + 120)},
        {"status": 403, "Retry_After": "120"},
        {"status": 429, "Retry_After": "120"},
        # Ten minutes slow, but two minutes by its own clock.
        {"status": 403, **github(0, NOON - 480), "Date": "Mon, 23 Nov 2026 11:50:00 GMT"},
    ],
)
def test_a_short_limit_is_waited_for(server, world, say, limit) -> None:
    """By Retry-After or by the time of the next window, as the server's clock has it."""
    status = limit.pop("status")
    server.on("/x", say.answer(status, MESSAGE, **limit), say.page([1]))
    assert world.feed(server.url, attempts=1).fetch(say.ask("/x")).page == [1]
    assert world.slept == [120.0]
    assert f"{status} rate limited; waiting 120 s" in world.said[0]


@pytest.mark.parametrize("limit", [{"status": 403, **github(0, NOON + 2520)}, {"status": 429, "Retry_After": "2520"}])
def test_a_long_limit_is_a_gap_of_this_run(server, world, say, limit) -> None:
    """More than five minutes are not waited; the reason says until when, and until then nothing more is asked."""
    status = limit.pop("status")
    server.on("/x", say.answer(status, MESSAGE, **limit), say.page([1]))
    feed = world.feed(f"{server.url}/x", "buildpack-releases")
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            feed.fetch(say.ask("/x"))
        assert str(caught.value) == (
            f"{status} rate limited until 2026-11-23 12:42:00 UTC: 42 min to wait, 5 min allowed"
        )
        assert (caught.value.http_status, "feeds.buildpack_releases" in caught.value.hint) == (status, True)
    assert (feed.requests, world.slept) == (1, [])
    world.time += timedelta(minutes=42)
    assert feed.fetch(say.ask("/x")).page == [1]


def test_five_minutes_are_the_most(server, world, say) -> None:
    """300 s are waited, 301 s are not."""
    server.on("/x", say.answer(429, Retry_After="300"), say.answer(429, Retry_After="301"))
    feed = world.feed(server.url)
    with pytest.raises(Refused, match="6 min to wait, 5 min allowed"):
        feed.fetch(say.ask("/x"))
    assert world.slept == [300.0]


def test_a_limit_that_is_over_is_tried_again(server, world, say) -> None:
    """A window that has ended by now is a failed attempt like any other, so it cannot be met for ever."""
    server.on("/x", say.answer(403, MESSAGE, **github(0, NOON - 1)))
    with pytest.raises(RemoteError, match=r"^403 rate limited after 5 attempts$") as caught:
        world.feed(server.url).fetch(say.ask("/x"))
    assert caught.value.http_status == 403


def test_too_many_requests_without_a_time_are_tried_again(server, world, say) -> None:
    """429 alone is a bad moment."""
    server.on("/x", say.answer(429), say.page([1]))
    assert world.feed(server.url).fetch(say.ask("/x")).page == [1]
    assert world.slept == [1.0]


def test_requests_that_are_left_limit_nothing(server, world, say) -> None:
    """A 403 with requests left is about this address, not about how often."""
    server.on("/x", say.answer(403, b'{"message": "Resource not accessible"}', **github(12, NOON + 2520)), say.page([]))
    feed = world.feed(server.url)
    with pytest.raises(Refused, match=r"^403 Forbidden: Resource not accessible$"):
        feed.fetch(say.ask("/x"))
    assert feed.fetch(say.ask("/x")).page == []


def test_a_short_limit_again_and_again_ends(server, world, say) -> None:
    """All waiting together has a budget."""
    server.on("/x", say.answer(429, Retry_After="250"))
    with pytest.raises(RemoteError, match=r"^429 rate limited until .*: 5 min to wait, 3 min allowed$"):
        world.feed(server.url).fetch(say.ask("/x"))
    assert world.slept == [250.0] * 3


def test_a_cut_connection_is_tried_again(server, world, say) -> None:
    """Half a file is no file."""
    server.on("/x", say.reset, say.page([1]))
    assert world.feed(server.url).fetch(say.ask("/x")).page == [1]


def test_a_date_from_a_proxys_store_is_not_its_clock(server, world, say) -> None:
    """An answer with an Age shows when it was made, not what time it is."""
    old, new = "Mon, 23 Nov 2026 09:00:00 GMT", "Mon, 23 Nov 2026 12:00:02 GMT"
    server.on("/x", say.page([], Date=old, Age="10800"), say.page([], Date=new, Age="0"))
    feed = world.feed(server.url)
    feed.fetch(say.ask("/x"))
    assert feed.clock_skew_seconds is None
    feed.fetch(say.ask("/x"))
    assert feed.clock_skew_seconds == 2.0
