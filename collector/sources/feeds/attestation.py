"""What an operator states without a director or a scanner: one CSV or TOML file, examined and never a test.

A CSV file has a header row with these columns; a TOML file has one `[[statement]]` table with these keys per statement,
and those marked * may stand once at its top instead. Columns without a value may be left out.

| column       | value                                                                                     |
|--------------|-------------------------------------------------------------------------------------------|
| kind         | `stemcell-deployed` or `image-scanned`                                                    |
| author*      | who states it, by name and function                                                       |
| party*       | `assessed` (the party that is assessed) or `independent`                                  |
| written*     | the day on which it was written                                                           |
| period_from* | first day of the period that it covers                                                    |
| period_to*   | last day of that period                                                                   |
| expires*     | last day (UTC) on which it may be relied on                                               |
| at           | since when, or when scanned: an instant with Z or an offset; a day is its first instant, UTC |
| environment  | of a stemcell: `production`, `staging`, …                                                 |
| deployment   | of a stemcell: the BOSH deployment that runs on it                                        |
| line         | of a stemcell: `ubuntu-jammy`, `ubuntu-jammy-fips`, …                                     |
| version      | of a stemcell: `1.943`                                                                    |
| image        | of a scan: a digest `sha256:…`, or a reference with one                                   |
| reference    | optional: where the original lies (ticket, change record, scan report)                    |

Days are YYYY-MM-DD. Values are never guessed: a statement with a key that is not listed here, or a value that is
missing, cannot be read or contradicts another, is left out whole, and named as a gap.
"""

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal, NamedTuple

import msgspec

from collector.errors import Malformed
from collector.model import Attested, Gap
from collector.sources.feeds.reading import Found, Paper, text_of
from collector.sources.feeds.stemcells import normal, version_key
from collector.sources.feeds.times import day, instant

SOURCE = "attestation"
KEYS = tuple(field.name for field in msgspec.structs.fields(Attested) if field.name != "document")
SHARED = ("author", "party", "written", "period_from", "period_to", "expires")
_NEEDED = ("kind", *SHARED, "at")
_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "stemcell-deployed": ("environment", "deployment", "line", "version"),
    "image-scanned": ("image",),
}
_PARTIES = ("assessed", "independent")
_TOML = re.compile(r"(?:\s*(?:#[^\n]*)?\n)*\s*(?:\[|[A-Za-z_-]+\s*=)")
_LINE = re.compile(r"[a-z0-9][a-z0-9.-]*")
_DIGEST = re.compile(r"(?:[^\s@]+@)?sha256:[0-9a-f]{64}")
_MOST_TEXT = 2000


class Statement(NamedTuple):
    """One statement as it stands in the file, under the name by which a gap calls it."""

    name: str
    values: Mapping[str, Any]


class UnreadableError(ValueError):
    """What is wrong with a statement."""


def attested(papers: Iterable[Paper]) -> Found:
    """Every statement that holds together; each other one is a gap."""
    rows: set[Attested] = set()
    gaps = []
    usable = 0
    for paper in papers:
        try:
            statements = list(_statements(text_of(paper.body)))
        except (Malformed, UnreadableError, csv.Error, tomllib.TOMLDecodeError, RecursionError) as error:
            gaps.append(Gap(what=SOURCE, reason=f"the attestation file cannot be read: {str(error)[:160]}"))
            continue
        usable += 1
        for statement in statements:
            try:
                rows.add(_attested(statement.values, paper.digest))
            except UnreadableError as error:
                reason = f"{statement.name} is left out: {error}"
                gaps.append(Gap(what=SOURCE, reason=reason, subjects=(statement.name,)))
    return Found(list(rows), gaps, usable)


def _statements(text: str) -> Iterator[Statement]:
    """The statements of a file, told apart by its content."""
    return _of_toml(text) if _TOML.match(text) else _of_csv(text)


def _of_csv(text: str) -> Iterator[Statement]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    _known(header)
    if len(set(header)) != len(header):
        raise UnreadableError("a column stands twice")
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise UnreadableError(f"no column {missing[0]}")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        name = f"row {reader.line_num}"
        # More cells than columns: a comma that was not quoted, so no cell is sure to stand in its column.
        values = dict(zip(header, map(str.strip, cells), strict=False))
        yield Statement(name, values if len(cells) <= len(header) else {"": ""})


