"""The figures that several reports show: counted from the assessment, never judged again."""

from bisect import bisect_left
from itertools import pairwise
from typing import Final

import msgspec

from collector.model import Assessment
from collector.reports.words import HOURS_PER_DAY

# Upper edges in hours, inclusive as windows are; the limit of the restage window is one more.
_EDGES: Final = (72.0, 168.0, 336.0, 720.0, 2160.0)


class Figures(msgspec.Struct, frozen=True):
    """Apps by whether they are inside the restage window, and what there is to do."""

    visible: int
    within: int
    outside: int
    unknown: int
    not_applicable: int
    actions: int


class Bucket(msgspec.Struct):
    """Apps whose last staging is so long ago."""

    label: str
    within: int = 0
    outside: int = 0


def figures(assessment: Assessment) -> Figures:
    """Count the apps; waived actions are not to be done."""
    apps = assessment.coverage.apps
    outside = sum(line.over_hours is not None for line in assessment.applications)
    return Figures(
        visible=apps.visible,
        within=apps.assessed - outside,
        outside=outside,
        unknown=apps.unknown,
        not_applicable=apps.not_applicable,
        actions=sum(action.waived_by is None for action in assessment.actions),
    )


def restages_by_age(assessment: Assessment) -> list[Bucket]:
    """Count the apps whose age is known by age, the limit of the restage window being one of the edges."""
    window = assessment.windows.get("restage")
    limit = window.limit_hours if window else None
    edges = sorted({*_EDGES, *([limit] if limit else [])})
    buckets = [Bucket(label) for label in _labels(edges)]
    for line in assessment.applications:
        if line.age_hours is not None:
            bucket = buckets[bisect_left(edges, line.age_hours)]
            if line.over_hours is None:
                bucket.within += 1
            else:
                bucket.outside += 1
    return buckets


def _labels(edges: list[float]) -> list[str]:
    ends = [f"{edge / HOURS_PER_DAY:g}" for edge in edges]
    between = [f"{low} to {high} days" for low, high in pairwise(ends)]
    return [f"up to {ends[0]} days", *between, f"over {ends[-1]} days"]
