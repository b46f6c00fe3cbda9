"""The page: what it says, what it never says, and that no name gets out of its place."""

import base64
import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.errors import UsageError
from collector.model import (
    Action,
    ApplicationLine,
    Assessment,
    Attested,
    Document,
    Finding,
    Gap,
    Interval,
    Observation,
    PatchLine,
    StemcellLine,
    Subject,
    System,
    Window,
)
from collector.reports import webpage
from collector.reports.charts import age_distribution, ages
from collector.reports.context import Context
from collector.reports.figures import figures, restages_by_age
from collector.resources import TEMPLATES
from tests.reports.builders import (
    HOSTILE,
    ROWS,
    SCRIPT,
    WINDOWS,
    assessment_of,
    example_assessment,
    large_assessment,
)

ROOT = Path(__file__).parents[2]
VOID = {"meta", "br", "input"}
BREAKOUT = "\"'></title></style></script><img src=x onerror=alert(1)>{{7*7}}&lt;"


class Element(msgspec.Struct):
    """One element as a parser sees it."""

    tag: str
    attributes: dict[str, str | None]
    parents: tuple[str, ...]
    text: str = ""


class Page(HTMLParser):
    """The page as a list of elements, each with the text inside it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.mistakes: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), tuple(above.tag for above in self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(above.tag for above in self.open)))

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            self.mistakes.append(f"</{tag}> closes <{self.open[-1].tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    @property
    def words(self) -> str:
        """All text of the body but scripts, with single spaces."""
        body = self.all("body")[0].text.replace(self.all("script")[0].text, "")
        return re.sub(r"\s+", " ", body)


def drawn(assessment: Assessment, **context: Any) -> str:
    out = io.BytesIO()
    webpage.write(assessment, out, Context(**context))
    return out.getvalue().decode()


def parsed(assessment: Assessment, **context: Any) -> Page:
    return Page(drawn(assessment, **context))


# Every text that comes from a foundation, from settings or from a person.
FOREIGN = {
    Subject: {"name", "org", "space", "environment", "deployment"},
    System: {"name", "leveraged", "marking", "isso", "assessor", "prepared_by", "ssp_title", "ssp_version"},
    ApplicationLine: {"buildpack", "has", "latest", "stack", "owner", "detail", "next_step", "kind"},
    Action: {"owner", "org", "space", "what", "command", "before", "after", "waived_by"},
    Observation: {"detail", "next_step"},
    Gap: {"what", "reason"},
    Document: {"what", "path", "file", "source"},
    Window: {"authority", "citation", "attributed_to"},
    Finding: {"text", "human", "reason"},
    Assessment: {"answer", "scope_note", "foundation", "patch_sentence"},
    PatchLine: {"title", "line", "fixed_in", "held_by", "detail", "next_step"},
    StemcellLine: {"state", "detail", "next_step"},
    Attested: {"author", "party", "environment", "deployment", "line", "version", "image", "reference"},
    Interval: {"source"},
}


def poisoned(value: Any, text: str) -> Any:
    """The value with every foreign text in it replaced."""
    if isinstance(value, msgspec.Struct):
        foreign = FOREIGN.get(type(value), set())
        return msgspec.structs.replace(
            value,
            **{
                name: text if name in foreign else poisoned(getattr(value, name), text)
                for name in value.__struct_fields__
            },
        )
    if isinstance(value, tuple):
        return tuple(poisoned(one, text) for one in value)
    if isinstance(value, dict):
        return {key: poisoned(one, text) for key, one in value.items()}
    return value


@pytest.fixture(scope="module")
def example() -> Page:
    return parsed(example_assessment())


def test_page_is_well_formed(example: Page) -> None:
    """Every element is closed by its own end tag, and no id stands twice."""
    ids = Counter(element.attributes["id"] for element in example.elements if "id" in element.attributes)
    assert (example.mistakes, example.open) == ([], [])
    assert {1} == set(ids.values())


@pytest.mark.parametrize("text", [*HOSTILE, BREAKOUT], ids=repr)
def test_no_text_becomes_markup(example: Page, text: str) -> None:
    """Whatever a name holds, the page has the same elements and attributes as with tame names."""
    tame = parsed(poisoned(example_assessment(), "tame"))
    hostile = parsed(poisoned(example_assessment(), text))
    assert [(one.tag, sorted(one.attributes)) for one in tame.elements if one.tag not in {"pre", "code", "p"}] == [
        (one.tag, sorted(one.attributes)) for one in hostile.elements if one.tag not in {"pre", "code", "p"}
    ]
    assert [example.all("script")[0].text] == [script.text for script in hostile.all("script")]
    assert not hostile.mistakes


def test_script_in_a_name_is_text(example: Page) -> None:
    """An application called <script> is shown by that name."""
    assert SCRIPT in [element.text for element in example.all("bdi")]


def test_unprintable_characters_are_shown(example: Page) -> None:
    """A bell, an escape and a mark that turns the reading direction are seen, not obeyed."""
    names = [element.text for element in example.all("bdi")]
    assert "bell␇␛[31mred" in names
    assert "invoice-⟨U+202E⟩gnp.exe" in names


def test_long_name_is_cut_visibly(example: Page) -> None:
    """A name of 33,005 characters says how many of them are missing."""
    assert "… [32,845 more characters]" in example.words


def test_lone_surrogate_does_not_break_the_page() -> None:
    """Half a character pair cannot be encoded, so it is named."""
    assert "half ⟨U+D83D⟩" in drawn(example_assessment(answer="half \ud83d"))


def test_no_attribute_carries_style_or_script(example: Page) -> None:
    """Neither a style attribute nor an inline handler, which the policy would refuse."""
    names = {name for element in example.elements for name in element.attributes}
    assert set() == {name for name in names if name == "style" or name.startswith("on")}


def test_policy_names_the_embedded_bytes(example: Page) -> None:
    """The content security policy allows exactly the style and the script that stand in the page."""
    policy = example.all("meta")[1].attributes["content"]
    digests = [
        base64.b64encode(hashlib.sha256(example.all(tag)[0].text.encode()).digest()).decode()
        for tag in ("style", "script")
    ]
    expected = (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert expected == policy


def test_nothing_is_fetched(example: Page) -> None:
    """No element, style or script names anything outside the page."""
    sources = {name for element in example.elements for name in element.attributes} & {
        "src",
        "srcset",
        "data",
        "poster",
    }
    style = example.all("style")[0].text
    assert set() == sources
    assert not {"link", "iframe", "img", "object", "embed", "base"} & {element.tag for element in example.elements}
    assert {"url(#hatch)"} == set(re.findall(r"url\([^)]*\)", style))
    assert "@import" not in style


def test_links_lead_somewhere(example: Page) -> None:
    """Every link and every label points at an id of the page."""
    ids = {element.attributes.get("id") for element in example.elements}
    links = {(link.attributes["href"] or "").removeprefix("#") for link in example.all("a")}
    labels = {
        name
        for element in example.elements
        for key in ("aria-labelledby", "for")
        for name in (element.attributes.get(key) or "").split()
    }
    assert set() == (links | labels) - ids


def test_citation_that_is_an_address_is_a_link() -> None:
    """Only an https address and nothing else becomes a link; script addresses stay text."""
    cited = {
        name: msgspec.structs.replace(WINDOWS["restage"], name=name, citation=citation)
        for name, citation in (
            ("a", "https://agency.example/ssp#4"),
            ("b", "javascript:alert(1)"),
            ("c", "see https://x"),
        )
    }
    page = parsed(example_assessment(windows=cited))
    outside = [link.attributes["href"] for link in page.all("a") if not (link.attributes["href"] or "").startswith("#")]
    assert outside == ["https://agency.example/ssp#4"]


def test_headings_step_by_one(example: Page) -> None:
    """One h1, and no level is skipped on the way down."""
    levels = [int(element.tag[1]) for element in example.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_tables_have_captions_and_scopes(example: Page) -> None:
    """Every table has a caption, and every header cell a scope and a text."""
    assert len(example.all("table")) == len(example.all("caption"))
    assert {"col", "row"} == {head.attributes.get("scope") for head in example.all("th")}
    assert all(head.text.strip() for head in example.all("th"))
    assert not {"colspan", "rowspan"} & {name for element in example.elements for name in element.attributes}


def test_wide_tables_can_be_reached_by_keyboard(example: Page) -> None:
    """Each table stands in a focusable region with a name."""
    regions = [one for one in example.all("section") if one.attributes.get("class") == "scroll"]
    assert len(example.all("table")) == len(regions)
    assert all(one.attributes["tabindex"] == "0" and one.attributes["aria-labelledby"] for one in regions)


def test_sections_stand_in_the_order_of_the_contract(example: Page) -> None:
    """The answer comes first, the provenance last."""
    headings = [element.text for element in example.all("h2")]
    assert headings == [
        "Answer",
        "Status by control",
        "Action plan",
        "Applications",
        "Objectives by control",
        "What a human still does",
        "Coverage, and what was not assessed",
        "Method and windows",
        "Manifest",
        "Sign-off",
        "Provenance",
    ]


def test_answer_and_scope_are_printed_as_given(example: Page) -> None:
    """The sentence and the scope note are the assessment's own."""
    assessment = example_assessment()
    assert assessment.answer in example.words
    assert assessment.scope_note in example.words
    assert "Incomplete evidence" in example.words


