"""Whether the recorded baseline is what runs, whether its changes were watched, and whether it was reviewed."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.assessment import Baseline, Declared
from collector.assessment.changes import acknowledge
from collector.assessment.declared import Acknowledged
from collector.assessment.judgement import PASS, failed, not_applicable, unknown
from collector.assessment.unread import Unread
from collector.model import Gap, Interval, Subject
from tests.assessment.builders import (
    PYTHON,
    SECOND,
    TOPICS,
    app,
    assessed,
    change,
    droplet,
    facts,
    snapshot,
    upload,
)
from tests.assessment.evidence_scenes import (
    BEGIN,
    DECLARED,
    END,
    JUDGED,
    OCTOBER,
    at,
    changed,
    judged,
    month,
    scene,
    source,
    taken,
)

LOOKS = taken(at(28, month=9), at(10), at(20), END)
KNOWN = scene().facts
DIFFERS = failed("not in the baseline of 2026-09-01: buildpack ruby_buildpack")
UNREAD = unknown("droplets not read", unread=True)


# ---------------------------------------------------------------- inventory-accurate


def accurate(**changes):
    """The verdict on the inventory."""
    return judged("inventory-accurate", **changes)


def test_inventory_is_what_runs() -> None:
    """Every comparison passes, every app was listed, the clocks agree."""
    assert accurate().status == "pass"


@pytest.mark.parametrize("name", ["buildpack-approved", "settings-in-effect", "ssh-as-declared"])
def test_app_that_differs_from_the_baseline(name) -> None:
    """Whatever differs, the inventory is not what was recorded."""
    verdict = accurate(compared={"buildpack-approved": (PASS,), name: (PASS, DIFFERS, UNREAD)})
    assert (verdict.status, verdict.detail) == (
        "fail",
        f"not as the baseline of 2026-09-01 records: {name}: 1 of 3 applications",
    )


def test_app_that_was_not_compared_leaves_the_inventory_unknown() -> None:
    """Evidence that was not read is said to be."""
    verdict = accurate(compared={"buildpack-approved": (PASS, UNREAD)})
    assert (verdict.status, verdict.unread, verdict.detail) == (
        "unknown",
        True,
        "1 comparison could not be made: droplets not read",
    )


@pytest.mark.parametrize(
    ("listed", "counted", "detail"),
    [
        (1, 2, "1 application listed, 2 counted: the walk was not consistent"),
        (2, 1, "2 applications listed, 1 counted: the walk was not consistent"),
        (1, None, "the number of applications was not read"),
    ],
)
def test_walk_that_was_not_consistent_shows_no_accuracy(listed, counted, detail) -> None:
    """Something came or went while the applications were listed."""
    verdict = accurate(facts=change(KNOWN, apps_listed=listed, apps_counted=counted))
    assert (verdict.status, verdict.detail) == ("unknown", detail)


@pytest.mark.parametrize(
    ("skew", "status"),
    [(300.0, "pass"), (-300.0, "pass"), (300.1, "unknown"), (-300.1, "unknown"), (None, "unknown")],
)
def test_clock_of_the_reader_may_be_five_minutes_off(skew, status) -> None:
    """Beyond, or without having been compared, no recorded instant is sure."""
    assert accurate(snapshot=snapshot(sources=(source(skew),))).status == status


def test_clock_of_a_director_counts_and_that_of_a_feed_does_not() -> None:
    """What runs is read from directors; a feed's answer may come from a cache."""
    director = accurate(snapshot=snapshot(sources=(source(), source(-360.0, "bosh-production"))))
    assert director.detail == "the clock of bosh-production is 6 minutes behind the collecting machine's"
    assert accurate(snapshot=snapshot(sources=(source(), source(7200.0, "notices")))).status == "pass"


@pytest.mark.parametrize(
    "changes",
    [
        {"declared": Declared()},
        {"as_of": at(31, month=8)},
        {"compared": {}},
        {"compared": {"buildpack-approved": (not_applicable("the app is stopped"),), "settings-in-effect": (PASS,)}},
    ],
    ids=["no baseline", "declared later", "not compared", "nothing runs"],
)
def test_without_anything_to_compare_accuracy_is_not_judged(changes) -> None:
    """Neither pass nor fail."""
    assert accurate(**changes).status == "not-applicable"


def test_without_an_application_accuracy_is_unknown() -> None:
    """Empty is not compliant."""
    assert accurate(seen=0, compared={"buildpack-approved": ()}).status == "unknown"


