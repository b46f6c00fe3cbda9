"""Ninety days of a simulated foundation, told to the second: what happened to each application, and to the platform.

Every instant is written down here once. Snapshots are taken over HTTP as time passes, into a store of files.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from collector.cli.demo import variables_of
from collector.cli.lines import lines_to, needs_of, sources_in
from collector.cli.wiring import line_to, store_at
from collector.cli.world import Manners
from collector.cli.world import World as Outside
from collector.evidence import Ask, last_manifest
from collector.run import Clock, Job, scope_of, take_snapshot
from collector.sandbox import (
    App,
    Droplet,
    Event,
    Foundation,
    Platform,
    Scenery,
    Space,
    Spec,
    UsedBuildpack,
    World,
    restage,
    upload,
    used,
)
from collector.sandbox.bosh import verbs
from collector.sandbox.feeds.records import Feeds, Notice, StemcellRelease
from collector.sandbox.histories.script import BASE, JAMMY, cf_groups, director
from collector.sandbox.people import give_roles, identities
from collector.sandbox.platform import furnish
from collector.sandbox.scenery import EVENTS_ARE_KEPT, guid_of
from collector.settings import load
from collector.sources import CLOUD_CONTROLLER, Scope
from collector.sources.cloud_controller import TOPICS
from collector.transport import Answer, Session

SYSTEM = "history"
SETTINGS = """
exceptions_file = "exceptions.toml"

[system]
id = "history"
name = "Ninety days"
scope = "both"

