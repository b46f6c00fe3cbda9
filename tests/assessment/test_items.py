"""What stays open over months: components, what closes an item, and what does not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from collector.assessment.items import open_items
from collector.model import (
    AcceptedRisk,
    Assessment,
    Breach,
    Held,
    Interval,
    Measured,
    Month,
    MonthSummary,
    Observation,
    OpenItem,
    Period,
    RiskLine,
    Status,
    Subject,
    System,
    Unseen,
)
from tests.assessment.builders import app, assessed, change, droplet, facts, pack

AGE, LATENCY = "app-restage-age", "os-patch-latency"
BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=END)
PYTHON = "python_buildpack 1.8.40"
KNOWN = facts(
    [app("a1"), app("a2")],
    [droplet("a1", buildpacks=(pack(version="1.8.40"),)), droplet("a2", buildpacks=(pack(version="1.8.40"),))],
)


def day(number: int) -> datetime:
    """A day of October."""
    return datetime(2026, 10, number, tzinfo=UTC)


def subject(name: str = "a1") -> Subject:
    return Subject(type="app", guid=name, name=f"app-{name}", space="prod", org="agency-a")


def seen(status: Status, name: str = "a1", **changes: Any) -> Observation:
    return Observation(check=AGE, subject=subject(name), status=status, **changes)


def answer(
    *observations: Observation, complete: bool = True, held: tuple[Held, ...] = (), **changes: Any
) -> Assessment:
    """The answer of October, with these observations alone."""
    whole = assessed(KNOWN, "SI-2", "CM-6", system=System(scope="both"))
    return change(
        whole,
        observations=observations,
        coverage=change(whole.coverage, complete=complete),
        month=Month(period=OCTOBER, held={(row.check, row.subject.guid): row for row in held}),
        as_of=END,
        **changes,
    )


def earlier(*items: OpenItem, month: str = "2026-09") -> MonthSummary:
    return MonthSummary(
        schema="cf-evidence/summary/1",
        system="default",
        month=month,
        as_of=BEGIN,
        tool="cf-evidence 1",
        inputs={},
        windows={},
        statuses={},
        figures=(),
        failing=(),
        items=items,
    )


def opened(*subjects: str, **changes: Any) -> OpenItem:
    """An item that was open at the end of September."""
    labels = tuple(subject(name).label for name in subjects or ("a1",))
    values: dict[str, Any] = {"check": AGE, "component": PYTHON, "opened": "2026-09", "months": 1, "subjects": labels}
    return OpenItem(**(values | changes))


def held(name: str = "a1", **changes: Any) -> Held:
    values: dict[str, Any] = {"check": AGE, "subject": subject(name), "window": "restage"}
    return Held(**({"inside": 0.0, "outside": 0.0, "unknown": 0.0} | values | changes))


def only(answered: Assessment, before: MonthSummary | None = None) -> OpenItem:
    (item,) = open_items(answered, before, "2026-10")
    return item


def test_one_item_has_all_subjects_of_a_component() -> None:
    """Check, buildpack and version; the subjects by name, sorted, with what shows them."""
    item = only(answer(seen("fail", "a2", evidence=("sha256:2",)), seen("fail", "a1", evidence=("sha256:1",))))
    assert (item.check, item.component, item.opened, item.months) == (AGE, PYTHON, "2026-10", 1)
    assert item.subjects == ("agency-a/prod/app-a1", "agency-a/prod/app-a2")
    assert item.evidence == ("sha256:2", "sha256:1")


def test_a_stack_is_the_component_of_the_check_on_stacks() -> None:
    """No buildpack mends it."""
    row = Observation(check="stack-supported", subject=subject(), status="fail")
    assert only(answer(row)).component == "cflinuxfs4"


def test_what_only_informs_opens_nothing() -> None:
    """A remark is no weakness."""
    row = Observation(check="buildpack-pinned", subject=subject(), status="fail")
    assert open_items(answer(row), None, "2026-10") == ()


@pytest.mark.parametrize(("status", "closed_at"), [("pass", END), ("not-applicable", END)])
def test_an_item_is_closed_when_its_subjects_are_inside_again(status: Status, closed_at: datetime) -> None:
    """Without an instant of its own, at the end of the month."""
    item = only(answer(seen(status)), earlier(opened()))
    assert (item.closed_at, item.months, item.subjects) == (closed_at, 1, ("agency-a/prod/app-a1",))


def test_an_item_is_closed_at_the_last_correction() -> None:
    """With the documents that show it."""
    rows = [
        held(
            name,
            outside=24.0 * day,
            inside=24.0 * (31 - day),
            breaches=(Breach(begin=BEGIN, end=datetime(2026, 10, day, tzinfo=UTC), since=BEGIN),),
            corrected_at=datetime(2026, 10, day, tzinfo=UTC),
            evidence=(f"sha256:{name}",),
        )
        for name, day in (("a1", 5), ("a2", 9))
    ]
    item = only(answer(seen("fail", "a1"), seen("fail", "a2"), held=tuple(rows)), earlier(opened("a1", "a2")))
    assert (item.closed_at, item.evidence) == (datetime(2026, 10, 9, tzinfo=UTC), ("sha256:a1", "sha256:a2"))


def test_what_could_not_be_judged_closes_nothing() -> None:
    """Of two subjects one passes; the other, of which nothing is known, stays in the item."""
    item = only(answer(seen("pass", "a1"), seen("unknown", "a2")), earlier(opened("a1", "a2")))
    assert (item.closed_at, item.opened, item.months) == (None, "2026-09", 2)
    assert item.subjects == ("agency-a/prod/app-a2",)


def test_what_could_not_be_judged_stays_beside_what_is_outside() -> None:
    """Else it would be closed once the other passes, and nothing would have shown it."""
    item = only(answer(seen("fail", "a1"), seen("unknown", "a2")), earlier(opened("a1", "a2")))
    assert item.subjects == ("agency-a/prod/app-a1", "agency-a/prod/app-a2")


@pytest.mark.parametrize(("complete", "is_closed"), [(True, True), (False, False)])
def test_who_is_gone_closes_an_item_only_where_all_was_read(*, complete: bool, is_closed: bool) -> None:
    """An app that was not listed may be there all the same."""
    item = only(answer(seen("pass", "a2"), complete=complete), earlier(opened("a1")))
    assert (item.closed_at is not None) is is_closed


def test_a_check_that_is_not_asked_any_more_closes_nothing() -> None:
    """A report on fewer controls is no correction."""
    item = only(answer(seen("pass")), earlier(opened(check="inventory-current", component="inventory-current")))
    assert (item.closed_at, item.months) == (None, 2)


def test_what_ended_in_the_month_is_not_open_at_its_end() -> None:
    """Gone or stopped by then: the breach has ended, and all that follows is known."""
    breach = Breach(begin=BEGIN, end=datetime(2026, 10, 9, tzinfo=UTC), since=BEGIN)
    gone = held(outside=192.0, breaches=(breach,))
    assert open_items(answer(seen("fail"), held=(gone,)), None, "2026-10") == ()


def late(*, live: bool) -> Observation:
    """A notice that took too long, and is live since the ninth or not yet."""
    at = Interval(not_before=day(9), not_after=day(9), source="deployment")
    return Observation(
        check=LATENCY,
        subject=Subject(type="notice", name="USN-1-1"),
        status="fail",
        measured=Measured(
            hours=200.0, not_before=day(9), not_after=day(9), source="", stages={"production": at if live else None}
        ),
        evidence=("sha256:deployment",),
    )


def test_a_patch_that_was_late_and_is_live_is_not_open() -> None:
    """Nothing that a plan could promise is left to do."""
    assert only(answer(late(live=False))).subjects == ("USN-1-1",)
    assert open_items(answer(late(live=True)), None, "2026-10") == ()


def test_an_item_on_a_patch_is_closed_when_it_went_live() -> None:
    """Not at the end of the month, though its check found it outside."""
    item = only(answer(late(live=True)), earlier(opened(check=LATENCY, component="stemcell", subjects=("USN-1-1",))))
    assert (item.closed_at, item.evidence) == (day(9), ("sha256:deployment",))


def test_outside_again_with_another_component_closes_the_first_when_it_ended() -> None:
    """Restaged on the fifth, and outside again since the twentieth: two items, and the first ended on the fifth."""
    breaches = (
        Breach(begin=BEGIN, end=day(5), since=BEGIN),
        Breach(begin=day(20), end=None, since=day(20)),
    )
    row = held(outside=408.0, inside=336.0, breaches=breaches)
    now, before = open_items(
        answer(seen("fail"), held=(row,)), earlier(opened(component="python_buildpack 1.8.39")), "2026-10"
    )
    assert (now.component, now.opened, now.closed_at) == (PYTHON, "2026-10", None)
    assert (before.component, before.closed_at) == ("python_buildpack 1.8.39", day(5))


def test_an_app_of_which_the_version_is_forgotten_stays_in_its_item() -> None:
    """Of a copied droplet nobody knows the original any more; it is still the one that was outside."""
    answered = answer(seen("fail"))
    unknown = tuple(change(line, has="") for line in answered.applications)
    item = only(change(answered, applications=unknown), earlier(opened()))
    assert (item.component, item.opened) == (PYTHON, "2026-09")
    assert only(change(answered, applications=unknown)).component == "python_buildpack"


def test_what_may_still_be_outside_at_the_end_is_open() -> None:
    """The breach ends because nothing is known from there on."""
    end = datetime(2026, 10, 9, tzinfo=UTC)
    unseen = Unseen(begin=end, end=END, reason="not looked at since")
    row = held(outside=192.0, unknown=552.0, breaches=(Breach(begin=BEGIN, end=end, since=BEGIN),), unseen=(unseen,))
    assert only(answer(seen("fail"), held=(row,))).closed_at is None


def test_time_that_is_not_known_in_the_midst_of_a_month_keeps_nothing_open() -> None:
    """What counts is the end, which is known and inside."""
    unseen = Unseen(begin=BEGIN, end=datetime(2026, 10, 3, tzinfo=UTC), reason="no evidence reaches back as far")
    row = held(inside=696.0, unknown=48.0, unseen=(unseen,))
    assert only(answer(seen("unknown"), held=(row,)), earlier(opened())).closed_at == END


def test_months_count_on_over_a_month_without_a_report() -> None:
    """From August to October there are three, whether September was reported or not."""
    item = only(answer(seen("fail")), earlier(opened(opened="2026-08"), month="2026-08"))
    assert (item.opened, item.months) == ("2026-08", 3)


def test_months_count_over_the_turn_of_a_year() -> None:
    """November to February are four."""
    (item,) = open_items(answer(seen("fail")), earlier(opened(opened="2026-11", months=3)), "2027-02")
    assert item.months == 4


@pytest.mark.parametrize(
    ("first", "second", "waived"), [("EX-7", "EX-7", "EX-7"), ("EX-7", "EX-8", None), ("EX-7", None, None)]
)
def test_an_item_is_accepted_where_one_exception_covers_all_of_it(
    first: str, second: str | None, waived: str | None
) -> None:
    """One subject without it leaves the item open."""
    item = only(answer(seen("fail", "a1", waived_by=first), seen("fail", "a2", waived_by=second)))
    assert item.waived_by == waived


@pytest.mark.parametrize(("state", "waived"), [("active", "EX-7"), ("unused", "EX-7"), ("expired", None)])
def test_an_item_of_which_nothing_is_known_stays_accepted_as_long_as_its_exception_is_valid(
    state: Any, waived: str | None
) -> None:
    """It stops with it."""
    risk = AcceptedRisk(
        id="EX-7",
        controls=("SI-2",),
        rationale="frozen",
        approver="ISSO",
        ticket="GRC-1",
        starts=date(2026, 9, 1),
        expires=date(2026, 12, 31),
        app="agency-a/prod/*",
    )
    answered = answer(seen("unknown"), risks=(RiskLine(risk=risk, state=state),))
    assert only(answered, earlier(opened(waived_by="EX-7"))).waived_by == waived


def test_another_stemcell_of_the_line_stands_for_the_earlier_one() -> None:
    """An item is on a line where it runs; the version that runs there is another each month."""

    def stemcell(version: str, status: Status) -> Observation:
        name = f"ubuntu-jammy/{version}"
        place = Subject(type="stemcell", name=name, environment="production", deployment="cf")
        return Observation(check="stemcell-current", subject=place, status=status)

    before = opened(check="stemcell-current", component="ubuntu-jammy", subjects=("ubuntu-jammy/1.1 in production/cf",))
    whole = change(assessed(KNOWN, "SI-2"), month=Month(period=OCTOBER), as_of=END)
    uses = [change(whole.controls[0].checks[0], id="stemcell-current", role="flags")]
    whole = change(whole, controls=(change(whole.controls[0], checks=tuple(uses)),))
    (done,) = open_items(change(whole, observations=(stemcell("1.3", "pass"),)), earlier(before), "2026-10")
    (kept,) = open_items(change(whole, observations=(stemcell("1.3", "unknown"),)), earlier(before), "2026-10")
    assert (done.component, done.closed_at) == ("ubuntu-jammy", END)
    assert (kept.component, kept.closed_at) == ("ubuntu-jammy", None)


def test_a_closed_item_is_told_once() -> None:
    """What was closed in the month before is not told again."""
    assert open_items(answer(seen("pass")), earlier(opened(closed_at=BEGIN)), "2026-10") == ()
