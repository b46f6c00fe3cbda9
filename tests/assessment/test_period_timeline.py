"""A month of one app, from its snapshots and what builds and events tell."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from collector.assessment import Declared, Patterns
from collector.assessment.period import Timeline
from collector.model import Build, Event, Facts, Gap, Held, Period
from tests.assessment.builders import CATALOG, PYTHON, TOPICS, app, change, droplet, facts, pack, snapshot

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=datetime(2026, 11, 1, tzinfo=UTC))


def day(number: float) -> datetime:
    """So many days after the first instant of October."""
    return BEGIN + timedelta(days=number)


class Look(NamedTuple):
    """A snapshot at an instant that shows the app a1 with a droplet staged at another."""

    at: datetime
    staged: datetime | None
    more: Mapping[str, Any] = MappingProxyType({})


def guid(staged: datetime) -> str:
    return f"d-{staged:%m%dT%H%M%S}"


def taken(look: Look, events: Sequence[Event] = (), builds: Sequence[Build] = ()) -> Facts:
    """The facts of one look; events and builds are those of the 31 days before it."""
    known = [event for event in events if look.at - timedelta(days=31) <= event.created_at <= look.at]
    made = [build for build in builds if look.at - timedelta(days=31) <= build.created_at <= look.at]
    there = look.staged is not None
    held = [droplet(guid=guid(look.staged), created_at=look.staged)] if look.staged is not None else []
    shown = [app(**{"droplet": guid(look.staged) if look.staged else None, "created_at": day(-400), **look.more})]
    return facts(
        shown if there or look.more else [],
        held,
        events=known,
        builds={"a1": tuple(made)} if made else {},
        buildpacks=(change(PYTHON, updated_at=day(-300)),),
        taken_at=look.at,
    )


def told(looks: Sequence[Look], events: Sequence[Event] = (), builds: Sequence[Build] = ()) -> Timeline:
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    for number, look in enumerate(sorted(looks)):
        read = snapshot(id=f"s-{number}", taken_at=look.at, finished_at=look.at)
        timeline.add(taken(look, events, builds), read)
    return timeline


def age(looks: Sequence[Look], events: Sequence[Event] = (), builds: Sequence[Build] = ()) -> Held:
    return told(looks, events, builds).held()["app-restage-age", "a1"]


def mapped(at: datetime, staged: datetime) -> Event:
    """The event that a droplet was set."""
    request = {"droplet_guid": guid(staged)}
    return Event(type="audit.app.droplet.mapped", created_at=at, target="a1", data={"request": request})


def staging(at: datetime) -> Event:
    """The event that a droplet was staged."""
    return Event(type="audit.app.build.staged", created_at=at, target="a1", data={"droplet_guid": guid(at)})


def hours(held: Held) -> tuple[float, float, float]:
    return held.inside, held.outside, held.unknown


def test_one_look_after_the_month_tells_of_the_days_since_the_staging() -> None:
    """The droplet that it shows has run since it was staged; before, no evidence reaches."""
    held = age([Look(day(33), day(10))])
    assert hours(held) == (14 * 24, 7 * 24, 10 * 24)
    (breach,) = held.breaches
    assert (breach.begin, breach.end, breach.since, held.open) == (day(24), None, day(24), True)
    assert [row.reason for row in held.unseen] == ["no evidence reaches back as far"]


def test_stagings_before_are_known_from_builds_and_events() -> None:
    """Each runs until the next."""
    build = Build(guid="b", app="a1", state="STAGED", created_at=day(2), droplet=guid(day(2)))
    held = age([Look(day(33), day(20))], [staging(day(4))], [build])
    assert hours(held) == (27 * 24, 2 * 24, 2 * 24)
    assert [(row.begin, row.end) for row in held.breaches] == [(day(18), day(20))]
    assert held.corrected_at == day(20)


def test_a_restage_between_two_looks_corrects() -> None:
    """To the second of its staging."""
    held = age([Look(day(0), day(-30)), Look(day(31), day(5))])
    assert hours(held) == (14 * 24, (5 + 12) * 24, 0)
    assert [(row.begin, row.end, row.since) for row in held.breaches] == [
        (day(0), day(5), day(-16)),
        (day(19), None, day(19)),
    ]


def test_two_looks_at_the_same_droplet_leave_nothing_open() -> None:
    """The age goes on in between."""
    assert hours(age([Look(day(-1), day(-3)), Look(day(31), day(-3))])) == (11 * 24, 20 * 24, 0)


def test_an_older_droplet_between_two_looks_was_set_at_an_unknown_instant() -> None:
    """Where both are outside it is outside, where they differ it is not known."""
    looks = [Look(day(-1), day(-2)), Look(day(10), day(-30)), Look(day(31), day(-30))]
    held = age(looks)
    assert hours(held) == (0, 21 * 24, 10 * 24)
    told_so = age(looks, [mapped(day(4), day(-30))])
    assert hours(told_so) == (4 * 24, 27 * 24, 0)


def test_an_older_droplet_that_was_set_and_taken_away_again_counts() -> None:
    """Events between two looks at the same droplet are believed."""
    looks = [Look(day(-1), day(-1)), Look(day(31), day(-1))]
    moves = [mapped(day(3), day(-40)), mapped(day(6), day(-1))]
    held = age([Look(day(-2), day(-40)), *looks], moves)
    assert (held.breaches[0].begin, held.breaches[0].end) == (day(3), day(6))


def test_an_event_that_sets_what_ran_already_says_that_it_did_not() -> None:
    """What ran before is then not known."""
    looks = [Look(day(-1), day(-1)), Look(day(31), day(-1))]
    held = age(looks, [mapped(day(6), day(-1))])
    assert held.unseen[0].begin == day(0)
    assert held.unseen[0].end == day(6)


def test_after_the_last_look_nothing_is_known() -> None:
    """A month that was not closed stays open."""
    held = age([Look(day(2), day(1)), Look(day(20), day(19))])
    assert held.unseen[-1] == msgspec.structs.replace(held.unseen[-1], begin=day(20), end=day(31))
    assert held.unseen[-1].reason == "not looked at since"


def test_an_app_that_was_made_in_the_month_counts_from_then_on() -> None:
    """Before, there was nothing to judge."""
    held = age([Look(day(31), day(10), {"created_at": day(10)})])
    assert sum(hours(held)) == 21 * 24


def test_an_app_that_is_gone_counts_until_it_was_last_seen() -> None:
    """When it went is not known."""
    held = age([Look(day(-1), day(-1)), Look(day(10), day(-1)), Look(day(15), None)])
    assert hours(held) == (10 * 24, 0, 5 * 24)


def test_a_stopped_app_does_not_count() -> None:
    """Between two looks that differ, outside is not known."""
    stopped = {"state": "STOPPED"}
    looks = [Look(day(-1), day(-30)), Look(day(10), day(-30), stopped), Look(day(31), day(-30), stopped)]
    assert hours(age(looks)) == (0, 0, 10 * 24)


def test_the_facts_at_the_end_are_those_of_the_end() -> None:
    """What was staged after it gives way to what ran before; what may have changed meanwhile does not."""
    closing = Look(day(33), day(32))
    timeline = told([Look(day(30), day(20)), closing])
    (found,) = timeline.facts_at(taken(closing)).apps
    assert found.droplet == guid(day(20))
    between = told([Look(day(30), day(20)), closing], [staging(day(30.5))])
    (kept,) = between.facts_at(taken(closing)).apps
    assert kept.droplet == guid(day(32))


def test_a_buildpack_that_fell_behind_counts_from_when_it_did() -> None:
    """Exact from the upload; outside after fourteen days."""
    old = (pack(version="1.8.42"),)
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    upload = Event(type="audit.buildpack.upload", created_at=day(3), target=PYTHON.guid)
    first = change(PYTHON, filename="python_buildpack-cached-cflinuxfs4-v1.8.42.zip", updated_at=day(-100))
    for number, (at, platform) in enumerate(((day(0.5), first), (day(31), change(PYTHON, updated_at=day(3))))):
        made = facts(
            [app(created_at=day(-400), droplet="d")],
            [droplet(guid="d", created_at=day(-5), buildpacks=old)],
            events=[upload] if number else [],
            buildpacks=(platform,),
            taken_at=at,
        )
        timeline.add(made, snapshot(id=f"s-{number}", taken_at=at, finished_at=at))
    held = timeline.held()["buildpack-current", "a1"]
    assert hours(held) == (17 * 24, 14 * 24, 0)
    assert [(row.begin, row.end) for row in held.breaches] == [(day(17), None)]


def test_what_changed_between_two_looks_is_told() -> None:
    """A restage to the platform's version is expected."""
    old = Look(day(1), day(0))
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    before = facts(
        [app(droplet="d1")],
        [droplet(guid="d1", created_at=day(0), buildpacks=(pack(version="1.8.42"),))],
        taken_at=old.at,
    )
    after = facts([app(droplet="d2")], [droplet(guid="d2", created_at=day(2))], taken_at=day(3))
    timeline.add(before, snapshot(id="a", taken_at=old.at, finished_at=old.at))
    timeline.add(after, snapshot(id="b", taken_at=day(3), finished_at=day(3)))
    (found,) = timeline.changes()
    assert (found.what, found.before, found.after) == (
        "buildpack version",
        "python_buildpack 1.8.42",
        "python_buildpack 1.8.43",
    )
    assert (found.between, found.expected) == ((old.at, day(3)), "restaged to the platform's version")


