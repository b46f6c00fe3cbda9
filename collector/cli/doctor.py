"""`collect doctor`: what works and what does not, before the first of the month."""

from collections.abc import Iterator, Mapping
from typing import Any

from collector.cli.wiring import api_of, line_to, settings_of, store_at, world_of
from collector.cli.world import World, printing
from collector.doctor import Diagnosis, examine_foundation, examine_settings, examine_store
from collector.errors import CollectError
from collector.settings import Settings

_MARKS = {"ok": "✓", "note": "!", "bad": "✗"}
_ORDER = (70, 2, 6, 4, 5, 3, 1, 0)


def doctor(given: Mapping[str, Any]) -> int:
    """Every diagnosis as a line; the worst of them is the exit code."""
    world = world_of(given)
    settings = settings_of(given, world)
    codes = [0]
    for diagnosis in _diagnoses(settings, world):
        with printing():
            print(f"{_MARKS[diagnosis.mark]} {diagnosis.what:<13} {diagnosis.fact}")
            if diagnosis.hint:
                print(f"{'':<15} → {diagnosis.hint}")
        codes.append(diagnosis.code)
    return min(codes, key=_ORDER.index)


def _diagnoses(settings: Settings, world: World) -> Iterator[Diagnosis]:
    yield from examine_settings(settings)
    try:
        with line_to(api_of(settings, world), settings, world) as line:
            yield from examine_foundation(line.session, line.identity, settings)
    except CollectError as error:
        yield Diagnosis("bad", "foundation", str(error), error.hint, error.exit_code)
    try:
        store = store_at(settings.tables.store.url, settings, world)
    except CollectError as error:
        yield Diagnosis("bad", "store", str(error), error.hint, error.exit_code)
    else:
        yield from examine_store(store)
