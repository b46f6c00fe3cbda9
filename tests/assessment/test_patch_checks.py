"""Checks on notices, to the second."""

from datetime import UTC, date, datetime

import pytest

from collector.assessment.checks.patches import DONE, exploited_vulnerability_due, os_patch_latency
from collector.assessment.judgement import unknown
from collector.assessment.limits import limit_of
from collector.assessment.patching.board import Board, due_end
from collector.assessment.patching.sight import Sight
from collector.assessment.patching.stages import ENDLESS, Reached
from collector.model import Exploited, Interval, Reach
from tests.assessment.builders import CATALOG, DAY, HOUR, NOW, SECOND, ago, change
from tests.assessment.platform_builders import (
    CF_STAGING,
    FEEDS,
    MINUTE,
    Run,
    director,
    notice,
    observed,
    platform,
    provided,
    release,
    vm,
)

OLD = Run(ago(60) - HOUR, ago(60), "1.100")


def live(at, **changes):
    """A platform on which the fix of USN-1-1, published 20 days ago and packaged a day later, went live at `at`."""
    values = {
        "releases": (release("1.100", ago(70)), release("1.101", ago(19), "USN-1-1")),
        "notices": (notice("USN-1-1", ago(20)),),
    }
    runs = [OLD] if at is None else [OLD, Run(at - HOUR, at, "1.101")]
    return platform([director(runs)], **(values | changes))


@pytest.mark.parametrize(
    ("at", "status", "over"),
    [(ago(16), "pass", None), (ago(16) + SECOND, "fail", 0.0003), (ago(10), "fail", 144.0)],
)
def test_patch_is_inside_up_to_the_limit(at, status, over) -> None:
    """96 hours from the notice to production are inside, a second more is not."""
    seen = observed(provided(live(at)), "os-patch-latency")
    assert (seen.subject.name, seen.status, seen.over_hours) == ("USN-1-1", status, over)
    assert seen.measured.stages["production"] == Interval(
        not_before=at, not_after=at, source="deployment end event", evidence=("sha256:events-2",)
    )


def record_of(below):
    """The one notice of a platform, as its checks meet it."""
    (record,) = Board(below, NOW, CATALOG.windows, Sight(below)).patches
    return record


@pytest.mark.parametrize("check", [os_patch_latency, exploited_vulnerability_due], ids=["latency", "due"])
def test_a_patch_is_live_only_when_every_line_is_shown_to_have_it(check) -> None:
    """One line is late and live: that says nothing of another, of which it is not known, or to which it may apply."""
    limit = limit_of(CATALOG.windows["os-patch"])
    entry = Exploited(cve="CVE-2026-1", due=ago(15).date())
    below = live(ago(10), exploited=(entry,), notices=(notice("USN-1-1", ago(20), cves=("CVE-2026-1",)),))
    record = record_of(below)
    (jammy,) = record.lines
    noble = change(
        jammy,
        line="ubuntu-noble",
        production=Reached(floor=ago(19)),
        spans={**jammy.spans, "total": (DAY.total_seconds(), ENDLESS)},
    )
    alone = check(record, limit)
    assert (alone.status, alone.next_step) == ("fail", DONE)
    assert alone.measured.stages["production"] is not None
    for other in (change(record, lines=(jammy, noble)), change(record, doubt=unknown("a list was not read"))):
        verdict = check(other, limit)
        assert (verdict.status, verdict.measured.stages["production"]) == ("fail", None)
        assert verdict.next_step
        assert verdict.next_step != DONE


def test_known_latency_of_a_public_notice() -> None:
    """USN-6859-1 was in jammy 1.486 after 15 hours and 4 minutes."""
    at = datetime(2024, 7, 1, 9, 6, 31, tzinfo=UTC)
    packaged = datetime(2024, 7, 2, 0, 10, 48, 699000, tzinfo=UTC)
    deployed = datetime(2024, 7, 3, 13, 0, 0, tzinfo=UTC)
    runs = [Run(at - 9 * DAY, at - 8 * DAY, "1.445"), Run(deployed - HOUR, deployed, "1.486")]
    then = datetime(2024, 7, 4, tzinfo=UTC)
    own = director(runs)
    own = change(own, listed=tuple(change(row, observed_at=then) for row in own.listed or ()))
    below = platform(
        [own],
        releases=(release("1.445", at - 20 * DAY), release("1.486", packaged, "USN-6859-1")),
        notices=(notice("USN-6859-1", at),),
    )
    answer = provided(below, as_of=then)
    line = answer.patches[0]
    assert line.hours == {"packaging": 15.0716, "deployment": 36.8198, "total": 51.8914}
    assert (line.status, line.fixed_in, line.held_by) == ("pass", "1.486", "")
    assert observed(answer, "stemcell-packaging-latency").status == "pass"


