"""Charts as plain geometry: what the templates draw, computed without a drawing library."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, NamedTuple

from collector.model import ApplicationLine, Assessment, Status, Window
from collector.reports.words import HOURS_PER_DAY

AGE_CHECK: Final = "app-restage-age"

# Upper edges in hours, inclusive as windows are; the limit of the restage window is one more. As in the workbook.
_EDGES: Final = (72.0, 168.0, 336.0, 720.0, 2160.0)
_STACK: Final[tuple[Status, ...]] = ("pass", "unknown", "fail")
WIDTH: Final = 720
HEIGHT: Final = 280
_LEFT: Final = 52
_RIGHT: Final = 708
_TOP: Final = 34
_BOTTOM: Final = 226
_GAP: Final = 14


class Block(NamedTuple):
    """One part of a column: its status, and the rectangle that stands for it."""

    status: Status
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """One column of the distribution: how many subjects of each status have an age in its range."""

    label: str
    passed: int
    fail: int
    unknown: int
    middle: float
    top: float
    blocks: tuple[Block, ...]

    @property
    def total(self) -> int:
        """All subjects in the column."""
        return self.passed + self.fail + self.unknown


class Tick(NamedTuple):
    """A mark on the axis of counts."""

    value: int
    y: float


class Distribution(NamedTuple):
    """How old restages are, around their window; `not_applicable` subjects have no age and no column."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    limit: str
    limit_x: float
    not_applicable: int

    @property
    def total(self) -> int:
        """All subjects that are drawn."""
        return sum(column.total for column in self.columns)

    @property
    def description(self) -> str:
        """All figures in one sentence, for those who cannot see them."""
        figures = "; ".join(
            f"{column.label}: {column.total} ({column.passed} within, {column.fail} outside, "
            f"{column.unknown} not assessed)"
            for column in self.columns
        )
        return f"{self.total} applications by age of the last restage; the window is {self.limit}. {figures}."


Age = tuple[Status, float | None]
"""Whether an app is inside the window, and the age of its last restage in hours, None where it is not known."""


def ages(assessment: Assessment) -> list[Age]:
    """Of each app whose age was asked for; of a month at its end, when what was corrected is inside."""
    if assessment.month is None:
        seen = (row for row in assessment.observations if row.check == AGE_CHECK)
        return [(row.status, None if row.measured is None else row.measured.hours) for row in seen]
    return [(_at_end(line), line.age_hours) for line in assessment.applications]


def _at_end(line: ApplicationLine) -> Status:
    if line.age_hours is not None:
        return "pass" if line.over_hours is None else "fail"
    return "not-applicable" if line.status == "not-applicable" else "unknown"


def age_distribution(found: Iterable[Age], window: Window | None) -> Distribution | None:
    """Restage ages as columns, or None when no window is set or no age was asked for."""
    if window is None or not window.limit_hours or window.limit_hours <= 0:
        return None
    limits = sorted({*_EDGES, window.limit_hours})
    counts = [dict.fromkeys(_STACK, 0) for _ in range(len(limits) + 2)]
    not_applicable = 0
    for status, hours in found:
        if status == "not-applicable":
            not_applicable += 1
            continue
        counts[_place(hours, limits)][status] += 1
    if not any(sum(count.values()) for count in counts):
        return None
    inside = limits.index(window.limit_hours) + 1
    return _drawn(counts, _labels(limits), inside, f"{window.limit_hours / HOURS_PER_DAY:g} days", not_applicable)


def _place(hours: float | None, limits: list[float]) -> int:
    """Which column an age stands in: limits are inclusive, the last column is for ages that are not known."""
    if hours is None:
        return len(limits) + 1
    return bisect_left(limits, hours)


def _labels(limits: list[float]) -> list[str]:
    ends = [f"{limit / HOURS_PER_DAY:g}" for limit in limits]
    between = [f"{low}–{high} d" for low, high in zip(["0", *ends], ends, strict=False)]
    return [*between, f"over {ends[-1]} d", "not known"]


def _drawn(
    counts: list[dict[Status, int]], labels: list[str], inside: int, limit: str, not_applicable: int
) -> Distribution:
    step = _tick(max(sum(count.values()) for count in counts))
    scale = (_BOTTOM - _TOP) / (4 * step)
    slot = (_RIGHT - _LEFT) / len(counts)
    columns = tuple(
        _column(label, count, _LEFT + slot * place, slot, scale)
        for place, (label, count) in enumerate(zip(labels, counts, strict=True))
    )
    ticks = tuple(Tick(value * step, round(_BOTTOM - value * step * scale, 1)) for value in range(5))
    return Distribution(columns, ticks, limit, round(_LEFT + slot * inside, 1), not_applicable)


def _column(label: str, count: dict[Status, int], left: float, slot: float, scale: float) -> Column:
    bottom = float(_BOTTOM)
    blocks: list[Block] = []
    for status in _STACK:
        if count[status]:
            # A single app among thousands is still seen.
            height = max(count[status] * scale, 1.5)
            bottom -= height
            blocks.append(
                Block(status, round(left + _GAP / 2, 1), round(bottom, 1), round(slot - _GAP, 1), round(height, 1))
            )
    return Column(
        label=label,
        passed=count["pass"],
        fail=count["fail"],
        unknown=count["unknown"],
        middle=round(left + slot / 2, 1),
        top=round(bottom, 1),
        blocks=tuple(blocks),
    )


def _tick(most: int) -> int:
    """A quarter of the axis: the smallest of 1, 2, 5, 10, 20, 50 … whose fourfold holds the highest column."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size * 4 >= most:
                return digit * size
        size *= 10
