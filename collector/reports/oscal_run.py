"""What all parts of one results document refer to: its observations by check, its names, its dates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from collector.model import Assessment, Document, Observation, Role
from collector.reports import oscal
from collector.reports.oscal import Json

_SINGLE: Final = frozenset({"fail", "unknown"})


class Group(msgspec.Struct, frozen=True, gc=False):
    """The observations of one check, apart by how they are written."""

    check: str
    together: list[Observation]
    single: list[Observation]

    def counts(self) -> Counter[str]:
        """By status; what is waived is also counted as a fail."""
        counts = Counter(seen.status for seen in (*self.together, *self.single))
        words: Counter[str] = Counter({str(status): number for status, number in counts.items()})
        words["waived"] = sum(bool(seen.waived_by) for seen in self.single)
        return words


class Run(msgspec.Struct, frozen=True):
    """What all parts of one document refer to."""

    assessment: Assessment
    key: str
    groups: Mapping[str, Group]
    roles: Mapping[str, tuple[Role, ...]]
    controls: Mapping[str, tuple[str, ...]]
    objective_checks: frozenset[str]
    documents: Mapping[str, Document]
    statements: frozenset[str]
    origins: list[Json]
    start: str
    end: str
    collected: str
    expires: str

    @property
    def system(self) -> str:
        """The system's id, part of every name that stays."""
        return self.assessment.system.id

    def observation_uuid(self, seen: Observation) -> str:
        """Another one in every run, for what was observed is another thing."""
        return oscal.identifier("observation", self.system, self.key, seen.check, oscal.subject_key(seen.subject))

    def aggregate_uuid(self, check: str) -> str:
        """Likewise, for what passed together."""
        return oscal.identifier("aggregate", self.system, self.key, check)


def run_of(assessment: Assessment) -> Run:
    """Look at an assessment once, so that no part has to look for anything."""
    taken = [snapshot.taken_at for snapshot in assessment.snapshots] or [assessment.as_of]
    begin, end = _bounds(assessment, taken)
    frequency = assessment.windows.get("determination-frequency")
    hours = frequency.limit_hours if frequency else None
    key = "\0".join((*(snapshot.id for snapshot in assessment.snapshots), oscal.instant(assessment.as_of)))
    return Run(
        assessment=assessment,
        key=f"{key}\0{assessment.period or ''}",
        groups=_grouped(assessment.observations),
        roles=oscal.roles_of(assessment),
        controls=oscal.controls_of(assessment),
        objective_checks=frozenset(
            check for control in assessment.controls for finding in oscal.tested(control) for check in finding.checks
        ),
        documents={document.digest: document for document in assessment.documents},
        statements=frozenset(stated.document for stated in assessment.attested if stated.document),
        origins=[
            {
                "actors": [{"type": "tool", "actor-uuid": oscal.tool_uuid(assessment)}],
                "related-tasks": [{"task-uuid": oscal.task_uuid(assessment.system.id)}],
            }
        ],
        start=oscal.instant(begin),
        end=oscal.instant(end),
        collected=oscal.instant(max(taken)),
        expires=oscal.instant(max(taken) + timedelta(hours=hours)) if hours else "",
    )


def _bounds(assessment: Assessment, taken: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From the first look to the last; of a month the whole of it, and on to a closing look after its end."""
    if assessment.month is None:
        return min(*taken, assessment.as_of), max(*taken, assessment.as_of)
    period = assessment.month.period
    return min(period.begin, max(taken)), max(period.end, *taken)


def _grouped(observations: Sequence[Observation]) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for seen in observations:
        group = groups.get(seen.check)
        if group is None:
            group = groups[seen.check] = Group(seen.check, [], [])
        (group.single if seen.status in _SINGLE else group.together).append(seen)
    return groups
