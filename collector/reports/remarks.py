"""What people wrote into an earlier workbook's action plan: read back, and carried on to the same thing to do."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import msgspec
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from collector.errors import UsageError
from collector.model import Action, Assessment, Remark, Subject
from collector.reports.patching import name_of
from collector.reports.workbook_cells import cell_text

SHEET: Final = "Action plan"
# By the header of its column; what a person fills in, and by what a row is known again.
_WRITTEN: Final = {"Reason": "reason", "Planned date": "planned", "Justification": "justification"}
_KNOWN: Final = ("Controls", "App", "app_guid")
# A workbook of 50,000 actions unpacks to a tenth of this; a few bytes that unpack to more are no workbook of ours.
_MOST_BYTES: Final = 1 << 30

Remarks = Mapping[tuple[str, str], Remark]
"""By control and subject: an app's guid, or the name that the sheet shows of a stemcell or a notice."""


def read_remarks(file: BinaryIO) -> Remarks:
    """The remarks of a workbook that this tool made and a person filled in; raises `UsageError` for anything else."""
    hint = "name an evidence.xlsx that this tool made"
    try:
        with ZipFile(file) as packed:
            if sum(member.file_size for member in packed.infolist()) > _MOST_BYTES:
                raise UsageError("the earlier workbook unpacks to more than 1 GiB", hint=hint)
        book = load_workbook(file, read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.title == SHEET or sheet.title.startswith(f"{SHEET} ")]
        return {key: remark for sheet in sheets for key, remark in _of_sheet(sheet)}
    except (BadZipFile, KeyError, ValueError, ParseError, OSError, EOFError) as error:
        raise UsageError(f"the earlier workbook cannot be read: {error}", hint=hint) from error


def _of_sheet(sheet: Worksheet) -> Iterator[tuple[tuple[str, str], Remark]]:
    rows = sheet.iter_rows(values_only=True)
    names = {str(name): number for number, name in enumerate(next(rows, ())) if name is not None}
    missing = [name for name in (*_KNOWN, *_WRITTEN) if name not in names]
    if missing:
        raise ValueError(f"its sheet {sheet.title} has no column {missing[0]!r}")
    for row in rows:
        cells = {name: _text(row[number]) if number < len(row) else "" for name, number in names.items()}
        remark = Remark(**{field: cells[name] for name, field in _WRITTEN.items()})
        if remark != Remark():
            for control in filter(None, (part.strip() for part in cells["Controls"].split(","))):
                yield (control, cells["app_guid"] or cells["App"]), remark


def _text(value: object) -> str:
    """A cell as text: a date without its midnight, whatever the program that stored it made of it."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def with_remarks(assessment: Assessment, remarks: Remarks, digest: str) -> Assessment:
    """The assessment with each remark beside the thing to do that it was written about.

    A remark follows its subject for as long as one of the controls that it was flagged for still flags it. `digest` is
    that of the workbook, which is one more input.
    """
    controls = controls_by_check(assessment)

    def carried(action: Action) -> Action:
        keys = ((control, _key(action.subject)) for control in controls_of(action, controls))
        remark = next((remarks[key] for key in keys if key in remarks), None)
        return action if remark is None else msgspec.structs.replace(action, remark=remark)

    return msgspec.structs.replace(
        assessment,
        actions=tuple(map(carried, assessment.actions)),
        closed=tuple(map(carried, assessment.closed)),
        inputs={**assessment.inputs, "previous workbook": digest},
    )


def _key(subject: Subject) -> str:
    return subject.guid or cell_text(name_of(subject))


def controls_by_check(assessment: Assessment) -> Mapping[str, tuple[str, ...]]:
    """The controls that each check counts for."""
    found: dict[str, list[str]] = {}
    for control in assessment.controls:
        for name in dict.fromkeys(count.id for count in control.checks):
            found.setdefault(name, []).append(control.id)
    return {name: tuple(ids) for name, ids in found.items()}


def controls_of(action: Action, controls: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The controls for which an action is flagged, in the order of the assessment."""
    return tuple(dict.fromkeys(control for check in action.checks for control in controls.get(check, ())))
