"""A director that this project did not write: the recorded rows of a real one, over HTTP, with feeds of its own."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.cli.running import Ran

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared")
RECORDINGS = SHARED / "bosh" / "recordings"
UUID = "5f2d7a10-6c1e-4a7b-9c55-3b1d0c9a4e21"
LIMIT = 200

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no recordings of a BOSH director at {RECORDINGS} (set CF_EVIDENCE_SHARED)"
)


def recorded(case: str) -> Any:
    """The body of a recorded answer, decoded."""
    return json.loads(json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8"))["response"]["body"])


def every_row() -> list[dict[str, Any]]:
    """Every event that any recording shows, newest first."""
    rows = {}
    for path in sorted(RECORDINGS.glob("events-*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))["response"]
        if answer["status"] == 200:
            rows.update({int(row["id"]): row for row in json.loads(answer["body"])})
    return [rows[number] for number in sorted(rows, reverse=True)]


class Recorded(ThreadingHTTPServer):
    """Answers as the recorded director did at the end of its story, with or without some of its rows."""

    daemon_threads = True

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows = rows
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """The decoded body of one GET, None for what there is not."""
        if path == "/info":
            login = {"type": "uaa", "options": {"url": self.url, "urls": [self.url]}}
            return {**recorded("info-with-client-token"), "user_authentication": login}
        if path == "/events":
            wanted = {name: value for name, value in query.items() if name != "before_id"}
            before = int(query.get("before_id", 10**9))
            rows = [row for row in self.rows if int(row["id"]) < before]
            return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())][:LIMIT]
        if path == "/tasks":
            return [row for row in recorded("tasks") if row["deployment"] == query.get("deployment")]
        return {"/deployments": recorded("deployments-after-delete"), "/stemcells": recorded("stemcells")}.get(path)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        server: Recorded = self.server  # type: ignore[assignment]  # the only one that it serves
        self._send(server.answer(parts.path, dict(parse_qsl(parts.query))))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send({"access_token": "a.b.c", "token_type": "bearer", "expires_in": 600})

    def _send(self, value: Any) -> None:
        body = b"Not Found" if value is None else json.dumps(value).encode()
        self.send_response(404 if value is None else 200)
        self.send_header("Content-Type", "text/html;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nothing."""


@contextmanager
def directing(rows: list[dict[str, Any]]) -> Iterator[Recorded]:
    """A recorded director for as long as the block lasts."""
    server = Recorded(rows)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


