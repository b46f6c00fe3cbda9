"""summary.md: the answer on one screen, also for the summary of a CI job, which is dropped whole above 1 MiB."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, Final

from collector.model import ApplicationLine, Assessment, PatchLine, StageFigures, StemcellLine
from collector.reports.context import Context
from collector.reports.patching import (
    LATENCIES,
    latency_days,
    live_in,
    observed,
    statements,
    worst_patches,
    worst_stemcells,
)
from collector.reports.text import cut, markdown_code, markdown_text
from collector.reports.words import MARK, STATUS, VERDICT, days

MOST_ROWS: Final = 200
_LONGEST_TEXT: Final = 300


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:  # noqa: ARG001 - every report takes three
    """Write the summary."""
    out.writelines(f"{line}\n".encode() for line in _lines(assessment))


def _lines(assessment: Assessment) -> Iterator[str]:
    yield f"# {_text(assessment.system.name or assessment.system.id)}: patch evidence"
    yield ""
    if assessment.scope_note:
        yield f"*{_text(assessment.scope_note)}*"
        yield ""
    yield f"**{_text(assessment.answer)}**"
    yield ""
    when = f"{_text(assessment.period)}, as of" if assessment.period else "As of"
    yield f"{when} {assessment.as_of:%Y-%m-%d %H:%M} UTC · {markdown_code(assessment.foundation)}"
    yield ""
    yield "## Controls"
    yield ""
    yield from _table(("Result", "Control", "What may be said"), _controls(assessment))
    yield ""
    yield "## Applications"
    yield ""
    yield from _applications(assessment)
    yield ""
    if observed(assessment):
        yield from _platform(assessment)
    yield "## Coverage"
    yield ""
    yield from _coverage(assessment)


def _controls(assessment: Assessment) -> Iterator[tuple[str, ...]]:
    for control in assessment.controls:
        result = f"{MARK[control.status]} {VERDICT[control.status]}"
        yield result, f"{_text(control.id)} {_text(control.title)}", _text(control.sentence)


def _applications(assessment: Assessment) -> Iterator[str]:
    open_lines = [line for line in assessment.applications if line.flags or line.status in {"fail", "unknown"}]
    if not open_lines:
        yield "No application is outside its window or left unassessed."
        return
    header = ("Status", "App", "Org / space", "Age (days)", "Days outside", "Buildpack", "Detail")
    yield from _table(header, map(_application, open_lines[:MOST_ROWS]))
    if len(open_lines) > MOST_ROWS:
        yield ""
        yield f"{MOST_ROWS:,} of {len(open_lines):,} are shown; all of them are in observations.csv and evidence.xlsx."


def _application(line: ApplicationLine) -> tuple[str, ...]:
    subject = line.subject
    versions = " → ".join(filter(None, (line.has, line.latest if line.latest != line.has else "")))
    return (
        f"{MARK[line.status]} {STATUS[line.status]}",
        markdown_code(subject.name),
        markdown_code(f"{subject.org} / {subject.space}"),
        "" if line.age_hours is None else days(line.age_hours),
        "" if line.over_hours is None else days(line.over_hours),
        _text(f"{line.buildpack} {versions}".strip()),
        _text(line.detail),
    )


def _platform(assessment: Assessment) -> Iterator[str]:
    yield "## Patches of the platform"
    yield ""
    if assessment.patch_sentence:
        yield f"**{_text(assessment.patch_sentence)}**"
        yield ""
    if assessment.stages:
        header = ("Stage", "Measured", "Inside", "Open", "Not known", "p50 (days)", "p90 (days)", "Longest (days)")
        yield from _table(header, map(_stage, assessment.stages))
        yield ""
    yield from _worst(
        ("Status", "Notice", "Title", "Fixed in", "Days in all", "Days outside", "Held by", "Detail"),
        [_patch(line) for line in worst_patches(assessment)],
        "No notice is flagged or left unassessed.",
    )
    yield from _worst(
        ("Status", "Stemcell", "Where", "State", "Days to live", "Days outside", "Detail"),
        [_stemcell(line) for line in worst_stemcells(assessment)],
        "No stemcell is flagged or left unassessed.",
    )
    for said in islice(statements(assessment), MOST_ROWS):
        yield f"- {_text(said)}"
    if assessment.attested:
        yield ""


def _worst(header: tuple[str, ...], rows: list[tuple[str, ...]], none: str) -> Iterator[str]:
    if rows:
        yield from _table(header, rows[:MOST_ROWS])
    else:
        yield none
    if len(rows) > MOST_ROWS:
        yield ""
        yield f"{MOST_ROWS:,} of {len(rows):,} are shown; all of them are in observations.csv and evidence.xlsx."
    yield ""


def _stage(stage: StageFigures) -> tuple[str, ...]:
    hours = (stage.p50, stage.p90, stage.most)
    return (
        _text(LATENCIES.get(stage.name, stage.name)),
        f"{stage.measured:,}",
        f"{stage.inside:,}" if stage.window else "",
        f"{stage.open:,}",
        f"{stage.unknown:,}",
        *("" if each is None else days(each) for each in hours),
    )


def _patch(line: PatchLine) -> tuple[str, ...]:
    return (
        f"{MARK[line.status]} {STATUS[line.status]}",
        markdown_code(line.subject.name),
        _text(line.title),
        _text(f"{line.line}/{line.fixed_in}" if line.fixed_in else line.line),
        latency_days(line, "total"),
        "" if line.over_hours is None else days(line.over_hours),
        _text(line.held_by),
        _text(line.detail),
    )


def _stemcell(line: StemcellLine) -> tuple[str, ...]:
    subject = line.subject
    return (
        f"{MARK[line.status]} {STATUS[line.status]}",
        markdown_code(subject.name),
        markdown_code(" ".join(filter(None, (subject.environment, subject.deployment)))),
        _text(line.state),
        latency_days(line, live_in(line)[1]),
        "" if line.over_hours is None else days(line.over_hours),
        _text(line.detail),
    )


def _coverage(assessment: Assessment) -> Iterator[str]:
    coverage = assessment.coverage
    yield "The evidence is complete." if coverage.complete else "**The evidence is incomplete.**"
    yield ""
    gaps = [(source.name, gap) for source in coverage.sources for gap in source.gaps]
    for name, gap in gaps[:MOST_ROWS]:
        yield f"- {_text(name)}: {_text(gap.what)} was not read: {_text(gap.reason)}"
    if len(gaps) > MOST_ROWS:
        yield f"- and {len(gaps) - MOST_ROWS:,} more, in assessment.json"
    for space in coverage.missing_spaces[:MOST_ROWS]:
        yield f"- space {markdown_code(space)} is declared, but not visible"
    apps = coverage.apps
    counts = f"{apps.assessed:,} assessed, {apps.unknown:,} not assessed, {apps.not_applicable:,} not applicable"
    yield f"- {apps.visible:,} apps seen: {counts}"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _text(text: str) -> str:
    return markdown_text(cut(text, _LONGEST_TEXT))
