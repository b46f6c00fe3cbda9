"""Literal records with short names; every instant counts back from NOW."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from collector.assessment import Declared, Patterns, assess, load
from collector.assessment.checks import CHECKS
from collector.assessment.judgement import Judgement
from collector.assessment.limits import limit_of
from collector.assessment.subjects import AppRecord, Platform, records
from collector.model import (
    App,
    Assessment,
    Buildpack,
    Droplet,
    DropletBuildpack,
    Event,
    Facts,
    Gap,
    Identity,
    Snapshot,
    SourceRecord,
    Space,
    Stack,
    System,
)
from collector.resources import CONTROLS

T = TypeVar("T", bound=msgspec.Struct)

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TOPICS = frozenset(
    {"apps", "spaces", "droplets", "buildpacks", "stacks", "builds", "tasks", "events", "instances", "ssh"}
)
PROD = Space(guid="s-prod", name="prod", org_guid="o-a", org="agency-a", ssh=False, document="sha256:spaces")
STAGING = Space(guid="s-staging", name="staging", org_guid="o-a", org="agency-a", ssh=False, document="sha256:spaces")
PYTHON = Buildpack(
    guid="bp-python",
    name="python_buildpack",
    stack="cflinuxfs4",
    lifecycle="buildpack",
    state="READY",
    filename="python_buildpack-cached-cflinuxfs4-v1.8.43.zip",
    enabled=True,
    locked=False,
    updated_at=NOW - 20 * DAY,
    document="sha256:buildpacks",
)
FS4 = Stack(name="cflinuxfs4", state="ACTIVE", document="sha256:stacks")
CATALOG = load(CONTROLS)


def ago(days: float = 0, **more: float) -> datetime:
    """An instant before NOW."""
    return NOW - timedelta(days=days, **more)


def pack(name: str = "python_buildpack", version: str | None = "1.8.43") -> DropletBuildpack:
    """One buildpack of a droplet."""
    return DropletBuildpack(name=name, version=version)


def app(guid: str = "a1", **changes: Any) -> App:
    """A started app in production whose current droplet is `d-<guid>`."""
    values: dict[str, Any] = {
        "guid": guid,
        "name": f"app-{guid}",
        "state": "STARTED",
        "created_at": ago(400),
        "space_guid": "s-prod",
        "lifecycle": "buildpack",
        "stack": "cflinuxfs4",
        "droplet": f"d-{guid}",
        "document": "sha256:apps",
    }
    return App(**(values | changes))


def droplet(owner: str = "a1", **changes: Any) -> Droplet:
    """The current droplet of an app: staged ten days ago with the platform's python buildpack."""
    values: dict[str, Any] = {
        "guid": f"d-{owner}",
        "app": owner,
        "state": "STAGED",
        "created_at": ago(10),
        "lifecycle": "buildpack",
        "buildpacks": (pack(),),
        "stack": "cflinuxfs4",
        "checksum": f"sum-{owner}",
        "package": f"p-{owner}",
        "document": "sha256:droplets",
    }
    return Droplet(**(values | changes))


def upload(at: datetime, buildpack: str = "bp-python") -> Event:
    """An upload of a platform buildpack."""
    return Event(type="audit.buildpack.upload", created_at=at, target=buildpack, document="sha256:events")


def facts(
    apps: Iterable[App] = (),
    droplets: Iterable[Droplet] = (),
    *,
    events: Iterable[Event] = (),
    **changes: Any,
) -> Facts:
    """What was read; everything was read unless `read` says otherwise."""
    apps = tuple(apps)
    by_target: dict[str, tuple[Event, ...]] = {}
    for event in events:
        by_target[event.target] = (*by_target.get(event.target, ()), event)
    values: dict[str, Any] = {
        "snapshot": "snap",
        "taken_at": NOW,
        "foundation": "https://api.example.gov",
        "api_version": "3.228.0",
        "apps": apps,
        "spaces": {"s-prod": PROD, "s-staging": STAGING},
        "organizations": {"o-a": "agency-a"},
        "droplets": {row.guid: row for row in droplets},
        "buildpacks": (PYTHON,),
        "stacks": {"cflinuxfs4": FS4},
        "builds": {},
        "tasks": {},
        "events": by_target,
        "instances": {},
        "apps_listed": len(apps),
        "apps_counted": len(apps),
        "read": TOPICS,
        "gaps": (),
        "documents": {},
    }
    return Facts(**(values | changes))


def change(record: T, **changes: Any) -> T:
    """A record with some of its values changed."""
    return msgspec.structs.replace(record, **changes)


def snapshot(gaps: tuple[Gap, ...] = (), **changes: Any) -> Snapshot:
    """A snapshot taken NOW by one source."""
    values: dict[str, Any] = {
        "id": "snap",
        "system": "default",
        "taken_at": NOW,
        "finished_at": NOW + timedelta(minutes=1),
        "foundation": "https://api.example.gov",
        "identity": Identity(),
        "scope": {},
        "sources": (
            SourceRecord(
                name="cloud-controller", endpoint="https://api.example.gov", requests=4, documents=4, gaps=gaps
            ),
        ),
        "documents": (),
        "sha256": "ab12",
    }
    return Snapshot(**(values | changes))


def record_of(known: Facts, declared: Declared | None = None, as_of: datetime = NOW, guid: str = "a1") -> AppRecord:
    """The record of one app."""
    platform = Platform(known, known.gaps, declared or Declared(), as_of, known.taken_at)
    return next(row for row in records(platform, Patterns()) if row.app.guid == guid)


def judged(check: str, known: Facts, declared: Declared | None = None, as_of: datetime = NOW) -> Judgement:
    """The verdict of one check on the app a1, held against the shipped window."""
    record = record_of(known, declared, as_of)
    window = CHECKS[check].window
    return record.outside or CHECKS[check].judge(record, limit_of(CATALOG.windows[window] if window else None))


def assessed(known: Facts, *controls: str, **changes: Any) -> Assessment:
    """The whole answer, of all controls unless some are named."""
    values: dict[str, Any] = {
        "snapshot": snapshot(),
        "catalog": CATALOG,
        "controls": controls or None,
        "as_of": NOW,
        "system": System(leveraged="cloud.gov P-ATO"),
        "declared": Declared(),
        "patterns": Patterns(),
        "version": "0",
        "inputs": {},
    }
    return assess(known, **(values | changes))


def statuses(answer: Assessment) -> Mapping[tuple[str, str], str]:
    """The verdicts by check and subject."""
    return {(row.check, row.subject.guid): row.status for row in answer.observations}
