"""Reading a snapshot: the newest answer wins, and what does not add up is a gap."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import IntegrityError
from collector.evidence import unpack
from collector.model import Facts, Gap
from collector.sources.cloud_controller import read
from collector.sources.cloud_controller.read import _without_userinfo
from tests.sources.snapshots import TAKEN, Answer, facts_of, listed, record


def app(guid: str, **given: Any) -> dict[str, Any]:
    droplet = given.pop("droplet", None)
    return {
        "guid": guid,
        "created_at": "2026-01-01T00:00:00Z",
        "name": guid,
        "state": "STARTED",
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": [], "stack": "cflinuxfs4"}},
        "relationships": {"space": {"data": {"guid": "s"}}, "current_droplet": {"data": {"guid": droplet}}},
        **given,
    }


def droplet(guid: str, **given: Any) -> dict[str, Any]:
    return {
        "guid": guid,
        "created_at": "2026-11-01T00:00:00Z",
        "state": "STAGED",
        "lifecycle": {"type": "buildpack", "data": {}},
        "checksum": None,
        "buildpacks": [],
        "stack": "cflinuxfs4",
        "image": None,
        "relationships": {"app": {"data": {"guid": "a"}}},
        "links": {},
        **given,
    }


def build(guid: str, state: str) -> dict[str, Any]:
    return {
        "guid": guid,
        "created_at": "2026-11-20T00:00:00Z",
        "state": state,
        "error": None,
        "package": None,
        "droplet": None,
        "relationships": {"app": {"data": {"guid": "a"}}},
    }


def event(guid: str) -> dict[str, Any]:
    target = {"guid": "a", "type": "app", "name": "api"}
    return {"guid": guid, "created_at": "2026-11-20T00:00:00Z", "type": "audit.app.build.staged", "target": target}


def process(guid: str, *instances: dict[str, Any]) -> dict[str, Any]:
    return {
        "guid": guid,
        "created_at": "2026-01-01T00:00:00Z",
        "relationships": {"app": {"data": {"guid": "a"}}},
        "process_instances": instances,
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://user:word@git.example.gov/x.git#v1", "https://git.example.gov/x.git#v1"),
        ("https://***:***@git.example.gov/x.git", "https://git.example.gov/x.git"),
        ("https://user:p@ss@git.example.gov/x.git", "https://git.example.gov/x.git"),
        ("https://token@git.example.gov/x.git", "https://git.example.gov/x.git"),
        ("docker://user:word@registry.example.gov/x/y", "docker://registry.example.gov/x/y"),
        ("https://git.example.gov/x@v1.git", "https://git.example.gov/x@v1.git"),
        ("https://git.example.gov/x.git#mail@here", "https://git.example.gov/x.git#mail@here"),
        ("https://git.example.gov#mail@here", "https://git.example.gov#mail@here"),
        ("python_buildpack", "python_buildpack"),
    ],
)
def test_credentials_in_addresses(name: str, shown: str) -> None:
    """Credentials in a buildpack's address are dropped, masked or not; the rest of it stays."""
    assert _without_userinfo(name) == shown


def test_credentials_are_in_no_record(tmp_path: Path) -> None:
    """Neither the app's own list nor the droplet's shows the credentials of a buildpack's address."""
    secret = "https://user:hunter2@git.example.gov/x.git"
    lifecycle = {"type": "buildpack", "data": {"buildpacks": [secret], "stack": "cflinuxfs4"}}
    pages = [
        Answer("apps", listed(app("a", droplet="d", lifecycle=lifecycle))),
        Answer("droplets", listed(droplet("d", buildpacks=[{"name": secret}]))),
    ]
    facts = facts_of(tmp_path, pages)
    assert "git.example.gov/x.git" in str(facts)
    assert "hunter2" not in str(facts)


