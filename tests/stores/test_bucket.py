"""What a bucket store asks of S3, and what it makes of every answer, against a server that a test scripts."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.errors import IntegrityError, RemoteError
from collector.evidence.store import Store
from collector.stores import StoreOptions, open_store
from tests.stores.conftest import BUCKET, chance, client
from tests.stores.servers import SECRET, Answer, Asked, Scripted, refused

BODY = b"the evidence"
SHA256 = hashlib.sha256(BODY).hexdigest()
NAME = "/evidence/monthly/run/manifest.json"

ABSENT = Answer(404)
STORED = Answer(200, {"x-amz-server-side-encryption": "AES256"})
HERE = Answer(200, {"x-amz-server-side-encryption": "AES256", "x-amz-meta-sha256": SHA256}, BODY)
TAKEN = refused(412, "PreconditionFailed")
FOREIGN = Answer(200, {"x-amz-server-side-encryption": "AES256"}, b"another's evidence")


@pytest.fixture
def at(monkeypatch) -> Callable[..., Store]:
    """Opens a store at a scripted server."""

    def open_at(server: Scripted, **options) -> Store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        choices = StoreOptions(**({"attempts": 1, "read_timeout": 5} | options))
        return open_store("s3://evidence/monthly", environment={}, say=print, chance=chance, options=choices)

    return open_at


@pytest.fixture
def evidence(file) -> Path:
    path: Path = file(BODY)
    return path


KEY = "run/manifest.json"


def test_every_put_is_conditional_checksummed_encrypted_and_without_acl(at, evidence):
    """Seen on the wire: looked for first, put once, read back."""
    with Scripted([ABSENT, STORED, HERE]) as server:
        at(server, owner="123456789012").put_file(KEY, evidence)

    head, put, get = server.asked
    assert [(asked.method, asked.path) for asked in (head, put, get)] == [("HEAD", NAME), ("PUT", NAME), ("GET", NAME)]
    assert put.body == BODY
    assert {name: put.headers.get(name) for name in sorted(put.headers) if name.startswith(("if-", "x-amz-"))} == {
        "if-none-match": "*",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(SHA256)).decode(),
        "x-amz-content-sha256": SHA256,
        "x-amz-date": put.headers["x-amz-date"],
        "x-amz-expected-bucket-owner": "123456789012",
        "x-amz-meta-sha256": SHA256,
        "x-amz-sdk-checksum-algorithm": "SHA256",
        "x-amz-server-side-encryption": "AES256",
    }
    assert [asked.headers["x-amz-expected-bucket-owner"] for asked in (head, get)] == ["123456789012"] * 2


def test_a_kms_key_is_asked_for_with_its_bucket_key(at, evidence):
    """aws:kms, the key, and a bucket key, which saves calls to KMS."""
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    with Scripted([ABSENT, Answer(200, kms), HERE]) as server:
        at(server, kms_key="alias/evidence").put_file(KEY, evidence)

    assert {
        name.removeprefix("x-amz-server-side-encryption"): value
        for name, value in server.asked[1].headers.items()
        if "encryption" in name
    } == {"": "aws:kms", "-aws-kms-key-id": "alias/evidence", "-bucket-key-enabled": "true"}


def test_a_server_of_ones_own_may_be_excused_from_encrypting(at, evidence):
    """With encryption="none" none is asked for and none is missed."""
    with Scripted([ABSENT, Answer(200), Answer(200, {}, BODY)]) as server:
        at(server, encryption="none").put_file(KEY, evidence)

    assert "x-amz-server-side-encryption" not in server.asked[1].headers


def test_a_put_whose_encryption_is_not_confirmed_fails(at, evidence):
    """Some servers drop the header silently; the object is not taken for safely stored, the second time either."""
    with Scripted([ABSENT, Answer(200), Answer(200, {"x-amz-meta-sha256": SHA256}), Answer(200, {}, BODY)]) as server:
        store = at(server)
        with pytest.raises(RemoteError, match="is stored with encryption none, not AES256") as raised:
            store.put_file(KEY, evidence)
        with pytest.raises(RemoteError, match="is stored with encryption none, not AES256"):
            store.put_file(KEY, evidence)

    assert 'encryption = "none"' in raised.value.hint


def test_a_kms_request_that_became_aes256_fails(at, evidence):
    """The key that was asked for is the one that counts."""
    with Scripted([ABSENT, STORED]) as server, pytest.raises(RemoteError, match="with encryption AES256, not aws:kms"):
        at(server, kms_key="alias/evidence").put_file(KEY, evidence)


def test_our_own_put_whose_answer_was_lost_is_success(at, evidence):
    """The server stored the object and the connection broke; the retry meets 412, and it is ours."""
    with Scripted([ABSENT, Answer(cut=0), TAKEN, HERE, HERE]) as server:
        at(server).put_file(KEY, evidence)

    assert server.methods == ["HEAD", "PUT", "PUT", "HEAD", "GET"]


def test_anothers_object_under_our_name_is_an_integrity_error(at, evidence):
    """The same 412, but other bytes."""
    with Scripted([ABSENT, TAKEN, FOREIGN, FOREIGN]) as server, pytest.raises(IntegrityError, match="other bytes"):
        at(server).put_file(KEY, evidence)


def test_a_sum_in_metadata_is_not_believed_away_from_aws(at, evidence):
    """Another's object that claims our sum is found out by its bytes."""
    lying = Answer(200, {"x-amz-meta-sha256": SHA256, "x-amz-server-side-encryption": "AES256"}, b"another's")
    with Scripted([ABSENT, TAKEN, lying, lying]) as server, pytest.raises(IntegrityError, match="other bytes"):
        at(server).put_file(KEY, evidence)


