"""Whether a system was looked at often enough, and whether what was seen then is still there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.model import Period
from tests.assessment.builders import SECOND, change
from tests.assessment.evidence_scenes import BEGIN, END, JUDGED, OCTOBER, at, judged, month, taken

DAYS = timedelta(days=31)
MICROSECOND = timedelta(microseconds=1)


# ---------------------------------------------------------------- inventory-current


@pytest.mark.parametrize(
    ("moments", "status"),
    [
        ([at(28, month=9), at(15)], "pass"),
        ([at(15) - DAYS, at(15)], "pass"),
        ([at(15) - DAYS - SECOND, at(15)], "fail"),
        ([at(15) - DAYS - MICROSECOND, at(15)], "fail"),
        ([BEGIN], "pass"),
        ([BEGIN - MICROSECOND, END - MICROSECOND], "pass"),
        ([BEGIN - SECOND, at(31), END], "pass"),
        ([at(2), at(30)], "unknown"),
        ([at(2)], "unknown"),
        ([], "fail"),
        ([BEGIN - SECOND], "fail"),
        ([BEGIN - SECOND, END], "fail"),
        ([at(28, month=9), END + SECOND], "fail"),
    ],
    ids=[
        "twice in a month",
        "as far apart as the limit",
        "a second farther",
        "a microsecond farther",
        "at the month's first instant",
        "just before its beginning and just before its end",
        "also at its end",
        "none known before",
        "one, and none known before",
        "no snapshot at all",
        "one just before the month",
        "none in the month, one at its end",
        "none in the month, one after it",
    ],
)
def test_month_is_looked_at_often_enough(moments, status) -> None:
    """No hole is larger than 31 days, from the last snapshot before the month to its end, exact to the microsecond."""
    assert judged("inventory-current", month=month(taken(*moments))).status == status


def test_month_without_a_snapshot_is_named() -> None:
    """A snapshot of another month is none of this one."""
    verdict = judged("inventory-current", month=month(taken(at(30, month=9), at(2, month=11))))
    assert (verdict.detail, verdict.next_step) == ("no snapshot was taken in October 2026", "collect snapshot")


def test_month_without_a_sound_snapshot_says_so() -> None:
    """One that does not verify shows nothing."""
    snapped = (*taken(at(28, month=9)), *taken(at(15), verified=False))
    verdict = judged("inventory-current", month=month(snapped))
    assert verdict.detail == "no snapshot was taken in October 2026 that verifies (1 other does not)"


def test_snapshot_that_shows_no_application_is_no_look() -> None:
    """A snapshot of directors alone does not count."""
    snapped = (*taken(at(28, month=9)), *taken(at(15), sources=("bosh-production",), silent=("cloud-controller",)))
    assert judged("inventory-current", month=month(snapped)).status == "fail"


def test_hole_is_measured_and_named() -> None:
    """The largest one, from when to when."""
    verdict = judged("inventory-current", month=month(taken(at(1, month=9), at(5), at(20))))
    assert verdict.detail == (
        "no snapshot for 34.0 days, from 2026-09-01T00:00:00Z to 2026-10-05T00:00:00Z: "
        "3.0 days outside the 31-day window"
    )
    assert (verdict.over, verdict.measured and verdict.measured.hours) == (72.0, 816.0)


def test_beginning_of_the_first_hole_may_not_be_known() -> None:
    """Nothing tells since when nobody had looked; a later month can."""
    verdict = judged("inventory-current", month=month(taken(at(5), at(20))))
    assert verdict.detail == (
        "no snapshot before October 2026 is known: how long none was taken before 2026-10-05T00:00:00Z cannot be said"
    )


def test_month_that_is_not_over_ends_with_its_newest_snapshot() -> None:
    """What has not come yet is no hole."""
    period = change(OCTOBER, end=at(9, 10))
    assert judged("inventory-current", month=month(taken(at(28, month=9), at(9, 10)), period=period)).status == "pass"


def test_february_holds_a_hole_of_its_own_length() -> None:
    """28 days are inside 31; that no snapshot was taken in them is still a fail."""
    period = Period(name="2027-02", begin=datetime(2027, 2, 1, tzinfo=UTC), end=datetime(2027, 3, 1, tzinfo=UTC))
    around = taken(datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
    verdict = judged("inventory-current", month=month(around, period=period))
    assert (verdict.status, verdict.detail) == ("fail", "no snapshot was taken in February 2027")


def test_month_without_any_application_is_not_shown_to_be_current() -> None:
    """Empty is not compliant."""
    verdict = judged("inventory-current", month=month(taken(BEGIN, at(15))), seen=0)
    assert (verdict.status, verdict.unread) == ("unknown", True)


def test_without_a_month_the_newest_snapshot_counts() -> None:
    """As of the instant asked about."""
    assert judged("inventory-current").status == "pass"
    assert judged("inventory-current", as_of=END + DAYS).status == "pass"
    assert judged("inventory-current", as_of=END + DAYS + SECOND).status == "fail"


# ---------------------------------------------------------------- evidence-retained


def test_every_earlier_snapshot_was_read_back() -> None:
    """The one that is judged is none of the earlier ones."""
    snapped = (*taken(at(5), at(20)), *taken(END, id=JUDGED))
    assert judged("evidence-retained", month=month(snapped)).status == "pass"


def test_damaged_snapshot_is_named_with_its_problem() -> None:
    """What was stored is not what its manifest says."""
    damaged = taken(at(20), verified=False, problem="raw/0001-apps.json.gz is altered")
    verdict = judged("evidence-retained", month=month((*taken(at(5)), *damaged)))
    assert (verdict.status, verdict.detail) == (
        "fail",
        "1 of 2 earlier snapshots does not verify: 20-000000 (raw/0001-apps.json.gz is altered)",
    )


def test_at_most_ten_damaged_snapshots_are_named() -> None:
    """The number of all stands before them."""
    snapped = taken(*(at(day) for day in range(1, 13)), verified=False)
    detail = judged("evidence-retained", month=month(snapped)).detail
    assert detail.startswith("12 of 12 earlier snapshots do not verify: 01-000000, ")
    assert detail.endswith("10-000000 and 2 more")


def test_first_snapshot_has_nothing_earlier() -> None:
    """Neither have those that were not asked about a month."""
    first = judged("evidence-retained", month=month(taken(END, id=JUDGED)))
    assert (first.status, first.detail) == ("not-applicable", "nothing to compare with yet")
    assert judged("evidence-retained").status == "not-applicable"


# ---------------------------------------------------------------- less evidence never looks better

SNAPPED = st.lists(
    st.tuples(
        st.integers(-40 * 24, 40 * 24).map(lambda hours: BEGIN + timedelta(hours=hours)),
        st.booleans(),
        st.sampled_from([("cloud-controller",), ("cloud-controller", "bosh-production"), ("bosh-production",)]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        taken(moment, verified=sound, sources=sources, id=f"{number}")[0]
        for number, (moment, sound, sources) in enumerate(rows)
    ]
)


@given(SNAPPED, st.data())
def test_removing_a_snapshot_never_makes_the_inventory_current(snapped, data) -> None:
    """Whichever it is, sound or not, within the month or before it."""
    fewer = list(snapped)
    fewer.remove(data.draw(st.sampled_from(snapped)))
    if judged("inventory-current", month=month(fewer)).status == "pass":
        assert judged("inventory-current", month=month(snapped)).status == "pass"


@given(SNAPPED, st.data())
def test_removing_a_sound_snapshot_never_makes_the_evidence_retained(snapped, data) -> None:
    """That a damaged one was removed shows in the chain of manifests, not here."""
    gone = data.draw(st.sampled_from(snapped))
    fewer = [row for row in snapped if row is not gone or not row.verified]
    if judged("evidence-retained", month=month(fewer)).status == "pass":
        assert judged("evidence-retained", month=month(snapped)).status == "pass"


@given(SNAPPED, st.data())
def test_order_of_snapshots_does_not_matter(snapped, data) -> None:
    """Only their instants do."""
    shuffled = data.draw(st.permutations(snapped))
    here, there = (judged("inventory-current", month=month(rows)) for rows in (snapped, shuffled))
    assert (here.status, here.detail, here.over) == (there.status, there.detail, there.over)
