"""One question and one answer: what is kept of it, what is a no, and what is never asked."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from collector.errors import CollectError, LoginError, Refused
from collector.evidence import Ask


def test_an_answer_carries_the_bytes_and_where_they_came_from(server, world, say) -> None:
    """Body, decoded page, status, media type, request id and both clocks are kept."""
    server.on(
        "/v3/apps",
        say.page({"n": 1}, X_Vcap_Request_Id="4a-b::c;\t<d>", Date="Mon, 23 Nov 2026 12:02:00 GMT"),
    )
    session = world.session(server.url)
    got = session.fetch(say.ask(order_by="+created_at", guids="a,b"))
    assert got == (
        b'{"n": 1}',
        {"n": 1},
        200,
        "application/json",
        "4a-b::cd",
        say.noon,
        datetime(2026, 11, 23, 12, 2, tzinfo=UTC),
    )
    assert session.requests == 1
    assert session.clock_skew_seconds == 120.0
    assert server.asked[0].target == "/v3/apps?order_by=%2Bcreated_at&guids=a,b"
    assert "authorization" not in server.asked[0].headers


def test_a_server_without_a_date_has_no_known_clock(server, world, say) -> None:
    """The skew is None, not 0, when no answer had a Date, or none that can be read."""
    server.on("/v3/apps", say.page({}), say.page({}, Date="yesterday"), say.page({}, Date="Mon, 99 Nov 2026 12:00:00"))
    session = world.session(server.url)
    for _ in range(3):
        assert session.fetch(say.ask()).server_date is None
    assert session.clock_skew_seconds is None


def test_a_gzip_body_is_decoded(server, world, say) -> None:
    """Compression is asked for, and undone before the body is hashed by others."""
    server.on("/v3/apps", say.answer(200, say.gzip(b'{"n": 1}'), Content_Encoding="gzip"))
    session = world.session(server.url)
    assert session.fetch(say.ask()).body == b'{"n": 1}'
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_connections_are_kept(server, world, say) -> None:
    """Reading a body whole gives the connection back, so that the next question needs no new one."""
    server.on("/v3/apps", say.page({}), say.complaint(404, "CF-ResourceNotFound", 10010), say.page({}))
    session = world.session(server.url)
    session.fetch(say.ask())
    with pytest.raises(Refused):
        session.fetch(say.ask())
    session.fetch(say.ask())
    assert len({asked.connection for asked in server.asked}) == 1


def test_cookies_are_not_kept(server, world, say) -> None:
    """What a router wants remembered is not sent back: a session has no moods."""
    server.on("/v3/apps", say.page({}, Set_Cookie="__VCAP_ID__=1; Path=/"))
    session = world.session(server.url)
    session.fetch(say.ask())
    session.fetch(say.ask())
    assert "cookie" not in server.asked[1].headers


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ((403, "CF-NotAuthorized", 10003), "403 CF-NotAuthorized"),
        ((404, "CF-ResourceNotFound", 10010), "404 CF-ResourceNotFound"),
        ((400, "CF-BadQueryParameter", 10005), "400 CF-BadQueryParameter: no"),
        ((422, "CF-UnprocessableEntity", 10008), "422 CF-UnprocessableEntity: no"),
    ],
)
def test_a_no_is_not_asked_again(server, world, say, complaint, expected) -> None:
    """4xx is Refused at once, with Cloud Controller's title and the status."""
    server.on("/v3/apps", say.complaint(*complaint))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == (expected, complaint[0], 1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((b"Puma caught this error: query too long (Puma::HttpParserError)\nat line 1", "text/plain; charset=utf-8"),
         "400 Bad Request: Puma caught this error: query too long (Puma::HttpParserError) at line 1"),
        ((b"<html><h1>400</h1></html>", "text/html"), "400 Bad Request"),
        ((b'{"errors": "none"}', "application/json"), "400 Bad Request"),
        ((b'{"errors": [7]}', "application/json"), "400 Bad Request"),
        ((b'{"errors": [{"title": 5, "code": "x", "detail": []}]}', "application/json"), "400 Bad Request"),
        ((b"", ""), "400 Bad Request"),
    ],
)  # fmt: skip
def test_a_no_in_another_shape_is_told_as_far_as_it_can_be(server, world, say, answer, expected) -> None:
    """Puma answers in plain text, nginx in HTML; neither is Cloud Controller's JSON."""
    server.on("/v3/apps", say.answer(400, *answer))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == expected


