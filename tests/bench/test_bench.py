"""The measurements measure what they say: the stand-in serves, and the tool reads all of it."""

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest

from collector.evidence import open_snapshot, snapshots
from collector.run import replay
from tests.bench.bars import collected
from tests.bench.days import CHURN, SNAPSHOTS, SYSTEM
from tests.bench.measuring import Ratio, child, ratio, serving
from tests.bench.month import stored


@pytest.fixture(scope="module")
def server():
    with serving(300) as running:
        yield running


def test_the_tool_reads_every_app_that_the_stand_in_serves(server):
    """300 apps are one page, two batches of droplets and a closing count; judging sees every one of them."""
    with tempfile.TemporaryDirectory() as parent:
        folder = child("tests.bench.subject", "collect", server.api, "--parent", parent)["folder"]
        counts, _ = server.counts()
        asked = {what: number for what, number in counts.items() if what.startswith(("/v3/apps", "/v3/droplets g"))}
        assert asked == {"/v3/apps": 1, "/v3/apps count": 1, "/v3/droplets guids": 2}
        judged = child("tests.bench.subject", "judge", folder)
    assert judged["apps"] == 300
    assert 300 * judged["per_app"] == judged["bare_verdicts"]


def test_the_floor_downloads_what_the_tool_downloaded(server):
    """Every request of the tool but its login is sent again, and none is left waiting."""
    tool = collected(server)
    floor = child("tests.bench.floor", server.api, given=server.requests())
    assert tool["requests"] == floor["requests"]


def test_the_stand_in_has_droplets_in_bulk_where_it_is_told_so(server):
    """With current=true no droplet is asked for by guid."""
    server.manner(current=1)
    counts = collected(server)["counts"]
    server.manner()
    assert counts["/v3/droplets current"] == 1
    assert "/v3/droplets guids" not in counts


@pytest.fixture(scope="module")
def month():
    """The folders of a month of 120 apps that tells of its restages, oldest first."""
    with tempfile.TemporaryDirectory() as root:
        child("tests.bench.month", "make", root, "--apps", "120", "--events")
        yield Path(root), [Path(root) / prefix for prefix in snapshots(stored(Path(root)), SYSTEM)]


def test_a_made_snapshot_holds_the_pages_that_the_tool_asks_for(server, month):
    """What is written straight into the store is no less than what is collected."""
    with tempfile.TemporaryDirectory() as parent:
        folder = child("tests.bench.subject", "collect", server.api, "--parent", parent)["folder"]
        taken = {(row.what, row.path) for row in open_snapshot(Path(folder)).documents}
    _, folders = month
    assert len(folders) == SNAPSHOTS
    assert {(row.what, row.path) for row in open_snapshot(folders[0]).documents} == taken


def test_a_twelfth_of_the_apps_is_restaged_each_day(month):
    """Every other app keeps its droplet; each restage of the month leaves a build and three events."""
    _, folders = month
    days = [replay(folder)[1] for folder in folders[:3]]
    for day, following in pairwise(days):
        before, after = ({app.guid: app.droplet for app in facts.apps} for facts in (day, following))
        changed = [guid for guid, droplet in after.items() if droplet != before[guid]]
        assert len(changed) == 120 * CHURN
        for guid in changed:
            droplet = following.droplets[after[guid] or ""]
            assert day.taken_at < droplet.created_at < following.taken_at
            assert [row.droplet for row in following.builds[guid]][-1] == droplet.guid
            assert len(following.events[guid]) == 3 * len(following.builds[guid])


def test_a_month_is_judged_from_all_of_its_snapshots(month):
    """Both checks held every app that is started, some of them outside; no version changes without a restage."""
    root, _ = month
    run = child("tests.bench.month", "judge", str(root))
    assert run["held"] == 2 * 90
    assert run["breaches"] > 0
    assert 0 < run["changes"] <= (SNAPSHOTS - 1) * 120 * CHURN


def test_a_ratio_is_that_of_the_medians_beside_that_of_the_shortest():
    """One slow round moves neither."""
    subject = [{"wall": 4.0}, {"wall": 6.0}, {"wall": 99.0}]
    anchor = [{"wall": 2.0}, {"wall": 3.0}, {"wall": 2.0}]
    assert Ratio(3.0, 2.0) == ratio(subject, anchor)
