"""The whole tool as a short story: snapshot, replay, assess, render, publish; and the driver of plans."""

import hashlib
import shutil
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.assessment import Baseline, Catalog, Declared, Patterns, WindowOverride, assess
from collector.assessment import load as load_catalog
from collector.errors import LoginError, Refused, RemoteError, UsageError
from collector.evidence import (
    Ask,
    Got,
    Last,
    Opening,
    Plan,
    Received,
    Recorder,
    digest_of,
    disk_errors,
    month_folder,
    open_snapshot,
    snapshot_id,
    sums,
    unpack,
)
from collector.model import Assessment, Facts, Gap, Identity, Snapshot, SourceRecord, System
from collector.reports import chosen
from collector.reports.context import Context
from collector.settings import Settings
from collector.sources import SOURCES, Scope
from collector.sources.cloud_controller import SOURCE, roles
from collector.transport import Session

TOOL = "cf-evidence"


class Progress(NamedTuple):
    """How far a plan has come: answered, and still to answer as far as is known."""

    what: str
    answered: int
    open: int


class Clock(NamedTuple):
    """The world outside: the time, an eight-digit word of chance for run ids, and how progress is told."""

    now: Callable[[], datetime]
    chance: Callable[[], str]
    progress: Callable[[Progress], None]


def drive(  # noqa: PLR0913  each of them is an end of the outside world
    plan: Plan,
    answer: Callable[[Ask], Got],
    missed: Callable[[Gap], None],
    *,
    concurrency: int,
    progress: Callable[[Progress], None],
    stop: Callable[[], None],
) -> None:
    """Ask everything that a plan wants to know, `concurrency` questions at a time, until it wants no more.

    `answer` runs in a worker and must not raise for a question that was merely refused; whatever it does raise stops
    the run after the answers in hand, and `stop` cuts their waits short. `missed` hears every Gap that nothing was
    asked in place of.
    """
    waiting = deque(next(plan))
    flying: set[Future[Got]] = set()
    answered = 0
    with ThreadPoolExecutor(concurrency, thread_name_prefix="collect") as pool:
        try:
            while waiting or flying:
                while waiting and len(flying) < concurrency:
                    flying.add(pool.submit(answer, waiting.popleft()))
                done, flying = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    got = future.result()
                    asks = plan.send(got)
                    if isinstance(got.page, Gap) and not any(ask.instead for ask in asks):
                        missed(got.page)
                    # Depth first: the next page of a walk must not wait behind all the batches of the pages before.
                    waiting.extendleft(reversed(asks))
                    answered += 1
                    progress(Progress(got.ask.what, answered, len(waiting) + len(flying)))
        except BaseException:
            stop()
            raise
    plan.close()


