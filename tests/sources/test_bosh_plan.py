"""Which questions a harvest asks a director: few, only what is new, and never without an end."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.evidence import Ask
from collector.model import Gap, Reach
from collector.sources.bosh import state
from tests.sources.bosh_fakes import (
    NOW,
    SCOPE_MISSING,
    FakeDirector,
    deployed,
    event,
    harvest,
    listed,
    lock,
    recreated,
    vm,
)

SINCE = {"uuid": "u-1", "upto_id": "300", "until": "2026-11-23T06:00:00+00:00"}
MINUTES = 1_794_000_000


def at(number: int) -> datetime:
    """When the event with that id was written."""
    return datetime.fromtimestamp(MINUTES + 60 * number, UTC)


def history(first: int, last: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Events of VMs with every id, but for those that are given."""
    given = {int(row["id"]) for row in more}
    return [*(event(number) for number in range(first, last + 1) if number not in given), *more]


def director(first: int = 1, last: int = 320, *more: dict[str, Any], **given: Any) -> FakeDirector:
    rows = more or (lock(310, "acquire"), recreated(311, "cell/a"), deployed(313), lock(314, "release"))
    return FakeDirector(events=history(first, last, *rows), **{"deployments": [listed("cf")], **given})


def test_the_first_harvest_asks_each_thing_once() -> None:
    """Info, deployments, stemcells, tasks, the newest event, three walks and the look below: nine questions."""
    assert harvest(director()).questions == [
        "info: /info",
        "deployments: /deployments?exclude_configs=true",
        "tasks: /tasks?verbose=1&deployment=cf&limit=200",
        "events-newest: /events",
        "events-deployments: /events?object_type=deployment",
        "events-locks: /events?object_type=lock&object_name=lock:deployment:cf",
        "events-instances: /events?object_type=instance&deployment=cf",
        "events-anchor: /events?before_id=122",
        "stemcells: /stemcells",
    ]


def test_the_first_harvest_reaches_back_to_the_oldest_event_that_was_there() -> None:
    """The look below finds the oldest event within 200 rows, here the very first one."""
    assert harvest(director()).director().reach == Reach(
        after_id=0, upto_id=320, since=None, until=NOW + timedelta(seconds=1)
    )


def test_a_pruned_history_begins_with_its_oldest_event() -> None:
    """What a director no longer has is not claimed."""
    reach = harvest(director(first=205)).director().reach

    assert reach == Reach(after_id=204, upto_id=320, since=at(205), until=NOW + timedelta(seconds=1))


def test_the_second_harvest_asks_for_one_page_of_each() -> None:
    """With everything new on one page the anchor is the question for what was read before."""
    harvested = harvest(director(), since=SINCE)

    assert [line for line in harvested.questions if line.startswith("events-")] == [
        "events-newest: /events",
        "events-deployments: /events?object_type=deployment",
        "events-locks: /events?object_type=lock&object_name=lock:deployment:cf",
        "events-instances: /events?object_type=instance&deployment=cf",
        "events-anchor: /events?before_id=301",
    ]
    assert harvested.director().reach == Reach(
        after_id=300,
        upto_id=320,
        since=datetime(2026, 11, 23, 6, tzinfo=UTC),
        until=NOW + timedelta(seconds=1),
    )


def test_a_walk_stops_where_the_harvest_before_ended() -> None:
    """Of 1,000 deployment events only the pages with new ones are asked for."""
    rows = [deployed(number) for number in range(1, 1001)]

    asked = Counter(ask.what for ask in harvest(FakeDirector(events=rows), since={**SINCE, "upto_id": "790"}).asks)

    assert asked["events-deployments"] == 2
    assert Counter(ask.what for ask in harvest(FakeDirector(events=rows)).asks)["events-deployments"] == 5


def test_a_page_that_ends_with_the_first_new_event_is_the_last_one() -> None:
    """The next page would hold nothing that is not known."""
    rows = [deployed(number) for number in range(1, 401)]

    harvested = harvest(FakeDirector(events=rows), since={**SINCE, "upto_id": "200"})

    assert [ask.query for ask in harvested.asks if ask.what == "events-deployments"] == [{"object_type": "deployment"}]


