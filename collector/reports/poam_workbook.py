"""poam-fedramp.xlsx: the plan of action of a month in the layout of FedRAMP's form, version 2.1.

One row an item, that is one check and component, under the same id as in `poam.json`. What is closed is on the sheet
for that; an item whose check counts for CM-2, CM-6 and CM-6(1) only is a configuration finding; all others are open
items. The service name is the foundation: the name of the system stands above the table already, and a system may run
on several. What the tool does not know stays blank for a person; the tool rates no risk, and only proposes one where a
vulnerability is known to be exploited.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from collector.model import Assessment
from collector.reports.context import Context
from collector.reports.form_layout import read_form
from collector.reports.form_workbook import Filling, Value, write_form
from collector.reports.plan_facts import PlanFacts, day_of
from collector.reports.plan_items import Told, item_name, told_items

_FORM: Final = "poam-fedramp"
_FILES: Final = ("evidence.xlsx", "poam.json", "assessment.json")
_DIGESTS: Final = 5
Row = dict[str, Value]


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the workbook; where nothing is open or was closed, its tables are empty."""
    facts = PlanFacts(assessment)
    rows: dict[str, list[Row]] = {"open": [], "closed": [], "configuration": []}
    for told in told_items(assessment):
        rows[_sheet(facts, told)].append(_row(facts, told, context))
    changes = [change_row(assessment, _counted(rows))]
    filling = Filling(cells=_cells(assessment), rows=rows | {"changes": changes})
    write_form(read_form(context.templates, _FORM), filling, assessment, out)


def change_row(assessment: Assessment, told: str) -> Row:
    """The line of a record of changes that tells of this run."""
    when = assessment.period or f"{assessment.as_of:%Y-%m-%d}"
    return {
        "date": day_of(assessment.as_of),
        "description": f"{when}: {told}; made by {assessment.tool} {assessment.version}",
        "version": assessment.version,
        "author": assessment.system.prepared_by or assessment.tool,
    }


def _sheet(facts: PlanFacts, told: Told) -> str:
    if told.item.closed_at is not None:
        return "closed"
    return "configuration" if facts.is_configuration(told) else "open"


def _counted(rows: dict[str, list[Row]]) -> str:
    number = len(rows["configuration"])
    findings = f"{number} configuration finding" + ("" if number == 1 else "s")
    return f"{len(rows['open'])} open, {len(rows['closed'])} closed, {findings}"


def _cells(assessment: Assessment) -> Row:
    system = assessment.system
    return {
        "csp": system.leveraged,
        "system": system.name or system.id,
        "impact": system.impact.capitalize(),
        "date": day_of(assessment.as_of),
    }


def _row(facts: PlanFacts, told: Told, context: Context) -> Row:
    assessment, item = facts.assessment, told.item
    vendor = facts.vendor(told)
    return {
        "id": item_name(assessment.system.id, "item", item),
        "controls": ", ".join(facts.controls(told)),
        "name": f"{item.check}: {item.component}",
        "description": facts.description(told),
        "detector": f"{assessment.tool} {assessment.version}",
        "check": item.check,
        "assets": facts.assets(told),
        "contacts": facts.owners(told),
        "plan": facts.plan(told) or ("See the action plan.",),
        "detected": day_of(facts.detected(told)),
        "due": day_of(facts.due(told)),
        "milestones": _milestone(facts, told),
        "changes": _changes(facts, told),
        "status_date": day_of(item.closed_at or assessment.as_of),
        "vendor": _word(vendor),
        "product": item.component if vendor else "",
        "rating": "High" if facts.exploited(told) else "",
        "rationale": rationale(facts, told),
        "documents": tuple(_documents(told, context)),
        "comments": tuple(_comments(facts, told)),
        "exploited": _word(facts.exploited(told)),
        "exploited_due": day_of(facts.exploited_due(told)),
        "cves": facts.cves(told),
        "service": assessment.foundation,
    }


def _word(truth: bool | None) -> str:  # noqa: FBT001 - a word for a truth, "" where it is not known
    return "" if truth is None else "Yes" if truth else "No"


def _milestone(facts: PlanFacts, told: Told) -> str:
    """Written so that other tools find the date in it."""
    due = facts.due(told)
    return "" if due is None else f"Milestone 1: Inside the window again by {due.isoformat()}"


def _changes(facts: PlanFacts, told: Told) -> str:
    item, due = told.item, facts.due(told)
    if item.closed_at is not None or (item.months == 1 and due is None):
        return ""
    late = due is not None and due < facts.assessment.as_of.date()
    still = f"still open after {item.months} months" if item.months > 1 else ""
    passed = "the scheduled completion date has passed" if late else ""
    words = "; ".join(filter(None, (still, passed)))
    return f"{facts.assessment.as_of:%Y-%m-%d}: {words}" if words else ""


def rationale(facts: PlanFacts, told: Told) -> str:
    """The accepted risk as one line; "" where none is accepted."""
    name = told.item.waived_by
    if not name:
        return ""
    line = facts.risk(told)
    if line is None:
        return f"accepted risk {name}"
    risk = line.risk
    return (
        f"accepted risk {name}: {risk.rationale} (accepted by {risk.approver}, {risk.ticket}, "
        f"from {risk.starts.isoformat()} to {risk.expires.isoformat()})"
    )


def _documents(told: Told, context: Context) -> Iterator[str]:
    """The files of this run that hold more, and the first digests of its evidence; `poam.json` has them all."""
    yield from (name for name in _FILES if name in context.artifacts)
    digests = told.item.evidence
    yield from digests[:_DIGESTS]
    if len(digests) > _DIGESTS:
        where = " in poam.json" if "poam.json" in context.artifacts else ""
        yield f"and {len(digests) - _DIGESTS} more{where}"


def _comments(facts: PlanFacts, told: Told) -> Iterator[str]:
    item = told.item
    if facts.exploited(told):
        yield "Original Risk Rating: High is proposed, for a vulnerability is known to be exploited; a person rates it."
    else:
        yield "Original Risk Rating: a person rates it."
    yield f"Open since {item.opened}."
    if item.closed_at is not None:
        yield f"Closed {item.closed_at:%Y-%m-%d %H:%M} UTC."
    yield from facts.windows(told)
