"""Harvests over several days from a director that forgets after twelve hours: complete, or said not to be."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from collector.evidence import last_manifest, states
from collector.model import Identity
from collector.run import Clock, Job, Line, Stop, scope_of, take_snapshot
from collector.sources import Scope, bosh
from collector.stores import open_store
from collector.transport import find_bosh_secrets, open_director
from tests.cli.foreign.asking import passed, places, source, status_of
from tests.cli.foreign.serving import Director, Server
from tests.cli.foreign.story import DAY, HOUR, Story
from tests.cli.foreign.writing import z
from tests.cli.running import this_second

MINUTE = timedelta(minutes=1)
KEPT = 12 * HOUR
LOGIN = {"COLLECT_BOSH_{}_CLIENT": "collector", "COLLECT_BOSH_{}_CLIENT_SECRET": "a-word-of-this-test"}


class Platform(NamedTuple):
    """Two directors of which only the last twelve hours can be seen, and their servers."""

    story: Story
    servers: Mapping[str, Server]
    whole: Mapping[str, Director]

    def now(self, at: datetime) -> None:
        """Let the directors show what they show at an instant."""
        for name, server in self.servers.items():
            server.answer = cut(self.whole[name], at)
            server.skew = at - this_second()

    def harvest(self, at: datetime) -> None:
        """What `collect snapshot --source bosh` does at an instant, into the store below ./evidence."""
        self.now(at)
        store = open_store("file:./evidence", environment={}, say=print, chance=lambda: f"{at:%d%H%M}")
        names = {bosh.source_name(name): name for name in self.servers}
        known = states(store, "default", since=at - 62 * DAY, wanted=names)
        harvests = {
            name: bosh.Harvest(environment=name, since=known.get(of, {}), now=at, vms=at.hour < 6)
            for of, name in names.items()
        }
        job = Job(
            parent=Path("evidence"),
            system="default",
            foundation="https://api.example.gov",
            identity=Identity(),
            version="0",
            concurrency=2,
            scope=scope_of(Scope(needs=frozenset(), now=at), list(names), bosh=harvests),
            previous=last_manifest(store, "default"),
        )
        clock = Clock(lambda: at, lambda: f"{at:%m%d%H%M}", lambda _progress: None)
        lines = [Line(of, self.servers[name].url, self.opener(name, at)) for of, name in names.items()]
        take_snapshot(lines, job, clock=clock, stop=Stop())

    def opener(self, name: str, at: datetime) -> Callable[[], Any]:
        """How a director is reached."""
        secrets = find_bosh_secrets(name, {key.format(name.upper()): value for key, value in LOGIN.items()})
        given: dict[str, Any] = {"now": lambda: at, "sleep": lambda _: None, "jitter": lambda: 0.5, "say": print}
        return lambda: open_director(self.servers[name].url, environment=name, secrets=secrets, **given)


def busy(director: Director, since: datetime, until: datetime) -> None:
    """Add what a director writes all day: an alert every ten minutes. Ids follow the time."""
    at, extra = since, []
    while at < until:
        extra.append({"timestamp": int(at.timestamp()), "action": "create", "object_type": "alert", "context": {}})
        at += 10 * MINUTE
    rows = sorted([*director.rows, *extra], key=lambda row: row["timestamp"])
    numbers = {row["id"]: str(number) for number, row in enumerate(rows, 1) if "id" in row}
    director.rows = [
        {**row, "id": str(number), **({"parent_id": numbers[row["parent_id"]]} if "parent_id" in row else {})}
        for number, row in enumerate(rows, 1)
    ]


def cut(whole: Director, at: datetime) -> Director:
    """A director as it is at an instant: nothing of later, and no event of more than twelve hours before."""
    seen = Director(whole.uuid)
    second, oldest = int(at.timestamp()), int((at - KEPT).timestamp())
    seen.rows = [row for row in whole.rows if oldest < row["timestamp"] <= second]
    seen.tasks = [row for row in whole.tasks if row["timestamp"] and row["timestamp"] <= second]
    runs = {row["deployment"]: "" for row in seen.tasks}
    for name in runs:
        ends = [row for row in whole.rows if row["object_type"] == "deployment" and row["object_name"] == name]
        ends = [row for row in ends if row["timestamp"] <= second and row.get("parent_id") and not row.get("error")]
        bound = {name for row in ends for name in row["context"]["after"]["stemcells"]}
        runs[name] = max(bound, key=lambda text: [int(part) for part in text.partition("/")[2].split(".")])
    seen.deployments = [_as_bound(row, runs[row["name"]]) for row in whole.deployments if row["name"] in runs]
    seen.stemcells = whole.stemcells
    for name, machines in whole.machines.items():
        if name in runs:
            of, version = runs[name].split("/")
            made = min(second, max(row["timestamp"] for row in seen.tasks if row["deployment"] == name))
            seen.machines[name] = [
                {**row, "vm_created_at": z(datetime.fromtimestamp(made, at.tzinfo) - MINUTE)}
                | {"stemcell": {"name": of, "version": version, "api_version": 3}}
                for row in machines
            ]
    return seen


def _as_bound(row: Mapping[str, Any], stemcell: str) -> dict[str, Any]:
    of, version = stemcell.split("/")
    return {**row, "stemcells": [{"name": of, "version": version}]}


@pytest.fixture
def platform(story, serve, about) -> Platform:
    """The story's directors, as forgetful as those of cloud.gov, and its feeds."""
    whole = {"production": story.production, "staging": story.staging}
    for director in whole.values():
        busy(director, story.at(days=18), story.at(days=25, hours=1))
    servers = {name: serve(director) for name, director in whole.items()}
    about({name: server.url for name, server in servers.items()}, places(serve(story.feeds).url), line="")
    return Platform(story, servers, whole)