# ---------------------------------------------------------------- baseline-monitored


def monitored(*changes, snapped=LOOKS, **more):
    """The verdict on the watching of changes."""
    return judged("baseline-monitored", month=month(snapped, changes), **more)


def test_month_without_changes_was_monitored() -> None:
    """Three snapshots, compared with one another, show that nothing changed."""
    assert monitored().status == "pass"


def test_expected_change_needs_nobody() -> None:
    """A restage to the platform's version is what everybody waits for."""
    restage = changed("buildpack version", at(10), at(20), expected="restaged to the platform's version")
    assert monitored(restage).status == "pass"


def test_change_that_nobody_took_note_of_is_named() -> None:
    """With what it was and what it is."""
    verdict = monitored(changed("ssh", at(10), at(20), before="disabled", after="enabled"))
    assert (verdict.status, verdict.detail) == (
        "fail",
        "nobody took note of 1 change: agency-a/prod/web: ssh, disabled to enabled",
    )


def test_at_most_ten_changes_are_named() -> None:
    """The number of all stands before them."""
    detail = monitored(*(changed("stack", at(10), at(20)) for _ in range(12))).detail
    assert detail.startswith("nobody took note of 12 changes: ")
    assert detail.endswith("old to new and 2 more")


NOTE = Acknowledged(app="agency-a/prod/web", change="stack", by="Kim Doe", date=date(2026, 10, 20), ticket="OPS-7")


@pytest.mark.parametrize(
    ("note", "status"),
    [
        (NOTE, "pass"),
        (change(NOTE, app="agency-a/*/w?b", change="*"), "pass"),
        (change(NOTE, app="*"), "pass"),
        (change(NOTE, date=date(2026, 10, 10)), "pass"),
        (change(NOTE, date=date(2026, 10, 9)), "fail"),
        (change(NOTE, change="ssh"), "fail"),
        (change(NOTE, app="agency-a/prod/WEB"), "fail"),
        (change(NOTE, app="agency-a/prod"), "fail"),
        (change(NOTE, app="*/web/*"), "fail"),
    ],
    ids=["named", "patterns", "all", "same day", "before", "other change", "other app", "bare space", "other part"],
)
def test_note_covers_what_it_names_up_to_its_day(note, status) -> None:
    """A note from before the change is none of it; patterns stay within org, space and app."""
    assert monitored(changed("stack", at(10, 23), at(20)), acknowledged=(note,)).status == status


def test_change_carries_the_name_of_who_took_note_of_it() -> None:
    """With the ticket; a name that is there already stays."""
    mine, other = changed("stacks", at(10), at(20)), changed("stack", at(10), at(20), acknowledged="Lee")
    assert [row.acknowledged for row in acknowledge((mine, other), (NOTE,))] == ["Kim Doe (OPS-7)", "Lee"]
    assert acknowledge((mine,), (change(NOTE, ticket=""),))[0].acknowledged == "Kim Doe"
    assert acknowledge((mine,), ()) == (mine,)


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        (at(28, month=9), at(10), "fail"),
        (at(10), END, "fail"),
        (at(20), END + SECOND, "unknown"),
        (END, END + SECOND, "pass"),
        (BEGIN - SECOND, BEGIN, "pass"),
        (BEGIN - SECOND, BEGIN + SECOND, "fail"),
    ],
    ids=["since September", "by the end", "past the end", "after the end", "by the begin", "just begun"],
)
def test_change_counts_in_the_month_in_which_it_was_found(since, until, status) -> None:
    """One that was found after the end may belong to either month."""
    assert monitored(changed("stack", since, until)).status == status


def test_change_in_a_month_that_is_not_over_counts_at_once() -> None:
    """It was found by the newest snapshot, at which the month ends so far."""
    period = change(OCTOBER, end=at(20))
    looks = month(taken(at(28, month=9), at(10), at(20)), [changed("stack", at(10), at(20))], period=period)
    assert judged("baseline-monitored", month=looks).status == "fail"


def test_changes_of_the_platform_are_not_the_customers() -> None:
    """Its upgrades are what the review of the baseline is for."""
    offered = Subject(type="system", name="python_buildpack")
    assert monitored(changed("platform buildpack", at(10), at(20), subject=offered)).status == "pass"


