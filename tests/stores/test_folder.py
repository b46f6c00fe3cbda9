"""What only a folder does: links, full disks, and files that are being written."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from collector.errors import IntegrityError, UsageError
from collector.stores import open_store
from collector.stores.files import write_new
from collector.stores.folder import Folder
from tests.stores.conftest import chance


@pytest.fixture
def root(tmp_path) -> Path:
    folder: Path = tmp_path / "store"
    return folder


@pytest.fixture
def folder(root) -> Folder:
    return Folder(root, chance)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("./evidence", "file:evidence"),
        ("file:./evidence", "file:evidence"),
        ("file:evidence", "file:evidence"),
        ("/srv/evidence", "file:/srv/evidence"),
        ("file:/srv/evidence", "file:/srv/evidence"),
        ("file:///srv/evidence", "file:/srv/evidence"),
        ("file://localhost/srv/evidence", "file:/srv/evidence"),
        ("evidence of May", "file:evidence of May"),
    ],
)
def test_a_path_with_or_without_scheme_opens_a_folder(url, expected):
    """All ways to write a folder mean the same; none is made by opening it."""
    store = open_store(url, environment={}, say=print, chance=chance)

    assert store.url == expected
    assert store.local("") == Path(expected.removeprefix("file:"))


@pytest.mark.parametrize("url", ["", "file:", "file://server/share", "file://", "a\0b"])
def test_an_address_that_names_no_local_folder_is_a_usage_error(url):
    """Another machine's share and an empty word are refused."""
    with pytest.raises(UsageError):
        open_store(url, environment={}, say=print, chance=chance)


def test_reading_an_unmade_folder_makes_none(folder, root):
    """Looking does not write."""
    assert list(folder.keys("")) == []
    with pytest.raises(KeyError):
        folder.read("a")
    assert not root.exists()


def test_a_prefix_is_a_local_folder(folder, root):
    """What needs no copy can be read in place."""
    assert folder.local("system=default/run") == root / "system=default" / "run"


def test_a_file_that_lies_at_its_key_already_is_success(folder, root):
    """A run that was finished inside the store is published by doing nothing."""
    (root / "run").mkdir(parents=True)
    (root / "run/manifest.json").write_bytes(b"{}")
    before = (root / "run/manifest.json").stat()

    folder.put_file("run/manifest.json", root / "run/manifest.json")

    after = (root / "run/manifest.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_stored_file_shares_nothing_with_the_local_one(folder, root, file):
    """Changing the local file afterwards leaves the evidence as it was."""
    local = file(b"then")
    folder.put_file("a", local)
    local.write_bytes(b"now")

    assert (root / "a").read_bytes() == b"then"


def test_nothing_but_the_file_is_left_beside_it(folder, root, file):
    """No unfinished file stays after a put that worked, one repeated, and one refused."""
    folder.put_file("run/a", file(b"a"))
    folder.put_file("run/a", file(b"a"))
    with pytest.raises(IntegrityError):
        folder.put_file("run/a", file(b"b"))

    assert [path.name for path in (root / "run").iterdir()] == ["a"]


def test_a_reader_never_sees_half_a_file(root):
    """While a file is being written it has no key; when it has one it is whole."""
    seen: list[list[str]] = []
    folder = Folder(root, chance)

    def fill(file) -> None:
        file.write(b"half")
        file.flush()
        seen.append(list(folder.keys("")))
        file.write(b" whole")

    write_new(root / "run" / "a", fill, chance)

    assert (seen, folder.read("run/a")) == ([[]], b"half whole")


def test_a_failure_while_writing_leaves_nothing(root):
    """A disk that is full half way leaves neither the file nor a part of it, and says so in one line."""

    def fill(file) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UsageError, match=r"^cannot write .*/run/a: no space left on device$") as raised:
        write_new(root / "run" / "a", fill, chance)

    assert (list((root / "run").iterdir()), raised.value.exit_code) == ([], 2)
    assert "--store" in raised.value.hint


def test_a_write_that_the_system_ends_half_way_leaves_nothing(root, file):
    """The kernel refuses the second half of a file, as a full disk would; nothing of the first half stays."""
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from collector.errors import UsageError\n"
        "from collector.stores.folder import Folder\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n"
        "    Folder(Path(sys.argv[1]), lambda: 'x').put_file('run/a', Path(sys.argv[2]))\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )

    seen = subprocess.run(
        [sys.executable, "-c", program, root, file(b"x" * 100_000)], check=True, capture_output=True, text=True
    )

    assert seen.stdout == f"cannot write {root}/run/a: file too large\n"
    assert list((root / "run").iterdir()) == []


def test_a_folder_that_is_a_file_is_a_usage_error(root, file):
    """A store cannot lie below a file; the message names the path."""
    root.write_bytes(b"I am a file")

    with pytest.raises(UsageError, match=r"^cannot write .*/store/run/a: (not a directory|file exists)$"):
        Folder(root, chance).put_file("run/a", file(b"x"))
    with pytest.raises(UsageError, match=r"^cannot probe .*/store: not a directory$"):
        Folder(root, chance).probe()


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/sys").exists(), reason="nothing here refuses root")
def test_a_folder_that_may_not_be_written_to_is_a_usage_error(root, file):
    """Permission denied (or a read-only file system) has a line and a next step."""
    target = Path("/proc/sys/evidence") if os.geteuid() == 0 else root
    if target is root:
        root.mkdir(mode=0o500)

    with pytest.raises(UsageError, match=f"^cannot write {target}/a: ") as raised:
        Folder(target, chance).put_file("a", file(b"x"))

    assert raised.value.hint


def test_a_link_that_leads_out_of_the_store_is_not_followed(folder, root, file, tmp_path):
    """Neither reading, writing nor listing leaves the root through a symbolic link."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"secret")
    root.mkdir()
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "one").symlink_to(tmp_path / "outside/secret")

    with pytest.raises(UsageError, match="leads out of it: out/secret"):
        folder.read("out/secret")
    with pytest.raises(UsageError, match="leads out of it: out/new"):
        folder.put_file("out/new", file(b"x"))
    with pytest.raises(UsageError, match="leads out of it: one"):
        folder.read("one")
    assert list(folder.keys("")) == []
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]


def test_a_file_system_without_hard_links_still_never_overwrites(folder, root, file, monkeypatch):
    """Where links are refused the name is claimed first; what is taken stays."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    folder.put_file("a", file(b"first"))

    with pytest.raises(IntegrityError):
        folder.put_file("a", file(b"other"))
    assert not write_new(root / "a", lambda target: target.write(b"third"), chance)
    assert ((root / "a").read_bytes(), [path.name for path in root.iterdir()]) == (b"first", ["a"])


def test_one_of_many_wins_without_hard_links(root, monkeypatch):
    """Claiming a name lets one writer through, like linking does."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda: won.append(write_new(root / "a", lambda target: target.write(b"x"), chance)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (won.count(True), (root / "a").read_bytes()) == (1, b"x")


def test_the_probe_leaves_no_trace(folder, root):
    """What was written to test the folder is removed."""
    lines = folder.probe()

    assert (list(root.iterdir()), lines[0]) == ([], f"folder {root}: written, read back and removed")
