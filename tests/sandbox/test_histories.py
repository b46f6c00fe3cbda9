"""The platforms with a past: that they hold what they promise, and that their truth is that of the VMs."""

import json
from datetime import timedelta

import pytest

from collector.sandbox import (
    Foundation,
    Process,
    ambiguous_platform,
    demo_platform,
    demo_world,
    healthy_platform,
    healthy_world,
)
from collector.sandbox.bosh.records import order_of
from collector.sandbox.histories.ambiguous import KEPT, SKEW

JAMMY, NOBLE = "ubuntu-jammy", "ubuntu-noble"
WINDOW = timedelta(hours=96)
MAKERS = (demo_platform, healthy_platform, ambiguous_platform)


def hours(later, earlier):
    return None if later is None else round((later - earlier).total_seconds() / 3600, 1)


def running_of(world, guid):
    process = world.find("processes", guid)
    return process.running if isinstance(process, Process) else ()


def stages(platform, notice, line=JAMMY):
    known = platform.truth.stages_of(notice, line)
    times = (known.released, known.staging, known.production)
    return (known.version, *(hours(at, known.published) for at in times))


@pytest.mark.parametrize("make", MAKERS)
def test_a_platform_is_the_same_whenever_it_is_made(make, now):
    """Two platforms of one time have the same rows and the same truth."""
    one, other = make(now), make(now)
    assert one.truth == other.truth
    for name, director in one.directors.items():
        assert director.journal.rows == other.directors[name].journal.rows
        assert director.uuid == other.directors[name].uuid


@pytest.mark.parametrize("make", MAKERS)
def test_the_floor_is_the_oldest_vm(make, now):
    """What the truth says of now is what the VMs carry, ignored ones apart."""
    platform = make(now)
    for name, director in platform.directors.items():
        for deployment in director.deployments.values():
            for line in {one.line for one in deployment.instances}:
                machines = [one for one in deployment.instances if one.line == line and not one.ignored and one.vm]
                oldest = min((one.vm.stemcell.version for one in machines), key=order_of)
                floors = [
                    one for one in platform.truth.floors if (one.environment, one.deployment) == (name, deployment.name)
                ]
                assert [one.version for one in floors if one.line == line][-1] == oldest


@pytest.mark.parametrize("make", MAKERS)
def test_a_version_is_live_at_the_second_of_an_end_row(make, now):
    """Every arrival that the director still tells of has an end row without error at that very second."""
    platform = make(now)
    for name, director in platform.directors.items():
        ends = {
            (row["deployment"], row["timestamp"])
            for row in director.journal.rows
            if row["object_type"] == "deployment" and "parent_id" in row and "error" not in row
        }
        for live in platform.truth.live:
            if live.environment == name and live.version and live.since >= platform.truth.kept_since[name]:
                assert (live.deployment, int(live.since.timestamp())) in ends


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        ("USN-9001-1", ("1.1207", 24.2, 33.8, 60.2)),
        ("USN-9002-1", ("1.1209", 21.8, 55.4, 89.0)),
        ("USN-9004-1", ("1.1215", 216.2, 228.2, 259.4)),
        ("USN-9007-1", ("1.1222", 12.2, 21.8, 132.2)),
        ("USN-9008-1", ("1.1226", 9.8, 19.4, 43.4)),
        ("USN-9011-1", ("1.1233", 9.8, 17.0, 43.4)),
        ("USN-9019-1", ("1.1226", 223.4, 233.0, 257.0)),
        ("USN-9013-1", (None, None, None, None)),
        ("USN-9016-1", ("1.1236", 5.0, None, None)),
    ],
)
def test_the_demonstration_has_patches_of_every_kind(notice, expected, now):
    """In time, superseded, late by upstream, late by the platform, not packaged yet, not deployed yet."""
    assert stages(demo_platform(now), notice) == expected


def test_the_demonstration_rolled_back_for_a_day(now):
    """The patch of the version that was taken back is open again from one end row to another."""
    ((begin, end),) = demo_platform(now).truth.stages_of("USN-9006-1").reopened
    assert hours(end, begin) == 26.4


def test_the_demonstration_forgets_the_first_days(now):
    """Both directors have thrown away what is older than 50 days."""
    kept = demo_platform(now).truth.kept_since
    assert {name: (now - since).days for name, since in kept.items()} == {"production": 47, "staging": 47}


