"""The plan of action in the layout of eMASS's import form: its rows, its rules, and that it says what it is."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import load_workbook

from collector.model import Assessment, OpenItem, RiskLine
from tests.reports.builders import FORMULA, example_assessment, guid
from tests.reports.form_reading import Row, by_calamine, by_openpyxl, by_pandas, converted, headers, rows
from tests.reports.month_builders import month_assessment, risk
from tests.reports.rendering import render

HEADERS = [
    "Control Vulnerability Description",
    "POA&M Item ID",
    "Control Vulnerability Description",
    "Security Control Number (NC/NA controls only)",
    "Office/Org",
    "Security Checks",
    "Resources Required",
    "Scheduled Completion Date",
    "Milestone with Completion Dates",
    "Milestone Changes",
    "Source Identifying Vulnerability ",
    "Status",
    "Comments",
    " Raw Severity",
    "Mitigations",
    "Severity",
    "Relevance of Threat",
    "Likelihood",
    "Impact",
    "Impact Description",
    "Residual Risk Level",
    "Recommendations",
]
SHEET = "POA&M"
FIRST = OpenItem(
    check="buildpack-current",
    component="python_buildpack 1.8.30",
    opened="2026-11",
    months=1,
    subjects=("agency-a/prod/payments-api",),
)


def november(*items: OpenItem, **changes: Any) -> Assessment:
    return example_assessment(**({"items": items, "period": "2026-11"} | changes))


def item(**changes: Any) -> OpenItem:
    return msgspec.structs.replace(FIRST, **changes)


def written(assessment: Assessment) -> bytes:
    return render("emass-workbook", assessment)


def told(assessment: Assessment) -> list[Row]:
    return rows(written(assessment), SHEET, 7)


def only(assessment: Assessment) -> Row:
    (row,) = told(assessment)
    return row


def plan_id(assessment: Assessment) -> str:
    """The id of an item, as FedRAMP's form has it."""
    return str(rows(render("poam-workbook", assessment), "Open POA&M Items", 5)[0]["POAM ID"])


def test_the_headers_stand_in_row_7_stray_blanks_and_all() -> None:
    """An import compares them to the character; two have the same text."""
    assert headers(written(november()), SHEET, 7) == HEADERS
    assert headers(written(november()), "Example", 7) == HEADERS


def test_a_row_is_an_item_with_all_that_is_known_of_it() -> None:
    """Of the two columns with one text the first stays empty, and so does the id, which eMASS assigns."""
    data = written(november(FIRST))
    sheet = load_workbook(BytesIO(data))[SHEET]
    assert [sheet["A8"].value, sheet["B8"].value] == [None, None]
    (found,) = rows(data, SHEET, 7)
    assert {header: value for header, value in found.items() if value is not None} == {
        "Control Vulnerability Description": "buildpack-current: python_buildpack 1.8.30: 1 subject; is outside at "
        "the end of the month. It should hold: every buildpack has the platform's version, or has been behind for "
        "less than the window.",
        "Security Control Number (NC/NA controls only)": "SI-2",
        "Office/Org": "Platform team",
        "Security Checks": "buildpack-current",
        "Scheduled Completion Date": "12/31/2026",
        "Milestone with Completion Dates": "Inside the window again 12/31/2026",
        "Source Identifying Vulnerability ": "cf-evidence 0.1.0: buildpack-current",
        "Status": "Ongoing",
        "Comments": f"agency-a/prod/payments-api ({guid(1)})\n{plan_id(november(FIRST))}",
        "Recommendations": "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api",
    }


def test_several_milestones_stand_in_rows_of_their_own() -> None:
    """One a row, in the order of their dates; only the first row says what it is about."""
    first, second, third = told(november(item(opened="2026-08", months=4), as_of=datetime(2026, 12, 1, tzinfo=UTC)))
    assert first["Control Vulnerability Description"].startswith("buildpack-current: ")
    assert [row["Milestone Changes"] for row in (first, second, third)] == [
        "Still open after 2 months 10/01/2026",
        "Still open after 3 months 11/01/2026",
        "Still open after 4 months 12/01/2026",
    ]
    for row in (second, third):
        assert [name for name, value in row.items() if value is not None] == ["Milestone Changes"]


