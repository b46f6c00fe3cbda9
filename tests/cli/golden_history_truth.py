"""What really happened in the ninety days, by arithmetic alone: nothing of the tool is asked.

An application is outside a window from fourteen days after its staging on, or from fourteen days after the platform
first offered a newer buildpack than it has, to the second at which another droplet is set.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from collector.sandbox.scenery import guid_of
from tests.cli.golden_history_world import (
    BEGUN,
    COPIED,
    DELETED,
    LIVES,
    MAPPED,
    REBORN,
    REBORN_STAGED,
    ROLLED_BACK,
    STARTED,
    STOPPED,
    UPLOADS,
    Life,
)

WINDOW = timedelta(days=14)
ENDLESS = datetime(2027, 1, 1, tzinfo=UTC)
AGE, CURRENT = "app-restage-age", "buildpack-current"

Stretch = tuple[datetime, datetime]


class Ran(NamedTuple):
    """From `begin` on a droplet was set that had been staged at an instant."""

    begin: datetime
    staged: datetime


def outside(check: str, *, stopped: bool = False) -> dict[str, list[Stretch]]:
    """When each application was outside, by guid, as long as it was there and started, or perhaps `stopped`."""
    found = {}
    for life in LIVES:
        guid = guid_of("app", life.space, life.name)
        found[guid] = list(_within(_outside(check, _runs(life)), _counted(life.name, stopped=stopped)))
    reborn = [Ran(at + MAPPED, at) for at in REBORN_STAGED]
    again = guid_of("app", "agency-b/prod", "phoenix again")
    found[again] = list(_within(_outside(check, reborn), [(REBORN, ENDLESS)]))
    return found


def _runs(life: Life) -> list[Ran]:
    runs = [Ran(at + MAPPED, at) for at in life.staged]
    if life.name == "backward":
        runs.append(Ran(ROLLED_BACK, life.staged[0]))
    if life.name == "twin":
        prompt = next(row for row in LIVES if row.name == "prompt")
        runs.append(Ran(COPIED, max(at for at in prompt.staged if at < COPIED)))
    return sorted(runs)


def _counted(name: str, *, stopped: bool) -> list[Stretch]:
    if name == "phoenix":
        return [(BEGUN, DELETED)]
    return [(BEGUN, STOPPED), (STARTED, ENDLESS)] if name == "sleeper" and not stopped else [(BEGUN, ENDLESS)]


def _outside(check: str, runs: list[Ran]) -> Iterator[Stretch]:
    for run, following in pairwise([*runs, Ran(ENDLESS, ENDLESS)]):
        since = run.staged if check == AGE else min((at for at in UPLOADS if at > run.staged), default=ENDLESS)
        yield max(run.begin, since + WINDOW), following.begin


def _within(rows: Iterable[Stretch], allowed: Iterable[Stretch]) -> Iterator[Stretch]:
    limits = list(allowed)
    for begin, end in rows:
        for first, last in limits:
            if max(begin, first) < min(end, last):
                yield max(begin, first), min(end, last)


def less(rows: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What of some stretches lies in none of the others."""
    left = list(rows)
    for first, last in others:
        parts = [((begin, min(end, first)), (max(begin, last), end)) for begin, end in left]
        left = [part for pair in parts for part in pair if part[0] < part[1]]
    return left
