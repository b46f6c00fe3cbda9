"""Runs: what a director did to one deployment in one task, from the rows that are left of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from collector.model.base import Value
from collector.model.platform import DirectorEvent, DirectorTask, Outcome

Kind = Literal["success", "failure", "deletion", "uncertain", "quiet"]
"""What a run may have done to VMs: `quiet` changed none; `uncertain` may have ended either way, or not yet."""

_LOCK: Final = "lock:deployment:"
_OVER: Final = frozenset({"done", "error", "cancelled", "timeout"})
_DEAD: Final = _OVER - {"done"}
_CREATE: Final = "create deployment"
_REFUSED: Final = "Failed to acquire lock"


class Change(Value, frozen=True, kw_only=True):
    """What a run did to one instance; `began` and `ended` are None where that row is not there."""

    instance: str
    action: str
    stemcell: bool
    began: datetime | None = None
    ended: datetime | None = None
    failed: bool = False
    named: bool = False
    """Whether its row names anything that changes; a plain recreate or restart names nothing."""

    @property
    def completed(self) -> bool:
        """Whether the instance carries what the run wanted."""
        return self.stemcell and self.ended is not None and not self.failed


class Run(Value, frozen=True, kw_only=True):
    """One task on one deployment. `began`: nothing changed before it; `over`: nothing after; None where not known."""

    deployment: str
    task: str
    kind: Kind
    outcome: Outcome
    first: datetime
    last: datetime
    first_id: int
    last_id: int
    began: datetime | None = None
    over: datetime | None = None
    before: tuple[str, ...] | None = None
    after: tuple[str, ...] | None = None
    changes: tuple[Change, ...] = ()
    binds: bool = False
    """A quiet run that may have bound a stemcell all the same, as a dry run does."""
    deploys: bool = True
    """Whether it is an attempt to deploy, and not an operator's or the resurrector's work on VMs."""
    end: DirectorEvent | None = None
    documents: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[Change, ...]:
        """The instances whose stemcell it set out to change."""
        return tuple(change for change in self.changes if change.stemcell)


def deployment_of(event: DirectorEvent) -> str:
    """The deployment that a row is about, "" for none."""
    if event.deployment:
        return event.deployment
    if event.object_type == "deployment":
        return event.object_name
    return event.object_name.removeprefix(_LOCK) if event.object_name.startswith(_LOCK) else ""


def runs_of(
    deployment: str, events: Iterable[DirectorEvent], jobs: Iterable[DirectorTask], as_of: datetime
) -> tuple[Run, ...]:
    """The runs on one deployment of one director, in the order in which they began; later rows are left out."""
    rows: dict[str, list[DirectorEvent]] = defaultdict(list)
    for event in events:
        if event.at <= as_of:
            rows[event.task or f"event {event.id}"].append(event)
    held = {str(job.id): job for job in jobs}
    # Work of an operator or of the resurrector is not among the tasks that deploy, as far as those are kept.
    kept = min((job.id for job in held.values()), default=None)
    made = [_run(deployment, task, sorted(of, key=_number), held.get(task), as_of) for task, of in rows.items()]
    made = [msgspec.structs.replace(run, deploys=False) if _is_other(run, held, kept) else run for run in made]
    # A task of which every row is hidden is still seen in the list of tasks.
    made += [
        _unseen(deployment, job)
        for task, job in held.items()
        if task not in rows and _is_over(job, as_of) and _may_have_deployed(job)
    ]
    return tuple(sorted(made, key=lambda run: (run.first, run.first_id, run.task)))


def _number(event: DirectorEvent) -> int:
    return event.id


def _is_over(job: DirectorTask, as_of: datetime) -> bool:
    return job.state in _OVER and (job.ended_at is None or job.ended_at <= as_of)


def _is_other(run: Run, held: Mapping[str, DirectorTask], kept: int | None) -> bool:
    listed = kept is not None and run.task.isdecimal() and int(run.task) >= kept
    return listed and run.kind == "quiet" and run.end is None and run.task not in held


def _may_have_deployed(job: DirectorTask) -> bool:
    known = job.started_at is not None and job.ended_at is not None
    return known and job.state == "done" and job.description == _CREATE


def _unseen(deployment: str, job: DirectorTask) -> Run:
    began, ended = job.started_at, job.ended_at
    if began is None or ended is None:  # what _may_have_deployed has seen
        raise ValueError(f"task {job.id} has no times")
    return Run(
        deployment=deployment,
        task=str(job.id),
        kind="uncertain",
        outcome="unknown",
        first=began,
        last=ended,
        first_id=0,
        last_id=0,
        began=began,
        over=ended,
        documents=(job.document,) if job.document else (),
    )


class _Rows:
    """The rows of one task, sorted by what they say."""

    def __init__(self, rows: Sequence[DirectorEvent]) -> None:
        self.locks = [row for row in rows if row.object_type == "lock" and row.object_name.startswith(_LOCK)]
        self.pair = [row for row in rows if row.object_type == "deployment"]
        self.end = next((row for row in self.pair if row.parent is not None), None)
        self.acquired = next((row.at for row in self.locks if row.action == "acquire"), None)
        self.released = next((row.at for row in self.locks if row.action == "release"), None)
        self.changes = _changes([row for row in rows if row.object_type == "instance"])

    @property
    def touched(self) -> bool:
        """Whether an instance row says, or hides, that something changed."""
        return any(change.stemcell or change.named or change.began is None for change in self.changes)


def _changes(rows: Sequence[DirectorEvent]) -> tuple[Change, ...]:
    starts = {row.id: row for row in rows if row.parent is None}
    ends = {row.parent: row for row in rows if row.parent is not None}
    made = []
    for number, row in starts.items():
        end = ends.pop(number, None)
        made.append(
            Change(
                instance=row.instance or row.object_name,
                action=row.action,
                stemcell="stemcell" in row.changes,
                named=bool(row.changes) or row.action in {"create", "delete"},
                began=row.at,
                ended=end.at if end else None,
                failed=bool(end and end.error),
            )
        )
    # An end whose beginning is not there hides what it changed.
    made += [
        Change(
            instance=row.instance or row.object_name,
            action=row.action,
            stemcell=False,
            ended=row.at,
            failed=bool(row.error),
        )
        for row in ends.values()
    ]
    return tuple(made)


def _run(deployment: str, task: str, rows: list[DirectorEvent], job: DirectorTask | None, as_of: datetime) -> Run:
    sorted_rows = _Rows(rows)
    kind, outcome = _judged(sorted_rows, job, as_of)
    end = sorted_rows.end
    first, last = rows[0].at, rows[-1].at
    began = sorted_rows.acquired or (job.started_at if job else None)
    documents = [row.document for row in rows if row.object_type != "vm" and row.document]
    return Run(
        deployment=deployment,
        task="" if task.startswith("event ") else task,
        kind=kind,
        outcome=outcome,
        first=min(first, began or first),
        last=last,
        first_id=rows[0].id,
        last_id=rows[-1].id,
        began=began,
        over=_over(sorted_rows, job, as_of),
        before=(end.before or ()) if end and end.after is not None else None,
        after=end.after if end else None,
        changes=sorted_rows.changes,
        binds=kind == "quiet" and outcome not in {"refused", "error"},
        deploys=bool(sorted_rows.pair) or _is_deploy(sorted_rows, job),
        end=end,
        documents=tuple(dict.fromkeys(documents)),
    )


def _is_deploy(rows: _Rows, job: DirectorTask | None) -> bool:
    if job is not None:
        return job.description.startswith((_CREATE, "delete deployment"))
    return rows.touched or not rows.changes


def _over(rows: _Rows, job: DirectorTask | None, as_of: datetime) -> datetime | None:
    """When the run had certainly ended; a task that was killed is listed with the time of its beginning."""
    if rows.end is not None:
        return rows.end.at
    if rows.released is not None:
        return rows.released
    return job.ended_at if job is not None and job.state == "done" and _is_over(job, as_of) else None


def _judged(rows: _Rows, job: DirectorTask | None, as_of: datetime) -> tuple[Kind, Outcome]:
    if rows.end is not None:
        return _ended(rows, rows.end, job)
    if job is not None and job.description.startswith(_CREATE):
        return _by_task(rows, job, as_of)
    if rows.pair or rows.touched:
        return "uncertain", _left(rows, job, as_of)
    return "quiet", _left(rows, job, as_of)


def _ended(rows: _Rows, end: DirectorEvent, job: DirectorTask | None) -> tuple[Kind, Outcome]:
    if not end.error:
        return ("deletion", "ok") if end.action == "delete" else ("success", "ok")
    outcome: Outcome = "error"
    if end.error.startswith(_REFUSED):
        outcome = "refused"
    elif (job is not None and job.state == "cancelled") or (end.error.startswith("Task ") and "cancel" in end.error):
        outcome = "cancelled"
    elif job is not None and _is_dry(job):
        outcome = "dry-run"
    if end.action == "delete":
        return "uncertain", outcome
    # Without a context it failed before it bound anything.
    return ("quiet" if end.after is None and not rows.changes else "failure"), outcome


def _is_dry(job: DirectorTask) -> bool:
    return "(dry run)" in job.description


def _by_task(rows: _Rows, job: DirectorTask, as_of: datetime) -> tuple[Kind, Outcome]:
    """A deploy that has no end row: the task says why, or something is hidden."""
    if _is_dry(job) and not rows.touched and not rows.pair:
        return "quiet", "dry-run"
    if not _is_over(job, as_of):
        return "uncertain", "in-progress"
    if job.state in _DEAD:
        return (
            "failure" if rows.changes or rows.pair else "quiet"
        ), "cancelled" if job.state == "cancelled" else "killed"
    return "uncertain", "unknown"


def _left(rows: _Rows, job: DirectorTask | None, as_of: datetime) -> Outcome:
    if rows.released is None and job is not None and not _is_over(job, as_of):
        return "in-progress"
    return "unknown" if rows.released is not None else "killed"
