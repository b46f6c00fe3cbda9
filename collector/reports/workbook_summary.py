"""The first sheet: the answer, the figures, the controls, one chart, who speaks, and what lies on the other sheets."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Final

import msgspec
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from collector.model import Assessment, Coverage, StageFigures
from collector.reports.figures import figures, restages_by_age
from collector.reports.month_words import items_line, period_line, since_control, since_line
from collector.reports.patching import LATENCIES, sentence
from collector.reports.text import is_formula
from collector.reports.trend_chart import Chart, charts, share_of
from collector.reports.words import HOURS_PER_DAY, VERDICT
from collector.reports.workbook_cells import cell_text
from collector.reports.workbook_chart import CHART_ROWS, add_chart, add_stage_chart, add_trend_chart
from collector.reports.workbook_style import (
    FONT,
    INK,
    LINE,
    MUTED,
    NAVY,
    ORANGE,
    TINTS,
    fill,
    style_header,
    style_tone,
)

_WIDTHS: Final = (19, 19, 19, 19, 19, 19, 62)
_ANSWER_WIDTH: Final = 112
_LINE_WIDTH: Final = 160
_CONTROLS_BESIDE_CHART: Final = 4
_BEATS: Final = 12
_SIGNERS: Final = (("Prepared by", "prepared_by"), ("ISSO", "isso"), ("Assessor", "assessor"))


class Page(msgspec.Struct, frozen=True):
    """One other sheet, for the index."""

    title: str
    about: str
    rows: int


class _Pen:
    """Writes down the sheet, row by row; every string stays text."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.row = 1

    def put(self, column: int, value: str | float, font: Font | None = None, *, row: int = 0) -> Cell:
        cell = self.sheet.cell(row=row or self.row, column=column)
        if not isinstance(cell, Cell):
            raise TypeError(f"a merged cell at {cell.coordinate}")
        if isinstance(value, str):
            cell.value = cell_text(value)
            cell.data_type = "s"
            cell.quotePrefix = is_formula(value)
        else:
            cell.value = value
        cell.font = font or Font(name=FONT, size=11, color=INK)
        cell.alignment = Alignment(vertical="center", horizontal="left", indent=1)
        return cell

    def lines(self, text: str, width: int, font: Font, height: float) -> None:
        """Write text as one line a row: what is wrapped inside one cell would need merged ones."""
        for line in wrap(cell_text(text)[:2000], width):
            self.put(1, line, font)
            self.sheet.row_dimensions[self.row].height = height
            self.row += 1

    def heading(self, text: str) -> None:
        self.row += 1
        self.put(1, text, Font(name=FONT, size=14, bold=True, color=NAVY))
        self.sheet.row_dimensions[self.row].height = 24
        for column in range(1, len(_WIDTHS) + 1):
            self.sheet.cell(row=self.row, column=column).border = Border(bottom=Side(style="medium", color=NAVY))
        self.row += 1

    def turn_page(self) -> None:
        self.sheet.row_breaks.append(Break(id=self.row))

    def headers(self, texts: Iterable[str]) -> None:
        for column, text in enumerate(texts, start=1):
            style_header(self.put(column, text))
        self.sheet.row_dimensions[self.row].height = 20
        self.row += 1


def add_summary(sheet: Worksheet, assessment: Assessment, pages: Sequence[Page]) -> list[str]:
    """Fill the sheet; gives the alt texts of its charts."""
    pen = _Pen(sheet)
    for index, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFG"[index]].width = width
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = ORANGE
    _title(pen, assessment)
    _cards(pen, assessment)
    _controls(pen, assessment)
    # A chart never lies across two pages.
    if len(assessment.controls) > _CONTROLS_BESIDE_CHART or assessment.month is not None:
        pen.turn_page()
    alt_texts = [_ages(pen, assessment)]
    pen.turn_page()
    if assessment.stages:
        alt_texts.append(_stages(pen, assessment))
    for trend in charts(assessment):
        pen.turn_page()
        alt_texts.append(_trend(pen, trend))
    _about(pen, assessment)
    _index(pen, pages)
    _sign_off(pen, assessment)
    return alt_texts


