"""Which stemcells of a deployment the answer speaks of, and how each stands."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from collector.assessment.patching.records import State, StemcellRecord
from collector.assessment.patching.stages import Reached, reached
from collector.assessment.rollouts import Arrival, began, line_of, normal, version_key
from collector.model import Interval, Rollout, StemcellRelease, Subject

if TYPE_CHECKING:
    from collector.assessment.patching.board import Board


def floor_of(board: "Board", rollout: Rollout) -> str | None:
    """The oldest version that a deployment runs as far as it was last seen; None where it is not known."""
    seen = board.seen.get(rollout.environment, board.as_of)
    for segment in reversed(rollout.segments):
        if segment.since <= seen:
            return segment.floor if segment.until >= seen else None
    return None


def stemcell_records(board: "Board", rollout: Rollout) -> Iterator[StemcellRecord]:
    """The row of what runs first, then every stemcell that is newer, recent, or was deployed recently."""
    floor = floor_of(board, rollout)
    releases = {row.version: row for row in board.lines.releases(rollout.line)}
    live = carried(rollout)
    yield _record(board, rollout, floor or "", releases.get(floor or ""), live, floor, head=True)
    names = sorted({*releases, *live} - {floor or ""}, key=lambda name: version_key(name) or (), reverse=True)
    for name in names:
        record = _record(board, rollout, name, releases.get(name), live, floor, head=False)
        if _of_interest(board, record, floor):
            yield record


def carried(rollout: Rollout, by: datetime | None = None) -> frozenset[str]:
    """Every version that is known to have been wholly live in a deployment, up to `by` where that is given.

    What an attempt left behind that broke off was not.
    """
    broken = {at for row in rollout.deploys if row.outcome != "ok" for at in (row.began, row.first_instance)}
    live = {
        segment.floor
        for segment in rollout.segments
        if segment.floor and segment.since not in broken and (by is None or segment.since <= by)
    }
    for row in rollout.deploys:
        if row.outcome == "ok" and row.target and (by is None or (row.ended is not None and row.ended <= by)):
            live |= {version for line, version in map(line_of, row.target) if line == rollout.line}
    return frozenset(map(normal, live))


def _of_interest(board: "Board", record: StemcellRecord, floor: str | None) -> bool:
    at = record.released
    if at is not None and at.not_after >= board.since:
        return True
    newer = floor is not None and (version_key(record.version) or ()) > (version_key(floor) or ())
    interval = record.arrived.interval
    if interval is None:
        # without a release nothing can be said of a version that never ran
        return newer or record.carried or (at is not None and at.not_after >= board.old)
    known = record.arrived.floor is not None or (at is not None and at.not_after >= board.old)
    return interval.not_after >= board.since and (newer or record.carried or at is not None) and known


def _record(  # noqa: PLR0913, PLR0917  everything that a row shows
    board: "Board",
    rollout: Rollout,
    version: str,
    release: StemcellRelease | None,
    live: frozenset[str],
    floor: str | None,
    *,
    head: bool,
) -> StemcellRecord:
    subject = Subject(
        type="stemcell",
        name=f"{rollout.line}/{version}" if version else rollout.line,
        environment=rollout.environment,
        deployment=rollout.deployment,
    )
    released = board.released(release)
    arrived = Reached(reason="what runs is not known")
    start = None
    if version:
        arrived = board.arrived(rollout, version, released.not_before if released else None)
        seen = board.seen.get(rollout.environment, board.as_of)
        start = reached(_began(rollout, version, released), None, seen)
    documents = released.evidence if released else ()
    return StemcellRecord(
        board=board,
        subject=subject,
        rollout=rollout,
        version=version,
        state=_state(rollout, version, arrived, floor),
        head=head,
        release=release,
        released=released,
        arrived=arrived,
        carried=version in live,
        began=start,
        evidence=tuple(dict.fromkeys((*documents, *arrived.evidence))),
    )


def _began(rollout: Rollout, version: str, released: Interval | None) -> Arrival:
    """When the deployment began to move to a version: no attempt that was over before its release can have done so."""
    found = began(rollout, version)
    if released is None:
        return found
    starts = [*(row.began for row in rollout.deploys[1:]), None]
    ends = [row.ended or start for row, start in zip(rollout.deploys, starts, strict=False)]
    later = tuple(
        row for row, end in zip(rollout.deploys, ends, strict=False) if end is None or end >= released.not_before
    )
    narrowed = began(msgspec.structs.replace(rollout, deploys=later), version)
    return narrowed if narrowed.not_after == found.not_after else found


def _state(rollout: Rollout, version: str, arrived: Reached, floor: str | None) -> State:
    if not version:
        return "in flight" if rollout.in_flight else "not known"
    if version == floor:
        return "running"
    if rollout.in_flight and _moving_to(rollout, version):
        return "in flight"
    if arrived.open:
        return "rolled back" if arrived.reopened else "not deployed"
    return "superseded" if arrived.interval else "not known"


def _moving_to(rollout: Rollout, version: str) -> bool:
    last = rollout.deploys[-1] if rollout.deploys else None
    if last is None or last.outcome != "in-progress":
        return False
    bound = {*(last.target or ()), *(last.after or ())} - set(last.before or ())
    return (rollout.line, version) in {line_of(name) for name in bound}
