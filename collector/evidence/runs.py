"""A run of reports in a folder: sealed by a manifest, and put in the place of the run before in one step."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from collector.errors import UsageError
from collector.evidence.manifest import sums

REPORT_SCHEMA = "cf-evidence/report/1"
HISTORY = "history"
"""The folder of a run in which that of earlier snapshots lies on which it rests."""


def refuse_foreign(directory: Path) -> None:
    """Only an empty place or an earlier run of ours may be written to."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a folder", hint="-o names a folder for the artefacts")
    if not any(directory.iterdir()):
        return
    try:
        found = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=dict[str, Any])
        ours = found.get("schema") == REPORT_SCHEMA
    except (OSError, msgspec.DecodeError):
        ours = False
    if not ours:
        raise UsageError(f"{directory} holds something else", hint="choose an empty or new folder with -o")


def write_json(path: Path, value: object) -> None:
    """Write one readable, stable form."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")


def seal(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest and the sums of everything else in a run."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    write_json(folder / "manifest.json", {"schema": REPORT_SCHEMA, **manifest, "files": sums(folder, names)})
    listed = [f"{entry.sha256}  {entry.path}\n" for entry in sums(folder, [*names, "manifest.json"])]
    (folder / "SHA256SUMS").write_text("".join(listed), encoding="utf-8")


def swap(partial: Path, directory: Path) -> None:
    """Put a finished run in the place of the one before, with no moment in which half of one is there."""
    if not directory.exists():
        partial.rename(directory)
        return
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    directory.rename(old)
    partial.rename(directory)
    shutil.rmtree(old)
