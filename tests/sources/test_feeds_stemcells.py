"""Which stemcells there are, when they were out, and which notices they list."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.errors import Malformed
from collector.sources.feeds.metalink import read_metalink
from collector.sources.feeds.notes import read_notes
from collector.sources.feeds.stemcells import line_of, normal, package_name, version_key
from tests.sources.feed_snapshots import (
    NAMESPACE,
    Feed,
    File,
    Folder,
    Kept,
    Site,
    meta4,
    notes,
    osv,
    packed,
    release,
    take,
    tar_of,
    zip_of,
)

BASE = "https://raw.example.gov/index/main"
GITHUB = "https://api.example.gov/repos/x/stemcells/releases"
DEPLOYMENTS = packed(
    [
        {
            "name": "cf-production",
            "stemcells": [{"name": "bosh-aws-xen-hvm-ubuntu-jammy-go_agent", "version": "1.486"}],
        }
    ]
)


def releases(*rows: Any) -> Feed:
    return Feed(GITHUB, Site(answer=lambda ask: (200, packed(rows if ask.query["page"] == "1" else []))))


def test_the_known_truth_is_read_to_the_microsecond(tmp_path: Path) -> None:
    """USN-6859-1 was first in jammy 1.486, 15 hours and 4 minutes after it was published."""
    taken = take(
        tmp_path,
        {
            "stemcell-releases": releases(
                release("ubuntu-jammy/v1.486", "2024-07-02T16:20:11Z", notes("USN-6859-1", priorities="high"))
            ),
            "stemcell-index": Feed(
                BASE, Site({"/index/main/published/ubuntu-jammy/1.486/stemcells.meta4": meta4("1.486", EXACT)})
            ),
            "notices": Feed(
                "/mirror",
                Folder({"osv/usn/USN-6859-1.json": packed(osv("USN-6859-1", "2024-07-01T09:06:31.434165Z"))}),
            ),
        },
    )
    facts = taken.facts
    (stemcell,) = facts.releases
    (notice,) = facts.notices
    assert (stemcell.line, stemcell.version, stemcell.notices) == ("ubuntu-jammy", "1.486", ("USN-6859-1",))
    assert stemcell.priorities == {"USN-6859-1": ("high",)}
    assert stemcell.published == datetime(2024, 7, 2, 0, 10, 48, 699473, UTC)
    assert stemcell.announced == datetime(2024, 7, 2, 16, 20, 11, tzinfo=UTC)
    assert notice.published == datetime(2024, 7, 1, 9, 6, 31, 434165, UTC)
    assert notice.source == "osv published"
    assert stemcell.published - notice.published == datetime(2024, 7, 2, 0, 10, 48, 699473, UTC) - datetime(
        2024, 7, 1, 9, 6, 31, 434165, UTC
    )
    assert facts.read == {"stemcell-releases", "stemcell-index", "notices"}
    assert facts.gaps == ()
    assert stemcell.light is None


EXACT = "2024-07-02T00:10:48.699473962Z"


def test_versions_are_ordered_by_number(tmp_path: Path) -> None:
    """1.99 comes before 1.1364, and 1.1364.0 is 1.1364."""
    tags = ("ubuntu-jammy/v1.1364.0", "ubuntu-jammy/v1.99", "ubuntu-jammy/v1.486")
    taken = take(tmp_path, {"stemcell-releases": releases(*(release(tag, "2026-11-01T00:00:00Z") for tag in tags))})
    assert [row.version for row in taken.facts.releases] == ["1.99", "1.486", "1.1364"]


def test_only_what_is_known_is_asked_of_the_index(tmp_path: Path) -> None:
    """The versions of the line in scope that release notes and directors name, newest first, and no other line."""
    feeds = {
        "stemcell-releases": releases(
            release("ubuntu-jammy/v1.99", "2026-11-01T00:00:00Z"),
            release("ubuntu-jammy/v1.1364", "2026-11-02T00:00:00Z"),
            release("ubuntu-jammy-fips/v1.1331", "2026-11-02T00:00:00Z"),
        ),
        "stemcell-index": Feed(BASE, Site()),
        "light-index": Feed(BASE, Site()),
    }
    taken = take(tmp_path, feeds, kept=[Kept("bosh-production", "deployments", DEPLOYMENTS)])
    assert taken.paths("stemcell-index") == [
        f"/index/main/published/ubuntu-jammy/{version}/stemcells.meta4" for version in ("1.1364", "1.486", "1.99")
    ]
    assert taken.paths("light-index")[0] == "/index/main/published/ubuntu-jammy/1.1364/stemcells.aws.meta4"
    assert taken.gaps("stemcell-index") == ()


def test_a_version_that_the_index_lacks_is_no_gap(tmp_path: Path) -> None:
    """A 404 says that it is not published there; the others count as read."""
    feeds = {
        "stemcell-releases": releases(
            release("ubuntu-jammy/v1.2", "2026-11-01T00:00:00Z"), release("ubuntu-jammy/v1.3", "2026-11-02T00:00:00Z")
        ),
        "stemcell-index": Feed(
            f"{BASE}/published/",
            Site(
                {"/index/main/published/ubuntu-jammy/1.2/stemcells.meta4": meta4("1.2", "2026-11-01T01:02:03Z")},
                not_found=b"<!DOCTYPE html><html>no such page</html>",
            ),
        ),
    }
    facts = take(tmp_path, feeds).facts
    assert [row.published for row in facts.releases] == [datetime(2026, 11, 1, 1, 2, 3, tzinfo=UTC), None]
    assert "stemcell-index" in facts.read
    assert facts.gaps == ()


def test_lines_and_versions_come_from_the_directors_where_none_is_set(tmp_path: Path) -> None:
    """From their deployments, their stemcells and the context of their events; what is no stemcell is passed over."""
    name = "bosh-aws-xen-hvm-ubuntu-{}-go_agent"
    uploaded = [{"name": name.format("jammy"), "version": "1.3.0"}, {"name": "odd", "version": "1"}, {"name": 3}, 7]
    contexts = [
        {"before": {"stemcells": [name.format("noble") + "/1.7"]}, "after": {"stemcells": [None, "odd"]}},
        {"before": {}, "after": {"stemcells": None}},
        {},
        None,
    ]
    kept = [
        Kept("bosh-staging", "stemcells", packed(uploaded)),
        Kept(
            "bosh-production", "events-deployments", packed([{"id": "1", "context": context} for context in contexts])
        ),
        Kept("bosh-production", "deployments", b"not JSON"),
    ]
    feeds = {
        "stemcell-releases": releases(release("ubuntu-xenial/v621.1", "2026-11-01T00:00:00Z")),
        "stemcell-index": Feed(BASE, Site()),
    }
    taken = take(tmp_path, feeds, line="", kept=kept)
    assert taken.paths("stemcell-index") == [
        "/index/main/published/ubuntu-jammy/1.3/stemcells.meta4",
        "/index/main/published/ubuntu-noble/1.7/stemcells.meta4",
    ]


def test_without_a_line_or_a_director_the_lines_of_recent_releases_count(tmp_path: Path) -> None:
    """Those of the last 400 days."""
    feeds = {
        "stemcell-releases": releases(
            release("ubuntu-xenial/v621.1", "2025-01-01T00:00:00Z"),
            release("ubuntu-jammy/v1.2", "2025-01-01T00:00:00Z"),
            release("ubuntu-jammy/v1.3", "2026-11-01T00:00:00Z"),
        ),
        "stemcell-index": Feed(BASE, Site()),
    }
    taken = take(tmp_path, feeds, line="")
    assert [path.split("/")[-2] for path in taken.paths("stemcell-index")] == ["1.3", "1.2"]


def test_no_more_than_the_newest_versions_of_a_line_are_asked_for(tmp_path: Path) -> None:
    """A hundred and fifty: more than five years of stemcells."""
    rows = [release(f"ubuntu-jammy/v1.{number}", "2026-11-01T00:00:00Z") for number in range(200)]
    taken = take(tmp_path, {"stemcell-releases": releases(*rows), "stemcell-index": Feed(BASE, Site())})
    asked = [int(path.split("/")[-2].removeprefix("1.")) for path in taken.paths("stemcell-index")]
    assert asked == list(range(199, 49, -1))


def test_an_index_where_nothing_is_found_is_not_read(tmp_path: Path) -> None:
    """A wrong address gives nothing but 404s: that is said, and nothing counts as read."""
    feeds = {
        "stemcell-releases": releases(release("ubuntu-jammy/v1.2", "2026-11-01T00:00:00Z")),
        "stemcell-index": Feed(BASE, Site()),
    }
    facts = take(tmp_path, feeds).facts
    assert facts.read == {"stemcell-releases"}
    assert [gap.what for gap in facts.gaps] == ["stemcell-index"]
    assert "nothing there that could be read" in facts.gaps[0].reason


def test_an_index_of_which_no_version_is_known_says_why_it_was_not_asked(tmp_path: Path) -> None:
    """Without release notes and directors there is nothing to ask for."""
    taken = take(tmp_path, {"stemcell-index": Feed(BASE, Site())})
    assert taken.asks["stemcell-index"] == []
    assert "no version is known" in taken.facts.gaps[0].reason
    assert taken.facts.read == frozenset()


def test_a_stemcell_that_could_not_be_fetched_is_the_only_one_unknown(tmp_path: Path) -> None:
    """A gap about one version names it, and the index counts as read."""
    feeds = {
        "stemcell-releases": releases(
            release("ubuntu-jammy/v1.2", "2026-11-01T00:00:00Z"), release("ubuntu-jammy/v1.3", "2026-11-02T00:00:00Z")
        ),
        "stemcell-index": Feed(
            BASE,
            Site(
                answer=lambda ask: (200, meta4("1.2", "2026-11-01T01:02:03Z")) if "/1.2/" in ask.path else (503, b""),
            ),
        ),
    }
    taken = take(tmp_path, feeds)
    assert [gap.subjects for gap in taken.gaps("stemcell-index")] == [("ubuntu-jammy/1.3",)]
    assert "stemcell-index" in taken.facts.read


@pytest.mark.parametrize("prefix", ["published/", "clone/published/", ""])
@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_a_local_copy_of_the_index_is_read_in_every_form(tmp_path: Path, prefix: str, form: str) -> None:
    """A clone at any depth, or an archive of it; other lines, drafts and light stemcells are left alone."""
    files = {
        f"{prefix}ubuntu-jammy/1.1364/stemcells.meta4": meta4("1.1364", "2026-08-18T21:34:58.372545986Z"),
        f"{prefix}ubuntu-jammy/1.1364/stemcells.aws.meta4": meta4("1.1364", "2026-08-18T21:45:00Z"),
        f"{prefix}ubuntu-jammy-fips/1.1330/stemcells.meta4": meta4(
            "1.1330", "2026-08-01T00:00:00Z", line="ubuntu-jammy-fips"
        ),
        "dev/ubuntu-jammy/1.1365/stemcells.meta4": meta4("1.1365", "2026-08-19T00:00:00Z"),
        "../ubuntu-jammy/1.1366/stemcells.meta4": meta4("1.1366", "2026-08-19T00:00:00Z"),
    }
    at = Folder(files) if form == "folder" else File(zip_of(files) if form == "zip" else tar_of(files))
    taken = take(tmp_path, {"stemcell-index": Feed("/srv/index", at), "light-index": Feed("/srv/index", at)})
    (row,) = taken.facts.releases
    assert (row.version, row.published, row.light) == (
        "1.1364",
        datetime(2026, 8, 18, 21, 34, 58, 372545, UTC),
        datetime(2026, 8, 18, 21, 45, tzinfo=UTC),
    )
    assert taken.facts.read == {"stemcell-index", "light-index"}
    assert taken.facts.gaps == ()


def test_an_archive_behind_a_url_is_asked_for_once(tmp_path: Path) -> None:
    """An address that ends like an archive is one document."""
    body = tar_of({"main/published/ubuntu-jammy/1.2/stemcells.meta4": meta4("1.2", "2026-11-01T00:00:00Z")})
    taken = take(tmp_path, {"stemcell-index": Feed(f"{BASE}.tar.gz?ref=1", Site({"/index/main.tar.gz": body}))})
    assert [(ask.path, ask.query) for ask in taken.asks["stemcell-index"]] == [("/index/main.tar.gz", {"ref": "1"})]
    assert [row.version for row in taken.facts.releases] == ["1.2"]


def test_fips_lines_stay_separate(tmp_path: Path) -> None:
    """The same version of two lines are two stemcells."""
    files = {
        "ubuntu-jammy/1.1330/stemcells.meta4": meta4("1.1330", "2026-07-01T00:00:00Z"),
        "ubuntu-jammy-fips/1.1330/stemcells.meta4": meta4("1.1330", "2026-08-01T00:00:00Z", line="ubuntu-jammy-fips"),
    }
    index = {"stemcell-index": Feed("/srv", Folder(files))}
    taken = take(tmp_path, index, line="ubuntu-jammy, ubuntu-jammy-fips")
    assert [(row.line, row.version) for row in taken.facts.releases] == [
        ("ubuntu-jammy", "1.1330"),
        ("ubuntu-jammy-fips", "1.1330"),
    ]


def test_one_file_of_the_index_names_its_stemcell_itself(tmp_path: Path) -> None:
    """Without a path, line and version stand in the names of the stemcell's files."""
    taken = take(tmp_path, {"stemcell-index": Feed("/srv/x.meta4", File(meta4("1.2", "2026-11-01T00:00:00Z")))})
    assert [(row.line, row.version) for row in taken.facts.releases] == [("ubuntu-jammy", "1.2")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (meta4("1.2", None), "no <published>"),
        (meta4("1.2", "2026-11-01"), "no <published>"),
        (meta4("1.2", "2026-11-01T00:00:00"), "no <published>"),
        (meta4("1.3", "2026-11-01T00:00:00Z"), "another version: 1.3"),
    ],
)
def test_a_file_that_does_not_say_when_or_what_is_a_gap(tmp_path: Path, body: bytes, reason: str) -> None:
    """A day alone, a time without a zone, none at all, or another version's file: nothing is guessed."""
    files = {
        "ubuntu-jammy/1.2/stemcells.meta4": body,
        "ubuntu-jammy/1.4/stemcells.meta4": meta4("1.4", "2026-11-02T00:00:00Z"),
    }
    facts = take(tmp_path, {"stemcell-index": Feed("/srv", Folder(files))}).facts
    assert [row.version for row in facts.releases] == ["1.4"]
    assert [gap.subjects for gap in facts.gaps] == [("ubuntu-jammy/1.2",)]
    assert reason in facts.gaps[0].reason
    assert "stemcell-index" in facts.read


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE metalink [<!ENTITY a "aaaa">]><metalink xmlns="' + NAMESPACE.encode() + b'"/>',
        '<!DOCTYPE x><metalink xmlns="urn:ietf:params:xml:ns:metalink"/>'.encode("utf-16"),
        b"<html><body>Sign in</body></html>",
        b'<metalink xmlns="urn:other"/>',
        meta4("1.2", "2026-11-01T00:00:00Z")[:-20],
        b'<?xml version="1.0" encoding="no-such"?><metalink/>',
        b"",
        b"{}",
    ],
)
def test_a_body_that_is_no_metalink_is_malformed(body: bytes) -> None:
    """Document types are refused in every encoding, so no entity can be declared; pages and halves are no index."""
    with pytest.raises(Malformed):
        read_metalink(body)


