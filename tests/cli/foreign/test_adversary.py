"""Directors and feeds that misbehave as real ones do: what is not known is said, and never passes."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.evidence import read_manifest
from tests.cli.foreign.asking import passed, provider, source, status_of
from tests.cli.foreign.serving import Reply, Request, of_json, token
from tests.cli.foreign.writing import metalink, z
from tests.cli.running import finished


@pytest.fixture
def whole(watched, ask) -> set[tuple[str, str, str]]:
    """What passes where everything is read."""
    everything = passed(ask())
    assert len(everything) > 20
    return everything


# ------------------------------------------------------------------ logging in


def test_refused_by_text_and_by_scope(story, watched, whole, ask):
    """A token without the scope is told from one that is not accepted, and the scope is named."""
    story.production.scope = "none"
    ran = ask()

    gaps = source(ran, "bosh-production")["gaps"]
    assert any("bosh.read" in gap["reason"] + gap.get("hint", "") for gap in gaps), gaps
    assert ran.code == 3
    assert passed(ran) < whole


def test_a_token_that_is_refused(story, watched, whole, ask):
    """Refused by a text: another token is asked for once, and then it is a gap."""
    story.production.overrides["/events"] = lambda request: Reply(401, f"Not authorized: '{request.path}'\n".encode())
    ran = ask()

    assert source(ran, "bosh-production")["status"] != "complete"
    assert sum(request.path == "/oauth/token" for request in watched.production.asked) <= 2 + 2
    assert passed(ran) < whole


def test_a_team_that_may_read_events_alone(story, watched, whole, ask):
    """`bosh.teams.x.read` sees every event and no list: the events alone must not carry a verdict that needs both."""
    story.production.scope = "team"
    ran = ask()

    assert source(ran, "bosh-production")["status"] != "complete"
    assert passed(ran) < whole


def test_a_login_server_elsewhere(story, watched, serve, ask):
    """The login server that `/info` names is asked, and the secret goes nowhere else."""
    elsewhere = serve(token)
    story.production.uaa = elsewhere.url
    ran = ask()

    assert source(ran, "bosh-production")["status"] == "complete"
    assert [request.path for request in elsewhere.asked] == ["/oauth/token"]
    assert not [request for request in watched.production.asked if request.method == "POST"]


def test_a_director_with_local_users(story, watched, ask):
    """Name and password where there is no login server; everything is known as before."""
    before = status_of(ask(), "os-patch-latency", "notice")
    story.production.login = "basic"

    assert status_of(ask(), "os-patch-latency", "notice") == before


def test_a_redirect_to_another_host(story, watched, serve, ask):
    """A director that sends its client elsewhere is not followed: the token would be shown to a stranger."""
    stranger = serve(lambda _request: of_json([]))
    story.production.overrides["/events"] = lambda _: Reply(302, headers={"Location": f"{stranger.url}/events"})
    ran = ask()

    assert stranger.asked == []
    assert source(ran, "bosh-production")["status"] != "complete"


def test_a_task_on_another_host(story, watched, serve, ask):
    """The place of a task is on the director, whatever it says: a proxy that writes its own name is not followed."""
    stranger = serve(lambda _request: of_json([]))
    story.production.overrides["/deployments/cf/vms"] = lambda _: Reply(
        302, headers={"Location": f"{stranger.url}/tasks/900"}
    )
    ran = ask(control="CM-2")

    assert stranger.asked == []
    assert source(ran, "bosh-production")["status"] != "complete"
    assert status_of(ran, "stemcell-uniform", "stemcell")["cf ubuntu-jammy/1.103"] == "unknown"


# ------------------------------------------------------------------ events


def without_cursor(story):
    def answer(request: Request) -> Reply:
        query = {name: value for name, value in request.query.items() if name != "before_id"}
        return of_json(story.production.events(query))

    return answer


def as_text(story):
    def answer(request: Request) -> Reply:
        rows = story.production.events(request.query)
        return of_json([{**row, "timestamp": str(row["timestamp"])} for row in rows])

    return answer


def as_page(_story):
    return lambda _request: Reply(200, b"<html><body>Log in</body></html>")


def cut_off(story):
    return lambda request: Reply(200, json.dumps(story.production.events(request.query)).encode()[:-20])


@pytest.mark.parametrize("wrong", [without_cursor, as_text, as_page, cut_off])
def test_events_that_are_none(story, watched, whole, ask, wrong):
    """A list that does not keep to its cursor, its types or its form ends the harvest, soon, as a gap."""
    for number in range(400):
        story.production.rows.append({**story.production.rows[-1], "id": str(5000 + number), "object_type": "alert"})
    story.production.overrides["/events"] = wrong(story)
    before = len(watched.production.asked)
    ran = ask()

    assert ran.code == 3
    assert source(ran, "bosh-production")["status"] != "complete"
    assert provider(ran) == "not-satisfied"  # by a due date of before the notice
    assert passed(ran) < whole
    assert len(watched.production.asked) - before < 80


# ------------------------------------------------------------------ machines


@pytest.mark.parametrize("states", [["queued", "error"], ["queued"], ["processing", "timeout"]])
def test_machines_that_are_never_told(story, watched, ask, slept, states):
    """A task that fails or never ends is waited for so long and no longer; what it would have told is unknown."""
    story.production.vms_states = states
    ran = ask(control="CM-2")

    assert sum(slept) <= 1300
    uniform = status_of(ran, "stemcell-uniform", "stemcell")
    assert uniform["cf ubuntu-jammy/1.103"] == uniform["iso ubuntu-jammy/1.103"] == "unknown"
    assert ran.code != 0


def test_an_empty_list_of_machines(story, watched, ask):
    """No machine at all is not uniform: an empty answer proves nothing."""
    story.production.machines["cf"] = []
    ran = ask(control="CM-2")

    assert status_of(ran, "stemcell-uniform", "stemcell")["cf ubuntu-jammy/1.103"] == "unknown"


# ------------------------------------------------------------------ feeds


def test_a_limit_on_requests(story, watched, whole, ask, slept):
    """GitHub's 403 with a reset in an hour does not hang: the wait is bounded, and the feed is a gap."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800", "Retry-After": "3600"}
    story.feeds.overrides["/repos"] = lambda _: Reply(403, b'{"message": "API rate limit exceeded"}', headers=headers)
    ran = ask()

    assert sum(slept) < 4000
    assert source(ran, "stemcell-releases")["status"] != "complete"
    assert passed(ran) < whole


