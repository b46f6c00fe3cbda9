"""The parts of assessment.json that speak of the platform; they are there only where the platform was asked about."""

from collections.abc import Mapping
from typing import Any

from collector.model import Attested, Interval, Measured, PatchLine, StageFigures, StemcellLine
from collector.reports.patching import STAGES


def measured(seen: Measured | None) -> object:
    """What was measured; an age has no stages, and stands as it is."""
    if seen is None or not seen.stages:
        return seen
    return {
        "hours": seen.hours,
        "not_before": seen.not_before,
        "not_after": seen.not_after,
        "source": seen.source,
        "stages": _stages(seen.stages),
    }


def _stages(stages: Mapping[str, Interval | None]) -> dict[str, Any]:
    """All five, in their order: null is not reached, or not known."""
    return {name: _interval(stages.get(name)) for name in STAGES}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"not_before": interval.not_before, "not_after": interval.not_after, "source": interval.source}


def patch(line: PatchLine) -> dict[str, Any]:
    """One notice."""
    return {
        "subject": line.subject,
        "status": line.status,
        "flags": line.flags,
        "title": line.title,
        "line": line.line,
        "fixed_in": line.fixed_in,
        "priorities": line.priorities,
        "cves": line.cves,
        "due": line.due,
        "stages": _stages(line.stages),
        "hours": line.hours,
        "open": line.open,
        "over_hours": line.over_hours,
        "held_by": line.held_by,
        "detail": line.detail,
        "next_step": line.next_step,
        "evidence": line.evidence,
    }


def stemcell(line: StemcellLine) -> dict[str, Any]:
    """One stemcell in one deployment."""
    return {
        "subject": line.subject,
        "status": line.status,
        "flags": line.flags,
        "state": line.state,
        "stages": _stages(line.stages),
        "hours": line.hours,
        "notices": line.notices,
        "over_hours": line.over_hours,
        "detail": line.detail,
        "next_step": line.next_step,
        "evidence": line.evidence,
    }


def figures(stage: StageFigures) -> dict[str, Any]:
    """One latency over all patches, in hours."""
    return {
        "name": stage.name,
        "window": stage.window,
        "measured": stage.measured,
        "inside": stage.inside,
        "open": stage.open,
        "unknown": stage.unknown,
        "p50": stage.p50,
        "p90": stage.p90,
        "max": stage.most,
    }


def attestation(stated: Attested) -> dict[str, Any]:
    """One statement, with the method that it is."""
    return {
        "kind": stated.kind,
        "method": "EXAMINE",
        "author": stated.author,
        "party": stated.party,
        "written": stated.written,
        "period_from": stated.period_from,
        "period_to": stated.period_to,
        "expires": stated.expires,
        "at": stated.at,
        "environment": stated.environment,
        "deployment": stated.deployment,
        "line": stated.line,
        "version": stated.version,
        "image": stated.image,
        "reference": stated.reference,
        "document": stated.document,
    }
