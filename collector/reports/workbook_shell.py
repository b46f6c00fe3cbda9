"""Everything of a data sheet but its rows: header, table, widths, colours, checks on what a person types, printing."""

from typing import Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from collector.model import Assessment
from collector.reports.text import visible
from collector.reports.workbook_cells import Writer
from collector.reports.workbook_layout import PERSON, Column, Sheet
from collector.reports.workbook_style import NAVY, line_rule, style_header, style_value, tone_rules

REASONS: Final = (
    "waiting for the owner",
    "change freeze",
    "migration planned",
    "cannot be restaged",
    "risk accepted",
    "other",
)
_HEADER_HEIGHT: Final = 32
_ROW_HEIGHT: Final = 18
_LONGEST_JUSTIFICATION: Final = 2000


def add_sheet(book: Workbook, sheet: Sheet, *, part: int, rows: int, number: int) -> Worksheet:
    """Add a data sheet that is ready for `rows` rows from row 2 on; `part` counts the sheets of one table from 1."""
    suffix = "" if part == 1 else f" {part}"
    made: Worksheet = book.create_sheet(f"{sheet.name}{suffix}")
    made.append([column.header for column in sheet.columns])
    last = max(rows, 1) + 1
    for index, column in enumerate(sheet.columns, start=1):
        style_header(made.cell(row=1, column=index), column.kind)
        letter = get_column_letter(index)
        made.column_dimensions[letter].width = column.width
        if column.kind == "status":
            for rule in tone_rules():
                made.conditional_formatting.add(f"{letter}2:{letter}{last}", rule)
        if column.kind in PERSON:
            made.add_data_validation(_validation(column, f"{letter}2:{letter}{last}"))
    made.conditional_formatting.add(f"A2:{get_column_letter(len(sheet.columns))}{last}", line_rule())
    if sheet.printed:
        made.print_area = f"A1:{get_column_letter(sheet.printed)}{last}"
    made.row_dimensions[1].height = _HEADER_HEIGHT
    made.sheet_format.defaultRowHeight = _ROW_HEIGHT
    made.sheet_format.customHeight = True
    made.freeze_panes = "C2"
    made.sheet_properties.tabColor = NAVY
    made.sheet_view.zoomScale = 90
    _add_table(made, sheet, f"{sheet.table}{'' if part == 1 else part}", last, number)
    return made


def _add_table(made: Worksheet, sheet: Sheet, name: str, last: int, number: int) -> None:
    reference = f"A1:{get_column_letter(len(sheet.columns))}{last}"
    table = Table(displayName=name, ref=reference, id=number)
    # Its columns are given here: else openpyxl makes every cell of the table to read the headers.
    table.tableColumns = [
        TableColumn(id=index, name=column.header) for index, column in enumerate(sheet.columns, start=1)
    ]
    table.autoFilter = AutoFilter(ref=reference)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    made.add_table(table)


def _validation(column: Column, cells: str) -> DataValidation:
    if column.field == "reason":
        check = DataValidation(type="list", formula1=f'"{",".join(REASONS)}"', allow_blank=True)
        check.prompt = "Why this is not done yet: choose one"
    elif column.field == "planned_date":
        check = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
        check.prompt = "When it will be done: a date"
    else:
        check = DataValidation(
            type="textLength", operator="lessThanOrEqual", formula1=str(_LONGEST_JUSTIFICATION), allow_blank=True
        )
        check.prompt = f"In your words, at most {_LONGEST_JUSTIFICATION} characters"
    check.promptTitle = column.header
    check.errorTitle = column.header
    check.error = check.prompt
    check.add(cells)
    return check


def column_writers(book: Workbook, sheet: Sheet) -> list[Writer]:
    """Register the styles of a sheet's columns with the workbook, and give a cell writer for each column."""
    scratch = book.create_sheet()
    writers = []
    for index, column in enumerate(sheet.columns, start=1):
        plain, quoted = scratch.cell(row=1, column=index), scratch.cell(row=2, column=index)
        style_value(plain, column.kind)
        style_value(quoted, column.kind, quoted=True)
        letter, kind = get_column_letter(index), column.kind
        writers.append(Writer(letter, plain.style_id, quoted.style_id, blank=kind in PERSON))
    book.remove(scratch)
    return writers


def set_print(made: Worksheet, assessment: Assessment, *, repeat_header: bool) -> None:
    """Landscape, as wide as a page, the marking and the page number on each."""
    made.page_setup.orientation = "landscape"
    made.page_setup.paperSize = made.PAPERSIZE_LETTER
    made.page_setup.fitToWidth = 1
    made.page_setup.fitToHeight = 0
    made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    made.page_margins.left = made.page_margins.right = 0.4
    made.page_margins.top = made.page_margins.bottom = 0.75
    made.page_margins.header = made.page_margins.footer = 0.35
    if repeat_header:
        made.print_title_rows = "1:1"
    made.oddHeader = HeaderFooterItem(center=_HeaderFooterPart(text=_literal(assessment.system.marking) or None))
    made.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(text=_literal(assessment.system.name) or None),
        center=_HeaderFooterPart(text="&A"),
        right=_HeaderFooterPart(text="Page &P of &N"),
    )


def _literal(text: str) -> str:
    return visible(text)[:80].replace("&", "&&")
