"""One assessment, many renderings, equal numbers."""

import csv
import io
import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from collector.model import Assessment
from collector.reports.patching import LATENCIES
from collector.reports.terminal import render as terminal
from collector.reports.words import days
from tests.reports.builders import example_assessment, large_assessment
from tests.reports.oscal_reading import prop, result
from tests.reports.platform_builders import many_patches, platform_assessment
from tests.reports.rendering import book, render, table
from tests.reports.test_webpage import Page, parsed

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


# What the reports that print days print of hours.
def _tenths(hours: float | None) -> str:
    return "" if hours is None else days(hours)


def _observed(answer: Any, check: str) -> dict[tuple[str, str, str], tuple[str, float | None, float | None]]:
    """Status, hours and excess of each subject of a check, by name, environment and deployment."""
    return {
        (
            seen["subject"]["name"],
            seen["subject"].get("environment", ""),
            seen["subject"].get("deployment", ""),
        ): (seen["status"], seen["measured"] and seen["measured"]["hours"], seen.get("over_hours"))
        for seen in answer["observations"]
        if seen["check"] == check
    }


@pytest.mark.parametrize("assessment", [platform_assessment(), many_patches(60)], ids=["example", "many"])
def test_patches_have_the_same_numbers_everywhere(assessment: Assessment) -> None:
    """Hours, excess, stages and verdict of each notice: JSON, CSV, workbook, page, OSCAL and terminal."""
    answer = json.loads(render("assessment", assessment))
    in_json = {
        each["subject"]["name"]: (each["status"], each["hours"].get("total"), each["over_hours"])
        for each in answer["patches"]
    }
    made = table(book(assessment)["Patches"])
    rounded = {
        name: (WORDS[status], None if total is None else round(total, 6), over)
        for name, (status, total, over) in in_json.items()
    }
    assert {
        row["Notice"]: (row["Status"], row["Notice to production (hours)"], row["Hours outside"]) for row in made
    } == rounded
    by_name = {row["Notice"]: row for row in made}
    for each in answer["patches"]:
        for stage, column in (("released", "Stemcell released by (UTC)"), ("production", "In production by (UTC)")):
            reached = each["stages"][stage]
            told = reached and datetime.fromisoformat(reached["not_after"]).replace(tzinfo=None, microsecond=0)
            assert by_name[each["subject"]["name"]][column] == told
    page = parsed(assessment)
    for name, (status, total, over) in in_json.items():
        mark, _, shown, outside = _cells(page, name)[:4]
        assert mark.split(maxsplit=1)[1].lower() == WORDS[status]
        assert shown.removeprefix("≥").removesuffix("so far") == (_tenths(total) or "–")
        assert outside == (_tenths(over) or "–")
    lines = [line.split("  ") for line in terminal(assessment, width=None, color=False) if ":  notice " in line]
    shown_lines = {line[1].removeprefix("notice "): line for line in lines}
    flagged = {name for name, (status, _, _) in in_json.items() if status in {"fail", "unknown"}}
    assert shown_lines.keys() == flagged
    for name in flagged:
        status, total, over = in_json[name]
        assert shown_lines[name][0] == f"{WORDS[status]}:"
        if over is not None:
            assert f"{_tenths(over)} days outside" in shown_lines[name]
            assert f"{_tenths(total)} days" in shown_lines[name]


def _cells(page: Page, name: str) -> list[str]:
    """The cells of the row of one notice."""
    places = [place for place, one in enumerate(page.elements) if one.tag == "th" and one.text.startswith(f"{name} ")]
    start = next(place for place in places if "patches" not in (page.elements[place].attributes.get("id") or ""))
    row = max(place for place, one in enumerate(page.elements[:start]) if one.tag == "tr")
    cells = []
    for one in page.elements[row + 1 :]:
        if one.tag == "tr":
            break
        if one.tag in {"td", "th"}:
            cells.append(" ".join(one.text.split()))
    return cells


def test_observations_of_the_platform_are_the_same_in_json_csv_and_oscal() -> None:
    """Status, hours and excess of every notice and of every stemcell in every deployment."""
    assessment = platform_assessment()
    answer = json.loads(render("assessment", assessment))
    rows = list(csv.DictReader(io.StringIO(render("observations", assessment).decode("utf-8-sig"), newline="")))
    single = {
        (prop(seen, "check-id"), seen["title"].partition(": ")[2]): (
            prop(seen, "result"),
            prop(seen, "measured-hours"),
            prop(seen, "over-hours"),
        )
        for seen in result(assessment)["observations"]
        if prop(seen, "observation-kind") == "single"
    }
    for check in ("os-patch-latency", "stemcell-deployment-latency"):
        in_json = _observed(answer, check)
        assert {
            (row["name"], row["environment"], row["deployment"]): (
                row["status"],
                float(row["hours"]) if row["hours"] else None,
                float(row["over_hours"]) if row["over_hours"] else None,
            )
            for row in rows
            if row["check"] == check
        } == in_json
        for (name, environment, deployment), (status, hours, over) in in_json.items():
            if status in {"fail", "unknown"}:
                title = f"{name} in {environment} {deployment}" if environment else name
                assert single[check, title] == (
                    status,
                    None if hours is None else str(hours),
                    None if over is None else str(over),
                )


def test_the_figures_of_the_stages_are_the_same_everywhere() -> None:
    """Counts and percentiles: JSON in hours, OSCAL in hours, the others in days."""
    assessment = platform_assessment()
    answer = json.loads(render("assessment", assessment))
    summary = [
        [value for value in row if value is not None] for row in book(assessment)["Summary"].iter_rows(values_only=True)
    ]
    words = render("summary", assessment).decode()
    found = result(assessment)
    page = parsed(assessment)
    for stage in answer["stages"]:
        label = LATENCIES[stage["name"]]
        row = next(row for row in summary if row and row[0] == label)
        assert row[1:4] == [round(stage[key] / 24, 6) for key in ("p50", "p90", "max")]
        assert row[4] == stage["measured"]
        for key, name in (("measured", "measured"), ("p50", "p50-hours"), ("max", "max-hours"), ("open", "open")):
            assert prop(found, f"latency-{stage['name']}-{name}") == str(stage[key])
        shown = [_tenths(stage[key]) for key in ("p50", "p90", "max")]
        assert f"| {stage['open']} | {stage['unknown']} | {' | '.join(shown)} |" in words
        assert _figures(page, label)[-5:] == [str(stage["open"]), str(stage["unknown"]), *shown]


def _figures(page: Page, label: str) -> list[str]:
    start = next(place for place, one in enumerate(page.elements) if one.tag == "th" and one.text == label)
    return [one.text.strip() for one in page.elements[start + 1 : start + 9]]
