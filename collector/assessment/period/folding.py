"""Snapshots folded into tables: of each app only what it ran at each look is kept, of each droplet one record."""

from array import array
from collections.abc import Mapping
from datetime import datetime, timedelta
from sys import intern
from typing import Final, NamedTuple

from collector.assessment.declared import Declared, Patterns
from collector.assessment.period.course import Course
from collector.assessment.period.known import REMEMBERED, Known, Look, Reach, Seen, known_of
from collector.assessment.period.life import Life
from collector.assessment.staging import SKEW, Origins, stage
from collector.assessment.subjects import AppRecord, Platform
from collector.model import App, Droplet, DropletBuildpack, Event, Facts, Snapshot, Space, Subject

_ABSENT: Final = -1
_NO_LOOK: Final = -2
_MAPPED: Final = "audit.app.droplet.mapped"
_TOLD: Final = frozenset({_MAPPED, "audit.app.build.staged", "audit.app.droplet.create"})
_COPIED: Final = "its droplet was copied, and the original was not found"
# What says best when a droplet was staged, best first.
_BY_DROPLET, _BY_EVENT, _BY_BUILD = 0, 1, 2


class Taken(NamedTuple):
    """A snapshot as a look: which spaces it saw, and for whom it read no events (None: for nobody)."""

    id: str
    at: datetime
    finished: datetime
    looked: bool
    spaces: frozenset[str]
    events: bool
    eventless: frozenset[str]


class Entry:
    """One app in the tables: `rows` has a number for each snapshot so far, that of what it showed."""

    __slots__ = ("asked", "created", "named", "rows", "space", "subject")

    def __init__(self, created: datetime, space: str) -> None:
        self.created = created
        self.space = space
        self.rows = array("i")
        self.asked = False
        self.named: datetime | None = None
        self.subject: Subject | None = None


