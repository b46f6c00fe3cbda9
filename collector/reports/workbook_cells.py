"""One value as one cell of sheet XML: text stays text, whatever it says."""

import re
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

from collector.reports.text import is_formula, visible

Value = str | int | float | datetime | None

MAX_TEXT: Final = 32_767
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones; every header says UTC
_DAY: Final = 86_400
# As many digits as a cell can hold: not every program rounds what it shows, and 06:30:00 must not read 06:29:59.
_DIGITS: Final = 11
# Excel reads _x0041_ as A: the first underscore of such a word is written as its own code.
_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def cell_text(text: str) -> str:
    """Text as a cell may hold it: control characters visible, what is too long cut, and both said."""
    shown = visible(text)
    if _units(shown) <= MAX_TEXT:
        return shown
    note = f" … [cut here: {len(text)} characters, all of them in assessment.json]"
    room = MAX_TEXT - len(note)
    # Excel counts UTF-16 units; decoding drops half a pair at the cut.
    return shown.encode("utf-16-le")[: room * 2].decode("utf-16-le", errors="ignore") + note


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def serial(instant: datetime) -> float:
    """Convert an aware instant to a spreadsheet's day number in UTC, to the second."""
    whole = instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return round((whole - _EPOCH).total_seconds() / _DAY, _DIGITS)


def _number(value: float) -> float:
    """Round as spreadsheets do: they show 15 digits, so a tail like 14.739999999999998 would differ between readers."""
    return value if isinstance(value, int) else round(value, 6)


def text_xml(text: str) -> str:
    """Text as the inline string of a cell."""
    shown = _ESCAPE.sub("_x005F_", cell_text(text))
    return f'<is><t xml:space="preserve">{escape(shown)}</t></is>'


class Writer:
    """Writes the cells of one column; `style` is the plain style, `quoted` the one that keeps `=…` text when edited."""

    def __init__(self, letter: str, style: int, quoted: int, *, blank: bool) -> None:
        self._letter = letter
        self._blank = blank
        self._plain = f's="{style}"'
        self._quoted = f's="{quoted}"'

    def cell(self, row: int, value: Value) -> str:
        """One cell; nothing for a value that is not there, unless the blank is for a person to fill in."""
        if value is None or value == "":
            return f'<c r="{self._letter}{row}" {self._plain}/>' if self._blank else ""
        if isinstance(value, str):
            style = self._quoted if is_formula(value) else self._plain
            return f'<c r="{self._letter}{row}" {style} t="inlineStr">{text_xml(value)}</c>'
        number = serial(value) if isinstance(value, datetime) else _number(value)
        return f'<c r="{self._letter}{row}" {self._plain}><v>{number}</v></c>'
