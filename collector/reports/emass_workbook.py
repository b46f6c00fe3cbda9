"""poam-emass.xlsx: the plan of action of a month in the layout of the eMASS import form of 2018, experimental.

An item has one row for each milestone or change of one; only the first says what it is about. Dates are text. An
accepted risk has neither milestones nor a date to be completed by.
"""

from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import BinaryIO, Final

from collector.model import Assessment
from collector.reports.context import Context
from collector.reports.form_layout import read_form
from collector.reports.form_workbook import Filling, Value, write_form
from collector.reports.plan_facts import PlanFacts
from collector.reports.plan_items import Told, item_name, month_end, told_items
from collector.reports.poam_workbook import rationale

_FORM: Final = "poam-emass"
_FIELDS: Final = (
    "description",
    "control",
    "office",
    "check",
    "due",
    "milestone",
    "change",
    "source",
    "status",
    "comments",
    "recommendations",
)
Row = dict[str, Value]


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the workbook; where nothing is open or was closed, its table is empty."""
    facts = PlanFacts(assessment)
    rows = [row for told in told_items(assessment) for row in _rows(facts, told)]
    filling = Filling(cells=_cells(assessment), rows={"items": rows})
    write_form(read_form(context.templates, _FORM), filling, assessment, out)


def _cells(assessment: Assessment) -> Row:
    system = assessment.system
    return {
        "marking": system.marking,
        "exported": _day(assessment.as_of.date()),
        "exporter": f"{assessment.tool} {assessment.version}",
        "system": system.name or system.id,
        "contact": system.isso,
    }


def _rows(facts: PlanFacts, told: Told) -> Iterator[Row]:
    item = told.item
    milestones = [] if item.waived_by else list(_milestones(facts, told))
    changes = [] if item.waived_by else list(_changes(facts, told))
    first = _first(facts, told)
    for milestone, change in zip_longest(milestones, changes, fillvalue="") if milestones or changes else [("", "")]:
        yield first | {"milestone": milestone, "change": change}
        first = dict.fromkeys(_FIELDS, "")


def _first(facts: PlanFacts, told: Told) -> Row:
    assessment, item = facts.assessment, told.item
    due = None if item.waived_by else facts.due(told)
    return {
        "description": f"{item.check}: {facts.description(told)}",
        "control": next(iter((*facts.deciding(told), *facts.controls(told))), ""),
        "office": assessment.system.prepared_by or assessment.system.name or assessment.system.id,
        "check": item.check,
        "due": _day(due),
        "milestone": "",
        "change": "",
        "source": f"{assessment.tool} {assessment.version}: {item.check}",
        "status": _status(facts, told),
        "comments": tuple(_comments(facts, told)),
        "recommendations": () if item.closed_at else facts.plan(told),
    }


def _milestones(facts: PlanFacts, told: Told) -> Iterator[str]:
    due = facts.due(told)
    if due is not None:
        yield f"Inside the window again {_day(due)}"


def _changes(facts: PlanFacts, told: Told) -> Iterator[str]:
    """One for each month at whose end it was still open, after the first."""
    month = told.item.opened
    for number in range(2, told.item.months + 1 if told.item.closed_at is None else 0):
        end = month_end(month)
        month = f"{end:%Y-%m}"
        yield f"Still open after {number} months {_day(min(month_end(month), facts.assessment.as_of).date())}"


def _status(facts: PlanFacts, told: Told) -> str:
    """The word, and where the form wants one, the date behind it; an accepted risk has that of its acceptance."""
    item = told.item
    if item.closed_at is not None:
        return f"Completed {_day(item.closed_at.date())}"
    if not item.waived_by:
        return "Ongoing"
    line = facts.risk(told)
    return "Risk Accepted" if line is None else f"Risk Accepted {_day(line.risk.starts)}"


def _comments(facts: PlanFacts, told: Told) -> Iterator[str]:
    item = told.item
    if item.closed_at is not None:
        yield f"No subject is outside any more since {item.closed_at:%Y-%m-%d %H:%M} UTC."
    if item.waived_by:
        yield rationale(facts, told)
    yield from facts.assets(told)
    yield item_name(facts.assessment.system.id, "item", item)


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%m/%d/%Y}"
