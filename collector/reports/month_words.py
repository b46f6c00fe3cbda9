"""What a month adds to an answer, in words: what was not looked at, what is new, and which risks are accepted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from collector.assessment.monthly import held_as
from collector.model import ApplicationLine, Assessment, ControlResult, Held, Period, RiskLine, Subject

KINDS: Final = ("new", "fixed", "repeated", "changed", "not comparable")
# The measures of the trend, in the order in which they are told.
MEASURES: Final[Mapping[str, str]] = {
    "restage-age": "Restage age",
    "buildpack-behind": "Time behind a buildpack",
    "packaging": "Notice to stemcell",
    "deployment": "Stemcell to production",
    "total": "Notice to production",
}
_AGE: Final = "app-restage-age"
MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_RANKS: Final = {state: rank for rank, state in enumerate(("expired", "not yet valid", "unused", "active"))}


# ---------------------------------------------------------------- the period


def name_of_month(period: Period) -> str:
    """`October 2026`."""
    return f"{MONTH_NAMES[period.begin.month - 1]} {period.begin.year}"


def period_line(assessment: Assessment) -> str:
    """The month and its bounds, "" where there is none."""
    if assessment.month is None:
        return ""
    period = assessment.month.period
    return f"{name_of_month(period)}, from {minute(period.begin)} to before {minute(period.end)}"


def minute(at: datetime) -> str:
    """An instant for people."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(hours: float) -> str:
    """Hours with one decimal; the least time that is not nothing still shows."""
    shown = f"{hours:,.1f}"
    return "under 0.1" if hours > 0 and shown == "0.0" else shown


# ---------------------------------------------------------------- how a subject was held


def age_held(assessment: Assessment, subject: Subject) -> Held | None:
    """How an app was held against the restage window."""
    return held_as(assessment.month, _AGE, subject)


def corrected(held: Held | None) -> datetime | None:
    """When it was inside again, None of what was never outside, still is, or is only gone."""
    return held.corrected_at if held is not None and held.breaches and not held.open else None


def worst_held(assessment: Assessment) -> list[Held]:
    """Who was outside at any time of the month, the longest first; then where most is not known."""
    every = assessment.month.held.values() if assessment.month is not None else ()
    told = (row for row in every if row.outside or row.unknown or row.breaches)
    return sorted(told, key=lambda row: (-row.outside, -row.unknown, row.check, *order_of(row.subject)))


def order_of(subject: Subject) -> tuple[str, ...]:
    """By what subjects are put in order: what is read of them first, then what tells them apart."""
    return (subject.label, subject.guid, subject.environment, subject.deployment)


def outside_in_month(assessment: Assessment) -> int:
    """How many apps were outside the restage window at any time of the month, as the answer counts them."""
    return sum(seen.check == _AGE and seen.status == "fail" for seen in assessment.observations)


def worst(assessment: Assessment) -> list[ApplicationLine]:
    """The apps that are flagged or not assessed, in the order of the assessment.

    Of a month, then those that were outside or not known in it and are well at its end, the longest outside first.
    """
    lines = assessment.applications
    now = [line for line in lines if line.flags or line.status in {"fail", "unknown"}]
    if assessment.month is None:
        return now
    shown = {line.subject.guid for line in now}
    earlier = [
        (held, line)
        for line in lines
        if line.subject.guid not in shown
        and (held := age_held(assessment, line.subject)) is not None
        and (held.breaches or held.unknown)
    ]
    earlier.sort(key=lambda row: (-row[0].outside, -row[0].unknown, row[1].subject.label, row[1].subject.guid))
    return [*now, *(line for _, line in earlier)]


def held_words(held: Held) -> str:
    """`53.0 hours outside, corrected 2026-10-06 04:48 UTC`; "" of what was inside all the time."""
    told = []
    if held.breaches:
        told.append(f"{number(held.outside)} hours outside")
    if held.unknown:
        told.append(f"{number(held.unknown)} hours not known")
    if held.breaches:
        told.append(end_words(held))
    return ", ".join(told)


def end_words(held: Held) -> str:
    """How it stands at the end of the month, of what was outside; "" of what was not."""
    if held.open:
        return "still outside"
    if held.corrected_at is not None:
        return f"corrected {minute(held.corrected_at)}"
    return "not shown to be corrected" if held.breaches else ""


# ---------------------------------------------------------------- what has changed


def kinds(assessment: Assessment) -> tuple[tuple[str, int], ...]:
    """How many differences there are of each kind, those that there are."""
    counts: Counter[str] = Counter(row.kind for row in assessment.differences)
    return tuple((kind, counts[kind]) for kind in KINDS if counts[kind])


def since_line(assessment: Assessment) -> str:
    """`since 2026-09: 2 new, 1 fixed`; "" where there is no month before to compare with."""
    month = assessment.month
    if month is None or month.previous is None:
        return ""
    told = ", ".join(f"{count} {kind}" for kind, count in kinds(assessment))
    return f"since {month.previous.month}: {told or 'nothing changed'}"


def since_control(assessment: Assessment, control: ControlResult) -> str:
    """How the tested part of a control stood in the month before; "" where that is not known."""
    month = assessment.month
    if month is None or month.previous is None:
        return ""
    before = month.previous.statuses.get(control.id)
    if before is None:
        return "not asked about then"
    if before == control.status:
        return "unchanged"
    return f"was {before.replace('-', ' ')}"


def items_line(assessment: Assessment) -> str:
    """How many items of the plan of action are open, and were closed; "" where there is none."""
    if not assessment.items:
        return ""
    closed = sum(item.closed_at is not None for item in assessment.items)
    return f"plan of action: {len(assessment.items) - closed} open, {closed} closed in the month"


# ---------------------------------------------------------------- accepted risks


def ordered_risks(assessment: Assessment) -> list[RiskLine]:
    """Those that need a person first: what has expired or has remarks, then the rest, by id."""
    return sorted(assessment.risks, key=lambda line: (not line.notes, _RANKS[line.state], line.risk.id))


def risk_line(line: RiskLine) -> str:
    """One accepted risk as one line."""
    risk = line.risk
    notes = f"; {'; '.join(line.notes)}" if line.notes else ""
    return (
        f"exception {risk.id}: {line.state}, accepts {line.waives} until {risk.expires.isoformat()}"
        f" ({risk.approver}, {risk.ticket}){notes}"
    )


# ---------------------------------------------------------------- all of it


def month_lines(assessment: Assessment) -> Iterator[str]:
    """The lines on a month and on accepted risks that follow the answer; none where there is neither."""
    yield from filter(None, (since_line(assessment), items_line(assessment)))
    yield from map(risk_line, ordered_risks(assessment))