[boundary]
spaces = ["agency-a/prod", "agency-a/staging", "agency-b/prod", "agency-b/dev", "agency-données/sandbox"]
environments = { production = ["*/prod"], staging = ["*/staging", "*/dev", "*/sandbox"] }
"""
RISKS = """
[[exceptions]]
id = "EX-1"
controls = ["SI-2", "SI-2(2)"]
app = "agency-b/prod/accepted"
rationale = "its data moves in autumn"
approver = "I. Sample, ISSO"
ticket = "GRC-7"
starts = 2026-07-01
expires = 2026-09-15
"""


def on(text: str) -> datetime:
    """The instant of `08-14 12:00` or `08-14 12:00:01`, in 2026 and UTC."""
    return datetime.fromisoformat(f"2026-{text}+00:00")


def each(days: int, begin: str, end: str = "11-02 00:00") -> tuple[datetime, ...]:
    """An instant, and every so many days another, until an end."""
    first, step = on(begin), timedelta(days=days)
    return tuple(first + number * step for number in range(-((first - on(end)) // step)))


class Life(NamedTuple):
    """An application of agency-a/prod and when it was staged; the first time lies before the first snapshot."""

    name: str
    staged: tuple[datetime, ...]
    space: str = "agency-a/prod"


BEGUN = on("07-20 09:00")
SNAPSHOTS = each(2, "07-31 06:00", "11-03 00:00")
CLOSING = {"2026-08": on("09-01 06:00"), "2026-09": on("10-01 06:00"), "2026-10": on("11-02 06:00")}
HARVESTS = {*SNAPSHOTS[::4], *CLOSING.values()}
"""The snapshots that read directors and feeds, too."""

MAPPED = timedelta(seconds=8)
"""How long after it was made a droplet is set; until then the one before runs."""

UPLOADS = {on("08-14 12:00"): "1.8.44", on("09-16 12:00"): "1.8.45"}
LIVES = (
    Life("prompt", each(10, "07-28 10:00")),
    Life("tardy", (on("07-28 12:00"), on("08-20 18:00"), on("09-05 00:00"), on("10-02 12:00"))),
    Life("never", (on("07-25 00:00"),)),
    Life("edge-on", (on("07-26 00:00"), on("08-06 00:00"), on("08-18 00:00"), *each(10, "09-01 01:00"))),
    Life("edge-over", (on("07-26 00:01"), on("08-06 00:01"), on("08-17 23:59:59"), *each(10, "09-01 01:00"))),
    Life("alpha", each(12, "07-27 11:00")),
    Life("sleeper", (on("07-30 12:00"), on("10-10 09:00"))),
    Life("backward", (on("07-26 00:00"), on("08-05 12:00"), *each(10, "08-18 12:00"))),
    Life("twin", (on("07-28 14:00"),), "agency-b/prod"),
    Life("phoenix", (on("07-29 08:00"),), "agency-b/prod"),
    Life("accepted", (BEGUN,), "agency-b/prod"),
)
REBORN, REBORN_STAGED = on("08-20 10:00"), (on("08-20 10:05"), on("09-20 10:00"))
DELETED, RENAMED = on("08-15 10:00"), on("09-10 10:00")
STOPPED, STARTED = on("08-12 08:00"), on("09-20 09:00")
ROLLED_BACK, COPIED = on("08-10 12:00"), on("08-03 14:00")
STAGING_SILENT = on("10-15 00:00")
"""From when on the director of staging does not answer."""

# A stemcell, the notice that it fixes, and when it was published, in staging and in production.
STEMCELLS = (
    ("1.1204", 9101, "08-09 00:00", "08-10 00:00", "08-10 12:00", "08-11 12:00"),
    ("1.1208", 9102, "09-05 00:00", "09-06 00:00", "09-06 12:00", "09-16 00:00"),
    ("1.1213", 9103, "10-24 00:00", "10-25 00:00", "10-25 12:00", ""),
)

Act = Callable[[World, Platform], object]


class Punctual:
    """A line whose clock is that of the history: the simulated servers send the date of this machine."""

    clock_skew_seconds = 0.0

    def __init__(self, session: Session) -> None:
        self.requests = session.requests
        self._session = session

    def fetch(self, ask: Ask) -> Answer:
        """The answer to one question."""
        try:
            return self._session.fetch(ask)
        finally:
            self.requests = self._session.requests

    def close(self) -> None:
        """Ask no more."""
        self._session.close()


def live(into: Path, month_over: Callable[[str], object]) -> Platform:
    """Let the days pass and take the snapshots into a store; `month_over` is called when a month has been closed.

    Gives the platform, which knows what really happened to it.
    """
    world, platform = _world(), _platform()
    closes = {at: month for month, at in CLOSING.items()}
    for at, act in sorted(_acts(), key=lambda entry: entry[0]):
        world.wait(at - world.now)
        platform.advance(at)
        act(world, platform)
        if at in SNAPSHOTS:
            _take(world, platform, into)
        if at in closes:
            month_over(closes[at])
    return platform


def _acts() -> Iterator[tuple[datetime, Act]]:
    """Everything that happens, with its instant; what is staged or uploaded was so a minute before."""
    minute = timedelta(minutes=1)
    for at, version in UPLOADS.items():
        name = "python_buildpack"
        yield at + minute, partial(_upload, name=name, filename=f"{name}-cached-cflinuxfs4-v{version}.zip")
    for life in LIVES:
        for at in life.staged:
            yield at + minute, partial(_stage, name=life.name, version=offered(at))
    for at in REBORN_STAGED:
        yield at + minute, partial(_stage, name="phoenix", version=offered(at))
    yield DELETED, lambda world, _: world.remove_app(world.named("phoenix").guid)
    yield REBORN, _bear
    yield RENAMED, partial(_alter, name="alpha", wanted={"name": "omega"})
    yield STOPPED, partial(_alter, name="sleeper", wanted={"state": "STOPPED"})
    yield STARTED, partial(_alter, name="sleeper", wanted={"state": "STARTED"})
    yield COPIED, _copy
    yield ROLLED_BACK, _roll_back
    for version, _, _, _, staging, production in STEMCELLS:
        for environment, begun in (("staging", staging), ("production", production)):
            if begun:
                yield on(begun), partial(_deploy, environment=environment, version=version)
    for at in SNAPSHOTS:
        yield at, _forget


def offered(at: datetime) -> str:
    """The version of the Python buildpack that the platform offers at an instant."""
    return [version for since, version in {on("07-15 09:00"): "1.8.43", **UPLOADS}.items() if since <= at][-1]


# ---------------------------------------------------------------- applications


def _world() -> World:
    scenery = Scenery(BEGUN)
    furnish(scenery)
    give_roles(scenery)
    for life in LIVES:
        python = (used("python_buildpack", "1.8.43"),)
        scenery.app(Spec(name=life.name, space=life.space, age=timedelta(), used=python))
    image = "registry.example/tools/mailer:4.1"
    scenery.app(Spec(name="image", age=timedelta(), used=None, lifecycle="docker", image=image))
    return scenery.world(identities())


def _upload(world: World, _: Platform, name: str, filename: str) -> None:
    upload(world, name, filename)


def _stage(world: World, _: Platform, name: str, version: str) -> None:
    """Restage; the first staging of all was that of its creation."""
    known = {"alpha": "omega"} if world.now > RENAMED else {}
    if world.named(known.get(name, name)).droplet_guid is None or world.now - timedelta(minutes=1) > BEGUN:
        restage(world, known.get(name, name), used("python_buildpack", version))


def _alter(world: World, _: Platform, name: str, wanted: dict[str, str]) -> None:
    world.add(replace(world.named(name), updated_at=world.now, **wanted))  # type: ignore[arg-type]  # texts, all of them


def _bear(world: World, _: Platform) -> None:
    """An application of the same name and space as one that is gone, without a droplet yet."""
    scenery = Scenery(world.now)
    app = scenery.app(Spec(name="phoenix again", space="agency-b/prod", age=None, used=()))
    rows = [row for row in scenery.rows if row is not app]
    world.add(replace(app, name="phoenix", created_at=world.now), *rows)


def _copy(world: World, _: Platform) -> None:
    """Copy the droplet of prompt to twin: the copy says neither versions nor a package."""
    current, app = world.named("prompt").droplet_guid, world.named("twin")
    original = next(row for row in world.rows("droplets") if isinstance(row, Droplet) and row.guid == current)
    copied = replace(
        original,
        guid=guid_of("copy", app.guid),
        created_at=world.now,
        updated_at=world.now,
        app_guid=app.guid,
        buildpacks=tuple(UsedBuildpack(name=row.name) for row in original.buildpacks or ()),
        package_guid=None,
    )
    world.add(copied)
    request = {"request": {"source_droplet_guid": original.guid}}
    _tell(world, app, "droplet.create", {"droplet_guid": copied.guid, **request})
    _set(world, app, copied.guid)


def _roll_back(world: World, _: Platform) -> None:
    """Set the droplet of backward that was staged before the current one."""
    app = world.named("backward")
    own = [row for row in world.rows("droplets") if isinstance(row, Droplet) and row.app_guid == app.guid]
    before = sorted(own, key=lambda row: row.created_at)[-2]
    _set(world, app, before.guid)


def _set(world: World, app: App, droplet: str) -> None:
    world.add(replace(app, droplet_guid=droplet, updated_at=world.now))
    _tell(world, app, "droplet.mapped", {"request": {"droplet_guid": droplet}})


def _tell(world: World, app: App, what: str, data: dict[str, object]) -> None:
    scenery = Scenery(world.now)
    scenery.rows = [row for row in world.rows("spaces") if isinstance(row, Space)]
    scenery.app_event(app, what, world.now, data)
    world.add(*scenery.events)


def _forget(world: World, _: Platform) -> None:
    """Throw away the audit events that Cloud Controller keeps no longer."""
    events = (row for row in world.rows("audit_events") if isinstance(row, Event))
    world.remove(*(row.guid for row in events if world.now - row.created_at > EVENTS_ARE_KEPT))


# ---------------------------------------------------------------- the platform


def _platform() -> Platform:
    """Two directors with one stemcell line, and feeds that tell of what is published when it is."""
    releases = [StemcellRelease(line=JAMMY, version="1.1200", published=on("07-15 00:00"))]
    releases += [
        StemcellRelease(
            line=JAMMY,
            version=version,
            published=on(released),
            light=on(released),
            announced=on(released),
            notices=((f"USN-{number}-1", "medium"),),
        )
        for version, number, _, released, _, _ in STEMCELLS
    ]
    notices = [
        Notice(
            id=f"USN-{number}-1",
            published=on(published),
            title="OpenSSL vulnerabilities",
            packages={"jammy": ("openssl",)},
            cves=(f"CVE-2026-9{number}",),
            precision="seconds",
        )
        for _, number, published, *_ in STEMCELLS
    ]
    feeds = Feeds(stemcells=releases, notices=notices, packages={JAMMY: ("openssl", "libopenssl1")})
    begun = on("07-16 00:00")
    directors = {name: director(name, begun) for name in ("production", "staging")}
    platform = Platform(now=begun, directors=directors, feeds=feeds)
    for name, made in directors.items():
        for release in BASE:
            verbs.upload_release(made, *release.split("/"))
        verbs.upload_stemcell(made, JAMMY, "1.1200")
        platform.advance(begun + timedelta(minutes=10))
        verbs.deploy(made, platform.main[name], {JAMMY: "1.1200"}, groups=cf_groups(), releases=BASE)
    platform.advance(BEGUN)
    return platform


def _deploy(_: World, platform: Platform, environment: str, version: str) -> None:
    made = platform.directors[environment]
    made.finish(verbs.upload_stemcell(made, JAMMY, version))
    verbs.deploy(made, platform.main[environment], {JAMMY: version})


# ---------------------------------------------------------------- snapshots


def _take(world: World, platform: Platform, into: Path) -> None:
    """A snapshot of everything, put into the store."""
    at = world.now
    with ExitStack() as running:
        harvested = platform if at in HARVESTS else None
        foundation = running.enter_context(Foundation(world, harvested, clock=at.timestamp))
        if harvested and at >= STAGING_SILENT:
            foundation.directors["staging"].stop()
        outside = Outside(variables_of(foundation), Manners(quiet=True), lambda _: None, remembers=False)
        outside.clock = Clock(lambda: at, lambda: f"{at:%m%d%H%M}", lambda _: None)
        settings = load(flags={}, environment=outside.environment, config=None, here=into.parent, user_dir=into.parent)
        store = store_at(f"file:{into}", settings, outside)
        connection = running.enter_context(line_to(foundation.api, settings, outside))
        names = sources_in(settings, outside.environment, ())
        scope = Scope(needs=TOPICS - {"ssh"}, now=at, user=connection.identity.user)
        job = Job(
            parent=into,
            system=SYSTEM,
            foundation="https://api.sandbox.example",
            identity=connection.identity,
            version="0",
            concurrency=1,
            scope=scope_of(scope, names, **needs_of(names, settings, outside.environment, at, store)),
            previous=last_manifest(store, SYSTEM),
        )
        lines = [
            line._replace(open=lambda: Punctual(connection.session)) if line.source == CLOUD_CONTROLLER else line
            for line in lines_to(names, settings, outside, connection.session)
        ]
        take_snapshot(lines, job, clock=outside.clock, stop=outside.stop)
