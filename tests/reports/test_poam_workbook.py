"""The plan of action in FedRAMP's layout: what stands in each column, and that other programs read it."""

import configparser
import json
import re
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from openpyxl import load_workbook

from collector.model import Assessment, Breach, CheckCount, Held, Month, Observation, OpenItem, RiskLine, Subject
from tests.reports.builders import CONTROL, DROPLETS_PAGE, FORMULA, LONG, example_assessment, guid
from tests.reports.form_reading import Row, by_calamine, by_openpyxl, by_pandas, converted, headers, rows
from tests.reports.month_builders import HOSTILE, OCTOBER, month_assessment, risk
from tests.reports.platform_builders import platform_assessment
from tests.reports.rendering import render

HEADERS = [
    "POAM ID",
    "Controls",
    "Weakness Name",
    "Weakness Description",
    "Weakness Detector Source",
    "Weakness Source Identifier",
    "Asset Identifier",
    "Point of Contact",
    "Resources Required",
    "Overall Remediation Plan",
    "Original Detection Date",
    "Scheduled Completion Date",
    "Planned Milestones",
    "Milestone Changes",
    "Status Date",
    "Vendor Dependency",
    "Last Vendor Check-in Date",
    "Vendor Dependent Product Name",
    "Original Risk Rating",
    "Adjusted Risk Rating",
    "Risk Adjustment",
    "False Positive",
    "Operational Requirement",
    "Deviation Rationale",
    "Supporting Documents",
    "Comments",
    "Auto-Approve",
    "Binding Operational Directive 22-01 tracking",
    "Binding Operational Directive 22-01 Due Date",
    "CVE",
    "Service Name",
]
OPEN, CLOSED, CONFIGURATION = SHEETS = ("Open POA&M Items", "Closed POA&M Items", "Configuration Findings")
FIRST = OpenItem(
    check="buildpack-current",
    component="python_buildpack 1.8.30",
    opened="2026-11",
    months=1,
    subjects=("agency-a/prod/payments-api", "agency-a/prod/forms-web"),
    evidence=(DROPLETS_PAGE,),
)
EXPLOITED = OpenItem(
    check="exploited-vulnerability-due",
    component="ubuntu-jammy",
    opened="2026-11",
    months=1,
    subjects=("USN-7003-1",),
)


def november(*items: OpenItem, **changes: Any) -> Assessment:
    return example_assessment(**({"items": items, "period": "2026-11"} | changes))


def item(like: OpenItem = FIRST, **changes: Any) -> OpenItem:
    return msgspec.structs.replace(like, **changes)


def written(assessment: Assessment, **context: Any) -> bytes:
    return render("poam-workbook", assessment, **context)


def only(assessment: Assessment, sheet: str = OPEN) -> Row:
    """The one row of a sheet."""
    (row,) = rows(written(assessment), sheet, 5)
    return row


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number)  # noqa: DTZ001 - a spreadsheet's day knows no zone


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_headers_stand_in_row_5_of_every_sheet_of_items(sheet: str) -> None:
    """All 31, to the character: they are read by their text."""
    assert headers(written(november()), sheet, 5) == HEADERS


def test_a_row_is_an_item_with_all_that_is_known_of_it() -> None:
    """What the tool does not know is left blank for a person."""
    found = only(november(FIRST))
    assert {header: value for header, value in found.items() if value is not None} == {
        "POAM ID": found["POAM ID"],
        "Controls": "SI-2",
        "Weakness Name": "buildpack-current: python_buildpack 1.8.30",
        "Weakness Description": "python_buildpack 1.8.30: 2 subjects; is outside at the end of the month. It should "
        "hold: every buildpack has the platform's version, or has been behind for less than the window.",
        "Weakness Detector Source": "cf-evidence 0.1.0",
        "Weakness Source Identifier": "buildpack-current",
        "Asset Identifier": f"agency-a/prod/payments-api ({guid(1)})\nagency-a/prod/forms-web ({guid(2)})",
        "Point of Contact": "pay@agency.example\nforms@agency.example",
        "Overall Remediation Plan": "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api\n"
        "cf target -o agency-a -s prod; cf restage --strategy rolling forms-web",
        "Original Detection Date": day(2026, 11, 1),
        "Scheduled Completion Date": day(2026, 12, 31),
        "Planned Milestones": "Milestone 1: Inside the window again by 2026-12-31",
        "Status Date": day(2026, 11, 20),
        "Supporting Documents": DROPLETS_PAGE,
        "Comments": "Original Risk Rating: a person rates it.\nOpen since 2026-11.\n"
        "Window restage: cloud.gov, App maintenance (guidance)",
        "Service Name": "https://api.fr.cloud.gov",
    }


