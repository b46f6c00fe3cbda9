"""The inventory in FedRAMP's layout: what stands in each column, and that it says what it is."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import load_workbook

from collector.model import Assessment
from tests.reports.builders import FORMULA, Row, assessment_of, example_assessment, guid
from tests.reports.form_reading import Row as Cells
from tests.reports.form_reading import by_calamine, by_openpyxl, by_pandas, converted, headers, rows
from tests.reports.platform_builders import platform_assessment
from tests.reports.rendering import render

HEADERS = [
    "UNIQUE ASSET IDENTIFIER",
    "IPv4 or IPv6 Address",
    "Virtual",
    "Public",
    "DNS Name or URL",
    "NetBIOS Name",
    "MAC Address",
    "Authenticated Scan",
    "Baseline Configuration Name",
    "OS Name and Version",
    "Location",
    "Asset Type",
    "Hardware Make/Model",
    "In Latest Scan",
    "Software/ Database Vendor",
    "Software/ Database Name & Version",
    "Patch Level",
    "Diagram Label",
    "Comments",
    "Serial #/Asset Tag#",
    "VLAN/ Network ID",
    "System Administrator/ Owner",
    "Application Administrator/ Owner",
    "Function",
    "End-of-Life",
]
SHEET = "Inventory"


def written(assessment: Assessment) -> bytes:
    return render("inventory-workbook", assessment)


def assets(assessment: Assessment) -> list[Cells]:
    return rows(written(assessment), SHEET, 2)


def filled(row: Cells) -> dict[str, Any]:
    return {header: value for header, value in row.items() if value is not None}


def test_the_headers_stand_in_row_2_from_column_b_on() -> None:
    """Column A is that of the form's guidance, and empty."""
    assert headers(written(example_assessment()), SHEET, 2, first=2) == HEADERS


def test_an_application_is_an_asset() -> None:
    """By its guid, with the droplet that runs, its buildpack, stack, owner and standing; the rest is left blank."""
    first, *_ = assets(example_assessment())
    assert filled(first) == {
        "UNIQUE ASSET IDENTIFIER": guid(1),
        "IPv4 or IPv6 Address": guid(1001),
        "Virtual": "Yes",
        "Baseline Configuration Name": "python_buildpack",
        "OS Name and Version": "cflinuxfs4",
        "Location": "https://api.fr.cloud.gov",
        "Asset Type": "Cloud Foundry application",
        "In Latest Scan": "Yes",
        "Software/ Database Name & Version": "python_buildpack 1.8.30",
        "Patch Level": "flagged",
        "Comments": "flagged by app-restage-age, buildpack-current; "
        "last staged 35.4 days ago, 21.4 days outside the 14-day window",
        "Application Administrator/ Owner": "pay@agency.example",
        "Function": "production application agency-a/prod/payments-api",
    }


def test_every_application_in_scope_is_there_once() -> None:
    """Flagged or not, stopped or not."""
    assert sorted(row["UNIQUE ASSET IDENTIFIER"] for row in assets(example_assessment())) == [
        guid(number) for number in range(1, 15)
    ]


def test_what_could_not_be_judged_is_not_told_as_scanned_or_inside() -> None:
    """Comments says why."""
    apps = {row["Function"].rpartition("/")[2]: row for row in assets(example_assessment())}
    shown = {
        name: (apps[name]["In Latest Scan"], apps[name]["Patch Level"], apps[name]["Comments"])
        for name in ("uploaded-jar", "retired", "at-the-limit")
    }
    assert shown == {
        "uploaded-jar": ("No", "not assessed", "uploaded droplet: it says nothing of when it was built"),
        "retired": ("No", "not applicable", "stopped, and no task ran"),
        "at-the-limit": ("Yes", "within window", None),
    }
    assert apps["legacy-img"]["Asset Type"] == "Container image"