def test_in_the_demonstration_a_vulnerability_is_overdue(now):
    """One exploited vulnerability was fixed before its day, another after it."""
    platform = demo_platform(now)
    due = {one.cve: one.due for one in platform.feeds.exploited}
    fixed = {name: str(platform.truth.stages_of(f"USN-{name}-1").production) for name in ("9008", "9009")}
    assert fixed["9008"] <= str(due["CVE-2026-99008"])
    assert fixed["9009"][:10] > str(due["CVE-2026-99009"])


def test_instances_are_no_older_than_their_cells(now):
    """With the platform no app runs longer than its cell; the one on an old cell has not been restarted."""
    world, platform = demo_world(now), demo_platform(now)
    with Foundation(world, platform):
        deployments = platform.directors["production"].deployments.values()
        oldest = min(one.vm.created_at for known in deployments for one in known.instances if one.vm)
        since = {app.name: one.started_at for app in world.apps for one in running_of(world, app.guid)}
    assert min(since.values()) >= oldest
    assert hours(now, since["archive-search"]) > 14 * 24
    assert since["not-restarted"] == now - timedelta(days=19)
    assert hours(now, since["payments-api"]) < 48


def test_healthy_is_healthy(now):
    """Every patch was staged first and in production within the window, and all instances run on new cells."""
    world, platform = healthy_world(now), healthy_platform(now)
    for known in platform.truth.stages:
        times = [known.published, known.released, known.staging, known.production]
        assert all(times)
        assert times == sorted(at for at in times if at)
        assert known.production
        assert known.production <= known.published + WINDOW
        assert known.reopened == ()
    with Foundation(world, platform):
        newest = platform.truth.of("production", "cf-production", JAMMY)[-1].since
        begun = [one.started_at for app in world.apps for one in running_of(world, app.guid)]
    assert min(begun) > newest - timedelta(hours=1)


def test_the_ambiguous_platform_holds_every_ambiguity(now):
    """Each of the things that make a history hard to read is there, in rows, tasks or state."""
    platform = ambiguous_platform(now)
    production, staging = platform.directors["production"], platform.directors["staging"]
    tasks = [task for task in production.tasks.values() if task.kind == "deploy"]
    results = [task.result or "" for task in tasks]
    assert {task.state for task in tasks} == {"done", "error", "cancelled"}
    assert sum("(dry run)" in task.description for task in tasks) == 6
    assert sum(task.state == "error" and task.result is None for task in tasks) == 2
    assert any(result.startswith("Failed to acquire lock") for result in results)
    assert any("doesn't exist" in result for result in results)
    ids = [int(str(row["id"])) for row in production.journal.rows]
    assert ids[0] > 1
    assert len(ids) < ids[-1] - ids[0] + 1
    assert [task.state for task in staging.tasks.values()][-1] == "processing"
    assert staging.journal.rows[0]["id"] == "1"
    assert [one.label.rpartition("/")[2] for one in production.deployments["edge"].stemcells] == ["1.40", "1.45"]
    assert len({one.line for one in production.deployments["cf-production"].instances}) == 2
    assert "tools" not in production.deployments
    assert production.now - now == SKEW
    assert {name: (now - at).days <= KEPT[name] for name, at in platform.truth.kept_since.items()} == {
        "production": True,
        "staging": True,
    }


def test_before_equals_after_where_it_misleads(now):
    """Most successful deploys of production have before and after alike, because a dry run or an attempt came first."""
    director = ambiguous_platform(now).directors["production"]
    ends = json.loads(
        json.dumps([row["context"] for row in director.journal.rows if row["object_type"] == "deployment"])
    )
    pairs = [one for one in ends if one.get("before")]
    same = [one for one in pairs if one["before"]["stemcells"] == one["after"]["stemcells"]]
    assert len(same) > len(pairs) / 3
    assert json.dumps(pairs[0]).count("ubuntu-jammy-fips") == 2


def test_a_published_stemcell_may_be_older_than_its_notice(now):
    """A clock that was ahead gives a negative latency, which the truth keeps."""
    known = ambiguous_platform(now).truth.stages_of("USN-9205-1")
    assert hours(known.released, known.published) == -2.2
