"""Stretches of time over which something has been so since an instant, held against a window and added up."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from collector.model import Breach, Period, Unseen

State = Literal["in", "out", "unknown"]


class Piece(NamedTuple):
    """From `begin` to `end` an app is as it has been since some instant between `first` and `last`.

    None for both is never: it cannot come to be outside. With a `reason` nothing is known; `doubt` says why what lies
    between two instants is not.
    """

    begin: datetime
    end: datetime
    first: datetime | None = None
    last: datetime | None = None
    reason: str = ""
    doubt: str = "it lies between two instants, and so does its age"


class Stretch(NamedTuple):
    """A stretch inside, outside or not known; `since` is from when on it has been so, for the greatest age."""

    begin: datetime
    end: datetime
    state: State
    since: datetime | None = None
    reason: str = ""


def stretches(pieces: Iterable[Piece], limit: timedelta) -> Iterator[Stretch]:
    """Each piece cut where its youngest and its oldest possible age cross a limit (inclusive)."""
    for piece in pieces:
        if piece.begin >= piece.end:
            continue
        if piece.reason:
            yield Stretch(piece.begin, piece.end, "unknown", None, piece.reason)
        elif piece.first is None or piece.last is None:
            yield Stretch(piece.begin, piece.end, "in")
        else:
            yield from _cut(piece, piece.first + limit, piece.last + limit)


def _cut(piece: Piece, perhaps: datetime, surely: datetime) -> Iterator[Stretch]:
    one, two = min(max(perhaps, piece.begin), piece.end), min(max(surely, piece.begin), piece.end)
    if piece.begin < one:
        yield Stretch(piece.begin, one, "in", piece.last)
    if one < two:
        yield Stretch(one, two, "unknown", piece.last, piece.doubt)
    if two < piece.end:
        yield Stretch(two, piece.end, "out", piece.last)


def clipped(rows: Iterable[Stretch], period: Period) -> list[Stretch]:
    """What of some stretches lies in a period, those that go on alike joined; `begin` may lie before it no more."""
    found: list[Stretch] = []
    first, until = period.begin, period.end
    for row in rows:
        if row.end <= first or row.begin >= until:
            continue
        begin, end = max(row.begin, first), min(row.end, until)
        last = found[-1] if found else None
        if last is not None and last.end == begin and (last.state, last.reason) == (row.state, row.reason):
            found[-1] = last._replace(end=end, since=_as_old(last, row._replace(end=end)))
        else:
            found.append(Stretch(begin, end, row.state, row.since, row.reason))
    return found


def _as_old(last: Stretch, row: Stretch) -> datetime | None:
    """Since when two that follow one another would be so, for the greatest age that either has at its end."""
    ages = [part.end - part.since for part in (last, row) if part.since is not None]
    return row.end - max(ages) if ages else None


def hours_of(rows: Iterable[Stretch], state: State) -> float:
    """How many hours stretches of one state have."""
    return sum((row.end - row.begin).total_seconds() for row in rows if row.state == state) / 3600


def breaches(every: Sequence[Stretch], period: Period) -> tuple[Breach, ...]:
    """The stretches outside that reach into a period, whole ones of one breach joined, with when each began."""
    found: list[Breach] = []
    begun: datetime | None = None
    last: Stretch | None = None
    for row in every:
        if row.state != "out":
            continue
        goes_on = last is not None and last.end == row.begin
        begun = begun if goes_on and begun is not None else row.begin
        last = row
        if row.end <= period.begin or row.begin >= period.end:
            continue
        end = None if row.end >= period.end else row.end
        made = Breach(begin=max(row.begin, period.begin), end=end, since=begun)
        if goes_on and found and found[-1].end == row.begin:
            made = Breach(begin=found.pop().begin, end=end, since=begun)
        found.append(made)
    return tuple(found)


def unseen(rows: Iterable[Stretch]) -> tuple[Unseen, ...]:
    """What is not known, and why."""
    return tuple(Unseen(begin=row.begin, end=row.end, reason=row.reason) for row in rows if row.state == "unknown")


def worst(rows: Iterable[Stretch]) -> float | None:
    """The greatest age in hours that is shown."""
    ages = [(row.end - row.since).total_seconds() / 3600 for row in rows if row.since is not None]
    return max(ages, default=None)


def overlay(layers: Sequence[Sequence[Stretch]], order: Sequence[State]) -> list[Stretch]:
    """Stretches that speak of the same time, as one: each instant has the first state of `order` that any of them has.

    Where layers leave gaps, the others count.
    """
    if len(layers) == 1:
        return list(layers[0])
    rank = {state: number for number, state in enumerate(order)}
    edges = sorted({edge for layer in layers for row in layer for edge in (row.begin, row.end)})
    found = []
    for begin, end in pairwise(edges):
        rows = [row for layer in layers for row in layer if row.begin <= begin and end <= row.end]
        if rows:
            found.append(min(rows, key=lambda row: rank[row.state])._replace(begin=begin, end=end))
    return found


def either(layers: Sequence[Sequence[Stretch]], reason: str) -> list[Stretch]:
    """Stretches of which one is true and which is not known: a state counts only where all of them have it."""
    out = overlay(layers, ("unknown", "out", "in"))
    inside = overlay(layers, ("unknown", "in", "out"))
    return [
        one if one.state == other.state else one._replace(state="unknown", since=None, reason=reason)
        for one, other in zip(out, inside, strict=True)
    ]
