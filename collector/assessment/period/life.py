"""One app over a month: which droplet was in effect when, and when the checks spoke for it.

What two looks agree on is taken to have held in between only where the audit events of that time were read, or where
they are no further apart than the harvest window: otherwise it might have been rolled back and forth unseen, and the
time is unknown. Taking evidence away so never makes a month better.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from collector.assessment.period.known import Known, Look, Reach

BACK: Final = "no evidence reaches back as far"

Move = tuple[datetime, Known]
Scope = tuple[datetime, datetime, bool | None]

_UNREAD: Final = "no events of this time were read: another droplet may have been set in it"
_ANEW: Final = "it was set anew: what ran before is not known"
_GONE: Final = "it was gone when it was looked for next"
_MISSED: Final = "it was not there when it was looked for before"
_SINCE: Final = "not looked at since"
_SKEWED: Final = "what ran was staged only later: the clocks differ"
_ZERO: Final = timedelta(0)


class Spell(NamedTuple):
    """From `begin` to `end` a droplet was in effect: `known`, or perhaps `other`.

    `youngest`: one staged no later than then may have taken its place. `since`: any droplet there was has been staged
    since then. With a `reason` nothing is known.
    """

    begin: datetime
    end: datetime
    known: Known | None = None
    other: Known | None = None
    youngest: datetime | None = None
    since: datetime | None = None
    reason: str = ""


class Run(NamedTuple):
    """Looks in a row that show the same droplet; None: the app was not there."""

    begin: datetime
    end: datetime
    guid: str | None


class Life(NamedTuple):
    """An app: its looks, oldest first, and what builds and events tell beside them.

    `stagings` are the droplets of which only that is known, or which were seen at another time; `mapped` are the
    instants at which droplets were set, oldest first.
    """

    created: datetime
    looks: list[Look]
    droplets: Mapping[str, Known]
    stagings: Mapping[str, datetime]
    mapped: list[tuple[datetime, str]]
    reach: Reach
    steady: timedelta

    # ------------------------------------------------------------ what was in effect

    def spells(self, until: datetime) -> Iterator[Spell]:
        """What was in effect from the app's creation to an instant, without overlap."""
        begun = False
        for run, following in pairwise((*self._runs(), None)):
            if run is None:
                continue
            if run.guid is not None:
                if not begun:
                    yield from self._before(run.begin, self._droplet(run.guid))
                if run.begin < run.end:
                    yield _spell(run.begin, run.end, self._droplet(run.guid))
            begun = begun or run.guid is not None
            if following is not None:
                yield from self._between(run, following) if begun else ()
            elif run.guid is not None and run.end < until:
                yield Spell(run.end, until, reason=_SINCE)

    def _runs(self) -> list[Run]:
        """Looks in a row that show the same, with nothing told of the time between them."""
        told = sorted({*self.stagings.values(), *(at for at, _ in self.mapped)})
        found: list[Run] = []
        begin = end = self.looks[0].at
        number = bisect_right(told, end)
        held = self.looks[0].seen.droplet if self.looks[0].seen is not None else None
        for look in self.looks[1:]:
            guid = look.seen.droplet if look.seen is not None else None
            place = bisect_right(told, look.at)
            if guid != held or place != number or look.at - end > self.steady:
                found.append(Run(begin, end, held))
                begin, held = look.at, guid
            end, number = look.at, place
        return [*found, Run(begin, end, held)]

    def _between(self, run: Run, following: Run) -> Iterator[Spell]:
        begin, end = run.end, following.begin
        if run.guid is not None and following.guid is not None:
            moves = [(at, self._droplet(guid)) for at, guid in self.mapped if begin < at <= end]
            # Only two looks together speak for unread time between them, never one of them for what lies beside it.
            told = self if end - begin <= self.steady else self._replace(steady=_ZERO)
            yield from told.moved([(begin, self._droplet(run.guid)), *moves], end, self._droplet(following.guid))
        elif run.guid is not None:
            yield Spell(begin, end, reason=_GONE)
        elif following.guid is not None:
            yield Spell(begin, end, reason=_MISSED)

    def _before(self, end: datetime, shown: Known) -> Iterator[Spell]:
        """Up to the first look: what was set, as far as events tell, and before that what was staged."""
        moves = [(at, self._droplet(guid)) for at, guid in self.mapped if at <= end]
        if moves:
            at, first = moves[0]
            yield from self._up_to(at, first)
            yield from self.moved(moves, end, shown)
        elif shown.made is not None and shown.made < end:
            yield from self._staged_before(shown.made, shown.guid)
            yield from self._lasting(shown.made, shown, end, surely=True)
        else:
            yield from self._staged_before(end, shown.guid)

    def _up_to(self, at: datetime, first: Known) -> Iterator[Spell]:
        """Up to the first instant at which events say that a droplet was set."""
        if first.made is None:
            yield from self._nothing(at)
        elif self.reach.whole(first.made, at):
            yield from self._staged_before(at, first.guid)
        else:
            yield from self._staged_before(first.made, first.guid)
            yield Spell(first.made, at, reason=_ANEW)

    def _staged_before(self, end: datetime, guid: str) -> Iterator[Spell]:
        """What was staged before something else: each in effect until the next one."""
        starts = sorted(
            (at, name) for name, at in self.stagings.items() if at < end and name != guid and not self._unset(name, at)
        )
        yield from self._nothing(starts[0][0] if starts else end)
        for (at, name), (following, _) in pairwise([*starts, (end, "")]):
            yield from self._lasting(at, self._droplet(name), following, surely=False)

    def _nothing(self, end: datetime) -> Iterator[Spell]:
        """Before the first droplet of which anything is known: what may have run is no older than the app."""
        if self.created >= end:
            return
        copied = any(self._droplet(guid).copied for guid in self._names())
        yield Spell(self.created, end, reason=BACK) if copied else Spell(self.created, end, since=self.created)

    def _names(self) -> set[str]:
        seen = {look.seen.droplet for look in self.looks if look.seen is not None}
        return seen | self.stagings.keys() | {guid for _, guid in self.mapped}

    def moved(self, moves: list[Move], end: datetime, last: Known) -> Iterator[Spell]:
        """Droplets that were seen or set one after another, until a look that shows the last one."""
        for (at, known), (following, other) in pairwise(moves):
            if known.guid != other.guid:
                yield from self._lasting(at, known, following, surely=False)
            elif self.reach.whole(at, following):
                yield _spell(at, following, known)  # a rolling restart sets the same droplet again
            else:
                yield Spell(at, following, reason=_ANEW)
        at, known = moves[-1]
        if known.guid == last.guid:
            yield from self._lasting(at, known, end, surely=True)
        elif last.made is not None and at < last.made <= end:
            yield from self._lasting(at, known, last.made, surely=False)
            yield from self._lasting(last.made, last, end, surely=True)
        else:
            yield from self._either(at, known, last, end)

    def _lasting(self, begin: datetime, known: Known, end: datetime, *, surely: bool) -> Iterator[Spell]:
        """A droplet from an instant on; `surely`: it is the one that is seen at the end."""
        at = begin
        for first, last in self._holes(begin, end):
            yield from self._beside(at, known, first)
            until = last if surely else end
            yield Spell(first, until, reason=_UNREAD)
            at = until
        yield from self._beside(at, known, end)

    def _holes(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        if end - begin <= self.steady:
            return []
        return self.reach.holes(begin, end, _ZERO)

    def _beside(self, begin: datetime, known: Known, end: datetime) -> Iterator[Spell]:
        """A droplet, or one of those that were staged meanwhile and of which no event says that they were set."""
        if begin >= end:
            return
        others = sorted(
            at
            for name, at in self.stagings.items()
            if begin < at < end and name != known.guid and not self._unset(name, at)
        )
        for at, following in pairwise((begin, *others, end)):
            yield _spell(at, following, known, youngest=None if at == begin else at)

    def _unset(self, guid: str, at: datetime) -> bool:
        """Whether the events show that a droplet was staged and not set: they tell of others, and were all read."""
        if not self.mapped or any(name == guid for _, name in self.mapped):
            return bool(self.mapped)  # when it was set says the event
        return not self.reach.holes(at, at + timedelta(seconds=1), _ZERO)

    def _either(self, begin: datetime, one: Known, other: Known, end: datetime) -> Iterator[Spell]:
        """One of two droplets: when the one took the other's place is not known."""
        at = begin
        for first, last in self._holes(begin, end):
            if at < first:
                yield Spell(at, first, one, other)
            yield Spell(first, last, reason=_UNREAD)
            at = last
        if at < end:
            yield Spell(at, end, one, other)

    def _droplet(self, guid: str) -> Known:
        known = self.droplets.get(guid)
        staged = self.stagings.get(guid)
        if known is not None:
            return known
        if not guid:
            return Known("", None, None, "no droplet was set")
        problem = "" if staged is not None else "nothing is known of its droplet"
        return Known(guid, staged, staged, problem)

    # ------------------------------------------------------------ when it counted

    def scopes(self, until: datetime) -> list[Scope]:
        """When the checks spoke for it; None between two looks that differ, and where tasks may have run.

        Before the first look what was started counts, and what was stopped may have been started.
        """
        found: list[Scope] = []
        at, last = self.created, None
        for number, look in enumerate(self.looks):
            scope = look.seen.scope if look.seen is not None else last
            if at < look.at:
                agreed = scope is True if number == 0 else scope == last
                found.append((at, look.at, scope if agreed else None))
            at, last = max(at, look.at), scope
        if at < until:
            found.append((at, until, last))
        return _joined_up(found)

    @property
    def spoken(self) -> bool:
        """Whether any look showed it in scope."""
        return any(look.seen is not None and look.seen.scope is not False for look in self.looks)

    @property
    def is_image(self) -> bool:
        """Whether it runs container images: the type of its lifecycle cannot be changed."""
        return any(look.seen is not None and look.seen.lifecycle == "docker" for look in self.looks)


def _spell(begin: datetime, end: datetime, known: Known, youngest: datetime | None = None) -> Spell:
    if known.made is not None and known.made > begin:
        return Spell(begin, end, reason=_SKEWED)
    return Spell(begin, end, known, youngest=youngest)


def _joined_up(rows: list[Scope]) -> list[Scope]:
    found: list[Scope] = []
    for begin, end, scope in rows:
        if found and found[-1][1] == begin and found[-1][2] is scope:
            found[-1] = found[-1][0], end, scope
        elif begin < end:
            found.append((begin, end, scope))
    return found
