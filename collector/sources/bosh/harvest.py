"""What one harvest is to read of a director, and how it goes on from the harvest before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from collector.sources.bosh.wire import EventRow


class Harvest(msgspec.Struct, frozen=True, kw_only=True):
    """One director to be read at `now`: patterns of deployments (none is all), and where the last harvest ended.

    `since` is what `state` gave then; `vms` whether to ask every agent, which is for once a day.
    """

    environment: str
    deployments: tuple[str, ...] = ()
    since: Mapping[str, str] = {}
    now: datetime
    vms: bool = True

    def wants(self, deployment: str) -> bool:
        """Whether a deployment is in scope."""
        return not self.deployments or any(fnmatchcase(deployment, pattern) for pattern in self.deployments)

    @property
    def patterns(self) -> str:
        """The patterns as one word, to notice that others are asked for."""
        return ",".join(sorted(self.deployments))


class Start(NamedTuple):
    """Up to which event the harvests before have read, and until when; None, with a reason, to begin anew."""

    last: int | None = None
    until: datetime | None = None
    reason: str = ""

    @property
    def floor(self) -> int:
        """Events with this id and smaller ones need not be asked for."""
        return self.last or 0


def source_name(environment: str) -> str:
    """The name of a director among the sources of a snapshot."""
    return f"bosh-{environment}"


def start_of(harvest: Harvest, uuid: str, newest: int | None) -> Start:
    """Where to begin at the director `uuid`, whose newest event is `newest`; None when it has no event."""
    since = harvest.since
    if not since.get("uuid"):
        return Start()
    if since["uuid"] != uuid:
        return Start(reason="the director was created anew (new uuid)")
    last, until = int(since.get("upto_id", "0")), since.get("until", "")
    if not last or not until:
        return Start(reason="the harvest before found no events")
    if newest is not None and newest < last:
        # Ids are never given twice, except where an older database was put back.
        return Start(reason=f"the event ids went back from {last} to {newest}: the director's database is another one")
    if since.get("deployments", harvest.patterns) != harvest.patterns:
        return Start(reason="other deployments were asked for before")
    return Start(last, datetime.fromisoformat(until))


def named_in(rows: Iterable[EventRow], start: Start, harvest: Harvest) -> set[str]:
    """The deployments in scope that new deployment events name: also those that are listed no more."""
    names = {row.of for row in rows if row.number > start.floor}
    return {name for name in names if name and harvest.wants(name)}
