"""The parts of assessment.json that speak of a month and of accepted risks; they are there only where there are any."""

from typing import Any

from collector.model import Assessment, Breach, Difference, Figures, Held, OpenItem, RiskLine, Unseen
from collector.reports.month_words import order_of


def month(assessment: Assessment) -> dict[str, Any]:
    """What the snapshots of a month say together, and how it compares with those before."""
    known = assessment.month
    held = known.held.values() if known is not None else ()
    return {
        "held": [_held(row) for row in sorted(held, key=lambda row: (row.check, *order_of(row.subject)))],
        "differences": [difference(row) for row in assessment.differences],
        "items": [_item(row) for row in assessment.items],
        "figures": [_figures(row) for row in assessment.figures],
        "heartbeat": assessment.heartbeat,
    }


def _held(row: Held) -> dict[str, Any]:
    return {
        "check": row.check,
        "subject": row.subject,
        "window": row.window,
        "inside_hours": round(row.inside, 4),
        "outside_hours": round(row.outside, 4),
        "unknown_hours": round(row.unknown, 4),
        "worst_hours": None if row.worst is None else round(row.worst, 4),
        "breaches": [_breach(breach) for breach in row.breaches],
        "unknown": [_unseen(part) for part in row.unseen],
        "corrected_at": row.corrected_at,
    }


def _breach(row: Breach) -> dict[str, Any]:
    return {"begin": row.begin, "end": row.end, "since": row.since}


def _unseen(row: Unseen) -> dict[str, Any]:
    return {"begin": row.begin, "end": row.end, "reason": row.reason}


def difference(row: Difference) -> dict[str, Any]:
    """One difference between two runs."""
    return {
        "kind": row.kind,
        "check": row.check,
        "subject": row.subject,
        "before": row.before,
        "after": row.after,
        "months": row.months,
        "reason": row.reason,
    }


def _item(row: OpenItem) -> dict[str, Any]:
    return {
        "check": row.check,
        "component": row.component,
        "opened": row.opened,
        "months": row.months,
        "subjects": row.subjects,
        "waived_by": row.waived_by,
        "closed_at": row.closed_at,
    }


def _figures(row: Figures) -> dict[str, Any]:
    return {
        "month": row.month,
        "name": row.name,
        "by": row.by,
        "group": row.group,
        "subjects": row.subjects,
        "inside": row.inside,
        "unknown": row.unknown,
        "p50": row.p50,
        "p90": row.p90,
        "max": row.most,
    }


def exception(line: RiskLine) -> dict[str, Any]:
    """One accepted risk."""
    risk = line.risk
    return {
        "id": risk.id,
        "state": line.state,
        "controls": risk.controls,
        "app": risk.app,
        "stemcell": risk.stemcell,
        "rationale": risk.rationale,
        "approver": risk.approver,
        "ticket": risk.ticket,
        "starts": risk.starts,
        "expires": risk.expires,
        "waives": line.waives,
        "subjects": line.subjects,
        "notes": line.notes,
    }