def _title(pen: _Pen, assessment: Assessment) -> None:
    system = assessment.system
    for column in range(1, len(_WIDTHS) + 1):
        for row in (1, 2):
            pen.sheet.cell(row=row, column=column).fill = fill(NAVY)
    pen.put(1, f"{system.name or system.id}: patch evidence", Font(name=FONT, size=22, bold=True, color="FFFFFF"))
    pen.sheet.row_dimensions[1].height = 38
    when = f"{assessment.period}, as of" if assessment.period else "As of"
    facts = [
        f"{when} {assessment.as_of:%Y-%m-%d %H:%M} UTC",
        assessment.foundation,
        f"{assessment.tool} {assessment.version}",
        system.marking,
    ]
    pen.put(1, "   ·   ".join(filter(None, facts)), Font(name=FONT, size=11, color="FFFFFF"), row=2)
    pen.sheet.row_dimensions[2].height = 22
    pen.row = 4
    if period_line(assessment):
        pen.lines(period_line(assessment), _LINE_WIDTH, Font(name=FONT, size=12, bold=True, color=MUTED), 20)
    for said in assessment.heartbeat[:_BEATS]:
        pen.lines(f"! {said}", _LINE_WIDTH, Font(name=FONT, size=12, bold=True, color=TINTS["bad"][0]), 20)
    pen.lines(assessment.answer, _ANSWER_WIDTH, Font(name=FONT, size=16, bold=True, color=INK), 26)
    if sentence(assessment):
        pen.lines(sentence(assessment), _LINE_WIDTH, Font(name=FONT, size=12, bold=True, color=INK), 20)
    if assessment.scope_note:
        pen.lines(assessment.scope_note, _LINE_WIDTH, Font(name=FONT, size=11, color=TINTS["bad"][0]), 18)
    if not assessment.coverage.complete:
        warning = "The evidence is incomplete: the sheet Coverage says what was not read, and why."
        pen.lines(warning, _LINE_WIDTH, Font(name=FONT, size=11, bold=True, color=TINTS["bad"][0]), 18)
    for told in filter(None, (since_line(assessment), items_line(assessment))):
        pen.lines(f"{told[0].upper()}{told[1:]}", _LINE_WIDTH, Font(name=FONT, size=11, color=INK), 18)
    pen.row += 1


def _cards(pen: _Pen, assessment: Assessment) -> None:
    shown = figures(assessment)
    # The answer speaks of all of a month, these are those of its end.
    end = "" if assessment.month is None else ", at the end"
    cards = (
        (shown.visible, "apps seen", "aside"),
        (shown.outside, f"outside{end}" if end else "outside window", "bad"),
        (shown.unknown, f"not assessed{end}", "unsure"),
        (shown.within, f"within{end}" if end else "within window", "good"),
        (shown.not_applicable, "not applicable", "aside"),
        (shown.actions, "things to do", "aside"),
    )
    for column, (number, label, tone) in enumerate(cards, start=1):
        text, tint = TINTS[tone]
        big = pen.put(column, number, Font(name=FONT, size=26, bold=True, color=text))
        small = pen.put(column, label, Font(name=FONT, size=11, color=text), row=pen.row + 1)
        for cell in (big, small):
            cell.fill = fill(tint)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=cell is small)
            cell.border = Border(left=Side(style="thick", color="FFFFFF"), right=Side(style="thick", color="FFFFFF"))
        big.number_format = "#,##0"
    pen.sheet.row_dimensions[pen.row].height = 42
    pen.sheet.row_dimensions[pen.row + 1].height = 34 if end else 22
    pen.row += 2


def _controls(pen: _Pen, assessment: Assessment) -> None:
    pen.heading("Status by control")
    pen.headers(
        ("Control", "Tested part", "Objectives tested", "Objectives", "Customer part", "Provider part", "Title")
    )
    for control in assessment.controls:
        pen.put(1, control.id, Font(name=FONT, size=11, bold=True, color=INK))
        pen.put(3, control.objectives_tested)
        pen.put(4, control.objectives_total)
        pen.put(7, control.title)
        verdicts = {2: control.status, 5: control.parts.get("customer"), 6: control.parts.get("provider")}
        for column, verdict in verdicts.items():
            if verdict:
                style_tone(pen.put(column, VERDICT[verdict]), VERDICT[verdict])
        _rule(pen)
    changes = [
        f"{control.id} {told}" for control in assessment.controls if (told := since_control(assessment, control))
    ]
    if changes and assessment.month is not None and assessment.month.previous is not None:
        pen.put(1, f"Since {assessment.month.previous.month}: {'; '.join(changes)}", _small())
        pen.row += 1
    pen.put(1, "A verdict speaks for the tested objectives only; the sheet Objectives names the others.", _small())
    pen.row += 1


def _ages(pen: _Pen, assessment: Assessment) -> str:
    pen.heading("Restages by age")
    pen.headers(("Last staged", "Within window", "Outside window"))
    first = pen.row
    buckets = restages_by_age(assessment)
    for bucket in buckets:
        pen.put(1, bucket.label)
        pen.put(2, bucket.within)
        pen.put(3, bucket.outside)
        _rule(pen, columns=3)
    alt_text = add_chart(pen.sheet, first_row=first, buckets=buckets, anchor=f"A{pen.row + 1}")
    pen.row += CHART_ROWS
    return alt_text


