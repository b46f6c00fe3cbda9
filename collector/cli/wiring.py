"""Putting the parts together for one command: settings, login, session, store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import click

from collector import __version__
from collector.cli.lines import lines_to, needs_of
from collector.cli.world import Manners, World, environment, whole_second
from collector.doctor import refuse_wrong_clock
from collector.errors import UsageError
from collector.evidence import JOURNAL, Last, Recorder, Store, bring_part, earlier
from collector.model import Identity, Snapshot
from collector.reports import ARTIFACTS
from collector.resources import CONTROLS
from collector.run import REMEMBERED, Job, remembered, scope_of, take_snapshot
from collector.settings import DEFAULT, Settings, load, nearest
from collector.sources import CLOUD_CONTROLLER, Scope
from collector.stores import StoreOptions, open_store
from collector.transport import Session, cf_cli_target, find_secrets, login

# Artefacts that the design names and a later version makes: settings may list them already.
LATER_ARTIFACTS = (
    "ssp-fragments",
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


class Connection(NamedTuple):
    """An open line to a foundation."""

    session: Session
    identity: Identity


@contextmanager
def line_to(api: str, settings: Settings, world: World) -> Iterator[Connection]:
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
        yield Connection(session, tokens.identity)
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


def past_of(settings: Settings, world: World) -> Store | None:
    """The store that the settings name, for what it remembers; None where there is none yet."""
    url = settings.tables.store.url
    if settings.origin("store.url") == DEFAULT and not Path(url.removeprefix("file:")).exists():
        return None
    return store_at(url, settings, world)


def history_of(past: Store | None, snapshot: Snapshot, into: Path) -> list[Path]:
    """What earlier snapshots of a store remember of the platform, brought into a folder."""
    if past is None:
        return []
    prefixes = earlier(past, snapshot, snapshot.taken_at - REMEMBERED)
    return [folder for prefix in prefixes if (folder := bring_part(past, prefix, into, remembered)) is not None]


def collect_live(
    given: Mapping[str, Any],
    settings: Settings,
    world: World,
    needs: frozenset[str],
    *,
    parent: Path,
    previous: Last | None = None,
    resume: Path | None = None,
    past: Store | None = None,
    sources: Sequence[str],
) -> Snapshot:
    """Take a snapshot of the named sources below `parent`; `past` tells where harvests go on.

    An interrupted one goes on with the sources that it began with.
    """
    opening = None if resume is None else Recorder.resume(resume).opening
    names = sources if opening is None else opening.scope.get("sources", [CLOUD_CONTROLLER])
    asks_foundation = CLOUD_CONTROLLER in names
    api = api_of(settings, world) if asks_foundation else settings.tables.cf.api
    with ExitStack() as open_lines:
        session, identity = None, Identity()
        if asks_foundation:
            session, identity = open_lines.enter_context(line_to(api, settings, world))
            refuse_wrong_clock(session)
        now = whole_second(world.clock.now())
        scope = Scope(
            needs=needs if asks_foundation else frozenset(),
            orgs=tuple(given.get("orgs") or settings.tables.cf.orgs),
            spaces=tuple(given.get("spaces") or ()),
            now=now,
            user=identity.user,
        )
        more = needs_of(names, settings, world.environment, now, past) if opening is None else {}
        return take_snapshot(
            lines_to(names, settings, world, session),
            Job(
                parent=parent,
                system=settings.tables.system.id,
                foundation=api,
                identity=identity,
                version=__version__,
                concurrency=settings.tables.cf.concurrency,
                scope=scope_of(scope, names, **more),
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
