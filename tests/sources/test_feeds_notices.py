"""Security notices from every form in which they are published, and which of them are asked for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.evidence import Ask
from collector.sources.feeds import notices_plan
from tests.sources.feed_snapshots import (
    Feed,
    File,
    Folder,
    Site,
    api,
    notes,
    osv,
    packed,
    release,
    take,
    zip_of,
)

API = "https://ubuntu.example.gov/security/notices.json"
MIRROR = "https://mirror.example.gov/usn/main"
USN_FILE = {
    "id": "6910-1",
    "title": "ActiveMQ vulnerabilities",
    "timestamp": 1721767166.2972367,
    "cves": ["CVE-2022-41678", "https://launchpad.net/bugs/1"],
    "releases": {
        "jammy": {
            "sources": {"activemq": {"version": "5"}},
            "binaries": {"activemq": {"version": "5"}},
            "allbinaries": {"libactivemq-java": {"pocket": "esm-apps", "version": "5"}},
        },
        "noble": {
            "sources": {"activemq": {"version": "5"}},
            "allbinaries": {"libactivemq-java": {"pocket": "security"}, "extra": {"pocket": "esm-apps"}},
        },
        "bionic": {"sources": {"activemq": {}}},
    },
}


def stemcells(*notices: str, published: str = "2026-11-01T00:00:00Z") -> Feed:
    """Release notes of one jammy stemcell that lists these notices."""
    rows = [release("ubuntu-jammy/v1.3", published, notes(*notices))]
    return Feed("/srv/releases.json", File(packed(rows)))


def read_one(tmp_path: Path, value: object) -> Any:
    """The one notice of a local file."""
    (notice,) = take(tmp_path, {"notices": Feed("/srv/n.json", File(packed(value)))}).facts.notices
    return notice


def test_the_open_form_gives_codenames_packages_and_what_needs_a_subscription(tmp_path: Path) -> None:
    """Pro packages are none that a stemcell can get; binaries come in two shapes."""
    affected = [
        {
            "package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "linux"},
            "ecosystem_specific": {"binaries": [{"binary_name": "linux-image-5.15.0-113-generic"}]},
        },
        {"package": {"ecosystem": "Ubuntu:Pro:22.04:LTS", "name": "linux-hwe"}},
        {
            "package": {"ecosystem": "Ubuntu:Pro:18.04:LTS", "name": "linux"},
            "ecosystem_specific": {"binaries": [{"linux-libc-dev": "4.15"}]},
        },
        {
            "package": {"ecosystem": "Ubuntu:24.04:LTS", "name": "linux"},
            "ecosystem_specific": {"binaries": [{"linux-libc-dev": "6.8", "linux-tools-common": "6.8"}]},
        },
        {"package": {"ecosystem": "Ubuntu:30.04:LTS", "name": "linux"}},
        {"package": {"ecosystem": "Debian:12", "name": "linux"}},
    ]
    notice = read_one(
        tmp_path,
        {
            **osv("USN-9001-1", "2026-11-01T09:06:31.434165999Z"),
            "affected": affected,
            "upstream": ["UBUNTU-CVE-2026-9001"],
            "aliases": ["CVE-2026-9001"],
            "related": ["CVE-2026-9000", "GHSA-1"],
        },
    )
    assert notice.published == datetime(2026, 11, 1, 9, 6, 31, 434165, UTC)
    assert notice.codenames == ("30.04", "bionic", "jammy", "noble")
    assert notice.packages == {
        "30.04": ("linux",),
        "jammy": ("linux", "linux-image-5.15-generic"),
        "noble": ("linux", "linux-libc-dev", "linux-tools-common"),
    }
    assert notice.pro == ("bionic",)
    assert notice.cves == ("CVE-2026-9000", "CVE-2026-9001")
    assert (notice.hidden, notice.title) == (False, "a flaw")


def test_a_notice_that_was_taken_back_is_hidden(tmp_path: Path) -> None:
    """In the open form it says when it was withdrawn."""
    assert read_one(tmp_path, osv("USN-9001-1", "2026-11-01T00:00:00Z", withdrawn="2026-11-02T00:00:00Z")).hidden


def test_a_time_of_the_api_without_a_zone_is_utc(tmp_path: Path) -> None:
    """And packages of which all are in an esm archive need a subscription."""
    rows = [{"name": "php8.1", "pocket": "esm-apps"}, {"name": "php8.1-cli", "pocket": "esm-infra"}]
    value = {**api("USN-9001-2", "2026-07-06T21:28:23.982632"), "release_packages": {"jammy": rows, "noble": []}}
    notice = read_one(tmp_path, {"notices": [value], "total_results": 1})
    assert notice.published == datetime(2026, 7, 6, 21, 28, 23, 982632, UTC)
    assert (notice.codenames, notice.packages, notice.pro) == (("jammy", "noble"), {}, ("jammy",))
    assert notice.source == "notices.json published"


def test_a_file_of_the_older_database_is_read(tmp_path: Path) -> None:
    """Its instant is a number of seconds; sources follow the archive of their binaries."""
    notice = read_one(tmp_path, USN_FILE)
    assert notice.id == "USN-6910-1"
    assert notice.published == datetime(2024, 7, 23, 20, 39, 26, 297237, UTC)
    assert notice.pro == ("jammy",)
    assert notice.packages == {"bionic": ("activemq",), "noble": ("activemq", "libactivemq-java")}
    assert notice.cves == ("CVE-2022-41678",)
    assert notice.source == "usn timestamp"


@pytest.mark.parametrize("seconds", [1e300, -5, True, "1721767166", None, 10**30])
def test_a_number_of_seconds_that_is_no_instant_is_a_gap(tmp_path: Path, seconds: object) -> None:
    """Nothing is made of it."""
    facts = take(tmp_path, {"notices": Feed("/n.json", File(packed({**USN_FILE, "timestamp": seconds})))}).facts
    assert facts.notices == ()
    assert [gap.subjects for gap in facts.gaps] == [("6910-1",)]


@pytest.mark.parametrize("published", ["2026-11-01", "2026-11-01T00:00:00", "", "soon", "2026-13-01T00:00:00Z"])
def test_a_notice_without_an_instant_is_a_gap_and_costs_no_other(tmp_path: Path, published: str) -> None:
    """A day, or in the open form a time without a zone, is not an instant."""
    rows = [osv("USN-9001-1", published), osv("USN-9002-1", "2026-11-01T00:00:00Z")]
    facts = take(tmp_path, {"notices": Feed("/n.json", File(packed(rows)))}).facts
    assert [notice.id for notice in facts.notices] == ["USN-9002-1"]
    assert [gap.subjects for gap in facts.gaps] == [("USN-9001-1",)]
    assert facts.read == {"notices"}


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_forms_of_a_notice_the_open_one_wins(tmp_path: Path, *, turned: bool) -> None:
    """Whichever came first; livepatches and snaps are no notices."""
    rows = [
        osv("USN-9001-1", "2026-11-01T09:06:31.434165Z"),
        api("USN-9001-1", "2026-11-01T00:00:00"),
        api("LSN-0001-1", "2026-11-01T00:00:00"),
        api("SSN-0001-1", "2026-11-01T00:00:00"),
    ]
    notice = read_one(tmp_path, rows[::-1] if turned else rows)
    assert notice.source == "osv published"


def test_a_clone_prefers_the_open_form_and_leaves_other_files(tmp_path: Path) -> None:
    """Files of single CVEs, of livepatches and of the older form beside a newer one are not opened."""
    at = "2026-11-01T00:00:00Z"
    files = {
        "osv/usn/USN-9001-1.json": packed(osv("USN-9001-1", at)),
        "osv/usn/LSN-0100-1.json": b"{}",
        "osv/cve/2026/UBUNTU-CVE-2026-9001.json": b"{}",
        "vex/cve/x.json": b"{}",
        "usn/9001-1.json": b"{}",
        "usn/6910-1.json": packed(USN_FILE),
        "notices-1.json": packed({"notices": [api("USN-9003-1", "2026-11-01T00:00:00")]}),
    }
    taken = take(tmp_path, {"notices": Feed("/srv/usn", Folder(files))})
    assert sorted(taken.paths("notices")) == [
        "/",
        "/notices-1.json",
        "/osv/usn/USN-9001-1.json",
        "/usn/6910-1.json",
    ]
    assert [notice.id for notice in taken.facts.notices] == ["USN-6910-1", "USN-9001-1", "USN-9003-1"]
    assert taken.facts.gaps == ()


def test_of_a_large_clone_the_listed_and_the_newest_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is said, and does not make the notices that were read unread."""
    monkeypatch.setattr(notices_plan, "MOST_FILES", 3)
    names = [f"USN-{number}-1" for number in (99, 100, 1000, 2000, 3000)]
    files = {f"osv/usn/{name}.json": packed(osv(name, "2026-11-01T00:00:00Z")) for name in names}
    taken = take(tmp_path, {"stemcell-releases": stemcells("USN-100-1"), "notices": Feed("/srv", Folder(files))})
    assert taken.paths("notices")[1:] == [f"/osv/usn/USN-{number}-1.json" for number in (100, 3000, 2000)]
    (gap,) = taken.facts.gaps
    assert gap.reason == "2 notices that no stemcell lists were not read, USN-1000-1 and older"
    assert "notices" in taken.facts.read


