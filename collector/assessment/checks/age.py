"""How long ago what runs was staged."""

from datetime import datetime

from collector.assessment.judgement import Judgement, hold, not_applicable, unknown
from collector.assessment.limits import Limit
from collector.assessment.staging import Staging
from collector.assessment.steps import next_step
from collector.assessment.subjects import AppRecord
from collector.assessment.words import duration, hours
from collector.model import Measured

_IMAGE = not_applicable("a container image: a restage does not patch it")


def app_restage_age(record: AppRecord, limit: Limit) -> Judgement:
    """The running droplet was staged no longer ago than the documented window.

    Counted from the creation of the current droplet; of a copied droplet, from that of its original.
    """
    staging = record.staging
    if staging.kind == "image":
        return _IMAGE
    at = staging.at
    if at is None:
        step = "" if staging.unread else next_step(record)
        return unknown(staging.problem, step, unread=staging.unread)
    seconds = (record.platform.as_of - at).total_seconds()
    span = (seconds, seconds)
    if seconds < 0:
        return _skewed(staging, at, seconds, record.platform.latest)
    measured = Measured(hours=hours(seconds), not_before=at, not_after=at, source=staging.source)
    status = hold(span, limit.seconds)
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(span,))
    over = seconds - limit.seconds
    detail = f"last staged {duration(seconds)} ago, {duration(over)} outside the {limit.words} window"
    return Judgement(
        status=status,
        measured=measured,
        over=hours(over),
        detail=detail,
        next_step=next_step(record),
        spans=(span,),
    )


def _skewed(staging: Staging, at: datetime, seconds: float, latest: datetime) -> Judgement:
    """A droplet from the future: kept as it is and said; beyond a few minutes nothing can be concluded."""
    measured = Measured(hours=hours(seconds), not_before=at, not_after=at, source=f"{staging.source} (clock skew)")
    if at <= latest:
        return Judgement(status="pass", measured=measured, spans=((seconds, seconds),))
    detail = f"staged {duration(-seconds)} after the instant asked about: the clocks differ"
    return Judgement(status="unknown", measured=measured, detail=detail, spans=(None,))
