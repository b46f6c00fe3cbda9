"""What a month adds to an answer, in words: what was not looked at, what is new, and which risks are accepted."""

from collections import Counter
from collections.abc import Iterator

from collector.model import Assessment, RiskLine

KINDS = ("new", "fixed", "repeated", "changed", "not comparable")


def month_lines(assessment: Assessment) -> Iterator[str]:
    """The lines on a month and on accepted risks; none where there is neither."""
    yield from assessment.heartbeat
    month = assessment.month
    if month is not None and month.previous is not None:
        counts: Counter[str] = Counter(row.kind for row in assessment.differences)
        told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        yield f"since {month.previous.month}: {told or 'nothing changed'}"
    if assessment.items:
        closed = sum(item.closed_at is not None for item in assessment.items)
        still = len(assessment.items) - closed
        yield f"plan of action: {still} open, {closed} closed in the month"
    yield from map(_risk, assessment.risks)


def _risk(line: RiskLine) -> str:
    risk = line.risk
    notes = f"; {'; '.join(line.notes)}" if line.notes else ""
    return (
        f"exception {risk.id}: {line.state}, accepts {line.waives} until {risk.expires.isoformat()}"
        f" ({risk.approver}, {risk.ticket}){notes}"
    )
