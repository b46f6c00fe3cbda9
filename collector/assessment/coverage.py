"""What was seen, what was not, and whether that is enough for a verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from collector.assessment.declared import Declared, Patterns, covers
from collector.assessment.judging import Judged, Question
from collector.assessment.patching.history import history_gaps
from collector.assessment.patching.sight import is_platform_source, source_of
from collector.assessment.tally import Desk
from collector.assessment.words import duration, listed
from collector.model import AppCounts, Coverage, Facts, Gap, Snapshot, SourceCoverage, SourceRecord

_READER = "cloud-controller"


def all_gaps(facts: Facts, snapshot: Snapshot) -> tuple[Gap, ...]:
    """The gaps of Cloud Controller in the snapshot, and those that only reading it could find."""
    every = [gap for source in snapshot.sources if not is_platform_source(source.name) for gap in source.gaps]
    return (*every, *(gap for gap in facts.gaps if gap not in every))


def missing_spaces(facts: Facts, declared: Declared) -> tuple[str, ...]:
    """The entries of the declared boundary that match no visible space."""
    paths = [space.path for space in facts.spaces.values()]
    return tuple(entry for entry in declared.boundary_spaces if not any(covers((entry,), path) for path in paths))


def holes(question: Question, judged: Judged) -> dict[str, str]:
    """By check: what was not read, so that subjects or verdicts may be missing; checks without a hole are left out."""
    found = {}
    for name, desk in judged.desks.items():
        hole = _hole(question, judged, desk)
        if hole:
            found[name] = hole
    return found


def _hole(question: Question, judged: Judged, desk: Desk) -> str:
    if not desk.check.asked(question.declared):
        return ""
    if desk.check.kind == "app" or desk.check.counts:
        if judged.seen == 0:
            return "no application is visible"
        if question.missing:
            return f"declared but not visible: {listed(question.missing)}"
        reason = judged.platform.unread.topic("apps")
        if reason:
            return reason
    missing = desk.missing(judged.topic, question.declared)
    return missing or (judged.board.hole() if desk.check.kind in ("notice", "stemcell") else "")


def incomplete(question: Question, judged: Judged, found: Mapping[str, str]) -> str:
    """Why the evidence is not enough: the first hole or unread subject of a deciding or flagging check, or ""."""
    apps = _lacking_apps(question, judged)
    if apps:
        return apps
    for name, desk in judged.desks.items():
        if desk.decisive and (name in found or desk.unread):
            return found.get(name) or desk.unread
    return ""


def _lacking_apps(question: Question, judged: Judged) -> str:
    """Why the applications that were seen are not enough; nothing where no app is asked about."""
    asked = (desk for desk in judged.desks.values() if desk.decisive)
    if question.system.scope == "provider" and not any(desk.check.kind == "app" or desk.check.counts for desk in asked):
        return ""
    if judged.seen == 0:
        return "no application is visible"
    if judged.existed == 0:
        return "no application existed at the instant asked about"
    if question.missing:
        return f"declared but not visible: {listed(question.missing)}"
    return ""


def cover(question: Question, judged: Judged, *, complete: bool) -> Coverage:
    """How far everything was read."""
    facts, ages = question.facts, judged.ages
    return Coverage(
        complete=complete,
        boundary_declared=bool(question.declared.boundary_spaces),
        spaces=_spaces(facts, question.patterns),
        missing_spaces=question.missing,
        sources=_sources(question, judged),
        apps=AppCounts(
            visible=judged.seen,
            assessed=ages["pass"] + ages["fail"],
            unknown=ages["unknown"],
            not_applicable=ages["not-applicable"],
        ),
        apps_listed=facts.apps_listed,
        apps_counted=facts.apps_counted,
    )


def _spaces(facts: Facts, patterns: Patterns) -> tuple[str, ...]:
    return tuple(sorted({space.path for space in facts.spaces.values() if patterns.admit_space(space)}))


def _sources(question: Question, judged: Judged) -> tuple[SourceCoverage, ...]:
    """Each source with its gaps; what reading found stands with the source from which facts are read.

    The gaps in the history of a director stand with it, and those of a source that this snapshot did not ask, too.
    """
    facts, snapshot, missing = question.facts, question.snapshot, question.missing
    below: dict[str, list[Gap]] = {}
    for gap in question.below.gaps:
        below.setdefault(source_of(gap), []).append(gap)
    for name, found in history_gaps(judged.board).items():
        below.setdefault(name, []).extend(found)
    known = {gap.what + gap.reason for source in snapshot.sources for gap in source.gaps}
    late = tuple(gap for gap in facts.gaps if gap.what + gap.reason not in known)
    if missing:
        late = (*late, Gap(what="spaces", reason="declared in the boundary, but not visible", subjects=missing))
    below[_READER] = list(late)
    told = [_source(source, below.pop(source.name, [])) for source in snapshot.sources]
    told += [
        _source(SourceRecord(name=name, endpoint="", requests=0, documents=0), below[name]) for name in sorted(below)
    ]
    return tuple(row for row in told if row.name != _READER or row.requests or row.documents or row.gaps)


def _source(source: SourceRecord, late: Sequence[Gap]) -> SourceCoverage:
    gaps = (*source.gaps, *(gap for gap in late if gap not in source.gaps))
    return SourceCoverage(
        name=source.name,
        status="complete" if not gaps else "partial" if source.documents else "failed",
        requests=source.requests,
        documents=source.documents,
        gaps=gaps,
        clock_skew_seconds=source.clock_skew_seconds,
    )


def scope_note(coverage: Coverage, patterns: Patterns, as_of: datetime, taken_at: datetime) -> str:
    """What the answer speaks for, where that is not the whole declared system as it is seen now."""
    notes = []
    if not coverage.boundary_declared:
        notes.append(f"no boundary declared; spaces seen: {listed(coverage.spaces) or 'none'}")
    if patterns.words:
        notes.append(f"only what matches {patterns.words}")
    if as_of > taken_at:
        notes.append(f"seen {duration((as_of - taken_at).total_seconds())} before the instant asked about")
    if as_of < taken_at:
        notes.append("states and settings are those of the snapshot, taken later than the instant asked about")
    return "; ".join(notes)
