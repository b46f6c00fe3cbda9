"""The sheets on the platform."""

from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pandas as pd
from python_calamine import CalamineWorkbook

from collector.reports.workbook_cells import cell_text
from tests.reports.builders import CONTROL, FORMULA, LONG, SCRIPT, example_assessment
from tests.reports.platform_builders import many_patches, platform_assessment
from tests.reports.rendering import book, render, table


def _stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _rows(name: str, **changes: Any) -> list[dict[str, Any]]:
    return table(book(platform_assessment(**changes))[name])


def test_the_sheets_on_the_platform_stand_behind_the_applications() -> None:
    """They keep the order that people know, and are not there where nobody asked."""
    assert book(platform_assessment()).sheetnames == [
        "Summary",
        "Action plan",
        "Applications",
        "Buildpacks",
        "Patches",
        "Stemcells",
        "Attestations",
        "Controls",
        "Objectives",
        "Parameters",
        "Coverage",
        "Manifest",
    ]
    assert not {"Patches", "Stemcells", "Attestations"} & set(book(example_assessment()).sheetnames)


def test_patches_without_a_row_are_a_table_and_statements_without_one_are_no_sheet() -> None:
    """A query on Patches goes on working in a month without notices."""
    made = book(platform_assessment(patches=(), attested=()))
    assert made["Patches"].tables["Patches"].ref == "A1:AI2"
    assert "Attestations" not in made.sheetnames


def test_the_columns_of_patches_are_a_contract() -> None:
    """A query that someone built on the headers goes on working."""
    assert [cell.value for cell in book(platform_assessment())["Patches"][1]] == [
        "Status",
        "Notice",
        "Title",
        "Line",
        "Fixed in",
        "Published (UTC)",
        "Stemcell released by (UTC)",
        "In staging by (UTC)",
        "In production by (UTC)",
        "Notice to stemcell (hours)",
        "Stemcell to staging (hours)",
        "Stemcell to production (hours)",
        "Notice to production (hours)",
        "Days outside",
        "Held by",
        "Detail",
        "Next step",
        "Priorities",
        "CVEs",
        "KEV due (UTC)",
        "Apps restarted by (UTC)",
        "Still open",
        "Flagged by",
        "Hours outside",
        "Stemcell released not before (UTC)",
        "In staging not before (UTC)",
        "In production not before (UTC)",
        "Apps restarted not before (UTC)",
        "Published, known from",
        "Stemcell released, known from",
        "In staging, known from",
        "In production, known from",
        "Apps restarted, known from",
        "Evidence",
        "Further evidence",
    ]


def test_a_row_has_every_stage_and_both_ends_of_what_lies_between_two() -> None:
    """One value a cell: the date of a stage is the later end, the earlier one has its own column."""
    (row,) = [row for row in _rows("Patches") if row["Notice"] == "USN-7001-1"]
    assert row["Status"] == "flagged"
    assert row["Published (UTC)"] == _stamp("2026-11-02T09:00:00")
    assert row["Stemcell released by (UTC)"] == row["Stemcell released not before (UTC)"] == _stamp("2026-11-06T12:00")
    assert row["In production by (UTC)"] == _stamp("2026-11-07T22:10:00")
    assert row["In production not before (UTC)"] == _stamp("2026-11-07T22:00:00")
    assert row["In production, known from"] == "deploy event"
    assert row["Apps restarted by (UTC)"] is None
    assert [row[name] for name in ("Notice to stemcell (hours)", "Notice to production (hours)")] == [99.0, 133.0]
    assert (row["Hours outside"], row["Held by"]) == (37.0, "upstream")


def test_what_is_open_or_not_known_is_said_in_words_and_never_filled_in() -> None:
    """An empty date is no date; the hours of a negative latency stay negative."""
    rows = {row["Notice"]: row for row in _rows("Patches")}
    assert rows["USN-7002-1"]["In production by (UTC)"] is None
    assert rows["USN-7002-1"]["Still open"] == "stemcell to production, notice to production"
    assert rows["USN-7005-1"]["Notice to stemcell (hours)"] == -2.0
    assert rows["USN-7012-1"]["Notice to production (hours)"] is None


def test_the_same_stemcell_is_a_row_in_each_deployment() -> None:
    """Name, environment and deployment tell them apart."""
    rows = [
        (row["Environment"], row["Deployment"], row["State"], row["Status"])
        for row in _rows("Stemcells")
        if row["Stemcell"] == "ubuntu-jammy/1.990"
    ]
    assert rows == [
        ("production", "cf-production", "in flight", "within window"),
        ("staging", "cf-staging", "running", "within window"),
    ]


