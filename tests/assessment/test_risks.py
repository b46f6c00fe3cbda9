"""Accepted risks: what they cover, from when to when, what they never change, and what is said of each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.assessment import Baseline, Declared
from collector.assessment.risks import begins, ends, holds
from collector.model import AcceptedRisk, Assessment, RiskLine, Window
from tests.assessment.builders import (
    CATALOG,
    NOW,
    PROD,
    STAGING,
    ago,
    app,
    assessed,
    change,
    droplet,
    facts,
    pack,
    statuses,
)
from tests.assessment.platform_builders import CF_STAGING, Run, director, notice, platform, provided, release, vm
from tests.assessment.test_properties import foundations, without_one

MICROSECOND = timedelta(microseconds=1)
LENGTH = Window(
    name="exception-length",
    expected_hours=None,
    limit_hours=8760,
    kind="warns",
    authority="the system's own risk acceptance policy",
    citation="",
)
SHORT = change(CATALOG, windows={**CATALOG.windows, "exception-length": LENGTH})
OUTSIDE = facts(
    [app("a1"), app("a2"), app("a3", space_guid="s-staging")],
    [droplet("a1", created_at=ago(20)), droplet("a2", created_at=ago(21)), droplet("a3")],
)


def risk(name: str = "EX-1", **changes: Any) -> AcceptedRisk:
    """An exception for one app, from the first of November to the end of the year."""
    values: dict[str, Any] = {
        "id": name,
        "controls": ("SI-2",),
        "rationale": "frozen for migration",
        "approver": "ISSO",
        "ticket": "GRC-112",
        "starts": date(2026, 11, 1),
        "expires": date(2026, 12, 31),
        "app": "" if "stemcell" in changes else "agency-a/prod/app-a1",
    }
    return AcceptedRisk(**(values | changes))


LAPSED = "1 fail that it names is not covered by its dates"
EVERY = risk("EVERY", app="*/*/*")


def waived(answer: Assessment) -> dict[tuple[str, str], str]:
    """The exceptions that cover something, by check and subject."""
    return {(row.check, row.subject.name): row.waived_by for row in answer.observations if row.waived_by is not None}


def line(answer: Assessment, name: str = "EX-1") -> RiskLine:
    """What is said of one exception."""
    return next(row for row in answer.risks if row.risk.id == name)


def ages(answer: Assessment) -> tuple[int, int]:
    """The fails of app-restage-age as a flag, and those of them that are accepted."""
    row = next(row for row in answer.controls[0].checks if row.id == "app-restage-age")
    return row.fail, row.waived


# What is covered.


def test_fail_that_is_accepted_stays_a_fail() -> None:
    """An exception stands beside the fail of the app that it names, and of no other."""
    answer = assessed(OUTSIDE, "SI-2", risks=[risk()])
    assert waived(answer) == {("app-restage-age", "app-a1"): "EX-1"}
    assert (statuses(answer)["app-restage-age", "a1"], ages(answer)) == ("fail", (2, 1))


def test_nothing_else_changes() -> None:
    """Statuses, objectives, the table of applications and the counts stay as they are without the exception."""
    with_it, without = assessed(OUTSIDE, risks=[EVERY]), assessed(OUTSIDE)
    assert statuses(with_it) == statuses(without)
    assert [row.objectives for row in with_it.controls] == [row.objectives for row in without.controls]
    assert with_it.applications == without.applications
    assert [row.fail for control in with_it.controls for row in control.checks] == [
        row.fail for control in without.controls for row in control.checks
    ]


@pytest.mark.parametrize(
    ("risks", "code"),
    [
        ([], 1),
        ([risk()], 1),
        ([risk(), risk("EX-2", app="agency-a/prod/app-a2")], 0),
        ([EVERY], 0),
        ([risk(app="*/*/*", controls=("CM-2",))], 1),
    ],
    ids=["none", "one of two", "each of two", "both at once", "another control"],
)
def test_exit_code(risks: Sequence[AcceptedRisk], code: int) -> None:
    """What is accepted does not make exit code 1; what is not accepted does."""
    assert assessed(OUTSIDE, "SI-2", risks=risks).exit_code == code


def test_unknown_is_never_accepted() -> None:
    """An exception covers what is known to be outside, not what could not be judged."""
    copied = facts([app()], [droplet(package=None, buildpacks=(pack(version=None),))])
    answer = assessed(copied, "SI-2", risks=[EVERY])
    assert (waived(answer), answer.exit_code) == ({}, 1)


def test_objective_stays_not_satisfied() -> None:
    """An objective that is not satisfied is not, whoever accepts it; the exit code is another question."""
    long_behind = facts([app()], [droplet(created_at=ago(60), buildpacks=(pack(version="1.8.40"),))])
    known = change(long_behind, buildpacks=(change(long_behind.buildpacks[0], updated_at=ago(31)),))
    answer = assessed(known, "SI-2", risks=[EVERY])
    deciding = next(row for row in answer.controls[0].checks if row.role == "decides" and row.fail)
    assert (answer.controls[0].status, answer.exit_code) == ("not-satisfied", 0)
    assert (deciding.id, deciding.fail, deciding.waived) == ("buildpack-current", 1, 1)


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("agency-a/prod/app-a1", ["app-a1"]),
        ("agency-a/prod/*", ["app-a1", "app-a2"]),
        ("*/prod/app-a?", ["app-a1", "app-a2"]),
        ("agency-?/*/app-a[2-9]", ["app-a2"]),
        ("agency-a/staging/*", []),
        ("agency-a/prod/app", []),
        ("agency-a/prod/APP-A1", []),
        ("agency/prod/app-a1", []),
        ("agency-a*/app-a1/x", []),
    ],
)
def test_pattern(pattern: str, covered: list[str]) -> None:
    """Each part of org/space/app is a pattern of the whole name, case-sensitive."""
    answer = assessed(OUTSIDE, "SI-2", risks=[risk(app=pattern)])
    assert sorted(name for _, name in waived(answer)) == covered


def test_name_with_a_slash() -> None:
    """What follows the second slash is the app's name, slashes and all."""
    known = facts([app(name="team/app")], [droplet(created_at=ago(20))])
    assert waived(assessed(known, "SI-2", risks=[risk(app="agency-a/prod/team/*")]))


