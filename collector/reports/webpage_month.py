"""What the page shows of a month and of accepted risks: counted and cut here, drawn by month.html.j2 and others."""

from html import escape
from typing import Any, Final, NamedTuple

from collector.model import ApplicationLine, Assessment, Difference, Held, OpenItem, RiskLine
from collector.reports import month_strip, trend_chart
from collector.reports.month_words import (
    age_held,
    corrected,
    end_words,
    items_line,
    kinds,
    name_of_month,
    number,
    ordered_risks,
    outside_in_month,
    period_line,
    since_control,
    worst_held,
)
from collector.reports.patching import title_of
from collector.reports.trend_chart import Chart

_TOLD: Final = ("new", "fixed", "repeated", "not comparable")


class MonthView(NamedTuple):
    """The parts of the sections; `held` and `differences` are those that are listed, with how many there are."""

    heartbeat: tuple[str, ...]
    period: str
    name: str
    kinds: tuple[tuple[str, int], ...]
    previous: str
    plan: str
    differences: tuple[Difference, ...]
    differences_total: int
    strip: month_strip.Strip | None
    held: tuple[Held, ...]
    held_total: int
    items: tuple[OpenItem, ...]
    risks: tuple[RiskLine, ...]
    charts: tuple[Chart, ...]
    outside: int


def told(assessment: Assessment) -> bool:
    """Whether the page has any word on a month, on accepted risks, or on what was not looked at."""
    return assessment.month is not None or bool(assessment.risks or assessment.heartbeat)


def month_view(assessment: Assessment, shown: int) -> MonthView | None:
    """Everything that the sections name, or None where there is neither a month nor an accepted risk."""
    if not told(assessment):
        return None
    month = assessment.month
    held = worst_held(assessment)
    changed = sorted(
        (row for row in assessment.differences if row.kind in _TOLD), key=lambda row: _TOLD.index(row.kind)
    )
    return MonthView(
        heartbeat=assessment.heartbeat,
        period=period_line(assessment),
        name=name_of_month(month.period) if month is not None else "",
        kinds=kinds(assessment),
        previous=month.previous.month if month is not None and month.previous is not None else "",
        plan=items_line(assessment),
        differences=tuple(changed[:shown]),
        differences_total=len(changed),
        strip=month_strip.strip(held, month.period) if month is not None else None,
        held=tuple(held[:shown]),
        held_total=len(held),
        items=assessment.items,
        risks=tuple(ordered_risks(assessment)),
        charts=tuple(trend_chart.charts(assessment)),
        outside=outside_in_month(assessment),
    )


def cells(assessment: Assessment, line: ApplicationLine) -> str:
    """The cells that a month adds to the row of an application: hours, the greatest age in days, how it ended."""
    held = age_held(assessment, line.subject)
    if held is None:
        return '<td class="n" data-v="">–</td>' * 5
    end = corrected(held)
    stamp = f"{end.timestamp():.0f}" if end is not None else "9" * 12 if held.open else ""
    return (
        "".join(_hours(hours) for hours in (held.outside, held.unknown, held.inside))
        + _age(held.worst)
        + f'<td data-v="{stamp}">{escape(end_words(held)) or "–"}</td>'
    )


def _hours(hours: float) -> str:
    return f'<td class="n" data-v="{hours:.4f}">{number(hours)}</td>'


def _age(hours: float | None) -> str:
    return (
        '<td class="n" data-v="">–</td>'
        if hours is None
        else f'<td class="n" data-v="{hours:.4f}">{hours / 24:.1f}</td>'
    )


NAMES: Final[dict[str, Any]] = {
    "corrected": corrected,
    "end_words": end_words,
    "since_control": since_control,
    "title_of": title_of,
    "share_of": trend_chart.share_of,
    "month_legend": month_strip.LEGEND,
    "line_names": trend_chart.LINES,
    "line_shape": trend_chart.shape,
    "strip_canvas": month_strip,
    "trend_canvas": trend_chart,
}