def test_a_page_that_ends_one_before_the_first_new_event_is_not_the_last_one() -> None:
    """One event is still to come."""
    rows = [deployed(number) for number in range(1, 401)]

    harvested = harvest(FakeDirector(events=rows), since={**SINCE, "upto_id": "199"})

    assert 200 in {row.id for row in harvested.director().events}


def test_a_deployment_that_was_deleted_before_the_last_harvest_is_not_asked_about_again() -> None:
    """Its last event lies on a page that is read for others."""
    fake = director(1, 320, deployed(290, "gone"), deployed(310))

    found = harvest(fake, since=SINCE)

    assert {name for ask in found.asks for name in ask.subjects} == {"cf"}
    assert found.director().deployments == ("cf",)


def test_a_place_that_is_pruned_while_the_director_is_read_needs_one_look_more() -> None:
    """Not one below what was read before as well, which can hold nothing."""

    def prune(fake: FakeDirector, ask: Ask) -> None:
        if ask.what == "events-anchor":
            fake.events = [row for row in fake.events if int(row["id"]) > 305]

    fake = director(1, 520, deployed(20), deployed(510), before=prune)

    asked = [ask.query for ask in harvest(fake, since=SINCE).asks if ask.what == "events-anchor"]

    assert asked == [{"before_id": "301"}, {"before_id": "322"}]


def test_events_pruned_beyond_the_last_harvest_are_a_gap_with_its_times() -> None:
    """Nothing is left below what was read before, so a second look finds where the history begins now."""
    harvested = harvest(director(first=305), since=SINCE)

    assert [ask.query for ask in harvested.asks if ask.what == "events-anchor"] == [
        {"before_id": "301"},
        {"before_id": "306"},
    ]
    assert harvested.director().reach == Reach(
        after_id=304,
        upto_id=320,
        since=at(305),
        until=NOW + timedelta(seconds=1),
        reason="events written after 2026-11-23T06:00:00Z were pruned before they were read; "
        f"what the director keeps begins at {at(305):%Y-%m-%dT%H:%M:%SZ}",
    )


def test_events_pruned_while_they_are_read_are_not_claimed() -> None:
    """A row that was there at the beginning of the walks and not at their end proves nothing about those between."""

    def prune(fake: FakeDirector, ask: Ask) -> None:
        if ask.what == "events-instances":
            fake.events = [row for row in fake.events if int(row["id"]) > 250]

    harvested = harvest(director(1, 520, deployed(20), deployed(510), before=prune))

    assert [ask.query for ask in harvested.asks if ask.what == "events-anchor"] == [
        {"before_id": "21"},
        {"before_id": "322"},
    ]
    reach = harvested.director().reach
    assert reach is not None
    assert (reach.after_id, reach.since) == (250, at(251))


def test_a_director_that_prunes_everything_while_it_is_read_is_covered_at_no_time() -> None:
    """Then no event is known to have been kept until all were read."""

    def prune(fake: FakeDirector, ask: Ask) -> None:
        if ask.what == "events-instances":
            fake.events = []

    reach = harvest(director(before=prune)).director().reach

    until = NOW + timedelta(seconds=1)
    assert reach == Reach(
        after_id=320, upto_id=320, since=until, until=until, reason="events were pruned while they were read"
    )


def test_a_director_with_another_uuid_is_read_anew() -> None:
    """Its ids began at 1 again, so the last id of its predecessor means nothing."""
    harvested = harvest(director(1, 40, lock(10, "acquire"), deployed(12), uuid="u-2"), since=SINCE)

    assert [ask.query for ask in harvested.asks if ask.what == "events-anchor"] == [{"before_id": "2"}]
    reach = harvested.director().reach
    assert reach is not None
    assert (reach.after_id, reach.since, reach.reason) == (0, None, "the director was created anew (new uuid)")


def test_a_director_whose_ids_went_back_is_read_anew() -> None:
    """A database that was put back would else hide everything up to the last id."""
    reach = harvest(director(1, 40, lock(10, "acquire"), deployed(12)), since=SINCE).director().reach

    assert reach is not None
    assert (reach.after_id, reach.upto_id, reach.since) == (0, 40, None)
    assert reach.reason == "the event ids went back from 300 to 40: the director's database is another one"


