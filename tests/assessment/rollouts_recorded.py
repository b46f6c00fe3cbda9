"""The events and tasks of a recorded director, read by a few lines of their own."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.model import Director, DirectorEvent, DirectorTask, Reach, Vm

RECORDINGS = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "bosh" / "recordings"
recorded_only = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no recordings of a director beside the checkout (CF_EVIDENCE_SHARED)"
)


def text(case: str) -> str:
    body = json.loads((RECORDINGS / f"{case}.json").read_text())["response"]["body"]
    assert isinstance(body, str)
    return body


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def event(row: dict[str, Any]) -> DirectorEvent:
    before, after = row["context"].get("before"), row["context"].get("after")
    return DirectorEvent(
        id=int(row["id"]),
        at=instant(row["timestamp"]),
        action=row["action"],
        object_type=row["object_type"],
        object_name=row.get("object_name", ""),
        parent=int(row["parent_id"]) if "parent_id" in row else None,
        task=row.get("task", ""),
        deployment=row.get("deployment", ""),
        instance=row.get("instance", ""),
        error=row.get("error", ""),
        before=None if before is None else tuple(before.get("stemcells", ())),
        after=None if after is None else tuple(after.get("stemcells", ())),
        changes=tuple(row["context"].get("changes", ())),
        document=f"event {row['id']}",
    )


def task(row: dict[str, Any]) -> DirectorTask:
    return DirectorTask(
        id=row["id"],
        state=row["state"],
        description=row["description"],
        deployment=row["deployment"] or "",
        started_at=instant(row["started_at"]),
        ended_at=instant(row["timestamp"]),
        result=row["result"],
        document=f"task {row['id']}",
    )


def machines(case: str, deployment: str, at: datetime) -> tuple[Vm, ...]:
    rows = [json.loads(line) for line in text(case).splitlines()]
    return tuple(
        Vm(
            deployment=deployment,
            instance=f"{row['job_name']}/{row['id']}",
            stemcell=f"{row['stemcell']['name']}/{row['stemcell']['version']}",
            observed_at=at,
            created_at=datetime.fromisoformat(row["vm_created_at"]),
            active=row["active"],
            ignored=row["ignore"],
        )
        for row in rows
    )


def director(**changes: Any) -> Director:
    """Everything that the recordings hold, as one harvest at the last row."""
    rows = [event(row) for page in (1, 2, 3) for row in json.loads(text(f"events-page-{page}"))]
    events = tuple(row for row in rows if row.object_type in {"deployment", "lock", "instance"})
    last = max(row.at for row in events)
    values: dict[str, Any] = {
        "environment": "production",
        "uuid": "uuid-1",
        "taken_at": last,
        "deployments": ("cf-production", "tools"),
        "events": events,
        "tasks": tuple(task(row) for row in json.loads(text("tasks"))),
        "reach": Reach(after_id=0, upto_id=max(row.id for row in rows), since=None, until=last),
    }
    return Director(**(values | changes))
