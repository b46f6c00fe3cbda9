"""Where runs lie in a store, and how the snapshots of a system are found again."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from collector.errors import IntegrityError, UsageError
from collector.evidence.manifest import Manifest
from collector.evidence.store import Store


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


def find(store: Store, system: str, wanted: str) -> str:
    """The prefix of a snapshot by its id, or of the newest one for `latest`; raises `UsageError`."""
    found = list(snapshots(store, system))
    if not found:
        raise UsageError(f"{store.url} holds no snapshot of system {system}", hint="take one: collect snapshot")
    for prefix in found:
        if _name(prefix) == wanted:
            return prefix
    newest = _newest(store, found)
    if wanted == "latest":
        return newest
    raise UsageError(f"no snapshot {wanted} in {store.url}", hint=f"the newest is {_name(newest)}")


def _name(prefix: str) -> str:
    return prefix.rpartition("/")[2]


def _newest(store: Store, found: Iterable[str]) -> str:
    """The last one begun; of several in one second, whose names are chance, the last in the chain."""
    seconds = {prefix: _name(prefix).partition("-")[0] for prefix in found}
    last = max(seconds.values())
    newest = [prefix for prefix, second in seconds.items() if second == last]
    return newest[0] if len(newest) == 1 else max(newest, key=lambda prefix: _manifest(store, prefix).sequence)


def _manifest(store: Store, prefix: str) -> Last:
    key = f"{prefix}/manifest.json"
    body = store.read(key)
    try:
        sequence = msgspec.json.decode(body, type=Manifest).sequence
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"{key} in {store.url} cannot be read: {error}", hint="restore it, then go on") from error
    return Last(key, hashlib.sha256(body).hexdigest(), sequence)


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
