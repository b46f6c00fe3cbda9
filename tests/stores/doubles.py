"""Stores around stores: one that keeps a list of what was put, one that fails when a test says so."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from collector.evidence.store import Store


class Watched:
    """Passes everything on; `before` is called with each key ahead of its put and may raise."""

    def __init__(self, inner: Store, before: Callable[[str], object] = len) -> None:
        self.inner = inner
        self.before = before
        self.stored: list[str] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.inner.url

    def put_file(self, key: str, path: Path) -> None:
        self.before(key)
        self.inner.put_file(key, path)
        with self._lock:
            self.stored.append(key)

    def read(self, key: str) -> bytes:
        return self.inner.read(key)

    def fetch(self, key: str, path: Path) -> None:
        self.inner.fetch(key, path)

    def keys(self, prefix: str) -> Iterator[str]:
        return self.inner.keys(prefix)

    def local(self, prefix: str) -> Path | None:
        return self.inner.local(prefix)

    def probe(self) -> list[str]:
        return self.inner.probe()