def test_releases_are_paged_until_nothing_new_comes(tmp_path: Path) -> None:
    """Pages are asked for one by one; an empty page is the end."""
    pages = {
        "1": [release("ubuntu-jammy/v1.3", "2026-11-03T00:00:00Z"), release("x/v1.9", None, draft=True)],
        "2": [release("ubuntu-jammy/v1.2", "2026-10-03T00:00:00Z", prerelease=True)],
        "3": [],
    }
    feed = Feed(f"{GITHUB}?a=b", Site(answer=lambda ask: (200, packed(pages[ask.query["page"]]))))
    taken = take(tmp_path, {"stemcell-releases": feed})
    assert [ask.query for ask in taken.asks["stemcell-releases"]] == [
        {"a": "b", "per_page": "100", "page": page} for page in ("1", "2", "3")
    ]
    assert [row.version for row in taken.facts.releases] == ["1.3"]


def test_releases_are_paged_until_all_of_a_page_is_too_old(tmp_path: Path) -> None:
    """Nothing of more than 800 days ago can be in question."""
    pages = {
        "1": [
            release("ubuntu-jammy/v1.3", "2026-11-03T00:00:00Z"),
            release("ubuntu-jammy/v1.2", "2024-01-01T00:00:00Z"),
        ],
        "2": [release("ubuntu-jammy/v1.1", "2023-11-03T00:00:00Z")],
    }
    feed = Feed(GITHUB, Site(answer=lambda ask: (200, packed(pages[ask.query["page"]]))))
    assert len(take(tmp_path, {"stemcell-releases": feed}).asks["stemcell-releases"]) == 2


