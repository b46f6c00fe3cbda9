"""Feeds in a closed network: a file or a folder that answers like a server, and gives nothing beside it."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath

import msgspec

from collector.errors import Malformed, Refused, RemoteError, UsageError
from collector.evidence.ask import Ask
from collector.transport.answer import Answer
from collector.transport.redaction import one_line

MOST_FILES = 200_000
"""The most that a folder may hold: an index of stemcells and all notices of a line are a tenth of that."""

# Not the system's own table of types: that differs from machine to machine.
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".md": "text/markdown",
    ".meta4": "application/metalink4+xml",
    ".toml": "application/toml",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


class LocalFolder:
    """A file or folder, asked like a `Session`; `fetch` may be called from many threads.

    "/" is the file itself, or `{"listing": ["relative/file", …]}` of the folder, sorted; "/relative/file" is a file in
    it. Names are taken as they are, a query is not looked at. Left out of the listing are folders called .git and
    folders reached by a symbolic link. `requests` counts what was read.
    """

    def __init__(self, place: str, *, source: str, now: Callable[[], datetime]) -> None:
        self.api = place
        self.source = source
        self.requests = 0
        self._now = now
        self._lock = threading.Lock()
        try:
            self._root = Path(place).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(
                f"feed {source}: {one_line(place)} cannot be read: {_why(error)}",
                hint=f"set feeds.{source.replace('-', '_')} to a URL, or to a file or folder that is there",
            ) from error

    @property
    def clock_skew_seconds(self) -> None:
        """A folder has no clock."""
        return

    def close(self) -> None:
        """Nothing is open."""

    def fetch(self, ask: Ask) -> Answer:
        """Read the answer to one question.

        Raises `Refused` for what is not there (404), lies outside or cannot be read (403), `RemoteError` for a body
        that is not what was promised, and `Refused` from `ask.decode` as it is.
        """
        with self._lock:
            self.requests += 1
        if ask.path == "/" and self._root.is_dir():
            body, media = msgspec.json.encode({"listing": self._listing()}), "application/json"
        else:
            path = self._path(ask.path)
            body, media = _read(path, ask.path), _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
        retrieved_at = self._now()
        try:
            page = ask.decode(body)
        except Malformed as error:
            # Reading it again would give the same bytes.
            raise RemoteError(f"{one_line(str(error))}: {one_line(ask.path)}", hint=f"look at {self.api}") from error
        return Answer(body, page, HTTPStatus.OK, media, "", retrieved_at, None)

    def _path(self, asked: str) -> Path:
        if not self._root.is_dir():
            if asked != "/":
                raise _absent(asked)
            return self._root
        start, *parts = asked.split("/")
        if start or not parts or {"", ".", ".."} & set(parts):
            raise _outside(asked)
        try:
            path = self._root.joinpath(*parts).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            raise _absent(asked) from None
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
            raise _unreadable(asked, error) from error
        if not path.is_relative_to(self._root):
            raise _outside(asked)
        return path

    def _listing(self) -> list[str]:
        names: list[str] = []
        try:
            for name in self._files():
                if len(names) == MOST_FILES:
                    raise Refused(
                        f"more than {MOST_FILES} files in {self.api}",
                        http_status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        hint="name the folder of the feed itself",
                    )
                name.encode()
                names.append(name)
        except (OSError, UnicodeEncodeError) as error:
            raise _unreadable("/", error) from error
        return sorted(names)

    def _files(self) -> Iterator[str]:
        for folder, below, files in os.walk(self._root, onerror=_raise):
            below[:] = [name for name in below if name != ".git"]
            inside = PurePosixPath(Path(folder).relative_to(self._root).as_posix())
            yield from (str(inside / name) for name in files)


def _read(path: Path, asked: str) -> bytes:
    # Nothing else is opened: a pipe would keep us waiting.
    if not path.is_file():
        raise _absent(asked)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(asked, error) from error


def _raise(error: OSError) -> None:
    """Raise what `os.walk` would pass over: a folder that cannot be read must not look like an empty one."""
    raise error


def _absent(asked: str) -> Refused:
    return Refused(f"no file {one_line(asked)}", http_status=HTTPStatus.NOT_FOUND)


def _outside(asked: str) -> Refused:
    return Refused(f"{one_line(asked)} leads out of the folder", http_status=HTTPStatus.FORBIDDEN)


def _unreadable(asked: str, error: Exception) -> Refused:
    return Refused(f"{one_line(asked)} cannot be read: {_why(error)}", http_status=HTTPStatus.FORBIDDEN)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "a file name that is not utf-8" if isinstance(error, UnicodeError) else one_line(str(error)).lower()
