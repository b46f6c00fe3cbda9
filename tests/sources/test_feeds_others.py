"""The catalog of exploited vulnerabilities, package lists, root file systems and buildpack releases."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collector.errors import IntegrityError
from collector.model import BuildpackRelease, PlatformFacts, RootfsNotice
from collector.sources.feeds import FEEDS, read
from tests.sources.feed_snapshots import Feed, File, Folder, Kept, Site, packed, release, take

BUILDPACKS = packed(
    {
        "resources": [
            {"name": "python_buildpack"},
            {"name": "python_buildpack"},
            {"name": "java_buildpack_offline"},
            {"name": "nginx"},
            {"name": None},
        ]
    }
)


def feed(value: object, place: str = "/srv/file.json") -> Feed:
    return Feed(place, File(value if isinstance(value, bytes) else packed(value)))


def test_feeds_are_asked_in_the_order_in_which_they_need_each_other() -> None:
    """Release notes come before the index and the notices."""
    assert list(FEEDS) == [
        "stemcell-releases",
        "stemcell-index",
        "light-index",
        "notices",
        "exploited",
        "packages",
        "rootfs",
        "buildpack-releases",
        "attestation",
    ]


def test_a_snapshot_that_asked_no_feed_says_nothing(tmp_path: Path) -> None:
    """Nothing is read, and nothing was to be read."""
    snapshot = take(tmp_path, {}).snapshot
    assert read(snapshot, lambda _: b"") == PlatformFacts(line="ubuntu-jammy")
    snapshot.scope.pop("feeds")
    assert read(snapshot, lambda _: b"") == PlatformFacts()


def test_a_manifest_that_does_not_say_what_was_asked_is_refused(tmp_path: Path) -> None:
    """It was not written by this tool."""
    snapshot = take(tmp_path, {}).snapshot
    snapshot.scope["feeds"] = {"places": 1}
    with pytest.raises(IntegrityError, match="which feeds were read"):
        read(snapshot, lambda _: b"")


# ------------------------------------------------------------------ exploited


def test_due_dates_are_days(tmp_path: Path) -> None:
    """Each entry once, the earlier day where two differ; a row without a day is a gap that names it."""
    rows = [
        {"cveID": "CVE-2026-9001", "dueDate": "2026-11-20", "dateAdded": "2026-10-30"},
        {"cveID": "CVE-2026-9001", "dueDate": "2026-11-10", "dateAdded": "2026-10-30"},
        {"cveID": "CVE-2026-9002", "dueDate": "TBD"},
        {"cveID": "CVE-2026-9003"},
        {"dueDate": "2026-11-20"},
        {"cveID": "CVE-2026-9004", "dueDate": "2026-11-20T00:00:00Z"},
    ]
    facts = take(tmp_path, {"exploited": feed({"count": 6, "vulnerabilities": rows})}).facts
    assert [(row.cve, row.due, row.added) for row in facts.exploited] == [
        ("CVE-2026-9001", date(2026, 11, 10), date(2026, 10, 30))
    ]
    assert [gap.subjects[0] for gap in facts.gaps] == ["CVE-2026-9002", "CVE-2026-9003", "CVE-2026-9004", "row 5"]
    assert facts.read == {"exploited"}


@pytest.mark.parametrize("body", [b"<html>", b'{"vulnerabilities": null}', b"[]", b'{"vulnerabilities": [{"cveID'])
def test_what_is_no_catalog_is_a_gap(tmp_path: Path, body: bytes) -> None:
    """And the catalog is not read."""
    taken = take(tmp_path, {"exploited": Feed("https://kev.example.gov/kev.json", Site({"/kev.json": body}))})
    assert len(taken.gaps("exploited")) == 1
    assert taken.facts.read == frozenset()
    assert taken.facts.configured == {"exploited"}


def test_the_catalog_is_found_in_a_folder_by_its_name(tmp_path: Path) -> None:
    """Its schema beside it is not opened."""
    body = packed({"vulnerabilities": [{"cveID": "CVE-2026-9001", "dueDate": "2026-11-20"}]})
    files = {"known_exploited_vulnerabilities.json": body, "schema.json": b"{}"}
    facts = take(tmp_path, {"exploited": Feed("/srv/kev", Folder(files))}).facts
    assert (len(facts.exploited), facts.gaps) == (1, ())


# ------------------------------------------------------------------ packages


def test_the_kernel_and_the_fips_additions_belong_to_a_lines_packages(tmp_path: Path) -> None:
    """A kernel notice would seem to apply to no stemcell otherwise."""
    files = {
        "assets/dpkg-list-ubuntu-jammy.txt": b"bash\r\nlibc6:amd64\r\nlibstdc++6:amd64\n\n# by hand\n",
        "assets/dpkg-list-ubuntu-jammy-kernel.txt": b"linux-image-5.15.0-113-generic\n",
        "assets/dpkg-list-ubuntu-jammy-fips.txt": b"linux-fips\n",
        "assets/dpkg-list-ubuntu-noble.txt": b"zsh\n",
    }
    plain = {"bash", "libc6", "libstdc++6", "linux-image-5.15-generic"}
    feeds = {"packages": Feed("/srv/builder", Folder(files))}
    facts = take(tmp_path, feeds, line="ubuntu-jammy,ubuntu-jammy-fips").facts
    assert facts.packages == {"ubuntu-jammy": plain, "ubuntu-jammy-fips": plain | {"linux-fips"}}
    assert facts.read == {"packages"}


def test_lists_below_a_url_are_asked_for_by_line(tmp_path: Path) -> None:
    """A kernel list that is not there is no gap."""
    site = Site({"/assets/dpkg-list-ubuntu-jammy.txt": b"bash\n"})
    taken = take(tmp_path, {"packages": Feed("https://raw.example.gov/assets/", site)})
    assert taken.paths("packages") == [
        "/assets/dpkg-list-ubuntu-jammy-kernel.txt",
        "/assets/dpkg-list-ubuntu-jammy.txt",
    ]
    assert taken.gaps("packages") == taken.facts.gaps == ()
    assert taken.facts.packages == {"ubuntu-jammy": {"bash"}}


def test_a_line_without_its_list_is_unknown(tmp_path: Path) -> None:
    """The other line's list says nothing of it."""
    files = {"dpkg-list-ubuntu-jammy.txt": b"bash\n"}
    facts = take(tmp_path, {"packages": Feed("/srv", Folder(files))}, line="ubuntu-jammy,ubuntu-noble").facts
    assert facts.packages == {"ubuntu-jammy": {"bash"}}
    assert [gap.subjects for gap in facts.gaps] == [("ubuntu-noble",)]


