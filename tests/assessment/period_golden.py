"""Ninety days of six applications, with the hours of each month counted by hand; to be folded, or assessed whole.

A snapshot is taken every day at 06:00 UTC from 1 August to 29 October 2026, and one on 1 November. The limit is
14 days = 336 hours. August and October have 744 hours, September 720. Everything is read, always.

- steady: restaged every ten days at 12:00 from 22 July on: never outside.
- late: staged on 1 August 12:00 and on 25 August 12:00: outside from 15 to 25 August 12:00 (240 h), from 8 September
  12:00 on (540 h of September), and until it is restaged on 5 October 12:00 (108 h); from 19 October 12:00 on outside
  again (300 h).
- back: staged on 20 July, 3 August, 16 August, 29 August, and so on every 13 days at 12:00; on 10 August 12:00 rolled
  back to the droplet of 20 July, which is outside then; the restage of 16 August corrects it: 144 h of August.
- paused: staged on 20 July 12:00 and never again, so outside from 3 August 12:00; stopped on 20 August 12:00. Between
  the looks of the 20th and the 21st whether it counted is not known: outside for 17 days less 6 h (402 h), inside for
  60 h, not known for 24 h.
- short: made and staged on 5 September 12:00, deleted on 15 September 12:00. Seen from the 6th to the 15th at 06:00,
  and not on the 16th: inside for 234 h, not known for 24 h.
- young: made and staged on 20 October 12:00: inside for 276 h of October.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from collector.model import Event, Facts, Period, Snapshot
from tests.assessment.builders import PYTHON, app, change, droplet, facts, snapshot

AUGUST: Final = datetime(2026, 8, 1, tzinfo=UTC)
PERIODS: Final = {
    "2026-08": Period(name="2026-08", begin=AUGUST, end=datetime(2026, 9, 1, tzinfo=UTC)),
    "2026-09": Period(name="2026-09", begin=datetime(2026, 9, 1, tzinfo=UTC), end=datetime(2026, 10, 1, tzinfo=UTC)),
    "2026-10": Period(name="2026-10", begin=datetime(2026, 10, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC)),
}
KEPT: Final = timedelta(days=31)


def noon(month: int, day: int) -> datetime:
    """Noon of a day."""
    return datetime(2026, month, day, 12, tzinfo=UTC)


def every(days: int, since: datetime) -> tuple[datetime, ...]:
    """Instants so many days apart, up to November."""
    return tuple(since + timedelta(days=days * number) for number in range(120 // days))


class Told(NamedTuple):
    """An application: when it was staged, when it was set back to an earlier droplet, stopped, deleted."""

    guid: str
    stagings: tuple[datetime, ...]
    back: tuple[datetime, datetime] | None = None
    stopped: datetime | None = None
    deleted: datetime | None = None
    created: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def moves(self) -> list[tuple[datetime, datetime]]:
        """When droplets were set, and when those were staged."""
        return sorted([(at, at) for at in self.stagings] + ([self.back] if self.back else []))


APPS: Final = (
    Told("steady", every(10, noon(7, 22))),
    Told("late", (noon(8, 1), noon(8, 25), noon(10, 5)), created=noon(8, 1)),
    Told("back", (noon(7, 20), *every(13, noon(8, 3))), back=(noon(8, 10), noon(7, 20))),
    Told("paused", (noon(7, 20),), stopped=noon(8, 20)),
    Told("short", (noon(9, 5),), deleted=noon(9, 15), created=noon(9, 5)),
    Told("young", (noon(10, 20),), created=noon(10, 20)),
)

HOURS: Final = {
    "2026-08": {
        "steady": (744.0, 0.0, 0.0),
        "late": (336.0 + 156.0, 240.0, 0.0),
        "back": (600.0, 144.0, 0.0),
        "paused": (60.0, 402.0, 24.0),
    },
    "2026-09": {
        "steady": (720.0, 0.0, 0.0),
        "late": (180.0, 540.0, 0.0),
        "back": (720.0, 0.0, 0.0),
        "short": (234.0, 0.0, 24.0),
    },
    "2026-10": {
        "steady": (744.0, 0.0, 0.0),
        "late": (336.0, 408.0, 0.0),
        "back": (744.0, 0.0, 0.0),
        "young": (276.0, 0.0, 0.0),
    },
}
"""Hours inside, outside and not known of the age of what each application ran, by month."""


def at(told: Told, moment: datetime) -> datetime | None:
    """When what an application ran at an instant was staged; None while it was not there."""
    set_by_then = [staged for when, staged in told.moves() if when <= moment]
    gone = told.deleted is not None and told.deleted <= moment
    return set_by_then[-1] if set_by_then and not gone else None


def named(told: Told, staged: datetime) -> str:
    """The guid of a droplet."""
    return f"{told.guid}-{staged:%m%d}"


def shown(moment: datetime) -> Facts:
    """What a snapshot of an instant reads."""
    apps, droplets, events = [], [], []
    for told in APPS:
        staged = at(told, moment)
        if staged is not None:
            state = "STOPPED" if told.stopped and told.stopped <= moment else "STARTED"
            guid = named(told, staged)
            apps.append(app(told.guid, name=told.guid, created_at=told.created, droplet=guid, state=state))
            droplets.append(droplet(told.guid, guid=guid, created_at=staged, checksum=f"sum-{guid}"))
        for when, set_to in told.moves():
            if moment - KEPT <= when <= moment:
                request = {"droplet_guid": named(told, set_to)}
                kind = "audit.app.droplet.mapped"
                events.append(Event(type=kind, created_at=when, target=told.guid, data={"request": request}))
    platform = (change(PYTHON, updated_at=AUGUST - timedelta(days=100)),)
    return facts(apps, droplets, events=events, taken_at=moment, buildpacks=platform, snapshot=f"s-{moment:%m%d}")


def history() -> Iterator[tuple[Facts, Snapshot]]:
    """Every snapshot with its facts, oldest first."""
    days = [AUGUST + timedelta(days=number, hours=6) for number in range(90)]
    for moment in (*days, datetime(2026, 11, 1, 6, tzinfo=UTC)):
        yield shown(moment), snapshot(id=f"s-{moment:%m%d}", taken_at=moment, finished_at=moment)
