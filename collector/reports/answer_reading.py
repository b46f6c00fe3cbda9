"""Reading an answer of `-f json` back, as far as two of them are compared."""

from collections.abc import Mapping
from typing import Final

import msgspec

from collector.assessment.comparing import Run, Seen, key_of
from collector.errors import IntegrityError
from collector.model import Status, Subject

SCHEMA: Final = "cf-evidence/assessment/1"


class _Window(msgspec.Struct, frozen=True):
    limit_hours: float | None = None


class _Observation(msgspec.Struct, frozen=True):
    check: str
    subject: Subject
    status: Status
    window: str | None = None


class _Coverage(msgspec.Struct, frozen=True):
    complete: bool


class _Answer(msgspec.Struct, frozen=True):
    schema: str
    tool: dict[str, str]
    coverage: _Coverage
    windows: Mapping[str, _Window]
    observations: tuple[_Observation, ...]


def read_run(body: bytes) -> Run:
    """What is compared of an assessment.json; raises `IntegrityError` for anything else."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"no assessment.json of ours: {error}", hint="name a folder of reports") from error
    if answer.schema != SCHEMA:
        raise IntegrityError(f"an assessment of another schema: {answer.schema}", hint=f"this version reads {SCHEMA}")
    return Run(
        schema=answer.schema,
        tool=" ".join(answer.tool.values()),
        seen={
            (row.check, key_of(row.subject)): Seen(subject=row.subject, status=row.status)
            for row in answer.observations
        },
        windows={name: row.limit_hours for name, row in answer.windows.items()},
        window_of={row.check: row.window for row in answer.observations if row.window},
        complete=answer.coverage.complete,
    )
