"""Versions of buildpacks, and for how long they have been behind."""

import pytest

from collector.assessment.judgement import rejudge
from collector.assessment.versions import in_filename, parse
from collector.model import DropletBuildpack, Gap
from tests.assessment.builders import (
    DAY,
    HOUR,
    NOW,
    PYTHON,
    TOPICS,
    ago,
    app,
    change,
    droplet,
    facts,
    judged,
    pack,
    upload,
)

CHECK = "buildpack-current"
OLD = (pack(version="1.8.40"),)
DAY_SECONDS = 86400.0


def known_with(*, staged: float, offered: float, versions=OLD, **more):
    """One app staged some days ago; the platform's buildpack changed some days ago."""
    buildpack = change(PYTHON, updated_at=ago(offered))
    return facts([app()], [droplet(created_at=ago(staged), buildpacks=versions)], buildpacks=(buildpack,), **more)


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("python_buildpack-cached-cflinuxfs4-v1.8.43.zip", "1.8.43"),
        ("java-buildpack-offline-v4.77.zip", "4.77"),
        ("go_buildpack-v1.10.20.1.zip", "1.10.20.1"),
        ("staticfile_buildpack-cached-cflinuxfs4-v1.6.30-dev.zip", None),
        ("x-v1.2.3.4.5.zip", None),
        ("x-v7.zip", None),
        ("buildpack.zip", None),
        (None, None),
    ],
)
def test_version_in_a_filename(filename, version) -> None:
    """Two to four numbers before the suffix are a version; anything else is none."""
    assert version == in_filename(filename)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.8.43", (1, 8, 43)), ("v4.77", (4, 77)), ("4.77.0", (4, 77)), ("1.6.30-dev", None), ("", None), (None, None)],
)
def test_version_of_a_droplet(version, numbers) -> None:
    """Versions are numbers, trailing zeros do not count."""
    assert numbers == parse(version)


@pytest.mark.parametrize("version", ["1.8.43", "1.8.44", "1.10", "2.0.0", "1.8.43.1"])
def test_equal_or_newer_is_current(version) -> None:
    """Numbers are compared, not letters: 1.10 is newer than 1.8.43."""
    known = known_with(staged=400, offered=300, versions=(pack(version=version),))
    assert (judged(CHECK, known).status, judged(CHECK, known).measured) == ("pass", None)


def test_behind_within_the_window_passes() -> None:
    """Staged ten days ago, it cannot have been behind for longer."""
    assert judged(CHECK, known_with(staged=10, offered=1)).status == "pass"


@pytest.mark.parametrize(("offered", "status"), [(14, "unknown"), (14 + 1 / 86400, "fail"), (2, "unknown")])
def test_behind_outside_the_window(offered, status) -> None:
    """The last change of the offered buildpack is the least it has been behind."""
    assert status == judged(CHECK, known_with(staged=30, offered=offered)).status


def test_fail_names_both_versions() -> None:
    """A person reads what it has, what is offered, and since when at least."""
    verdict = judged(CHECK, known_with(staged=30, offered=20))
    assert verdict.detail == (
        "python_buildpack 1.8.40 is behind 1.8.43 for at least 20.0 days, 6.0 days outside the 14-day window"
    )
    assert verdict.measured is not None
    assert (480.0, ago(30), ago(20), "buildpack.updated_at", 144.0) == (
        verdict.measured.hours,
        verdict.measured.not_before,
        verdict.measured.not_after,
        verdict.measured.source,
        verdict.over,
    )


def test_newer_version_before_the_staging_counts_from_the_staging() -> None:
    """An app staged with an old version after the new one was offered is behind since its staging."""
    verdict = judged(CHECK, known_with(staged=15, offered=300))
    assert verdict.measured is not None
    assert (verdict.status, verdict.measured.hours) == ("fail", 360.0)


def test_only_upload_since_the_staging_is_exact() -> None:
    """Where events reach back to the staging, the one upload since is the instant it fell behind."""
    known = known_with(staged=30, offered=1, events=[upload(ago(31)), upload(ago(16))])
    verdict = judged(CHECK, known)
    assert verdict.measured is not None
    assert (
        verdict.status,
        verdict.measured.hours,
        verdict.measured.source,
    ) == ("fail", 384.0, "audit.buildpack.upload")
    assert verdict.measured.not_before == verdict.measured.not_after == ago(16)


