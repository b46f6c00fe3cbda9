"""The findings, one for each tested objective, and the risks that they and the observations point at."""

from collections.abc import Iterator, Sequence
from typing import Final

from collector.model import ControlResult, Finding, Observation
from collector.reports import oscal
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_month import accepted_pairs, is_corrected, is_over, risk_log
from collector.reports.oscal_observations import told_of
from collector.reports.oscal_run import Run
from collector.reports.patching import title_of

_COUNTING: Final = frozenset({"decides", "flags"})
_JUDGING: Final = frozenset({"decides", "detects"})


def _has_risk(run: Run, seen: Observation) -> bool:
    """A fail always; an unknown where it counts or flags, for elsewhere it is a remark."""
    roles = run.roles.get(seen.check)
    return seen.status == "fail" or not roles or not _COUNTING.isdisjoint(roles)


def risks(run: Run) -> Iterator[Json]:
    """The risk of each single observation that counts, then those of objectives that no subject stands for."""
    for group in run.groups.values():
        for seen in group.single:
            if _has_risk(run, seen):
                yield _risk(run, seen)
    for control in run.assessment.controls:
        for finding in oscal.tested(control):
            if _own_risk(run, control, finding):
                yield _objective_risk(run, control, finding)


def _impacted(controls: Sequence[str]) -> list[Json]:
    return [{"name": "impacted-control-id", "ns": oscal.FEDRAMP_NS, "value": control} for control in controls]


def _status(run: Run, seen: Observation) -> str:
    if seen.status == "unknown":
        return "investigating"
    if is_over(run, seen):
        return "closed"
    return "deviation-approved" if seen.waived_by else "open"


def _risk(run: Run, seen: Observation) -> Json:
    uuid = oscal.risk_uuid(run.system, seen.check, seen.subject)
    asked = run.assessment.checks.get(seen.check, "")
    verdict = "could not be judged by" if seen.status == "unknown" else "does not pass"
    if is_corrected(run, seen):
        verdict = "was outside in the month and passes again"
    elif is_over(run, seen):
        verdict = "was late, and is live; it does not pass"
    remediations = (
        [
            {
                "uuid": oscal.identifier("response", uuid),
                "lifecycle": "recommendation",
                "title": "Next step",
                "description": oscal.paragraph(seen.next_step),
            }
        ]
        if seen.next_step
        else []
    )
    return oscal.compact(
        {
            "uuid": uuid,
            "title": oscal.markup(f"{seen.check}: {title_of(seen.subject)}"),
            "description": told_of(seen),
            "statement": oscal.sentence(f"{title_of(seen.subject)} {verdict} {seen.check}", asked),
            "props": oscal.props(
                ("check-id", seen.check),
                ("exception-id", seen.waived_by),
                *accepted_pairs(run, seen.waived_by),
                *(("role", role) for role in run.roles.get(seen.check, ())),
            )
            + _impacted(run.controls.get(seen.check, ())),
            "status": _status(run, seen),
            "origins": run.origins,
            "remediations": remediations,
            "risk-log": risk_log(run, seen),
            "related-observations": [{"observation-uuid": run.observation_uuid(seen)}],
        }
    )


def _own_risk(run: Run, control: ControlResult, finding: Finding) -> bool:
    """Whether the objective itself is the risk: it could not be assessed, or no subject stands for what is wrong."""
    if finding.status == "not-satisfied":
        return next(_counted(run, control, finding), None) is None
    return finding.status == "not-assessed"


def _objective_risk_uuid(run: Run, finding: Finding) -> str:
    return oscal.identifier("objective-risk", run.system, finding.id)


def _objective_risk(run: Run, control: ControlResult, finding: Finding) -> Branch:
    unknown = finding.status == "not-assessed"
    return Branch(
        {
            "uuid": _objective_risk_uuid(run, finding),
            "title": oscal.markup(f"{control.id}: {finding.id} {finding.status.replace('-', ' ')}"),
            "description": oscal.sentence(finding.reason) or oscal.sentence(finding.text) or finding.id,
            "statement": oscal.sentence(
                f"{finding.id} {'could not be assessed' if unknown else 'is not satisfied'}", finding.text
            ),
            "props": oscal.props(("objective-id", finding.id)) + _impacted((control.oscal_id,)),
            "status": "investigating" if unknown else "open",
            "origins": run.origins,
            "related-observations": _related(run, finding),
        }
    )


def findings(run: Run) -> Iterator[Branch]:
    """One finding for each tested objective; what is not tested or inherited has none."""
    for control in run.assessment.controls:
        for finding in oscal.tested(control):
            yield _finding(run, control, finding)


def _finding(run: Run, control: ControlResult, finding: Finding) -> Branch:
    satisfied = finding.status == "satisfied"
    reason = {"satisfied": "pass", "not-satisfied": "fail"}.get(finding.status, "other")
    return Branch(
        {
            "uuid": oscal.identifier("finding", run.system, run.key, finding.id),
            "title": oscal.markup(f"{control.id}: {finding.id} {finding.status.replace('-', ' ')}"),
            "description": oscal.sentence(finding.text, finding.reason) or finding.id,
            "props": oscal.props(
                ("verdict", finding.status),
                ("part", finding.part),
                *(("check-id", check) for check in finding.checks),
            ),
            "origins": run.origins,
            "target": {
                "type": "objective-id",
                "target-id": finding.id,
                "status": oscal.compact(
                    {
                        "state": "satisfied" if satisfied else "not-satisfied",
                        "reason": reason,
                        "remarks": oscal.sentence(finding.reason),
                    }
                ),
            },
            "related-observations": _related(run, finding),
            "related-risks": ({"risk-uuid": uuid} for uuid in _related_risks(run, control, finding)),
            "remarks": oscal.sentence(control.sentence, finding.human and f"For a person: {finding.human}"),
        }
    )


def _related(run: Run, finding: Finding) -> Iterator[Json]:
    for check in dict.fromkeys(finding.checks):
        group = run.groups.get(check)
        if group is not None:
            yield {"observation-uuid": run.aggregate_uuid(check)}
            for seen in group.single:
                yield {"observation-uuid": run.observation_uuid(seen)}


def _related_risks(run: Run, control: ControlResult, finding: Finding) -> Iterator[str]:
    if _own_risk(run, control, finding):
        yield _objective_risk_uuid(run, finding)
    elif finding.status == "not-satisfied":
        for seen in _counted(run, control, finding):
            yield oscal.risk_uuid(run.system, seen.check, seen.subject)


def _counted(run: Run, control: ControlResult, finding: Finding) -> Iterator[Observation]:
    """The fails that the assessment counted for an objective: a check may flag in one window and decide in another."""
    for check in dict.fromkeys(finding.checks):
        group = run.groups.get(check)
        if group is None or _counted_none(control, check):
            continue
        limit = _deciding_limit(run, control, check)
        for seen in group.single:
            within = limit is not None and seen.measured is not None and seen.measured.hours <= limit
            # What was corrected in the month is no reason at its end.
            if seen.status == "fail" and not within and not is_corrected(run, seen):
                yield seen


def _counted_none(control: ControlResult, check: str) -> bool:
    """Whether the assessment counted no fail of a check for the control: its fails are for showing only."""
    fails = [count.fail for count in control.checks if count.id == check and count.role in _JUDGING]
    return bool(fails) and not any(fails)


def _deciding_limit(run: Run, control: ControlResult, check: str) -> float | None:
    names = [count.window for count in control.checks if count.id == check and count.role == "decides"]
    window = run.assessment.windows.get(names[0] or "") if names else None
    return window.limit_hours if window else None
