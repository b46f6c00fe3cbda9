"""Where runs lie in a store, and how the snapshots of a system are found again."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.errors import IntegrityError, UsageError
from collector.evidence.manifest import Manifest
from collector.evidence.store import Store
from collector.model import Document, Snapshot


class Last(NamedTuple):
    """The newest manifest in a store: its key, digest and place in the sequence."""

    path: str
    sha256: str
    sequence: int


def snapshot_id(started_at: datetime, run: str) -> str:
    """`20261120T120000Z-<run>`."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{run}"


def month_folder(system: str, started_at: datetime) -> str:
    """The folder of the month, below which snapshots lie."""
    return f"system={system}/snapshots/{started_at:%Y/%m}"


def snapshots(store: Store, system: str) -> Iterator[str]:
    """The prefixes of all finished snapshots of a system, oldest first."""
    for key in store.keys(f"system={system}/snapshots/"):
        folder, _, name = key.rpartition("/")
        if name == "manifest.json" and not folder.rpartition("/")[2].startswith("."):
            yield folder


def last_manifest(store: Store, system: str) -> Last | None:
    """The newest manifest, to which the next one is chained."""
    found = list(snapshots(store, system))
    return _manifest(store, _newest(store, found)) if found else None


def find(store: Store, system: str, wanted: str, source: str) -> str:
    """The prefix of a snapshot by its id, or for `latest` of the newest that asked `source`; raises `UsageError`."""
    found = list(snapshots(store, system))
    if not found:
        raise UsageError(f"{store.url} holds no snapshot of system {system}", hint="take one: collect snapshot")
    for prefix in found:
        if _name(prefix) == wanted:
            return prefix
    if wanted != "latest":
        raise UsageError(f"no snapshot {wanted} in {store.url}", hint=f"the newest is {_name(_newest(store, found))}")
    while found:
        newest = _newest(store, found)
        if any(record.name == source for record in _read(store, newest)[1].snapshot.sources):
            return newest
        found.remove(newest)
    raise UsageError(f"{store.url} holds no snapshot of {source}", hint="take one: collect snapshot")


def earlier(store: Store, snapshot: Snapshot, since: datetime) -> list[str]:
    """The prefixes of the other snapshots of a system that were begun at or after `since`, and no later than this one.

    Those of the same second count: which of them was first only the chain tells.
    """
    first, last = f"{since:%Y%m%dT%H%M%SZ}", f"{snapshot.taken_at:%Y%m%dT%H%M%SZ}"
    return [
        prefix
        for prefix in snapshots(store, snapshot.system)
        if first <= _name(prefix).partition("-")[0] <= last and _name(prefix) != snapshot.id
    ]


def begun_at(prefix: str) -> datetime:
    """The second in which a snapshot was begun, from its name."""
    return datetime.strptime(_name(prefix).partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def with_source(store: Store, system: str, source: str, *, since: datetime, before: datetime) -> Iterator[str]:
    """The prefixes of the snapshots begun in `since` <= t < `before` that asked a source, oldest first."""
    for prefix in sorted(snapshots(store, system), key=_name):
        if since <= begun_at(prefix) < before:
            _, manifest = _read(store, prefix)
            if any(record.name == source for record in manifest.snapshot.sources):
                yield prefix


def runs_of(store: Store, system: str, period: str) -> list[str]:
    """The prefixes of the finished report runs of a month that no other one supersedes."""
    found = [
        key.removesuffix("/manifest.json")
        for key in store.keys(f"system={system}/reports/period={period}/")
        if key.endswith("/manifest.json") and "/snapshot/" not in key and "/history/" not in key
    ]
    told = {prefix: msgspec.json.decode(store.read(f"{prefix}/manifest.json"), type=dict[str, Any]) for prefix in found}
    older = {row.get("supersedes", {}).get("path") for row in told.values() if row.get("supersedes")}
    return [prefix for prefix in found if f"{prefix}/manifest.json" not in older]


def states(store: Store, system: str, *, since: datetime, wanted: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """By source: where its newest snapshot begun at or after `since` says that the next harvest goes on."""
    open_ = set(wanted)
    found: dict[str, Mapping[str, str]] = {}
    every = sorted(snapshots(store, system), key=_name, reverse=True)
    for prefix in every:
        if not open_ or _name(prefix) < f"{since:%Y%m%dT%H%M%SZ}":
            break
        for record in _read(store, prefix)[1].snapshot.sources:
            if record.name in open_ and record.state:
                found[record.name] = record.state
                open_.remove(record.name)
    return found


def _name(prefix: str) -> str:
    return prefix.rpartition("/")[2]


def _newest(store: Store, found: Iterable[str]) -> str:
    """The last one begun; of several in one second, whose names are chance, the last in the chain."""
    seconds = {prefix: _name(prefix).partition("-")[0] for prefix in found}
    last = max(seconds.values())
    newest = [prefix for prefix, second in seconds.items() if second == last]
    return newest[0] if len(newest) == 1 else max(newest, key=lambda prefix: _manifest(store, prefix).sequence)


def _manifest(store: Store, prefix: str) -> Last:
    body, manifest = _read(store, prefix)
    return Last(f"{prefix}/manifest.json", hashlib.sha256(body).hexdigest(), manifest.sequence)


def _read(store: Store, prefix: str) -> tuple[bytes, Manifest]:
    key = f"{prefix}/manifest.json"
    body = store.read(key)
    try:
        return body, msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"{key} in {store.url} cannot be read: {error}", hint="restore it, then go on") from error


def bring(store: Store, prefix: str, into: Path) -> Path:
    """A local folder with the run: the store's own where it is one, else a copy below `into`."""
    here = store.local(prefix)
    if here is not None:
        return here
    folder = into / prefix.rpartition("/")[2]
    for key in store.keys(f"{prefix}/"):
        target = folder / key.removeprefix(f"{prefix}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        store.fetch(key, target)
    return folder


def bring_part(store: Store, prefix: str, into: Path, wanted: Callable[[Document], bool]) -> Path | None:
    """A folder below `into` with the manifest of a run and the files of the wanted documents; None without any.

    Each file is checked against the manifest when it is read, by `unpack`.
    """
    _, manifest = _read(store, prefix)
    files = [document.file for document in manifest.snapshot.documents if wanted(document)]
    if not files:
        return None
    folder = into / _name(prefix)
    for name in ("manifest.json", "SHA256SUMS", *files):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        store.fetch(f"{prefix}/{name}", target)
    return folder
