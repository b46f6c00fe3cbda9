"""What is written, and where: whole or not at all, never over anything else."""

import io
import json
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from collector.reports.oscal_check import faults
from collector.sandbox.demo import HOSTILE_NAMES
from tests.cli.running import begin, check_sums, end, finished

FILES = {
    "README.txt",
    "SHA256SUMS",
    "action-plan.csv",
    "action-plan.md",
    "assessment-plan.json",
    "assessment-results.json",
    "component-definition.json",
    "assessment.json",
    "evidence.html",
    "evidence.xlsx",
    "inputs.json",
    "manifest.json",
    "observations.csv",
    "summary.md",
}


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_run_is_written_with_its_sums_and_its_snapshot(run, demo):
    """-o holds every artefact and the evidence itself, and SHA256SUMS lists each file."""
    ran = run("-o", "reports")

    assert ran.code == 1
    assert {path.name for path in Path("reports").iterdir() if path.is_file()} == FILES
    assert check_sums(Path("reports")) > 20
    assert check_sums(Path("reports/snapshot")) > 10
    assert "collect: wrote 14 files into reports" in ran.err
    assert {path.name for path in Path().iterdir()} == {"reports"}


def test_a_second_run_replaces_the_first_whole(run, demo):
    """What lay in the folder before is gone, and the same evidence gives the same bytes."""
    run("-o", "first")
    run("--artifact", "webpage", "--artifact", "workbook", "-o", "second")

    run("--from", "first", "-o", "second")
    run("--from", "second", "-o", "first")

    assert bytes_of(Path("first")) == bytes_of(Path("second"))
    assert {path.name for path in Path().iterdir()} == {"first", "second"}


@pytest.mark.parametrize("what", ["a folder with a file", "a file", "a hidden file", "a strange manifest"])
def test_a_folder_that_holds_something_else_is_left_alone(run, healthy, what):
    """-o never writes over what is not a run of ours, and finds it before anything is asked."""
    place = Path("reports")
    if what == "a file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.mkdir()
        name = {"a folder with a file": "mine.txt", "a hidden file": ".mine", "a strange manifest": "manifest.json"}[
            what
        ]
        (place / name).write_text('{"schema": "else/1"}', encoding="utf-8")
    before = place.read_bytes() if what == "a file" else bytes_of(place)

    ran = run("--control", "SI-2", "-o", place)

    message, hint = ran.complaint
    assert ran.code == 2
    assert message.endswith("is not a folder" if what == "a file" else "holds something else")
    assert "-o" in hint
    assert (place.read_bytes() if what == "a file" else bytes_of(place)) == before
    assert healthy.requests == []


def test_an_empty_folder_may_be_written_to(run, healthy):
    """A folder that somebody made for it is taken."""
    Path("reports").mkdir()

    assert run("--control", "SI-2", "-o", "reports").code == 0
    assert Path("reports/evidence.html").is_file()


@pytest.mark.parametrize("words", [["-o", "blocked/reports"], ["snapshot", "--store", "file:blocked/store"]])
def test_a_place_that_cannot_be_written_to_is_said(run, healthy, words):
    """A file in the way exits 2 with one line that names the place."""
    Path("blocked").write_text("", encoding="utf-8")

    ran = run(*words)

    message, hint = ran.complaint
    assert ran.code == 2
    assert "blocked" in message
    assert hint


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what a full disk says."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("words", [["-o", "reports"], ["snapshot"], ["--store", "file:kept", "--control", "SI-2"]])
def test_a_disk_that_fills_up_is_said_in_one_line(run, demo, words):
    """Code 2, no half run under a finished name, and nothing on stdout."""
    with small_disk(2000):
        ran = run(*words)

    message, hint = ran.complaint
    assert ran.code == 2
    assert message.startswith("cannot write")
    assert "free space" in hint
    assert not Path("reports").exists()
    assert finished(Path("evidence")) == finished(Path("kept")) == []


def test_a_snapshot_that_met_a_full_disk_goes_on_when_there_is_room(run, demo):
    """What was read before is kept: --resume asks only for the rest."""
    with small_disk(2000):
        assert run("snapshot").code == 2
    asked = len(demo.requests)

    ran = run("snapshot", "--resume")

    assert ran.code == 0
    assert len(demo.requests) - asked < 16
    assert check_sums(finished(Path("evidence"))[0]) > 10


def test_an_answer_that_cannot_be_printed_is_no_success(healthy):
    """stdout on a full disk exits 2: whoever reads the file must not take it for an answer."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = end(begin("--control", "SI-2", "-f", "json", stdout=full))

    assert ran.code == 2
    assert ran.err.splitlines()[-2] == "collect: cannot print the answer: no space left on device"


def deaf(*words: str) -> tuple[int, str]:
    """The code and the complaints of a run whose reader is gone before it prints."""
    with begin(*words) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        err = process.stderr.read()
    return process.returncode, err


@pytest.mark.parametrize("words", [["--control", "SI-2"], ["-f", "csv"], ["-f", "json"]])
def test_a_reader_that_goes_away_is_no_error_and_changes_no_verdict(demo, words):
    """`| head -1` is silent, and with pipefail the code is still the answer's."""
    assert deaf(*words) == (1, "")


@pytest.mark.parametrize("words", [["explain", "SI-2"], ["config", "show"], ["doctor"], ["snapshot", "-q"]])
def test_every_command_is_silent_about_a_reader_that_goes_away(healthy, words):
    """No traceback, no complaint at exit."""
    assert deaf(*words) == (0, "")


def test_hostile_names_stay_text_in_every_format(run, demo):
    """Formulas, markup, templates and control characters in names are data: in xlsx, page, csv, markdown and OSCAL."""
    run("-o", "reports")

    page = Path("reports/evidence.html").read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page
    book = openpyxl.load_workbook("reports/evidence.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    values = {str(cell.value) for cell in cells}
    assert {"=1+1", "@x", "-x", "app[/bold]", "../../etc/passwd"} <= values
    rows = Path("reports/observations.csv").read_text(encoding="utf-8-sig")
    assert "\n=1+1" not in rows
    assert ",=1+1" not in rows
    names = json.loads(Path("reports/assessment.json").read_text(encoding="utf-8"))["observations"]
    assert set(HOSTILE_NAMES) <= {seen["subject"]["name"] for seen in names}
    with zipfile.ZipFile(io.BytesIO(Path("reports/evidence.xlsx").read_bytes())) as archive:
        assert archive.testzip() is None


def test_hostile_names_cannot_write_on_a_terminal(run, demo):
    """No control or direction character of a name reaches the terminal."""
    for name in ("evil\x1b[2Jname", "two\nlines", "\u202ereversed"):
        app = demo.world.named("payments-api")
        demo.world.add(replace(app, name=name))
        ran = run("--control", "SI-2")
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        assert not [line for line in ran.out.splitlines() if line.startswith("lines")]
        demo.world.add(app)


def test_hostile_names_write_no_file_outside_the_folder(run, demo, tmp_path):
    """A name like a path names no file."""
    run("-o", "reports")
    run("snapshot")

    assert not [path for path in tmp_path.rglob("*") if "passwd" in path.name]
    assert {path.name for path in Path().iterdir()} == {"reports", "evidence"}


def test_the_oscal_that_is_written_has_no_fault(run, demo):
    """Plan and results are whole: references resolve, and nothing is empty."""
    run("-o", "reports")

    plan, results = (json.loads(Path(f"reports/assessment-{word}.json").read_bytes()) for word in ("plan", "results"))
    assert faults(plan) == []
    assert faults(results, imports=[plan]) == []