def test_a_listed_notice_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Its time is unknown, and the others are read."""
    files = {"USN-9001-1.json": packed(osv("USN-9001-1", "2026-11-01T00:00:00Z"))}
    feeds = {"stemcell-releases": stemcells("USN-9001-1", "USN-9002-1"), "notices": Feed("/srv", Folder(files))}
    facts = take(tmp_path, feeds).facts
    assert [(gap.reason, gap.subjects) for gap in facts.gaps] == [
        ("listed by a stemcell and not found", ("USN-9002-1",))
    ]
    assert "notices" in facts.read


def test_a_zip_of_notices_is_read(tmp_path: Path) -> None:
    """Single CVEs in it are left packed."""
    body = zip_of({"USN-9001-1.json": packed(osv("USN-9001-1", "2026-11-01T00:00:00Z")), "UBUNTU-CVE-1.json": b"x"})
    taken = take(tmp_path, {"notices": Feed("https://osv.example.gov/Ubuntu/all.zip", Site({"/Ubuntu/all.zip": body}))})
    assert [notice.id for notice in taken.facts.notices] == ["USN-9001-1"]


class Listed:
    """The security API's list: newest first, twenty a page, with a horizon of a year in its data."""

    def __init__(self, count: int) -> None:
        self.rows = [
            api(f"USN-{9000 - number}-1", f"2026-11-{20 - number // 10:02}T00:00:00") for number in range(count)
        ]
        self.before_page: dict[int, Any] = {}
        self.offsets: list[int] = []

    def answer(self, ask: Ask) -> tuple[int, bytes] | None:
        if not ask.path.endswith("/notices.json"):
            return None
        offset = int(ask.query["offset"])
        self.offsets.append(offset)
        self.before_page.get(len(self.offsets), lambda: None)()
        page = {"notices": self.rows[offset : offset + 20], "offset": offset, "total_results": len(self.rows)}
        return 200, packed(page)