def test_a_completed_item_says_when_and_why() -> None:
    """The date stands behind the word; the form wants comments."""
    found = only(november(item(closed_at=datetime(2026, 11, 7, 9, 30, tzinfo=UTC), months=2, opened="2026-10")))
    assert found["Status"] == "Completed 11/07/2026"
    assert found["Comments"].startswith("No subject is outside any more since 2026-11-07 09:30 UTC.\n")
    blank = ("Scheduled Completion Date", "Milestone with Completion Dates", "Milestone Changes", "Recommendations")
    assert [found[name] for name in blank] == [None] * 4


def test_an_accepted_risk_has_neither_milestones_nor_date() -> None:
    """The form forbids both, and wants to know why it was accepted."""
    line = RiskLine(risk=risk("EX-7"), state="active", waives=1)
    found = only(november(item(waived_by="EX-7", opened="2026-09", months=3), risks=(line,)))
    assert found["Status"] == "Risk Accepted 09/01/2026"
    assert found["Comments"].startswith("accepted risk EX-7: the vendor's image is frozen until the migration ")
    blank = ("Scheduled Completion Date", "Milestone with Completion Dates", "Milestone Changes")
    assert [found[name] for name in blank] == [None] * 3
    assert only(november(item(waived_by="EX-7")))["Status"] == "Risk Accepted"


def test_without_a_window_there_is_no_date() -> None:
    """None is made up, and there is one row all the same."""
    windows = example_assessment().windows
    found = only(november(FIRST, windows={name: row for name, row in windows.items() if name != "flaw-remediation"}))
    assert (found["Scheduled Completion Date"], found["Milestone with Completion Dates"]) == (None, None)


def test_the_system_stands_above_the_table() -> None:
    """The marking first; what only a person knows is left blank."""
    sheet = load_workbook(BytesIO(written(november(FIRST))))[SHEET]
    assert sheet["A1"].value == "CUI"
    assert [(sheet[f"A{row}"].value, sheet[f"B{row}"].value) for row in range(2, 7)] == [
        ("Date Exported:", "11/20/2026"),
        ("Exported By:", "cf-evidence 0.1.0"),
        ("DoD Component:", None),
        ("System / Project Name:", "Agency Portal"),
        ("DoD IT Registration No:", None),
    ]
    assert (sheet["J4"].value, sheet["K4"].value) == ("POC Name:", "Kim Doe")


def test_it_has_the_sheets_of_the_form_and_says_that_it_is_experimental() -> None:
    """Not by a column more: on the sheet of instructions, and in its properties."""
    book = load_workbook(BytesIO(written(november(FIRST))))
    assert [(sheet.title, sheet.sheet_state) for sheet in book.worksheets] == [
        ("POA&M", "visible"),
        ("Sheet1", "hidden"),
        ("8500 IA Controls", "hidden"),
        ("Example", "visible"),
        ("Instructions", "visible"),
    ]
    assert book["Instructions"]["A1"].value == "EXPERIMENTAL"
    assert str(book.properties.description).startswith("EXPERIMENTAL: ")


def test_hostile_names_stay_text() -> None:
    """They come from settings and from anyone who may push an app."""
    system = msgspec.structs.replace(example_assessment().system, marking="=2+2", prepared_by="-1+1")
    names = item(component=FORMULA, subjects=("=1+1/b/c",))
    sheet = load_workbook(BytesIO(written(november(names, system=system))))[SHEET]
    shown = {place: (sheet[place].value, sheet[place].data_type, sheet[place].quotePrefix) for place in ("A1", "E8")}
    assert shown == {"A1": ("=2+2", "s", True), "E8": ("-1+1", "s", True)}
    assert sheet["M8"].value.startswith("=1+1/b/c\n")
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_a_month_without_an_item_is_a_workbook_with_an_empty_table() -> None:
    """Nothing outside is an answer, too."""
    assert told(november()) == []


def test_the_same_assessment_gives_the_same_bytes() -> None:
    """Re-performing an audit compares bytes."""
    assert written(month_assessment()) == written(month_assessment())


def test_three_readers_see_the_same_values() -> None:
    """Whatever an import reads it with."""
    data = written(november(FIRST, item(check="app-restage-age", opened="2026-08", months=4)))
    for sheet in (SHEET, "Instructions"):
        seen = by_openpyxl(data, sheet)
        assert by_calamine(data, sheet) == seen
        assert by_pandas(data, sheet) == seen


def test_libreoffice_sees_every_row(tmp_path: Path) -> None:
    """A second spreadsheet program reads the file without repair."""
    text = converted(tmp_path, written(november(FIRST)), SHEET)
    assert ",buildpack-current,,12/31/2026,Inside the window again 12/31/2026,," in text
