"""`collect doctor`: what works and what does not, before the first of the month."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from collector.cli.lines import directors_in, lines_to
from collector.cli.wiring import api_of, line_to, settings_of, store_at, world_of
from collector.cli.world import World, printing
from collector.doctor import (
    Diagnosis,
    examine_director,
    examine_feed,
    examine_foundation,
    examine_settings,
    examine_store,
)
from collector.errors import CollectError
from collector.settings import Settings, places_in

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
    yield from _beside(settings, world)
    try:
        store = store_at(settings.tables.store.url, settings, world)
    except CollectError as error:
        yield Diagnosis("bad", "store", str(error), error.hint, error.exit_code)
    else:
        yield from examine_store(store)


def _beside(settings: Settings, world: World) -> Iterator[Diagnosis]:
    """The directors and feeds, as far as any are configured."""
    directors, places = directors_in(settings, world.environment), places_in(settings.tables)
    if not directors and not places:
        fact = "no director and no feed: operating system patches are not observed"
        yield Diagnosis("note", "platform", fact, "set [[bosh]] and [feeds], or leave that part to the platform")
    for line in lines_to([*directors, *places], settings, world, None):
        try:
            with closing(line.open()) as door:
                if line.source in directors:
                    at = directors[line.source]
                    yield from examine_director(door, at.environment, at.deployments)
                else:
                    yield examine_feed(door, line.source, line.endpoint)
        except CollectError as error:
            yield Diagnosis("bad", line.source, str(error), error.hint, error.exit_code)
