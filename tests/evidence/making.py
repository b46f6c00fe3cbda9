"""Snapshots made of literal bodies."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from collector.evidence import Ask, Opening, Received, Recorder
from collector.model import Document, Identity, Snapshot, SourceRecord

STARTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODY = b'{"name":"caf\xc3\xa9","spaces":  "kept as received"}\n'


def decode(body: bytes) -> bytes:
    return body


def opening(run: str = "20261120T120000Z-00000001") -> Opening:
    return Opening(
        id=run, system="default", started_at=STARTED, foundation="https://api.example.gov", scope={"needs": ["apps"]}
    )


def ask(number: int = 1, what: str = "apps") -> Ask:
    return Ask(what, "/v3/apps", {"page": str(number), "per_page": "1000"}, decode)


def received(body: bytes = BODY) -> Received:
    return Received(body, 200, "application/json", "request-1", STARTED)


def keep(recorder: Recorder, number: int = 1, body: bytes = BODY, what: str = "apps") -> Document:
    return recorder.keep("cloud-controller", ask(number, what), received(body))


def finish(
    recorder: Recorder, sequence: int = 1, name: str = "cloud-controller", state: Mapping[str, str] | None = None
) -> Snapshot:
    gaps = recorder.gaps(name)
    source = SourceRecord(
        name=name, endpoint="https://api.example.gov", requests=3, documents=1, gaps=gaps, state=state or {}
    )
    return recorder.finish(
        tool="cf-evidence 0",
        finished_at=STARTED,
        identity=Identity(name="auditor"),
        sources=(source,),
        sequence=sequence,
    )


def finished(parent: Path, *bodies: bytes, run: str = "20261120T120000Z-00000001", sequence: int = 1) -> Path:
    """The folder of a finished snapshot that holds these bodies."""
    recorder = Recorder.start(parent, opening(run))
    for number, body in enumerate(bodies, 1):
        keep(recorder, number, body)
    return Path(finish(recorder, sequence).root)


def harvested(parent: Path, *bodies: bytes, run: str, state: Mapping[str, str]) -> Path:
    """The folder of a finished snapshot that asked only a director."""
    recorder = Recorder.start(parent, opening(run))
    for number, body in enumerate(bodies, 1):
        recorder.keep("bosh-production", ask(number, "events"), received(body))
    return Path(finish(recorder, name="bosh-production", state=state).root)
