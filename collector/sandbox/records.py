"""What a simulated foundation is made of: frozen rows, one class for each kind of resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every resource has; times are aware and shown in whole seconds UTC."""

    guid: str
    created_at: datetime
    updated_at: datetime | None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(Row):
    """An organization."""

    name: str
    quota_guid: str
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Space(Row):
    """A space of an organization; `ssh` is whether its apps may be entered."""

    name: str
    organization_guid: str
    ssh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack(Row):
    """A root file system that the platform offers."""

    name: str
    description: str = "Cloud Foundry Linux-based filesystem"
    state: str = "ACTIVE"
    state_reason: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildpack(Row):
    """A buildpack that the platform offers; its version is only in the file name."""

    name: str
    position: int
    stack: str | None = "cflinuxfs4"
    filename: str | None = None
    state: str = "READY"
    lifecycle: str = "buildpack"
    enabled: bool = True
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class App(Row):
    """An app; `buildpacks` is what its owner wished for, empty for autodetection."""

    name: str
    space_guid: str
    state: str = "STARTED"
    lifecycle_type: str = "buildpack"
    buildpacks: tuple[str, ...] = ()
    stack: str | None = "cflinuxfs4"
    droplet_guid: str | None = None
    ssh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBuildpack:
    """A buildpack as it is written on a droplet."""

    name: str
    detect_output: str | None = None
    buildpack_name: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Droplet(Row):
    """What a build has made; a copied or uploaded one has no package."""

    app_guid: str
    state: str = "STAGED"
    error: str | None = None
    lifecycle_type: str = "buildpack"
    checksum: str | None = None
    buildpacks: tuple[UsedBuildpack, ...] | None = ()
    stack: str | None = "cflinuxfs4"
    image: str | None = None
    execution_metadata: str | None = ""
    process_types: Mapping[str, str] = field(default_factory=lambda: {"web": "start"})
    package_guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did something."""

    guid: str
    name: str
    type: str = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build(Row):
    """One staging attempt."""

    app_guid: str
    package_guid: str
    created_by: Actor
    state: str = "STAGED"
    error: str | None = None
    lifecycle_type: str = "buildpack"
    buildpacks: tuple[str, ...] = ()
    stack: str | None = "cflinuxfs4"
    droplet_guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What something was done to."""

    guid: str
    type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Row):
    """An audit event; events of the platform itself have neither space nor organization."""

    type: str
    actor: Actor
    target: Target
    data: Mapping[str, object] = field(default_factory=dict)
    space_guid: str | None = None
    organization_guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Row):
    """A rolling or canary change of an app's droplet."""

    app_guid: str
    droplet_guid: str | None
    previous_droplet_guid: str | None
    status_value: str
    status_reason: str
    last_healthcheck: datetime | None = None
    last_change: datetime | None = None
    strategy: str = "rolling"
    canary_step: int = 1
    canary_steps: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One container of a process, and since when it is in its state."""

    index: int
    started_at: datetime
    state: str = "RUNNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Row):
    """A kind of process of an app; the guid of `web` is the app's own."""

    app_guid: str
    version: str
    type: str = "web"
    instances: int = 1
    running: tuple[Instance, ...] = ()
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Row):
    """A one-off run inside an app's droplet."""

    app_guid: str
    name: str
    sequence_id: int
    droplet_guid: str
    state: str = "SUCCEEDED"
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationSegment(Row):
    """A group of cells."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Row):
    """What a user may do in one organization or in one space."""

    user_guid: str
    type: str
    organization_guid: str | None = None
    space_guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Someone who may ask for a token: a user, or a client if `client` is true."""

    name: str
    guid: str
    login: str
    scopes: tuple[str, ...] = ("cloud_controller.read", "cloud_controller.write", "openid")
    client: bool = False
    password_expired: bool = False
