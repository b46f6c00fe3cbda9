"""The platform on a terminal, in the summary, the action plan and README.txt."""

import msgspec
import pytest

from collector.reports.terminal import render
from tests.reports.builders import example_assessment
from tests.reports.platform_builders import many_patches, platform_assessment
from tests.reports.rendering import render as artefact

SENTENCE = "OS patches: 3 of 10 in production within 4 days, 1 still inside, 3 not known"


def _lines(width: int | None) -> list[str]:
    return list(render(platform_assessment(), width=width, color=False))


def test_the_line_on_patches_stands_below_the_answer() -> None:
    """The first thing that a platform team looks for."""
    for width in (None, 120):
        lines = _lines(width)
        assert lines[lines.index(SENTENCE) - 1].startswith("4 of 14 apps are outside")


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        (f"4 apps are outside; {SENTENCE}", ["4 apps are outside"]),
        (f"incomplete; {SENTENCE}; SI-2: nothing", ["incomplete; SI-2: nothing"]),
        (SENTENCE, []),
    ],
)
def test_the_line_on_patches_is_a_line_of_its_own_and_said_once(answer: str, rest: list[str]) -> None:
    """Where the answer holds it, too: grep finds it at the start of a line."""
    for width in (None, 200):
        lines = list(render(platform_assessment(answer=answer), width=width, color=False))
        assert [line for line in lines if SENTENCE in line] == [SENTENCE]
        place = lines.index(SENTENCE)
        assert lines[place - len(rest) : place] == rest


def test_the_other_reports_do_not_say_it_twice_either() -> None:
    """The answer stands as it is in the head of README.txt and of the workbook."""
    assessment = platform_assessment(answer=f"4 apps are outside; {SENTENCE}")
    assert " ".join(artefact("readme", assessment).decode().split()).count("OS patches:") == 1


def test_a_stemcell_in_staging_counts_to_staging() -> None:
    """Its days are those to this very deployment."""
    staging = platform_assessment().stemcells[-1]
    late = msgspec.structs.replace(staging, status="fail", flags=("stemcell-uniform",))
    plain = list(render(platform_assessment(stemcells=(late,)), width=None, color=False))
    assert any("in staging cf-staging  running  released 2026-11-19  0.5 days to staging" in line for line in plain)
    drawn = [" ".join(line.split()) for line in render(platform_assessment(stemcells=(late,)), width=140, color=False)]
    assert "✗ flagged ubuntu-jammy/1.990 staging cf-staging running 2026-11-19 2026-11-20 0.5 -" in drawn


def test_off_a_terminal_a_patch_is_one_line_its_status_first() -> None:
    """When it was published, when it was surely in production, how long that took, and who held it."""
    lines = [line.split("  ") for line in _lines(None)]
    assert [
        "flagged:",
        "notice USN-7001-1",
        "fixed in ubuntu-jammy/1.970",
        "published 2026-11-02",
        "in production by 2026-11-07",
        "5.5 days",
        "1.5 days outside",
        "held by upstream",
        "flagged by os-patch-latency",
    ] in lines
    assert [
        "flagged:",
        "stemcell ubuntu-jammy/1.961 in production cf-production",
        "rolled back",
        "released 2026-10-29",
        "22.2 days to production",
        "20.2 days outside",
        "flagged by stemcell-deployment-latency",
    ] in lines


def test_what_is_only_known_to_be_at_least_so_long_is_marked() -> None:
    """The least of an interval of a week must not read as a measurement; ten minutes of a deploy may."""
    (unsure,) = [line for line in _lines(None) if "USN-7004-1" in line]
    assert "  ≥1.8 days  " in unsure
    (known,) = [line for line in _lines(None) if "notice USN-7001-1" in line]
    assert "≥" not in known


def test_statements_are_named_as_examined_and_an_expired_one_says_so() -> None:
    """Nobody can take a statement for a test."""
    stated = [line.strip() for line in _lines(120) if line.strip().startswith("examined, not tested")]
    assert stated[0] == (
        "examined, not tested: stemcell live: ubuntu-jammy/1.983 in production cf-production at 2026-11-16 09:00 UTC, "
        "stated by Robin Roe (Platform operations) on 2026-11-17 for 2026-11-01 to 2026-11-30, expires 2026-12-31"
    )
    assert stated[1].endswith("expires 2026-11-19, EXPIRED")
    assert stated == [line for line in _lines(None) if line.startswith("examined, not tested")]


