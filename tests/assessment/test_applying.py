"""Which notices apply to a line of stemcells, and which stemcell has the fix first."""

from datetime import timedelta

import pytest

from collector.assessment.patching.applying import Lines, codename_of
from collector.assessment.patching.sight import Sight
from tests.assessment.builders import NOW, ago
from tests.assessment.platform_builders import FEEDS, JAMMY, notice, platform, release

OLDER = release("1.99", ago(30), "USN-1-1")
NEWER = release("1.1364", ago(9), "USN-1-1", "USN-2-1")


def lines(*releases, **changes):
    """The releases of the line, with everything read unless said otherwise."""
    below = platform(releases=releases, **changes)
    return Lines(below, Sight(below), NOW)


@pytest.mark.parametrize(
    ("line", "codename"), [(JAMMY, "jammy"), ("ubuntu-jammy-fips", "jammy"), ("ubuntu-noble", "noble"), ("odd", "odd")]
)
def test_codename_is_the_second_word_of_a_line(line, codename) -> None:
    """A FIPS line has the codename of its base."""
    assert codename_of(line) == codename


def test_first_fix_is_the_lowest_version_by_number() -> None:
    """1.99 comes before 1.1364, in whatever order releases arrive."""
    assert lines(NEWER, OLDER).applied(notice("USN-1-1", ago(31)), JAMMY).first == OLDER


def test_line_of_another_codename_is_not_spoken_of() -> None:
    """A notice for noble is no subject of a jammy line."""
    other = notice("USN-1-1", ago(31), codenames=("noble",), packages={"noble": ("openssl",)})
    assert lines(OLDER).applied(other, JAMMY) is None


def test_livepatch_notice_is_never_spoken_of() -> None:
    """A livepatch notice is no patch of a stemcell."""
    assert lines(OLDER).applied(notice("LSN-1-1", ago(31)), JAMMY) is None


@pytest.mark.parametrize(
    ("changes", "packages", "status", "reason"),
    [
        ({"hidden": True}, {}, "not-applicable", "withdrawn"),
        ({"pro": ("jammy",), "packages": {}}, {}, "not-applicable", "fixed only in esm, behind a subscription"),
        ({"pro": ("jammy",)}, {}, "applies", ""),
        ({}, {JAMMY: frozenset({"bash"})}, "not-applicable", "none of its packages is in stemcells of ubuntu-jammy"),
        ({}, {JAMMY: frozenset({"openssl"})}, "applies", ""),
        ({}, {"ubuntu-noble": frozenset({"bash"})}, "applies", ""),
    ],
)
def test_listed_notice_applies_unless_something_excludes_it(changes, packages, status, reason) -> None:
    """Release notes list too much: withdrawn, esm only, and packages that no stemcell holds do not apply."""
    applied = lines(OLDER, packages=packages).applied(notice("USN-1-1", ago(31), **changes), JAMMY)
    assert (applied.status, applied.reason) == (status, reason)


def test_unlisted_notice_applies_only_where_a_list_of_packages_says_so() -> None:
    """Without the list it is not known."""
    unlisted = notice("USN-9-1", ago(5))
    held = {JAMMY: frozenset({"openssl"})}
    assert lines(OLDER, NEWER, packages=held).applied(unlisted, JAMMY).status == "applies"
    assert lines(OLDER, NEWER).applied(unlisted, JAMMY).status == "unknown"


@pytest.mark.parametrize(
    ("published", "status"),
    [(ago(9) - timedelta(days=21), "not-applicable"), (ago(9) - timedelta(days=21, seconds=-1), "unknown")],
)
def test_notice_that_a_much_later_stemcell_passes_over_does_not_apply(published, status) -> None:
    """21 days after the notice a stemcell has every fix that applies to it."""
    assert lines(NEWER).applied(notice("USN-9-1", published), JAMMY).status == status


def test_stemcell_whose_notes_were_not_read_may_have_the_fix() -> None:
    """A lower version without notes, released after the notice, leaves the first fix open."""
    silent = release("1.101", ago(20), notices=None)
    applied = lines(silent, NEWER).applied(notice("USN-2-1", ago(25)), JAMMY)
    assert (applied.first, applied.maybe) == (NEWER, silent)
    assert lines(silent, NEWER).applied(notice("USN-2-1", ago(15)), JAMMY).maybe is None


def test_unread_release_notes_leave_an_unlisted_notice_unknown() -> None:
    """That no stemcell lists it is not known then."""
    read = frozenset(FEEDS) - {"stemcell-releases"}
    applied = lines(OLDER, read=read, packages={JAMMY: frozenset({"openssl"})}).applied(
        notice("USN-9-1", ago(5)), JAMMY
    )
    assert (applied.status, applied.unread) == ("unknown", True)


def test_release_after_the_instant_is_not_known_yet() -> None:
    """What is published later does not count."""
    assert lines(OLDER, release("1.2000", NOW + timedelta(seconds=1))).releases(JAMMY) == [OLDER]
