"""What is known of droplets, looks and snapshots: the tables that a month's lives are told from."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import Final, NamedTuple

from collector.assessment.staging import Staging
from collector.model import DropletBuildpack

EVER: Final = datetime(1, 1, 2, tzinfo=UTC)
"""Before everything: no evidence bounds an instant from below."""
NEVER: Final = datetime(5000, 1, 1, tzinfo=UTC)
"""After everything: no evidence bounds an instant from above. Ages added to it stay within what a datetime holds."""

REMEMBERED: Final = timedelta(days=31)
"""How long Cloud Controller keeps audit events."""


class Known(NamedTuple):
    """A droplet: when it was `made` (it ran no earlier), and since when its bits are `staged` (of a copy, earlier).

    None where that is not known, and `problem` says why. `packs` are those of the original; None: not known.
    """

    guid: str
    made: datetime | None
    staged: datetime | None
    problem: str = ""
    packs: tuple[DropletBuildpack, ...] | None = None
    stack: str | None = None
    lifecycle: str = ""
    image: str | None = None
    is_image: bool = False
    copied: bool = False


def known_of(staging: Staging) -> Known | None:
    """A droplet as one snapshot tells it; None where that snapshot did not read it."""
    droplet = staging.droplet
    if droplet is None:
        return None
    origin = staging.original or droplet
    return Known(
        guid=intern(droplet.guid),
        made=droplet.created_at,
        staged=staging.at,
        problem=staging.problem,
        packs=origin.buildpacks or (),
        stack=origin.stack,
        lifecycle=origin.lifecycle,
        image=droplet.image,
        is_image=staging.kind == "image",
        copied=staging.kind == "copied",
    )


class Seen(NamedTuple):
    """What one look shows of an app beside its droplet. `scope` None: stopped, and whether tasks ran is not known."""

    droplet: str
    scope: bool | None
    ssh: bool | None
    lifecycle: str
    stack: str | None


class Look(NamedTuple):
    """A look at one app: when, with what `number` of the snapshots; `seen` None: it was not there."""

    at: datetime
    number: int
    seen: Seen | None


class Reach:
    """The time of which the audit events were read, as stretches without overlap."""

    def __init__(self, stretches: Sequence[tuple[datetime, datetime]]) -> None:
        self._begins: list[datetime] = []
        self._ends: list[datetime] = []
        for begin, end in sorted(stretches):
            if self._ends and begin <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._begins.append(begin)
                self._ends.append(end)

    def holes(self, begin: datetime, end: datetime, longer: timedelta) -> list[tuple[datetime, datetime]]:
        """The stretches from `begin` to `end` that the events do not reach, if longer than some time."""
        found = []
        place = bisect_right(self._begins, begin) - 1
        at = max(begin, self._ends[place]) if place >= 0 else begin
        for number in range(place + 1, len(self._begins)):
            if self._begins[number] >= end:
                break
            found.append((at, self._begins[number]))
            at = self._ends[number]
        if at < end:
            found.append((at, end))
        return [row for row in found if row[1] - row[0] > longer]

    def whole(self, begin: datetime, end: datetime) -> bool:
        """Whether the events of all the time between two instants were read."""
        return not self.holes(begin, end, timedelta(0))
