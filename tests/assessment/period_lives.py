"""Lives of an app of which everything is known, and what snapshots of them show."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from collector.assessment import Declared, Patterns
from collector.assessment.period import Timeline
from collector.model import Build, Event, Facts, Gap, Held, Period
from tests.assessment.builders import CATALOG, PYTHON, app, change, droplet, facts, pack, snapshot

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
MONTH = 31 * 24
LIMIT = 14 * 24
OCTOBER = Period(name="2026-10", begin=BEGIN, end=BEGIN + timedelta(hours=MONTH))
SPACE_TASKS: Mapping[str, Any] = {}
FIRST = -60 * 24


def hour(number: float) -> datetime:
    """So many hours after the first instant of October."""
    return BEGIN + timedelta(hours=number)


class Life(NamedTuple):
    """Everything in hours: when droplets were set (one that was set before is rolled back to), uploads of the platform.

    `sets` are (hour, number of the droplet); droplet n was staged when it was first set. The app is `started` until
    the hour `turned`, and stopped from then on, or the other way round.
    """

    sets: tuple[tuple[int, int], ...]
    uploads: tuple[int, ...]
    started: bool
    turned: int
    deleted: int

    @property
    def created(self) -> int:
        """The hour of the first droplet is that of the app."""
        return self.sets[0][0]

    def current(self, at: float) -> int | None:
        """The droplet in effect."""
        found = [number for begin, number in self.sets if begin <= at]
        return found[-1] if found and at < self.deleted else None

    def staged(self, number: int) -> int:
        """When a droplet was staged."""
        return next(at for at, known in self.sets if known == number)

    def version(self, at: float) -> int:
        """What the platform offers."""
        return 40 + sum(upload <= at for upload in self.uploads)

    def runs(self, at: float) -> bool:
        """Whether it is started."""
        return self.started if at < self.turned else not self.started

    def outside(self, check: str, at: float) -> bool:
        """The truth."""
        number = self.current(at)
        if number is None:
            return False
        since = self.staged(number)
        if check == "buildpack-current":
            newer = [upload for upload in self.uploads if upload > since]
            if not newer:
                return False
            since = newer[0]
        return at - since > LIMIT


class Shown(NamedTuple):
    """A snapshot at an hour, and what of it was read: the events, builds, its droplet."""

    at: int
    events: bool = True
    builds: bool = True
    staged_events: bool = True
    droplet: bool = True


def _event(kind: str, at: int, target: str, **data: Any) -> Event:
    return Event(type=f"audit.{kind}", created_at=hour(at), target=target, data=data)


def _events(life: Life, shown: Shown) -> list[Event]:
    """The events of the 31 days before a snapshot."""
    since = shown.at - MONTH
    found = [
        _event("app.droplet.mapped", at, "a1", request={"droplet_guid": f"d{number}"})
        for at, number in life.sets
        if since <= at <= shown.at
    ]
    if shown.staged_events:
        stagings = {number: life.staged(number) for _, number in life.sets}
        found += [
            _event("app.build.staged", at, "a1", droplet_guid=f"d{number}")
            for number, at in stagings.items()
            if since <= at <= shown.at
        ]
    found += [_event("buildpack.upload", at, PYTHON.guid) for at in life.uploads if since <= at <= shown.at]
    return found


def facts_of(life: Life, shown: Shown) -> Facts:
    """What a snapshot reads."""
    at = shown.at
    number = life.current(at)
    platform = change(
        PYTHON,
        filename=f"python_buildpack-cached-cflinuxfs4-v1.8.{life.version(at)}.zip",
        updated_at=hour(max((row for row in life.uploads if row <= at), default=-4000)),
    )
    builds = [
        Build(guid=f"b{known}", app="a1", state="STAGED", created_at=hour(life.staged(known)), droplet=f"d{known}")
        for known in sorted({known for _, known in life.sets})
        if at - MONTH <= life.staged(known) <= at
    ]
    values: dict[str, Any] = {"taken_at": hour(at), "buildpacks": (platform,)}
    if shown.builds and builds:
        values["builds"] = {"a1": tuple(builds)}
    if not shown.events:
        values["gaps"] = (Gap(what="events", reason="not to be seen"),)
    if number is None:
        return facts(events=_events(life, shown) if shown.events else (), **values)
    staged = life.staged(number)
    record = droplet(
        guid=f"d{number}",
        created_at=hour(staged),
        checksum=f"sum-d{number}",
        buildpacks=(pack(version=f"1.8.{life.version(staged)}"),),
    )
    state = "STARTED" if life.runs(at) else "STOPPED"
    return facts(
        [app(droplet=f"d{number}", created_at=hour(life.created), state=state)],
        [record] if shown.droplet else [],
        events=_events(life, shown) if shown.events else (),
        **values,
    )


def told(life: Life, looks: Iterable[Shown], steady: float) -> Timeline:
    """The month, as snapshots tell it in the order in which they are given; `steady` is the harvest window in hours."""
    windows = dict(CATALOG.windows)
    windows["harvest"] = msgspec.structs.replace(windows["harvest"], limit_hours=steady)
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=windows)
    for shown in looks:
        at = hour(shown.at)
        timeline.add(facts_of(life, shown), snapshot(id=f"s{shown.at}", taken_at=at, finished_at=at))
    return timeline


def fine(held: Held) -> bool:
    """Whether a month is a pass."""
    return not held.outside and not held.unknown and not held.breaches


@st.composite
def lives(draw: st.DrawFn, apart: int = 1) -> Life:
    """An app that is restaged, rolled back, stopped or started once, and perhaps deleted; sets lie `apart` hours."""
    at = draw(st.integers(FIRST, 20 * 24))
    sets = [(at, 0)]
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.integers(apart, apart + 20 * 24))
        newest = max(number for _, number in sets)
        choices = [newest + 1, *(number for number in range(newest + 1) if number != sets[-1][1])]
        sets.append((at, draw(st.sampled_from(choices))))
    uploads = draw(st.lists(st.integers(FIRST, MONTH + 10 * 24), max_size=4, unique=True))
    taken = {at for at, _ in sets}
    free = tuple(sorted(upload for upload in uploads if upload not in taken))
    started = draw(st.booleans())
    turned = draw(st.sampled_from([99_999, 99_999, *range(-20 * 24, MONTH, 50)])) if started else -99_999
    if not started:
        turned = draw(st.integers(-20 * 24, MONTH))
    deleted = draw(st.sampled_from([99_999, 99_999, 99_999, *range(0, MONTH + 200, 70)]))
    return Life(tuple(sets), free, started, turned, max(deleted, sets[0][0] + 1))


def looks(least: int = 1) -> st.SearchStrategy[list[Shown]]:
    """Snapshots at different hours, most of which read everything."""
    often = st.sampled_from([True, True, True, False])
    one = st.builds(Shown, st.integers(-30 * 24, MONTH + 20 * 24), often, often, often, often)
    return st.lists(one, min_size=least, max_size=7, unique_by=lambda shown: shown.at)
