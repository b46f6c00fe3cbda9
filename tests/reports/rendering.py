"""How the tests make and read a report."""

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from collector.model import Assessment
from collector.reports import REPORTS
from collector.reports.context import Context

ROOT = Path(__file__).parents[2]


def render(name: str, assessment: Assessment, **context: Any) -> bytes:
    out = BytesIO()
    REPORTS[name].write(assessment, out, Context(**context))
    return out.getvalue()


def book(assessment: Assessment) -> Workbook:
    return load_workbook(BytesIO(render("workbook", assessment)))


def table(sheet: Any) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]