def test_the_system_stands_above_the_table() -> None:
    """Provider, system, impact level and date, on every sheet of items."""
    book = load_workbook(BytesIO(written(november(FIRST))))
    for sheet in SHEETS:
        above = [[cell.value for cell in row[:4]] for row in book[sheet]["A2:D3"]]
        assert above == [
            ["CSP", "System Name", "Impact Level", "POAM Date"],
            ["cloud.gov P-ATO", "Agency Portal", "Moderate", day(2026, 11, 20)],
        ]


def test_ids_and_deadlines_are_those_of_the_oscal_plan() -> None:
    """Whoever reads both finds each item again, due on the same day."""
    items = (FIRST, item(check="app-restage-age", opened="2026-09", months=3))
    plan = json.loads(render("poam", november(*items)))["plan-of-action-and-milestones"]
    found = rows(written(november(*items)), OPEN, 5)
    assert [row["POAM ID"] for row in found] == [row["uuid"] for row in plan["poam-items"]]
    due = [row["deadline"][:10] for row in plan["risks"]]
    assert [f"{row['Scheduled Completion Date']:%Y-%m-%d}" for row in found] == due == ["2026-12-31", "2026-10-31"]


def test_what_was_closed_stands_on_its_own_sheet() -> None:
    """With the day on which it was closed, and nothing left to be done."""
    closed = item(closed_at=datetime(2026, 11, 7, 9, 30, tzinfo=UTC))
    data = written(november(closed, item(check="app-restage-age")))
    assert [row["Weakness Source Identifier"] for row in rows(data, OPEN, 5)] == ["app-restage-age"]
    (found,) = rows(data, CLOSED, 5)
    assert found["Status Date"] == day(2026, 11, 7)
    assert found["Overall Remediation Plan"] == "No subject is outside any more."
    assert [found[name] for name in ("Scheduled Completion Date", "Planned Milestones", "Milestone Changes")] == [
        None
    ] * 3
    assert "Closed 2026-11-07 09:30 UTC." in found["Comments"]


def test_what_counts_for_configuration_controls_only_is_a_configuration_finding() -> None:
    """CM-2, CM-6 and CM-6(1); a check that also counts for another control is an open item."""
    si_2, cm_2, cm_2_2 = example_assessment().controls
    count = CheckCount(id="ssh-disabled", role="decides", window=None, fail=1)
    found = item(check="ssh-disabled")
    controls = (si_2, msgspec.structs.replace(cm_2, checks=(count,)), cm_2_2)
    assert only(november(found, controls=controls), CONFIGURATION)["Controls"] == "CM-2"
    controls = (msgspec.structs.replace(si_2, checks=(count,)), *controls[1:])
    assert only(november(found, controls=controls), OPEN)["Controls"] == "SI-2, CM-2"


def test_the_first_breach_is_the_detection() -> None:
    """It may lie months before; one that began after the month in which the item opened is another."""
    pay = Subject(type="app", guid=guid(1), name="payments-api", space="prod", org="agency-a")

    def held(*since: datetime) -> Month:
        breaches = tuple(Breach(begin=at, end=None, since=at) for at in since)
        one = Held(
            check="buildpack-current", subject=pay, window="restage", inside=0, outside=1, unknown=0, breaches=breaches
        )
        return Month(period=OCTOBER, held={("buildpack-current", pay.guid): one})

    def detected(opened: str, *since: datetime) -> Any:
        return only(november(item(opened=opened), month=held(*since)))["Original Detection Date"]

    august, october = datetime(2026, 8, 29, 7, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC)
    assert detected("2026-09", august, october) == day(2026, 8, 29)
    assert detected("2026-10", october) == day(2026, 10, 12)
    assert detected("2026-09", october) == day(2026, 9, 1)


