"""A platform below the applications: its directors, the public feeds, and what really happened to it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Instance as Machine
from collector.sandbox.bosh.records import order_of
from collector.sandbox.feeds.records import Feeds, Notice, StemcellRelease
from collector.sandbox.records import Instance, Process
from collector.sandbox.scenery import digest_of
from collector.sandbox.world import World

_CONTAINER = timedelta(seconds=95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """From `since` on (by the director's clock: the second of the deployment's end row) a version was live.

    None: the deployment did not exist (any more), or no deploy had come to a good end yet.
    """

    environment: str
    deployment: str
    line: str
    since: datetime
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """When a notice came to each stage, None: not yet. `version` is the first of the line that lists it.

    `released` is the later of the heavy and the light stemcell. `reopened` are stretches in which production, once
    past the version, was below it again; the last may have no end.
    """

    notice: str
    line: str
    published: datetime
    version: str | None
    released: datetime | None
    staging: datetime | None
    production: datetime | None
    reopened: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened, whether or not a director still tells of it.

    `live` are the versions that successful deploys made live; `floors` the oldest version that any VM of the line
    had which is not ignored, from attempts that broke off too. `kept_since` is the time of the oldest row that each
    director still has.
    """

    live: tuple[Live, ...]
    floors: tuple[Live, ...]
    stages: tuple[Stages, ...]
    kept_since: dict[str, datetime]

    def of(self, environment: str, deployment: str, line: str) -> tuple[Live, ...]:
        """Return what was live in one deployment of one line, oldest first."""
        wanted = (environment, deployment, line)
        return tuple(one for one in self.live if (one.environment, one.deployment, one.line) == wanted)

    def arrival(self, environment: str, deployment: str, line: str, version: str) -> datetime | None:
        """Return when a version or a newer one was first live."""
        return _arrival(self.of(environment, deployment, line), version)

    def stages_of(self, notice: str, line: str = "ubuntu-jammy") -> Stages:
        """Return the stages of one notice; raise StopIteration where it does not touch the line."""
        return next(one for one in self.stages if (one.notice, one.line) == (notice, line))


def _arrival(lives: tuple[Live, ...], version: str) -> datetime | None:
    wanted = order_of(version)
    return next((one.since for one in lives if one.version and order_of(one.version) >= wanted), None)


def _reopened(lives: tuple[Live, ...], version: str) -> tuple[tuple[datetime, datetime | None], ...]:
    wanted, arrived, found = order_of(version), False, []
    begin: datetime | None = None
    for one in lives:
        if one.version and order_of(one.version) >= wanted:
            arrived = True
            if begin:
                found.append((begin, one.since))
            begin = None
        elif arrived and begin is None:
            begin = one.since
    return (*found, (begin, None)) if begin else tuple(found)


@dataclass(slots=True, kw_only=True)
class Platform:
    """Directors by environment and the feeds; `main` names the deployment of each that applications run on.

    `placed` says on which cell (`deployment/group/index`) the instances of an app by name run; all others are spread
    over the cells of production that no deploy passes over.
    """

    now: datetime
    directors: dict[str, Director]
    feeds: Feeds
    main: dict[str, str] = field(default_factory=lambda: {"production": "cf-production", "staging": "cf-staging"})
    placed: dict[str, str] = field(default_factory=dict)

    def advance(self, now: datetime) -> None:
        """Let time pass for all directors, each by its own clock."""
        self.now = max(self.now, now)
        for director in self.directors.values():
            director.advance(self.now + director.skew)

    @property
    def truth(self) -> Truth:
        """What really happened until now."""
        lives = tuple(live for name in self.directors for live in self._lives(name, "success"))
        floors = tuple(live for name in self.directors for live in self._lives(name, "floor"))
        lines = sorted({one.line for one in self.feeds.stemcells})
        stages = (self._stages(notice, line, lives) for notice in self.feeds.notices for line in lines)
        kept = {
            name: datetime.fromtimestamp(int(str(director.journal.rows[0]["timestamp"])), tz=UTC)
            for name, director in self.directors.items()
            if director.journal.rows
        }
        return Truth(live=lives, floors=floors, stages=tuple(one for one in stages if one), kept_since=kept)

    def _lives(self, name: str, what: Literal["success", "floor"]) -> list[Live]:
        made: list[Live] = []
        last: dict[tuple[str, str], str | None] = {}
        for lived in self.directors[name].history:
            key, version = (lived.deployment, lived.line), getattr(lived, what)
            if key not in last or last[key] != version:
                last[key] = version
                made.append(Live(environment=name, deployment=key[0], line=key[1], since=lived.at, version=version))
        return made

    def _stages(self, notice: Notice, line: str, lives: tuple[Live, ...]) -> Stages | None:
        codename = line.split("-")[1]
        if codename not in notice.packages or notice.published > self.now:
            return None
        first = _first(self.feeds.stemcells, line, notice.id, self.now)
        at: dict[str, datetime | None] = dict.fromkeys(("staging", "production"))
        reopened: tuple[tuple[datetime, datetime | None], ...] = ()
        for name, deployment in self._homes(line).items():
            mine = tuple(
                one for one in lives if (one.environment, one.deployment, one.line) == (name, deployment, line)
            )
            at[name] = _arrival(mine, first.version) if first else None
            reopened = _reopened(mine, first.version) if first and name == "production" else reopened
        times = [one for one in (first.published, first.light) if one] if first else []
        return Stages(
            notice=notice.id,
            line=line,
            published=notice.published,
            version=first.version if first else None,
            released=max(times) if times else None,
            staging=at["staging"],
            production=at["production"],
            reopened=reopened,
        )

    def _homes(self, line: str) -> dict[str, str]:
        """Return, by environment, the deployment that a line is judged by: the main one where it has the line."""
        homes = {}
        for name, director in self.directors.items():
            having = {lived.deployment for lived in director.history if lived.line == line}
            if having:
                homes[name] = self.main[name] if self.main.get(name) in having else min(having)
        return homes

    # -------------------------------------------------------------- the applications on it

    def settle(self, world: World) -> None:
        """Put the app instances of a world on the cells of production: none has run for longer than its cell."""
        director = self.directors.get("production")
        known = director.deployments.get(self.main["production"]) if director else None
        if director is None or known is None:
            return
        cells = [one for one in known.instances if "cell" in one.group and one.vm and not one.ignored]
        if not cells:
            return
        names = {app.guid: app.name for app in world.apps}
        for row in world.rows("processes"):
            if isinstance(row, Process) and row.running:
                place = self.placed.get(names.get(row.app_guid, ""))
                own = [self._machine(director, place)] if place else cells
                world.add(replace(row, running=tuple(_on(one, row.guid, own, director.skew) for one in row.running)))

    def _machine(self, director: Director, place: str) -> Machine:
        deployment, group, index = place.split("/")
        return next(
            one for one in director.deployments[deployment].instances if (one.group, str(one.index)) == (group, index)
        )


def _first(releases: list[StemcellRelease], line: str, notice: str, now: datetime) -> StemcellRelease | None:
    listing = [
        one
        for one in releases
        if one.line == line and any(notice == listed for listed, _ in one.notices) and (one.published or now) <= now
    ]
    return min(listing, key=lambda one: order_of(one.version), default=None)


def _on(instance: Instance, guid: str, cells: list[Machine], skew: timedelta) -> Instance:
    cell = cells[int(digest_of(guid, instance.index)[:8], 16) % len(cells)]
    since = cell.vm.created_at - skew + _CONTAINER if cell.vm else instance.started_at
    return replace(instance, started_at=max(since, instance.started_at))