def test_droplet_not_given(tmp_path: Path) -> None:
    """A droplet that an app names and no answer holds is a gap about it, and no other droplet becomes unknown."""
    pages = [
        Answer("apps", listed(app("a", droplet="d-1"), app("b", droplet="d-2"), app("c"))),
        Answer("droplets", listed(droplet("d-2")), query={"guids": "d-1,d-2"}),
    ]
    facts = facts_of(tmp_path, pages)
    assert facts.gaps == (Gap(what="droplets", reason="asked for by guid and not given", subjects=("d-1",)),)
    assert "droplets" in facts.read


def test_droplet_that_a_gap_names(tmp_path: Path) -> None:
    """A droplet whose batch was not got is not reported a second time."""
    gap = Gap(what="droplets", reason="502", http_status=502, subjects=("d-1",))
    assert facts_of(tmp_path, [Answer("apps", listed(app("a", droplet="d-1")))], gaps=[gap]).gaps == ()


def test_droplet_no_longer_current(tmp_path: Path) -> None:
    """A droplet that the newest answer about its app no longer names need not be there."""
    pages = [
        Answer("apps", listed(app("a", droplet="old")), after=0),
        Answer("apps", listed(app("a", droplet="new")), after=5),
        Answer("droplets", listed(droplet("new")), after=6, query={"guids": "old,new"}),
    ]
    assert facts_of(tmp_path, pages).gaps == ()


def test_droplets_that_nobody_needs(tmp_path: Path) -> None:
    """Where droplets were not asked for, they are not missed."""
    facts = facts_of(tmp_path, [Answer("apps", listed(app("a", droplet="d-1")))], needs=["apps"])
    assert (facts.gaps, facts.read) == ((), frozenset({"apps"}))


def test_count_larger_than_the_walk(tmp_path: Path) -> None:
    """When more apps are counted than were seen, apps were not wholly read."""
    pages = [Answer("apps", listed(app("a"))), Answer("apps-count", listed(app("a"), total=3), after=9)]
    facts = facts_of(tmp_path, pages)
    assert [(gap.what, gap.reason) for gap in facts.gaps] == [("apps", "the closing count is 3 apps, the walk saw 1")]
    assert ("apps" in facts.read, facts.apps_listed, facts.apps_counted) == (False, 1, 3)


def test_last_count_counts(tmp_path: Path) -> None:
    """Of several counts the last is believed; a smaller one than what was seen only means that apps went."""
    pages = [
        Answer("apps", listed(app("a"), app("b"))),
        Answer("apps-count", listed(total=3), after=8),
        Answer("apps-count", listed(total=1), after=9),
    ]
    facts = facts_of(tmp_path, pages)
    assert (facts.gaps, facts.apps_counted, "apps" in facts.read) == ((), 1, True)


def test_no_events_beside_builds(tmp_path: Path) -> None:
    """No event beside a finished build of the same days: this role may not read events."""
    pages = [Answer("events", listed()), Answer("builds", listed(build("b", "STAGED")))]
    facts = facts_of(tmp_path, pages)
    assert [(gap.what, gap.subjects) for gap in facts.gaps] == [("events", ())]
    assert "events" not in facts.read


@pytest.mark.parametrize(
    "pages",
    [
        [Answer("events", listed())],
        [Answer("events", listed()), Answer("builds", listed(build("b", "STAGING")))],
        [Answer("events", listed()), Answer("failed-builds", listed(build("b", "FAILED")))],
        [Answer("events", listed(event("e"))), Answer("builds", listed(build("b", "STAGED")))],
    ],
    ids=["nothing was built", "a build still runs", "a build failed, some day", "there are events"],
)
def test_quiet_days(tmp_path: Path, pages: list[Answer]) -> None:
    """Without a finished build of the same days, no event is no sign of anything."""
    facts = facts_of(tmp_path, pages)
    assert (facts.gaps, "events" in facts.read) == ((), True)


