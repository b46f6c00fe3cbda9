"""How the tests of the workbooks with fixed headers read one."""

import shutil
import subprocess
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

Row = dict[str, Any]
_SOFFICE = shutil.which("soffice") or ""


def headers(data: bytes, sheet: str, row: int, first: int = 1) -> list[Any]:
    """The texts of a header row, from a column on."""
    made = load_workbook(BytesIO(data))[sheet]
    return [cell.value for cell in made[row][first - 1 :]]


def rows(data: bytes, sheet: str, header_row: int) -> list[Row]:
    """The rows below a header row, by header; of two columns with one text the last."""
    made = load_workbook(BytesIO(data))[sheet]
    head = [cell.value for cell in made[header_row]]
    below = made.iter_rows(min_row=header_row + 1, values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in below]


def by_openpyxl(data: bytes, sheet: str) -> list[list[Any]]:
    """Every cell of a sheet, nothing as None, a day as such."""
    return _plain(load_workbook(BytesIO(data))[sheet].iter_rows(values_only=True))


def by_calamine(data: bytes, sheet: str) -> list[list[Any]]:
    """Likewise, by a reader of another hand."""
    made = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name(sheet)
    return _plain(made.to_python(skip_empty_area=False))


def by_pandas(data: bytes, sheet: str) -> list[list[Any]]:
    """Likewise, as a data frame."""
    frame = pd.read_excel(
        BytesIO(data), sheet_name=sheet, header=None, dtype=object, keep_default_na=False, engine="openpyxl"
    )
    return _plain(frame.to_numpy().tolist())


def _plain(grid: Any) -> list[list[Any]]:
    """One notion of nothing and of days for all readers, without what is empty below and on the right."""
    found = [[_value(value) for value in row] for row in grid]
    while found and not any(found[-1]):
        found.pop()
    width = max((index for row in found for index, value in enumerate(row, start=1) if value is not None), default=0)
    return [row[:width] for row in found]


def _value(value: Any) -> Any:
    if value is None or value == "" or value is pd.NaT:
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else str(value)


def converted(folder: Path, data: bytes, sheet: str) -> str:
    """A sheet as LibreOffice reads it, as CSV; a skip where there is none."""
    if not _SOFFICE:
        pytest.skip("LibreOffice (soffice) is not installed")
    (folder / "form.xlsx").write_bytes(data)
    subprocess.run(
        [
            _SOFFICE,
            "--headless",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            # Field separator, text delimiter, UTF-8, from line 1, …, and -1: every sheet to a file of its own.
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
            "--outdir",
            str(folder),
            str(folder / "form.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return (folder / f"form-{sheet}.csv").read_text(encoding="utf-8")
