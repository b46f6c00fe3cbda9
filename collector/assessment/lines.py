"""The table of applications, worst first, and the plan of what to do."""

from collections.abc import Sequence
from itertools import repeat

from collector.assessment.declared import Declared
from collector.assessment.judgement import RANK, Judgement, not_applicable, worst
from collector.assessment.subjects import AppRecord
from collector.assessment.tally import Desk
from collector.model import Action, App, ApplicationLine, Status

AGE = "app-restage-age"
_REMARK = not_applicable("")


class Sheet:
    """What is shown of each app, and what is to be done about it."""

    def __init__(self, declared: Declared, desks: Sequence[Desk], rows: Sequence[AppRecord]) -> None:
        # where an unknown is only a remark, nothing but a fail stands in the table
        counted = [desk for desk in desks if desk.counts and (not desk.check.remark or desk.own.counts["fail"])]
        ages = next(desk.verdicts for desk in desks if desk.name == AGE)
        columns = zip(*map(_column, counted), strict=True) if counted else repeat(())
        self._lines: list[ApplicationLine] = []
        self._actions: list[Action] = []
        for number, (record, age, verdicts) in enumerate(zip(rows, ages, columns, strict=bool(counted))):
            line = _line(record, age, verdicts, counted, declared.owner_key)
            self._lines.append(line)
            if line.status in ("fail", "unknown"):
                action = _action(line, verdicts, counted, number)
                if action is not None:
                    self._actions.append(action)

    def applications(self) -> tuple[ApplicationLine, ...]:
        """Worst first: by verdict, then by how far outside; the rest stays by org, space and name."""
        return tuple(sorted(self._lines, key=lambda row: (RANK[row.status], -(row.over_hours or 0.0))))

    def actions(self) -> tuple[Action, ...]:
        """Production last; by owner and space, what is furthest outside first."""
        return tuple(
            sorted(
                self._actions,
                key=lambda row: (
                    row.production,
                    row.owner,
                    row.org,
                    row.space,
                    -(row.over_hours or 0.0),
                    row.subject.name,
                    row.subject.guid,
                ),
            )
        )


def _column(desk: Desk) -> Sequence[Judgement]:
    """The verdicts of a check; where its unknown is only a remark, it does not stand in the table."""
    if not desk.check.remark or not desk.own.counts["unknown"]:
        return desk.verdicts
    return [_REMARK if row.status == "unknown" else row for row in desk.verdicts]


def _line(
    record: AppRecord, age: Judgement, verdicts: Sequence[Judgement], desks: Sequence[Desk], owner_key: str
) -> ApplicationLine:
    status, first = _worst(record, verdicts)
    flags = (
        tuple(desk.name for desk, row in zip(desks, verdicts, strict=True) if row.status == "fail" and not row.minor)
        if status == "fail"
        else ()
    )
    droplet, staging, app = record.droplet, record.staging, record.app
    standing = record.standings.shown
    return ApplicationLine(
        subject=record.subject,
        status=status,
        flags=flags,
        state=app.state,
        kind=staging.kind,
        staged_at=staging.at,
        staged_at_source=staging.source,
        age_hours=age.measured.hours if age.measured else None,
        over_hours=age.over,
        buildpack=standing.name if standing else "",
        has=standing.has if standing else "",
        latest=standing.latest if standing else "",
        stack=(droplet.stack if droplet else app.stack) or "",
        owner=_owner(app, owner_key),
        droplet=app.droplet or "",
        detail=first.detail if first else "",
        next_step=first.next_step if first else "",
        environment=record.environment,
        evidence=record.evidence,
    )


def _worst(record: AppRecord, verdicts: Sequence[Judgement]) -> tuple[Status, Judgement | None]:
    """The worst status among the checks that count, and the first verdict that has it where there are words to it."""
    statuses: set[Status] = {"pass" if verdict.minor else verdict.status for verdict in verdicts}
    status = worst(statuses)
    if status == "pass":
        return status, None
    if status == "not-applicable":
        return status, record.outside
    return status, next(row for row in verdicts if row.status == status and not row.minor)


def _owner(app: App, key: str) -> str:
    return app.annotations.get(key) or app.labels.get(key) or ""


def _action(line: ApplicationLine, verdicts: Sequence[Judgement], desks: Sequence[Desk], number: int) -> Action | None:
    """One thing to do; of an app that is only unknown, none unless something can be done about it.

    It is accepted where all of it is.
    """
    names, steps, overs = [], [], []
    waived: list[str | None] = []
    for desk, verdict in zip(desks, verdicts, strict=True):
        if verdict.minor or verdict.status not in ("fail", "unknown"):
            continue
        if verdict.status == "unknown" and not (desk.decisive and verdict.next_step):
            continue
        names.append(desk.name)
        steps.append(verdict)
        waived.append(desk.end.waived(number) if verdict.status == "fail" else None)
        if verdict.over is not None:
            overs.append(verdict.over)
    if not steps:
        return None
    first = min(steps, key=lambda verdict: RANK[verdict.status])
    typed = first.next_step.startswith("cf ")
    return Action(
        owner=line.owner,
        org=line.subject.org,
        space=line.subject.space,
        subject=line.subject,
        checks=tuple(names),
        what=first.detail if typed else f"{first.detail}: {first.next_step}" if first.next_step else first.detail,
        command=first.next_step if typed else "",
        before=line.has,
        after=line.latest,
        over_hours=max(overs, default=None),
        production=line.environment == "production",
        waived_by=waived[0] if all(waived) else None,
    )
