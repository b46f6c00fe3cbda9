"""A loopback port that answers by a function: what all simulated servers have in common."""

import contextlib
import socket
import struct
import uuid
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

from collector.sandbox.wire import Answer, Asked

Reply = Callable[[Asked], Answer]
Dress = Callable[[], Mapping[str, str]]


def controller_headers() -> Mapping[str, str]:
    """Return what a Cloud Controller sends with every answer."""
    return {"date": formatdate(usegmt=True), "x-vcap-request-id": str(uuid.uuid4())}


class Request(NamedTuple):
    """What the log keeps of a request; the status is 0 where the connection was reset."""

    server: str
    method: str
    path: str
    query: str
    status: int
    authorized: bool


def logged(log: list[Request], server: str, asked: Asked, answer: Answer) -> Answer:
    """Put a request and how it was answered into a log, and return the answer."""
    status = 0 if answer.delivery == "reset" else answer.status
    log.append(Request(server, asked.method, asked.path, asked.query, status, "authorization" in asked.headers))
    return answer


class Listener:
    """One port on loopback; `url` is where it listens from the beginning, it answers once started."""

    def __init__(self, reply: Reply, dress: Dress = controller_headers) -> None:
        self._server = _Server(reply, dress)
        self._thread: Thread | None = None
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close all connections; stopping twice is no error."""
        if self._thread:
            self._server.shutdown()
        self._server.server_close()
        if self._thread:
            self._thread.join()
        self._thread = None


class _Server(ThreadingHTTPServer):
    """A server that knows its open connections, so that stopping leaves none behind."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, reply: Reply, dress: Dress) -> None:
        self.reply, self.dress = reply, dress
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_close(self) -> None:
        """Close the port and whatever connection a client has kept alive."""
        super().server_close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


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
            **self.server.dress(),
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