def test_other_patterns_are_read_anew() -> None:
    """Events of a deployment that nobody asked for before were not read, however old they are."""
    since = {**SINCE, "deployments": "tools"}

    reach = harvest(director(), since=since, deployments=("cf*", "tools")).director().reach

    assert reach is not None
    assert (reach.after_id, reach.reason) == (0, "other deployments were asked for before")


def test_a_director_without_events_is_not_asked_for_them_again() -> None:
    """An empty list covers no time at all: the director may not record events."""
    harvested = harvest(FakeDirector())

    assert sorted(harvested.questions) == [
        "deployments: /deployments?exclude_configs=true",
        "events-newest: /events",
        "info: /info",
        "stemcells: /stemcells",
    ]
    until = NOW + timedelta(milliseconds=750)
    reach = harvested.director().reach
    assert reach == Reach(
        after_id=0,
        upto_id=0,
        since=until.replace(microsecond=0),
        until=until.replace(microsecond=0),
        reason="the director keeps no events",
    )


def test_a_director_that_lost_its_events_keeps_the_place_of_the_last_harvest() -> None:
    """Should events come back, those since then are known to be missing."""
    director = harvest(FakeDirector(), since=SINCE).director()

    assert state(director)["upto_id"] == "300"


def test_a_harvest_after_one_without_events_begins_at_the_oldest_event() -> None:
    """There is no id to go on from."""
    reach = harvest(director(first=305), since={**SINCE, "upto_id": "0"}).director().reach

    assert reach is not None
    assert (reach.after_id, reach.since, reach.reason) == (304, at(305), "the harvest before found no events")


def test_a_new_director_has_only_its_own_start() -> None:
    """One row, and one look below it."""
    fake = FakeDirector(events=[event(1, "director", "u-1", action="start")])

    harvested = harvest(fake)

    assert [ask.what for ask in harvested.asks if ask.path == "/events"] == [
        "events-newest",
        "events-deployments",
        "events-anchor",
    ]
    reach = harvested.director().reach
    assert reach is not None
    assert (reach.after_id, reach.upto_id, reach.since) == (0, 1, None)


def test_without_the_scope_every_question_is_a_gap() -> None:
    """What cannot be answered leads to no further question."""
    refuse = dict.fromkeys(("/deployments", "/stemcells", "/events"), SCOPE_MISSING)

    harvested = harvest(director(refuse=refuse), vms=True)

    assert [(gap.what, gap.http_status) for gap in harvested.gaps] == [
        ("deployments", 401),
        ("events-newest", 401),
        ("stemcells", 401),
    ]
    assert len(harvested.asks) == 4
    found = harvested.director()
    assert (found.listed, found.uploaded, found.reach, found.events) == (None, None, None, ())


def test_a_token_that_is_not_accepted_is_one_gap_that_says_so() -> None:
    """`/info` answers anybody; that it names no user is the only sign."""
    harvested = harvest(director(user=None))

    assert harvested.questions == ["info: /info"]
    assert harvested.gaps == [
        Gap(what="info", reason="the director did not accept the token: /info names no user", http_status=200)
    ]


def test_events_tell_of_deployments_that_are_not_listed() -> None:
    """A client of one team lists only its own; a deleted deployment is in no list."""
    fake = director(1, 320, deployed(310, "tools"), deployed(311, "cf"), deployments=[listed("tools")])

    harvested = harvest(fake, vms=True)

    asked = [(ask.what, ask.subjects[0]) for ask in harvested.asks if ask.subjects]
    assert asked == [
        ("tasks", "tools"),
        ("events-locks", "cf"),
        ("events-instances", "cf"),
        ("tasks", "cf"),
        ("events-locks", "tools"),
        ("events-instances", "tools"),
        ("vms-task", "tools"),
        ("vms-poll", "tools"),
        ("vms-poll", "tools"),
        ("vms-poll", "tools"),
        ("vms tools", "tools"),
    ]
    assert harvested.director().deployments == ("cf", "tools")


def test_without_the_list_of_deployments_events_are_read_and_nothing_is_claimed() -> None:
    """A killed deploy of a deployment that is not listed leaves no deployment event to find it by."""
    harvested = harvest(director(refuse={"/deployments": SCOPE_MISSING}))

    found = harvested.director()
    assert [row.id for row in found.events] == [310, 311, 313, 314]
    assert (found.reach, found.listed, found.deployments) == (None, None, ("cf",))
    assert "events-anchor" not in {ask.what for ask in harvested.asks}


