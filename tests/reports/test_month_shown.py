"""What each report shows of a month: hours, corrections, what was not looked at, exceptions and the trend."""

import csv
import io
import json
import re
from typing import Any

import msgspec
import pytest

from collector.assessment.monthly import held_as
from collector.model import Action, Assessment, Breach, Figures, Held, Period, Subject, Unseen
from collector.reports import month_strip, trend_chart
from collector.reports.charts import ages
from collector.reports.context import Context
from collector.reports.month_words import (
    corrected,
    end_words,
    held_words,
    number,
    ordered_risks,
    period_line,
    since_control,
    since_line,
    worst_held,
)
from collector.reports.oscal_check import faults
from collector.reports.terminal import render as lines_of
from tests.reports.builders import example_assessment
from tests.reports.month_builders import BEGIN, HOSTILE, OCTOBER, day, held, month_assessment, rich_month
from tests.reports.oscal_reading import SCHEMAS, Json, plan, prop, result, results, schema_faults
from tests.reports.rendering import book, render, table

PERIOD_LINE = "October 2026, from 2026-10-01 00:00 UTC to before 2026-11-01 00:00 UTC"
APP = Subject(type="app", guid="guid-app", name="api", space="prod", org="agency-a")


def text_of(name: str, assessment: Assessment) -> str:
    return render(name, assessment).decode("utf-8-sig")


def rows_of(name: str, assessment: Assessment) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(name, assessment))))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("row", "words", "end"),
    [
        (held(APP, 0.0), "", ""),
        (held(APP, 0.0, 10.0), "10.0 hours not known", ""),
        (
            held(APP, 744.0, breaches=(Breach(begin=BEGIN, end=None, since=day(-9)),)),
            "744.0 hours outside, still outside",
            "still outside",
        ),
        (
            held(APP, 24.0, breaches=(Breach(begin=BEGIN, end=day(1), since=BEGIN),), corrected_at=day(1)),
            "24.0 hours outside, corrected 2026-10-02 00:00 UTC",
            "corrected 2026-10-02 00:00 UTC",
        ),
        (
            held(APP, 24.0, breaches=(Breach(begin=BEGIN, end=day(1), since=BEGIN),)),
            "24.0 hours outside, not shown to be corrected",
            "not shown to be corrected",
        ),
    ],
    ids=["inside", "not known", "open", "corrected", "gone"],
)
def test_how_a_subject_was_held_in_words(row: Held, words: str, end: str) -> None:
    """Only what is shown to be inside again is said to be corrected."""
    assert (held_words(row), end_words(row)) == (words, end)


def test_the_least_time_is_not_nothing() -> None:
    """A second outside is not printed as 0.0 hours."""
    assert [number(hours) for hours in (0.0, 1 / 3600, 0.05, 0.1, 1234.56)] == [
        "0.0",
        "under 0.1",
        "0.1",
        "0.1",
        "1,234.6",
    ]


def test_hours_belong_to_one_subject_only() -> None:
    """A stemcell of the same name in another deployment has hours of its own, or none that are known."""
    one = Subject(type="stemcell", name="ubuntu-jammy/1.700", environment="production", deployment="cf")
    row = held(one, 0.0, check="stemcell-current")
    month = msgspec.structs.replace(
        rich_month().month or pytest.fail("no month"), held={("stemcell-current", "production/cf/ubuntu-jammy"): row}
    )
    assessment = rich_month(month=month)
    assert held_as(assessment.month, "stemcell-current", one) is row
    assert held_as(assessment.month, "stemcell-current", msgspec.structs.replace(one, deployment="cf-staging")) is None
    assert held_as(None, "stemcell-current", one) is None


def test_who_was_outside_longest_comes_first() -> None:
    """Then where most is not known; who was inside all the time is not among them."""
    assert [(row.subject.name[:12], row.outside, row.unknown) for row in worst_held(rich_month())] == [
        ("payments-api", 744.0, 0.0),
        ("=1+1", 192.0, 72.0),
        ("=1+1<script>", 100.0, 0.0),
        ("forms-web", 53.0, 0.0),
        ("notices", 24.0, 0.0),
        ("bell\x07\x1b[31mre", 0.0, 744.0),
        ("uploaded-jar", 0.0, 0.5),
    ]


