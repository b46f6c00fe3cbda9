"""summary.md: the answer on one screen, also for the summary of a CI job, which is dropped whole above 1 MiB."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, Final

from collector.model import ApplicationLine, Assessment, Figures, PatchLine, RiskLine, StageFigures, StemcellLine
from collector.reports.context import Context
from collector.reports.month_words import (
    MEASURES,
    age_held,
    end_words,
    items_line,
    number,
    ordered_risks,
    period_line,
    since_control,
    since_line,
    worst,
)
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
    yield from _first(assessment)
    if assessment.scope_note:
        yield f"*{_text(assessment.scope_note)}*"
        yield ""
    yield f"**{markdown_text(assessment.answer)}**"
    yield ""
    when = f"{_text(assessment.period)}, as of" if assessment.period else "As of"
    yield f"{when} {assessment.as_of:%Y-%m-%d %H:%M} UTC · {markdown_code(assessment.foundation)}"
    yield ""
    yield "## Controls"
    yield ""
    compared = assessment.month is not None and assessment.month.previous is not None
    header = ("Result", "Control", "What may be said", *(("Since last month",) if compared else ()))
    yield from _table(header, _controls(assessment, compared=compared))
    yield ""
    yield from _month(assessment)
    yield "## Applications"
    yield ""
    yield from _applications(assessment)
    yield ""
    if observed(assessment):
        yield from _platform(assessment)
    yield "## Coverage"
    yield ""
    yield from _coverage(assessment)


def _first(assessment: Assessment) -> Iterator[str]:
    """Give the month, and what was not looked at in it, before any answer."""
    if period_line(assessment):
        yield f"**{_text(period_line(assessment))}**"
        yield ""
    for said in assessment.heartbeat[:MOST_ROWS]:
        yield f"> ⚠ **{_text(said)}**"
        yield ">"
    if assessment.heartbeat:
        yield ""


def _month(assessment: Assessment) -> Iterator[str]:
    """Give what is new since last month, the accepted risks, and the trend."""
    told = [line for line in (since_line(assessment), items_line(assessment)) if line]
    if told:
        yield "## Since last month"
        yield ""
        yield from (f"- {_text(line)}" for line in told)
        yield ""
    figures = [row for row in assessment.figures if not row.by]
    if figures:
        yield "## Trend"
        yield ""
        header = ("Month", "Measure", "Inside", "Not known", "p50 (days)", "p90 (days)", "Longest (days)")
        yield from _table(header, map(_figures, figures[-MOST_ROWS:]))
        yield ""
    if assessment.risks:
        yield "## Accepted risks"
        yield ""
        heads = ("Exception", "State", "Covers", "Until", "Accepts", "Approver", "Ticket", "Remarks")
        yield from _table(heads, map(_risk, ordered_risks(assessment)[:MOST_ROWS]))
        yield ""


def _figures(row: Figures) -> tuple[str, ...]:
    hours = (row.p50, row.p90, row.most)
    return (
        row.month,
        MEASURES.get(row.name, row.name),
        f"{row.inside:,} of {row.subjects - row.unknown:,}",
        f"{row.unknown:,}",
        *("" if each is None else days(each) for each in hours),
    )


def _risk(line: RiskLine) -> tuple[str, ...]:
    risk = line.risk
    return (
        markdown_code(risk.id),
        line.state,
        markdown_code(risk.app or risk.stemcell),
        risk.expires.isoformat(),
        f"{line.waives:,}",
        _text(risk.approver),
        _text(risk.ticket),
        _text("; ".join(line.notes)),
    )


def _controls(assessment: Assessment, *, compared: bool) -> Iterator[tuple[str, ...]]:
    for control in assessment.controls:
        result = f"{MARK[control.status]} {VERDICT[control.status]}"
        change = (since_control(assessment, control),) if compared else ()
        yield result, f"{_text(control.id)} {_text(control.title)}", _text(control.sentence), *change


def _applications(assessment: Assessment) -> Iterator[str]:
    open_lines = worst(assessment)
    if not open_lines:
        yield "No application is outside its window or left unassessed."
        return
    header = ("Status", "App", "Org / space", "Age (days)", "Days outside", "Buildpack", "Detail")
    shown = open_lines[:MOST_ROWS]
    if assessment.month is None:
        yield from _table(header, map(_application, shown))
    else:
        rows = ((*_application(line), *_held(assessment, line)) for line in shown)
        yield from _table((*header, "Hours outside", "Hours not known", "At the end of the month"), rows)
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


def _held(assessment: Assessment, line: ApplicationLine) -> tuple[str, ...]:
    held = age_held(assessment, line.subject)
    if held is None:
        return "", "", ""
    return (
        number(held.outside) if held.breaches else "",
        number(held.unknown) if held.unknown else "",
        end_words(held),
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
