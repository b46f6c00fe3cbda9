"""What is read of the platform below the applications: directors, deploys, stemcells, notices, attestations."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from collector.model.base import Slim, Value
from collector.model.evidence import Gap

Outcome = Literal["ok", "error", "killed", "cancelled", "refused", "dry-run", "in-progress", "unknown"]


class Interval(Slim, frozen=True, kw_only=True):
    """An instant that is known to lie between two; equal ends where it is known exactly. `source` is the method."""

    not_before: datetime
    not_after: datetime
    source: str
    evidence: tuple[str, ...] = ()


# ------------------------------------------------------------------ a director


class DirectorEvent(Slim, frozen=True, kw_only=True):
    """One row of `/events`, by the director's clock in whole seconds.

    `before` and `after` are the stemcells bound (`name/version`), None where the context does not say; `changes` is
    what an instance row says that it changes.
    """

    id: int
    at: datetime
    action: str
    object_type: str
    object_name: str = ""
    parent: int | None = None
    task: str = ""
    deployment: str = ""
    instance: str = ""
    error: str = ""
    before: tuple[str, ...] | None = None
    after: tuple[str, ...] | None = None
    releases_before: tuple[str, ...] | None = None
    releases_after: tuple[str, ...] | None = None
    changes: tuple[str, ...] = ()
    document: str = ""


class DirectorTask(Slim, frozen=True, kw_only=True):
    """A task; `ended_at` None until it is over. A killed one has state error, no result, and ends as it began."""

    id: int
    state: str
    description: str
    deployment: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None
    document: str = ""


class Deployed(Slim, frozen=True, kw_only=True):
    """A deployment as `/deployments` lists it: what is bound (`name/version`), which is not what runs."""

    name: str
    stemcells: tuple[str, ...]
    releases: tuple[str, ...]
    observed_at: datetime
    locked: bool | None = None
    document: str = ""


class Vm(Slim, frozen=True, kw_only=True):
    """One VM of `format=full`; it carries `stemcell` (`name/version`, "" unknown) from its creation to its end."""

    deployment: str
    instance: str
    stemcell: str
    observed_at: datetime
    created_at: datetime | None = None
    active: bool = True
    ignored: bool = False
    state: str = ""
    ips: tuple[str, ...] = ()
    document: str = ""

    @property
    def group(self) -> str:
        """The instance group: `diego-cell` of `diego-cell/<guid>`."""
        return self.instance.partition("/")[0]


class Reach(Slim, frozen=True, kw_only=True):
    """Every deployment, lock and instance event with `after_id` < id <= `upto_id` was read.

    They cover the time from `since` (None: from the first event the director ever wrote) to `until`, by its clock.
    `reason` says why it does not go on from the harvest before, "" where it does or is the first.
    """

    after_id: int
    upto_id: int
    since: datetime | None
    until: datetime
    reason: str = ""


class Director(Value, frozen=True, kw_only=True):
    """What one snapshot read of one director.

    `reach` is None where the events were not wholly read; `listed` None where `/deployments` was not;
    `vms` holds only deployments of which every VM was read (named in `vms_of`); `deployments` are the names in scope.
    """

    environment: str
    uuid: str
    taken_at: datetime
    url: str = ""
    name: str = ""
    version: str = ""
    stemcell: str = ""
    clock_skew_seconds: float | None = None
    deployments: tuple[str, ...] = ()
    listed: tuple[Deployed, ...] | None = None
    uploaded: tuple[str, ...] | None = None
    events: tuple[DirectorEvent, ...] = ()
    tasks: tuple[DirectorTask, ...] = ()
    reach: Reach | None = None
    vms: tuple[Vm, ...] = ()
    vms_of: tuple[str, ...] = ()


# ------------------------------------------------------------------ public feeds


class StemcellRelease(Slim, frozen=True, kw_only=True):
    """A published stemcell. Its key is (line, version): FIPS lines count separately.

    `published` and `light` are the instants of the index (heavy and light); `announced` that of the release notes,
    0 to 4 days late. `notices` are those that its notes list, None where no notes were read; `priorities` by notice.
    """

    line: str
    version: str
    published: datetime | None = None
    light: datetime | None = None
    announced: datetime | None = None
    notices: tuple[str, ...] | None = None
    priorities: Mapping[str, tuple[str, ...]] = {}
    kernel: str = ""
    documents: tuple[str, ...] = ()


class Notice(Slim, frozen=True, kw_only=True):
    """A security notice. `packages` by codename; `pro` names the codenames whose fix needs a subscription (esm)."""

    id: str
    published: datetime
    title: str = ""
    codenames: tuple[str, ...] = ()
    packages: Mapping[str, tuple[str, ...]] = {}
    cves: tuple[str, ...] = ()
    pro: tuple[str, ...] = ()
    hidden: bool = False
    source: str = ""
    document: str = ""


class Exploited(Slim, frozen=True, kw_only=True):
    """An entry of the catalog of known exploited vulnerabilities; `due` ends with that day in America/New_York."""

    cve: str
    due: date
    added: date | None = None
    document: str = ""


class BuildpackRelease(Slim, frozen=True, kw_only=True):
    """An upstream release of a buildpack; `name` as the platform has it (python_buildpack)."""

    name: str
    version: str
    published: datetime
    document: str = ""


class RootfsNotice(Slim, frozen=True, kw_only=True):
    """Which release of a root file system fixes a notice; None: none yet."""

    stack: str
    notice: str
    release: str | None = None
    document: str = ""


class Attested(Slim, frozen=True, kw_only=True):
    """One statement of an attestation file: method EXAMINE, never a test. Valid to the end of `expires` (UTC).

    `kind` says what is stated: a stemcell `line`/`version` live in `deployment` of `environment` since `at`, or an
    `image` (a digest, or a reference with one) scanned at `at`.
    """

    kind: Literal["stemcell-deployed", "image-scanned"]
    author: str
    party: str
    written: date
    period_from: date
    period_to: date
    expires: date
    at: datetime
    environment: str = ""
    deployment: str = ""
    line: str = ""
    version: str = ""
    image: str = ""
    reference: str = ""
    document: str = ""


class Showing(Slim, frozen=True, kw_only=True):
    """One file of a buildpack in snapshots that follow one another: the first and the last of them that showed it.

    `filename` is "" where the buildpack had none, or was disabled.
    """

    filename: str
    first: datetime
    last: datetime


class PlatformFacts(Value, frozen=True, kw_only=True):
    """Everything read of the platform, from one snapshot and the harvests before it.

    `read` names what was wholly read: `directors/<environment>`, `vms/<environment>`, `stemcell-index`,
    `stemcell-releases`, `notices`, `exploited`, `packages`, `rootfs`, `buildpack-releases`, `attestation`; what is not
    in it is unknown, not empty. `configured` names those that the settings ask for. `line` is `[feeds] stemcell_line`.
    `packages` are the source and binary packages that stemcells of a line hold. `first_seen` says, by buildpack guid
    and filename, when a snapshot first showed that file; `showings` by buildpack guid what each snapshot showed, oldest
    first.
    """

    line: str = ""
    directors: tuple[Director, ...] = ()
    releases: tuple[StemcellRelease, ...] = ()
    notices: tuple[Notice, ...] = ()
    exploited: tuple[Exploited, ...] = ()
    packages: Mapping[str, frozenset[str]] = {}
    rootfs: tuple[RootfsNotice, ...] = ()
    buildpack_releases: tuple[BuildpackRelease, ...] = ()
    attested: tuple[Attested, ...] = ()
    first_seen: Mapping[tuple[str, str], Interval] = {}
    showings: Mapping[str, tuple[Showing, ...]] = {}
    read: frozenset[str] = frozenset()
    configured: frozenset[str] = frozenset()
    gaps: tuple[Gap, ...] = ()


# ------------------------------------------------------------------ what follows from it


class Deploy(Value, frozen=True, kw_only=True):
    """One attempt to deploy, from all rows of its task. `target` are the stemcells that it made live, None: not known.

    `instances` are those whose stemcell it changed, as far as their rows say that they finished.
    """

    environment: str
    deployment: str
    director: str
    task: str
    outcome: Outcome
    began: datetime | None = None
    first_instance: datetime | None = None
    canary: datetime | None = None
    last_cell: datetime | None = None
    ended: datetime | None = None
    before: tuple[str, ...] | None = None
    after: tuple[str, ...] | None = None
    target: tuple[str, ...] | None = None
    instances: tuple[str, ...] = ()
    error: str = ""
    evidence: tuple[str, ...] = ()


class Segment(Value, frozen=True, kw_only=True):
    """A stretch of time, `since` <= t < `until`, in which a deployment's oldest version of a line is known or not.

    `floor` is the oldest version that any VM of the line carries (ignored VMs apart), None where it is not known.
    """

    since: datetime
    until: datetime
    floor: str | None
    reason: str = ""
    evidence: tuple[str, ...] = ()


class Rollout(Value, frozen=True, kw_only=True):
    """The history of one line in one deployment: segments without overlap, oldest first, and the attempts."""

    environment: str
    deployment: str
    line: str
    segments: tuple[Segment, ...]
    deploys: tuple[Deploy, ...] = ()
    vms: tuple[Vm, ...] = ()
    in_flight: bool = False

    @property
    def label(self) -> str:
        """`production cf-production ubuntu-jammy`."""
        return f"{self.environment} {self.deployment} {self.line}"
