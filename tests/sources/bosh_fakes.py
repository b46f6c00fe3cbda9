"""A small director in memory that pages and filters as the real ones do, and a driver that makes snapshots of it."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from collector.errors import Malformed, Refused
from collector.evidence import Ask, Got
from collector.model import Director, Document, Gap, Identity, Snapshot, SourceRecord
from collector.sources.bosh import Harvest, plan, read, source_name

RECORDINGS = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "bosh" / "recordings"
recorded_only = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no recordings of a director beside the checkout (CF_EVIDENCE_SHARED)"
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEP = timedelta(milliseconds=250)
OLD, NEW = "bosh-aws-xen-hvm-ubuntu-jammy-go_agent/1.1330", "bosh-aws-xen-hvm-ubuntu-jammy-go_agent/1.1333"
SCOPE_MISSING = (
    401,
    b'{"code":600000,"description":"Require one of the scopes: bosh.admin, bosh.abc.admin, bosh.read, bosh.abc.read"}',
)


def recorded(case: str) -> bytes:
    """The body of a recorded answer."""
    stored = json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8"))
    return str(stored["response"]["body"]).encode()


def recorded_status(case: str) -> int:
    """The status of a recorded answer."""
    return int(json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8"))["response"]["status"])


def event(number: int, kind: str = "vm", name: str = "", **more: Any) -> dict[str, Any]:
    """A row of `/events`, written one minute after the one before it."""
    row = {"id": str(number), "timestamp": 1_794_000_000 + 60 * number, "user": "ci", "action": "update"}
    return {**row, "object_type": kind, "object_name": name, "context": {}, **more}


def deployed(number: int, deployment: str = "cf", *, task: str = "9", **more: Any) -> dict[str, Any]:
    """The end row of a deploy."""
    context = {"before": {"stemcells": [OLD]}, "after": {"stemcells": [OLD, NEW], "releases": ["cf/58.0.0"]}}
    given = {"deployment": deployment, "task": task, "parent_id": str(number - 1), "context": context, **more}
    return event(number, "deployment", deployment, **given)


def lock(number: int, action: str, deployment: str = "cf", *, task: str = "9") -> dict[str, Any]:
    """A row of the lock of a deployment."""
    return event(number, "lock", f"lock:deployment:{deployment}", action=action, deployment=deployment, task=task)


def recreated(number: int, instance: str, deployment: str = "cf", **more: Any) -> dict[str, Any]:
    """A row of an instance."""
    given = {"action": "recreate", "deployment": deployment, "instance": instance, "task": "9", **more}
    return event(number, "instance", instance, **given)


def vm(instance: str, version: str = "1.1333", **more: Any) -> dict[str, Any]:
    """A line of `format=full`."""
    group, _, guid = instance.partition("/")
    stemcell = {"name": "bosh-aws-xen-hvm-ubuntu-jammy-go_agent", "version": version, "api_version": 3}
    return {
        "vm_cid": f"i-{guid}",
        "active": True,
        "vm_created_at": "2026-11-09T13:04:06Z",
        "ips": ["10.0.0.4"],
        "job_name": group,
        "index": 0,
        "job_state": "running",
        "id": guid,
        "ignore": False,
        "stemcell": stemcell,
        **more,
    }


def listed(name: str, *versions: str, locked: bool = False) -> dict[str, Any]:
    """A row of `/deployments`."""
    stemcells = [
        {"name": "bosh-aws-xen-hvm-ubuntu-jammy-go_agent", "version": version} for version in versions or ("1.1333",)
    ]
    return {"name": name, "teams": [], "stemcells": stemcells, "releases": [], "locked": locked}


@dataclass
class FakeDirector:
    """`refuse` gives status and body for paths; `before` runs ahead of every answer and may change anything."""

    uuid: str = "u-1"
    user: str | None = "collector"
    events: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    vms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # The states of a task, one for each look at it.
    states: Sequence[str] = ("queued", "processing", "done")
    refuse: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    limit: int = 200
    before: Callable[["FakeDirector", Ask], None] = lambda _, __: None
    looks: dict[str, int] = field(default_factory=dict)
    asked_vms: list[str] = field(default_factory=list)

    def body(self, ask: Ask) -> bytes:
        """The answer; raises `Refused`."""
        self.before(self, ask)
        if ask.path in self.refuse:
            status, body = self.refuse[ask.path]
            raise Refused(f"{status} {body.decode()}", http_status=status)
        return json.dumps(self.answer(ask)).encode() if not ask.path.endswith("/output") else self.output(ask)

    def answer(self, ask: Ask) -> Any:
        """The answers that are JSON."""
        if ask.path == "/info":
            return {"name": "bosh", "uuid": self.uuid, "version": "283.1.6 (00000000)", "user": self.user}
        if ask.path == "/events":
            return self.page(ask.query)
        if ask.path == "/deployments":
            return self.deployments
        if ask.path == "/stemcells":
            return [{"name": "bosh-aws-xen-hvm-ubuntu-jammy-go_agent", "version": "1.1333", "id": 1}]
        if ask.path == "/tasks":
            return [task for task in self.tasks if task["deployment"] == ask.query["deployment"]]
        return self.look(ask.path)

    def page(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """`/events`."""
        wanted = {name: value for name, value in query.items() if name != "before_id"}
        below = int(query.get("before_id", "999999999"))
        found = [row for row in self.events if all(row.get(name) == value for name, value in wanted.items())]
        found = [row for row in found if int(row["id"]) < below]
        return sorted(found, key=lambda row: -int(row["id"]))[: self.limit]

    def look(self, path: str) -> dict[str, Any]:
        """`/tasks/N`."""
        looks = self.looks[path] = self.looks.get(path, 0) + 1
        state = self.states[min(looks, len(self.states)) - 1]
        return {"id": int(path.rpartition("/")[2]), "state": state, "timestamp": None, "result": "no luck"}

    def place(self, ask: Ask) -> str:
        """Where `format=full` leads to."""
        self.before(self, ask)
        if ask.path in self.refuse:
            status, body = self.refuse[ask.path]
            raise Refused(f"{status} {body.decode()}", http_status=status)
        self.asked_vms.append(ask.path.split("/")[2])
        return f"/tasks/{100 + len(self.asked_vms)}"

    def output(self, ask: Ask) -> bytes:
        """The result of a task: one VM a line."""
        name = self.asked_vms[int(ask.path.split("/")[2]) - 101]
        return b"".join(json.dumps(row).encode() + b"\n" for row in self.vms.get(name, []))


class Harvested(NamedTuple):
    """What a harvest asked, and the snapshot that it made."""

    asks: list[Ask]
    gaps: list[Gap]
    snapshot: Snapshot
    bodies: dict[str, bytes]

    @property
    def questions(self) -> list[str]:
        """The questions in order, as one would type them."""
        return [question(ask) for ask in self.asks]

    def director(self, documents: Sequence[Document] | None = None) -> Director:
        """What is read from it."""
        snapshot = self.snapshot
        if documents is not None:
            snapshot = msgspec.structs.replace(snapshot, documents=tuple(documents))
        found = read(snapshot, "production", lambda document: self.bodies[document.file])
        assert found is not None
        return found


def question(ask: Ask) -> str:
    """What is asked for, with its place."""
    query = "&".join(f"{name}={value}" for name, value in ask.query.items())
    return f"{ask.what}: {ask.path}" + (f"?{query}" if query else "")


def harvest(director: FakeDirector, **given: Any) -> Harvested:
    """Carry out a harvest; `pick` chooses the next question, `skew` is the director's clock minus ours in seconds."""
    pick, skew = given.pop("pick", lambda _: 0), given.pop("skew", 0.0)
    wanted = Harvest(**{"environment": "production", "now": NOW, "vms": False, **given})
    asks: list[Ask] = []
    gaps: list[Gap] = []
    bodies: dict[str, bytes] = {}
    documents: list[Document] = []
    driven = plan(wanted)
    waiting = list(next(driven))
    while waiting:
        ask = waiting.pop(pick(waiting))
        asks.append(ask)
        assert len(asks) < 1000, "the plan does not end"
        page = _fetched(director, ask, wanted.now + len(asks) * STEP, documents, bodies)
        following = driven.send(Got(ask, page))
        if isinstance(page, Gap):
            gaps.append(page)
        waiting[:0] = following
    driven.close()
    record = SourceRecord(
        name=source_name("production"),
        endpoint="https://director.example.gov:25555",
        requests=len(asks),
        documents=len(documents),
        gaps=tuple(gaps),
        clock_skew_seconds=skew,
    )
    return Harvested(asks, gaps, snapshot_of(documents, wanted, record), bodies)


