"""The table of reports: one line an artefact. Importing it loads no renderer; each is imported when it is used."""

from collections.abc import Collection, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import BinaryIO, Final, Protocol, cast

import msgspec

from collector.model import Assessment
from collector.reports.context import Context

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_JSON: Final = "application/json"
_CSV: Final = "text/csv; charset=utf-8"
_MARKDOWN: Final = "text/markdown; charset=utf-8"


class Write(Protocol):
    """Renders an assessment as bytes: the same assessment and context give the same bytes."""

    def __call__(self, assessment: Assessment, out: BinaryIO, context: Context) -> None:
        """Write the whole artefact to `out`."""
        ...


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `default`: made unless the settings say otherwise; `always`: no setting leaves it out.

    `monthly`: only of a month; `items`: only where something is open at its end, or was closed in it.

    `artifact` is the word that a person asks for it by. `writer` is `module:function`, imported on use, because some
    of them are slow to load.
    """

    name: str
    file: str
    media_type: str
    writer: str
    artifact: str = ""
    default: bool = True
    always: bool = False
    monthly: bool = False
    items: bool = False

    def write(self, assessment: Assessment, out: BinaryIO, context: Context) -> None:
        """Render to `out`."""
        module, _, function = self.writer.partition(":")
        cast("Write", getattr(import_module(module), function))(assessment, out, context)


# In the order in which they are written: the plan before the results that point at it, README.txt last.
_ALL: Final = (
    Report(
        name="assessment",
        file="assessment.json",
        media_type=_JSON,
        writer="collector.reports.answer_json:write",
        always=True,
    ),
    Report(
        name="observations",
        file="observations.csv",
        media_type=_CSV,
        writer="collector.reports.tables:write_observations",
        always=True,
    ),
    Report(
        name="summary",
        file="summary.md",
        media_type=_MARKDOWN,
        writer="collector.reports.summary:write",
        always=True,
    ),
    Report(
        name="month",
        file="summary.json",
        media_type=_JSON,
        writer="collector.reports.summary_json:write",
        always=True,
        monthly=True,
    ),
    Report(
        name="workbook",
        artifact="workbook",
        file="evidence.xlsx",
        media_type=_XLSX,
        writer="collector.reports.workbook:write",
    ),
    Report(
        name="webpage",
        artifact="webpage",
        file="evidence.html",
        media_type="text/html; charset=utf-8",
        writer="collector.reports.webpage:write",
    ),
    Report(
        name="assessment-plan",
        artifact="assessment-plan",
        file="assessment-plan.json",
        media_type=_JSON,
        writer="collector.reports.oscal_plan:write",
    ),
    Report(
        name="assessment-results",
        artifact="assessment-results",
        file="assessment-results.json",
        media_type=_JSON,
        writer="collector.reports.oscal_results:write",
    ),
    Report(
        name="component-definition",
        artifact="component-definition",
        file="component-definition.json",
        media_type=_JSON,
        writer="collector.reports.oscal_component:write",
    ),
    Report(
        name="poam",
        artifact="poam",
        file="poam.json",
        media_type=_JSON,
        writer="collector.reports.oscal_poam:write",
        monthly=True,
        items=True,
    ),
    Report(
        name="poam-workbook",
        artifact="poam-workbook",
        file="poam-fedramp.xlsx",
        media_type=_XLSX,
        writer="collector.reports.poam_workbook:write",
        monthly=True,
    ),
    Report(
        name="inventory-workbook",
        artifact="inventory-workbook",
        file="inventory-fedramp.xlsx",
        media_type=_XLSX,
        writer="collector.reports.inventory_workbook:write",
        default=False,
    ),
    Report(
        name="emass-workbook",
        artifact="emass-workbook",
        file="poam-emass.xlsx",
        media_type=_XLSX,
        writer="collector.reports.emass_workbook:write",
        default=False,
        monthly=True,
    ),
    Report(
        name="action-plan",
        artifact="action-plan",
        file="action-plan.csv",
        media_type=_CSV,
        writer="collector.reports.tables:write_action_plan",
    ),
    Report(
        name="action-plan-text",
        artifact="action-plan",
        file="action-plan.md",
        media_type=_MARKDOWN,
        writer="collector.reports.action_plan:write",
    ),
    Report(
        name="readme",
        file="README.txt",
        media_type="text/plain; charset=utf-8",
        writer="collector.reports.readme_txt:write",
        always=True,
    ),
)

REPORTS: Final[Mapping[str, Report]] = MappingProxyType({report.name: report for report in _ALL})

# What `--artifact` and `[report] artifacts` accept.
ARTIFACTS: Final = tuple(dict.fromkeys(report.artifact for report in _ALL if report.artifact))


def chosen(artifacts: Collection[str], *, monthly: bool = False, items: bool = False) -> tuple[Report, ...]:
    """Give the reports of these artefacts, and those that are always made, in the order in which they are written."""
    wanted = (report for report in _ALL if report.always or report.artifact in artifacts)
    return tuple(row for row in wanted if (monthly or not row.monthly) and (items or not row.items))
