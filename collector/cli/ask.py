"""The question: take or find a snapshot, judge it, print the answer, write what is wanted."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from collector import __version__
from collector.assessment import Catalog, Patterns, needs, platform_needs
from collector.cli.earlier import previous_named
from collector.cli.lines import sources_for
from collector.cli.step import tell_step
from collector.cli.wiring import (
    artifacts_of,
    collect_live,
    controls_folder,
    history_of,
    past_of,
    settings_of,
    store_at,
    world_of,
)
from collector.cli.world import World, printing
from collector.errors import UsageError
from collector.evidence import (
    HISTORY,
    Store,
    bring,
    disk_errors,
    find,
    last_manifest,
    open_snapshot,
    read_manifest,
    refuse_foreign,
)
from collector.model import Assessment, Snapshot
from collector.reports import REPORTS
from collector.reports.context import Context
from collector.resources import templates_in
from collector.run import (
    Evidence,
    Question,
    judge,
    read_catalog,
    render,
    report_key,
    snapshot_key,
)
from collector.settings import Settings, declared_in
from collector.sources import CLOUD_CONTROLLER
from collector.stores.publishing import publish

FLAGGED = 1


class Delivery(NamedTuple):
    """What is delivered, and what it takes."""

    world: World
    settings: Settings
    assessment: Assessment
    artifacts: Sequence[str]
    context: Context
    evidence: Evidence
    store: Store | None


def ask(given: Mapping[str, Any]) -> int:
    """Bare `collect`: the exit code is the answer's."""
    world = world_of(given)
    settings = settings_of(given, world)
    catalog = read_catalog(settings, controls_folder(given))
    question = question_of(given, catalog)
    artifacts = artifacts_of(given, settings, world)
    if given["artifacts"] and not (given["output"] or (given["store"] and given["from_"] is None)):
        raise UsageError("--artifact needs a place", hint="name one with -o DIR, or with --store URL for a live run")
    # What cannot be read or written to is found before anything is asked.
    previous = previous_named(given)
    if given["output"]:
        refuse_foreign(given["output"].resolve())
    store = store_at(given["store"], settings, world) if given["store"] and given["from_"] is None else None
    with evidence_for(given, settings, world, wants_of(question, catalog, settings, world), store) as evidence:
        question = no_more_than_read(question, read_manifest(evidence.folder).snapshot)
        templates = templates_in(given["templates"])
        assessment = judge(evidence, question, catalog, settings, templates, __version__)
        if previous is not None:
            assessment = previous.beside(assessment)
        context = Context(
            templates=templates,
            html_max_rows=settings.tables.report.html_max_rows,
            oscal_version=given["oscal_version"],
        )
        deliver(given, Delivery(world, settings, assessment, artifacts, context, evidence, store))
    show(assessment, given["format_"], world)
    tell_step(assessment, world)
    return code_of(assessment, given)


def question_of(given: Mapping[str, Any], catalog: Catalog) -> Question:
    """What the options ask."""
    return Question(
        controls=catalog.control_ids(*given["controls"]),
        as_of=given["as_of"],
        patterns=Patterns(org=tuple(given["orgs"]), space=tuple(given["spaces"]), app=tuple(given["apps"])),
    )


def no_more_than_read(question: Question, snapshot: Snapshot) -> Question:
    """The question with the patterns that its snapshot was read with: the answer must say what it leaves out."""
    orgs, spaces = (tuple(snapshot.scope.get(name, ())) for name in ("orgs", "spaces"))
    asked = question.patterns
    if (orgs and asked.org not in ((), orgs)) or (spaces and asked.space not in ((), spaces)):
        read = Patterns(org=orgs, space=spaces).words
        raise UsageError(f"snapshot {snapshot.id} was read with {read}", hint="ask with the same, or with --app")
    return question._replace(patterns=Patterns(org=asked.org or orgs, space=asked.space or spaces, app=asked.app))


class Wants(NamedTuple):
    """What a live run reads: topics of Cloud Controller, and sources."""

    topics: frozenset[str]
    sources: Sequence[str]


