"""The page in a real browser: accessible, without a request, with and without JavaScript, and on paper."""

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.reports import webpage
from collector.reports.context import Context
from tests.reports.builders import example_assessment, large_assessment
from tests.reports.month_builders import rich_month
from tests.reports.platform_builders import platform_assessment

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

FILL = "one => getComputedStyle(one).fill"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("page"), example_assessment())


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page with platform evidence."""
    return written(tmp_path_factory.mktemp("platform"), platform_assessment())


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a month, with exceptions and a trend."""
    return written(tmp_path_factory.mktemp("month"), rich_month())


@pytest.fixture(params=["address", "platform", "month"])
def every(request: pytest.FixtureRequest) -> str:
    """Each of the pages in turn."""
    return str(request.getfixturevalue(request.param))


def poppler(program: str, *arguments: str | Path) -> str:
    """What one of poppler's programs tells of a PDF."""
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def written(folder: Path, assessment: Any) -> str:
    out = io.BytesIO()
    webpage.write(assessment, out, Context())
    file = folder / "evidence.html"
    file.write_bytes(out.getvalue())
    return file.as_uri()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Opens an address in a context of its own; all contexts are closed after the test."""
    contexts = []

    def open_page(address: str, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"])
def test_axe_finds_nothing(opened: Any, every: str, options: dict[str, Any]) -> None:
    """No violation of WCAG 2.2 AA or of axe's best practices, in either colour scheme."""
    page = opened(every, **options)
    found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
    assert found.response["passes"]


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_page_never_scrolls_sideways(opened: Any, every: str, width: int) -> None:
    """At 320 px the page is 320 px wide: charts and wide tables scroll inside their regions."""
    page = opened(every, width=width)
    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_nothing_is_requested_and_nothing_is_refused(browser: Any, every: str) -> None:
    """Loading the page and sorting asks for the page alone, and its own policy blocks none of it."""
    context = browser.new_context()
    page = context.new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(every)
    page.get_by_role("button", name="Sort by Age (days)").click()
    context.close()
    assert ([every], []) == (requests, messages)


def test_charts_are_drawn_with_their_patterns(opened: Any, platform: str, month: str) -> None:
    """The page's style is allowed by its digest: what is outside or not known is hatched, not only coloured."""
    page = opened(platform)
    assert page.locator("#patches svg").count() == 1
    assert page.locator("rect.l-unknown").first.evaluate(FILL) == 'url("#unsure")'
    page = opened(month)
    assert (page.locator("#month svg").count(), page.locator("#trend svg").count()) == (1, 2)
    assert page.locator("rect.m-out").first.evaluate(FILL) == 'url("#m-cut")'


def test_hours_of_the_month_are_sorted_as_numbers(opened: Any, month: str) -> None:
    """A click sorts by the hours outside; what has none stays last."""
    page = opened(month)
    page.get_by_role("button", name="Sort by Outside in the month (hours)").click()
    hours = [str(text) for text in page.locator(".apps tbody td:nth-child(6)").all_inner_texts()]
    assert hours == ["0.0", "0.0", "0.0", "24.0", "53.0", "192.0", "744.0", *["–"] * 7]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext on PATH")
def test_the_summary_of_a_month_is_one_sheet(opened: Any, month: str, tmp_path: Path) -> None:
    """Answer, what was not looked at, controls and changes are printed first, and fit one sheet."""
    file = tmp_path / "month.pdf"
    opened(month).pdf(path=str(file), prefer_css_page_size=True, print_background=True)
    text = poppler("pdftotext", "-layout", file, "-")
    first, second = text.split("\f")[:2]
    assert "What was not looked at" in first
    assert "not comparable" in first
    assert "The list is under the month" in first
    assert "Action plan" in second


def test_patches_are_sorted_by_days(opened: Any, platform: str) -> None:
    """A click sorts by the days from notice to production; what has none stays last."""
    page = opened(platform)
    page.locator("#patches").get_by_role("button", name="Sort by Days in all").click()
    days = page.locator(".patches").first.locator("tbody tr td:nth-child(3)").all_inner_texts()
    shown = [str(text).split()[0] for text in days]
    assert shown == ["1.2", "1.3", "≥1.8", "2.0", "4.0", "5.5", "6.9", "10.1", "23.2", "–", "–", "–"]