def test_exceptions_that_need_a_person_come_first() -> None:
    """What has expired, then what has other remarks, then the rest."""
    assert [line.risk.id for line in ordered_risks(rich_month())] == ["EX-3", "EX-2", "EX-4", "EX-1"]


def test_controls_beside_the_month_before() -> None:
    """A control says how it stood, that it did not change, or that nobody asked."""
    assessment = rich_month()
    assert [since_control(assessment, control) for control in assessment.controls] == [
        "was satisfied",
        "unchanged",
        "not asked about then",
    ]
    assert since_line(assessment) == "since 2026-09: 1 new, 1 fixed, 1 repeated, 1 not comparable"


def test_without_a_month_before_nothing_is_compared() -> None:
    """No line and no word speaks of a change."""
    month = rich_month().month
    assert month is not None
    first = rich_month(month=msgspec.structs.replace(month, previous=None), differences=())
    assert since_line(first) == ""
    assert [since_control(first, control) for control in first.controls] == ["", "", ""]
    assert "nothing to compare with" in text_of("webpage", first)
    assert "Since 2026-09" not in text_of("webpage", first)


# ---------------------------------------------------------------- terminal and text


@pytest.mark.parametrize("width", [None, 80, 160])
def test_the_month_and_what_was_not_looked_at_come_first(width: int | None) -> None:
    """Before any verdict, on every width."""
    printed = list(lines_of(rich_month(), width=width, color=False))
    assert printed[0] == PERIOD_LINE
    assert printed[1].startswith("no snapshot for 33.0 days")
    verdict = next(place for place, line in enumerate(printed) if "SI-2: 1 of 10" in line)
    silent = next(place for place, line in enumerate(printed) if "bosh-production last spoke" in line)
    assert silent < verdict


def test_a_flagged_app_says_its_hours() -> None:
    """In place of its excess at the end, which of a corrected one is none."""
    printed = list(lines_of(rich_month(), width=None, color=False))
    (forms,) = [line for line in printed if line.startswith("flagged:  agency-a/prod/forms-web")]
    assert "  53.0 hours outside, corrected 2026-10-06 04:48 UTC  " in forms
    assert "exception EX-3: expired, accepts 0 until 2026-10-03 (Kim Doe, ISSO, GRC-EX-3); expired on 2026-10-03" in (
        printed
    )


def test_who_is_well_again_is_told_after_who_is_not() -> None:
    """An app that was outside, or not known, for part of the month is listed though its end is well; no other is."""
    month = rich_month().month
    assert month is not None
    at_the_limit, script = rich_month().applications[6:8]
    out = (Breach(begin=day(1), end=day(2), since=day(1)),)
    more = {
        ("app-restage-age", script.subject.guid): held(script.subject, 24.0, breaches=out, corrected_at=day(2)),
        ("app-restage-age", at_the_limit.subject.guid): held(at_the_limit.subject, 0.0, 3.0, worst=336.0),
    }
    assessment = rich_month(month=msgspec.structs.replace(month, held={**month.held, **more}))
    printed = [line for line in lines_of(assessment, width=None, color=False) if re.match(r"[a-z ]+:  agency", line)]
    assert [line.split("  ")[1] for line in printed][-2:] == [script.subject.label, at_the_limit.subject.label]
    assert "  24.0 hours outside, corrected 2026-10-03 00:00 UTC  " in printed[-2]
    assert printed[-1].startswith("within window:")
    assert "  3.0 hours not known  " in printed[-1]
    assert "`at-the-limit`" in text_of("summary", assessment)
    assert "`at-the-limit`" not in text_of("summary", rich_month())


def test_figures_of_the_end_are_called_so() -> None:
    """The answer of a month speaks of all of it: figures of its end stand apart, and those of an instant as ever."""
    assert re.findall(r"<dt>(Outside[^<]*)</dt><dd>([0-9]+)", text_of("webpage", rich_month())) == [
        ("Outside in the month", "4"),
        ("Outside window, at the end", "4"),
    ]
    assert re.findall(r"<dt>(Outside[^<]*)</dt><dd>([0-9]+)", text_of("webpage", example_assessment())) == [
        ("Outside window", "4"),
    ]
    cells = [str(cell.value) for row in book(rich_month())["Summary"].iter_rows(max_row=20) for cell in row]
    assert "outside, at the end" in cells
    assert "outside window" not in cells


