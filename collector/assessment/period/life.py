"""One app over the snapshots of a month: what it ran when it was looked at, and what else tells of its stagings."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from collector.assessment.period.pieces import Piece
from collector.model import Subject

Lag = tuple[datetime, datetime] | str | None
"""Since when a buildpack has been behind, between two instants; None: current; text: why it is not known."""


class Sight(NamedTuple):
    """What one or more looks in a row showed of an app: the same droplet, from `begin` to `end`."""

    begin: datetime
    end: datetime
    droplet: str
    staged: datetime | None
    problem: str
    speaks: bool
    scope: bool
    lag: Lag = None
    evidence: tuple[str, ...] = ()


class Life:
    """Sightings in the order of time; `stagings` and `mapped` are what builds and events tell beside them."""

    __slots__ = ("created", "gone", "mapped", "sights", "stagings", "subject")

    def __init__(self, subject: Subject, created: datetime) -> None:
        self.subject = subject
        self.created = created
        self.sights: list[Sight] = []
        self.stagings: dict[str, datetime] = {}
        self.mapped: dict[datetime, str] = {}
        self.gone: datetime | None = None

    def see(self, sight: Sight) -> None:
        """Add a look that is later than all before; one that shows nothing new only makes the last one longer."""
        last = self.sights[-1] if self.sights else None
        if last is not None and self.gone is None and _alike(last, sight):
            lag = _together(last, sight)
            self.sights[-1] = last._replace(end=sight.end, lag=lag, evidence=last.evidence or sight.evidence)
        else:
            self.sights.append(sight if last is None else sight._replace(lag=_since(last, sight)))
        self.gone = None

    # ------------------------------------------------------------ what ran when

    def staged_pieces(self, until: datetime) -> Iterator[Piece]:
        """Since when what ran had been staged, from the app's creation to an instant."""
        speaking = [sight for sight in self.sights if sight.speaks]
        if not speaking:
            return
        yield from self._before(speaking[0])
        for number, sight in enumerate(speaking):
            if sight.begin < sight.end:
                yield from self._within(sight)
            following = speaking[number + 1] if number + 1 < len(speaking) else None
            if following is not None:
                yield from self._from_to(sight, following)
        yield from self._after(speaking[-1], until)

    def _before(self, first: Sight) -> Iterator[Piece]:
        """Up to the first look: the stagings that are known take each other's place."""
        known = {at for at in self.stagings.values() if at < first.begin}
        if first.staged is not None and first.staged < first.begin:
            known = {at for at in known if at < first.staged} | {first.staged}
        starts = sorted(known)
        begin = starts[0] if starts else first.begin
        if self.created < begin:
            yield Piece(self.created, begin, reason=first.problem or "no evidence reaches back as far")
        for at, following in pairwise([*starts, first.begin]):
            yield Piece(at, following, at, at)

    def _within(self, sight: Sight) -> Iterator[Piece]:
        """Between looks that showed the same; an event may tell of another droplet in between."""
        moves = [(at, droplet) for at, droplet in sorted(self.mapped.items()) if sight.begin < at < sight.end]
        yield from self._moved(sight, moves, sight.end, sight)

    def _from_to(self, sight: Sight, following: Sight) -> Iterator[Piece]:
        """Between two looks that showed different droplets."""
        begin, end = sight.end, following.begin
        moves = [(at, droplet) for at, droplet in sorted(self.mapped.items()) if begin < at <= end]
        if moves:
            yield from self._moved(sight, moves, end, following)
        elif following.staged is not None and begin < following.staged <= end:
            others = sorted(at for at in self.stagings.values() if begin < at < following.staged)
            yield from _with_others(sight, others, begin, following.staged)
            yield _piece(following, following.staged, end)
        elif sight.droplet == following.droplet:
            yield _piece(sight, begin, end)
        else:
            yield _either(sight, following, begin, end)

    def _moved(self, sight: Sight, moves: list[tuple[datetime, str]], end: datetime, last: Sight) -> Iterator[Piece]:
        """Droplets that events say were set, one after another, until a look."""
        at, current = sight.begin if last is sight else sight.end, sight
        for moment, droplet in moves:
            if droplet == current.droplet:
                yield Piece(at, moment, reason="it was set anew: what ran before is not known")
            else:
                yield _piece(current, at, moment)
            at = moment
            current = self._as_droplet(droplet, current, last)
        if current.droplet == last.droplet:
            yield _piece(last, at, end)
        else:
            yield _either(current, last, at, end)

    def _as_droplet(self, droplet: str, *near: Sight) -> Sight:
        """What is known of a droplet that an event names."""
        held = next((sight for sight in (*near, *self.sights) if sight.droplet == droplet), None)
        if held is not None:
            return held
        staged = self.stagings.get(droplet)
        problem = "" if staged else "an event names a droplet of which nothing else is known"
        return near[0]._replace(
            droplet=droplet, staged=staged, problem=problem, lag=problem or "which buildpacks it has is not known"
        )

    def _after(self, last: Sight, until: datetime) -> Iterator[Piece]:
        end = until if self.gone is None else min(self.gone, until)
        if last.end < end:
            reason = "it was gone when it was looked for next" if self.gone is not None else "not looked at since"
            yield Piece(last.end, end, reason=reason)

    # ------------------------------------------------------------ how long it was behind

    def lag_pieces(self, until: datetime, limit: timedelta) -> Iterator[Piece]:
        """Since when its worst buildpack had been behind, from the first look to an instant."""
        speaking = [sight for sight in self.sights if sight.speaks]
        if not speaking:
            return
        first = speaking[0]
        begin = first.staged if first.staged is not None and not first.problem else first.begin
        if self.created < min(begin, first.begin):
            yield Piece(self.created, min(begin, first.begin), reason="no evidence reaches back as far")
        if begin < first.begin:
            yield _lagging(first, begin, first.begin)
        for number, sight in enumerate(speaking):
            yield _lagging(sight, sight.begin, sight.end)
            if number + 1 < len(speaking):
                yield from self._lag_between(sight, speaking[number + 1], limit)
        yield from self._after(speaking[-1], until)

    def _lag_between(self, sight: Sight, following: Sight, limit: timedelta) -> Iterator[Piece]:
        begin, end = sight.end, following.begin
        switch = following.staged
        if sight.droplet == following.droplet:
            yield _lagging(following, begin, end)
        elif switch is not None and begin < switch <= end:
            yield _until_switch(sight, begin, switch, limit)
            yield _lagging(following, switch, end)
        else:
            yield Piece(begin, end, reason="when it was changed is not known")

    # ------------------------------------------------------------ when it counted

    def scopes(self, until: datetime) -> Iterator[tuple[datetime, datetime, bool | None]]:
        """When the checks spoke for it; None between two looks that differ."""
        if not self.sights:
            return
        yield self.created, self.sights[0].begin, self.sights[0].scope
        for number, sight in enumerate(self.sights):
            yield sight.begin, sight.end, sight.scope
            if number + 1 < len(self.sights):
                following = self.sights[number + 1]
                yield sight.end, following.begin, sight.scope if sight.scope == following.scope else None
        end = until if self.gone is None else min(self.gone, until)
        yield self.sights[-1].end, end, self.sights[-1].scope