def test_a_line_of_stemcells_that_runs_is_an_asset() -> None:
    """One for each deployment; what is superseded, in flight or not deployed is none."""
    found = [row for row in assets(platform_assessment()) if row["Asset Type"] == "Stemcell of virtual machines"]
    running = [line for line in platform_assessment().stemcells if line.state == "running"]
    assert [row["OS Name and Version"] for row in found] == [line.subject.name.replace("/", " ") for line in running]
    assert filled(found[-1]) == {
        "UNIQUE ASSET IDENTIFIER": "staging/cf-staging/ubuntu-jammy",
        "Virtual": "Yes",
        "OS Name and Version": "ubuntu-jammy 1.990",
        "Location": "https://api.fr.cloud.gov",
        "Asset Type": "Stemcell of virtual machines",
        "In Latest Scan": "Yes",
        "Patch Level": "within window",
        "System Administrator/ Owner": "platform operator",
        "Function": "operating system of staging cf-staging",
    }


def test_it_says_that_it_is_experimental() -> None:
    """On its first sheet and in its properties: the form itself was not at hand."""
    book = load_workbook(BytesIO(written(example_assessment())))
    assert book.sheetnames == ["INSTRUCTIONS", "Inventory", "Record of Changes"]
    assert book["INSTRUCTIONS"]["A1"].value == "EXPERIMENTAL"
    assert str(book.properties.description).startswith("EXPERIMENTAL: ")
    assert book.properties.title == "Agency Portal: integrated inventory, 2026-11-20"


def test_the_record_of_changes_tells_of_this_run() -> None:
    """How many assets there are, and which version of the tool made it."""
    (row,) = rows(written(platform_assessment()), "Record of Changes", 3)
    assert list(row.values())[1:] == [
        datetime(2026, 11, 20),  # noqa: DTZ001 - a spreadsheet's day knows no zone
        "2026-11-20: 14 applications, 2 lines of stemcells; made by cf-evidence 0.1.0",
        "0.1.0",
        "Platform team",
    ]


def test_hostile_names_stay_text() -> None:
    """Owner, buildpack and name come from anyone who may push an app."""
    hostile = Row(FORMULA, "org", "space", "pass", 1.0, "pass", bp="=HYPERLINK(1)", owner="@SUM(A1)")
    sheet = load_workbook(BytesIO(written(assessment_of((hostile,)))))[SHEET]
    row = {header.value: cell for header, cell in zip(sheet[2], sheet[3], strict=True)}
    for name, value in (
        ("Baseline Configuration Name", "=HYPERLINK(1)"),
        ("Application Administrator/ Owner", "@SUM(A1)"),
        ("Function", "application org/space/=1+1"),
    ):
        assert (row[name].value, row[name].data_type) == (value, "s")
    assert row["Baseline Configuration Name"].quotePrefix


def test_without_an_asset_it_is_a_workbook_with_an_empty_table() -> None:
    """An account that sees nothing has no inventory."""
    nothing = msgspec.structs.replace(example_assessment(), applications=())
    assert assets(nothing) == []
    assert headers(written(nothing), SHEET, 2, first=2) == HEADERS


def test_the_same_assessment_gives_the_same_bytes() -> None:
    """Re-performing an audit compares bytes."""
    assert written(platform_assessment()) == written(platform_assessment())


def test_three_readers_see_the_same_values() -> None:
    """Whatever an assessor reads it with."""
    data = written(platform_assessment())
    for sheet in ("INSTRUCTIONS", SHEET, "Record of Changes"):
        seen = by_openpyxl(data, sheet)
        assert by_calamine(data, sheet) == seen
        assert by_pandas(data, sheet) == seen


def test_libreoffice_sees_every_row(tmp_path: Path) -> None:
    """A second spreadsheet program reads the file without repair."""
    lines = converted(tmp_path, written(example_assessment()), SHEET).splitlines()
    assert len(lines) == 16
    assert lines[0].startswith(',"Agency Portal, as of 2026-11-20 12:00 UTC",')
    assert lines[2].startswith(f",{guid(1)},{guid(1001)},Yes,")
