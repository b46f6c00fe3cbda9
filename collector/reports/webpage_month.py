"""What the page shows of a month and of accepted risks: counted and cut here, drawn by month.html.j2."""

from collections import Counter
from typing import Final, NamedTuple

from collector.model import Assessment, Difference, Figures, Held, OpenItem, RiskLine
from collector.reports.month_words import KINDS

# The measures of the trend, in the order of the table.
MEASURES: Final = {
    "restage-age": "Restage age",
    "buildpack-behind": "Time behind a buildpack",
    "packaging": "Notice to stemcell",
    "deployment": "Stemcell to production",
    "total": "Notice to production",
}


class MonthView(NamedTuple):
    """The parts of the section; `held` and `differences` are those that are listed, with how many there are."""

    heartbeat: tuple[str, ...]
    kinds: tuple[tuple[str, int], ...]
    previous: str
    differences: tuple[Difference, ...]
    held: tuple[Held, ...]
    held_total: int
    items: tuple[OpenItem, ...]
    risks: tuple[RiskLine, ...]
    figures: tuple[Figures, ...]


def month_view(assessment: Assessment, shown: int) -> MonthView | None:
    """Everything that the section names, or None where there is neither a month nor an accepted risk."""
    month = assessment.month
    if month is None and not assessment.risks:
        return None
    counts: Counter[str] = Counter(row.kind for row in assessment.differences)
    held = worst_held(assessment)
    return MonthView(
        heartbeat=assessment.heartbeat if month is not None else (),
        kinds=tuple((kind, counts[kind]) for kind in KINDS if counts[kind]),
        previous=month.previous.month if month is not None and month.previous is not None else "",
        differences=tuple(row for row in assessment.differences if row.kind in ("new", "fixed"))[:shown],
        held=tuple(held[:shown]),
        held_total=len(held),
        items=assessment.items,
        risks=assessment.risks,
        figures=tuple(row for row in assessment.figures if not row.by),
    )


def worst_held(assessment: Assessment) -> list[Held]:
    """Who was outside at any time of the month, the longest first; then where most is not known."""
    every = assessment.month.held.values() if assessment.month is not None else ()
    told = (row for row in every if row.outside or row.unknown)
    return sorted(told, key=lambda row: (-row.outside, -row.unknown, row.check, row.subject.label, row.subject.guid))