def test_what_a_server_says_is_cut_cleaned_and_redacted(server, world, say) -> None:
    """A detail is one printable line of at most 200 characters and shows no secret."""
    detail = "line one\r\n\x1b[31mtoken=abc123 https://me:pw@host/x " + "y" * 5000
    server.on("/v3/apps", say.complaint(400, "CF-Bad\nTitle", 1, detail))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    text = str(caught.value)
    assert text.startswith("400 CF-BadTitle: line one [31mtoken=*** https://***@host/x yyy")
    assert len(text) == len("400 CF-BadTitle: ") + 200
    assert text.isprintable()


def test_an_accepted_status_is_an_answer(server, world, say) -> None:
    """A status in `accepts` goes to `decode` and comes back with its number, even 404, 400 and 503."""
    server.on("/v3/apps", *(say.page({"said": status}, status) for status in (404, 400, 503)))
    session = world.session(server.url)
    got = [session.fetch(say.ask(accepts=(400, 404, 503))) for _ in range(3)]
    assert [(one.status, one.page) for one in got] == [(n, {"said": n}) for n in (404, 400, 503)]


def test_a_decoder_that_says_no_is_believed(server, world, say) -> None:
    """Refused from `decode` passes as it is and is not retried."""

    def refuse(_: bytes) -> object:
        raise Refused("400 smaller pages", http_status=400)

    server.on("/v3/apps", say.answer(200))
    session = world.session(server.url)
    with pytest.raises(Refused, match=r"^400 smaller pages$"):
        session.fetch(Ask(what="apps", path="/v3/apps", query={}, decode=refuse))
    assert session.requests == 1


def test_a_remaining_count_is_only_a_hint(server, world, say) -> None:
    """X-RateLimit-Remaining 0 stops nothing; doctor may read it."""
    limits = {"X_RateLimit_Limit": "2000", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1795435200"}
    server.on("/v3/apps", say.page({}, **limits), say.page({}))
    session = world.session(server.url)
    assert session.rate_limit is None
    session.fetch(say.ask())
    session.fetch(say.ask())
    assert session.rate_limit == (2000, 0, datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert world.slept == []


@pytest.mark.parametrize("path", ["v3/apps", "@evil.example/", ".evil.example/", "/v3/apps?page=2", "/v3#x", "/\\x"])
def test_only_paths_of_the_api_are_asked(world, say, path) -> None:
    """What could lead to another host, or carries a query of its own, is a fault of ours."""
    session = world.session("https://api.example.gov")
    with pytest.raises(CollectError, match=r"is not a path on https://api\.example\.gov$"):
        session.fetch(say.ask(path))
    assert session.requests == 0


def test_without_a_login_a_401_asks_for_one(server, world, say) -> None:
    """401 is a login error, not a gap."""
    server.on("/v3/apps", say.complaint(401, "CF-NotAuthenticated", 10002, "Authentication error"))
    session = world.session(server.url)
    with pytest.raises(LoginError) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == (
        "cloud-controller does not accept the login: 401 CF-NotAuthenticated: Authentication error"
    )


def test_requests_in_flight_never_exceed_the_connections(server, world, say) -> None:
    """Eight threads over two connections are two requests at a time."""
    lock, seen, now = threading.Lock(), [], set()

    def slow(handler) -> None:
        with lock:
            now.add(handler)
            seen.append(len(now))
        say.wait(0.01)
        with lock:
            now.discard(handler)
        say.page({})(handler)

    server.on("/v3/apps", slow)
    session = world.session(server.url, concurrency=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(session.fetch, [say.ask()] * 16))
    assert max(seen) <= 2
    assert session.requests == 16


def test_the_log_names_no_secret(server, world, say, caplog) -> None:
    """A line per request, with path and status."""
    server.on("/v3/apps", say.page({}))
    session = world.session(server.url)
    with caplog.at_level(logging.DEBUG, logger="collector"):
        session.fetch(say.ask())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("collector")] == [
        "cloud-controller GET /v3/apps: 200, 2 bytes"
    ]