@pytest.mark.parametrize(
    ("patterns", "names"), [((), ["CF", "cf", "tools"]), (("cf*",), ["cf"]), (("CF", "tool?"), ["CF", "tools"])]
)
def test_only_deployments_in_scope_are_asked_about(patterns: tuple[str, ...], names: list[str]) -> None:
    """Patterns are case-sensitive, as names are; events of others are not kept."""
    rows = (deployed(310, "cf"), deployed(311, "CF"), lock(312, "acquire", "tools"))
    fake = director(1, 320, *rows, deployments=[listed("cf"), listed("CF"), listed("tools")])

    harvested = harvest(fake, deployments=patterns)

    assert sorted({name for ask in harvested.asks for name in ask.subjects}) == names
    found = harvested.director()
    assert list(found.deployments) == names
    assert {row.deployment for row in found.events} <= set(names)


def test_a_name_is_percent_encoded_in_a_path() -> None:
    """A name cannot lead to another place, such as a manifest."""
    harvested = harvest(director(deployments=[listed("a/../b c")]), vms=True)

    assert [ask.path for ask in harvested.asks if ask.what == "vms-task"] == ["/deployments/a%2F..%2Fb%20c/vms"]


@pytest.mark.parametrize("skip", [0, 50])
def test_a_server_that_ignores_before_id_is_a_gap_and_no_endless_loop(skip: int) -> None:
    """A page that is not below the one before brings the walk no further."""
    rows = [deployed(number) for number in range(1, 401)]

    class Stuck(FakeDirector):
        def page(self, query: Any) -> Any:
            asked = {name: value for name, value in query.items() if name != "before_id"}
            return super().page(asked)[skip:] if "before_id" in query else super().page(asked)

    harvested = harvest(Stuck(events=rows))

    assert harvested.gaps == [
        Gap(
            what="events-deployments",
            reason="asked for events before 201, the director gave newer ones",
            http_status=200,
        )
    ]
    assert harvested.director().reach is None


@pytest.mark.parametrize("limit", [3, 100, 500])
def test_a_director_with_other_pages_is_read_wholly(limit: int) -> None:
    """How long a full page is shows in the first one, which is not filtered."""
    rows = [deployed(number) for number in range(1, 451)]

    found = harvest(FakeDirector(events=rows, limit=limit)).director()

    assert len(found.events) == 450
    assert found.reach is not None


def test_tasks_are_asked_for_before_the_newest_event() -> None:
    """So that of a task that is over no event can be missing."""
    fake = director(deployments=[listed("cf"), listed("tools")])

    order = [ask.what for ask in harvest(fake).asks]

    assert order.index("events-newest") > max(place for place, what in enumerate(order) if what == "tasks")


def test_what_happens_while_the_director_is_read_is_left_to_the_next_harvest() -> None:
    """A deploy that ends between two questions would be half of one."""

    def go_on(fake: FakeDirector, ask: Ask) -> None:
        if ask.what == "events-locks":
            fake.events.append(lock(321, "release"))

    fake = director(1, 320, lock(310, "acquire"), before=go_on)
    first = harvest(fake)

    assert [row.id for row in first.director().events] == [310]
    second = harvest(fake, since=state(first.director()), now=NOW + timedelta(hours=4)).director()
    assert 321 in {row.id for row in second.events}
    assert second.reach is not None
    assert second.reach.after_id == 320