def test_a_narrow_screen_keeps_the_hours() -> None:
    """At 80 columns hours outside and the end of the month are still there, and no line is wider."""
    printed = list(lines_of(rich_month(), width=80, color=False))
    head = next(line for line in printed if line.startswith("Status"))
    assert "Hours out" in head
    assert "Month's end" in head
    rows = printed[printed.index(head) :][:8]
    assert max(map(len, rows)) <= 80


def test_the_summary_begins_with_what_was_not_looked_at() -> None:
    """Month and heartbeat stand before the answer, then changes, trend and exceptions."""
    text = text_of("summary", rich_month())
    order = [
        text.index(part)
        for part in (
            PERIOD_LINE,
            "> ⚠ **no snapshot for 33.0 days",
            "apps are outside the 14-day restage window",
            "## Controls",
            "## Since last month",
            "## Trend",
            "## Accepted risks",
            "## Applications",
        )
    ]
    assert order == sorted(order)
    assert "| `EX-3` | expired | `agency-a/prod/*` | 2026-10-03 | 0 |" in text
    assert "| 53.0 |  | corrected 2026-10-06 04:48 UTC |" in text


def test_the_summary_stays_small() -> None:
    """It is dropped whole by a CI job above one MiB, however many months and exceptions there are."""
    many = rich_month(
        risks=rich_month().risks * 2_000, figures=rich_month().figures * 2_000, heartbeat=rich_month().heartbeat * 2_000
    )
    assert len(render("summary", many)) < 1 << 20


def test_observations_have_the_hours_of_the_month() -> None:
    """Columns of the month stand last; who has no hours has empty cells."""
    rows = rows_of("observations", rich_month())
    forms = next(row for row in rows if (row["check"], row["name"]) == ("app-restage-age", "forms-web"))
    assert {name: forms[name] for name in ("inside_hours", "outside_hours", "unknown_hours", "breaches")} == {
        "inside_hours": "691.0",
        "outside_hours": "53.0",
        "unknown_hours": "0.0",
        "breaches": "1",
    }
    assert (forms["outside_since"], forms["corrected_at"]) == ("2026-10-04T00:00:00Z", "2026-10-06T04:48:00Z")
    image = next(row for row in rows if (row["check"], row["name"]) == ("app-restage-age", "legacy-img"))
    assert image["inside_hours"] == image["corrected_at"] == ""


def test_without_a_month_no_table_has_its_columns() -> None:
    """Who builds on the tables of an instant finds them as they were."""
    assert "inside_hours" not in rows_of("observations", example_assessment())[0]
    assert "outside_hours" not in rows_of("action-plan", example_assessment())[0]
    headers = [cell.value for cell in book(example_assessment())["Applications"][1]]
    assert not [header for header in headers if "month" in str(header)]


def test_the_action_plan_says_what_was_closed() -> None:
    """What is done is ticked; what is open says since when, in the table."""
    assert "## Closed in the month" in text_of("action-plan-text", rich_month())
    assert "- [x] `agency-a/prod/forms-web`: app-restage-age: inside again since 2026-10-06T04:48:00Z" in text_of(
        "action-plan-text", rich_month()
    )
    rows = {row["name"]: row for row in rows_of("action-plan", rich_month())}
    assert (rows["payments-api"]["outside_hours"], rows["payments-api"]["outside_since"]) == (
        "744.0",
        "2026-09-18T12:00:00Z",
    )


# ---------------------------------------------------------------- page


def test_the_page_begins_with_what_was_not_looked_at() -> None:
    """A notice inside the answer, before its figures; then controls with their change, then what is new."""
    text = text_of("webpage", rich_month())
    order = [
        text.index(part)
        for part in (
            "What was not looked at",
            'class="tiles"',
            'id="status"',
            "was satisfied",
            'id="since"',
            'id="actions"',
            'id="applications"',
            'id="month"',
            'id="trend"',
            'id="objectives"',
            'id="exceptions"',
            'id="coverage"',
        )
    ]
    assert order == sorted(order)


