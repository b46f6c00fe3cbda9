"""The items of a plan of action with what is told of them: the same in `poam.json` and in the workbooks."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from collector.assessment.items import label_of
from collector.model import Assessment, Observation, OpenItem, Subject
from collector.reports import oscal

DUE: Final = "exploited-vulnerability-due"
_RESPONSE: Final = "flaw-remediation"


class Told(NamedTuple):
    """An item with what its check says of its subjects, and those of them that can be pointed at."""

    item: OpenItem
    rows: tuple[Observation, ...]
    subjects: tuple[Subject, ...]

    @property
    def state(self) -> str:
        """What is not shown to be inside again stays in an item, and must not be told as outside."""
        if self.item.closed_at is not None:
            return "was closed"
        outside = {label_of(row.subject) for row in self.rows if row.status == "fail"}
        doubtful = len(self.item.subjects) - len(outside)
        words = "is outside at the end of the month"
        return f"{words}, or not known ({doubtful})" if doubtful else words

    @property
    def steps(self) -> tuple[str, ...]:
        """What is to be done, each once, in the order of the observations."""
        return tuple(dict.fromkeys(row.next_step for row in self.rows if row.next_step))


def told_items(assessment: Assessment) -> list[Told]:
    """The items in their order.

    Of what does not run any more, a stemcell say, the month before tells; an app that is gone is in no inventory.
    """
    checks = {item.check for item in assessment.items}
    rows: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for seen in assessment.observations:
        if seen.check in checks:
            rows[seen.check, label_of(seen.subject)].append(seen)
    previous = assessment.month.latest if assessment.month is not None else None
    earlier = {
        label_of(row.subject): row.subject
        for row in (previous.failing if previous is not None else ())
        if row.subject.type != "app"
    }
    found = []
    for item in assessment.items:
        own = tuple(row for label in item.subjects for row in rows.get((item.check, label), ()))
        known = {label_of(row.subject): row.subject for row in own}
        gone = [earlier[label] for label in item.subjects if label in earlier and label not in known]
        subjects = dict.fromkeys((*(row.subject for row in own), *gone))
        found.append(Told(item, own, tuple(subjects)))
    return found


def item_name(system: str, kind: str, item: OpenItem) -> str:
    """A name that stays from the first month of an item to its last; `kind` is item, risk, milestone and so on."""
    return oscal.identifier(f"poam-{kind}", system, item.check, item.component, item.opened)


def deadline(assessment: Assessment, item: OpenItem) -> datetime | None:
    """The same every month: the remediation window from the end of the month in which it opened, None without one.

    That of a known exploited vulnerability is its due date, whatever the window.
    """
    if item.check == DUE:
        patches = (row for row in assessment.patches if label_of(row.subject) in item.subjects)
        due = min((row.due for row in patches if row.due is not None), default=None)
        if due is not None:
            return due
    window = assessment.windows.get(_RESPONSE)
    if window is None or window.limit_hours is None:
        return None
    return month_end(item.opened) + timedelta(hours=window.limit_hours)


def month_begin(month: str) -> datetime:
    """The first instant of a month like `2026-10`."""
    year, number = (int(part) for part in month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def month_end(month: str) -> datetime:
    """The first instant after it."""
    return (month_begin(month) + timedelta(days=31)).replace(day=1)