def test_a_flaw_is_not_found_before_it_was_published() -> None:
    """Of a notice no breach is held: its month begins before anybody could know."""
    assert only(platform_assessment(items=(EXPLOITED,)))["Original Detection Date"] == day(2026, 11, 5)
    earlier = item(EXPLOITED, opened="2026-10")
    assert only(platform_assessment(items=(earlier,)))["Original Detection Date"] == day(2026, 10, 1)


def test_a_known_exploited_vulnerability_is_tracked_by_the_directive() -> None:
    """Its due date ends in New York; the rating is proposed, and a person rates it."""
    found = only(platform_assessment(items=(EXPLOITED,)))
    assert found["Binding Operational Directive 22-01 tracking"] == "Yes"
    assert found["Binding Operational Directive 22-01 Due Date"] == day(2026, 11, 10)
    assert found["Scheduled Completion Date"] == day(2026, 11, 10)
    assert found["Planned Milestones"] == "Milestone 1: Inside the window again by 2026-11-10"
    assert found["Milestone Changes"] == "2026-11-20: the scheduled completion date has passed"
    assert (found["CVE"], found["Original Risk Rating"]) == ("CVE-2026-40300", "High")
    assert found["Comments"].startswith("Original Risk Rating: High is proposed, ")


def test_whether_a_vulnerability_is_exploited_is_said_only_where_it_is_known() -> None:
    """No entry of the catalog is a No; where the catalog was not read, nothing is said."""
    late = item(EXPLOITED, check="os-patch-latency", subjects=("USN-7002-1",))
    plain = platform_assessment(items=(late,))
    blind = tuple(seen for seen in plain.observations if seen.check != EXPLOITED.check)
    tracking = "Binding Operational Directive 22-01 tracking"
    assert only(plain)[tracking] == "No"
    assert only(platform_assessment(items=(late,), observations=blind))[tracking] is None
    assert only(november(FIRST))[tracking] is None


@pytest.mark.parametrize(
    ("scope", "notice", "vendor", "product"),
    [
        ("both", "USN-7009-1", "Yes", "ubuntu-jammy"),
        ("both", "USN-7002-1", "No", None),
        ("customer", "USN-7002-1", "Yes", "ubuntu-jammy"),
    ],
)
def test_what_waits_for_somebody_outside_the_system_depends_on_a_vendor(
    scope: str, notice: str, vendor: str, product: str | None
) -> None:
    """Upstream always is outside; the platform is for a system that only uses it."""
    plain = platform_assessment()
    system = msgspec.structs.replace(plain.system, scope=scope)
    late = item(EXPLOITED, check="os-patch-latency", subjects=(notice,))
    found = only(platform_assessment(items=(late,), system=system))
    assert (found["Vendor Dependency"], found["Vendor Dependent Product Name"]) == (vendor, product)


def test_an_item_that_stays_open_says_for_how_long() -> None:
    """And that its date has passed, once it has."""
    late = item(opened="2026-09", months=3)
    assert only(november(late))["Milestone Changes"] == (
        "2026-11-20: still open after 3 months; the scheduled completion date has passed"
    )
    assert only(november(item(opened="2026-10", months=2)))["Milestone Changes"] == (
        "2026-11-20: still open after 2 months"
    )
    assert only(november(FIRST))["Milestone Changes"] is None


def test_without_a_window_there_is_no_date() -> None:
    """None is made up."""
    windows = example_assessment().windows
    found = only(november(FIRST, windows={name: row for name, row in windows.items() if name != "flaw-remediation"}))
    assert (found["Scheduled Completion Date"], found["Planned Milestones"]) == (None, None)


def test_an_accepted_risk_is_the_rationale() -> None:
    """Who accepted it, where and until when; adjustment and requirement stay for a person."""
    line = RiskLine(risk=risk("EX-7"), state="active", waives=1)
    found = only(november(item(waived_by="EX-7"), risks=(line,)))
    assert found["Deviation Rationale"] == (
        "accepted risk EX-7: the vendor's image is frozen until the migration "
        "(accepted by Kim Doe, ISSO, GRC-EX-7, from 2026-09-01 to 2026-12-31)"
    )
    assert (found["Risk Adjustment"], found["Operational Requirement"]) == (None, None)
    assert only(november(item(waived_by="EX-7")))["Deviation Rationale"] == "accepted risk EX-7"


