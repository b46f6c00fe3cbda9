"""What was to be done and is: subjects that came inside again in a month, or that are gone."""

from collections.abc import Iterable, Iterator
from typing import Final

from collector.assessment.comparing import GONE, key_of
from collector.assessment.monthly import LATENCIES, at
from collector.assessment.patch_tables import OWNER
from collector.model import Action, ApplicationLine, Assessment, Difference, Subject

_ROLES: Final = ("decides", "detects", "flags")
_PLATFORM: Final = ("stemcell", "notice")

Closed = tuple[Subject, str, str]
"""A subject, the check that it passes again, and since when, in words."""


def closed_actions(assessment: Assessment, differences: Iterable[Difference]) -> tuple[Action, ...]:
    """One action for each subject that a month closed, by org, space and name; none of an assessment without a month.

    Where a check was looked at over the whole month, its breaches tell; of any other check the month before does.
    """
    counted = {count.id for control in assessment.controls for count in control.checks if count.role in _ROLES}
    lines = {line.subject.guid: line for line in assessment.applications}
    found: dict[str, list[Closed]] = {}
    for closed in (*_within(assessment), *_since(assessment, differences)):
        if closed[1] in counted:
            found.setdefault(key_of(closed[0]), []).append(closed)
    made = (_action(rows, lines.get(rows[0][0].guid)) for rows in found.values())
    return tuple(sorted(made, key=lambda row: (row.org, row.space, row.subject.name, row.subject.guid)))


def _within(assessment: Assessment) -> Iterator[Closed]:
    """What was outside in the month and is not at its end."""
    for held in assessment.month.held.values() if assessment.month is not None else ():
        if held.breaches and not held.open:
            when = held.corrected_at
            yield held.subject, held.check, "no longer there" if when is None else f"inside again since {at(when)}"


def _since(assessment: Assessment, differences: Iterable[Difference]) -> Iterator[Closed]:
    """What failed at the end of the month before, by checks that know no other instant.

    What had not been live is told with its patch or stemcell in the month in which it is.
    """
    held = {*LATENCIES, *(check for check, _ in (assessment.month.held if assessment.month is not None else ()))}
    for row in differences:
        if row.kind == "fixed" and row.check not in held:
            yield row.subject, row.check, "no longer there" if row.reason == GONE else "passes again"


def _production(subject: Subject, line: ApplicationLine | None) -> bool:
    if subject.type in _PLATFORM:
        return subject.environment != "staging"
    return line is not None and line.environment == "production"


def _action(rows: list[Closed], line: ApplicationLine | None) -> Action:
    subject = rows[0][0]
    told = ((words, [check for _, check, said in rows if said == words]) for words in dict.fromkeys(r[2] for r in rows))
    return Action(
        owner=OWNER if subject.type in _PLATFORM else line.owner if line is not None else "",
        org=subject.org,
        space=subject.space,
        subject=subject,
        checks=tuple(sorted({check for _, check, _ in rows})),
        what="; ".join(f"{', '.join(sorted(checks))}: {words}" for words, checks in told),
        command="",
        before=line.has if line is not None else "",
        after=line.latest if line is not None else "",
        production=_production(subject, line),
    )
