"""Files in a zip or tar.gz archive, read without writing anything, and no more than a hostile one may cost."""

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from collector.errors import Malformed

# A clone of the stemcell index is 20 MB in 3,000 files; what unpacks to more than this is no feed.
MOST_BYTES = 256 * 1024 * 1024
MOST_MEMBERS = 50_000
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    # What zipfile says of an encrypted member, and of a compression or a version that it does not know.
    RuntimeError,
)


class Member(NamedTuple):
    """One file of an archive."""

    name: str
    body: bytes


def is_archive(body: bytes) -> bool:
    """Whether a body is a zip or gzip file, by its first bytes."""
    return body.startswith((*_ZIP, _GZIP))


def members(
    body: bytes, wanted: Callable[[str], bool], *, most_bytes: int = MOST_BYTES, most_members: int = MOST_MEMBERS
) -> list[Member]:
    """The wanted files of an archive; a name that leads out of it is never one.

    Raises `Malformed` for one that is damaged, holds too many files or unpacks to too many bytes.
    """
    room = _Room(most_bytes)
    unpack = _zip if body.startswith(_ZIP) else _tar
    try:
        return list(unpack(body, lambda name: _inside(name) and wanted(name), room, most_members))
    except _DAMAGE as error:
        raise Malformed(f"an archive that cannot be unpacked: {str(error)[:120] or type(error).__name__}") from error


class _Room:
    """How many bytes may still be unpacked."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.left = size

    def take(self, body: bytes) -> bytes:
        """Count what was unpacked."""
        self.left -= len(body)
        if self.left < 0:
            raise Malformed(f"an archive that unpacks to more than {self.size} bytes")
        return body


class _Counted(io.RawIOBase):
    """The unpacked stream of a tar.gz, of which also the parts between the wanted files count."""

    def __init__(self, stream: gzip.GzipFile, room: _Room) -> None:
        self._stream = stream
        self._room = room

    def read(self, size: int = -1) -> bytes:
        return self._room.take(self._stream.read(size if 0 <= size <= self._room.left else self._room.left + 1))


def _zip(body: bytes, wanted: Callable[[str], bool], room: _Room, most: int) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        entries = archive.infolist()
        _few_enough(len(entries), most)
        for entry in entries:
            if not entry.is_dir() and wanted(entry.filename):
                with archive.open(entry) as file:
                    yield Member(entry.filename, room.take(file.read(room.left + 1)))


def _tar(body: bytes, wanted: Callable[[str], bool], room: _Room, most: int) -> Iterator[Member]:
    with (
        gzip.GzipFile(fileobj=io.BytesIO(body)) as stream,
        tarfile.open(fileobj=_Counted(stream, room), mode="r|") as archive,
    ):
        kept = _Room(room.size)
        for number, entry in enumerate(archive, 1):
            _few_enough(number, most)
            file = archive.extractfile(entry) if entry.isfile() and wanted(entry.name) else None
            if file is not None:
                # A sparse file is larger than what the stream holds of it.
                yield Member(entry.name, kept.take(file.read(kept.left + 1)))


def _few_enough(number: int, most: int) -> None:
    if number > most:
        raise Malformed(f"an archive of more than {most} files")


def _inside(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and ".." not in name.split("/")
