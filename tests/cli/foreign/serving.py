"""A director, a login server and feeds of the test's own making: standard library alone, from literal rows.

Nothing here is shared with the sandbox, so that both cannot make the same mistake.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

LIMIT = 200


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def authorization(self) -> str:
        """The header of that name."""
        return self.headers.get("Authorization", "")


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html;charset=utf-8"
    headers: Mapping[str, str] = {}


Answer = Callable[[Request], Reply]


def of_json(value: object, status: int = 200, kind: str = "text/html;charset=utf-8") -> Reply:
    """JSON, by default under the type that a director gives it."""
    return Reply(status, json.dumps(value).encode(), kind)


class Server(ThreadingHTTPServer):
    """One function that answers, and the log of what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[Request] = []
        self.skew = timedelta()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: without this each answer would wait for an acknowledgement.
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._do(b"")

    def do_POST(self) -> None:
        self._do(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _do(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, parts.path, query, dict(self.headers.items()), body)
        self.server.asked.append(request)
        reply = self.server.answer(request)
        self.send_response_only(reply.status)
        at = datetime.now(UTC) + self.server.skew
        self.send_header("Date", format_datetime(at.replace(microsecond=0), usegmt=True))
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Director:
    """A director's answers, from rows that the test wrote down; every peculiarity is an attribute."""

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.rows: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.stemcells: list[dict[str, Any]] = []
        self.machines: dict[str, list[dict[str, Any]]] = {}
        self.login = "uaa"
        self.uaa = ""
        self.scope = "bosh.read"
        self.vms_states = ["queued", "processing", "done"]
        self.overrides: dict[str, Answer] = {}
        self.url = ""
        self._polls: dict[str, list[str]] = {}

    def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        self.url = f"http://{request.headers['Host']}"
        if request.path in self.overrides:
            return self.overrides[request.path](request)
        if request.path == "/oauth/token":
            return token(request)
        user = self._user(request)
        if request.path == "/info":
            return of_json(self._info(user), kind="application/json")
        if user is None:
            return Reply(401, f"Not authorized: '{request.path}'\n".encode())
        return self._scoped(request) or self._read(request)

    def _user(self, request: Request) -> str | None:
        if self.login == "basic":
            good = base64.b64encode(b"collector:a-word-of-this-test").decode()
            return "collector" if request.authorization == f"Basic {good}" else None
        return "collector" if request.authorization.lower().startswith("bearer good.") else None

    def _info(self, user: str | None) -> dict[str, Any]:
        place = self.uaa or self.url
        uaa = {"type": "uaa", "options": {"url": place, "urls": [place]}}
        return {
            "name": "foreign",
            "uuid": self.uuid,
            "version": "283.1.6 (00000000)",
            "user": user,
            "cpi": "aws_cpi",
            "stemcell_os": "ubuntu-jammy",
            "stemcell_version": "1.1340",
            "user_authentication": uaa if self.login == "uaa" else {"type": "basic", "options": {}},
            "features": {},
        }

    def _scoped(self, request: Request) -> Reply | None:
        allowed = self.scope == "bosh.read" or (self.scope == "team" and request.path == "/events")
        if allowed:
            return None
        said = f"Require one of the scopes: bosh.admin, bosh.{self.uuid}.admin, bosh.read, bosh.{self.uuid}.read"
        return of_json({"code": 600000, "description": said}, status=401)

    def _read(self, request: Request) -> Reply:
        if request.path == "/events":
            return of_json(self.events(request.query), kind="application/json")
        if request.path == "/deployments":
            return of_json(self.deployments)
        if request.path == "/stemcells":
            return of_json(self.stemcells)
        if request.path == "/tasks":
            rows = [row for row in self.tasks if row["deployment"] == request.query.get("deployment")]
            return of_json(rows[: int(request.query.get("limit", "30"))], kind="application/json")
        return self._machines(request)

    def events(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Newest first, at most 200; an id that is no number counts as 0."""
        wanted = {name: value for name, value in query.items() if name in _FILTERS}
        text = query.get("before_id", "999999999")
        before = int(text) if text.isdecimal() else 0
        rows = sorted(self.rows, key=lambda row: -int(row["id"]))
        rows = [row for row in rows if int(row["id"]) < before]
        return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())][:LIMIT]

    def _machines(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts[0] == "deployments" and parts[2:] == ["vms"] and request.query.get("format") == "full":
            name = parts[1]
            if name not in self.machines:
                return of_json({"code": 70000, "description": f"Deployment '{name}' doesn't exist"}, status=404)
            number = str(900 + len(self._polls))
            self._polls[number] = [name, *self.vms_states]
            return Reply(302, headers={"Location": f"{self.url}/tasks/{number}"})
        if parts[0] == "tasks" and parts[1] in self._polls:
            return self._task(parts, self._polls[parts[1]])
        return Reply(404, f"Not Found: {request.path}".encode(), "text/plain")

    def _task(self, parts: list[str], states: list[str]) -> Reply:
        if parts[2:] == ["output"]:
            lines = [json.dumps(row) for row in self.machines[states[0]]] if states[1] == "done" else []
            return Reply(200, ("\n".join(lines) + "\n").encode() if lines else b"")
        state = states[1] if len(states) == 2 else states.pop(1)
        row = {"id": int(parts[1]), "state": state, "description": "retrieve vm-stats", "timestamp": None}
        row |= {"started_at": None, "result": "" if state == "done" else None, "deployment": states[0]}
        if state == "error":
            row["result"] = "Timed out sending 'get_state' to agent"
        return of_json(row, kind="application/json")


_FILTERS = ("task", "deployment", "instance", "user", "action", "object_type", "object_name")


def token(request: Request) -> Reply:
    """A login server's answer to a client that shows its secret."""
    good = base64.b64encode(b"collector:a-word-of-this-test").decode()
    if request.authorization != f"Basic {good}" or b"grant_type=client_credentials" not in request.body:
        return of_json({"error": "unauthorized", "error_description": "Bad credentials"}, 401, "application/json")
    given = {"access_token": "good.b.c", "token_type": "bearer", "expires_in": 600, "jti": "x"}
    return of_json(given, kind="application/json")


class Feeds:
    """Files by path, with validators as a web server gives them; `overrides` answer in place of what lies below."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.overrides: dict[str, Answer] = {}

    def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        for prefix, answer in self.overrides.items():
            if request.path.startswith(prefix):
                return answer(request)
        body = self.files.get(request.path)
        if body is None:
            return Reply(404, b"404: Not Found", "text/plain")
        if int(request.query.get("page", "1")) > 1:
            body = b"[]"
        if "offset" in request.query:
            body = page_of(body, int(request.query["offset"]), int(request.query.get("limit", "10")))
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return Reply(304, headers={"ETag": etag})
        return Reply(200, body, "application/octet-stream", {"ETag": etag})


def page_of(body: bytes, offset: int, limit: int) -> bytes:
    """One page of a list of notices."""
    rows = json.loads(body)["notices"]
    page = {"notices": rows[offset : offset + limit], "offset": offset, "limit": limit, "total_results": len(rows)}
    return json.dumps(page).encode()
