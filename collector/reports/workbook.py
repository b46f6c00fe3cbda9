"""evidence.xlsx: a summary, and one table a sheet, for people, spreadsheets and scripts alike.

openpyxl makes the shell (styles, tables, checks, chart) without rows; the rows are streamed into its zip, because that
is seven times faster than openpyxl's own writer, takes no memory that grows with the rows, and gives fixed bytes.
"""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final

import msgspec
from openpyxl import Workbook

from collector.model import Assessment
from collector.reports.context import Context
from collector.reports.patching import observed
from collector.reports.workbook_cells import cell_text
from collector.reports.workbook_layout import Sheet, read_layout
from collector.reports.workbook_package import Rows, finish, sheet_rows
from collector.reports.workbook_rows import ROWS
from collector.reports.workbook_shell import add_sheet, column_writers, set_print
from collector.reports.workbook_summary import Page, add_summary

EXCEL_ROWS: Final = 1_048_576


class Piece(msgspec.Struct, frozen=True):
    """The rows of one sheet: those of `sheet` from `first` up to `last`."""

    sheet: Sheet
    part: int
    first: int
    last: int


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the workbook."""
    write_parts(assessment, out, context, rows_a_sheet=EXCEL_ROWS - 1)


def write_parts(assessment: Assessment, out: BinaryIO, context: Context, *, rows_a_sheet: int) -> None:
    """Write the workbook with at most so many rows in a sheet; more go to further sheets."""
    pieces = [
        piece
        for sheet in sheets_of(assessment, context.templates)
        for piece in _pieces(assessment, sheet, rows_a_sheet)
    ]
    book = Workbook()
    summary = book.worksheets[0]
    summary.title = "Summary"
    rows: dict[str, Rows] = {}
    pages: list[Page] = []
    for number, piece in enumerate(pieces, start=1):
        count = piece.last - piece.first
        made = add_sheet(book, piece.sheet, part=piece.part, rows=count, number=number)
        set_print(made, assessment, repeat_header=True)
        writers = column_writers(book, piece.sheet)
        part = islice(ROWS[piece.sheet.name](assessment), piece.first, piece.last)
        rows[f"xl/worksheets/sheet{number + 1}.xml"] = sheet_rows(part, piece.sheet.columns, writers)
        pages.append(Page(title=made.title, about=piece.sheet.about, rows=count))
    alt_texts = add_summary(summary, assessment, pages)
    set_print(summary, assessment, repeat_header=False)
    _set_properties(book, assessment)
    shell = BytesIO()
    book.save(shell)
    finish(shell, out, rows, stamp=assessment.as_of, alt_texts=alt_texts)


def sheets_of(assessment: Assessment, templates: Traversable) -> Iterator[Sheet]:
    """Give the data sheets that this assessment has, in order."""
    for sheet in read_layout(templates).sheets:
        if sheet.shown == "platform":
            there = observed(assessment)
        else:
            there = sheet.shown == "always" or any(True for _ in ROWS[sheet.name](assessment))
        if there:
            yield sheet if assessment.month is not None else sheet.of_instant()


def _pieces(assessment: Assessment, sheet: Sheet, rows_a_sheet: int) -> Iterator[Piece]:
    count = sum(1 for _ in ROWS[sheet.name](assessment))
    starts = range(0, max(count, 1), rows_a_sheet)
    for part, first in enumerate(starts, start=1):
        yield Piece(sheet, part, first, min(first + rows_a_sheet, count))


def _set_properties(book: Workbook, assessment: Assessment) -> None:
    maker = f"{assessment.tool} {assessment.version}"
    when = assessment.period or f"{assessment.as_of:%Y-%m-%d}"
    book.properties.title = cell_text(f"{assessment.system.name or assessment.system.id}: patch evidence, {when}")
    book.properties.subject = ", ".join(control.id for control in assessment.controls)
    book.properties.creator = maker
    book.properties.lastModifiedBy = maker
    book.properties.language = "en-US"
