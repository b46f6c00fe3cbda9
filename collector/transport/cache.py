"""Answers of feeds kept for the next time: a server that has nothing newer need not send them again."""

import hashlib
import re
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from collector.transport.faults import http_date, media_type, server_date
from collector.transport.wire import Reply

# Within a minute of its change a file may change again under the same second (RFC 9110, 8.8.2.2).
_SETTLED = timedelta(seconds=60)


class Kept(NamedTuple):
    """A body as received, and by what its server recognises it: the entity tag, else when it was last modified."""

    body: bytes
    media_type: str
    etag: str
    modified: str

    @property
    def condition(self) -> Mapping[str, str]:
        """The header that asks for the body only if it is another one by now."""
        return {"If-None-Match": self.etag} if self.etag else {"If-Modified-Since": self.modified}


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of an entry; the body follows."""

    sha256: str
    media_type: str
    etag: str
    modified: str


def worth_keeping(reply: Reply) -> Kept | None:
    """An answer that can be asked for by condition, None for one that shows no sound mark."""
    etag = _sound(reply.headers.get("ETag", ""))
    modified = _sound(reply.headers.get("Last-Modified", ""))
    since, date = http_date(modified), server_date(reply)
    if since is None or date is None or date - since < _SETTLED:
        modified = ""
    return Kept(reply.body, media_type(reply), etag, modified) if etag or modified else None


def _sound(text: str) -> str:
    # What goes back in a header must be one line of plain characters.
    text = text.strip()
    return text if re.fullmatch(r"[\x20-\x7e]{1,500}", text) else ""


class Cache:
    """Answers in a folder, one file for each address, under its hash; thread-safe, and shared by any number of runs.

    An entry that is damaged or cannot be read counts as not there. The folder is made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._forgotten: set[str] = set()
        self._said = False

    def find(self, url: str) -> Kept | None:
        """What was kept of an address, its digest checked."""
        if url in self._forgotten:
            return None
        try:
            line, _, body = self._path(url).read_bytes().partition(b"\n")
            head = msgspec.json.decode(line, type=_Head)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        kept = Kept(body, head.media_type, _sound(head.etag), _sound(head.modified))
        whole = hashlib.sha256(body).hexdigest() == head.sha256
        return kept if whole and (kept.etag or kept.modified) else None

    def keep(self, url: str, kept: Kept, say: Callable[[str], None]) -> None:
        """Write an entry, whole or not at all; a folder that cannot be written is said once, and is no error."""
        head = _Head(
            sha256=hashlib.sha256(kept.body).hexdigest(),
            media_type=kept.media_type,
            etag=kept.etag,
            modified=kept.modified,
        )
        try:
            self._write(self._path(url), msgspec.json.encode(head) + b"\n" + kept.body)
        except OSError as error:
            self._say_once(error, say)
            return
        with self._lock:
            self._forgotten.discard(url)

    def forget(self, url: str) -> None:
        """Do not go by what was kept of an address until something else is kept."""
        with self._lock:
            self._forgotten.add(url)

    def _path(self, url: str) -> Path:
        # The hash, not the address: that may hold what nobody should read in a list of files.
        return self.folder / hashlib.sha256(url.encode()).hexdigest()

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", suffix=".new", delete=False) as file:
            written = Path(file.name)
            try:
                file.write(content)
                file.flush()
                written.replace(path)
            except BaseException:
                written.unlink()
                raise

    def _say_once(self, error: OSError, say: Callable[[str], None]) -> None:
        with self._lock:
            said, self._said = self._said, True
        if not said:
            why = (error.strerror or str(error)).lower()
            say(f"warning: cannot keep answers in {self.folder}: {why}; the next run fetches them again")