def test_the_rows_of_applications_have_their_hours() -> None:
    """Outside, not known, inside, greatest age in days, and how it ended; sorted by numbers."""
    text = text_of("webpage", rich_month())
    (row,) = re.findall(r'<tr data-s="fail">.*<bdi>forms-web</bdi>.*</tr>', text)
    assert re.findall(r'data-v="([0-9.]*)">([^<]*)<', row)[-5:] == [
        ("53.0000", "53.0"),
        ("0.0000", "0.0"),
        ("691.0000", "691.0"),
        ("388.8000", "16.2"),
        ("1791262080", "corrected 2026-10-06 04:48 UTC"),
    ]


def test_hostile_names_stay_text_in_every_drawing() -> None:
    """No element of a name comes to life, in tables, charts or descriptions."""
    text = text_of("webpage", rich_month())
    assert "=1+1&lt;script&gt;" in text
    assert "frozen | &lt;b&gt;=1" in text
    assert len(re.findall(r"<script\b", text)) == 1


def test_every_id_of_the_page_is_there_once() -> None:
    """Labels of several charts do not clash."""
    found = re.findall(r' id="([^"]+)"', text_of("webpage", rich_month()))
    assert sorted({name for name in found if found.count(name) > 1}) == []


def test_only_accepted_risks_have_their_section_alone() -> None:
    """Without a month there are neither bars nor a trend, but the exceptions are told."""
    text = text_of("webpage", example_assessment(risks=rich_month().risks))
    assert 'id="exceptions"' in text
    assert 'id="month"' not in text
    assert 'id="trend"' not in text


# ---------------------------------------------------------------- drawings


def kinds(row: Held, period: Period = OCTOBER) -> list[str]:
    drawn = month_strip.strip([row], period)
    assert drawn is not None
    return [block.kind for block in drawn.rows[0].blocks]


def test_a_bar_is_the_whole_month() -> None:
    """What is outside and not known is cut out of what was inside; the widths add up to the scale."""
    drawn = month_strip.strip(worst_held(rich_month()), OCTOBER)
    assert drawn is not None
    twice = drawn.rows[1]
    assert [block.kind for block in twice.blocks] == ["out", "in", "unknown", "in", "out"]
    assert sum(block.width for block in twice.blocks) == pytest.approx(month_strip.RIGHT - month_strip.LEFT, abs=0.3)
    assert (twice.carried, twice.open) == (True, True)
    assert (drawn.rows[3].carried, drawn.rows[3].open) == (False, False)


def test_time_without_an_age_is_not_drawn_as_inside() -> None:
    """Where hours are missing between the stretches, the bar does not say inside."""
    out = (Breach(begin=day(10), end=day(11), since=day(10)),)
    assert kinds(held(APP, 24.0, breaches=out)) == ["in", "out", "in"]
    assert kinds(held(APP, 24.0, inside=100.0, breaches=out)) == ["rest", "out", "rest"]


def test_what_is_not_known_fills_the_bar() -> None:
    """A month of which nothing is known has no stretch inside."""
    assert kinds(held(APP, 0.0, 744.0, unseen=(Unseen(begin=BEGIN, end=OCTOBER.end, reason="none"),))) == ["unknown"]


def test_bars_are_capped_and_said() -> None:
    """Of many only the first are drawn; an empty list has no drawing."""
    drawn = month_strip.strip([held(APP, 1.0)] * 100, OCTOBER)
    assert drawn is not None
    assert (len(drawn.rows), drawn.total) == (month_strip.MOST_ROWS, 100)
    assert month_strip.strip([], OCTOBER) is None
    many = month_assessment()
    assert many.month is not None
    rows = {
        ("app-restage-age", f"g{place}"): held(msgspec.structs.replace(APP, guid=f"g{place}"), 1.0)
        for place in range(100)
    }
    many = month_assessment(month=msgspec.structs.replace(many.month, held=rows))
    assert "Showing 30 of 100 bars in the chart." in text_of("webpage", many)


def test_twelve_months_end_with_this_one() -> None:
    """Over the turn of a year."""
    assert trend_chart.last_months("2026-02")[:2] == ["2025-03", "2025-04"]
    assert trend_chart.last_months("2026-02")[-3:] == ["2025-12", "2026-01", "2026-02"]
    assert len(trend_chart.last_months("2026-12")) == 12


