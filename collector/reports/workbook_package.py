"""The last pass over the workbook's zip: rows streamed in, fixed dates, alt text; the same input is the same bytes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from math import ceil
from typing import BinaryIO, Final
from xml.etree.ElementTree import canonicalize
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from collector.reports.workbook_cells import Value, Writer
from collector.reports.workbook_layout import Column

ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_FILLED: Final = 0.85  # of a wrapped line, on average, by words
_LINE_POINTS: Final = 15
_MOST_LINES: Final = 10
_ROWS_A_WRITE: Final = 500
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_DATA: Final = re.compile(rb"(<sheetData>.*?)(</sheetData>)", re.DOTALL)
_DIMENSION: Final = re.compile(rb'<dimension ref="[^"]*"></dimension>')
_STAMP: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(?=<)")
_DRAWN: Final = re.compile(rb'(<(?:\w+:)?cNvPr id="\d+" name="Chart (\d+)")')

Rows = Iterator[str]


def sheet_rows(rows: Iterable[Mapping[str, Value]], columns: Sequence[Column], writers: Sequence[Writer]) -> Rows:
    """Each row as XML, from row 2 on."""
    cells = [(column.field, writer.cell) for column, writer in zip(columns, writers, strict=True)]
    wrapped = [(column.field, column.width * _FILLED) for column in columns if column.kind == "wrap"]
    for number, row in enumerate(rows, start=2):
        body = "".join([cell(number, row.get(field)) for field, cell in cells])
        yield f'<row r="{number}"{_height(row, wrapped)}>{body}</row>'


def _height(row: Mapping[str, Value], wrapped: Sequence[tuple[str, float]]) -> str:
    """Not every program makes room for wrapped text when it opens a file, so a row of several lines says its height."""
    lines = 1
    for field, width in wrapped:
        value = row.get(field)
        if isinstance(value, str):
            lines = max(lines, ceil(len(value) / width))
    return f' ht="{min(lines, _MOST_LINES) * _LINE_POINTS + 4}" customHeight="1"' if lines > 1 else ""


def finish(
    shell: BytesIO, out: BinaryIO, rows: Mapping[str, Rows], *, stamp: datetime, alt_texts: Sequence[str]
) -> None:
    """Copy the shell to `out`; `rows` maps sheet members to their rows, `stamp` is when it says it was made.

    All charts are in one drawing; `alt_texts` are theirs, in the order in which they were added.
    """
    made = stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with ZipFile(shell) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for member in source.namelist():
            # openpyxl serializes otherwise where lxml is installed: the canonical form is one.
            data = _DECLARATION + canonicalize(source.read(member).decode()).encode()
            info = ZipInfo(member, ZIP_DATE)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            if member in rows:
                _stream(target, info, data, rows[member])
                continue
            if member == "docProps/core.xml":
                data = _STAMP.sub(lambda found: found[1] + made, data)
            elif member.startswith("xl/drawings/drawing"):
                data = _DRAWN.sub(lambda found: _described(found, alt_texts), data)
            target.writestr(info, data)


def _described(found: re.Match[bytes], alt_texts: Sequence[str]) -> bytes:
    return found[1] + b" descr=" + quoteattr(alt_texts[int(found[2]) - 1]).encode()


def _stream(target: ZipFile, info: ZipInfo, sheet: bytes, rows: Rows) -> None:
    # The dimension is optional, and the shell's speaks of the header alone.
    head, tail = _split(_DIMENSION.sub(b"", sheet))
    with target.open(info, "w", force_zip64=True) as member:
        member.write(head)
        batch: list[str] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _ROWS_A_WRITE:
                member.write("".join(batch).encode())
                batch.clear()
        member.write("".join(batch).encode())
        member.write(tail)


def _split(sheet: bytes) -> tuple[bytes, bytes]:
    found = _SHEET_DATA.search(sheet)
    if found is None:
        raise ValueError("a sheet without data")
    return sheet[: found.end(1)], sheet[found.start(2) :]
