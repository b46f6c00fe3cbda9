"""Every check by its name: what is judged, against which window, and what must have been read for it."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from collector.assessment.checks.accuracy import BASELINE_CHECKS, inventory_accurate
from collector.assessment.checks.age import app_restage_age
from collector.assessment.checks.baseline import baseline_monitored, baseline_reviewed
from collector.assessment.checks.buildpacks import buildpack_current
from collector.assessment.checks.evidence import (
    STATUS_CHECKS,
    benchmarks_set,
    evidence_retained,
    inventory_complete,
    inventory_current,
    status_determined,
)
from collector.assessment.checks.hosts import host_refreshed, rootfs_current
from collector.assessment.checks.measuring import latency_measured
from collector.assessment.checks.patches import (
    exploited_vulnerability_due,
    os_patch_latency,
    stemcell_packaging_latency,
)
from collector.assessment.checks.restaging import (
    buildpack_pinned,
    image_remediated,
    last_restage_succeeded,
    restage_in_effect,
)
from collector.assessment.checks.settings import (
    buildpack_approved,
    settings_in_effect,
    ssh_as_declared,
    stack_supported,
    staged_before_production,
)
from collector.assessment.checks.stemcells import (
    stemcell_current,
    stemcell_deployment_latency,
    stemcell_uniform,
    tested_before_production,
)
from collector.assessment.declared import Declared
from collector.assessment.judgement import Judgement
from collector.model.base import Value


def always(_declared: Declared) -> bool:
    """Every system is asked."""
    return True


def with_baseline(declared: Declared) -> bool:
    """Only a system that declares a baseline is asked."""
    return declared.baseline is not None


def with_ssh(declared: Declared) -> bool:
    """Only a system that declares an ssh setting is asked."""
    return declared.baseline is not None and bool(declared.baseline.ssh)


def with_environments(declared: Declared) -> bool:
    """Only a system that names its production spaces is asked."""
    return "production" in declared.environments


def with_boundary(declared: Declared) -> bool:
    """Only a system that declares its boundary is asked."""
    return bool(declared.boundary_spaces)


class Check(Value, frozen=True, kw_only=True):
    """A small pure function of one subject's record and a Limit, and what it reads.

    The record is an AppRecord, PatchRecord, StemcellRecord, or the Scene, by `kind`. Without `needs` (topics of
    Facts.read or of the platform below) there is no verdict; `uses` are consulted where the record leaves a question.
    `window` is the one it is held against; `counts` names checks whose verdicts it counts, so that whoever asks for it
    asks for those too. `asked` tells whether the settings call for it at all. `remark` says that its unknown is only a
    remark, also in the table of applications. `split` says that its one subject has a verdict for each part.
    """

    judge: Callable[..., Judgement]
    kind: Literal["app", "notice", "stemcell", "system"] = "app"
    window: str | None = None
    needs: frozenset[str] = frozenset({"apps", "droplets"})
    uses: frozenset[str] = frozenset({"tasks"})
    counts: tuple[str, ...] = ()
    asked: Callable[[Declared], bool] = always
    remark: bool = False
    split: bool = False

    @property
    def title(self) -> str:
        """The sentence that an auditor reads: the first line of the function's docstring."""
        return (self.judge.__doc__ or "").partition("\n")[0]

    @property
    def text(self) -> str:
        """The whole docstring, one paragraph a line."""
        lines = (self.judge.__doc__ or "").split("\n\n")
        return "\n".join(" ".join(line.split()) for line in lines)


_APP: Final = frozenset({"apps", "droplets"})
_BUILDPACKS: Final = _APP | {"buildpacks"}
_STACKS: Final = _APP | {"stacks"}
_BUILDS: Final = _APP | {"builds"}
_INSTANCES: Final = _APP | {"instances"}
_EVENTS: Final = frozenset({"tasks", "events"})
_NONE: Final[frozenset[str]] = frozenset()
_DIRECTORS: Final = frozenset({"directors"})
_NOTICES: Final = frozenset({"notices", "stemcell-releases"})
_INDEX: Final = frozenset({"stemcell-index"})
_VMS: Final = frozenset({"vms"})