@pytest.mark.parametrize(
    ("gap", "unread"),
    [
        (Gap(what="apps", reason="500"), {"apps"}),
        (Gap(what="droplets", reason="502", subjects=("d",)), set()),
        (Gap(what="current-droplet", reason="404", subjects=("a",)), set()),
        (Gap(what="builds", reason="403"), {"builds"}),
        (Gap(what="failed-builds", reason="403"), {"builds"}),
        (Gap(what="instances", reason="500"), {"instances"}),
        (Gap(what="organizations", reason="403"), {"spaces"}),
        (Gap(what="spaces", reason="403"), {"spaces", "ssh"}),
        (Gap(what="ssh", reason="403", subjects=("s",)), set()),
        (Gap(what="events", reason="403"), {"events"}),
        (Gap(what="root", reason="502"), set()),
        (Gap(what="current-droplets", reason="502"), set()),
    ],
)
def test_what_was_read(tmp_path: Path, gap: Gap, unread: set[str]) -> None:
    """A list with a gap was not wholly read; a gap about single subjects leaves only those unknown."""
    needs = {"apps", "spaces", "droplets", "builds", "instances", "events", "ssh"}
    assert needs - facts_of(tmp_path, [], gaps=[gap], needs=needs).read == unread


@pytest.mark.parametrize("what", ["organizations", "spaces"])
def test_patterns_over_unread_names(tmp_path: Path, what: str) -> None:
    """Where patterns narrow the scope, a list of names that was not wholly read leaves apps unread."""
    facts = facts_of(tmp_path, [], gaps=[Gap(what=what, reason="502")], needs=["apps"], scope={"orgs": ["agency-*"]})
    assert facts.read == frozenset()


def test_instances(tmp_path: Path) -> None:
    """The seconds that an instance has been in its state count back from the instant of the answer."""
    rows = process("p", {"index": 0, "state": "RUNNING", "since": 3600}, {"index": 1, "state": "CRASHED", "since": 5.5})
    facts = facts_of(tmp_path, [Answer("instances", listed(rows), after=10)])
    assert [(row.process, row.index, row.state, row.since) for row in facts.instances["a"]] == [
        ("p", 0, "RUNNING", datetime(2026, 11, 23, 11, 0, 10, tzinfo=UTC)),
        ("p", 1, "CRASHED", TAKEN + timedelta(seconds=4.5)),
    ]


def test_ssh(tmp_path: Path) -> None:
    """Whether SSH is open is known for the spaces and apps that were asked, and None for the others."""
    relationships = {"organization": {"data": {"guid": "o"}}}
    spaces = [
        {"guid": guid, "created_at": "2026-01-01T00:00:00Z", "name": guid, "relationships": relationships}
        for guid in ("s", "t")
    ]
    pages = [
        Answer("spaces", listed(*spaces)),
        Answer("apps", listed(app("a"), app("b"))),
        Answer("ssh", b'{"enabled":true}', path="/v3/spaces/s/features/ssh"),
        Answer("app-ssh", b'{"enabled":false,"reason":"x"}', path="/v3/apps/a/ssh_enabled"),
    ]
    facts = facts_of(tmp_path, pages)
    assert {guid: space.ssh for guid, space in facts.spaces.items()} == {"s": True, "t": None}
    assert {row.guid: row.ssh for row in facts.apps} == {"a": False, "b": None}


def test_space_without_its_organization(tmp_path: Path) -> None:
    """A space whose organization may not be seen has no name of one."""
    row = {
        "guid": "s",
        "created_at": "2026-01-01T00:00:00Z",
        "name": "prod",
        "relationships": {"organization": {"data": {"guid": "o"}}},
    }
    space = facts_of(tmp_path, [Answer("spaces", listed(row))]).spaces["s"]
    assert (space.org, space.org_guid, space.path) == ("", "o", "/prod")


