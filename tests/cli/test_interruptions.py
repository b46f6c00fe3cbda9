"""Ctrl-C and kill -9 in the middle of a snapshot: nothing that was read is lost, and nothing half is evidence."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from collector.sandbox import Foundation, crowded_world, faults
from tests.cli.running import Ran, begin, check_sums, end, finished, this_second


class Held:
    """A request that waits until the test lets it go."""

    def __init__(self, foundation: Foundation, path: str, nth: int = 1) -> None:
        self.reached, self.released = Event(), Event()
        foundation.faults.add(path, faults.before(self._hold), nth=nth)

    def reach(self, process: subprocess.Popen[str]) -> None:
        """Wait until the process has sent the request; one that ended before never will."""
        while not self.reached.wait(0.05):
            assert process.poll() is None

    def _hold(self) -> None:
        self.reached.set()
        self.released.wait(20)


@pytest.fixture
def crowded(served) -> Foundation:
    """A foundation with enough apps for a walk of several pages."""
    foundation: Foundation = served(crowded_world(this_second(), 1500, seconds=60))
    return foundation


def asked(foundation: Foundation) -> list[tuple[str, str]]:
    """What the API was asked for, with a token."""
    return [(request.path, request.query) for request in foundation.requests if request.authorized]


@pytest.fixture
def interrupt(crowded) -> Callable[[int], Ran]:
    """Begin a snapshot, and end it by a signal while its second page of apps is under way."""

    def act(number: int) -> Ran:
        held = Held(crowded, "/v3/apps", nth=2)
        with begin("snapshot") as process:
            held.reach(process)
            os.kill(process.pid, number)
            held.released.set()
            return end(process)

    return act


def test_ctrl_c_ends_the_page_in_hand_and_exits_130(interrupt):
    """One line, the command that goes on, no snapshot and no traceback."""
    ran = interrupt(signal.SIGINT)

    assert ran.code == 130
    assert ran.complaint == (
        "interrupted",
        "what a snapshot had read is kept: collect snapshot --resume goes on from there",
    )
    assert finished(Path("evidence")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_snapshot_that_was_interrupted_is_finished_by_resume(run, crowded, interrupt, number):
    """--resume asks for nothing again that was kept, and the finished snapshot is whole."""
    interrupt(number)
    kept = {path.name.partition("-")[2] for path in Path("evidence").rglob("*.json.gz")}
    before = asked(crowded)

    ran = run("snapshot", "--resume")

    assert ran.code == 0
    # The root is asked every time.
    again = (set(before) & set(asked(crowded)[len(before) :])) - {("/", "")}
    assert len(kept) > 1
    # What was under way when the process died may be asked for once more, and nothing else.
    assert len(again) <= 4
    (folder,) = finished(Path("evidence"))
    assert check_sums(folder) > 10
    assert folder.name == ran.out.strip()
    judged = run("--from", "latest", "--control", "SI-2", "-f", "json")
    assert judged.json["coverage"]["apps"]["assessed"] == 1500
    assert judged.gaps == []
    assert not list(Path("evidence").rglob(".*.partial"))


def test_what_was_abandoned_a_day_ago_is_removed(run, interrupt):
    """A new snapshot takes the place of one that nobody went on with, and says so."""
    interrupt(signal.SIGKILL)
    (journal,) = Path("evidence").rglob("journal.jsonl")
    os.utime(journal, (journal.stat().st_mtime - 86400,) * 2)

    ran = run("snapshot")

    assert ran.code == 0
    assert "which was never finished" in ran.err
    assert len(finished(Path("evidence"))) == 1
    assert not list(Path("evidence").rglob(".*.partial"))


def test_what_another_run_may_be_writing_is_left_alone(run, interrupt):
    """Two snapshots may be under way at once: the second removes nothing of the first."""
    interrupt(signal.SIGKILL)

    ran = run("snapshot")

    assert ran.code == 0
    assert "collect snapshot --resume goes on with it" in ran.err
    assert len(list(Path("evidence").rglob(".*.partial"))) == 1
    assert run("snapshot", "--resume").code == 0
    assert len(finished(Path("evidence"))) == 2


def test_readers_ignore_what_was_interrupted(run, interrupt):
    """Half a snapshot is no evidence: `latest` does not find it."""
    interrupt(signal.SIGKILL)

    assert run("--from", "latest").code == 2


def test_a_torn_file_is_asked_for_again(run, crowded, interrupt):
    """A file that was being written when the machine died is not believed."""
    interrupt(signal.SIGKILL)
    torn = next(path for path in sorted(Path("evidence").rglob("*-apps.json.gz")))
    torn.write_bytes(torn.read_bytes()[:100])

    assert run("snapshot", "--resume").code == 0
    assert run("--from", "latest", "-f", "json", "--control", "SI-2").json["coverage"]["apps"]["visible"] == 1500


def test_an_interrupted_snapshot_is_not_mixed_with_another_foundation(run, interrupt, served):
    """--resume on another foundation is refused: half of each is evidence of nothing."""
    interrupt(signal.SIGKILL)
    before = sorted(Path("evidence").rglob("*"))
    other = served(crowded_world(this_second(), 10))

    ran = run("snapshot", "--resume")

    assert ran.code == 2
    assert "was begun on http://127.0.0.1" in ran.complaint[0]
    assert sorted(Path("evidence").rglob("*")) == before
    assert {request.path for request in other.requests} == {"/", "/oauth/token"}


def test_an_interrupted_snapshot_is_not_mixed_with_another_login(run, crowded, interrupt, become):
    """--resume by a login that sees less is refused, and what was read stays."""
    interrupt(signal.SIGKILL)
    before = sorted(Path("evidence").rglob("*"))
    become(crowded, "space-auditor")

    ran = run("snapshot", "--resume")

    assert ran.code == 2
    assert "by another login" in ran.complaint[0]
    assert sorted(Path("evidence").rglob("*")) == before


def test_ctrl_c_is_heard_while_the_server_makes_everyone_wait(crowded):
    """A wait of ten minutes that the server asked for ends at once."""
    crowded.faults.add("/v3/apps", faults.too_many_requests(600))
    with begin("snapshot") as process:
        assert process.stderr
        said = process.stderr.readline()
        os.kill(process.pid, signal.SIGINT)
        ran = end(process)

    assert "waiting 10 min as asked" in said
    assert ran.code == 130


def test_ctrl_c_in_a_question_leaves_nothing_behind(crowded, tmp_path):
    """A question that is interrupted stores nothing, in the folder or beside it."""
    held = Held(crowded, "/v3/apps", nth=2)
    with begin("--control", "SI-2", "-o", "reports", variables={"TMPDIR": str(tmp_path)}) as process:
        held.reach(process)
        os.kill(process.pid, signal.SIGINT)
        held.released.set()
        ran = end(process)

    assert ran.code == 130
    assert list(Path().iterdir()) == []
    assert not list(tmp_path.glob("cf-evidence-*"))
