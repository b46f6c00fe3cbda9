"""What is carried into a run from outside: an earlier workbook, other templates, and the summary of a CI job."""

from pathlib import Path

import openpyxl
import pytest

from collector.resources import TEMPLATES
from tests.cli.test_month import CURRENT, PREVIOUS, runs

SHEET = "Action plan"


def write_reason(workbook: Path, reason: str) -> str:
    """Fill in the first row of the action plan, and store the workbook; gives the app's guid."""
    book = openpyxl.load_workbook(workbook)
    sheet = book[SHEET]
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(row=2, column=headers.index("Reason") + 1, value=reason)
    guid = sheet.cell(row=2, column=headers.index("app_guid") + 1).value
    book.save(workbook)
    return str(guid)


def reasons(workbook: Path) -> dict[str, str]:
    """By app, the reasons that stand in a workbook."""
    sheet = openpyxl.load_workbook(workbook)[SHEET]
    header, *rows = sheet.iter_rows(values_only=True)
    told = [dict(zip(header, row, strict=True)) for row in rows]
    return {str(row["app_guid"]): str(row["Reason"]) for row in told if row["Reason"]}


def test_an_earlier_workbook_is_named(run, demo):
    """What was written there stands in the next one, in action-plan.csv too."""
    run("-o", "first", "--artifact", "workbook", "-q")
    guid = write_reason(Path("first/evidence.xlsx"), "change freeze")
    run("-o", "second", "--previous", "first/evidence.xlsx", "-q")

    assert reasons(Path("second/evidence.xlsx")) == {guid: "change freeze"}


def test_the_last_workbook_of_the_store_is_carried_on(run, demo):
    """Of the month before; judging the same again still changes nothing."""
    run("audit", "--month", PREVIOUS, "-q")
    (before,) = runs(PREVIOUS)
    guid = write_reason(before / "evidence.xlsx", "migration planned")
    run("audit", "--month", CURRENT, "-q")
    (made,) = runs(CURRENT)
    again = run("report", "--month", CURRENT)

    assert reasons(made / "evidence.xlsx") == {guid: "migration planned"}
    assert "nothing new" in again.err
    assert runs(CURRENT) == [made]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read last.xlsx: no such file or directory"), (b"no zip", "the earlier workbook cannot be read")],
)
def test_an_earlier_workbook_that_is_none(run, demo, content, message):
    """It is found before anything is asked."""
    if content is not None:
        Path("last.xlsx").write_bytes(content)
    asked = len(demo.requests)
    ran = run("--previous", "last.xlsx")

    assert ran.code == 2
    assert ran.complaint[0].startswith(message)
    assert len(demo.requests) == asked


def test_templates_of_ones_own(run, demo):
    """A folder that holds one template leaves the others as shipped; the report states another digest."""
    folder = Path("ours")
    folder.mkdir()
    css = TEMPLATES.joinpath("report.css").read_text(encoding="utf-8")
    (folder / "report.css").write_text(css + ".ours { color: inherit; }\n", encoding="utf-8")
    run("-o", "plain", "--artifact", "webpage", "-q")
    run("-o", "other", "--artifact", "webpage", "--templates", "ours", "-q", "--from", "plain")
    shipped, own = (Path(name, "inputs.json").read_text(encoding="utf-8") for name in ("plain", "other"))

    assert ".ours {" in Path("other/evidence.html").read_text(encoding="utf-8")
    assert [line for line in own.splitlines() if line not in shipped.splitlines()] == [
        line for line in own.splitlines() if '"templates"' in line
    ]


def test_a_job_shows_its_summary(run, demo, monkeypatch, tmp_path):
    """It is appended to what other steps wrote, and is the same as summary.md."""
    file = tmp_path / "step.md"
    file.write_text("# before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    run("-o", "made", "-q")

    assert file.read_bytes() == b"# before\n" + Path("made/summary.md").read_bytes()


def test_a_summary_that_would_be_dropped_is_not_written(run, healthy, monkeypatch, tmp_path):
    """Above 1 MiB GitHub shows nothing at all; neither that nor a folder in its place makes the run fail."""
    file = tmp_path / "step.md"
    file.write_bytes(b"x" * (1 << 20))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    full = run("-q")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    nowhere = run("-q")

    assert file.stat().st_size == 1 << 20
    assert "larger than 1 MiB" in full.err
    assert "the job's summary cannot be written: is a directory" in nowhere.err
    assert full.code == nowhere.code == run("-q").code
