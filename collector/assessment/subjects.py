"""The subjects of checks: what a snapshot says of the platform and, one after another, of each app."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from collector.assessment.declared import Declared, Patterns
from collector.assessment.judgement import Judgement, not_applicable, unknown
from collector.assessment.limits import Limit
from collector.assessment.patching.board import Board
from collector.assessment.patching.hosts import Hosts, hosts_of
from collector.assessment.patching.offers import Offers as Offered
from collector.assessment.patching.rootfs import rootfs_verdict
from collector.assessment.patching.scans import Scans
from collector.assessment.patching.sight import Sight
from collector.assessment.staging import SKEW, Origins, Staging, packs, stage
from collector.assessment.standing import Offers, Standings
from collector.assessment.unread import Unread
from collector.assessment.words import instant
from collector.model import App, Droplet, Event, Facts, Gap, PlatformFacts, Space, Subject, Window

TASK_PERIOD: Final = timedelta(days=31)

_STOPPED: Final = not_applicable("stopped, and no task ran in 31 days")
_LATER: Final = not_applicable("created after the instant asked about")
_NOWHERE: Final = "(unknown space)"
_NOTHING: Final = PlatformFacts()
_NO_WINDOWS: Final[Mapping[str, Window]] = {}


class Platform:
    """What one snapshot says beside the apps themselves; indexes are built once, on first use."""

    def __init__(  # noqa: PLR0913  everything that is known beside the apps
        self,
        facts: Facts,
        gaps: tuple[Gap, ...],
        declared: Declared,
        as_of: datetime,
        finished_at: datetime,
        *,
        below: PlatformFacts = _NOTHING,
        sight: Sight | None = None,
        windows: Mapping[str, Window] = _NO_WINDOWS,
        since: datetime | None = None,
    ) -> None:
        self.facts = facts
        self.declared = declared
        self.as_of = as_of
        self.unread = Unread(facts.read, gaps)
        self.past = as_of < facts.taken_at
        # how long before the instant asked about the platform was last looked at
        self.unseen_seconds = max(0.0, (as_of - facts.taken_at).total_seconds())
        # what was staged while the snapshot was being taken is no clock skew
        self.latest = (as_of if self.past else max(as_of, finished_at)) + SKEW
        self.origins = Origins(facts, self.unread)
        self.offers = Offers(facts, self.unread.topic("buildpacks"))
        self.board = Board(
            below, as_of, windows, sight or Sight(below), latest=self.latest, since=since, starts=self._starts
        )
        self.offered = Offered(below, as_of)
        self.scans = Scans(below.attested, as_of, self.board.sight)
        self._hosts: dict[float, Hosts] = {}
        self._rootfs: dict[tuple[str, float], Judgement] = {}

    def hosts(self, seconds: float) -> Hosts:
        """What the cells carry, held against a window in seconds."""
        if seconds not in self._hosts:
            self._hosts[seconds] = hosts_of(self.board, seconds)
        return self._hosts[seconds]

    def rootfs(self, stack: str, limit: Limit) -> Judgement:
        """The verdict on the root file system of a stack, the same for all its apps."""
        key = stack, limit.seconds
        if key not in self._rootfs:
            self._rootfs[key] = rootfs_verdict(self.board, stack, limit)
        return self._rootfs[key]

    def _starts(self) -> tuple[datetime, datetime] | None:
        """The first and the last start of all instances that run; None where they were not wholly read."""
        if "instances" not in self.unread.clean:
            return None
        every = [row.since for rows in self.facts.instances.values() for row in rows if row.state == "RUNNING"]
        return (min(every), max(every)) if every else None

    @cached_property
    def events_since(self) -> datetime | None:
        """From when on events are known to be kept: the oldest one seen; None when they were not wholly read."""
        if self.unread.topic("events"):
            return None
        return min((event.created_at for rows in self.facts.events.values() for event in rows), default=None)

    @cached_property
    def newest_droplets(self) -> Mapping[str, Droplet]:
        """The newest collected droplet of each app."""
        newest: dict[str, Droplet] = {}
        for droplet in self.facts.droplets.values():
            held = newest.get(droplet.app)
            if held is None or (droplet.created_at, droplet.guid) > (held.created_at, held.guid):
                newest[droplet.app] = droplet
        return newest

    @cached_property
    def first_staged(self) -> Mapping[tuple[str, str, str], datetime]:
        """When (org, buildpack, version) was first seen staged in a space of the org that is not production."""
        first: dict[tuple[str, str, str], datetime] = {}
        for app_guid, at, rows in self._stagings():
            org = self._orgs_outside_production.get(app_guid)
            for name, version in rows if org is not None else ():
                key = (org or "", name, version)
                first[key] = min(first.get(key, at), at)
        return first

    @cached_property
    def _orgs_outside_production(self) -> Mapping[str, str]:
        spaces = {
            guid: space.org
            for guid, space in self.facts.spaces.items()
            if self.declared.environment(space.path) != "production"
        }
        return {app.guid: spaces[app.space_guid] for app in self.facts.apps if app.space_guid in spaces}

    def _stagings(self) -> Iterator[tuple[str, datetime, list[tuple[str, str]]]]:
        """Every staging that droplets or events show: the app, the instant, and buildpacks with their versions."""
        for droplet in self.facts.droplets.values():
            if droplet.package is not None:
                held = [(row.name, row.version) for row in droplet.buildpacks or () if row.version]
                yield droplet.app, droplet.created_at, held
        for target, events in self.facts.events.items():
            for event in events:
                if event.type == "audit.app.build.staged":
                    yield target, event.created_at, list(packs(event.data.get("buildpacks")))

    def events(self, target: str, kind: str) -> list[Event]:
        """The events of one type about one target, oldest first."""
        rows = (event for event in self.facts.events.get(target, ()) if event.type == kind)
        return sorted(rows, key=lambda event: event.created_at)


class AppRecord:
    """One app with what the snapshot says of it. `outside` is the verdict of every check when it is not in scope."""

    __slots__ = (
        "app",
        "droplet",
        "environment",
        "evidence",
        "outside",
        "platform",
        "space",
        "staging",
        "standings",
        "subject",
    )

    def __init__(self, platform: Platform, app: App, space: Space, environment: str) -> None:
        self.platform = platform
        self.app = app
        self.space = space
        self.environment = environment
        self.subject = Subject(type="app", guid=app.guid, name=app.name, space=space.name, org=space.org)
        self.staging: Staging = stage(app, platform.origins)
        self.droplet = droplet = self.staging.droplet
        self.standings: Standings = platform.offers.standings(self.origin)
        self.outside: Judgement | None = _outside(platform, app, droplet)
        self.evidence = _documents(app, self.staging)

    @property
    def origin(self) -> Droplet | None:
        """The droplet that was staged: of a copied one the original, where it was found."""
        return self.staging.original or self.droplet

    @property
    def is_image(self) -> bool:
        """Whether a container image runs, which a restage does not patch."""
        return self.staging.kind == "image"

    @property
    def started(self) -> bool:
        """Whether the app is meant to run."""
        return self.app.state == "STARTED"

    def unread(self, topic: str) -> str:
        """Why a topic was not read for this app, or "" (nearly always)."""
        unread = self.platform.unread
        if topic in unread.clean:
            return ""
        return unread.of(topic, self.app.guid, self.app.droplet, self.app.space_guid)


def _documents(app: App, staging: Staging) -> tuple[str, ...]:
    droplet = staging.droplet.document if staging.droplet else ""
    if app.document and droplet and not staging.document:
        return (app.document, droplet)
    return tuple(dict.fromkeys(filter(None, (app.document, droplet, staging.document))))


def _outside(platform: Platform, app: App, droplet: Droplet | None) -> Judgement | None:
    if platform.past:
        if app.created_at > platform.as_of:
            return _LATER
        if droplet is not None and droplet.created_at > platform.as_of:
            when = instant(droplet.created_at)
            return unknown(f"its droplet dates from {when}; what ran at the instant asked about is not known")
    if app.state != "STOPPED" or platform.declared.include_stopped:  # a state that is not known is no excuse
        return None
    since = platform.as_of - TASK_PERIOD
    if any(since <= task.created_at <= platform.latest for task in platform.facts.tasks.get(app.guid, ())):
        return None
    reason = platform.unread.of("tasks", app.guid)
    if reason:
        return unknown(f"stopped, and whether tasks ran in it is not known: {reason}", unread=True)
    return _STOPPED


def records(platform: Platform, patterns: Patterns) -> Iterator[AppRecord]:
    """Every app that is asked about, by org, space, name and guid; one record at a time."""
    facts, declared = platform.facts, platform.declared
    spaces: dict[str, tuple[Space, str]] = {}
    for guid in {app.space_guid for app in facts.apps}:
        space = facts.spaces.get(guid) or Space(guid=guid, name=_NOWHERE, org_guid="", org="")
        spaces[guid] = space, declared.environment(space.path)
    rows = []
    for app in facts.apps:
        space, environment = spaces[app.space_guid]
        if patterns.admit(app, space):
            rows.append((space.org, space.name, app.name, app.guid, app, space, environment))
    rows.sort(key=lambda row: row[:4])
    for _org, _space, _name, _guid, app, space, environment in rows:
        yield AppRecord(platform, app, space, environment)
