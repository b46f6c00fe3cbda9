import csv
import shutil
import subprocess
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pandas as pd
import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from collector.errors import UsageError
from collector.model import Subject
from collector.reports.context import Context
from collector.reports.workbook import write_parts
from collector.reports.workbook_cells import cell_text
from collector.reports.workbook_layout import read_layout
from collector.reports.workbook_rows import ROWS
from collector.resources import TEMPLATES
from tests.reports.builders import LONG, Row, assessment_of, example_assessment
from tests.reports.month_builders import month_assessment
from tests.reports.platform_builders import platform_assessment
from tests.reports.rendering import book, render, table

SHEETS = ["Action plan", "Applications", "Buildpacks", "Controls", "Objectives", "Parameters", "Coverage", "Manifest"]


def _named(*names: str) -> Any:
    rows = tuple(Row(name, "org", "space", "pass", 1.0, "pass", owner=name) for name in names)
    return msgspec.structs.replace(assessment_of(rows), actions=())


def test_the_sheets_stand_in_order_behind_the_summary() -> None:
    """People look for a sheet where it was last month."""
    assert book(example_assessment()).sheetnames == ["Summary", *SHEETS]


def test_each_data_sheet_is_one_table_from_the_first_cell() -> None:
    """Power Query and pandas find the data without being told where it is."""
    found = {}
    for sheet in book(example_assessment()).worksheets[1:]:
        (only,) = sheet.tables.values()
        assert only.autoFilter.ref == only.ref
        assert [column.name for column in only.tableColumns] == [cell.value for cell in sheet[1]]
        found[only.name] = only.ref
    assert found == {
        "ActionPlan": "A1:R5",
        "Applications": "A1:Y15",
        "Buildpacks": "A1:K8",
        "Controls": "A1:P9",
        "Objectives": "A1:I20",
        "Parameters": "A1:L10",
        "Coverage": "A1:J7",
        "Manifest": "A1:J12",
    }


def test_the_columns_of_applications_are_a_contract() -> None:
    """A query that someone built on the headers goes on working."""
    sheet = book(example_assessment())["Applications"]
    assert [cell.value for cell in sheet[1]] == [
        "Status",
        "App",
        "Org",
        "Space",
        "Environment",
        "Last staged (UTC)",
        "Age (days)",
        "Days outside",
        "Buildpack",
        "Has",
        "Latest",
        "Stack",
        "Owner",
        "Flagged by",
        "Detail",
        "Next step",
        "Kind",
        "State",
        "Age (hours)",
        "Hours outside",
        "Age counted from",
        "app_guid",
        "droplet_guid",
        "Evidence",
        "Further evidence",
    ]


def test_a_row_says_what_the_assessment_says() -> None:
    """Dates are real, naive and UTC; days are hours by 24."""
    first = table(book(example_assessment())["Applications"])[0]
    assert first["Status"] == "flagged"
    assert first["App"] == "payments-api"
    assert first["Last staged (UTC)"] == datetime(2026, 10, 16, 2, 24)  # noqa: DTZ001 - a cell knows no zone
    assert first["Age (days)"] == 35.4
    assert first["Hours outside"] == 513.6
    assert first["app_guid"] == "00000000-0000-4000-8000-000000000001"
    assert first["Evidence"] == "sha256:" + "b2" * 32


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_text_that_looks_like_a_formula_is_stored_as_text(name: str) -> None:
    """An app's name is never calculated, not even after somebody edits its cell."""
    cell = book(_named(name))["Applications"]["B2"]
    assert cell.data_type == "s"
    assert cell.value == name.replace("\t", "␉").replace("\r", "␍")
    assert cell.quotePrefix is True


def test_no_sheet_holds_a_formula_or_a_merged_cell() -> None:
    """Every value is what the tool wrote, in a cell of its own."""
    for sheet in book(example_assessment()).worksheets:
        assert not sheet.merged_cells.ranges
        assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []


def test_control_characters_are_shown_not_dropped() -> None:
    """A spreadsheet refuses them; without a trace two different names would look the same."""
    names = [row["App"] for row in table(book(example_assessment())["Applications"])]
    assert "bell␇␛[31mred" in names
    assert "invoice-⟨U+202E⟩gnp.exe" in names


