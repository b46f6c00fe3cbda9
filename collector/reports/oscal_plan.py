"""The OSCAL assessment plan that the results point at: what is tested, how, against which windows, how often."""

from typing import BinaryIO, Final

from collector.model import Assessment, Window
from collector.reports import oscal
from collector.reports.context import Context
from collector.reports.oscal import BY_STATEMENT, Json

_MEDIA_TYPES: Final = {".json": "application/json", ".xml": "text/xml", ".pdf": "application/pdf"}
_NO_SSP: Final = (
    "No system security plan was configured for this system, so none is linked. "
    "Set ssp.href under [system] in collect.toml to link it."
)


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write `assessment-plan.json`."""
    ssp = _ssp(assessment)
    body = oscal.Branch(
        {
            "metadata": oscal.metadata(assessment, context, "assessment-plan", "Assessment plan"),
            "import-ssp": {"href": f"#{ssp['uuid']}"},
            "local-definitions": oscal.Branch({"activities": _activities(assessment)}),
            "reviewed-controls": oscal.reviewed_controls(assessment),
            "assessment-subjects": [
                {"type": kind, "description": text, "include-all": {}} for kind, text in _subjects(assessment).items()
            ],
            "assessment-assets": oscal.assessment_assets(assessment),
            "tasks": [_task(assessment)],
            "back-matter": {"resources": [ssp]},
        }
    )
    oscal.write_document(out, "assessment-plan", body)


def _ssp(assessment: Assessment) -> Json:
    system = assessment.system
    title = system.ssp_title or "System security plan"
    resource: Json = {
        "uuid": oscal.identifier("ssp", system.id),
        "title": oscal.markup(title),
        "description": oscal.sentence(f"{title} of {system.name or system.id}") if system.ssp_href else _NO_SSP,
        "props": oscal.core_props(("type", "plan"), ("version", system.ssp_version)),
    }
    if system.ssp_href:
        target = oscal.href(system.ssp_href)
        suffix = target[target.rfind(".") :].lower()
        resource["rlinks"] = [oscal.compact({"href": target, "media-type": _MEDIA_TYPES.get(suffix)})]
    return resource


def _checks(assessment: Assessment) -> list[str]:
    """Every check that is described, counted or observed, by name."""
    return sorted(
        {*assessment.checks, *oscal.controls_of(assessment), *(seen.check for seen in assessment.observations)}
    )


def _activities(assessment: Assessment) -> list[Json]:
    roles = oscal.roles_of(assessment)
    examined = BY_STATEMENT if assessment.attested else frozenset[str]()
    return [
        oscal.compact(
            {
                "uuid": oscal.activity_uuid(assessment.system.id, check),
                "title": oscal.markup(check),
                "description": oscal.sentence(assessment.checks.get(check, "")) or oscal.sentence(check),
                "props": [
                    *oscal.core_props(("method", "EXAMINE" if check in examined else "TEST")),
                    *oscal.props(("check-id", check), *(("role", role) for role in roles.get(check, ()))),
                ],
                "related-controls": _related(assessment, check),
                "remarks": "\n".join(_window(window) for window in _windows(assessment, check)),
            }
        )
        for check in _checks(assessment)
    ]


def _related(assessment: Assessment, check: str) -> Json:
    controls = oscal.controls_of(assessment).get(check, ())
    objectives = [
        finding.id for control in assessment.controls for finding in oscal.tested(control) if check in finding.checks
    ]
    return oscal.compact(
        {
            "control-selections": [{"include-controls": [{"control-id": name} for name in controls]}]
            if controls
            else [],
            "control-objective-selections": [{"include-objectives": [{"objective-id": name} for name in objectives]}]
            if objectives
            else [],
        }
    )


def _windows(assessment: Assessment, check: str) -> list[Window]:
    names = {
        count.window: None
        for control in assessment.controls
        for count in control.checks
        if count.id == check and count.window in assessment.windows
    }
    return [assessment.windows[name] for name in names if name]


def _window(window: Window) -> str:
    limit = "a limit that each subject carries" if window.limit_hours is None else f"{window.limit_hours:g} hours"
    changed = ", overridden in the settings" if window.overridden else ""
    return (
        f"Window {oscal.markup(window.name)}: {limit} ({window.kind}{changed}). "
        f"Authority: {oscal.sentence(window.authority, window.citation)}"
    )


def _subjects(assessment: Assessment) -> dict[str, str]:
    """The kinds of subject that are looked at; apps always are."""
    kinds = {"inventory-item": "The Cloud Foundry apps that the account can see."}
    if any(oscal.subject_type(seen.subject) == "component" for seen in assessment.observations):
        kinds["component"] = "The system as a whole, and what its platform runs on."
    return kinds


def _task(assessment: Assessment) -> Json:
    kinds: dict[str, dict[str, None]] = {}
    for seen in assessment.observations:
        kinds.setdefault(seen.check, {})[oscal.subject_type(seen.subject)] = None
    return oscal.compact(
        {
            "uuid": oscal.task_uuid(assessment.system.id),
            "type": "action",
            "title": oscal.markup(f"Run {assessment.tool}"),
            "description": "Take a snapshot, keep it, judge it, and report.",
            "timing": _timing(assessment.windows.get("determination-frequency")),
            "associated-activities": [
                {
                    "activity-uuid": oscal.activity_uuid(assessment.system.id, check),
                    "subjects": [
                        {"type": kind, "include-all": {}} for kind in sorted(kinds.get(check, {"inventory-item": None}))
                    ],
                }
                for check in _checks(assessment)
            ],
        }
    )


def _timing(window: Window | None) -> Json:
    if window is None or window.limit_hours is None or window.limit_hours < 1:
        return {}
    hours = int(window.limit_hours)
    period, unit = (hours, "hours") if hours % 24 else (hours // 24, "days")
    return {"at-frequency": {"period": period, "unit": unit}}
