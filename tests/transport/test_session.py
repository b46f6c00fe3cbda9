"""Asking politely: what is retried, what is waited for, what is an answer and what is a no."""

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collector.errors import CollectError, LoginError, Malformed, Refused, RemoteError, UsageError
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
    session.close()


def test_a_server_without_a_date_has_no_known_clock(server, world, say) -> None:
    """The skew is None, not 0, when no answer had a Date, or none that can be read."""
    server.on("/v3/apps", say.page({}), say.page({}, Date="yesterday"), say.page({}, Date="Mon, 99 Nov 2026 12:00:00"))
    session = world.session(server.url)
    for _ in range(3):
        assert session.fetch(say.ask()).server_date is None
    assert session.clock_skew_seconds is None
    session.close()


def test_a_gzip_body_is_decoded(server, world, say) -> None:
    """Compression is asked for, and undone before the body is hashed by others."""
    server.on("/v3/apps", say.answer(200, say.gzip(b'{"n": 1}'), Content_Encoding="gzip"))
    session = world.session(server.url)
    assert session.fetch(say.ask()).body == b'{"n": 1}'
    assert server.asked[0].headers["accept-encoding"] == "gzip"
    session.close()


def test_connections_are_kept(server, world, say) -> None:
    """Reading a body whole gives the connection back, so that the next question needs no new one."""
    server.on("/v3/apps", say.page({}), say.complaint(404, "CF-ResourceNotFound", 10010), say.page({}))
    session = world.session(server.url)
    session.fetch(say.ask())
    with pytest.raises(Refused):
        session.fetch(say.ask())
    session.fetch(say.ask())
    assert len({asked.connection for asked in server.asked}) == 1
    session.close()


def test_cookies_are_not_kept(server, world, say) -> None:
    """What a router wants remembered is not sent back: a session has no moods."""
    server.on("/v3/apps", say.page({}, Set_Cookie="__VCAP_ID__=1; Path=/"))
    session = world.session(server.url)
    session.fetch(say.ask())
    session.fetch(say.ask())
    assert "cookie" not in server.asked[1].headers
    session.close()


@pytest.mark.parametrize(
    ("status", "title", "code", "expected"),
    [
        (403, "CF-NotAuthorized", 10003, "403 CF-NotAuthorized"),
        (404, "CF-ResourceNotFound", 10010, "404 CF-ResourceNotFound"),
        (400, "CF-BadQueryParameter", 10005, "400 CF-BadQueryParameter: no"),
        (422, "CF-UnprocessableEntity", 10008, "422 CF-UnprocessableEntity: no"),
    ],
)
def test_a_no_is_not_asked_again(server, world, say, status, title, code, expected) -> None:
    """4xx is Refused at once, with Cloud Controller's title and the status."""
    server.on("/v3/apps", say.complaint(status, title, code))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == (expected, status, 1)
    session.close()


@pytest.mark.parametrize(
    ("body", "media", "expected"),
    [
        (b"Puma caught this error: query too long (Puma::HttpParserError)\nat line 1", "text/plain; charset=utf-8",
         "400 Bad Request: Puma caught this error: query too long (Puma::HttpParserError) at line 1"),
        (b"<html><h1>400</h1></html>", "text/html", "400 Bad Request"),
        (b'{"errors": "none"}', "application/json", "400 Bad Request"),
        (b'{"errors": [7]}', "application/json", "400 Bad Request"),
        (b'{"errors": [{"title": 5, "code": "x", "detail": []}]}', "application/json", "400 Bad Request"),
        (b"", "", "400 Bad Request"),
    ],
)  # fmt: skip
def test_a_no_in_another_shape_is_told_as_far_as_it_can_be(server, world, say, body, media, expected) -> None:
    """Puma answers in plain text, nginx in HTML; neither is Cloud Controller's JSON."""
    server.on("/v3/apps", say.answer(400, body, media))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == expected
    session.close()


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
    session.close()


def test_an_accepted_status_is_an_answer(server, world, say) -> None:
    """A status in `accepts` goes to `decode` and comes back with its number, even 404, 400 and 503."""
    server.on("/v3/apps", *(say.page({"said": status}, status) for status in (404, 400, 503)))
    session = world.session(server.url)
    got = [session.fetch(say.ask(accepts=(400, 404, 503))) for _ in range(3)]
    assert [(one.status, one.page) for one in got] == [(n, {"said": n}) for n in (404, 400, 503)]
    session.close()


def test_a_decoder_that_says_no_is_believed(server, world) -> None:
    """Refused from `decode` passes as it is and is not retried."""

    def refuse(_: bytes) -> object:
        raise Refused("400 smaller pages", http_status=400)

    server.on("/v3/apps", *([lambda handler: handler.send_error(500)] * 0 or []), _empty)
    session = world.session(server.url)
    with pytest.raises(Refused, match="^400 smaller pages$"):
        session.fetch(Ask(what="apps", path="/v3/apps", query={}, decode=refuse))
    assert session.requests == 1
    session.close()


