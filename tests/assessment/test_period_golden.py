"""Three months of six applications, against hours that were counted by hand."""

import pytest

from collector.assessment import Declared, Patterns
from collector.assessment.period import Timeline
from tests.assessment.builders import CATALOG
from tests.assessment.period_golden import HOURS, PERIODS, history, noon


def told(name: str) -> Timeline:
    """A month, from all snapshots."""
    timeline = Timeline(PERIODS[name], declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    for facts, snapshot in history():
        timeline.add(facts, snapshot)
    return timeline


@pytest.mark.parametrize("name", list(HOURS))
def test_the_hours_of_each_month(name: str) -> None:
    """Inside, outside and not known, of every application that counted in it."""
    held = told(name).held()
    found = {
        guid: (row.inside, row.outside, row.unknown) for (check, guid), row in held.items() if check.startswith("app")
    }
    assert found == HOURS[name]


@pytest.mark.parametrize("name", list(HOURS))
def test_nothing_of_the_platform_changed(name: str) -> None:
    """So no buildpack was ever behind: the check was inside wherever anything is known."""
    rows = [row for (check, _), row in told(name).held().items() if check == "buildpack-current"]
    assert rows
    assert {row.outside for row in rows} == {0.0}


def test_a_breach_goes_on_over_the_end_of_a_month() -> None:
    """Open at the end of September, since a day in it; corrected in October, and open anew."""
    september = told("2026-09").held()["app-restage-age", "late"]
    october = told("2026-10").held()["app-restage-age", "late"]
    assert [(row.begin, row.end) for row in september.breaches] == [(noon(9, 8), None)]
    assert [(row.since, row.end) for row in october.breaches] == [(noon(9, 8), noon(10, 5)), (noon(10, 19), None)]
    assert september.corrected_at is None


def test_a_rollback_is_corrected_by_the_next_restage() -> None:
    """To the instants of both."""
    (breach,) = told("2026-08").held()["app-restage-age", "back"].breaches
    assert (breach.begin, breach.end) == (noon(8, 10), noon(8, 16))


def test_what_came_and_went_is_told() -> None:
    """Applications that were made, deleted."""
    found = [(row.subject.name, row.what, row.after) for row in told("2026-09").changes()]
    assert found == [
        ("late", "added", "there"),
        ("short", "added", "there"),
        ("short", "removed", "gone"),
        ("young", "added", "there"),
    ]
