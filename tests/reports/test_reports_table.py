import subprocess
import sys

import pytest

from collector.reports import ARTIFACTS, REPORTS, chosen
from collector.settings import Tables
from tests.reports.builders import example_assessment
from tests.reports.rendering import ROOT, render

OWN = [
    "assessment",
    "observations",
    "summary",
    "workbook",
    "poam-workbook",
    "inventory-workbook",
    "emass-workbook",
    "action-plan",
    "action-plan-text",
    "readme",
]

# Prints one digest a report; run in a process of its own.
DIGESTS = """
import hashlib
from tests.reports.builders import example_assessment
from tests.reports.rendering import render
from tests.reports.test_reports_table import OWN
for name in OWN:
    print(name, hashlib.sha256(render(name, example_assessment())).hexdigest())
"""


def test_the_table_of_reports_can_be_read_without_loading_a_renderer() -> None:
    """Help texts list the artefacts: they must not wait for openpyxl, jinja2, pandas or rich."""
    code = "import collector.reports, sys; print(*{'openpyxl', 'jinja2', 'pandas', 'rich'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert run.stdout == "\n"


def test_a_person_chooses_artefacts_and_always_gets_the_small_ones() -> None:
    """One artefact may be two files; the plan is written before the results that point at it, README.txt last."""
    assert ARTIFACTS[:4] == ("workbook", "webpage", "assessment-plan", "assessment-results")
    assert set(ARTIFACTS[4:]) >= {"component-definition", "poam", "action-plan"}
    assert [report.file for report in chosen(["action-plan"])] == [
        "assessment.json",
        "observations.csv",
        "summary.md",
        "action-plan.csv",
        "action-plan.md",
        "README.txt",
    ]
    names = [report.name for report in chosen(ARTIFACTS, monthly=True, items=True)]
    assert names == list(REPORTS)
    assert {report.file for report in chosen(ARTIFACTS, monthly=True)} == {
        report.file for report in chosen(ARTIFACTS)
    } | {"summary.json", "poam-fedramp.xlsx", "poam-emass.xlsx"}
    assert names.index("assessment-plan") < names.index("assessment-results")
    assert names[-1] == "readme"


def test_the_settings_ask_for_what_is_made_by_default() -> None:
    """What a report says of itself, in README too, is what happens; the rest is made on request."""
    assert set(Tables().report.artifacts) == {row.artifact for row in REPORTS.values() if row.artifact and row.default}
    on_request = [report.name for report in REPORTS.values() if not report.default]
    assert on_request == ["inventory-workbook", "emass-workbook"]


def test_every_file_is_made_by_one_report() -> None:
    """Two reports of one file would overwrite each other."""
    files = [report.file for report in REPORTS.values()]
    assert sorted(set(files)) == sorted(files)


@pytest.mark.parametrize("name", OWN)
def test_the_same_assessment_gives_the_same_bytes_again(name: str) -> None:
    """Re-performing an audit compares bytes."""
    first = render(name, example_assessment())
    assert len(first) > 500
    assert first == render(name, example_assessment())


def test_neither_time_zone_nor_hash_seed_nor_an_installed_lxml_changes_a_byte() -> None:
    """The machine that re-performs an audit stands elsewhere; openpyxl writes other XML where lxml is there to use."""
    outputs = []
    for zone, seed, lxml in (("Pacific/Auckland", "1", "True"), ("America/Los_Angeles", "77", "False")):
        run = subprocess.run(
            [sys.executable, "-c", DIGESTS],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            env={"TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": ".", "OPENPYXL_LXML": lxml},
        )
        outputs.append(run.stdout)
    assert outputs[0].count("\n") == len(OWN)
    assert outputs[0] == outputs[1]