@pytest.mark.parametrize(
    ("snapped", "status"),
    [
        (taken(at(20)), "not-applicable"),
        ((*taken(at(20)), *taken(at(21), verified=False)), "not-applicable"),
        (taken(at(15) - timedelta(days=31), at(15), END), "pass"),
        (taken(at(15) - timedelta(days=31, seconds=1), at(15), END), "fail"),
        (taken(at(2), at(20), END), "unknown"),
        (taken(at(28, month=9), at(15), END - SECOND), "unknown"),
        (taken(BEGIN - SECOND, END + SECOND), "fail"),
    ],
    ids=[
        "first",
        "first sound one",
        "at the limit",
        "a second farther",
        "none before the month",
        "none after it",
        "none in it",
    ],
)
def test_snapshots_are_compared_often_enough(snapped, status) -> None:
    """No farther apart than the determination frequency."""
    assert monitored(snapped=snapped).status == status


def test_without_a_month_nothing_is_compared() -> None:
    """A snapshot alone shows no change."""
    assert judged("baseline-monitored").detail == "nothing to compare with yet"


def test_applications_that_were_not_read_cannot_be_compared() -> None:
    """A change that is seen stays a fail, none that is seen is no pass."""
    gap = Gap(what="droplets", reason="403 CF-NotAuthorized", http_status=403)
    read = Unread(TOPICS, (gap,))
    assert (monitored(read=read).status, monitored(read=read).unread) == ("unknown", True)
    assert monitored(changed("stack", at(10), at(20)), read=read).status == "fail"


# ---------------------------------------------------------------- baseline-reviewed


def reviewed(declared=date(2026, 9, 1), *, known=KNOWN, changes=(), **more):
    """The verdict on the review, of a baseline that was declared on a day."""
    baseline = Baseline(declared=declared, buildpacks=("python_buildpack",), stacks=("cflinuxfs4",))
    values = {"declared": Declared(baseline=baseline), "facts": known, "month": month(LOOKS, changes)} | more
    return judged("baseline-reviewed", **values)


def offered(updated_at, *events):
    """A platform whose buildpack was last changed at an instant, with its uploads."""
    return facts([app()], [droplet()], buildpacks=(change(PYTHON, updated_at=updated_at),), events=events)


def test_without_an_upgrade_the_baseline_needs_no_review() -> None:
    """What the platform last changed before the month is no upgrade of it."""
    assert reviewed(known=offered(BEGIN - SECOND)).status == "pass"
    assert reviewed(known=offered(BEGIN)).status == "unknown"


@pytest.mark.parametrize(
    ("declared", "status"), [(date(2026, 10, 11), "fail"), (date(2026, 10, 12), "pass"), (date(2026, 10, 13), "pass")]
)
def test_baseline_is_reviewed_after_an_upload(declared, status) -> None:
    """The audit event tells the instant; of the baseline only the day is known."""
    assert reviewed(declared, known=offered(at(12, 9, 5), upload(at(12, 9)))).status == status


def test_both_dates_are_named() -> None:
    """Of the baseline and of the upgrade, with the documents that show it."""
    verdict = reviewed(known=offered(at(12, 9), upload(at(12, 9))))
    assert verdict.detail == "the baseline of 2026-09-01 is older than python_buildpack, upgraded on 2026-10-12"
    assert verdict.evidence == ("sha256:buildpacks", "sha256:events")


SEEN = {
    ("bp-python", PYTHON.filename or ""): Interval(
        not_before=at(10), not_after=at(20), source="first snapshot that showed the file", evidence=("sha256:later",)
    )
}


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        (date(2026, 10, 9), "fail"),
        (date(2026, 10, 10), "unknown"),
        (date(2026, 10, 19), "unknown"),
        (date(2026, 10, 20), "pass"),
    ],
)
def test_upgrade_between_two_snapshots(declared, status) -> None:
    """Older than the whole interval fails, as new as its end passes, in between is unknown."""
    assert reviewed(declared, known=offered(at(25)), first_seen=SEEN).status == status


def test_upload_tells_what_two_snapshots_saw() -> None:
    """The exact instant stands for the interval around it."""
    known = offered(at(25), upload(at(12)))
    assert reviewed(date(2026, 10, 12), known=known, first_seen=SEEN).status == "pass"


def test_last_change_of_a_buildpack_is_only_an_upper_bound() -> None:
    """A label changes it too: what is not known to be an upgrade fails nothing, and passes nothing."""
    verdict = reviewed(known=offered(at(12)))
    assert (verdict.status, verdict.detail) == (
        "unknown",
        (
            "whether the baseline of 2026-09-01 is older cannot be said of "
            "python_buildpack, upgraded by 2026-10-12 if at all"
        ),
    )
    assert reviewed(date(2026, 10, 12), known=offered(at(12))).status == "pass"


