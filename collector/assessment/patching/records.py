"""The subjects of checks on patches: a notice, and a stemcell in a deployment."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from collector.assessment.judgement import Judgement, Span
from collector.assessment.patching.applying import Applied
from collector.assessment.patching.stages import Reached
from collector.model import Interval, Notice, Rollout, StemcellRelease, Subject
from collector.model.base import Value

if TYPE_CHECKING:
    from collector.assessment.patching.board import Board

State = Literal["running", "superseded", "rolled back", "in flight", "not deployed", "not known"]


class LinePatch(Value, frozen=True, kw_only=True):
    """A notice in one line: its stages, and the latency of each that can be told.

    `spans` has packaging, staging, deployment and total as far as they can be told; `open` names the stages that count
    to the instant asked about, because they are not reached.
    """

    line: str
    applied: Applied
    published: Interval
    released: Interval | None
    staging: Reached
    production: Reached
    restarted: Interval | None
    spans: Mapping[str, Span]
    open: tuple[str, ...] = ()

    @property
    def total(self) -> Span:
        """From the published patch to production."""
        return self.spans["total"]

    def stages(self) -> dict[str, Interval | None]:
        """Every stage, None where it is not reached or not known."""
        return {
            "published": self.published,
            "released": self.released,
            "staging": self.staging.interval,
            "production": self.production.interval,
            "restarted": self.restarted,
        }


class PatchRecord(Value, frozen=True, kw_only=True):
    """A notice as production meets it: `lines` are those it applies to, worst first.

    `apart` is the verdict where it applies to none, or where that is not known; `doubt` the one on further lines of
    which it is not known. `due` is the end of the earliest due date among its exploited vulnerabilities.
    """

    board: "Board"
    subject: Subject
    notice: Notice
    lines: tuple[LinePatch, ...] = ()
    apart: Judgement | None = None
    doubt: Judgement | None = None
    outside: Judgement | None = None
    due: datetime | None = None
    exploited: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class StemcellRecord(Value, frozen=True, kw_only=True):
    """One stemcell in one deployment; `head` is the row of what runs, whose version is "" where that is not known.

    `arrived` is when the deployment was wholly on it or a newer one; `carried` says that it was live there itself.
    """

    board: "Board"
    subject: Subject
    rollout: Rollout
    version: str
    state: State
    head: bool = False
    release: StemcellRelease | None = None
    released: Interval | None = None
    arrived: Reached
    carried: bool = False
    began: Reached | None = None
    outside: Judgement | None = None
    evidence: tuple[str, ...] = ()

    @property
    def production(self) -> bool:
        """Whether it is a production deployment."""
        return self.rollout.environment == "production"
