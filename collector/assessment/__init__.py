"""Judging facts: controls, checks and windows in; one Assessment out; no clock, no network, no chance."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from collector.assessment.answer import Said, answer
from collector.assessment.catalog import Catalog, WindowOverride, control_id, load
from collector.assessment.changes import acknowledge
from collector.assessment.checks import CHECKS
from collector.assessment.coverage import all_gaps, cover, holes, incomplete, missing_spaces, scope_note
from collector.assessment.declared import Acknowledged, Baseline, Declared, Patterns
from collector.assessment.explain import explain
from collector.assessment.judging import Judged, Question, judge
from collector.assessment.monthly import heartbeat, month_words
from collector.assessment.patch_tables import PatchSheet
from collector.assessment.patching.scans import attested_words, worth_showing
from collector.assessment.patching.sight import TOPICS, is_platform_source
from collector.assessment.systems import Selection, select
from collector.assessment.tally import uses_in_scope
from collector.evidence import HISTORY
from collector.model import (
    AcceptedRisk,
    Assessment,
    Document,
    Facts,
    Month,
    Observation,
    PlatformFacts,
    Snapshot,
    SnapshotRef,
    System,
)

__all__ = [
    "CHECKS",
    "Acknowledged",
    "Baseline",
    "Catalog",
    "Declared",
    "Patterns",
    "Selection",
    "WindowOverride",
    "assess",
    "control_id",
    "explain",
    "load",
    "needs",
    "platform_needs",
    "select",
]

TOOL: Final = "cf-evidence"

_NOTHING: Final = PlatformFacts()

ALWAYS: Final = frozenset({"apps", "spaces", "droplets"})
"""Read whatever is asked: the table of applications shows them."""


def needs(controls: Iterable[str] | None, catalog: Catalog, declared: Declared, scope: str = "both") -> frozenset[str]:
    """The topics of Facts.read that the checks of the chosen controls read, for the parts in scope."""
    return ALWAYS.union(*_topics(controls, catalog, declared, scope)) - TOPICS


def platform_needs(
    controls: Iterable[str] | None, catalog: Catalog, declared: Declared, scope: str = "both"
) -> frozenset[str]:
    """The topics below the applications that they read: directors, vms, and the names of feeds."""
    return TOPICS.intersection(frozenset().union(*_topics(controls, catalog, declared, scope)))


def _topics(controls: Iterable[str] | None, catalog: Catalog, declared: Declared, scope: str) -> list[frozenset[str]]:
    uses = (use for control in catalog.chosen(controls) for use in uses_in_scope(control, scope))
    checks = [CHECKS[use.check] for use in uses]
    return [check.needs | check.uses for check in checks if check.asked(declared)]


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
    platform: PlatformFacts = _NOTHING,
    earlier: Sequence[Snapshot] = (),
    risks: Sequence[AcceptedRisk] = (),
    month: Month | None = None,
) -> Assessment:
    """Judge one snapshot at one instant; the same arguments give the same answer.

    `platform` is what was read below the applications, from this snapshot and from `earlier` ones. `risks` are the
    exceptions, each with an id of its own. With a `month`, flags speak of all of it; `as_of` is its end, at which
    objectives are judged.
    """
    if month is not None:
        month = msgspec.structs.replace(month, changes=acknowledge(month.changes, declared.acknowledged))
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
        below=platform,
        earlier=tuple(earlier),
        risks=tuple(risks),
        month=month,
    )
    if risks:
        inputs = {**inputs, "exceptions": _digest(risks)}
    return _answered(question, judge(question), version, inputs)


def _digest(risks: Iterable[AcceptedRisk]) -> str:
    ordered = sorted(risks, key=lambda row: row.id)
    return f"sha256:{hashlib.sha256(msgspec.json.encode(ordered)).hexdigest()}"


def _exit_code(question: Question, judged: Judged, lacking: str) -> int:
    """Evidence that was altered is worse than evidence that is not there, and that is worse than a finding."""
    if question.month is not None and not all(row.verified for row in question.month.snapped):
        return 6
    return 3 if lacking else 1 if judged.ledger.flagged() else 0


def _answered(question: Question, judged: Judged, version: str, inputs: Mapping[str, str]) -> Assessment:
    judged.ledger.attested = attested_words(question.below.attested, question.as_of)
    found = holes(question, judged)
    lacking = incomplete(question, judged, found)
    results = tuple(judged.ledger.result(control, question.system, found) for control in question.controls)
    coverage = cover(question, judged, complete=not lacking)
    snapshot, windows = question.snapshot, question.catalog.windows
    patches = PatchSheet(question, judged, found)
    observations = judged.observations()
    said = Said(
        apps=coverage.apps,
        counts={name: desk.period.counts for name, desk in judged.desks.items() if desk.reported},
        windows=windows,
        controls=results,
        incomplete=lacking,
        patches=patches.sentence(),
        waived=Counter(seen.check for seen in observations if seen.waived_by is not None),
        month=month_words(question.month.period) if question.month else "",
        still={name: desk.own.counts["fail"] for name, desk in judged.desks.items()},
    )
    return Assessment(
        tool=TOOL,
        version=version,
        system=question.system,
        foundation=snapshot.foundation,
        as_of=question.as_of,
        period=question.month.period.name if question.month else None,
        snapshots=tuple(
            SnapshotRef(id=row.id, taken_at=row.taken_at, sha256=row.sha256)
            for row in (snapshot, *reversed(question.earlier))
        ),
        coverage=coverage,
        windows=dict(windows),
        controls=results,
        observations=observations,
        applications=judged.sheet.applications(),
        actions=(*judged.sheet.actions(), *patches.actions()),
        documents=_documents(question, observations),
        identity=snapshot.identity,
        inputs=dict(sorted(inputs.items())),
        checks={name: CHECKS[name].title for name in judged.desks},
        answer=answer(said),
        scope_note=scope_note(coverage, question.patterns, question.as_of, question.facts.taken_at),
        exit_code=_exit_code(question, judged, lacking),
        patches=patches.patches(),
        stemcells=patches.stemcells(),
        stages=patches.stages(),
        attested=worth_showing(question.below.attested, question.as_of),
        patch_sentence=patches.sentence(),
        month=judged.month,
        risks=judged.risks,
        heartbeat=heartbeat(question.month, snapshot.sources, windows),
    )


def _documents(question: Question, observations: Iterable[Observation]) -> tuple[Document, ...]:
    """Those of the snapshot, and those of earlier ones that were read for what the platform forgets.

    Of a month, also those that show how a subject was held.
    """
    cited = {name for seen in observations for name in seen.evidence} if question.month else set()
    held = {document.sha256 for document in question.snapshot.documents}
    older = {
        document.sha256: msgspec.structs.replace(document, file=f"{HISTORY}/{snapshot.id}/{document.file}")
        for snapshot in question.earlier
        for document in snapshot.documents
        if document.sha256 not in held
        and (
            is_platform_source(document.source) or document.what == "buildpacks" or f"sha256:{document.sha256}" in cited
        )
    }
    return (*question.snapshot.documents, *older.values())