def _empty(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("status", [502, 503, 504, 520])
def test_a_gateway_error_is_tried_again(server, world, say, status) -> None:
    """Waits double and what comes at last is the answer."""
    server.on("/v3/apps", *[say.answer(status, b"<html>", "text/html")] * 3, say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [1.0, 2.0, 4.0]
    session.close()


def test_chance_spreads_the_waits(server, world, say) -> None:
    """With no luck at all a wait is half as long."""
    server.on("/v3/apps", say.answer(502), say.page({}))
    session = world.session(server.url, jitter=lambda: 0.0)
    session.fetch(say.ask())
    assert world.slept == [0.5]
    session.close()


def test_attempts_end(server, world, say) -> None:
    """A server that never recovers is a RemoteError with the last status and the number of attempts."""
    server.on("/v3/apps", say.answer(502))
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == ("502 after 5 attempts", 502, 5)
    assert caught.value.hint
    session.close()


def test_a_500_may_pass(server, world, say) -> None:
    """500 is tried again twice."""
    server.on("/v3/apps", say.answer(500), say.answer(500), say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    session.close()


def test_a_500_that_stays_is_not_insisted_on(server, world, say) -> None:
    """More than two retries of a 500 only repeat the damage."""
    server.on("/v3/apps", say.complaint(500, "UnknownError", 10001))
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status, session.requests) == ("500 after 3 attempts", 500, 3)
    session.close()


def test_a_rate_limit_is_waited_for_out_loud(server, world, say) -> None:
    """429 with an hour to wait: the wait is told once, taken, and uses up no attempt."""
    server.on("/v3/apps", say.answer(429, b'{"errors":[]}', "text/plain", Retry_After="3600"), say.page({"n": 1}))
    session = world.session(server.url, attempts=1)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [3600.0]
    assert world.said == [
        f"cloud-controller at {server.url}: 429 rate limited; waiting 60 min as asked, "
        "going on at 2026-11-23 13:00:00 UTC"
    ]
    session.close()


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
    session.close()


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
    session.close()


@pytest.mark.parametrize("header", [None, "0", "-5", "soon", "1e9", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00"])
def test_a_rate_limit_without_a_time_is_an_attempt(server, world, say, header) -> None:
    """nginx limits without headers; that, or a time that is none, must not loop for ever."""
    headers = {} if header is None else {"Retry_After": header}
    server.on("/v3/apps", say.answer(429, b"<html>429</html>", "text/html", **headers))
    session = world.session(server.url, attempts=3)
    with pytest.raises(RemoteError, match="^429 rate limited after 3 attempts$"):
        session.fetch(say.ask())
    assert world.slept == [1.0, 2.0]
    session.close()


def test_an_unavailable_service_may_say_for_how_long(server, world, say) -> None:
    """503 with Retry-After: the wait is as asked, but it is an attempt."""
    server.on("/v3/apps", say.answer(503, Retry_After="90"))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match="^503 after 2 attempts$"):
        session.fetch(say.ask())
    assert world.slept == [90.0]
    session.close()


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
    session.close()


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
    session.close()


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
    session.close()


def test_nobody_listens(world, say) -> None:
    """A refused connection is tried again, then told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    session = world.session(url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert (str(caught.value), caught.value.http_status) == ("connection refused after 5 attempts", None)
    assert len(world.slept) == 4
    session.close()


def test_a_server_that_says_nothing_times_out(server, world, say) -> None:
    """No answer within the read timeout is an attempt."""
    server.on("/v3/apps", server.slow)
    session = world.session(server.url, timeout=(0.05, 0.05), attempts=2)
    with pytest.raises(RemoteError, match="^timeout after 2 attempts$"):
        session.fetch(say.ask())
    session.close()


def test_a_body_that_stalls_times_out(server, world, say) -> None:
    """The read timeout holds for the body too, where requests itself would not translate it."""
    server.on("/v3/apps", server.stalled)
    session = world.session(server.url, timeout=(0.05, 0.05), attempts=1)
    with pytest.raises(RemoteError, match="^timeout after 1 attempt$"):
        session.fetch(say.ask())
    session.close()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_HEAD + b'Content-Length: 100\r\n\r\n{"resources": [', "connection cut"),
        (_HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"n":\r\n', "connection cut"),
        (_HEAD + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"n":\r\n', "connection cut"),
        (b"", "connection cut"),
        (b"220 mail.example ESMTP\r\n", "connection cut"),
        (_HEAD + b'Content-Length: 9\r\n\r\n{"n": [1,', "not JSON"),
        (_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip", "undecodable body"),
    ],
)
def test_a_broken_body_is_a_failed_attempt(server, world, say, text, reason) -> None:
    """Cut, garbled, or whole by its length but not by its content: never evidence."""
    server.on("/v3/apps", say.raw(text))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match=f"^{reason} after 2 attempts$"):
        session.fetch(say.ask())
    assert session.requests == 2
    session.close()


def test_a_gzip_body_without_its_end_is_a_failed_attempt(server, world, say) -> None:
    """A compressed body cut short with a matching Content-Length is not taken for a whole one."""
    cut = say.gzip(b'{"n": 1}' + b" " * 1000)[:-9]
    server.on("/v3/apps", say.answer(200, cut, Content_Encoding="gzip"))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match="^undecodable body after 2 attempts$"):
        session.fetch(Ask(what="apps", path="/v3/apps", query={}, decode=bytes))
    session.close()


def test_a_reset_connection_is_tried_again(server, world, say) -> None:
    """A TCP reset in mid body is an attempt; the next answer counts."""
    server.on("/v3/apps", say.reset, say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [1.0]
    session.close()


def test_html_where_json_was_promised_is_tried_again(server, world, say) -> None:
    """A gateway's friendly page with status 200 is a failed attempt, with the decoder's reason at the end."""
    server.on("/v3/apps", say.answer(200, b"<html>maintenance</html>", "text/html"))
    session = world.session(server.url)
    with pytest.raises(RemoteError, match="^not JSON after 5 attempts$") as caught:
        session.fetch(say.ask())
    assert isinstance(caught.value.__cause__.__cause__, Malformed)
    session.close()


def test_different_failures_share_the_attempts(server, world, say) -> None:
    """Two gateway errors, a cut and a 500 are four attempts; the fifth may still succeed."""
    server.on("/v3/apps", say.answer(502), say.answer(504), say.raw(b""), say.answer(500), say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    session.close()


def test_a_redirect_is_a_no(server, other, world, say) -> None:
    """Nothing goes to the place a redirect names, the path of which is not even shown."""
    server.on("/v3/apps", say.answer(302, Location=f"{other.url}/login?ticket=s3cr3t"))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == "302 redirect to 127.0.0.1, not followed"
    assert caught.value.http_status == 302
    assert other.asked == []
    session.close()


@pytest.mark.parametrize("location", [b"http://[::1", b"\xff\xfe", b"/elsewhere", b""])
def test_a_redirect_to_nowhere_is_a_no_too(server, world, say, location) -> None:
    """A Location that is no address does no more than one that is."""
    server.on("/v3/apps", say.raw(b"HTTP/1.1 301 x\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"))
    session = world.session(server.url)
    with pytest.raises(Refused, match="^301 redirect to another page, not followed$"):
        session.fetch(say.ask())
    session.close()


def test_an_unsigned_certificate_is_not_argued_with(tls_server, world, say) -> None:
    """A TLS failure is told at once, with the way to name an authority."""
    server, _ = tls_server
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert str(caught.value).startswith("TLS to 127.0.0.1 failed: self")
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint
    assert (world.slept, server.asked) == ([], [])
    session.close()


def test_a_named_authority_is_trusted(tls_server, world, say, monkeypatch) -> None:
    """The bundle comes from the parameter, or from requests' own variable."""
    server, certificate = tls_server
    server.on("/v3/apps", say.page({"n": 1}))
    session = world.session(server.url, ca_bundle=certificate)
    assert session.fetch(say.ask()).page == {"n": 1}
    session.close()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    session.close()


def test_a_bundle_that_is_not_there_is_a_setting_to_mend(world, say, monkeypatch) -> None:
    """A wrong path of a certificate bundle is a usage error, from either place."""
    with pytest.raises(UsageError, match="does not exist"):
        world.session("https://127.0.0.1:1", ca_bundle="nowhere.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    session = world.session("https://127.0.0.1:1")
    with pytest.raises(UsageError, match=r"nowhere\.pem"):
        session.fetch(say.ask())
    session.close()


def test_loopback_needs_no_proxy(server, world, say, monkeypatch) -> None:
    """A proxy in the environment is for the world outside; the sandbox is not sent through it."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.on("/v3/apps", say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    session.close()


@pytest.mark.parametrize("path", ["v3/apps", "@evil.example/", ".evil.example/", "/v3/apps?page=2", "/v3#x", "/\\x"])
def test_only_paths_of_the_api_are_asked(world, say, path) -> None:
    """What could lead to another host, or carries a query of its own, is a fault of ours."""
    session = world.session("https://api.example.gov")
    with pytest.raises(CollectError, match=r"is not a path on https://api\.example\.gov$"):
        session.fetch(say.ask(path))
    assert session.requests == 0
    session.close()


def test_without_a_login_a_401_asks_for_one(server, world, say) -> None:
    """401 is a login error, not a gap."""
    server.on("/v3/apps", say.complaint(401, "CF-NotAuthenticated", 10002, "Authentication error"))
    session = world.session(server.url)
    with pytest.raises(LoginError) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == (
        "cloud-controller does not accept the login: 401 CF-NotAuthenticated: Authentication error"
    )
    session.close()


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
    session.close()


def test_the_log_names_no_secret(server, world, say, caplog) -> None:
    """A line per request, with path and status."""
    server.on("/v3/apps", say.page({}))
    session = world.session(server.url)
    with caplog.at_level(logging.DEBUG, logger="collector"):
        session.fetch(say.ask())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("collector")] == [
        "cloud-controller GET /v3/apps: 200, 2 bytes"
    ]
    session.close()
