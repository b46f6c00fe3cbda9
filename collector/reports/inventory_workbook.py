"""inventory-fedramp.xlsx: applications and stemcells in the layout of FedRAMP's SSP Appendix M, experimental.

One row an application, by its guid, and one for each line of stemcells that runs in a deployment. What the tool does
not know stays blank.
"""

from typing import BinaryIO, Final

from collector.model import ApplicationLine, Assessment, Status, StemcellLine
from collector.reports.context import Context
from collector.reports.form_layout import read_form
from collector.reports.form_workbook import Filling, Value, write_form
from collector.reports.poam_workbook import change_row
from collector.reports.words import STATUS

_FORM: Final = "inventory-fedramp"
_RUNNING: Final = "running"
_IMAGE: Final = "docker"
Row = dict[str, Value]


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the workbook."""
    applications = [_application(assessment, line) for line in assessment.applications]
    stemcells = [_stemcell(assessment, line) for line in assessment.stemcells if line.state == _RUNNING]
    told = f"{len(applications)} applications, {len(stemcells)} lines of stemcells"
    name = assessment.system.name or assessment.system.id
    filling = Filling(
        cells={"heading": f"{name}, as of {assessment.as_of:%Y-%m-%d %H:%M} UTC"},
        rows={"assets": [*applications, *stemcells], "changes": [change_row(assessment, told)]},
    )
    write_form(read_form(context.templates, _FORM), filling, assessment, out)


def _application(assessment: Assessment, line: ApplicationLine) -> Row:
    return {
        "id": line.subject.guid,
        "address": line.droplet,
        "virtual": "Yes",
        "baseline": line.buildpack,
        "os": line.stack,
        "location": assessment.foundation,
        "type": "Container image" if line.kind == _IMAGE else "Cloud Foundry application",
        "scanned": _scanned(line.status),
        "software": f"{line.buildpack} {line.has}".strip(),
        "patch_level": STATUS[line.status],
        "comments": _comments(line.flags, line.detail),
        "administrator": "",
        "owner": line.owner,
        "function": " ".join(filter(None, (line.environment, "application", line.subject.label))),
    }


def _stemcell(assessment: Assessment, line: StemcellLine) -> Row:
    subject = line.subject
    name, _, version = subject.name.partition("/")
    return {
        "id": "/".join(filter(None, (subject.environment, subject.deployment, name))),
        "address": "",
        "virtual": "Yes",
        "baseline": "",
        "os": f"{name} {version}".strip(),
        "location": assessment.foundation,
        "type": "Stemcell of virtual machines",
        "scanned": _scanned(line.status),
        "software": "",
        "patch_level": STATUS[line.status],
        "comments": _comments(line.flags, line.detail),
        "administrator": "platform operator",
        "owner": "",
        "function": " ".join(filter(None, ("operating system of", subject.environment, subject.deployment))),
    }


def _scanned(status: Status) -> str:
    """Whether the last snapshot could judge it; what could not be judged is not told as scanned."""
    return "Yes" if status in {"pass", "fail"} else "No"


def _comments(flags: tuple[str, ...], detail: str) -> str:
    flagged = f"flagged by {', '.join(flags)}" if flags else ""
    return "; ".join(filter(None, (flagged, detail)))
