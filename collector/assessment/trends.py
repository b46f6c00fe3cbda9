"""Shares and percentiles of a month, by organization, space, buildpack and stemcell line."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from collector.model import Assessment, Figures, MonthSummary

AGE, CURRENT = "app-restage-age", "buildpack-current"
_LATENCIES = ("packaging", "deployment", "total")


def figures(assessment: Assessment, month: str) -> tuple[Figures, ...]:
    """The figures of one month: of all, and by each group."""
    found: list[Figures] = []
    lines = {line.subject.guid: line for line in assessment.applications}
    for check, name in ((AGE, "restage-age"), (CURRENT, "buildpack-behind")):
        groups: dict[tuple[str, str], list[tuple[str, float | None]]] = defaultdict(list)
        for seen in assessment.observations:
            if seen.check != check or seen.status == "not-applicable":
                continue
            line = lines.get(seen.subject.guid)
            value = seen.measured.hours if seen.measured else 0.0 if seen.status == "pass" else None
            row = (seen.status, value)
            groups["", ""].append(row)
            groups["org", seen.subject.org].append(row)
            groups["space", f"{seen.subject.org}/{seen.subject.space}"].append(row)
            if line is not None and line.buildpack:
                groups["buildpack", line.buildpack].append(row)
        found += [_figures(month, name, by, group, rows) for (by, group), rows in sorted(groups.items())]
    return (*found, *_patches(assessment, month))


def _patches(assessment: Assessment, month: str) -> Iterable[Figures]:
    for name in _LATENCIES:
        groups: dict[tuple[str, str], list[tuple[str, float | None]]] = defaultdict(list)
        window = next((row.window for row in assessment.stages if row.name == name), None)
        limit = assessment.windows[window].limit_hours if window in assessment.windows else None
        for patch in assessment.patches:
            if patch.status == "not-applicable" or name not in patch.hours:
                continue
            hours = patch.hours[name]
            inside = limit is None or hours <= limit
            row = ("unknown", None) if patch.status == "unknown" else ("pass" if inside else "fail", hours)
            groups["", ""].append(row)
            groups["line", patch.line].append(row)
        yield from (_figures(month, name, by, group, rows) for (by, group), rows in sorted(groups.items()))


def _figures(month: str, name: str, by: str, group: str, rows: Sequence[tuple[str, float | None]]) -> Figures:
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