@pytest.mark.parametrize(
    ("instant", "status"),
    [(BEGIN - 2 * SECOND, "pass"), (BEGIN, "fail"), (END - SECOND, "fail"), (END, "pass"), (END + SECOND, "pass")],
)
def test_upgrade_counts_in_its_month(instant, status) -> None:
    """Exact to the second, where snapshots around it show that there was no other."""
    around = Interval(not_before=instant - SECOND, not_after=instant + SECOND, source="x")
    seen = {("bp-python", PYTHON.filename or ""): around}
    assert reviewed(known=offered(instant, upload(instant)), first_seen=seen).status == status


@pytest.mark.parametrize("instant", [END, END + SECOND])
def test_upload_after_the_month_may_hide_one_in_it(instant) -> None:
    """Only the last change of the row is known, and it came later."""
    assert reviewed(known=offered(instant, upload(instant))).status == "unknown"


def test_upload_that_is_older_than_the_last_change_may_not_be_the_last() -> None:
    """An hour after it, something else changed the row: a label, or another upload that is not known."""
    known = offered(at(13), upload(at(12)))
    assert reviewed(date(2026, 10, 12), known=known).status == "unknown"
    assert reviewed(date(2026, 10, 11), known=known).status == "fail"


def test_what_came_after_the_snapshot_is_not_known() -> None:
    """The month goes on after it."""
    early = snapshot(id=JUDGED, taken_at=END - SECOND, finished_at=END, sources=(source(),))
    assert reviewed(snapshot=early).status == "unknown"
    assert reviewed(date(2026, 11, 1), snapshot=early).status == "pass"


def test_upgrade_that_was_seen_only_after_the_end_is_unknown() -> None:
    """It may have come in the month or after it."""
    late = {("bp-python", PYTHON.filename or ""): Interval(not_before=at(20), not_after=END + SECOND, source="x")}
    assert reviewed(known=offered(END + SECOND), first_seen=late).status == "unknown"


def test_upgrade_of_a_buildpack_that_the_baseline_does_not_name_is_none_of_it() -> None:
    """Only what is recorded is reviewed."""
    known = change(KNOWN, buildpacks=(change(PYTHON, name="go_buildpack", updated_at=at(12)),))
    assert reviewed(known=known).status == "pass"


@pytest.mark.parametrize(
    "changes",
    [{"declared": Declared()}, {"as_of": at(31, month=8)}, {"month": None}],
    ids=["no baseline", "declared later", "no month"],
)
def test_review_is_not_judged_without_baseline_or_month(changes) -> None:
    """Neither pass nor fail."""
    assert judged("baseline-reviewed", **({"month": month(LOOKS)} | changes)).status == "not-applicable"


def test_review_is_unknown_where_the_platforms_buildpacks_were_not_read() -> None:
    """No buildpack is not no upgrade."""
    verdict = reviewed(read=Unread(TOPICS - {"buildpacks"}, ()))
    assert (verdict.status, verdict.unread) == ("unknown", True)


# ---------------------------------------------------------------- less evidence never looks better

INSTANTS = st.integers(-20 * 24, 40 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))


@given(st.lists(INSTANTS, min_size=1, max_size=3, unique=True), st.integers(-10, 31), st.data())
def test_removing_an_upload_never_makes_the_baseline_reviewed(instants, day, data) -> None:
    """The row's own last change stands for it."""
    declared = BEGIN.date() + timedelta(days=day)
    every = sorted(instants)
    gone = data.draw(st.sampled_from(every))
    fewer = [moment for moment in every if moment != gone]
    before, after = (reviewed(declared, known=offered(every[-1], *map(upload, rows))) for rows in (every, fewer))
    if after.status == "pass":
        assert before.status == "pass"


@given(st.lists(INSTANTS, max_size=3, unique=True), st.lists(INSTANTS, min_size=2, max_size=5, unique=True), st.data())
def test_removing_a_snapshot_never_makes_the_baseline_reviewed(upgrades, instants, data) -> None:
    """Between fewer snapshots an upgrade lies in a wider interval."""
    declared = BEGIN.date() + timedelta(days=data.draw(st.integers(-10, 31)))
    every = sorted(instants)
    gone = data.draw(st.sampled_from(every))
    if _after_upgrades(declared, upgrades, [row for row in every if row != gone]) == "pass":
        assert _after_upgrades(declared, upgrades, every) == "pass"