def _fetched(
    director: FakeDirector, ask: Ask, at: datetime, documents: list[Document], bodies: dict[str, bytes]
) -> Any:
    try:
        if ask.redirect:
            return director.place(ask)
        body = director.body(ask)
        page = ask.decode(body)
    except (Refused, Malformed) as error:
        return Gap(
            what=ask.what,
            reason=str(error),
            http_status=error.http_status if isinstance(error, Refused) else None,
            subjects=ask.subjects,
        )
    if ask.keep:
        documents.append(document_of(ask.what, body, at, path=ask.path, query=ask.query))
        bodies[documents[-1].file] = body
    return page


def document_of(
    what: str, body: bytes, at: datetime, *, path: str = "/events", query: Mapping[str, str] | None = None
) -> Document:
    """A stored answer."""
    digest = hashlib.sha256(body).hexdigest()
    return Document(
        source=source_name("production"),
        what=what,
        path=path,
        query=dict(query or {}),
        retrieved_at=at,
        status=200,
        media_type="text/html",
        request_id="",
        sha256=digest,
        size=len(body),
        file=f"raw/bosh-production/{at:%H%M%S%f}-{digest[:12]}.json.gz",
    )


def snapshot_of(documents: Sequence[Document], wanted: Harvest, record: SourceRecord) -> Snapshot:
    """A snapshot that holds these answers."""
    return Snapshot(
        id="20261123T120000Z-1",
        system="default",
        taken_at=wanted.now,
        finished_at=wanted.now + timedelta(minutes=1),
        foundation="https://api.example.gov",
        identity=Identity(),
        scope={"bosh": {"production": msgspec.to_builtins(wanted)}},
        sources=(record,),
        documents=tuple(documents),
    )
