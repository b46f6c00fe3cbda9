"""What is still outside at the end of a month: one item for each check and component, its subjects inside."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from collector.model import Assessment, MonthSummary, Observation, OpenItem

_ROLES = ("decides", "detects", "flags")


def open_items(assessment: Assessment, previous: MonthSummary | None, month: str) -> tuple[OpenItem, ...]:
    """The items that are open at the end of a month, and those that were closed in it.

    An item is open from the first month at the end of which any of its subjects is outside; once all are inside again
    it is told once more, closed, and then no more.
    """
    failing = _failing(assessment)
    before = {(row.check, row.component): row for row in (previous.items if previous else ()) if row.closed_at is None}
    found = [_open(key, rows, before.get(key), month) for key, rows in failing.items()]
    for key, row in before.items():
        if key not in failing:
            found.append(_closed(row, assessment))
    return tuple(sorted(found, key=lambda row: (row.closed_at is not None, row.check, row.component)))


def _failing(assessment: Assessment) -> dict[tuple[str, str], list[Observation]]:
    """What is outside at the end: of a whole month's verdicts, those that were corrected in it are not."""
    components = _components(assessment)
    counted = {count.id for control in assessment.controls for count in control.checks if count.role in _ROLES}
    held = assessment.month.held if assessment.month else {}
    found: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for seen in assessment.observations:
        if seen.status != "fail" or seen.check not in counted:
            continue
        kept = held.get((seen.check, seen.subject.guid))
        if kept is not None and kept.breaches and not kept.open and kept.corrected_at is not None:
            continue
        found[seen.check, components(seen)].append(seen)
    return found


def _components(assessment: Assessment) -> Callable[[Observation], str]:
    """By what the subjects of a check belong together: buildpack and version, stemcell line, stack."""
    lines = {line.subject.guid: line for line in assessment.applications}

    def component(seen: Observation) -> str:
        if seen.subject.type == "stemcell":
            return seen.subject.name.partition("/")[0]
        if seen.subject.type == "notice":
            patch = next((row for row in assessment.patches if row.subject == seen.subject), None)
            return (patch.line if patch else "") or "stemcell"
        line = lines.get(seen.subject.guid)
        if line is None or not line.buildpack:
            return line.stack if line is not None and line.stack else seen.check
        return f"{line.buildpack} {line.has}".strip()

    return component


def _open(key: tuple[str, str], rows: list[Observation], before: OpenItem | None, month: str) -> OpenItem:
    waived: set[str | None] = {row.waived_by for row in rows}
    return OpenItem(
        check=key[0],
        component=key[1],
        opened=before.opened if before else month,
        months=before.months + 1 if before else 1,
        subjects=tuple(sorted({_label(row) for row in rows})),
        evidence=tuple(dict.fromkeys(name for row in rows for name in row.evidence)),
        waived_by=next(iter(waived)) if len(waived) == 1 else None,
    )


def _label(row: Observation) -> str:
    subject = row.subject
    where = "/".join(part for part in (subject.environment, subject.deployment) if part)
    return f"{subject.label} in {where}" if where else subject.label


def _closed(row: OpenItem, assessment: Assessment) -> OpenItem:
    month = assessment.month
    ends: list[datetime] = []
    evidence: list[str] = []
    if month is not None:
        for held in month.held.values():
            if held.check == row.check and held.subject.label in row.subjects and held.corrected_at is not None:
                ends.append(held.corrected_at)
                evidence += held.evidence
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