def test_a_missing_month_breaks_every_line() -> None:
    """Two runs a line and no dot between; the months are named as missing."""
    chart = trend_chart.charts(rich_month())[0]
    assert chart.missing == ("2026-05", "2026-06")
    assert chart.gaps == ("2026-05 to 2026-06",)
    assert "Nothing of 2026-05 to 2026-06." in chart.description
    assert [(line.name, len(line.runs), len(line.dots)) for line in chart.lines] == [
        ("most", 2, 10),
        ("p90", 2, 10),
        ("p50", 2, 10),
    ]
    assert [slot.share for slot in chart.slots][5:9] == ["72 %", "no data", "no data", "81 %"]


def test_a_month_without_a_percentile_is_a_gap_too() -> None:
    """Nothing could be judged: no dot, and the share is not known."""
    rows = (
        Figures(month="2026-08", name="restage-age", subjects=2, inside=2, p50=24.0, p90=24.0, most=24.0),
        Figures(month="2026-09", name="restage-age", subjects=2, inside=0, unknown=2),
        Figures(month="2026-10", name="restage-age", subjects=2, inside=2, p50=24.0, p90=24.0, most=24.0),
    )
    (chart,) = trend_chart.charts(rich_month(figures=rows))
    assert [(len(line.runs), len(line.dots)) for line in chart.lines] == [(0, 2)] * 3
    assert [slot.share for slot in chart.slots][-3:] == ["100 %", "?", "100 %"]


def test_a_share_is_never_rounded_up() -> None:
    """One of a thousand outside is not a hundred percent."""
    row = Figures(month="2026-10", name="restage-age", subjects=1000, inside=999, p50=1.0, p90=1.0, most=1.0)
    (chart,) = trend_chart.charts(rich_month(figures=(row,)))
    assert chart.slots[-1].share == "99 %"


def test_a_negative_latency_is_drawn_below_zero() -> None:
    """Clocks may be off: the axis reaches as far, and the window stays within it."""
    row = Figures(month="2026-10", name="packaging", subjects=1, inside=1, p50=-30.0, p90=40.0, most=48.0)
    (chart,) = trend_chart.charts(rich_month(figures=(row,)))
    ys = {line.name: line.dots[0].y for line in chart.lines}
    zero = next(tick.y for tick in chart.ticks if tick.label == "0")
    assert ys["p50"] > zero > ys["p90"]
    assert max(ys.values()) <= trend_chart.BOTTOM


# ---------------------------------------------------------------- workbook


def test_the_sheets_of_a_month_stand_in_their_places() -> None:
    """Month after the applications, exceptions and trend after the parameters."""
    assert book(rich_month()).sheetnames == [
        "Summary",
        "Action plan",
        "Applications",
        "Buildpacks",
        "Month",
        "Controls",
        "Objectives",
        "Parameters",
        "Exceptions",
        "Trend",
        "Coverage",
        "Manifest",
    ]


def test_the_sheet_of_applications_has_the_hours_of_the_month() -> None:
    """As numbers and dates, after the owner."""
    row = next(row for row in table(book(rich_month())["Applications"]) if row["App"] == "forms-web")
    assert (row["Outside in the month (hours)"], row["Inside in the month (hours)"]) == (53, 691)
    assert f"{row['Corrected (UTC)']:%Y-%m-%d %H:%M:%S}" == "2026-10-06 04:48:00"
    assert row["At the end of the month"] == "corrected 2026-10-06 04:48 UTC"
    assert row["Greatest age in the month (days)"] == 16.2


def test_the_first_sheet_says_the_month() -> None:
    """Period and heartbeat stand above the answer, changes below it."""
    cells = [
        str(row[0].value) for row in book(rich_month())["Summary"].iter_rows(min_row=3, max_row=30) if row[0].value
    ]
    assert cells[0] == PERIOD_LINE
    assert cells[1].startswith("! no snapshot for 33.0 days")
    assert "Since 2026-09: 1 new, 1 fixed, 1 repeated, 1 not comparable" in cells
    assert "Since 2026-09: SI-2 was satisfied; CM-2 unchanged; CM-2(2) not asked about then" in cells