def test_controls_are_never_called_satisfied() -> None:
    """Each control is printed with its tested objectives; a control's id is never followed by the bare word."""
    controls = tuple(
        msgspec.structs.replace(control, status="satisfied", objectives_tested=1)
        for control in example_assessment().controls
    )
    page = parsed(example_assessment(controls=controls))
    assert "SI-2: 1 of 10 objectives tested; tested part satisfied" in page.words
    assert "CM-2(2): 1 of 4 objectives tested; tested part satisfied" in page.words
    for control in controls:
        assert not re.search(rf"{re.escape(control.id)}\W*(is )?(not )?satisfied", page.words, re.IGNORECASE)
    cells = [cell.text for row in status_rows(page) for cell in row]
    assert "Satisfied" not in [cell.strip("✓ ") for cell in cells]


def status_rows(page: Page) -> list[list[Element]]:
    """The cells of the first table, row by row."""
    start = next(place for place, one in enumerate(page.elements) if one.attributes.get("id") == "status-t")
    rows: list[list[Element]] = []
    for element in page.elements[start:]:
        if element.attributes.get("id") == "actions":
            break
        if element.tag == "tr":
            rows.append([])
        elif element.tag in {"td", "th"}:
            rows[-1].append(element)
    return rows[1:]


def test_tiles_are_the_figures_of_all_reports(example: Page) -> None:
    """The summary shows the very figures that the other reports show."""
    seen = figures(example_assessment())
    expected = {
        "Outside window": seen.outside,
        "Not assessed": seen.unknown,
        "Within window": seen.within,
        "Not applicable": seen.not_applicable,
        "Applications visible": seen.visible,
        "Actions to take": seen.actions,
    }
    tiles = [one for one in example.elements if "dl" in one.parents and one.tag in {"dt", "dd"}]
    names = [one.text for one in tiles if one.tag == "dt"]
    values = [one.text for one in tiles if one.tag == "dd"]
    shown = dict(zip(names, values, strict=True))
    assert {name: str(value) for name, value in expected.items()} == {name: shown[name] for name in expected}