class Stop:
    """Lets the workers end at once where they wait: a `sleep` that an interruption cuts short."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """End every wait."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait; raises KeyboardInterrupt when stopped."""
        if self._event.wait(seconds):
            raise KeyboardInterrupt


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Where a snapshot comes to lie, and what its manifest says of the one who took it.

    `resume` is the folder of the interrupted snapshot to go on with.
    """

    parent: Path
    system: str
    foundation: str
    identity: Identity
    version: str
    concurrency: int
    previous: Last | None = None
    resume: Path | None = None


def take_snapshot(session: Session, scope: Scope, job: Job, *, clock: Clock, stop: Stop) -> Snapshot:
    """Collect one snapshot; an interruption leaves it incomplete and resumable.

    Raises `LoginError` when the token may read nothing at all, `RemoteError` when it got no app for want of an answer.
    """
    recorder = _recorder(scope, job, clock)
    drive(
        SOURCES[SOURCE].plan(msgspec.convert(recorder.opening.scope, Scope)),
        lambda ask: _answer(session, recorder, ask),
        lambda gap: recorder.miss(SOURCE, gap),
        concurrency=job.concurrency,
        progress=clock.progress,
        stop=stop.set,
    )
    gaps = recorder.gaps(SOURCE)
    _nothing_can_be_said(gaps, recorder.counts(SOURCE, "apps"))
    record = SourceRecord(
        name=SOURCE,
        endpoint=session.api,
        requests=session.requests,
        documents=recorder.counts(SOURCE),
        gaps=gaps,
        clock_skew_seconds=session.clock_skew_seconds,
    )
    return recorder.finish(
        tool=f"{TOOL} {job.version}",
        finished_at=clock.now(),
        identity=msgspec.structs.replace(job.identity, roles=roles(recorder.kept(SOURCE, "roles"))),
        sources=(record,),
        previous=None if job.previous is None else {"path": job.previous.path, "sha256": job.previous.sha256},
        sequence=1 if job.previous is None else job.previous.sequence + 1,
    )


def _recorder(scope: Scope, job: Job, clock: Clock) -> Recorder:
    """A fresh snapshot, or the interrupted one: then with the scope that it began with."""
    if job.resume is not None:
        recorder = Recorder.resume(job.resume)
        opening = recorder.opening
        if (opening.foundation, opening.scope.get("user", "")) != (job.foundation, scope.user):
            said = f"snapshot {opening.id} was begun on {opening.foundation}, or by another login"
            raise UsageError(said, hint="log in there as then, or begin a new one: collect snapshot")
        return recorder
    opening = Opening(
        id=snapshot_id(scope.now, clock.chance()),
        system=job.system,
        started_at=scope.now,
        foundation=job.foundation,
        scope=msgspec.to_builtins(scope, order="sorted"),
    )
    return Recorder.start(job.parent / month_folder(job.system, scope.now), opening)


def _answer(session: Session, recorder: Recorder, ask: Ask) -> Got:
    """One question: from an interrupted run's files where it is there, else over the network."""
    kept = recorder.known(SOURCE, ask)
    if kept is not None:
        return Got(ask, ask.decode(recorder.body(kept)))
    try:
        answer = session.fetch(ask)
    except (Refused, RemoteError) as error:
        gap = Gap(what=ask.what, reason=str(error), http_status=error.http_status, subjects=ask.subjects)
        return Got(ask, gap)
    received = Received(answer.body, answer.status, answer.media_type, answer.request_id, answer.retrieved_at)
    recorder.keep(SOURCE, ask, received)
    return Got(ask, answer.page)


def _nothing_can_be_said(gaps: Sequence[Gap], pages_of_apps: int) -> None:
    """No page of apps at all is no evidence, only an error with a name."""
    gap = next((gap for gap in gaps if gap.what == "apps"), None)
    if pages_of_apps or gap is None:
        return
    if gap.http_status == 403:  # noqa: PLR2004  an HTTP status is its own name
        hint = "give the account a role: cf set-space-role USER ORG SPACE SpaceAuditor"
        raise LoginError(f"the token may not read apps: {gap.reason}", hint=hint)
    hint = "try again with: collect snapshot --resume; collect doctor shows what answers"
    raise RemoteError(f"Cloud Controller gave no apps: {gap.reason}", hint=hint)


def replay(folder: Path) -> tuple[Snapshot, Facts]:
    """The facts of a stored snapshot: read from its bytes, with no network."""
    snapshot = open_snapshot(folder)
    return snapshot, SOURCES[SOURCE].read(snapshot, lambda document: unpack(folder, document))


def system_of(settings: Settings) -> System:
    """The system that `[system]` describes."""
    table = settings.tables.system
    return System(
        id=table.id,
        name=table.name,
        scope=table.scope,
        impact=table.impact,
        leveraged=table.leveraged,
        marking=table.marking,
        isso=table.roles.isso,
        assessor=table.roles.assessor,
        prepared_by=table.roles.prepared_by,
        ssp_title=table.ssp.title,
        ssp_version=table.ssp.version,
        ssp_href=table.ssp.href,
    )


def declared_in(settings: Settings) -> Declared:
    """What the settings declare about the system; a baseline is one only with its date."""
    tables = settings.tables
    baseline = tables.baseline
    return Declared(
        include_stopped=tables.cf.include_stopped,
        boundary_spaces=tables.boundary.spaces,
        environments=tables.boundary.environments,
        baseline=None
        if baseline.declared is None
        else Baseline(
            declared=baseline.declared,
            buildpacks=baseline.buildpacks,
            stacks=baseline.stacks,
            images=baseline.images,
            ssh=baseline.ssh,
        ),
        owner_key=tables.owners.annotation,
    )


class Question(NamedTuple):
    """What is asked of a snapshot: controls (none is all), as of when (None: when it was taken), and of which apps."""

    controls: tuple[str, ...] = ()
    as_of: datetime | None = None
    patterns: Patterns = Patterns()


