"""The months of a system side by side, as a table, JSON or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from collector.model import Figures
from collector.reports.text import csv_text, visible

SCHEMA: Final = "cf-evidence/trend/1"
_HEAD: Final = ("month", "name", "by", "group", "subjects", "inside", "unknown", "p50_hours", "p90_hours", "max_hours")


def by(rows: Iterable[Figures], wanted: str | None) -> list[Figures]:
    """The figures of all subjects, or those of each group of one kind."""
    return [row for row in rows if row.by == (wanted or "")]


def lines(rows: Sequence[Figures]) -> Iterator[str]:
    """One line for each measure and month; days, with the share inside."""
    if not rows:
        yield "no month in the store has figures"
    width = max((len(_name(row)) for row in rows), default=0)
    for row in sorted(rows, key=lambda row: (row.name, row.group, row.month)):
        judged = row.subjects - row.unknown
        share = f"{100 * row.inside // judged} %" if judged else "–"
        unknown = f", {row.unknown} not known" if row.unknown else ""
        yield (
            f"{row.month}  {_name(row):<{width}}  {row.inside} of {judged} inside ({share}){unknown}"
            f"  p50 {_days(row.p50)}  p90 {_days(row.p90)}  max {_days(row.most)}"
        )


def json_of(rows: Iterable[Figures]) -> bytes:
    """All figures, in hours; what is not known is null."""
    figures = [dict(zip(_HEAD, _values(row), strict=True)) for row in rows]
    return msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "figures": figures}), indent=1) + b"\n"


def csv_of(rows: Iterable[Figures]) -> bytes:
    """One row each, safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for row in rows:
        writer.writerow([csv_text(cell) if isinstance(cell, str) else cell for cell in _values(row)])
    return out.getvalue().encode("utf-8-sig")


def _values(row: Figures) -> tuple[str | int | float | None, ...]:
    """In the order of the columns."""
    numbers = (row.subjects, row.inside, row.unknown, row.p50, row.p90, row.most)
    return row.month, row.name, row.by, row.group, *numbers


def _name(row: Figures) -> str:
    return visible(f"{row.name} {row.group}".strip())


def _days(hours: float | None) -> str:
    return "–" if hours is None else f"{hours / 24:.1f} d"
