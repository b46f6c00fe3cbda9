"""The twelve months of one measure as plain geometry: three lines, broken wherever a month is missing."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final, NamedTuple

from collector.model import Assessment, Figures, Window
from collector.reports.month_words import MEASURES, MONTH_NAMES
from collector.reports.words import HOURS_PER_DAY, days

MONTHS: Final = 12
WIDTH: Final = 760
HEIGHT: Final = 320
LEFT: Final = 56
RIGHT: Final = 744
_TOP: Final = 40
BOTTOM: Final = 228
_MARK: Final = 4.5
_STEPS: Final = 5
# The window by which a measure is judged, where the stages of the platform do not say another one.
_WINDOWS: Final[Mapping[str, str]] = {"restage-age": "restage", "buildpack-behind": "restage"}
# Drawn in this order, the longest first, so that the lines that matter lie above.
LINES: Final[Mapping[str, str]] = {"most": "longest", "p90": "p90", "p50": "p50"}


class Dot(NamedTuple):
    """One month of a line; `shape` is a path, for a line is never known by its colour alone."""

    x: float
    y: float
    shape: str


class Line(NamedTuple):
    """One line: `runs` are paths over months that follow each other."""

    name: str
    runs: tuple[str, ...]
    dots: tuple[Dot, ...]


class Slot(NamedTuple):
    """One month of the axis: its name, and the share that was inside, or why there is none."""

    month: str
    label: str
    year: str
    share: str
    x: float
    missing: bool


class Tick(NamedTuple):
    """A mark on the axis of days."""

    label: str
    y: float


class Chart(NamedTuple):
    """One measure over twelve months; `figures` are those of all, oldest first."""

    name: str
    title: str
    figures: tuple[Figures, ...]
    slots: tuple[Slot, ...]
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    limit: str
    limit_hours: float | None
    limit_y: float | None

    @property
    def missing(self) -> tuple[str, ...]:
        """The months of which there is nothing."""
        return tuple(slot.month for slot in self.slots if slot.missing)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Likewise, those that follow each other told together: `2025-11 to 2026-07`."""
        found: list[list[str]] = [[]]
        for slot in self.slots:
            if slot.missing:
                found[-1].append(slot.month)
            elif found[-1]:
                found.append([])
        return tuple(row[0] if len(row) == 1 else f"{row[0]} to {row[-1]}" for row in found if row)

    @property
    def description(self) -> str:
        """All figures in one sentence, for those who cannot see them."""
        window = f"; the window is {self.limit}" if self.limit else ""
        told = "; ".join(_told(row) for row in self.figures)
        none = f" Nothing of {', '.join(self.gaps)}." if self.gaps else ""
        return f"{self.title} by month, in days{window}. {told}.{none}"


def _told(row: Figures) -> str:
    parts = [f"{row.month}: {share_of(row)}"]
    hours = (("p50", row.p50), ("p90", row.p90), ("longest", row.most))
    return ", ".join([*parts, *(f"{name} {days(value)}" for name, value in hours if value is not None)])


def share_of(row: Figures) -> str:
    """`9 of 10 inside`, of those that could be judged."""
    judged = row.subjects - row.unknown
    return f"{row.inside:,} of {judged:,} inside" if judged else "none could be judged"


def charts(assessment: Assessment) -> list[Chart]:
    """One chart for each measure that any of the last twelve months has figures of."""
    month = assessment.month
    last = month.period.name if month is not None else max((row.month for row in assessment.figures), default="")
    if not last:
        return []
    months = last_months(last)
    found = []
    for name, title in MEASURES.items():
        rows = {row.month: row for row in assessment.figures if row.name == name and not row.by and row.month in months}
        if rows:
            found.append(_chart(name, title, rows, months, _window(assessment, name)))
    return found


def last_months(last: str) -> list[str]:
    """The twelve months that end with this one, oldest first."""
    year, number = (int(part) for part in last.split("-"))
    every = (divmod(year * 12 + number - 1 - back, 12) for back in reversed(range(MONTHS)))
    return [f"{year:04d}-{rest + 1:02d}" for year, rest in every]


def _window(assessment: Assessment, name: str) -> Window | None:
    stage = next((row.window for row in assessment.stages if row.name == name), None)
    return assessment.windows.get(stage or _WINDOWS.get(name, ""))


def _chart(name: str, title: str, rows: Mapping[str, Figures], months: Sequence[str], window: Window | None) -> Chart:
    limit = window.limit_hours if window else None
    known = [value for row in rows.values() for value in (row.p50, row.p90, row.most) if value is not None]
    top = max([*known, (limit or 0.0) * 1.1, HOURS_PER_DAY]) / HOURS_PER_DAY
    step = _step(top / _STEPS)
    below = ceil(-min([0.0, *known]) / HOURS_PER_DAY / step)
    low, count = -below * step, ceil(top / step) + below

    def y(in_days: float) -> float:
        return round(BOTTOM - (in_days - low) / (count * step) * (BOTTOM - _TOP), 1)

    slots = tuple(_slot(number, month, rows.get(month)) for number, month in enumerate(months))
    points = {
        line: [
            None
            if (row := rows.get(slot.month)) is None or (hours := getattr(row, line)) is None
            else (slot.x, y(hours / HOURS_PER_DAY))
            for slot in slots
        ]
        for line in LINES
    }
    return Chart(
        name=name,
        title=title,
        figures=tuple(rows[month] for month in months if month in rows),
        slots=slots,
        lines=tuple(_line(line, each) for line, each in points.items()),
        ticks=tuple(Tick(f"{low + each * step:,}", y(low + each * step)) for each in range(count + 1)),
        limit="" if limit is None else f"{limit / HOURS_PER_DAY:g} days",
        limit_hours=limit,
        limit_y=None if limit is None else y(limit / HOURS_PER_DAY),
    )


def _step(least: float) -> int:
    """Whole days from tick to tick: the smallest of 1, 2, 5, 10, 20, 50 … that is large enough."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= least:
                return digit * size
        size *= 10


def _slot(number: int, month: str, row: Figures | None) -> Slot:
    year, index = month.split("-")
    judged = row.subjects - row.unknown if row is not None else 0
    # Never rounded up to what it is not.
    share = f"{100 * row.inside // judged} %" if row is not None and judged else "?"
    width = (RIGHT - LEFT) / MONTHS
    return Slot(
        month=month,
        label=MONTH_NAMES[int(index) - 1][:3],
        year=year if number == 0 or index == "01" else "",
        share="no data" if row is None else share,
        x=round(LEFT + width * (number + 0.5), 1),
        missing=row is None,
    )


Point = tuple[float, float]


def _line(name: str, points: Sequence[Point | None]) -> Line:
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return Line(
        name=name,
        runs=tuple(_path(run) for run in runs if len(run) > 1),
        dots=tuple(Dot(x, y, shape(name, x, y)) for x, y in filter(None, points)),
    )


def _path(run: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in run)


def shape(name: str, x: float, y: float) -> str:
    """A square for p90, a triangle for the longest, a diamond for p50."""
    r = _MARK
    if name == "p90":
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z"
    if name == "most":
        return f"M{x:.1f} {y - r - 1:.1f}l{r + 1} {2 * r + 1}h{-2 * r - 2}z"
    return f"M{x:.1f} {y - r - 1:.1f}l{r + 1} {r + 1}l{-r - 1} {r + 1}l{-r - 1} {-r - 1}z"
