"""What holds for every platform: less evidence never looks better, and order does not matter."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assessment.builders import NOW, change
from tests.assessment.platform_builders import (
    CF_STAGING,
    MINUTE,
    Run,
    director,
    notice,
    platform,
    provided,
    release,
    seen,
    vm,
)

HOURS = st.integers(1, 60 * 24)
CHECKS = ("os-patch-latency", "stemcell-deployment-latency", "tested-before-production", "exploited-vulnerability-due")


def before(hours: float):
    """An instant before NOW."""
    return NOW - timedelta(hours=hours)


@st.composite
def platforms(draw):
    """Production and staging with up to four deployments each, four stemcells and four notices."""
    versions = ["1.99", "1.100", "1.1000", "1.1001"]
    published = sorted(draw(st.lists(HOURS, min_size=4, max_size=4, unique=True)), reverse=True)
    listed = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4]), min_size=4, max_size=4))
    releases = tuple(
        release(name, before(at), *(f"USN-{number}-1" for number, where in enumerate(listed, 1) if where == index))
        for index, (name, at) in enumerate(zip(versions, published, strict=True))
    )
    notices = tuple(
        notice(f"USN-{number}-1", before((published[where] if where < 4 else 100) + draw(st.integers(0, 200))))
        for number, where in enumerate(listed, 1)
    )
    own = []
    for environment, deployment in (("production", "cf-production"), ("staging", CF_STAGING)):
        times = sorted(draw(st.lists(st.integers(1, 65 * 24), min_size=1, max_size=4, unique=True)), reverse=True)
        runs = [
            Run(
                before(at + 0.9),
                before(at),
                draw(st.sampled_from(versions)),
                draw(st.sampled_from(["", "", "", "bad"])),
            )
            for at in times
        ]
        runs[0] = runs[0]._replace(error="")
        last = runs[-1]
        machine = vm(last.version, last.began + MINUTE, deployment=deployment)
        own.append(director(runs, environment, deployment, vms=(machine,)))
    return platform(own, releases=releases, notices=notices)


def verdicts(below):
    """By check and subject."""
    rows = provided(below, "SI-2", "CM-2").observations
    return {(row.check, row.subject.name, row.subject.deployment): row.status for row in rows}


def less(draw, below):
    """The same platform with one piece of evidence less."""
    what = draw(st.sampled_from(["release", "notice", "event", "task", "vms", "topic", "listed", "director"]))
    index = draw(st.integers(0, 3))
    if what in ("release", "notice"):
        rows = getattr(below, f"{what}s")
        return change(below, **{f"{what}s": rows[:index] + rows[index + 1 :]})
    if what == "topic":
        return change(below, read=below.read - {draw(st.sampled_from(sorted(below.read)))})
    own = below.directors[:: draw(st.sampled_from([1, -1]))]
    first, rest = own[0], own[1:]
    if what == "director":
        return change(below, directors=rest)
    changes = {
        "event": lambda rows: tuple(row for row in rows if row.id != draw(st.integers(1, 24))),
        "task": lambda rows: rows[:index] + rows[index + 1 :],
    }
    if what in changes:
        first = change(first, **{f"{what}s": changes[what](getattr(first, f"{what}s"))})
    else:
        first = change(first, **({"vms": (), "vms_of": ()} if what == "vms" else {"listed": None}))
    return change(below, directors=(first, *rest))


@settings(max_examples=150)
@given(below=platforms(), data=st.data())
def test_less_evidence_never_turns_a_fail_into_a_pass(below, data) -> None:
    """Hiding a release, a notice, an event, a task, machines or a topic never makes a patch look in time."""
    full, part = verdicts(below), verdicts(less(data.draw, below))
    assert [
        key for key, status in part.items() if status == "pass" and full.get(key) == "fail" and key[0] in CHECKS
    ] == []


@settings(max_examples=50)
@given(below=platforms(), data=st.data())
def test_order_of_what_was_read_does_not_matter(below, data) -> None:
    """Releases, notices, directors and events may come in any order."""
    own = tuple(change(row, events=tuple(data.draw(st.permutations(row.events)))) for row in below.directors)
    shuffled = change(
        below,
        directors=tuple(data.draw(st.permutations(own))),
        releases=tuple(data.draw(st.permutations(below.releases))),
        notices=tuple(data.draw(st.permutations(below.notices))),
    )
    one, other = provided(below), provided(shuffled, snapshot=seen(below))
    assert (one.observations, one.patches, one.stemcells) == (other.observations, other.patches, other.stemcells)
