"""How the workbook looks: one palette, safe for colour-blind readers, and never colour alone."""

from collections.abc import Iterator
from typing import Final, Literal

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle

from collector.reports.workbook_layout import PERSON, Kind

FONT: Final = "Calibri"
BLUE: Final = "0072B2"
ORANGE: Final = "D55E00"
GREY: Final = "767676"
INK: Final = "1B1B1B"
MUTED: Final = "565C65"
NAVY: Final = "12344D"
LINE: Final = "D5DAE0"
# Text on tint; each pair has a contrast of 5.9 or more.
TINTS: Final = {
    "bad": ("A23A00", "FDEEE4"),
    "unsure": ("6B4C00", "FDF6DC"),
    "good": ("00538A", "E8F3FB"),
    "aside": ("51565C", "EFEFEF"),
}
TONES: Final = {
    "flagged": "bad",
    "not satisfied": "bad",
    "failed": "bad",
    "missing": "bad",
    "open": "bad",
    "not assessed": "unsure",
    "partial": "unsure",
    "waived": "unsure",
    "within window": "good",
    "satisfied": "good",
    "complete": "good",
    "closed": "good",
    "seen": "good",
    "not applicable": "aside",
    "not tested": "aside",
    "inherited": "aside",
}
_INSTANT: Final = "yyyy-mm-dd hh:mm:ss"
_FORMATS: Final = {"number": "#,##0.0", "integer": "#,##0", "date": _INSTANT, "day": "yyyy-mm-dd"}
_INPUT_TINT: Final = "FFFBE6"


def fill(colour: str) -> PatternFill:
    """A plain fill."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def style_header(cell: Cell | MergedCell, kind: Kind = "text") -> None:
    """Bold and filled by its own: LibreOffice draws no table styles."""
    cell.font = Font(name=FONT, size=11, bold=True, color="FFFFFF")
    cell.fill = fill(NAVY)
    cell.alignment = Alignment(vertical="center", horizontal=_side(kind), wrap_text=True, indent=1)


def style_value(cell: Cell | MergedCell, kind: Kind, *, quoted: bool = False) -> None:
    """Style one value cell of a table."""
    mono = kind == "key"
    cell.font = Font(name="Consolas" if mono else FONT, size=9 if mono else 11, color=MUTED if mono else INK)
    cell.alignment = Alignment(
        vertical="top",
        horizontal=_side(kind),
        indent=1,
        wrap_text=kind in {"wrap", *PERSON},
    )
    cell.number_format = _FORMATS.get(kind, "General")
    if kind == "status":
        cell.font = Font(name=FONT, size=11, bold=True, color=INK)
    if kind in PERSON:
        cell.fill = fill(_INPUT_TINT)
        cell.protection = Protection(locked=False)
    if quoted:
        cell.quotePrefix = True


def _side(kind: Kind) -> Literal["left", "right"]:
    return "right" if kind in {"number", "integer"} else "left"


def style_tone(cell: Cell, word: str) -> None:
    """Colour one status cell for good, outside a table."""
    text, tint = TINTS[TONES.get(word, "aside")]
    cell.font = Font(name=FONT, size=11, bold=True, color=text)
    cell.fill = fill(tint)


def tone_rules() -> Iterator[Rule]:
    """Colour a status cell by its word, so that the colour follows when a person changes the word."""
    for word, tone in TONES.items():
        text, tint = TINTS[tone]
        look = DifferentialStyle(font=Font(color=text, bold=True), fill=PatternFill(bgColor=tint))
        yield Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=look)


def line_rule() -> Rule:
    """Draw a line below every row of a table, its empty cells too, without writing those."""
    look = DifferentialStyle(border=Border(bottom=Side(style="thin", color=LINE)))
    return Rule(type="expression", formula=["TRUE"], dxf=look)
