"""The measurements of the reports write the whole thing, on both sides."""

import tempfile

from tests.bench.measuring import child, serving
from tests.bench.reporting import WRITERS


def test_every_writer_and_its_floor_write_all_of_it():
    """The floors of the workbook and the page hold every application, as the tool's own do."""
    with serving(200) as server, tempfile.TemporaryDirectory() as parent:
        folder = child("tests.bench.subject", "collect", server.api, "--parent", parent)["folder"]
        told = {what: child("tests.bench.reporting", what, folder) for what in WRITERS}
    assert {what: run["observations"] > 200 for what, run in told.items()} == dict.fromkeys(WRITERS, True)
    assert told["flat-page"]["size"] > 200 * 100
    assert told["bare-workbook"]["size"] > 200 * 50
    assert told["workbook"]["size"] > told["bare-workbook"]["size"] * 0.9
