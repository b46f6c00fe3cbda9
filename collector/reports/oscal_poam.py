"""The OSCAL plan of action and milestones of a month: one item for each check and component that is still outside.

Each item has one observation, which holds all its subjects, and one risk. It keeps its names from the month in which it
opened to the one in which it is told closed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from collector.model import Assessment, OpenItem, RiskLine, Subject
from collector.reports import oscal
from collector.reports.context import Context
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_evidence import cites, evidence_for
from collector.reports.oscal_run import Run, run_of
from collector.reports.oscal_subjects import components_of, inventory_of

_RESPONSE: Final = "flaw-remediation"
_NO_SSP: Final = "There is no system security plan in OSCAL; the one of the system is kept elsewhere."


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write `poam.json`; raises ValueError where nothing is open or was closed, for OSCAL has no empty plan."""
    if not assessment.items:
        raise ValueError("a plan of action needs an item")
    run = run_of(assessment)
    named = _subjects(assessment)
    cited = [subject for item in assessment.items for label in item.subjects if (subject := named.get(label))]
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
            "observations": [_observation(run, item, named) for item in assessment.items],
            "risks": [_risk(run, item) for item in assessment.items],
            "poam-items": [_item(run, item) for item in assessment.items],
            "back-matter": {
                "resources": [plan, *evidence_for(run, (name for item in assessment.items for name in item.evidence))]
            },
        }
    )
    oscal.write_document(out, "plan-of-action-and-milestones", body)


def _subjects(assessment: Assessment) -> dict[str, Subject]:
    """The subjects that items name, by the label that they have there."""
    found: dict[str, Subject] = {}
    for seen in assessment.observations:
        subject = seen.subject
        where = "/".join(part for part in (subject.environment, subject.deployment) if part)
        found.setdefault(f"{subject.label} in {where}" if where else subject.label, subject)
    return found


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
    return oscal.identifier(f"poam-{kind}", run.system, item.check, item.component, item.opened)


def _title(item: OpenItem) -> str:
    return oscal.markup(f"{item.check}: {item.component}")


def _words(run: Run, item: OpenItem) -> str:
    asked = run.assessment.checks.get(item.check, item.check)
    number = len(item.subjects)
    state = "was closed" if item.closed_at else "is outside at the end of the month"
    subjects = "1 subject" if number == 1 else f"{number} subjects"
    return oscal.sentence(
        f"{item.component}: {subjects}; {state}", f"It should hold: {asked}", ", ".join(item.subjects)
    )


def _observation(run: Run, item: OpenItem, named: dict[str, Subject]) -> Json:
    held = [subject for label in item.subjects if (subject := named.get(label)) is not None]
    return oscal.compact(
        {
            "uuid": oscal.identifier("poam-observation", run.key, _name(run, "item", item)),
            "title": _title(item),
            "description": _words(run, item),
            "props": oscal.props(("check-id", item.check), ("component", oscal.plain(item.component))),
            "methods": ["TEST"],
            "types": ["discovery"],
            "origins": [{"actors": run.origins[0]["actors"]}],
            "subjects": [
                {
                    "subject-uuid": oscal.subject_uuid(run.system, subject),
                    "type": oscal.subject_type(subject),
                    "title": oscal.markup(subject.label) or "(no name)",
                }
                for subject in {oscal.subject_uuid(run.system, subject): subject for subject in held}.values()
            ],
            "relevant-evidence": cites(run, item.evidence),
            "collected": run.collected,
        }
    )


def _risk(run: Run, item: OpenItem) -> Json:
    risk = next((row for row in run.assessment.risks if row.risk.id == item.waived_by), None)
    status = "closed" if item.closed_at else "deviation-approved" if item.waived_by else "open"
    return oscal.compact(
        {
            "uuid": _name(run, "risk", item),
            "title": _title(item),
            "description": _words(run, item),
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
            "remediations": [] if item.closed_at else [_response(run, item)],
            "risk-log": {"entries": list(_log(run, item, risk))},
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
    """The window within which flaws are remediated, counted from the end of the month in which the item opened."""
    window = run.assessment.windows.get(_RESPONSE)
    if window is None or window.limit_hours is None:
        return ""
    begun = run.assessment.as_of - timedelta(days=30 * (item.months - 1))
    return oscal.instant(begun + timedelta(hours=window.limit_hours))


def _response(run: Run, item: OpenItem) -> Json:
    steps = [row.next_step for row in run.assessment.observations if row.check == item.check and row.next_step]
    deadline = _deadline(run, item)
    milestone = {
        "uuid": _name(run, "milestone", item),
        "type": "milestone",
        "title": "Inside the window again",
        "timing": {"on-date": {"date": deadline}},
    }
    return oscal.compact(
        {
            "uuid": _name(run, "response", item),
            "lifecycle": "planned",
            "title": "Bring every subject inside again",
            "description": oscal.paragraph(steps[0]) if steps else "See the action plan.",
            "tasks": [milestone] if deadline else [],
        }
    )


def _log(run: Run, item: OpenItem, line: RiskLine | None) -> Iterator[Json]:
    """Opened once, told again each month, accepted where it is, closed at the end."""
    now = oscal.instant(run.assessment.as_of)
    yield {
        "uuid": _name(run, "opened", item),
        "title": f"Opened in {item.opened}",
        "start": oscal.instant(_month_begin(item.opened)),
        "status-change": "open",
    }
    if item.closed_at is not None:
        yield {
            "uuid": _name(run, "closed", item),
            "title": "Every subject is inside again",
            "start": oscal.instant(item.closed_at),
            "status-change": "closed",
        }
        return
    yield oscal.compact(
        {
            "uuid": oscal.identifier("poam-status", run.key, _name(run, "item", item)),
            "title": f"Still outside after {item.months} months" if item.months > 1 else "Outside",
            "description": oscal.sentence(f"accepted by {line.risk.approver}, {line.risk.ticket}") if line else "",
            "start": now,
            "status-change": "deviation-approved" if item.waived_by else "open",
        }
    )


def _month_begin(month: str) -> datetime:
    year, number = (int(part) for part in month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def _item(run: Run, item: OpenItem) -> Json:
    return {
        "uuid": _name(run, "item", item),
        "title": _title(item),
        "description": _words(run, item),
        "props": oscal.props(
            ("poam-id", _name(run, "item", item)), ("opened", item.opened), ("months", str(item.months))
        ),
        "related-observations": [
            {"observation-uuid": oscal.identifier("poam-observation", run.key, _name(run, "item", item))}
        ],
        "related-risks": [{"risk-uuid": _name(run, "risk", item)}],
    }
