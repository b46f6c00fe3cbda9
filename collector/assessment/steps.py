"""What to do about an app: the command that restages it, unless something collected says that it would not help."""

import re
from collections.abc import Iterable
from typing import Final

from collector.assessment.subjects import AppRecord
from collector.assessment.words import command, instant
from collector.model import Build, Droplet

IMAGE: Final = "build the image again from a patched base image and push it: a restage does not patch an image"
SUPPORTED_STACK: Final = "choose a supported stack and push the application again"

_PIN: Final = re.compile(r"#(?:[^#]*[0-9]+\.[0-9]+[^#]*|[0-9a-f]{7,40})$|@sha256:[0-9a-f]+$|:[^/:]*[0-9][^/:]*$")
_STAGINGS: Final = ("audit.app.build.staged", "audit.app.droplet.create")


def pins(buildpacks: Iterable[str]) -> list[str]:
    """Those buildpacks that are named with a version: `…#v1.2.3`, `docker://…:1.2`, `…@sha256:…`."""
    return [name for name in buildpacks if "://" in name and _PIN.search(name.partition("://")[2])]


def wanted_buildpacks(record: AppRecord) -> tuple[str, ...]:
    """The buildpacks that a restage would use: the app's own, or those that were detected."""
    droplet = record.droplet
    detected = tuple(row.name for row in droplet.buildpacks or ()) if droplet else ()
    return record.app.buildpacks or detected


def newest_build(record: AppRecord) -> Build | None:
    """The newest build up to the instant asked about, in whatever state."""
    builds = record.platform.facts.builds.get(record.app.guid, ())
    known = (build for build in builds if build.created_at <= record.platform.latest)
    return max(known, key=lambda build: (build.created_at, build.guid), default=None)


def next_step(record: AppRecord) -> str:
    """The command that restages the app, or in words what is to be done instead."""
    if record.is_image:
        return IMAGE
    if record.staging.kind in ("copied", "uploaded"):
        return f"push the application again: its droplet was {record.staging.kind}, a restage would not rebuild it"
    if record.droplet is None:
        return _first_staging(record)
    other = _pinned(record) or _blocked(record) or _not_what_runs(record)
    return other or _restage(record)


def _pinned(record: AppRecord) -> str:
    pinned = pins(wanted_buildpacks(record))
    return f"change the pin of {pinned[0]}, then restage: a restage alone cannot update it" if pinned else ""


def _blocked(record: AppRecord) -> str:
    """What stands in the way of any restage."""
    stack = record.platform.facts.stacks.get(record.app.stack or "")
    if stack is not None and stack.state == "DISABLED":
        return SUPPORTED_STACK
    return next((standing.step for standing in record.standings.every if standing.blocked), "")


def _restage(record: AppRecord) -> str:
    if not record.started:
        return "push the application again with --no-start: a restage would start it"
    typed = command(record.space.org, record.space.name, record.app.name)
    return typed or f"restage the application with guid {record.app.guid}: its name cannot be typed safely"


def _first_staging(record: AppRecord) -> str:
    return "push the application: it was never staged" if record.staging.kind == "none" else ""


def _not_what_runs(record: AppRecord) -> str:
    """What says that the newest package is not the one that runs, and what to do then; "" when nothing does."""
    droplet = record.droplet
    if droplet is None:
        return ""
    newest = record.platform.newest_droplets.get(droplet.app)
    if newest is not None and newest.guid != droplet.guid and newest.created_at > droplet.created_at:
        when = instant(newest.created_at)
        return f"push the running commit again: a newer droplet ({when}) is not in use, and a restage would deploy it"
    build = newest_build(record)
    if build is not None and build.created_at > droplet.created_at and build.droplet != droplet.guid:
        return _after(build)
    return _staged_since(record, droplet)


def _staged_since(record: AppRecord, droplet: Droplet) -> str:
    for event in record.platform.facts.events.get(record.app.guid, ()):
        newer = event.type in _STAGINGS and event.created_at > droplet.created_at
        if newer and event.data.get("droplet_guid") not in (None, droplet.guid):
            when = instant(event.created_at)
            return f"push the running commit again: what was staged at {when} is not in use"
    return ""


def _after(build: Build) -> str:
    when = instant(build.created_at)
    if build.state == "FAILED":
        return f"mend the staging that failed at {when}, then push again"
    if build.state == "STAGING":
        return f"a staging began at {when}: look again when it has ended"
    return f"push the running commit again: what was built at {when} is not in use, and a restage would deploy it"
