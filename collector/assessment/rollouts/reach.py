"""How far one director was looked at: stretches of time, lists of what is bound, and lists of VMs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from collector.assessment.rollouts.stemcells import line_of, version_key
from collector.model.base import Value
from collector.model.platform import Deployed, Director, Reach, Vm

MARGIN: Final = timedelta(minutes=5)
"""How long after the newest event a list that belongs to the same harvest may have been read."""


class Span(Value, frozen=True, kw_only=True):
    """Events with `after_id` < id <= `upto_id` were all read; `since` None is the director's first event.

    `reason` says why nothing is known before `since`; `whole_until` is `until` before it was cut at the instant asked.
    """

    after_id: int
    upto_id: int
    since: datetime | None
    until: datetime
    whole_until: datetime
    reason: str = ""


class Bound(Value, frozen=True, kw_only=True):
    """What was bound at an instant (`name/version`); None: there was no such deployment."""

    at: datetime
    stemcells: tuple[str, ...] | None
    locked: bool | None
    document: str = ""


class Look(Value, frozen=True, kw_only=True):
    """What every VM of a line carried from `since` to `at`; `floor` is None where there was none of the line."""

    since: datetime
    at: datetime
    floor: str | None
    instances: frozenset[str]
    documents: tuple[str, ...] = ()


def spans_of(directors: Iterable[Director], deployment: str, as_of: datetime) -> tuple[Span, ...]:
    """The stretches that the harvests of one director cover together, oldest first."""
    reaches = [
        row.reach
        for row in directors
        if row.reach is not None and (deployment in row.deployments or not row.deployments)
    ]
    spans: list[Span] = []
    for reach in sorted(reaches, key=_order):
        last = spans[-1] if spans else None
        joined = last is not None and reach.after_id <= last.upto_id
        until = max(last.until, reach.until) if last and joined else reach.until
        made = Span(
            after_id=last.after_id if last and joined else reach.after_id,
            upto_id=max(last.upto_id, reach.upto_id) if last and joined else reach.upto_id,
            since=last.since if last and joined else reach.since,
            until=until,
            whole_until=until,
            reason=last.reason if last and joined else reach.reason,
        )
        spans = [*(spans[:-1] if joined else spans), made]
    return tuple(_cut(span, as_of) for span in spans if span.since is None or span.since <= as_of)


def _order(reach: Reach) -> tuple[int, bool, str, int, str]:
    since = reach.since.isoformat() if reach.since else ""
    return reach.after_id, reach.since is not None, since, reach.upto_id, reach.reason


def _cut(span: Span, as_of: datetime) -> Span:
    if span.until <= as_of:
        return span
    return Span(
        after_id=span.after_id,
        upto_id=span.upto_id,
        since=span.since,
        until=as_of,
        whole_until=span.whole_until,
        reason=span.reason,
    )


def bounds_of(
    directors: Iterable[Director], deployment: str, spans: Sequence[Span], as_of: datetime
) -> tuple[Bound, ...]:
    """What `/deployments` said, at instants that the events reach; oldest first."""
    found: dict[tuple[datetime, str], Bound] = {}
    for director in directors:
        if director.listed is None or (director.deployments and deployment not in director.deployments):
            continue
        row = next((row for row in director.listed if row.name == deployment), None)
        observed = row.observed_at if row else min((row.observed_at for row in director.listed), default=None)
        at = _reached(_by_its_clock(observed or director.taken_at, director), spans)
        if at is not None and at <= as_of:
            made = _bound(row, at)
            found[at, made.document] = made
    return tuple(found[key] for key in sorted(found))


def _bound(row: Deployed | None, at: datetime) -> Bound:
    if row is None:
        return Bound(at=at, stemcells=None, locked=False)
    return Bound(at=at, stemcells=row.stemcells, locked=row.locked, document=row.document)


def _by_its_clock(at: datetime, director: Director) -> datetime:
    return at + timedelta(seconds=director.clock_skew_seconds or 0.0)


def _reached(at: datetime, spans: Sequence[Span]) -> datetime | None:
    """The instant up to which events tell what came before a list; None where they do not reach it."""
    for span in spans:
        if (span.since is None or span.since <= at) and at <= span.until:
            return at
        # Read moments after the newest event, in the same harvest.
        if span.until == span.whole_until and span.until < at <= span.until + MARGIN:
            return span.until
    return None


def looks_of(
    directors: Sequence[Director],
    deployment: str,
    line: str,
    as_of: datetime,
    touched: Iterable[tuple[str, datetime]] = (),
) -> tuple[Look, ...]:
    """What lists of all VMs prove of a line. One that was read later still proves what ran at the instant asked.

    `touched` says which instances there were, and when: one that a list lacks may have been older while it was there.
    """
    made: dict[tuple[datetime, tuple[str, ...]], Look] = {}
    for director in directors:
        if deployment in director.vms_of:
            own = [vm for vm in director.vms if vm.deployment == deployment and vm.active]
            look = _look(own, line, director)
            if look is not None and look.since <= as_of:
                made[look.at, look.documents] = look
    there, looks, listed = list(touched), list[Look](), list(_listed(directors, deployment, line))
    for key in sorted(made):
        look = _without_lost(made[key], looks[-1] if looks else None, there)
        # Where an older one is bound, a VM may be gone that had it.
        older = any(look.since < at <= look.at + MARGIN and _has_older(bound, look.floor) for at, bound in listed)
        looks.append(msgspec.structs.replace(look, since=look.at) if older else look)
    return tuple(looks)


def _listed(directors: Iterable[Director], deployment: str, line: str) -> Iterable[tuple[datetime, frozenset[str]]]:
    for director in directors:
        for row in director.listed or ():
            if row.name == deployment:
                bound = frozenset(version for name, version in map(line_of, row.stemcells) if name == line)
                yield _by_its_clock(row.observed_at, director), bound


def _has_older(bound: frozenset[str], floor: str | None) -> bool:
    if floor is None:
        return bool(bound)
    return floor in bound and oldest(bound) != floor


def _look(vms: Sequence[Vm], line: str, director: Director) -> Look | None:
    if not vms or any(not vm.stemcell for vm in vms):
        return None
    at = _by_its_clock(max(vm.observed_at for vm in vms), director)
    of_line = [(line_of(vm.stemcell)[1], vm) for vm in vms if line_of(vm.stemcell)[0] == line]
    counted = [(version, vm) for version, vm in of_line if not vm.ignored]
    if of_line and not counted:
        return None
    floor = oldest({version for version, _ in counted})
    if counted and floor is None:
        return None
    created = [vm.created_at for _, vm in counted]
    # A VM carries its stemcell from its creation to its end.
    since = max((when for when in created if when is not None), default=at) if None not in created else at
    return Look(
        since=min(since, at),
        at=at,
        floor=floor,
        instances=frozenset(vm.instance for vm in vms),
        documents=tuple(sorted({vm.document for vm in vms if vm.document})),
    )


def _without_lost(look: Look, last: Look | None, touched: Sequence[tuple[str, datetime]]) -> Look:
    """An instance that was there before and is gone may have been older: then only the instant itself is proven."""
    there = {name for name, at in touched if at <= look.at and (last is None or at > last.at)}
    since = look.since
    if (there | last.instances if last else there) - look.instances:
        since = look.at
    elif last is not None and since < last.at:
        since = max(since, last.since)
    return msgspec.structs.replace(look, since=since)


def oldest(versions: Iterable[str]) -> str | None:
    """The oldest of some versions; None where they cannot be ordered, or there are none."""
    every = set(versions)
    if len(every) == 1:
        return next(iter(every))
    keyed = {version: version_key(version) for version in every}
    if not every or any(key is None for key in keyed.values()):
        return None
    return min(every, key=lambda version: keyed[version] or ())


def ignored_of(directors: Iterable[Director], deployment: str) -> frozenset[str]:
    """The instances that were ever seen to be ignored."""
    return frozenset(vm.instance for row in directors for vm in row.vms if vm.deployment == deployment and vm.ignored)