def test_a_conflict_that_leaves_nothing_is_tried_again(at, evidence):
    """409: another writer was at it and gave up; the name is free."""
    conflict = refused(409, "ConditionalRequestConflict")
    with Scripted([ABSENT, conflict, ABSENT, STORED, HERE]) as server:
        at(server).put_file(KEY, evidence)

    assert server.methods == ["HEAD", "PUT", "HEAD", "PUT", "GET"]


def test_a_conflict_that_never_ends_is_a_remote_error(at, evidence):
    """Three rounds, then the person is told."""
    conflict = refused(409, "ConditionalRequestConflict")
    with Scripted([ABSENT, *[conflict, ABSENT] * 3]) as server, pytest.raises(RemoteError, match="other writers hold"):
        at(server).put_file(KEY, evidence)


def test_bytes_that_do_not_read_back_are_an_integrity_error(at, evidence):
    """A server that writes checksum lines into objects is found out at once."""
    spoilt = Answer(200, {}, b"c\r\nthe evidence\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n")
    with Scripted([ABSENT, STORED, spoilt]) as server, pytest.raises(IntegrityError, match="does not read back"):
        at(server).put_file(KEY, evidence)


def test_stored_bytes_that_were_altered_are_not_returned(at, tmp_path):
    """The sum that was stored with the object convicts it; fetch writes nothing."""
    altered = Answer(200, {"x-amz-meta-sha256": SHA256}, b"the EVIDENCE")
    with Scripted([altered, altered]) as server:
        store = at(server)
        with pytest.raises(IntegrityError, match=r"^run/manifest.json in s3://evidence/monthly is not what was put"):
            store.read(KEY)
        with pytest.raises(IntegrityError):
            store.fetch(KEY, tmp_path / "target")

    assert not (tmp_path / "target").exists()


def test_a_body_that_breaks_off_is_asked_for_again(at):
    """Once cut in the middle, once whole."""
    with Scripted([Answer(200, {}, BODY, cut=5), Answer(200, {}, BODY)]) as server:
        assert at(server).read(KEY) == BODY


