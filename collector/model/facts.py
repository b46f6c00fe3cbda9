"""Typed records read from a snapshot, each naming the document it was read from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collector.model.base import Slim, Value
from collector.model.evidence import Gap


class Space(Slim, frozen=True, kw_only=True):
    """A space with its organization; `ssh` is None where it was not read."""

    guid: str
    name: str
    org_guid: str
    org: str
    ssh: bool | None = None
    document: str = ""

    @property
    def path(self) -> str:
        """`org/space`, as `[boundary]` and the reports write it."""
        return f"{self.org}/{self.name}"


class App(Slim, frozen=True, kw_only=True):
    """An application as Cloud Controller lists it. `droplet` is None when no droplet is set."""

    guid: str
    name: str
    state: str
    created_at: datetime
    space_guid: str
    lifecycle: str
    buildpacks: tuple[str, ...] = ()
    stack: str | None = None
    droplet: str | None = None
    labels: Mapping[str, str | None] = {}
    annotations: Mapping[str, str | None] = {}
    ssh: bool | None = None
    document: str = ""


class DropletBuildpack(Slim, frozen=True, kw_only=True):
    """One buildpack as the droplet reports it; `version` None means that it reported none."""

    name: str
    version: str | None = None
    reported_name: str | None = None


class Droplet(Slim, frozen=True, kw_only=True):
    """A droplet. `buildpacks` None is an image, () reports nothing; `package` None is copied or uploaded."""

    guid: str
    app: str
    state: str
    created_at: datetime
    lifecycle: str
    buildpacks: tuple[DropletBuildpack, ...] | None = None
    stack: str | None = None
    image: str | None = None
    checksum: str | None = None
    package: str | None = None
    document: str = ""


class Buildpack(Slim, frozen=True, kw_only=True):
    """A platform buildpack; unique by (name, stack, lifecycle). `updated_at` is only an upper bound of its upload."""

    guid: str
    name: str
    stack: str | None
    lifecycle: str
    state: str
    filename: str | None
    enabled: bool
    locked: bool
    updated_at: datetime
    document: str = ""


class Stack(Slim, frozen=True, kw_only=True):
    """A stack with its support state."""

    name: str
    state: str | None = None
    state_reason: str | None = None
    document: str = ""


class Build(Slim, frozen=True, kw_only=True):
    """One staging attempt."""

    guid: str
    app: str
    state: str
    created_at: datetime
    droplet: str | None = None
    package: str | None = None
    error: str | None = None
    document: str = ""


class Task(Slim, frozen=True, kw_only=True):
    """One run of a task."""

    guid: str
    app: str
    state: str
    created_at: datetime
    document: str = ""


class Event(Slim, frozen=True, kw_only=True):
    """An audit event; `data` holds only what Cloud Controller put there."""

    guid: str = ""
    type: str
    created_at: datetime
    target: str
    target_name: str = ""
    data: Mapping[str, Any] = {}
    document: str = ""


class Instance(Slim, frozen=True, kw_only=True):
    """One process instance; `since` is the instant it entered `state`, known to about a second of clock skew."""

    app: str
    process: str
    index: int
    state: str
    since: datetime
    document: str = ""


class Facts(Value, frozen=True, kw_only=True):
    """Typed records read from one snapshot.

    `read` names what was wholly read (apps, droplets, buildpacks, stacks, spaces, builds, tasks, events, instances,
    ssh); whatever is not in it is unknown, not empty. `gaps` adds what only reading could find (a count that does not
    reconcile, a droplet that was asked for and not given, no events beside builds) to the gaps of the snapshot.
    """

    snapshot: str
    taken_at: datetime
    foundation: str
    api_version: str
    apps: tuple[App, ...]
    spaces: Mapping[str, Space]
    organizations: Mapping[str, str]
    droplets: Mapping[str, Droplet]
    buildpacks: tuple[Buildpack, ...]
    stacks: Mapping[str, Stack]
    builds: Mapping[str, tuple[Build, ...]]
    tasks: Mapping[str, tuple[Task, ...]]
    events: Mapping[str, tuple[Event, ...]]
    instances: Mapping[str, tuple[Instance, ...]]
    apps_listed: int
    apps_counted: int | None
    read: frozenset[str]
    gaps: tuple[Gap, ...]
    documents: Mapping[str, tuple[str, ...]]
