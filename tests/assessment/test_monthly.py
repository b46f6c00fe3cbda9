"""A month in the answer: flags of all of it, objectives at its end, and what was not looked at."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from collector.assessment import Acknowledged, Declared
from collector.assessment.monthly import heartbeat
from collector.model import (
    Assessment,
    Breach,
    Change,
    Document,
    Held,
    Month,
    Observation,
    Period,
    Snapped,
    SourceRecord,
    Subject,
    Unseen,
)
from tests.assessment.builders import CATALOG, DAY, HOUR, PYTHON, app, assessed, change, droplet, facts, pack, snapshot
from tests.assessment.test_assess import BINDING, objective
from tests.assessment.test_risks import line, risk

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=END)
FIFTH = BEGIN + 4 * DAY
A1 = Subject(type="app", guid="a1", name="app-a1", space="prod", org="agency-a")


def held(outside: float = 0.0, unknown: float = 0.0, **changes: Any) -> Held:
    """How a1 was held against the restage window in October, all of which it was there."""
    values: dict[str, Any] = {
        "check": "app-restage-age",
        "subject": A1,
        "window": "restage",
        "inside": 744.0 - outside - unknown,
        "outside": outside,
        "unknown": unknown,
    }
    return Held(**(values | changes))


def breach(begin: datetime, lasts: float | None, since: datetime | None = None) -> Breach:
    """A stretch outside, of some hours or open."""
    return Breach(begin=begin, end=None if lasts is None else begin + lasts * HOUR, since=since or begin)


CORRECTED = held(53.0, breaches=(breach(FIFTH, 53.0),), corrected_at=FIFTH + 53 * HOUR, evidence=("sha256:old",))
OPEN = held(24.0, breaches=(breach(END - DAY, None),))
UNSEEN = held(unknown=96.0, unseen=(Unseen(begin=BEGIN, end=BEGIN + 96 * HOUR, reason="not looked at before"),))


def month(*rows: Held, **changes: Any) -> Month:
    """October with what was held in it."""
    values: dict[str, Any] = {"period": OCTOBER, "held": {(row.check, row.subject.guid): row for row in rows}}
    return Month(**(values | changes))


def foundation(staged: datetime = END - 3 * DAY, **changes: Any) -> Any:
    """One app as it stood at the end of October, on the platform's buildpack."""
    bought = change(PYTHON, updated_at=BEGIN - 60 * DAY)
    known = facts([app(created_at=BEGIN - 400 * DAY)], [droplet(created_at=staged)], taken_at=END, buildpacks=(bought,))
    return change(known, **changes)


def october(*rows: Held, known: Any = None, controls: tuple[str, ...] = ("SI-2",), **changes: Any) -> Assessment:
    """The answer for October."""
    values: dict[str, Any] = {
        "month": month(*rows),
        "as_of": END,
        "snapshot": snapshot(taken_at=END, finished_at=END),
    }
    return assessed(known or foundation(), *controls, **(values | changes))


def age(answer: Assessment, name: str = "app-a1") -> Observation:
    """The age of one app."""
    return next(row for row in answer.observations if (row.check, row.subject.name) == ("app-restage-age", name))


def counted(answer: Assessment, role: str, check: str = "app-restage-age") -> tuple[int, int, int, int]:
    """Pass, fail, unknown and waived of one use of a check in the first control."""
    row = next(row for row in answer.controls[0].checks if (row.id, row.role) == (check, role))
    return row.passed, row.fail, row.unknown, row.waived


# The verdict on a month.


def test_names() -> None:
    """The answer names its month and holds it."""
    answer = october(CORRECTED)
    assert (answer.period, answer.month, answer.as_of) == ("2026-10", month(CORRECTED), END)