def test_what_is_not_known_is_not_told_as_outside() -> None:
    """A subject that could not be judged keeps an item open, and the row says so."""
    two = item(subjects=("agency-a/prod/payments-api", "agency-b/dev/uploaded-jar"))
    assert "is outside at the end of the month, or not known (1)." in only(november(two))["Weakness Description"]


def test_the_documents_are_the_files_of_the_run_and_the_digests_of_its_evidence() -> None:
    """Only files that are there; of many digests the first."""
    digests = tuple(f"sha256:{number:064x}" for number in range(7))
    made = written(november(item(evidence=digests)), artifacts={"evidence.xlsx": "ab" * 32, "poam.json": "cd" * 32})
    (found,) = rows(made, OPEN, 5)
    assert found["Supporting Documents"].split("\n") == [
        "evidence.xlsx",
        "poam.json",
        *digests[:5],
        "and 2 more in poam.json",
    ]


def test_long_plans_are_cut_and_say_so() -> None:
    """A cell is for reading; the action plan has them all."""
    app = Subject(type="app", guid=guid(1), name="app", space="prod", org="agency-a")
    many = tuple(
        Observation(check=FIRST.check, subject=msgspec.structs.replace(app, name=f"app-{number}"), status="fail",
                    next_step=f"step {number}")
        for number in range(12)
    )  # fmt: skip
    found = only(november(item(subjects=tuple(seen.subject.label for seen in many)), observations=many))
    steps = [f"step {number}" for number in range(10)]
    assert found["Overall Remediation Plan"].split("\n") == [*steps, "for 2 more see the action plan"]


def test_the_record_of_changes_tells_of_this_run() -> None:
    """Period, what there is, and which version of the tool made it."""
    closed = item(closed_at=datetime(2026, 11, 7, tzinfo=UTC))
    data = written(november(FIRST, closed))
    assert headers(data, "Record of Changes", 3, first=2) == ["Date", "Description", "Version", "Author"]
    (row,) = rows(data, "Record of Changes", 3)
    assert list(row.values())[1:] == [
        day(2026, 11, 20),
        "2026-11: 1 open, 1 closed, 0 configuration findings; made by cf-evidence 0.1.0",
        "0.1.0",
        "Platform team",
    ]


def test_a_month_without_an_item_is_a_workbook_with_empty_tables() -> None:
    """Nothing outside is an answer, too."""
    data = written(november())
    assert [rows(data, sheet, 5) for sheet in SHEETS] == [[], [], []]
    assert rows(data, "Record of Changes", 3)[0]["Description"].startswith("2026-11: 0 open, 0 closed, ")


def test_hostile_names_stay_text_that_can_be_seen() -> None:
    """A formula is not calculated, a control character is shown, what is too long is cut and says so."""
    names = item(component=FORMULA, subjects=(f"agency-b/dev/{CONTROL}", f"agency-b/dev/{LONG}"))
    example = example_assessment()
    system = msgspec.structs.replace(example.system, name="=2+2", leveraged="@SUM(A1)", marking="A&B")
    sheet: Any = load_workbook(BytesIO(written(november(names, system=system, foundation="-1+1"))))[OPEN]
    row = {header.value: cell for header, cell in zip(sheet[5], sheet[6], strict=True)}
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    assert (row["Service Name"].value, row["Service Name"].quotePrefix) == ("-1+1", True)
    assert (sheet["A3"].value, sheet["B3"].value, sheet["B3"].data_type) == ("@SUM(A1)", "=2+2", "s")
    assert row["Weakness Name"].value == "buildpack-current: =1+1"
    assets = row["Asset Identifier"].value
    assert assets.startswith(f"agency-b/dev/bell␇␛[31mred ({guid(5)})\nagency-b/dev/long-xxx")
    assert len(assets) == 32_767
    assert assets.endswith("characters, all of them in assessment.json]")
    assert sheet.oddHeader.center.text == "A&&B"