def test_the_vms_of_one_deployment_are_asked_for_after_the_other() -> None:
    """Each list of VMs is a task of the director, which has other things to do."""
    fake = director(deployments=[listed("cf"), listed("tools")], vms={"cf": [vm("cell/a")], "tools": [vm("api/b")]})

    harvested = harvest(fake, vms=True)

    asked = [(ask.what, ask.path, ask.wait, ask.keep, ask.redirect) for ask in harvested.asks if "vms" in ask.what]
    assert asked == [
        ("vms-task", "/deployments/cf/vms", 0.0, False, True),
        ("vms-poll", "/tasks/101", 0.2, False, False),
        ("vms-poll", "/tasks/101", 0.4, False, False),
        ("vms-poll", "/tasks/101", 0.8, False, False),
        ("vms cf", "/tasks/101/output", 0.0, True, False),
        ("vms-task", "/deployments/tools/vms", 0.0, False, True),
        ("vms-poll", "/tasks/102", 0.2, False, False),
        ("vms-poll", "/tasks/102", 0.4, False, False),
        ("vms-poll", "/tasks/102", 0.8, False, False),
        ("vms tools", "/tasks/102/output", 0.0, True, False),
    ]
    found = harvested.director()
    assert [(row.deployment, row.instance) for row in found.vms] == [("cf", "cell/a"), ("tools", "api/b")]
    assert found.vms_of == ("cf", "tools")


def test_a_task_that_does_not_end_is_given_up_after_ten_minutes_with_all_that_wait_for_it() -> None:
    """Where no worker is free, the others would wait as long; each of them is named."""
    fake = director(deployments=[listed("cf"), listed("tools"), listed("zoo")], states=("queued",))

    harvested = harvest(fake, vms=True)

    waits = [ask.wait for ask in harvested.asks if ask.what == "vms-poll"]
    assert waits[:8] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert 590 <= sum(waits) <= 600
    assert harvested.gaps == [
        Gap(
            what="vms-poll",
            reason="the director did not finish task 101 in 10 minutes",
            http_status=200,
            subjects=("cf", "tools", "zoo"),
        )
    ]
    assert harvested.director().vms_of == ()


@pytest.mark.parametrize("ended", ["error", "cancelled", "timeout"])
def test_a_task_that_fails_is_a_gap_of_its_deployment(ended: str) -> None:
    """The other deployments are asked for all the same."""
    fake = director(deployments=[listed("cf"), listed("tools")], states=("processing", ended))

    harvested = harvest(fake, vms=True)

    assert [(gap.what, gap.reason, gap.subjects) for gap in harvested.gaps] == [
        ("vms-poll", f"task 101 of the director ended as {ended}: no luck", ("cf",)),
        ("vms-poll", f"task 102 of the director ended as {ended}: no luck", ("tools",)),
    ]


def test_an_empty_list_of_vms_is_a_gap() -> None:
    """It is what a director gives before the task is over, too."""
    harvested = harvest(director(vms={"cf": []}), vms=True)

    assert [(gap.what, gap.subjects) for gap in harvested.gaps] == [("vms cf", ("cf",))]
    assert harvested.director().vms_of == ()


def test_vms_that_may_not_be_read_are_a_gap_of_their_deployment() -> None:
    """The reach of the events does not depend on them."""
    fake = director(deployments=[listed("cf"), listed("tools")], vms={"tools": [vm("api/b")]})
    fake.refuse["/deployments/cf/vms"] = SCOPE_MISSING

    harvested = harvest(fake, vms=True)

    assert [(gap.what, gap.subjects) for gap in harvested.gaps] == [("vms-task", ("cf",))]
    assert harvested.director().vms_of == ("tools",)
    assert harvested.director().reach is not None


def test_no_question_is_one_that_needs_more_than_reading_lists() -> None:
    """Single events need an admin, manifests and configurations hold secrets, debug output is nobody's business."""
    fake = director(deployments=[listed("cf"), listed("tools")], vms={"cf": [vm("cell/a")], "tools": [vm("api/b")]})

    for ask in harvest(fake, vms=True).asks:
        parts = ask.path.split("/")[1:]
        assert parts[0] in {"info", "events", "deployments", "stemcells", "tasks"}
        assert parts[0] not in {"info", "events", "stemcells"} or len(parts) == 1
        assert parts[0] != "deployments" or len(parts) == 1 or parts[2:] == ["vms"]
        assert parts[2:] != ["output"] or ask.query == {"type": "result"}


@pytest.mark.parametrize("deployments", [1, 10, 40])
def test_three_questions_a_deployment(deployments: int) -> None:
    """Tasks, locks and instances; six for the whole director beside them."""
    fake = director(deployments=[listed(f"cf-{number:02}") for number in range(deployments)])
    fake.events = history(1, 320)

    assert len(harvest(fake, since=SINCE).asks) == 6 + 3 * deployments
