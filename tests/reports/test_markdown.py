import re

import msgspec

from collector.reports import REPORTS
from collector.reports.text import markdown_code, markdown_text
from tests.reports.builders import ROWS, assessment_of, example_assessment, large_assessment
from tests.reports.rendering import render


def test_the_summary_starts_with_whom_it_speaks_for_and_the_answer() -> None:
    """Who reads one paragraph has read the right one."""
    lines = render("summary", example_assessment()).decode().splitlines()
    assert lines[0] == "# Agency Portal: patch evidence"
    assert lines[2] == "*no boundary is declared: this speaks for the 4 spaces that the account can see*"
    assert lines[4] == "**4 of 14 apps are outside the 14-day restage window, 2 cannot be judged.**"
    assert (
        "| ✗ not satisfied | SI-2 Flaw Remediation | SI-2: 1 of 10 objectives tested; tested part not satisfied |"
        in (lines)
    )


def test_a_long_answer_is_told_to_its_end() -> None:
    """A month's answer is one sentence of many parts; the last of them counts as much as the first."""
    said = "; ".join(f"{number} applications were outside" for number in range(30))
    assert f"**{said}**" in render("summary", example_assessment(answer=said)).decode()


def test_the_summary_names_the_worst_and_the_gaps() -> None:
    """One row an app that is flagged or not assessed, then what was not read."""
    text = render("summary", example_assessment()).decode()
    assert "| ✗ flagged | `payments-api` | `agency-a / prod` | 35.4 | 21.4 |" in text
    assert "| ? not assessed | `uploaded-jar` |" in text
    assert "- cloud-controller: builds was not read: 403 CF-NotAuthorized" in text
    assert "legacy" not in text


def test_a_large_summary_is_cut_and_says_so() -> None:
    """Above 1 MiB a CI job drops its summary whole."""
    data = render("summary", large_assessment(5_000))
    assert len(data) < 2**20
    assert data.count(b"flagged") == 200
    assert b"200 of 714 are shown; all of them are in observations.csv and evidence.xlsx." in data


def test_the_worst_names_cannot_make_the_summary_too_large() -> None:
    """200 names of 33,000 characters would be 6 MB."""
    long = ROWS[11]
    rows = tuple(msgspec.structs.replace(long, age="fail", days=20.0, detail="y" * 33_000) for _ in range(200))
    assert len(render("summary", assessment_of(rows))) < 2**20


def test_hostile_names_are_code_and_open_nothing() -> None:
    """No tag, no link, no mention, no cell of their own."""
    assert markdown_code("<script>alert(1)</script>") == "`<script>alert(1)</script>`"
    assert markdown_code("a|b") == "`a\\|b`"
    assert markdown_code("`x``y") == "``` `x``y ```"
    assert markdown_code("x" * 500) == f"`{'x' * 119}…`"
    assert markdown_code("bell\x07") == "`bell␇`"
    assert markdown_text("<b> [x](y) *z* | @me") == "\\<b\\> \\[x\\]\\(y\\) \\*z\\* \\| \\@me"


def test_the_plan_has_a_section_an_owner_and_space_with_commands_to_copy() -> None:
    """What is not production comes first; where there is no command it says what to do instead."""
    text = render("action-plan-text", example_assessment()).decode()
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "agency-a / staging",
        "agency-a / prod (production)",
        "agency-a / prod (production)",
        "agency-b / prod (production)",
    ]
    assert "```sh\ncf target -o agency-a -s prod; cf restage --strategy rolling payments-api\n```" in text
    assert "- [ ] `payments-api`, 21.4 days outside, 1.8.30 → 1.8.34: last staged 35.4 days ago" in text
    assert "rebuild it from its pipeline" in text
    assert "Owner: no owner is named" in text


def test_a_name_cannot_end_the_block_of_commands() -> None:
    """The fence is longer than any run of backticks inside."""
    example = example_assessment()
    action = msgspec.structs.replace(example.actions[0], command="cf restage '```\nrm -rf'")
    text = render("action-plan-text", example_assessment(actions=(action,))).decode()
    assert "````sh\ncf restage '```␊rm -rf'\n````\n" in text


def test_waived_things_have_no_command() -> None:
    """An accepted risk is shown with its waiver and is not to be done."""
    example = example_assessment()
    action = msgspec.structs.replace(example.actions[0], waived_by="EX-7")
    text = render("action-plan-text", example_assessment(actions=(action,))).decode()
    assert "(waived by `EX-7`)" in text
    assert "```" not in text


def test_an_empty_plan_says_that_there_is_nothing_to_do() -> None:
    """A blank page could also be a fault."""
    assert render("action-plan-text", example_assessment(actions=())).endswith(b"\nThere is nothing to do.\n")


def test_the_readme_says_what_each_file_is() -> None:
    """Every file that can lie in a folder of reports has a sentence of its own."""
    files = {report.file: "ab" * 32 for report in REPORTS.values()}
    text = render("readme", example_assessment(), artifacts=files).decode()
    assert [name for name in files if f"\n{name} " not in text] == []
    assert "an artefact of this run" not in text


def test_the_readme_names_the_files_that_are_there_and_how_to_check_them() -> None:
    """An auditor needs nothing of ours for it."""
    text = render("readme", example_assessment(), artifacts={"evidence.xlsx": "ab" * 32, "new.bin": "cd" * 32}).decode()
    assert "evidence.xlsx               the same as a workbook" in text
    assert "new.bin                     an artefact of this run" in text
    assert "evidence.html" not in text
    assert "sha256sum -c SHA256SUMS" in text
    assert "e5" * 32 in text
    assert max(len(line) for line in text.splitlines()) <= 80
