"""`collect audit` and `collect report`: a whole month from what the store holds, into the store and a folder."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from collector import __version__
from collector.cli.ask import code_of, kept_work, show
from collector.cli.earlier import Previous, previous_named, previous_stored
from collector.cli.lines import sources_in
from collector.cli.step import tell_step
from collector.cli.wiring import artifacts_of, collect_live, controls_folder, settings_of, store_at, world_of
from collector.cli.world import World, printing
from collector.errors import UsageError
from collector.evidence import Store, last_manifest, refuse_foreign, runs_of
from collector.model import Assessment, Period
from collector.reports.context import Context
from collector.reports.text import visible
from collector.resources import templates_in
from collector.run import Question, read_catalog, render, report_key, snapshot_key
from collector.run.monthly import MonthAsk, Shelf, closing_snapshot, judge_month, month_named
from collector.settings import Settings, risks_in, systems_in
from collector.sources.cloud_controller import TOPICS
from collector.stores.publishing import publish

_ORDER = (130, 70, 2, 6, 4, 5, 3, 1, 0)


class Job(NamedTuple):
    """A month and where its evidence lies, what is asked for each system, and how the reports are made.

    `named` is the workbook that --previous names.
    """

    settings: Settings
    world: World
    store: Store
    period: Period
    asks: Mapping[str, MonthAsk]
    artifacts: Sequence[str]
    context: Context
    named: Previous | None


def audit(given: Mapping[str, Any]) -> int:
    """Take the closing snapshot unless the store holds it, assess the month, publish; a second run changes nothing."""
    job = _job(given)
    if closing_snapshot(job.store, job.settings.tables.system.id, job.period) is None:
        _close(given, job.settings, job.world, job.store)
    return _months(given, job, publishes=True)


def report(given: Mapping[str, Any]) -> int:
    """Assess the stored snapshots of a month; into the folder that -o names, else into the store."""
    return _months(given, _job(given), publishes=given["output"] is None)


def _job(given: Mapping[str, Any]) -> Job:
    """Everything that was typed and set, checked before anybody is asked."""
    world = world_of(given)
    settings = settings_of(given, world)
    period = _period(given, world)
    templates = templates_in(given["templates"])
    asks = {}
    for own in systems_in(settings):
        catalog = read_catalog(own, controls_folder(given))
        question = Question(controls=catalog.control_ids(*given["controls"]))
        asks[own.tables.system.id] = MonthAsk(
            question, catalog, own, templates, __version__, risks_in(own, catalog), world.clock.now()
        )
    context = Context(
        templates=templates, html_max_rows=settings.tables.report.html_max_rows, oscal_version=given["oscal_version"]
    )
    artifacts = artifacts_of(given, settings, world)
    if given["output"]:
        refuse_foreign(given["output"].resolve())
    store = store_at(settings.tables.store.url, settings, world)
    return Job(settings, world, store, period, asks, artifacts, context, previous_named(given))


def _period(given: Mapping[str, Any], world: World) -> Period:
    """The named month; without a name the last one that is over."""
    if given["month"]:
        period = month_named(given["month"])
        if period.begin > world.clock.now():
            raise UsageError(f"{period.name} has not begun", hint="name a month that has")
        return period
    return month_named(f"{world.clock.now().replace(day=1) - timedelta(days=1):%Y-%m}")


def _close(given: Mapping[str, Any], settings: Settings, world: World, store: Store) -> None:
    """Take a snapshot of everything and put it into the store."""
    system = settings.tables.system.id
    home = store.local("") or world.work_dir
    topics = TOPICS if settings.tables.baseline.ssh else TOPICS - {"ssh"}
    taken = collect_live(
        given,
        settings,
        world,
        topics,
        parent=home,
        previous=last_manifest(store, system),
        past=store,
        sources=sources_in(settings, world.environment, ()),
    )
    if store.local("") is None:
        publish(store, Path(taken.root), snapshot_key(taken))
        shutil.rmtree(taken.root)
    world.note(f"stored in {store.url}: {snapshot_key(taken)}")


def _months(given: Mapping[str, Any], job: Job, *, publishes: bool) -> int:
    """The reports of every system; the worst exit code."""
    world, store, period = job.world, job.store, job.period
    codes = []
    for system, ask in job.asks.items():
        assessment = judge_month(Shelf(store, job.settings.tables.system.id, system), period, ask)
        previous = job.named or previous_stored(store, system, period)
        if previous is not None:
            assessment = previous.beside(assessment)
        if given["output"]:
            folder = given["output"] / system if len(job.asks) > 1 else given["output"]
            written = render(assessment, job.artifacts, folder, job.context, None)
            world.note(f"wrote {len(written)} files into {folder}")
        if publishes:
            _publish(assessment, job)
        if len(job.asks) > 1 and given["format_"] == "table":
            with printing():
                print(f"{visible(assessment.system.name or system)}:")
        show(assessment, given["format_"], world)
        tell_step(assessment, world)
        codes.append(code_of(assessment, given))
    return min(codes, key=_ORDER.index)


def _publish(assessment: Assessment, job: Job) -> None:
    """Put the reports into the store, unless just these are there; an older run of the month is superseded."""
    store, world = job.store, job.world
    key = report_key(assessment)
    if f"{key}/manifest.json" in store.keys(f"{key}/"):
        world.note(f"nothing new; stored in {store.url}: {key}")
        return
    older = runs_of(store, assessment.system.id, assessment.period or "")[-1:]
    supersedes = next(
        ({"path": f"{run}/manifest.json", "sha256": _digest(store, run)} for run in older),
        None,
    )
    folder = kept_work(world, key)
    render(assessment, job.artifacts, folder, job.context, None, supersedes=supersedes)
    publish(store, folder, key)
    shutil.rmtree(folder)
    world.note(f"stored in {store.url}: {key}")


def _digest(store: Store, run: str) -> str:
    return hashlib.sha256(store.read(f"{run}/manifest.json")).hexdigest()


def summaries(store: Store, system: str) -> Iterator[bytes]:
    """The summaries of all months of a system, oldest first: of each the run that no other supersedes."""
    months = sorted({key.split("/")[2].partition("=")[2] for key in store.keys(f"system={system}/reports/")})
    for month in months:
        for run in runs_of(store, system, month)[-1:]:
            if f"{run}/summary.json" in store.keys(f"{run}/"):
                yield store.read(f"{run}/summary.json")