def test_policy_refuses_a_foreign_script(opened: Any, address: str) -> None:
    """A script that is not the page's own does not run, wherever it came from."""
    page = opened(address)
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.foreign = 1';"
        " document.body.append(s) }"
    )
    assert page.evaluate("window.foreign") is None


def ages(page: Any) -> list[str]:
    return [str(text) for text in page.locator(".apps tbody td:nth-child(4)").all_inner_texts()]


def test_sorting_by_age(opened: Any, address: str) -> None:
    """A click sorts up, a second one down; what has no age stays last; both are said."""
    page = opened(address)
    button = page.get_by_role("button", name="Sort by Age (days)")
    button.click()
    up = ages(page)
    first = page.locator("[aria-sort]").get_attribute("aria-sort"), page.locator("#live").inner_text()
    button.click()
    down = ages(page)
    second = page.locator("[aria-sort]").get_attribute("aria-sort"), page.locator("#live").inner_text()
    known = ["0.3", "1.5", "3.0", "6.5", "9.3", "14.0", "14.5", "16.0", "21.0", "35.4"]
    assert [*known, "–", "–", "–", "–"] == up
    assert [*reversed(known), "–", "–", "–", "–"] == down
    assert first == ("ascending", "Applications, worst first; times in UTC: sorted by Age (days), ascending")
    assert second == ("descending", "Applications, worst first; times in UTC: sorted by Age (days), descending")


def test_sort_buttons_are_large_enough(opened: Any, address: str) -> None:
    """Every button, and every choice of the filter, is at least 24 by 24 px."""
    page = opened(address)
    boxes = [one.bounding_box() for one in page.locator("button.sort, .filter input").all()]
    assert len(boxes) == 13
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_filter_works_without_javascript(opened: Any, address: str) -> None:
    """The filter is only a style: it hides rows with scripts switched off, and nothing offers to sort."""
    page = opened(address, java_script_enabled=False)
    rows = page.locator(".apps tbody tr")
    before = sum(row.is_visible() for row in rows.all())
    page.get_by_label("Flagged (4)").check()
    after = [row.get_attribute("data-s") for row in rows.all() if row.is_visible()]
    assert before == 14
    assert after == ["fail"] * 4
    assert page.locator("button").count() == 0


def test_keyboard_reaches_the_answer_first(opened: Any, address: str) -> None:
    """The first stop of the tab key is the link that skips to the answer, and it is seen."""
    page = opened(address, reduced_motion="reduce")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"


def test_filter_hides_nothing_on_paper(opened: Any, address: str) -> None:
    """A filter that was set on the screen does not take rows out of the print, and buttons are not printed."""
    page = opened(address)
    page.get_by_label("Flagged (4)").check()
    page.emulate_media(media="print")
    assert sum(row.is_visible() for row in page.locator(".apps tbody tr").all()) == 14
    assert not page.locator("button.sort").first.is_visible()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext on PATH")
def test_every_sheet_has_its_margins_and_headers(opened: Any, tmp_path: Path) -> None:
    """Each sheet bears marking, system and page number; a table that goes on repeats its header row."""
    page = opened(written(tmp_path, large_assessment(45)))
    file = tmp_path / "evidence.pdf"
    page.pdf(path=str(file), prefer_css_page_size=True, print_background=True, tagged=True)
    information = poppler("pdfinfo", file)
    assert re.search(r"^Tagged: +yes$", information, re.MULTILINE)
    assert re.search(r"^Title: +\S", information, re.MULTILINE)
    text = poppler("pdftotext", "-layout", file, "-")
    sheets = text.split("\f")[:-1]
    with_rows = [sheet for sheet in sheets if re.search(r"Within window +app-0000", sheet)]
    assert len(with_rows) >= 2
    assert [sheet for sheet in with_rows if "Last restage (UTC)" not in sheet] == []
    for number, sheet in enumerate(sheets, start=1):
        assert f"Page {number} of {len(sheets)}" in sheet
        assert "Agency Portal, 2026-11-20 12:00 UTC" in sheet
        assert len(re.findall(r"^ *CUI|\bCUI\b", sheet, re.MULTILINE)) >= 2
    assert len(set(re.findall(r"app-0000\d\d", text))) == 45
