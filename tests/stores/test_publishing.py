"""A run goes into a store whole or not at all, also when the server dies on the way."""

import threading

import pytest

from collector.errors import IntegrityError, RemoteError, UsageError
from collector.stores import StoreOptions, open_store
from collector.stores.folder import Folder
from collector.stores.publishing import publish
from tests.stores.conftest import BUCKET, chance, client
from tests.stores.doubles import Watched
from tests.stores.servers import ACCESS, SECRET, seaweedfs


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path / "store", chance)


def test_a_server_that_dies_while_publishing_is_exit_5_with_the_command_that_resumes(weed, run, monkeypatch):
    """A real server is killed after three files; the message names no secret, and the local run is whole."""
    with seaweedfs(weed) as server:
        client(server.http).create_bucket(Bucket=BUCKET)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.http)
        options = StoreOptions(attempts=1, connect_timeout=2, read_timeout=5)
        store = open_store(f"s3://{BUCKET}", environment={}, say=print, chance=chance, options=options)
        before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
        fourth = threading.Semaphore(3)

        def kill(_: str) -> None:
            if not fourth.acquire(blocking=False):
                server.kill()

        with pytest.raises(RemoteError) as raised:
            publish(Watched(store, kill), run, "runs/ab12")

    text = f"{raised.value} {raised.value.hint}"
    assert raised.value.exit_code == 5
    assert f"collect publish {run} s3://evidence (the local copy is kept)" in text
    assert ACCESS not in text
    assert SECRET not in text
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_wrong_secret_is_refused_by_a_real_server(seaweed, run, monkeypatch):
    """403, the next step, and nothing of the secret."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.http)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wr0ng-s3cr3t")
    store = open_store(f"s3://{BUCKET}", environment={}, say=print, chance=chance)

    with pytest.raises(RemoteError, match="403") as raised:
        publish(store, run, "runs/ab12")

    assert "collect publish" in raised.value.hint
    assert "wr0ng-s3cr3t" not in f"{raised.value} {raised.value.hint}"


def test_a_certificate_that_is_not_trusted_stops_everything(seaweed, monkeypatch):
    """TLS is never done without knowing the server; the hint names the variable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.https)
    options = StoreOptions(attempts=0)
    store = open_store(f"s3://{BUCKET}", environment={}, say=print, chance=chance, options=options)

    with pytest.raises(RemoteError, match="certificate is not trusted") as raised:
        store.read("a")

    assert "AWS_CA_BUNDLE" in raised.value.hint


def test_a_bucket_that_does_not_exist_is_not_an_empty_one(seaweed, monkeypatch):
    """A real server says NoSuchBucket; reading and listing say it too."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.http)
    store = open_store("s3://no-such-bucket", environment={}, say=print, chance=chance)

    with pytest.raises(RemoteError, match="there is no such bucket"):
        store.read("a")
    with pytest.raises(RemoteError, match="there is no such bucket"):
        list(store.keys(""))


def test_a_signed_manifest_goes_before_the_sums_and_the_manifest(folder, run):
    """The three that end a run have their order."""
    (run / "manifest.dsse.json").write_bytes(b"signed")
    watched = Watched(folder)

    publish(watched, run, "run")

    assert watched.stored[-3:] == ["run/manifest.dsse.json", "run/SHA256SUMS", "run/manifest.json"]


def test_a_manifest_deeper_down_is_data(folder, run):
    """Only the run's own manifest ends it."""
    (run / "raw/manifest.json").write_bytes(b"data")
    watched = Watched(folder)

    publish(watched, run, "run")

    assert "run/raw/manifest.json" in watched.stored[:-2]


def test_a_run_without_manifest_is_not_published(folder, run):
    """It is not finished, so nothing of it is put."""
    (run / "manifest.json").unlink()

    with pytest.raises(UsageError, match="not a finished run"):
        publish(folder, run, "run")

    assert list(folder.keys("")) == []


def test_a_folder_that_is_not_there_is_a_usage_error(folder, tmp_path):
    """The path is named."""
    with pytest.raises(UsageError, match="no-such-run"):
        publish(folder, tmp_path / "no-such-run", "run")


def test_a_link_in_a_run_is_not_followed(folder, run):
    """A run holds its bytes itself."""
    (run / "raw/link").symlink_to("/etc/hostname")

    with pytest.raises(UsageError, match=r"files, not links: .*raw/link"):
        publish(folder, run, "run")


def test_a_run_already_inside_the_store_is_published_by_doing_nothing(run):
    """The folder is the store: source and target are the same files."""
    store = Folder(run.parent, chance)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}

    publish(store, run, run.name)

    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*")}


def test_files_that_wait_are_not_put_after_an_error(folder, run):
    """One worker, an error in the third file: two are stored and the seven behind it are never tried."""

    def fail(key: str) -> None:
        if "0002" in key:
            raise RemoteError("gone")

    watched = Watched(folder, fail)
    with pytest.raises(RemoteError):
        publish(watched, run, "run", workers=1)

    assert watched.stored == [f"run/raw/cloud-controller/{number:04}-apps.json.gz" for number in (0, 1)]


def test_four_files_are_under_way_at_a_time(folder, run):
    """Four puts meet at a barrier, which fewer workers could not pass."""
    together = threading.Barrier(4)
    met: list[str] = []

    def meet(key: str) -> None:
        if "0000" <= key.rpartition("/")[2][:4] <= "0003":
            together.wait(timeout=20)
            met.append(key)

    publish(Watched(folder, meet), run, "run")

    assert len(met) == 4


def test_of_two_errors_the_graver_is_told(folder, run):
    """Altered evidence (6) is said rather than a slow server (5)."""
    together = threading.Barrier(2)

    def fail(key: str) -> None:
        if "0000" in key:
            together.wait(timeout=20)
            raise RemoteError("gone")
        if "0001" in key:
            together.wait(timeout=20)
            raise IntegrityError("other bytes are stored already")

    with pytest.raises(IntegrityError):
        publish(Watched(folder, fail), run, "run", workers=2)


def test_the_command_that_resumes_can_be_pasted(tmp_path, run):
    """Spaces in a path are quoted."""
    spaced = run.rename(tmp_path / "run of May")
    store = Folder(tmp_path / "the store", chance)

    def fail(_: str) -> None:
        raise RemoteError("gone")

    with pytest.raises(RemoteError) as raised:
        publish(Watched(store, fail), spaced, "run")

    expected = f"collect publish '{tmp_path}/run of May' 'file:{tmp_path}/the store' (the local copy is kept)"
    assert raised.value.hint == expected
