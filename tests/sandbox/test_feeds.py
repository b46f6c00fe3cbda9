"""The simulated feeds: pages, conditional requests, the forms of notices, and the same as a folder."""

import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from collector.sandbox import Foundation, ambiguous_platform, demo_platform, demo_world, faults, write_feeds
from tests.sandbox.http_client import fetch

METALINK = "{urn:ietf:params:xml:ns:metalink}"


@pytest.fixture
def running(now):
    """Run the demonstration with its platform; the clock stands still."""
    with Foundation(demo_world(now), demo_platform(now), clock=lambda: 0.0) as foundation:
        yield foundation


def get(foundation, setting, more="", **headers):
    url = foundation.feeds[setting]
    origin, _, path = url.removeprefix("http://").partition("/")
    return fetch(f"http://{origin}", f"/{path}{more}", headers)


EVERYTHING = (
    ("stemcell_index", "/published/ubuntu-jammy/1.1215/stemcells.meta4"),
    ("light_index", "/published/ubuntu-jammy/1.1215/stemcells.aws.meta4"),
    ("stemcell_releases", ""),
    ("notices", "/osv/usn/USN-9001-1.json"),
    ("notices", "/security/notices/USN-9001-1.json"),
    ("notices", "/security/notices.json?release=jammy"),
    ("exploited", ""),
    ("packages", "/dpkg-list-ubuntu-jammy.txt"),
    ("rootfs", ""),
    ("buildpack_releases", "/python-buildpack/releases"),
)


@pytest.mark.parametrize(("setting", "more"), EVERYTHING)
def test_who_has_it_already_gets_nothing_again(running, setting, more):
    """Everything has an ETag, and asking with it is answered with 304 and no body."""
    first = get(running, setting, more)
    again = get(running, setting, more, **{"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status, again.body) == (200, 304, "")
    assert again.headers["etag"] == first.headers["etag"]


def test_releases_come_in_pages_newest_first(running):
    """Pages of five add up to the whole list, and the page after the last is empty."""
    pages = [get(running, "stemcell_releases", f"?per_page=5&page={number}").json for number in range(1, 5)]
    tags = [row["tag_name"] for page in pages for row in page]
    whole = get(running, "stemcell_releases", "?per_page=100").json
    assert [len(page) for page in pages] == [5, 5, 5, 0]
    assert tags == [row["tag_name"] for row in whole]
    assert [row["published_at"] for row in whole] == sorted((row["published_at"] for row in whole), reverse=True)


def test_the_index_has_instants_to_the_nanosecond(running):
    """The heavy and the light file say when each was published."""
    heavy, light = (get(running, name, more).body for name, more in EVERYTHING[:2])
    times = [ET.fromstring(text).findtext(f"{METALINK}published") for text in (heavy, light)]  # noqa: S314 - our own sandbox wrote it
    assert times == ["2026-10-21T12:00:00.372545986Z", "2026-10-21T12:10:06.372545986Z"]


def test_a_notice_has_a_zone_in_one_form_only(running):
    """OSV writes Z, the security API writes the same instant without a zone."""
    osv = get(running, "notices", "/osv/usn/USN-9001-1.json").json
    api = get(running, "notices", "/security/notices/USN-9001-1.json").json
    assert osv["published"] == f"{api['published']}Z"
    assert get(running, "notices", "/osv/usn/USN-9005-1.json").json["published"].endswith(".434165789Z")
    assert get(running, "notices", "/osv/usn/USN-9010-1.json").status == 404
    assert get(running, "notices", "/security/notices/USN-9010-1.json").status == 200


def test_the_list_of_notices_is_short_and_hides_what_was_withdrawn(running):
    """At most 20 of a page, else 422; a withdrawn notice is shown only on request."""
    path = "/security/notices.json"
    first = get(running, "notices", f"{path}?release=jammy&limit=10&offset=0").json
    rest = get(running, "notices", f"{path}?release=jammy&limit=20&offset=10").json
    ids = [one["id"] for one in first["notices"] + rest["notices"]]
    assert first["total_results"] == len(ids) == len(set(ids)) == 17
    assert "USN-9014-1" not in ids
    hidden = get(running, "notices", f"{path}?release=jammy&limit=20&show_hidden=true").json
    assert [one["id"] for one in hidden["notices"] if one["is_hidden"]] == ["USN-9014-1"]
    assert get(running, "notices", f"{path}?limit=21").status == 422


def test_esm_is_another_ecosystem(running):
    """A fix that needs a subscription says so in both forms."""
    osv = get(running, "notices", "/osv/usn/USN-9012-1.json").json
    api = get(running, "notices", "/security/notices/USN-9012-1.json").json
    assert {one["package"]["ecosystem"] for one in osv["affected"]} == {"Ubuntu:Pro:22.04:LTS"}
    assert {row["pocket"] for row in api["release_packages"]["jammy"]} == {"esm-infra"}


def test_the_other_feeds_have_their_forms(running):
    """The catalog has dates, the map of the root file system is YAML, packages are listed as dpkg does."""
    catalog = get(running, "exploited").json
    assert catalog["count"] == len(catalog["vulnerabilities"]) == 4
    assert {len(row["dueDate"]) for row in catalog["vulnerabilities"]} == {10}
    mapped = yaml.safe_load(get(running, "rootfs").body)
    assert {row["stack_release"] for row in mapped} == {"unreleased", "1.321.0", "1.320.0"}
    assert "\nii  openssl " in get(running, "packages", "/dpkg-list-ubuntu-jammy.txt").body


def test_what_is_not_there_is_not_found(running):
    """A version, a notice and a repository that do not exist are 404."""
    for setting, more in (
        ("stemcell_index", "/published/ubuntu-jammy/1.1/stemcells.meta4"),
        ("notices", "/osv/usn/USN-1-1.json"),
        ("buildpack_releases", "/nothing/releases"),
    ):
        assert get(running, setting, more).status == 404


def test_the_future_is_not_shown(now):
    """A release whose notes come a day from now is listed when the world has waited."""
    tag = "ubuntu-jammy/v1.1123"
    with Foundation(demo_world(now), ambiguous_platform(now), clock=lambda: 0.0) as foundation:
        before = get(foundation, "stemcell_releases", "?per_page=100").json
        foundation.world.wait(timedelta(days=2))
        after = get(foundation, "stemcell_releases", "?per_page=100").json
    assert [tag in [row["tag_name"] for row in rows] for rows in (before, after)] == [False, True]


def test_a_fault_spoils_a_feed(running):
    """Faults on order hit the feeds by path."""
    running.feed_site.faults.add("/kev.json", faults.html_page())
    assert get(running, "exploited").headers["content-type"] == "text/html"
    assert get(running, "exploited").json["count"] == 4


def test_a_folder_holds_what_the_server_answers(running, now, tmp_path):
    """For closed networks the same documents lie in a folder; each setting has its path."""
    places = write_feeds(running.platform.feeds, tmp_path, now)
    assert set(places) == set(running.feeds)
    index = tmp_path / "index/published/ubuntu-jammy/1.1215/stemcells.meta4"
    assert index.read_text() == get(running, *EVERYTHING[0]).body
    osv = json.loads((tmp_path / "notices/osv/usn/USN-9001-1.json").read_text())
    assert osv == get(running, "notices", "/osv/usn/USN-9001-1.json").json
    for setting, more in (("exploited", ""), ("stemcell_releases", "?per_page=100")):
        assert json.loads(Path(places[setting]).read_text(encoding="utf-8")) == get(running, setting, more).json
