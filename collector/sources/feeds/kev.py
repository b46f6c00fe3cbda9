"""The catalog of known exploited vulnerabilities (CISA KEV): until which day each has to be remediated."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from collector.model import Exploited, Gap
from collector.sources.feeds.reading import Found, Paper, convert, decoder
from collector.sources.feeds.times import day

SOURCE = "exploited"


class Catalog(msgspec.Struct, frozen=True):
    """The catalog; its rows are read one by one, so that one bad row costs no other."""

    vulnerabilities: list[Any]


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """A vulnerability."""

    cve: str = msgspec.field(name="cveID")
    due_date: str = ""
    date_added: str = ""


CATALOG: Callable[[bytes], Catalog] = decoder(Catalog)


def exploited(papers: Iterable[Paper]) -> Found:
    """Every entry once, the earliest due date where documents differ."""
    rows: dict[str, Exploited] = {}
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        usable += 1
        for number, value in enumerate(CATALOG(paper.body).vulnerabilities, 1):
            row = convert(value, Row)
            due = day(row.due_date) if row else None
            if row is None or due is None:
                name = _cve(value) or f"row {number}"
                reason = f"{name} has no due date that can be read"
                gaps[name] = Gap(what=SOURCE, reason=reason, subjects=(name,))
                continue
            entry = Exploited(cve=row.cve, due=due, added=day(row.date_added), document=paper.digest)
            known = rows.get(row.cve, entry)
            rows[row.cve] = min(known, entry, key=lambda entry: (entry.due, entry.document))
    return Found(list(rows.values()), list(gaps.values()), usable)


def _cve(value: object) -> str:
    name = value.get("cveID") if isinstance(value, dict) else None
    return name[:40] if isinstance(name, str) else ""
