"""Judging facts: controls, checks and windows in; one Assessment out; no clock, no network, no chance."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from collector.assessment.answer import answer
from collector.assessment.catalog import Catalog, WindowOverride, control_id, load
from collector.assessment.checks import CHECKS
from collector.assessment.coverage import all_gaps, cover, holes, incomplete, missing_spaces, scope_note
from collector.assessment.declared import Baseline, Declared, Patterns
from collector.assessment.explain import explain
from collector.assessment.judging import Judged, Question, judge
from collector.model import Assessment, Facts, Snapshot, SnapshotRef, System

__all__ = [
    "CHECKS",
    "Baseline",
    "Catalog",
    "Declared",
    "Patterns",
    "WindowOverride",
    "assess",
    "control_id",
    "explain",
    "load",
    "needs",
]

TOOL: Final = "cf-evidence"

ALWAYS: Final = frozenset({"apps", "spaces", "droplets"})
"""Read whatever is asked: the table of applications shows them."""


def needs(controls: Iterable[str] | None, catalog: Catalog, declared: Declared) -> frozenset[str]:
    """The topics of Facts.read that the checks of the chosen controls read."""
    checks = [CHECKS[use.check] for control in catalog.chosen(controls) for use in control.checks]
    topics = [check.needs | check.uses for check in checks if check.asked(declared)]
    return ALWAYS.union(*topics)


def assess(  # noqa: PLR0913  everything that an answer depends on, by name
    facts: Facts,
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    controls: Sequence[str] | None,
    as_of: datetime,
    system: System,
    declared: Declared,
    patterns: Patterns,
    version: str,
    inputs: Mapping[str, str],
) -> Assessment:
    """Judge one snapshot at one instant; the same arguments give the same answer."""
    question = Question(
        facts=facts,
        snapshot=snapshot,
        catalog=catalog,
        controls=catalog.chosen(controls),
        as_of=as_of,
        system=system,
        declared=declared,
        patterns=patterns,
        gaps=all_gaps(facts, snapshot),
        missing=missing_spaces(facts, declared),
    )
    return _answered(question, judge(question), version, inputs)


def _answered(question: Question, judged: Judged, version: str, inputs: Mapping[str, str]) -> Assessment:
    found = holes(question, judged)
    lacking = incomplete(question, judged, found)
    results = tuple(judged.ledger.result(control, question.system, found) for control in question.controls)
    coverage = cover(question, judged, complete=not lacking)
    snapshot, windows = question.snapshot, question.catalog.windows
    counts = {name: desk.own.counts for name, desk in judged.desks.items() if desk.reported}
    return Assessment(
        tool=TOOL,
        version=version,
        system=question.system,
        foundation=snapshot.foundation,
        as_of=question.as_of,
        period=None,
        snapshots=(SnapshotRef(id=snapshot.id, taken_at=snapshot.taken_at, sha256=snapshot.sha256),),
        coverage=coverage,
        windows=dict(windows),
        controls=results,
        observations=judged.observations(),
        applications=judged.sheet.applications(),
        actions=judged.sheet.actions(),
        documents=snapshot.documents,
        identity=snapshot.identity,
        inputs=dict(sorted(inputs.items())),
        checks={name: CHECKS[name].title for name in judged.desks},
        answer=answer(coverage.apps, counts, windows, results, lacking),
        scope_note=scope_note(coverage, question.patterns, question.as_of, question.facts.taken_at),
        exit_code=3 if lacking else 1 if judged.ledger.flagged() else 0,
    )
