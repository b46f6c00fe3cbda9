"""A store with a month of snapshots, one a day: pages as Cloud Controller would send them, of apps that are restaged.

The recorder of the tool writes them; nothing is served and nothing is asked, so that a month is made in seconds.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from collector.evidence import Ask, Last, Opening, Received, Recorder, month_folder, snapshot_id
from collector.model import Identity, Snapshot, SourceRecord
from collector.run import scope_of
from collector.sources import CLOUD_CONTROLLER, Scope
from collector.sources.cloud_controller import TOPICS
from tests.bench.rows import GUID, SEED, envelope, foundation, history_rows, offered, restaged, row_of

SYSTEM: Final = "bench"
BEGIN: Final = datetime(2026, 10, 1, 6, tzinfo=UTC)
"""The first of 31 daily snapshots, and one that closes the month."""

SNAPSHOTS: Final = 32
CHURN: Final = 1 / 12
"""How many of all apps are restaged in a day."""

UPLOADS: Final = {10: "1.8.44", 20: "1.8.45"}
"""On which days the platform offers newer buildpacks."""

PAGE, BATCH = 1000, 200
KEPT = timedelta(days=31)
_WRITERS = 2


class Restage(NamedTuple):
    """What Cloud Controller still tells of one: the build, and three audit events."""

    at: datetime
    build: bytes
    events: tuple[bytes, bytes, bytes]


class Page(NamedTuple):
    """An answer, and what was asked."""

    what: str
    path: str
    query: Mapping[str, str]
    body: bytes


class Apps:
    """A foundation that lives. With `events` it has the builds and audit events of the last 31 days, else none."""

    def __init__(self, apps: int, now: datetime, *, events: bool) -> None:
        served = foundation(apps, now)
        self._apps, self._droplets = list(served.apps.rows), list(served.droplets)
        self._spaces, self._organizations = served.spaces.rows, served.organizations.rows
        self._stacks, self._buildpacks = served.stacks.rows, served.buildpacks.rows
        self._chance = random.Random(SEED)  # noqa: S311 - a fixed seed is the point
        self._events = events
        self._version = "1.8.43"
        self._restages: list[Restage] = []
        for stamp, droplet in zip(*reversed(served.droplets_by_creation), strict=True):
            self._tell(row_of(droplet[GUID].decode()), datetime.fromisoformat(stamp))

    def day(self, begin: datetime, number: int) -> None:
        """Let a day pass: newer buildpacks where they are due, then the restages, at any second of it."""
        if number in UPLOADS:
            self._version = UPLOADS[number]
            self._buildpacks = [offered(row, self._version, begin) for row in self._buildpacks]
        count = round(len(self._apps) * CHURN)
        rows = self._chance.sample(range(len(self._apps)), count)
        for seconds, row in zip(sorted(self._chance.choices(range(1, 86_400), k=count)), rows, strict=True):
            at = begin + timedelta(seconds=seconds)
            app, droplet = restaged(self._chance, self._apps[row], self._droplets[row], at, self._version)
            self._apps[row], self._droplets[row] = app, droplet
            self._tell(row, at)

    def _tell(self, row: int, at: datetime) -> None:
        """Add what Cloud Controller tells of the restage that led to a droplet."""
        if self._events:
            self._restages.append(Restage(at, *history_rows(self._apps[row], self._droplets[row], at)))

    def pages(self, now: datetime) -> Iterator[Page]:
        """Every answer that a snapshot at `now` is made of, the closing count last."""
        recent = [one for one in self._restages if now - KEPT <= one.at]
        yield Page("root", "/", {}, b'{"links":{"cloud_controller_v3":{"meta":{"version":"3.228.0"}}}}')
        yield from _walk("organizations", "/v3/organizations", self._organizations)
        yield from _walk("spaces", "/v3/spaces", self._spaces)
        yield from _walk("buildpacks", "/v3/buildpacks", self._buildpacks)
        yield from _walk("stacks", "/v3/stacks", self._stacks)
        yield from _walk("failed-builds", "/v3/builds", ())
        yield from _walk("builds", "/v3/builds", [one.build for one in recent])
        yield from _walk("events", "/v3/audit_events", [row for one in recent for row in one.events])
        yield from _walk("tasks", "/v3/tasks", ())
        yield from _walk("instances", "/v3/processes", ())
        yield from _walk("apps", "/v3/apps", self._apps)
        yield from _walk("droplets", "/v3/droplets", self._droplets, BATCH)
        body = envelope("/v3/apps", self._apps[:1], len(self._apps), more=len(self._apps) > 1)
        yield Page("apps-count", "/v3/apps", {"per_page": "1"}, body)


def _walk(what: str, path: str, rows: Sequence[bytes], size: int = PAGE) -> Iterator[Page]:
    for start in range(0, max(1, len(rows)), size):
        query = {"order_by": "created_at", "per_page": str(size), "page": str(start // size + 1)}
        body = envelope(path, list(rows[start : start + size]), len(rows), more=start + size < len(rows))
        yield Page(what, path, query, body)


def make_store(root: Path, apps: int, *, events: bool) -> None:
    """Write the month below `root`."""
    living = Apps(apps, BEGIN, events=events)
    last: Last | None = None
    for number in range(SNAPSHOTS):
        at = BEGIN + timedelta(days=number)
        if number:
            living.day(at - timedelta(days=1), number)
        last = _chained(_write(root, at, living.pages(at), last), root, number + 1)


def _write(root: Path, at: datetime, pages: Iterable[Page], last: Last | None) -> Snapshot:
    """One snapshot; two threads hash and compress, as the workers of a collection do."""
    scope = Scope(needs=TOPICS - {"ssh"}, now=at)
    opening = Opening(
        id=snapshot_id(at, "00000000"),
        system=SYSTEM,
        started_at=at,
        foundation="https://api.fr.example.gov",
        scope=scope_of(scope, [CLOUD_CONTROLLER]),
    )
    recorder = Recorder.start(root / month_folder(SYSTEM, at), opening)

    def keep(numbered: tuple[int, Page]) -> None:
        number, page = numbered
        received = Received(page.body, 200, "application/json", "", at + timedelta(milliseconds=number))
        recorder.keep(CLOUD_CONTROLLER, Ask(page.what, page.path, page.query, bytes), received)

    with ThreadPoolExecutor(_WRITERS) as pool:
        count = sum(1 for _ in pool.map(keep, enumerate(pages)))
    source = SourceRecord(name=CLOUD_CONTROLLER, endpoint=opening.foundation, requests=count, documents=count)
    return recorder.finish(
        tool="cf-evidence bench",
        finished_at=at + timedelta(minutes=1),
        identity=Identity(name="bench"),
        sources=(source,),
        previous=None if last is None else {"path": last.path, "sha256": last.sha256},
        sequence=1 if last is None else last.sequence + 1,
    )


def _chained(snapshot: Snapshot, root: Path, sequence: int) -> Last:
    path = (Path(snapshot.root) / "manifest.json").relative_to(root).as_posix()
    return Last(path, snapshot.sha256, sequence)
