"""The figures of a month, on numbers that anyone can add up."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.assessment.trends import figures, percentile
from collector.model import Assessment, Figures, Interval, PatchLine, Subject
from tests.assessment.builders import NOW, SECOND, ago, app, assessed, change, droplet, facts, pack
from tests.assessment.platform_builders import CF_STAGING, Run, director, notice, platform, provided, release, vm

JAMMY = "ubuntu-jammy"


def row(answer: Assessment, name: str, by: str = "", group: str = "") -> Figures:
    found = {(one.name, one.by, one.group): one for one in figures(answer, "2026-11")}
    return found[name, by, group]


def at(days: float, width: float = 0) -> Interval:
    """An instant before NOW, known to so many hours."""
    return Interval(not_before=ago(days), not_after=ago(days) + timedelta(hours=width), source="literal")


def patch(name: str, total: float, **changes: Any) -> PatchLine:
    """A patch that was published a hundred days ago and took so many hours, a day of them to the stemcell."""
    values: dict[str, Any] = {
        "subject": Subject(type="notice", name=name),
        "status": "pass",
        "line": JAMMY,
        "stages": {"published": at(100), "released": at(99), "production": at(100 - total / 24)},
        "hours": {"packaging": 24.0, "deployment": total - 24, "total": total},
    }
    return PatchLine(**(values | changes))


def answer_on(*patches: PatchLine) -> Assessment:
    """A provider's answer on these patches, held against its own windows."""
    return change(provided(platform([PRODUCTION], notices=(notice("USN-1-1", ago(20)),))), patches=patches)


PRODUCTION = director([Run(ago(60), ago(60), "1.100")], vms=(vm("1.100", ago(60)),))


def test_ages_are_those_of_all_and_of_each_group() -> None:
    """Of one, two and twenty days: the nearest ranks, and two of three inside fourteen days."""
    known = facts(
        [app("a1"), app("a2", space_guid="s-staging"), app("a3")],
        [
            droplet("a1", created_at=ago(1)),
            droplet("a2", created_at=ago(2)),
            droplet("a3", created_at=ago(20), buildpacks=(pack("go_buildpack", "1.10"),)),
        ],
    )
    answer = assessed(known)
    whole = row(answer, "restage-age")
    assert (whole.subjects, whole.inside, whole.unknown) == (3, 2, 0)
    assert (whole.p50, whole.p90, whole.most) == (48.0, 480.0, 480.0)
    production = row(answer, "restage-age", "space", "agency-a/prod")
    assert (production.subjects, production.inside, production.p50, production.most) == (2, 1, 24.0, 480.0)
    assert row(answer, "restage-age", "space", "agency-a/staging").p90 == 48.0
    assert row(answer, "restage-age", "org", "agency-a") == change(whole, by="org", group="agency-a")
    assert row(answer, "restage-age", "buildpack", "go_buildpack").most == 480.0


def test_an_age_to_the_second_decides_whether_it_is_inside() -> None:
    """The limit itself is inside."""
    for late, inside in ((timedelta(), 1), (SECOND, 0)):
        answer = assessed(facts([app()], [droplet(created_at=ago(14) - late)]))
        assert row(answer, "restage-age").inside == inside


def test_who_is_current_has_been_behind_for_no_time() -> None:
    """And who is not, since it was offered."""
    known = facts(
        [app("a1"), app("a2")],
        [droplet("a1"), droplet("a2", created_at=ago(30), buildpacks=(pack(version="1.8.40"),))],
    )
    whole = row(assessed(known), "buildpack-behind")
    assert (whole.subjects, whole.p50) == (2, 0.0)
    assert whole.most == pytest.approx(20 * 24)


def test_what_is_not_known_is_in_no_percentile() -> None:
    """It is counted, and nothing is made up for it."""
    whole = row(assessed(facts([app(droplet=None)])), "restage-age")
    assert (whole.subjects, whole.inside, whole.unknown) == (1, 0, 1)
    assert (whole.p50, whole.p90, whole.most) == (None, None, None)


