"""Writes a workbook whose sheets and headers are fixed: what a form of report_templates/ says, filled with rows.

As in evidence.xlsx, openpyxl makes the shell, the rows are streamed into its zip, and text stays text. A value may be
several lines, one below the other in one cell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from math import ceil
from typing import BinaryIO, Final

import msgspec
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from collector.errors import UsageError
from collector.model import Assessment
from collector.reports.form_layout import Form, FormCell, FormColumn, FormSheet
from collector.reports.text import is_formula, visible
from collector.reports.workbook_cells import Writer, cell_text, serial
from collector.reports.workbook_package import Rows, finish
from collector.reports.workbook_shell import set_print
from collector.reports.workbook_style import FONT, INK, LINE, NAVY, fill, style_header

Value = str | tuple[str, ...] | datetime | None
"""A tuple is lines of one cell; an instant is shown as its day in UTC."""

DAY: Final = "m/d/yyyy"
_LABEL_TINT: Final = "E8EEF3"
_TEXT_SIZE: Final = 10
_HEADER_HEIGHT: Final = 48
_LINE_POINTS: Final = 13.5
_MOST_LINES: Final = 20
_FILLED: Final = 0.85  # of a wrapped line, on average, by words
_INDENT: Final = 2  # characters of a cell's width that its text leaves free
_TEXT_WIDTH: Final = 110
_TEXT_FILLED: Final = 116  # characters of a line of that width, on average
# Rows below the last one in which a person still chooses from the lists.
_SPARE_ROWS: Final = 200
# Between the lines of one cell until it is written: a private character that nothing else here means.
_BREAK: Final = "\uf8ff"
_BREAK_SHOWN: Final = "⟨U+F8FF⟩"


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """What a form is filled with: the fields of its fixed cells, and for each name the rows of its sheets."""

    cells: Mapping[str, Value]
    rows: Mapping[str, Sequence[Mapping[str, Value]]]


def write_form(form: Form, filling: Filling, assessment: Assessment, out: BinaryIO) -> None:
    """Write the workbook; raises UsageError where the form asks for a field or for rows that there are not."""
    book = Workbook()
    book.remove(book.worksheets[0])
    streamed: dict[str, Rows] = {}
    for number, sheet in enumerate(form.sheets, start=1):
        made: Worksheet = book.create_sheet(sheet.name)
        columns = form.columns_of(sheet)
        rows = _rows_of(sheet, columns, filling)
        _dress(made, sheet, assessment)
        _add_cells(made, sheet, filling)
        _add_lines(made, sheet)
        _add_columns(made, sheet, columns, len(rows))
        if rows:
            streamed[f"xl/worksheets/sheet{number}.xml"] = _sheet_rows(
                rows, sheet, columns, _writers(book, columns, sheet)
            )
    _set_properties(book, form, assessment)
    shell = BytesIO()
    book.save(shell)
    finish(shell, out, streamed, stamp=assessment.as_of, alt_texts=())


def _rows_of(sheet: FormSheet, columns: Sequence[FormColumn], filling: Filling) -> Sequence[Mapping[str, Value]]:
    if not sheet.rows:
        return ()
    rows = filling.rows.get(sheet.rows)
    if rows is None:
        raise _unknown(sheet, f"rows {sheet.rows!r}", filling.rows)
    for column in columns if rows else ():
        if column.field and column.field not in rows[0]:
            raise _unknown(sheet, f"a field {column.field!r}", rows[0])
    return rows


def _unknown(sheet: FormSheet, what: str, known: Iterable[str]) -> UsageError:
    return UsageError(f"sheet {sheet.name!r} asks for {what}", hint=f"there are {', '.join(known)}")


# ---------------------------------------------------------------- the shell


def _dress(made: Worksheet, sheet: FormSheet, assessment: Assessment) -> None:
    set_print(made, assessment, repeat_header=False)
    made.page_setup.fitToWidth = sheet.pages
    made.sheet_state = "hidden" if sheet.hidden else "visible"
    if not sheet.header_row:
        return
    made.print_title_rows = f"{sheet.header_row}:{sheet.header_row}"
    if sheet.frozen:
        last = get_column_letter(sheet.frozen)
        made.print_title_cols = f"A:{last}"
    made.freeze_panes = f"{get_column_letter(sheet.frozen + 1)}{sheet.header_row + 1}"
    made.sheet_properties.tabColor = NAVY


def _put(cell: object, text: str) -> Cell:
    """Text as text, whatever it says."""
    if not isinstance(cell, Cell):
        raise TypeError("a merged cell")
    cell.value = cell_text(text)
    cell.data_type = "s"
    cell.quotePrefix = is_formula(text)
    return cell


def _add_cells(made: Worksheet, sheet: FormSheet, filling: Filling) -> None:
    for fixed in sheet.cells:
        if fixed.field and fixed.field not in filling.cells:
            raise _unknown(sheet, f"a field {fixed.field!r}", filling.cells)
        _add_cell(made, fixed, filling.cells[fixed.field] if fixed.field else fixed.text)


def _add_cell(made: Worksheet, fixed: FormCell, value: Value) -> None:
    cell = made[fixed.at]
    if isinstance(value, datetime):
        cell.value = serial(value)
        cell.number_format = DAY
    elif value:
        _put(cell, value if isinstance(value, str) else "; ".join(value))
    if fixed.look == "title":
        cell.font = Font(name=FONT, size=14, bold=True, color=NAVY)
        made.row_dimensions[cell.row].height = 22
    elif fixed.look == "label":
        cell.font = Font(name=FONT, size=_TEXT_SIZE, bold=True, color=INK)
        cell.fill = fill(_LABEL_TINT)
        cell.alignment = Alignment(horizontal="left", vertical="top", indent=1)
    else:
        cell.font = Font(name=FONT, size=_TEXT_SIZE, color=INK)
        cell.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)


def _add_lines(made: Worksheet, sheet: FormSheet) -> None:
    if not sheet.lines:
        return
    made.column_dimensions["A"].width = _TEXT_WIDTH
    for row, line in enumerate(sheet.lines, start=1):
        cell = _put(made.cell(row=row, column=1), line)
        first = row == 1 and not sheet.hidden
        cell.font = Font(name=FONT, size=14 if first else 11, bold=first, color=NAVY if first else INK)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        made.row_dimensions[row].height = 24 if first else ceil(len(line) / _TEXT_FILLED) * 15 + 6


def _add_columns(made: Worksheet, sheet: FormSheet, columns: Sequence[FormColumn], rows: int) -> None:
    if not columns:
        return
    for index, column in enumerate(columns, start=sheet.first_column):
        letter = get_column_letter(index)
        made.column_dimensions[letter].width = column.width
        header = _put(made.cell(row=sheet.header_row, column=index), column.header)
        # An exact text is no foreign one: a line break in it stays one.
        header.value, header.data_type = column.header, "s"
        style_header(header)
        header.font = Font(name=FONT, size=_TEXT_SIZE, bold=True, color="FFFFFF")
        header.alignment = Alignment(vertical="center", horizontal="left", indent=1, wrap_text=True)
        if column.values:
            spare = sheet.header_row + rows + _SPARE_ROWS
            made.add_data_validation(_choice(column, f"{letter}{sheet.header_row + 1}:{letter}{spare}"))
    last = sheet.header_row + max(rows, 1)
    first, end = (get_column_letter(number) for number in (sheet.first_column, sheet.first_column + len(columns) - 1))
    made.conditional_formatting.add(f"{first}{sheet.header_row + 1}:{end}{last}", _grid())
    if sheet.first_column > 1:
        made.column_dimensions["A"].width = 3
    made.row_dimensions[sheet.header_row].height = _HEADER_HEIGHT


def _grid() -> Rule:
    """Draw lines around every cell of the rows, the blank ones too, without writing those."""
    side = Side(style="thin", color=LINE)
    look = DifferentialStyle(border=Border(left=side, right=side, top=side, bottom=side))
    return Rule(type="expression", formula=["TRUE"], dxf=look)


def _choice(column: FormColumn, cells: str) -> DataValidation:
    check = DataValidation(type="list", formula1=f'"{column.listed}"', allow_blank=True)
    # A warning: a form may want a date behind the word.
    check.errorStyle = "warning"
    check.showErrorMessage = True
    check.errorTitle = column.header.strip()[:32]
    check.error = f"One of: {', '.join(column.values)}"
    check.add(cells)
    return check


def _set_properties(book: Workbook, form: Form, assessment: Assessment) -> None:
    maker = f"{assessment.tool} {assessment.version}"
    when = assessment.period or f"{assessment.as_of:%Y-%m-%d}"
    book.properties.title = cell_text(f"{assessment.system.name or assessment.system.id}: {form.title.lower()}, {when}")
    book.properties.subject = form.title
    book.properties.description = form.note or None
    book.properties.creator = maker
    book.properties.lastModifiedBy = maker
    book.properties.language = "en-US"


# ---------------------------------------------------------------- the rows


def _writers(book: Workbook, columns: Sequence[FormColumn], sheet: FormSheet) -> list[Writer]:
    """Register the styles of the columns with the workbook, and give a cell writer for each."""
    scratch = book.create_sheet()
    writers = []
    for index, column in enumerate(columns, start=sheet.first_column):
        styles = []
        for row, quoted in ((1, False), (2, True)):
            cell = scratch.cell(row=row, column=index)
            cell.font = Font(name=FONT, size=_TEXT_SIZE, color=INK)
            cell.alignment = Alignment(vertical="top", horizontal="left", indent=1, wrap_text=True)
            cell.number_format = DAY if column.kind == "day" else "General"
            cell.quotePrefix = quoted
            styles.append(cell.style_id)
        # A blank day needs its format for what a person types; other blanks need nothing.
        blank = column.kind == "day" and not column.field
        writers.append(Writer(get_column_letter(index), styles[0], styles[1], blank=blank))
    book.remove(scratch)
    return writers


def _sheet_rows(
    rows: Iterable[Mapping[str, Value]], sheet: FormSheet, columns: Sequence[FormColumn], writers: Sequence[Writer]
) -> Iterator[str]:
    for number, row in enumerate(rows, start=sheet.header_row + 1):
        cells, lines = [], 1
        for column, writer in zip(columns, writers, strict=True):
            value = row[column.field] if column.field else None
            cells.append(_cell(writer, number, value))
            if isinstance(value, str | tuple):
                lines = max(lines, _lines(value, column.width))
        height = min(lines, _MOST_LINES) * _LINE_POINTS + 4
        yield f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(cells)}</row>'


def _cell(writer: Writer, row: int, value: Value) -> str:
    if not isinstance(value, tuple):
        return writer.cell(row, value)
    joined = _BREAK.join(visible(line).replace(_BREAK, _BREAK_SHOWN) for line in value)
    return writer.cell(row, joined).replace(_BREAK, "\n")


def _lines(value: str | tuple[str, ...], width: int) -> int:
    """How many lines a value takes at a width: not every program makes room for them when it opens a file."""
    parts = (value,) if isinstance(value, str) else value
    return sum(1 if len(part) <= width - _INDENT else ceil(len(part) / (width * _FILLED)) for part in parts)