def test_a_wide_terminal_shows_tables_of_patches_and_stemcells() -> None:
    """Status first, days to a tenth, who held it."""
    rows = [" ".join(line.split()) for line in _lines(140)]
    assert "Status OS patch Fixed in Published In production Days Over Held by Title" in rows
    assert "✗ flagged USN-7003-1 1.975 2026-11-05 2026-11-12 6.9 2.9 platform sudo vulnerability" in rows
    assert "✗ flagged USN-7009-1 - 2026-11-10 not yet 10.1 6.1 upstream OpenSSL vulnerability" in rows
    assert "? not assessed ubuntu-jammy/1.972 production cf-production not known 2026-11-05 2026-11-13 ≥0.6 -" in rows


@pytest.mark.parametrize("width", [130, 99, 80, 60])
def test_no_row_is_wider_than_the_terminal_and_none_is_folded(width: int) -> None:
    """Columns are left out instead; the status, the name and the days always stay."""
    lines = _lines(width)
    for title in ("OS patch", "Stemcell"):
        start = next(number for number, line in enumerate(lines) if line.startswith("Status") and title in line)
        assert {"Status", "Days", "Over"} <= set(lines[start].split())
        assert ("Held" in lines[start].split()) == (width >= 100 and title == "OS patch")
        rows = lines[start : lines.index("", start)]
        assert max(len(line) for line in rows) <= width
        assert len(rows) == (8 if title == "OS patch" else 4)


def test_hostile_titles_are_shown_and_never_obeyed() -> None:
    """No escape sequence of a notice reaches the terminal."""
    for width in (None, 200):
        text = "\n".join(render(many_patches(30), width=width, color=False))
        assert "\x1b" not in text
    assert "<script>alert(1)</script>" in "\n".join(_lines(200))


def test_twenty_patches_fill_a_screen_and_the_rest_is_counted() -> None:
    """Forty flagged ones of two hundred: twenty are drawn off a log, all are in it."""
    drawn = list(render(many_patches(200), width=140, color=False))
    assert "and 20 more: use -f csv, or -o DIR for the workbook" in drawn
    logged = list(render(many_patches(200), width=None, color=False))
    assert sum(line.startswith("flagged:  notice USN-8") for line in logged) == 40


def test_the_next_step_on_the_platform_names_what_it_is_about() -> None:
    """There is no command that would."""
    assert (
        "next: USN-7009-1: no stemcell has it: 10.1 days since the notice, 6.1 days outside the 4-day window"
    ) in _lines(None)


def test_the_summary_shows_figures_and_what_is_flagged() -> None:
    """One screen: the line, the stages, the worst, the statements."""
    text = artefact("summary", platform_assessment()).decode()
    assert f"**{SENTENCE}**" in text
    assert "| Notice to production | 5 | 3 | 3 | 2 | 4.0 | 6.9 | 6.9 |" in text
    assert (
        "| ✗ flagged | `USN-7001-1` | glibc vulnerability | ubuntu-jammy/1.970 | 5.5 | 1.5 | upstream | "
        "5.5 days from notice to production, 1.5 days outside the 4-day window; upstream held it |"
    ) in text
    assert r"\<script\>alert\(1\)\</script\>" in text
    assert "- examined, not tested: stemcell live: ubuntu-jammy/1.983" in text
    assert len(text.encode()) < 1 << 20


def test_the_action_plan_names_the_platform_and_the_deployment() -> None:
    """It has no org and no space, and the same stemcell may be in two deployments."""
    text = artefact("action-plan-text", platform_assessment()).decode()
    assert "## Platform (production)\n\nOwner: `platform operator`" in text
    assert "- [ ] `ubuntu-jammy/1.961 in production cf-production`, 20.2 days outside: rolled back" in text
    rows = artefact("action-plan", platform_assessment()).decode("utf-8-sig").splitlines()
    assert any(
        row.startswith("platform operator,,,ubuntu-jammy/1.975 in production cf-production,yes,") for row in rows
    )


def test_readme_says_the_line_and_that_statements_are_no_tests() -> None:
    """And says neither where there is no platform evidence."""
    with_it = artefact("readme", platform_assessment()).decode()
    without = artefact("readme", example_assessment()).decode()
    assert SENTENCE in with_it
    assert "examined, not tested" in with_it
    assert "examined" not in without
    assert max(map(len, with_it.splitlines())) < 80
