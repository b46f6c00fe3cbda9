"""A whole month, measured after its imports: 32 stored snapshots folded and judged. A process of its own."""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collector.evidence import Store, open_snapshot, snapshots, unpack
from collector.model import Assessment
from collector.resources import CONTROLS, TEMPLATES
from collector.run import Question, read_catalog
from collector.run.monthly import MonthAsk, Shelf, judge_month, month_named
from collector.settings import load as load_settings
from collector.stores import open_store
from tests.bench.days import SNAPSHOTS, SYSTEM, make_store
from tests.bench.subject import peak_mb, timed

MONTH = "2026-10"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def stored(root: Path) -> Store:
    """The store below a folder."""
    return open_store(f"file:{root}", environment={}, say=lambda _text: None, chance=lambda: "00000000")


def unpacked(store: Store) -> int:
    """The floor: every page of every snapshot unpacked and hashed, nothing parsed."""
    size = 0
    for prefix in snapshots(store, SYSTEM):
        folder = store.local(prefix)
        if folder is None:
            raise RuntimeError(f"{prefix} is not in a folder")
        size += sum(len(unpack(folder, document)) for document in open_snapshot(folder).documents)
    return size


def judged(store: Store, here: Path) -> Assessment:
    """The month by all controls, as `collect report --month` judges it."""
    settings = load_settings(flags={}, environment={}, config=None, here=here, user_dir=here)
    catalog = read_catalog(settings, CONTROLS)
    ask = MonthAsk(Question(), catalog, settings, TEMPLATES, "bench", (), NOW)
    return judge_month(Shelf(store, SYSTEM, SYSTEM), month_named(MONTH), ask)


def measured(root: Path) -> dict[str, Any]:
    """The floor first, so that both read what lies in memory."""
    store = stored(root)
    size, floor = timed(lambda: unpacked(store))
    before = peak_mb()
    answer, cost = timed(lambda: judged(store, root))
    month = answer.month
    if month is None or len(month.snapped) != SNAPSHOTS or not all(row.verified for row in month.snapped):
        raise RuntimeError(f"not every one of the {SNAPSHOTS} snapshots was read")
    return {
        "unpack": floor._asdict(),
        "month": cost._asdict(),
        "peak": peak_mb(),
        "before": before,
        "bytes": size,
        "held": len(month.held),
        "breaches": sum(len(row.breaches) for row in month.held.values()),
        "changes": len(month.changes),
    }


def main() -> None:
    """Make a store, or measure the month in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "judge"))
    parser.add_argument("root", type=Path)
    parser.add_argument("--apps", type=int, default=1000)
    parser.add_argument("--events", action="store_true", help="with the builds and audit events of the last 31 days")
    given = parser.parse_args()
    if given.what == "judge":
        print(json.dumps(measured(given.root)))
        return
    begun = time.perf_counter()
    make_store(given.root, given.apps, events=given.events)
    print(json.dumps({"wall": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
