"""Shares and percentiles of a month, by organization, space, buildpack and stemcell line.

`inside` counts what passed: of a month, what was inside all through it. The hours are those at its end. What is not
known is in neither; a patch that is not live, and not late yet, is not known to be in time.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from collector.model import Assessment, Figures, MonthSummary, PatchLine
from collector.model.base import Status

AGE, CURRENT = "app-restage-age", "buildpack-current"
_ENDS: Final = {
    "packaging": ("published", "released"),
    "deployment": ("released", "production"),
    "total": ("published", "production"),
}
_EXACT: Final = 1.0
"""How exactly a latency must be known to stand among the figures, in hours."""

Row = tuple[Status, float | None]
"""A status, and the hours that were measured."""


def figures(assessment: Assessment, month: str) -> tuple[Figures, ...]:
    """The figures of one month: of all, and by each group."""
    found: list[Figures] = []
    lines = {line.subject.guid: line for line in assessment.applications}
    for check, name in ((AGE, "restage-age"), (CURRENT, "buildpack-behind")):
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for seen in assessment.observations:
            if seen.check != check or seen.status == "not-applicable":
                continue
            line = lines.get(seen.subject.guid)
            value = seen.measured.hours if seen.measured else 0.0 if seen.status == "pass" else None
            row: Row = (seen.status, value)
            groups["", ""].append(row)
            groups["org", seen.subject.org].append(row)
            groups["space", f"{seen.subject.org}/{seen.subject.space}"].append(row)
            if line is not None and line.buildpack:
                groups["buildpack", line.buildpack].append(row)
        found += [_figures(month, name, by, group, rows) for (by, group), rows in sorted(groups.items())]
    return (*found, *_patches(assessment, month))


def _patches(assessment: Assessment, month: str) -> Iterable[Figures]:
    for name in _ENDS:
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        window = next((row.window for row in assessment.stages if row.name == name), None)
        limit = assessment.windows[window].limit_hours if window in assessment.windows else None
        for patch in assessment.patches:
            if patch.line:
                row = _latency(patch, name, limit)
                groups["", ""].append(row)
                groups["line", patch.line].append(row)
        yield from (_figures(month, name, by, group, rows) for (by, group), rows in sorted(groups.items()))


def _latency(patch: PatchLine, name: str, limit: float | None) -> Row:
    """One latency of a patch: in time or late where it is known exactly; of any other only late is ever proven."""
    least = patch.hours.get(name)
    if least is not None and name not in patch.open and _is_exact(patch, name):
        return ("fail" if limit is not None and least > limit else "pass"), least
    late = least is not None and limit is not None and least > limit
    return ("fail" if late else "unknown"), None


def _is_exact(patch: PatchLine, name: str) -> bool:
    """Whether both ends of a latency are known, and so well that it is known to the hour."""
    ends = [patch.stages.get(stage) for stage in _ENDS[name]]
    widths = [(end.not_after - end.not_before).total_seconds() / 3600 for end in ends if end is not None]
    return len(widths) == len(ends) and sum(widths) <= _EXACT


def _figures(month: str, name: str, by: str, group: str, rows: Sequence[Row]) -> Figures:
    values = sorted(value for status, value in rows if value is not None and status != "unknown")
    return Figures(
        month=month,
        name=name,
        by=by,
        group=group,
        subjects=len(rows),
        inside=sum(status == "pass" for status, _ in rows),
        unknown=sum(status == "unknown" for status, _ in rows),
        p50=percentile(values, 50),
        p90=percentile(values, 90),
        most=values[-1] if values else None,
    )


def percentile(ordered: Sequence[float], share: int) -> float | None:
    """The nearest rank: the least value that at least so many of a hundred do not exceed; None of nothing."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def over_months(past: Iterable[MonthSummary], now: Iterable[Figures]) -> tuple[Figures, ...]:
    """The figures of earlier months and of this one, oldest first; a month that is missing stays missing."""
    earlier = [row for summary in sorted(past, key=lambda row: row.month) for row in summary.figures]
    return (*earlier, *now)