def test_a_body_that_always_breaks_off_is_a_remote_error(at):
    """Three times, then it cannot be told."""
    with (
        Scripted([Answer(200, {}, BODY, cut=5)] * 3) as server,
        pytest.raises(RemoteError, match="could not be reached"),
    ):
        at(server).read(KEY)

    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (refused(403, "AccessDenied"), "access is denied (403 AccessDenied)", "s3:PutObject"),
        (
            refused(403, "InvalidAccessKeyId"),
            "the access key is not known there (403 InvalidAccessKeyId)",
            "AWS_REGION",
        ),
        (refused(403, "SignatureDoesNotMatch"), "the secret key is wrong (403 SignatureDoesNotMatch)", "credentials"),
        (refused(403, "RequestTimeTooSkewed"), "this machine's clock is wrong (403 RequestTimeTooSkewed)", "clock"),
        (refused(400, "ExpiredToken"), "the session has expired (400 ExpiredToken)", "log in again"),
        (refused(404, "NoSuchBucket"), "there is no such bucket (404 NoSuchBucket)", "bucket's name"),
        (refused(501, "NotImplemented"), "conditional put", "collect doctor"),
        (refused(501, "Weird"), "conditional put", "collect doctor"),
        (refused(403, "Weird"), "access is denied (403 Weird)", "s3:PutObject"),
        (refused(400, "BadDigest"), "the bytes changed on the way (400 BadDigest)", "try again"),
        (refused(418, "Weird"), "the server refused (418 Weird)", "collect doctor"),
    ],
)
def test_a_refusal_is_one_line_with_a_next_step(at, evidence, answer, message, hint):
    """Exit 5, what was to be written and where, why not, and what to do."""
    with Scripted([ABSENT, answer]) as server, pytest.raises(RemoteError) as raised:
        at(server).put_file(KEY, evidence)

    line = str(raised.value)
    assert line.startswith("cannot write monthly/run/manifest.json in s3://evidence/monthly: ")
    assert message in line
    assert "\n" not in line
    assert hint in raised.value.hint
    assert raised.value.exit_code == 5


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [("SlowDown", 503, "the server asks for fewer requests"), ("InternalError", 500, "the server failed")],
)
def test_a_server_in_trouble_is_asked_again_and_then_told_of(at, evidence, code, status, message):
    """One retry succeeds where the server recovers, and ends in a line where it does not."""
    with Scripted([ABSENT, refused(status, code), STORED, HERE]) as server:
        at(server).put_file(KEY, evidence)
    with Scripted([ABSENT, *[refused(status, code)] * 2]) as server, pytest.raises(RemoteError, match=message):
        at(server).put_file(KEY, evidence)


