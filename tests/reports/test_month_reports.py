"""A month and its accepted risks in every report."""

import json
from io import BytesIO
from typing import Any

import jsonschema
import openpyxl
import pytest

from collector.errors import IntegrityError
from collector.model import Assessment
from collector.reports import trend, webpage, workbook
from collector.reports.answer_json import to_json
from collector.reports.context import Context
from collector.reports.difference import csv_of, json_of, lines
from collector.reports.month_words import month_lines
from collector.reports.oscal_check import faults
from collector.reports.summary_json import read_summary, write
from collector.reports.terminal import render
from collector.resources import TEMPLATES
from tests.reports.builders import example_assessment
from tests.reports.month_builders import month_assessment
from tests.reports.oscal_reading import plan, results, schema_faults


def page(assessment: Assessment) -> str:
    out = BytesIO()
    webpage.write(assessment, out, Context(templates=TEMPLATES))
    return out.getvalue().decode()


def sheets(assessment: Assessment) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet of the workbook, by header."""
    out = BytesIO()
    workbook.write(assessment, out, Context(templates=TEMPLATES))
    book = openpyxl.load_workbook(BytesIO(out.getvalue()))
    found = {}
    for sheet in book:
        head, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    return found


def test_the_answer_keeps_to_its_schema() -> None:
    """What a month adds is known to the schema."""
    schema = json.loads(TEMPLATES.joinpath("assessment.schema.json").read_bytes())
    answer = json.loads(to_json(month_assessment()))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(answer)) == []
    assert [row["outside_hours"] for row in answer["month"]["held"]] == [744.0, 53.0, 0.0]
    assert answer["exceptions"][0]["id"] == "EX-7"


def test_the_words_on_a_month() -> None:
    """After the answer: what is new, what is open, and which risks are accepted."""
    assert list(month_lines(month_assessment())) == [
        "since 2026-09: 1 new, 1 fixed",
        "plan of action: 1 open, 0 closed in the month",
        "exception EX-7: active, accepts 1 until 2026-11-20 (ISSO, =GRC); expires within 30 days",
    ]
    assert list(month_lines(example_assessment())) == []
    assert "since 2026-09: 1 new, 1 fixed" in list(render(month_assessment(), width=None, color=False))


def test_the_page_shows_the_month() -> None:
    """Heartbeat, hours, differences, plan, trend and exceptions; hostile names stay text."""
    text = page(month_assessment())
    assert "no snapshot for 33.0 days" in text
    assert 'id="month"' in text
    assert "still outside" in text
    assert "=1+1&lt;script&gt;" in text
    assert "frozen | &lt;b&gt;" in text
    assert "<script>=" not in text


def test_without_a_month_the_page_has_none() -> None:
    """Neither the section nor its place in the list."""
    text = page(example_assessment())
    assert 'id="month"' not in text
    assert 'id="exceptions"' not in text


def test_the_workbook_has_the_months_sheets() -> None:
    """Month, Exceptions and Trend, and only where there is something in them."""
    found = sheets(month_assessment())
    assert [row["Outside (hours)"] for row in found["Month"]] == [744, 53, 0]
    assert found["Exceptions"][0]["Ticket"] == "=GRC"
    assert [(row["Month"], row["Inside (%)"]) for row in found["Trend"]] == [("2026-09", 80), ("2026-10", 100)]
    assert not {"Month", "Exceptions", "Trend"} & sheets(example_assessment()).keys()


def test_oscal_stays_valid() -> None:
    """The results of a month fit the schema and have no fault of ours."""
    document = results(month_assessment())
    assert schema_faults(document, "1.2.1/oscal_complete_schema.json") == []
    assert faults(document, imports=[plan(month_assessment())]) == []


def test_a_summary_is_read_back() -> None:
    """What one month writes the next one reads."""
    out = BytesIO()
    write(month_assessment(), out, Context())
    read = read_summary(out.getvalue())
    assert (read.month, len(read.items)) == ("2026-10", 1)
    assert [row.month for row in read.figures] == ["2026-10"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"schema": "x"}', b"\xff"])
def test_what_is_no_summary_is_refused(body: bytes) -> None:
    """It is not taken for a month without findings."""
    with pytest.raises(IntegrityError):
        read_summary(body)


def test_differences_are_printed() -> None:
    """The sums first, then each; names are harmless in a terminal and in a spreadsheet."""
    rows = month_assessment().differences
    first, *others = lines(rows)
    assert first == "1 new, 1 fixed"
    assert others[0] == "new: app-restage-age: agency-a/prod/=1+1<script>: pass → fail"
    assert [row["kind"] for row in json.loads(json_of(rows))["differences"]] == ["new", "fixed"]
    assert csv_of(rows).decode("utf-8-sig").splitlines()[0] == "kind,check,subject,before,after,months,reason"
    assert list(lines(())) == ["no difference"]


def test_the_trend_is_printed() -> None:
    """Share and percentiles in days; a month that nobody judged has none."""
    rows = trend.by([trend.Row("portal", row) for row in month_assessment().figures], None)
    assert list(trend.lines(rows)) == [
        "2026-09  restage-age  8 of 10 inside (80 %)  p50 2.0 d  p90 16.7 d  max 20.8 d",
        "2026-10  restage-age  9 of 9 inside (100 %), 1 not known  p50 1.7 d  p90 –  max 62.5 d",
    ]
    assert json.loads(trend.json_of(rows))["figures"][1]["month"] == "2026-10"
    assert trend.csv_of(rows).decode("utf-8-sig").splitlines()[1].startswith("portal,2026-09,restage-age,,,10,8,0,48.0")
    assert list(trend.lines(())) == ["no month in the store has figures"]