def harvested(platform: Platform, skipped: Callable[[datetime], bool] = lambda _: False) -> None:
    """Every six hours from the twentieth day on."""
    for number in range(20):
        at = platform.story.at(days=20, hours=6 * number)
        if not skipped(at):
            platform.harvest(at)
    platform.now(this_second())


def test_every_six_hours(platform, ask):
    """Nothing of what happened since the first harvest is lost, and everything about it is known to the second."""
    harvested(platform)
    ran = ask()

    for name in ("bosh-production", "bosh-staging"):
        # Nothing is known of before the first harvest, and that is said; everything is of later.
        (gap,) = source(ran, name)["gaps"]
        assert gap["reason"].startswith(f"not seen before {z(platform.story.at(days=20) - KEPT + 10 * MINUTE)}")
    (row,) = (row for row in ran.json["patches"] if row["subject"]["name"] == "USN-7004-1")
    stages = {name: (stage["not_before"], stage["not_after"]) for name, stage in row["stages"].items() if stage}
    at = {"published": (20, 2), "released": (22, 0), "staging": (22, 12), "production": (23, 18)}
    wanted = {name: z(platform.story.at(days=days, hours=hours)) for name, (days, hours) in at.items()}
    assert {name: stages[name] for name in wanted} == {name: (when, when) for name, when in wanted.items()}
    assert status_of(ran, "os-patch-latency", "notice")["USN-7004-1"] == "pass"
    assert status_of(ran, "tested-before-production", "stemcell")["cf ubuntu-jammy/1.103"] == "pass"


@pytest.fixture
def whole(platform, ask) -> set[tuple[str, str, str]]:
    """What passes where directors forget nothing."""
    return passed(ask())


def test_harvests_that_were_missed(platform, whole, ask):
    """A day without harvests is a gap with its two instants, and nothing passes that does not with all of them."""
    first, last = platform.story.at(days=22), platform.story.at(days=23)
    harvested(platform, lambda at: first < at < last)
    ran = ask()

    gaps = [gap["reason"] for gap in source(ran, "bosh-production")["gaps"]]
    seen = [re.findall(r"^not seen between (\S+) and ", gap) for gap in gaps]
    assert [len(found) for found in seen] == [0, 1]
    # The director's clock goes on while it is asked.
    assert timedelta() <= datetime.fromisoformat(seen[1][0]) - first <= timedelta(seconds=5)
    assert ran.code in (1, 3)
    assert passed(ran) <= whole


def test_a_deploy_that_nobody_saw(platform, whole, ask):
    """Where no machine tells either, a deploy that was pruned between two harvests is not known, and never a pass."""
    for director in platform.whole.values():
        director.machines.clear()
    first, last = platform.story.at(days=23), platform.story.at(days=24, hours=17)
    harvested(platform, lambda at: first < at < last)
    ran = ask()

    assert passed(ran) < whole
    assert status_of(ran, "os-patch-latency", "notice")["USN-7004-1"] == "unknown"
    deployed = status_of(ran, "stemcell-deployment-latency", "stemcell")
    assert (deployed["cf ubuntu-jammy/1.103"], deployed["iso ubuntu-jammy/1.103"]) == ("unknown", "unknown")
    (row,) = (row for row in ran.json["patches"] if row["subject"]["name"] == "USN-7004-1")
    live = row["stages"]["production"]
    before, after = (datetime.fromisoformat(live[end]) for end in ("not_before", "not_after"))
    assert abs(before - first) <= timedelta(seconds=2)
    # What the director still keeps then begins twelve hours before the next harvest.
    assert timedelta() <= after - (last + HOUR - KEPT) <= 10 * MINUTE


def test_a_director_that_was_made_anew(platform, whole, ask):
    """A new director begins its ids again: what it tells is joined to what the old one told, and the seam is said."""
    seam = platform.story.at(days=22, hours=7)
    harvested(platform, lambda at: at > seam)
    old = platform.whole["production"]
    made = Director("cccccccc-0000-4000-8000-000000000003")
    rows = [row for row in old.rows if row["timestamp"] > int(seam.timestamp())]
    first = int(rows[0]["id"]) - 1
    lower = {row["id"]: str(int(row["id"]) - first) for row in rows}
    made.rows = [{**row, "id": lower[row["id"]]} for row in rows]
    made.rows = [{**row, "parent_id": lower[row["parent_id"]]} if "parent_id" in row else row for row in made.rows]
    made.tasks = [row for row in old.tasks if row["started_at"] > int(seam.timestamp())]
    made.deployments, made.stemcells, made.machines = old.deployments, old.stemcells, old.machines
    platform.whole["production"] = made
    harvested(platform, lambda at: at < seam)
    ran = ask()

    gaps = [gap["reason"] for gap in source(ran, "bosh-production")["gaps"]]
    assert any("anew" in gap for gap in gaps)
    assert passed(ran) <= whole