def test_what_a_server_says_is_not_repeated(at, evidence, monkeypatch):
    """An error text may echo the session token; codes are words and nothing else."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t0ken-s3cr3t")

    def echo(asked: Asked) -> Answer:
        said = f"{asked.headers['x-amz-security-token']} {SECRET}"
        return ABSENT if asked.method == "HEAD" else refused(403, f"no {said} {'x' * 60}", said)

    with Scripted(echo) as server, pytest.raises(RemoteError) as raised:
        at(server).put_file(KEY, evidence)

    text = f"{raised.value} {raised.value.hint}"
    assert "access is denied (403)" in text
    assert "s3cr3t" not in text
    assert SECRET not in text


def test_a_server_that_does_not_answer_in_time_is_a_remote_error(at):
    """Every call has a timeout."""
    with Scripted([]) as server:
        store = at(server, attempts=0, read_timeout=0.2)
        server._server.shutdown()  # the port stays open, and nobody answers
        with pytest.raises(RemoteError, match="did not answer in time"):
            store.read(KEY)


def test_a_server_that_is_not_there_is_a_remote_error(at, evidence):
    """Exit 5 and the variable that names the server."""
    with Scripted([]) as server:
        store = at(server, attempts=0)

    with pytest.raises(RemoteError, match="the server could not be reached") as raised:
        store.put_file(KEY, evidence)

    assert (raised.value.exit_code, "AWS_ENDPOINT_URL_S3" in raised.value.hint) == (5, True)


def test_no_permission_to_list_is_not_taken_for_absence(at):
    """Without s3:ListBucket a missing key answers 403: that cannot be told from a denied one."""
    with Scripted([refused(403, "AccessDenied")]) as server, pytest.raises(RemoteError, match="access is denied"):
        at(server).read(KEY)


class Overwriting:
    """A server that accepts If-None-Match and overwrites all the same, as some do."""

    def __init__(self) -> None:
        self.objects: dict[str, Asked] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            self.objects[asked.path] = asked
            return STORED
        found = self.objects.get(asked.path)
        if found is None:
            return refused(404, "NoSuchKey") if asked.method == "GET" else ABSENT
        told = {name: found.headers[name] for name in ("x-amz-meta-sha256", "x-amz-server-side-encryption")}
        return Answer(200, told, found.body)


def test_a_server_that_ignores_the_condition_is_found_out_by_the_probe(at):
    """The second put should have been refused and was not."""
    with Scripted(Overwriting()) as server, pytest.raises(RemoteError, match="overwrites what is stored") as raised:
        at(server).probe()

    assert raised.value.hint == "name a store on a server with conditional writes"


def test_a_server_that_ignores_the_condition_still_loses_nothing_of_ours(at, file):
    """The store looks before it puts, so that other bytes are refused there too."""
    with Scripted(Overwriting()) as server:
        store = at(server)
        store.put_file(KEY, file(b"first"))
        with pytest.raises(IntegrityError, match="other bytes"):
            store.put_file(KEY, file(b"other"))
        assert store.read(KEY) == b"first"


def probing(versioning: Answer, *, encryption: dict[str, str], checks_sums: bool) -> Callable[[Asked], Answer]:
    """A server that keeps what it has, with the properties that a probe should find."""
    objects: dict[str, bytes] = {}

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("?versioning"):
            return versioning
        if asked.method == "GET":
            return Answer(200, encryption, objects[asked.path])
        if asked.path in objects:
            return TAKEN
        claimed = base64.b64decode(asked.headers["x-amz-checksum-sha256"])
        if checks_sums and claimed != hashlib.sha256(asked.body).digest():
            return refused(400, "BadDigest")
        objects[asked.path] = asked.body
        return Answer(200, encryption)

    return answer


AES = {"x-amz-server-side-encryption": "AES256"}


@pytest.mark.parametrize(
    ("versioning", "lines"),
    [
        (
            Answer(200, {}, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
            [
                "versioning: Enabled",
                "immutability: versioned (an overwritten or deleted object keeps its earlier versions)",
            ],
        ),
        (
            Answer(200, {}, b"<VersioningConfiguration/>"),
            [
                "versioning: off",
                "immutability: plain (whoever may delete in this bucket may delete evidence; switch versioning on)",
            ],
        ),
        (
            refused(403, "AccessDenied"),
            [
                "versioning: not told",
                "immutability: plain (the server does not tell whether it keeps versions)",
            ],
        ),
    ],
)
def test_a_probe_tells_what_the_bucket_keeps(at, versioning, lines):
    """Enabled, off, and not told: no level is claimed that was not seen."""
    with Scripted(probing(versioning, encryption=AES, checks_sums=True)) as server:
        found = at(server).probe()

    assert found[1:5] == [
        "overwriting: a taken name is refused",
        "encryption at rest: AES256",
        "checksums: a wrong SHA-256 is refused",
        "endpoint: not FIPS, not AWS",
    ]
    assert found[5:] == lines


def test_a_probe_tells_of_sums_that_nobody_checks(at):
    """A server that stores what it should have refused is named as such; nothing else fails."""
    with Scripted(probing(refused(501, "NotImplemented"), encryption=AES, checks_sums=False)) as server:
        found = at(server).probe()

    assert found[3].startswith("checksums: the server does not check them (monthly/probe/")


def test_a_probe_fails_where_nothing_is_encrypted(at):
    """What was asked for was not done."""
    answers = probing(refused(403, "AccessDenied"), encryption={}, checks_sums=True)
    with Scripted(answers) as server, pytest.raises(RemoteError, match="does not encrypt as asked: none, not AES256"):
        at(server).probe()


def test_a_probe_says_when_no_encryption_was_asked_for(at):
    """Excused is not the same as done."""
    with Scripted(probing(refused(403, "AccessDenied"), encryption={}, checks_sums=True)) as server:
        assert "encryption at rest: not asked for" in at(server, encryption="none").probe()


def test_a_probe_finds_a_server_that_alters_bytes(at):
    """What is read back is not what was written."""
    answers = [STORED, TAKEN, Answer(200, AES, b"altered")]
    with Scripted(answers) as server, pytest.raises(IntegrityError, match="does not read back as written"):
        at(server).probe()


def test_on_aws_a_put_is_one_request_and_metadata_settles_a_repetition(place_moto, file):
    """AWS checks the sum it is sent; no read-back is paid for there."""
    store = place_moto.open()
    asked: list[str] = []
    store._objects._client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))

    store.put_file(KEY, file(BODY))
    store.put_file(KEY, file(BODY))

    assert asked == ["PutObject", "PutObject", "HeadObject"]


def test_an_object_put_by_other_means_is_compared_by_its_bytes(place_moto, file):
    """Without a sum of ours in its metadata the body is hashed."""
    name = f"{place_moto.url.rpartition('/')[2]}/{KEY}"
    client(None).put_object(Bucket=BUCKET, Key=name, Body=BODY, ServerSideEncryption="AES256")

    place_moto.open().put_file(KEY, file(BODY))

    with pytest.raises(IntegrityError):
        place_moto.open().put_file(KEY, file(b"other"))


def test_on_aws_the_probe_tells_of_versions_and_of_the_host(place_moto):
    """With versioning on, the level is versioned."""
    client(None).put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    lines = place_moto.open().probe()

    assert "endpoint: not FIPS, AWS" in lines
    assert lines[-1].startswith("immutability: versioned")
