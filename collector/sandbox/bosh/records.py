"""What a simulated director keeps in its database: stemcells, deployments, instances, VMs, tasks, event rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime


def line_of(stemcell: str) -> str:
    """Return the line of a stemcell name: `ubuntu-jammy` of `bosh-aws-xen-hvm-ubuntu-jammy-go_agent`."""
    return stemcell.removeprefix("bosh-aws-xen-hvm-").removesuffix("-go_agent")


def stemcell_name(line: str) -> str:
    """Return the name under which a director on AWS has a line."""
    return f"bosh-aws-xen-hvm-{line}-go_agent"


def order_of(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by: 1.99 comes before 1.1364."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stemcell:
    """An uploaded stemcell."""

    id: int
    name: str
    version: str
    cid: str

    @property
    def label(self) -> str:
        """Return `name/version`, as events name it."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vm:
    """A machine: it keeps its stemcell from its creation to its end."""

    cid: str
    agent: str
    created_at: datetime
    stemcell: Stemcell


@dataclass(slots=True, kw_only=True)
class Instance:
    """A place for a VM; `dirty` after an attempt that broke off, `silent` when its agent does not answer."""

    group: str
    index: int
    id: str
    az: str
    ip: str
    line: str
    vm: Vm | None = None
    ignored: bool = False
    dirty: bool = False
    silent: bool = False

    @property
    def name(self) -> str:
        """Return `group/id`, as events name it."""
        return f"{self.group}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An instance group of a manifest: how many instances, of which line of stemcells."""

    name: str
    count: int
    line: str
    azs: tuple[str, ...] = ("z1", "z2")
    ids: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Deployment:
    """A deployment: what is bound to it (which is not what runs), and the manifest of the last success."""

    name: str
    groups: tuple[Group, ...]
    teams: tuple[str, ...] = ()
    stemcells: list[Stemcell] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    manifest: str = ""
    live: tuple[Stemcell, ...] = ()
    live_releases: tuple[str, ...] = ()
    instances: list[Instance] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Task:
    """A task; `kind` decides whether `/tasks` lists it by default. `polls` counts how often it was asked for."""

    id: int
    kind: str
    description: str
    user: str
    deployment: str | None = None
    teams: tuple[str, ...] = ()
    state: str = "queued"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None
    output: str = ""
    polls: int = 0
    cancelled: bool = False

    @property
    def over(self) -> bool:
        """Return whether the task has ended, in whatever way."""
        return self.state not in {"queued", "processing", "cancelling"}


@dataclass(slots=True, kw_only=True)
class Lock:
    """A lock on a deployment, by the task that holds it."""

    deployment: str
    task: Task
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """For a run that must go as another once went: the time of each row, the names of new VMs, how they finish."""

    times: Sequence[datetime] = ()
    cids: Sequence[str] = ()
    finish: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the parts of a deploy take, in seconds."""

    prepare: int = 20
    drain: int = 57
    create: int = 0
    start: int = 116
    update: int = 95
    finish: int = 4


Steps = Iterator[datetime]
