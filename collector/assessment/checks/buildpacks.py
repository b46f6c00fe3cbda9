"""How long the buildpacks of a droplet have been behind."""

from datetime import datetime, timedelta
from typing import Final

from collector.assessment.judgement import RANK, Judgement, Span, hold, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.offering import UPLOAD, offered_between
from collector.assessment.standing import FOREIGN, Standing
from collector.assessment.steps import next_step
from collector.assessment.subjects import AppRecord, Platform
from collector.assessment.versions import parse
from collector.assessment.words import duration, hours
from collector.model import Buildpack, Interval, Measured, Status
from collector.model.base import Slim

STAGING_TIME: Final = timedelta(hours=2)
"""Longer than any staging takes: an upload in this time before a droplet may already have been passed over by it."""

_IMAGE = not_applicable("a container image has no buildpacks")


class Lag(Slim, frozen=True, kw_only=True):
    """How one buildpack that is behind holds against the window."""

    standing: Standing
    status: Status
    span: Span | None = None
    measured: Measured | None = None
    reason: str = ""
    unread: bool = False


def buildpack_current(record: AppRecord, limit: Limit) -> Judgement:
    """Every buildpack of the droplet is the platform's version, or has been behind no longer than the window.

    Versions are compared, not times. How long a buildpack has been behind is counted from when the platform offered a
    newer one, at the earliest from the staging; where that instant is not known it is an interval. What was current
    when the snapshot was taken may have been behind ever since.
    """
    if record.is_image:
        return _IMAGE
    found = record.standings
    unseen = record.platform.unseen_seconds
    if found.current and not unseen:
        return passed(found.evidence)
    if not found.every:
        return _nothing_reported(record)
    lags = [_lag(record, standing, limit) for standing in found.every if unseen or standing.state != "current"]
    lag = min(lags, key=lambda row: (RANK[row.status], -row.measured.hours if row.measured else 0.0))
    fine = lag.status == "pass"
    over = lag.span[0] - limit.seconds if lag.span and lag.status == "fail" else None
    return Judgement(
        status=lag.status,
        measured=lag.measured,
        over=None if over is None else hours(over),
        detail="" if fine else _sentence(lag, limit),
        next_step="" if fine or lag.unread else _step(record, lag),
        spans=tuple(row.span for row in lags),
        unread=any(row.unread for row in lags),
        evidence=found.evidence,
    )


def _nothing_reported(record: AppRecord) -> Judgement:
    staging = record.staging
    if staging.unread and record.origin is None:
        return unknown(staging.problem, unread=True)
    if staging.problem:
        return unknown(staging.problem, next_step(record))
    return unknown("the droplet reports no buildpack", FOREIGN)


def _lag(record: AppRecord, standing: Standing, limit: Limit) -> Lag:
    if standing.state == "current":
        return _since_seen(record.platform, standing, limit)
    staged_at = record.staging.at
    offered = standing.offered
    if standing.state == "unknown" or offered is None:
        return Lag(standing=standing, status="unknown", reason=standing.reason, unread=standing.unread)
    if staged_at is None:
        staging = record.staging
        reason = f"{standing.name} {standing.has} is behind {standing.latest}, and {staging.problem}"
        return Lag(standing=standing, status="unknown", reason=reason, unread=staging.unread)
    first, last, source = _fell_behind(record.platform, standing, offered, staged_at)
    as_of = record.platform.as_of
    span = (as_of - last).total_seconds(), (as_of - first).total_seconds()
    status = hold(span, limit.seconds)
    stages = _stages(record.platform, offered)
    measured = Measured(hours=hours(span[0]), not_before=first, not_after=last, source=source, stages=stages)
    missing = status == "unknown" and bool(record.platform.unread.topic("events"))
    return Lag(standing=standing, status=status, span=span, measured=measured, unread=missing)


def _stages(platform: Platform, offered: Buildpack) -> dict[str, Interval | None]:
    """Upstream's release and the instant since which the platform offers it, where a feed tells of the release."""
    released = platform.offered.released(offered)
    if released is None:
        return {}
    between = offered_between(platform, offered)
    offer = None if between is None else Interval(not_before=between[0], not_after=between[1], source="offered")
    return {"published": released, "production": offer}


def _since_seen(platform: Platform, standing: Standing, limit: Limit) -> Lag:
    """The lag of a buildpack that was current when the platform was last looked at, some time before the instant."""
    span = 0.0, platform.unseen_seconds
    status = hold(span, limit.seconds)
    reason = f"{standing.name} was current when the snapshot was taken, {duration(span[1])} earlier: not known since"
    return Lag(standing=standing, status=status, span=span, reason=reason)


def _fell_behind(
    platform: Platform, standing: Standing, offered: Buildpack, staged_at: datetime
) -> tuple[datetime, datetime, str]:
    """Between which instants a droplet fell behind a platform buildpack, and what says so.

    What uploads, deployments and earlier snapshots say is taken together; it never says less than each. When the
    offered file came bounds it from above; from below only where what was offered before is what the droplet has, or
    older.
    """
    first, last, source = _by_uploads(platform, offered, staged_at)
    held = parse(standing.has)
    newer = None if held is None else platform.offered.newer(offered, held)
    for offer in filter(None, (*platform.offered.of(offered), newer)):
        latest = min(last, max(staged_at, offer.not_after))
        known = offer.previous is not None and held is not None and offer.previous <= held
        earliest = max(first, staged_at, offer.not_before) if known else first
        if earliest > latest:
            continue  # they contradict each other: the wider one stands
        if (earliest, latest) != (first, last):
            first, last, source = earliest, latest, offer.source
    return first, last, source


def _by_uploads(platform: Platform, offered: Buildpack, staged_at: datetime) -> tuple[datetime, datetime, str]:
    """What uploads and the row's last change say.

    The offered file came with the last upload, at the latest with the row's last change; the droplet was never behind
    before it was staged. That the first upload after the staging made it fall behind is known only where events reach
    back to the staging and this buildpack's are visible; one during the staging may have been passed over.
    """
    uploads = [event.created_at for event in platform.events(offered.guid, UPLOAD)]
    if not uploads:
        return staged_at, max(staged_at, offered.updated_at), "buildpack.updated_at"
    first = staged_at
    since = platform.events_since
    if (
        since is not None
        and since <= staged_at
        and not any(staged_at - STAGING_TIME <= upload <= staged_at for upload in uploads)
    ):
        first = next((upload for upload in uploads if upload > staged_at), staged_at)
    return first, max(staged_at, uploads[-1]), UPLOAD


def _step(record: AppRecord, lag: Lag) -> str:
    if lag.standing.state == "current":
        return "collect snapshot"
    if record.staging.kind == "copied" or lag.standing.state == "behind":
        return next_step(record)
    return lag.standing.step


def _sentence(lag: Lag, limit: Limit) -> str:
    if lag.span is None or lag.standing.state == "current":
        return lag.reason
    standing = lag.standing
    least, most = lag.span
    behind = f"{standing.name} {standing.has} is behind {standing.latest}"
    if lag.status == "unknown":
        between = f"between {duration(least)} and {duration(most)}"
        return f"{behind} for {between}: whether that is inside the {limit.words} window is not known"
    known = duration(least) if least == most else f"at least {duration(least)}"
    return f"{behind} for {known}, {duration(least - limit.seconds)} outside the {limit.words} window"
