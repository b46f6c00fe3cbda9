"""Where the history of a director has gaps: what was pruned, re-created, or never looked at."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from collector.assessment.patching.board import Board
from collector.assessment.words import duration
from collector.model import Director, Gap, Reach

_EVENTS = "events"


def history_gaps(board: Board) -> dict[str, list[Gap]]:
    """By source: every stretch of the lookback in which nobody saw a director's events."""
    found = {}
    for environment in board.sight.environments("directors"):
        own = [row for row in board.facts.directors if row.environment == environment]
        gaps = [Gap(what=_EVENTS, reason=reason) for reason in _stretches(board, own)]
        if gaps:
            found[f"bosh-{environment}"] = gaps
    return found


def _stretches(board: Board, own: Sequence[Director]) -> Iterator[str]:
    reaches = _ordered(own)
    if not reaches:
        if own:
            yield "no events of it were wholly read"
        return
    first = reaches[0][1].since
    if first is not None and first > board.since:
        yield f"not seen before {_at(first)}, which is {duration((first - board.since).total_seconds())} of the period"
    held_uuid, held = reaches[0]
    for uuid, reach in reaches[1:]:
        why = _between(held_uuid, held, uuid, reach)
        if why and (reach.since or reach.until) > board.since:
            yield why
        if (uuid, reach.upto_id) != (held_uuid, held.upto_id) or reach.until > held.until:
            held_uuid, held = uuid, reach
    late = board.as_of - held.until
    if late > board.harvest:
        yield f"not looked at since {_at(held.until)}, {duration(late.total_seconds())} before the instant asked about"


def _ordered(own: Sequence[Director]) -> list[tuple[str, Reach]]:
    rows = {(row.uuid, row.reach.after_id, row.reach.upto_id, row.reach.until): row.reach for row in own if row.reach}
    return [(key[0], reach) for key, reach in sorted(rows.items(), key=lambda row: (row[1].until, row[0]))]


def _between(held_uuid: str, held: Reach, uuid: str, reach: Reach) -> str:
    """Why one stretch does not go on from the one before, or ""."""
    if uuid != held_uuid:
        reason = reach.reason or "the director was created anew"
    elif reach.after_id > held.upto_id:
        reason = reach.reason or "its events were pruned in between"
    else:
        return ""
    since = reach.since or reach.until
    if since <= held.until:
        return ""
    return f"not seen between {_at(held.until)} and {_at(since)}: {reason}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
