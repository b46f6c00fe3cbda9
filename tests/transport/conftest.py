"""A scripted server on loopback: it says, word by word, what a test told it to, and remembers what it was asked."""

import base64
import gzip
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec
import pytest

from collector.errors import Malformed
from collector.evidence import Ask
from collector.transport import (
    LocalFolder,
    Login,
    Session,
    Tokens,
    bosh_login,
    find_bosh_secrets,
    find_secrets,
    login,
    open_director,
    open_feed,
)

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Asked(NamedTuple):
    """One request as the server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    form: dict[str, str]
    connection: tuple[str, int]


Say = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: bytes = b"", media: str = "application/json", **headers: str) -> Say:
    """A plain answer; underscores in header names stand for hyphens."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in {"Content_Type": media, "Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return say


def page(value: object, status: int = 200, **headers: str) -> Say:
    """JSON."""
    return answer(status, json.dumps(value).encode(), "application/json; charset=utf-8", **headers)


def complaint(status: int, title: str, code: int, detail: str = "no", **headers: str) -> Say:
    """An error in Cloud Controller's shape."""
    return page({"errors": [{"detail": detail, "title": title, "code": code}]}, status, **headers)


def raw(text: bytes) -> Say:
    """Exactly these bytes, then the end of the connection."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(text)
        handler.close_connection = True

    return say


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Half an answer, then a TCP reset."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


class Server:
    """Answers by method and path; the last answer of a path is repeated, an unknown path is a 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.script: dict[str, deque[Say]] = {}
        self.end = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def on(self, path: str, *says: Say) -> None:
        """What to say to requests for a path, one after the other."""
        self.script[path] = deque(says)

    def close(self) -> None:
        self.end.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def slow(self, handler: BaseHTTPRequestHandler) -> None:
        """Say nothing until the test is over."""
        self.end.wait(5)
        handler.close_connection = True

    def stalled(self, handler: BaseHTTPRequestHandler) -> None:
        """Begin a body and say nothing more until the test is over."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        handler.wfile.flush()
        self.slow(handler)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5
            wbufsize = -1

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
                headers = {name.lower(): value for name, value in self.headers.items()}
                flat = {name: values[0] for name, values in form.items()}
                server.asked.append(Asked(self.command, self.path, headers, flat, self.client_address))
                says = server.script.get(self.path.partition("?")[0], deque([complaint(404, "CF-NotFound", 10000)]))
                (says.popleft() if len(says) > 1 else says[0])(self)

            do_POST = do_GET  # noqa: N815 - the name that the server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is declared
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@pytest.fixture
def other() -> Iterator[Server]:
    """A second server, which must never learn a secret."""
    one = Server()
    yield one
    one.close()


class World:
    """Clock, sleep, chance and voice for a test; sleeping moves the clock."""

    def __init__(self) -> None:
        self.sessions: list[Session | LocalFolder] = []
        self.time = NOON
        self.slept: list[float] = []
        self.said: list[str] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def given(self, **more: Any) -> dict[str, Any]:
        """What comes in from outside, with short timeouts."""
        own = {"now": self.now, "sleep": self.sleep, "jitter": lambda: 1.0, "say": self.said.append}
        return {**own, "timeout": (2.0, 2.0), **more}

    def session(self, url: str, tokens: Login | None = None, **more: Any) -> Session:
        session = Session(url, tokens=tokens, **self.given(**more))
        self.sessions.append(session)
        return session

    def feed(self, place: str, source: str = "stemcell-index", **more: Any) -> Session | LocalFolder:
        self.sessions.append(open_feed(place, source=source, **self.given(**more)))
        return self.sessions[-1]

    def director(self, url: str, variables: dict[str, str] | None = None, **more: Any) -> Session:
        secrets = find_bosh_secrets("production", variables or BOSH)
        session = open_director(url, environment="production", secrets=secrets, **self.given(**more))
        self.sessions.append(session)
        return session

    def bosh_login(self, url: str, variables: dict[str, str] | None = None, **more: Any) -> Login:
        secrets = find_bosh_secrets("production", variables or BOSH)
        return bosh_login(url, environment="production", secrets=secrets, **self.given(**more))

    def login(self, url: str, environment: dict[str, str] | None = None, **more: Any) -> Tokens:
        secrets = find_secrets(environment or PASSWORD, say=self.said.append)
        return login(url, secrets, **self.given(**more))


PASSWORD = {"COLLECT_CF_USERNAME": "auditor", "COLLECT_CF_PASSWORD": "correct horse/battery+staple"}


@pytest.fixture
def world() -> Iterator[World]:
    one = World()
    yield one
    for session in one.sessions:
        session.close()


def jwt(**claims: object) -> str:
    """A token as UAA makes them, but for the signature, which nobody here checks."""
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    text = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*text, "c2lnbmF0dXJl"])


def decode(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("not JSON") from error


def ask(path: str = "/v3/apps", accepts: tuple[int, ...] = (), **query: str) -> Ask:
    return Ask(what="apps", path=path, query=query, decode=decode, accepts=accepts)


BOSH = {
    "COLLECT_BOSH_PRODUCTION_CLIENT": "evidence",
    "COLLECT_BOSH_PRODUCTION_CLIENT_SECRET": "director-s3cr3t/välue",
}


def info(**authentication: object) -> Say:
    """What a director says of itself to anybody."""
    return page({"uuid": "5f2d", "user": None, "user_authentication": authentication})


class Tools(NamedTuple):
    """What tests say things with; a fixture, for test folders are no packages to import from."""

    answer: Callable[..., Say] = answer
    page: Callable[..., Say] = page
    complaint: Callable[..., Say] = complaint
    raw: Callable[[bytes], Say] = raw
    reset: Say = reset
    jwt: Callable[..., str] = jwt
    ask: Callable[..., Ask] = ask
    gzip: Callable[[bytes], bytes] = gzip.compress
    wait: Callable[[float], None] = time.sleep
    noon: datetime = NOON
    info: Callable[..., Say] = info


@pytest.fixture
def say() -> Tools:
    return Tools()


@pytest.fixture
def foundation(server: Server) -> Server:
    """A Cloud Controller and its UAA on one server: discovery, one token of 600 s, one page of apps."""
    server.on("/", page({"links": {"login": {"href": server.url}, "uaa": {"href": "http://127.0.0.1:1"}}}))
    server.on("/oauth/token", token("first"), token("second"), token("third"))
    server.on("/v3/apps", page({"resources": []}))
    return server


def token(name: str, expires_in: object = 599, **claims: object) -> Say:
    """UAA's answer: an access token that names itself, and a refresh token."""
    known = {"jti": name, "user_name": "auditor", "client_id": "cf", "scope": ["openid", "cloud_controller.read"]}
    return page(
        {
            "access_token": jwt(**{**known, **claims}),
            "refresh_token": f"{name}-refresh-r",
            "token_type": "bearer",
            "expires_in": expires_in,
        }
    )


@pytest.fixture
def uaa_token() -> Callable[..., Say]:
    return token


@pytest.fixture
def director(server: Server) -> Server:
    """A director and its UAA on one server: /info, one token of 600 s, no events."""
    server.on("/info", info(type="uaa", options={"url": server.url, "urls": [server.url]}))
    server.on(
        "/oauth/token", *(token(name, user_name=None, client_id="evidence", scope=["bosh.read"]) for name in "12")
    )
    server.on("/events", page([]))
    return server


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that nobody signed, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", made),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


@pytest.fixture
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server with a certificate of its own, and the path of that certificate."""
    made, key = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    one = Server(context)
    yield one, str(made)
    one.close()


@pytest.fixture
def another_authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PEM text of somebody who signed nothing here."""
    return certificate(tmp_path_factory.mktemp("another"))[0].read_text()
