"""What holds for every foundation: less evidence never looks better, and order does not matter."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.assessment import Declared
from collector.model import Build, Event, Facts, Instance, Stack, Task
from tests.assessment.builders import (
    NOW,
    PYTHON,
    TOPICS,
    app,
    assessed,
    change,
    droplet,
    facts,
    pack,
    statuses,
    upload,
)

INSTANTS = st.integers(0, 60 * 24).map(lambda hours: NOW - timedelta(hours=hours))
VERSIONS = st.sampled_from(["1.8.43", "1.8.40", "1.9.0", None, "1.8.43-dev"])
KINDS = st.sampled_from(["buildpack", "copied", "uploaded", "image", "dangling", "none"])
DECLARED = Declared(boundary_spaces=("agency-a/*",), environments={"production": ("*/prod",)})


@st.composite
def one_app(draw, number):
    """One app of any kind, with its droplet, builds, tasks, events and instances."""
    guid, kind = f"a{number}", draw(KINDS)
    owner = app(
        guid,
        state=draw(st.sampled_from(["STARTED", "STARTED", "STOPPED"])),
        droplet=None if kind == "none" else f"d-{guid}",
        space_guid=draw(st.sampled_from(["s-prod", "s-staging"])),
    )
    versions = tuple(pack(version=version) for version in draw(st.lists(VERSIONS, max_size=2)))
    kinds: dict[str, dict[str, Any]] = {
        "copied": {"package": None, "buildpacks": tuple(change(row, version=None) for row in versions)},
        "uploaded": {"package": None, "buildpacks": (), "stack": None},
        "image": {"buildpacks": None, "lifecycle": "docker"},
    }
    changes = kinds.get(kind, {})
    current = droplet(guid, **({"buildpacks": versions, "created_at": draw(INSTANTS)} | changes))
    droplets = [] if kind in ("dangling", "none") else [current]
    events = []
    if kind == "copied":
        original = droplet(guid, guid=f"o-{guid}", created_at=draw(INSTANTS), buildpacks=versions)
        droplets.append(change(original, checksum=current.checksum if draw(st.booleans()) else None))
        data = {"droplet_guid": current.guid, "request": {"source_droplet_guid": original.guid}}
        events.append(Event(type="audit.app.droplet.create", created_at=current.created_at, target=guid, data=data))
    if draw(st.booleans()):
        data = {"request": {"droplet_guid": current.guid}}
        events.append(Event(type="audit.app.droplet.mapped", created_at=draw(INSTANTS), target=guid, data=data))
    tasks = tuple(
        Task(guid=f"t-{guid}", app=guid, state="SUCCEEDED", created_at=at)
        for at in draw(st.lists(INSTANTS, max_size=1))
    )
    builds = tuple(
        Build(guid=f"b-{guid}", app=guid, state="FAILED", created_at=at) for at in draw(st.lists(INSTANTS, max_size=1))
    )
    running = tuple(
        Instance(app=guid, process=guid, index=0, state="RUNNING", since=at)
        for at in draw(st.lists(INSTANTS, max_size=1))
    )
    return owner, droplets, events, tasks, builds, running


@st.composite
def foundations(draw):
    """A few apps on one platform, whose buildpack was uploaded at most once while events were kept."""
    rows = [draw(one_app(number)) for number in range(draw(st.integers(1, 4)))]
    events = [event for row in rows for event in row[2]]
    events += [upload(at) for at in draw(st.lists(INSTANTS, max_size=1))]
    return facts(
        [row[0] for row in rows],
        [one for row in rows for one in row[1]],
        events=events,
        tasks={row[0].guid: row[3] for row in rows},
        builds={row[0].guid: row[4] for row in rows},
        instances={row[0].guid: row[5] for row in rows},
        buildpacks=(change(PYTHON, updated_at=draw(INSTANTS)),),
        stacks={"cflinuxfs4": Stack(name="cflinuxfs4", state=draw(st.sampled_from(["ACTIVE", "DISABLED", None])))},
    )


def without_one(draw, known: Facts) -> Facts:
    """The same foundation with one piece of evidence less."""
    what = draw(st.sampled_from(["topic", "droplet", "event", "buildpack"]))
    if what == "topic":
        return change(known, read=known.read - {draw(st.sampled_from(sorted(TOPICS)))})
    if what == "buildpack":
        return change(known, buildpacks=())
    if what == "droplet" and known.droplets:
        gone = draw(st.sampled_from(sorted(known.droplets)))
        return change(known, droplets={guid: row for guid, row in known.droplets.items() if guid != gone})
    if what == "event" and known.events:
        target = draw(st.sampled_from(sorted(known.events)))
        kept = {guid: rows for guid, rows in known.events.items() if guid != target}
        rest = known.events[target][1:]
        return change(known, events=kept | ({target: rest} if rest else {}))
    return known


@settings(max_examples=150)
@given(known=foundations(), data=st.data())
def test_less_evidence_never_passes_more(known, data) -> None:
    """What was no pass with the evidence is none without it, for a subject and for an objective."""
    full, less = assessed(known, declared=DECLARED), assessed(without_one(data.draw, known), declared=DECLARED)
    before, after = statuses(full), statuses(less)
    assert [key for key, status in after.items() if status == "pass" and before[key] != "pass"] == []
    good = {row.id for control in full.controls for row in control.objectives if row.status == "satisfied"}
    assert {row.id for control in less.controls for row in control.objectives if row.status == "satisfied"} <= good


@settings(max_examples=50)
@given(known=foundations(), topic=st.sampled_from(sorted({"apps", "droplets", "buildpacks", "stacks"})))
def test_unread_need_never_satisfies(known, topic) -> None:
    """An objective whose deciding checks lack a topic is not satisfied, and the evidence is incomplete."""
    answer = assessed(change(known, read=TOPICS - {topic}), "SI-2", declared=DECLARED)
    assert (answer.exit_code, answer.controls[0].status == "satisfied") == (3, False)


@settings(max_examples=50)
@given(known=foundations(), data=st.data())
def test_order_of_apps_does_not_matter(known, data) -> None:
    """The answer is a function of the set of apps."""
    shuffled = data.draw(st.permutations(known.apps))
    assert assessed(known, declared=DECLARED) == assessed(change(known, apps=tuple(shuffled)), declared=DECLARED)


@settings(max_examples=50)
@given(known=foundations())
def test_counts_add_up(known) -> None:
    """Every check counts each of its subjects once, whatever its role."""
    answer = assessed(known, declared=DECLARED)
    for control in answer.controls:
        for row in control.checks:
            seen = sum(1 for one in answer.observations if one.check == row.id)
            assert seen == row.passed + row.fail + row.unknown + row.not_applicable
