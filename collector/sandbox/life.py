"""What happens to a world after it was made: time passes, apps are restaged, buildpacks are uploaded."""

from dataclasses import replace
from datetime import timedelta

from collector.sandbox.records import App, Buildpack, Droplet, Instance, Process, Space, UsedBuildpack
from collector.sandbox.scenery import Scenery, digest_of, guid_of
from collector.sandbox.world import World


def restage(world: World, name: str, *items: UsedBuildpack, restart: bool = True) -> Droplet:
    """Restage an app one minute ago with these buildpacks (none: those it has), and restart it unless told not to."""
    app = world.named(name)
    before = world.find("droplets", app.droplet_guid)
    scenery = _scenery(world)
    created = scenery.ago(timedelta(minutes=1))
    kept = before.buildpacks if isinstance(before, Droplet) else ()
    droplet = Droplet(
        guid=guid_of("droplet", app.guid, created),
        created_at=created,
        updated_at=created + timedelta(seconds=5),
        app_guid=app.guid,
        lifecycle_type=app.lifecycle_type,
        checksum=digest_of(app.guid, created),
        buildpacks=items or kept,
        stack=app.stack,
        package_guid=guid_of("package", app.guid, "current"),
    )
    scenery.staging(app, droplet)
    mapped = created + timedelta(seconds=8)
    scenery.app_event(app, "droplet.mapped", mapped, {"request": {"droplet_guid": droplet.guid}})
    _add(world, scenery)
    world.add(replace(app, droplet_guid=droplet.guid, updated_at=mapped))
    if restart:
        _restart(world, app, mapped - scenery.now + timedelta(seconds=20))
    return droplet


def upload(world: World, name: str, filename: str, stack: str = "cflinuxfs4") -> Buildpack:
    """Upload a new version of a platform buildpack one minute ago; raise LookupError where there is none."""
    for row in world.rows("buildpacks"):
        if isinstance(row, Buildpack) and (row.name, row.stack) == (name, stack):
            scenery = _scenery(world)
            scenery.buildpack(replace(row, filename=filename, state="READY", updated_at=None), timedelta(minutes=1))
            _add(world, scenery)
            return row
    raise LookupError(name, stack)


def _scenery(world: World) -> Scenery:
    scenery = Scenery(world.now)
    scenery.rows = [row for row in world.rows("spaces") if isinstance(row, Space)]
    return scenery


def _add(world: World, scenery: Scenery) -> None:
    world.add(*scenery.rows, *sorted(scenery.events, key=lambda event: event.created_at))


def _restart(world: World, app: App, after: timedelta) -> None:
    process = world.find("processes", app.guid)
    if isinstance(process, Process):
        since = world.now + after
        running = tuple(Instance(index=number, started_at=since) for number in range(process.instances))
        world.add(replace(process, running=running, version=guid_of("process", app.guid, since)))