def test_the_same_assessment_gives_the_same_bytes_and_no_clock() -> None:
    """Created and modified are the instant of the assessment; zip dates are none."""
    data = written(month_assessment())
    assert data == written(month_assessment())
    properties = load_workbook(BytesIO(data)).properties
    assert properties.title == "Agency Portal: plan of action and milestones, 2026-10"
    assert (properties.creator, properties.language) == ("cf-evidence 0.1.0", "en-US")
    assert properties.created == properties.modified == day(2026, 11, 1)
    with ZipFile(BytesIO(data)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_is_ready_to_be_read_filled_in_and_printed() -> None:
    """Dates are dates, headers stay in view and on paper, and a person chooses from the words that the form takes."""
    sheet: Any = load_workbook(BytesIO(written(november(FIRST))))[OPEN]
    columns = {cell.value: cell.column_letter for cell in sheet[5]}
    dates = [columns[name] for name in ("Original Detection Date", "Scheduled Completion Date", "Status Date")]
    assert {sheet[f"{letter}6"].number_format for letter in dates} == {"m/d/yyyy"}
    assert sheet[f"{columns['Last Vendor Check-in Date']}6"].number_format == "m/d/yyyy"
    assert sheet.freeze_panes == "B6"
    assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$5:$5", "landscape")
    lists = {str(check.sqref).partition(":")[0]: check.formula1 for check in sheet.data_validations.dataValidation}
    assert lists[f"{columns['Original Risk Rating']}6"] == '"Low,Moderate,High,N/A"'
    assert lists[f"{columns['False Positive']}6"] == '"Yes,No,Pending"'
    assert all(cell.font.bold and cell.fill.fill_type == "solid" and cell.alignment.wrap_text for cell in sheet[5])


def test_three_readers_see_the_same_values() -> None:
    """Whatever a GRC tool reads it with."""
    data = written(month_assessment(items=(FIRST, item(check="app-restage-age", subjects=(HOSTILE.label,)))))
    for sheet in (*SHEETS, "Record of Changes"):
        seen = by_openpyxl(data, sheet)
        assert by_calamine(data, sheet) == seen
        assert by_pandas(data, sheet) == seen
    assert by_openpyxl(data, OPEN)[5][10] == date(2026, 11, 1)


def test_libreoffice_sees_every_row(tmp_path: Path) -> None:
    """A second spreadsheet program reads the file without repair, and shows dates as FedRAMP writes them.

    Whether with a leading zero is up to its locale.
    """
    lines = converted(tmp_path, written(november(FIRST)), OPEN).splitlines()
    assert lines[4].startswith("POAM ID,Controls,Weakness Name,")
    row = r",11/0?1/2026,12/31/2026,Milestone 1: Inside the window again by 2026-12-31,,11/20/2026,"
    assert re.search(row, "".join(lines[5:]))


@pytest.mark.filterwarnings("ignore")  # another project's warnings are not ours to mend
def test_compliance_trestle_reads_it_back(tmp_path: Path) -> None:
    """Its import of FedRAMP's form finds the items, their controls, deadlines and milestones, and refuses no row."""
    reason = "compliance-trestle is not installed: it is a development dependency"
    task = pytest.importorskip("trestle.tasks.xlsx_to_oscal_poam", reason=reason)
    assessment = platform_assessment(items=(FIRST, EXPLOITED))
    (tmp_path / "poam.xlsx").write_bytes(written(assessment))
    config = configparser.ConfigParser()
    config["task"] = {
        "xlsx-file": str(tmp_path / "poam.xlsx"),
        "output-dir": str(tmp_path),
        "title": "read back",
        "version": "1",
        "validate-required-fields": "on",
    }
    assert task.XlsxToOscalPoam(config["task"]).execute().value == "success"
    read = json.loads((tmp_path / "plan-of-action-and-milestones.json").read_bytes())["plan-of-action-and-milestones"]
    ours = json.loads(render("poam", assessment))["plan-of-action-and-milestones"]
    assert [props_of(row)["poam-id"] for row in read["poam-items"]] == [row["uuid"] for row in ours["poam-items"]]
    assert [props_of(row)["control-id"] for row in read["poam-items"]] == ["SI-2", "SI-2"]
    assert [row["collected"][:10] for row in read["observations"]] == ["2026-11-01", "2026-11-05"]
    assert [row["deadline"][:10] for row in read["risks"]] == ["2026-12-31", "2026-11-10"]
    # It tells the date of a milestone from its title; to write it, its own model refuses.
    milestones = [row["remediations"][0]["tasks"][0]["title"] for row in read["risks"]]
    assert milestones == ["Inside the window again"] * 2


def props_of(row: dict[str, Any]) -> dict[str, str]:
    return {prop["name"]: prop["value"] for prop in row["props"]}
