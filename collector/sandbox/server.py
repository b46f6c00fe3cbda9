"""The foundation over real HTTP: one loopback port for the Cloud Controller, another for the UAA."""

import contextlib
import gzip
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import NamedTuple, Self

from collector.sandbox.controller import Controller, Options
from collector.sandbox.faults import Faults
from collector.sandbox.ratelimit import RateLimit, RateLimiter
from collector.sandbox.uaa import Credential, Uaa
from collector.sandbox.wire import Answer, Asked
from collector.sandbox.world import World

LIMITER_OFF = RateLimit(enabled=False)

Reply = Callable[[Asked], Answer]


class Request(NamedTuple):
    """What the log keeps of a request; the status is 0 where the connection was reset."""

    server: str
    method: str
    path: str
    query: str
    status: int
    authorized: bool


class Foundation:
    """A running foundation; use it as a context manager, or call `start` and `stop`.

    `domain` is what links are made of; None stands for the loopback address itself, for clients that follow links
    as they are. `clock` is what tokens expire by and the limiter's windows end by; `world.now` is not touched.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each thing that foundations differ in
        self,
        world: World,
        *,
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
        self._servers = [_listen(self._answer_api), _listen(self._answer_uaa)]
        self.api, self.login = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)
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
        self._threads: list[Thread] = []

    @property
    def credentials(self) -> dict[str, Credential]:
        """Return how each identity of the world asks for a token, by its name."""
        return self.uaa.credentials

    def token(self, name: str, lifetime: float | None = None) -> str:
        """Return an access token of an identity without asking the UAA over HTTP."""
        return self.uaa.issue(name, lifetime)

    def start(self) -> Self:
        """Begin to answer."""
        for server in self._servers:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        """Stop answering and close all connections; stopping twice is no error."""
        for server in self._servers:
            if self._threads:
                server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

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
        status = 0 if answer.delivery == "reset" else answer.status
        authorized = "authorization" in asked.headers
        self.requests.append(Request(server, asked.method, asked.path, asked.query, status, authorized))
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


class _Server(ThreadingHTTPServer):
    """A server that knows its open connections, so that stopping leaves none behind."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_close(self) -> None:
        """Close the port and whatever connection a client has kept alive."""
        super().server_close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _listen(reply: Reply) -> _Server:
    return _Server(reply)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        # A client may go away at any time; that is its right and nobody's error.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep silent: the foundation has a log of its own."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve()

    def do_PATCH(self) -> None:
        """Answer a PATCH."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length) if length else b""
        asked = Asked(method=self.command, path=path, query=query, headers=headers, body=body)
        self._send(self.server.reply(asked))

    def _send(self, answer: Answer) -> None:
        if answer.delivery == "reset":
            self._drop(reset=True)
            return
        phrase = self.responses.get(HTTPStatus(answer.status), ("",))[0]
        head = [f"HTTP/1.1 {answer.status} {phrase}"]
        head += [f"{name}: {value}" for name, value in self._headers(answer).items()]
        head_bytes = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if answer.delivery == "cut":
            self.connection.sendall(head_bytes + answer.body[: len(answer.body) // 2])
            self._drop(reset=False)
            return
        # Head and body in one send: with two, the second would wait for the client's acknowledgement.
        self.connection.sendall(head_bytes + answer.body)

    def _headers(self, answer: Answer) -> dict[str, str]:
        named = {"content-type": answer.content_type} if answer.content_type else {}
        return {
            **named,
            "content-length": str(len(answer.body)),
            "date": self.date_time_string(),
            "x-vcap-request-id": str(uuid.uuid4()),
            **answer.headers,
        }

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            # Lingering for zero seconds makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