def test_a_server_that_ignores_the_page_number_is_asked_twice(tmp_path: Path) -> None:
    """The second page brings no tag that is new."""
    feed = Feed(GITHUB, Site(answer=lambda _: (200, packed([release("ubuntu-jammy/v1.3", "2026-11-03T00:00:00Z")]))))
    assert len(take(tmp_path, {"stemcell-releases": feed}).asks["stemcell-releases"]) == 2


def test_a_list_of_releases_without_end_is_a_gap(tmp_path: Path) -> None:
    """It is left after a hundred pages, and that is said."""

    def endless(ask: object) -> tuple[int, bytes]:
        return 200, packed([release(f"ubuntu-jammy/v1.{next(numbers)}", "2026-11-03T00:00:00Z")])

    numbers = iter(range(1000))
    taken = take(tmp_path, {"stemcell-releases": Feed(GITHUB, Site(answer=endless))})
    assert len(taken.asks["stemcell-releases"]) == 101
    assert "does not end" in taken.gaps("stemcell-releases")[0].reason
    assert taken.facts.read == frozenset()


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b'{"message": "rate limited"}', b'[{"tag_name": "x"', b"\xff"]
)
def test_a_page_that_is_no_list_of_releases_is_a_gap(tmp_path: Path, body: bytes) -> None:
    """A web page, an excuse or half a list is no evidence."""
    taken = take(tmp_path, {"stemcell-releases": Feed(GITHUB, Site(answer=lambda _: (200, body)))})
    assert len(taken.gaps("stemcell-releases")) == 1
    assert taken.facts.read == frozenset()
    assert taken.snapshot.documents == ()