@pytest.mark.parametrize(
    ("below", "name"), [("/index", "stemcell-index"), ("/ubuntu", "notices"), ("/kev", "exploited")]
)
@pytest.mark.parametrize("reply", [Reply(404, b"Not Found"), Reply(200, b"<html></html>"), Reply(200, b"")])
def test_a_feed_that_is_not_there(story, watched, whole, ask, below, name, reply):
    """What is not found, a page for people, or nothing at all: a gap, and no verdict from it."""
    story.feeds.overrides[below] = lambda _: reply
    ran = ask()

    row = source(ran, name)
    assert row["status"] != "complete" or ran.code == 3, row
    lost = {"/index": "stemcell-current", "/ubuntu": "os-patch-latency", "/kev": "exploited-vulnerability-due"}[below]
    assert lost not in {check for check, _, _ in passed(ran)}
    assert passed(ran) < whole
    assert ran.code in (1, 3)
    assert provider(ran) != "satisfied"


def test_an_index_without_some_versions(story, watched, ask):
    """A version that the index lacks is placed by its notes, up to four days earlier: no verdict turns better."""
    whole = ask()
    del story.feeds.files["/index/published/ubuntu-jammy/1.103/stemcells.meta4"]
    ran = ask()

    for check in ("os-patch-latency", "stemcell-packaging-latency"):
        before, after = status_of(whole, check, "notice"), status_of(ran, check, "notice")
        assert {name for name, status in after.items() if status == "pass" and before.get(name) != "pass"} == set()
    before, after = (status_of(one, "stemcell-deployment-latency", "stemcell") for one in (whole, ran))
    assert after["cf ubuntu-jammy/1.103"] == "unknown"
    assert {name for name, status in after.items() if status == "pass" and before.get(name) != "pass"} == set()


@pytest.mark.parametrize("minutes", [10, -10])
def test_clocks_that_differ(watched, ask, run, minutes):
    """A director ten minutes off says so, and no instant is moved."""
    watched.production.skew = timedelta(minutes=minutes)
    ran = ask()

    (row,) = (row for row in ran.json["patches"] if row["subject"]["name"] == "USN-7004-1")
    assert row["hours"]["total"] == 88.0
    assert run("snapshot", "--source", "bosh-production", "-q").code == 0
    (folder,) = finished(Path("evidence"))
    (record,) = read_manifest(folder).snapshot.sources
    assert record.clock_skew_seconds == pytest.approx(minutes * 60, abs=3)


def test_a_negative_latency(story, watched, ask):
    """A stemcell that is live ten minutes before its index says that it was published keeps its negative hours."""
    at = story.zero + timedelta(days=23, hours=18) + timedelta(minutes=10)
    story.feeds.files["/index/published/ubuntu-jammy/1.103/stemcells.meta4"] = metalink("ubuntu-jammy", "1.103", z(at))
    ran = ask()

    (row,) = (row for row in ran.json["patches"] if row["subject"]["name"] == "USN-7004-1")
    assert row["hours"]["deployment"] == pytest.approx(-10 / 60, abs=1e-3)
    found = [row for row in ran.json["observations"] if row["check"] == "stemcell-deployment-latency"]
    (seen,) = (
        row for row in found if row["subject"]["name"] == "ubuntu-jammy/1.103" and row["subject"]["deployment"] == "cf"
    )
    assert (seen["status"], "clocks differ" in seen["detail"]) == ("unknown", True)


def test_due_today_in_new_york(story, watched, ask):
    """What is due today counts as in time until the day ends in New York."""
    today = datetime.now(ZoneInfo("America/New_York")).date()
    story.feeds.files["/kev.json"] = json.dumps(
        {
            "vulnerabilities": [
                {"cveID": "CVE-2026-7003", "dueDate": str(today)},
                {"cveID": "CVE-2026-7002", "dueDate": str(today - timedelta(days=30))},
            ]
        }
    ).encode()
    due = status_of(ask(), "exploited-vulnerability-due", "notice")
    assert (due["USN-7003-1"], due["USN-7002-1"]) == ("pass", "fail")


def test_a_line_that_nobody_has(story, watched, whole, ask, monkeypatch):
    """A line of the settings that neither feed nor director knows leaves nothing that passes."""
    monkeypatch.setenv("COLLECT_FEEDS_STEMCELL_LINE", "ubuntu-jamy")
    ran = ask()

    assert not {check for check, _, _ in passed(ran)} & {"stemcell-current", "stemcell-deployment-latency"}
    assert passed(ran) < whole
    assert ran.code in (1, 3)
