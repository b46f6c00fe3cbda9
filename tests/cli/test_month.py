"""A month from the store: closed, judged, published once, compared with the one before."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from collector.resources import TEMPLATES
from tests.cli.running import files_below, finished

PREVIOUS = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
CURRENT = f"{datetime.now(UTC):%Y-%m}"


def runs(month: str) -> list[Path]:
    """The report runs of a month in the store, oldest first."""
    folder = Path("evidence/system=default/reports") / f"period={month}"
    return sorted(path.parent for path in folder.glob("*/manifest.json"))


def test_the_monthly_run(run, demo):
    """The last month is closed by one snapshot, judged at its end, and its reports lie in the store."""
    ran = run("audit", "-f", "json")

    answer = ran.json
    assert (ran.code, answer["period"]) == (1, PREVIOUS)
    assert answer["as_of"] == datetime.now(UTC).strftime("%Y-%m-01T00:00:00Z")
    assert len(finished(Path("evidence"))) == 1
    (made,) = runs(PREVIOUS)
    assert {"assessment.json", "summary.json", "evidence.html", "evidence.xlsx"} <= {
        path.name for path in made.iterdir()
    }


def test_what_a_month_says_of_each_app(run, demo):
    """Hours inside, outside and not known add up to the month; the answer keeps to its schema."""
    answer = run("audit", "-f", "json").json

    validator = jsonschema.Draft202012Validator(json.loads(TEMPLATES.joinpath("assessment.schema.json").read_bytes()))
    assert list(validator.iter_errors(answer)) == []
    held = {(row["check"], row["subject"]["name"]): row for row in answer["month"]["held"]}
    old = held["app-restage-age", "archive-search"]
    length = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).day * 24
    assert old["inside_hours"] + old["outside_hours"] + old["unknown_hours"] == length
    assert old["breaches"][-1]["end"] is None
    assert [item["check"] for item in answer["month"]["items"] if item["closed_at"]] == []
    assert "plan of action:" in run("audit").out


def test_a_second_run_of_a_month_changes_nothing(run, demo):
    """It takes no snapshot, gives the same answer, and publishes nothing."""
    first = run("audit", "-f", "json")
    before = {path: path.read_bytes() for path in files_below(Path("evidence"))}
    second = run("audit", "-f", "json")

    assert second.out == first.out
    assert "nothing new" in second.err
    assert {path: path.read_bytes() for path in files_below(Path("evidence"))} == before


def test_more_evidence_makes_a_run_that_supersedes(run, demo):
    """A run of the same month with more evidence names the one that it replaces; that one stays."""
    run("audit", "--month", CURRENT, "-q")
    run("audit", "--month", CURRENT, "-q")

    assert len(runs(CURRENT)) == 2
    told = [path.joinpath("manifest.json").read_text(encoding="utf-8") for path in runs(CURRENT)]
    assert sorted("supersedes" in text for text in told) == [False, True]


def test_a_report_of_a_month_asks_nobody(run, demo):
    """What is stored is enough; -o gets the files, and the store none."""
    run("snapshot", "-q")
    asked = len(demo.requests)
    ran = run("report", "--month", PREVIOUS, "-o", "october", "-f", "json")

    assert (ran.code, ran.json["period"]) == (1, PREVIOUS)
    assert len(demo.requests) == asked
    assert Path("october/summary.json").is_file()
    assert runs(PREVIOUS) == []


def test_without_a_snapshot_there_is_no_report(run, demo):
    """Nothing is made up: the store holds nothing that tells of the month."""
    assert run("report", "--month", PREVIOUS).complaint == (
        f"file:evidence holds no snapshot that tells of {PREVIOUS}",
        f"collect audit --month {PREVIOUS} takes one, as long as Cloud Controller remembers",
    )


@pytest.mark.parametrize("month", ["2026-13", "202610", "0000-01", "October"])
def test_a_month_that_is_none(run, month):
    """It says how to write one."""
    assert run("report", "--month", month).complaint == (f"{month!r} is no month", "write it as 2026-10")


def test_a_month_that_has_not_begun(run):
    """It is refused before anything is read."""
    assert run("audit", "--month", "2999-01").code == 2


def test_the_months_side_by_side(run, demo):
    """The trend is read from the summaries alone."""
    run("audit", "--month", PREVIOUS, "-q")
    run("audit", "--month", CURRENT, "-q")
    asked = len(demo.requests)
    lines = run("trend").out
    table = run("trend", "-f", "csv", "--by", "org").out

    assert len(demo.requests) == asked
    assert f"{PREVIOUS}  restage-age" in lines
    assert f"{CURRENT}  restage-age" in lines
    assert f"{CURRENT},restage-age,org,agency-a," in table


def test_two_months_compared(run, demo):
    """What is outside in both is repeated; a run compared with itself shows nothing new."""
    run("audit", "--month", PREVIOUS, "-o", "before", "-q")
    run("audit", "--month", CURRENT, "-o", "after", "-q")
    between = run("diff", "before", "after", "-f", "json").json["differences"]
    same = run("diff", "after", "after/assessment.json", "-f", "json").json["differences"]

    kinds = {(row["check"], row["subject"]["name"]): row["kind"] for row in between}
    assert kinds["app-restage-age", "archive-search"] == "repeated"
    assert {row["kind"] for row in same} == {"repeated"}


def test_two_months_of_the_store_compared(run, demo):
    """Named as months, they are read from where they were published; a month without reports says how to make them."""
    run("audit", "--month", PREVIOUS, "-q")
    run("audit", "--month", CURRENT, "-q")
    between = run("diff", PREVIOUS, CURRENT, "-f", "json").json["differences"]
    again = run("diff", CURRENT, CURRENT, "-f", "json").json["differences"]

    months = {(row["check"], row["subject"]["name"]): row["months"] for row in between}
    assert months["app-restage-age", "archive-search"] == 2
    assert {(row["check"], row["subject"]["name"]): row["months"] for row in again if row["months"] > 2}
    message, hint = run("diff", "1999-01", CURRENT).complaint
    assert message.endswith("holds no reports of 1999-01")
    assert hint == "collect report --month 1999-01 makes them"


def test_what_cannot_be_compared(run):
    """A file that is no assessment of ours is said to be none."""
    Path("other.json").write_text('{"schema": "other"}', encoding="utf-8")
    assert run("diff", "other.json", "other.json").code == 6
    assert run("diff", "nowhere", "other.json").complaint[0].startswith("cannot read nowhere")


SYSTEMS = """
[[systems]]
id = "alpha"
name = "Alpha"
spaces = ["agency-a/*"]