def test_sources_of_copies(tmp_path: Path) -> None:
    """The droplet that another was copied from is among the droplets."""
    assert set(facts_of(tmp_path, [Answer("source-droplets", listed(droplet("original")))]).droplets) == {"original"}


def test_other_sources(tmp_path: Path) -> None:
    """Documents of another source are not read here."""
    snapshot = record(tmp_path, [Answer("apps", listed(app("a")))])
    foreign = [msgspec.structs.replace(document, source="bosh") for document in snapshot.documents]
    facts = read(
        msgspec.structs.replace(snapshot, documents=tuple(foreign)), lambda kept: unpack(Path(snapshot.root), kept)
    )
    assert (facts.apps, facts.documents) == ((), {})


def test_unreadable_document(tmp_path: Path) -> None:
    """A stored page that cannot be decoded, though its hash is right, is an error that names its file."""
    with pytest.raises(IntegrityError) as error:
        facts_of(tmp_path, [Answer("apps", b'{"pagination":{}}')])
    assert str(error.value).startswith("raw/cloud-controller/0001-apps.json.gz cannot be read")


def pages_about_one_app(states: list[str]) -> list[Answer]:
    return [Answer("apps", listed(app("a", state=state)), after=number) for number, state in enumerate(states)]


def test_newest_answer(tmp_path: Path) -> None:
    """Of several answers about a row the newest is believed, and is the document that is named."""
    facts = facts_of(tmp_path, pages_about_one_app(["STARTED", "STOPPED", "STARTED", "STOPPED"]))
    assert [row.state for row in facts.apps] == ["STOPPED"]
    assert facts.apps_listed == 1


def facts_in_order(root: Path, order: list[int], answers: list[Answer]) -> Facts:
    """The facts of the same documents, listed by the manifest in another order."""
    snapshot = record(root, answers)
    documents = tuple(snapshot.documents[index] for index in order)
    shuffled = msgspec.structs.replace(snapshot, documents=documents)
    return read(shuffled, lambda document: unpack(Path(snapshot.root), document))


OVERLAPPING = [
    Answer("apps", listed(app("a", state="STARTED", droplet="d"), app("b")), after=1),
    Answer("apps", listed(app("b", state="STOPPED"), app("c", droplet="e")), after=2),
    Answer("apps", listed(app("c", name="renamed", droplet="e")), after=2),
    Answer("droplets", listed(droplet("d", state="EXPIRED")), after=1),
    Answer("droplets", listed(droplet("d")), after=3),
    Answer("source-droplets", listed(droplet("d", stack="cflinuxfs3")), after=2),
    Answer("current-droplets", listed(droplet("e")), after=2),
    Answer("builds", listed(build("x", "STAGED"), build("y", "STAGED")), after=2),
    Answer("failed-builds", listed(build("z", "FAILED")), after=2),
    Answer("events", listed(event("v"), event("w")), after=2),
    Answer("apps-count", listed(total=4), after=4),
    Answer("apps-count", listed(total=3), after=5),
    Answer("organizations", listed(), after=1),
]


@given(order=st.permutations(range(len(OVERLAPPING))))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_documents(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    """In whatever order a manifest lists the documents, the facts are the same."""
    expected = facts_in_order(tmp_path_factory.mktemp("first"), list(range(len(OVERLAPPING))), OVERLAPPING)
    assert facts_in_order(tmp_path_factory.mktemp("other"), order, OVERLAPPING) == expected
    assert expected.droplets["d"].state == "STAGED"
    assert expected.droplets["d"].stack == "cflinuxfs4"
    assert expected.apps_counted == 3


@given(order=st.permutations(range(5)))
@settings(max_examples=30)
def test_order_of_arrival(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    """In whatever order answers are written, the newest one about a row wins."""
    answers = pages_about_one_app(["1", "2", "3", "4", "5"])
    facts = facts_of(tmp_path_factory.mktemp("arrival"), [answers[index] for index in order])
    assert [row.state for row in facts.apps] == ["5"]
