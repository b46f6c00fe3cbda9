"""Writing a snapshot: the bytes as received, nothing half done, and going on after an interruption."""

import gzip
import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import IntegrityError, UsageError
from collector.evidence import Recorder, disk_errors, open_snapshot, unpack
from collector.evidence.recorder import JOURNAL
from collector.model import Gap
from tests.evidence.making import BODY, STARTED, ask, finish, keep, opening

NAME = "20261120T120000Z-00000001"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder.start(tmp_path / "evidence", opening())


def test_hashed_as_received(recorder: Recorder) -> None:
    """A body is hashed and kept exactly as received, spaces, escapes and all."""
    document = keep(recorder)
    assert (document.sha256, document.size) == (hashlib.sha256(BODY).hexdigest(), len(BODY))
    assert gzip.decompress((recorder.folder / document.file).read_bytes()) == BODY
    assert recorder.body(document) == BODY


def test_what_a_document_says(recorder: Recorder) -> None:
    """A document says what was asked, when it came, and where its bytes lie."""
    document = keep(recorder)
    assert (document.source, document.what, document.path) == ("cloud-controller", "apps", "/v3/apps")
    assert (document.query, document.retrieved_at) == ({"page": "1", "per_page": "1000"}, STARTED)
    assert (document.status, document.media_type, document.request_id) == (200, "application/json", "request-1")
    assert document.file == "raw/cloud-controller/0001-apps.json.gz"
    assert document.digest == f"sha256:{document.sha256}"


def test_same_bytes(tmp_path: Path) -> None:
    """The same bodies make the same files, whenever they are written."""
    first, second = (Recorder.start(tmp_path / name, opening()) for name in ("a", "b"))
    files = [(recorder.folder / keep(recorder).file).read_bytes() for recorder in (first, second)]
    assert files[0] == files[1]
    # Bytes 4 to 8 of a gzip file are its time.
    assert files[0][4:8] == bytes(4)


@pytest.mark.parametrize("what", ["apps/../../../x", "APPS", "a b", "ä"])
def test_file_names(recorder: Recorder, what: str) -> None:
    """Whatever a question is called, its file lies in the folder of its source."""
    document = keep(recorder, what=what)
    assert Path(document.file).parent == Path("raw/cloud-controller")
    assert (recorder.folder / document.file).is_file()


def test_empty_body(recorder: Recorder) -> None:
    """An empty body is a body."""
    assert recorder.body(keep(recorder, body=b"")) == b""


def test_many_threads(recorder: Recorder) -> None:
    """Sixteen threads that keep at once get numbers and files of their own, and every line of the journal is whole."""
    with ThreadPoolExecutor(16) as pool:
        documents = list(pool.map(lambda number: keep(recorder, number, f"body {number}".encode()), range(200)))
    assert len({document.file for document in documents}) == 200
    assert [recorder.body(document) for document in documents] == [f"body {number}".encode() for number in range(200)]
    assert len(finish(recorder).documents) == 200
    assert recorder.counts("cloud-controller", "apps") == 200


def test_nothing_to_read_before_the_end(recorder: Recorder) -> None:
    """Until it is finished a snapshot has no manifest, and only a hidden name."""
    keep(recorder)
    assert recorder.folder.name == f".{NAME}.partial"
    assert not list(recorder.folder.parent.rglob("manifest.json"))
    with pytest.raises(UsageError):
        open_snapshot(recorder.folder)


def test_finished(recorder: Recorder) -> None:
    """A finished snapshot has its name, its manifest and its sums, and nothing else but its documents."""
    document = keep(recorder)
    recorder.miss("cloud-controller", Gap(what="instances", reason="500", http_status=500))
    snapshot = finish(recorder)
    root = Path(snapshot.root)
    assert (root.name, root.parent) == (NAME, recorder.folder.parent)
    assert not recorder.folder.exists()
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()) == [
        "SHA256SUMS",
        "manifest.json",
        document.file,
    ]