def test_corrected_breach() -> None:
    """What was outside at any time fails, with how long, from when to when; its excess is the greatest it reached."""
    seen = age(october(CORRECTED))
    assert (seen.status, seen.over_hours, seen.next_step) == ("fail", 53.0, "")
    assert seen.detail == (
        "outside the 14-day window for 53.0 hours of October 2026, "
        "from 2026-10-05T00:00:00Z to 2026-10-07T05:00:00Z, corrected"
    )
    assert seen.evidence[-1] == "sha256:old"


def test_open_breach() -> None:
    """What is outside at the end is still open; its excess is the least at the end, and it can be mended."""
    answer = october(OPEN, known=foundation(END - 15 * DAY))
    seen = age(answer)
    assert (seen.status, seen.over_hours) == ("fail", 24.0)
    assert seen.detail == (
        "outside the 14-day window for 24.0 hours of October 2026, from 2026-10-31T00:00:00Z, still open"
    )
    assert seen.next_step == answer.applications[0].next_step != ""


def test_several_breaches() -> None:
    """Several stretches are told from the first to the last; the excess is the greatest of them."""
    rows = (breach(BEGIN, 48.0, BEGIN - DAY), breach(FIFTH, 10.0))
    seen = age(october(held(58.0, 12.0, breaches=rows, corrected_at=FIFTH + 10 * HOUR)))
    assert seen.over_hours == 72.0
    assert seen.detail == (
        "outside the 14-day window for 58.0 hours of October 2026 in 2 stretches, "
        "from 2026-10-01T00:00:00Z (since 2026-09-30T00:00:00Z) to 2026-10-05T10:00:00Z, corrected; "
        "12.0 hours are not known"
    )


def test_short_breach() -> None:
    """A second outside is a breach, and is told as a second."""
    second = 1 / 3600
    seen = age(october(held(second, breaches=(breach(FIFTH, second),), corrected_at=FIFTH + timedelta(seconds=1))))
    assert seen.status == "fail"
    assert "for 1 second of October 2026, from 2026-10-05T00:00:00Z to 2026-10-05T00:00:01Z" in seen.detail


def test_unknown_time() -> None:
    """Time of which nothing tells is unknown, with the longest stretch and its reason."""
    seen = age(october(UNSEEN))
    assert (seen.status, seen.over_hours) == ("unknown", None)
    assert seen.detail == (
        "whether inside the 14-day window is not known for 96.0 hours of October 2026, "
        "at most 96.0 hours on end from 2026-10-01T00:00:00Z: not looked at before"
    )


def test_inside_throughout() -> None:
    """What was inside all the time passes, with its age at the end."""
    seen = age(october(held()))
    assert (seen.status, seen.detail, seen.over_hours) == ("pass", "", None)
    assert seen.measured is not None
    assert seen.measured.hours == 72.0


def test_fail_at_the_end_is_one() -> None:
    """What is shown to be outside at the end fails, whatever was held before."""
    assert age(october(held(), known=foundation(END - 15 * DAY))).status == "fail"


def test_not_held() -> None:
    """Without a word of how it was held, the verdict at the end stands; so where the check never spoke for it."""
    never = held(inside=0.0)
    assert [age(october(*rows)).status for rows in ((), (never,))] == ["pass", "pass"]


def test_gone() -> None:
    """An app that was there in the month counts, in its place, though it is gone; it is in no table."""
    subject = Subject(type="app", guid="a0", name="aardvark", space="prod", org="agency-a")
    answer = october(held(), change(CORRECTED, subject=subject))
    ages = [row for row in answer.observations if row.check == "app-restage-age"]
    assert [(row.subject.name, row.status) for row in ages] == [("aardvark", "fail"), ("app-a1", "pass")]
    assert [row.subject.name for row in answer.applications] == ["app-a1"]
    assert (counted(answer, "flags"), answer.coverage.apps.visible, answer.exit_code) == ((1, 1, 0, 0), 1, 1)


