"""Hiding a row of a director never makes anything look better: every single row in turn, and pairs of them."""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.assessment import Patterns, assess, load
from collector.model import Director, PlatformFacts, System
from collector.resources import CONTROLS
from collector.run import Evidence, replay
from collector.run.judging import replay_platform
from collector.settings import Tables, declared_in

Judge = Callable[[PlatformFacts], Mapping[tuple[str, str, str], str]]


def _name(check: str, name: str) -> str:
    """Of what runs, the line: where it is not known which version that is, its row has no other name."""
    return name.partition("/")[0] if check in ("stemcell-uniform", "stemcell-current") else name


@pytest.fixture
def judged(watched, ask) -> tuple[PlatformFacts, Judge]:
    """What was read of the platform, and what follows from it or from less."""
    ask("-o", "out")
    folder = Path("out/snapshot")
    snapshot, facts = replay(folder)
    platform, _ = replay_platform(snapshot, Evidence(folder))
    catalog = load(CONTROLS)

    def judge(below: PlatformFacts) -> Mapping[tuple[str, str, str], str]:
        answer = assess(
            facts,
            snapshot,
            catalog,
            controls=("SI-2", "CM-2"),
            as_of=snapshot.taken_at,
            system=System(id="default", name="", scope="provider"),
            declared=declared_in(Tables()),
            patterns=Patterns(),
            version="0",
            inputs={},
            platform=below,
        )
        found = answer.observations
        rows = [(row.check, row.subject.deployment, _name(row.check, row.subject.name), row.status) for row in found]
        # What is not the row of what runs says nothing of what runs.
        return {row[:3]: row[3] for row in rows if row[3] != "not-applicable"}

    return platform, judge


def without(below: PlatformFacts, environment: str, hidden: Iterable[int], *, tasks: bool = True) -> PlatformFacts:
    """The same without some rows of a director, or without the tasks of all."""
    gone = set(hidden)

    def less(row: Director) -> Director:
        events = tuple(one for one in row.events if row.environment != environment or one.id not in gone)
        return msgspec.structs.replace(row, events=events, tasks=row.tasks if tasks else ())

    return msgspec.structs.replace(below, directors=tuple(map(less, below.directors)))


def better(whole: Mapping[Any, str], less: Mapping[Any, str]) -> list[tuple[Any, str | None]]:
    """What passes that did not."""
    return [(key, whole.get(key)) for key, status in less.items() if status == "pass" and whole.get(key) != "pass"]


@pytest.mark.parametrize("tasks", [True, False], ids=["with tasks", "without tasks"])
def test_no_single_row(judged, tasks):
    """Each row of both directors is hidden in turn."""
    below, judge = judged
    whole = judge(below)
    assert sum(status == "pass" for status in whole.values()) > 20
    found = []
    for director in below.directors:
        for event in director.events:
            hidden = without(below, director.environment, [event.id], tasks=tasks)
            found += [(event.id, event.object_type, *row) for row in better(whole, judge(hidden))]
    assert found == []


def test_no_pair_of_rows(judged):
    """Rows that follow one another, and the two of every pair, are hidden together."""
    below, judge = judged
    whole = judge(below)
    found = []
    for director in below.directors:
        ids = [event.id for event in director.events]
        pairs = {(event.parent, event.id) for event in director.events if event.parent} | set(pairwise(ids))
        for pair in sorted(pairs):
            hidden = without(below, director.environment, pair)
            found += [(pair, *row) for row in better(whole, judge(hidden))]
    assert found == []


def test_no_run_as_a_whole(judged):
    """Every row of one task is hidden, with its task or with all tasks."""
    below, judge = judged
    whole = judge(below)
    found = []
    for director in below.directors:
        for task in sorted({event.task for event in director.events if event.task}):
            ids = [event.id for event in director.events if event.task == task]
            for tasks in (True, False):
                hidden = without(below, director.environment, ids, tasks=tasks)
                found += [(task, tasks, *row) for row in better(whole, judge(hidden))]
    assert found == []
