"""The answer drawn for a terminal of a given width."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

from collector.model import Action, ApplicationLine, Assessment, PatchLine, Status, StemcellLine
from collector.reports.month_words import age_held, end_words, month_lines, worst
from collector.reports.month_words import number as hours_of
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
from collector.reports.terminal import GAPS, NEXT_COMMANDS, first, gap_lines, to_do
from collector.reports.terminal_table import Cells, Columns, table
from collector.reports.text import cut, visible
from collector.reports.words import MARK, STATUS, days

APPS: Final = 20
_GAP: Final = "  "
_APPS: Final = Columns(
    names=("Status", "App", "Org / space", "Last staged", "Age", "Over", "Buildpack", "Has", "Latest", "Owner"),
    numbers=frozenset({"Age", "Over"}),
    shortest={"App": 12, "Org / space": 14, "Buildpack": 9, "Owner": 10},
    left_out_first=("Owner", "Latest", "Has", "Buildpack", "Last staged", "Org / space"),
    wide_only=frozenset({"Owner"}),
)
# Of a month, how long each was outside in it, and when it was inside again.
_APPS_OF_MONTH: Final = Columns(
    names=("Status", "App", "Org / space", "Age", "Hours out", "Not known", "Month's end", "Buildpack", "Has", "Owner"),
    numbers=frozenset({"Age", "Hours out", "Not known"}),
    shortest={"App": 12, "Org / space": 14, "Buildpack": 9, "Owner": 10},
    left_out_first=("Owner", "Has", "Buildpack", "Org / space", "Age", "Not known"),
    wide_only=frozenset({"Owner"}),
)
_PATCHES: Final = Columns(
    names=("Status", "OS patch", "Fixed in", "Published", "In production", "Days", "Over", "Held by", "Title"),
    numbers=frozenset({"Days", "Over"}),
    shortest={"OS patch": 12, "Title": 10},
    left_out_first=("Title", "Held by", "Published", "Fixed in", "In production"),
    wide_only=frozenset({"Title", "Held by"}),
)
_STEMCELLS: Final = Columns(
    names=("Status", "Stemcell", "Where", "State", "Released", "Live", "Days", "Over"),
    numbers=frozenset({"Days", "Over"}),
    shortest={"Stemcell": 12, "Where": 12},
    left_out_first=("Released", "Live", "State", "Where"),
    wide_only=frozenset({"Released"}),
)
_LONGEST_NAME: Final = 200
_STYLES: Final[Mapping[str, str]] = {
    "fail": "bold dark_orange3",
    "not-satisfied": "bold dark_orange3",
    "unknown": "bold yellow",
    "not-assessed": "bold yellow",
    "pass": "bold blue",
    "satisfied": "bold blue",
}


def draw(assessment: Assessment, *, width: int, color: bool) -> Iterator[str]:
    """Give the screen line by line."""
    for part in _parts(assessment, width):
        yield from _lines(part, width=width, color=color)


def _lines(part: Text, *, width: int, color: bool) -> Iterator[str]:
    # Everything that rich would ask of the environment is said here.
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="256" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(part, soft_wrap=bool(part.no_wrap))
    yield from (line.rstrip() for line in captured.get().split("\n")[:-1])


def _parts(assessment: Assessment, width: int) -> Iterator[Text]:
    for place, said in enumerate(first(assessment)):
        yield _text(said, "bold" if place == 0 and assessment.month else "bold yellow")
    if assessment.scope_note:
        yield _text(assessment.scope_note, "italic")
    for control in assessment.controls:
        line = Text(f"{MARK[control.status]} ", style=_STYLES.get(control.status, "dim"))
        line.append(visible(control.sentence), style="bold")
        title = f"   {visible(control.title)}"
        yield line.append(title if line.cell_len + len(title) <= width else "", style="dim")
    yield Text()
    yield from (_text(line, "bold") for line in answer_lines(assessment))
    yield _text(_when(assessment), "dim")
    yield from (_text(line, "") for line in _few(list(month_lines(assessment))))
    apps = worst(assessment)
    columns = _APPS if assessment.month is None else _APPS_OF_MONTH
    yield from _worst(columns, [_cells(line, assessment) for line in apps[:APPS]], len(apps), width)
    patches, stemcells = worst_patches(assessment), worst_stemcells(assessment)
    yield from _worst(_PATCHES, [_patch_cells(line) for line in patches[:APPS]], len(patches), width)
    yield from _worst(_STEMCELLS, [_stemcell_cells(line) for line in stemcells[:APPS]], len(stemcells), width)
    yield from _block("Stated by an operator", map(visible, statements(assessment)))
    yield from _block("Coverage gaps", gap_lines(assessment, limit=GAPS))
    yield from _block("Next", _commands(to_do(assessment)))


def _worst(columns: Columns, rows: Sequence[Cells], total: int, width: int) -> Iterator[Text]:
    if not rows:
        return
    yield Text()
    yield from table(columns, rows, width)
    if total > len(rows):
        yield _text(f"and {total - len(rows):,} more: use -f csv, or -o DIR for the workbook", "dim")


def _few(lines: Sequence[str]) -> Iterator[str]:
    """No more than a screen has room for."""
    yield from lines[:GAPS]
    if len(lines) > GAPS:
        yield f"and {len(lines) - GAPS:,} more: use -f json"


def _when(assessment: Assessment) -> str:
    apps = assessment.coverage.apps
    host = assessment.foundation.partition("://")[2] or assessment.foundation
    counts = f"{apps.visible:,} apps, {apps.unknown:,} not assessed, {apps.not_applicable:,} not applicable"
    return f"{host}   as of {assessment.as_of:%Y-%m-%d %H:%M} UTC   {counts}"


def _commands(actions: Sequence[Action]) -> Iterator[str]:
    for action in actions[:NEXT_COMMANDS]:
        yield visible(action.command or f"{cut(title_of(action.subject), _LONGEST_NAME)}: {action.what}")
    if len(actions) > NEXT_COMMANDS:
        yield f"and {len(actions) - NEXT_COMMANDS:,} more: action-plan.md has them all (-o DIR)"


def _block(title: str, lines: Iterable[str]) -> Iterator[Text]:
    for number, line in enumerate(lines):
        if number == 0:
            yield Text()
            yield Text(title, style="bold")
        # A command is there to be copied: whole, on one line, however narrow the terminal.
        yield Text(f"{_GAP}{line}", no_wrap=True)


def _text(text: str, style: str) -> Text:
    return Text(visible(text), style=style)


def _cells(line: ApplicationLine, assessment: Assessment) -> Cells:
    subject = line.subject
    held = age_held(assessment, subject)
    values = {
        "App": subject.name,
        "Org / space": f"{subject.org} / {subject.space}",
        "Last staged": "" if line.staged_at is None else f"{line.staged_at:%Y-%m-%d}",
        "Age": "" if line.age_hours is None else days(line.age_hours),
        "Over": "" if line.over_hours is None else days(line.over_hours),
        "Buildpack": line.buildpack.removesuffix("_buildpack"),
        "Has": line.has,
        "Latest": line.latest,
        "Owner": line.owner,
        "Hours out": hours_of(held.outside) if held and held.breaches else "",
        "Not known": hours_of(held.unknown) if held and held.unknown else "",
        "Month's end": end_words(held) if held else "",
    }
    return _as_cells(line.status, values)


def _patch_cells(line: PatchLine) -> Cells:
    return _as_cells(
        line.status,
        {
            "OS patch": line.subject.name,
            "Fixed in": line.fixed_in,
            "Published": day_of(line.stages, "published"),
            "In production": day_of(line.stages, "production") or ("not yet" if "total" in line.open else ""),
            "Days": latency_days(line, "total"),
            "Over": "" if line.over_hours is None else days(line.over_hours),
            "Held by": line.held_by,
            "Title": line.title,
        },
    )


def _stemcell_cells(line: StemcellLine) -> Cells:
    subject = line.subject
    stage, latency = live_in(line)
    return _as_cells(
        line.status,
        {
            "Stemcell": subject.name,
            "Where": " ".join(filter(None, (subject.environment, subject.deployment))),
            "State": line.state,
            "Released": day_of(line.stages, "released"),
            "Live": day_of(line.stages, stage),
            "Days": latency_days(line, latency),
            "Over": "" if line.over_hours is None else days(line.over_hours),
        },
    )


def _as_cells(status: Status, values: Mapping[str, str]) -> Cells:
    cells = {header: Text(visible(cut(value, _LONGEST_NAME)) or "-") for header, value in values.items()}
    cells["Status"] = Text(f"{MARK[status]} {STATUS[status]}", style=_STYLES.get(status, "dim"))
    return cells
