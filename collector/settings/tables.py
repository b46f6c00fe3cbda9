"""What collect.toml may hold, with the defaults."""

from collections.abc import Mapping
from datetime import date

import msgspec

SCHEMA = 1


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of collect.toml; unknown keys are errors."""


class Ssp(Table, frozen=True, kw_only=True):
    """Where the System Security Plan is."""

    title: str = ""
    version: str = ""
    href: str = ""


class Roles(Table, frozen=True, kw_only=True):
    """Who signs."""

    isso: str = ""
    assessor: str = ""
    prepared_by: str = ""


class SystemTable(Table, frozen=True, kw_only=True):
    """The system whose evidence this is."""

    id: str = "default"
    name: str = ""
    scope: str = "customer"
    impact: str = "moderate"
    ssp: Ssp = Ssp()
    leveraged: str = "cloud.gov P-ATO"
    roles: Roles = Roles()
    marking: str = ""


class CfTable(Table, frozen=True, kw_only=True):
    """The foundation that is asked."""

    api: str = ""
    orgs: tuple[str, ...] = ()
    include_stopped: bool = False
    concurrency: int = 4


class BoundaryTable(Table, frozen=True, kw_only=True):
    """What belongs to the system, as `org/space` patterns; environments name groups of spaces."""

    spaces: tuple[str, ...] = ()
    environments: dict[str, tuple[str, ...]] = {}


class BaselineTable(Table, frozen=True, kw_only=True):
    """The declared, dated configuration baseline; none is declared without its date."""

    declared: date | None = None
    buildpacks: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    ssh: str = ""


class BoshTable(Table, frozen=True, kw_only=True):
    """One director of the platform team; no deployments named are all of them."""

    environment: str
    url: str = ""
    deployments: tuple[str, ...] = ()


class FeedsTable(Table, frozen=True, kw_only=True):
    """Public feeds, each a URL or a local path; one that is not named is not read."""

    stemcell_line: str = ""
    stemcell_index: str = ""
    light_index: str = ""
    stemcell_releases: str = ""
    notices: str = ""
    exploited: str = ""
    packages: str = ""
    rootfs: str = ""
    buildpack_releases: str = ""
    attestation: str = ""


class PolicyTable(Table, frozen=True, kw_only=True):
    """An override of one window of controls/policy.toml."""

    authority: str
    limit_days: float | None = None
    limit_hours: float | None = None
    binding: bool | None = None


class StoreTable(Table, frozen=True, kw_only=True):
    """Where runs are kept."""

    url: str = "file:./evidence"
    lock: str = "none"
    retention_days: int = 1095
    kms_key: str = ""
    encryption: str = "required"


class SignTable(Table, frozen=True, kw_only=True):
    """How manifests are signed."""

    key: str = ""


class OwnersTable(Table, frozen=True, kw_only=True):
    """The label or annotation that names an app's owner."""

    annotation: str = "owner"


class ReportTable(Table, frozen=True, kw_only=True):
    """What is written."""

    artifacts: tuple[str, ...] = (
        "workbook",
        "webpage",
        "assessment-results",
        "assessment-plan",
        "poam",
        "component-definition",
        "poam-workbook",
        "action-plan",
    )
    html_max_rows: int = 1000


class ExceptionTable(Table, frozen=True, kw_only=True):
    """An accepted risk."""

    id: str
    controls: tuple[str, ...]
    rationale: str
    approver: str
    ticket: str
    starts: date
    expires: date
    app: str = ""
    stemcell: str = ""


class SystemsTable(Table, frozen=True, kw_only=True):
    """One of several systems over the same snapshots: its apps, its boundary; the rest is as in `[system]`.

    Apps are selected by patterns over orgs, spaces and labels (or annotations); at least one selector is named.
    """

    id: str
    name: str = ""
    scope: str = ""
    impact: str = ""
    ssp: Ssp | None = None
    orgs: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    boundary: tuple[str, ...] = ()


class AcknowledgedTable(Table, frozen=True, kw_only=True):
    """A change of the baseline that somebody took note of; `change` is one of CHANGES."""

    app: str
    change: str
    by: str
    date: date
    ticket: str = ""


class Tables(Table, frozen=True, kw_only=True):
    """Everything that collect.toml may hold."""

    schema: int = SCHEMA
    system: SystemTable = SystemTable()
    cf: CfTable = CfTable()
    boundary: BoundaryTable = BoundaryTable()
    baseline: BaselineTable = BaselineTable()
    bosh: tuple[BoshTable, ...] = ()
    feeds: FeedsTable = FeedsTable()
    policy: dict[str, PolicyTable] = {}
    store: StoreTable = StoreTable()
    sign: SignTable = SignTable()
    owners: OwnersTable = OwnersTable()
    report: ReportTable = ReportTable()
    exceptions: tuple[ExceptionTable, ...] = ()
    exceptions_file: str = ""
    systems: tuple[SystemsTable, ...] = ()
    acknowledged: tuple[AcknowledgedTable, ...] = ()


# Words a setting may have, where the type alone does not say it.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "system.scope": ("customer", "provider", "both"),
    "system.impact": ("low", "moderate", "high"),
    "store.lock": ("none", "governance", "compliance"),
    "store.encryption": ("required", "none"),
    "baseline.ssh": ("", "enabled", "disabled"),
}
# Settings that a later version acts on: set, they are said aloud, because silence would look like consent.
LATER = ("sign",)
# What a change of the baseline may be; * is any of them.
CHANGES = ("buildpack", "stack", "image", "lifecycle", "ssh", "added", "removed", "*")