def test_what_was_set_anew_may_not_have_run_before() -> None:
    """Where the events do not reach back to its staging, another droplet may have run until then."""
    held = age([Look(day(33), day(-10))], [mapped(day(5), day(-10))])
    assert (held.unseen[0].begin, held.unseen[0].end) == (day(0), day(5))
    assert held.unseen[0].reason == "it was set anew: what ran before is not known"


def test_setting_the_same_droplet_again_changes_nothing_where_all_events_were_read() -> None:
    """As a rolling restart does."""
    held = age([Look(day(2), day(-3)), Look(day(31), day(-3))], [mapped(day(6), day(-3))])
    assert hours(held) == (11 * 24, 20 * 24, 0)


def test_an_app_that_was_stopped_when_it_was_first_seen_may_have_run_before() -> None:
    """Outside is then not known."""
    looks = [Look(day(10), day(-30), {"state": "STOPPED"}), Look(day(12), day(-30)), Look(day(31), day(-30))]
    assert hours(age(looks)) == (0, 19 * 24, 12 * 24)


def test_an_app_that_was_never_seen_started_is_not_judged() -> None:
    """Nothing says that it ever ran."""
    assert told([Look(day(31), day(-30), {"state": "STOPPED"})]).held() == {}


def test_looks_far_apart_without_events_tell_nothing_of_the_time_between() -> None:
    """Beyond the harvest window another droplet may have been set and taken away again."""
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    blind = snapshot().sources[0]
    unread = (Gap(what="events", reason="403"),)
    for at in (day(1), day(8), day(31)):
        sources = (change(blind, gaps=unread),)
        seen = snapshot(id=f"s{at:%d}", taken_at=at, finished_at=at, sources=sources)
        timeline.add(taken(Look(at, day(-1))), seen)
    held = timeline.held()["app-restage-age", "a1"]
    assert hours(held) == (8 * 24, 0, 23 * 24)
    assert held.unseen[-1].reason.startswith("no events of this time were read")


