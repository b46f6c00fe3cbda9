"""Putting the parts together for one command: settings, login, session, store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import click

from collector import __version__
from collector.cli.world import Manners, World, environment, whole_second
from collector.doctor import refuse_wrong_clock
from collector.errors import UsageError
from collector.evidence import JOURNAL, Last, Store
from collector.model import Identity, Snapshot
from collector.reports import ARTIFACTS
from collector.resources import CONTROLS
from collector.run import Job, take_snapshot
from collector.settings import Settings, load, nearest
from collector.sources import Scope
from collector.stores import StoreOptions, open_store
from collector.transport import Session, cf_cli_target, find_secrets, login

# Artefacts that the design names and a later version makes: settings may list them already.
LATER_ARTIFACTS = (
    "poam",
    "component-definition",
    "poam-workbook",
    "ssp-fragments",
    "inventory-workbook",
    "emass-workbook",
    "fedramp",
)


def world_of(given: Mapping[str, Any]) -> World:
    """The outside, with the manners that the options ask for."""
    manners = Manners(
        quiet=given.get("quiet", False),
        verbose=given.get("verbose", False),
        progress=not given.get("no_progress", False),
        color=given.get("color", "auto"),
        log_format=given.get("log_format", "text"),
        debug=given.get("debug", False),
    )
    world = World(environment(), manners, click.get_current_context().obj)
    world.start_logging()
    return world


def settings_of(given: Mapping[str, Any], world: World, *, defaults: Mapping[str, Any] | None = None) -> Settings:
    """The effective settings; what they warn of is said. `defaults` stand in for flags that were not given."""
    flags = dict(defaults or {})
    if given.get("store"):
        flags["store.url"] = given["store"]
    settings = load(
        flags=flags, environment=world.environment, config=given.get("config"), here=world.here, user_dir=world.user_dir
    )
    for warning in settings.warnings:
        world.say(f"warning: {warning}")
    return settings


def api_of(settings: Settings, world: World) -> str:
    """The foundation's address: from the settings, else where the cf CLI is logged in."""
    api = settings.tables.cf.api or cf_cli_target(world.environment)
    if not api:
        raise UsageError("no foundation is named", hint="set COLLECT_CF_API, for example https://api.fr.cloud.gov")
    return api


class Line(NamedTuple):
    """An open line to a foundation."""

    session: Session
    identity: Identity


@contextmanager
def line_to(api: str, settings: Settings, world: World) -> Iterator[Line]:
    """Log in, and talk for as long as the block lasts."""
    secrets = find_secrets(world.environment, say=world.say)
    tokens = login(api, secrets, now=world.clock.now, sleep=world.sleep, jitter=world.jitter, say=world.say)
    session = Session(
        api,
        tokens=tokens,
        now=world.clock.now,
        sleep=world.sleep,
        jitter=world.jitter,
        say=world.say,
        concurrency=settings.tables.cf.concurrency,
    )
    try:
        yield Line(session, tokens.identity)
    finally:
        session.close()


def store_at(url: str, settings: Settings, world: World) -> Store:
    """The store at an address."""
    table = settings.tables.store
    if table.lock != "none":
        # Silence would look like a lock.
        raise UsageError(f"store.lock is {table.lock!r}, but this version does not lock", hint='set lock = "none"')
    options = StoreOptions(kms_key=table.kms_key, encryption="none" if table.encryption == "none" else "required")
    return open_store(url, environment=world.environment, say=world.say, chance=world.word, options=options)


def scope_of(given: Mapping[str, Any], settings: Settings, world: World, needs: frozenset[str], user: str) -> Scope:
    """What a snapshot reads."""
    return Scope(
        needs=needs,
        orgs=tuple(given.get("orgs") or settings.tables.cf.orgs),
        spaces=tuple(given.get("spaces") or ()),
        now=whole_second(world.clock.now()),
        user=user,
    )


def collect_live(
    given: Mapping[str, Any],
    settings: Settings,
    world: World,
    needs: frozenset[str],
    *,
    parent: Path,
    previous: Last | None = None,
    resume: Path | None = None,
) -> Snapshot:
    """Take a snapshot below `parent`."""
    api = api_of(settings, world)
    with line_to(api, settings, world) as line:
        refuse_wrong_clock(line.session)
        return take_snapshot(
            line.session,
            scope_of(given, settings, world, needs, line.identity.user),
            Job(
                parent=parent,
                system=settings.tables.system.id,
                foundation=api,
                identity=line.identity,
                version=__version__,
                concurrency=settings.tables.cf.concurrency,
                previous=previous,
                resume=resume,
            ),
            clock=world.clock,
            stop=world.stop,
        )


def interrupted(parent: Path, system: str) -> list[Path]:
    """The snapshots below a folder that were begun and not finished, oldest first."""
    return sorted(journal.parent for journal in parent.glob(f"system={system}/snapshots/*/*/.*.partial/{JOURNAL}"))


def written_at(folder: Path) -> datetime:
    """When something was last written to an unfinished snapshot."""
    return datetime.fromtimestamp((folder / JOURNAL).stat().st_mtime, UTC)


def controls_folder(given: Mapping[str, Any]) -> Traversable:
    """The control files: the shipped ones, or those of --controls."""
    chosen: Path | None = given.get("controls_dir")
    return CONTROLS if chosen is None else chosen


def artifacts_of(given: Mapping[str, Any], settings: Settings, world: World) -> Sequence[str]:
    """The artefacts to make; unknown names are errors, names of later versions are said to be such."""
    wanted = tuple(given.get("artifacts") or settings.tables.report.artifacts)
    later = [name for name in wanted if name in LATER_ARTIFACTS]
    for name in wanted:
        if name not in ARTIFACTS and name not in later:
            raise UsageError(f"unknown artefact {name}", hint=nearest(name, ARTIFACTS))
    if later:
        world.say(f"warning: this version does not make {', '.join(later)} yet")
    return [name for name in wanted if name in ARTIFACTS]
