"""The rows of the sheets on the platform, by the field names that report_templates/workbook.toml uses."""

from collections.abc import Iterator, Mapping

from collector.model import Assessment, Interval, PatchLine, StemcellLine
from collector.reports.patching import LATENCIES, STAGES, expired, in_days, open_words, what_of
from collector.reports.words import STATUS
from collector.reports.workbook_cells import Value


def patches(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per notice."""
    for line in assessment.patches:
        yield {
            **_common(line),
            "notice": line.subject.name,
            "title": line.title,
            "line": line.line,
            "fixed_in": line.fixed_in,
            "priorities": ", ".join(line.priorities),
            "cves": ", ".join(line.cves),
            "due": line.due,
            "held_by": line.held_by,
            "open": open_words(line),
        }


def stemcells(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per stemcell and deployment."""
    for line in assessment.stemcells:
        subject = line.subject
        yield {
            **_common(line),
            "stemcell": subject.name,
            "environment": subject.environment,
            "deployment": subject.deployment,
            "state": line.state,
            "notices": line.notices,
        }


def _common(line: PatchLine | StemcellLine) -> dict[str, Value]:
    row: dict[str, Value] = {
        "status": STATUS[line.status],
        "flags": ", ".join(line.flags),
        "over_days": in_days(line.over_hours),
        "over_hours": line.over_hours,
        "detail": line.detail,
        "next_step": line.next_step,
        "evidence": line.evidence[0] if line.evidence else None,
        "further_evidence": max(0, len(line.evidence) - 1),
    }
    for name in STAGES:
        row |= _stage(name, line.stages.get(name))
    return row | {f"{name}_hours": line.hours.get(name) for name in LATENCIES}


def _stage(name: str, interval: Interval | None) -> dict[str, Value]:
    """An instant that lies between two has both; a reader who needs one takes the later, which is on the safe side."""
    if interval is None:
        return dict.fromkeys((name, f"{name}_not_before", f"{name}_method"))
    return {
        name: interval.not_after,
        f"{name}_not_before": interval.not_before,
        f"{name}_method": interval.source,
    }


def attestations(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per statement."""
    for stated in assessment.attested:
        yield {
            "method": "EXAMINE",
            "validity": "expired" if expired(stated, assessment.as_of) else "valid",
            "what": what_of(stated),
            "line": stated.line,
            "version": stated.version,
            "environment": stated.environment,
            "deployment": stated.deployment,
            "image": stated.image,
            "at": stated.at,
            "author": stated.author,
            "party": stated.party,
            "written": str(stated.written),
            "period_from": str(stated.period_from),
            "period_to": str(stated.period_to),
            "expires": str(stated.expires),
            "reference": stated.reference,
            "document": stated.document,
        }
