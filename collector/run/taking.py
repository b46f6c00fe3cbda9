"""Taking a snapshot: every source's questions asked over its own line, one source after another, the manifest last."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.errors import CollectError, LoginError, Refused, RemoteError, UsageError
from collector.evidence import Ask, Got, Last, Opening, Received, Recorder, month_folder, snapshot_id
from collector.model import Gap, Identity, Snapshot, SourceRecord
from collector.run.driving import Clock, Stop, drive
from collector.run.judging import TOOL
from collector.sources import CLOUD_CONTROLLER, Scope, plan_of, state_of
from collector.sources.cloud_controller import roles
from collector.transport.door import Door


class Line(NamedTuple):
    """A source and how to reach it. `open` logs in where that is needed, and may fail as a login does."""

    source: str
    endpoint: str
    open: Callable[[], Door]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is to read, where it comes to lie, and what its manifest says of the one who took it.

    `resume` is the folder of the interrupted snapshot to go on with, then with the scope that it began with.
    """

    parent: Path
    system: str
    foundation: str
    identity: Identity
    version: str
    concurrency: int
    scope: Mapping[str, Any]
    previous: Last | None = None
    resume: Path | None = None


def scope_of(scope: Scope, sources: Sequence[str], **more: object) -> dict[str, Any]:
    """What a snapshot reads, as its manifest states it: Cloud Controller's part, the sources, and what they need."""
    stated: dict[str, Any] = msgspec.to_builtins(
        {**msgspec.structs.asdict(scope), "sources": sources, **more}, order="sorted"
    )
    return stated


def take_snapshot(lines: Sequence[Line], job: Job, *, clock: Clock, stop: Stop) -> Snapshot:
    """Collect one snapshot; an interruption leaves it incomplete and resumable.

    A source beside Cloud Controller that cannot be reached is a gap. Raises `LoginError` when the token may read
    nothing at all, `RemoteError` when it got no app, or from no source anything, for want of an answer.
    """
    recorder = _recorder(job, clock)
    failures: list[CollectError] = []
    records = [_read(line, recorder, job, clock, stop, failures) for line in lines]
    if failures and not any(record.documents for record in records):
        recorder.discard()
        raise failures[0]
    identity = msgspec.structs.replace(job.identity, roles=roles(recorder.kept(CLOUD_CONTROLLER, "roles")))
    finished_at = clock.now()
    so_far = recorder.snapshot(finished_at, identity, tuple(records))
    stated = [msgspec.structs.replace(row, state=state_of(so_far, row.name, recorder.body)) for row in records]
    return recorder.finish(
        tool=f"{TOOL} {job.version}",
        finished_at=finished_at,
        identity=identity,
        sources=tuple(stated),
        previous=None if job.previous is None else {"path": job.previous.path, "sha256": job.previous.sha256},
        sequence=1 if job.previous is None else job.previous.sequence + 1,
    )


def _recorder(job: Job, clock: Clock) -> Recorder:
    """A fresh snapshot, or the interrupted one."""
    if job.resume is not None:
        recorder = Recorder.resume(job.resume)
        opening = recorder.opening
        if (opening.foundation, opening.scope.get("user", "")) != (job.foundation, job.scope.get("user", "")):
            said = f"snapshot {opening.id} was begun on {opening.foundation}, or by another login"
            raise UsageError(said, hint="log in there as then, or begin a new one: collect snapshot")
        return recorder
    now = msgspec.convert(job.scope, Scope).now
    opening = Opening(
        id=snapshot_id(now, clock.chance()),
        system=job.system,
        started_at=now,
        foundation=job.foundation,
        scope=dict(job.scope),
    )
    return Recorder.start(job.parent / month_folder(job.system, now), opening)


def _read(  # noqa: PLR0913, PLR0917  one line with all that a walk of it needs
    line: Line, recorder: Recorder, job: Job, clock: Clock, stop: Stop, failures: list[CollectError]
) -> SourceRecord:
    """Everything that one source is asked; what it did not give is noted."""
    source = line.source
    primary = source == CLOUD_CONTROLLER
    requests, skew = 0, None
    try:
        door = line.open()
    except (LoginError, RemoteError) as error:
        if primary:
            raise
        failures.append(error)
        recorder.miss(source, _gap(source, error))
    else:
        try:
            drive(
                plan_of(recorder.opening.scope, source, recorder.kept),
                lambda ask: _answer(door, recorder, source, ask, failures=None if primary else failures),
                lambda gap: recorder.miss(source, gap),
                concurrency=job.concurrency,
                progress=clock.progress,
                stop=stop.set,
            )
            requests, skew = door.requests, door.clock_skew_seconds
        finally:
            door.close()
    if primary:
        _nothing_can_be_said(recorder)
    return SourceRecord(
        name=source,
        endpoint=line.endpoint,
        requests=requests,
        documents=recorder.counts(source),
        gaps=recorder.gaps(source),
        clock_skew_seconds=skew,
    )


def _gap(what: str, error: CollectError, subjects: tuple[str, ...] = ()) -> Gap:
    status = error.http_status if isinstance(error, Refused | RemoteError) else None
    return Gap(what=what, reason=str(error), http_status=status, subjects=subjects)


def _answer(door: Door, recorder: Recorder, source: str, ask: Ask, *, failures: list[CollectError] | None) -> Got:
    """One question: from an interrupted run's files where it is there, else over the network.

    A login that is refused ends the run, except where `failures` are collected: there it is a gap.
    """
    kept = recorder.known(source, ask) if ask.keep else None
    if kept is not None:
        return Got(ask, ask.decode(recorder.body(kept)))
    try:
        answer = door.fetch(ask)
    except (Refused, RemoteError) as error:
        if failures is not None and isinstance(error, RemoteError):
            failures.append(error)
        return Got(ask, _gap(ask.what, error, ask.subjects))
    except LoginError as error:
        if failures is None:
            raise
        failures.append(error)
        return Got(ask, _gap(ask.what, error, ask.subjects))
    if ask.keep:
        received = Received(answer.body, answer.status, answer.media_type, answer.request_id, answer.retrieved_at)
        recorder.keep(source, ask, received)
    return Got(ask, answer.page)


def _nothing_can_be_said(recorder: Recorder) -> None:
    """No page of apps is no evidence, only an error with a name; but a 403 on apps alone is a gap like any other."""
    gap = next((gap for gap in recorder.gaps(CLOUD_CONTROLLER) if gap.what == "apps"), None)
    if gap is None or recorder.counts(CLOUD_CONTROLLER, "apps"):
        return
    if gap.http_status != HTTPStatus.FORBIDDEN:
        hint = "try again with: collect snapshot --resume; collect doctor shows what answers"
        raise RemoteError(f"Cloud Controller gave no apps: {gap.reason}", hint=hint)
    if recorder.counts(CLOUD_CONTROLLER) == recorder.counts(CLOUD_CONTROLLER, "root"):
        hint = "give the account a role: cf set-space-role USER ORG SPACE SpaceAuditor"
        raise LoginError(f"the token may read nothing: {gap.reason}", hint=hint)
