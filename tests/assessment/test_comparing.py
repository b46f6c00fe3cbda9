"""Two runs side by side, the figures of a month, and what stays open over months."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.assessment.comparing import (
    ONLY_ONE,
    UNJUDGED,
    UNREAD,
    UNREAD_BEFORE,
    Run,
    Seen,
    compare,
    doubts,
    since,
)
from collector.assessment.items import open_items
from collector.assessment.retrospect import in_retrospect, summary_of
from collector.assessment.trends import figures, over_months, percentile
from collector.model import Failing, Month, MonthSummary, Observation, Period, Status, Subject
from tests.assessment.builders import NOW, ago, app, assessed, change, droplet, facts


def subject(name: str) -> Subject:
    return Subject(type="app", guid=f"guid-{name}", name=name, space="prod", org="agency-a")


def run(windows: float = 336, schema: str = "1", **statuses: Status) -> Run:
    """A run that asked app-restage-age about some apps."""
    return Run(
        schema=schema,
        tool="cf-evidence 1",
        seen={
            ("app-restage-age", f"guid-{name}"): Seen(subject=subject(name), status=is_)
            for name, is_ in statuses.items()
        },
        windows={"restage": windows},
        window_of={"app-restage-age": "restage"},
    )


def kinds(before: Run, after: Run) -> dict[str, tuple[str, int]]:
    return {row.subject.name: (row.kind, row.months) for row in compare(before, after)}


def test_every_difference_has_its_kind() -> None:
    """What passes in both is not worth a line."""
    before = run(a="pass", b="fail", c="fail", d="unknown", e="pass", f="fail", h="unknown", i="fail")
    after = run(a="fail", b="fail", c="pass", d="pass", e="pass", g="fail", h="fail", i="unknown")
    assert kinds(before, after) == {
        "a": ("new", 1),
        "g": ("new", 1),
        "b": ("repeated", 2),
        "d": ("changed", 0),
        "h": ("changed", 1),
        "i": ("changed", 0),
        "c": ("fixed", 1),
        "f": ("fixed", 1),
    }


def test_months_go_on() -> None:
    """What failed for two months before fails for the third."""
    failing = (Failing(check="app-restage-age", subject=subject("b"), months=2),)
    (row,) = compare(run(b="fail"), run(b="fail"), failing)
    assert (row.kind, row.months) == ("repeated", 3)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (run(windows=240, a="fail"), "the window restage is another: 336 and 240 hours"),
        (run(schema="2", a="fail"), "the runs are of different schemas"),
    ],
)
def test_what_cannot_be_compared_says_why(other: Run, reason: str) -> None:
    """Another window or another schema makes another question."""
    (row,) = compare(run(a="pass"), other)
    assert (row.kind, row.reason) == ("not comparable", reason)


def test_a_check_that_only_one_run_asked_for_cannot_be_compared() -> None:
    """It is no news that it fails."""
    empty = Run(schema="1", tool="cf-evidence 1", seen={}, windows={"restage": 336}, window_of={})
    (row,) = compare(empty, run(a="fail"))
    assert (row.kind, row.reason) == ("not comparable", "only one of the runs asked for it")


def test_who_is_missing_from_what_was_not_wholly_read_is_not_fixed() -> None:
    """Nothing unread is ever an improvement; what differs may then come from that, and from another version."""
    before = run(gone="fail")
    after = msgspec.structs.replace(run(a="pass"), complete=False, tool="cf-evidence 2")
    (row,) = compare(before, after)
    (told,) = since(september("gone"), observations(after), complete=False)
    assert (row.kind, row.reason) == (told.kind, told.reason) == ("not comparable", UNREAD)
    assert doubts(before, after) == (
        "made by different versions: cf-evidence 1 and cf-evidence 2",
        "the later run was not wholly read",
    )


def test_who_was_missing_from_what_was_not_wholly_read_is_not_new() -> None:
    """It may have been outside then, unseen."""
    before = msgspec.structs.replace(run(a="pass"), complete=False)
    (row,) = compare(before, run(a="pass", b="fail"))
    assert (row.subject.name, row.kind, row.reason) == ("b", "not comparable", UNREAD_BEFORE)


def of(statuses: dict[str, Status]) -> Run:
    """A run by the names of its apps."""
    return run(**dict[str, Any](statuses))


MIRRORED = {"new": {"fixed"}, "fixed": {"new"}, "repeated": {"repeated"}, "changed": {"changed"}}
STATUSES = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(("pass", "fail", "unknown", "not-applicable")), min_size=1
)


@given(STATUSES, STATUSES)
def test_two_runs_compared_the_other_way_round_say_the_opposite(
    one: dict[str, Status], other: dict[str, Status]
) -> None:
    """What is new one way is fixed the other, and the same subjects are told both ways."""
    there, back = kinds(of(one), of(other)), kinds(of(other), of(one))
    assert there.keys() == back.keys()
    assert all(back[name][0] in MIRRORED[kind] for name, (kind, _) in there.items())


@given(STATUSES)
def test_a_run_compared_with_itself_is_only_repeated(one: dict[str, Status]) -> None:
    """Nothing is new and nothing fixed."""
    assert kinds(of(one), of(one)) == {name: ("repeated", 2) for name, is_ in one.items() if is_ == "fail"}


@given(STATUSES, STATUSES)
def test_less_evidence_never_makes_anything_fixed(one: dict[str, Status], other: dict[str, Status]) -> None:
    """Without a row that was read before, and told as incomplete, no more is fixed and no more is new."""
    whole = {row.subject.name for row in compare(of(one), of(other)) if row.kind == "fixed"}
    for name in other:
        rest = {key: is_ for key, is_ in other.items() if key != name}
        less = msgspec.structs.replace(of(rest), complete=False)
        assert {row.subject.name for row in compare(of(one), less) if row.kind == "fixed"} <= whole - {name}


def september(*failing: str, **changes: Any) -> MonthSummary:
    """A month in which some apps were outside the restage window."""
    return msgspec.structs.replace(
        MonthSummary(
            schema="cf-evidence/summary/1",
            system="default",
            month="2026-09",
            as_of=datetime(2026, 10, 1, tzinfo=UTC),
            tool="cf-evidence 1",
            inputs={},
            windows={},
            statuses={},
            figures=(),
            failing=tuple(Failing(check="app-restage-age", subject=subject(name), months=1) for name in failing),
            items=(),
        ),
        **changes,
    )


def observations(run: Run) -> list[Observation]:
    return [Observation(check=check, subject=seen.subject, status=seen.status) for (check, _), seen in run.seen.items()]


def test_since_the_month_before() -> None:
    """Of that month only what was outside is known; who is gone has been fixed by going."""
    now = [
        Observation(check="app-restage-age", subject=subject("a"), status="fail"),
        Observation(check="app-restage-age", subject=subject("b"), status="unknown"),
        Observation(check="app-restage-age", subject=subject("c"), status="pass"),
        Observation(check="app-restage-age", subject=subject("d"), status="fail"),
    ]
    assert {
        row.subject.name: (row.kind, row.months, row.reason) for row in since(september("a", "b", "gone"), now)
    } == {
        "a": ("repeated", 2, ""),
        "b": ("changed", 0, ""),
        "d": ("new", 1, ""),
        "gone": ("fixed", 1, "gone"),
    }


def test_of_the_month_before_nothing_is_said_but_what_it_tells() -> None:
    """It names what was outside; that the others passed, or were there, it does not say."""
    now = [Observation(check="app-restage-age", subject=subject("a"), status="fail")]
    (row,) = since(september(), now)
    assert (row.before, row.after) == ("not found outside", "fail")


def test_a_check_that_the_month_did_not_ask_for_is_not_fixed() -> None:
    """A report on fewer controls closes nothing."""
    now = [Observation(check="inventory-current", subject=subject("s"), status="pass")]
    (row,) = since(september("a"), now)
    assert (row.kind, row.check, row.reason) == ("not comparable", "app-restage-age", ONLY_ONE)


@pytest.mark.parametrize(
    ("changes", "windows", "reason"),
    [
        ({"judged": ("buildpack-current",)}, {}, UNJUDGED),
        ({"windows": {"restage": 240.0}}, {"restage": 336.0}, "the window restage is another: 240 and 336 hours"),
    ],
)
def test_a_month_that_asked_another_question_is_not_compared(
    changes: dict[str, Any], windows: dict[str, float], reason: str
) -> None:
    """What was not judged then is no news now, and neither is what another limit makes of it."""
    now = [Observation(check="app-restage-age", subject=subject("a"), status="fail", window="restage")]
    (row,) = since(september(**changes), now, windows)
    assert (row.kind, row.reason) == ("not comparable", reason)


@pytest.mark.parametrize(("share", "value"), [(50, 2.0), (90, 4.0), (1, 1.0), (100, 4.0)])
def test_percentiles_are_values_that_occur(share: int, value: float) -> None:
    """The nearest rank, never something in between."""
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == value
    assert percentile([], share) is None


def test_figures_of_a_month() -> None:
    """By all, by organization, by space and by buildpack; unknown counts apart."""
    known = facts(
        [app("a1"), app("a2"), app("a3", droplet=None)],
        [droplet("a1", created_at=ago(2)), droplet("a2", created_at=ago(20))],
    )
    rows = {(row.by, row.group): row for row in figures(assessed(known), "2026-11") if row.name == "restage-age"}
    whole = rows["", ""]
    assert (whole.subjects, whole.inside, whole.unknown) == (3, 1, 1)
    assert (whole.p50, whole.p90, whole.most) == (48.0, 480.0, 480.0)
    assert rows["space", "agency-a/prod"].subjects == 3
    assert rows["buildpack", "python_buildpack"].subjects == 2


def test_a_missing_month_stays_missing() -> None:
    """Figures are put side by side, oldest first, and nothing is made up in between."""
    before = september(figures=figures(assessed(facts([app()], [droplet()])), "2026-09"))
    now = figures(assessed(facts([app()], [droplet()])), "2026-11")
    assert [row.month for row in over_months([before], now) if (row.by, row.name) == ("", "restage-age")] == [
        "2026-09",
        "2026-11",
    ]


def test_an_item_opens_stays_open_and_is_closed_once() -> None:
    """Over four months: it keeps the month in which it opened, is told closed once, and then no more."""
    late = assessed(facts([app()], [droplet(created_at=ago(20))]))
    fine = assessed(facts([app()], [droplet(created_at=ago(1))]))
    first = open_items(late, None, "2026-09")
    second = open_items(late, _summary(first, "2026-09"), "2026-10")
    third = open_items(fine, _summary(second, "2026-10"), "2026-11")
    fourth = open_items(fine, _summary(third, "2026-11"), "2026-12")
    (item,) = (row for row in second if row.check == "app-restage-age")
    assert (item.opened, item.months, item.closed_at, item.subjects) == (
        "2026-09",
        2,
        None,
        ("agency-a/prod/app-a1",),
    )
    (closed,) = (row for row in third if row.check == "app-restage-age")
    assert (closed.opened, closed.months, closed.closed_at) == ("2026-09", 2, NOW)
    assert [row for row in fourth if row.check == "app-restage-age"] == []


def test_an_item_stays_open_over_a_month_without_a_report() -> None:
    """What was open in September and is outside in November was not opened in November."""
    late = assessed(facts([app()], [droplet(created_at=ago(20))]))
    september = _summary(open_items(late, None, "2026-09"), "2026-09")
    november = Period(name="2026-11", begin=ago(29), end=NOW)
    month = Month(period=november, previous=None, past=(september,))
    (item,) = (
        row for row in in_retrospect(msgspec.structs.replace(late, month=month)).items if row.check == "app-restage-age"
    )
    assert (item.opened, item.months) == ("2026-09", 3)


def test_only_a_month_has_a_summary() -> None:
    """An answer at an instant has none."""
    with pytest.raises(ValueError, match="only a month"):
        summary_of(assessed(facts([app()], [droplet()])))


def _summary(items, month):
    return change(
        september(month=month, as_of=NOW),
        items=tuple(items),
    )
