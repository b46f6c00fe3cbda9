"""The months of one system or of several side by side, as a table, JSON or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from collector.model import Figures
from collector.reports.text import csv_text, visible

SCHEMA: Final = "cf-evidence/trend/1"
_HEAD: Final = (
    "system", "month", "name", "by", "group", "subjects", "inside", "unknown", "p50_hours", "p90_hours", "max_hours",
)  # fmt: skip


class Row(NamedTuple):
    """One measure of one system."""

    system: str
    figures: Figures


def by(rows: Iterable[Row], wanted: str | None) -> list[Row]:
    """The figures of all subjects, or those of each group of one kind."""
    return [row for row in rows if row.figures.by == (wanted or "")]


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """One line for each measure and month; days, with the share inside. The system only where there are several."""
    if not rows:
        yield "no month in the store has figures"
    several = len({row.system for row in rows}) > 1
    named = [(_name(row, several=several), row.figures) for row in rows]
    width = max((len(name) for name, _ in named), default=0)
    for name, row in sorted(named, key=lambda entry: (entry[0], entry[1].month)):
        judged = row.subjects - row.unknown
        share = f"{100 * row.inside // judged} %" if judged else "–"
        unknown = f", {row.unknown} not known" if row.unknown else ""
        yield (
            f"{row.month}  {name:<{width}}  {row.inside} of {judged} inside ({share}){unknown}"
            f"  p50 {_days(row.p50)}  p90 {_days(row.p90)}  max {_days(row.most)}"
        )


def json_of(rows: Iterable[Row]) -> bytes:
    """All figures, in hours; what is not known is null."""
    figures = [dict(zip(_HEAD, _values(row), strict=True)) for row in rows]
    return msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "figures": figures}), indent=1) + b"\n"


def csv_of(rows: Iterable[Row]) -> bytes:
    """One row each, safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for row in rows:
        writer.writerow([csv_text(cell) if isinstance(cell, str) else cell for cell in _values(row)])
    return out.getvalue().encode("utf-8-sig")


def _values(entry: Row) -> tuple[str | int | float | None, ...]:
    """In the order of the columns."""
    row = entry.figures
    numbers = (row.subjects, row.inside, row.unknown, row.p50, row.p90, row.most)
    return entry.system, row.month, row.name, row.by, row.group, *numbers


def _name(row: Row, *, several: bool) -> str:
    name = f"{row.figures.name} {row.figures.group}".strip()
    return visible(f"{row.system}: {name}" if several else name)


def _days(hours: float | None) -> str:
    return "–" if hours is None else f"{hours / 24:.1f} d"