@pytest.mark.parametrize(
    ("row", "flags", "code"),
    [
        (held(), (1, 0, 0, 0), 0),
        (CORRECTED, (0, 1, 0, 0), 1),
        (UNSEEN, (0, 0, 1, 0), 1),
    ],
    ids=["inside", "corrected", "not known"],
)
def test_flags(row: Held, flags: tuple[int, int, int, int], code: int) -> None:
    """A flag counts the whole month, and makes exit code 1; the table of applications is of its end."""
    answer = october(row)
    assert (counted(answer, "flags"), answer.exit_code) == (flags, code)
    assert [line.status for line in answer.applications] == ["pass"]


def test_flags_of_another_control() -> None:
    """What a control only shows is of the whole month as well."""
    answer = october(CORRECTED, controls=("SI-2(2)",))
    assert counted(answer, "informs") == (0, 1, 0, 0)


def test_objective_is_of_the_end() -> None:
    """A corrected breach leaves the objective satisfied, and is said with it."""
    found = objective(october(CORRECTED, change(CORRECTED, check="buildpack-current")))
    assert found.status == "satisfied"
    assert "; satisfied, with corrected deviations: 1; the platform's part" in found.reason


@pytest.mark.parametrize("row", [held(), OPEN, UNSEEN], ids=["inside", "open", "not known"])
def test_nothing_corrected(row: Held) -> None:
    """Where nothing was corrected, nothing is said to be."""
    assert "corrected" not in objective(october(row)).reason


@pytest.mark.parametrize(
    ("row", "staged", "verdict"),
    [(CORRECTED, END - 3 * DAY, "satisfied"), (OPEN, END - 15 * DAY, "not-satisfied")],
    ids=["corrected", "open"],
)
def test_binding_window(row: Held, staged: datetime, verdict: str) -> None:
    """A binding flag decides by the end of the month, and is counted and flagged by all of it."""
    answer = october(row, known=foundation(staged), catalog=BINDING)
    assert (objective(answer).status, counted(answer, "flags"), answer.exit_code) == (verdict, (0, 1, 0, 0), 1)


def test_deciding_use_is_of_the_end() -> None:
    """Behind for a month at the end: the objective is not satisfied, however long it was held inside."""
    bought = change(PYTHON, updated_at=END - 40 * DAY)
    known = facts(
        [app(created_at=BEGIN - 400 * DAY)],
        [droplet(created_at=END - 50 * DAY, buildpacks=(pack(version="1.8.40"),))],
        taken_at=END,
        buildpacks=(bought,),
    )
    behind = held(744.0, check="buildpack-current", breaches=(breach(BEGIN, None, END - 26 * DAY),))
    answer = october(behind, known=known)
    assert (objective(answer).status, counted(answer, "decides", "buildpack-current")) == (
        "not-satisfied",
        (0, 1, 0, 0),
    )


def test_without_a_month_nothing_is_held() -> None:
    """An answer at an instant has no month, and no verdict of one."""
    answer = assessed(foundation(), "SI-2", as_of=END)
    assert (answer.period, answer.month, answer.heartbeat) == (None, None, ())


@pytest.mark.parametrize(
    ("rows", "staged", "words"),
    [
        ((held(),), END - 3 * DAY, "In October 2026 none of 1 application was outside the 14-day restage window"),
        (
            (CORRECTED,),
            END - 3 * DAY,
            "In October 2026 1 of 1 application was outside the 14-day restage window, none still is",
        ),
        (
            (OPEN,),
            END - 15 * DAY,
            "In October 2026 1 of 1 application was outside the 14-day restage window, 1 still is",
        ),
        (
            (UNSEEN,),
            END - 3 * DAY,
            (
                "In October 2026 none of 1 application was outside the 14-day restage window, "
                "1 could not be judged throughout"
            ),
        ),
    ],
    ids=["inside", "corrected", "open", "not known"],
)
def test_sentence(rows: tuple[Held, ...], staged: datetime, words: str) -> None:
    """The sentence speaks of the month, and of its end where something was outside."""
    rest = "; none ran a buildpack that had been behind for longer"
    assert october(*rows, known=foundation(staged)).answer == words + rest


