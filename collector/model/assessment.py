"""What is answered: observations, findings, coverage, and the assessment that holds them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from collector.model.base import Part, Role, Slim, Status, Value, Verdict
from collector.model.controls import Parameter, Window
from collector.model.evidence import Document, Gap, Identity
from collector.model.period import Difference, Figures, Month, OpenItem, RiskLine
from collector.model.platform import Attested, Interval
from collector.model.subject import Subject


class Measured(Slim, frozen=True, kw_only=True):
    """The instant an age counts from, as an interval, and the least that the age can be, in hours.

    Of a patch or a stemcell, `hours` is the least that the latency can be, the interval is that of its end (up to the
    instant asked about where it is still open), and `stages` holds each stage that was reached: published, released,
    staging, production, restarted; None is not reached, or not known.
    """

    hours: float
    not_before: datetime
    not_after: datetime
    source: str
    stages: Mapping[str, Interval | None] = {}


class Observation(Slim, frozen=True, kw_only=True):
    """Exactly one per check and subject. `detail`, `next_step`, `over_hours` only where the status is not pass.

    `over_hours` is the least that the subject is outside its window.
    """

    check: str
    subject: Subject
    status: Status
    waived_by: str | None = None
    window: str | None = None
    measured: Measured | None = None
    over_hours: float | None = None
    detail: str = ""
    next_step: str = ""
    evidence: tuple[str, ...] = ()


class CheckCount(Value, frozen=True, kw_only=True):
    """The observations of one check, counted for one role in one control."""

    id: str
    role: Role
    window: str | None
    passed: int = msgspec.field(name="pass", default=0)
    fail: int = 0
    unknown: int = 0
    not_applicable: int = 0
    waived: int = 0


class Finding(Value, frozen=True, kw_only=True):
    """The verdict on one objective; `checks` are those that were counted for it."""

    id: str
    status: Verdict
    checks: tuple[str, ...]
    text: str
    human: str
    part: Part
    reason: str = ""


class ControlResult(Value, frozen=True, kw_only=True):
    """The verdict on one control's tested objectives."""

    id: str
    oscal_id: str
    title: str
    status: Verdict
    objectives_tested: int
    objectives_total: int
    parts: dict[str, Verdict]
    objectives: tuple[Finding, ...]
    checks: tuple[CheckCount, ...]
    narrative: str
    parameters: tuple[Parameter, ...]

    @property
    def sentence(self) -> str:
        """What may be said of the control: always its tested part, never more."""
        tested = f"{self.id}: {self.objectives_tested} of {self.objectives_total} objectives tested"
        return tested if self.status == "not-tested" else f"{tested}; tested part {self.status.replace('-', ' ')}"


class SourceCoverage(Value, frozen=True, kw_only=True):
    """How far one source was read."""

    name: str
    status: Literal["complete", "partial", "failed"]
    requests: int
    documents: int
    gaps: tuple[Gap, ...]
    clock_skew_seconds: float | None = None


class AppCounts(Value, frozen=True, kw_only=True):
    """Apps by whether `app-restage-age` could be judged."""

    visible: int
    assessed: int
    unknown: int
    not_applicable: int


class Coverage(Value, frozen=True, kw_only=True):
    """What was seen. `boundary_declared` False means that completeness of the spaces was not tested.

    `complete` is False when a source that a deciding or flagging check needs was not wholly read, or no app is visible.
    """

    complete: bool
    boundary_declared: bool
    spaces: tuple[str, ...]
    missing_spaces: tuple[str, ...]
    sources: tuple[SourceCoverage, ...]
    apps: AppCounts
    apps_listed: int
    apps_counted: int | None


class ApplicationLine(Slim, frozen=True, kw_only=True):
    """What the reports show of one application, worst first. `age_hours`, `over_hours` as in its app-restage-age.

    `has` and `latest` are the versions of the buildpack that is furthest behind (or the first one).
    """

    subject: Subject
    status: Status
    flags: tuple[str, ...] = ()
    state: str = ""
    kind: str = ""
    staged_at: datetime | None = None
    staged_at_source: str = ""
    age_hours: float | None = None
    over_hours: float | None = None
    buildpack: str = ""
    has: str = ""
    latest: str = ""
    stack: str = ""
    owner: str = ""
    droplet: str = ""
    detail: str = ""
    next_step: str = ""
    environment: str = ""
    evidence: tuple[str, ...] = ()


class Remark(Slim, frozen=True, kw_only=True):
    """What a person wrote beside an action in an earlier workbook; `planned` is an ISO date, or as it was typed."""

    reason: str = ""
    planned: str = ""
    justification: str = ""


