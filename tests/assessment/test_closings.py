"""What a month closed: what came inside again in it, and what is gone."""

from datetime import timedelta

import msgspec

from collector.assessment.closings import closed_actions
from collector.model import Breach, Difference, Held, Month, Subject
from tests.reports.builders import example_assessment
from tests.reports.month_builders import BEGIN, OCTOBER, day
from tests.reports.platform_builders import platform_assessment

GONE = Subject(type="app", guid="guid-gone", name="was-here", space="dev", org="agency-a")


def held(subject: Subject, *, corrected: bool, ended: bool = True) -> Held:
    """Outside from the third day on, for two days where it ended."""
    end = day(5) if ended else None
    return Held(
        check="app-restage-age",
        subject=subject,
        window="restage",
        inside=0.0,
        outside=48.0,
        unknown=0.0,
        breaches=(Breach(begin=day(3), end=end, since=day(3)),),
        corrected_at=end if corrected else None,
    )


def stemcell(subject: Subject) -> Held:
    return msgspec.structs.replace(held(subject, corrected=True), check="stemcell-deployment-latency")


def test_a_month_tells_what_came_inside_again_and_what_is_gone() -> None:
    """Each with its check and since when; what is still outside is not among them."""
    plain = example_assessment()
    corrected, still = (line.subject for line in plain.applications[:2])
    rows = (held(corrected, corrected=True), held(still, corrected=False, ended=False), held(GONE, corrected=False))
    month = Month(period=OCTOBER, held={(row.check, row.subject.guid): row for row in rows})
    found = closed_actions(msgspec.structs.replace(plain, month=month), ())
    assert {row.subject.name: row.what for row in found} == {
        corrected.name: "app-restage-age: inside again since 2026-10-06T00:00:00Z",
        "was-here": "app-restage-age: no longer there",
    }
    assert [row.command for row in found] == ["", ""]


def test_checks_that_know_no_instant_are_compared_with_the_month_before() -> None:
    """Not those that were looked at over the month, nor those that decide nothing."""
    plain = example_assessment()
    subject = plain.applications[0].subject
    month = Month(period=OCTOBER, held={("app-restage-age", "other"): held(GONE, corrected=False, ended=False)})
    differences = [
        Difference(kind="fixed", check=check, subject=subject, before="fail", after="pass")
        for check in ("buildpack-current", "app-restage-age", "no-such-check")
    ]
    found = closed_actions(msgspec.structs.replace(plain, month=month), differences)
    assert [(row.subject, row.checks, row.what) for row in found] == [
        (subject, ("buildpack-current",), "buildpack-current: passes again")
    ]


def test_a_stemcell_belongs_to_the_platform() -> None:
    """Its operator is told, and whether it is production."""
    cells = [
        Subject(type="stemcell", name="ubuntu-jammy/1.700", environment=environment, deployment="cf")
        for environment in ("production", "staging")
    ]
    held_by = {("stemcell-deployment-latency", row.environment): stemcell(row) for row in cells}
    found = closed_actions(platform_assessment(month=Month(period=OCTOBER, held=held_by)), ())
    assert {(row.owner, row.subject.environment, row.production) for row in found} == {
        ("platform operator", "production", True),
        ("platform operator", "staging", False),
    }


def test_without_a_month_nothing_is_closed() -> None:
    """An answer about an instant compares with nothing."""
    assert closed_actions(example_assessment(as_of=BEGIN + timedelta(days=1)), ()) == ()