@pytest.mark.parametrize("name", ["SI-2", "si-2", "si-02", "SI-02"])
def test_spelling_of_a_control(name: str) -> None:
    """A control is the same in every spelling."""
    assert waived(assessed(OUTSIDE, "SI-2", risks=[risk(controls=(name,))]))


def test_control_that_only_shows_a_check() -> None:
    """Where one control counts a check and another only shows it, the one that counts it must be named."""
    only_shown = risk(controls=("SI-2(2)",), app="*/*/*")
    assert waived(assessed(OUTSIDE, "SI-2", "SI-2(2)", risks=[only_shown])) == {}
    assert len(waived(assessed(OUTSIDE, "SI-2(2)", risks=[only_shown]))) == 2


def test_action_that_is_accepted() -> None:
    """What is to be done is marked as accepted, and stays in the plan."""
    actions = {row.subject.name: row.waived_by for row in assessed(OUTSIDE, "SI-2", risks=[risk()]).actions}
    assert actions == {"app-a1": "EX-1", "app-a2": None}


def test_action_of_which_a_part_is_not_accepted() -> None:
    """An app with a flag that no exception covers is still to be done."""
    spaces = {"s-prod": change(PROD, ssh=True), "s-staging": STAGING}
    known = facts([app(ssh=True)], [droplet(created_at=ago(20))], spaces=spaces)
    declared = Declared(baseline=Baseline(declared=date(2026, 10, 1), ssh="disabled"))
    (action,) = assessed(known, "SI-2", "CM-6", declared=declared, risks=[risk(controls=("CM-6",))]).actions
    assert (action.checks, action.waived_by) == (("app-restage-age", "ssh-as-declared"), None)


def test_sentence() -> None:
    """The answer says how many are accepted, beside the number that it speaks of."""
    assert assessed(OUTSIDE, "SI-2", risks=[risk()]).answer == (
        "2 of 3 applications are outside the 14-day restage window (1 accepted); "
        "none runs a buildpack that has been behind for longer"
    )


def test_digest_of_the_exceptions() -> None:
    """The exceptions are an input by their content; without any there is none."""
    one, other = (assessed(OUTSIDE, risks=[risk(ticket=name)]).inputs["exceptions"] for name in ("A", "B"))
    assert one != other
    assert "exceptions" not in assessed(OUTSIDE).inputs


# From when to when.


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, 999999, UTC), False),
        (datetime(2026, 11, 1, 0, 0, 0, 0, UTC), True),
        (datetime(2026, 12, 31, 0, 0, 0, 0, UTC), True),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, UTC), True),
        (datetime(2027, 1, 1, 0, 0, 0, 0, UTC), False),
    ],
)
def test_boundaries(moment: datetime, *, inside: bool) -> None:
    """It holds from 00:00 UTC of its first day to the last microsecond of its last."""
    known = change(OUTSIDE, taken_at=moment, droplets={"d-a1": droplet("a1", created_at=moment - timedelta(days=20))})
    answer = assessed(change(known, apps=known.apps[:1]), "SI-2", as_of=moment, risks=[risk()])
    assert (bool(waived(answer)), answer.exit_code) == (inside, 0 if inside else 1)
    assert statuses(answer)["app-restage-age", "a1"] == "fail"


