"""The simulated director beyond the recordings: time, tokens, tasks, pruning, and that its rows hang together."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.sandbox import Foundation, demo_platform, demo_world, faults
from collector.sandbox.bosh import verbs
from collector.sandbox.bosh.deploys import Broken
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Group
from tests.sandbox.http_client import fetch

BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)
LINE = "ubuntu-jammy"
NAME = "cf-staging"
GROUPS = (Group(name="api", count=1, line=LINE), Group(name="diego-cell", count=2, line=LINE))
VERSIONS = ("1.98", "1.99", "1.1101", "1.1105")


def fresh_director(**options):
    director = Director("test-bosh", BEGIN, **options)
    for version in VERSIONS:
        director.finish(verbs.upload_stemcell(director, LINE, version))
    director.finish(verbs.upload_release(director, "cf", "58.0.0"))
    director.finish(verbs.deploy(director, NAME, {LINE: "1.98"}, groups=GROUPS, releases=("cf/58.0.0",)))
    return director


def rows_of(director, task, kind):
    return [row for row in director.journal.rows if (row.get("task"), row["object_type"]) == (str(task.id), kind)]


@pytest.fixture
def running(now):
    """Run the demonstration with its platform; the clock stands still."""
    with Foundation(demo_world(now), demo_platform(now), clock=lambda: 0.0, basic=()) as foundation:
        yield foundation


def ask(site, target, caller="read", **headers):
    return fetch(site.url, target, {"Authorization": f"bearer {site.token(caller)}", **headers})


def test_a_token_comes_from_the_directors_own_uaa(running):
    """The address in /info gives a token to the client; a wrong secret is refused."""
    site = running.directors["production"]
    url = json.loads(fetch(site.url, "/info").body)["user_authentication"]["options"]["url"]
    form = urlencode({"grant_type": "client_credentials"})
    answers = []
    for secret in (site.client_secret, "wrong"):
        code = base64.b64encode(f"{site.client}:{secret}".encode()).decode()
        answers.append(fetch(url, "/oauth/token", {"Authorization": f"Basic {code}"}, form))
    assert [answer.status for answer in answers] == [200, 401]
    bearer = {"Authorization": f"bearer {answers[0].json['access_token']}"}
    assert fetch(site.url, "/events", bearer).status == 200
    assert answers[0].json["scope"] == "bosh.read"


def test_a_director_without_a_uaa_asks_for_a_user(now):
    """In the other mode /info says so, and the user of the site may read."""
    with Foundation(demo_world(now), demo_platform(now), basic=("staging",)) as foundation:
        site = foundation.directors["staging"]
        code = base64.b64encode(f"{site.user}:{site.password}".encode()).decode()
        answer = fetch(site.url, "/deployments", {"Authorization": f"Basic {code}"})
        kind = fetch(site.url, "/info").json["user_authentication"]["type"]
    assert (answer.status, kind) == (200, "basic")


def test_the_date_is_the_directors_own_clock(running, now):
    """Every answer carries the director's time, here two seconds ahead and one behind, with +0000 for the zone."""
    dates = {name: fetch(site.url, "/info").headers["date"] for name, site in running.directors.items()}
    wrong = {"production": 2, "staging": -1}
    assert dates == {
        name: (now + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        for name, seconds in wrong.items()
    }


def test_waiting_lets_a_deploy_come_to_its_end(running):
    """The deploy that is under way holds its lock; when the world has waited, it is done."""
    site = running.directors["staging"]
    target = "/tasks?state=processing"
    before = ask(site, target).json
    locked = [one["locked"] for one in ask(site, "/deployments").json]
    running.world.wait(timedelta(hours=1))
    after = ask(site, f"/tasks/{before[0]['id']}").json
    assert (len(before), locked, ask(site, target).json) == (1, [True, False], [])
    assert after["state"] == "done"
    assert [one["locked"] for one in ask(site, "/deployments").json] == [False, False]


def test_vms_come_from_a_task_that_takes_its_time(running):
    """The output is empty until the task is done; then it has a line for each VM with its stemcell."""
    site = running.directors["production"]
    site.director.vms_polls = 2
    path = ask(site, "/deployments/cf-production/vms?format=full").headers["location"].removeprefix(site.url)
    seen = []
    for _ in range(3):
        output = ask(site, f"{path}/output?type=result")
        seen.append((len(output.body.splitlines()) > 1, ask(site, path).json["state"]))
    rows = [json.loads(line) for line in ask(site, f"{path}/output?type=result").body.splitlines() if line]
    assert seen == [(False, "queued"), (False, "processing"), (True, "done")]
    found = {(row["stemcell"]["version"], row["ignore"]) for row in rows}
    assert found == {("1.1233", False), ("1.1222", True)}


def test_a_fault_hits_a_director_alone(running):
    """A fault on order is met at one director and leaves the other alone."""
    running.directors["production"].faults.add("/events", faults.gateway_error(503))
    statuses = {name: ask(site, "/events").status for name, site in running.directors.items()}
    assert statuses == {"production": 503, "staging": 200}


def test_every_request_is_in_the_log(running):
    """The log names the director and its UAA."""
    ask(running.directors["production"], "/locks")
    assert tuple(running.requests[-1]) == ("bosh-production", "GET", "/locks", "", 200, True)


def test_an_old_director_writes_the_start_row_at_the_start():
    """Old-style rows: the first row of the deployment comes before the instances, the second refers to it."""
    for lazy, early in ((False, True), (True, False)):
        director = fresh_director(lazy=lazy)
        task = director.finish(verbs.deploy(director, NAME, {LINE: "1.99"}))
        start, end = rows_of(director, task, "deployment")
        first = rows_of(director, task, "instance")[0]
        assert (int(start["id"]) < int(first["id"])) is early
        assert end["parent_id"] == start["id"]
        assert "parent_id" not in start


def test_ids_have_holes_and_old_rows_are_thrown_away():
    """Skipped ids are never given out, and pruning keeps the newest rows under their ids."""
    director = fresh_director()
    last = int(director.journal.rows[-1]["id"])
    director.journal.skip(5)
    director.finish(verbs.deploy(director, NAME))
    ids = [int(row["id"]) for row in director.journal.rows]
    assert last + 6 in ids
    assert not set(ids) & set(range(last + 1, last + 6))
    director.prune(3)
    assert [int(row["id"]) for row in director.journal.rows] == ids[-3:]


def test_a_director_made_anew_begins_at_one():
    """Another uuid, no deployments, and ids from 1."""
    director = fresh_director()
    before = director.uuid
    director.reset("0e4b7c1e-1d1c-4a55-9d3a-5a5b8f4f1d11")
    assert (director.uuid != before, director.deployments, len(director.journal.rows)) == (True, {}, 1)
    assert director.journal.rows[0]["id"] == "1"
    assert director.history[-1].success is None


def test_a_mixture_is_what_a_failed_deploy_leaves():
    """The floor stays at the old version, both are bound, and the retry makes the new one live."""
    director = fresh_director()
    director.finish(verbs.deploy(director, NAME, {LINE: "1.99"}, broken=Broken(how="failed", at=1)))
    versions = [one.vm.stemcell.version for one in director.deployments[NAME].instances]
    bound = [one.version for one in director.deployments[NAME].stemcells]
    assert (versions, bound, director.history[-1].success) == (["1.99", "1.99", "1.98"], ["1.98", "1.99"], "1.98")
    director.finish(verbs.deploy(director, NAME, {LINE: "1.99"}))
    assert (director.history[-1].success, director.history[-1].floor) == ("1.99", "1.99")


OUTCOMES = st.sampled_from(["ok", "dry", "failed", "killed", "cancelled", "unknown", "recreate"])
RUNS = st.lists(st.tuples(OUTCOMES, st.sampled_from(VERSIONS), st.integers(0, 2)), max_size=8)


def play(director, outcome, version, number):
    broken = Broken(how=outcome, at=number) if outcome in {"failed", "killed", "cancelled"} else None
    wanted = {"unknown": {LINE: "1.9999"}, "recreate": None}.get(outcome, {LINE: version})
    recreate = "diego-cell" if outcome == "recreate" else ""
    director.advance(director.now + timedelta(hours=1))
    return director.finish(
        verbs.deploy(director, NAME, wanted, dry_run=outcome == "dry", broken=broken, recreate=recreate)
    )


@settings(max_examples=60)
@given(RUNS)
def test_whatever_is_run_the_rows_hang_together(runs):
    """Ids rise, times never go back, parents exist, and a success means that every VM has what was asked for."""
    director = fresh_director()
    for outcome, version, number in runs:
        before = [one.vm for one in director.deployments[NAME].instances]
        task = play(director, outcome, version, number)
        known = director.deployments[NAME]
        ends = [row for row in rows_of(director, task, "deployment") if "parent_id" in row]
        if ends and "error" not in ends[0] and outcome != "recreate":
            assert {one.vm.stemcell.version for one in known.instances} == {version}
            assert [one.version for one in known.stemcells] == [version] == [one.version for one in known.live]
        if outcome in {"dry", "unknown"}:
            assert [one.vm for one in known.instances] == before
        assert director.locks == []
        assert task.over
    rows = director.journal.rows
    ids = [int(row["id"]) for row in rows]
    assert ids == sorted(set(ids))
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    assert all(int(row["parent_id"]) in ids for row in rows if "parent_id" in row)