def test_applications_show_what_the_assessment_says(example: Page) -> None:
    """A row has status, name, place, staging, age, excess, buildpack, versions, owner and reason."""
    row = next(one for one in example.all("tr") if one.attributes.get("data-s") == "fail")
    assert text_of(example, row) == (
        "✗ Flagged payments-api agency-a / prod 2026-10-16 02:24 35.4 21.4 python_buildpack "
        "1.8.30 → 1.8.34 · cflinuxfs4 pay@agency.example "
        "last staged 35.4 days ago, 21.4 days outside the 14-day window app-restage-age, buildpack-current"
    )


def text_of(page: Page, row: Element) -> str:
    """The texts inside a row, a space between cells."""
    start = page.elements.index(row) + 1
    leaves: list[str] = []
    for element in page.elements[start:]:
        if element.tag == "tr":
            break
        if element.tag in {"td", "th"}:
            leaves.append(element.text)
        elif element.tag == "small" and element.text:
            leaves[-1] = leaves[-1].removesuffix(element.text).strip() + " " + element.text
    return " ".join(leaves)


def test_rows_come_in_the_order_of_the_assessment(example: Page) -> None:
    """The worst first, as the assessment sorted them; one row an application."""
    statuses = [one.attributes["data-s"] for one in example.all("tr") if "data-s" in one.attributes]
    assert [row.age for row in ROWS] == statuses


