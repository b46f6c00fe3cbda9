"""Foreign text made harmless: names come from anyone who may push an app."""

import re
from typing import Final

# Controls, line separators, marks that reorder what is read, and what XML cannot hold.
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#!|<>&~$@^])")
_BACKTICKS: Final = re.compile("`+")
_PICTURES: Final = 0x2400
_DELETE: Final = 0x7F


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "␡" if code == _DELETE else f"⟨U+{code:04X}⟩"


def visible(text: str) -> str:
    """Show what could not be seen: a control character as its picture (␇), a reordering mark as its number."""
    return _INVISIBLE.sub(_picture, text)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would calculate this text instead of showing it."""
    return text.startswith(_FORMULA_STARTS)


def csv_text(text: str) -> str:
    """Text for a CSV cell: a leading `'` where a spreadsheet would otherwise see a formula."""
    return visible(f"'{text}" if is_formula(text) else text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something is left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def markdown_text(text: str) -> str:
    """Text for Markdown: every character that could mean something is escaped."""
    return _MARKDOWN.sub(r"\\\1", visible(text))


def markdown_fence(text: str, least: int = 3) -> str:
    """More backticks than any run in the text has."""
    return "`" * max(least, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))


def markdown_code(text: str, limit: int = 120) -> str:
    """A name for a Markdown table, as code: no markup, link or mention inside it comes to life."""
    shown = cut(visible(text), limit).replace("|", "\\|")
    if not shown:
        return ""
    fence = markdown_fence(shown, least=1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
