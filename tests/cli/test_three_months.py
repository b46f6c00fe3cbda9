"""Three months of one system, from snapshots taken at their time: an item opens, stays open, and is closed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.model import Snapshot
from collector.run import Clock, Job, Line, Stop, scope_of, take_snapshot
from collector.sandbox import Foundation, Scenery, Spec, World, restage, used
from collector.sandbox.people import give_roles, identities
from collector.sandbox.platform import furnish
from collector.sources import CLOUD_CONTROLLER, Scope
from collector.sources.cloud_controller import TOPICS
from collector.transport import Session, find_secrets, login
from tests.cli.running import login_of

PYTHON = (used("python_buildpack", "1.8.43"),)
BEGUN = datetime(2026, 7, 10, 9, tzinfo=UTC)
RESTAGED = datetime(2026, 10, 6, 14, 30, tzinfo=UTC)
SNAPSHOTS = ("2026-07-31", "2026-08-10", "2026-09-01", "2026-09-15", "2026-10-01", "2026-10-10", "2026-11-01")


def begin() -> World:
    """Two apps that were staged on the tenth of July."""
    scenery = Scenery(BEGUN)
    furnish(scenery)
    give_roles(scenery)
    for name in ("payments", "benefits"):
        scenery.app(Spec(name=name, space="agency-a/prod", age=timedelta(), used=PYTHON))
    return scenery.world(identities())


def live(world: World) -> None:
    """Payments is restaged in October alone, twice; benefits every week; snapshots lie days apart."""
    weekly = [BEGUN + timedelta(days=7 * week) for week in range(1, 17)]
    steps = [(at, "benefits") for at in weekly]
    steps += [(RESTAGED, "payments"), (RESTAGED + timedelta(days=13), "payments")]
    steps += [(datetime.fromisoformat(f"{day}T06:00:00Z"), "") for day in SNAPSHOTS]
    for at, app in sorted(steps):
        # What is restaged was staged a minute before.
        world.wait(at + timedelta(minutes=bool(app)) - world.now)
        if app:
            restage(world, app)
        else:
            take(world)


def take(world: World) -> Snapshot:
    """A snapshot of the world as it is now, in the store below ./evidence."""
    at, stop = world.now, Stop()
    with Foundation(world) as foundation:
        secrets = find_secrets(login_of(foundation, "global-auditor"), say=print)
        given: dict[str, Any] = {"now": lambda: at, "sleep": stop.sleep, "jitter": lambda: 0.5, "say": print}
        tokens = login(foundation.api, secrets, **given)
        session = Session(foundation.api, tokens=tokens, **given)
        job = Job(
            parent=Path("evidence"),
            system="default",
            foundation="https://api.example.gov",
            identity=tokens.identity,
            version="0",
            concurrency=2,
            scope=scope_of(Scope(needs=TOPICS - {"ssh"}, now=at), [CLOUD_CONTROLLER]),
        )
        clock = Clock(lambda: at, lambda: f"{at:%m%d%H%M}", lambda _progress: None)
        return take_snapshot([Line(CLOUD_CONTROLLER, foundation.api, lambda: session)], job, clock=clock, stop=stop)


@pytest.fixture
def months(run) -> dict[str, Any]:
    """What the plans of August, September and October say of payments, and what each answer printed."""
    live(begin())
    found = {}
    for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
        ran = run("report", "--month", month, "--control", "SI-2", "-f", "json")
        (folder,) = Path("evidence/system=default/reports").glob(f"period={month}/*")
        plan = folder / "poam.json"
        found[month] = (ran.json, json.loads(plan.read_bytes()) if plan.is_file() else None)
    return found


def item(plan: Any) -> tuple[Any, Any]:
    """The item on restages and its risk."""
    body = plan["plan-of-action-and-milestones"]
    (number,) = (n for n, row in enumerate(body["poam-items"]) if row["title"].startswith("app-restage-age"))
    return body["poam-items"][number], body["risks"][number]


def test_the_life_of_an_item(months):
    """Opened in August, open in September, closed in October when the new droplet was set, gone in November."""
    opened, still, closed = (item(months[month][1]) for month in ("2026-08", "2026-09", "2026-10"))

    assert opened[0]["uuid"] == still[0]["uuid"] == closed[0]["uuid"]
    assert [risk["status"] for _, risk in (opened, still, closed)] == ["open", "open", "closed"]
    assert closed[1]["risk-log"]["entries"][-1]["start"] == "2026-10-06T14:30:08Z"
    later = months["2026-11"][0]["month"]["items"]
    assert [row for row in later if row["check"] == "app-restage-age" and row["component"].startswith("python")] == []


def test_the_hours_of_each_month(months):
    """Outside from fourteen days after the staging to the restage, to the second; never both, never more."""
    hours = {}
    for month, (answer, _) in months.items():
        rows = {(row["check"], row["subject"]["name"]): row for row in answer["month"]["held"]}
        row = rows["app-restage-age", "payments"]
        hours[month] = (row["outside_hours"], row["inside_hours"], row["unknown_hours"])
    assert hours["2026-08"] == (31 * 24.0, 0, 0)
    assert hours["2026-09"] == (30 * 24.0, 0, 0)
    outside = 5 * 24 + 14.5
    assert hours["2026-10"] == pytest.approx((outside, 31 * 24 - outside, 0), abs=0.01)


def test_october_beside_september(months):
    """The differences name what was outside in both, and what is new or fixed."""
    differences = {
        (row["check"], row["subject"]["name"]): (row["kind"], row["months"])
        for row in months["2026-10"][0]["month"]["differences"]
    }
    assert differences["app-restage-age", "payments"] == ("repeated", 3)
    figures = {
        row["month"]: row["inside"]
        for row in months["2026-10"][0]["month"]["figures"]
        if (row["name"], row["by"]) == ("restage-age", "")
    }
    assert list(figures) == ["2026-08", "2026-09", "2026-10"]