def test_one_day() -> None:
    """An exception that starts and expires on one day lasts that day."""
    one = risk(starts=date(2026, 11, 20), expires=date(2026, 11, 20))
    assert (begins(one), ends(one)) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def test_last_day_of_all() -> None:
    """The last date that there is has no day after, and still holds."""
    assert holds(risk(expires=date.max), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))


# What is said of each.


@pytest.mark.parametrize(
    ("changes", "state", "notes"),
    [
        ({}, "active", ()),
        ({"starts": date(2026, 11, 21)}, "not yet valid", ("holds from 2026-11-21 on", LAPSED)),
        ({"expires": date(2026, 11, 19)}, "expired", ("expired at the end of 2026-11-19", LAPSED)),
        ({"app": "agency-a/staging/*"}, "unused", ("covers no fail",)),
        ({"app": "agency-b/*/*"}, "unused", ("matches nothing that was looked at",)),
        ({"controls": ("CM-6",)}, "unused", ("none of its controls was asked about",)),
    ],
    ids=["active", "not yet valid", "expired", "unused", "matches nothing", "not asked"],
)
def test_state(changes: dict[str, Any], state: str, notes: tuple[str, ...]) -> None:
    """Each exception is listed with its state and what is amiss, used or not."""
    found = line(assessed(OUTSIDE, "SI-2", risks=[risk(**changes)]))
    assert (found.state, found.notes) == (state, notes)


@pytest.mark.parametrize(
    ("expires", "notes"),
    [
        (date(2026, 11, 20), ("expires at the end of 2026-11-20, in 12.0 hours",)),
        (date(2026, 12, 19), ("expires at the end of 2026-12-19, in 29.5 days",)),
        (date(2026, 12, 20), ()),
    ],
)
def test_expires_soon(expires: date, notes: tuple[str, ...]) -> None:
    """In its last thirty days it is said to expire soon."""
    assert line(assessed(OUTSIDE, "SI-2", risks=[risk(expires=expires)])).notes == notes


@pytest.mark.parametrize(
    ("moment", "soon"), [(NOW - timedelta(hours=12), True), (NOW - timedelta(hours=12) - MICROSECOND, False)]
)
def test_soon_to_the_microsecond(moment: datetime, *, soon: bool) -> None:
    """Thirty days before its end is soon; a moment earlier is not."""
    found = line(assessed(OUTSIDE, "SI-2", as_of=moment, risks=[risk(expires=date(2026, 12, 19))]))
    assert bool(found.notes) == soon


@pytest.mark.parametrize(
    ("expires", "notes"),
    [
        (date(2027, 10, 31), ()),
        (date(2027, 11, 1), ("over-long: lasts 366.0 days, and 365 days are the most",)),
    ],
)
def test_over_long(expires: date, notes: tuple[str, ...]) -> None:
    """An exception that lasts longer than the policy allows is said to; it still covers what it names."""
    answer = assessed(OUTSIDE, "SI-2", catalog=SHORT, risks=[risk(expires=expires)])
    assert (line(answer).notes, line(answer).waives) == (notes, 1)


def test_overlap() -> None:
    """Of several that cover one fail the one that expires last counts, and each names the others."""
    longer = risk("EX-2", app="agency-a/prod/*", expires=date(2027, 1, 31))
    answer = assessed(OUTSIDE, "SI-2", risks=[risk(), longer])
    assert waived(answer)["app-restage-age", "app-a1"] == "EX-2"
    assert (line(answer).state, line(answer).notes) == ("unused", ("overlaps with EX-2", "covers no fail"))
    assert (line(answer, "EX-2").notes, line(answer, "EX-2").waives) == (("overlaps with EX-1",), 2)


def test_overlap_of_the_same_words() -> None:
    """Two that say the same overlap, though nothing fails; of those that only follow each other neither does."""
    twin = risk("EX-2", app="agency-a/staging/*", starts=date(2026, 12, 31), expires=date(2027, 1, 1))
    late = change(twin, id="EX-3", starts=date(2027, 1, 2), expires=date(2027, 1, 2))
    answer = assessed(OUTSIDE, "SI-2", risks=[risk(app="agency-a/staging/*"), twin, late])
    assert line(answer).notes == ("overlaps with EX-2", "covers no fail")
    assert line(answer, "EX-3").notes == ("holds from 2027-01-02 on", "covers no fail")


