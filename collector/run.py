"""The whole tool as a short story: snapshot, replay, assess, render, publish; and the driver of plans."""

import hashlib
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from http import HTTPStatus
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.assessment import Catalog, Patterns, assess
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
    refuse_foreign,
    seal,
    snapshot_id,
    swap,
    unpack,
    write_json,
)
from collector.model import Assessment, Facts, Gap, Identity, Snapshot, SourceRecord
from collector.reports import chosen
from collector.reports.context import Context
from collector.settings import Settings, declared_in, overrides_in, system_of
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
    _nothing_can_be_said(recorder)
    record = SourceRecord(
        name=SOURCE,
        endpoint=session.api,
        requests=session.requests,
        documents=recorder.counts(SOURCE),
        gaps=recorder.gaps(SOURCE),
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


def _nothing_can_be_said(recorder: Recorder) -> None:
    """No page of apps is no evidence, only an error with a name; but a 403 on apps alone is a gap like any other."""
    gap = next((gap for gap in recorder.gaps(SOURCE) if gap.what == "apps"), None)
    if gap is None or recorder.counts(SOURCE, "apps"):
        return
    if gap.http_status != HTTPStatus.FORBIDDEN:
        hint = "try again with: collect snapshot --resume; collect doctor shows what answers"
        raise RemoteError(f"Cloud Controller gave no apps: {gap.reason}", hint=hint)
    if recorder.counts(SOURCE) == recorder.counts(SOURCE, "root"):
        hint = "give the account a role: cf set-space-role USER ORG SPACE SpaceAuditor"
        raise LoginError(f"the token may read nothing: {gap.reason}", hint=hint)


def replay(folder: Path) -> tuple[Snapshot, Facts]:
    """The facts of a stored snapshot: read from its bytes, with no network."""
    snapshot = open_snapshot(folder)
    return snapshot, SOURCES[SOURCE].read(snapshot, lambda document: unpack(folder, document))


class Question(NamedTuple):
    """What is asked of a snapshot: controls (none is all), as of when (None: when it was taken), and of which apps."""

    controls: tuple[str, ...] = ()
    as_of: datetime | None = None
    patterns: Patterns = Patterns()


def read_catalog(settings: Settings, folder: Traversable) -> Catalog:
    """The controls and windows, with the overrides of the settings."""
    return load_catalog(folder, overrides_in(settings.tables))


def judge(  # noqa: PLR0913, PLR0917  everything that an answer is made from
    folder: Path, question: Question, catalog: Catalog, settings: Settings, templates: Traversable, version: str
) -> Assessment:
    """Replay a stored snapshot and judge it: no network, no clock, the same answer every time."""
    snapshot, facts = replay(folder)
    inputs = {
        f"snapshot {snapshot.id}": f"sha256:{snapshot.sha256}",
        "question": _digest(msgspec.json.encode(question, enc_hook=msgspec.to_builtins)),
        "settings": _digest(msgspec.json.encode(settings.tables, order="sorted")),
        "templates": _digest(b"".join(_files_in(templates))),
        "tool": f"{TOOL} {version}",
        **{name: f"sha256:{digest}" for name, digest in catalog.digests.items()},
    }
    return assess(
        facts,
        snapshot,
        catalog,
        controls=question.controls or None,
        as_of=question.as_of or snapshot.taken_at,
        system=system_of(settings.tables),
        declared=declared_in(settings.tables),
        patterns=question.patterns,
        version=version,
        inputs=inputs,
    )


def _files_in(folder: Traversable) -> Iterator[bytes]:
    """Name and digest of each file, in the order of their names."""
    for file in sorted((file for file in folder.iterdir() if file.is_file()), key=lambda file: file.name):
        yield f"{file.name} {_digest(file.read_bytes())}\n".encode()


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


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
        write_json(partial / "inputs.json", {"schema": "cf-evidence/inputs/1", "inputs": assessment.inputs})
        for report in chosen(artifacts):
            known = msgspec.structs.replace(context, artifacts=dict(digests))
            with (partial / report.file).open("wb") as out:
                report.write(assessment, out, known)
            digests[report.file] = digest_of(partial / report.file)
        if snapshot is not None:
            shutil.copytree(snapshot, partial / "snapshot")
        seal(partial, _manifest(assessment))
        swap(partial, directory)
    return sorted(path for path in directory.iterdir() if path.is_file())


def _manifest(assessment: Assessment) -> dict[str, Any]:
    """What the manifest of a run says beside its files."""
    return {
        "tool": f"{assessment.tool} {assessment.version}",
        "system": assessment.system.id,
        "as_of": assessment.as_of,
        "key": report_key(assessment),
        "snapshots": assessment.snapshots,
    }


def snapshot_key(snapshot: Snapshot) -> str:
    """The prefix of a snapshot in a store."""
    return f"{month_folder(snapshot.system, snapshot.taken_at)}/{snapshot.id}"


def report_key(assessment: Assessment) -> str:
    """The prefix of a report run in a store: the same inputs come to lie in the same place."""
    word = hashlib.sha256(msgspec.json.encode([assessment.inputs, assessment.as_of], order="sorted")).hexdigest()[:8]
    period = assessment.period or f"{assessment.as_of:%Y-%m}"
    return f"system={assessment.system.id}/reports/period={period}/{assessment.as_of:%Y%m%dT%H%M%SZ}-{word}"
