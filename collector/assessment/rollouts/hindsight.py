"""What was so at an instant, told with everything that was learned since.

A list of what is bound that was read after the instant settles which version the last success before it made live.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from collector.model.platform import Deploy, Director, Rollout


def horizon(directors: Iterable[Director], as_of: datetime) -> datetime:
    """Up to when evidence reaches."""
    return max([as_of, *(row.reach.until for row in directors if row.reach is not None)])


def cut(rollout: Rollout, as_of: datetime) -> Rollout | None:
    """A history up to an instant; None where it begins later. What ended later was under way then."""
    segments = tuple(
        row if row.until <= as_of else msgspec.structs.replace(row, until=as_of)
        for row in rollout.segments
        if row.since <= as_of
    )
    if not segments and rollout.segments:
        return None
    deploys = tuple(_until(row, as_of) for row in rollout.deploys if _had_begun(row, as_of))
    return msgspec.structs.replace(
        rollout,
        segments=segments,
        deploys=deploys,
        in_flight=any(row.outcome == "in-progress" for row in deploys[-1:]),
    )


def _had_begun(row: Deploy, as_of: datetime) -> bool:
    first = row.began or row.first_instance or row.ended
    return first is None or first <= as_of


def _until(row: Deploy, as_of: datetime) -> Deploy:
    if row.ended is None or row.ended <= as_of:
        return row
    later = {name for name in ("first_instance", "canary", "last_cell") if (at := getattr(row, name)) and at > as_of}
    return msgspec.structs.replace(row, outcome="in-progress", ended=None, **dict.fromkeys(later))