def _after_upgrades(declared, upgrades, instants):
    """The verdict of some snapshots on a platform that was upgraded at some instants; the last one is judged."""
    files = {moment: sum(upgrade <= moment for upgrade in upgrades) for moment in instants}
    seen = {
        ("bp-python", f"python_buildpack-v{files[until]}.zip"): Interval(not_before=since, not_after=until, source="x")
        for since, until in pairwise(instants)
        if files[since] != files[until]
    }
    newest = instants[-1]
    last = max((row for row in upgrades if row <= newest), default=at(1, month=8))
    row = change(PYTHON, filename=f"python_buildpack-v{files[newest]}.zip", updated_at=last)
    return reviewed(
        declared,
        known=change(KNOWN, buildpacks=(row,)),
        snapshot=snapshot(id=JUDGED, taken_at=newest, finished_at=newest, sources=(source(),)),
        first_seen=seen,
        month=month(taken(*instants)),
    ).status


@given(st.lists(INSTANTS, min_size=2, max_size=6, unique=True), st.data())
def test_removing_a_snapshot_never_makes_the_month_monitored(instants, data) -> None:
    """A lasting change is found by the next snapshot, or may be of the next month."""
    every = sorted(instants)
    moment = data.draw(INSTANTS)
    gone = data.draw(st.sampled_from(every))
    fewer = [row for row in every if row != gone]
    if _watched(fewer, moment) == "pass":
        assert _watched(every, moment) == "pass"


def _watched(instants, moment):
    """The verdict of some snapshots on a change that came at a moment and stayed."""
    found = [changed("stack", since, until) for since, until in pairwise(instants) if since < moment <= until]
    return judged("baseline-monitored", month=month(taken(*instants), found)).status


# ---------------------------------------------------------------- in the answer


def objectives(control, **changes):
    """The verdicts on the objectives of one control for October."""
    values = {"declared": DECLARED, "as_of": END, "snapshot": scene().snapshot, "month": month(LOOKS)} | changes
    known = change(KNOWN, taken_at=END)
    return {row.id: row.status for row in assessed(known, control, **values).controls[0].objectives}


def test_month_makes_objectives_testable() -> None:
    """What needs a second snapshot is tested, where there is one."""
    assert objectives("CM-2(2)")["cm-2.2_obj-4"] == "satisfied"
    assert objectives("CM-2")["cm-2_obj.b.3"] == "satisfied"
    assert objectives("CM-6")["cm-6_obj.d-1"] == "satisfied"
    assert objectives("CM-6(1)")["cm-6.1_obj-3"] == "satisfied"


def test_first_snapshot_tests_none_of_them() -> None:
    """Nothing to compare with yet is not tested, and no fault."""
    for control, name in (
        ("CM-2(2)", "cm-2.2_obj-4"),
        ("CM-2", "cm-2_obj.b.3"),
        ("CM-6", "cm-6_obj.d-1"),
        ("CM-6(1)", "cm-6.1_obj-3"),
    ):
        assert objectives(control, month=None)[name] == "not-tested"


def test_month_with_a_damaged_snapshot_is_not_satisfied() -> None:
    """Evidence that was altered is not available."""
    damaged = month((*LOOKS, *taken(at(21), verified=False, problem="altered")))
    assert objectives("CM-2(2)", month=damaged)["cm-2.2_obj-4"] == "not-satisfied"


def test_times_to_remediate_are_those_of_the_month() -> None:
    """A restage of September is none of October, though it is less than a month old."""
    known = facts(
        [app()],
        [droplet(created_at=at(29, month=9))],
        buildpacks=(change(PYTHON, updated_at=at(28, month=9)),),
        events=(upload(at(28, month=9)),),
        taken_at=END,
    )
    asked = {
        "declared": DECLARED,
        "as_of": at(20),
        "snapshot": snapshot(id=JUDGED, taken_at=at(20), finished_at=at(20)),
    }
    here = assessed(change(known, taken_at=at(20)), "SI-2(3)", **asked)
    there = assessed(known, "SI-2(3)", **(asked | {"as_of": END, "month": month(LOOKS, period=OCTOBER)}))
    latency = [next(row for row in answer.observations if row.check == "latency-measured") for answer in (here, there)]
    assert [row.status for row in latency] == ["pass", "not-applicable"]
