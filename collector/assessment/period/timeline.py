"""The apps of a month, folded from its snapshots one at a time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from collector.assessment.checks.buildpacks import STAGING_TIME
from collector.assessment.declared import Declared, Patterns
from collector.assessment.limits import limit_of
from collector.assessment.period.differing import differences
from collector.assessment.period.folding import Entry, Tables
from collector.assessment.period.known import Known, Reach
from collector.assessment.period.life import BACK, Life, Scope, Spell
from collector.assessment.period.pieces import (
    Piece,
    Stretch,
    breaches,
    clipped,
    either,
    hours_of,
    overlay,
    stretches,
    unseen,
    worst,
)
from collector.model import Change, Droplet, Facts, Held, Period, Snapped, Snapshot, Window

AGE: Final = "app-restage-age"
CURRENT: Final = "buildpack-current"
RESTAGE: Final = "restage"

_HARVEST: Final = "harvest"
_LONGEST: Final = 365.25 * 24 * 3600 * 1000
_STOPPED: Final = "it was stopped for a part of this time"
_WHICH: Final = "it may have run either of two droplets"
_NOBODY: Final[frozenset[str]] = frozenset()


class Timeline:
    """What the snapshots of a month say of each app over time.

    `add` them in any order, each at most once; of their facts only what each app ran is kept. `windows` are the
    catalog's: `restage` is what ages are held against, `harvest` is how far apart two looks may be to speak for the
    time between them where no events of it were read.
    """

    def __init__(
        self, period: Period, *, declared: Declared, patterns: Patterns, windows: Mapping[str, Window]
    ) -> None:
        self.period = period
        self._limit = _duration(windows.get(RESTAGE))
        self._steady = _duration(windows.get(_HARVEST))
        self._tables = Tables(declared, patterns, period.end)
        self._snapshots: list[Snapped] = []

    def add(self, facts: Facts, snapshot: Snapshot) -> None:
        """Fold one snapshot in."""
        spoke = tuple(row.name for row in snapshot.sources if row.documents)
        silent = tuple(row.name for row in snapshot.sources if not row.documents)
        self._snapshots.append(Snapped(id=snapshot.id, taken_at=snapshot.taken_at, sources=spoke, silent=silent))
        self._tables.add(facts, snapshot)

    # ------------------------------------------------------------ answers

    def held(self) -> dict[tuple[str, str], Held]:
        """How each app was held against the restage window, by check and guid; those in scope at some time."""
        found = {}
        for guid, entry, life in self._lives():
            if not life.spoken or life.is_image:
                continue
            scopes = life.scopes(self.period.end)
            spells = list(life.spells(self.period.end))
            for check, rows in ((AGE, self._ages(spells)), (CURRENT, self._lags(spells, life.reach))):
                held = self._held(check, entry, list(_in_scope(rows, scopes)), spells)
                if held is not None:
                    found[check, guid] = held
        return found

    def _lives(self) -> Iterator[tuple[str, Entry, Life]]:
        tables = self._tables
        order, reach, eventless = tables.order(), tables.reach(), tables.eventless()
        for guid in sorted(tables.entries):
            entry = tables.entries[guid]
            own = frozenset((guid, entry.space)) & eventless if eventless else _NOBODY
            life = tables.life(guid, order, tables.reach(own) if own else reach, self._steady)
            if life is not None and life.looks:
                yield guid, entry, life

    def _ages(self, spells: Iterable[Spell]) -> list[Stretch]:
        return list(stretches(filter(None, map(_age, spells)), self._limit))

    def _lags(self, spells: Iterable[Spell], reach: Reach) -> list[Stretch]:
        found: list[Stretch] = []
        for spell in spells:
            begin, end = spell.begin, spell.end
            if spell.known is None:
                found += stretches([_lag_of_nothing(spell)], self._limit)
            elif spell.other is None:
                if not spell.known.is_image:
                    rows = self._lag(spell.known, begin, end, reach)
                    found += rows if spell.youngest is None else map(_doubted, rows)
            elif not (spell.known.is_image and spell.other.is_image):
                layers = [self._lag(known, begin, end, reach) for known in (spell.known, spell.other)]
                found += either(layers, _WHICH)
        return found

    def _lag(self, known: Known, begin: datetime, end: datetime, reach: Reach) -> list[Stretch]:
        """How one droplet is held: its worst buildpack counts."""
        layers = [
            list(stretches(pieces, self._limit)) for pieces in self._tables.course.pieces(known, begin, end, reach)
        ]
        return overlay(layers, ("out", "unknown", "in"))

    def _held(self, check: str, entry: Entry, counted: list[Stretch], spells: list[Spell]) -> Held | None:
        within = clipped(counted, self.period)
        if not within or entry.subject is None:
            return None
        outside = breaches(counted, self.period)
        ended = outside[-1].end if outside else None
        mended = any(row.begin == ended and row.state == "in" for row in within)
        return Held(
            check=check,
            subject=entry.subject,
            window=RESTAGE,
            inside=hours_of(within, "in"),
            outside=hours_of(within, "out"),
            unknown=hours_of(within, "unknown"),
            breaches=outside,
            unseen=unseen(within),
            worst=worst(within),
            corrected_at=ended if mended else None,
            evidence=self._evidence(outside[0].begin, outside[-1].end or self.period.end, spells) if outside else (),
        )

    def _evidence(self, begin: datetime, end: datetime, spells: Iterable[Spell]) -> tuple[str, ...]:
        """The documents that showed what was outside, and what corrected it."""
        guids = dict.fromkeys(
            known.guid
            for spell in spells
            if spell.begin <= end and spell.end >= begin
            for known in (spell.known, spell.other)
            if known is not None
        )
        shown = self._tables.shown
        return tuple(dict.fromkeys(name for guid in guids if guid in shown for name in shown[guid][1]))

    def facts_at(self, closing: Facts) -> Facts:
        """The facts at the period's end: what was set after it gives way to what ran then, where that is known."""
        end = self.period.end
        if closing.taken_at <= end:
            return closing
        droplets = {**self._tables.droplets, **closing.droplets}
        at_end = {
            guid: known for guid, _, life in self._lives() if (known := self._at(life, end, droplets)) is not None
        }
        droplets = dict(closing.droplets)
        apps = []
        for app in closing.apps:
            droplet = at_end.get(app.guid)
            if droplet is None or droplet.guid == app.droplet:
                apps.append(app)
            else:
                droplets[droplet.guid] = droplet
                apps.append(msgspec.structs.replace(app, droplet=droplet.guid))
        return msgspec.structs.replace(closing, apps=tuple(apps), droplets=droplets)

    def _at(self, life: Life, end: datetime, droplets: Mapping[str, Droplet]) -> Droplet | None:
        """The record of the droplet that was in effect up to an instant, if that is known for certain."""
        last = life.looks[-1].seen
        known = life.droplets.get(last.droplet) if last is not None else None
        settled = known is not None and known.made is not None and known.made <= end
        if settled and len(life.looks) == 1 and not any(at > end for at, _ in life.mapped):
            return None  # it ran then already
        for spell in life.spells(end):
            if spell.begin < end <= spell.end and spell.known is not None:
                sure = spell.other is None and spell.youngest is None
                return droplets.get(spell.known.guid) if sure else None
        return None

    def changes(self) -> tuple[Change, ...]:
        """What changed between looks, oldest first."""
        return tuple(differences(self._tables))

    def snapped(self, problems: Mapping[str, str]) -> tuple[Snapped, ...]:
        """The snapshots, oldest first; `problems` say by id what did not verify."""
        rows = sorted(self._snapshots, key=lambda row: (row.taken_at, row.id))
        return tuple(
            msgspec.structs.replace(row, verified=False, problem=problems[row.id]) if row.id in problems else row
            for row in rows
        )