def test_commands_are_ready_to_paste(example: Page) -> None:
    """Every action's command stands in the page, character for character."""
    commands = [action.command for action in example_assessment().actions if action.command]
    assert commands == [element.text for element in example.all("pre")]


def test_command_that_cannot_be_shown_is_not_printed() -> None:
    """A command with a character that does not print is left to the file that can hold it."""
    action = msgspec.structs.replace(example_assessment().actions[0], command="cf restage 'a\u202eb'")
    page = parsed(example_assessment(actions=(action,)))
    assert page.all("pre") == []
    assert "take it from observations.csv" in page.words


def test_waived_action_stays_and_says_so() -> None:
    """A waived finding is listed with the exception that waives it."""
    action = msgspec.structs.replace(example_assessment().actions[0], waived_by="EX-7")
    assert "Waived by EX-7" in parsed(example_assessment(actions=(action,))).words


def test_cap_is_said_with_where_the_rest_is() -> None:
    """Three rows at most: the page says three of how many, and names the files that have all, with digests."""
    page = parsed(
        example_assessment(), html_max_rows=3, artifacts={"evidence.xlsx": "ab" * 32, "observations.csv": "cd" * 32}
    )
    rest = f"evidence.xlsx (sha256 {'ab' * 32}) and in observations.csv (sha256 {'cd' * 32})."
    assert sum("data-s" in row.attributes for row in page.all("tr")) == 3
    assert f"Showing 3 of 14 applications. The worst come first. Every application is in {rest}" in page.words
    assert f"Showing 3 of 4 actions. Every action is in {rest}" in page.words
    assert len(page.all("li")) - 11 == 3


def test_whole_list_needs_no_notice(example: Page) -> None:
    """Where everything is shown, nothing is said to be missing."""
    assert "Showing" not in example.words


def test_long_lists_of_evidence_are_capped_too() -> None:
    """Documents, gaps and spaces end at the limit, and what is left out is counted."""
    assessment = example_assessment()
    source = msgspec.structs.replace(
        assessment.coverage.sources[0], gaps=tuple(Gap(what=f"page {number}", reason="502") for number in range(201))
    )
    page = parsed(
        example_assessment(
            documents=assessment.documents * 51,
            coverage=msgspec.structs.replace(
                assessment.coverage, sources=(source,), spaces=tuple(f"org/space-{number}" for number in range(203))
            ),
        )
    )
    assert "Showing 200 of 204 documents." in page.words
    assert "Showing 200 of 201 gaps." in page.words
    assert "and 3 more, listed in assessment.json" in page.words


def test_no_application_is_no_pass() -> None:
    """An empty list is said to be incomplete evidence."""
    page = parsed(example_assessment(applications=(), actions=(), observations=()))
    assert "No application is visible. That is incomplete evidence, not a pass." in page.words
    assert page.all("svg") == []


def test_gaps_and_reasons_are_named(example: Page) -> None:
    """What was asked for and not got, and how many subjects each reason left unknown."""
    assert re.search(r"builds ?403 CF-NotAuthorized ?403 ?0", example.words)
    assert re.search(r"last-restage-succeeded ?builds were not read: 403 CF-NotAuthorized ?12", example.words)


