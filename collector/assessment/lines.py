"""The table of applications, worst first, and the plan of what to do."""

from collections.abc import Mapping, Sequence

from collector.assessment.declared import Declared
from collector.assessment.judgement import RANK, Judgement
from collector.assessment.subjects import AppRecord
from collector.assessment.tally import Desk
from collector.model import Action, App, ApplicationLine, Status

AGE = "app-restage-age"


class Sheet:
    """Collects what is shown of each app while it is judged."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._lines: list[ApplicationLine] = []
        self._actions: list[Action] = []

    def add(self, record: AppRecord, desks: Sequence[Desk], verdicts: Mapping[str, Judgement]) -> None:
        """Enter one app with the verdicts on it."""
        line = _line(record, desks, verdicts, self._declared.owner_key)
        self._lines.append(line)
        if line.status in ("fail", "unknown"):
            action = _action(line, desks, verdicts)
            if action is not None:
                self._actions.append(action)

    def applications(self) -> tuple[ApplicationLine, ...]:
        """Worst first: by verdict, then by how far outside, then by name."""
        rows = self._lines
        return tuple(sorted(rows, key=lambda row: (RANK[row.status], -(row.over_hours or 0.0), row.subject.label)))

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


def _line(
    record: AppRecord, desks: Sequence[Desk], verdicts: Mapping[str, Judgement], owner_key: str
) -> ApplicationLine:
    status: Status = "not-applicable"
    worst = record.outside
    flags = []
    for desk in desks:
        verdict = verdicts[desk.name]
        counted: Status = "pass" if verdict.minor else verdict.status
        if not desk.counts:
            continue
        if counted == "fail":
            flags.append(desk.name)
        if RANK[counted] < RANK[status]:
            status, worst = counted, verdict
    age, droplet, staging = verdicts[AGE], record.droplet, record.staging
    standing = record.standings.shown
    app = record.app
    return ApplicationLine(
        subject=record.subject,
        status=status,
        flags=tuple(flags),
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
        detail=worst.detail if worst and status != "pass" else "",
        next_step=worst.next_step if worst and status != "pass" else "",
        environment=record.environment,
        evidence=record.evidence,
    )


def _owner(app: App, key: str) -> str:
    return app.annotations.get(key) or app.labels.get(key) or ""


def _action(line: ApplicationLine, desks: Sequence[Desk], verdicts: Mapping[str, Judgement]) -> Action | None:
    """One thing to do; of an app that is only unknown, none unless something can be done about it."""
    names, steps, overs = [], [], []
    for desk in desks:
        verdict = verdicts[desk.name]
        if not desk.counts or verdict.minor or verdict.status not in ("fail", "unknown"):
            continue
        if verdict.status == "unknown" and not (desk.decisive and verdict.next_step):
            continue
        names.append(desk.name)
        steps.append(verdict)
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
    )