def test_order_of_exceptions_does_not_matter() -> None:
    """The answer is a function of the set of exceptions."""
    several = [risk(), EVERY, risk("EX-0", app="*/prod/*")]
    assert assessed(OUTSIDE, risks=several) == assessed(OUTSIDE, risks=several[::-1])


def test_subjects_are_named() -> None:
    """What an exception covers is named, each subject once."""
    assert line(assessed(OUTSIDE, "SI-2", risks=[EVERY]), "EVERY").subjects == (
        "agency-a/prod/app-a1",
        "agency-a/prod/app-a2",
    )


# Below the applications.

HOUR = timedelta(hours=1)
FIRST = Run(ago(60) - HOUR, ago(60), "1.100")
LATE = platform(
    [
        director([FIRST, Run(ago(5) - HOUR, ago(5), "1.101")], vms=(vm("1.101", ago(5)),)),
        director([FIRST, Run(ago(18) - HOUR, ago(18), "1.101")], "staging", CF_STAGING),
    ],
    releases=(release("1.100", ago(70)), release("1.101", ago(19), "USN-1-1")),
    notices=(notice("USN-1-1", ago(20)),),
)
FLAGS = {("os-patch-latency", "USN-1-1"), ("stemcell-deployment-latency", "ubuntu-jammy/1.101")}


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("ubuntu-jammy/1.101", FLAGS),
        ("ubuntu-*/*", FLAGS),
        ("ubuntu-jammy/1.100", set()),
        ("ubuntu-noble/1.101", set()),
        ("ubuntu/1.101", set()),
    ],
)
def test_stemcell(pattern: str, covered: set[tuple[str, str]]) -> None:
    """A stemcell is covered by its line and version, and so is a notice that it fixes."""
    answer = provided(LATE, risks=[risk(stemcell=pattern)])
    assert {key for key in waived(answer) if key[0] != "stemcell-packaging-latency"} == covered
    assert answer.exit_code == (0 if covered else 1)


def test_action_below_the_applications() -> None:
    """What the platform's operator is to do is marked as accepted as well."""
    actions = provided(LATE, risks=[risk(stemcell="ubuntu-jammy/*")]).actions
    assert {(row.subject.name, row.waived_by) for row in actions} == {(name, "EX-1") for _, name in FLAGS}


def test_app_pattern_covers_no_stemcell() -> None:
    """An exception for apps, however wide, accepts nothing of the platform."""
    assert waived(provided(LATE, risks=[EVERY])) == {}


# What holds always.

RISKS = st.lists(
    st.builds(
        risk,
        st.sampled_from(["EX-1", "EX-2", "EX-3"]),
        app=st.sampled_from(["*/*/*", "*/prod/*", "*/*/app-a0", "agency-a/staging/app-a[12]", "nobody/*/*"]),
        controls=st.sampled_from([("SI-2",), ("CM-6",), ("SI-2", "SI-2(2)")]),
        starts=st.sampled_from([date(2026, 11, 1), date(2026, 11, 20), date(2026, 11, 21)]),
        expires=st.sampled_from([date(2026, 11, 21), date(2026, 12, 31)]),
    ),
    max_size=3,
    unique_by=lambda row: row.id,
)


@settings(max_examples=100)
@given(known=foundations(), risks=RISKS)
def test_exception_changes_no_verdict(known: Any, risks: Sequence[AcceptedRisk]) -> None:
    """No exception changes a status or an objective; only fails are accepted, and every one is counted."""
    with_them, without = assessed(known, risks=risks), assessed(known)
    assert statuses(with_them) == statuses(without)
    assert [row.objectives for row in with_them.controls] == [row.objectives for row in without.controls]
    accepted = [row for row in with_them.observations if row.waived_by is not None]
    assert {row.status for row in accepted} <= {"fail"}
    assert sum(row.waives for row in with_them.risks) == len(accepted)
    assert with_them.exit_code in (without.exit_code, 0)
    for control in with_them.controls:
        assert all(0 <= row.waived <= row.fail for row in control.checks)


@settings(max_examples=100)
@given(known=foundations(), risks=RISKS, data=st.data())
def test_less_evidence_never_looks_better(known: Any, risks: Sequence[AcceptedRisk], data: Any) -> None:
    """With exceptions in force, taking evidence away makes no pass, and no exit code 0."""
    full, less = assessed(known, risks=risks), assessed(without_one(data.draw, known), risks=risks)
    before, after = statuses(full), statuses(less)
    assert [key for key, status in after.items() if status == "pass" and before[key] != "pass"] == []
    assert less.exit_code or not full.exit_code
