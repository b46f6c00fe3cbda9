"""A platform of which every instant was worked out by hand: what the tool says of it is right to the second."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cli.foreign.asking import status_of
from tests.cli.foreign.story import LIVE, NOTICES, STAGED, STEMCELLS
from tests.cli.foreign.writing import body_of, z

LATENCY = "os-patch-latency"


@pytest.fixture
def answer(watched, ask) -> Any:
    """What is said of it."""
    return ask()


def stages_of(row: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The ends of the stages that were reached."""
    found = {name: row["stages"][name] for name in ("published", "released", "staging", "production")}
    return {name: (stage["not_before"], stage["not_after"]) for name, stage in found.items() if stage}


def test_every_stage_to_the_second(story, answer):
    """Notice, stemcell, staging, production: each at the second at which it happened, in both lines."""
    lines = {(row["subject"]["name"], row["line"]): row for row in answer.json["patches"]}
    first = {"USN-7001-1": "1.99", "USN-7002-1": "1.100", "USN-7003-1": "1.101", "USN-7003-2": "1.102"}
    first["USN-7004-1"] = "1.103"
    reached = {**dict.fromkeys(("1.101", "1.102"), "1.103")}
    for name, version in first.items():
        row = lines[name, "ubuntu-jammy"]
        live = reached.get(version, version)
        wanted = {
            "published": z(story.zero + NOTICES[name]),
            "released": z(story.zero + STEMCELLS[version]),
            "staging": z(story.zero + STAGED[live]),
            "production": z(story.zero + LIVE[live]),
        }
        assert row["fixed_in"] == version
        assert stages_of(row) == {stage: (at, at) for stage, at in wanted.items()}, name


def test_hours_and_verdicts(answer):
    """Exactly 96 hours are inside and a second more is not; who held the stage is named."""
    lines = {row["subject"]["name"]: row for row in answer.json["patches"] if row["line"] == "ubuntu-jammy"}
    assert {name: row["hours"]["total"] for name, row in lines.items()} == {
        "USN-7001-1": 96.0,
        "USN-7002-1": pytest.approx(96.0 + 1 / 3600, abs=1e-4),
        "USN-7003-1": 11 * 24 + 18.0,
        "USN-7003-2": 11 * 24 + 17.0,
        "USN-7004-1": 3 * 24 + 16.0,
    }
    assert status_of(answer, "stemcell-packaging-latency", "notice") | {"USN-7009-1": ""} == {
        "USN-7001-1": "pass",
        "USN-7002-1": "fail",
        "USN-7003-1": "pass",
        "USN-7003-2": "fail",
        "USN-7004-1": "pass",
        "USN-7009-1": "",
    }
    late = {name for name, status in status_of(answer, "os-patch-latency", "notice").items() if status == "fail"}
    held = {name: row["held_by"] for name, row in lines.items() if name in late}
    assert held == {"USN-7002-1": "upstream", "USN-7003-1": "platform", "USN-7003-2": "platform"}
    deployed = status_of(answer, "stemcell-deployment-latency", "stemcell")
    production = {name: status for name, status in deployed.items() if status != "not-applicable"}
    assert production == {
        "cf ubuntu-jammy/1.99": "pass",
        "iso ubuntu-jammy/1.99": "pass",
        "cf ubuntu-jammy/1.100": "pass",
        "iso ubuntu-jammy/1.100": "pass",
        "cf ubuntu-jammy/1.101": "fail",
        "iso ubuntu-jammy/1.101": "fail",
        "cf ubuntu-jammy/1.102": "fail",
        "iso ubuntu-jammy/1.102": "fail",
        "cf ubuntu-jammy/1.103": "pass",
        "iso ubuntu-jammy/1.103": "pass",
        "db ubuntu-jammy-fips/1.101": "pass",
        "db ubuntu-jammy-fips/1.102": "pass",
        "db ubuntu-jammy-fips/1.1003": "fail",
        "db ubuntu-jammy-fips/1.1004": "pass",
    }


def test_the_other_checks(answer):
    """Current, uniform, tested before production, and the due dates of what is exploited."""
    assert set(status_of(answer, "stemcell-uniform", "stemcell").values()) <= {"pass", "not-applicable"}
    current = status_of(answer, "stemcell-current", "stemcell")
    assert current["cf ubuntu-jammy/1.103"] == current["iso ubuntu-jammy/1.103"] == "pass"
    tested = status_of(answer, "tested-before-production", "stemcell")
    assert {tested[f"{where} ubuntu-jammy/{version}"] for where in ("cf", "iso") for version in LIVE} == {"pass"}
    due = status_of(answer, "exploited-vulnerability-due", "notice")
    assert (due["USN-7001-1"], due["USN-7004-1"], due["USN-7002-1"]) == ("fail", "pass", "not-applicable")
    assert answer.code == 1


def test_a_line_that_says_nothing(story, watched, ask):
    """A notice of which it is not known whether it applies to one line does not pass for what the other line shows."""
    rows = json.loads(story.feeds.files["/repos/x/releases"])
    for row in rows:
        if row["tag_name"].startswith("ubuntu-jammy-fips/"):
            row["body"] = body_of({})
    story.feeds.files["/repos/x/releases"] = json.dumps(rows).encode()
    ran = ask()

    latency = status_of(ran, "os-patch-latency", "notice")
    assert (latency["USN-7004-1"], latency["USN-7002-1"]) == ("unknown", "fail")
    (row,) = (
        row for row in ran.json["observations"] if row["subject"]["name"] == "USN-7004-1" and row["check"] == LATENCY
    )
    assert "ubuntu-jammy-fips" in row["detail"]
    due = status_of(ran, "exploited-vulnerability-due", "notice")
    assert (due["USN-7001-1"], due["USN-7004-1"]) == ("fail", "pass")