def _stages(pen: _Pen, assessment: Assessment) -> str:
    pen.heading("OS patches by stage")
    pen.headers(("Stage", "p50 (days)", "p90 (days)", "Longest (days)", "Measured", "Inside window", "Besides"))
    # Wide enough for the name of a stage.
    pen.sheet.column_dimensions["A"].width = 24
    first = pen.row
    for stage in assessment.stages:
        pen.put(1, LATENCIES.get(stage.name, stage.name))
        for column, hours in enumerate((stage.p50, stage.p90, stage.most), start=2):
            if hours is not None:
                pen.put(column, round(hours / HOURS_PER_DAY, 6)).number_format = "#,##0.0"
        pen.put(5, stage.measured)
        pen.put(6, stage.inside if stage.window else "no window")
        pen.put(7, _besides(stage, assessment))
        _rule(pen)
    alt_text = add_stage_chart(pen.sheet, first_row=first, stages=assessment.stages, anchor=f"A{pen.row + 1}")
    pen.row += CHART_ROWS
    return alt_text


def _trend(pen: _Pen, trend: Chart) -> str:
    pen.heading(f"Trend: {trend.title[0].lower()}{trend.title[1:]}")
    window = "Window (days)" if trend.limit else ""
    pen.headers(("Month", "p50 (days)", "p90 (days)", "Longest (days)", window, "Not known", "Inside"))
    first = pen.row
    rows = {row.month: row for row in trend.figures}
    for slot in trend.slots:
        row = rows.get(slot.month)
        pen.put(1, slot.month)
        if trend.limit_hours is not None:
            pen.put(5, round(trend.limit_hours / HOURS_PER_DAY, 6)).number_format = "#,##0.0"
        if row is None:
            pen.put(7, "no data")
        else:
            for column, hours in enumerate((row.p50, row.p90, row.most), start=2):
                if hours is not None:
                    pen.put(column, round(hours / HOURS_PER_DAY, 6)).number_format = "#,##0.0"
            pen.put(6, row.unknown)
            pen.put(7, share_of(row))
        _rule(pen)
    alt_text = add_trend_chart(pen.sheet, first_row=first, trend=trend, anchor=f"A{pen.row + 1}")
    pen.row += CHART_ROWS
    return alt_text


def _besides(stage: StageFigures, assessment: Assessment) -> str:
    window = assessment.windows.get(stage.window or "")
    limit = (
        "" if window is None or window.limit_hours is None else f"window {window.limit_hours / HOURS_PER_DAY:g} days"
    )
    return "; ".join(filter(None, (limit, f"{stage.open:,} open", f"{stage.unknown:,} not known")))


def _about(pen: _Pen, assessment: Assessment) -> None:
    system, identity = assessment.system, assessment.identity
    ssp = " ".join(filter(None, (system.ssp_title, system.ssp_version)))
    pen.heading("What this speaks for")
    facts = (
        ("System", f"{system.name or system.id} ({system.impact} impact, {system.scope} scope)"),
        ("Leveraged", system.leveraged),
        ("Security plan", ssp),
        ("Foundation", assessment.foundation),
        ("Spaces seen", ", ".join(assessment.coverage.spaces[:20])),
        ("Applications", _reconciled(assessment.coverage)),
        ("Read as", " ".join(filter(None, (identity.name, ", ".join(identity.roles))))),
        *(
            (f"Snapshot {index}", f"{each.id}, taken {each.taken_at:%Y-%m-%d %H:%M} UTC")
            for index, each in enumerate(assessment.snapshots[:10], start=1)
        ),
        ("Evidence", "complete" if assessment.coverage.complete else "incomplete, see Coverage"),
    )
    for label, value in facts:
        if value:
            pen.put(1, label, Font(name=FONT, size=11, bold=True, color=MUTED))
            pen.put(2, value)
            pen.row += 1


def _reconciled(coverage: Coverage) -> str:
    counted = "not counted" if coverage.apps_counted is None else f"{coverage.apps_counted:,} counted"
    return f"{coverage.apps_listed:,} listed, {counted} by the foundation"


def _index(pen: _Pen, pages: Sequence[Page]) -> None:
    pen.heading("Sheets")
    pen.headers(("Sheet", "Rows", "What it holds"))
    for page in pages:
        link = pen.put(1, page.title, Font(name=FONT, size=11, underline="single", color=TINTS["good"][0]))
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{page.title}'!A1", display=page.title)
        pen.put(2, page.rows).number_format = "#,##0"
        pen.put(3, page.about)
        pen.row += 1


def _sign_off(pen: _Pen, assessment: Assessment) -> None:
    pen.heading("Sign-off")
    pen.headers(("Role", "Name", "Decision", "Signature", "Date"))
    for role, field in _SIGNERS:
        pen.put(1, role)
        pen.put(2, getattr(assessment.system, field) or "not named")
        for column in (3, 4, 5):
            pen.put(column, "not signed", Font(name=FONT, size=11, italic=True, color=MUTED))
        pen.sheet.row_dimensions[pen.row].height = 24
        _rule(pen, columns=5)


def _small() -> Font:
    return Font(name=FONT, size=10, italic=True, color=MUTED)


def _rule(pen: _Pen, columns: int = len(_WIDTHS)) -> None:
    """Draw a thin line below the row, and go to the next."""
    for column in range(1, columns + 1):
        pen.sheet.cell(row=pen.row, column=column).border = Border(bottom=Side(style="thin", color=LINE))
    pen.row += 1