def _alike(one: Sight, other: Sight) -> bool:
    same = (one.droplet, one.staged, one.problem, one.speaks, one.scope)
    if same != (other.droplet, other.staged, other.problem, other.speaks, other.scope):
        return False
    return type(one.lag) is type(other.lag) and (isinstance(one.lag, tuple) or one.lag == other.lag)


def _together(last: Sight, sight: Sight) -> Lag:
    """Two looks at the same droplet: since when it is behind is known as well as both say together."""
    if not isinstance(last.lag, tuple) or not isinstance(sight.lag, tuple):
        return sight.lag
    first, end = max(last.lag[0], sight.lag[0]), min(last.lag[1], sight.lag[1])
    return (first, end) if first <= end else sight.lag


def _since(last: Sight, sight: Sight) -> Lag:
    """What was current at one look and is behind at the next has fallen behind in between."""
    if last.droplet == sight.droplet and last.lag is None and isinstance(sight.lag, tuple):
        return max(sight.lag[0], min(last.end, sight.lag[1])), sight.lag[1]
    return sight.lag


def _piece(sight: Sight, begin: datetime, end: datetime) -> Piece:
    if sight.staged is None:
        return Piece(begin, end, reason=sight.problem or "when it was staged is not known")
    return Piece(begin, end, sight.staged, sight.staged)


def _either(one: Sight, other: Sight, begin: datetime, end: datetime) -> Piece:
    """One of two droplets, and it is not known which."""
    if one.staged is None or other.staged is None:
        return Piece(begin, end, reason=one.problem or other.problem or "when it was changed is not known")
    return Piece(begin, end, min(one.staged, other.staged), max(one.staged, other.staged))


def _with_others(sight: Sight, others: list[datetime], begin: datetime, end: datetime) -> Iterator[Piece]:
    """Until a new droplet: others that were staged meanwhile may have been set, or not."""
    for at, following in zip([begin, *others], [*others, end], strict=True):
        if sight.staged is None:
            yield Piece(at, following, reason=sight.problem or "when it was staged is not known")
        else:
            youngest = at if at != begin else sight.staged
            yield Piece(at, following, sight.staged, max(youngest, sight.staged))


def _lagging(sight: Sight, begin: datetime, end: datetime) -> Piece:
    if isinstance(sight.lag, str):
        return Piece(begin, end, reason=sight.lag)
    if sight.lag is None:
        return Piece(begin, end)
    return Piece(begin, end, *sight.lag)


def _until_switch(sight: Sight, begin: datetime, switch: datetime, limit: timedelta) -> Piece:
    """What was current when it was last seen can have come to be outside only after the limit."""
    if sight.lag is None and switch - begin > limit:
        return Piece(begin, switch, begin, switch)
    return _lagging(sight, begin, switch)
