"""`collect doctor` names what is missing and the command that mends it; `collect demo` shows the whole job offline."""

import os
import signal
from pathlib import Path

import pytest

from collector.sandbox import RateLimit, demo_world, faults
from tests.cli.running import begin, check_sums, end, files_below, this_second


def lines(out: str, what: str) -> list[str]:
    """The lines that a diagnosis of something printed, next steps included."""
    found: list[str] = []
    rows = out.splitlines()
    for number, row in enumerate(rows):
        if row[2:].startswith(what):
            found.append(row)
            found += [rows[number + 1].strip()] if rows[number + 1 : number + 2] and "→" in rows[number + 1] else []
    return found


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        ("global-auditor", 0),
        ("space-auditor", 0),
        ("space-developer", 0),
        ("service-account", 0),
        ("org-manager", 0),
        ("org-auditor", 3),
        ("org-user", 3),
        ("no-scope", 4),
        ("expired-password", 4),
    ],
)
def test_the_doctor_says_by_its_code_whether_a_login_will_do(run, demo, become, identity, code):
    """What would make `collect` exit 3 or 4 makes `collect doctor` exit so, too, with a next step."""
    become(demo, identity)

    ran = run("doctor")

    assert ran.code == code
    assert ("✗" in ran.out) is (code != 0)
    assert "→" in ran.out
    assert ran.err == ""


def test_a_space_that_is_not_visible_comes_with_the_command_that_shows_it(run, demo, become, monkeypatch):
    """The line can be pasted: it names the account, the organization and the space."""
    become(demo, "service-account")
    monkeypatch.setenv("COLLECT_BOUNDARY_SPACES", "agency-a/prod,agency-b/dev,agency-b/*")
    name = demo.credentials["service-account"].username

    ran = run("doctor")

    assert ran.code == 3
    assert lines(ran.out, "boundary") == [
        "✓ boundary      agency-a/prod is visible",
        "✗ boundary      agency-b/dev is not visible",
        f"→ cf set-space-role {name} agency-b dev SpaceAuditor",
        "✓ boundary      agency-b/* is visible",
    ]


def test_an_account_that_sees_no_app_is_told_which_role_to_ask_for(run, demo, become):
    """An org auditor sees events and no app: the doctor says so, by name."""
    become(demo, "org-auditor")

    ran = run("doctor")

    seen, hint = lines(ran.out, "apps")
    assert seen == "✗ apps          none visible: an org auditor or org user sees none"
    assert hint.endswith(": cf set-space-role org-auditor@agency-a.example ORG SPACE SpaceAuditor")


def test_an_org_manager_is_told_that_events_are_missing(run, demo, become):
    """Builds without a single event is a role that may not read events."""
    become(demo, "org-manager")

    assert lines(run("doctor").out, "audit events")[0] == "! audit events  none visible beside builds"


def test_the_rate_limit_is_told_with_what_a_snapshot_costs(run, served):
    """The limiter's numbers stand beside the number of requests that a snapshot takes."""
    served(demo_world(this_second()), rate_limit=RateLimit(general_limit=5000))

    (line,) = lines(run("doctor").out, "rate limit")

    assert "5000 requests in 60 minutes" in line
    assert "a snapshot of N apps asks about N/1000 + N/200 + 20 times" in line


def test_a_foundation_that_is_away_leaves_the_other_diagnoses(run, healthy, monkeypatch):
    """Settings and store are examined, whatever the API does; the worst code wins."""
    healthy.faults.add("/", faults.gateway_error(), times=None)

    ran = run("doctor")

    assert ran.code == 5
    assert lines(ran.out, "store")
    assert lines(ran.out, "foundation")[0] == "✗ foundation    no login: 502 after 5 attempts"


def test_the_doctor_leaves_nothing_in_the_store(run, healthy, tmp_path):
    """The probe is removed."""
    run("doctor", "--store", f"file:{tmp_path / 'kept'}")

    assert list(files_below(tmp_path)) == []


def test_the_demonstration_makes_every_artefact_and_prints_the_code(run):
    """Code 0 whatever the verdicts; the code that `collect` would return is said."""
    ran = run("demo")

    assert ran.code == 0
    assert check_sums(Path("demo-evidence")) > 20
    assert ran.err.splitlines() == [
        "collect: wrote 15 files into demo-evidence; begin with demo-evidence/evidence.html",
        "collect: on a real foundation this answer would return exit code 1",
    ]
    assert "are outside the 14-day restage window" in ran.out


def test_the_healthy_demonstration_would_return_zero(run):
    """--healthy shows what good looks like."""
    ran = run("demo", "--healthy", "-o", "fine", "-f", "json")

    assert ran.code == 0
    assert "would return exit code 0" in ran.err
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "satisfied"


def test_the_demonstration_is_not_swayed_by_what_lies_about(run, monkeypatch):
    """A collect.toml in the folder and a login in the environment have no part in it."""
    Path("collect.toml").write_text(
        '[system]\nname = "Mine"\n[cf]\napi = "https://api.example.gov"\n', encoding="utf-8"
    )
    monkeypatch.setenv("COLLECT_CF_API", "https://api.example.gov")

    ran = run("demo", "-f", "json")

    assert ran.code == 0
    assert ran.json["system"]["name"] == "Demonstration system"


def test_the_demonstration_writes_over_nothing(run):
    """A folder that holds something else is refused, and left as it was."""
    Path("demo-evidence").mkdir()
    Path("demo-evidence/mine.txt").write_text("mine", encoding="utf-8")

    ran = run("demo")

    assert ran.code == 2
    assert ran.complaint[0].endswith("demo-evidence holds something else")
    assert [path.name for path in files_below(Path("demo-evidence"))] == ["mine.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_served_demonstration_can_be_asked_and_ends_with_zero(run, monkeypatch, number):
    """What --serve exports is a login that works; Ctrl-C and SIGTERM end it with 0."""
    with begin("demo", "--serve", "-q") as process:
        assert process.stdout
        exported = {}
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                exported[name] = value
            if line.startswith("# the foundation runs"):
                break
        for name, value in exported.items():
            monkeypatch.setenv(name, value)
        asked = run("--control", "SI-2")
        os.kill(process.pid, number)
        ended = end(process)

    assert set(exported) >= {
        "COLLECT_CF_API",
        "COLLECT_CF_CLIENT_ID",
        "COLLECT_CF_CLIENT_SECRET",
        "COLLECT_BOSH_PRODUCTION_URL",
        "COLLECT_BOSH_STAGING_CLIENT_SECRET",
        "COLLECT_FEEDS_NOTICES",
    }
    assert asked.code == 1
    assert (ended.code, "Traceback" in ended.err) == (0, False)
