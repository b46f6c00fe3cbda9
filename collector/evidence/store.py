"""What a store must do; `collector.stores` holds those that do it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Store(Protocol):
    """A place for runs, under keys such as `system=default/snapshots/2026/11/<run>/manifest.json`.

    Keys are relative, `/`-separated. Nothing stored is ever changed: `put` of other bytes under a taken key raises
    `IntegrityError`; the same bytes again are success.
    """

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Store the bytes of a local file; raises `RemoteError` (with a next step) or `IntegrityError`."""
        ...

    def read(self, key: str) -> bytes:
        """The stored bytes; raises `KeyError` when there are none, `RemoteError` when it cannot be told."""
        ...

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored bytes into a local file, same errors as `read`."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix, in lexicographic order."""
        ...

    def local(self, prefix: str) -> Path | None:
        """The folder that holds a prefix when the store is one, else None."""
        ...

    def probe(self) -> list[str]:
        """Write and read back a probe; one line per property that was tested. Raises like `put_file`."""
        ...