[[systems]]
id = "beta"
name = "Beta"
spaces = ["agency-b/*"]
"""


def test_several_systems_over_one_snapshot(run, demo):
    """One closing snapshot, and for each system reports of its own apps alone; a second run changes nothing."""
    Path("collect.toml").write_text(SYSTEMS, encoding="utf-8")
    first = run("audit", "-o", "out")

    assert first.code == 1
    assert len(finished(Path("evidence"))) == 1
    for name, org in (("alpha", "agency-a"), ("beta", "agency-b")):
        answer = json.loads(Path("out", name, "assessment.json").read_text(encoding="utf-8"))
        orgs = {row["subject"]["org"] for row in answer["observations"] if row["subject"]["type"] == "app"}
        assert (answer["system"]["id"], orgs) == (name, {org})
        assert len(list(Path(f"evidence/system={name}/reports").glob("*/*/manifest.json"))) == 1
    lines = first.out.splitlines()
    assert lines[0] == "Alpha:"
    assert "Beta:" in lines
    assert run("audit").err.count("nothing new") == 2


def test_the_months_of_several_systems(run, demo):
    """The trend names the system of each line, and a comparison of two months is one of each system."""
    Path("collect.toml").write_text(SYSTEMS, encoding="utf-8")
    for month in (PREVIOUS, CURRENT):
        run("audit", "--month", month, "-q")

    assert {line.split()[1] for line in run("trend").out.splitlines()} == {"alpha:", "beta:"}
    assert {row["system"] for row in run("trend", "-f", "json").json["figures"]} == {"alpha", "beta"}
    orgs = {row["subject"].get("org") for row in run("diff", PREVIOUS, CURRENT, "-f", "json").json["differences"]}
    assert {"agency-a", "agency-b"} <= orgs


def test_answers_of_several_systems_are_printed_one_after_the_other(run, demo):
    """With -f json one document for each."""
    Path("collect.toml").write_text(SYSTEMS, encoding="utf-8")
    text, decoder = run("audit", "-f", "json").out, json.JSONDecoder()

    alpha, end = decoder.raw_decode(text)
    beta, _ = decoder.raw_decode(text[end:].lstrip())
    assert [each["system"]["id"] for each in (alpha, beta)] == ["alpha", "beta"]
