"""The forms as data: their headers are those of the reference, and a wrong one is refused."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from collector.errors import UsageError
from collector.reports.form_layout import Form, read_form
from collector.reports.form_workbook import Filling, write_form
from collector.resources import TEMPLATES
from tests.reports.builders import example_assessment
from tests.reports.oscal_reading import shared

FORMS = (
    ("poam-fedramp", "fedramp_poam_v2_1"),
    ("inventory-fedramp", "fedramp_inventory_appendix_m_v3_1"),
    ("poam-emass", "emass_poam_2018"),
)
SMALL = """
title = "Small"
columns = { own = [{ header = "A, b", field = "a", width = 9 }] }
sheet = [{ name = "One", rows = "all", columns = "own", header_row = 1 }]
"""


def reference(key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("workbook_headers.json").read_bytes())[key]
    return found


def written(tmp_path: Path, text: str) -> Form:
    (tmp_path / "small.toml").write_text(text)
    return read_form(tmp_path, "small")


@pytest.mark.parametrize(("name", "key"), FORMS)
def test_a_form_has_the_sheets_and_headers_of_the_reference(name: str, key: str) -> None:
    """Every header stands in its column, to the character: blanks at either end count."""
    form, told = read_form(TEMPLATES, name), reference(key)
    assert [sheet.name for sheet in form.sheets] == [sheet["name"] for sheet in told["sheets"]]
    expected = [(column["column"], column["text"]) for column in told["columns"]]
    for sheet, stated in zip(form.sheets, told["sheets"], strict=True):
        if "header_row" in stated:
            assert sheet.header_row == stated["header_row"]
            headers = enumerate(form.columns_of(sheet), start=sheet.first_column)
            shown = [(get_column_letter(number), column.header) for number, column in headers]
            own = stated.get("headers")
            assert shown == (expected if own is None else list(zip("BCDE", own, strict=True)))


@pytest.mark.parametrize(("name", "key"), FORMS)
def test_a_form_has_the_fixed_texts_of_the_reference(name: str, key: str) -> None:
    """Titles, the headers above the table, hidden sheets, and the labels beside which a system is named."""
    form, told = read_form(TEMPLATES, name), reference(key)
    for sheet, stated in zip(form.sheets, told["sheets"], strict=True):
        texts = {cell.at: cell.text for cell in sheet.cells if cell.text}
        assert sheet.hidden == (stated.get("state") == "hidden")
        expected = dict(stated.get("system_block", {}))
        if "title" in stated:
            expected["A1"] = stated["title"]
        heads = zip("ABCD", stated.get("system_headers", ()), strict=False)
        assert texts == expected | {f"{letter}2": text for letter, text in heads}


@pytest.mark.parametrize(("name", "key"), [FORMS[0], FORMS[2]])
def test_a_form_has_the_lists_of_the_reference(name: str, key: str) -> None:
    """A person chooses from the words that the form takes."""
    shown = {
        column.header.strip(): list(column.values)
        for column in read_form(TEMPLATES, name).columns["poam"]
        if column.values
    }
    expected = {
        each: values for names, values in reference(key)["allowed_values"].items() for each in names.split(", ")
    }
    assert shown == expected


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('title = "Small"', "title = 3", "Expected `str`"),
        ('name = "One"', 'name = "One", colour = "red"', "unknown field `colour`"),
        ('name = "One"', 'name = "One/Two"', "matching regex"),
        ("header_row = 1", "header_row = 0", "columns go with a header_row"),
        ('columns = "own"', 'columns = "other"', "no columns named 'other'"),
        ('name = "One"', 'name = "One", hidden = true', "the first in view"),
        ("width = 9", 'width = 9, values = ["a,b"]', "neither , nor"),
        ("width = 9", f'width = 9, values = ["{"a" * 256}"]', "a list holds 255 characters"),
        ("header_row = 1", 'header_row = 1, cell = [{ at = "A1" }]', "either a text or a field"),
        ("header_row = 1", 'header_row = 1, cell = [{ at = "a1", text = "x" }]', "matching regex"),
    ],
)
def test_a_wrong_form_is_a_usage_error_with_a_next_step(tmp_path: Path, before: str, after: str, told: str) -> None:
    """Whoever brings a form of their own is told what is wrong with it."""
    with pytest.raises(UsageError, match=r"small\.toml cannot be read: ") as caught:
        written(tmp_path, SMALL.replace(before, after, 1))
    assert told in str(caught.value)
    assert caught.value.hint == "compare it with the one in report_templates/"


@pytest.mark.parametrize(
    ("before", "after", "told", "hint"),
    [
        ('field = "a"', 'field = "b"', "a field 'b'", "there are a"),
        ('rows = "all"', 'rows = "some"', "rows 'some'", "there are all"),
        ("header_row = 1", 'header_row = 2, cell = [{ at = "A1", field = "x" }]', "a field 'x'", "there are top"),
    ],
)
def test_a_form_that_asks_for_what_there_is_not_is_refused(
    tmp_path: Path, before: str, after: str, told: str, hint: str
) -> None:
    """A column whose field nobody gives would stay empty for ever."""
    form = written(tmp_path, SMALL.replace(before, after, 1))
    with pytest.raises(UsageError) as caught:
        write_form(form, Filling(cells={"top": "x"}, rows={"all": [{"a": "1"}]}), example_assessment(), BytesIO())
    assert str(caught.value) == f"sheet 'One' asks for {told}"
    assert caught.value.hint == hint


def test_a_header_is_text_with_its_line_breaks(tmp_path: Path) -> None:
    """Some forms break their headers, or begin one like a formula."""
    form = written(tmp_path, SMALL.replace('"A, b"', '"=A\\nb "'))
    out = BytesIO()
    write_form(form, Filling(cells={}, rows={"all": [{"a": "1"}]}), example_assessment(), out)
    cell = load_workbook(out)["One"]["A1"]
    assert (cell.value, cell.data_type) == ("=A\nb ", "s")
