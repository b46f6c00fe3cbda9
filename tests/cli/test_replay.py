"""Stored evidence, judged again: without a network, the same answer to the byte; and nothing altered is believed."""

import json
import shutil
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

from tests.cli.running import check_sums, finished


@pytest.fixture
def offline():
    """From here on no socket can be opened."""
    yield disable_socket
    enable_socket()


@pytest.fixture
def live(run, demo):
    """What a live run printed, whose evidence lies in ./reports, and a snapshot of the same in ./evidence."""
    ran = run("-f", "json", "-o", "reports")
    snapshot = json.loads(Path("reports/snapshot/manifest.json").read_bytes())["snapshot"]
    month = Path("evidence/system=default/snapshots") / f"{snapshot['taken_at'][:4]}/{snapshot['taken_at'][5:7]}"
    shutil.copytree("reports/snapshot", month / snapshot["id"])
    return ran, snapshot["id"]


@pytest.mark.parametrize("wanted", ["latest", "ID", "reports", "reports/snapshot"])
def test_a_replay_prints_what_the_live_run_printed(run, live, offline, wanted):
    """By name, as the newest, from the folder of a run or of a snapshot: the same bytes, with sockets forbidden."""
    ran, name = live
    offline()

    again = run("--from", name if wanted == "ID" else wanted, "-f", "json")

    assert again.out == ran.out
    assert again.code == ran.code == 1


def test_a_replay_needs_no_settings_of_the_foundation(run, live, offline, monkeypatch):
    """Neither API nor login is asked for where nothing is read."""
    for word in ("API", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"COLLECT_CF_{word}")
    offline()

    assert run("--from", "latest", "-f", "json").out == live[0].out


def test_the_newest_snapshot_is_the_one_that_was_taken_last(run, healthy):
    """`latest` is the last in the sequence, in which each is chained to the one before, even within one second."""
    names = [run("snapshot").out.strip() for _ in range(3)]

    manifests = [json.loads((folder / "manifest.json").read_bytes()) for folder in finished(Path("evidence"))]
    by_sequence = sorted(manifests, key=lambda manifest: manifest["sequence"])
    assert [manifest["sequence"] for manifest in by_sequence] == [1, 2, 3]
    assert by_sequence[0]["previous"] is None
    assert [manifest["snapshot"]["id"] for manifest in by_sequence] == names
    assert run("--from", "latest", "-f", "json").json["snapshots"][0]["id"] == names[-1]


def test_a_snapshot_that_is_not_there_is_named_with_the_newest(run, live):
    """A wrong id exits 2 and says which one is the newest."""
    ran = run("--from", "20200101T000000Z-00000000")

    assert ran.code == 2
    assert ran.complaint == (
        "no snapshot 20200101T000000Z-00000000 in file:evidence",
        f"the newest is {live[1]}",
    )


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "apps", "droplets", "root"])
def test_one_flipped_bit_in_any_file_is_found(run, live, name):
    """Altered evidence exits 6 and names the file; no verdict is printed."""
    folder = Path("reports/snapshot")
    path = folder / name if (folder / name).exists() else next(folder.rglob(f"*-{name}.json.gz"))
    _flip(path)

    ran = run("--from", "reports")

    assert ran.code == 6
    assert ran.complaint


def test_a_file_that_is_missing_is_found(run, live):
    """Removed evidence exits 6."""
    next(Path("reports/snapshot").rglob("*-droplets.json.gz")).unlink()

    assert run("--from", "reports").code == 6


def test_evidence_that_was_forged_with_its_digests_still_needs_its_manifest(run, live):
    """A body that is replaced together with its line in SHA256SUMS is not what the manifest says."""
    folder = Path("reports/snapshot")
    body = next(folder.rglob("*-apps.json.gz"))
    other = next(folder.rglob("*-spaces.json.gz"))
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in sums)}
    mine, theirs = (path.relative_to(folder).as_posix() for path in (body, other))
    shutil.copy(other, body)
    text = (folder / "SHA256SUMS").read_text(encoding="utf-8").replace(digests[mine], digests[theirs])
    (folder / "SHA256SUMS").write_text(text, encoding="utf-8")

    assert run("--from", "reports").code == 6


def test_a_snapshot_that_was_never_finished_is_no_evidence(run, live):
    """Without its manifest a folder is no snapshot, whatever lies in it."""
    name = live[1]
    (finished(Path("evidence"))[0] / "manifest.json").unlink()

    assert run("--from", name).code == 2
    assert run("--from", "latest").complaint[0].endswith("holds no snapshot of system default")


def test_another_system_does_not_see_this_one(run, live, monkeypatch):
    """Evidence is filed by system, and never taken for another's."""
    monkeypatch.setenv("COLLECT_SYSTEM_ID", "other")

    assert run("--from", "latest").complaint[0].endswith("holds no snapshot of system other")


def test_one_control_of_a_stored_snapshot_is_answered_from_it(run, live, offline):
    """A snapshot of everything answers each question alone, in the same words."""
    offline()

    alone = run("--from", "latest", "--control", "SI-2", "-f", "json").json

    whole = next(row for row in live[0].json["controls"] if row["id"] == "SI-2")
    assert alone["controls"] == [whole]


def test_a_snapshot_that_read_too_little_for_a_question_says_so(run, healthy):
    """Evidence taken for one control leaves another not assessed, with code 3 and the topics that are missing."""
    run("--control", "SI-2(3)", "--store", "file:evidence")

    ran = run("--from", "latest", "--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"


def test_what_a_live_question_stores_is_chained_to_what_is_there(run, healthy):
    """`--store` on a question continues the sequence that snapshots began."""
    run("snapshot")
    run("--control", "SI-2", "--store", "file:evidence")
    run("snapshot")

    manifests = [json.loads((folder / "manifest.json").read_bytes()) for folder in finished(Path("evidence"))]
    assert sorted(manifest["sequence"] for manifest in manifests) == [1, 2, 3]
    assert sum(manifest["previous"] is None for manifest in manifests) == 1
    for folder in finished(Path("evidence")):
        check_sums(folder)
