"""`collect trend`: months side by side as lines, JSON and CSV."""

import csv
import io
import json
from typing import Any

from collector.model import Figures
from collector.reports.trend import Row, by, csv_of, json_of, lines


def row(system: str = "portal", **figures: Any) -> Row:
    return Row(system, Figures(name="restage-age", **figures))


SEPTEMBER = row(month="2026-09", subjects=10, inside=8, p50=48.0, p90=400.0, most=500.0)
OCTOBER = row(month="2026-10", subjects=10, inside=6, unknown=2, p50=24.0, p90=336.0, most=337.2)
SPACE = row(month="2026-10", by="space", group="=a/prod\x07", subjects=1, unknown=1)


def test_lines_tell_days_and_shares() -> None:
    """A share is of what could be judged; what could not is told beside it."""
    assert list(lines([OCTOBER, SEPTEMBER])) == [
        "2026-09  restage-age  8 of 10 inside (80 %)  p50 2.0 d  p90 16.7 d  max 20.8 d",
        "2026-10  restage-age  6 of 8 inside (75 %), 2 not known  p50 1.0 d  p90 14.0 d  max 14.0 d",
    ]


def test_systems_are_told_apart_where_there_are_several() -> None:
    """Each line begins with the one that it is of."""
    other = row("claims\x07", month="2026-10", subjects=1, inside=1)
    told = [line.split("  ")[1] for line in lines([OCTOBER, other])]
    assert told == ["claims␇: restage-age", "portal: restage-age"]


def test_nothing_judged_has_no_share() -> None:
    """None of none is not all of them."""
    (line,) = lines([SPACE])
    assert "0 of 0 inside (–), 1 not known  p50 –  p90 –  max –" in line
    assert "\x07" not in line


def test_a_store_without_a_month_says_so() -> None:
    """An empty table would look like an answer."""
    assert list(lines([])) == ["no month in the store has figures"]


def test_figures_are_chosen_by_their_group() -> None:
    """Without one, those of all subjects."""
    assert by([SEPTEMBER, SPACE, OCTOBER], None) == [SEPTEMBER, OCTOBER]
    assert by([SEPTEMBER, SPACE, OCTOBER], "space") == [SPACE]
    assert by([SEPTEMBER, SPACE], "buildpack") == []


def test_json_is_in_hours() -> None:
    """What is not known stays null."""
    body = json.loads(json_of([SPACE, OCTOBER]))
    assert body["schema"] == "cf-evidence/trend/1"
    assert body["figures"][1] == {
        "system": "portal",
        "month": "2026-10",
        "name": "restage-age",
        "by": "",
        "group": "",
        "subjects": 10,
        "inside": 6,
        "unknown": 2,
        "p50_hours": 24.0,
        "p90_hours": 336.0,
        "max_hours": 337.2,
    }
    assert (body["figures"][0]["inside"], body["figures"][0]["p50_hours"]) == (0, None)


def test_csv_is_safe_in_a_spreadsheet() -> None:
    """A group is never a formula, a missing number is an empty cell."""
    head, *rows = csv.reader(io.StringIO(csv_of([OCTOBER, SPACE]).decode("utf-8-sig")))
    assert head[-3:] == ["p50_hours", "p90_hours", "max_hours"]
    assert rows[0] == ["portal", "2026-10", "restage-age", "", "", "10", "6", "2", "24.0", "336.0", "337.2"]
    assert rows[1][4].startswith("'=a/prod")
    assert rows[1][-3:] == ["", "", ""]