def test_what_dpkg_prints_is_read(tmp_path: Path) -> None:
    """Of one file, for the line that is set; removed packages are not there."""
    body = (
        b"Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked\n"
        b"|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name  Version  Architecture Description\n"
        b"+++-=====-=====-====-====\nii  bash  5.1-6ubuntu1  amd64  GNU shell\n"
        b"hi  libc6:amd64  2.35  amd64  C library\n"
        b"rc  old-thing  1.0  amd64  configuration only\n"
    )
    facts = take(tmp_path, {"packages": feed(body, "/srv/packages.txt")}).facts
    assert facts.packages == {"ubuntu-jammy": {"bash", "libc6"}}


def test_a_file_named_after_a_line_is_that_lines(tmp_path: Path) -> None:
    """Not that of the line in scope."""
    facts = take(tmp_path, {"packages": feed(b"bash\n", "/srv/dpkg-list-ubuntu-noble.txt")}).facts
    assert facts.packages == {}
    assert [gap.subjects for gap in facts.gaps] == [("ubuntu-jammy",)]
    assert facts.read == frozenset()


def test_a_list_of_no_known_line_is_not_read(tmp_path: Path) -> None:
    """Where neither the settings nor a director name one."""
    facts = take(tmp_path, {"packages": feed(b"bash\n", "/srv/packages.txt")}, line="").facts
    assert facts.read == frozenset()
    assert "set [feeds] stemcell_line" in facts.gaps[0].reason


@pytest.mark.parametrize("body", [b"404: Not Found\n", b"<html>", b"", b"# nothing\n", b"\xff\xfe"])
def test_what_is_no_list_of_packages_is_a_gap(tmp_path: Path, body: bytes) -> None:
    """An empty list would make every notice inapplicable."""
    taken = take(tmp_path, {"packages": feed(body, "/srv/packages.txt")})
    assert len(taken.gaps("packages")) == 1
    assert taken.facts.read == frozenset()


# ------------------------------------------------------------------ root file systems

LIST = b"""---
- title: 'USN-8601-1: PAM vulnerability'
  stack_release: 1.324.0
- title: 'USN-8602-2: curl: regression'
  stack_release: unreleased
- title: 'LSN-0100-1: Kernel live patch'
  stack_release: 1.324.0
- title: 'USN-8603-1: a version that YAML takes for a number'
  stack_release: 1.10
- stack_release: 1.324.0
"""


