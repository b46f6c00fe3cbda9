"""What the tool says to each kind of login: no more than this login can see, and never that all is well."""

import json

import pytest

from collector.sandbox import faults, healthy_world
from tests.cli.running import this_second


def test_a_wrong_password_is_a_failed_login_that_names_the_variables(run, healthy, monkeypatch, become):
    """A wrong password exits 4, says where to look, and is tried once only: accounts lock."""
    become(healthy, "space-auditor")
    monkeypatch.setenv("COLLECT_CF_PASSWORD", "not-the-password")

    ran = run("--control", "SI-2")

    message, hint = ran.complaint
    assert ran.code == 4
    assert message.startswith("the login was refused")
    assert hint == "check COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD"
    assert [request.path for request in healthy.requests if request.method == "POST"] == ["/oauth/token"]


def test_an_expired_password_says_how_to_make_a_new_one(run, healthy, become):
    """A service account's password lives 90 days; the hint holds the commands that renew it."""
    become(healthy, "expired-password")

    ran = run("--control", "SI-2")

    message, hint = ran.complaint
    assert ran.code == 4
    assert message == "the password has expired"
    assert "cf delete-service-key" in hint
    assert "cf create-service-key" in hint


@pytest.mark.parametrize("command", ["ask", "snapshot"])
def test_a_token_without_the_scope_to_read_is_a_failed_login(run, healthy, become, command, tmp_path):
    """403 on everything is no incomplete evidence, it is no login at all."""
    become(healthy, "no-scope")

    ran = run(*([] if command == "ask" else ["snapshot"]))

    message, hint = ran.complaint
    assert ran.code == 4
    assert message == "the token may read nothing: 403 CF-NotAuthorized"
    assert "cf set-space-role" in hint
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_403_on_apps_alone_is_a_gap(run, healthy):
    """Who may read the rest is logged in; without the apps the evidence is incomplete."""
    healthy.faults.add("/v3/apps", faults.status(403), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert [what for what, *_ in ran.gaps] == ["apps"]


@pytest.mark.parametrize("identity", ["org-auditor", "org-user"])
def test_a_role_that_sees_no_app_never_gets_a_zero(run, healthy, become, identity):
    """An org auditor gets 200 and an empty list: that is no evidence of anything, for no control."""
    become(healthy, identity)

    ran = run("-f", "json")

    assert ran.code == 3
    assert ran.json["coverage"]["complete"] is False
    assert ran.json["coverage"]["apps"]["visible"] == 0
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"
    assert ran.objectives("SI-2(2)")["si-2.2_obj"] == "not-assessed"
    assert ran.objectives("CM-6")["cm-6_obj.b"] == "not-assessed"


@pytest.mark.parametrize("control", ["SI-2", "SI-2(2)", "SI-2(3)", "CM-2", "CM-2(2)", "CM-6", "CM-6(1)"])
def test_no_control_gets_a_zero_where_no_app_is_visible(run, healthy, become, control):
    """Whatever single control is asked about, an empty scope exits 3."""
    become(healthy, "org-auditor")

    assert run("--control", control).code == 3


def test_a_snapshot_without_a_single_app_says_so(run, healthy, become):
    """`collect snapshot` of an org auditor is kept, and exits 3."""
    become(healthy, "org-auditor")

    ran = run("snapshot")

    assert ran.code == 3
    assert "not read: apps: no application is visible" in ran.err


def test_an_org_manager_sees_no_events_and_the_answer_lists_the_gap(run, demo, become):
    """No audit event beside builds of the same days is a gap; copied droplets then stay unknown, and the code is 3."""
    become(demo, "org-manager")

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert ran.gaps == [("events", "no audit events beside 14 builds: this role may not read them")]
    assert ran.statuses("app-restage-age")["copied-by-event"] == "unknown"


def test_a_snapshot_of_an_org_manager_says_that_events_are_missing(run, demo, become):
    """The gap that only reading the answers shows is said, and the code is 3."""
    become(demo, "org-manager")

    ran = run("snapshot")

    assert ran.code == 3
    assert "not read: events: no audit events beside" in ran.err


def test_events_that_are_missing_do_not_matter_where_no_verdict_needs_them(run, healthy, become):
    """Without copied droplets an org manager's answer is whole: the gap is listed, the code is 0."""
    become(healthy, "org-manager")

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert [what for what, _ in ran.gaps] == ["events"]
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "satisfied"


def test_a_space_of_the_boundary_that_is_not_visible_is_named(run, healthy, become, monkeypatch):
    """Evidence about less than the declared system exits 3 and names the space."""
    become(healthy, "space-auditor")
    monkeypatch.setenv("COLLECT_BOUNDARY_SPACES", "agency-a/prod,agency-b/prod")

    ran = run("--control", "SI-2")

    assert ran.code == 3
    assert "declared but not visible: agency-b/prod" in ran.out
    assert run("--control", "SI-2", "-f", "json").gaps == [("spaces", "declared in the boundary, but not visible")]


def test_what_a_space_auditor_sees_is_all_that_the_answer_speaks_of(run, healthy, become):
    """Without a declared boundary the answer begins with the spaces that were seen."""
    become(healthy, "space-auditor")

    ran = run("--control", "SI-2")

    assert ran.code == 0
    assert "no boundary declared; spaces seen: agency-a/prod" in ran.out.splitlines()[0]


def test_no_login_at_all_says_what_to_set(run, healthy, monkeypatch):
    """With an API and nothing to log in with, the code is 4 and the hint lists the ways."""
    for word in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"COLLECT_CF_{word}")

    message, hint = run("--control", "SI-2").complaint

    assert message == "no login found"
    assert "COLLECT_CF_USERNAME" in hint