def test_documents_of_earlier_snapshots() -> None:
    """What shows how an app was held is among the documents, though an earlier snapshot holds it."""
    held_by = [document("old"), document("other")]
    earlier = snapshot(id="earlier", taken_at=FIFTH, documents=tuple(held_by))
    answer = october(CORRECTED, earlier=[earlier])
    assert [row.file for row in answer.documents] == ["history/earlier/documents/old.json.gz"]


def document(name: str) -> Document:
    """A page of apps."""
    return Document(
        source="cloud-controller",
        what="apps",
        path="/v3/apps",
        query={},
        retrieved_at=FIFTH,
        status=200,
        media_type="application/json",
        request_id="",
        sha256=name,
        size=2,
        file=f"documents/{name}.json.gz",
    )


def test_changes_that_are_acknowledged() -> None:
    """Whoever took note of a change is named with it."""
    seen = Change(subject=A1, what="stack", before="cflinuxfs3", after="cflinuxfs4", between=(FIFTH, FIFTH + DAY))
    note = Acknowledged(app="agency-a/prod/*", change="stack", by="ISSO", date=date(2026, 10, 6), ticket="OPS-7")
    held_month = month(held(), changes=(seen,))
    answers = [october(month=held_month, declared=Declared(acknowledged=rows)) for rows in ((), (note,))]
    assert [row.month.changes[0].acknowledged for row in answers if row.month] == ["", "ISSO (OPS-7)"]


# Accepted risks over a month.


@pytest.mark.parametrize(
    ("starts", "expires", "covered"),
    [
        (date(2026, 10, 5), date(2026, 10, 7), True),
        (date(2026, 10, 6), date(2026, 10, 31), False),
        (date(2026, 10, 1), date(2026, 10, 6), False),
        (date(2026, 10, 1), date(2026, 12, 31), True),
        (date(2026, 10, 8), date(2026, 12, 31), False),
    ],
    ids=["just so long", "begins too late", "ends too early", "longer", "written afterwards"],
)
def test_corrected_breach_is_accepted(*, starts: date, expires: date, covered: bool) -> None:
    """A breach that is over was accepted where the exception was in force all the while."""
    answer = october(CORRECTED, risks=[risk(starts=starts, expires=expires)])
    assert (age(answer).status, age(answer).waived_by) == ("fail", "EX-1" if covered else None)
    assert (counted(answer, "flags"), answer.exit_code) == ((0, 1, 0, int(covered)), int(not covered))


@pytest.mark.parametrize(
    ("expires", "covered"), [(date(2026, 10, 31), False), (date(2026, 11, 1), True)], ids=["over", "in force"]
)
def test_open_breach_is_accepted(*, expires: date, covered: bool) -> None:
    """A breach that is open is accepted where the exception is in force at the end, which is the next month's first."""
    row = risk(starts=date(2026, 10, 1), expires=expires)
    answer = october(OPEN, known=foundation(END - 15 * DAY), risks=[row])
    assert age(answer).waived_by == ("EX-1" if covered else None)
    assert line(answer).state == ("active" if covered else "expired")


def test_gone_app_is_accepted() -> None:
    """An exception covers what is gone by the end as well."""
    subject = Subject(type="app", guid="a0", name="old", space="prod", org="agency-a")
    row = risk(starts=date(2026, 10, 1), app="agency-a/prod/old")
    answer = october(held(), change(CORRECTED, subject=subject), risks=[row])
    assert (age(answer, "old").waived_by, line(answer).notes, answer.exit_code) == ("EX-1", (), 0)


# What was not looked at.

DAILY = [Snapped(id=f"s{day}", taken_at=BEGIN + day * DAY, sources=("cloud-controller",)) for day in range(-1, 32)]


