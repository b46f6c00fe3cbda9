"""`collect publish`: copy a finished run into a store, and go on where an upload failed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from collector.cli.wiring import settings_of, store_at, world_of
from collector.cli.world import printing
from collector.errors import IntegrityError, UsageError
from collector.evidence import REPORT_SCHEMA, digest_of, open_snapshot
from collector.run import snapshot_key
from collector.stores.publishing import publish as copy


def publish(given: Mapping[str, Any]) -> int:
    """Copy a snapshot or a report run to the place that is its own."""
    world = world_of(given)
    settings = settings_of(given, world)
    folder = Path(given["directory"])
    key = _key(folder)
    copy(store_at(given["url"], settings, world), folder, key)
    with printing():
        print(key)
    return 0


def _key(folder: Path) -> str:
    """Where a run belongs: a snapshot by its manifest, a report run by the place it was made for."""
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{folder} is no finished run", hint="name a folder that holds manifest.json") from error
    _check(folder)
    return str(manifest["key"]) if manifest.get("schema") == REPORT_SCHEMA else snapshot_key(open_snapshot(folder))


def _check(folder: Path) -> None:
    """What was altered or added since it was made must not become evidence; raises `IntegrityError`."""
    hint = "make it again, or restore it from where it came"
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"SHA256SUMS"}
        altered = [name for name in names if listed.get(name) != digest_of(folder / name)]
    except (OSError, UnicodeDecodeError) as error:
        raise IntegrityError(f"{folder} is not what its SHA256SUMS says: {error}", hint=hint) from error
    for name in sorted({*altered, *(listed.keys() - names)}):
        raise IntegrityError(f"{folder / name} is not what SHA256SUMS says", hint=hint)
