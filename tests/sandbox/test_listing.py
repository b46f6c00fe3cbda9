"""How lists behave where no recording shows it: filters, keyset walks, caps, rows that come and go."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from collector.sandbox import Foundation, Stack, crowded_world, faults, healthy_world
from tests.sandbox.http_client import ask


@pytest.fixture(scope="module")
def crowd(now):
    """Run a foundation with 1,500 apps of one second."""
    with Foundation(crowded_world(now)) as foundation:
        yield foundation


def names(got):
    return [row["name"] for row in got.resources]


def detail(got):
    return got.json["errors"][0]["detail"]


def test_a_crowd_shares_one_second(crowd):
    """All 1,500 apps carry the same time, and the guid alone decides their order."""
    first = ask(crowd, "/v3/apps?order_by=created_at&per_page=1000")
    second = ask(crowd, "/v3/apps?order_by=created_at&per_page=1000&page=2")
    rows = first.resources + second.resources
    assert len({row["created_at"] for row in rows}) == 1
    assert [row["guid"] for row in rows] == sorted(row.guid for row in crowd.world.apps)


def test_a_keyset_step_inside_one_second_returns_the_same_page(crowd):
    """A walk that only moves the time stands still for ever; pages inside the second go on."""
    first = ask(crowd, "/v3/apps?order_by=created_at&per_page=100")
    at = quote(first.resources[-1]["created_at"])
    again = ask(crowd, f"/v3/apps?order_by=created_at&per_page=100&created_ats[gte]={at}")
    further = ask(crowd, f"/v3/apps?order_by=created_at&per_page=100&created_ats[gte]={at}&page=2")
    assert again.resources == first.resources
    assert not {row["guid"] for row in further.resources} & {row["guid"] for row in first.resources}


def test_two_hundred_droplets_at_once(crowd):
    """A batch of 200 guids passes, with commas sent as they are or encoded."""
    guids = [app.droplet_guid for app in crowd.world.apps[:200]]
    for comma in (",", "%2C"):
        got = ask(crowd, f"/v3/droplets?per_page=200&guids={comma.join(guids)}")
        assert {row["guid"] for row in got.resources} == set(guids)


def test_a_query_may_have_so_many_bytes_and_no_more(crowd):
    """10,240 bytes pass; one more is refused in plain text, without a request id."""
    room = 10240 - len("guids=")
    assert ask(crowd, f"/v3/droplets?guids={'x' * room}").status == 200
    refused = ask(crowd, f"/v3/droplets?guids={'x' * (room + 1)}")
    assert refused.status == 400
    assert refused.body.startswith("Puma caught this error: HTTP element QUERY_STRING is longer")
    assert "content-type" not in refused.headers


def test_rows_that_vanish_shift_the_pages_by_number(fresh):
    """Where apps vanish between pages, page numbers skip rows and only the total tells."""
    before = [app.name for app in fresh.world.apps]
    fresh.faults.add("/v3/apps", faults.after(lambda: fresh.world.remove_app(fresh.world.named(before[0]).guid)))
    first = ask(fresh, "/v3/apps?per_page=4")
    second = ask(fresh, "/v3/apps?per_page=4&page=2")
    assert names(first) == before[:4]
    assert names(second) == before[5:]
    assert (first.pagination["total_results"], second.pagination["total_results"]) == (8, 7)


def test_an_app_that_appears_is_in_the_next_answer(fresh):
    """A test may add an app while a walk goes on."""
    model = fresh.world.named("reports")
    fresh.world.add_app(replace(model, guid="new", name="newcomer", created_at=model.created_at + timedelta(days=9)))
    assert names(ask(fresh, "/v3/apps?order_by=-created_at&per_page=1")) == ["newcomer"]


def test_an_app_that_is_removed_takes_its_rows_along(fresh):
    """Droplets, builds and processes go; audit events stay."""
    app = fresh.world.named("payments-api")
    events = len(fresh.world.rows("audit_events"))
    fresh.world.remove_app(app.guid)
    assert ask(fresh, f"/v3/apps/{app.guid}").status == 404
    for name in ("droplets", "builds", "processes"):
        assert ask(fresh, f"/v3/{name}?app_guids={app.guid}").pagination["total_results"] == 0
    assert len(fresh.world.rows("audit_events")) == events
    assert ask(fresh, f"/v3/audit_events?target_guids={app.guid}").resources


def test_a_cap_on_results_names_its_size(now):
    """Where the operator caps results, page times per_page above the cap is refused."""
    with Foundation(healthy_world(now), max_total_results=6) as foundation:
        assert ask(foundation, "/v3/apps?per_page=3&page=2").status == 200
        refused = ask(foundation, "/v3/apps?per_page=3&page=3")
    assert refused.status == 400
    text = "The query parameter is invalid: Maximum result (page * per_page) must be less than 6"
    assert detail(refused) == text


def test_a_page_past_the_end_knows_no_total(demo):
    """Past the end there are 0 results, except among audit events, which keep their total."""
    assert ask(demo, "/v3/apps?page=99").pagination["total_results"] == 0
    assert ask(demo, "/v3/audit_events?page=99").pagination["total_results"] == len(demo.world.rows("audit_events"))


def test_staging_droplets_are_not_listed(fresh):
    """A droplet that is still being staged has a row, but no list shows it."""
    row = fresh.world.rows("droplets")[0]
    fresh.world.add(replace(row, guid="in-the-making", state="STAGING"))
    assert ask(fresh, "/v3/droplets?guids=in-the-making").resources == []


def test_current_droplets_in_one_list_where_the_foundation_can(now, demo):
    """With the option the list of droplets takes current=true; otherwise it is refused."""
    assert ask(demo, "/v3/droplets?current=true").status == 400
    with Foundation(healthy_world(now), droplets_current=True) as foundation:
        got = ask(foundation, "/v3/droplets?current=true&per_page=100")
    assert len(got.resources) == 8
    assert "current=true" in got.pagination["first"]["href"]


def test_older_controllers_do_not_name_the_current_droplet(now):
    """Before 3.175.0 the key is missing, and the root says which version this is."""
    with Foundation(healthy_world(now), api_version="3.174.0") as foundation:
        app = ask(foundation, "/v3/apps?per_page=1").resources[0]
        root = ask(foundation, "/", None).json
        assert ask(foundation, f"/v3/apps/{app['guid']}/droplets/current").status == 200
    assert list(app["relationships"]) == ["space"]
    assert root["links"]["cloud_controller_v3"]["meta"]["version"] == "3.174.0"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("names=payments-api&names=benefits-api", ["benefits-api"]),
        ("names=", []),
        ("names=nobody", []),
        ("label_selector=team", ["benefits-api"]),
        ("label_selector=team%3Dclaims,agency-a.example/tier+in+(prod,test)", ["benefits-api"]),
        ("label_selector=team!%3Dclaims&names=benefits-api,payments-api", ["payments-api"]),
        ("label_selector=!team&names=benefits-api,payments-api", ["payments-api"]),
        ("label_selector=team+notin+(claims)&names=benefits-api", []),
        ("lifecycle_type=docker,cnb", ["scanner-image", "cnb-node"]),
        ("stacks=cflinuxfs2,cflinuxfs3", ["old-python-fs3", "ancient-go-fs2"]),
        ("order_by=-name&per_page=1", ["\u202eevil\u202c-\u200frtl"]),
        ("order_by=%2Bname&per_page=1", ["\"quoted\" & 'single'"]),
        ("order_by=state&per_page=2&names=switched-off,payments-api", ["payments-api", "switched-off"]),
    ],
)
def test_filters_and_orders_of_apps(demo, query, wanted):
    """Filters are exact, the last of repeated ones counts, and an empty one matches nothing."""
    assert names(ask(demo, f"/v3/apps?{query}")) == wanted


@pytest.mark.parametrize(
    ("target", "total"),
    [
        ("deployments?states=DEPLOYING", 1),
        ("deployments?states=DEPLOYED&status_values=FINALIZED&status_reasons=DEPLOYED", 1),
        ("tasks?states=SUCCEEDED&sequence_ids=1,3", 2),
        ("tasks?names=nightly-2", 1),
        ("stacks?default=true", 1),
        ("isolation_segments?organization_guids=none", 0),
        ("isolation_segments?names=shared", 1),
        ("builds?states=FAILED,STAGING", 2),
        ("buildpacks?lifecycle=cnb", 0),
        ("buildpacks?stacks=cflinuxfs3", 1),
        ("roles?types=space_auditor,organization_auditor", 7),
        ("organizations?names=agency-a,agency-b", 2),
        ("spaces?names=prod", 2),
        ("processes?types=worker", 0),
    ],
)
def test_filters_of_other_lists(demo, target, total):
    """Each list has filters of its own."""
    assert ask(demo, f"/v3/{target}").pagination["total_results"] == total


def test_times_may_be_bounded_or_named(demo):
    """Bounds can be combined; a comma list means these seconds exactly."""
    app = demo.world.apps[5]
    at = app.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    later = (app.created_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    pair = [app.name, demo.world.apps[6].name]
    assert names(ask(demo, f"/v3/apps?created_ats={at},{later}")) == pair
    assert names(ask(demo, f"/v3/apps?created_ats[gte]={at}&created_ats[lt]={later}")) == pair[:1]
    assert names(ask(demo, f"/v3/apps?created_ats[gt]={at}&created_ats[lte]={later}")) == pair[1:]


def test_fractions_of_seconds_do_not_count(fresh):
    """Rows are compared by the second that is shown, whatever lies behind it."""
    model = fresh.world.named("reports")
    odd = model.created_at + timedelta(days=1, microseconds=900000)
    fresh.world.add(replace(model, guid="odd", name="odd", created_at=odd))
    shown = ask(fresh, "/v3/apps/odd").json["created_at"]
    assert names(ask(fresh, f"/v3/apps?created_ats={shown}")) == ["odd"]
    assert names(ask(fresh, f"/v3/apps?created_ats[lte]={shown}&names=odd")) == ["odd"]
    assert names(ask(fresh, f"/v3/apps?created_ats[gt]={shown}")) == []


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("apps?per_page=abc", "Per page must be a positive integer"),
        ("apps?page=-1", "Page must be a positive integer"),
        ("apps?order_by=-guid", "Order by can only be: 'created_at', 'updated_at', 'name', 'state'"),
        ("builds?order_by=name", "Order by can only be: 'created_at', 'updated_at'"),
        ("apps?created_ats[gte]=2026-13-01T00:00:00Z", "Created ats has an invalid timestamp format"),
        ("apps?created_ats[near]=2026-11-01T00:00:00Z", "Created ats has an invalid operator"),
        ("stacks?foo[bar]=1", "Unknown query parameter(s): 'foo'. Valid parameters are: 'page'"),
        ("processes?embed=stats", "Invalid embed resource: 'stats'"),
        ("builds?include=app", "Unknown query parameter(s): 'include'"),
    ],
)
def test_what_is_not_understood_is_named(demo, target, problem):
    """Every wrong parameter is a 400 whose text says what is wrong with it."""
    got = ask(demo, f"/v3/{target}")
    assert (got.status, got.json["errors"][0]["code"]) == (400, 10005)
    assert problem in detail(got)


def test_events_can_be_asked_for_by_what_they_are_not_about(demo):
    """target_guids[not] leaves targets out."""
    guid = demo.world.named("case-tracker").guid
    total = ask(demo, "/v3/audit_events").pagination["total_results"]
    about = ask(demo, f"/v3/audit_events?target_guids={guid}")
    others = ask(demo, f"/v3/audit_events?target_guids[not]={guid}")
    assert about.pagination["total_results"] + others.pagination["total_results"] == total


def test_the_default_order_is_that_of_creation_in_the_table(fresh):
    """Without order_by rows come by internal id: a row added late comes last, however old it says it is."""
    old = fresh.world.now - timedelta(days=5000)
    fresh.world.add(Stack(guid="s", created_at=old, updated_at=old, name="added-late"))
    assert names(ask(fresh, "/v3/stacks"))[-1] == "added-late"


def test_buildpacks_come_by_position(fresh):
    """The list of buildpacks is ordered by position, not by id."""
    got = ask(fresh, "/v3/buildpacks")
    assert [row["position"] for row in got.resources] == list(range(1, 12))


def test_included_rows_are_those_of_the_page(demo):
    """What is included belongs to the page; org includes organizations only."""
    both = ask(demo, "/v3/apps?include=space.organization&names=payments-api").json["included"]
    assert [row["name"] for row in both["spaces"]] == ["prod"]
    assert [row["name"] for row in both["organizations"]] == ["agency-a"]
    assert list(ask(demo, "/v3/apps?include=org").json["included"]) == ["organizations"]
    assert list(ask(demo, "/v3/apps?include=space").json["included"]) == ["spaces"]