def beat(*rows: Snapped) -> tuple[str, ...]:
    """What is said of the snapshots of October."""
    return heartbeat(month(snapped=rows), (), CATALOG.windows)


def at(moment: datetime, *sources: str, **changes: Any) -> Snapped:
    """A snapshot in which some sources spoke."""
    return Snapped(id=f"{moment:%d}", taken_at=moment, sources=sources or ("cloud-controller",), **changes)


def test_daily_snapshots() -> None:
    """A snapshot a day leaves nothing to say."""
    assert beat(*DAILY) == ()


def test_no_snapshot() -> None:
    """A month without a snapshot says so, though one before and one after it are there."""
    assert beat(at(BEGIN - DAY), at(END))[0] == "no snapshot was taken in October 2026"


@pytest.mark.parametrize(("more", "words"), [(timedelta(), 0), (timedelta(microseconds=1), 1)])
def test_hole(more: timedelta, words: int) -> None:
    """A hole larger than the determination frequency is said; one as large is none."""
    first = BEGIN - 10 * DAY
    found = [row for row in beat(at(first), at(first + 31 * DAY + more), at(END)) if row.startswith("no snapshot for")]
    assert len(found) == words


def test_hole_in_words() -> None:
    """The longest hole is told from its beginning to its end, with the window that it exceeds."""
    assert beat(at(BEGIN - 20 * DAY), at(BEGIN + 15 * DAY), at(END))[0] == (
        "no snapshot for 35.0 days, from 2026-09-11T00:00:00Z to 2026-10-16T00:00:00Z: longer than the 31-day window"
    )


def test_harvest_hole() -> None:
    """Where a source that forgets was not asked for longer than it remembers, a warning says so."""
    rows = [row for row in DAILY if not BEGIN + DAY < row.taken_at < BEGIN + 10 * DAY]
    assert beat(*rows) == (
        (
            "warning: cloud-controller: 1 hole beyond the 7-day window between harvests, "
            "the longest 9.0 days from 2026-10-02T00:00:00Z to 2026-10-11T00:00:00Z: times in it may not be known"
        ),
    )


def test_harvest_hole_of_a_director() -> None:
    """A director forgets sooner, and is told apart."""
    rows = [change(row, sources=("bosh-production", "cloud-controller")) for row in DAILY]
    (found,) = beat(*rows)
    assert found.startswith("warning: bosh-production: 32 holes beyond the 6-hour window between harvests, ")


def test_silent_source() -> None:
    """A source that spoke in the month and does not any more is said, asked or not."""
    both = at(BEGIN, "cloud-controller", "notices")
    silent = [change(row, silent=("notices",)) for row in DAILY[2:]]
    assert beat(both, *silent) == ("notices last spoke 2026-10-01T00:00:00Z, and gave nothing in 31 snapshots since",)
    (found,) = beat(both, *DAILY[2:])
    assert found.endswith("and was not asked in 31 snapshots since")


def test_source_that_came_back() -> None:
    """A source that was silent for a while and spoke in the end is not silent."""
    quiet = [change(row, sources=("cloud-controller", "notices")) for row in DAILY]
    assert beat(*quiet[:9], *DAILY[9:20], *quiet[20:]) == ()


def test_damaged_snapshot() -> None:
    """A snapshot that does not verify is said, and counts as none."""
    bad = at(BEGIN + DAY, verified=False, problem="apps.json is altered")
    found = beat(at(BEGIN - DAY), bad, at(END))
    assert found[:2] == ("snapshot 02 does not verify: apps.json is altered", "no snapshot was taken in October 2026")


def test_source_that_gave_nothing() -> None:
    """At an instant, a source that was asked and gave nothing is said."""
    mute = SourceRecord(name="notices", endpoint="", requests=1, documents=0)
    spoken = change(mute, name="exploited", documents=1)
    assert heartbeat(None, (mute, spoken), CATALOG.windows) == ("notices was asked and gave no document",)
