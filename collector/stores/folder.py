"""A store in a local folder: a key is a path below it."""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from collector.errors import IntegrityError, UsageError
from collector.evidence.store import Store
from collector.stores.files import sha256_of, told, write_new, write_over
from collector.stores.names import UNFINISHED, checked_key, checked_prefix
from collector.stores.options import Chance, Given

ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


def open_folder(url: str, given: Given) -> Store:
    """Open `file:./evidence`, `file:/abs`, `file:///abs` or a plain path; the folder need not exist yet."""
    text = url.removeprefix("file:")
    if text.startswith("//"):
        host, slash, rest = text[2:].partition("/")
        if host not in {"", "localhost"} or not slash:
            raise UsageError("a file: address names no host", hint="write file:./evidence or file:///srv/evidence")
        text = f"/{rest}"
    if not text or "\0" in text:
        raise UsageError("the address names no folder", hint="write file:./evidence or file:///srv/evidence")
    return Folder(Path(text), given.chance)


class Folder:
    """Files below a root; written under another name first, so that a key is there wholly or not at all."""

    def __init__(self, root: Path, chance: Chance) -> None:
        self._root = root
        self._chance = chance

    @property
    def url(self) -> str:
        """The folder as it was named."""
        return f"file:{self._root}"

    def put_file(self, key: str, path: Path) -> None:
        """Copy a local file in; the same bytes again, or the very file itself, are success."""
        target = self._place(key)
        with told("read", path), path.open("rb") as source:
            if target.exists() and os.path.samestat(os.fstat(source.fileno()), target.stat()):
                return
            written = not target.exists() and write_new(target, partial(_copy, source), self._chance)
        if not written and sha256_of(target) != sha256_of(path):
            raise IntegrityError(
                f"other bytes are stored already: {target}",
                hint="stored evidence is never changed; publish under a new run",
            )

    def read(self, key: str) -> bytes:
        """The stored bytes; `KeyError` when there are none."""
        place = self._place(key)
        with told("read", place):
            try:
                return place.read_bytes()
            except ABSENT:
                raise KeyError(key) from None

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored bytes into a local file."""
        place = self._place(key)
        with told("read", place):
            try:
                source = place.open("rb")
            except ABSENT:
                raise KeyError(key) from None
            with source:
                write_over(path, partial(_copy, source), self._chance)

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix, in lexicographic order; links and unfinished files are none."""
        top = self._below(prefix)
        found: list[str] = []
        with told("list", top):
            for folder, _, names in os.walk(top, onerror=_raise_unless_absent):
                found += [
                    (Path(folder) / name).relative_to(self._root).as_posix()
                    for name in names
                    if not name.startswith(UNFINISHED) and not (Path(folder) / name).is_symlink()
                ]
        yield from sorted(found)

    def local(self, prefix: str) -> Path | None:
        """The folder that holds a prefix."""
        return self._below(prefix)

    def probe(self) -> list[str]:
        """Write, read back and remove a probe, and see that a taken name stays as it was."""
        probe = self._root / f"probe-{self._chance()}"
        with told("probe", self._root):
            try:
                write_new(probe, partial(_say, b"first"), self._chance)
                again = write_new(probe, partial(_say, b"second"), self._chance)
                intact = not again and probe.read_bytes() == b"first"
                free = shutil.disk_usage(self._root).free
            finally:
                probe.unlink(missing_ok=True)
        if not intact:
            raise IntegrityError(f"{self._root} does not keep what is written to it", hint="name another folder")
        return [
            f"folder {self._root}: written, read back and removed",
            "overwriting: a taken name is refused",
            f"free space: {free / 1e9:.1f} GB",
            "immutability: plain (whoever may write to this folder may also delete from it)",
        ]

    def _below(self, prefix: str) -> Path:
        """The path of a prefix; "" is the root."""
        return self._place(checked_prefix(prefix).removesuffix("/")) if prefix else self._root

    def _place(self, key: str) -> Path:
        """The path of a key; never outside the root, not even through a symbolic link."""
        place = self._root / checked_key(key)
        root = self._root.resolve()
        if not place.resolve().is_relative_to(root):
            raise UsageError(f"a link in {self._root} leads out of it: {key}", hint="remove the symbolic link")
        return place


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    shutil.copyfileobj(source, target, 1024 * 1024)


def _say(content: bytes, target: BinaryIO) -> None:
    target.write(content)


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, ABSENT):
        raise error
