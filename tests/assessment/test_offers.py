"""Since when the platform offers a buildpack: from deployments and from earlier snapshots."""

import pytest

from collector.assessment import Declared, Patterns
from collector.assessment.checks import CHECKS
from collector.assessment.limits import limit_of
from collector.assessment.subjects import Platform, records
from collector.model import BuildpackRelease, Interval, PlatformFacts, Showing
from tests.assessment.builders import CATALOG, HOUR, NOW, PYTHON, SECOND, ago, app, change, droplet, facts, pack, upload
from tests.assessment.platform_builders import Run, director, platform

BEHIND = change(
    facts([app()], [droplet(created_at=ago(60), buildpacks=(pack(version="1.8.42"),))]),
    buildpacks=(change(PYTHON, updated_at=ago(3)),),
)
FILE = (PYTHON.guid, PYTHON.filename or "")
OLDER = (PYTHON.guid, "python_buildpack-cached-cflinuxfs4-v1.8.42.zip")


def judged(below, known=BEHIND):
    """The verdict on how long the app a1 has been behind."""
    windows = CATALOG.windows
    seen = Platform(known, known.gaps, Declared(), NOW, known.taken_at, below=below, windows=windows)
    return CHECKS["buildpack-current"].judge(next(records(seen, Patterns())), limit_of(windows["restage"]))


def lag(below, known=BEHIND):
    """The same, and the instants between which it fell behind."""
    verdict = judged(below, known)
    measured = verdict.measured
    assert measured is not None
    return verdict.status, measured.not_before, measured.not_after, measured.source


def deployed(*runs):
    """A production director that deployed buildpack releases."""
    return platform([director(runs)])


FIRST = Run(ago(50), ago(49), "1.100", releases=("python-buildpack/1.8.42",))


def test_without_more_only_the_last_change_bounds_it() -> None:
    """Anywhere between the staging and the row's last change."""
    assert lag(PlatformFacts()) == ("unknown", ago(60), ago(3), "buildpack.updated_at")


@pytest.mark.parametrize(("ended", "status"), [(ago(14) + SECOND, "pass"), (ago(15), "fail")])
def test_deployment_of_the_release_tells_when_it_was_offered(ended, status) -> None:
    """From its beginning to its end, because the one before had what the droplet has."""
    began = ago(14) if status == "pass" else ended - HOUR
    below = deployed(FIRST, Run(began, ended, "1.100", releases=("python-buildpack/1.8.43",)))
    assert lag(below) == (status, began, ended, "deployment of python-buildpack in cf-production")


def test_failed_attempt_before_leaves_the_time_since_the_last_success() -> None:
    """It may have brought the release already."""
    failed = Run(ago(20), ago(19.5), "1.100", error="canary", releases=("python-buildpack/1.8.43",))
    below = deployed(FIRST, failed, Run(ago(13), ago(12), "1.100", releases=("python-buildpack/1.8.43",)))
    assert lag(below)[:3] == ("unknown", ago(49), ago(12))


def test_release_that_was_skipped_does_not_move_the_earliest_instant() -> None:
    """What was offered before was already newer than what the droplet has."""
    first = FIRST._replace(releases=("python-buildpack/1.8.42", "python-buildpack/1.8.42.1"))
    below = deployed(first, Run(ago(13), ago(12), "1.100", releases=("python-buildpack/1.8.43",)))
    assert lag(below)[:3] == ("unknown", ago(60), ago(12))


def test_release_that_was_there_from_the_first_deployment_on_tells_nothing() -> None:
    """When it came is not seen."""
    assert lag(deployed(FIRST._replace(releases=("python-buildpack/1.8.43",))))[3] == "buildpack.updated_at"


def test_first_snapshot_with_the_file_bounds_it_from_above() -> None:
    """What was offered before is not known, so that it may have fallen behind earlier."""
    seen = Interval(not_before=ago(6), not_after=ago(5), source="first snapshot that showed the file")
    below = PlatformFacts(first_seen={FILE: seen})
    assert lag(below) == ("unknown", ago(60), ago(5), "first snapshot that showed the file")


def test_two_snapshots_bound_it_from_both_sides() -> None:
    """The file before was what the droplet has."""
    older = Interval(not_before=ago(40), not_after=ago(39), source="first snapshot that showed the file")
    seen = Interval(not_before=ago(6), not_after=ago(5), source="first snapshot that showed the file")
    below = PlatformFacts(first_seen={OLDER: older, FILE: seen})
    assert lag(below)[:3] == ("pass", ago(6), ago(5))


def showing(version: str, first: float, last: float) -> Showing:
    """What snapshots showed from some days ago to others."""
    filename = f"python_buildpack-cached-cflinuxfs4-v{version}.zip" if version else ""
    return Showing(filename=filename, first=ago(first), last=ago(last))


@pytest.mark.parametrize(
    ("rows", "first", "last", "status"),
    [
        # Two newer files one after another: it is behind since the first of them.
        ((("1.8.42", 50, 40), ("1.8.42.1", 38, 8), ("1.8.43", 6, 1)), 40, 38, "fail"),
        # What the first snapshot shows came at some time before it.
        ((("1.8.42.1", 38, 8), ("1.8.43", 6, 1)), 60, 38, "fail"),
        # A file of which the version cannot be read proves nothing.
        ((("1.8.42", 50, 40), ("", 38, 8), ("1.8.43", 6, 1)), 60, 6, "unknown"),
        # Taken back meanwhile: it is behind since the second time.
        ((("1.8.42.1", 50, 40), ("1.8.42", 38, 8), ("1.8.43", 6, 1)), 8, 6, "pass"),
        # What is offered now is shown, but not newer: what is known otherwise stands.
        ((("1.8.42", 50, 1),), 60, 3, "unknown"),
    ],
    ids=["two", "from the start", "unreadable", "taken back", "not newer"],
)
def test_newer_files_in_snapshots_tell_since_when_it_is_behind(rows, first, last, status) -> None:
    """However often the platform has been upgraded since: the last upgrade makes nothing less behind."""
    below = PlatformFacts(showings={PYTHON.guid: tuple(showing(*row) for row in rows)})
    assert lag(below)[:3] == (status, ago(first), ago(last))


def test_what_contradicts_the_uploads_never_widens_them() -> None:
    """The narrower of two stands, and of two that exclude each other the first."""
    known = change(BEHIND, events={PYTHON.guid: (upload(ago(9)),)})
    seen = Interval(not_before=ago(6), not_after=ago(5), source="first snapshot that showed the file")
    assert lag(PlatformFacts(first_seen={FILE: seen}), known)[1:3] == (ago(60), ago(9))


def test_the_release_of_upstream_stands_beside_the_offer() -> None:
    """Where a feed tells it, what is behind shows when upstream released the version, and since when it is offered."""
    released = BuildpackRelease(name=PYTHON.name, version="1.8.43", published=ago(20), document="sha256:feed")
    older = BuildpackRelease(name=PYTHON.name, version="1.8.42", published=ago(50))
    known = change(BEHIND, events={PYTHON.guid: (upload(ago(9)),)})
    measured = judged(PlatformFacts(buildpack_releases=(older, released)), known).measured
    assert measured is not None
    assert measured.stages == {
        "published": Interval(
            not_before=ago(20), not_after=ago(20), source="release published", evidence=("sha256:feed",)
        ),
        "production": Interval(not_before=ago(9), not_after=ago(9), source="offered"),
    }
    unread = judged(PlatformFacts(), known).measured
    assert unread is not None
    assert unread.stages == {}
