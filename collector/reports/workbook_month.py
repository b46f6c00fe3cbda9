"""The rows of the sheets on a month and on accepted risks, by the field names of report_templates/workbook.toml."""

from collections.abc import Iterator, Mapping

from collector.model import ApplicationLine, Assessment
from collector.reports.month_words import (
    MEASURES,
    age_held,
    corrected,
    end_words,
    ordered_risks,
    worst_held,
)
from collector.reports.patching import in_days, name_of
from collector.reports.workbook_cells import Value


def month(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per check and subject that was outside, or not known, at any time of the month."""
    for row in worst_held(assessment):
        last = row.breaches[-1] if row.breaches else None
        yield {
            "status": "outside" if row.outside else "not known",
            "check": row.check,
            "org": row.subject.org,
            "space": row.subject.space,
            "app": name_of(row.subject),
            "guid": row.subject.guid,
            "inside": row.inside,
            "outside": row.outside,
            "unknown": row.unknown,
            "worst": row.worst,
            "breaches": len(row.breaches),
            "since": last.since if last else None,
            "corrected_at": corrected(row),
            "open": end_words(row),
            "why": "; ".join(dict.fromkeys(part.reason for part in row.unseen)),
        }


def held_cells(assessment: Assessment, line: ApplicationLine) -> Mapping[str, Value]:
    """What a month adds to the row of an application; nothing where there is none."""
    held = age_held(assessment, line.subject)
    if held is None:
        return {}
    return {
        "month_outside": held.outside,
        "month_unknown": held.unknown,
        "month_inside": held.inside,
        "month_worst_days": in_days(held.worst),
        "month_corrected_at": corrected(held),
        "month_end": end_words(held),
    }


def exceptions(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per accepted risk, used or not."""
    for line in ordered_risks(assessment):
        risk = line.risk
        yield {
            "id": risk.id,
            "state": line.state,
            "controls": ", ".join(risk.controls),
            "selector": risk.app or risk.stemcell,
            "rationale": risk.rationale,
            "approver": risk.approver,
            "ticket": risk.ticket,
            "starts": risk.starts.isoformat(),
            "expires": risk.expires.isoformat(),
            "waives": line.waives,
            "subjects": ", ".join(line.subjects),
            "notes": "; ".join(line.notes),
        }


def trend(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per month, measure and group."""
    for row in assessment.figures:
        judged = row.subjects - row.unknown
        yield {
            "month": row.month,
            "name": MEASURES.get(row.name, row.name),
            "by": row.by or "all",
            "group": row.group,
            "subjects": row.subjects,
            "inside": row.inside,
            "unknown": row.unknown,
            "share": 100 * row.inside / judged if judged else None,
            "p50": row.p50,
            "p90": row.p90,
            "most": row.most,
        }
