"""A month: its snapshots folded one by one, the state at its end judged, and what other months said beside it."""

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import msgspec

from collector.assessment import Catalog, assess
from collector.assessment.period import Timeline
from collector.assessment.retrospect import in_retrospect
from collector.assessment.systems import Selection, select
from collector.errors import IntegrityError, UsageError
from collector.evidence import Store, begun_at, bring, bring_part, runs_of, snapshots, with_source
from collector.model import AcceptedRisk, Assessment, Facts, Month, MonthSummary, Period, Snapped, Snapshot
from collector.reports.summary_json import read_summary
from collector.run.judging import REMEMBERED, Evidence, Question, inputs_of, remembered, replay, replay_platform
from collector.settings import Settings, declared_in, selection_in, system_of
from collector.sources import CLOUD_CONTROLLER

CLOSING: Final = timedelta(days=31)
"""How long after a month's end a snapshot may still close it: Cloud Controller remembers no longer."""

TWELVE: Final = 12
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_named(name: str) -> Period:
    """The month `2026-10`; raises `UsageError`."""
    found = _MONTH.fullmatch(name)
    if found is None or not found[1].strip("0"):
        raise UsageError(f"{name!r} is no month", hint="write it as 2026-10")
    begin = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    return Period(name=name, begin=begin, end=(begin + timedelta(days=32)).replace(day=1))


def month_before(period: Period) -> Period:
    """The month that ends where this one begins."""
    return month_named(f"{period.begin - timedelta(days=1):%Y-%m}")


def closing_snapshot(store: Store, system: str, period: Period) -> str | None:
    """The first snapshot taken at or after a month's end that may close it, None while there is none."""
    return next(with_source(store, system, CLOUD_CONTROLLER, since=period.end, before=period.end + CLOSING), None)


class Shelf(NamedTuple):
    """Where a month's evidence and reports lie: a store, the system whose snapshots are read, and the one reported."""

    store: Store
    snapshots_of: str
    system: str


class MonthAsk(NamedTuple):
    """What is asked of a month, and by which settings; `now` tells whether it is over."""

    question: Question
    catalog: Catalog
    settings: Settings
    templates: Traversable
    version: str
    risks: Sequence[AcceptedRisk]
    now: datetime


def judge_month(shelf: Shelf, period: Period, ask: MonthAsk) -> Assessment:
    """Assess a month from the stored snapshots alone; the same store gives the same answer.

    A month that is not over is assessed up to its newest snapshot. Raises `UsageError` when the store holds none.
    """
    prefixes = _of_month(shelf, period)
    if not prefixes:
        raise UsageError(
            f"{shelf.store.url} holds no snapshot that tells of {period.name}",
            hint=f"collect audit --month {period.name} takes one, as long as Cloud Controller remembers",
        )
    last = begun_at(prefixes[-1])
    until = period.end if last >= period.end or ask.now >= period.end else last
    period = msgspec.structs.replace(period, end=until)
    declared = declared_in(ask.settings.tables)
    timeline = Timeline(period, declared=declared, patterns=ask.question.patterns, windows=ask.catalog.windows)
    with TemporaryDirectory(prefix="cf-evidence-") as temporary:
        folded = _fold(shelf.store, prefixes, timeline, Path(temporary), selection_in(ask.settings.tables))
        snapshot, facts = folded.judged
        history = _history(shelf, snapshot, Path(temporary) / "history")
        platform, earlier = replay_platform(snapshot, Evidence(Path(snapshot.root), history))
    summaries = list(_summaries(shelf, period))
    others = {row.id: row for row in (*folded.others, *earlier)}
    month = Month(
        period=period,
        held=timeline.held(),
        snapped=_snapped(timeline, folded.problems, earlier, period),
        changes=timeline.changes(),
        previous=next((row for _, row in summaries if row.month == month_before(period).name), None),
        past=tuple(row for _, row in summaries),
    )
    known = (snapshot, *others.values())
    inputs = inputs_of(known, ask.question, ask.catalog, ask.settings, ask.templates, ask.version)
    inputs |= {f"summary {row.month}": digest for digest, row in summaries}
    assessment = assess(
        timeline.facts_at(facts),
        snapshot,
        ask.catalog,
        controls=ask.question.controls or None,
        as_of=until,
        system=system_of(ask.settings.tables),
        declared=declared,
        patterns=ask.question.patterns,
        version=ask.version,
        inputs={**inputs, "month": period.name},
        platform=platform,
        earlier=tuple(sorted(others.values(), key=lambda row: (row.taken_at, row.id))),
        risks=ask.risks,
        month=month,
    )
    return in_retrospect(assessment)