def test_local_release_files_are_read_alike(tmp_path: Path) -> None:
    """A file with the list, or a folder of such files."""
    one, two = (packed([release(f"ubuntu-jammy/v1.{n}", "2026-11-03T00:00:00Z")]) for n in (1, 2))
    file = take(tmp_path / "a", {"stemcell-releases": Feed("/srv/r.json", File(one))})
    folder = take(
        tmp_path / "b", {"stemcell-releases": Feed("/srv", Folder({"1.json": one, "x/2.json": two, "r.md": b""}))}
    )
    assert [row.version for row in file.facts.releases] == ["1.1"]
    assert [row.version for row in folder.facts.releases] == ["1.1", "1.2"]
    assert folder.facts.read == {"stemcell-releases"}


def test_only_the_lines_that_name_a_notices_page_count() -> None:
    """Descriptions mention other notices; livepatches are none; old forms and line endings are known."""
    body = (
        "## USNs:\r\n\r\n**Title**: USN-6757-2: PHP\r\n**URL**: https://ubuntu.com/security/notices/USN-6757-2\r\n"
        "**Priorities**: low,Medium\r\n**Description**:\r\n  See USN-1111-1.\r\nURL: USN-2222-1\r\n"
        "**Title**: LSN-0100-1\r\n**URL**: https://ubuntu.com/security/notices/LSN-0100-1\r\n**Priorities**: high\r\n"
        "**Title**: old\r\n**URL**: https://usn.ubuntu.com/4171-5/\r\n**Priorities**: low\r\n"
        "**Title**: lsn\r\n**URL**: https://usn.ubuntu.com/lsn/0061-1/\r\n"
        "**Title**: again\r\n**URL**: https://ubuntu.com/security/notices/USN-6757-2\r\n**Priorities**: high\r\n"
        "**Title**: odd\r\n**URL**: https://example.gov/x\r\n**Kernel Version**: 5.15.0.107.107\r\n"
    )
    found = read_notes(body)
    assert found.notices == ("USN-4171-5", "USN-6757-2")
    assert found.priorities == {"USN-4171-5": ("low",), "USN-6757-2": ("high", "low", "medium")}
    assert found.kernel == "5.15.0.107.107"
    assert found.unknown == ("https://example.gov/x",)


