"""`collect diff`: two runs side by side."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from collector.assessment.comparing import Run, compare, doubts
from collector.cli.wiring import settings_of, store_at, world_of
from collector.cli.world import World, printing
from collector.errors import UsageError
from collector.evidence import runs_of
from collector.model import Failing
from collector.reports import difference
from collector.reports.answer_reading import read_run
from collector.reports.summary_json import read_summary

_MONTH = re.compile(r"\d{4}-\d{2}")
_ANSWER, _SUMMARY = "assessment.json", "summary.json"


def diff(given: Mapping[str, Any]) -> int:
    """0 whatever is found: what counts is what each run returned."""
    world = world_of(given)
    before, after = (_read(given, name, world) for name in (given["before"], given["after"]))
    rows, notes = compare(before.run, after.run, before.failing), doubts(before.run, after.run)
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


def _read(given: Mapping[str, Any], name: Path, world: World) -> Side:
    """The assessment in a folder of reports, in a file, or of a month that the store holds."""
    if _MONTH.fullmatch(str(name)) and not name.exists():
        return _of_month(given, str(name), world)
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


def _of_month(given: Mapping[str, Any], month: str, world: World) -> Side:
    """The newest run of a month."""
    settings = settings_of(given, world)
    store = store_at(settings.tables.store.url, settings, world)
    for run in reversed(runs_of(store, settings.tables.system.id, month)):
        if f"{run}/{_SUMMARY}" in store.keys(f"{run}/"):
            return Side(read_run(store.read(f"{run}/{_ANSWER}")), read_summary(store.read(f"{run}/{_SUMMARY}")).failing)
    raise UsageError(f"{store.url} holds no reports of {month}", hint=f"collect report --month {month} makes them")
