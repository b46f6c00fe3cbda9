"""The monthly run where something is in its way: what is typed, the login, the network, the store, the evidence."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.sandbox import faults
from tests.cli.running import begin, end, files_below, finished
from tests.cli.test_interruptions import Held
from tests.stores.servers import ACCESS, SECRET, Answer, Asked, Scripted, refused

PREVIOUS = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
REPORTS = Path("evidence/system=default/reports")
EMPTY_LIST = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--control", "SI-99"], "unknown control SI-99"),
        (["--artifact", "workbok"], "unknown artefact workbok"),
        (["--previous", "nowhere.xlsx"], "nowhere.xlsx"),
        (["--templates", "nowhere"], "nowhere"),
        (["-o", "taken"], "taken"),
    ],
)
def test_a_mistake_is_found_before_anybody_is_asked(run, healthy, words, said):
    """Code 2, without a login, and nothing is stored."""
    Path("taken").mkdir()
    Path("taken/letter.txt").write_text("not ours")

    ran = run("audit", *words)

    assert ran.code == 2
    assert said in ran.complaint[0]
    assert healthy.requests == []
    assert [path.name for path in files_below(Path())] == ["letter.txt"]


def test_without_a_login_there_is_no_month(run, healthy, monkeypatch):
    """Code 4; neither a snapshot nor a report is left behind."""
    monkeypatch.setenv("COLLECT_CF_CLIENT_SECRET", "wrong")

    assert run("audit").code == 4
    assert (finished(Path("evidence")), REPORTS.exists()) == ([], False)


@pytest.mark.parametrize("fault", [faults.server_error(503), faults.cut()], ids=["503", "cut"])
def test_a_foundation_that_does_not_answer_gives_no_month(run, healthy, fault):
    """Code 5 when no app could be read; what is stored of the month may still be reported."""
    healthy.faults.add("/v3/apps", fault, times=100)

    assert run("audit").code == 5
    assert not REPORTS.exists()


def test_a_closing_snapshot_with_a_gap_is_reported_as_incomplete(run, healthy):
    """Code 3: the reports are there, and say what was not read."""
    healthy.faults.add("/v3/buildpacks", faults.status(403), times=100)

    ran = run("audit", "-f", "json")

    assert ran.code == 3
    assert "buildpacks" in {what for what, _ in ran.gaps}
    assert len(list(REPORTS.glob("*/*/evidence.html"))) == 1


def damage(snapshot: Path) -> None:
    """Flip the last byte of its first page."""
    page = min(snapshot.glob("raw/*/*"))
    body = page.read_bytes()
    page.chmod(0o644)
    page.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))


def test_one_damaged_snapshot_is_said_and_the_others_tell(run, healthy):
    """The month is judged without it, and its reports name it on the first page; the code is that of integrity."""
    name = run("snapshot", "-q").out.strip()
    damage(finished(Path("evidence"))[0])

    ran = run("audit", "--month", f"{datetime.now(UTC):%Y-%m}", "-f", "json")

    assert ran.out, ran.err
    assert any(line.startswith(f"snapshot {name} does not verify") for line in ran.json["month"]["heartbeat"])
    assert ran.code == 6


def test_a_month_of_which_nothing_can_be_read(run, healthy):
    """Code 6, with the file; nothing is published."""
    run("audit", "-q")
    for snapshot in finished(Path("evidence")):
        damage(snapshot)
    before = sorted(files_below(REPORTS))

    ran = run("report", "--month", PREVIOUS)

    assert ran.code == 6
    assert "no snapshot of the month can be read" in ran.complaint[0]
    assert sorted(files_below(REPORTS)) == before


def test_ctrl_c_while_a_month_is_closed(healthy, run):
    """Code 130; what was begun is no evidence, and the next run closes and reports the month."""
    held = Held(healthy, "/v3/apps")
    with begin("audit") as process:
        held.reach(process)
        os.kill(process.pid, signal.SIGINT)
        held.released.set()
        stopped = end(process)

    assert stopped.code == 130
    assert (finished(Path("evidence")), REPORTS.exists()) == ([], False)
    assert run("audit").code in (0, 1)
    assert len(finished(Path("evidence"))) == 1


@pytest.fixture
def full(monkeypatch, home) -> Iterator[None]:
    """A bucket that can be listed, is empty, and takes nothing."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)

    def answer(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(200, {"Content-Type": "application/xml"}, EMPTY_LIST)
        return refused(404, "NotFound") if asked.method == "HEAD" else refused(403, "AccessDenied")

    with Scripted(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        yield


def test_a_bucket_that_takes_nothing_keeps_the_closing_snapshot_here(run, healthy, full, home):
    """Code 5; what was read is not lost, and the hint says how to go on."""
    ran = run("audit", "--store", "s3://evidence/x")

    assert ran.code == 5
    (kept,) = finished(home / "state" / "cf-evidence")
    assert f"collect publish {kept}" in ran.complaint[1]