def test_patch_that_is_not_live_counts_to_the_instant_asked_about() -> None:
    """It is late when it is not live, and waiting while it is inside."""
    assert observed(provided(live(None)), "os-patch-latency").over_hours == 384.0
    waiting = live(None, releases=(release("1.101", ago(1), "USN-1-1"),), notices=(notice("USN-1-1", ago(4)),))
    answer = provided(waiting)
    assert observed(answer, "os-patch-latency").status == "pass"
    assert answer.patch_sentence == "OS patches: 0 of 1 in production within 4 days, 1 not yet, and still inside"
    late = change(waiting, notices=(notice("USN-1-1", ago(4) - SECOND),))
    assert observed(provided(late), "os-patch-latency").status == "fail"


def test_superseded_version_counts_to_the_later_one() -> None:
    """A skipped stemcell's fixes arrive with the next that is deployed."""
    below = live(ago(17))
    skipped = (release("1.100", ago(70)), release("1.1005", ago(19.5), "USN-1-1"), release("1.1010", ago(18)))
    below = change(below, releases=skipped, directors=(director([OLD, Run(ago(17.5), ago(17), "1.1010")]),))
    answer = provided(below)
    assert (answer.patches[0].fixed_in, answer.patches[0].hours["total"]) == ("1.1005", 72.0)
    assert observed(answer, "stemcell-deployment-latency", "ubuntu-jammy/1.1005").over_hours == 12.0


def test_rollback_opens_a_patch_again() -> None:
    """What a rollback took away counts to the instant asked about."""
    runs = [OLD, Run(ago(18), ago(17), "1.101"), Run(ago(2), ago(1), "1.100")]
    answer = provided(change(live(ago(17)), directors=(director(runs),)))
    seen = observed(answer, "os-patch-latency")
    assert (seen.status, "rollback" in seen.detail, seen.measured.hours) == ("fail", True, 480.0)
    assert {row.subject.name: row.state for row in answer.stemcells} == {
        "ubuntu-jammy/1.101": "rolled back",
        "ubuntu-jammy/1.100": "running",
    }
    again = [*runs, Run(ago(0.5), ago(0.4), "1.101")]
    assert observed(provided(change(live(ago(17)), directors=(director(again),))), "os-patch-latency").status == "pass"


@pytest.mark.parametrize(
    ("packaged", "deployed", "party"),
    [(ago(19), ago(15), "platform"), (ago(15), ago(14), "upstream"), (ago(17), ago(15.9), "upstream")],
)
def test_breach_is_attributed_to_who_held_it(packaged, deployed, party) -> None:
    """The stage furthest outside its own window; with both inside, the longer one."""
    below = live(deployed, releases=(release("1.100", ago(70)), release("1.101", packaged, "USN-1-1")))
    line = provided(below).patches[0]
    assert (line.status, line.held_by) == ("fail", party)


def test_sentence_of_a_breach_says_what_was_outside_and_who_held_it() -> None:
    """Numbers first, then the party with its stage."""
    seen = observed(provided(live(ago(15.1))), "os-patch-latency")
    assert seen.detail == (
        "4.9 days from notice to production, 21.6 hours outside the 4-day window; "
        "the platform held it: 3.9 days from the stemcell to production"
    )


@pytest.mark.parametrize(
    ("priorities", "words"),
    [
        ((), "inside the 21 days that upstream promises"),
        (("low", "high"), "outside the 7 days that upstream promises"),
    ],
)
def test_upstream_promise_stands_beside_a_packaging_breach(priorities, words) -> None:
    """It is shorter for severe flaws."""
    slow = release("1.101", ago(12), "USN-1-1", priorities={"USN-1-1": priorities})
    below = live(ago(11), releases=(release("1.100", ago(70)), slow))
    seen = observed(provided(below), "stemcell-packaging-latency")
    assert (seen.status, seen.detail.partition("; ")[2]) == ("fail", words)
    assert seen.over_hours == 144.0


@pytest.mark.parametrize(("early", "status"), [(5 * MINUTE, "pass"), (5 * MINUTE + SECOND, "unknown")])
def test_negative_latency_is_kept_and_said(early, status) -> None:
    """Up to five minutes clocks may differ; beyond that nothing can be concluded."""
    below = live(ago(18), notices=(notice("USN-1-1", ago(18) + early),))
    seen = observed(provided(below), "os-patch-latency")
    assert (seen.status, seen.measured.hours < 0) == (status, True)
    assert seen.measured.source == "deployment end event (clock skew)"