def test_a_root_file_system_names_the_release_that_fixes_a_notice(tmp_path: Path) -> None:
    """The stack by the file's name; what cannot be read is a gap, never a guess."""
    facts = take(tmp_path, {"rootfs": feed(LIST, "/srv/ubuntu22.04.yml")}).facts
    assert [(row.stack, row.notice, row.release) for row in facts.rootfs] == [
        ("cflinuxfs4", "USN-8601-1", "1.324.0"),
        ("cflinuxfs4", "USN-8602-2", None),
    ]
    assert [gap.subjects[0] for gap in facts.gaps] == ["cflinuxfs4 row 4", "cflinuxfs4 row 5"]
    assert facts.read == {"rootfs"}


def test_a_folder_holds_the_lists_of_several_stacks(tmp_path: Path) -> None:
    """The lists of notices that are not in the root file system are left alone."""
    one = b"- {title: 'USN-1-1: x', stack_release: 0.400.0}\n"
    files = {"n/ubuntu18.04.yml": one, "n/ubuntu24.04.yml": one, "n/ubuntu22.04-unrelated.yml": b"x"}
    taken = take(tmp_path, {"rootfs": Feed("/srv", Folder(files))})
    assert [row.stack for row in taken.facts.rootfs] == ["cflinuxfs3", "cflinuxfs5"]


def test_lists_below_a_url_are_asked_for_by_stack(tmp_path: Path) -> None:
    """A stack without a list is no gap; a single list behind a URL is one question."""
    one = b"- {title: 'USN-1-1: x', stack_release: 0.400.0}\n"
    base = take(tmp_path / "a", {"rootfs": Feed("https://x.example.gov/n", Site({"/n/ubuntu22.04.yml": one}))})
    file = take(
        tmp_path / "b", {"rootfs": Feed("https://x.example.gov/n/ubuntu22.04.yml", Site({"/n/ubuntu22.04.yml": one}))}
    )
    assert len(base.asks["rootfs"]) == 3
    assert base.facts.gaps == base.gaps("rootfs") == ()
    assert len(file.asks["rootfs"]) == 1
    assert base.facts.read == file.facts.read == {"rootfs"}


def test_where_lists_differ_the_later_release_stands(tmp_path: Path) -> None:
    """Whichever was read first: the earlier one may have been wrong."""
    rows = (b"- {title: 'USN-1-1: x', stack_release: 1.9.0}\n", b"- {title: 'USN-1-1: x', stack_release: 1.10.0}\n")
    files = {f"{name}/ubuntu22.04.yml": row for name, row in zip("ab", rows, strict=True)}
    taken = take(tmp_path, {"rootfs": Feed("/srv", Folder(files))})
    assert [row.release for row in taken.facts.rootfs] == ["1.10.0"]
    assert isinstance(taken.facts.rootfs[0], RootfsNotice)


@pytest.mark.parametrize("body", [b"<html>", b"a: b", b"- [", b"!!python/object/apply:os.system [x]", b"[" * 5000])
def test_what_is_no_list_of_notices_is_a_gap(tmp_path: Path, body: bytes) -> None:
    """YAML of another shape, or one that would run something."""
    taken = take(tmp_path, {"rootfs": feed(body, "/srv/ubuntu22.04.yml")})
    assert len(taken.gaps("rootfs")) == 1
    assert taken.facts.read == frozenset()


def test_a_list_of_a_stack_that_is_not_known_is_a_gap(tmp_path: Path) -> None:
    """Its file's name is all that tells."""
    facts = take(tmp_path, {"rootfs": feed(LIST, "/srv/cves.yml")}).facts
    assert "no stack that is known" in facts.gaps[0].reason
    assert facts.read == frozenset()


# ------------------------------------------------------------------ buildpacks


def test_the_platforms_buildpacks_are_asked_for_by_their_repositories(tmp_path: Path) -> None:
    """One page each; a buildpack without such a repository is no gap."""
    rows = [
        release("v1.9.4", "2026-08-18T16:16:55Z"),
        release("v1.9.3", "2026-08-01T00:00:00Z"),
        release("v1.9.5", None, draft=True),
        release("nightly", "2026-08-18T16:16:55Z"),
        release("v4.79", "2026-08-02T00:00:00+02:00"),
        release("v1.9.2", None),
    ]
    site = Site({"/repos/cloudfoundry/python-buildpack/releases": packed(rows)}, not_found=b'{"message": "Not Found"}')
    taken = take(
        tmp_path,
        {"buildpack-releases": Feed("https://api.example.gov/repos/cloudfoundry", site)},
        kept=[Kept("cloud-controller", "buildpacks", BUILDPACKS)],
    )
    assert [(ask.path, ask.query) for ask in taken.asks["buildpack-releases"]] == [
        (f"/repos/cloudfoundry/{name}/releases", {"per_page": "100"})
        for name in ("java-buildpack-offline", "nginx", "python-buildpack")
    ]
    assert [(row.name, row.version, row.published) for row in taken.facts.buildpack_releases] == [
        ("python_buildpack", "1.9.3", datetime(2026, 8, 1, tzinfo=UTC)),
        ("python_buildpack", "1.9.4", datetime(2026, 8, 18, 16, 16, 55, tzinfo=UTC)),
        ("python_buildpack", "4.79", datetime(2026, 8, 1, 22, tzinfo=UTC)),
    ]
    assert [gap.subjects for gap in taken.facts.gaps] == [("python_buildpack 1.9.2",)]
    assert taken.facts.read == {"buildpack-releases"}


