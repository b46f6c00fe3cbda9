"""Writing a snapshot: every body hashed and compressed by the worker that fetched it, the manifest last."""

import gzip
import hashlib
import os
import re
import shutil
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.errors import IntegrityError, UsageError
from collector.evidence.ask import Ask
from collector.evidence.manifest import Manifest, manifest_bytes, sums, sums_text
from collector.model import Document, Gap, Identity, Snapshot, SourceRecord

JOURNAL = "journal.jsonl"
# Level 1 costs a third of level 6 and is 11 % larger (measured on 162 MB of pages): compression must not slow the walk.
GZIP_LEVEL = 1


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of the journal: what an interrupted snapshot set out to do."""

    id: str
    system: str
    started_at: datetime
    foundation: str
    scope: dict[str, Any]


class Received(NamedTuple):
    """What the transport knows of an answer beside its page."""

    body: bytes
    status: int
    media_type: str
    request_id: str
    retrieved_at: datetime


class Key(NamedTuple):
    """By what a question is recognised when a snapshot is resumed."""

    source: str
    path: str
    query: tuple[tuple[str, str], ...]


def key_of(source: str, path: str, query: Mapping[str, str]) -> Key:
    """The same question has the same key, whatever the order of its parameters."""
    return Key(source, path, tuple(sorted(query.items())))


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Translate what a full, read-only or forbidden disk says."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot write {path}: {reason}",
            hint="free space there or choose another place with --store or -o",
        ) from error


class Recorder:
    """One snapshot being written under a temporary name; thread-safe.

    A new one is made by `start`, an interrupted one goes on by `resume`. `finish` writes manifest.json and SHA256SUMS
    and gives the folder its name; until then readers ignore it.
    """

    def __init__(self, folder: Path, opening: Opening, kept: Iterable[Document] = ()) -> None:
        self.folder = folder
        self.opening = opening
        self._lock = threading.Lock()
        self._documents = list(kept)
        self._known = {key_of(kept.source, kept.path, kept.query): kept for kept in self._documents}
        self._gaps: dict[str, list[Gap]] = {}
        # Above all numbers given before, not their count: an interruption leaves holes, and nothing is written over.
        self._number = max((int(Path(kept.file).name.partition("-")[0]) for kept in self._documents), default=0)

    @classmethod
    def start(cls, parent: Path, opening: Opening) -> "Recorder":
        """A fresh snapshot below `parent` (made when absent)."""
        folder = parent / f".{opening.id}.partial"
        with disk_errors(folder):
            folder.mkdir(parents=True)
            (folder / JOURNAL).write_bytes(msgspec.json.encode(opening) + b"\n")
        return cls(folder, opening)

    @classmethod
    def resume(cls, folder: Path) -> "Recorder":
        """The interrupted snapshot in `folder`; answers whose file is damaged are asked for again."""
        try:
            lines = (folder / JOURNAL).read_bytes().splitlines()
        except OSError as error:
            raise UsageError(f"no interrupted snapshot in {folder}", hint="take one: collect snapshot") from error
        try:
            opening = msgspec.json.decode(lines[0], type=Opening)
        except (IndexError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise IntegrityError(
                f"{folder / JOURNAL} is not a journal", hint="remove the folder and start again"
            ) from error
        kept = [document for line in lines[1:] if (document := _sound(folder, line)) is not None]
        with disk_errors(folder):
            # A torn last line would swallow the one written after it.
            rewritten = folder / f"{JOURNAL}.new"
            rewritten.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in (opening, *kept)))
            rewritten.replace(folder / JOURNAL)
        return cls(folder, opening, kept)

    def known(self, source: str, ask: Ask) -> Document | None:
        """The answer that an interrupted run already kept."""
        return self._known.get(key_of(source, ask.path, ask.query))

    def body(self, document: Document) -> bytes:
        """The bytes of a document of this snapshot."""
        return unpack(self.folder, document)

    def keep(self, source: str, ask: Ask, received: Received) -> Document:
        """Hash, compress and write one accepted answer; called by the worker that fetched it."""
        with self._lock:
            self._number += 1
            number = self._number
        name = re.sub(r"[^a-z0-9.-]", "-", ask.what.lower())
        document = Document(
            source=source,
            what=ask.what,
            path=ask.path,
            query=dict(ask.query),
            retrieved_at=received.retrieved_at,
            status=received.status,
            media_type=received.media_type,
            request_id=received.request_id,
            sha256=hashlib.sha256(received.body).hexdigest(),
            size=len(received.body),
            file=f"raw/{source}/{number:04}-{name}.json.gz",
        )
        target = self.folder / document.file
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(received.body, GZIP_LEVEL, mtime=0))
            with self._lock, (self.folder / JOURNAL).open("ab") as journal:
                journal.write(msgspec.json.encode(document) + b"\n")
        with self._lock:
            self._documents.append(document)
        return document

    def miss(self, source: str, gap: Gap) -> None:
        """Note something asked for and not got."""
        with self._lock:
            self._gaps.setdefault(source, []).append(gap)

    def counts(self, source: str, what: str | None = None) -> int:
        """How many answers of a source, or about one thing, are kept."""
        return sum(kept.source == source and what in (None, kept.what) for kept in self._documents)

    def kept(self, source: str, what: str) -> list[bytes]:
        """The bodies kept about one thing."""
        return [self.body(kept) for kept in self._documents if (kept.source, kept.what) == (source, what)]

    def gaps(self, source: str) -> tuple[Gap, ...]:
        """The gaps of a source, in an order that does not depend on arrival."""
        return tuple(sorted(self._gaps.get(source, ()), key=lambda gap: (gap.what, gap.subjects, gap.reason)))

    def snapshot(self, finished_at: datetime, identity: Identity, sources: tuple[SourceRecord, ...]) -> Snapshot:
        """What is kept so far, as a snapshot that ends here."""
        return Snapshot(
            id=self.opening.id,
            system=self.opening.system,
            taken_at=self.opening.started_at,
            finished_at=finished_at,
            foundation=self.opening.foundation,
            identity=identity,
            scope=self.opening.scope,
            sources=sources,
            documents=tuple(sorted(self._documents, key=lambda document: document.file)),
        )

    def finish(  # noqa: PLR0913  what a manifest states
        self,
        *,
        tool: str,
        finished_at: datetime,
        identity: Identity,
        sources: tuple[SourceRecord, ...],
        previous: Mapping[str, str] | None = None,
        sequence: int = 1,
    ) -> Snapshot:
        """Write manifest.json and SHA256SUMS, sync everything to disk, give the folder its name."""
        snapshot = self.snapshot(finished_at, identity, sources)
        final = self.folder.with_name(self.opening.id)
        with disk_errors(self.folder):
            (self.folder / JOURNAL).unlink(missing_ok=True)
            wanted = {document.file for document in snapshot.documents}
            _drop_strays(self.folder, wanted)
            listed = sums(self.folder, sorted(wanted))
            manifest = Manifest(tool=tool, snapshot=snapshot, sequence=sequence, previous=previous, files=listed)
            body = manifest_bytes(manifest)
            (self.folder / "manifest.json").write_bytes(body)
            lines = sums_text([*listed, *sums(self.folder, ["manifest.json"])])
            (self.folder / "SHA256SUMS").write_bytes(lines.encode())
            for path in (*self.folder.rglob("*"), self.folder):
                _sync(path)
            self.folder.rename(final)
            _sync(final.parent)
        return msgspec.structs.replace(snapshot, sha256=hashlib.sha256(body).hexdigest(), root=str(final))

    def discard(self) -> None:
        """Remove what was written, as if the snapshot had never begun."""
        shutil.rmtree(self.folder, ignore_errors=True)


def unpack(folder: Path, document: Document) -> bytes:
    """The body of a document, checked against its digest; raises `IntegrityError`."""
    path = folder / document.file
    try:
        with gzip.open(path) as file:
            # One byte more than recorded is enough to see that the file was replaced, however large it would unpack.
            body = file.read(document.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{path} cannot be read: {error}", hint="restore it from the store") from error
    if len(body) != document.size or hashlib.sha256(body).hexdigest() != document.sha256:
        raise IntegrityError(f"{path} is not what its manifest says", hint="restore it from the store")
    return body


def _sound(folder: Path, line: bytes) -> Document | None:
    """A journalled document whose bytes are whole; a torn last line or file counts as never fetched."""
    try:
        document = msgspec.json.decode(line, type=Document)
        unpack(folder, document)
    except (msgspec.DecodeError, UnicodeDecodeError, IntegrityError):
        return None
    return document


def _drop_strays(folder: Path, wanted: set[str]) -> None:
    """Files of answers that were not journalled (killed in between) are no evidence."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