class Tables:
    """What is kept of all snapshots, in whatever order they came."""

    def __init__(self, declared: Declared, patterns: Patterns, end: datetime) -> None:
        self._declared = declared
        self._patterns = patterns
        self._end = end
        self._every = patterns == Patterns()
        self.taken: list[Taken] = []
        self.entries: dict[str, Entry] = {}
        self.seen: list[Seen] = []
        self._numbers: dict[Seen, int] = {}
        self._packs: dict[tuple[DropletBuildpack, ...] | None, tuple[DropletBuildpack, ...] | None] = {}
        self.known: dict[str, Known] = {}
        # The records of the last look up to the period's end.
        self.droplets: Mapping[str, Droplet] = {}
        self._newest: datetime | None = None
        # Of each droplet, when it was first shown and by which documents.
        self.shown: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        self.stagings: dict[str, dict[str, tuple[int, datetime]]] = {}
        self.mapped: dict[str, dict[datetime, str]] = {}
        self.course = Course()

    def add(self, facts: Facts, snapshot: Snapshot) -> None:
        """Fold one snapshot in."""
        gaps = (*(gap for source in snapshot.sources for gap in source.gaps), *facts.gaps)
        platform = Platform(facts, gaps, self._declared, snapshot.taken_at, snapshot.finished_at)
        self._note_droplets(facts, platform.origins)
        unread = platform.unread
        looked = {"apps", "droplets"} <= facts.read
        if looked:
            self._look(facts, platform)
            if snapshot.taken_at <= self._end and (self._newest is None or self._newest < snapshot.taken_at):
                self._newest, self.droplets = snapshot.taken_at, facts.droplets
            self.course.add(facts, unread.topic("buildpacks"), snapshot.finished_at, len(self.taken))
        self._note_history(facts)
        silent = unread.topic("events")
        eventless = frozenset(subject for gap in gaps if gap.what == "events" for subject in gap.subjects)
        self.taken.append(
            Taken(
                id=snapshot.id,
                at=snapshot.taken_at,
                finished=snapshot.finished_at,
                looked=looked and not unread.topic("apps"),
                spaces=frozenset(map(intern, facts.spaces)),
                events=not silent,
                eventless=eventless,
            )
        )

    def _look(self, facts: Facts, platform: Platform) -> None:
        number = len(self.taken)
        whole = "droplets" in platform.unread.clean
        nowhere = Space(guid="", name="(unknown space)", org_guid="", org="")
        for app in facts.apps:
            entry = self.entries.get(app.guid)
            if entry is None:
                entry = self.entries[intern(app.guid)] = Entry(app.created_at, intern(app.space_guid))
            if len(entry.rows) < number:
                entry.rows.extend([_ABSENT] * (number - len(entry.rows)))
            entry.rows.append(_NO_LOOK if not whole and app.droplet is None else self._number(app, platform))
            space = facts.spaces.get(app.space_guid, nowhere)
            entry.asked = entry.asked or self._every or self._patterns.admit(app, space)
            if entry.named is None or entry.named < platform.as_of:
                _name(entry, app, space, platform.as_of)
            shown = self.shown.get(app.droplet or "")
            if app.droplet and (shown is None or platform.as_of < shown[0]):
                droplet = facts.droplets.get(app.droplet)
                documents = (app.document, droplet.document if droplet else "")
                self.shown[intern(app.droplet)] = platform.as_of, tuple(intern(name) for name in documents if name)

    def _number(self, app: App, platform: Platform) -> int:
        scope: bool | None = True
        if app.state == "STOPPED" and not self._declared.include_stopped:
            scope = _scope(app, platform)
        seen = Seen(intern(app.droplet or ""), scope, app.ssh, app.lifecycle, app.stack)
        number = self._numbers.get(seen)
        if number is None:
            number = self._numbers[seen] = len(self.seen)
            self.seen.append(seen)
        return number

    def _note_droplets(self, facts: Facts, origins: Origins) -> None:
        """Keep what is known of each droplet: of copies, what the snapshot says that knows the original."""
        for guid, droplet in facts.droplets.items():
            known = self.known.get(guid)
            if known is not None and known.staged is not None and not known.copied:
                continue
            app = App(
                guid=droplet.app,
                name="",
                state="STARTED",
                created_at=droplet.created_at,
                space_guid="",
                lifecycle=droplet.lifecycle,
                droplet=guid,
            )
            made = known_of(stage(app, origins))
            if made is not None and (known is None or _better(made, known)):
                packs = self._packs.setdefault(made.packs, made.packs)
                self.known[intern(guid)] = made._replace(packs=packs)

    def _note_history(self, facts: Facts) -> None:
        """Stagings that builds, events and older droplets tell of, and the instants at which droplets were set."""
        current = {app.droplet for app in facts.apps}
        for guid, droplet in facts.droplets.items():
            if guid not in current:
                self._staged(droplet.app, guid, _BY_DROPLET, droplet.created_at)
        for app, builds in facts.builds.items():
            for build in builds:
                if build.state == "STAGED" and build.droplet:
                    self._staged(app, build.droplet, _BY_BUILD, build.created_at)
        for events in facts.events.values():
            for event in events:
                if event.type in _TOLD:
                    self._told(event)

    def _staged(self, app: str, guid: str, rank: int, at: datetime) -> None:
        """Remember a staging: what the droplet says before what its event says, and that before its build."""
        rows = self.stagings.get(app)
        if rows is None:
            rows = self.stagings[intern(app)] = {}
        held = rows.get(guid)
        if held is None or rank < held[0] or (rank == held[0] and at < held[1]):
            rows[intern(guid)] = rank, at

    def _told(self, event: Event) -> None:
        asked = event.data.get("request")
        if event.type == _MAPPED:
            guid = asked.get("droplet_guid") if isinstance(asked, dict) else None
            if isinstance(guid, str):
                rows = self.mapped.get(event.target)
                if rows is None:
                    rows = self.mapped[event.target] = {}
                held = rows.get(event.created_at)
                if held is None or held < guid:
                    rows[event.created_at] = intern(guid)
        elif isinstance(made := event.data.get("droplet_guid"), str):
            self._staged(event.target, made, _BY_EVENT, event.created_at)
            copied = isinstance(asked, dict) and isinstance(asked.get("source_droplet_guid"), str)
            if copied and made not in self.known:
                self.known[intern(made)] = Known(made, event.created_at, None, _COPIED, copied=True)

    # ------------------------------------------------------------ one app

    def looks(self, entry: Entry, order: list[int]) -> list[Look]:
        """The looks at one app, oldest first; `order` has the numbers of the snapshots so."""
        found: list[Look] = []
        rows, length = entry.rows, len(entry.rows)
        for number in order:
            taken = self.taken[number]
            row = rows[number] if number < length else _ABSENT
            if row >= 0:
                seen = self.seen[row]
                known = self.known.get(seen.droplet)
                made = known.made if known is not None else None
                # what was staged while the snapshot was being taken was not yet there when it began
                late = made is not None and taken.at < made <= taken.finished + SKEW
                found.append(Look(made if late and made is not None else taken.at, number, seen))
            elif row == _ABSENT and taken.looked and found and entry.space in taken.spaces:
                found.append(Look(taken.at, number, None))
        return found

    def life(self, guid: str, order: list[int], reach: Reach, steady: timedelta) -> Life | None:
        """One app with everything that is known of it; None of one that is not asked about."""
        entry = self.entries[guid]
        if not entry.asked:
            return None
        looks = self.looks(entry, order)
        told = self.stagings.get(guid)
        stagings = {name: at for name, (_, at) in told.items()} if told else {}
        for name in {look.seen.droplet for look in looks if look.seen is not None}:
            known = self.known.get(name)
            if known is not None and known.made is not None:
                stagings[name] = known.made
        mapped = self.mapped.get(guid)
        return Life(
            created=entry.created,
            looks=looks,
            droplets=self.known,
            stagings=stagings,
            mapped=sorted(mapped.items()) if mapped else [],
            reach=reach,
            steady=steady,
        )

    def order(self) -> list[int]:
        """The numbers of the snapshots by when they were taken."""
        return sorted(range(len(self.taken)), key=lambda number: (self.taken[number].at, self.taken[number].id))

    def reach(self, guids: frozenset[str] = frozenset()) -> Reach:
        """Of which time the events were read, for those with some guids (all, without any)."""
        return Reach([(row.at - REMEMBERED, row.at) for row in self.taken if row.events and not row.eventless & guids])

    def eventless(self) -> frozenset[str]:
        """For whom any snapshot read no events."""
        return frozenset().union(*(row.eventless for row in self.taken))


def _name(entry: Entry, app: App, space: Space, at: datetime) -> None:
    """An app has the name and the space that it had last."""
    known = entry.subject
    if known is None or (known.name, known.space, known.org) != (app.name, space.name, space.org):
        entry.subject = Subject(type="app", guid=app.guid, name=app.name, space=space.name, org=space.org)
    entry.named = at
    if entry.space != app.space_guid:
        entry.space = intern(app.space_guid)


def _scope(app: App, platform: Platform) -> bool | None:
    """Whether tasks of a stopped app ran."""
    space = Space(guid=app.space_guid, name="", org_guid="", org="")
    outside = AppRecord(platform, app, space, "").outside
    if outside is None:
        return True
    return None if outside.status == "unknown" else False


def _better(made: Known, held: Known) -> bool:
    """Whether a record tells more of a droplet, or of two originals the earlier one."""
    if made.staged is None or held.staged is None:
        return made.staged is not None
    return made.staged < held.staged
