"""assessment.json: the machine-readable answer, also what `-f json` prints."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import msgspec

from collector.model import Assessment, CheckCount, ControlResult, Coverage, Observation, SourceCoverage, Window
from collector.reports import month_json, platform_json
from collector.reports.context import Context
from collector.reports.patching import observed

SCHEMA: Final = "cf-evidence/assessment/1"
_encode = msgspec.json.Encoder().encode


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:  # noqa: ARG001 - every report takes three
    """Write the answer, one observation a line, without holding it in memory."""
    out.writelines(chunks(assessment))


def to_json(assessment: Assessment) -> bytes:
    """Give the whole answer as bytes."""
    return b"".join(chunks(assessment))


def chunks(assessment: Assessment) -> Iterator[bytes]:
    """Give the answer piece by piece: one key a line, one control and one observation a line."""
    yield b"{"
    for key, value in _head(assessment).items():
        yield _encode(key) + b": " + _encode(value) + b",\n "
    yield b'"controls": ['
    yield from _lines(map(_control, assessment.controls))
    yield b'],\n "observations": ['
    yield from _lines(map(_observation, assessment.observations))
    if observed(assessment):
        yield from _platform(assessment)
    if assessment.risks:
        yield b'],\n "exceptions": ['
        yield from _lines(map(month_json.exception, assessment.risks))
    yield b"]"
    if assessment.month is not None:
        yield b',\n "month": ' + _encode(month_json.month(assessment))
    yield b"}\n"


def _platform(assessment: Assessment) -> Iterator[bytes]:
    """Give what is added where the platform was asked about; the last list is left open, as the observations are."""
    yield b'],\n "patches": ['
    yield from _lines(map(platform_json.patch, assessment.patches))
    yield b'],\n "stemcells": ['
    yield from _lines(map(platform_json.stemcell, assessment.stemcells))
    yield b'],\n "stages": ['
    yield from _lines(map(platform_json.figures, assessment.stages))
    yield b'],\n "attestations": ['
    yield from _lines(map(platform_json.attestation, assessment.attested))


def _lines(values: Iterable[object]) -> Iterator[bytes]:
    separator = b"\n  "
    for value in values:
        yield separator + _encode(value)
        separator = b",\n  "


def _head(assessment: Assessment) -> dict[str, Any]:
    system = assessment.system
    return {
        "schema": SCHEMA,
        "tool": {"name": assessment.tool, "version": assessment.version},
        "system": {"id": system.id, "name": system.name, "scope": system.scope},
        "foundation": assessment.foundation,
        "as_of": assessment.as_of,
        "period": assessment.period,
        "snapshots": assessment.snapshots,
        "coverage": _coverage(assessment.coverage),
        "windows": {name: _window(window) for name, window in assessment.windows.items()},
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "complete": coverage.complete,
        "spaces": coverage.spaces,
        "sources": [_source(source) for source in coverage.sources],
        "apps": coverage.apps,
    }


def _source(source: SourceCoverage) -> dict[str, Any]:
    return {
        "name": source.name,
        "status": source.status,
        "requests": source.requests,
        "documents": source.documents,
        "gaps": source.gaps,
    }


def _window(window: Window) -> dict[str, Any]:
    return {
        "limit_hours": window.limit_hours,
        "expected_hours": window.expected_hours,
        "kind": window.kind,
        "authority": window.authority,
        "citation": window.citation,
        "overridden": window.overridden,
    }


def _control(control: ControlResult) -> dict[str, Any]:
    return {
        "id": control.id,
        "status": control.status,
        "objectives_tested": control.objectives_tested,
        "objectives_total": control.objectives_total,
        "parts": control.parts,
        "objectives": [{"id": each.id, "status": each.status, "checks": each.checks} for each in control.objectives],
        "checks": [_check(count) for count in control.checks],
    }


def _check(count: CheckCount) -> Mapping[str, Any]:
    return {
        "id": count.id,
        "role": count.role,
        "window": count.window,
        "pass": count.passed,
        "fail": count.fail,
        "unknown": count.unknown,
        "not_applicable": count.not_applicable,
        "waived": count.waived,
    }


def _observation(seen: Observation) -> Mapping[str, Any]:
    """Show an observation; the words on what is wrong stand only where the status is not pass."""
    shown: dict[str, Any] = {
        "check": seen.check,
        "subject": seen.subject,
        "status": seen.status,
        "waived_by": seen.waived_by,
        "window": seen.window,
        "measured": platform_json.measured(seen.measured),
    }
    if seen.status != "pass":
        shown |= {"over_hours": seen.over_hours, "detail": seen.detail, "next_step": seen.next_step}
    shown["evidence"] = seen.evidence
    return shown