def test_notes_of_before_2020_are_read() -> None:
    """They write title, url and priorities without stars."""
    body = "## USNs:\n\ntitle: USN-3977-1: Intel\nurl: https://usn.ubuntu.com/3977-1/\npriorities: high,medium\n"
    assert read_notes(body).notices == ("USN-3977-1",)
    assert read_notes(body).priorities == {"USN-3977-1": ("high", "medium")}


def test_notes_without_notices_list_none_and_no_notes_are_unknown(tmp_path: Path) -> None:
    """A body without notices lists nothing; an empty body is no notes at all."""
    rows = (
        release("ubuntu-jammy/v1.3", "2026-11-03T00:00:00Z", "## Metadata:\n**BOSH Agent Version**: 2\n"),
        release("ubuntu-jammy/v1.4", "2026-11-04T00:00:00Z", None),
        release("v9", "2026-11-05T00:00:00Z", "x", name="ubuntu jammy v1.5"),
        release("v10", "2026-11-05T00:00:00Z", "x", name="something else"),
    )
    found = {row.version: row.notices for row in take(tmp_path, {"stemcell-releases": releases(*rows)}).facts.releases}
    assert found == {"1.3": (), "1.4": None, "1.5": ()}


def test_a_page_in_place_of_a_notice_is_said(tmp_path: Path) -> None:
    """A form that nobody has seen yet may name a notice: it is not silently left out."""
    body = "**Title**: x\n**URL**: https://ubuntu.com/security/advisories/USN-9-1\n"
    facts = take(
        tmp_path, {"stemcell-releases": releases(release("ubuntu-jammy/v1.3", "2026-11-03T00:00:00Z", body))}
    ).facts
    assert [gap.subjects for gap in facts.gaps] == [("ubuntu-jammy/1.3",)]
    assert "stemcell-releases" in facts.read


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bosh-aws-xen-hvm-ubuntu-jammy-go_agent", "ubuntu-jammy"),
        ("bosh-aws-xen-hvm-ubuntu-jammy-fips-go_agent", "ubuntu-jammy-fips"),
        ("bosh-openstack-kvm-ubuntu-noble-go_agent-raw", "ubuntu-noble"),
        ("bosh-warden-boshlite-ubuntu-xenial-go_agent", "ubuntu-xenial"),
        ("bosh-aws-xen-hvm-windows2019-go_agent", "windows2019"),
        ("something", ""),
    ],
)
def test_a_line_is_read_from_a_directors_name(name: str, line: str) -> None:
    """What lies between the hypervisor and the agent."""
    assert line_of(name) == line


