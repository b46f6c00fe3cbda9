"""What the tests ask, and what they read of an answer."""

from typing import Any, NamedTuple

from tests.cli.foreign.serving import Server
from tests.cli.running import Ran


class Watched(NamedTuple):
    """The servers of a platform."""

    production: Server
    staging: Server
    feeds: Server


def places(url: str) -> dict[str, str]:
    """Where the story's feeds lie below an address."""
    return {
        "stemcell_index": f"{url}/index",
        "stemcell_releases": f"{url}/repos/x/releases",
        "notices": f"{url}/ubuntu",
        "exploited": f"{url}/kev.json",
    }


def source(ran: Ran, name: str) -> Any:
    """What is said of one source of the newest snapshot."""
    return next(row for row in ran.json["coverage"]["sources"] if row["name"] == name)


def provider(ran: Ran) -> str:
    """The verdict on the platform's part of the control."""
    (control,) = ran.json["controls"]
    return str(control["parts"]["provider"])


def status_of(ran: Ran, check: str, kind: str) -> dict[str, str]:
    """By name of the subject, and of its deployment where it has one: the status under a check."""
    found = {}
    for row in ran.json["observations"]:
        subject = row["subject"]
        if row["check"] == check and subject["type"] == kind:
            where = f"{subject['deployment']} " if subject.get("deployment") else ""
            found[f"{where}{subject['name']}"] = row["status"]
    return found


def passed(ran: Ran) -> set[tuple[str, str, str]]:
    """Check and subject of everything about the platform that passes."""
    return {
        (row["check"], row["subject"].get("deployment") or "", row["subject"]["name"])
        for row in ran.json["observations"]
        if row["status"] == "pass" and row["subject"]["type"] in ("notice", "stemcell")
    }