def test_a_statement_shows_author_date_period_expiry_and_its_method() -> None:
    """An expired one is shown, and says so."""
    first, second = _rows("Attestations")
    assert [first[name] for name in ("Method", "Validity", "What", "Line", "Version")] == [
        "EXAMINE",
        "valid",
        "stemcell live",
        "ubuntu-jammy",
        "1.983",
    ]
    assert [first[name] for name in ("Author", "Party", "Written", "Period from", "Period to", "Expires")] == [
        "Robin Roe",
        "Platform operations",
        "2026-11-17",
        "2026-11-01",
        "2026-11-30",
        "2026-12-31",
    ]
    assert (second["Validity"], second["Author"]) == ("expired", FORMULA)


def test_hostile_titles_stay_text() -> None:
    """Nothing is calculated, dropped without a trace, or cut unseen."""
    made = book(platform_assessment())["Patches"]
    titles = {row["Notice"]: row["Title"] for row in table(made)}
    assert titles["USN-7004-1"] == FORMULA
    assert titles["USN-7005-1"] == SCRIPT
    assert titles["USN-7007-1"] == cell_text(CONTROL)
    assert titles["USN-7006-1"] == cell_text(LONG)
    cell = next(cell for cell in made["C"] if cell.value == FORMULA)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_every_program_reads_every_instant_to_the_second() -> None:
    """Some do not round: a day number with few digits would be a second early."""
    data = render("workbook", platform_assessment())
    with_pandas = pd.read_excel(BytesIO(data), sheet_name="Patches", engine="openpyxl")
    header, *rows = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name("Patches").to_python()
    column = header.index("Stemcell released by (UTC)")
    expected = [
        line.stages["released"].not_after.replace(tzinfo=None, microsecond=0) if line.stages["released"] else None
        for line in platform_assessment().patches
    ]
    assert [row[column] or None for row in rows] == expected
    assert [None if pd.isna(each) else each for each in with_pandas["Stemcell released by (UTC)"]] == expected


def _summary() -> list[list[Any]]:
    sheet = book(platform_assessment())["Summary"]
    return [[value for value in row if value is not None] for row in sheet.iter_rows(values_only=True)]


def test_the_summary_has_the_line_and_a_table_of_stages() -> None:
    """Days of half, nine of ten and all patches; what is open or not known stands beside."""
    rows = _summary()
    assert ["OS patches: 3 of 10 in production within 4 days, 1 still inside, 3 not known"] in rows
    start = rows.index(["Stage", "p50 (days)", "p90 (days)", "Longest (days)", "Measured", "Inside window", "Besides"])
    assert rows[start + 1 : start + 5] == [
        ["Notice to stemcell", 0.9375, 2.125, 4.125, 7, 6, "window 2 days; 1 open; 2 not known"],
        ["Stemcell to staging", 0.875, 1.291667, 1.291667, 7, "no window", "0 open; 3 not known"],
        ["Stemcell to production", 1.416667, 5.354167, 5.354167, 5, 3, "window 2 days; 2 open; 1 not known"],
        ["Notice to production", 3.993056, 6.854167, 6.854167, 5, 3, "window 4 days; 3 open; 2 not known"],
    ]


def test_both_charts_have_axes_and_words_of_their_own() -> None:
    """Latency by stage is drawn from zero, hatched where it is the longest, and told with its figures."""
    with ZipFile(BytesIO(render("workbook", platform_assessment()))) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
        chart = archive.read("xl/charts/chart2.xml").decode()
    assert drawing.count(' descr="') == 2
    assert 'descr="Stacked bars: applications by days' in drawing
    told = "notice to production: 5 measured, 3 inside their window, 3 open, 2 not known, p50 4.0 d, p90 6.9 d, longest"
    assert told in drawing
    assert chart.count('<c:delete val="0"') == 2 or chart.count('delete val="0"') == 2
    assert 'min val="0"' in chart
    assert "pattFill" in chart


def test_a_chart_of_negative_days_shows_them() -> None:
    """An axis from zero would hide what says that two clocks disagree."""
    (first, *others) = platform_assessment().stages
    skewed = type(first)(name="packaging", window=None, measured=1, inside=0, open=0, unknown=0, p50=-2.0)
    data = render("workbook", platform_assessment(stages=(skewed, *others)))
    with ZipFile(BytesIO(data)) as archive:
        assert 'min val="0"' not in archive.read("xl/charts/chart2.xml").decode()


def test_the_action_plan_tells_stemcells_of_two_deployments_apart() -> None:
    """The name alone is not what is to be acted on."""
    names = [row["App"] for row in _rows("Action plan")]
    assert "ubuntu-jammy/1.961 in production cf-production" in names
    assert "USN-7001-1" in names


def test_the_same_platform_gives_the_same_bytes_again() -> None:
    """Re-performing an audit compares bytes."""
    for name in ("workbook", "webpage", "assessment", "assessment-results", "assessment-plan", "summary", "readme"):
        assert render(name, many_patches(50)) == render(name, many_patches(50))
