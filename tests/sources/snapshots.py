"""Snapshots made of literal or recorded bodies, the way a run makes them."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from collector.evidence import Ask, Opening, Received, Recorder, unpack
from collector.model import Facts, Gap, Identity, Snapshot, SourceRecord
from collector.sources.cloud_controller import SOURCE, read, wire

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "cloud-controller"
RECORDINGS = SHARED / "recordings"
TAKEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYTHING = ("apps", "spaces", "droplets", "buildpacks", "stacks", "builds", "tasks", "events", "instances", "ssh")

recorded_only = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no recordings of a Cloud Controller beside the checkout (CF_EVIDENCE_SHARED)"
)


class Answer(NamedTuple):
    """One stored answer, so many seconds after the beginning."""

    what: str
    body: bytes
    path: str = "/v3/x"
    after: float = 0
    query: Mapping[str, str] = MappingProxyType({})
    status: int = 200


def recorded(case: str) -> Any:
    """The body of a recorded answer, as JSON."""
    return json.loads(json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8"))["response"]["body"])


def listed(*rows: Any, total: int | None = None) -> bytes:
    """The one page of a list."""
    pagination = {"total_results": len(rows) if total is None else total, "next": None}
    return json.dumps({"pagination": pagination, "resources": rows}).encode()


def record(
    folder: Path,
    answers: Iterable[Answer],
    *,
    gaps: Iterable[Gap] = (),
    needs: Iterable[str] = EVERYTHING,
    scope: dict[str, Any] | None = None,
) -> Snapshot:
    """A finished snapshot that holds these answers."""
    opening = Opening(
        id="20261123T120000Z-1",
        system="default",
        started_at=TAKEN,
        foundation="https://api.example.gov",
        scope={"needs": sorted(needs), **(scope or {})},
    )
    recorder = Recorder.start(folder, opening)
    for answer in answers:
        ask = Ask(answer.what, answer.path, answer.query, wire.ROOT)
        at = TAKEN + timedelta(seconds=answer.after)
        recorder.keep(SOURCE, ask, Received(answer.body, answer.status, "application/json", "r-1", at))
    record = SourceRecord(name=SOURCE, endpoint="https://api.example.gov", requests=0, documents=0, gaps=tuple(gaps))
    return recorder.finish(tool="test", finished_at=TAKEN, identity=Identity(), sources=(record,))


def facts_of(folder: Path, answers: Iterable[Answer], **given: Any) -> Facts:
    """What is read from a snapshot of these answers."""
    snapshot = record(folder, answers, **given)
    return read(snapshot, lambda document: unpack(Path(snapshot.root), document))
