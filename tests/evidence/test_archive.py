"""Finding snapshots again: the newest, a named one, and none."""

import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from collector.errors import IntegrityError, UsageError
from collector.evidence import (
    Last,
    Manifest,
    Store,
    bring,
    bring_part,
    earlier,
    find,
    last_manifest,
    month_folder,
    open_snapshot,
    read_manifest,
    snapshot_id,
    snapshots,
    states,
    unpack,
)
from collector.model import Snapshot
from tests.evidence.making import BODY, finished, harvested

OCTOBER, EARLY, LATE = "20261031T235959Z-00000009", "20261101T000000Z-00000001", "20261120T120000Z-00000001"


class Shelf:
    """The smallest store there can be: a folder, which `local` may deny."""

    def __init__(self, root: Path, *, here: bool) -> None:
        self.root = root
        self.here = here

    @property
    def url(self) -> str:
        return "shelf:evidence"

    def put_file(self, key: str, path: Path) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())

    def read(self, key: str) -> bytes:
        return (self.root / key).read_bytes()

    def fetch(self, key: str, path: Path) -> None:
        path.write_bytes(self.read(key))

    def keys(self, prefix: str) -> Iterator[str]:
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        yield from sorted(key for key in found if key.startswith(prefix))

    def local(self, prefix: str) -> Path | None:
        return self.root / prefix if self.here else None

    def probe(self) -> list[str]:
        return []


@pytest.fixture(params=[True, False], ids=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Three snapshots of one system, one of another, an unfinished one, and a report."""
    root = tmp_path / "shelf"
    finished(root / "system=default/snapshots/2026/11", BODY, run=LATE)
    finished(root / "system=default/snapshots/2026/11", BODY, run=EARLY)
    finished(root / "system=default/snapshots/2026/10", BODY, run=OCTOBER)
    finished(root / "system=other/snapshots/2026/12", BODY, run="20261201T000000Z-00000001")
    half = finished(root / "half", BODY, run="20261231T000000Z-00000001")
    half.rename(root / "system=default/snapshots/2026/11/.20261231T000000Z-00000001.partial")
    (root / "system=default/reports/period=2026-11/r").mkdir(parents=True)
    (root / "system=default/reports/period=2026-11/r/manifest.json").write_bytes(b"{}")
    return Shelf(root, here=request.param)


def test_names() -> None:
    """A run is named by its instant and a word, and lies in the folder of its system and month."""
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert snapshot_id(at, "00000001") == LATE
    assert month_folder("default", at) == "system=default/snapshots/2026/11"


def test_snapshots(store: Store) -> None:
    """All finished snapshots of a system, oldest first, and nothing else."""
    assert list(snapshots(store, "default")) == [
        f"system=default/snapshots/2026/10/{OCTOBER}",
        f"system=default/snapshots/2026/11/{EARLY}",
        f"system=default/snapshots/2026/11/{LATE}",
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("latest", f"2026/11/{LATE}"), (EARLY, f"2026/11/{EARLY}"), (OCTOBER, f"2026/10/{OCTOBER}")],
)
def test_find(store: Store, wanted: str, found: str) -> None:
    """A snapshot is found by its id, the newest also as `latest`."""
    assert find(store, "default", wanted, "cloud-controller") == f"system=default/snapshots/{found}"


@pytest.mark.parametrize("wanted", ["20261101T000000Z", "", "..", "LATEST"])
def test_find_nothing(store: Store, wanted: str) -> None:
    """What is not there is not guessed; the newest one is named."""
    with pytest.raises(UsageError) as error:
        find(store, "default", wanted, "cloud-controller")
    assert str(error.value) == f"no snapshot {wanted} in shelf:evidence"
    assert error.value.hint == f"the newest is {LATE}"


def test_find_in_nothing(store: Store) -> None:
    """A system without a snapshot is told how to get one."""
    with pytest.raises(UsageError) as error:
        find(store, "third", "latest", "cloud-controller")
    assert str(error.value) == "shelf:evidence holds no snapshot of system third"
    assert error.value.hint == "take one: collect snapshot"


def test_last_manifest(store: Store) -> None:
    """The next snapshot is chained to the newest: its key, the digest of its bytes, its place."""
    key = f"system=default/snapshots/2026/11/{LATE}/manifest.json"
    assert last_manifest(store, "default") == Last(key, hashlib.sha256(store.read(key)).hexdigest(), 1)
    assert last_manifest(store, "third") is None


def test_several_in_one_second(tmp_path: Path) -> None:
    """Of snapshots begun in the same second, whose names end in chance, the last in the chain is the newest."""
    month = tmp_path / "system=default/snapshots/2026/11"
    names = [f"20261120T120000Z-{chance}" for chance in ("55555555", "99999999", "11111111")]
    for sequence, name in enumerate(names, 1):
        finished(month, BODY, run=name, sequence=sequence)
    shelf = Shelf(tmp_path, here=False)
    assert find(shelf, "default", "latest", "cloud-controller").endswith("-11111111")
    last = last_manifest(shelf, "default")
    assert last is not None
    assert (last.path.split("/")[-2], last.sequence) == (names[2], 3)


def test_last_manifest_is_damaged(store: Store, tmp_path: Path) -> None:
    """A newest manifest that cannot be read breaks the chain, and is no fault of ours."""
    key = f"system=default/snapshots/2026/11/{LATE}/manifest.json"
    (tmp_path / "damaged").write_bytes(b'{"schema":')
    store.put_file(key, tmp_path / "damaged")
    with pytest.raises(IntegrityError) as error:
        last_manifest(store, "default")
    assert str(error.value).startswith(f"{key} in shelf:evidence cannot be read")


def test_bring(store: Store, tmp_path: Path) -> None:
    """A brought snapshot is a folder that opens: the store's own, or a whole copy."""
    prefix = find(store, "default", "latest", "cloud-controller")
    folder = bring(store, prefix, tmp_path / "copy")
    assert open_snapshot(folder).id == LATE
    assert (folder == tmp_path / "copy" / LATE) == (store.local(prefix) is None)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "0001-apps.json.gz",
        "SHA256SUMS",
        "manifest.json",
    ]


NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def test_latest_of_a_source(store: Store, tmp_path: Path) -> None:
    """A harvest of a director alone, however new, is not what is judged as the latest."""
    month = tmp_path / "shelf/system=default/snapshots/2026/11"
    harvested(month, BODY, run="20261121T000000Z-00000001", state={"upto_id": "7"})
    assert find(store, "default", "latest", "cloud-controller").endswith(LATE)
    assert find(store, "default", "latest", "bosh-production").endswith("20261121T000000Z-00000001")
    with pytest.raises(UsageError, match="holds no snapshot of bosh-staging"):
        find(store, "default", "latest", "bosh-staging")


def test_where_a_harvest_goes_on(store: Store, tmp_path: Path) -> None:
    """The newest snapshot of a source that says so tells where to go on; one from before the horizon is forgotten."""
    month = tmp_path / "shelf/system=default/snapshots/2026/11"
    harvested(month, BODY, run="20261119T000000Z-00000001", state={"upto_id": "5"})
    harvested(month, BODY, run="20261121T000000Z-00000001", state={"upto_id": "7"})
    harvested(month, BODY, run="20261122T000000Z-00000001", state={})
    wanted = ("bosh-production", "bosh-staging")
    assert states(store, "default", since=NOVEMBER, wanted=wanted) == {"bosh-production": {"upto_id": "7"}}
    late = datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC)
    assert states(store, "default", since=late, wanted=wanted) == {}


def test_earlier(store: Store) -> None:
    """Earlier snapshots are the others begun since an instant and no later, oldest first."""
    late = opened(store, LATE)
    assert earlier(store, late, NOVEMBER) == [f"system=default/snapshots/2026/11/{EARLY}"]
    assert earlier(store, late, late.taken_at) == []
    other = msgspec.structs.replace(late, id="20261120T120000Z-00000002")
    assert earlier(store, other, late.taken_at) == [f"system=default/snapshots/2026/11/{LATE}"]


def opened(store: Store, run: str) -> Snapshot:
    manifest = store.read(f"system=default/snapshots/2026/11/{run}/manifest.json")
    return msgspec.json.decode(manifest, type=Manifest).snapshot


def test_bring_part(store: Store, tmp_path: Path) -> None:
    """Of an earlier snapshot only the wanted documents come, with the manifest that tells their digests."""
    month = tmp_path / "shelf/system=default/snapshots/2026/11"
    run = harvested(month, b"one", b"two", run="20261121T000000Z-00000001", state={}).name
    prefix = f"system=default/snapshots/2026/11/{run}"
    folder = bring_part(store, prefix, tmp_path / "part", lambda document: document.query["page"] == "2")
    assert folder == tmp_path / "part" / run
    manifest = read_manifest(folder)
    (wanted,) = (document for document in manifest.snapshot.documents if document.query["page"] == "2")
    assert unpack(folder, wanted) == b"two"
    assert len(list(folder.rglob("*.gz"))) == 1
    assert bring_part(store, prefix, tmp_path / "none", lambda _document: False) is None


def test_a_part_that_was_altered(store: Store, tmp_path: Path) -> None:
    """A document of an earlier snapshot that is not what its manifest says is never read."""
    month = tmp_path / "shelf/system=default/snapshots/2026/11"
    run = harvested(month, b"one", run="20261121T000000Z-00000001", state={}).name
    (file,) = (month / run).rglob("*.gz")
    file.write_bytes(gzip.compress(b"two", mtime=0))
    folder = bring_part(store, f"system=default/snapshots/2026/11/{run}", tmp_path / "part", lambda _document: True)
    assert folder is not None
    (document,) = read_manifest(folder).snapshot.documents
    with pytest.raises(IntegrityError, match="is not what its manifest says"):
        unpack(folder, document)
