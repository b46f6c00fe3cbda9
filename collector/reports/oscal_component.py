"""The OSCAL component definition: what the tool, and the platform below the system, do for each control.

It is for the system security plan: a plan imports it, and has the tested objectives, parameters and checks by control.
"""

from typing import BinaryIO, Final

from collector.model import Assessment, ControlResult
from collector.reports import oscal
from collector.reports.context import Context
from collector.reports.oscal import Json

_CATALOG: Final = (
    "https://raw.githubusercontent.com/usnistgov/oscal-content/v1.5.0/"
    "nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json"
)


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write `component-definition.json`."""
    source = oscal.identifier("catalog", "NIST SP 800-53 rev5")
    body = oscal.Branch(
        {
            "metadata": oscal.metadata(assessment, context, "component-definition", "Component definition"),
            "components": [_tool(assessment, source), *_platform(assessment, source)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": source,
                        "title": "NIST SP 800-53 Revision 5",
                        "description": "The catalog whose controls, parameters and objectives are named here.",
                        "props": oscal.core_props(("type", "catalog")),
                        "rlinks": [{"href": _CATALOG, "media-type": "application/json"}],
                    }
                ]
            },
        }
    )
    oscal.write_document(out, "component-definition", body)


def _tool(assessment: Assessment, source: str) -> Json:
    requirements = [_tested(assessment, control) for control in assessment.controls]
    return oscal.compact(
        {
            "uuid": oscal.tool_uuid(assessment),
            "type": "software",
            "title": oscal.markup(assessment.tool),
            "description": "Reads Cloud Foundry without changing it, keeps what it read, and judges it.",
            "purpose": "Evidence that applications and the platform below them are patched.",
            "props": oscal.core_props(("version", assessment.version)),
            "control-implementations": _implementations(assessment, source, "tool", requirements),
        }
    )


def _platform(assessment: Assessment, source: str) -> list[Json]:
    """The platform that provider parts are inherited from, where the settings name its authorization."""
    named = assessment.system.leveraged
    if not named:
        return []
    inherited = [_inherited(assessment, control) for control in assessment.controls if "provider" in control.parts]
    return [
        oscal.compact(
            {
                "uuid": oscal.identifier("leveraged", assessment.system.id, named),
                "type": "service",
                "title": oscal.markup(named),
                "description": "The platform that the system runs on, with an authorization of its own.",
                "control-implementations": _implementations(assessment, source, "platform", inherited),
            }
        )
    ]


def _implementations(assessment: Assessment, source: str, who: str, requirements: list[Json]) -> list[Json]:
    if not requirements:
        return []
    return [
        {
            "uuid": oscal.identifier("control-implementation", assessment.system.id, who),
            "source": f"#{source}",
            "description": "Controls on flaw remediation and configuration, by NIST SP 800-53 Revision 5.",
            "implemented-requirements": requirements,
        }
    ]


def _tested(assessment: Assessment, control: ControlResult) -> Json:
    """What the tool tests of a control, with the parameters of the system that it tests against."""
    checks = dict.fromkeys(count.id for count in control.checks)
    values = [(row.id, oscal.plain(row.value)) for row in control.parameters if row.value]
    return oscal.compact(
        {
            "uuid": oscal.identifier("requirement", assessment.system.id, "tool", control.oscal_id),
            "control-id": control.oscal_id,
            "description": oscal.paragraph(control.narrative) or oscal.markup(control.title),
            "props": oscal.props(
                *(("objective-id", finding.id) for finding in oscal.tested(control)),
                *(("check-id", check) for check in checks),
            ),
            "set-parameters": [{"param-id": name, "values": [value]} for name, value in values],
            "remarks": oscal.sentence(control.sentence),
        }
    )


def _inherited(assessment: Assessment, control: ControlResult) -> Json:
    """What the provider answers for, and whether it was observed here."""
    findings = [finding for finding in control.objectives if finding.part == "provider"]
    seen = [finding for finding in findings if finding.status in oscal.TESTED]
    told = "observed here by the checks named" if seen else "inherited, not observed here"
    return oscal.compact(
        {
            "uuid": oscal.identifier("requirement", assessment.system.id, "platform", control.oscal_id),
            "control-id": control.oscal_id,
            "description": oscal.sentence(f"The provider's part of {control.id} {control.title}: {told}"),
            "props": oscal.props(
                ("leveraged-authorization", assessment.system.leveraged),
                *(("objective-id", finding.id) for finding in findings),
                *(("check-id", check) for check in dict.fromkeys(name for row in seen for name in row.checks)),
            ),
        }
    )