@pytest.mark.parametrize("path", ["python-buildpack.json", "x/python-buildpack/releases.json"])
def test_a_folder_of_buildpack_releases_is_read(tmp_path: Path, path: str) -> None:
    """By the names of the platform's buildpacks."""
    files = {path: packed([release("v1.9.4", "2026-08-18T16:16:55Z")]), "other.json": b"[]"}
    taken = take(
        tmp_path,
        {"buildpack-releases": Feed("/srv/releases", Folder(files))},
        kept=[Kept("cloud-controller", "buildpacks", BUILDPACKS)],
    )
    assert taken.paths("buildpack-releases") == ["/", f"/{path}"]
    (row,) = taken.facts.buildpack_releases
    assert isinstance(row, BuildpackRelease)
    assert row.name == "python_buildpack"


def test_a_web_page_in_place_of_releases_is_a_gap(tmp_path: Path) -> None:
    """A 404 may look like one, a 200 must not."""
    taken = take(
        tmp_path,
        {"buildpack-releases": Feed("https://api.example.gov/r", Site(answer=lambda _: (200, b"<html>")))},
        kept=[Kept("cloud-controller", "buildpacks", packed({"resources": [{"name": "nginx"}]}))],
    )
    assert [gap.subjects for gap in taken.facts.gaps] == [("/r/nginx/releases",)]
    assert taken.facts.read == frozenset()


def test_without_buildpacks_nothing_is_asked(tmp_path: Path) -> None:
    """And that is said."""
    taken = take(tmp_path, {"buildpack-releases": Feed("https://api.example.gov/r", Site())})
    assert taken.asks["buildpack-releases"] == []
    assert "no buildpack of the platform is known" in taken.facts.gaps[0].reason


# ------------------------------------------------------------------ what another version of the tool kept


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("stemcell-releases", b"{}"),
        ("stemcell-index", b"<html>"),
        ("stemcell-index", b"PK\x03\x04broken"),
        ("notices", b"no JSON"),
        ("exploited", b"[]"),
        ("packages", b"<html>"),
        ("rootfs", b"a: b"),
        ("attestation", b"\xff"),
    ],
)
def test_a_kept_answer_that_cannot_be_read_is_a_gap(tmp_path: Path, source: str, body: bytes) -> None:
    """A snapshot of another version may hold what this one does not know: it is said, and nothing counts as read."""
    asked = Feed("https://x.example.gov/ubuntu22.04.yml", Site())
    taken = take(tmp_path, {source: asked}, kept=[Kept(source, source, body)])
    assert [gap.what for gap in taken.facts.gaps] == [source]
    assert taken.facts.read == frozenset()


def test_a_page_of_releases_that_was_cut_off_is_a_gap(tmp_path: Path) -> None:
    """It begins like a list, so it is no 404."""
    taken = take(
        tmp_path,
        {"buildpack-releases": Feed("https://api.example.gov/r", Site(answer=lambda _: (200, b'[{"tag_name": "v1')))},
        kept=[Kept("cloud-controller", "buildpacks", packed({"resources": [{"name": "nginx"}]}))],
    )
    assert [gap.subjects for gap in taken.gaps("buildpack-releases")] == [("nginx",)]


def test_a_day_that_no_calendar_has_is_none(tmp_path: Path) -> None:
    """The thirty-first of February."""
    rows = [{"cveID": "CVE-2026-9001", "dueDate": "2026-02-31"}]
    facts = take(tmp_path, {"exploited": feed({"vulnerabilities": rows})}).facts
    assert [gap.subjects for gap in facts.gaps] == [("CVE-2026-9001",)]


def test_a_single_list_of_packages_behind_a_url_is_one_question(tmp_path: Path) -> None:
    """Its name ends like a file's."""
    site = Site({"/p/packages.txt": b"bash\n"})
    taken = take(tmp_path, {"packages": Feed("https://x.example.gov/p/packages.txt", site)})
    assert taken.paths("packages") == ["/p/packages.txt"]
    assert taken.facts.packages == {"ubuntu-jammy": {"bash"}}