def test_announced_stemcell_is_an_interval_of_four_days() -> None:
    """Release notes come up to four days late."""
    spoken = change(release("1.101", ago(17), "USN-1-1"), published=None, announced=ago(17))
    below = live(ago(16), releases=(release("1.100", ago(70)), spoken))
    answer = provided(below)
    seen = observed(answer, "stemcell-packaging-latency")
    assert (seen.status, seen.measured.not_before, seen.measured.not_after) == ("unknown", ago(21), ago(17))
    assert observed(answer, "os-patch-latency").status == "pass"


def test_stemcell_without_its_light_file_is_not_known_exactly() -> None:
    """With a light index the later of two files counts; without the file it came no later than it ran."""
    heavy = release("1.101", ago(19), "USN-1-1")
    both = (release("1.100", ago(70), light=ago(69)), heavy)
    answer = provided(live(ago(16.5), releases=both))
    assert observed(answer, "stemcell-packaging-latency").status == "unknown"
    lit = (both[0], change(heavy, light=ago(18)))
    assert observed(provided(live(ago(16.5), releases=lit)), "stemcell-packaging-latency").measured.hours == 48.0


def test_unread_notes_of_a_lower_version_leave_the_arrival_between_two() -> None:
    """It came between the lower and the higher version."""
    releases = (
        release("1.100", ago(70)),
        release("1.101", ago(19.5), notices=None),
        release("1.102", ago(15), "USN-1-1"),
    )
    runs = [OLD, Run(ago(19), ago(18), "1.101"), Run(ago(15), ago(14), "1.102")]
    seen = observed(provided(change(live(None, releases=releases), directors=(director(runs),))), "os-patch-latency")
    assert (seen.status, seen.measured.not_before, seen.measured.not_after) == ("unknown", ago(18), ago(14))


def test_last_production_deployment_counts() -> None:
    """A patch is live when the last deployment that carries the line runs it."""
    second = director([OLD, Run(ago(15), ago(14), "1.101")], deployment="tools", uuid="uuid-2")
    below = change(live(ago(18)), directors=(director([OLD, Run(ago(19), ago(18), "1.101")]), second))
    assert observed(provided(below), "os-patch-latency").measured.hours == 144.0


def test_deployment_that_was_created_with_the_fix_held_nothing_back() -> None:
    """Its creation is no arrival of the patch."""
    young = director([Run(ago(3), ago(2), "1.101")], deployment="tools", uuid="uuid-2")
    below = change(live(ago(18)), directors=(director([OLD, Run(ago(19), ago(18), "1.101")]), young))
    answer = provided(below)
    assert observed(answer, "os-patch-latency").measured.hours == 48.0
    only = provided(change(below, directors=(young,)))
    assert observed(only, "os-patch-latency").status == "not-applicable"


def test_older_notice_is_spoken_of_while_it_is_open_or_newly_live() -> None:
    """What went live before the period is history."""
    old = (notice("USN-1-1", ago(50)),)
    releases = (release("1.100", ago(70)), release("1.101", ago(49), "USN-1-1"))
    for at, names in ((ago(32), set()), (ago(30), {"USN-1-1"}), (None, {"USN-1-1"})):
        answer = provided(live(at, notices=old, releases=releases))
        assert {row.subject.name for row in answer.patches} == names


def test_notice_that_does_not_apply_is_shown_only_while_it_is_recent() -> None:
    """Later it would only hide what matters."""
    hidden = (notice("USN-1-1", ago(20), hidden=True), notice("USN-2-1", ago(40), hidden=True))
    answer = provided(live(ago(18), notices=hidden))
    assert [(row.subject.name, row.status) for row in answer.patches] == [("USN-1-1", "not-applicable")]


def test_listed_notice_that_was_not_read_is_unknown() -> None:
    """A stemcell says that there is a patch; since when is not known."""
    seen = observed(provided(live(ago(18), notices=())), "os-patch-latency", "USN-1-1")
    assert (seen.status, seen.detail) == (
        "unknown",
        "stemcell ubuntu-jammy 1.101 lists it, but the notice itself was not read",
    )


