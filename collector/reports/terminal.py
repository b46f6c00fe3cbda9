"""The answer on a terminal, and as plain lines where there is none.

On a terminal: one screen, the worst apps first. Elsewhere: one line a fact, unwrapped, uncoloured, nothing left out of
what is flagged or not assessed, so that grep and a log keep all of it.
"""

from collections.abc import Iterator
from typing import Final

from collector.model import Action, ApplicationLine, Assessment, PatchLine, SourceCoverage, StemcellLine
from collector.reports.month_words import age_held, held_words, month_lines, period_line, worst
from collector.reports.patching import (
    answer_lines,
    day_of,
    latency_days,
    live_in,
    statements,
    title_of,
    worst_patches,
    worst_stemcells,
)
from collector.reports.text import visible
from collector.reports.words import STATUS, days

# rich is slow to load: only what is drawn needs it.

NEXT_COMMANDS: Final = 5
GAPS: Final = 10


def render(assessment: Assessment, *, width: int | None, color: bool) -> Iterator[str]:
    """Give the answer line by line, without line ends; `width` None is not a terminal.

    `color` says whether a terminal gets colours; plain lines never have any.
    """
    if width is None:
        return _plain(assessment)
    from collector.reports.terminal_screen import draw  # noqa: PLC0415 - see above

    return draw(assessment, width=width, color=color)


def _plain(assessment: Assessment) -> Iterator[str]:
    yield from map(visible, head(assessment))
    yield from (application(line, month_of(assessment, line)) for line in worst(assessment))
    yield from map(patch, worst_patches(assessment))
    yield from map(stemcell, worst_stemcells(assessment))
    yield from map(visible, statements(assessment))
    yield from gap_lines(assessment, limit=None)
    for action in to_do(assessment):
        # A command names what it is about.
        yield visible(f"next: {action.command or f'{title_of(action.subject)}: {action.what}'}")


def head(assessment: Assessment) -> Iterator[str]:
    """Give the first lines: the month, what was not looked at, whom this speaks for, each control, and the answer."""
    yield from first(assessment)
    if assessment.scope_note:
        yield assessment.scope_note
    for control in assessment.controls:
        yield control.sentence
    yield from answer_lines(assessment)
    yield from month_lines(assessment)
    taken = ", ".join(f"{each.taken_at:%Y-%m-%d %H:%M} UTC" for each in assessment.snapshots[:1])
    read = f", read {taken}" if taken else ""
    yield f"{assessment.foundation}{read}, as of {assessment.as_of:%Y-%m-%d %H:%M} UTC"


def first(assessment: Assessment) -> Iterator[str]:
    """Give what stands above everything: the month, and what was not looked at in it."""
    if period_line(assessment):
        yield period_line(assessment)
    yield from assessment.heartbeat


def month_of(assessment: Assessment, line: ApplicationLine) -> str:
    """How an app was held over the month, in words; "" where there is no month, or it was inside all the time."""
    held = age_held(assessment, line.subject)
    return held_words(held) if held is not None else ""


def to_do(assessment: Assessment) -> list[Action]:
    """Give what is still to be done."""
    return [action for action in assessment.actions if action.waived_by is None]


def application(line: ApplicationLine, month: str = "") -> str:
    """One app as one line, its status first; fields are two spaces apart, and empty ones left out.

    `month` says how it was held over the month.
    """
    versions = f"{line.buildpack} {line.has}".strip()
    behind = f"{versions}, latest {line.latest}" if line.latest and line.latest != line.has else versions
    fields = (
        f"{STATUS[line.status]}:",
        line.subject.label,
        "" if line.staged_at is None else f"last staged {line.staged_at:%Y-%m-%d}",
        "" if line.age_hours is None else f"{days(line.age_hours)} days ago",
        month or ("" if line.over_hours is None else f"{days(line.over_hours)} days outside"),
        behind,
        f"flagged by {', '.join(line.flags)}" if line.flags else line.detail,
        f"owner {line.owner}" if line.owner else "",
    )
    return visible("  ".join(filter(None, fields)))


def patch(line: PatchLine) -> str:
    """One notice as one line, as an app is."""
    production = day_of(line.stages, "production")
    fields = (
        f"{STATUS[line.status]}:",
        f"notice {line.subject.name}",
        f"fixed in {line.line}/{line.fixed_in}" if line.fixed_in else line.line,
        f"published {day_of(line.stages, 'published')}" if line.stages.get("published") else "",
        f"in production by {production}" if production else "not in production" if "total" in line.open else "",
        f"{latency_days(line, 'total')} days" if "total" in line.hours else "",
        "" if line.over_hours is None else f"{days(line.over_hours)} days outside",
        f"held by {line.held_by}" if line.held_by else "",
        f"flagged by {', '.join(line.flags)}" if line.flags else line.detail,
    )
    return visible("  ".join(filter(None, fields)))


def stemcell(line: StemcellLine) -> str:
    """One stemcell in one deployment as one line."""
    stage, latency = live_in(line)
    fields = (
        f"{STATUS[line.status]}:",
        f"stemcell {title_of(line.subject)}",
        line.state,
        f"released {day_of(line.stages, 'released')}" if line.stages.get("released") else "",
        f"{latency_days(line, latency)} days to {stage}" if latency in line.hours else "",
        "" if line.over_hours is None else f"{days(line.over_hours)} days outside",
        f"flagged by {', '.join(line.flags)}" if line.flags else line.detail,
    )
    return visible("  ".join(filter(None, fields)))


def gap_lines(assessment: Assessment, *, limit: int | None) -> Iterator[str]:
    """Give what was not read, at most `limit` lines of it and how many more there are."""
    lines = [
        *(f"not visible: space {space}" for space in assessment.coverage.missing_spaces),
        *(line for source in assessment.coverage.sources for line in _gaps(source)),
    ]
    yield from map(visible, lines[:limit])
    if limit is not None and len(lines) > limit:
        yield f"and {len(lines) - limit:,} more: use -f json"


def _gaps(source: SourceCoverage) -> Iterator[str]:
    for gap in source.gaps:
        yield f"not read: {source.name} {gap.what}: {gap.reason}"