def test_a_text_longer_than_a_cell_is_cut_where_one_sees_it() -> None:
    """32,767 characters are a cell's limit, counted in UTF-16 as Excel counts."""
    shown = next(row["App"] for row in table(book(example_assessment())["Applications"]) if row["App"][:4] == "long")
    assert len(shown) == 32_767
    assert shown.endswith(f" … [cut here: {len(LONG)} characters, all of them in assessment.json]")
    rockets = cell_text("🚀" * 20_000)
    assert len(rockets.encode("utf-16-le")) // 2 <= 32_767
    assert rockets.endswith("[cut here: 20000 characters, all of them in assessment.json]")


def test_a_name_that_spells_an_excel_escape_is_not_decoded() -> None:
    """Excel reads _x003D_ as an equals sign; what was written must come back."""
    sheets = CalamineWorkbook.from_filelike(BytesIO(render("workbook", _named("_x003D_1"))))
    assert sheets.get_sheet_by_name("Applications").to_python()[1][1] == "_x003D_1"


def test_calamine_pandas_and_openpyxl_read_the_same_values() -> None:
    """Whatever reads the workbook sees the same evidence."""
    data = render("workbook", example_assessment())
    calamine = CalamineWorkbook.from_filelike(BytesIO(data))
    for name in SHEETS:
        by_calamine: Any = calamine.get_sheet_by_name(name).to_python()
        header, *rows = by_calamine
        by_openpyxl = table(load_workbook(BytesIO(data))[name])
        assert [_plain(dict(zip(header, row, strict=True))) for row in rows] == [_plain(row) for row in by_openpyxl]
        frame = pd.read_excel(BytesIO(data), sheet_name=name, dtype=object, keep_default_na=False, engine="openpyxl")
        assert [_plain({str(key): value for key, value in row.items()}) for row in frame.to_dict("records")] == [
            _plain(row) for row in by_openpyxl
        ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """One notion of nothing, of whole numbers and of dates for all three readers."""
    plain: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or value == "" or value is pd.NaT:
            plain[key] = None
        elif isinstance(value, pd.Timestamp):
            plain[key] = value.to_pydatetime()
        elif isinstance(value, date) and not isinstance(value, datetime):
            plain[key] = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - calamine's midnight
        else:
            plain[key] = float(value) if isinstance(value, int | float) else value
    return plain


def test_rows_beyond_a_sheet_go_to_further_sheets() -> None:
    """Excel ends at 1,048,576 rows; nothing is dropped there, and the summary lists the further sheets."""
    out = BytesIO()
    write_parts(example_assessment(), out, Context(), rows_a_sheet=5)
    made = load_workbook(out)
    parts = ["Applications", "Applications 2", "Applications 3"]
    assert [len(table(made[name])) for name in parts] == [5, 5, 4]
    assert [list(made[name].tables) for name in parts] == [["Applications"], ["Applications2"], ["Applications3"]]
    index = [row[0] for row in made["Summary"].iter_rows(values_only=True)]
    assert [name for name in parts if name in index] == parts


def test_a_person_has_three_blank_columns_that_check_what_is_typed() -> None:
    """Reason is a choice, Planned date a date, Justification of bounded length."""
    sheet = book(example_assessment())["Action plan"]
    assert [(row["Reason"], row["Planned date"], row["Justification"]) for row in table(sheet)] == [(None,) * 3] * 4
    checks = {check.promptTitle: (check.type, str(check.sqref)) for check in sheet.data_validations.dataValidation}
    assert checks == {
        "Reason": ("list", "I2:I5"),
        "Planned date": ("date", "J2:J5"),
        "Justification": ("textLength", "K2:K5"),
    }


def test_an_empty_table_has_one_empty_row() -> None:
    """A table without a row is a broken file to Excel; the row holds nothing."""
    sheet = book(example_assessment(actions=()))["Action plan"]
    assert sheet.tables["ActionPlan"].ref == "A1:R2"
    assert sheet.max_row == 1


def test_it_prints_landscape_as_wide_as_a_page_with_its_header_and_marking() -> None:
    """The sheet goes into a binder as it is."""
    sheet: Any = book(example_assessment())["Applications"]
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.freeze_panes == "C2"
    assert sheet.oddHeader.center.text == "CUI"
    assert (sheet["A1"].font.bold, sheet["A1"].fill.fgColor.rgb[-6:]) == (True, "12344D")


def test_the_chart_can_be_read_by_those_who_cannot_see_it() -> None:
    """Alt text with the figures; axes drawn and from zero; hatched, not only coloured."""
    with ZipFile(BytesIO(render("workbook", example_assessment()))) as package:
        drawing = package.read("xl/drawings/drawing1.xml").decode()
        chart = package.read("xl/charts/chart1.xml").decode()
    assert "6 within the window in blue, 4 outside in hatched orange; the longest ago: 30 to 90 days" in drawing
    assert chart.count('<delete val="0"') == 2
    assert '<min val="0"' in chart
    assert 'prst="dkUpDiag"' in chart


def test_its_properties_name_the_system_and_the_tool_and_no_clock() -> None:
    """Title and creator are fixed; created and modified are the instant of the assessment; zip dates are none."""
    data = render("workbook", example_assessment())
    properties = load_workbook(BytesIO(data)).properties
    assert properties.title == "Agency Portal: patch evidence, 2026-11-20"
    assert properties.creator == "cf-evidence 0.1.0"
    assert properties.created == properties.modified == datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001 - likewise
    with ZipFile(BytesIO(data)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_hostile_system_name_and_marking_stay_text() -> None:
    """They come from a settings file that others may write; & is a command in a page header."""
    example = example_assessment()
    system = msgspec.structs.replace(example.system, name="=2+2&A\x07", marking="A&B")
    made: Any = book(example_assessment(system=system))
    assert made["Summary"]["A1"].value == "=2+2&A␇: patch evidence"
    assert made["Summary"]["A1"].data_type == "s"
    assert made["Controls"].oddHeader.center.text == "A&&B"


def test_the_layout_names_only_fields_that_the_rows_have() -> None:
    """A column whose field nobody gives would stay empty for ever."""
    for sheet in read_layout(TEMPLATES).sheets:
        shown = (*ROWS[sheet.name](platform_assessment()), *ROWS[sheet.name](month_assessment()))
        given = {field for row in shown for field in row}
        assert {column.field for column in sheet.columns} - given == set()


def test_a_broken_layout_is_a_usage_error_with_a_next_step(tmp_path: Path) -> None:
    """Whoever brings templates of their own is told what is wrong with them."""
    (tmp_path / "workbook.toml").write_text("[[sheet]]\nname = 3\n")
    with pytest.raises(UsageError, match=r"workbook\.toml cannot be read: .*`str`") as caught:
        read_layout(tmp_path)
    assert caught.value.hint == "compare it with the one in report_templates/"


def test_other_subjects_than_apps_can_be_acted_on() -> None:
    """A stemcell has no guid, org or space."""
    example = example_assessment()
    stemcell = msgspec.structs.replace(
        example.actions[0], subject=Subject(type="stemcell", name="ubuntu-jammy/1.943"), org="", space=""
    )
    first = table(book(example_assessment(actions=(stemcell,)))["Action plan"])[0]
    assert (first["App"], first["Org"], first["app_guid"]) == ("ubuntu-jammy/1.943", None, None)


SOFFICE = shutil.which("soffice") or ""


@pytest.mark.skipif(not SOFFICE, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_it_and_sees_every_row(tmp_path: Path) -> None:
    """A second spreadsheet program reads the file without repair."""
    (tmp_path / "evidence.xlsx").write_bytes(render("workbook", example_assessment()))
    subprocess.run(
        [
            SOFFICE,
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            # Field separator, text delimiter, UTF-8, from line 1, …, and -1: every sheet to a file of its own.
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "evidence.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with (tmp_path / "evidence-Applications.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["app_guid"]: row for row in csv.DictReader(file)}
    lines = {line.subject.guid: line for line in example_assessment().applications}
    assert rows.keys() == lines.keys()
    for guid, row in rows.items():
        line = lines[guid]
        assert (row["Has"], row["Latest"], row["Detail"]) == (line.has, line.latest, line.detail)
        for column, hours in (("Age (hours)", line.age_hours), ("Hours outside", line.over_hours)):
            assert (float(row[column]) if row[column] else None) == pytest.approx(hours, abs=0.05)
        staged = f"{line.staged_at:%Y-%m-%d %H:%M:%S}" if line.staged_at else ""
        assert row["Last staged (UTC)"] == staged
    assert "=1+1" in {row["App"] for row in rows.values()}
