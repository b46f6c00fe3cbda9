import csv
import io
from collections import Counter

import msgspec
import pytest

from collector.model import Assessment
from tests.reports.builders import example_assessment
from tests.reports.rendering import render


def _rows(name: str, assessment: Assessment) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(name, assessment).decode("utf-8-sig"), newline="")))


def test_a_table_is_what_spreadsheets_open_without_asking() -> None:
    """UTF-8 with its mark, CRLF, a header."""
    data = render("observations", example_assessment())
    assert data.startswith(b"\xef\xbb\xbfstatus,check,subject_type,org,space,name,")
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == 46
    assert data.count(b"\n") == 46


def test_a_row_holds_one_observation() -> None:
    """Instants in UTC, numbers bare."""
    assert _rows("observations", example_assessment())[0] == {
        "status": "fail",
        "check": "app-restage-age",
        "subject_type": "app",
        "org": "agency-a",
        "space": "prod",
        "name": "payments-api",
        "environment": "",
        "deployment": "",
        "window": "restage",
        "hours": "849.6",
        "over_hours": "513.6",
        "not_before": "2026-10-16T02:24:00Z",
        "not_after": "2026-10-16T02:24:00Z",
        "source": "droplet.created_at",
        "waived_by": "",
        "detail": "last staged 35.4 days ago, 21.4 days outside the 14-day window",
        "next_step": "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api",
        "evidence": "sha256:" + "b2" * 32,
        "guid": "00000000-0000-4000-8000-000000000001",
    }


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'␉=1"),
        ("\r=1", "'␍=1"),
        ("a=1", "a=1"),
        ('say "x", y', 'say "x", y'),
        ("two\nlines", "two␊lines"),
    ],
)
def test_no_text_is_a_formula(name: str, written: str) -> None:
    """A leading quote wherever a spreadsheet would calculate, also in the columns that others fill."""
    example = example_assessment()
    action = msgspec.structs.replace(example.actions[0], owner=name, what=name)
    (row,) = _rows("action-plan", example_assessment(actions=(action,)))
    assert (row["owner"], row["what"]) == (written, written)


def test_a_negative_number_stays_a_number() -> None:
    """A latency below nought is clock skew, and is kept."""
    example = example_assessment()
    first = example.observations[0]
    assert first.measured is not None
    skewed = msgspec.structs.replace(first, measured=msgspec.structs.replace(first.measured, hours=-1.5))
    (row,) = _rows("observations", example_assessment(observations=(skewed,)))
    assert row["hours"] == "-1.5"


def test_the_action_plan_has_one_row_a_thing_to_do() -> None:
    """In the order of the assessment: what is not production first."""
    rows = _rows("action-plan", example_assessment())
    assert [(row["name"], row["production"], row["over_hours"]) for row in rows] == [
        ("'=1+1", "no", "48.0"),
        ("payments-api", "yes", "513.6"),
        ("forms-web", "yes", "168.0"),
        ("notices", "yes", "12.0"),
    ]
    assert rows[1]["checks"] == "app-restage-age buildpack-current"


def test_the_long_name_is_whole() -> None:
    """A CSV has no limit: nothing is cut."""
    names = Counter(len(row["name"]) for row in _rows("observations", example_assessment()))
    assert names[33_005] == 3