def _duration(window: Window | None) -> timedelta:
    """The limit of a window; without one, longer than anything lasts."""
    return timedelta(seconds=min(limit_of(window).seconds, _LONGEST))


def _age(spell: Spell) -> Piece | None:
    """Since when what was in effect had been staged; None where an image was, which a restage does not patch."""
    begin, end, known, other = spell.begin, spell.end, spell.known, spell.other
    if spell.reason:
        return Piece(begin, end, reason=spell.reason)
    if known is None:
        return Piece(begin, end, spell.since, end, doubt=BACK)
    if other is not None:
        return _age_of_either(begin, end, known, other)
    if known.is_image:
        return None
    if known.staged is None:
        return Piece(begin, end, reason=known.problem or "when it was staged is not known")
    return Piece(begin, end, known.staged, max(spell.youngest or known.staged, known.staged))


def _age_of_either(begin: datetime, end: datetime, one: Known, other: Known) -> Piece | None:
    if one.is_image and other.is_image:
        return None
    if one.staged is None or other.staged is None or one.is_image or other.is_image:
        return Piece(begin, end, reason=one.problem or other.problem or _WHICH)
    return Piece(begin, end, min(one.staged, other.staged), max(one.staged, other.staged))


def _lag_of_nothing(spell: Spell) -> Piece:
    """An app that was only just made cannot have been behind for long; else nothing is known."""
    if spell.since is not None and spell.end - spell.begin <= STAGING_TIME:
        return Piece(spell.begin, spell.end, spell.since, spell.end, doubt=BACK)
    return Piece(spell.begin, spell.end, reason=spell.reason or BACK)


def _doubted(row: Stretch) -> Stretch:
    """Another droplet may have taken its place: a newer one is no further behind, perhaps less."""
    return row._replace(state="unknown", since=None, reason=_WHICH) if row.state == "out" else row


def _in_scope(every: Iterable[Stretch], scopes: list[Scope]) -> Iterator[Stretch]:
    """Only the time in which the check spoke for the app; where that is not known, outside is not known either."""
    if len(scopes) == 1 and scopes[0][2] is True:
        yield from every
        return
    rows = list(every)
    for begin, end, scope in scopes:
        if scope is False:
            continue
        for row in rows:
            first, last = max(row.begin, begin), min(row.end, end)
            if first < last:
                part = row._replace(begin=first, end=last)
                doubt = scope is None and row.state == "out"
                yield part._replace(state="unknown", reason=_STOPPED) if doubt else part
