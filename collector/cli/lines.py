"""Which sources a snapshot asks, what it needs to know of them, and how each is reached."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from collector.cli.world import World
from collector.errors import UsageError
from collector.evidence import Store, states
from collector.run import REMEMBERED, Line
from collector.settings import BoshTable, Settings, nearest, places_in
from collector.sources import BOSH, CLOUD_CONTROLLER, SOURCES, bosh, feeds, kind_of
from collector.transport import Cache, Session, bosh_address, bosh_prefix, find_bosh_secrets, open_director, open_feed
from collector.transport.door import Door

FEEDS = "feeds"
VMS_EVERY = timedelta(hours=24)
"""Asking for all VMs makes a task of the director, which talks to every agent."""


_DIRECTOR_URL = re.compile(r"(COLLECT_BOSH_([A-Z0-9_]+))_URL(?:_FILE)?")


class DirectorAt(NamedTuple):
    """A director of the settings."""

    environment: str
    url: str
    deployments: tuple[str, ...]


def directors_in(settings: Settings, environment: Mapping[str, str]) -> dict[str, DirectorAt]:
    """The configured directors by their source's name; an address in the environment prevails, or is enough."""
    found = {}
    tables = {bosh_prefix(table.environment): table for table in settings.tables.bosh}
    for name in sorted(environment):
        named = _DIRECTOR_URL.fullmatch(name)
        if named:
            tables.setdefault(named[1], BoshTable(environment=named[2].lower()))
    for table in tables.values():
        url = bosh_address(table.environment, environment) or table.url
        if not url:
            raise UsageError(
                f"the director of {table.environment} has no address",
                hint=f"set url in its [[bosh]] table, or {bosh_prefix(table.environment)}_URL",
            )
        found[bosh.source_name(table.environment)] = DirectorAt(table.environment, url, table.deployments)
    return found


def sources_in(settings: Settings, environment: Mapping[str, str], wanted: Sequence[str]) -> list[str]:
    """The sources to ask, in their order: all that are configured, or those of them that are wanted.

    `bosh` is all directors, `feeds` all feeds. Raises `UsageError` for one that is not known or not configured.
    """
    directors, places = directors_in(settings, environment), places_in(settings.tables)
    every = [
        name
        for kind in SOURCES
        for name in (directors if kind == BOSH else [kind])
        if kind in (CLOUD_CONTROLLER, BOSH) or kind in places
    ]
    if not wanted:
        return every
    groups = {BOSH: list(directors), FEEDS: [name for name in every if name in feeds.FEEDS]}
    chosen: set[str] = set()
    for name in wanted:
        if name not in {*every, *groups, *SOURCES}:
            raise UsageError(f"unknown source {name}", hint=nearest(name, [*every, *groups, *SOURCES]))
        members = groups.get(name, [name] if name in every else [])
        if not members:
            raise UsageError(f"source {name} is not configured", hint="set it in [[bosh]] or [feeds] of collect.toml")
        chosen.update(members)
    return [name for name in every if name in chosen]


def sources_for(settings: Settings, environment: Mapping[str, str], topics: Collection[str]) -> list[str]:
    """The configured sources that a question needs: Cloud Controller always, directors and feeds by topic."""
    kinds = {CLOUD_CONTROLLER, *topics} | ({BOSH} if "directors" in topics else set())
    if "stemcell-index" in topics:
        kinds.add("light-index")
    if "buildpacks" in topics:
        kinds.add("buildpack-releases")
    return [name for name in sources_in(settings, environment, ()) if kind_of(name) in kinds]


def needs_of(
    names: Sequence[str], settings: Settings, environment: Mapping[str, str], now: datetime, past: Store | None
) -> dict[str, Any]:
    """What the scope of a snapshot says beside Cloud Controller: where each harvest goes on, and the feeds."""
    directors = {name: row for name, row in directors_in(settings, environment).items() if name in names}
    known: Mapping[str, Mapping[str, str]] = {}
    if past is not None and directors:
        known = states(past, settings.tables.system.id, since=now - REMEMBERED, wanted=directors)
    harvests = {row.environment: _harvest(row, known.get(name, {}), now) for name, row in directors.items()}
    places = {name: place for name, place in places_in(settings.tables).items() if name in names}
    scope: dict[str, Any] = {BOSH: harvests} if harvests else {}
    if places:
        line = settings.tables.feeds.stemcell_line
        environments = tuple(row.environment for row in directors.values())
        scope[FEEDS] = feeds.FeedScope(line=line, now=now, places=places, environments=environments)
    return scope


def _harvest(director: DirectorAt, since: Mapping[str, str], now: datetime) -> bosh.Harvest:
    asked = since.get("vms_at")
    return bosh.Harvest(
        environment=director.environment,
        deployments=director.deployments,
        since=since,
        now=now,
        vms=not asked or now - datetime.fromisoformat(asked) >= VMS_EVERY,
    )


def lines_to(names: Sequence[str], settings: Settings, world: World, cloud_controller: Session | None) -> list[Line]:
    """A line to each source; those beside Cloud Controller are opened when their turn comes."""
    directors, places = directors_in(settings, world.environment), places_in(settings.tables)
    lines = []
    for name in names:
        if name == CLOUD_CONTROLLER and cloud_controller is not None:
            lines.append(Line(name, cloud_controller.api, partial(_same, cloud_controller)))
        elif name in directors:
            lines.append(Line(name, directors[name].url, partial(_director, directors[name], settings, world)))
        elif name in places:
            lines.append(Line(name, places[name], partial(_feed, places[name], name, settings, world)))
        else:
            raise UsageError(f"source {name} is not configured any more", hint="begin a new one: collect snapshot")
    return lines


def _same(session: Session) -> Door:
    return session


def _director(at: DirectorAt, settings: Settings, world: World) -> Door:
    return open_director(
        at.url,
        environment=at.environment,
        secrets=find_bosh_secrets(at.environment, world.environment),
        now=world.clock.now,
        sleep=world.sleep,
        jitter=world.jitter,
        say=world.say,
        concurrency=settings.tables.cf.concurrency,
    )


def _feed(place: str, name: str, settings: Settings, world: World) -> Door:
    return open_feed(
        place,
        source=name,
        now=world.clock.now,
        sleep=world.sleep,
        jitter=world.jitter,
        say=world.say,
        cache=None if world.cache_dir is None else Cache(world.cache_dir),
        concurrency=settings.tables.cf.concurrency,
    )
