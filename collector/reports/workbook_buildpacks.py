"""The sheet Buildpacks: which versions run, how many applications each, and how far behind the platform's."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from collector.model import Assessment, Observation, Status
from collector.reports.patching import in_days
from collector.reports.words import STATUS
from collector.reports.workbook_cells import Value

CHECK: Final = "buildpack-current"
_WORST: Final[tuple[Status, ...]] = ("fail", "unknown", "pass", "not-applicable")


class _Group(msgspec.Struct):
    """The applications that run one version of a buildpack on one stack."""

    latest: set[str] = msgspec.field(default_factory=set)
    seen: list[Observation] = msgspec.field(default_factory=list)

    def count(self, status: Status) -> int:
        return sum(row.status == status for row in self.seen)

    @property
    def worst(self) -> Status:
        return next(status for status in _WORST if self.count(status))

    @property
    def behind(self) -> float | None:
        """The longest time that any of them has been behind at the least, in hours; None where none is outside."""
        found = [row.measured.hours for row in self.seen if row.measured is not None and row.status == "fail"]
        return max(found, default=None)

    @property
    def rank(self) -> tuple[int, float, int]:
        return _WORST.index(self.worst), -(self.behind or 0.0), -len(self.seen)


def buildpacks(assessment: Assessment) -> Iterator[Mapping[str, Value]]:
    """One row for each buildpack, version and stack that runs, the worst first; an app counts with its worst one."""
    judged = {row.subject.guid: row for row in assessment.observations if row.check == CHECK}
    groups: dict[tuple[str, str, str], _Group] = {}
    for line in assessment.applications:
        row = judged.get(line.subject.guid)
        if row is None or not line.buildpack:
            continue
        group = groups.setdefault((line.buildpack, line.has, line.stack), _Group())
        group.seen.append(row)
        if line.latest:
            group.latest.add(line.latest)
    order = sorted(groups.items(), key=lambda item: (item[1].rank, item[0]))
    yield from (_row(key, group) for key, group in order)


def _row(key: tuple[str, str, str], group: _Group) -> dict[str, Value]:
    name, version, stack = key
    return {
        "status": STATUS[group.worst],
        "buildpack": name,
        "version": version or "not known",
        "latest": ", ".join(sorted(group.latest)) or "not known",
        "stack": stack,
        "apps": len(group.seen),
        "outside": group.count("fail"),
        "unknown": group.count("unknown"),
        "within": group.count("pass"),
        "behind_days": in_days(group.behind),
        "waived": sum(row.waived_by is not None for row in group.seen),
    }
