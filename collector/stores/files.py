"""Local files, written so that they are there wholly or not at all."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from collector.errors import UsageError
from collector.stores.names import UNFINISHED
from collector.stores.options import Chance

HINTS = {
    "FileNotFoundError": "check the path",
    "PermissionError": "check who owns the folder and who may write to it",
}


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with told("read", path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_new(path: Path, fill: Callable[[BinaryIO], object], chance: Chance) -> bool:
    """Write a file that must not exist yet, atomically; False when the name was taken, and nothing was changed."""
    return _write(path, fill, chance, _claim)


def write_over(path: Path, fill: Callable[[BinaryIO], object], chance: Chance) -> None:
    """Write a file atomically, in place of any that was there."""
    _write(path, fill, chance, _replace)


@contextlib.contextmanager
def told(doing: str, path: Path) -> Iterator[None]:
    """Turn what the file system says into one line for the person."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        hint = HINTS.get(type(error).__name__, "check the disk, or name another folder with --store")
        raise UsageError(f"cannot {doing} {path}: {reason}", hint=hint) from error


def _write(
    path: Path, fill: Callable[[BinaryIO], object], chance: Chance, settle: Callable[[Path, Path], bool]
) -> bool:
    unfinished = path.parent / f"{UNFINISHED}{chance()}"
    with told("write", path):
        _make_folder(path.parent)
        try:
            with unfinished.open("xb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            done = settle(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(path.parent)
    return done


def _claim(unfinished: Path, path: Path) -> bool:
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return False
    except OSError:
        # No hard links here (SMB, FAT, some containers). Claim the name first, then rename over our own empty claim:
        # a kill between the two leaves an empty file, which the next writer reports and never takes for evidence.
        return _claim_without_links(unfinished, path)
    return True


def _claim_without_links(unfinished: Path, path: Path) -> bool:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    unfinished.replace(path)
    return True


def _replace(unfinished: Path, path: Path) -> bool:
    unfinished.replace(path)
    return True


def _make_folder(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)  # or a power cut loses the folder with the file in it


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; it needs no such thing
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
