"""The answer drawn for a terminal of a given width: columns are left out before anything is squeezed or folded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

from collector.model import Action, ApplicationLine, Assessment
from collector.reports.terminal import GAPS, NEXT_COMMANDS, gap_lines, to_do, worst
from collector.reports.text import cut, visible
from collector.reports.words import MARK, STATUS, days

APPS: Final = 20
_OWNER_FROM: Final = 100
_GAP: Final = "  "
_COLUMNS: Final = (
    "Status",
    "App",
    "Org / space",
    "Last staged",
    "Age",
    "Over",
    "Buildpack",
    "Has",
    "Latest",
    "Owner",
)
_NUMBERS: Final = frozenset({"Age", "Over"})
# Names may be shortened to so many cells, what is compared may not.
_SHORTEST: Final[Mapping[str, int]] = {"App": 12, "Org / space": 14, "Buildpack": 9, "Owner": 10}
_LEFT_OUT_FIRST: Final = ("Owner", "Latest", "Has", "Buildpack", "Last staged", "Org / space")
_LONGEST_NAME: Final = 200
_STYLES: Final[Mapping[str, str]] = {
    "fail": "bold dark_orange3",
    "not-satisfied": "bold dark_orange3",
    "unknown": "bold yellow",
    "not-assessed": "bold yellow",
    "pass": "bold blue",
    "satisfied": "bold blue",
}

Cells = Mapping[str, Text]


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
    if assessment.scope_note:
        yield _text(assessment.scope_note, "italic")
    for control in assessment.controls:
        line = Text(f"{MARK[control.status]} ", style=_STYLES.get(control.status, "dim"))
        line.append(visible(control.sentence), style="bold")
        title = f"   {visible(control.title)}"
        yield line.append(title if line.cell_len + len(title) <= width else "", style="dim")
    yield Text()
    yield _text(assessment.answer, "bold")
    yield _text(_when(assessment), "dim")
    apps = worst(assessment)
    if apps:
        yield Text()
        yield from _table([_cells(line) for line in apps[:APPS]], width)
        if len(apps) > APPS:
            yield _text(f"and {len(apps) - APPS:,} more: use -f csv, or -o DIR for the workbook", "dim")
    yield from _block("Coverage gaps", gap_lines(assessment, limit=GAPS))
    yield from _block("Next", _commands(to_do(assessment)))


def _when(assessment: Assessment) -> str:
    apps = assessment.coverage.apps
    host = assessment.foundation.partition("://")[2] or assessment.foundation
    counts = f"{apps.visible:,} apps, {apps.unknown:,} not assessed, {apps.not_applicable:,} not applicable"
    return f"{host}   as of {assessment.as_of:%Y-%m-%d %H:%M} UTC   {counts}"


def _commands(actions: Sequence[Action]) -> Iterator[str]:
    for action in actions[:NEXT_COMMANDS]:
        yield visible(action.command or f"{cut(action.subject.label, _LONGEST_NAME)}: {action.what}")
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


def _table(rows: Sequence[Cells], width: int) -> Iterator[Text]:
    widths = _widths(rows, width)
    header = {name: Text(name, style="bold") for name in widths}
    for row in (header, *rows):
        yield Text(_GAP).join(_fit(row[name], size, right=name in _NUMBERS) for name, size in widths.items())


def _fit(cell: Text, size: int, *, right: bool) -> Text:
    fitted = cell.copy()
    fitted.truncate(size, overflow="ellipsis")
    missing = size - fitted.cell_len
    if right:
        fitted.pad_left(missing)
    else:
        fitted.pad_right(missing)
    return fitted


def _widths(rows: Sequence[Cells], width: int) -> dict[str, int]:
    """Give the columns that fit, each with its width in cells."""
    natural = {name: max([len(name), *(row[name].cell_len for row in rows)]) for name in _COLUMNS}
    least = {name: min(size, _SHORTEST.get(name, size)) for name, size in natural.items()}
    for name in _LEFT_OUT_FIRST:
        too_wide = _total(least) > width
        if too_wide or (name == "Owner" and width < _OWNER_FROM):
            del natural[name], least[name]
    room = width - _total(least)
    for name, size in least.items():
        more = min(room, natural[name] - size)
        least[name] += max(more, 0)
        room -= max(more, 0)
    return least


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _cells(line: ApplicationLine) -> Cells:
    subject = line.subject
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
    }
    cells = {header: Text(visible(cut(value, _LONGEST_NAME)) or "-") for header, value in values.items()}
    cells["Status"] = Text(f"{MARK[line.status]} {STATUS[line.status]}", style=_STYLES.get(line.status, "dim"))
    return cells