CHECKS: Final[Mapping[str, Check]] = {
    "app-restage-age": Check(judge=app_restage_age, window="restage", uses=_EVENTS | {"builds"}),
    "buildpack-current": Check(judge=buildpack_current, window="restage", needs=_BUILDPACKS, uses=_EVENTS | {"builds"}),
    "image-remediated": Check(judge=image_remediated, window="image-scan", uses=frozenset({"tasks", "attestation"})),
    "restage-in-effect": Check(judge=restage_in_effect, needs=_INSTANCES, uses=_EVENTS),
    "host-refreshed": Check(
        judge=host_refreshed,
        window="os-patch",
        needs=_INSTANCES,
        uses=_DIRECTORS | _VMS | _INDEX | {"stemcell-releases", "tasks"},
        remark=True,
    ),
    "rootfs-current": Check(judge=rootfs_current, window="os-patch", uses=_DIRECTORS | _NOTICES | {"rootfs", "tasks"}),
    "last-restage-succeeded": Check(judge=last_restage_succeeded, needs=_BUILDS),
    "buildpack-pinned": Check(judge=buildpack_pinned),
    "stack-supported": Check(judge=stack_supported, needs=_STACKS),
    "buildpack-approved": Check(judge=buildpack_approved, asked=with_baseline),
    "settings-in-effect": Check(judge=settings_in_effect),
    "ssh-as-declared": Check(judge=ssh_as_declared, needs=_APP | {"spaces", "ssh"}, asked=with_ssh),
    "staged-before-production": Check(
        judge=staged_before_production, needs=_APP | {"spaces"}, uses=_EVENTS, asked=with_environments
    ),
    "inventory-current": Check(
        judge=inventory_current, kind="system", window="determination-frequency", needs=_NONE, uses=_NONE
    ),
    "status-determined": Check(
        judge=status_determined, kind="system", needs=_BUILDPACKS, uses=_EVENTS, counts=STATUS_CHECKS
    ),
    "inventory-complete": Check(
        judge=inventory_complete,
        kind="system",
        needs=frozenset({"apps", "spaces"}),
        uses=_NONE,
        asked=with_boundary,
    ),
    "inventory-accurate": Check(
        judge=inventory_accurate, kind="system", needs=_APP, uses=_NONE, counts=BASELINE_CHECKS, asked=with_baseline
    ),
    "evidence-retained": Check(judge=evidence_retained, kind="system", needs=_NONE, uses=_NONE),
    "baseline-reviewed": Check(
        judge=baseline_reviewed,
        kind="system",
        needs=_NONE,
        uses=frozenset({"buildpacks", "events"}),
        asked=with_baseline,
    ),
    "baseline-monitored": Check(
        judge=baseline_monitored, kind="system", window="determination-frequency", needs=_NONE, uses=_APP
    ),
    "benchmarks-set": Check(judge=benchmarks_set, kind="system", needs=_NONE, uses=_NONE),
    "latency-measured": Check(
        judge=latency_measured,
        kind="system",
        needs=_NONE,
        uses=_BUILDPACKS | _EVENTS | _DIRECTORS | _NOTICES | _INDEX,
        split=True,
    ),
    "os-patch-latency": Check(
        judge=os_patch_latency,
        kind="notice",
        window="os-patch",
        needs=_DIRECTORS | _NOTICES,
        uses=_INDEX | {"packages"},
    ),
    "stemcell-packaging-latency": Check(
        judge=stemcell_packaging_latency,
        kind="notice",
        window="stemcell-packaging",
        needs=_DIRECTORS | _NOTICES | _INDEX,
        uses=frozenset({"packages"}),
    ),
    "exploited-vulnerability-due": Check(
        judge=exploited_vulnerability_due,
        kind="notice",
        window="known-exploited",
        needs=_DIRECTORS | _NOTICES | {"exploited"},
        uses=_INDEX | {"packages"},
    ),
    "stemcell-deployment-latency": Check(
        judge=stemcell_deployment_latency,
        kind="stemcell",
        window="stemcell-deployment",
        needs=_DIRECTORS | _INDEX,
        uses=_NONE,
    ),
    "stemcell-current": Check(
        judge=stemcell_current, kind="stemcell", window="os-patch", needs=_DIRECTORS | _INDEX, uses=_NONE
    ),
    "stemcell-uniform": Check(judge=stemcell_uniform, kind="stemcell", needs=_DIRECTORS | _VMS, uses=_NONE),
    "tested-before-production": Check(judge=tested_before_production, kind="stemcell", needs=_DIRECTORS, uses=_INDEX),
}
"""In the order in which observations are written."""
