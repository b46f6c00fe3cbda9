"""Which questions a snapshot asks: few, each once, and whatever the order of the answers."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.evidence import Ask
from collector.model import Gap
from collector.sources.cloud_controller import TOPICS, Scope, plan, wire
from tests.sources.fakes import (
    START,
    FakeController,
    FakeList,
    Log,
    app,
    carry_out,
    droplet,
    guid_of,
    old_app,
    organization,
    second,
    space,
    without,
)

NEEDS = frozenset({"apps", "spaces", "droplets", "buildpacks", "stacks"})


def scope(**given: Any) -> Scope:
    return Scope(**{"needs": NEEDS, "now": START, **given})


def controller(apps: int | Sequence[wire.AppRow], **given: Any) -> FakeController:
    listed = [app(number) for number in range(apps)] if isinstance(apps, int) else list(apps)
    lists = {
        "/v3/apps": FakeList(listed),
        "/v3/spaces": FakeList([space("space-1", "prod", "org-1"), space("space-2", "dev", "org-1")]),
        "/v3/organizations": FakeList([organization("org-1", "agency-a")]),
    }
    return FakeController(lists, **given)


def asked_of(cloud: FakeController, wanted: Scope, **how: Any) -> Log:
    return carry_out(plan(wanted), cloud.answer, **how)


def event(number: int, kind: str, data: dict[str, Any]) -> wire.EventRow:
    return wire.EventRow(
        guid=f"event-{number}", created_at=second(number), type=kind, target=wire.Target("x"), data=data
    )


@pytest.mark.parametrize("apps", [0, 1, 200, 201, 1000, 10_000, 50_000])
@pytest.mark.parametrize("has_current", [True, False])
def test_few_requests(apps: int, *, has_current: bool) -> None:
    """A foundation is read in about one request for 1,000 apps and one for 200 droplets, and none for one app."""
    cloud = controller(apps, has_current=has_current)
    log = asked_of(cloud, scope())
    pages = ceil(apps / 1000)
    assert len(log.asks) <= (2 * pages + 20 if has_current else pages + ceil(apps / 200) + 20)
    assert log.gaps == []
    assert log.of("current-droplet") == []


@pytest.mark.parametrize("has_current", [True, False])
def test_every_droplet_is_asked_for(*, has_current: bool) -> None:
    """The droplet of every app comes, by guid or in bulk, and by guid never twice."""
    cloud = controller(1700, has_current=has_current)
    log = asked_of(cloud, scope())
    bulk = [cloud.page(ask) for ask in log.of("current-droplets")]
    in_bulk = {row.guid for page in bulk if not isinstance(page, Gap) for row in page.resources}
    by_guid = log.guids("droplets")
    assert in_bulk | set(by_guid) == {guid_of(number) for number in range(1700)}
    assert len(by_guid) == len(set(by_guid))


def test_bulk_where_the_api_has_it() -> None:
    """With `current=true` no droplet is asked for by guid."""
    log = asked_of(controller(1700, has_current=True), scope())
    assert log.of("droplets") == []
    assert [ask.query["current"] for ask in log.of("current-droplets")] == ["true", "true"]


def test_bulk_is_tried_once() -> None:
    """An API without `current=true` is asked once; its refusal is no gap, for batches take its place."""
    log = asked_of(controller(3000), scope())
    assert (len(log.of("current-droplets")), log.gaps) == (1, [])


def test_bulk_is_not_tried_for_few() -> None:
    """What fits into one batch needs no probe."""
    assert asked_of(controller(200), scope()).of("current-droplets") == []


def test_probe_with_nothing_to_replace_it() -> None:
    """While no app names a droplet there is no probe, so that its refusal always has a successor."""
    bare = [app(number, droplet=None) for number in range(250)]
    cloud = controller([*bare, *(app(number) for number in range(250, 600))])
    # The oldest question first, so that a probe would be answered before the next page of apps.
    log = asked_of(cloud, scope(page_size=100), pick=lambda waiting: len(waiting) - 1)
    assert log.gaps == []
    assert set(log.guids("droplets")) == {guid_of(number) for number in range(250, 600)}


def test_bulk_that_breaks_off() -> None:
    """When the bulk list stops answering, what it did not give is asked for by guid, and no gap stands."""
    cloud = controller(1500, has_current=True)
    answer = cloud.page

    def breaking(ask: Ask) -> Any:
        if ask.what == "current-droplets" and "created_ats[gte]" in ask.query:
            return Gap(what=ask.what, reason="500", http_status=500)
        return answer(ask)

    cloud.page = breaking  # type: ignore[method-assign]  # the server changes its mind
    log = asked_of(cloud, scope())
    assert log.gaps == []
    assert sorted(log.guids("droplets")) == [guid_of(number) for number in range(1000, 1500)]


def test_droplets_while_the_walk_goes_on() -> None:
    """Full batches are asked for before the walk of the apps is at its end."""
    log = asked_of(controller(2500), scope(page_size=250), pick=lambda waiting: len(waiting) - 1)
    order = [ask.what for ask in log.asks]
    assert order.index("droplets") < len(order) - 1 - order[::-1].index("apps")


def test_next_page_goes_first() -> None:
    """The next page of apps stands before the batches that a page gives rise to."""
    walking = plan(scope(page_size=400))
    next(walking)
    cloud = controller(1200)
    probe = Ask("current-droplets", "/v3/droplets", {}, wire.DROPLETS)
    first = cloud.answer(Ask("apps", "/v3/apps", {"order_by": "created_at", "per_page": "400"}, wire.APPS))
    assert [ask.what for ask in walking.send(first)] == ["apps", "current-droplets"]
    refused = cloud.answer(probe)
    assert [(ask.what, ask.instead) for ask in walking.send(refused)] == [("droplets", True), ("droplets", True)]


def test_apps_without_a_droplet() -> None:
    """An app without a droplet asks for none."""
    log = asked_of(controller([app(1, droplet=None), app(2)]), scope())
    assert log.guids("droplets") == [guid_of(2)]


def test_droplet_that_changes_during_the_walk() -> None:
    """The row at the border of two pages comes twice; the droplet that it names the second time is asked for, too."""
    cloud = controller(20)

    def restage(now: FakeList) -> None:
        if len(now.asked) == 1:
            now.rows[9] = app(9, droplet="restaged")

    cloud.lists["/v3/apps"].before = restage
    log = asked_of(cloud, scope(page_size=10))
    assert {guid_of(9), "restaged"} <= set(log.guids("droplets"))


def test_old_api() -> None:
    """Only where apps do not say which droplet is current, each is asked; 404 is one of the answers."""
    cloud = controller([old_app(1), old_app(2)])
    cloud.instead["/v3/apps/app-1/droplets/current"] = droplet(guid_of(1))
    cloud.instead["/v3/apps/app-2/droplets/current"] = None
    log = asked_of(cloud, scope())
    assert [(ask.path, ask.subjects, ask.accepts) for ask in log.of("current-droplet")] == [
        ("/v3/apps/app-1/droplets/current", ("app-1",), (404,)),
        ("/v3/apps/app-2/droplets/current", ("app-2",), (404,)),
    ]
    assert (log.of("droplets"), log.of("current-droplets"), log.gaps) == ([], [], [])


def test_old_api_that_refuses() -> None:
    """An app that is gone when its droplet is asked for leaves a gap about this app only."""
    cloud = controller([old_app(1)])
    cloud.instead["/v3/apps/app-1/droplets/current"] = Gap(
        what="current-droplet", reason="404 App not found", http_status=404
    )
    assert [gap.subjects for gap in asked_of(cloud, scope()).gaps] == [("app-1",)]


def test_batch_that_fails() -> None:
    """A batch that is not got names the droplets that stay unknown."""
    cloud = controller(3, instead={"/v3/droplets": Gap(what="droplets", reason="502", http_status=502)})
    assert [gap.subjects for gap in asked_of(cloud, scope()).gaps] == [(guid_of(0), guid_of(1), guid_of(2))]


def test_narrowed() -> None:
    """Patterns become a filter on spaces, and apps are asked for only when both lists are at their end."""
    cloud = controller([app(1), app(2, space="space-2")])
    log = asked_of(cloud, scope(orgs=("agency-*",), spaces=("*/prod",)))
    order = [ask.what for ask in log.asks]
    assert [ask.query.get("space_guids") for ask in log.of("apps")] == ["space-1"]
    assert log.guids("droplets") == [guid_of(1)]
    assert order.index("apps") > max(order.index("spaces"), order.index("organizations"))


@pytest.mark.parametrize(
    ("orgs", "spaces", "found"),
    [
        ((), ("agency-a/prod",), ["space-1"]),
        (("agency-a",), (), ["space-1,space-2"]),
        (("AGENCY-A",), (), []),
        (("agency-a",), ("*/dev", "*/nowhere"), ["space-2"]),
        ((), ("prod",), ["space-1"]),
        (("agency-?",), ("agency-a/[pd]*",), ["space-1,space-2"]),
    ],
)
def test_patterns(orgs: tuple[str, ...], spaces: tuple[str, ...], found: list[str]) -> None:
    """Organizations match by name, spaces by name or as `org/space`, as shells match, and upper case matters."""
    log = asked_of(controller(2), scope(orgs=orgs, spaces=spaces))
    assert [ask.query["space_guids"] for ask in log.of("apps")] == found


def test_narrowed_to_nothing() -> None:
    """Patterns that no visible space matches ask for no app, and for nothing that belongs to apps."""
    log = asked_of(controller(5), scope(needs=TOPICS, spaces=("agency-b/*",)))
    assert {ask.what for ask in log.asks} == {"root", "organizations", "spaces", "buildpacks", "stacks", "events"}


def test_narrowed_to_many() -> None:
    """More spaces than a request line carries are read unfiltered: too much, never too little."""
    cloud = controller([app(number, space=f"s-{number}") for number in range(150)])
    cloud.lists["/v3/spaces"] = FakeList([space(f"s-{number}", f"x{number}", "org-1") for number in range(150)])
    log = asked_of(cloud, scope(orgs=("agency-a",)))
    assert [ask.query.get("space_guids") for ask in log.of("apps")] == [None]


def test_narrowed_without_organizations() -> None:
    """When organizations are refused, patterns match nothing; the gap says why."""
    cloud = controller(2, instead={"/v3/organizations": Gap(what="organizations", reason="403", http_status=403)})
    log = asked_of(cloud, scope(orgs=("agency-a",)))
    assert ([gap.what for gap in log.gaps], log.of("apps")) == (["organizations"], [])


def test_closing_count() -> None:
    """After the walk the apps are counted, in the same scope, with the smallest page."""
    log = asked_of(controller(3), scope(spaces=("*/prod",)))
    assert [(ask.path, dict(ask.query)) for ask in log.of("apps-count")] == [
        ("/v3/apps", {"space_guids": "space-1", "per_page": "1"})
    ]


def test_apps_that_appear_behind_the_walk() -> None:
    """When the count is larger than what was seen, the walk looks again, and asks for the droplets of what it finds."""
    cloud = controller(3)

    def push(now: FakeList) -> None:
        if len(now.asked) == 1:
            now.rows.append(app(7))

    cloud.lists["/v3/apps"].before = push
    log = asked_of(cloud, scope())
    assert (len(log.of("apps")), len(log.of("apps-count"))) == (2, 2)
    assert guid_of(7) in log.guids("droplets")


def test_count_that_is_never_reached() -> None:
    """A count that cannot be reached is tried three times more, and then left to the reader."""
    cloud = controller(3)
    answer = cloud.page

    def counting(ask: Ask) -> Any:
        page = answer(ask)
        return wire.Page(wire.Pagination(99), page.resources) if ask.what == "apps-count" else page

    cloud.page = counting  # type: ignore[method-assign]  # the server changes its mind
    log = asked_of(cloud, scope())
    assert (len(log.of("apps")), len(log.of("apps-count")), log.gaps) == (4, 4, [])


def test_no_count_after_a_gap() -> None:
    """A walk that was cut off is not counted: the gap already says that apps are missing."""
    cloud = controller(3, instead={"/v3/apps": Gap(what="apps", reason="500", http_status=500)})
    log = asked_of(cloud, scope())
    assert ([gap.what for gap in log.gaps], log.of("apps-count")) == (["apps"], [])


def test_topics() -> None:
    """Only what is needed is asked for; spaces and organizations always, for their names."""
    asked = {
        topic: sorted({ask.what for ask in asked_of(controller(1), scope(needs=frozenset({topic}))).asks})
        for topic in ("apps", "buildpacks", "builds", "tasks", "events", "instances", "ssh")
    }
    always = {"apps", "apps-count", "organizations", "root", "spaces"}
    assert {topic: sorted(set(whats) - always) for topic, whats in asked.items()} == {
        "apps": [],
        "buildpacks": ["buildpacks"],
        "builds": ["builds", "failed-builds"],
        "tasks": ["tasks"],
        "events": ["events"],
        "instances": ["instances"],
        "ssh": ["ssh"],
    }


def test_days_of_history() -> None:
    """Events, tasks and builds are asked for as far back as Cloud Controller remembers, failed builds of any age."""
    log = asked_of(controller(1), scope(needs=TOPICS))
    since = {ask.what: ask.query.get("created_ats[gte]") for ask in log.asks}
    day = "2026-10-01T00:00:00Z"
    assert (since["events"], since["builds"], since["tasks"], since["failed-builds"]) == (day, day, day, None)
    assert {ask.query["states"] for ask in log.of("failed-builds")} == {"FAILED"}


def test_instances_that_cannot_be_read() -> None:
    """When the container runtime does not answer, instances are a gap and everything else goes on."""
    cloud = controller(2, instead={"/v3/processes": Gap(what="instances", reason="500", http_status=500)})
    log = asked_of(cloud, scope(needs=TOPICS))
    assert [gap.what for gap in log.gaps] == ["instances"]
    assert len(log.of("apps-count")) == 1


def test_copied_droplets() -> None:
    """The droplet that an event names as the source of a copy is asked for, each once."""
    cloud = controller(1)
    copies = [
        event(1, "audit.app.droplet.create", {"request": {"source_droplet_guid": "original"}}),
        event(2, "audit.app.droplet.create", {"request": {"source_droplet_guid": "original"}}),
        event(3, "audit.app.droplet.create", {"package_guid": "p"}),
        event(4, "audit.app.droplet.create", {"request": "odd"}),
        event(5, "audit.app.droplet.create", {"request": {"source_droplet_guid": 7}}),
    ]
    cloud.lists["/v3/audit_events"] = FakeList(copies)
    assert asked_of(cloud, scope(needs=frozenset({"events"}))).guids("source-droplets") == ["original"]


def test_roles_of_the_one_who_asks() -> None:
    """The roles of a user are asked for; a client has none."""
    assert [ask.query for ask in asked_of(controller(1), scope(user="u-1")).of("roles")] == [
        {"user_guids": "u-1", "per_page": "200"}
    ]
    assert asked_of(controller(1), scope()).of("roles") == []


@pytest.mark.parametrize("last", [True, False])
def test_ssh_of_apps(*, last: bool) -> None:
    """Apps are asked about SSH only where their space allows it, whether apps or spaces are known first."""
    cloud = controller([app(1), app(2), app(3, space="space-2")])
    cloud.instead["/v3/spaces/space-1/features/ssh"] = wire.SshFeature(enabled=True)
    cloud.instead["/v3/spaces/space-2/features/ssh"] = wire.SshFeature(enabled=False)
    cloud.instead["/v3/apps/app-1/ssh_enabled"] = cloud.instead["/v3/apps/app-2/ssh_enabled"] = wire.SshFeature(
        enabled=True
    )
    pick: Callable[[Sequence[Ask]], int] = (lambda waiting: len(waiting) - 1) if last else (lambda _: 0)
    log = asked_of(cloud, scope(needs=frozenset({"ssh"})), pick=pick)
    assert sorted(ask.subjects for ask in log.of("app-ssh")) == [("app-1",), ("app-2",)]


@given(
    count=st.integers(0, 60),
    size=st.integers(2, 30),
    has_current=st.booleans(),
    order=st.randoms(use_true_random=False),
    vanishing=st.sets(st.integers(0, 59), max_size=10),
)
@settings(max_examples=60)
def test_any_order_of_answers(count: int, size: int, order: Any, vanishing: set[int], *, has_current: bool) -> None:
    """In whatever order answers come and whichever apps vanish, every app that stays is seen with its droplet."""
    cloud = controller([app(number, at=number // 3) for number in range(count)], has_current=has_current)

    def vanish(now: FakeList) -> None:
        if len(now.asked) == 2:
            without(now, [f"app-{number}" for number in vanishing])

    cloud.lists["/v3/apps"].before = vanish
    seen: set[str] = set()
    held: set[str] = set()

    def answer(ask: Ask) -> Any:
        got = cloud.answer(ask)
        if not isinstance(got.page, Gap) and ask.what in {"apps", "droplets", "current-droplets"}:
            (seen if ask.what == "apps" else held).update(row.guid for row in got.page.resources)
        return got

    log = carry_out(plan(scope(page_size=size)), answer, pick=lambda waiting: order.randrange(len(waiting)))
    stay = list(cloud.lists["/v3/apps"].rows)
    assert {row.guid for row in stay} <= seen
    assert {row.relationships.current_droplet.guid for row in stay} <= held
    assert log.gaps == []