def wants_of(question: Question, catalog: Catalog, settings: Settings, world: World) -> Wants:
    """No more than the question needs."""
    asked = question.controls or None, catalog, declared_in(settings.tables), settings.tables.system.scope
    topics = needs(*asked)
    return Wants(topics, sources_for(settings, world.environment, topics | platform_needs(*asked)))


@contextmanager
def evidence_for(
    given: Mapping[str, Any], settings: Settings, world: World, wants: Wants, store: Store | None
) -> Iterator[Evidence]:
    """The snapshot to judge, with what earlier ones remember: the named one, or one taken now, which goes again."""
    system = settings.tables.system.id
    with tempfile.TemporaryDirectory(prefix="cf-evidence-") as temporary:
        wanted = given["from_"]
        if wanted is None:
            # What goes into a store is chained to what lies there.
            previous = last_manifest(store, system) if store else None
            past = store or past_of(settings, world)
            snapshot = collect_live(
                given,
                settings,
                world,
                wants.topics,
                parent=Path(temporary),
                previous=previous,
                past=past,
                sources=wants.sources,
            )
            yield Evidence(Path(snapshot.root), history_of(past, snapshot, Path(temporary) / HISTORY))
        elif (Path(wanted) / "snapshot" / "manifest.json").is_file():
            # A folder that -o wrote, whose own manifest is that of the reports.
            yield Evidence(Path(wanted) / "snapshot", sorted((Path(wanted) / HISTORY).glob("*")))
        elif (Path(wanted) / "manifest.json").is_file():
            yield Evidence(Path(wanted))
        else:
            kept = store_at(settings.tables.store.url, settings, world)
            folder = bring(kept, find(kept, system, wanted, CLOUD_CONTROLLER), Path(temporary))
            yield Evidence(folder, history_of(kept, read_manifest(folder).snapshot, Path(temporary) / HISTORY))


def deliver(given: Mapping[str, Any], job: Delivery) -> None:
    """Write the reports where -o says; what was read live also goes into the store that --store names."""
    if given["output"]:
        written = render(job.assessment, job.artifacts, given["output"], job.context, job.evidence)
        job.world.note(f"wrote {len(written)} files into {given['output']}")
    if job.store:
        taken = open_snapshot(job.evidence.folder)
        # Both are finished under their own names first: an upload that fails can then be done again.
        local = kept_work(job.world, snapshot_key(taken))
        with disk_errors(local):
            shutil.copytree(job.evidence.folder, local, dirs_exist_ok=True)
        reports = kept_work(job.world, report_key(job.assessment))
        render(job.assessment, job.artifacts, reports, job.context, None)
        for folder, key in ((local, snapshot_key(taken)), (reports, report_key(job.assessment))):
            publish(job.store, folder, key)
            shutil.rmtree(folder)
            job.world.note(f"stored in {job.store.url}: {key}")


def kept_work(world: World, key: str) -> Path:
    """A local folder for a run on its way to a store."""
    folder = world.work_dir / key
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def show(assessment: Assessment, form: str, world: World) -> None:
    """Print the answer on stdout."""
    if form == "table":
        from collector.reports.terminal import render as lines  # noqa: PLC0415  only a table needs it

        # Colours that are asked for are drawn wherever they go; a log has no width of its own.
        drawn = sys.stdout.isatty() or world.colors
        width = shutil.get_terminal_size(fallback=(120, 24)).columns if drawn else None
        text = "".join(f"{line}\n" for line in lines(assessment, width=width, color=world.colors))
        with printing():
            sys.stdout.write(text)
        return
    report = REPORTS["assessment" if form == "json" else "observations"]
    with printing():
        report.write(assessment, sys.stdout.buffer, Context())


def code_of(assessment: Assessment, given: Mapping[str, Any]) -> int:
    """The exit code of the answer, as --exit-zero wants it."""
    return 0 if given["exit_zero"] and assessment.exit_code == FLAGGED else assessment.exit_code
