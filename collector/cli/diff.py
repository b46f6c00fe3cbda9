"""`collect diff`: two runs side by side."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from collector.assessment.comparing import Run, compare, doubts
from collector.cli.wiring import settings_of, store_at, world_of
from collector.cli.world import World, printing
from collector.errors import UsageError
from collector.evidence import Store, runs_of
from collector.model import Failing
from collector.reports import difference
from collector.reports.answer_reading import read_run
from collector.reports.summary_json import read_summary
from collector.settings import systems_in

_MONTH = re.compile(r"\d{4}-\d{2}")
_ANSWER, _SUMMARY = "assessment.json", "summary.json"


def diff(given: Mapping[str, Any]) -> int:
    """0 whatever is found: what counts is what each run returned."""
    world = world_of(given)
    pairs = list(_pairs(given, world))
    rows = [row for before, after in pairs for row in compare(before.run, after.run, before.failing)]
    notes = tuple(dict.fromkeys(note for before, after in pairs for note in doubts(before.run, after.run)))
    with printing():
        if given["format_"] == "table":
            print("\n".join(difference.lines(rows, notes)))
        else:
            json = given["format_"] == "json"
            sys.stdout.buffer.write(difference.json_of(rows, notes) if json else difference.csv_of(rows))
    return 0


class Side(NamedTuple):
    """One of the two runs; of a month with how many months each fail has lasted."""

    run: Run
    failing: tuple[Failing, ...] = ()


def _pairs(given: Mapping[str, Any], world: World) -> Iterator[tuple[Side, Side]]:
    """What is compared: two runs that are named, or two months of each system that the settings name."""
    before, after = given["before"], given["after"]
    if not (_is_month(before) or _is_month(after)):
        yield _read(before), _read(after)
        return
    settings = settings_of(given, world)
    store = store_at(settings.tables.store.url, settings, world)
    systems = [own.tables.system.id for own in systems_in(settings)]
    for system in systems if _is_month(before) and _is_month(after) else systems[:1]:
        older, newer = (
            _of_month(store, system, str(name)) if _is_month(name) else _read(name) for name in (before, after)
        )
        yield older, newer


def _is_month(name: Path) -> bool:
    return _MONTH.fullmatch(str(name)) is not None and not name.exists()


def _read(name: Path) -> Side:
    """The assessment in a folder of reports, or in a file."""
    file = name / _ANSWER if name.is_dir() else name
    summary = file.with_name(_SUMMARY)
    try:
        run = read_run(file.read_bytes())
        return Side(run, read_summary(summary.read_bytes()).failing if name.is_dir() and summary.is_file() else ())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot read {file}: {reason}", hint="name a folder that -o wrote, its assessment.json, or a month"
        ) from error


def _of_month(store: Store, system: str, month: str) -> Side:
    """The newest run of a month that the store holds."""
    for run in reversed(runs_of(store, system, month)):
        if f"{run}/{_SUMMARY}" in store.keys(f"{run}/"):
            return Side(read_run(store.read(f"{run}/{_ANSWER}")), read_summary(store.read(f"{run}/{_SUMMARY}")).failing)
    raise UsageError(f"{store.url} holds no reports of {month}", hint=f"collect report --month {month} makes them")
