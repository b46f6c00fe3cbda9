"""Every answer of a recorded director that a harvest may get, decoded; and harvests of its whole history."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from collector.errors import Malformed, Refused
from collector.model import Deployed, DirectorTask, Reach
from collector.sources.bosh import Harvest, state, wire
from tests.sources.bosh_fakes import NOW, RECORDINGS, FakeDirector, harvest, recorded, recorded_only, recorded_status

pytestmark = recorded_only

JAMMY = "bosh-aws-xen-hvm-ubuntu-jammy-go_agent"
FIPS = "bosh-aws-xen-hvm-ubuntu-jammy-fips-go_agent"
UUID = "5f2d7a10-6c1e-4a7b-9c55-3b1d0c9a4e21"


def cases(*prefixes: str) -> list[str]:
    """The recorded cases of these kinds with status 200."""
    names = sorted(path.stem for path in RECORDINGS.glob("*.json")) if RECORDINGS.is_dir() else []
    return [name for name in names if name.startswith(prefixes) and recorded_status(name) == 200]


def rows(*names: str) -> list[dict[str, Any]]:
    """The rows of recorded lists."""
    return [row for name in names for row in json.loads(recorded(name))]


def whole() -> FakeDirector:
    """The recorded director with all of its history."""
    fake = FakeDirector(uuid=UUID, events=rows("events-page-1", "events-page-2", "events-page-3"))
    fake.deployments = rows("deployments-ignored-instance")
    fake.tasks = [row for row in rows("tasks") if row["deployment"]]
    fake.vms = {"cf-production": [json.loads(line) for line in recorded("task-vms-full-result").splitlines()]}
    return fake


@pytest.mark.parametrize("case", cases("events-", "scope-events-"))
def test_every_list_of_events_is_read(case: str) -> None:
    """Also those with configurations in them, by their ids alone."""
    given = json.loads(recorded(case))

    assert [str(row.number) for row in wire.HEADS(recorded(case))] == [row["id"] for row in given]
    assert len(wire.EVENTS(recorded(case))) == len(given)


@pytest.mark.parametrize("case", cases("deployments", "scope-deployments"))
def test_every_list_of_deployments_is_read(case: str) -> None:
    """But for the one that was asked to leave stemcells out."""
    if case == "deployments-exclude-all":
        with pytest.raises(Malformed, match="missing required field"):
            wire.DEPLOYMENTS(recorded(case))
    else:
        assert [row.name for row in wire.DEPLOYMENTS(recorded(case))] == [row["name"] for row in rows(case)]


@pytest.mark.parametrize("case", cases("stemcells", "scope-stemcells"))
def test_every_list_of_stemcells_is_read(case: str) -> None:
    """With names and versions."""
    assert [row.label for row in wire.STEMCELLS(recorded(case))] == [
        f"{row['name']}/{row['version']}" for row in rows(case)
    ]


@pytest.mark.parametrize("case", cases("tasks", "scope-tasks"))
def test_every_list_of_tasks_is_read(case: str) -> None:
    """Those that still run, too."""
    assert [row.id for row in wire.TASKS(recorded(case))] == [row["id"] for row in rows(case)]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("task-vms-full-done", None),
        ("task-vms-full-queued", None),
        ("task-deploy-processing", None),
        ("task-deploy-cancelling", None),
        ("task-deploy-cancelled", "task 40 of the director ended as cancelled: task cancelled"),
        ("task-deploy-killed", "task 10 of the director ended as error"),
    ],
)
def test_a_task_that_is_waited_for(case: str, said: str | None) -> None:
    """It is over with a result, it goes on, or it has failed."""
    if said is None:
        task = wire.progress(last=False)(recorded(case))
        assert task.over == (task.state == "done")
    else:
        with pytest.raises(Refused) as refused:
            wire.progress(last=False)(recorded(case))
        assert str(refused.value) == said


def test_a_result_that_is_not_there_yet_is_no_list_of_vms() -> None:
    """The director gives 200 and nothing."""
    with pytest.raises(Refused):
        wire.vms(recorded("task-vms-full-result-while-queued"))


@pytest.mark.parametrize("case", ["info-with-expired-token", "info-anonymous"])
def test_a_token_that_is_not_accepted_shows_in_info(case: str) -> None:
    """With status 200."""
    with pytest.raises(Refused, match="did not accept the token"):
        wire.info(recorded(case))


@pytest.mark.parametrize(
    ("case", "user"),
    [("info-with-client-token", "collector"), ("info-with-scopeless-token", None), ("basic-info-with-user", None)],
)
def test_info_names_the_director(case: str, user: str | None) -> None:
    """Its uuid, and the stemcell that it runs on itself."""
    found = wire.info(recorded(case))

    assert found.uuid
    assert found.stemcell == "ubuntu-jammy/1.1330"
    assert user in {None, found.user}


def test_the_recorded_history_is_read_wholly() -> None:
    """553 events in three pages, of which the deployment, lock and instance rows of both deployments count."""
    harvested = harvest(whole(), vms=True)

    asked = Counter(ask.what for ask in harvested.asks)
    assert asked == {
        "info": 1,
        "deployments": 1,
        "stemcells": 1,
        "tasks": 2,
        "events-newest": 1,
        "events-deployments": 1,
        "events-locks": 2,
        "events-instances": 2,
        "events-anchor": 1,
        "vms-task": 2,
        "vms-poll": 6,
        "vms cf-production": 1,
        "vms tools": 1,
    }
    found = harvested.director()
    kinds = Counter((row.object_type, row.deployment) for row in found.events)
    given = Counter(
        (row["object_type"], row["deployment"])
        for row in whole().events
        if row["object_type"] in {"deployment", "instance"} or row.get("object_name", "").startswith("lock:deployment:")
    )
    assert kinds == given
    assert found.reach == Reach(after_id=0, upto_id=553, since=None, until=datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC))
    assert found.deployments == ("cf-production", "tools")


def test_a_recorded_deploy_is_read_to_the_letter() -> None:
    """Task 7 failed at one instance; task 8 has the same set before as after."""
    found = [row for row in harvest(whole()).director().events if row.object_type == "deployment"]

    failed = next(row for row in found if row.task == "7" and row.parent)
    retried = next(row for row in found if row.task == "8" and row.parent)
    first = next(row for row in found if row.task == "5" and row.parent)
    assert failed.error
    assert (failed.before, failed.after) == ((f"{JAMMY}/1.1305",), (f"{JAMMY}/1.1305", f"{JAMMY}/1.1311"))
    assert retried.before == retried.after == (f"{JAMMY}/1.1305", f"{JAMMY}/1.1311")
    assert (first.action, first.before, first.releases_before) == ("create", (), ())
    assert first.releases_after == ("cf/57.0.0", "cflinuxfs4/1.320.0", "python-buildpack/1.9.0")


def test_recorded_vms_name_the_stemcell_that_they_run() -> None:
    """One ignored VM is on the old one, a silent agent is on the new one."""
    found = harvest(whole(), vms=True).director()

    by_version = Counter((row.group, row.stemcell, row.ignored, row.state) for row in found.vms)
    assert by_version == {
        ("api", f"{JAMMY}/1.1335", False, "running"): 1,
        ("diego-cell", f"{JAMMY}/1.1335", False, "running"): 1,
        ("diego-cell", f"{JAMMY}/1.1335", False, "unresponsive agent"): 1,
        ("diego-cell", f"{JAMMY}/1.1330", True, "running"): 1,
    }
    assert found.vms_of == ("cf-production",)
    assert all(row.created_at is not None and row.ips for row in found.vms)


def test_a_recorded_list_of_deployments_shows_what_is_bound() -> None:
    """Two stemcells after a failed deploy, though none says which VM runs which."""
    fake = whole()
    fake.deployments = rows("deployments-after-failed-deploy")

    (found,) = harvest(fake).director().listed or ()

    assert isinstance(found, Deployed)
    assert (found.name, found.locked) == ("cf-production", False)
    assert set(found.stemcells) == {f"{JAMMY}/1.1305", f"{JAMMY}/1.1311"}


def test_recorded_tasks_end_as_they_did() -> None:
    """The killed one has no result and ends in the second in which it began."""
    fake = whole()
    fake.tasks = [json.loads(recorded(case)) for case in ("task-deploy-killed", "task-deploy-processing")]

    killed, running = harvest(fake).director().tasks

    assert isinstance(killed, DirectorTask)
    assert (killed.id, killed.state, killed.result) == (10, "error", None)
    assert killed.started_at == killed.ended_at is not None
    assert (running.id, running.state, running.ended_at) == (37, "processing", None)


def test_recorded_events_after_pruning() -> None:
    """The oldest 260 are gone; what a harvest up to 200 had not read is a gap, what one up to 300 had read is none."""
    fake = whole()
    fake.events = rows("events-after-pruning-page-1", "events-after-pruning-last-page")
    first = harvest(fake).director()
    since = {"uuid": UUID, "until": "2026-11-10T00:00:00+00:00"}

    assert first.reach is not None
    assert (first.reach.after_id, first.reach.upto_id, first.reach.reason) == (260, 563, "")
    late = harvest(fake, since={**since, "upto_id": "200"}).director().reach
    assert late is not None
    assert late.after_id == 260
    assert late.reason.startswith("events written after 2026-11-10T00:00:00Z were pruned before they were read")
    early = harvest(fake, since={**since, "upto_id": "300"}).director().reach
    assert early is not None
    assert (early.after_id, early.reason) == (300, "")


def test_two_harvests_of_the_recorded_history_are_one() -> None:
    """The second one goes on where the first one ended, in one page of each kind."""
    fake, every = whole(), whole().events
    fake.events = [row for row in every if int(row["id"]) <= 353]
    first = harvest(fake).director()
    fake.events = every
    harvested = harvest(fake, since=state(first, Harvest(environment="production", now=NOW)))
    second = harvested.director()

    assert {row.id for row in (*first.events, *second.events)} == {row.id for row in harvest(whole()).director().events}
    assert second.reach is not None
    assert second.reach.after_id == 353
    assert Counter(ask.what for ask in harvested.asks)["events-deployments"] == 1


def test_a_recorded_deploy_in_flight() -> None:
    """A lock without release, rows of instances, no row of the deployment."""
    fake = whole()
    fake.events = [*(row for row in fake.events if int(row["id"]) < 442), *rows("events-inflight-by-task")]
    fake.deployments = rows("deployments-locked")

    found = harvest(fake).director()

    running = [row for row in found.events if row.task == "37"]
    assert Counter((row.object_type, row.action) for row in running) == {
        ("lock", "acquire"): 1,
        ("instance", "recreate"): 3,
    }
    assert [row.locked for row in found.listed or () if row.name == "cf-production"] == [True]


def test_a_recorded_client_of_one_team_sees_the_events_of_all() -> None:
    """It lists its own deployment only."""
    fake = whole()
    fake.deployments = rows("scope-deployments-team-admin")

    found = harvest(fake).director()

    assert [row.name for row in found.listed or ()] == ["tools"]
    assert found.listed is not None
    assert found.listed[0].stemcells == (f"{FIPS}/1.1335",)
    assert found.deployments == ("cf-production", "tools")


def test_a_recorded_director_without_events() -> None:
    """A fresh database has one row, and no deployment."""
    fake = FakeDirector(uuid=UUID, events=rows("events-only-director-start"))
    fake.deployments = rows("deployments-empty")

    found = harvest(fake).director()

    assert (found.deployments, found.listed, found.events) == ((), (), ())
    assert found.reach is not None
    assert (found.reach.after_id, found.reach.upto_id, found.reach.since) == (0, 1, None)
