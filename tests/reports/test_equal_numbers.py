"""One assessment, many renderings, equal numbers."""

import csv
import io
import json
from collections import Counter

import pytest

from collector.model import Assessment
from collector.reports.terminal import render as terminal
from tests.reports.builders import example_assessment, large_assessment
from tests.reports.rendering import book, render, table

WORDS = {
    "fail": "flagged",
    "unknown": "not assessed",
    "pass": "within window",
    "not-applicable": "not applicable",
}


@pytest.mark.parametrize("assessment", [example_assessment(), large_assessment(300)], ids=["example", "large"])
def test_all_formats_give_the_same_numbers(assessment: Assessment) -> None:
    """Whoever compares the spreadsheet with the JSON finds no difference."""
    answer = json.loads(render("assessment", assessment))
    rows = list(csv.DictReader(io.StringIO(render("observations", assessment).decode("utf-8-sig"), newline="")))
    made = book(assessment)
    ages = [seen for seen in answer["observations"] if seen["check"] == "app-restage-age"]
    in_json = {seen["subject"]["guid"]: (seen["status"], seen.get("over_hours")) for seen in ages}
    in_csv = {
        row["guid"]: (row["status"], float(row["over_hours"]) if row["over_hours"] else None)
        for row in rows
        if row["check"] == "app-restage-age"
    }
    assert in_csv == in_json
    in_workbook = {row["app_guid"]: (row["Status"], row["Hours outside"]) for row in table(made["Applications"])}
    assert in_workbook == {guid: (WORDS[status], over) for guid, (status, over) in in_json.items()}
    counted = Counter(status for status, _ in in_json.values())
    lines = list(terminal(assessment, width=None, color=False))
    assert sum(line.startswith("flagged:") for line in lines) == counted["fail"]
    assert sum(line.startswith("not assessed:") for line in lines) == counted["unknown"]
    (flags,) = [count for count in answer["controls"][0]["checks"] if count["id"] == "app-restage-age"]
    assert [flags[key] for key in ("pass", "fail", "unknown", "not_applicable")] == [
        counted[key] for key in ("pass", "fail", "unknown", "not-applicable")
    ]
    in_sheet = table(made["Controls"])[0]
    assert [in_sheet[key] for key in ("Pass", "Fail", "Unknown", "Not applicable")] == [
        counted[key] for key in ("pass", "fail", "unknown", "not-applicable")
    ]
    summary = [[value for value in row if value is not None] for row in made["Summary"].iter_rows(values_only=True)]
    labels = summary.index(
        ["apps seen", "outside window", "not assessed", "within window", "not applicable", "things to do"]
    )
    apps = answer["coverage"]["apps"]
    assert summary[labels - 1] == [
        apps["visible"],
        counted["fail"],
        apps["unknown"],
        counted["pass"],
        apps["not_applicable"],
        len(assessment.actions),
    ]