def test_last_upload_before_the_staging_counts_from_the_staging() -> None:
    """A droplet is never behind before it was staged, even with a version that was old already."""
    known = known_with(staged=15, offered=1, events=[upload(ago(29))])
    verdict = judged(CHECK, known)
    assert verdict.measured is not None
    assert (verdict.status, verdict.measured.hours) == ("fail", 360.0)
    assert verdict.measured.not_before == verdict.measured.not_after == ago(15)


def test_exact_upload_can_pass() -> None:
    """The platform offered something newer only ten days ago."""
    known = known_with(staged=30, offered=1, events=[upload(ago(31)), upload(ago(10))])
    assert judged(CHECK, known).status == "pass"


def test_several_uploads_are_an_interval() -> None:
    """Which of two uploads brought a newer version is not known."""
    known = known_with(staged=30, offered=1, events=[upload(ago(31)), upload(ago(20)), upload(ago(10))])
    verdict = judged(CHECK, known)
    assert verdict.detail == (
        "python_buildpack 1.8.40 is behind 1.8.43 for between 10.0 days and 20.0 days: "
        "whether that is inside the 14-day window is not known"
    )


def test_events_that_do_not_reach_back_are_only_an_upper_bound() -> None:
    """An upload before the oldest event may have been the first."""
    verdict = judged(CHECK, known_with(staged=30, offered=1, events=[upload(ago(10))]))
    assert verdict.measured is not None
    assert ("unknown", ago(30), ago(10)) == (verdict.status, verdict.measured.not_before, verdict.measured.not_after)


def test_upload_during_the_staging_counts_from_the_staging() -> None:
    """A staging may already have passed over what was uploaded while it ran."""
    known = known_with(staged=20, offered=1, events=[upload(ago(31)), upload(ago(20) - HOUR), upload(ago(5))])
    verdict = judged(CHECK, known)
    assert verdict.measured is not None
    assert ago(20) == verdict.measured.not_before


def test_interval_without_events_is_unread() -> None:
    """Events might have told the instant."""
    known = known_with(staged=30, offered=2, read=TOPICS - {"events"})
    assert (judged(CHECK, known).unread, judged(CHECK, known_with(staged=30, offered=2)).unread) == (True, False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"enabled": False}, "disabled"),
        ({"state": "AWAITING_UPLOAD", "filename": None}, "AWAITING_UPLOAD"),
        ({"filename": "python_buildpack-v1.8.43-dev.zip"}, "no readable version"),
        ({"name": "renamed"}, "offers no python_buildpack for cflinuxfs4"),
        ({"stack": "cflinuxfs5"}, "offers no python_buildpack for cflinuxfs4"),
        ({"lifecycle": "cnb"}, "offers no python_buildpack for cflinuxfs4"),
    ],
)
def test_platform_buildpack_that_tells_nothing(changes, words) -> None:
    """A disabled, missing or unreadable platform buildpack leaves the app unknown."""
    known = facts([app()], [droplet()], buildpacks=(change(PYTHON, **changes),))
    verdict = judged(CHECK, known)
    assert verdict.status == "unknown"
    assert words in verdict.detail


def test_locked_platform_buildpack_is_compared() -> None:
    """Locking or labelling a platform buildpack makes nothing stale."""
    known = facts([app()], [droplet()], buildpacks=(change(PYTHON, locked=True, updated_at=NOW),))
    assert judged(CHECK, known).status == "pass"


def test_same_name_on_another_stack_is_not_compared() -> None:
    """The stack of the droplet chooses among buildpacks of one name."""
    other = change(PYTHON, guid="bp-5", stack="cflinuxfs5", filename="python_buildpack-cflinuxfs5-v1.9.4.zip")
    assert judged(CHECK, facts([app()], [droplet()], buildpacks=(other, PYTHON))).status == "pass"


def test_buildpack_for_every_stack_is_compared() -> None:
    """A platform buildpack without a stack serves all of them."""
    known = facts([app()], [droplet()], buildpacks=(change(PYTHON, stack=None),))
    assert judged(CHECK, known).status == "pass"


@pytest.mark.parametrize("version", [None, "", "1.8", "1.2.3"])
def test_buildpack_from_outside_is_unknown(version) -> None:
    """A pin that equals the reported version proves only that the pin was obeyed."""
    url = "https://***:***@github.com/example/custom-buildpack#v1.2.3"
    verdict = judged(CHECK, facts([app()], [droplet(buildpacks=(pack(url, version),))]))
    assert verdict.status == "unknown"
    assert "comes from outside the platform" in verdict.detail
    assert "show by hand" in verdict.next_step


