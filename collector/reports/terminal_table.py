"""A table for a terminal of a given width: columns are left out before anything is squeezed or folded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rich.text import Text

_WIDE_FROM: Final = 100
_GAP: Final = "  "

Cells = Mapping[str, Text]


class Columns(NamedTuple):
    """The columns of one table; `numbers` stand to the right.

    Those of `shortest` may be shortened to so many cells, what is compared may not. `left_out_first` are left out in
    that order where there is no room; those of `wide_only` always, below 100 cells.
    """

    names: tuple[str, ...]
    numbers: frozenset[str]
    shortest: Mapping[str, int]
    left_out_first: tuple[str, ...]
    wide_only: frozenset[str]


def table(columns: Columns, rows: Sequence[Cells], width: int) -> Iterator[Text]:
    """Give the header and each row."""
    widths = _widths(columns, rows, width)
    header = {name: Text(name, style="bold") for name in widths}
    for row in (header, *rows):
        yield Text(_GAP).join(_fit(row[name], size, right=name in columns.numbers) for name, size in widths.items())


def _fit(cell: Text, size: int, *, right: bool) -> Text:
    fitted = cell.copy()
    fitted.truncate(size, overflow="ellipsis")
    missing = size - fitted.cell_len
    if right:
        fitted.pad_left(missing)
    else:
        fitted.pad_right(missing)
    return fitted


def _widths(columns: Columns, rows: Sequence[Cells], width: int) -> dict[str, int]:
    """Give the columns that fit, each with its width in cells."""
    natural = {name: max([len(name), *(row[name].cell_len for row in rows)]) for name in columns.names}
    least = {name: min(size, columns.shortest.get(name, size)) for name, size in natural.items()}
    for name in columns.left_out_first:
        too_wide = _total(least) > width
        if too_wide or (name in columns.wide_only and width < _WIDE_FROM):
            del natural[name], least[name]
    room = width - _total(least)
    for name, size in least.items():
        more = min(room, natural[name] - size)
        least[name] += max(more, 0)
        room -= max(more, 0)
    return least


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)
