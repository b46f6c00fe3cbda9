"""The evidence of the sample month, taken over HTTP from a simulated foundation as time passes on it.

`python -m tests.samples --take` takes it afresh; without that the stored evidence stays, and only the reports are made.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from collector import __version__
from collector.cli.demo import variables_of
from collector.cli.lines import lines_to, needs_of, sources_in
from collector.cli.wiring import line_to, store_at
from collector.cli.world import Manners, World
from collector.evidence import last_manifest
from collector.run import Clock, Job, scope_of, take_snapshot
from collector.sandbox import Foundation, Scenery, Spec, UsedBuildpack, demo_platform, restage, upload, used
from collector.sandbox import World as Simulated
from collector.sandbox.people import give_roles, identities
from collector.sandbox.platform import furnish
from collector.settings import Settings, load
from collector.sources import Scope
from collector.sources.cloud_controller import TOPICS

SAMPLE = Path(__file__).parents[1] / "samples" / "month"
FOUNDATION = "https://api.sandbox.example"
BEGUN = datetime(2026, 7, 20, 9, tzinfo=UTC)
WEEKLY = [datetime(2026, 9, 1, 6, tzinfo=UTC) + timedelta(days=7 * week) for week in range(9)]
CLOSING = datetime(2026, 11, 1, 6, tzinfo=UTC)
OWNERS = {"agency-a": "benefits-team@agency-a.example", "agency-b": "orders-team@agency-b.example"}


class Life(NamedTuple):
    """An app, and the days on which it is restaged."""

    name: str
    space: str
    buildpack: UsedBuildpack
    restaged: tuple[str, ...] = ()
    every: int = 0
    origin: str = "staged"
    gone: str = ""


PYTHON, NODE = used("python_buildpack", "1.8.43"), used("nodejs_buildpack", "1.8.30")
RUBY, JAVA = used("ruby_buildpack", "1.10.20"), used("java_buildpack", "4.77")
LIVES = (
    Life("payments-api", "agency-a/prod", PYTHON, every=10),
    Life("benefits-api", "agency-a/prod", PYTHON, every=9),
    # Outside from 9 to 19 October, and corrected.
    Life("benefits-web", "agency-a/prod", NODE, ("08-03", "08-15", "08-27", "09-09", "09-25", "10-19", "10-30")),
    # Outside from 4 October on.
    Life("case-tracker", "agency-a/prod", RUBY, ("08-01", "08-14", "08-26", "09-08", "09-20")),
    # Never restaged; EX-7 accepts that until the end of the year.
    Life("archive-search", "agency-a/prod", JAVA),
    Life("forms", "agency-a/staging", PYTHON, every=7),
    # Outside from 8 September on, and corrected on 3 October.
    Life("orders-api", "agency-b/prod", NODE, ("08-02", "08-14", "08-25", "10-03", "10-16", "10-28")),
    Life("orders-web", "agency-b/prod", NODE, every=13),
    Life("reports", "agency-b/dev", RUBY, every=11, gone="10-13"),
    # Nobody knows how old what it runs is.
    Life("imported", "agency-b/dev", PYTHON, origin="copied"),
)
UPLOADS = {
    "09-10": ("python_buildpack", "1.8.44"),
    "10-08": ("python_buildpack", "1.8.45"),
    "10-15": ("nodejs_buildpack", "1.8.31"),
}


def take(into: Path) -> None:
    """Live through three months, and take the snapshots of September and October into a store."""
    world = _begin()
    newest = {row.name: row for row in (PYTHON, NODE, RUBY, JAVA)}
    for at, act in sorted(_steps(), key=lambda step: (step[0], step[1].partition(" ")[0] != "upload")):
        word, _, name = act.partition(" ")
        # What is restaged or uploaded was so a minute before.
        world.wait(at + timedelta(minutes=word in {"restage", "upload"}) - world.now)
        if word == "snapshot":
            _snapshot(world, into)
        elif word == "upload":
            buildpack, version = UPLOADS[f"{at:%m-%d}"]
            upload(world, buildpack, f"{buildpack}-cached-cflinuxfs4-v{version}.zip")
            newest[buildpack] = used(buildpack, version)
        elif word == "restage":
            life = next(row for row in LIVES if row.name == name)
            restage(world, name, newest[life.buildpack.name])
        else:
            world.remove_app(world.named(name).guid)


def _begin() -> Simulated:
    scenery = Scenery(BEGUN)
    furnish(scenery)
    give_roles(scenery)
    for life in LIVES:
        owner = OWNERS[life.space.partition("/")[0]]
        scenery.app(
            Spec(
                name=life.name,
                space=life.space,
                age=timedelta(),
                used=(life.buildpack,),
                origin=life.origin,
                annotations={"owner": owner},
                ssh=False,
            )
        )
    return scenery.world(identities())


def _steps() -> Iterator[tuple[datetime, str]]:
    for at in (*WEEKLY, CLOSING):
        yield at, "snapshot"
    for day in UPLOADS:
        yield _on(day, 15), f"upload {UPLOADS[day][0]}"
    for number, life in enumerate(LIVES):
        ends = _on(life.gone, 12) if life.gone else CLOSING
        if life.gone:
            yield ends, f"remove {life.name}"
        days = [BEGUN + timedelta(days=life.every * turn, hours=number) for turn in range(1, 20) if life.every]
        for at in (*(_on(day, 10) + timedelta(minutes=7 * number) for day in life.restaged), *days):
            if at < ends:
                yield at, f"restage {life.name}"


def _on(day: str, hour: int) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T{hour:02}:00:00+00:00")


def _snapshot(simulated: Simulated, into: Path) -> None:
    """A snapshot of now; the one that closes the month reads directors and feeds, too."""
    at = simulated.now
    with ExitStack() as running:
        foundation = running.enter_context(Foundation(simulated, demo_platform(at) if at == CLOSING else None))
        world = World(variables_of(foundation), Manners(quiet=True), remembers=False)
        world.clock = Clock(lambda: at, lambda: f"{at:%m%d%H%M}", lambda _progress: None)
        settings = settings_of(world)
        store = store_at(f"file:{into}", settings, world)
        connection = running.enter_context(line_to(foundation.api, settings, world))
        names = sources_in(settings, world.environment, ())
        scope = Scope(needs=TOPICS, now=at, user=connection.identity.user)
        job = Job(
            parent=into,
            system=settings.tables.system.id,
            foundation=FOUNDATION,
            identity=connection.identity,
            version=__version__,
            concurrency=1,  # so that documents are numbered as they were asked for
            scope=scope_of(scope, names, **needs_of(names, settings, world.environment, at, store)),
            previous=last_manifest(store, settings.tables.system.id),
        )
        lines = lines_to(names, settings, world, connection.session)
        taken = take_snapshot(lines, job, clock=world.clock, stop=world.stop)
        missed = [gap.what for source in taken.sources for gap in source.gaps]
        print(f"{taken.id}: {len(names)} {'source' if len(names) == 1 else 'sources'}, gaps: {missed or 'none'}")


def settings_of(world: World) -> Settings:
    """The settings of the sample month."""
    return load(flags={}, environment=world.environment, config=None, here=SAMPLE, user_dir=SAMPLE)