def test_read_back(recorder: Recorder) -> None:
    """What is read back is what was written."""
    keep(recorder)
    recorder.miss("cloud-controller", Gap(what="instances", reason="500", http_status=500))
    snapshot = finish(recorder)
    assert open_snapshot(Path(snapshot.root)) == snapshot
    assert snapshot.sha256 == hashlib.sha256((Path(snapshot.root) / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum here")
def test_sums(recorder: Recorder) -> None:
    """The sums of a snapshot are checked by a tool that every system has."""
    keep(recorder, 1)
    keep(recorder, 2)
    root = finish(recorder).root
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],  # noqa: S607 - found above
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(checked.stdout.splitlines()) == [
        "manifest.json: OK",
        "raw/cloud-controller/0001-apps.json.gz: OK",
        "raw/cloud-controller/0002-apps.json.gz: OK",
    ]


def test_gaps_in_order(recorder: Recorder) -> None:
    """Gaps stand in an order that does not depend on which came first."""
    first, second = Gap(what="apps", reason="502"), Gap(what="droplets", reason="502", subjects=("d",))
    recorder.miss("cloud-controller", second)
    recorder.miss("cloud-controller", first)
    assert recorder.gaps("cloud-controller") == (first, second)
    assert recorder.gaps("bosh") == ()


def test_taken_name(tmp_path: Path) -> None:
    """A snapshot never begins in the folder of another, and never takes its name."""
    first = Recorder.start(tmp_path, opening())
    with pytest.raises(UsageError) as error:
        Recorder.start(tmp_path, opening())
    assert str(error.value) == f"cannot write {first.folder}: file exists"
    keep(first)
    finish(first)
    second = Recorder.start(tmp_path, opening())
    keep(second)
    with pytest.raises(UsageError):
        finish(second)
    assert len(open_snapshot(tmp_path / NAME).documents) == 1


def test_discarded(recorder: Recorder) -> None:
    """A discarded snapshot leaves nothing behind."""
    keep(recorder)
    recorder.discard()
    assert list(recorder.folder.parent.iterdir()) == []


# What can stop a run in the middle, and going on from there.


def test_resume(recorder: Recorder) -> None:
    """What an interrupted run kept is known to the one that goes on, and in the end stands beside the new."""
    first = keep(recorder, 1)
    going_on = Recorder.resume(recorder.folder)
    assert going_on.opening == opening()
    assert going_on.known("cloud-controller", ask(1)) == first
    assert going_on.known("cloud-controller", ask(2)) is None
    second = keep(going_on, 2)
    assert finish(going_on).documents == (first, second)


def test_same_question(recorder: Recorder) -> None:
    """A question is known again whatever the order of its parameters, and only for its own source."""
    first = keep(recorder, 1)
    going_on = Recorder.resume(recorder.folder)
    turned = ask(1)._replace(query={"per_page": "1000", "page": "1"})
    assert going_on.known("cloud-controller", turned) == first
    assert going_on.known("bosh", turned) is None


def test_torn_journal(recorder: Recorder) -> None:
    """A last line cut off by a kill counts as never written, and swallows nothing that follows."""
    first, torn = keep(recorder, 1), keep(recorder, 2)
    journal = recorder.folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-20])
    going_on = Recorder.resume(recorder.folder)
    assert going_on.known("cloud-controller", ask(2)) is None
    second = keep(going_on, 2, b"again")
    again = Recorder.resume(recorder.folder)
    assert again.known("cloud-controller", ask(2)) == second
    assert finish(again).documents == (first, second)
    assert torn.sha256 != second.sha256


@pytest.mark.parametrize("length", [0, 5, 30])
def test_torn_file(recorder: Recorder, length: int) -> None:
    """A document whose file was cut off is asked for again."""
    first, torn = keep(recorder, 1), keep(recorder, 2)
    file = recorder.folder / torn.file
    file.write_bytes(file.read_bytes()[:length])
    going_on = Recorder.resume(recorder.folder)
    assert going_on.known("cloud-controller", ask(1)) == first
    assert going_on.known("cloud-controller", ask(2)) is None


def test_file_without_a_line(recorder: Recorder) -> None:
    """A file written just before a kill, and not yet journalled, is no evidence and goes."""
    first = keep(recorder, 1)
    stray = recorder.folder / "raw/cloud-controller/0002-apps.json.gz"
    stray.write_bytes(gzip.compress(b"half an answer"))
    snapshot = finish(Recorder.resume(recorder.folder))
    assert snapshot.documents == (first,)
    assert not (Path(snapshot.root) / "raw/cloud-controller/0002-apps.json.gz").exists()


def test_hole_in_the_numbers(recorder: Recorder) -> None:
    """When an answer in the middle is lost, the next one takes a new number and writes over none that is kept."""
    documents = [keep(recorder, number, f"body {number}".encode()) for number in (1, 2, 3)]
    (recorder.folder / documents[0].file).unlink()
    going_on = Recorder.resume(recorder.folder)
    again = keep(going_on, 1, b"body 1")
    assert again.file == "raw/cloud-controller/0004-apps.json.gz"
    snapshot = finish(going_on)
    bodies = [unpack(Path(snapshot.root), document) for document in snapshot.documents]
    assert bodies == [b"body 2", b"body 3", b"body 1"]