class Action(Slim, frozen=True, kw_only=True):
    """One thing to do: a flagged subject with its command; an empty command says why in `what`."""

    owner: str
    org: str
    space: str
    subject: Subject
    checks: tuple[str, ...]
    what: str
    command: str
    before: str = ""
    after: str = ""
    over_hours: float | None = None
    production: bool = False
    waived_by: str | None = None
    remark: Remark = Remark()


class PatchLine(Slim, frozen=True, kw_only=True):
    """What the reports show of one notice, worst first.

    `hours` holds the least that each latency can be: packaging (S0 to S1), staging (S1 to S2), deployment (S1 to S3)
    and total (S0 to S3); a stage that is still open counts to the instant asked about and stands in `open`.
    `held_by` names who held the stage that took longest beyond its share (upstream, platform, customer), or "".
    """

    subject: Subject
    status: Status
    flags: tuple[str, ...] = ()
    title: str = ""
    line: str = ""
    fixed_in: str = ""
    priorities: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    due: datetime | None = None
    stages: Mapping[str, Interval | None] = {}
    hours: Mapping[str, float] = {}
    open: tuple[str, ...] = ()
    over_hours: float | None = None
    held_by: str = ""
    detail: str = ""
    next_step: str = ""
    evidence: tuple[str, ...] = ()


class StemcellLine(Slim, frozen=True, kw_only=True):
    """What the reports show of one stemcell in one deployment, worst first, then newest first.

    `state` is one of: running, superseded, rolled back, in flight, not deployed, not known.
    """

    subject: Subject
    status: Status
    flags: tuple[str, ...] = ()
    state: str = ""
    stages: Mapping[str, Interval | None] = {}
    hours: Mapping[str, float] = {}
    notices: int = 0
    over_hours: float | None = None
    detail: str = ""
    next_step: str = ""
    evidence: tuple[str, ...] = ()


class StageFigures(Value, frozen=True, kw_only=True):
    """One latency over all patches of the period (`name` as in PatchLine.hours): hours; open and unknown apart."""

    name: str
    window: str | None
    measured: int
    inside: int
    open: int
    unknown: int
    p50: float | None = None
    p90: float | None = None
    most: float | None = None


class SnapshotRef(Value, frozen=True, kw_only=True):
    """A snapshot that an assessment used."""

    id: str
    taken_at: datetime
    sha256: str


class System(Value, frozen=True, kw_only=True):
    """The system the evidence speaks for, from `[system]`."""

    id: str = "default"
    name: str = ""
    scope: str = "customer"
    impact: str = "moderate"
    leveraged: str = ""
    marking: str = ""
    isso: str = ""
    assessor: str = ""
    prepared_by: str = ""
    ssp_title: str = ""
    ssp_version: str = ""
    ssp_href: str = ""


class Assessment(Value, frozen=True, kw_only=True):
    """The whole answer; everything that a report prints is here, and no report computes a verdict.

    `answer` is the one sentence; `scope_note` the first line when no boundary is declared (or ""); `exit_code` the code
    `collect` returns (0, 1, 3 or 6). `documents` are those of the snapshots, `inputs` the digests of everything used.
    `snapshots` begins with the one that was judged; what follows are earlier ones, for what the platform forgets.
    Of a month, `period` is its name and `month` what its snapshots say together; `differences` compare it with the one
    before, `closed` are the actions of then that are done, `figures` those of it and of the months before, `items` what
    is outside at its end or closed in it, `heartbeat` sentences on what was not looked at. `risks` are all exceptions,
    used or not.
    `patch_sentence` is the line on OS patches, "" where none is asked about; `attested` are statements, never tests.
    """

    tool: str
    version: str
    system: System
    foundation: str
    as_of: datetime
    period: str | None
    snapshots: tuple[SnapshotRef, ...]
    coverage: Coverage
    windows: dict[str, Window]
    controls: tuple[ControlResult, ...]
    observations: tuple[Observation, ...]
    applications: tuple[ApplicationLine, ...]
    actions: tuple[Action, ...]
    documents: tuple[Document, ...]
    identity: Identity
    inputs: dict[str, str]
    checks: dict[str, str]
    answer: str
    scope_note: str
    exit_code: int
    patches: tuple[PatchLine, ...] = ()
    stemcells: tuple[StemcellLine, ...] = ()
    stages: tuple[StageFigures, ...] = ()
    attested: tuple[Attested, ...] = ()
    patch_sentence: str = ""
    month: Month | None = None
    risks: tuple[RiskLine, ...] = ()
    differences: tuple[Difference, ...] = ()
    figures: tuple[Figures, ...] = ()
    items: tuple[OpenItem, ...] = ()
    heartbeat: tuple[str, ...] = ()
    closed: tuple[Action, ...] = ()
