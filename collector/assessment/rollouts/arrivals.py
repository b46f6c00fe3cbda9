"""When a deployment first ran a version or a newer one, and when it began to move there."""

from datetime import datetime

from collector.assessment.rollouts.known import at_least
from collector.assessment.rollouts.stemcells import line_of, normal, version_key
from collector.assessment.rollouts.timeline import NOT_THERE
from collector.model.base import Value
from collector.model.platform import Deploy, Rollout, Segment


class Arrival(Value, frozen=True, kw_only=True):
    """When something first held of a version or a newer one; equal ends where it is known exactly.

    `not_after` None: not yet, or not known; also where it was there at `once`, and whether it still is at the instant
    asked about is not known. `not_before` with it None is the latest instant at which the deployment is known to have
    been below still, before it ever was there. `open` says that it is known not to be wholly there at the instant asked
    about; `reopened` that it was there once and a rollback took it away. `reason` says why something is not known.
    """

    not_before: datetime | None = None
    not_after: datetime | None = None
    open: bool = False
    reopened: bool = False
    source: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()
    once: datetime | None = None


def arrival(rollout: Rollout, version: str, as_of: datetime) -> Arrival:
    """When the deployment first ran wholly on `version` or a newer one of the line, as known at `as_of`."""
    version = normal(version)
    rows = [segment for segment in rollout.segments if segment.since <= as_of]
    if version_key(version) is None:
        return Arrival(reason=f"{version} is no version that can be put in order")
    first = next((number for number, row in enumerate(rows) if at_least(row.floor, version)), None)
    if first is None:
        return _not_there(rows, version, as_of)
    there, before = rows[first], rows[first - 1] if first else None
    below = _below(rows[:first], version)
    # A deployment that a director has just made may have been another director's before.
    exact = before is not None and before.until == there.since and _is_below(before, version)
    later = [row for row in rows[first + 1 :] if _is_below(row, version)]
    if rows[-1].until < as_of or (rows[-1].floor is None and not _is_new(rows[-1])):
        # A rollback may be what is not seen.
        return Arrival(
            not_before=there.since if exact else below,
            reopened=bool(later),
            source="last seen below",
            reason=f"it was there at {there.since:%Y-%m-%dT%H:%M:%SZ}; whether it still is, is not known: "
            f"{rows[-1].reason or 'no evidence says'}",
            evidence=there.evidence,
            once=there.since,
        )
    hidden = "" if exact else before.reason if before is not None else "what ran before is not known"
    return Arrival(
        not_before=there.since if exact else below,
        not_after=there.since,
        open=bool(later) and _is_open(rows, version, as_of),
        reopened=bool(later),
        source=_source(rollout, there),
        reason=hidden,
        evidence=there.evidence,
        once=there.since,
    )


def _not_there(rows: list[Segment], version: str, as_of: datetime) -> Arrival:
    opened = _is_open(rows, version, as_of)
    reason = ""
    if not opened:
        reason = (rows[-1].reason if rows else "") or "no evidence says what runs"
    last = next((row for row in reversed(rows) if _is_below(row, version)), None)
    return Arrival(
        not_before=min(last.until, as_of) if last else None,
        open=opened,
        source="last seen below" if last else "",
        reason=reason,
        evidence=last.evidence if last else (),
    )


def _is_below(row: Segment, version: str) -> bool:
    return row.floor is not None and version_key(row.floor) is not None and not at_least(row.floor, version)


def _is_new(row: Segment) -> bool:
    return row.floor is None and row.reason == NOT_THERE


def _below(rows: list[Segment], version: str) -> datetime | None:
    return max((row.until for row in rows if _is_below(row, version)), default=None)


def _is_open(rows: list[Segment], version: str, as_of: datetime) -> bool:
    return bool(rows) and rows[-1].until >= as_of and _is_below(rows[-1], version)


def _source(rollout: Rollout, there: Segment) -> str:
    """In words, what the first instant of a segment is."""
    at = there.since
    if any(row.outcome == "ok" and row.ended == at for row in rollout.deploys):
        return "deployment end event"
    if any(vm.created_at == at for vm in rollout.vms):
        return "vm_created_at"
    return "first observation"


def began(rollout: Rollout, version: str) -> Arrival:
    """When the deployment began to move towards `version` or a newer one: the first attempt that was to make it live.

    Exact where that attempt is known; otherwise between the first that may have been it and the first that was.
    """
    version = normal(version)
    earliest: Deploy | None = None
    for number, row in enumerate(rollout.deploys):
        sure = _aims(rollout, number, version)
        if sure is False or (row.began or row.first_instance) is None:
            continue
        earliest = earliest or row
        if sure:
            return _begun(earliest, row)
    reason = "no attempt that was to make it live is known"
    return Arrival(not_before=(earliest.began or earliest.first_instance) if earliest else None, reason=reason)


def _aims(rollout: Rollout, number: int, version: str) -> bool | None:
    """Whether an attempt moved an instance to the version or a newer one; None: perhaps."""
    row = rollout.deploys[number]
    if row.outcome in {"dry-run", "refused"}:
        return False
    if row.target is not None:
        had = bool(row.before) and _newest(rollout, row.before, version)
        return _newest(rollout, row.target, version) and not (had and not row.instances)
    if row.first_instance is None and row.outcome != "ok":
        return None if row.outcome == "unknown" else False
    bound = row.after if row.after is not None else _bound_later(rollout, number)
    if bound is None:
        return None
    # Every VM ran what the last success made live: one that was changed since then runs something else that is bound.
    to = _versions(rollout, bound) - _live(rollout, number)
    newer = [at_least(each, version) for each in to]
    if not any(at_least(each, version) for each in _versions(rollout, bound)):
        return False
    return True if _live(rollout, number) and newer and all(newer) else None


def _bound_later(rollout: Rollout, number: int) -> tuple[str, ...] | None:
    """What was still bound when the next attempt began: what this one bound is among it."""
    later = next((row for row in rollout.deploys[number + 1 :] if row.before is not None or row.outcome == "ok"), None)
    return later.before if later is not None else None


def _live(rollout: Rollout, number: int) -> frozenset[str]:
    """The one version that every VM of the line ran when an attempt began; empty where that is not known."""
    for row in reversed(rollout.deploys[:number]):
        if row.outcome == "ok":
            live = _versions(rollout, row.target or ())
            return live if len(live) == 1 else frozenset()
        if row.first_instance is not None or row.outcome == "unknown":
            break
    before = _versions(rollout, rollout.deploys[number].before or ())
    return before if len(before) == 1 else frozenset()


def _versions(rollout: Rollout, stemcells: tuple[str, ...]) -> frozenset[str]:
    return frozenset(version for line, version in map(line_of, stemcells) if line == rollout.line)


def _newest(rollout: Rollout, stemcells: tuple[str, ...] | None, version: str) -> bool:
    """Whether any of some stemcells is the version or a newer one of the line."""
    return any(at_least(has, version) for has in _versions(rollout, stemcells or ()))


def _begun(first: Deploy, row: Deploy) -> Arrival:
    start, end = first.began or first.first_instance, row.began or row.first_instance
    return Arrival(
        not_before=start,
        not_after=end,
        source="lock acquired" if row.began != row.first_instance else "first instance event",
        reason="" if start == end else f"what task {first.task} was to deploy is not known",
        evidence=row.evidence,
    )
