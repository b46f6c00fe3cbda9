"""Whether a restage took hold, and what a restage cannot do."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from collector.assessment.judgement import PASS, Judgement, failed, hold, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.steps import IMAGE, next_step, pins, wanted_buildpacks
from collector.assessment.subjects import AppRecord
from collector.assessment.words import duration, hours, instant, listed, plural
from collector.model import Droplet, Measured

TICK: Final = timedelta(seconds=5)
"""How exactly an instance's start is known."""

_RESTART: Final = "restart the application: its new droplet is set, but does not run everywhere"

_NO_IMAGE = not_applicable("not a container image")
_IMAGE = not_applicable("a container image has no buildpacks")
_IDLE = not_applicable("no instance is running")


def image_remediated(record: AppRecord, limit: Limit) -> Judgement:
    """A started container image has an attested scan that is not older than the window.

    The scan is examined, not tested: it is what an operator's attestation file states of the very digest that runs,
    counted from the scan to the instant asked about. A statement about a tag, about another digest, or one that has
    expired says nothing of what runs.
    """
    if not record.is_image:
        return _NO_IMAGE
    scans = record.platform.scans
    droplet = record.droplet
    scan, reason = scans.of(droplet.image if droplet else None)
    if scan is None:
        return unknown(reason, IMAGE, unread=bool(scans.unread))
    seconds = (record.platform.as_of - scan.at).total_seconds()
    span = seconds, seconds
    status = hold(span, limit.seconds)
    source = f"attested by {scan.author}: examined, not tested"
    measured = Measured(hours=hours(seconds), not_before=scan.at, not_after=scan.at, source=source)
    evidence = (scan.document,) if scan.document else ()
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(span,), evidence=evidence)
    over = seconds - limit.seconds
    return Judgement(
        status=status,
        measured=measured,
        over=hours(over),
        detail=f"scanned {duration(seconds)} ago, {duration(over)} outside the {limit.words} window",
        next_step=IMAGE,
        spans=(span,),
        evidence=evidence,
    )


def restage_in_effect(record: AppRecord, _limit: Limit) -> Judgement:
    """Every running instance started after the current droplet was set."""
    reason = record.unread("instances")
    droplet = record.droplet
    if reason or droplet is None:
        return unknown(reason or record.staging.problem, unread=bool(reason) or record.staging.unread)
    running = [row for row in record.platform.facts.instances.get(record.app.guid, ()) if row.state == "RUNNING"]
    if not running:
        return _IDLE
    first, last = _set_between(record, droplet)
    evidence = tuple(dict.fromkeys(row.document for row in running if row.document))
    old = [row for row in running if row.since < first - TICK]
    if old:
        since = instant(min(row.since for row in old))
        number = plural(len(old), "instance")
        detail = f"{number} of {len(running)} running since {since}, before the droplet was set"
        return failed(detail, _RESTART, evidence=evidence)
    if last is None or any(not last <= row.since <= record.platform.latest for row in running):
        missing = record.unread("events")
        detail = "when the current droplet was set is not known" + (f": {missing}" if missing else "")
        return unknown(detail, unread=bool(missing), evidence=evidence)
    return passed(evidence)


def _set_between(record: AppRecord, droplet: Droplet) -> tuple[datetime, datetime | None]:
    """Between which instants the droplet became the current one; None when the later one is not known."""
    platform = record.platform
    mapped = [
        event.created_at
        for event in platform.events(record.app.guid, "audit.app.droplet.mapped")
        if event.created_at <= platform.as_of and _names(event.data.get("request"), droplet.guid)
    ]
    if record.unread("events"):
        # events that were seen move the earliest instant; that there was no later one is not known
        return max([droplet.created_at, *mapped]), None
    # without the event the droplet may have been set at any time since: that none was seen proves nothing
    return (mapped[-1], mapped[-1]) if mapped else (droplet.created_at, None)


def _names(request: object, guid: str) -> bool:
    return isinstance(request, Mapping) and request.get("droplet_guid") == guid


def last_restage_succeeded(record: AppRecord, _limit: Limit) -> Judgement:
    """No failed staging is newer than the current droplet."""
    reason = record.unread("builds")
    if reason:
        return unknown(reason, unread=True)
    platform = record.platform
    since = record.droplet.created_at if record.droplet else None
    newer = [
        build
        for build in platform.facts.builds.get(record.app.guid, ())
        if build.state == "FAILED"
        and build.created_at <= platform.latest
        and (since is None or build.created_at > since)
    ]
    if newer:
        build = max(newer, key=lambda row: (row.created_at, row.guid))
        detail = f"staging failed at {instant(build.created_at)}: {build.error or 'no reason given'}"
        return failed(detail, next_step(record), evidence=(build.document,) if build.document else ())
    if since is None:
        return unknown(record.staging.problem, unread=record.staging.unread)
    return PASS


def buildpack_pinned(record: AppRecord, _limit: Limit) -> Judgement:
    """No buildpack is pinned to a version, which a restage could not update."""
    if record.is_image:
        return _IMAGE
    if not record.app.buildpacks and record.droplet is None:
        return unknown(record.staging.problem, unread=record.staging.unread)
    pinned = pins(wanted_buildpacks(record))
    if not pinned:
        return PASS
    return failed(f"a restage cannot update {listed(pinned)}: pinned to a version", next_step(record))