def test_a_version_of_a_thousand_digits_is_none() -> None:
    """Python refuses to read such a number."""
    assert version_key("1." + "9" * 5000) == ()
    assert normal("1." + "9" * 5000 + ".0").endswith(".0")
    assert version_key("1.99") < version_key("1.1364")


def test_a_kernel_package_goes_without_the_number_of_its_interface() -> None:
    """It changes with each notice, and would match nothing."""
    assert package_name("linux-image-5.15.0-113-generic:amd64") == "linux-image-5.15-generic"
    assert package_name("linux-headers-5.15.0-113") == "linux-headers-5.15"
    assert package_name("linux-generic-hwe-20.04") == "linux-generic-hwe-20.04"
    assert package_name("libpython3.10-minimal") == "libpython3.10-minimal"


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_documents_does_not_matter(tmp_path: Path, seed: int) -> None:
    """Facts are the same however the snapshot lists its documents."""
    listed = [release(f"ubuntu-jammy/v1.{n}", "2026-11-03T00:00:00Z", notes(f"USN-{n}-1")) for n in range(1, 6)]
    feeds = {
        "stemcell-releases": releases(*listed),
        "stemcell-index": Feed(
            BASE, Site(answer=lambda ask: (200, meta4(ask.path.split("/")[-2], "2026-11-02T00:00:00Z")))
        ),
        "notices": Feed("https://n.example.gov", Site(answer=lambda ask: _notice(ask.path))),
    }
    taken = take(tmp_path, feeds)
    assert len(taken.facts.releases) == len(taken.facts.notices) == 5
    assert taken.shuffled(seed) == taken.facts


def _notice(path: str) -> tuple[int, bytes] | None:
    name = path.rpartition("/")[2].removesuffix(".json")
    return (200, packed(osv(name, "2026-11-01T00:00:00Z"))) if "/osv/" in path else None


def test_a_file_that_names_no_stemcell_at_all_is_a_gap(tmp_path: Path) -> None:
    """Neither its path nor its content says which one it is."""
    body = f'<metalink xmlns="{NAMESPACE}"><published>2026-11-01T00:00:00Z</published></metalink>'.encode()
    facts = take(tmp_path, {"stemcell-index": Feed("/srv/x.meta4", File(body))}).facts
    assert [gap.reason for gap in facts.gaps] == ["/ does not say which stemcell it is"]
    assert facts.read == frozenset()


def test_release_notes_that_cannot_be_read_narrow_nothing(tmp_path: Path) -> None:
    """The index is asked for what directors name; the notes are a gap of their own."""
    kept = [
        Kept("stemcell-releases", "stemcell-releases", b"{}"),
        Kept("bosh-production", "deployments", DEPLOYMENTS),
    ]
    taken = take(tmp_path, {"stemcell-index": Feed(BASE, Site())}, kept=kept)
    assert [path.split("/")[-2] for path in taken.paths("stemcell-index")] == ["1.486"]
