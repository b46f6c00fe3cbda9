"""The OSCAL assessment results: every observation, a risk for each that is open, a finding for each tested objective.

Of each check there is one aggregate observation, which names the subjects that pass or that the check does not apply
to and counts them all; whatever fails or is unknown has an observation of its own. So every observation of the
assessment is here exactly once.
"""

from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, Final

from collector.model import Assessment
from collector.reports import oscal, oscal_plan
from collector.reports.context import Context
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_evidence import evidence
from collector.reports.oscal_findings import findings, risks
from collector.reports.oscal_month import period_pairs
from collector.reports.oscal_observations import observations
from collector.reports.oscal_platform import figure_pairs
from collector.reports.oscal_run import Run, run_of
from collector.reports.oscal_subjects import components, inventory

_GAPS: Final = 100


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write `assessment-results.json`."""
    run = run_of(assessment)
    plan = _plan_resource(assessment, context)
    body = Branch(
        {
            "metadata": oscal.metadata(assessment, context, "assessment-results", "Assessment results"),
            "import-ap": {"href": f"#{plan['uuid']}"},
            "results": iter((_result(run),)),
            "back-matter": {"resources": [plan, *evidence(run)]},
        }
    )
    oscal.write_document(out, "assessment-results", body)


def _plan_resource(assessment: Assessment, context: Context) -> Json:
    digest = context.artifacts.get(oscal.PLAN_FILE)
    if digest is None:  # the results alone were asked for: the plan that belongs to them is known all the same
        plan = BytesIO()
        oscal_plan.write(assessment, plan, context)
        digest = sha256(plan.getbuffer()).hexdigest()
    return {
        "uuid": oscal.identifier("assessment-plan", assessment.system.id),
        "title": "Assessment plan",
        "props": oscal.core_props(("type", "plan")),
        "rlinks": [
            {
                "href": oscal.PLAN_FILE,
                "media-type": "application/json",
                "hashes": [{"algorithm": "SHA-256", "value": digest.removeprefix("sha256:")}],
            }
        ],
    }


def _result(run: Run) -> Branch:
    assessment = run.assessment
    name = assessment.system.name or assessment.system.id
    when = assessment.period or f"{assessment.as_of:%Y-%m-%d}"
    return Branch(
        {
            "uuid": oscal.identifier("result", run.system, run.key),
            "title": oscal.markup(f"{name}, {when}"),
            "description": oscal.sentence(assessment.scope_note, assessment.answer) or "No answer.",
            "start": run.start,
            "end": run.end,
            "props": _result_props(run),
            "local-definitions": Branch(
                {
                    "components": components(run),
                    "inventory-items": inventory(run),
                    "assessment-assets": oscal.assessment_assets(assessment),
                }
            ),
            "reviewed-controls": oscal.reviewed_controls(assessment),
            "assessment-log": {"entries": _log(run)},
            "observations": observations(run),
            "risks": risks(run),
            "findings": findings(run),
            "remarks": _remarks(assessment),
        }
    )


def _result_props(run: Run) -> list[Json]:
    assessment = run.assessment
    apps = assessment.coverage.apps
    return oscal.props(
        ("foundation", assessment.foundation),
        ("as-of", oscal.instant(assessment.as_of)),
        ("period", assessment.period),
        *period_pairs(run),
        ("collected-as", assessment.identity.name),
        ("coverage-complete", oscal.yes_no(assessment.coverage.complete)),
        ("boundary-declared", oscal.yes_no(assessment.coverage.boundary_declared)),
        ("observations", str(len(assessment.observations))),
        ("apps-visible", str(apps.visible)),
        ("apps-assessed", str(apps.assessed)),
        ("apps-unknown", str(apps.unknown)),
        ("apps-not-applicable", str(apps.not_applicable)),
        *(("snapshot-id", snapshot.id) for snapshot in assessment.snapshots),
        *figure_pairs(assessment),
    )


def _log(run: Run) -> list[Json]:
    assessment = run.assessment
    entries = [
        {
            "uuid": oscal.identifier("log", run.system, run.key, snapshot.id),
            "title": oscal.markup(f"Snapshot {snapshot.id}"),
            "start": oscal.instant(snapshot.taken_at),
            "props": oscal.props(("snapshot-id", snapshot.id), ("manifest-sha256", snapshot.sha256)),
        }
        for snapshot in assessment.snapshots
    ]
    judged = {
        "uuid": oscal.identifier("log", run.system, run.key),
        "title": "Judged as of this instant",
        "start": oscal.instant(assessment.as_of),
    }
    return [*map(oscal.compact, entries), judged]


def _remarks(assessment: Assessment) -> str:
    coverage = assessment.coverage
    # Whoever reads no further reads what was not looked at.
    lines = [f"Not looked at: {oscal.markup(said)}." for said in assessment.heartbeat] if assessment.month else []
    lines += [f"Spaces seen: {len(coverage.spaces)}. Declared spaces not seen: {len(coverage.missing_spaces)}."]
    for source in coverage.sources:
        lines.append(
            f"Source {oscal.markup(source.name)}: {source.status}, {source.requests} requests, "
            f"{source.documents} documents."
        )
        lines += [f"- not got: {oscal.markup(gap.what)}: {oscal.markup(gap.reason)}" for gap in source.gaps[:_GAPS]]
        if len(source.gaps) > _GAPS:
            lines.append(f"- and {len(source.gaps) - _GAPS} more, all in assessment.json")
    lines += [oscal.sentence(control.sentence) for control in assessment.controls]
    return "\n".join(lines)
