"""The rows of the sheets on a month and on accepted risks, by the field names of report_templates/workbook.toml."""

from collections.abc import Iterator, Mapping

from collector.model import Assessment
from collector.reports.webpage_month import MEASURES, worst_held
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
            "app": row.subject.name,
            "guid": row.subject.guid,
            "inside": row.inside,
            "outside": row.outside,
            "unknown": row.unknown,
            "worst": row.worst,
            "breaches": len(row.breaches),
            "since": last.since if last else None,
            "corrected_at": row.corrected_at,
            "open": "still outside" if row.open else "",
            "why": "; ".join(dict.fromkeys(part.reason for part in row.unseen)),
        }


def exceptions(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row per accepted risk, used or not."""
    for line in assessment.risks:
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
