"""The OSCAL plan of action and milestones of a month: one item for each check and component that is still outside.

Each item has one observation, which holds all its subjects, and one risk. It keeps its names from the month in which it
opened to the one in which it is told closed.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from collector.model import Assessment, OpenItem, RiskLine
from collector.reports import oscal
from collector.reports.context import Context
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_evidence import cites, evidence_for
from collector.reports.oscal_run import Run, run_of
from collector.reports.oscal_subjects import components_of, inventory_of
from collector.reports.patching import title_of
from collector.reports.plan_items import Told, deadline, item_name, month_begin, told_items

_NO_SSP: Final = "There is no system security plan in OSCAL; the one of the system is kept elsewhere."


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write `poam.json`; raises ValueError where nothing is open or was closed, for OSCAL has no empty plan."""
    if not assessment.items:
        raise ValueError("a plan of action needs an item")
    run = run_of(assessment)
    every = told_items(assessment)
    cited = [subject for told in every for subject in told.subjects]
    plan = _plan(assessment)
    body = Branch(
        {
            "metadata": oscal.metadata(assessment, context, "poam", "Plan of action and milestones"),
            "import-ssp": {"href": f"#{plan['uuid']}"},
            "system-id": {"identifier-type": f"{oscal.NS}/system-id", "id": oscal.plain(assessment.system.id)},
            "local-definitions": Branch(
                {
                    "components": components_of(run, cited),
                    "inventory-items": inventory_of(run, cited),
                    "assessment-assets": oscal.assessment_assets(assessment),
                }
            ),
            "observations": [_observation(run, told) for told in every],
            "risks": [_risk(run, told) for told in every],
            "poam-items": [_item(run, told) for told in every],
            "back-matter": {
                "resources": [plan, *evidence_for(run, (name for item in assessment.items for name in item.evidence))]
            },
        }
    )
    oscal.write_document(out, "plan-of-action-and-milestones", body)


def _plan(assessment: Assessment) -> Json:
    """The system security plan, where it is known, or the word that there is none."""
    system = assessment.system
    named = bool(system.ssp_href)
    return oscal.compact(
        {
            "uuid": oscal.identifier("system-security-plan", system.id),
            "title": oscal.markup(system.ssp_title or "System security plan"),
            "description": "" if named else _NO_SSP,
            "props": oscal.core_props(("type", "plan")) if named else oscal.props(("type", "no-oscal-ssp")),
            "rlinks": [{"href": oscal.href(system.ssp_href)}] if named else [],
        }
    )


def _name(run: Run, kind: str, item: OpenItem) -> str:
    """A name that stays from the first month of an item to its last."""
    return item_name(run.system, kind, item)


def _title(item: OpenItem) -> str:
    return oscal.markup(f"{item.check}: {item.component}")


def _words(run: Run, told: Told) -> str:
    item = told.item
    asked = run.assessment.checks.get(item.check, item.check)
    number = len(item.subjects)
    subjects = "1 subject" if number == 1 else f"{number} subjects"
    return oscal.sentence(
        f"{item.component}: {subjects}; {told.state}", f"It should hold: {asked}", ", ".join(item.subjects)
    )


def _observation(run: Run, told: Told) -> Json:
    item = told.item
    return oscal.compact(
        {
            "uuid": oscal.identifier("poam-observation", run.key, _name(run, "item", item)),
            "title": _title(item),
            "description": _words(run, told),
            "props": oscal.props(("check-id", item.check), ("component", oscal.plain(item.component))),
            "methods": ["TEST"],
            "types": ["discovery"],
            "origins": [{"actors": run.origins[0]["actors"]}],
            "subjects": [
                {
                    "subject-uuid": oscal.subject_uuid(run.system, subject),
                    "type": oscal.subject_type(subject),
                    "title": oscal.markup(title_of(subject)) or "(no name)",
                }
                for subject in told.subjects
            ],
            "relevant-evidence": cites(run, item.evidence),
            "collected": run.collected,
        }
    )


