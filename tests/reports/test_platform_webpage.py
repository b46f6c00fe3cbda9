"""The section on the platform of the page."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from collector.errors import UsageError
from collector.resources import TEMPLATES
from tests.reports.builders import HOSTILE, LONG, SCRIPT, example_assessment
from tests.reports.platform_builders import many_patches, platform_assessment
from tests.reports.test_webpage import BREAKOUT, Page, drawn, parsed, poisoned


@pytest.fixture(scope="module")
def page() -> Page:
    return parsed(platform_assessment())


def _rows(page: Page, caption: str) -> list[list[str]]:
    """The texts of the cells of one table, row by row, the header left out."""
    start = next(place for place, one in enumerate(page.elements) if one.attributes.get("id") == caption)
    rows: list[list[str]] = []
    for element in page.elements[start + 1 :]:
        if element.tag == "table":
            break
        if element.tag == "tr":
            rows.append([])
        elif element.tag in {"td", "th"} and rows:
            rows[-1].append(re.sub(r"\s+", " ", element.text).strip())
    return rows[1:]


def test_the_section_stands_behind_the_applications_and_is_in_the_list_of_sections(page: Page) -> None:
    """And is nowhere where nobody asked about the platform."""
    headings = [element.text for element in page.all("h2")]
    assert headings[headings.index("Applications") + 1] == "Patches of the platform"
    assert "#patches" in [link.attributes["href"] for link in page.all("a")]
    without = drawn(example_assessment())
    assert "patches" not in without
    assert "lanes" not in without


def test_the_page_stays_well_formed(page: Page) -> None:
    """Every element is closed, no id stands twice, every table has a caption, every label its target."""
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    assert (page.mistakes, page.open) == ([], [])
    assert set(ids.values()) == {1}
    assert len(page.all("table")) == len(page.all("caption"))
    labels = {name for one in page.elements for name in (one.attributes.get("aria-labelledby") or "").split()}
    assert labels - set(ids) == set()
    names = {name for element in page.elements for name in element.attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("text", [*HOSTILE, BREAKOUT], ids=repr)
def test_no_text_of_a_feed_or_an_operator_becomes_markup(text: str) -> None:
    """Titles, lines, details and statements leave the page with the elements it has with tame ones."""
    tame = parsed(poisoned(platform_assessment(), "tame"))
    hostile = parsed(poisoned(platform_assessment(), text))
    assert [(one.tag, sorted(one.attributes)) for one in tame.elements if one.tag not in {"pre", "code", "p"}] == [
        (one.tag, sorted(one.attributes)) for one in hostile.elements if one.tag not in {"pre", "code", "p"}
    ]
    assert not hostile.mistakes


def test_a_title_is_text_and_a_long_one_is_cut_visibly(page: Page) -> None:
    """A notice called <script> is shown by that name."""
    names = [element.text for element in page.all("bdi")]
    assert SCRIPT in names
    assert f"{LONG[:160]}… [{len(LONG) - 160:,} more characters]" in names


def test_a_patch_says_what_the_assessment_says(page: Page) -> None:
    """Status, days, excess, who held it, why, and both ends of what lies between two instants."""
    row = next(row for row in _rows(page, "patches-t") if row[1].startswith("USN-7001-1"))
    assert row[0] == "✗ Flagged"
    assert row[1] == "USN-7001-1 glibc vulnerabilityfixed in ubuntu-jammy/1.970 · medium"
    assert row[2:5] == ["5.5", "1.5", "upstream"]
    assert row[5].startswith("5.5 days from notice to production, 1.5 days outside the 4-day window; upstream held it")
    assert row[6:] == [
        "2026-11-02 09:00",
        "2026-11-06 12:00",
        "2026-11-07 09:00",
        "after 2026-11-07 22:00by 2026-11-07 22:10",
        "–",
        "4.1",
        "1.4",
    ]


def test_what_is_open_unsure_or_exploited_says_so(page: Page) -> None:
    """In words, beside the number."""
    rows = {row[1].split()[0]: row for row in _rows(page, "patches-t")}
    assert rows["USN-7002-1"][2] == "23.2so far"
    assert rows["USN-7004-1"][2] == "≥1.8"
    assert rows["USN-7005-1"][-2] == "-0.1"
    assert rows["USN-7012-1"][2] == "–"
    assert "known exploited, due 2026-11-11 04:59 UTC" in rows["USN-7003-1"][1]
    assert "CVE-2026-41002 and 117 more CVEs" in rows["USN-7006-1"][1]


def test_stages_have_their_figures(page: Page) -> None:
    """Counts, and days of half, nine of ten and all."""
    assert _rows(page, "stages-t") == [
        ["Notice to stemcell", "2 days", "7", "6", "1", "2", "0.9", "2.1", "4.1"],
        ["Stemcell to staging", "–", "7", "–", "0", "3", "0.9", "1.3", "1.3"],
        ["Stemcell to production", "2 days", "5", "3", "2", "1", "1.4", "5.4", "5.4"],
        ["Notice to production", "4 days", "5", "3", "3", "2", "4.0", "6.9", "6.9"],
    ]


def test_statements_show_method_author_period_and_expiry(page: Page) -> None:
    """They stand apart from what was tested, under a heading that says what they are."""
    first, second = _rows(page, "attestations-t")
    assert first == [
        "EXAMINE",
        "stemcell live ubuntu-jammy/1.983 in production cf-production",
        "2026-11-16 09:00",
        "Robin Roe Platform operations",
        "2026-11-17",
        "2026-11-01 to 2026-11-30",
        "2026-12-31",
        "change CHG-4711",
    ]
    assert second[6] == "2026-11-19! Expired"
    assert "They were examined, not tested" in page.words


def test_the_timeline_is_told_in_words(page: Page) -> None:
    """A title, a description with every row, a word in the legend for each pattern."""
    (description,) = [one for one in page.all("desc") if one.attributes["id"] == "lanes-desc"]
    assert "USN-7001-1: flagged, 5.5 days" in description.text
    for word in ("until the stemcell (upstream)", "until staging", "until production (platform)", "not known"):
        assert word in page.words
    assert "2 notices do not apply to these stemcells and are not drawn." in page.words


def test_caps_are_said_with_where_the_rest_is() -> None:
    """Forty rows in the drawing, as many in the table as the settings allow."""
    page = parsed(many_patches(100), html_max_rows=50)
    assert "Showing 40 of 100 patches in the chart." in page.words
    assert "Showing 50 of 100 patches. Every patch is in observations.csv." in page.words
    assert len(_rows(page, "patches-t")) == 50


def test_the_platform_is_a_group_of_its_own_in_the_action_plan(page: Page) -> None:
    """It has an owner, and no org or space."""
    headings = [re.sub(r"\s+", " ", one.text).strip() for one in page.all("h3")]
    assert "Platform productionOwner: platform operator · 6 actions" in headings
    assert "ubuntu-jammy/1.961 in production cf-production" in page.words


def test_statements_alone_are_a_section_without_a_chart() -> None:
    """A customer without a director, whose operator attests."""
    page = parsed(platform_assessment(patches=(), stemcells=(), stages=(), patch_sentence=""))
    assert len(_rows(page, "attestations-t")) == 2
    assert "lanes-title" not in {one.attributes.get("id") for one in page.elements}
    assert "How long each stage took, in days: none." in page.words


def test_no_notice_is_said_and_is_no_pass() -> None:
    """Where patches were asked about and there is none, the section is there and says where to look."""
    page = parsed(
        platform_assessment(patches=(), stemcells=(), stages=(), attested=(), patch_sentence="OS patches: none")
    )
    assert "No security notice stands in this assessment." in page.words
    assert "OS patches: none" in page.words


def test_a_stage_that_an_assessment_leaves_out_is_no_fault() -> None:
    """Stages that were not reached may be missing as well as None."""
    example = platform_assessment()
    patches = tuple(msgspec.structs.replace(line, stages={}) for line in example.patches)
    assert parsed(platform_assessment(patches=patches)).mistakes == []


def test_a_page_of_many_patches_stays_small() -> None:
    """A thousand rows under 1.5 MB."""
    assert len(drawn(many_patches(3_000))) < 1_500_000


def test_templates_of_ones_own_need_the_platform_only_where_it_is_shown(tmp_path: Path) -> None:
    """A folder that was copied before goes on working, and is told what it lacks when it lacks it."""
    for name in ("report.html.j2", "macros.html.j2", "report.css", "report.js"):
        (tmp_path / name).write_bytes(TEMPLATES.joinpath(name).read_bytes())
    assert "Applications" in drawn(example_assessment(), templates=tmp_path)
    with pytest.raises(UsageError) as caught:
        drawn(platform_assessment(), templates=tmp_path)
    assert str(caught.value).startswith("the template platform.css is missing")
