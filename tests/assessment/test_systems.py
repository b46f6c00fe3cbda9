"""Several systems over one snapshot: whose an app is, and what may be said of a part of the whole."""

from typing import Any

import pytest

from collector.assessment import Declared, Selection, select
from collector.model import Assessment, Space
from tests.assessment.builders import TOPICS, ago, app, assessed, change, droplet, facts

OTHER = Space(guid="s-other", name="prod", org_guid="o-b", org="agency-b")
WHOLE = change(
    facts(
        [
            app("a1", labels={"system": "grants"}),
            app("a2", space_guid="s-staging", annotations={"system": "grants-test"}),
            app("a3", space_guid="s-other"),
        ],
        [droplet("a1"), droplet("a2", created_at=ago(20)), droplet("a3", created_at=ago(30))],
    )
)
WHOLE = change(WHOLE, spaces={**WHOLE.spaces, "s-other": OTHER})


def names(**selectors: Any) -> str:
    """The apps of a system."""
    return " ".join(row.guid for row in select(WHOLE, Selection(**selectors)).apps)


def complete(known: Any, *boundary: str) -> str:
    """The verdict of inventory-complete on a boundary."""
    answer = assessed(known, "CM-2(2)", declared=Declared(boundary_spaces=boundary))
    return next(row.status for row in answer.observations if row.check == "inventory-complete")


@pytest.mark.parametrize(
    ("selectors", "apps"),
    [
        ({}, "a1 a2 a3"),
        ({"orgs": ("agency-a",)}, "a1 a2"),
        ({"orgs": ("agency-*",)}, "a1 a2 a3"),
        ({"spaces": ("prod",)}, "a1 a3"),
        ({"spaces": ("agency-a/prod",)}, "a1"),
        ({"spaces": ("agency-a/prod", "agency-b/*")}, "a1 a3"),
        ({"labels": {"system": "grants"}}, "a1"),
        ({"labels": {"system": "grants*"}}, "a1 a2"),
        ({"labels": {"system": "Grants"}}, ""),
        ({"labels": {"system": "*", "tier": "*"}}, ""),
        ({"orgs": ("agency-a",), "spaces": ("staging",), "labels": {"system": "*"}}, "a2"),
        ({"orgs": ("agency-b",), "labels": {"system": "*"}}, ""),
    ],
)
def test_selection(selectors: dict[str, Any], apps: str) -> None:
    """An app belongs where every selector that is named matches."""
    assert names(**selectors) == apps


def test_no_selection() -> None:
    """Without a selection everything belongs."""
    assert select(WHOLE, None) is WHOLE


def test_space_that_is_not_known() -> None:
    """An app whose space is not known is left out of no system: its fail must not get lost."""
    known = change(WHOLE, spaces={})
    assert [row.guid for row in select(known, Selection(orgs=("agency-b",))).apps] == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    ("selection", "spaces"),
    [
        (Selection(orgs=("agency-a",)), ["s-prod", "s-staging"]),
        (Selection(labels={"system": "grants"}), ["s-prod"]),
        (Selection(labels={"system": "grants"}, boundary=("agency-b/*",)), ["s-other", "s-prod"]),
    ],
    ids=["by org", "by label", "boundary"],
)
def test_spaces(selection: Selection, spaces: list[str]) -> None:
    """The spaces of a system are those that it selects, those of its apps, and those of its boundary."""
    assert sorted(select(WHOLE, selection).spaces) == spaces


def test_answers_of_two_systems() -> None:
    """Each system has its own verdicts, and together they have those of the whole."""

    def fails(answer: Assessment) -> set[tuple[str, str]]:
        return {(row.check, row.subject.guid) for row in answer.observations if row.status == "fail"}

    parts = [fails(assessed(select(WHOLE, Selection(orgs=(org,))), "SI-2")) for org in ("agency-a", "agency-b")]
    assert parts == [{("app-restage-age", "a2")}, {("app-restage-age", "a3")}]
    assert fails(assessed(WHOLE, "SI-2")) == parts[0] | parts[1]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "pass"),
        ({"apps_counted": 4}, "unknown"),
        ({"apps_counted": None}, "unknown"),
        ({"read": TOPICS - {"apps"}}, "unknown"),
    ],
    ids=["whole", "an app was missed", "not counted", "not read"],
)
def test_completeness_of_a_part(changes: dict[str, Any], status: str) -> None:
    """A part is complete only where the whole was: what was missed may be of it."""
    part = select(change(WHOLE, **changes), Selection(orgs=("agency-a",)))
    assert complete(part, "agency-a/prod", "agency-a/staging") == status


def test_space_of_the_boundary_that_is_not_visible() -> None:
    """A space of the system's own boundary that nobody saw leaves it incomplete; one of another system does not."""
    part = select(WHOLE, Selection(orgs=("agency-b",), boundary=("agency-b/prod", "agency-b/dev")))
    assert (complete(part, "agency-b/prod"), complete(part, "agency-b/prod", "agency-b/dev")) == ("pass", "unknown")


def test_system_without_apps() -> None:
    """A system none of whose apps is visible is incomplete evidence, not a clean one."""
    answer = assessed(select(WHOLE, Selection(orgs=("agency-c",))), "SI-2")
    assert (answer.exit_code, answer.answer) == (3, "incomplete evidence (no application is visible)")