def _of_toml(text: str) -> Iterator[Statement]:
    top = tomllib.loads(text)
    tables = top.pop("statement", [])
    wrong = [name for name in top if name not in SHARED]
    if wrong or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UnreadableError(f"{wrong[0] if wrong else 'statement'} cannot stand at the top of the file")
    for number, table in enumerate(tables, 1):
        yield Statement(f"statement {number}", {**top, **table})


def _known(names: Iterable[str]) -> None:
    for name in names:
        if name not in KEYS:
            raise UnreadableError(f"there is no column {name[:40] or '(empty)'}; it must be one of {', '.join(KEYS)}")


def _attested(values: Mapping[str, Any], digest: str) -> Attested:
    """One statement; raises `UnreadableError`, naming the column."""
    if "" in values:
        raise UnreadableError("it has more cells than there are columns")
    _known(values)
    kind = _kind(_text(values, "kind"))
    for name in (*_NEEDED, *_BY_KIND[kind]):
        if not _text(values, name):
            raise UnreadableError(f"{name} is missing")
    for name in {*_BY_KIND["stemcell-deployed"], *_BY_KIND["image-scanned"]} - {*_BY_KIND[kind]}:
        if _text(values, name):
            raise UnreadableError(f"{name} does not belong to {kind}")
    row = Attested(
        kind=kind,
        author=_text(values, "author"),
        party=_matching(values, "party", lambda text: text in _PARTIES, f"is not one of {', '.join(_PARTIES)}"),
        written=_day(values, "written"),
        period_from=_day(values, "period_from"),
        period_to=_day(values, "period_to"),
        expires=_day(values, "expires"),
        at=_at(values),
        environment=_text(values, "environment"),
        deployment=_text(values, "deployment"),
        line=_matching(values, "line", lambda text: not text or _LINE.fullmatch(text), "is no line of stemcells"),
        version=normal(_matching(values, "version", lambda text: not text or version_key(text), "is no version")),
        image=_matching(values, "image", lambda text: not text or _DIGEST.fullmatch(text), "names no sha256 digest"),
        reference=_text(values, "reference"),
        document=digest,
    )
    _holds_together(row)
    return row


def _holds_together(row: Attested) -> None:
    if row.expires < row.written:
        raise UnreadableError("expires lies before written")
    if row.period_to < row.period_from:
        raise UnreadableError("period_to lies before period_from")
    if not row.period_from <= row.at.date() <= row.period_to:
        raise UnreadableError("at lies outside the period")


def _kind(text: str) -> Literal["stemcell-deployed", "image-scanned"]:
    if text == "stemcell-deployed":
        return "stemcell-deployed"
    if text == "image-scanned":
        return "image-scanned"
    raise UnreadableError(f"kind is not one of {', '.join(_BY_KIND)}" if text else "kind is missing")


def _text(values: Mapping[str, Any], name: str) -> str:
    """A value as text: TOML's own dates and times are written out, other kinds are none."""
    value = values.get(name, "")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        raise UnreadableError(f"{name} is no text")
    text = value.strip()
    if len(text) > _MOST_TEXT or not text.isprintable():
        raise UnreadableError(f"{name} is too long, or holds a character that cannot be printed")
    return text


def _matching(values: Mapping[str, Any], name: str, sound: Callable[[str], object], wrong: str) -> str:
    text = _text(values, name)
    if not sound(text):
        raise UnreadableError(f"{name} {wrong}: {text[:60]}")
    return text


def _day(values: Mapping[str, Any], name: str) -> date:
    found = day(_text(values, name))
    if found is None:
        raise UnreadableError(f"{name} is no day like 2026-11-23")
    return found


def _at(values: Mapping[str, Any]) -> datetime:
    text = _text(values, "at")
    first = day(text)
    found = datetime.combine(first, time(), UTC) if first else instant(text)
    if found is None:
        raise UnreadableError("at is no instant with Z or an offset, and no day")
    return found