def _of_month(shelf: Shelf, period: Period) -> list[str]:
    """The snapshots that tell of a month: the last one before it, those of it, and the one that closes it."""
    store, system = shelf.store, shelf.snapshots_of
    before = list(with_source(store, system, CLOUD_CONTROLLER, since=period.begin - CLOSING, before=period.begin))
    within = list(with_source(store, system, CLOUD_CONTROLLER, since=period.begin, before=period.end))
    closing = closing_snapshot(store, system, period)
    told = within + ([closing] if closing else [])
    return before[-1:] + told if told else []


class Folded(NamedTuple):
    """The newest snapshot with its facts, the others, and what could not be read, by id."""

    judged: tuple[Snapshot, Facts]
    others: list[Snapshot]
    problems: dict[str, str]


def _fold(store: Store, prefixes: Sequence[str], timeline: Timeline, into: Path, selection: Selection | None) -> Folded:
    """Replay the snapshots one after another; a damaged one is said, and the newest sound one is judged."""
    judged: tuple[Snapshot, Facts] | None = None
    others: list[Snapshot] = []
    problems: dict[str, str] = {}
    for prefix in prefixes:
        try:
            snapshot, facts = replay(bring(store, prefix, into))
        except IntegrityError as error:
            problems[prefix.rpartition("/")[2]] = str(error)
            continue
        facts = select(facts, selection)
        timeline.add(facts, snapshot)
        if judged is not None:
            others.append(judged[0])
            if into in Path(judged[0].root).parents:
                shutil.rmtree(judged[0].root)  # a copy: a month of them would fill the disk
        judged = snapshot, facts
    if judged is None:
        raise IntegrityError(
            f"no snapshot of the month can be read: {next(iter(problems.values()))}", hint="restore it from a copy"
        )
    return Folded(judged, others, problems)


def _snapped(
    timeline: Timeline, problems: dict[str, str], harvests: Iterable[Snapshot], period: Period
) -> tuple[Snapped, ...]:
    """Every snapshot that tells of the month: those that were folded, the damaged ones, and harvests of directors."""
    folded = timeline.snapped({})
    known = {row.id for row in folded} | problems.keys()
    beside = [
        Snapped(id=row.id, taken_at=row.taken_at, sources=tuple(one.name for one in row.sources if one.documents))
        for row in harvests
        if row.id not in known and row.taken_at >= period.begin - CLOSING
    ]
    damaged = [
        Snapped(id=name, taken_at=begun_at(name), sources=(), verified=False, problem=problem)
        for name, problem in problems.items()
    ]
    return tuple(sorted((*folded, *beside, *damaged), key=lambda row: (row.taken_at, row.id)))


def _history(shelf: Shelf, snapshot: Snapshot, into: Path) -> list[Path]:
    """What the other snapshots, up to the judged one, remember of the platform."""
    since = snapshot.taken_at - 2 * REMEMBERED
    prefixes = [
        prefix
        for prefix in snapshots(shelf.store, shelf.snapshots_of)
        if since <= begun_at(prefix) <= snapshot.taken_at and not prefix.endswith(f"/{snapshot.id}")
    ]
    brought = (bring_part(shelf.store, prefix, into, remembered) for prefix in prefixes)
    return [folder for folder in brought if folder is not None]


def _summaries(shelf: Shelf, period: Period) -> Iterator[tuple[str, MonthSummary]]:
    """The summaries of the twelve months before, oldest first, each with the digest of its bytes."""
    months = [period]
    for _ in range(TWELVE):
        months.append(month_before(months[-1]))
    for month in reversed(months[1:]):
        for prefix in runs_of(shelf.store, shelf.system, month.name)[-1:]:
            # A run that was made without a month, by `collect --store`, has none.
            if f"{prefix}/summary.json" not in shelf.store.keys(f"{prefix}/"):
                continue
            body = shelf.store.read(f"{prefix}/summary.json")
            yield f"sha256:{hashlib.sha256(body).hexdigest()}", read_summary(body)