def _risk(run: Run, told: Told) -> Json:
    item = told.item
    risk = next((row for row in run.assessment.risks if row.risk.id == item.waived_by), None)
    status = "closed" if item.closed_at else "deviation-approved" if item.waived_by else "open"
    return oscal.compact(
        {
            "uuid": _name(run, "risk", item),
            "title": _title(item),
            "description": _words(run, told),
            "statement": oscal.sentence(
                f"{item.component} does not pass {item.check}", run.assessment.checks.get(item.check, "")
            ),
            "props": oscal.props(
                ("check-id", item.check),
                ("component", oscal.plain(item.component)),
                ("opened", item.opened),
                ("months", str(item.months)),
                ("exception-id", item.waived_by),
                *_accepted(risk),
            )
            + [
                {"name": "impacted-control-id", "ns": oscal.FEDRAMP_NS, "value": control}
                for control in run.controls.get(item.check, ())
            ],
            "status": status,
            "origins": [{"actors": run.origins[0]["actors"]}],
            "deadline": "" if item.closed_at else _deadline(run, item),
            "remediations": [] if item.closed_at else [_response(run, told)],
            "risk-log": {"entries": list(_log(run, told, risk))},
            "related-observations": [
                {"observation-uuid": oscal.identifier("poam-observation", run.key, _name(run, "item", item))}
            ],
        }
    )


def _accepted(line: RiskLine | None) -> tuple[tuple[str, str], ...]:
    if line is None:
        return ()
    risk = line.risk
    return (
        ("approver", oscal.plain(risk.approver)),
        ("ticket", oscal.plain(risk.ticket)),
        ("accepted-until", risk.expires.isoformat()),
    )


def _deadline(run: Run, item: OpenItem) -> str:
    due = deadline(run.assessment, item)
    return "" if due is None else oscal.instant(due)


def _response(run: Run, told: Told) -> Json:
    item = told.item
    steps = told.steps
    more = f"; for {len(steps) - 1} more see the action plan" if len(steps) > 1 else ""
    due = _deadline(run, item)
    milestone = {
        "uuid": _name(run, "milestone", item),
        "type": "milestone",
        "title": "Inside the window again",
        "timing": {"on-date": {"date": due}},
    }
    return oscal.compact(
        {
            "uuid": _name(run, "response", item),
            "lifecycle": "planned",
            "title": "Bring every subject inside again",
            "description": oscal.paragraph(f"{steps[0]}{more}") if steps else "See the action plan.",
            "tasks": [milestone] if due else [],
        }
    )


def _log(run: Run, told: Told, line: RiskLine | None) -> Iterator[Json]:
    """Opened once, told again each month, accepted where it is, closed at the end."""
    item = told.item
    now = oscal.instant(run.assessment.as_of)
    yield {
        "uuid": _name(run, "opened", item),
        "title": f"Opened in {item.opened}",
        "start": oscal.instant(month_begin(item.opened)),
        "status-change": "open",
    }
    if item.closed_at is not None:
        yield {
            "uuid": _name(run, "closed", item),
            "title": "No subject is outside any more",
            "start": oscal.instant(item.closed_at),
            "status-change": "closed",
        }
        return
    yield oscal.compact(
        {
            "uuid": oscal.identifier("poam-status", run.key, _name(run, "item", item)),
            "title": f"Still open in month {item.months}" if item.months > 1 else "Open",
            "description": oscal.sentence(told.state.capitalize(), _acceptance(line)),
            "start": now,
            "status-change": "deviation-approved" if item.waived_by else "open",
        }
    )


def _acceptance(line: RiskLine | None) -> str:
    if line is None:
        return ""
    risk = line.risk
    return f"Accepted by {risk.approver}, {risk.ticket}, to the end of {risk.expires.isoformat()} (UTC)"


def _item(run: Run, told: Told) -> Json:
    item = told.item
    return {
        "uuid": _name(run, "item", item),
        "title": _title(item),
        "description": _words(run, told),
        "props": oscal.props(
            ("poam-id", _name(run, "item", item)), ("opened", item.opened), ("months", str(item.months))
        ),
        "related-observations": [
            {"observation-uuid": oscal.identifier("poam-observation", run.key, _name(run, "item", item))}
        ],
        "related-risks": [{"risk-uuid": _name(run, "risk", item)}],
    }