def test_resumed_twice(recorder: Recorder) -> None:
    """A run that is interrupted again is gone on with again; nothing is asked for twice."""
    documents = [keep(recorder, 1)]
    for number in (2, 3):
        going_on = Recorder.resume(recorder.folder)
        documents.append(keep(going_on, number))
    last = Recorder.resume(recorder.folder)
    assert [last.known("cloud-controller", ask(number)) for number in (1, 2, 3)] == documents
    assert finish(last).documents == tuple(documents)


@given(data=st.data())
def test_any_torn_journal(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Wherever the journal is cut off after its first line, the run goes on with what was whole."""
    recorder = Recorder.start(tmp_path_factory.mktemp("torn"), opening())
    for number in (1, 2, 3):
        keep(recorder, number)
    journal = recorder.folder / JOURNAL
    whole = journal.read_bytes()
    cut = data.draw(st.integers(len(whole.splitlines()[0]) + 1, len(whole)))
    journal.write_bytes(whole[:cut])
    going_on = Recorder.resume(recorder.folder)
    for number in (1, 2, 3):
        if going_on.known("cloud-controller", ask(number)) is None:
            keep(going_on, number)
    snapshot = finish(going_on)
    assert [unpack(Path(snapshot.root), document) for document in snapshot.documents] == [BODY] * 3


@pytest.mark.parametrize("content", [b"", b"{", b"nonsense\n", b'{"id":"x"}\n', b'{"id":"\xff"}\n'])
def test_no_journal(recorder: Recorder, content: bytes) -> None:
    """A journal whose first line says nothing is an error with a way out."""
    (recorder.folder / JOURNAL).write_bytes(content)
    with pytest.raises(IntegrityError) as error:
        Recorder.resume(recorder.folder)
    assert error.value.hint == "remove the folder and start again"


def test_nothing_to_resume(tmp_path: Path) -> None:
    """A folder without a journal is no interrupted snapshot."""
    with pytest.raises(UsageError) as error:
        Recorder.resume(tmp_path)
    assert str(error.value) == f"no interrupted snapshot in {tmp_path}"


# What the disk may say.


def assert_one_line(error: UsageError) -> None:
    assert "\n" not in str(error)
    assert error.hint.startswith("free space there or choose another place")


def test_parent_is_a_file(tmp_path: Path) -> None:
    """A place below a file cannot be written, and the error says so in a line, with a next step."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as error:
        Recorder.start(tmp_path / "file" / "evidence", opening())
    assert "not a directory" in str(error.value)
    assert_one_line(error.value)


def test_folder_is_gone(recorder: Recorder) -> None:
    """A folder that is taken away under the run is an error with a next step."""
    shutil.rmtree(recorder.folder)
    (recorder.folder).write_bytes(b"")
    with pytest.raises(UsageError) as error:
        keep(recorder)
    assert_one_line(error.value)


FULL = """
import resource, signal, sys
from pathlib import Path
from collector.errors import UsageError
from collector.evidence import Recorder
from tests.evidence.making import keep, opening
recorder = Recorder.start(Path(sys.argv[1]), opening())
keep(recorder, 1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    keep(recorder, 2, bytes(range(256)) * 4000)
except UsageError as error:
    print(type(error).__name__, error.exit_code, error, error.hint, sep="|")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes here")
def test_full_disk(tmp_path: Path) -> None:
    """A file that can grow no further is an error with a next step, and the run can be gone on with."""
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    name, code, words, hint = said.strip().split("|")
    assert (name, code) == ("UsageError", "2")
    assert words.endswith("0002-apps.json.gz: file too large")
    assert hint == "free space there or choose another place with --store or -o"
    going_on = Recorder.resume(tmp_path / f".{NAME}.partial")
    assert going_on.known("cloud-controller", ask(1)) is not None
    assert going_on.known("cloud-controller", ask(2)) is None


def test_other_errors_pass() -> None:
    """Only what the disk says is translated."""
    with pytest.raises(ZeroDivisionError), disk_errors(Path("x")):
        raise ZeroDivisionError


def test_opening_round_trip() -> None:
    """The first line of a journal is read back as it was written."""
    assert msgspec.json.decode(msgspec.json.encode(opening()), type=type(opening())) == opening()