def test_the_list_is_paged_to_its_end_for_the_codename_of_the_line(tmp_path: Path) -> None:
    """Twenty a page is all that the API gives."""
    listed = Listed(45)
    taken = take(tmp_path, {"notices": Feed(API, Site(answer=listed.answer))}, line="ubuntu-jammy-fips")
    assert listed.offsets == [0, 20, 40]
    assert taken.asks["notices"][0].query == {"order": "newest", "limit": "20", "offset": "0", "release": "jammy"}
    assert len(taken.facts.notices) == 45
    assert taken.facts.read == {"notices"}


def test_the_list_is_left_when_all_of_a_page_is_beyond_the_horizon(tmp_path: Path) -> None:
    """Notices of more than 400 days ago are not in question."""
    listed = Listed(100)
    listed.rows[20:] = [api(f"USN-{number}-1", "2025-09-01T00:00:00") for number in range(80)]
    take(tmp_path, {"notices": Feed(API, Site(answer=listed.answer))})
    assert listed.offsets == [0, 20]


def test_notices_that_appear_meanwhile_cost_no_other(tmp_path: Path) -> None:
    """Those that were seen come again, and are counted once."""
    listed = Listed(45)
    listed.before_page[2] = lambda: listed.rows.insert(0, api("USN-9001-1", "2026-11-23T00:00:00"))
    facts = take(tmp_path, {"notices": Feed(API, Site(answer=listed.answer))}).facts
    assert len(facts.notices) == 45


def test_notices_that_are_taken_back_meanwhile_cost_no_other(tmp_path: Path) -> None:
    """All later ones move up: the walk goes back by as many places."""
    listed = Listed(65)
    listed.before_page[2] = lambda: listed.rows.__delitem__(slice(0, 3))
    facts = take(tmp_path, {"notices": Feed(API, Site(answer=listed.answer))}).facts
    assert {row["id"] for row in listed.rows} <= {notice.id for notice in facts.notices}