def test_a_short_hole_in_the_events_between_looks_far_apart_is_not_known() -> None:
    """The events reach back to day 4: from day -1 to then another droplet may have been set, whatever ran later."""
    kept = age([Look(day(-1), day(-10)), Look(day(35), day(-10))])
    assert hours(kept) == (0, 27 * 24, 4 * 24)
    restaged = age([Look(day(-1), day(-10)), Look(day(35), day(20))], [staging(day(20)), mapped(day(20), day(20))])
    assert hours(restaged) == (11 * 24, 0, 20 * 24)


def test_an_app_of_images_is_not_held_whatever_may_have_been_set_unseen() -> None:
    """A restage never patches it; with buildpacks the same two looks leave four days unknown."""
    looks = [Look(day(-1), day(-10)), Look(day(35), day(-10))]
    assert age(looks).unknown == 4 * 24
    assert told([look._replace(more={"lifecycle": "docker"}) for look in looks]).held() == {}


def test_a_snapshot_that_did_not_read_droplets_is_no_look() -> None:
    """It neither shows an app nor that it is gone."""
    timeline = told([Look(day(-1), day(-1)), Look(day(31), day(-1))])
    blind = facts(taken_at=day(10), read=TOPICS - {"droplets"})
    timeline.add(blind, snapshot(id="blind", taken_at=day(10), finished_at=day(10)))
    assert hours(timeline.held()["app-restage-age", "a1"]) == (13 * 24, 18 * 24, 0)