def test_every_objective_says_what_a_human_does(example: Page) -> None:
    """Each objective stands in its control's table and in the table by method, with its text and its human part."""
    for control in example_assessment().controls:
        for objective in control.objectives:
            assert example.words.count(objective.id) == 2
            assert objective.text in example.words
            assert objective.human in example.words


def test_windows_say_authority_and_origin(example: Page) -> None:
    """Each window has its limit, kind and authority; an overridden one is marked."""
    assert re.search(r"flaw-remediation–30 daysdecides, bindingSSP si-02_odp, 2026-03.*?! Overridden", example.words)
    assert re.search(r"restage–14 daysflagcloud\.gov, App maintenance \(guidance\).*?– Shipped", example.words)
    assert re.search(r"known-exploited–set by each subjectdecidesBOD 22-01", example.words)


def test_documents_snapshots_and_inputs_have_digests(example: Page) -> None:
    """The manifest and the provenance name every digest in full."""
    assessment = example_assessment()
    digests = [document.sha256 for document in assessment.documents]
    digests += [snapshot.sha256 for snapshot in assessment.snapshots]
    digests += list(assessment.inputs.values())
    assert [digest for digest in digests if digest not in example.words] == []


def test_sign_off_leaves_no_blank_cell(example: Page) -> None:
    """Who has not signed is said in words."""
    assert example.words.count("Not signed") == 3
    assert "Information system security officer (ISSO) Kim Doe" in example.words.replace("(ISSO)Kim", "(ISSO) Kim")


def test_marking_stands_on_screen_and_on_every_sheet(example: Page) -> None:
    """The marking opens and closes the page, and fills the margins of each printed sheet."""
    style = example.all("style")[0].text
    assert sum(one.attributes.get("class") == "marking" and one.text == "CUI" for one in example.all("p")) == 2
    assert '@top-center{content:"CUI"}@bottom-center{content:"CUI"}' in style


def test_marking_cannot_leave_its_string() -> None:
    """Quotes and braces of a marking are escaped in the style."""
    system = msgspec.structs.replace(example_assessment().system, marking='"}*{display:none}</style>')
    style = parsed(example_assessment(system=system)).all("style")[0].text
    assert '@top-center{content:"\\000022\\00007d\\00002a\\00007bdisplay' in style


def test_chart_counts_as_the_workbook_does() -> None:
    """The columns of the chart hold what the workbook's table of ages holds."""
    chart = age_distribution(ages(example_assessment()), WINDOWS["restage"])
    assert chart is not None
    expected = [(bucket.within, bucket.outside) for bucket in restages_by_age(example_assessment())]
    assert expected == [(column.passed, column.fail) for column in chart.columns[:-1]]
    assert (chart.columns[-1].passed, chart.columns[-1].fail, chart.columns[-1].unknown) == (0, 0, 2)
    assert chart.not_applicable == 2


def test_chart_marks_an_unusual_window() -> None:
    """A window of ten days is an edge between two columns, and its age is inside."""
    window = msgspec.structs.replace(WINDOWS["restage"], limit_hours=240.0)
    row = msgspec.structs.replace(ROWS[6], days=10.0)
    chart = age_distribution(ages(assessment_of((row,))), window)
    assert chart is not None
    labels = ["0–3 d", "3–7 d", "7–10 d", "10–14 d", "14–30 d", "30–90 d", "over 90 d", "not known"]
    assert labels == [column.label for column in chart.columns]
    assert [column.passed for column in chart.columns] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert chart.columns[2].middle < chart.limit_x < chart.columns[3].middle


def test_chart_is_told_in_words(example: Page) -> None:
    """The drawing has a title, a description with all figures, and a table beside it."""
    assert "image" not in example.all("svg")[0].attributes
    assert example.all("title")[1].text == "Applications by age of the last restage"
    assert "12 applications by age of the last restage; the window is 14 days." in example.all("desc")[0].text
    assert "14–30 d: 3 (0 within, 3 outside, 0 not assessed)" in example.all("desc")[0].text


def test_no_restage_window_no_chart() -> None:
    """Without the window there is nothing to draw the ages around."""
    assert parsed(example_assessment(windows={})).all("svg") == []


