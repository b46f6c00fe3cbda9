"""Stages of a patch as intervals, and the latencies between them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from collector.assessment.judgement import Span
from collector.assessment.patching.applying import ANNOUNCED_LATE
from collector.assessment.rollouts import Arrival
from collector.assessment.staging import SKEW
from collector.model import Interval, StemcellRelease
from collector.model.base import Slim

ENDLESS: Final = float("inf")


class Reached(Slim, frozen=True, kw_only=True):
    """How far a stage is: `interval` when it was reached; None with `open` is not yet, without it not known.

    `floor` is the latest instant at which it is known not to have been reached, `seen` how far the evidence goes.
    `reopened` says that a rollback took it away. `reason` says what is not known;
    `once` is when it was seen to be reached, though whether it still is may not be known.
    """

    interval: Interval | None = None
    open: bool = False
    floor: datetime | None = None
    seen: datetime | None = None
    reopened: bool = False
    reason: str = ""
    evidence: tuple[str, ...] = ()
    once: datetime | None = None


NOT_OBSERVED: Final = Reached(reason="not observed here")


def released(
    release: StemcellRelease, as_of: datetime, *, light: bool, used: datetime | None = None
) -> Interval | None:
    """When a stemcell was released: by the index; with a light index both files; else from its notes, 4 days late.

    One whose light file was not seen is there between its heavy file and `used`, where it is known to have run, or
    `as_of`.
    """
    at, documents = release.published, release.documents
    if at is None:
        announced = release.announced
        if announced is None:
            return None
        source = "release notes, up to 4 days late"
        return Interval(not_before=announced - ANNOUNCED_LATE, not_after=announced, source=source, evidence=documents)
    if not light:
        return Interval(not_before=at, not_after=at, source="index published", evidence=documents)
    if release.light is not None:
        at = max(at, release.light)
        return Interval(not_before=at, not_after=at, source="index published, heavy and light", evidence=documents)
    last = max(at, min(used or as_of, as_of))
    return Interval(not_before=at, not_after=last, source="index published, light not seen", evidence=documents)


def reached(arrival: Arrival, since: datetime | None, seen: datetime) -> Reached:
    """One deployment's arrival; where it is only known to have been there by an instant, it came after `since`."""
    if arrival.open or arrival.not_after is None:
        return Reached(
            open=arrival.open,
            floor=seen if arrival.open else arrival.not_before,
            seen=seen,
            reopened=arrival.reopened,
            reason=arrival.reason,
            evidence=arrival.evidence,
            once=arrival.once,
        )
    last = arrival.not_after
    first = arrival.not_before if arrival.not_before is not None else min(since or last, last)
    # The first arrival counts; that it was undone for a while must be seen all the same.
    source = f"{arrival.source}; rolled back and brought again since" if arrival.reopened else arrival.source
    interval = Interval(not_before=first, not_after=last, source=source, evidence=arrival.evidence)
    return Reached(interval=interval, floor=arrival.not_before, seen=seen, evidence=arrival.evidence, once=last)


def last_of(every: Sequence[Reached]) -> Reached:
    """When all were reached: the last of them."""
    if not every:
        return NOT_OBSERVED
    if len(every) == 1:
        return every[0]
    floors = [row.floor for row in every if row.floor]
    intervals = [row.interval for row in every if row.interval]
    floors += [interval.not_before for interval in intervals]
    floor = max(floors, default=None)
    seen = min((row.seen for row in every if row.seen), default=None)
    evidence = tuple(dict.fromkeys(name for row in every for name in row.evidence))
    if len(intervals) < len(every):
        once = [row.once for row in every if row.once]
        return Reached(
            once=max(once) if len(once) == len(every) else None,
            open=any(row.open for row in every),
            floor=floor,
            seen=seen,
            reopened=any(row.reopened for row in every),
            reason=next((row.reason for row in every if row.reason and not row.interval), ""),
            evidence=evidence,
        )
    last = max(intervals, key=lambda row: row.not_after)
    interval = Interval(
        not_before=max(row.not_before for row in intervals),
        not_after=last.not_after,
        source=last.source,
        evidence=evidence,
    )
    return Reached(interval=interval, floor=floor, seen=seen, evidence=evidence)


def between(lower: Reached, upper: Reached) -> Reached:
    """When a stage was reached that came no earlier than `lower` and no later than `upper`."""
    if lower.open:
        return lower
    first = lower.interval
    if first and upper.interval:
        interval = Interval(
            not_before=first.not_before,
            not_after=upper.interval.not_after,
            source=upper.interval.source,
            evidence=tuple(dict.fromkeys((*first.evidence, *upper.interval.evidence))),
        )
        return Reached(interval=interval, floor=lower.floor, seen=upper.seen, evidence=interval.evidence)
    reason = upper.reason or "which stemcell has the fix first is not known"
    floor = first.not_before if first else lower.floor
    return Reached(floor=floor, seen=upper.seen, reason=reason, evidence=upper.evidence)


def span(start: Interval, end: Reached, as_of: datetime, since: datetime | None = None) -> Span:
    """The least and the most seconds from `start` to `end`; a stage that is not reached counts to `as_of`.

    Of one that is not known only the least is: up to where it was last seen not reached, at the earliest `since`.
    """
    if end.interval is not None:
        return _seconds(end.interval.not_before, start.not_after), _seconds(end.interval.not_after, start.not_before)
    if end.open:
        seen = min(end.seen or as_of, as_of)
        return _seconds(seen, start.not_after), _seconds(as_of, start.not_before)
    known = [instant for instant in (end.floor, since, start.not_after) if instant is not None]
    return _seconds(max(known), start.not_after), ENDLESS


def apart(start: Interval, end: Interval) -> Span:
    """The least and the most seconds between two stages that were reached."""
    return _seconds(end.not_before, start.not_after), _seconds(end.not_after, start.not_before)


def latencies(
    stages: tuple[Interval, Interval | None, Reached, Reached], as_of: datetime, *, fixed: bool
) -> tuple[dict[str, Span], tuple[str, ...]]:
    """The latencies that can be told of a notice, in seconds, and the names of those that count to `as_of`.

    `stages` are published, released, staging and production; `fixed` tells whether any stemcell has the fix.
    """
    published, release, staging, production = stages
    since = release.not_before if release else None
    spans = {"total": span(published, production, as_of, since)}
    opened = ["total"] if production.open else []
    if release is not None:
        spans["packaging"] = apart(published, release)
        spans["deployment"] = span(release, production, as_of, since)
        opened += ["deployment"] if production.open else []
        if staging is not NOT_OBSERVED:
            spans["staging"] = span(release, staging, as_of, since)
            opened += ["staging"] if staging.open else []
    elif not fixed:
        spans["packaging"] = span(published, Reached(open=True), as_of)
        opened.append("packaging")
    return spans, tuple(opened)


def skewed(interval: Span) -> bool:
    """Whether a latency is so far below zero that the clocks differ by more than a few minutes."""
    return interval[1] < -SKEW.total_seconds()


def _seconds(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds()


def documents(stages: Iterable[Interval | None]) -> tuple[str, ...]:
    """The evidence of several stages."""
    return tuple(dict.fromkeys(name for stage in stages if stage for name in stage.evidence))
