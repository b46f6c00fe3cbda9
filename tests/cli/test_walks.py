"""Walking lists that are long, crowded into one second, or that change meanwhile: no app is lost in silence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.sandbox import crowded_world, demo_world, faults, healthy_world
from tests.cli.running import Ran, this_second


def names(ran: Ran) -> set[str]:
    """The apps that an answer speaks of."""
    return {seen["subject"]["name"] for seen in ran.json["observations"] if seen["subject"]["type"] == "app"}


@pytest.mark.parametrize(
    ("seconds", "options"),
    [(1, {}), (1, {"droplets_current": True}), (5, {"max_total_results": 600})],
    ids=["batches", "bulk droplets", "capped"],
)
def test_fifteen_hundred_apps_of_one_second_are_all_seen(run, served, seconds, options):
    """Keyset walks cannot step inside a second; page numbers do, and nothing is lost."""
    foundation = served(crowded_world(this_second(), 1500, seconds=seconds), **options)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.json["coverage"]["apps"] == {"visible": 1500, "assessed": 1500, "unknown": 0, "not_applicable": 0}
    assert ran.gaps == []
    assert ran.code == 0
    assert len(foundation.requests) < 60


def test_apps_that_a_cap_keeps_from_being_read_make_the_answer_incomplete(run, served):
    """More apps in one second than the API ever gives: what was not seen is said, and the code is 3."""
    served(crowded_world(this_second(), 700), max_total_results=300)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert "apps" in [what for what, _ in ran.gaps]
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"


def test_a_page_past_the_end_is_no_end_of_the_walk(run, served):
    """When the list shrinks onto fewer pages the walk begins that second anew, and sees everyone who stayed."""
    world = crowded_world(this_second(), 1500)
    foundation = served(world)
    gone = [app.guid for app in world.apps[:600]]

    def shrink() -> None:
        for guid in gone:
            world.remove_app(guid)

    foundation.faults.add("/v3/apps", faults.before(shrink), nth=2)

    ran = run("--control", "SI-2", "-f", "json")

    stayed = {app.name for app in world.apps}
    assert len(stayed) == 900
    # Of those who went, only the ones whose droplets had already come can still be in the answer.
    assert stayed <= names(ran)
    assert ran.gaps == []


def test_apps_that_appear_behind_the_walk_are_fetched(run, served):
    """The closing count finds what came meanwhile; it is read, judged and no gap."""
    world = healthy_world(this_second())
    foundation = served(world)
    model = world.apps[0]
    late = replace(model, guid="00000000-late", name="late", created_at=this_second())
    foundation.faults.add("/v3/apps", faults.after(lambda: world.add_app(late)))

    ran = run("--control", "SI-2", "-f", "json")

    assert "late" in names(ran)
    assert ran.json["coverage"]["apps"]["visible"] == 9
    assert ran.gaps == []


def test_an_old_app_that_appears_behind_the_walk_is_not_lost_in_silence(run, served):
    """An app that becomes visible behind the last second seen is counted and not listed: a gap, and the code is 3."""
    world = healthy_world(this_second())
    foundation = served(world)
    model = world.apps[0]
    old = replace(model, guid="00000000-old", name="old", created_at=model.created_at - timedelta(days=900))
    foundation.faults.add("/v3/apps", faults.after(lambda: world.add_app(old)))

    ran = run("--control", "SI-2", "-f", "json")

    assert ("apps", "the closing count is 9 apps, the walk saw 8") in ran.gaps
    assert ran.code == 3


def test_an_app_that_is_deleted_between_the_lists_is_no_gap(run, served):
    """Its space is still visible and it is not: it was deleted, and the others stand."""
    world = healthy_world(this_second())
    foundation = served(world)
    foundation.faults.add("/v3/apps", faults.after(lambda: world.remove_app(world.named("ledger").guid)))

    ran = run("--control", "SI-2", "-f", "json")

    statuses = ran.statuses("app-restage-age")
    assert "ledger" not in statuses
    assert set(statuses.values()) == {"pass"}
    assert (ran.gaps, ran.code) == ([], 0)


def test_an_app_that_is_restaged_in_the_middle_is_judged_by_one_of_its_droplets(run, served):
    """A restage between two requests never mixes the old droplet with the new app."""
    world = demo_world(this_second())
    foundation = served(world)
    app = world.named("payments-api")
    foundation.faults.add("/v3/apps", faults.after(lambda: world.add(replace(app, droplet_guid="never-seen"))))

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.statuses("app-restage-age")["payments-api"] == "fail"
    assert ran.code == 1


@pytest.mark.parametrize("patterns", [["--org", "agency-a"], ["--space", "agency-a/*"], ["--space", "agency-a/prod"]])
def test_patterns_ask_only_for_the_spaces_that_they_name(run, healthy, patterns):
    """Apps elsewhere are neither asked for nor spoken of, and the answer says that it was narrowed."""
    ran = run("--control", "SI-2", *patterns, "-f", "json")
    said = run("--control", "SI-2", *patterns)

    spaces = {(seen["subject"]["org"]) for seen in ran.json["observations"]}
    assert ran.code == 0
    assert spaces == {"agency-a"}
    assert f"only what matches {' '.join(patterns)}" in said.out.splitlines()[0]


def test_a_pattern_that_matches_nothing_is_no_success(run, healthy):
    """A mistyped space exits 3: no application is visible."""
    assert run("--control", "SI-2", "--space", "agency-a/prdo").code == 3
    assert run("--control", "SI-2", "--app", "no-such-app").code == 3
    assert run("snapshot", "--space", "agency-a/prdo").code == 3


def test_a_snapshot_that_was_narrowed_says_so_for_ever(run, healthy):
    """Judged later without patterns, the answer still says what it was read with, and refuses to speak of more."""
    run("snapshot", "--space", "agency-a/prod")

    said = run("--from", "latest", "--control", "SI-2")

    assert "only what matches --space agency-a/prod" in said.out.splitlines()[0]
    assert "agency-b" not in said.out
    wider = run("--from", "latest", "--space", "agency-b/*")
    assert wider.code == 2
    assert wider.complaint[0].endswith("was read with --space agency-a/prod")


@pytest.mark.parametrize(
    "words", [["--org", "agency-b"], ["--space", "prod"], ["--space", "agency-a/*", "--app", "payments-*"]]
)
def test_a_narrowed_question_asks_for_nothing_that_is_refused(run, demo, words):
    """Builds cannot be filtered by space, events of buildpacks belong to none: patterns lead to no gap."""
    ran = run("--control", "SI-2", *words, "-f", "json")

    assert ran.gaps == []
    assert [asked.path for asked in demo.requests if asked.status >= 400] == []