def read_catalog(settings: Settings, folder: Traversable) -> Catalog:
    """The controls and windows, with the overrides of the settings."""
    overrides = {
        name: WindowOverride(
            authority=table.authority,
            limit_hours=table.limit_hours if table.limit_days is None else table.limit_days * 24,
            binding=table.binding,
        )
        for name, table in settings.tables.policy.items()
    }
    return load_catalog(folder, overrides)


def judge(folder: Path, question: Question, catalog: Catalog, settings: Settings, version: str) -> Assessment:
    """Replay a stored snapshot and judge it: no network, no clock, the same answer every time."""
    snapshot, facts = replay(folder)
    inputs = {
        f"snapshot {snapshot.id}": f"sha256:{snapshot.sha256}",
        "settings": _digest(msgspec.json.encode(settings.tables, order="sorted")),
        "tool": f"{TOOL} {version}",
        **{name: f"sha256:{digest}" for name, digest in catalog.digests.items()},
    }
    return assess(
        facts,
        snapshot,
        catalog,
        controls=question.controls or None,
        as_of=question.as_of or snapshot.taken_at,
        system=system_of(settings),
        declared=declared_in(settings),
        patterns=question.patterns,
        version=version,
        inputs=inputs,
    )


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


REPORT_SCHEMA = "cf-evidence/report/1"


def render(
    assessment: Assessment, artifacts: Sequence[str], directory: Path, context: Context, snapshot: Path | None
) -> list[Path]:
    """Write the reports and their snapshot into `directory`, in place of a run of ours; gives the files written.

    Raises `UsageError` when something else lies there, or when it cannot be written.
    """
    directory = directory.resolve()
    refuse_foreign(directory)
    partial = directory.with_name(f".{directory.name}.partial")
    with disk_errors(directory):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        digests: dict[str, str] = {}
        _write_json(partial / "inputs.json", {"schema": "cf-evidence/inputs/1", "inputs": assessment.inputs})
        for report in chosen(artifacts):
            known = msgspec.structs.replace(context, artifacts=dict(digests))
            with (partial / report.file).open("wb") as out:
                report.write(assessment, out, known)
            digests[report.file] = digest_of(partial / report.file)
        if snapshot is not None:
            shutil.copytree(snapshot, partial / "snapshot")
        _seal(partial, assessment)
        _swap(partial, directory)
    return sorted(path for path in directory.iterdir() if path.is_file())


def refuse_foreign(directory: Path) -> None:
    """Only an empty place or an earlier run of ours may be written to."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a folder", hint="-o names a folder for the artefacts")
    if not any(directory.iterdir()):
        return
    try:
        found = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=dict[str, Any])
        ours = found.get("schema") == REPORT_SCHEMA
    except (OSError, msgspec.DecodeError):
        ours = False
    if not ours:
        raise UsageError(f"{directory} holds something else", hint="choose an empty or new folder with -o")


def _write_json(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")


def _seal(folder: Path, assessment: Assessment) -> None:
    """The manifest and the sums of everything else in a run."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    manifest = {
        "schema": REPORT_SCHEMA,
        "tool": f"{assessment.tool} {assessment.version}",
        "system": assessment.system.id,
        "as_of": assessment.as_of,
        "key": report_key(assessment),
        "snapshots": assessment.snapshots,
        "files": sums(folder, names),
    }
    _write_json(folder / "manifest.json", manifest)
    listed = [f"{entry.sha256}  {entry.path}\n" for entry in sums(folder, [*names, "manifest.json"])]
    (folder / "SHA256SUMS").write_text("".join(listed), encoding="utf-8")


def _swap(partial: Path, directory: Path) -> None:
    """Put a finished run in the place of the one before, with no moment in which half of one is there."""
    if not directory.exists():
        partial.rename(directory)
        return
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    directory.rename(old)
    partial.rename(directory)
    shutil.rmtree(old)


def snapshot_key(snapshot: Snapshot) -> str:
    """The prefix of a snapshot in a store."""
    return f"{month_folder(snapshot.system, snapshot.taken_at)}/{snapshot.id}"


def report_key(assessment: Assessment) -> str:
    """The prefix of a report run in a store: the same inputs come to lie in the same place."""
    word = hashlib.sha256(msgspec.json.encode([assessment.inputs, assessment.as_of], order="sorted")).hexdigest()[:8]
    period = assessment.period or f"{assessment.as_of:%Y-%m}"
    return f"system={assessment.system.id}/reports/period={period}/{assessment.as_of:%Y%m%dT%H%M%SZ}-{word}"