META4 = """<?xml version="1.0" encoding="utf-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="bosh-stemcell-{version}.tgz">
<version>{version}</version></file><published>{published}</published></metalink>
"""
# The second at which a deploy of each version first came to a good end, as the recorded rows say.
LIVE = {"1.1330": "2026-11-03T13:11:59Z", "1.1333": "2026-11-09T13:11:58Z", "1.1335": "2026-11-17T13:08:59Z"}


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    """A closed network's feeds: four stemcells, and a notice that each of them fixes."""
    root = tmp_path / "feeds"
    published = {
        "1.1322": "2026-10-12T13:09:05.123456789Z",
        "1.1330": "2026-11-01T13:11:58.999999999Z",
        "1.1333": "2026-11-08T13:12:04Z",
        "1.1335": "2026-11-12T13:08:59Z",
    }
    releases = []
    for number, (version, at) in enumerate(published.items(), 1):
        folder = root / "index" / "published" / "ubuntu-jammy" / version
        folder.mkdir(parents=True)
        (folder / "stemcells.meta4").write_text(META4.format(version=version, published=at), encoding="utf-8")
        body = (
            "## Metadata:\r\n**Kernel Version**: 5.15.0.1.1\r\n\r\n## USNs:\r\n\r\n"
            f"**Title**: USN-8{number}00-1: something\r\n"
            f"**URL**: https://ubuntu.com/security/notices/USN-8{number}00-1\r\n**Priorities**: medium\r\n"
        )
        releases.append(
            {"tag_name": f"ubuntu-jammy/v{version}", "published_at": at[:19] + "Z", "body": body, "draft": False}
        )
    (root / "releases.json").write_text(json.dumps(releases), encoding="utf-8")
    (root / "notices").mkdir()
    for number, at in enumerate(
        ("2026-10-10T13:09:05Z", "2026-10-30T13:11:59Z", "2026-11-05T13:11:57Z", "2026-11-13T13:08:58Z"), 1
    ):
        notice = {
            "id": f"USN-8{number}00-1",
            "published": at,
            "summary": "openssl vulnerability",
            "affected": [{"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "openssl"}}],
        }
        (root / "notices" / f"USN-8{number}00-1.json").write_text(json.dumps(notice), encoding="utf-8")
    return root


@pytest.fixture
def ask(run, healthy, feeds, monkeypatch):
    """Ask about SI-2 as of the evening of 17 November, with a director that has these rows."""
    Path("collect.toml").write_text('[[bosh]]\nenvironment = "production"\ndeployments = ["cf-*"]\n', encoding="utf-8")
    monkeypatch.setenv("COLLECT_SYSTEM_SCOPE", "both")
    monkeypatch.setenv("COLLECT_BOSH_PRODUCTION_CLIENT", "collector")
    monkeypatch.setenv("COLLECT_BOSH_PRODUCTION_CLIENT_SECRET", "a-secret-of-this-test-alone")
    monkeypatch.setenv("COLLECT_FEEDS_STEMCELL_LINE", "ubuntu-jammy")
    monkeypatch.setenv("COLLECT_FEEDS_STEMCELL_INDEX", str(feeds / "index"))
    monkeypatch.setenv("COLLECT_FEEDS_STEMCELL_RELEASES", str(feeds / "releases.json"))
    monkeypatch.setenv("COLLECT_FEEDS_NOTICES", str(feeds / "notices"))

    def now(rows: list[dict[str, Any]]) -> Ran:
        with directing(rows) as director:
            monkeypatch.setenv("COLLECT_BOSH_PRODUCTION_URL", director.url)
            ran: Ran = run("--control", "SI-2", "-f", "json", "--as-of", "2026-11-17T20:00:00Z")
            assert ran.out, ran.err
            return ran

    return now


def statuses(ran: Ran) -> dict[tuple[str, str], str]:
    """The status of each check on each notice and stemcell."""
    return {
        (row["check"], row["subject"]["name"]): row["status"]
        for row in ran.json["observations"]
        if row["subject"]["type"] in ("notice", "stemcell")
    }


def test_what_a_real_director_tells(ask):
    """Failed, killed, rehearsed, rolled back, retried and incomplete deploys: every arrival is that of the story."""
    ran = ask(every_row())

    lines = {line["subject"]["name"]: line for line in ran.json["patches"]}
    arrived = {line["fixed_in"]: line["stages"]["production"] for line in lines.values()}
    assert {version: (stage["not_before"], stage["not_after"]) for version, stage in arrived.items()} == {
        version: (at, at) for version, at in LIVE.items()
    }
    assert arrived["1.1333"]["source"].endswith("rolled back and brought again since")
    latency = {name: status for (check, name), status in statuses(ran).items() if check == "os-patch-latency"}
    # Published 96 hours before, 96 hours and a second before, and 96 hours and a second before.
    assert latency == {"USN-8200-1": "pass", "USN-8300-1": "fail", "USN-8400-1": "fail"}
    assert lines["USN-8200-1"]["hours"]["total"] == 96.0
    assert (lines["USN-8300-1"]["held_by"], lines["USN-8400-1"]["held_by"]) == ("upstream", "platform")
    deployed = {
        name: status for (check, name), status in statuses(ran).items() if check == "stemcell-deployment-latency"
    }
    assert deployed == {
        "ubuntu-jammy/1.1330": "fail",
        "ubuntu-jammy/1.1333": "pass",
        "ubuntu-jammy/1.1335": "fail",
    }


def test_no_row_can_be_hidden_to_advantage(ask):
    """Without any single row of the deploys that changed a stemcell, no verdict becomes a pass that was none."""
    rows = every_row()
    whole = statuses(ask(rows))
    telling = [row for row in rows if row.get("task") in ("16", "23", "24", "32") and row["object_type"] != "vm"]
    assert len(telling) > 40

    better = []
    for hidden in telling[:: max(1, len(telling) // 24)]:
        for key, status in statuses(ask([row for row in rows if row is not hidden])).items():
            if status == "pass" and whole.get(key) != "pass":
                better.append((hidden["id"], key, whole.get(key)))
    assert better == []