def test_same_assessment_same_bytes_anywhere() -> None:
    """Neither the time zone nor the hash seed of the process changes a byte."""
    code = (
        "import hashlib, io\n"
        "from collector.reports import webpage\n"
        "from collector.reports.context import Context\n"
        "from tests.reports.builders import example_assessment\n"
        "out = io.BytesIO()\n"
        "webpage.write(example_assessment(), out, Context())\n"
        "print(hashlib.sha256(out.getvalue()).hexdigest())\n"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland"))
    }
    here = hashlib.sha256(drawn(example_assessment()).encode()).hexdigest()
    assert {f"{here}\n"} == made


def test_page_of_a_large_foundation_stays_small() -> None:
    """A thousand flagged applications out of seven thousand: both lists at their cap, under 1.5 MB."""
    source = drawn(large_assessment(7_000))
    assert source.count('<tr data-s="') == 1_000
    assert len(source.encode()) <= 1_500_000


def test_templates_of_ones_own_are_used(tmp_path: Path) -> None:
    """A folder of templates replaces the shipped one."""
    copied(tmp_path)
    (tmp_path / "report.html.j2").write_text("{{ it.answer }} {{ figures.outside }}", "utf-8")
    assert f"{example_assessment().answer} 4" == drawn(example_assessment(), templates=tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("report.html.j2", "{{ it.no_such_field }}", "no_such_field"),
        ("report.html.j2", "{% if %}", "the page cannot be drawn"),
        ("report.html.j2", "{{ it.period }}", "a value that is not there"),
        ("report.css", "</style>", "report.css holds markup"),
        ("report.js", "<!-- -->", "report.js holds markup"),
    ],
)
def test_broken_template_is_a_usage_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    """What is wrong with a template is said in one line, with a next step."""
    copied(tmp_path)
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=message) as raised:
        drawn(example_assessment(), templates=tmp_path)
    assert raised.value.hint


def test_missing_template_is_a_usage_error(tmp_path: Path) -> None:
    """A folder without the style is not enough."""
    with pytest.raises(UsageError, match=r"report\.css is missing"):
        drawn(example_assessment(), templates=tmp_path)


def copied(folder: Path) -> None:
    for name in ("report.html.j2", "macros.html.j2", "report.css", "report.js"):
        (folder / name).write_text(TEMPLATES.joinpath(name).read_text("utf-8"), "utf-8")


@pytest.mark.parametrize(
    ("hours", "words"), [(336.0, "14 days"), (48.0, "2 days"), (24.0, "24 h"), (6.0, "6 h"), (100.5, "100.5 h")]
)
def test_limits_are_printed_in_their_unit(hours: float, words: str) -> None:
    """Whole days from two days on, hours below."""
    assert words == webpage.span(hours)


@pytest.mark.parametrize(("hours", "words"), [(849.6, "35.4"), (0.5, "under 0.1"), (0.0, "0.0"), (-36.0, "-1.5")])
def test_ages_are_printed_in_days(hours: float, words: str) -> None:
    """One decimal, but an excess of minutes does not look like none; a negative age stays negative."""
    assert words == webpage.days(hours)


PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "muted", "link") for ground in ("page", "panel")),
    *((tone, f"{tone}-soft", 4.5) for tone in ("ok", "bad", "open", "off")),
    ("bad", "page", 4.5),
    ("muted", "page", 4.5),
    ("band-ink", "band", 4.5),
    ("band-muted", "band", 4.5),
    *((mark, "page", 3.0) for mark in ("g-ok", "g-bad", "g-off", "focus", "line")),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_contrast(scheme: int) -> None:
    """Text has 4.5 to 1 on its ground, graphics, borders and focus have 3 to 1."""
    blocks = re.findall(r":root \{(.*?)\}", TEMPLATES.joinpath("report.css").read_text("utf-8"), re.DOTALL)
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[scheme]))
    low = [(ink, ground) for ink, ground, least in PAIRS if contrast(tokens[ink], tokens[ground]) < least]
    assert low == []


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
