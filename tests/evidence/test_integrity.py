"""A finished snapshot that is not what it was: found out, and named."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import IntegrityError, UsageError
from collector.evidence import Manifest, digest_of, open_snapshot, read_manifest, unpack
from collector.evidence.manifest import SCHEMA, manifest_bytes
from tests.evidence.making import BODY, finished

FILES = ("manifest.json", "SHA256SUMS", "raw/cloud-controller/0001-apps.json.gz")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return finished(tmp_path, BODY)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("kept"), BODY)


def rewrite(folder: Path, change: Callable[[Manifest], Manifest]) -> None:
    """Write another manifest, with sums that agree: what one who can write the folder can do."""
    manifest = change(read_manifest(folder))
    body = manifest_bytes(manifest)
    (folder / "manifest.json").write_bytes(body)
    lines = [f"{file.sha256}  {file.path}\n" for file in manifest.files]
    own = f"{hashlib.sha256(body).hexdigest()}  manifest.json\n"
    (folder / "SHA256SUMS").write_text("".join([*lines, own]))


def test_intact(folder: Path) -> None:
    """A snapshot that nobody touched is opened, and its bodies are what was received."""
    snapshot = open_snapshot(folder)
    assert [unpack(folder, document) for document in snapshot.documents] == [BODY]


def test_manifest(folder: Path) -> None:
    """The manifest names its schema, its tool, its place in the chain, and each file with size and digest."""
    manifest = read_manifest(folder)
    path = FILES[2]
    assert (manifest.schema, manifest.tool) == ("cf-evidence/manifest/1", "cf-evidence 0")
    assert (manifest.sequence, manifest.previous, manifest.immutability) == (1, None, "plain")
    assert [(file.path, file.size, file.sha256) for file in manifest.files] == [
        (path, (folder / path).stat().st_size, digest_of(folder / path))
    ]


@given(data=st.data())
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_flipped_byte(kept: Path, data: st.DataObject) -> None:
    """Whichever byte of whichever file is changed, opening the snapshot fails and names the file."""
    path = kept / data.draw(st.sampled_from(FILES))
    whole = path.read_bytes()
    at, mask = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
    try:
        with pytest.raises(IntegrityError) as error:
            open_snapshot(kept)
    finally:
        path.write_bytes(whole)
    assert path.name in str(error.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "change",
    [lambda body: body[:-1], lambda body: body + b"\n", lambda _: b""],
    ids=["shorter", "longer", "empty"],
)
def test_any_length(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """A file that is shorter, longer or empty is found out."""
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert path.name in str(error.value)


def test_file_is_missing(folder: Path) -> None:
    """A file that is gone is named."""
    (folder / FILES[2]).unlink()
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert str(error.value) == f"{folder / FILES[2]} cannot be read: No such file or directory"


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
def test_not_finished(folder: Path, name: str) -> None:
    """Without manifest or sums there is no finished snapshot."""
    (folder / name).unlink()
    with pytest.raises(UsageError) as error:
        open_snapshot(folder)
    assert str(error.value) == f"no finished snapshot in {folder}"


@pytest.mark.parametrize("name", ["../x", "raw/../../x", "/etc/passwd"])
def test_names_outside(folder: Path, name: str) -> None:
    """A manifest that names a file outside its folder is refused before anything is read there."""

    def point_at(manifest: Manifest) -> Manifest:
        (document,) = manifest.snapshot.documents
        elsewhere = msgspec.structs.replace(document, file=name)
        return msgspec.structs.replace(
            manifest, snapshot=msgspec.structs.replace(manifest.snapshot, documents=(elsewhere,))
        )

    rewrite(folder, point_at)
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert str(error.value) == f"{folder / 'manifest.json'} names a file outside its folder: {name!r}"


def test_listed_outside(folder: Path) -> None:
    """The list of files is held to the same."""
    rewrite(
        folder,
        lambda manifest: msgspec.structs.replace(
            manifest, files=(msgspec.structs.replace(manifest.files[0], path="../../x"),)
        ),
    )
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert str(error.value).endswith("names a file outside its folder: '../../x'")


def test_another_schema(folder: Path) -> None:
    """A manifest of a schema that this version does not know is refused, not guessed at."""
    rewrite(folder, lambda manifest: msgspec.structs.replace(manifest, schema="cf-evidence/manifest/2"))
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert SCHEMA in error.value.hint


def test_no_manifest_at_all(folder: Path) -> None:
    """A manifest that is no manifest, though its sum is right, is an error of integrity."""
    (folder / "manifest.json").write_bytes(b"{}")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'{}').hexdigest()}  manifest.json\n")
    with pytest.raises(IntegrityError) as error:
        open_snapshot(folder)
    assert "manifest.json cannot be read" in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(BODY + b" "),
        gzip.compress(BODY[:-1]),
        gzip.compress(BODY.upper()),
        gzip.compress(bytes(50_000_000)),
        BODY,
        b"",
    ],
    ids=["longer", "shorter", "other", "a bomb", "not compressed", "empty"],
)
def test_body(folder: Path, content: bytes) -> None:
    """A body is held to the digest of what was received when it is read, too, and is not unpacked past its size."""
    snapshot = open_snapshot(folder)
    path = folder / FILES[2]
    path.write_bytes(content)
    with pytest.raises(IntegrityError) as error:
        unpack(folder, snapshot.documents[0])
    assert str(path) in str(error.value)