@pytest.mark.parametrize("version", [None, "1.8.43-dev", "latest"])
def test_unreadable_version_is_unknown(version) -> None:
    """A droplet that reports no readable version is never current."""
    assert judged(CHECK, facts([app()], [droplet(buildpacks=(pack(version=version),))])).status == "unknown"


def test_cloud_native_buildpack_is_unknown() -> None:
    """A cnb droplet reports no version."""
    cnb = (DropletBuildpack(name="docker://docker.io/paketobuildpacks/nodejs"),)
    assert judged(CHECK, facts([app()], [droplet(lifecycle="cnb", buildpacks=cnb)])).status == "unknown"


def test_droplet_without_buildpacks_is_unknown() -> None:
    """What reports nothing is never current."""
    assert judged(CHECK, facts([app()], [droplet(buildpacks=())])).detail == "the droplet reports no buildpack"


def test_image_is_not_applicable() -> None:
    """An image has no buildpacks."""
    assert judged(CHECK, facts([app()], [droplet(buildpacks=None)])).status == "not-applicable"


def test_copied_droplet_is_judged_by_its_original() -> None:
    """The original of a copy knows the versions that the copy lost."""
    copy = droplet(package=None, checksum="same", buildpacks=(pack(version=None),), created_at=ago(1))
    original = droplet("a2", checksum="same", created_at=ago(3))
    assert judged(CHECK, facts([app()], [copy, original])).status == "pass"
    assert judged(CHECK, facts([app()], [copy])).status == "unknown"


def test_unread_buildpacks_are_unknown() -> None:
    """Nothing can be compared with what was not read."""
    gap = Gap(what="buildpacks", reason="503", http_status=503)
    verdict = judged(CHECK, facts([app()], [droplet()], read=TOPICS - {"buildpacks"}, gaps=(gap,)))
    assert (verdict.status, verdict.unread, verdict.detail) == ("unknown", True, "buildpacks not wholly read: 503")


@pytest.mark.parametrize(
    ("versions", "status"),
    [
        ((pack(version="1.8.40"), pack("gone", "1.0")), "fail"),
        ((pack(), pack("gone", "1.0")), "unknown"),
        ((pack(), pack()), "pass"),
    ],
)
def test_worst_buildpack_wins(versions, status) -> None:
    """Fail before unknown before pass."""
    assert status == judged(CHECK, known_with(staged=40, offered=20, versions=versions)).status


def test_wider_window_sees_every_buildpack() -> None:
    """Behind for 20 days is inside 30, but a second buildpack that is unknown keeps the app unknown."""
    behind = judged(CHECK, known_with(staged=20, offered=20))
    clouded = judged(CHECK, known_with(staged=20, offered=20, versions=(*OLD, pack("gone", "1.0"))))
    wide = 30 * DAY_SECONDS
    assert (behind.status, rejudge(behind, wide)) == ("fail", "pass")
    assert (clouded.status, rejudge(clouded, wide)) == ("fail", "unknown")


def test_earlier_instant_before_the_offer_is_not_behind() -> None:
    """What was uploaded after the instant asked about made nothing stale before."""
    known = known_with(staged=30, offered=1, events=[upload(ago(31)), upload(ago(3))])
    verdict = judged(CHECK, known, as_of=NOW - 7 * DAY)
    assert verdict.measured is not None
    assert (verdict.status, verdict.measured.hours) == ("pass", -96.0)


def test_evidence_names_the_list_of_buildpacks() -> None:
    """The comparison cites the platform's answer."""
    assert judged(CHECK, facts([app()], [droplet()])).evidence == ("sha256:buildpacks",)


@pytest.mark.parametrize(("days", "status"), [(0, "pass"), (14, "pass"), (14 + 1 / 86400, "unknown")])
def test_current_then_is_not_known_to_be_current_now(days, status) -> None:
    """A snapshot shows what was current when it was taken; after it the platform may have got a newer version."""
    known = known_with(staged=1, offered=2, versions=(pack(version="1.8.43"),))
    assert status == judged(CHECK, known, as_of=ago(-days)).status


def test_current_then_decides_later_than_it_flags() -> None:
    """Twenty days after the snapshot the 14-day window is not known to hold, the 30-day one is."""
    known = known_with(staged=1, offered=2, versions=(pack(version="1.8.43"),))
    verdict = judged(CHECK, known, as_of=ago(-20))
    assert (verdict.status, rejudge(verdict, 30 * DAY_SECONDS)) == ("unknown", "pass")
