"""`collect snapshot`: take evidence, put it into the store, print its id."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from collector import __version__
from collector.cli.lines import sources_in
from collector.cli.wiring import collect_live, history_of, interrupted, settings_of, store_at, world_of, written_at
from collector.cli.world import World, printing
from collector.errors import UsageError
from collector.evidence import Store, last_manifest
from collector.model import Gap, Snapshot
from collector.resources import CONTROLS, TEMPLATES
from collector.run import Evidence, Question, judge, read_catalog, snapshot_key
from collector.settings import Settings
from collector.sources import CLOUD_CONTROLLER, sources_asked
from collector.sources.cloud_controller import TOPICS
from collector.stores.publishing import publish

INCOMPLETE = 3
# Longer than a snapshot waits for a rate limit, and still writes nothing.
ABANDONED = timedelta(days=1)
MOST_GAPS = 20


def snapshot(given: Mapping[str, Any]) -> int:
    """0 when all that verdicts need was read, else 3; either is stored, and every gap is said."""
    world = world_of(given)
    settings = settings_of(given, world)
    sources = sources_in(settings, world.environment, given["sources"])
    store = store_at(settings.tables.store.url, settings, world)
    taken, (complete, gaps) = _take(given, settings, world, store, sources)
    with printing():
        print(taken.id)
    for gap in gaps[:MOST_GAPS]:
        world.say(f"not read: {gap.what}: {gap.reason}")
    if len(gaps) > MOST_GAPS:
        world.say(f"not read: {len(gaps) - MOST_GAPS} more")
    return 0 if complete else INCOMPLETE


def _take(
    given: Mapping[str, Any], settings: Settings, world: World, store: Store, sources: Sequence[str]
) -> tuple[Snapshot, tuple[bool, list[Gap]]]:
    """Finish the snapshot in a local folder, the store's own where it is one, then copy it there.

    What it lacks for a verdict on all controls only a replay shows: that no application is visible, for example.
    """
    system = settings.tables.system.id
    home = store.local("") or world.work_dir
    begun = interrupted(home, system)
    resume: Path | None = None
    if given["resume"]:
        if not begun:
            raise UsageError("no snapshot was interrupted", hint="begin one: collect snapshot")
        resume = begun[-1]
    _clear(begun, resume, world)
    previous = last_manifest(store, system)
    taken = collect_live(
        given,
        settings,
        world,
        TOPICS if _wants_ssh(settings) else TOPICS - {"ssh"},
        parent=home,
        previous=previous,
        resume=resume,
        past=store,
        sources=sources,
    )
    coverage = _coverage(taken, settings, store)
    if store.local("") is None:
        publish(store, Path(taken.root), snapshot_key(taken))
        shutil.rmtree(taken.root)
    world.note(f"stored in {store.url}: {snapshot_key(taken)}")
    return taken, coverage


def _coverage(taken: Snapshot, settings: Settings, store: Store) -> tuple[bool, list[Gap]]:
    """Whether all that verdicts need was read, as far as it was asked for, and what was not."""
    if CLOUD_CONTROLLER not in sources_asked(taken):
        gaps = [gap for source in taken.sources for gap in source.gaps]
        return not gaps, gaps
    with tempfile.TemporaryDirectory(prefix="cf-evidence-") as temporary:
        evidence = Evidence(Path(taken.root), history_of(store, taken, Path(temporary)))
        catalog = read_catalog(settings, CONTROLS)
        coverage = judge(evidence, Question(), catalog, settings, TEMPLATES, __version__).coverage
    gaps = [gap for source in coverage.sources for gap in source.gaps]
    if not coverage.apps.visible:
        gaps.insert(0, Gap(what="apps", reason="no application is visible; collect doctor shows why"))
    return coverage.complete, gaps


def _clear(begun: Sequence[Path], resume: Path | None, world: World) -> None:
    """Remove what was never finished, but nothing that another run may still be writing."""
    for left in begun:
        if left == resume:
            continue
        if world.clock.now() - written_at(left) < ABANDONED:
            world.note(f"{left.name} was never finished; collect snapshot --resume goes on with it")
        else:
            world.note(f"removing {left.name}, which was never finished")
            shutil.rmtree(left)


def _wants_ssh(settings: Settings) -> bool:
    """SSH settings cost a request a space: they are read only where they are declared."""
    return bool(settings.tables.baseline.ssh)