def test_half_a_login_is_a_mistake_in_the_settings(run, healthy, monkeypatch):
    """A name without its secret exits 2 and names the variable that is missing."""
    monkeypatch.delenv("COLLECT_CF_CLIENT_SECRET")

    ran = run("--control", "SI-2")

    assert ran.code == 2
    assert ran.complaint[0] == "COLLECT_CF_CLIENT_ID is set, but COLLECT_CF_CLIENT_SECRET is not"


def test_a_login_left_by_the_cf_cli_is_used(run, healthy, monkeypatch, home):
    """Without variables the cf CLI's own target and token serve, and its file is left as it was."""
    for word in ("API", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"COLLECT_CF_{word}")
    monkeypatch.setenv("PATH", "")
    config = home / ".cf" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"Target": healthy.api, "AccessToken": f"bearer {healthy.token('space-auditor')}"}))
    before = config.read_bytes()

    ran = run("--control", "SI-2")

    assert ran.code == 0
    assert config.read_bytes() == before


def test_tokens_that_are_revoked_in_the_middle_are_renewed_once(run, healthy):
    """A 401 in the middle of a walk costs one more login and nothing else."""
    healthy.faults.add("/v3/buildpacks", faults.before(healthy.uaa.revoke_access_tokens))

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert ran.gaps == []
    assert sum(request.path == "/oauth/token" for request in healthy.requests) == 2


def test_a_token_that_lives_shorter_than_the_run_is_renewed_before_it_ends(run, served):
    """Half of a short life is waited for at most: no request is ever refused."""
    foundation = served(healthy_world(this_second()), "space-auditor", token_lifetime=1, latency=0.15)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert ran.gaps == []
    assert sum(request.path == "/oauth/token" for request in foundation.requests) > 1


@pytest.mark.parametrize("refresh_lifetime", [43200, 30], ids=["refresh token", "password again"])
def test_a_token_that_ends_by_the_server_s_clock_is_renewed(run, served, refresh_lifetime):
    """A server whose clock runs ahead ends a token of 61 s early: it is renewed once, by whatever still works."""
    ticks = [0.0]
    foundation = served(
        healthy_world(this_second()),
        "space-auditor",
        token_lifetime=61,
        refresh_lifetime=refresh_lifetime,
        clock=lambda: ticks[0],
    )
    foundation.faults.add("/v3/apps", faults.before(lambda: ticks.__setitem__(0, 100.0)))

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert ran.gaps == []
    assert 2 <= sum(request.path == "/oauth/token" for request in foundation.requests) <= 3


def test_a_password_that_stops_working_in_the_middle_is_a_failed_login(run, healthy, become, tmp_path):
    """When the token ends and no new one is given, the run exits 4 and leaves no finished snapshot."""
    become(healthy, "space-auditor")

    def lock_out() -> None:
        healthy.uaa.revoke_access_tokens()
        healthy.faults.add("/oauth/token", faults.status(401), times=None)

    healthy.faults.add("/v3/buildpacks", faults.before(lock_out))

    ran = run("snapshot")

    assert ran.code == 4
    assert ran.complaint
    assert not list(tmp_path.rglob("manifest.json"))
