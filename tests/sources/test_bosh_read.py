"""What is read from the answers of a director: every row once, in any order, and no more than they prove."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import IntegrityError
from collector.evidence import Ask
from collector.model import Deployed, DirectorEvent, DirectorTask, Gap, Vm
from collector.sources.bosh import Harvest, read, source_name, state
from tests.sources.bosh_fakes import (
    NEW,
    NOW,
    OLD,
    FakeDirector,
    Harvested,
    deployed,
    document_of,
    event,
    harvest,
    listed,
    lock,
    recreated,
    vm,
)

STEMCELL = "bosh-aws-xen-hvm-ubuntu-jammy-go_agent"
TASK = {"id": 9, "state": "done", "description": "create deployment", "deployment": "cf"}


def busy() -> FakeDirector:
    """A director with one deploy, its task and its VMs."""
    rows = [
        event(1, "director", "u-1", action="start"),
        lock(2, "acquire"),
        recreated(3, "cell/a", context={"az": "z1", "changes": ["stemcell", "packages"]}),
        recreated(4, "cell/a", parent_id="3", error="'cell/a' is not running"),
        event(5, "deployment", "cf", deployment="cf", task="9"),
        deployed(6),
        lock(7, "release"),
    ]
    return FakeDirector(
        events=rows,
        deployments=[listed("cf", "1.1330", "1.1333", locked=True)],
        tasks=[{**TASK, "started_at": 1_794_000_120, "timestamp": 1_794_000_420, "result": "/deployments/cf"}],
        vms={"cf": [vm("cell/b", "1.1330", ignore=True), vm("cell/a")]},
    )


def only_event(**fields: Any) -> DirectorEvent:
    """The one event that a director has, with these fields."""
    row = {**deployed(5), **fields}
    (found,) = (
        harvest(FakeDirector(events=[{name: value for name, value in row.items() if value is not None}]))
        .director()
        .events
    )
    return found


def test_what_a_director_says_of_itself() -> None:
    """Uuid, name, version, and the place that it was asked at."""
    found = harvest(busy(), skew=2.0).director()

    assert (found.environment, found.uuid, found.name, found.version) == (
        "production",
        "u-1",
        "bosh",
        "283.1.6 (00000000)",
    )
    assert (found.url, found.taken_at) == ("https://director.example.gov:25555", NOW)
    assert (found.clock_skew_seconds, found.uploaded) == (2.0, (f"{STEMCELL}/1.1333",))


def test_every_kind_of_event_is_read() -> None:
    """Locks, instances with what changes, and both rows of the deployment; those of VMs are not asked for."""
    found = {row.id: row for row in harvest(busy()).director().events}

    assert list(found) == [2, 3, 4, 5, 6, 7]
    assert (found[2].action, found[2].object_type, found[2].deployment) == ("acquire", "lock", "cf")
    assert (found[3].instance, found[3].changes, found[3].parent) == ("cell/a", ("stemcell", "packages"), None)
    assert (found[4].parent, found[4].error, found[4].changes) == (3, "'cell/a' is not running", ())
    assert (found[5].before, found[5].after, found[5].parent) == (None, None, None)
    assert (found[6].before, found[6].after, found[6].parent, found[6].task) == ((OLD,), (OLD, NEW), 5, "9")
    assert (found[6].releases_before, found[6].releases_after) == ((), ("cf/58.0.0",))
    assert found[7].at == datetime(2026, 11, 6, 21, 27, tzinfo=UTC)
    assert found[6].document.startswith("sha256:")


@pytest.mark.parametrize(
    ("context", "before", "after"),
    [
        ({}, None, None),
        (None, None, None),
        ({"before": {}, "after": {"stemcells": [NEW]}}, (), (NEW,)),
        ({"before": {"releases": ["cf/1"]}, "after": {}}, (), ()),
        ({"after": {"stemcells": [NEW]}}, None, (NEW,)),
    ],
)
def test_an_empty_set_is_not_an_unknown_one(
    context: Any, before: tuple[str, ...] | None, after: tuple[str, ...] | None
) -> None:
    """The first deploy has nothing before it; a failure before binding does not say what there was."""
    found = only_event(context=context)

    assert (found.before, found.after) == (before, after)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"id": 5, "parent_id": 4, "task": 37}, (5, 4, "37", "cf")),
        ({"task": None, "parent_id": None}, (5, None, "", "cf")),
        ({"deployment": None}, (5, 4, "9", "cf")),
        ({"error": None, "user": None, "object_name": "cf", "unheard": {"of": 1}}, (5, 4, "9", "cf")),
    ],
)
def test_rows_of_any_age_are_read(fields: Any, wanted: tuple[Any, ...]) -> None:
    """Ids as text or numbers, empty fields left out, fields that nobody knows."""
    found = only_event(**fields)

    assert (found.id, found.parent, found.task, found.deployment) == wanted


@pytest.mark.parametrize(
    ("row", "started", "ended"),
    [
        ({"state": "queued"}, None, None),
        ({"state": "processing", "started_at": 60, "timestamp": None}, 60, None),
        ({"state": "processing", "started_at": 60, "timestamp": 60}, 60, None),
        ({"state": "cancelling", "started_at": 60, "timestamp": 61}, 60, None),
        ({"state": "error", "started_at": 60, "timestamp": 60, "result": None}, 60, 60),
        ({"state": "done", "started_at": 60, "timestamp": 90, "result": "/deployments/cf"}, 60, 90),
        ({"state": "timeout", "timestamp": 90}, None, 90),
    ],
)
def test_a_task_has_no_end_before_it_is_over(row: Any, started: int | None, ended: int | None) -> None:
    """Older directors stamp tasks that still run; a killed one ends in the second in which it began."""
    fake = busy()
    fake.tasks = [{**TASK, **row}]

    (found,) = harvest(fake).director().tasks

    def time(epoch: int | None) -> datetime | None:
        return None if epoch is None else datetime.fromtimestamp(epoch, UTC)

    assert msgspec.structs.replace(found, document="") == DirectorTask(
        id=9,
        state=row["state"],
        description="create deployment",
        deployment="cf",
        started_at=time(started),
        ended_at=time(ended),
        result=row.get("result"),
    )


def test_deployments_are_read_as_listed() -> None:
    """With all that is bound, and whether a task holds the lock; the time is that of the answer."""
    (found,) = harvest(busy()).director().listed or ()

    assert msgspec.structs.replace(found, document="") == Deployed(
        name="cf",
        stemcells=(OLD, NEW),
        releases=(),
        observed_at=NOW + timedelta(milliseconds=500),
        locked=True,
    )


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {}),
        ({"ignore": True, "active": False}, {"ignored": True, "active": False}),
        ({"ignore": None, "active": None, "ips": None}, {"ips": ()}),
        ({"stemcell": None}, {"stemcell": ""}),
        ({"stemcell": {"name": None, "version": None}}, {"stemcell": ""}),
        ({"vm_created_at": None}, {"created_at": None}),
        ({"job_state": "unresponsive agent", "vitals": None}, {"state": "unresponsive agent"}),
        ({"id": None, "index": 3}, {"instance": "cell/3"}),
    ],
)
def test_a_vm_is_read_with_what_is_not_known_of_it(fields: Any, wanted: Any) -> None:
    """A VM that an older director made has no stemcell; a silent agent takes nothing away from what is known."""
    fake = busy()
    fake.vms = {"cf": [vm("cell/a", **fields)]}
    found = harvest(fake, vms=True)

    (row,) = found.director().vms

    (document,) = [document for document in found.snapshot.documents if document.what == "vms cf"]
    usual = Vm(
        deployment="cf",
        instance="cell/a",
        stemcell=NEW,
        observed_at=document.retrieved_at,
        created_at=datetime(2026, 11, 9, 13, 4, 6, tzinfo=UTC),
        state="running",
        ips=("10.0.0.4",),
        document=document.digest,
    )
    assert row == msgspec.structs.replace(usual, **wanted)


def test_a_line_without_a_vm_is_no_vm() -> None:
    """It stands for an instance that has none at the moment."""
    fake = busy()
    fake.vms = {"cf": [vm("cell/a"), vm("cell/b", vm_cid=None, stemcell=None)]}

    found = harvest(fake, vms=True).director()

    assert [row.instance for row in found.vms] == ["cell/a"]
    assert found.vms_of == ("cf",)


@given(st.data())
def test_the_order_of_documents_does_not_matter(data: st.DataObject) -> None:
    """A snapshot may list its documents in any order."""
    harvested = harvest(busy(), vms=True)
    shuffled = data.draw(st.permutations(harvested.snapshot.documents))

    assert harvested.director(shuffled) == harvested.director()


@given(st.data())
def test_the_order_of_answers_does_not_matter(data: st.DataObject) -> None:
    """Whatever arrives first, the same is asked and the same is read, but for the times of the answers."""
    fake = busy()
    fake.deployments.append(listed("tools"))
    fake.events = [*fake.events, *(deployed(number, "gone") for number in range(8, 420))]

    harvested = harvest(fake, pick=lambda waiting: data.draw(st.integers(0, len(waiting) - 1)))

    usual = harvest(fake)
    assert sorted(harvested.questions) == sorted(usual.questions)
    found, wanted = harvested.director(), usual.director()
    assert [msgspec.structs.replace(row, document="") for row in found.events] == [
        msgspec.structs.replace(row, document="") for row in wanted.events
    ]
    assert (found.deployments, found.reach and found.reach.after_id) == (wanted.deployments, 0)


class Living:
    """A director that goes on writing, and prunes down to so many events, while it is read."""

    def __init__(self, writes: list[int], keep: int, gaps: list[int]) -> None:
        self.writes, self.keep, self.gaps = iter(writes), keep, iter(gaps)
        self.written: list[dict[str, Any]] = []
        self.next = 1

    def __call__(self, fake: FakeDirector, _ask: Ask) -> None:
        for _ in range(next(self.writes, 0)):
            kinds = (
                deployed,
                lambda number: lock(number, "acquire"),
                lambda number: recreated(number, "cell/a"),
                event,
            )
            row = kinds[self.next % 4](self.next)
            self.next += 1 + next(self.gaps, 0)
            self.written.append(row)
            fake.events.append(row)
        fake.events = fake.events[-self.keep :]


@given(
    st.lists(st.integers(0, 30), max_size=60),
    st.integers(1, 60),
    st.lists(st.integers(0, 2), max_size=200),
    st.integers(1, 25),
)
def test_what_is_claimed_to_be_read_was_read(writes: list[int], keep: int, gaps: list[int], limit: int) -> None:
    """Over six harvests of a director that writes and prunes meanwhile, no event within a reach is missing."""
    living = Living(writes, keep, gaps)
    fake = FakeDirector(deployments=[listed("cf")], limit=limit, before=living)
    since: dict[str, str] = {}
    last: int | None = None
    seen: set[int] = set()
    for number in range(6):
        wanted = Harvest(environment="production", now=NOW + number * timedelta(hours=4), since=since, vms=False)
        found = harvest(fake, now=wanted.now, since=since).director()
        assert found.reach is not None
        seen |= {row.id for row in found.events}
        claimed = range(found.reach.after_id + 1, found.reach.upto_id + 1)
        relevant = {int(row["id"]) for row in living.written if row["object_type"] != "vm"}
        assert {identifier for identifier in relevant if identifier in claimed} <= seen
        if found.reach.reason == "" and number:
            assert found.reach.after_id == last
        since, last = state(found, wanted), found.reach.upto_id


@pytest.mark.parametrize(
    ("what", "subjects"),
    [
        ("deployments", ()),
        ("events-newest", ()),
        ("events-anchor", ()),
        ("events-deployments", ()),
        ("events-locks", ("cf",)),
        ("events-instances", ("cf",)),
    ],
)
def test_events_that_were_not_all_read_have_no_reach(what: str, subjects: tuple[str, ...]) -> None:
    """Those that were read are given all the same; the next harvest goes on from where this one did."""
    harvested = harvest(busy())
    (record,) = harvested.snapshot.sources
    gap = Gap(what=what, reason="502 after 5 attempts", http_status=502, subjects=subjects)
    record = msgspec.structs.replace(record, gaps=(gap,))

    found = Harvested(
        harvested.asks,
        [gap],
        msgspec.structs.replace(harvested.snapshot, sources=(record,)),
        harvested.bodies,
    ).director()

    assert found.reach is None
    assert len(found.events) == 6
    since = {"uuid": "u-1", "upto_id": "3", "until": "2026-11-23T06:00:00+00:00", "vms_at": "x"}
    assert state(found, Harvest(environment="production", now=NOW, since=since)) == since
    assert state(found) == {}


@pytest.mark.parametrize("what", ["stemcells", "tasks", "vms-poll", "vms cf"])
def test_other_gaps_take_nothing_from_the_events(what: str) -> None:
    """What else was not read says so for itself."""
    harvested = harvest(busy())
    (record,) = harvested.snapshot.sources
    record = msgspec.structs.replace(record, gaps=(Gap(what=what, reason="401"),))
    snapshot = msgspec.structs.replace(harvested.snapshot, sources=(record,))

    assert Harvested([], [], snapshot, harvested.bodies).director().reach is not None


def test_the_end_of_the_reach_is_by_the_clock_of_the_director() -> None:
    """In whole seconds, as its events are, rounded down."""
    slow, fast = harvest(busy(), skew=-90.25).director().reach, harvest(busy(), skew=3.5).director().reach

    assert slow is not None
    assert fast is not None
    assert slow.until == datetime(2026, 11, 23, 11, 58, 30, tzinfo=UTC)
    assert fast.until == datetime(2026, 11, 23, 12, 0, 4, tzinfo=UTC)


def test_a_row_that_lies_on_two_pages_counts_once() -> None:
    """The last answer about it is the one that is cited."""
    harvested = harvest(busy())
    body = json.dumps([deployed(6)]).encode()
    again = document_of("events-deployments", body, NOW + timedelta(minutes=1), query={"before_id": "7"})
    harvested.bodies[again.file] = body

    found = harvested.director([*harvested.snapshot.documents, again])

    assert [row.id for row in found.events] == [2, 3, 4, 5, 6, 7]
    assert found.events[4].document == again.digest


def test_the_newest_list_of_vms_counts() -> None:
    """An interrupted snapshot that went on may hold two."""
    harvested = harvest(busy(), vms=True)
    body = json.dumps(vm("cell/a", "1.1340")).encode()
    again = document_of("vms cf", body, NOW + timedelta(minutes=1))
    harvested.bodies[again.file] = body

    found = harvested.director([again, *harvested.snapshot.documents])

    assert [row.stemcell for row in found.vms] == [f"{STEMCELL}/1.1340"]


def test_where_the_next_harvest_goes_on() -> None:
    """By the newest event, and by when the VMs were seen last."""
    first = Harvest(environment="production", now=NOW, deployments=("cf*", "a*"))

    stated = state(harvest(busy(), vms=True, deployments=first.deployments).director(), first)

    seen = NOW + timedelta(seconds=3.25)
    assert stated == {
        "uuid": "u-1",
        "upto_id": "7",
        "until": "2026-11-23T12:00:01+00:00",
        "vms_at": seen.isoformat(),
        "deployments": "a*,cf*",
    }
    later = Harvest(environment="production", now=NOW + timedelta(hours=4), since=stated, vms=False)
    again = state(harvest(busy(), since=stated, now=later.now).director(), later)
    assert again["vms_at"] == stated["vms_at"]
    anew = state(harvest(FakeDirector(uuid="u-2"), since=stated).director(), later)
    assert (anew["uuid"], anew["upto_id"], "vms_at" in anew) == ("u-2", "0", False)


def test_a_director_that_was_not_asked_is_none() -> None:
    """Nor is one that did not say which one it is: what it says cannot be attributed."""
    asked = harvest(busy())
    silent = harvest(FakeDirector(user=None))

    assert read(asked.snapshot, "staging", lambda _: b"") is None
    assert read(msgspec.structs.replace(asked.snapshot, scope={}), "production", lambda _: b"") is None
    assert read(silent.snapshot, "production", lambda _: b"") is None
    assert source_name("staging") == "bosh-staging"


def test_stored_evidence_that_cannot_be_read_is_said_to_be_damaged() -> None:
    """It was readable when it was fetched."""
    harvested = harvest(busy())

    with pytest.raises(IntegrityError, match=r"raw/bosh-production/.* cannot be read: unreadable JSON"):
        read(harvested.snapshot, "production", lambda _: b"{")


def test_without_the_look_below_nothing_is_claimed() -> None:
    """Events may have been pruned while the others were read."""
    harvested = harvest(busy())
    documents = [document for document in harvested.snapshot.documents if document.what != "events-anchor"]

    assert harvested.director(documents).reach is None
