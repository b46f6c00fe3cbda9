"""What a network can do to an answer, and where a request never goes."""

import socket
import threading
import traceback

import pytest

from collector.errors import Refused, RemoteError, UsageError
from collector.evidence import Ask


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


def test_a_proxy_that_is_not_there_is_named_as_such(world, say, monkeypatch) -> None:
    """The proxy of the environment is used for the world outside, and its password is not shown."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://user:sesame@127.0.0.1:1")
    session = world.session("https://api.example.gov", attempts=2)
    with pytest.raises(RemoteError, match=r"^no connection through the proxy after 2 attempts$") as caught:
        session.fetch(say.ask())
    assert "sesame" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("proxy", ["http://", "socks9://user:sesame@127.0.0.1:1", "http://[::1"])
def test_a_proxy_that_is_none_is_a_setting_to_mend(world, say, monkeypatch, proxy) -> None:
    """A proxy address that cannot be used is told at once, without its password."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    session = world.session("https://api.example.gov")
    with pytest.raises(UsageError, match=r"^cannot ask api\.example\.gov: ") as caught:
        session.fetch(say.ask())
    assert "sesame" not in str(caught.value)
    assert world.slept == []


def test_a_host_without_an_address_is_told(world, say, monkeypatch) -> None:
    """A name that cannot be resolved is tried again, for name servers have bad moments too."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    session = world.session("https://api.example.gov", attempts=2)
    with pytest.raises(RemoteError, match=r"^host name not found after 2 attempts$"):
        session.fetch(say.ask())


def test_a_server_that_says_nothing_times_out(server, world, say) -> None:
    """No answer within the read timeout is an attempt."""
    server.on("/v3/apps", server.slow)
    session = world.session(server.url, timeout=(0.05, 0.05), attempts=2)
    with pytest.raises(RemoteError, match=r"^timeout after 2 attempts$"):
        session.fetch(say.ask())


def test_a_body_that_stalls_times_out(server, world, say) -> None:
    """The read timeout holds for the body too, where requests itself would not translate it."""
    server.on("/v3/apps", server.stalled)
    session = world.session(server.url, timeout=(0.05, 0.05), attempts=1)
    with pytest.raises(RemoteError, match=r"^timeout after 1 attempt$"):
        session.fetch(say.ask())


_HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


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
        (_HEAD + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\n{}\n", "undecodable body"),
    ],
)
def test_a_broken_body_is_a_failed_attempt(server, world, say, text, reason) -> None:
    """Cut, garbled, or whole by its length but not by its content: never evidence."""
    server.on("/v3/apps", say.raw(text))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match=f"^{reason} after 2 attempts$"):
        session.fetch(say.ask())
    assert session.requests == 2


def test_a_gzip_body_without_its_end_is_a_failed_attempt(server, world, say) -> None:
    """A compressed body cut short with a matching Content-Length is not taken for a whole one."""
    cut = say.gzip(b'{"n": 1}' + b" " * 1000)[:-9]
    server.on("/v3/apps", say.answer(200, cut, Content_Encoding="gzip"))
    session = world.session(server.url, attempts=2)
    with pytest.raises(RemoteError, match=r"^undecodable body after 2 attempts$"):
        session.fetch(Ask(what="apps", path="/v3/apps", query={}, decode=bytes))


def test_a_reset_connection_is_tried_again(server, world, say) -> None:
    """A TCP reset in mid body is an attempt; the next answer counts."""
    server.on("/v3/apps", say.reset, say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert world.slept == [1.0]


def test_a_redirect_is_a_no(server, other, world, say) -> None:
    """Nothing goes to the place a redirect names, the path of which is not even shown."""
    server.on("/v3/apps", say.answer(302, Location=f"{other.url}/login?ticket=s3cr3t"))
    session = world.session(server.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == "302 redirect to 127.0.0.1, not followed"
    assert caught.value.http_status == 302
    assert other.asked == []


@pytest.mark.parametrize("location", [b"http://[::1", b"\xff\xfe", b"/elsewhere", b""])
def test_a_redirect_to_nowhere_is_a_no_too(server, world, say, location) -> None:
    """A Location that is no address does no more than one that is."""
    server.on("/v3/apps", say.raw(b"HTTP/1.1 301 x\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"))
    session = world.session(server.url)
    with pytest.raises(Refused, match=r"^301 redirect to another page, not followed$"):
        session.fetch(say.ask())


def test_an_unsigned_certificate_is_not_argued_with(tls_server, world, say) -> None:
    """A TLS failure is told at once, with the way to name an authority."""
    server, _ = tls_server
    session = world.session(server.url)
    with pytest.raises(RemoteError) as caught:
        session.fetch(say.ask())
    assert str(caught.value).startswith("TLS to 127.0.0.1 failed: self")
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint
    assert (world.slept, server.asked) == ([], [])


def test_a_server_that_speaks_no_tls_is_not_argued_with(server, world, say) -> None:
    """https:// in front of a plain server is told at once."""
    session = world.session(server.url.replace("http:", "https:"))
    with pytest.raises(RemoteError, match=r"^TLS to 127\.0\.0\.1 failed: "):
        session.fetch(say.ask())
    assert world.slept == []


def test_a_handshake_that_is_cut_is_tried_again(world, say) -> None:
    """A load balancer that hangs up during the handshake is not a wrong certificate."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            for _ in range(2):
                listener.accept()[0].close()

        hung_up = threading.Thread(target=hang_up)
        hung_up.start()
        session = world.session(f"https://127.0.0.1:{listener.getsockname()[1]}", attempts=2)
        with pytest.raises(RemoteError, match=r"^connection cut after 2 attempts$"):
            session.fetch(say.ask())
        hung_up.join(5)


def test_a_named_authority_is_trusted(tls_server, world, say, monkeypatch) -> None:
    """The bundle comes from the parameter, or from requests' own variable."""
    server, certificate = tls_server
    server.on("/v3/apps", say.page({"n": 1}))
    session = world.session(server.url, ca_bundle=certificate)
    assert session.fetch(say.ask()).page == {"n": 1}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}


def test_a_bundle_that_is_not_there_is_a_setting_to_mend(world, say, monkeypatch) -> None:
    """A wrong path of a certificate bundle is a usage error, from either place."""
    with pytest.raises(UsageError, match="does not exist"):
        world.session("https://127.0.0.1:1", ca_bundle="nowhere.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    session = world.session("https://127.0.0.1:1")
    with pytest.raises(UsageError, match=r"nowhere\.pem"):
        session.fetch(say.ask())


def test_loopback_needs_no_proxy(server, world, say, monkeypatch) -> None:
    """A proxy in the environment is for the world outside; the sandbox is not sent through it."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.on("/v3/apps", say.page({"n": 1}))
    session = world.session(server.url)
    assert session.fetch(say.ask()).page == {"n": 1}