def test_the_trend_of_the_workbook_has_gaps() -> None:
    """Each measure has twelve rows and a native chart with a description; a missing month has blank cells."""
    made = book(rich_month())
    sheet: Any = made["Summary"]
    rows = {str(row[0].value): row for row in sheet.iter_rows() if re.fullmatch(r"20\d\d-\d\d", str(row[0].value))}
    assert len(rows) == 12
    assert [cell.value for cell in rows["2026-05"]][1:4] == [None, None, None]
    assert rows["2026-05"][6].value == "no data"
    charts = sheet._charts
    assert [type(chart).__name__ for chart in charts] == ["BarChart", "LineChart", "LineChart"]
    assert {chart.display_blanks for chart in charts[1:]} == {"gap"}


# ---------------------------------------------------------------- all of them


def test_every_report_has_the_same_hours() -> None:
    """JSON, CSV, workbook, page and OSCAL say the same of the same app."""
    assessment = rich_month()
    answer = json.loads(text_of("assessment", assessment))["month"]["held"]
    (told,) = [row for row in answer if (row["check"], row["subject"]["name"]) == ("app-restage-age", "=1+1")]
    (flat,) = [
        row
        for row in rows_of("observations", assessment)
        if (row["check"], row["name"]) == ("app-restage-age", "'=1+1")
    ]
    (cells,) = [row for row in table(book(assessment)["Applications"]) if row["App"] == "=1+1"]
    (seen,) = [
        row for row in result(assessment)["observations"] if row["title"] == "app-restage-age: agency-a/staging/=1+1"
    ]
    drawn = re.findall(
        r'data-v="([0-9.]*)"', re.findall(r"<tr data-s.*<bdi>=1\+1</bdi>.*", text_of("webpage", assessment))[0]
    )
    assert [
        [told[f"{name}_hours"] for name in ("outside", "unknown", "inside")],
        [float(flat[f"{name}_hours"]) for name in ("outside", "unknown", "inside")],
        [cells[f"{name} in the month (hours)"] for name in ("Outside", "Not known", "Inside")],
        [float(str(prop(seen, f"hours-{name}"))) for name in ("outside", "unknown", "inside")],
        [float(hours) for hours in drawn[-5:-2]],
    ] == [[192.0, 72.0, 480.0]] * 5


@pytest.mark.parametrize("name", ["assessment", "summary", "webpage", "workbook", "assessment-results", "observations"])
def test_the_same_month_is_the_same_bytes(name: str) -> None:
    """Whatever the order in which subjects were folded in."""
    month = rich_month().month
    assert month is not None
    turned = msgspec.structs.replace(month, held=dict(reversed(list(month.held.items()))))
    assert render(name, rich_month()) == render(name, rich_month(month=turned))


# ---------------------------------------------------------------- OSCAL


def risks_of(assessment: Assessment) -> dict[str, Json]:
    return {risk["title"]: risk for risk in result(assessment)["risks"]}


@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_the_results_of_a_month_fit_every_schema(version: str, schema: str) -> None:
    """With corrected, accepted and open risks."""
    assert schema_faults(results(rich_month(), Context(oscal_version=version)), schema) == []


def test_the_results_of_a_month_have_no_fault_that_a_schema_misses() -> None:
    """The closing look after the month's end lies within the result."""
    assert faults(results(rich_month()), imports=[plan(rich_month())]) == []


def test_the_result_covers_the_month() -> None:
    """From its first instant to the look that closed it; its exact bounds are properties."""
    found = result(rich_month())
    assert (found["start"], found["end"]) == ("2026-10-01T00:00:00Z", "2026-11-02T04:48:00Z")
    assert (prop(found, "period-begin"), prop(found, "period-end")) == ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    assert found["remarks"].startswith("Not looked at: no snapshot for 33.0 days")


def test_a_month_that_nobody_looked_at_still_has_valid_dates() -> None:
    """A snapshot from before the month is all there is: the result begins with it."""
    before = example_assessment().snapshots[:1]
    old = rich_month(snapshots=tuple(msgspec.structs.replace(each, taken_at=day(-40)) for each in before))
    assert result(old)["start"] == "2026-08-22T00:00:00Z"
    assert faults(results(old), imports=[plan(old)]) == []


def test_a_corrected_breach_is_a_closed_risk() -> None:
    """Its log says when it was outside and when it was remediated."""
    risk = risks_of(rich_month())["app-restage-age: agency-a/prod/forms-web"]
    assert risk["status"] == "closed"
    assert [(prop(entry, "type"), entry["start"], entry["status-change"]) for entry in risk["risk-log"]["entries"]] == [
        ("status-update", "2026-10-04T00:00:00Z", "open"),
        ("remediated", "2026-10-06T04:48:00Z", "closed"),
    ]


