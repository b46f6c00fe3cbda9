"""The rows of each sheet, by the field names that report_templates/workbook.toml uses."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from collector.model import Assessment, CheckCount, ControlResult, Document, Finding, Gap, SourceCoverage, Window
from collector.reports.patching import in_days as _days
from collector.reports.patching import name_of
from collector.reports.remarks import controls_by_check, controls_of
from collector.reports.words import HOURS_PER_DAY, STATUS, VERDICT
from collector.reports.workbook_buildpacks import buildpacks
from collector.reports.workbook_cells import Value
from collector.reports.workbook_month import exceptions, held_cells, month, trend
from collector.reports.workbook_platform import attestations, patches, stemcells

Row = Mapping[str, Value]


def actions(assessment: Assessment) -> Iterator[Row]:
    """One row per thing to do, then one per thing that the month closed.

    Three columns are for a person; they hold what was written there in the earlier workbook.
    """
    controls = controls_by_check(assessment)
    told = [("waived" if action.waived_by else "open", action) for action in assessment.actions]
    for status, action in (*told, *(("closed", action) for action in assessment.closed)):
        yield {
            "status": status,
            "name": name_of(action.subject),
            "org": action.org,
            "space": action.space,
            "production": "yes" if action.production else "no",
            "owner": action.owner,
            "over_days": _days(action.over_hours),
            "what": action.what,
            "command": action.command,
            "before": action.before,
            "after": action.after,
            "reason": action.remark.reason,
            "planned_date": _planned(action.remark.planned),
            "justification": action.remark.justification,
            "controls": ", ".join(controls_of(action, controls)),
            "checks": ", ".join(action.checks),
            "waived_by": action.waived_by,
            "guid": action.subject.guid,
        }


def _planned(typed: str) -> Value:
    """The date as a date, so that it is sorted as one; anything else as it was typed."""
    try:
        return datetime.combine(date.fromisoformat(typed), time(tzinfo=UTC))
    except ValueError:
        return typed


def applications(assessment: Assessment) -> Iterator[Row]:
    """One row per app."""
    for line in assessment.applications:
        subject = line.subject
        yield {
            "status": STATUS[line.status],
            "name": subject.name,
            "org": subject.org,
            "space": subject.space,
            "environment": line.environment,
            "staged_at": line.staged_at,
            "age_days": _days(line.age_hours),
            "over_days": _days(line.over_hours),
            "buildpack": line.buildpack,
            "has": line.has,
            "latest": line.latest,
            "stack": line.stack,
            "owner": line.owner,
            "flags": ", ".join(line.flags),
            "detail": line.detail,
            "next_step": line.next_step,
            "kind": line.kind,
            "state": line.state,
            "age_hours": line.age_hours,
            "over_hours": line.over_hours,
            "staged_at_source": line.staged_at_source,
            "guid": subject.guid,
            "droplet": line.droplet,
            "evidence": line.evidence[0] if line.evidence else None,
            "further_evidence": max(0, len(line.evidence) - 1),
            **held_cells(assessment, line),
        }


def controls(assessment: Assessment) -> Iterator[Row]:
    """One row per control and check; a control that has no check stands alone."""
    for control in assessment.controls:
        for count in control.checks or (None,):
            yield _control(control) | (_count(count, assessment.checks) if count else {})


def _control(control: ControlResult) -> dict[str, Value]:
    return {
        "control": control.id,
        "title": control.title,
        "status": VERDICT[control.status],
        "tested": control.objectives_tested,
        "total": control.objectives_total,
        "customer": VERDICT[control.parts["customer"]] if "customer" in control.parts else None,
        "provider": VERDICT[control.parts["provider"]] if "provider" in control.parts else None,
    }


def _count(count: CheckCount, sentences: Mapping[str, str]) -> dict[str, Value]:
    return {
        "check": count.id,
        "sentence": sentences.get(count.id),
        "role": count.role,
        "window": count.window,
        "passed": count.passed,
        "fail": count.fail,
        "unknown": count.unknown,
        "not_applicable": count.not_applicable,
        "waived": count.waived,
    }


def objectives(assessment: Assessment) -> Iterator[Row]:
    """One row per objective."""
    for control in assessment.controls:
        for finding in control.objectives:
            yield {
                "control": control.id,
                "objective": finding.id,
                "status": VERDICT[finding.status],
                "method": _method(finding),
                "part": finding.part,
                "text": finding.text,
                "checks": ", ".join(finding.checks),
                "reason": finding.reason,
                "human": finding.human,
            }


def _method(finding: Finding) -> str:
    if finding.status == "inherited":
        return "inherited"
    return "for a human" if finding.status == "not-tested" else "tested here"


def parameters(assessment: Assessment) -> Iterator[Row]:
    """One row per organization-defined parameter, then one per window."""
    for control in assessment.controls:
        for parameter in control.parameters:
            yield {
                "kind": "parameter (ODP)",
                "control": control.id,
                "name": parameter.id,
                "text": parameter.text,
                "value": parameter.value or "not set",
                "authority": parameter.authority,
                "date": parameter.date,
            }
    for window in assessment.windows.values():
        yield _window(window)


def _window(window: Window) -> Row:
    limit = window.limit_hours
    return {
        "kind": "window",
        "name": window.name,
        "text": window.citation,
        "value": "a date of its own per subject" if limit is None else f"{limit / HOURS_PER_DAY:g} days",
        "authority": window.authority,
        "use": window.kind,
        "origin": "set in the settings" if window.overridden else "shipped",
        "limit_hours": limit,
        "expected_hours": window.expected_hours,
        "attributed_to": window.attributed_to,
    }


def coverage(assessment: Assessment) -> Iterator[Row]:
    """One row per source and gap; a source without gaps stands alone. The spaces follow."""
    for source in assessment.coverage.sources:
        for gap in source.gaps or (None,):
            yield _source(source) | (_gap(gap) if gap else {})
    for space in assessment.coverage.missing_spaces:
        yield {"source": "space", "status": "missing", "what": space, "reason": "declared, but not visible"}
    for space in assessment.coverage.spaces:
        yield {"source": "space", "status": "seen", "what": space}


def _source(source: SourceCoverage) -> dict[str, Value]:
    return {
        "source": source.name,
        "status": source.status,
        "requests": source.requests,
        "documents": source.documents,
        "skew": source.clock_skew_seconds,
    }


def _gap(gap: Gap) -> dict[str, Value]:
    return {
        "what": gap.what,
        "reason": gap.reason,
        "http_status": gap.http_status,
        "subjects": len(gap.subjects),
        "subject": gap.subjects[0] if gap.subjects else None,
    }


def manifest(assessment: Assessment) -> Iterator[Row]:
    """One row per snapshot, input and document."""
    for snapshot in assessment.snapshots:
        yield {
            "kind": "snapshot",
            "name": snapshot.id,
            "retrieved_at": snapshot.taken_at,
            "sha256": snapshot.sha256,
        }
    for name, digest in assessment.inputs.items():
        yield {"kind": "input", "name": name, "sha256": digest.removeprefix("sha256:")}
    yield from map(_document, assessment.documents)


def _document(document: Document) -> Row:
    return {
        "kind": "document",
        "source": document.source,
        "name": document.what,
        "asked": f"{document.path}?{urlencode(document.query)}" if document.query else document.path,
        "retrieved_at": document.retrieved_at,
        "status": document.status,
        "size": document.size,
        "sha256": document.sha256,
        "file": document.file,
        "request_id": document.request_id,
    }


ROWS: Final[Mapping[str, Callable[[Assessment], Iterator[Row]]]] = MappingProxyType(
    {
        "Action plan": actions,
        "Applications": applications,
        "Buildpacks": buildpacks,
        "Patches": patches,
        "Stemcells": stemcells,
        "Attestations": attestations,
        "Month": month,
        "Exceptions": exceptions,
        "Trend": trend,
        "Controls": controls,
        "Objectives": objectives,
        "Parameters": parameters,
        "Coverage": coverage,
        "Manifest": manifest,
    }
)