def test_a_list_that_gives_the_same_page_again_is_a_gap(tmp_path: Path) -> None:
    """A server that ignores the offset would be asked for ever."""
    page = packed({"notices": [api("USN-9001-1", "2026-11-01T00:00:00")], "total_results": 10**9})
    taken = take(tmp_path, {"notices": Feed(API, Site(answer=lambda _: (200, page)))})
    assert "again and again" in taken.gaps("notices")[0].reason
    assert taken.facts.read == frozenset()


def test_a_mirror_is_asked_for_the_listed_notices_and_the_recent_ones(tmp_path: Path) -> None:
    """The open form first; where a mirror lacks it, the API's form of the same notice takes its place."""
    listed = Listed(2)
    site = Site(
        {
            "/usn/main/osv/usn/USN-9001-1.json": packed(osv("USN-9001-1", "2026-11-01T00:00:00Z")),
            "/usn/main/security/notices/USN-9002-1.json": packed(api("USN-9002-1", "2026-11-02T00:00:00")),
        },
        answer=listed.answer,
    )
    feeds = {
        "stemcell-releases": stemcells("USN-9001-1", "USN-9002-1", "USN-9003-1"),
        "notices": Feed(MIRROR, site),
    }
    taken = take(tmp_path, feeds)
    assert [(notice.id, notice.source) for notice in taken.facts.notices] == [
        ("USN-8999-1", "notices.json published"),
        ("USN-9000-1", "notices.json published"),
        ("USN-9001-1", "osv published"),
        ("USN-9002-1", "notices.json published"),
    ]
    assert [gap.subjects for gap in taken.gaps("notices")] == [("USN-9003-1",)]
    assert "notices" in taken.facts.read


def test_a_mirror_without_a_list_gives_only_what_stemcells_list(tmp_path: Path) -> None:
    """That is said, and the listed notices count as read."""
    site = Site({"/usn/main/osv/usn/USN-9001-1.json": packed(osv("USN-9001-1", "2026-11-01T00:00:00Z"))})
    taken = take(tmp_path, {"stemcell-releases": stemcells("USN-9001-1"), "notices": Feed(MIRROR, site)})
    assert taken.gaps("notices") == ()
    assert [gap.reason for gap in taken.facts.gaps] == ["notices that no stemcell lists were not read: no list there"]
    assert "notices" in taken.facts.read


def test_a_list_that_breaks_off_is_not_wholly_read(tmp_path: Path) -> None:
    """A 404 on a later page is no sign that there is no list."""
    listed = Listed(45)
    site = Site(answer=lambda ask: (404, b"") if ask.query.get("offset") == "20" else listed.answer(ask))
    taken = take(tmp_path, {"stemcell-releases": stemcells(), "notices": Feed(MIRROR, site)})
    assert [gap.http_status for gap in taken.gaps("notices")] == [404]
    assert "notices" not in taken.facts.read


def test_a_stemcell_of_long_ago_lists_nothing_that_is_in_question(tmp_path: Path) -> None:
    """Its notices are not asked for."""
    feeds = {
        "stemcell-releases": stemcells("USN-1-1", published="2025-10-01T00:00:00Z"),
        "notices": Feed(MIRROR, Site()),
    }
    assert take(tmp_path, feeds).paths("notices") == ["/usn/main/security/notices.json"]


def test_a_line_on_an_ubuntu_that_is_not_known_is_said(tmp_path: Path) -> None:
    """Its notices could not be told from those of others."""
    body = packed([osv("USN-9001-1", "2026-11-01T00:00:00Z")])
    facts = take(tmp_path, {"notices": Feed("/n.json", File(body))}, line="ubuntu-zesty").facts
    assert [gap.subjects for gap in facts.gaps] == [("ubuntu-zesty",)]


@pytest.mark.parametrize(
    "body", [b"<html></html>", b'{"notices": [', b'{"message": "busy"}', b"[" * 100_000, b"PK\x03\x04x"]
)
def test_a_body_that_holds_no_notices_is_a_gap(tmp_path: Path, body: bytes) -> None:
    """A web page, half a page, an excuse, a riddle, a broken archive."""
    taken = take(tmp_path, {"notices": Feed("/n.json", File(body))})
    assert len(taken.gaps("notices")) == 1
    assert taken.facts.read == frozenset()
