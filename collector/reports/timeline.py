"""The patch timeline as plain geometry: one row a patch, its stages from the notice to production, on one scale."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from collector.model import Interval, PatchLine, Window
from collector.reports.patching import latency_days
from collector.reports.words import HOURS_PER_DAY, MARK, STATUS

MOST_ROWS: Final = 40
WIDTH: Final = 960
_LEFT: Final = 164
_RIGHT: Final = 738
_TOP: Final = 46
_ROW: Final = 28
_BAR: Final = 18
_LEGEND: Final = 58
# Whoever is later than this is drawn to the edge, with an arrow: else one old patch makes all others invisible.
_MOST_DAYS: Final = 45.0
_LEAST: Final = 1.5
_LEAST_UNKNOWN: Final = 3.0
_LETTER: Final = 6.6
_TICKS: Final = 9
_LONGEST_NAME: Final = 20

Kind = Literal["packaging", "staging", "deployment", "open", "unknown"]
WORDS: Final[dict[Kind, str]] = {
    "packaging": "stemcell",
    "staging": "staging",
    "deployment": "production",
    "open": "not yet",
    "unknown": "not known",
}
_REACHED: Final[tuple[tuple[Kind, str], ...]] = (
    ("packaging", "released"),
    ("staging", "staging"),
    ("deployment", "production"),
)


class Block(NamedTuple):
    """One stretch of time of a row; `word` where it has room for it."""

    kind: Kind
    x: float
    width: float
    word: str
    middle: float


class Row(NamedTuple):
    """One patch; `cut` is a mark at an end where the row goes on beyond the scale ("" where it does not)."""

    name: str
    mark: str
    told: str
    flagged: bool
    y: float
    base: float
    blocks: tuple[Block, ...]
    before: str
    beyond: str


class Tick(NamedTuple):
    """A mark on the axis, in days since the notice."""

    days: int
    x: float


class Timeline(NamedTuple):
    """All rows that are drawn out of `total`; notices that do not apply are not drawn, and counted apart."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    limit: str
    limit_x: float | None
    total: int
    not_applicable: int
    height: int
    bottom: int

    @property
    def description(self) -> str:
        """What the drawing shows, in one sentence a patch."""
        told = "; ".join(f"{row.name}: {row.told}" for row in self.rows)
        window = f"; the window is {self.limit}" if self.limit else ""
        return f"{len(self.rows)} patches by days since their notice{window}. {told}."


class _Scale(NamedTuple):
    end: float  # in hours

    def x(self, hours: float) -> float:
        share = min(max(hours / self.end, 0.0), 1.0)
        return _LEFT + share * (_RIGHT - _LEFT)


def timeline(lines: Sequence[PatchLine], window: Window | None, as_of: datetime) -> Timeline | None:
    """Draw the first patches; None where there is none to draw."""
    applicable = [line for line in lines if line.status != "not-applicable"]
    drawn = [(line, _stretches(line, as_of)) for line in applicable[:MOST_ROWS]]
    if not drawn:
        return None
    limit = window.limit_hours if window else None
    longest = max((end for _, stretches in drawn for _, _, end in stretches), default=0.0)
    step = _step(max(min(longest, _MOST_DAYS * HOURS_PER_DAY), (limit or HOURS_PER_DAY) * 1.25) / HOURS_PER_DAY)
    count = _TICKS
    while count > 1 and (count - 1) * step * HOURS_PER_DAY >= max(longest, (limit or HOURS_PER_DAY) * 1.25):
        count -= 1
    scale = _Scale(count * step * HOURS_PER_DAY)
    bottom = _TOP + _ROW * len(drawn) + 6
    return Timeline(
        rows=tuple(_row(number, line, stretches, scale) for number, (line, stretches) in enumerate(drawn)),
        ticks=tuple(Tick(each * step, round(scale.x(each * step * HOURS_PER_DAY), 1)) for each in range(count + 1)),
        limit="" if limit is None else f"{limit / HOURS_PER_DAY:g} days",
        limit_x=None if limit is None else round(scale.x(limit), 1),
        total=len(applicable),
        not_applicable=len(lines) - len(applicable),
        height=bottom + _LEGEND,
        bottom=bottom,
    )


def _step(longest: float) -> int:
    """Whole days from tick to tick, so that nine of them reach far enough."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size * _TICKS >= longest:
                return digit * size
        size *= 10


Stretch = tuple[Kind, float, float]


def _stretches(line: PatchLine, as_of: datetime) -> list[Stretch]:
    """What a row is made of, in hours since the notice: known stretches, and those in which an instant lies."""
    published = line.stages.get("published")
    if published is None:
        return []
    found: list[Stretch] = []
    cursor = 0.0
    for kind, name in _REACHED:
        reached = line.stages.get(name)
        if reached is None:
            continue
        first, last = _hours(published, reached)
        if first > cursor or (kind == "packaging" and last <= 0):
            found.append((kind, cursor, first))
        if last - max(first, cursor) > 0:
            found.append(("unknown", max(first, cursor), last))
        cursor = max(cursor, last)
    if line.stages.get("production") is None:
        now = (as_of - published.not_after) / timedelta(hours=1)
        if now > cursor:
            found.append(("open" if "total" in line.open else "unknown", cursor, now))
    return found


def _hours(published: Interval, reached: Interval) -> tuple[float, float]:
    hour = timedelta(hours=1)
    return (reached.not_before - published.not_after) / hour, (reached.not_after - published.not_after) / hour


def _row(number: int, line: PatchLine, stretches: Sequence[Stretch], scale: _Scale) -> Row:
    y = _TOP + _ROW * number + (_ROW - _BAR) / 2
    name = line.subject.name
    return Row(
        name=name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
        mark=MARK[line.status],
        told=_told(line),
        flagged=line.status == "fail",
        y=y,
        base=y + _BAR - 5,
        blocks=tuple(
            _block(kind, start, end, scale)
            for kind, start, end in stretches
            # The minutes of a deploy are no uncertainty that an eye could use.
            if end > 0 and (kind != "unknown" or scale.x(end) - scale.x(start) >= _LEAST_UNKNOWN)
        ),
        before="◂" if any(end < 0 for _, _, end in stretches) else "",
        beyond="▸" if any(end > scale.end for _, _, end in stretches) else "",
    )


def _told(line: PatchLine) -> str:
    word = STATUS[line.status]
    latency = latency_days(line, "total")
    if not latency:
        return f"{word}, days not known"
    return f"{word}, {latency} days{' so far' if 'total' in line.open else ''}"


def _block(kind: Kind, start: float, end: float, scale: _Scale) -> Block:
    left, right = scale.x(start), scale.x(end)
    # An instant among weeks is still seen.
    width = max(right - left, _LEAST)
    room = width >= len(WORDS[kind]) * _LETTER + 6
    word = WORDS[kind] if room else "?" if kind == "unknown" and width > 2 * _LETTER else ""
    return Block(kind, round(left, 1), round(width, 1), word, round(left + width / 2, 1))
