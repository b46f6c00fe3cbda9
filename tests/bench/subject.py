"""The tool itself, measured after its imports: collecting, replaying, assessing. A process of its own for each."""

import argparse
import gc
import gzip
import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from collector.assessment import Declared, Patterns, assess, load
from collector.model import Assessment, Facts, Snapshot
from collector.resources import CONTROLS
from collector.run import Clock, Job, Line, Stop, replay, scope_of, take_snapshot
from collector.settings import CfTable, Settings, system_of
from collector.settings import load as load_settings
from collector.sources import CLOUD_CONTROLLER, Scope
from collector.sources.cloud_controller import TOPICS
from collector.transport import Session, find_secrets, login

SECRETS = {"COLLECT_CF_CLIENT_ID": "bench", "COLLECT_CF_CLIENT_SECRET": "made-up"}
CONCURRENCY = CfTable().concurrency


class Cost(NamedTuple):
    """What something took."""

    wall: float
    cpu: float


def timed(action: Callable[[], Any]) -> tuple[Any, Cost]:
    """The result of an action, and its cost."""
    begun, busy = time.perf_counter(), time.process_time()
    result = action()
    return result, Cost(time.perf_counter() - begun, time.process_time() - busy)


def peak_mb() -> float:
    """The most memory that this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def _half() -> float:
    return 0.5


def collect(api: str, parent: Path) -> tuple[Snapshot, Cost]:
    """A snapshot, taken as `collect snapshot` takes it; the login comes before the clock."""
    told: list[str] = []
    stop = Stop()
    secrets = find_secrets(SECRETS, say=told.append)
    tokens = login(api, secrets, now=now, sleep=stop.sleep, jitter=_half, say=told.append)
    session = Session(
        api, tokens=tokens, now=now, sleep=stop.sleep, jitter=_half, say=told.append, concurrency=CONCURRENCY
    )
    job = Job(
        parent=parent,
        system="bench",
        foundation=api,
        identity=tokens.identity,
        version="bench",
        concurrency=CONCURRENCY,
        scope=scope_of(Scope(needs=TOPICS - {"ssh"}, now=now().replace(microsecond=0)), [CLOUD_CONTROLLER]),
    )
    clock = Clock(now, lambda: "00000000", lambda _progress: None)
    line = Line(CLOUD_CONTROLLER, api, lambda: session)
    taken, cost = timed(lambda: take_snapshot([line], job, clock=clock, stop=stop))
    session.close()
    if told:
        raise RuntimeError(told[0])
    return taken, cost


def unpacked(folder: Path) -> int:
    """The floor of a replay: every page unpacked and hashed, nothing parsed."""
    size = 0
    for path in sorted((folder / "raw").rglob("*.gz")):
        body = gzip.decompress(path.read_bytes())
        hashlib.sha256(body).hexdigest()
        size += len(body)
    return size


def assessed(snapshot: Snapshot, facts: Facts, settings: Settings) -> Assessment:
    """The verdicts of all controls."""
    return assess(
        facts,
        snapshot,
        load(CONTROLS, {}),
        controls=None,
        as_of=snapshot.taken_at,
        system=system_of(settings.tables),
        declared=Declared(),
        patterns=Patterns(),
        version="bench",
        inputs={},
    )


def bare(facts: Facts, as_of: datetime, per_app: int) -> list[tuple[str, str, str, timedelta]]:
    """The floor of an assessment: as many verdicts by datetime arithmetic, a comparison and a tuple each."""
    windows = [(f"check-{number}", timedelta(days=number + 1)) for number in range(per_app)]
    verdicts = []
    for app in facts.apps:
        droplet = facts.droplets[app.droplet or ""]
        for check, window in windows:
            age = as_of - droplet.created_at
            verdicts.append((check, app.guid, "pass" if age <= window else "fail", age))
    return verdicts


def judged(folder: Path, *, bare_first: bool) -> dict[str, Any]:
    """Replay and assess a snapshot, each beside its floor."""
    _, floor = timed(lambda: unpacked(folder))
    baseline = peak_mb()
    (snapshot, facts), read = timed(lambda: replay(folder))
    after_read = peak_mb()
    settings = load_settings(flags={}, environment={}, config=None, here=folder, user_dir=folder)
    per_app = _per_app(snapshot, facts, settings)
    costs: dict[bool, Cost] = {}
    verdicts: dict[bool, int] = {}
    for subject in (False, True) if bare_first else (True, False):
        gc.collect()
        action: Callable[[], Any] = (
            (lambda: assessed(snapshot, facts, settings))
            if subject
            else (lambda: bare(facts, snapshot.taken_at, per_app))
        )
        result, costs[subject] = timed(action)
        verdicts[subject] = len(result.observations) if subject else len(result)
        del result
    return {
        "unpack": floor._asdict(),
        "replay": read._asdict(),
        "assess": costs[True]._asdict(),
        "bare": costs[False]._asdict(),
        "verdicts": verdicts[True],
        "bare_verdicts": verdicts[False],
        "per_app": per_app,
        "apps": len(facts.apps),
        "read_growth": after_read - baseline,
        "peak": peak_mb(),
    }


def _per_app(snapshot: Snapshot, facts: Facts, settings: Settings) -> int:
    """How many verdicts there are on one app: counted on a single one, which also warms up what is cached."""
    one = Facts(**{name: getattr(facts, name) for name in facts.__struct_fields__} | {"apps": facts.apps[:1]})
    return sum(row.subject.type == "app" for row in assessed(snapshot, one, settings).observations)


def main() -> None:
    """One measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("collect", "judge"))
    parser.add_argument("place", help="the address to collect from, or the folder to judge")
    parser.add_argument("--parent", type=Path)
    parser.add_argument("--bare-first", action="store_true")
    given = parser.parse_args()
    if given.what == "judge":
        print(json.dumps(judged(Path(given.place), bare_first=given.bare_first)))
        return
    before = peak_mb()
    taken, cost = collect(given.place, given.parent)
    gaps = [gap.reason for source in taken.sources for gap in source.gaps]
    stored = sum(path.stat().st_size for path in Path(taken.root).rglob("*.gz"))
    peak = peak_mb()
    print(
        json.dumps(
            {
                **cost._asdict(),
                "peak": peak,
                "growth": peak - before,
                "folder": taken.root,
                "gaps": gaps,
                "requests": sum(source.requests for source in taken.sources),
                "stored": stored,
            }
        )
    )


if __name__ == "__main__":
    main()
