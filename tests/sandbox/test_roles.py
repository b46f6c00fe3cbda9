"""What each role sees: the table of the reference, row by row."""

import pytest

from tests.sandbox.http_client import ask, fetch

TABLES = ("apps", "droplets", "builds", "processes", "audit_events", "spaces", "organizations")


def totals(foundation, caller):
    return {name: ask(foundation, f"/v3/{name}?per_page=1", caller).pagination["total_results"] for name in TABLES}


def in_space(foundation, *spaces):
    names = {row.guid: row.name for row in foundation.world.rows("organizations")}
    places = {
        row.guid: f"{names[foundation.world.organization_of(row)]}/{row.name}"
        for row in foundation.world.rows("spaces")
    }
    return sum(places[app.space_guid] in spaces for app in foundation.world.apps)


@pytest.mark.parametrize("caller", ["space-auditor", "space-developer"])
def test_a_space_role_sees_one_space(demo, caller):
    """An auditor or developer of a space sees everything in it, and its organization."""
    seen = totals(demo, caller)
    assert seen["apps"] == in_space(demo, "agency-a/prod") > 0
    assert (seen["spaces"], seen["organizations"]) == (1, 1)
    assert min(seen.values()) > 0


def test_a_service_account_sees_the_spaces_it_was_added_to(demo):
    """Several roles add up."""
    seen = totals(demo, "service-account")
    assert seen["apps"] == in_space(demo, "agency-a/prod", "agency-a/staging", "agency-b/prod")
    assert (seen["spaces"], seen["organizations"]) == (3, 2)


def test_an_organization_manager_sees_apps_and_no_events(demo):
    """An organization's manager sees all its spaces, but 200 and no audit event."""
    seen = totals(demo, "org-manager")
    assert seen["apps"] == in_space(demo, "agency-a/prod", "agency-a/staging")
    assert (seen["spaces"], seen["organizations"], seen["audit_events"]) == (2, 1, 0)
    assert seen["droplets"] > 0


def test_an_organization_auditor_sees_events_and_no_apps(demo):
    """An organization's auditor gets 200 and nothing, except for events and the organization."""
    seen = totals(demo, "org-auditor")
    assert seen.pop("audit_events") > 0
    assert seen.pop("organizations") == 1
    assert set(seen.values()) == {0}


def test_an_organization_user_sees_the_organization_only(demo):
    """A plain member gets 200 and nothing but the organization."""
    seen = totals(demo, "org-user")
    assert seen.pop("organizations") == 1
    assert set(seen.values()) == {0}


@pytest.mark.parametrize("caller", ["global-auditor", "global-auditor-user"])
def test_a_global_auditor_sees_all(demo, caller):
    """The scope shows the whole foundation, events of buildpacks among it."""
    seen = totals(demo, caller)
    assert seen == {name: len(demo.world.rows(name)) for name in TABLES}
    uploads = ask(demo, "/v3/audit_events?types=audit.buildpack.upload", caller).pagination["total_results"]
    assert uploads == 2


def test_only_a_global_auditor_sees_events_of_buildpacks(demo):
    """An upload of a buildpack is in no space, so no role shows it."""
    for caller in ("space-auditor", "org-auditor", "org-manager"):
        got = ask(demo, "/v3/audit_events?types=audit.buildpack.upload", caller)
        assert got.pagination["total_results"] == 0


@pytest.mark.parametrize("caller", ["org-user", "org-auditor", "space-auditor", "global-auditor"])
def test_everyone_sees_buildpacks_and_stacks(demo, caller):
    """The platform's offer is open to every caller with a read scope."""
    for name in ("buildpacks", "stacks"):
        assert ask(demo, f"/v3/{name}", caller).resources


def test_what_is_invisible_does_not_exist(demo):
    """An invisible app, its droplets and its processes are 404, not 403."""
    other = demo.world.named("url-pinned")
    for end in ("", "/droplets", "/droplets/current", "/processes", "/env", "/ssh_enabled"):
        assert ask(demo, f"/v3/apps/{other.guid}{end}", "space-auditor").status == 404
    assert ask(demo, f"/v3/droplets/{other.droplet_guid}", "space-auditor").status == 404
    assert ask(demo, f"/v3/processes/{other.guid}/stats", "space-auditor").status == 404
    assert ask(demo, f"/v3/spaces/{other.space_guid}/features/ssh", "space-auditor").status == 404


def test_no_scope_is_not_no_role(demo):
    """A token without a read scope is 403, whatever roles its user has."""
    got = ask(demo, "/v3/apps", "no-scope")
    assert (got.status, got.json["errors"][0]["code"]) == (403, 10003)


def test_a_caller_sees_its_own_roles(demo):
    """A service account can find out where it may look."""
    guid = demo.credentials["service-account"].identity.guid
    got = ask(demo, f"/v3/roles?user_guids={guid}", "service-account")
    assert sorted(row["type"] for row in got.resources) == ["organization_user"] * 2 + ["space_auditor"] * 3


def test_a_developer_reads_what_auditors_find_hidden(demo):
    """The start commands of a droplet are hidden from auditors at its own address."""
    guid = demo.world.named("benefits-api").droplet_guid
    hidden = ask(demo, f"/v3/droplets/{guid}", "space-auditor").json
    shown = ask(demo, f"/v3/droplets/{guid}", "space-developer").json
    assert hidden["process_types"] == {"redacted_message": "[PRIVATE DATA HIDDEN]"}
    assert shown["process_types"] == {"web": "start"}


def test_writing_is_never_possible(fresh):
    """The sandbox is for reading: a POST is refused, and logged as what it was."""
    got = fetch(fresh.api, "/v3/apps", {"Authorization": f"bearer {fresh.token('space-developer')}"}, "{}")
    assert got.status == 403
    assert [(asked.method, asked.status) for asked in fresh.requests] == [("POST", 403)]