def test_history_that_begins_too_late_is_a_hole() -> None:
    """Which old patches went live in the part of the period that was pruned is not known: nothing is satisfied."""
    below = live(ago(18), notices=(notice("USN-0-1", ago(100)),), releases=(release("1.101", ago(99), "USN-0-1"),))
    pruned = director([Run(ago(5), ago(4), "1.101")])
    rows = tuple(change(row, before=row.before and row.after, id=row.id + 900) for row in pruned.events)
    rows = tuple(change(row, before=row.after) if row.before == () else row for row in rows)
    reach = Reach(after_id=900, upto_id=906, since=ago(6), until=NOW)
    answer = provided(change(below, directors=(change(pruned, events=rows, reach=reach),)))
    assert answer.exit_code == 3
    assert "production is known only since" in answer.answer


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 7, 1), datetime(2026, 7, 2, 3, 59, 59, tzinfo=UTC)),
        (date(2026, 11, 10), datetime(2026, 11, 11, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_due_date_ends_with_its_day_in_new_york(day, end) -> None:
    """In summer four hours, in winter five hours behind UTC."""
    assert due_end(day) == end


DUE = datetime(2026, 11, 6, 4, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "as_of", "status"),
    [
        (DUE, NOW, "pass"),
        (DUE + SECOND, NOW, "fail"),
        (None, DUE, "pass"),
        (None, NOW, "fail"),
    ],
)
def test_exploited_vulnerability_is_due_at_the_end_of_its_day(at, as_of, status) -> None:
    """The last second of the day is inside; before it has passed nothing is late."""
    entry = Exploited(cve="CVE-2026-1", due=date(2026, 11, 5), document="sha256:kev")
    later = Exploited(cve="CVE-2026-2", due=date(2026, 12, 24))
    known = (notice("USN-1-1", ago(20), cves=("CVE-2026-1", "CVE-2026-2")),)
    below = live(at, notices=known, exploited=(entry, later))
    answer = provided(below, as_of=as_of)
    seen = observed(answer, "exploited-vulnerability-due")
    assert seen.status == status
    assert answer.patches[0].due == DUE


def test_exploited_catalog_that_was_not_read_leaves_it_unknown() -> None:
    """And the evidence incomplete."""
    below = live(ago(18))
    below = change(below, read=below.read - {"exploited"})
    answer = provided(below)
    assert (observed(answer, "exploited-vulnerability-due").status, answer.exit_code) == ("unknown", 3)


def test_notice_without_an_exploited_vulnerability_is_not_applicable() -> None:
    """No entry, no due date."""
    assert observed(provided(live(ago(18))), "exploited-vulnerability-due").status == "not-applicable"


def test_without_directors_nothing_is_known_of_production() -> None:
    """The provider's answer is incomplete, not satisfied."""
    below = change(live(ago(18)), directors=(), read=frozenset(FEEDS), configured=frozenset(FEEDS))
    answer = provided(below)
    assert (answer.exit_code, answer.controls[0].parts["provider"]) == (3, "not-assessed")
    assert observed(answer, "os-patch-latency").status == "unknown"


def test_figures_count_only_what_is_known_to_within_an_hour() -> None:
    """What is open or not known stands apart."""
    below = live(ago(18), notices=(notice("USN-1-1", ago(20)), notice("USN-2-1", ago(3))))
    below = change(below, releases=(*below.releases, release("1.102", ago(2), "USN-2-1")))
    figures = {row.name: row for row in provided(below).stages}
    total = figures["total"]
    assert (total.window, total.measured, total.inside, total.open, total.unknown) == ("os-patch", 1, 1, 1, 0)
    assert (total.p50, total.p90, total.most) == (48.0, 48.0, 48.0)
    assert (figures["packaging"].measured, figures["packaging"].most) == (2, 24.0)
    assert figures["staging"].unknown == 2


def test_instances_that_started_after_production_was_patched_are_the_last_stage() -> None:
    """Only where instances were read, and all of them started since."""
    staged = director([Run(ago(60) - HOUR, ago(60), "1.100"), Run(ago(19), ago(18.5), "1.101")], "staging", CF_STAGING)
    below = live(ago(18))
    below = change(below, directors=(*below.directors, staged), read=below.read | {"directors/staging"})
    line = provided(below).patches[0]
    staging = line.stages["staging"]
    assert staging is not None
    assert (staging.not_after, line.stages["restarted"]) == (ago(18.5), None)
    assert line.hours["staging"] == 12.0


def test_machines_speak_where_events_do_not() -> None:
    """Between the release and the creation of the newest machine the patch went live."""
    machines = (vm("1.101", ago(17)), vm("1.101", ago(16.5), "diego-cell/c2"))
    quiet = change(director([OLD]), events=(), tasks=(), reach=None, vms=machines, vms_of=("cf-production",))
    below = change(live(None), directors=(quiet,))
    seen = observed(provided(below, as_of=ago(hours=1)), "os-patch-latency")
    assert (seen.status, seen.measured.hours, seen.measured.not_after) == ("pass", 24.0, ago(16.5))
