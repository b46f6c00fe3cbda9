"""The worlds that are shown and tested with: a demonstration, a healthy one and a crowded one."""

from datetime import datetime, timedelta

from collector.sandbox.demo import demo_specs, oddities
from collector.sandbox.people import give_roles, identities
from collector.sandbox.platform import furnish
from collector.sandbox.records import App, Droplet, UsedBuildpack
from collector.sandbox.scenery import Scenery, Spec, digest_of, guid_of, used
from collector.sandbox.world import World


def demo_world(now: datetime) -> World:
    """Return about 50 apps, one for each kind of thing that a foundation has in store for an auditor."""
    scenery = Scenery(now)
    furnish(scenery)
    give_roles(scenery)
    apps = {spec.name: scenery.app(spec) for spec in demo_specs()}
    oddities(scenery, apps)
    return scenery.world(identities())


def healthy_world(now: datetime) -> World:
    """Return a foundation with nothing to find: fresh droplets, current buildpacks, all instances up."""
    scenery = Scenery(now)
    furnish(scenery)
    give_roles(scenery)
    python, node = used("python_buildpack", "1.8.43"), used("nodejs_buildpack", "1.8.30")
    both = (used("nodejs_buildpack", "1.8.30", final=False), python)
    ruby, java = used("ruby_buildpack", "1.10.20"), used("java_buildpack", "4.77")
    for name, space, days, items in (
        ("payments-api", "agency-a/prod", 2.5, (python,)),
        ("benefits-api", "agency-a/prod", 4.0, (python,)),
        ("benefits-web", "agency-a/prod", 1.2, both),
        ("case-tracker", "agency-a/prod", 9.5, (ruby,)),
        ("ledger", "agency-a/staging", 7.0, (java,)),
        ("orders-api", "agency-b/prod", 3.1, (node,)),
        ("reports", "agency-b/dev", 0.4, (ruby,)),
        ("search", "agency-données/sandbox", 6.0, (node,)),
    ):
        scenery.app(Spec(name=name, space=space, age=timedelta(days=days), used=items))
    return scenery.world(identities())


def crowded_world(  # noqa: PLR0913 - each of them is a size
    now: datetime,
    count: int = 1500,
    *,
    seconds: int = 1,
    spaces: int = 2,
    droplets: bool = True,
    age: timedelta = timedelta(days=3),
) -> World:
    """Return `count` apps created within so many seconds, for walks that meet many of one time stamp.

    There are no builds and no events: what is tested with such a world is paging.
    """
    scenery = Scenery(now)
    furnish(scenery)
    give_roles(scenery)
    places = ["agency-a/prod", "agency-a/staging", "agency-b/prod", "agency-b/dev", "agency-données/sandbox"][:spaces]
    begin = scenery.ago(timedelta(days=100))
    for number in range(count):
        created = begin + timedelta(seconds=number * seconds // count)
        _crowd(scenery, number, places[number % len(places)], created, age if droplets else None)
    return scenery.world(identities())


def _crowd(scenery: Scenery, number: int, space: str, created: datetime, age: timedelta | None) -> None:
    name = f"app-{number:05}"
    guid = guid_of("crowd", number)
    droplet_guid = guid_of("crowd droplet", number) if age is not None else None
    app = App(
        guid=guid,
        created_at=created,
        updated_at=created,
        name=name,
        space_guid=scenery.place(space)[0],
        buildpacks=("python_buildpack",),
        droplet_guid=droplet_guid,
    )
    scenery.rows.append(app)
    if droplet_guid is not None and age is not None:
        scenery.rows.append(
            Droplet(
                guid=droplet_guid,
                created_at=scenery.ago(age),
                updated_at=scenery.ago(age),
                app_guid=guid,
                checksum=digest_of(guid),
                buildpacks=_PYTHON,
                package_guid=guid_of("crowd package", number),
            )
        )


_PYTHON: tuple[UsedBuildpack, ...] = (used("python_buildpack", "1.8.43"),)
