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

    def named(self, folder: Path) -> Snapshot:
        """The snapshot, with the digest of this manifest as it lies in `folder`."""
        digest = digest_of(folder / "manifest.json")
        return msgspec.structs.replace(self.snapshot, sha256=digest, root=str(folder))


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


def sums_text(files: Iterable[File]) -> str:
    """SHA256SUMS, as `sha256sum --check` reads it."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in files)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished snapshot, checked against its SHA256SUMS.

    Raises `UsageError` when the folder holds no finished snapshot, `IntegrityError` when it is not what it was.
    """
    path = folder / "manifest.json"
    try:
        body = path.read_bytes()
        listed = (folder / "SHA256SUMS").read_bytes()
    except OSError as error:
        raise UsageError(
            f"no finished snapshot in {folder}", hint="name a folder that holds manifest.json and SHA256SUMS"
        ) from error
    itself = File(path=path.name, size=len(body), sha256=hashlib.sha256(body).hexdigest())
    if not listed.endswith(sums_text([itself]).encode()):
        raise IntegrityError(f"{path} is not what SHA256SUMS says", hint="restore both from the store")
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"{path} cannot be read: {error}", hint="restore it from the store") from error
    if manifest.schema != SCHEMA:
        raise IntegrityError(f"{path} is of another schema: {manifest.schema}", hint=f"this version reads {SCHEMA}")
    for named in (
        *(document.file for document in manifest.snapshot.documents),
        *(file.path for file in manifest.files),
    ):
        # A manifest comes from elsewhere: it must not name files outside its own folder.
        name = PurePosixPath(named)
        if name.is_absolute() or ".." in name.parts:
            raise IntegrityError(f"{path} names a file outside its folder: {named!r}")
    if listed != sums_text([*manifest.files, itself]).encode():
        raise IntegrityError(f"{folder / 'SHA256SUMS'} is not what the manifest says", hint="restore it from the store")
    return manifest


def open_snapshot(folder: Path) -> Snapshot:
    """The snapshot in a folder, each file as its manifest says; bodies are checked again one by one by `unpack`."""
    manifest = read_manifest(folder)
    for file in manifest.files:
        path = folder / file.path
        try:
            digest = digest_of(path)
        except OSError as error:
            raise IntegrityError(
                f"{path} cannot be read: {error.strerror}", hint="restore it from the store"
            ) from error
        if digest != file.sha256:
            raise IntegrityError(f"{path} is not what its manifest says", hint="restore it from the store")
    return manifest.named(folder)