def lag(looks: Sequence[tuple[datetime, str, str, datetime]], platform: Mapping[str, datetime], *events: Event) -> Held:
    """Looks with the droplet's guid, its version and when it was staged; versions of the platform and their uploads."""
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    for at, name, version, staged in looks:
        newest = max((since, key) for key, since in platform.items() if since <= at)
        offered = change(PYTHON, filename=f"python_buildpack-v{newest[1]}.zip", updated_at=newest[0])
        made = facts(
            [app(created_at=day(-400), droplet=name)],
            [droplet(guid=name, created_at=staged, buildpacks=(pack(version=version),))],
            events=[event for event in events if at - timedelta(days=31) <= event.created_at <= at],
            buildpacks=(offered,),
            taken_at=at,
        )
        timeline.add(made, snapshot(id=f"s-{at}", taken_at=at, finished_at=at))
    return timeline.held()["buildpack-current", "a1"]


def test_an_upload_counts_only_where_no_other_can_have_been_missed() -> None:
    """The events of the last look reach back to the first of October, not to the look before."""
    looks = [(day(-5), "d", "1.8.42", day(-6)), (day(31), "d", "1.8.42", day(-6))]
    event = Event(type="audit.buildpack.upload", created_at=day(3), target=PYTHON.guid)
    assert hours(lag(looks, {"1.8.42": day(-90), "1.8.43": day(3)}, event)) == (9 * 24, 14 * 24, 8 * 24)


def test_without_uploads_a_buildpack_fell_behind_between_two_looks() -> None:
    """No earlier than the look that showed it current, no later than the platform's buildpack was changed."""
    looks = [(day(1), "d", "1.8.42", day(-6)), (day(31), "d", "1.8.42", day(-6))]
    assert hours(lag(looks, {"1.8.42": day(-90), "1.8.43": day(3)})) == (15 * 24, 14 * 24, 2 * 24)


def test_a_droplet_that_may_have_been_set_may_not_have_been_behind() -> None:
    """From its staging on, outside is not known; after the restage it is inside."""
    looks = [(day(0), "d", "1.8.42", day(-40)), (day(31), "e", "1.8.43", day(10))]
    held = lag(looks, {"1.8.42": day(-90), "1.8.43": day(-30)}, staging(day(5)))
    assert hours(held) == (21 * 24, 5 * 24, 5 * 24)
    assert held.breaches[0].end == day(5)


def test_a_copied_droplet_counts_from_its_copying_with_the_age_of_its_original() -> None:
    """It was in effect only from then on."""
    original = droplet("b1", guid="o", created_at=day(-20), checksum="same")
    copy = droplet(guid="c", created_at=day(4), checksum="same", package=None)
    first = droplet(guid="d", created_at=day(-2))
    timeline = Timeline(OCTOBER, declared=Declared(), patterns=Patterns(), windows=CATALOG.windows)
    for at, held in ((day(0), first), (day(31), copy)):
        made = facts([app(created_at=day(-400), droplet=held.guid)], [held, original], taken_at=at)
        timeline.add(made, snapshot(id=held.guid, taken_at=at, finished_at=at))
    assert hours(timeline.held()["app-restage-age", "a1"]) == (4 * 24, 27 * 24, 0)


def test_a_rolled_back_app_is_as_it_was_at_the_end() -> None:
    """What was set after the month's end gives way, also where it was staged long before."""
    looks = [Look(day(30), day(20)), Look(day(33), day(-50))]
    timeline = told(looks, [mapped(day(32), day(-50))])
    (found,) = timeline.facts_at(taken(looks[1])).apps
    assert found.droplet == guid(day(20))
