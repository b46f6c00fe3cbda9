"""The month of each flagged subject as plain geometry: one bar each, cut where it went in and out of its window."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from collector.model import Held, Period
from collector.reports.month_words import MONTH_NAMES, end_words, held_words, number

MOST_ROWS: Final = 30
WIDTH: Final = 960
LEFT: Final = 184
RIGHT: Final = 664
_TOP: Final = 30
_ROW: Final = 40
BAR: Final = 20
_LEGEND: Final = 56
_LETTER: Final = 6.6
# An hour among weeks is still seen.
_LEAST: Final = 2.0
_LONGEST_NAME: Final = 24
_EVERY: Final = 7

Kind = Literal["in", "out", "unknown", "rest"]
# What a stretch says, long and short; every one has its pattern, and only then a colour.
WORDS: Final[dict[Kind, tuple[str, str]]] = {
    "in": ("✓ in", "✓"),
    "out": ("✗ out", "✗"),
    "unknown": ("? not known", "?"),
    "rest": ("– in or no age", "–"),
}
LEGEND: Final[dict[Kind, str]] = {
    "in": "inside its window",
    "out": "outside",
    "unknown": "not known",
    "rest": "inside or without an age, such as stopped",
}


class Block(NamedTuple):
    """One stretch of a bar; `word` where it has room for it."""

    kind: Kind
    x: float
    width: float
    word: str
    middle: float


class Row(NamedTuple):
    """One subject; `carried` marks a bar that was outside before the month began, `open` one that still is."""

    name: str
    check: str
    told: str
    hours: str
    end: str
    late: bool
    y: float
    blocks: tuple[Block, ...]
    carried: bool
    open: bool


class Tick(NamedTuple):
    """The beginning of a day."""

    label: str
    x: float


class Strip(NamedTuple):
    """All bars that are drawn out of `total`, on one scale."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    kinds: tuple[Kind, ...]
    total: int
    height: int
    bottom: int

    @property
    def description(self) -> str:
        """What the drawing shows, in one sentence a bar."""
        told = "; ".join(f"{row.name}, {row.check}: {row.told}" for row in self.rows)
        return f"{len(self.rows)} bars, each the whole month. {told}."


def strip(held: Sequence[Held], period: Period) -> Strip | None:
    """Draw the first bars of those that are given; None where there is none to draw."""
    if not held:
        return None
    rows = tuple(_row(place, row, period) for place, row in enumerate(held[:MOST_ROWS]))
    there = {block.kind for row in rows for block in row.blocks}
    bottom = _TOP + _ROW * len(rows) + 4
    return Strip(
        rows=rows,
        ticks=tuple(_ticks(period)),
        kinds=tuple(kind for kind in WORDS if kind in there),
        total=len(held),
        height=bottom + _LEGEND,
        bottom=bottom,
    )


def _ticks(period: Period) -> Iterable[Tick]:
    day = period.begin
    while day < period.end:
        yield Tick(f"{MONTH_NAMES[day.month - 1][:3]} {day.day}", _x(day, period))
        day += timedelta(days=_EVERY)


def _x(at: datetime, period: Period) -> float:
    share = (at - period.begin) / (period.end - period.begin)
    return round(LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT), 1)


def _row(place: int, held: Held, period: Period) -> Row:
    subject = held.subject
    name = " ".join(filter(None, (subject.name, subject.deployment)))
    return Row(
        name=_cut(name or subject.label or "(no name)", _LONGEST_NAME),
        check=held.check,
        told=held_words(held),
        hours=", ".join(filter(None, (_told(held.outside, "outside"), _told(held.unknown, "not known")))),
        end=end_words(held),
        late=held.open,
        y=_TOP + _ROW * place + 2,
        blocks=tuple(_block(kind, begin, end, period) for kind, begin, end in _stretches(held, period)),
        carried=bool(held.breaches) and held.breaches[0].since < period.begin,
        open=held.open,
    )


def _told(hours: float, word: str) -> str:
    return f"{number(hours)} h {word}" if hours else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _stretches(held: Held, period: Period) -> list[tuple[Kind, datetime, datetime]]:
    """The whole month, oldest first: what was outside, what is not known, and what lies between."""
    known: list[tuple[datetime, datetime, Kind]] = [
        *((row.begin, row.end or period.end, "out") for row in held.breaches),
        *((row.begin, row.end, "unknown") for row in held.unseen),
    ]
    between, cursor = _between(held, period), period.begin
    found: list[tuple[Kind, datetime, datetime]] = []
    for begin, end, kind in sorted(known):
        if begin > cursor:
            found.append((between, cursor, begin))
        if end > max(begin, cursor):
            found.append((kind, max(begin, cursor), end))
        cursor = max(cursor, end)
    if cursor < period.end:
        found.append((between, cursor, period.end))
    return found


def _between(held: Held, period: Period) -> Kind:
    """What lies between is inside, unless some of the month had no age: where that was is not told."""
    whole = (period.end - period.begin) / timedelta(hours=1)
    spoken = held.inside + held.outside + held.unknown
    return "in" if whole - spoken < 1 / 60 else "rest"


def _block(kind: Kind, begin: datetime, end: datetime, period: Period) -> Block:
    left, right = _x(begin, period), _x(end, period)
    width = max(right - left, _LEAST)
    left = min(left, RIGHT - width)
    fitting = (word for word in WORDS[kind] if width >= len(word) * _LETTER + 6)
    return Block(kind, left, round(width, 1), next(fitting, ""), round(left + width / 2, 1))