def test_images_are_in_no_figure_of_restages() -> None:
    """A restage does not patch them."""
    answer = assessed(facts([app(lifecycle="docker", droplet=None, stack=None)]))
    assert [one for one in figures(answer, "2026-11") if one.name == "restage-age"] == []


def test_stages_are_held_against_their_own_windows() -> None:
    """Deployments of 12, 48 and 49 hours against 48, totals of 36, 72 and 73 against 96."""
    answer = answer_on(patch("one", 36.0), patch("two", 72.0), patch("three", 73.0))
    deployment, total = row(answer, "deployment"), row(answer, "total", "line", JAMMY)
    assert (deployment.subjects, deployment.inside, deployment.p50, deployment.most) == (3, 2, 48.0, 49.0)
    assert (total.subjects, total.inside, total.p90) == (3, 3, 73.0)


@pytest.mark.parametrize(("hours", "unknown"), [(95.0, 1), (96.0, 1), (97.0, 0)])
def test_a_patch_that_is_not_live_is_late_or_not_known(hours: float, unknown: int) -> None:
    """That it will be in time is not known, and how long it took is not, either."""
    late = patch("one", hours, open=("total",), stages={"published": at(hours / 24), "production": None})
    total = row(answer_on(late), "total")
    assert (total.subjects, total.inside, total.unknown, total.p50) == (1, 0, unknown, None)


@pytest.mark.parametrize(("width", "inside"), [(1, 1), (1.5, 0)])
def test_a_latency_counts_where_it_is_known_to_the_hour(width: float, inside: int) -> None:
    """One that lies between two instants further apart is not known."""
    stages = {"published": at(100), "released": at(99), "production": at(97, width)}
    total = row(answer_on(patch("one", 72.0, stages=stages)), "total")
    assert (total.inside, total.unknown) == (inside, 1 - inside)


def test_a_notice_that_applies_to_no_line_is_in_no_figure() -> None:
    """It was no patch of this platform."""
    assert [one for one in figures(answer_on(patch("one", 72.0, line="")), "2026-11") if one.name == "total"] == []


def test_the_figures_are_those_of_the_stages() -> None:
    """The month's trend and the table of stages say the same of the same patches."""
    runs = [Run(ago(60), ago(60), "1.100"), Run(ago(18) - SECOND, ago(18), "1.101"), Run(ago(3), ago(3), "1.102")]
    own = [
        director(runs, vms=(vm("1.102", ago(3)),)),
        director(runs, "staging", CF_STAGING, vms=(vm("1.102", ago(3), deployment=CF_STAGING),)),
    ]
    answer = provided(
        platform(
            own,
            releases=(
                release("1.100", ago(70)),
                release("1.101", ago(19), "USN-1-1"),
                release("1.102", ago(8), "USN-2-1"),
                release("1.103", ago(1), "USN-3-1"),
            ),
            notices=(
                notice("USN-1-1", ago(20)),
                notice("USN-2-1", ago(9)),
                notice("USN-3-1", ago(2)),
                notice("USN-4-1", NOW - timedelta(hours=5)),
            ),
        )
    )
    for stage in answer.stages:
        if stage.name == "staging":
            continue
        one = row(answer, stage.name)
        assert (one.p50, one.p90, one.most, one.inside) == (stage.p50, stage.p90, stage.most, stage.inside)
        assert stage.measured > 0


@given(st.lists(st.floats(0, 10_000), min_size=1), st.integers(1, 100))
def test_so_many_of_a_hundred_do_not_exceed_a_percentile(values: list[float], share: int) -> None:
    """It is one of the values, enough are no greater, and no lesser value would do."""
    values.sort()
    found = percentile(values, share)
    assert found in values
    assert 100 * sum(value <= found for value in values) >= share * len(values)
    assert 100 * sum(value < found for value in values) < share * len(values)
