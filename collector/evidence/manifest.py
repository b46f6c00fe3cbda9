"""The manifest of a snapshot: what it holds, by digest, and how it is read back."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from collector.errors import IntegrityError, UsageError
from collector.model import Snapshot

SCHEMA = "cf-evidence/manifest/1"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a run."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json of a snapshot. `previous` names the manifest before it: {"path": …, "sha256": …}."""

    schema: str = SCHEMA
    tool: str
    sequence: int
    previous: Mapping[str, str] | None
    immutability: str = "plain"
    snapshot: Snapshot
    files: tuple[File, ...]


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written: one readable, stable form."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums(folder: Path, names: Iterable[str]) -> tuple[File, ...]:
    """Size and digest of files below a folder."""
    return tuple(
        File(path=name, size=(folder / name).stat().st_size, sha256=digest_of(folder / name)) for name in names
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished snapshot, checked against its SHA256SUMS.

    Raises `UsageError` when the folder holds no finished snapshot, `IntegrityError` when it is not what it was.
    """
    path = folder / "manifest.json"
    try:
        body = path.read_bytes()
        listed = (folder / "SHA256SUMS").read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"no finished snapshot in {folder}", hint="name a folder that holds manifest.json and SHA256SUMS"
        ) from error
    digest = hashlib.sha256(body).hexdigest()
    if f"{digest}  manifest.json" not in listed.splitlines():
        raise IntegrityError(f"{path} is not what SHA256SUMS says", hint="restore it from the store")
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"{path} cannot be read: {error}", hint="restore it from the store") from error
    for document in manifest.snapshot.documents:
        # A manifest comes from elsewhere: it must not name files outside its own folder.
        name = PurePosixPath(document.file)
        if name.is_absolute() or ".." in name.parts:
            raise IntegrityError(f"{path} names a file outside its folder: {document.file!r}")
    return manifest


def open_snapshot(folder: Path) -> Snapshot:
    """The snapshot in a folder; its documents are read and checked one by one by `unpack`."""
    manifest = read_manifest(folder)
    return msgspec.structs.replace(manifest.snapshot, sha256=digest_of(folder / "manifest.json"), root=str(folder))
