import subprocess
import sys

import pytest

from collector.reports.terminal import render
from collector.reports.text import cut
from collector.reports.words import days
from tests.reports.builders import LONG, Row, assessment_of, example_assessment, large_assessment
from tests.reports.rendering import ROOT


def test_off_a_terminal_every_line_is_whole_and_plain() -> None:
    """Grep, cron mail and CI logs see whole facts, the scope first, the status of an app first in its line."""
    lines = list(render(example_assessment(), width=None, color=True))
    assert lines[:6] == [
        "no boundary is declared: this speaks for the 4 spaces that the account can see",
        "SI-2: 1 of 10 objectives tested; tested part not satisfied",
        "CM-2: 0 of 5 objectives tested",
        "CM-2(2): 2 of 4 objectives tested; tested part not assessed",
        "4 of 14 apps are outside the 14-day restage window, 2 cannot be judged.",
        "https://api.fr.cloud.gov, read 2026-11-20 11:58 UTC, as of 2026-11-20 12:00 UTC",
    ]
    assert lines[6].split("  ") == [
        "flagged:",
        "agency-a/prod/payments-api",
        "last staged 2026-10-16",
        "35.4 days ago",
        "21.4 days outside",
        "python_buildpack 1.8.30, latest 1.8.34",
        "flagged by app-restage-age, buildpack-current",
        "owner pay@agency.example",
    ]
    assert "not read: cloud-controller builds: 403 CF-NotAuthorized" in lines
    assert "next: cf target -o agency-a -s prod; cf restage --strategy rolling payments-api" in lines
    assert [line for line in lines if line.startswith("next: ") and "cf target" not in line] == [
        f"next: {action.subject.label}: {action.what}" for action in example_assessment().actions if not action.command
    ]
    assert not [line for line in lines if "\x1b" in line]


def test_off_a_terminal_nothing_that_is_flagged_is_left_out() -> None:
    """A log is the only copy of an ad-hoc answer."""
    lines = list(render(large_assessment(700), width=None, color=False))
    assert sum(line.startswith("flagged:") for line in lines) == 100


def test_off_a_terminal_rich_is_not_loaded() -> None:
    """It is slow to load, and nothing is drawn."""
    code = (
        "import sys; from collector.reports.terminal import render; from tests.reports.builders import "
        "example_assessment; list(render(example_assessment(), width=None, color=False)); print('rich' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert run.stdout == "False\n"


def test_a_wide_terminal_shows_a_table_the_worst_first() -> None:
    """Status first; ages to a tenth of a day; the owner at the end."""
    lines = list(render(example_assessment(), width=140, color=False))
    start = next(number for number, line in enumerate(lines) if line.startswith("Status"))
    assert " ".join(lines[start].split()) == ("Status App Org / space Last staged Age Over Buildpack Has Latest Owner")
    assert " ".join(lines[start + 1].split()) == (
        "✗ flagged payments-api agency-a / prod 2026-10-16 35.4 21.4 python 1.8.30 1.8.34 pay@agency.example"
    )
    assert "✗ SI-2: 1 of 10 objectives tested; tested part not satisfied   Flaw Remediation" in lines
    assert "  cf target -o agency-a -s prod; cf restage --strategy rolling payments-api" in lines


@pytest.mark.parametrize(
    ("width", "hidden"),
    [
        (140, set()),
        (99, {"Owner"}),
        (90, {"Owner", "Latest"}),
        (85, {"Owner", "Latest", "Has"}),
        (60, {"Owner", "Buildpack"}),
    ],
)
def test_a_narrow_terminal_hides_columns(width: int, hidden: set[str]) -> None:
    """The owner goes first, then the versions; no line of the table is wider than the terminal."""
    lines = list(render(example_assessment(), width=width, color=False))
    start = next(number for number, line in enumerate(lines) if line.startswith("Status"))
    assert hidden & set(lines[start].split()) == set()
    assert {"Status", "App", "Age", "Over"} <= set(lines[start].split())
    assert max(len(line) for line in lines[start : start + 7]) <= width
    assert lines[start + 1].split()[:4] == ["✗", "flagged", "payments-api", "agency-a"]


def test_words_are_never_folded_in_the_middle_and_commands_not_at_all() -> None:
    """A folded name cannot be searched for, a folded command cannot be pasted."""
    lines = list(render(example_assessment(), width=60, color=False))
    assert "  cf target -o agency-a -s prod; cf restage --strategy rolling payments-api" in lines
    wrapped = [line for line in lines if line.startswith("no boundary is declared")]
    assert wrapped == ["no boundary is declared: this speaks for the 4 spaces that"]


def test_names_are_shown_as_they_are_never_obeyed() -> None:
    """No markup, no escape sequence, no reordering of what stands around them."""
    rows = tuple(
        Row(name, "agency-a", "prod", "fail", 20.0, "pass")
        for name in ("app[/bold]", "[red]x", "bell\x07\x1b[31mred", "a\u202eb", "🚀-launcher", ":rocket:", LONG)
    )
    for width in (None, 120):
        text = "\n".join(render(assessment_of(rows), width=width, color=False))
        for shown in ("app[/bold]", "[red]x", "bell␇␛[31mred", "a⟨U+202E⟩b", "🚀-launcher", ":rocket:", "long-xxx"):
            assert shown in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_colour_is_only_added_where_it_is_wanted() -> None:
    """The words are the same with it and without it."""
    coloured = list(render(example_assessment(), width=120, color=True))
    plain = list(render(example_assessment(), width=120, color=False))
    assert any("\x1b[" in line for line in coloured)
    assert not any("\x1b[" in line for line in plain)
    assert len(coloured) == len(plain)


def test_a_screen_stays_a_screen() -> None:
    """Twenty apps and five commands; how many more there are, and where."""
    lines = list(render(large_assessment(700), width=120, color=False))
    assert sum(line.startswith("✗ flagged") for line in lines) == 20
    assert "and 80 more: use -f csv, or -o DIR for the workbook" in lines
    assert "  and 95 more: action-plan.md has them all (-o DIR)" in lines


def test_days_round_as_a_spreadsheet_does() -> None:
    """Half away from nought, so that the terminal and the workbook show the same digit."""
    assert days(9.25 * 24) == "9.3"
    assert days(-9.25 * 24) == "-9.3"
    assert days(336.0) == "14.0"


def test_a_cut_text_says_so() -> None:
    """An ellipsis takes the place of the last character."""
    assert (cut("abcd", 4), cut("abcde", 4)) == ("abcd", "abc…")
