"""observations.csv and action-plan.csv: every row, for a spreadsheet or a script.

UTF-8 with a byte order mark and CRLF, as spreadsheets want it. Text that a spreadsheet would calculate (it starts with
`=`, `+`, `-`, `@`, a tab or a carriage return) has a leading `'`; control characters are shown as pictures; numbers and
instants are bare.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Final

from collector.assessment.monthly import held_as
from collector.model import Action, Assessment, Held, Observation
from collector.reports.context import Context
from collector.reports.month_words import corrected
from collector.reports.patching import name_of
from collector.reports.text import csv_text

Cell = str | float | bool | datetime | None

OBSERVATION_COLUMNS: Final = (
    "status",
    "check",
    "subject_type",
    "org",
    "space",
    "name",
    "environment",
    "deployment",
    "window",
    "hours",
    "over_hours",
    "not_before",
    "not_after",
    "source",
    "waived_by",
    "detail",
    "next_step",
    "evidence",
    "guid",
)
ACTION_COLUMNS: Final = (
    "owner",
    "org",
    "space",
    "name",
    "production",
    "checks",
    "what",
    "command",
    "before",
    "after",
    "over_hours",
    "waived_by",
    "reason",
    "planned_date",
    "justification",
    "guid",
)
# Of a month, how each was held against its window in it; hours.
OBSERVATION_MONTH: Final = (
    "inside_hours",
    "outside_hours",
    "unknown_hours",
    "worst_hours",
    "breaches",
    "outside_since",
    "corrected_at",
)
ACTION_MONTH: Final = ("outside_hours", "unknown_hours", "outside_since")


def write_observations(assessment: Assessment, out: BinaryIO, context: Context) -> None:  # noqa: ARG001 - the form of all
    """Write observations.csv, also what `-f csv` prints: one row per check and subject."""
    if assessment.month is None:
        _write(out, OBSERVATION_COLUMNS, map(_observation, assessment.observations))
        return
    rows = (
        (*_observation(seen), *_held(held_as(assessment.month, seen.check, seen.subject)))
        for seen in assessment.observations
    )
    _write(out, OBSERVATION_COLUMNS + OBSERVATION_MONTH, rows)


def write_action_plan(assessment: Assessment, out: BinaryIO, context: Context) -> None:  # noqa: ARG001 - the form of all
    """Write action-plan.csv: one row per thing to do, with its command."""
    if assessment.month is None:
        _write(out, ACTION_COLUMNS, map(_action, assessment.actions))
        return
    rows = ((*_action(action), *_longest(assessment, action)) for action in assessment.actions)
    _write(out, ACTION_COLUMNS + ACTION_MONTH, rows)


def _write(out: BinaryIO, columns: tuple[str, ...], rows: Iterable[Iterable[Cell]]) -> None:
    # Detached and not closed at the end: `out` belongs to the caller.
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_text(value) for value in row] for row in rows)
    text.flush()
    text.detach()


def _text(value: Cell) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return csv_text(value) if isinstance(value, str) else value


def _observation(seen: Observation) -> Iterator[Cell]:
    subject, measured, wrong = seen.subject, seen.measured, seen.status != "pass"
    yield seen.status
    yield seen.check
    yield subject.type
    yield subject.org
    yield subject.space
    yield subject.name
    yield subject.environment
    yield subject.deployment
    yield seen.window
    yield measured.hours if measured else None
    yield seen.over_hours if wrong else None
    yield measured.not_before if measured else None
    yield measured.not_after if measured else None
    yield measured.source if measured else None
    yield seen.waived_by
    yield seen.detail if wrong else None
    yield seen.next_step if wrong else None
    yield " ".join(seen.evidence)
    yield subject.guid


def _action(action: Action) -> tuple[Cell, ...]:
    return (
        action.owner,
        action.org,
        action.space,
        name_of(action.subject),
        action.production,
        " ".join(action.checks),
        action.what,
        action.command,
        action.before,
        action.after,
        action.over_hours,
        action.waived_by,
        action.remark.reason,
        action.remark.planned,
        action.remark.justification,
        action.subject.guid,
    )


def _held(held: Held | None) -> tuple[Cell, ...]:
    if held is None:
        return (None,) * len(OBSERVATION_MONTH)
    return (
        held.inside,
        held.outside,
        held.unknown,
        held.worst,
        len(held.breaches),
        held.breaches[-1].since if held.breaches else None,
        corrected(held),
    )


def _longest(assessment: Assessment, action: Action) -> tuple[Cell, ...]:
    """How the subject was held against the check of which it was outside the longest."""
    found = [held for check in action.checks if (held := held_as(assessment.month, check, action.subject)) is not None]
    if not found:
        return (None,) * len(ACTION_MONTH)
    held = max(found, key=lambda row: row.outside)
    return held.outside, held.unknown, held.breaches[-1].since if held.breaches else None
