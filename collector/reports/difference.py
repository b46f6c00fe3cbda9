"""The differences between two runs, as a table, JSON or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from collector.model import Difference
from collector.reports.month_json import difference
from collector.reports.text import csv_text, visible

SCHEMA: Final = "cf-evidence/difference/1"
_HEAD: Final = ("kind", "check", "subject", "before", "after", "months", "reason")


def lines(rows: Sequence[Difference], doubts: Iterable[str] = ()) -> Iterator[str]:
    """One line each, the sums first; `doubts` say what else may stand behind a difference."""
    yield from (f"note: {doubt}" for doubt in doubts)
    counts = [(kind, sum(row.kind == kind for row in rows)) for kind in dict.fromkeys(row.kind for row in rows)]
    yield ", ".join(f"{number} {kind}" for kind, number in counts) or "no difference"
    for row in rows:
        months = f", {row.months} months" if row.months > 1 else ""
        why = f" ({row.reason})" if row.reason else ""
        yield f"{row.kind}{months}: {row.check}: {visible(_subject(row))}: {row.before} → {row.after}{why}"


def json_of(rows: Iterable[Difference], doubts: Iterable[str] = ()) -> bytes:
    """All differences, in their order."""
    value = {"schema": SCHEMA, "doubts": list(doubts), "differences": list(map(difference, rows))}
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def csv_of(rows: Iterable[Difference]) -> bytes:
    """One row each, safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for row in rows:
        cells = (row.kind, row.check, _subject(row), row.before, row.after, str(row.months or ""), row.reason)
        writer.writerow([csv_text(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _subject(row: Difference) -> str:
    where = "/".join(part for part in (row.subject.environment, row.subject.deployment) if part)
    label = row.subject.label or row.subject.guid
    return f"{label} in {where}" if where else label
