"""The measurements measure what they say: the stand-in serves, and the tool reads all of it."""

import tempfile

import pytest

from tests.bench.bars import collected
from tests.bench.measuring import Ratio, child, ratio, serving


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


def test_a_ratio_is_that_of_the_medians_beside_that_of_the_shortest():
    """One slow round moves neither."""
    subject = [{"wall": 4.0}, {"wall": 6.0}, {"wall": 99.0}]
    anchor = [{"wall": 2.0}, {"wall": 3.0}, {"wall": 2.0}]
    assert Ratio(3.0, 2.0) == ratio(subject, anchor)
