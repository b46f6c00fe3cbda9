"""What is still outside at the end of a month: one item for each check and component, its subjects inside."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from collector.assessment.monthly import held_as, live_at
from collector.model import Assessment, Held, Month, MonthSummary, Observation, OpenItem, Subject

_ROLES = ("decides", "detects", "flags")
_OF_STACK = ("stack-supported", "rootfs-current")

Rows = Mapping[str, list[Observation]]
"""The observations of each check that counts."""


def open_items(assessment: Assessment, previous: MonthSummary | None, month: str) -> tuple[OpenItem, ...]:
    """The items that are open at the end of a month, and those that were closed in it.

    An item is open from the first month at the end of which any of its subjects is outside, and stays so until all of
    them are shown to be inside again, or gone: what could not be judged, or was not read, closes nothing. Then it is
    told once more, closed, and no more after that.
    """
    rows = _counted(assessment)
    before = {(row.check, row.component): row for row in (previous.items if previous else ()) if row.closed_at is None}
    failing = _failing(assessment, rows, before.values())
    found = []
    for key in dict.fromkeys((*failing, *before)):
        earlier = before.get(key)
        kept = _kept(earlier, assessment, rows) if earlier else None
        if earlier and kept and key not in failing and not kept.subjects:
            found.append(_closed(earlier, assessment))
        else:
            found.append(_open(key, failing.get(key, ()), kept, month))
    return tuple(sorted(found, key=lambda row: (row.closed_at is not None, row.check, row.component)))


def label_of(subject: Subject) -> str:
    """By what an item names its subject: `org/space/app`, or the name and where it is."""
    where = _where(subject)
    return f"{subject.label} in {where}" if where else subject.label


def _counted(assessment: Assessment) -> Rows:
    names = {count.id for control in assessment.controls for count in control.checks if count.role in _ROLES}
    rows: dict[str, list[Observation]] = {name: [] for name in names}
    for seen in assessment.observations:
        if seen.check in rows:
            rows[seen.check].append(seen)
    return rows


def _failing(
    assessment: Assessment, rows: Rows, before: Iterable[OpenItem]
) -> dict[tuple[str, str], list[Observation]]:
    """What is outside at the end: of a whole month's verdicts, those that ended in it are not."""
    component_of = _components(assessment, before)
    found: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for check in sorted(rows):
        for seen in rows[check]:
            if seen.status == "fail" and not _ended(seen, assessment.month):
                found[check, component_of(seen)].append(seen)
    return found


def _ended(seen: Observation, month: Month | None) -> bool:
    """Whether what was outside in the month is shown not to be at its end: live, inside again, stopped or gone."""
    if live_at(seen) is not None:
        return True
    held = held_as(month, seen.check, seen.subject)
    if held is None or month is None or not held.breaches or held.open:
        return False
    return held.corrected_at is not None or not _unseen_at_end(held, month)


def _unseen_at_end(held: Held, month: Month) -> bool:
    return bool(held.unseen) and held.unseen[-1].end >= month.period.end


def _components(assessment: Assessment, before: Iterable[OpenItem]) -> Callable[[Observation], str]:
    """By what the subjects of a check belong together: buildpack and version, stemcell line, stack.

    An app of which the version is not known any more stays with those of the version with which it was open before.
    """
    earlier = {(item.check, label): item.component for item in before for label in item.subjects}
    lines = {line.subject.guid: line for line in assessment.applications}
    patches = {patch.subject: patch.line for patch in assessment.patches}

    def component(seen: Observation) -> str:
        if seen.subject.type == "stemcell":
            return _line(seen.subject)
        if seen.subject.type == "notice":
            return patches.get(seen.subject) or "stemcell"
        line = lines.get(seen.subject.guid)
        if line is None or not line.buildpack or seen.check in _OF_STACK:
            return line.stack if line is not None and line.stack else seen.check
        if line.has:
            return f"{line.buildpack} {line.has}"
        known = earlier.get((seen.check, label_of(seen.subject)), "")
        return known if known.startswith(f"{line.buildpack} ") else line.buildpack

    return component


