"""Every way we could think of to get a "satisfied" or a 0 out of the tool that is not earned."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from collector.sandbox import Foundation, Role, faults
from collector.sandbox.faults import Action
from tests.cli.running import this_second

Edit = Callable[[dict[str, Any]], object]


def edit_rows(change: Edit) -> Action:
    """Change each row of a page before it is sent."""
    return faults.edited(lambda page: [change(row) for row in page["resources"]])


def cut_short(page: dict[str, Any]) -> None:
    """A page that ends too early, and does not know it: fewer rows than it says there are, and no next page."""
    page["resources"] = page["resources"][:-1]
    page["pagination"]["next"] = None


def emptied(page: dict[str, Any]) -> None:
    """A page without rows that points to a next one."""
    page["resources"] = []
    page["pagination"]["next"] = {"href": "https://api.example.gov/next"}


def shift_dates(by: timedelta) -> Action:
    """A server whose clock differs from ours."""

    def act(produce: Any) -> Any:
        answer = produce()
        date = format_datetime(this_second() + by, usegmt=True)
        return replace(answer, headers={**answer.headers, "date": date})

    return act


@pytest.mark.parametrize("state", ["started", "RUNNING", "PAUSED", ""])
def test_an_app_in_a_state_that_is_not_known_is_not_taken_for_stopped(run, healthy, state):
    """Only STOPPED is stopped: an app in any other state is judged, not left out."""
    healthy.faults.add("/v3/apps", edit_rows(lambda app: app.update(state=state)), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert "not-applicable" not in ran.statuses("app-restage-age").values()


@pytest.mark.parametrize("fault", [faults.edited(cut_short), faults.edited(emptied)], ids=["cut short", "emptied"])
def test_a_list_of_apps_that_ends_too_early_is_found(run, healthy, fault):
    """A page that is shorter than it says is asked for again, and never believed: nothing can be said without it."""
    healthy.faults.add("/v3/apps", fault, query="order_by", times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert (ran.code, ran.out) == (5, "")


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/v3/tasks", cut_short),
        ("/v3/tasks", emptied),
        ("/v3/audit_events", cut_short),
        ("/v3/buildpacks", cut_short),
        ("/v3/buildpacks", emptied),
        ("/v3/spaces", cut_short),
        ("/v3/spaces", emptied),
    ],
)
def test_any_list_that_ends_too_early_is_a_gap(run, demo, path, fault):
    """A page with fewer rows than it says there are was not wholly read; absence in it proves nothing."""
    demo.faults.add(path, faults.edited(fault), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.gaps != []


def test_tasks_that_were_left_out_do_not_hide_an_app(run, demo):
    """A stopped app whose tasks are cut from the list is unknown, not outside the question."""
    demo.faults.add("/v3/tasks", faults.edited(emptied), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.statuses("app-restage-age")["nightly-tasks"] != "not-applicable"


@pytest.mark.parametrize("days", [1, 400])
def test_a_droplet_from_the_future_is_not_young(run, healthy, days):
    """A droplet that was staged tomorrow says that a clock is wrong, not that it is fresh."""
    later = f"{this_second() + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    healthy.faults.add("/v3/droplets", edit_rows(lambda droplet: droplet.update(created_at=later)), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code != 0
    assert set(ran.statuses("app-restage-age").values()) == {"unknown"}


@pytest.mark.parametrize("words", [["--control", "SI-2"], ["snapshot"]])
@pytest.mark.parametrize("days", [30, -30])
def test_a_clock_that_is_wrong_judges_nothing(run, healthy, words, days):
    """With our clock thirty days off, old droplets would look young: nothing is read, stored or judged."""
    healthy.faults.add("/", shift_dates(timedelta(days=days)), times=None)

    ran = run(*words)

    message, hint = ran.complaint
    assert ran.code == 2
    said = re.fullmatch(r"the API's clock is ([+-]\d+) s from ours: no age could be believed", message)
    assert said is not None
    assert abs(int(said[1]) - days * 86400) < 60
    assert hint == "set this machine's clock (NTP)"
    assert list(Path().iterdir()) == []


def test_a_clock_that_differs_by_a_minute_is_no_hindrance(run, healthy):
    """Clocks are never the same: what does not change a verdict changes nothing."""
    healthy.faults.add("/", shift_dates(timedelta(minutes=2)), times=None)

    assert run("--control", "SI-2").code == 0


def test_asking_about_a_time_before_all_apps_is_no_success(run, healthy):
    """Where nothing existed nothing is shown: the code is not 0."""
    ran = run("--control", "SI-2", "--as-of", "2001-01-01")

    assert ran.code != 0


def test_a_folder_without_controls_is_a_mistake(run, healthy):
    """--controls with an empty folder asks nothing, and nothing is not in its window."""
    Path("none").mkdir()

    ran = run("--controls", "none")

    assert ran.code == 2
    assert ran.out == ""


@pytest.mark.parametrize("limit", ["inf", "nan", "-1", "0"])
def test_a_window_that_is_no_window_is_refused(run, healthy, limit):
    """A limit that everything or nothing meets is a mistake in the settings, whatever authority it names."""
    Path("collect.toml").write_text(
        f'[policy]\nrestage = {{ limit_days = {limit}, authority = "nobody" }}\n', encoding="utf-8"
    )

    ran = run("--control", "SI-2")

    assert ran.code == 2


def test_a_wide_window_is_said_to_be_an_override(run, demo):
    """Who widens a window is named beside it in the answer."""
    Path("collect.toml").write_text(
        '[policy]\nrestage = { limit_days = 9999, authority = "SSP 4.2" }\n', encoding="utf-8"
    )

    window = run("--control", "SI-2", "-f", "json").json["windows"]["restage"]

    assert (window["limit_hours"], window["authority"], window["overridden"]) == (239976, "SSP 4.2", True)


@pytest.mark.parametrize("patterns", [["--space", "agency-a/prod"], ["--org", "agency-a"]])
def test_an_inventory_of_a_part_is_not_called_complete(run, healthy, monkeypatch, patterns):
    """A run that was narrowed did not read every space of the boundary."""
    monkeypatch.setenv("COLLECT_BOUNDARY_SPACES", "agency-a/*,agency-b/*")

    ran = run("--control", "CM-2(2)", *patterns, "-f", "json")

    assert ran.objectives("CM-2(2)")["cm-2.2_obj-2"] != "satisfied"


@pytest.mark.parametrize("patterns", [["--space", "agency-a/prod"], ["--org", "agency-a"]])
def test_a_narrowed_snapshot_is_not_called_complete_later(run, healthy, monkeypatch, patterns):
    """Replayed without patterns, a snapshot of a part is still one of a part."""
    monkeypatch.setenv("COLLECT_BOUNDARY_SPACES", "agency-a/*,agency-b/*")
    run("snapshot", *patterns)

    ran = run("--from", "latest", "--control", "CM-2(2)", "-f", "json")

    assert ran.objectives("CM-2(2)")["cm-2.2_obj-2"] != "satisfied"


def test_an_inventory_of_nothing_is_not_current(run, healthy, become):
    """A fresh snapshot in which no app is visible is no current inventory."""
    become(healthy, "org-auditor")

    ran = run("--control", "CM-2(2)", "-f", "json")

    assert ran.objectives("CM-2(2)")["cm-2.2_obj-1"] != "satisfied"


def _blind(foundation: Foundation, name: str) -> None:
    """Take all roles in spaces away from an identity."""
    user = foundation.credentials[name].identity.guid
    rows = foundation.world.rows("roles")
    foundation.world.remove(*(row.guid for row in rows if isinstance(row, Role) and row.user_guid == user))


@pytest.mark.parametrize("when", ["/v3/droplets", "/v3/apps"])
def test_a_role_that_is_taken_away_in_the_middle_is_noticed(run, healthy, become, when):
    """When the login goes blind between two lists, what it no longer sees is missing, not absent."""
    become(healthy, "service-account")
    act = faults.before if when == "/v3/droplets" else faults.after
    healthy.faults.add(when, act(lambda: _blind(healthy, "service-account")))

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/v3/droplets", lambda row: row.update(created_at=None)),
        ("/v3/droplets", lambda row: row.update(created_at="2026-11-20 12:00:00")),
        ("/v3/droplets", lambda row: row.pop("buildpacks")),
        ("/v3/apps", lambda row: row.pop("relationships")),
        ("/v3/apps", lambda row: row.update(lifecycle={"type": "buildpack"})),
        ("/v3/buildpacks", lambda row: row.update(updated_at="yesterday")),
    ],
    ids=["no time", "no offset", "no buildpacks", "no relationships", "no lifecycle data", "a word for a time"],
)
def test_an_answer_that_lacks_what_was_promised_is_no_answer(run, healthy, path, change):
    """A row without a field that a verdict needs makes its page unreadable: a gap or no answer at all."""
    healthy.faults.add(path, edit_rows(change), times=None)

    ran = run("--control", "SI-2")

    assert ran.code in {3, 5}


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.update(enabled=False),
        lambda row: row.update(state="AWAITING_UPLOAD"),
        lambda row: row.update(filename=None),
        lambda row: row.update(filename="python_buildpack-cached-cflinuxfs4-newest.zip"),
        lambda row: row.update(name=f"{row['name']}-renamed"),
        lambda row: row.update(stack="cflinuxfs9"),
        lambda row: row.update(lifecycle="cnb"),
    ],
    ids=["disabled", "no upload", "no file", "no version", "renamed", "another stack", "another lifecycle"],
)
def test_a_platform_that_offers_nothing_to_compare_with_shows_nothing(run, healthy, change):
    """Without a version to compare with, no buildpack is current."""
    healthy.faults.add("/v3/buildpacks", edit_rows(change), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code != 0
    assert set(ran.statuses("buildpack-current").values()) == {"unknown"}
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"


@pytest.mark.parametrize("version", [None, "", "latest", "1.8.43-rc1", "99999999999.0"])
def test_a_droplet_that_does_not_say_its_version_is_not_current(run, healthy, version):
    """A version that cannot be read is unknown."""

    def change(row: dict[str, Any]) -> None:
        for pack in row["buildpacks"]:
            pack["version"] = version

    healthy.faults.add("/v3/droplets", edit_rows(change), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code != 0
    assert set(ran.statuses("buildpack-current").values()) == {"unknown"}


def test_a_control_that_is_asked_for_twice_is_answered_once(run, healthy):
    """Two spellings of one control are one question."""
    ran = run("--control", "SI-2", "--control", "si-2", "-f", "json")

    assert [row["id"] for row in ran.json["controls"]] == ["SI-2"]


def test_findings_never_hide_that_evidence_is_incomplete(run, demo):
    """Where something is flagged and something was not read, the code is 3."""
    demo.faults.add("/v3/buildpacks", faults.server_error(), times=None)

    ran = run("--control", "SI-2")

    assert ran.code == 3
    assert "incomplete evidence" in ran.out
    assert "are outside the 14-day restage window" in ran.out


def test_a_page_of_another_list_is_not_taken_for_this_one(run, healthy):
    """Rows of spaces where buildpacks were promised are no buildpacks."""
    spaces = [{"guid": "1", "name": "prod", "created_at": "2026-11-20T12:00:00Z", "relationships": {}}]
    healthy.faults.add("/v3/buildpacks", faults.edited(lambda page: page.update(resources=spaces)), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert "buildpacks" in [what for what, _ in ran.gaps]
