"""The reports of an assessment, each measured beside a floor that writes as much without any care.

Every measurement is a process of its own, which replays and assesses a snapshot first; only the writing is timed.
"""

import argparse
import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment
from openpyxl import Workbook

from collector.model import Assessment
from collector.reports import REPORTS
from collector.reports.context import Context
from collector.reports.workbook import sheets_of
from collector.reports.workbook_rows import ROWS
from collector.resources import TEMPLATES
from collector.run import replay
from collector.settings import load as load_settings
from tests.bench.subject import assessed, peak_mb, timed

_FLAT = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>apps</title></head><body><table>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></body></html>"""
_CELLS = 12


def report(name: str) -> Callable[[Assessment], int]:
    """The tool's own writer; gives the size of what it wrote."""

    def write(assessment: Assessment) -> int:
        out = io.BytesIO()
        REPORTS[name].write(assessment, out, Context())
        return out.tell()

    return write


def bare_workbook(assessment: Assessment) -> int:
    """The same cells by openpyxl's write-only mode: no style, no table, no check, no chart."""
    book = Workbook(write_only=True)
    for sheet in sheets_of(assessment, TEMPLATES):
        made = book.create_sheet(sheet.name)
        made.append([column.header for column in sheet.columns])
        fields = [column.field for column in sheet.columns]
        for row in ROWS[sheet.name](assessment):
            # It knows no zones.
            made.append([_naive(row.get(field)) for field in fields])
    out = io.BytesIO()
    book.save(out)
    return out.tell()


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def flat_page(assessment: Assessment) -> int:
    """One table of all applications, escaped and rendered by jinja2 at once."""
    template = Environment(autoescape=True).from_string(_FLAT)
    rows = [
        (
            line.status, line.subject.name, line.subject.org, line.subject.space, line.staged_at, line.age_hours,
            line.over_hours, line.buildpack, line.has, line.latest, line.stack, line.owner,
        )
        for line in assessment.applications
    ]  # fmt: skip
    return len(template.render(rows=rows).encode())


def bare_dicts(assessment: Assessment) -> int:
    """One dict for each observation with two stable uuids, three props, a subject and its evidence; then json.dumps."""
    space = uuid.UUID(int=0)
    rows = [
        {
            "uuid": str(uuid.uuid5(space, f"{seen.check}/{seen.subject.guid}")),
            "description": seen.detail or seen.check,
            "props": [
                {"name": name, "value": value, "ns": "https://example.gov"}
                for name, value in (("check", seen.check), ("status", seen.status), ("window", seen.window or "none"))
            ],
            "methods": ["TEST"],
            "subjects": [{"subject-uuid": str(uuid.uuid5(space, seen.subject.guid)), "type": "inventory-item"}],
            "relevant-evidence": [{"href": f"#{name}"} for name in seen.evidence],
            "collected": assessment.as_of.isoformat(),
        }
        for seen in assessment.observations
    ]
    return len(json.dumps({"observations": rows}).encode())


WRITERS: dict[str, Callable[[Assessment], int]] = {
    "workbook": report("workbook"),
    "bare-workbook": bare_workbook,
    "webpage": report("webpage"),
    "flat-page": flat_page,
    "oscal": report("assessment-results"),
    "bare-dicts": bare_dicts,
}


def main() -> None:
    """One measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=WRITERS)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    snapshot, facts = replay(given.folder)
    settings = load_settings(flags={}, environment={}, config=None, here=given.folder, user_dir=given.folder)
    assessment = assessed(snapshot, facts, settings)
    before = peak_mb()
    size, cost = timed(lambda: WRITERS[given.what](assessment))
    told = {"size": size, "growth": peak_mb() - before, "peak": peak_mb(), "observations": len(assessment.observations)}
    print(json.dumps({**cost._asdict(), **told}))


if __name__ == "__main__":
    main()