def test_what_is_gone_is_not_remediated() -> None:
    """Its breach ended, but nothing shows that it was inside again: the risk stays open."""
    risk = risks_of(rich_month())["app-restage-age: agency-b/prod/notices"]
    assert risk["status"] == "open"
    assert [prop(entry, "type") for entry in risk["risk-log"]["entries"]] == ["status-update"]


def test_an_accepted_risk_names_who_accepted_it() -> None:
    """Status, approver, ticket and the last day; the log says it from when the breach began."""
    risk = risks_of(rich_month())["app-restage-age: agency-a/prod/payments-api"]
    assert risk["status"] == "deviation-approved"
    assert [prop(risk, name) for name in ("exception-id", "approver", "ticket", "accepted-until")] == [
        "EX-1",
        "Kim Doe, ISSO",
        "GRC-EX-1",
        "2026-12-31",
    ]
    last = risk["risk-log"]["entries"][-1]
    assert (prop(last, "type"), last["start"], last["status-change"]) == (
        "dr-approved",
        "2026-09-18T12:00:00Z",
        "deviation-approved",
    )


def related(assessment: Assessment) -> list[tuple[str, str]]:
    """Title and status of the risks at which the findings that are not satisfied point."""
    found = result(assessment)
    told = {risk["uuid"]: (risk["title"], risk["status"]) for risk in found["risks"]}
    return [
        told[each["risk-uuid"]]
        for finding in found["findings"]
        if prop(finding, "verdict") == "not-satisfied"
        for each in finding["related-risks"]
    ]


def test_a_corrected_fail_is_no_reason_for_a_finding() -> None:
    """An objective that is not satisfied points at what is still outside, or stands for itself."""
    month = rich_month().month
    assert month is not None
    pay = rich_month().applications[0].subject
    out = (Breach(begin=BEGIN, end=day(20), since=day(-20)),)
    mended = held(pay, 480.0, check="buildpack-current", breaches=out, corrected_at=day(20))
    later = msgspec.structs.replace(month, held={**month.held, ("buildpack-current", pay.guid): mended})
    assert related(rich_month()) == [("buildpack-current: agency-a/prod/payments-api", "open")]
    assert related(rich_month(month=later)) == [("SI-2: si-2_obj.c-1 not satisfied", "open")]
    assert faults(results(rich_month(month=later)), imports=[plan(rich_month())]) == []


def test_an_observation_has_its_hours() -> None:
    """As properties of the single observation."""
    seen = next(
        each
        for each in result(rich_month())["observations"]
        if each["title"] == "app-restage-age: agency-a/prod/forms-web"
    )
    assert [prop(seen, name) for name in ("hours-inside", "hours-outside", "hours-unknown", "corrected-at")] == [
        "691.0",
        "53.0",
        "0.0",
        "2026-10-06T04:48:00Z",
    ]


def test_corrected_needs_a_breach_that_ended() -> None:
    """An open breach is not corrected, whatever an earlier one was."""
    open_again = held(
        HOSTILE,
        48.0,
        breaches=(Breach(begin=BEGIN, end=day(1), since=BEGIN), Breach(begin=day(30), end=None, since=day(30))),
        corrected_at=day(1),
    )
    assert corrected(open_again) is None
    assert corrected(None) is None
    assert period_line(example_assessment()) == ""


def test_the_page_lists_what_was_closed_and_draws_ages_at_the_end() -> None:
    """What came inside again is done, and its age of then is no column of the chart."""
    month = rich_month()
    subject = month.applications[1].subject
    done = Action(
        owner="", org=subject.org, space=subject.space, subject=subject, checks=("app-restage-age",),
        what="app-restage-age: inside again since 2026-10-06T04:48:00Z", command="",
    )  # fmt: skip
    page = render("webpage", rich_month(closed=(done,))).decode()
    assert "<h3>Closed in the month</h3>" in page
    assert "app-restage-age: inside again since 2026-10-06T04:48:00Z</li>" in page
    drawn = [status for status, hours in ages(month) if hours is not None]
    assert drawn.count("fail") == sum(line.over_hours is not None for line in month.applications)