def _open(key: tuple[str, str], rows: Sequence[Observation], kept: OpenItem | None, month: str) -> OpenItem:
    waived = {row.waived_by for row in rows} or ({kept.waived_by} if kept else set())
    labels = {label_of(row.subject) for row in rows}
    opened = kept.opened if kept else month
    return OpenItem(
        check=key[0],
        component=key[1],
        opened=opened,
        months=_months(opened, month),
        subjects=tuple(sorted(labels.union(kept.subjects if kept else ()))),
        evidence=tuple(dict.fromkeys(name for row in rows for name in row.evidence)),
        waived_by=next(iter(waived)) if len(waived) == 1 else None,
    )


def _months(first: str, last: str) -> int:
    """How many months there are from one to another, both counted, whether each of them was reported or not."""
    numbers = [12 * int(name[:4]) + int(name[5:]) for name in (first, last)]
    return numbers[1] - numbers[0] + 1


# ---------------------------------------------------------------- what closes an item


def _kept(item: OpenItem, assessment: Assessment, rows: Rows) -> OpenItem:
    """An earlier item with those of its subjects of which nothing shows that they are inside again, or gone.

    It stays accepted as long as its exception is in force.
    """
    in_force = {row.risk.id for row in assessment.risks if row.state in ("active", "unused")}
    return msgspec.structs.replace(
        item,
        subjects=_unsettled(item, assessment, rows),
        waived_by=item.waived_by if item.waived_by in in_force else None,
    )


def _unsettled(item: OpenItem, assessment: Assessment, rows: Rows) -> tuple[str, ...]:
    if item.check not in rows:
        return item.subjects
    told: dict[str, list[Observation]] = defaultdict(list)
    for seen in rows[item.check]:
        told[_found_by(seen.subject)].append(seen)
    complete, month = assessment.coverage.complete, assessment.month
    return tuple(
        label
        for label in item.subjects
        if not _settled(told.get(label) or told.get(_place(label)) or (), month, complete=complete)
    )


def _found_by(subject: Subject) -> str:
    """By what a subject is found again: of a stemcell where its line runs, for another of the line may run there."""
    return _place(label_of(subject)) if subject.type == "stemcell" else label_of(subject)


def _place(label: str) -> str:
    """`ubuntu-jammy in production/cf` of `ubuntu-jammy/1.1335 in production/cf`."""
    name, _, where = label.partition(" in ")
    return f"{name.partition('/')[0]} in {where}"


def _settled(rows: Sequence[Observation], month: Month | None, *, complete: bool) -> bool:
    """Whether it was judged at the end, or is not there any more in evidence that was wholly read."""
    return all(_judged(row, month) for row in rows) if rows else complete


def _judged(seen: Observation, month: Month | None) -> bool:
    held = held_as(month, seen.check, seen.subject)
    if held is None or month is None:
        return seen.status != "unknown"
    return held.corrected_at is not None or not _unseen_at_end(held, month)


def _closed(row: OpenItem, assessment: Assessment) -> OpenItem:
    ends: list[datetime] = []
    evidence: list[str] = []
    for held in assessment.month.held.values() if assessment.month is not None else ():
        if held.check == row.check and _is_of(held, row) and (end := _inside_since(held)) is not None:
            ends.append(end)
            evidence += held.evidence
    for seen in assessment.observations:
        if seen.check == row.check and label_of(seen.subject) in row.subjects and (live := live_at(seen)) is not None:
            ends.append(live)
            evidence += seen.evidence
    return OpenItem(
        check=row.check,
        component=row.component,
        opened=row.opened,
        months=row.months,
        subjects=row.subjects,
        evidence=tuple(dict.fromkeys(evidence)),
        waived_by=row.waived_by,
        closed_at=max(ends, default=assessment.as_of),
    )


def _inside_since(held: Held) -> datetime | None:
    """The end of the last breach that ended; what is outside again since is so with another component."""
    ended = [breach.end for breach in held.breaches if breach.end is not None]
    return held.corrected_at or (ended[-1] if ended and held.open else None)


def _is_of(held: Held, item: OpenItem) -> bool:
    labels = map(_place, item.subjects) if held.subject.type == "stemcell" else item.subjects
    return _found_by(held.subject) in labels


def _line(subject: Subject) -> str:
    return subject.name.partition("/")[0]


def _where(subject: Subject) -> str:
    return "/".join(part for part in (subject.environment, subject.deployment) if part)
