"""Feeds in a closed network: a file or a folder, and nothing outside it."""

import errno
import itertools
import os
from pathlib import Path

import pytest

from collector.errors import Refused, RemoteError, UsageError
from collector.evidence import Ask
from collector.transport import local


def ask(path: str, decode=bytes, **query: str) -> Ask:
    return Ask(what="x", path=path, query=query, decode=decode)


@pytest.fixture
def folder(tmp_path):
    """A mirror of an index, with a secret beside it."""
    (tmp_path / "secret").write_text("outside")
    root = tmp_path / "index"
    (root / "published" / "ubuntu-jammy" / "1.486").mkdir(parents=True)
    (root / "published" / "ubuntu-jammy" / "1.486" / "stemcells.meta4").write_text("<metalink/>")
    (root / "README.md").write_text("an index")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("[core]")
    return root


def test_a_folder_lists_its_files(folder, world, say) -> None:
    """All files by their path in it, sorted; no history of git."""
    feed = world.feed(str(folder))
    got = feed.fetch(say.ask("/", page="1"))
    assert got.page == {"listing": ["README.md", "published/ubuntu-jammy/1.486/stemcells.meta4"]}
    assert got[2:] == (200, "application/json", "", say.noon, None)
    assert (feed.api, feed.source, feed.requests, feed.clock_skew_seconds) == (str(folder), "stemcell-index", 1, None)


def test_a_file_of_a_folder_is_read(folder, world, say) -> None:
    """By the name that the listing gives; its type goes by its suffix."""
    got = world.feed(str(folder)).fetch(ask("/published/ubuntu-jammy/1.486/stemcells.meta4"))
    assert got == (b"<metalink/>", b"<metalink/>", 200, "application/metalink4+xml", "", say.noon, None)


def test_a_file_is_its_own_root(folder, world) -> None:
    """One file answers at "/" and nowhere else."""
    feed = world.feed(str(folder / "README.md"))
    got = feed.fetch(ask("/"))
    assert (got.body, got.media_type) == (b"an index", "text/markdown")
    with pytest.raises(Refused, match=r"^no file /README\.md$") as caught:
        feed.fetch(ask("/README.md"))
    assert caught.value.http_status == 404


def test_names_are_taken_as_they_are(folder, world, say) -> None:
    """A name that would be encoded in an address is not here: what is listed can be asked for."""
    for name in ("a b%20c.json", "ü?#.csv", "no suffix"):
        (folder / name).write_text(name)
    feed = world.feed(str(folder))
    for name in feed.fetch(say.ask("/")).page["listing"]:
        assert feed.fetch(ask(f"/{name}")).status == 200
    assert feed.fetch(ask("/no suffix")).media_type == "application/octet-stream"
    assert feed.fetch(ask("/ü?#.csv")).media_type == "text/csv"


@pytest.mark.parametrize("path", ["/nope", "/README.md/x", "/published", "/" + "x" * 300])
def test_what_is_not_there_is_a_404_or_unreadable(folder, world, path) -> None:
    """A folder is no file either."""
    with pytest.raises(Refused) as caught:
        world.feed(str(folder)).fetch(ask(path))
    assert caught.value.http_status == (403 if "xxx" in path else 404)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/published/../../secret",
        "//etc/hostname",
        "/./README.md",
        "README.md",
        "",
        "/published/",
        "/a\0b",
    ],
)
def test_no_path_leaves_the_folder(folder, world, path) -> None:
    """Not by dots, not by a second root, not by half a path."""
    feed = world.feed(str(folder))
    with pytest.raises(Refused) as caught:
        feed.fetch(ask(path))
    assert caught.value.http_status == 403


def test_no_mixture_of_names_leaves_the_folder(folder, world) -> None:
    """Every path of up to three of these names is refused or gives a file of the folder."""
    (folder / "up").symlink_to("..")
    feed, got = world.feed(str(folder)), set()
    names = ("..", ".", "", "index", "README.md", "up", "secret", "%2e%2e", "..\\", "~")
    for length in (1, 2, 3):
        for parts in itertools.product(names, repeat=length):
            try:
                got.add(feed.fetch(ask("/" + "/".join(parts), bytes)).body)
            except Refused:
                continue
    assert {body for body in got if not body.startswith(b'{"listing"')} == {b"an index"}


def test_no_link_leaves_the_folder(folder, world) -> None:
    """A symbolic link is followed inside, and refused where it leads out."""
    (folder / "out").symlink_to("../secret")
    (folder / "up").symlink_to("..")
    (folder / "in").symlink_to("README.md")
    (folder / "loop").symlink_to("loop")
    (folder / "gone").symlink_to("nowhere")
    feed = world.feed(str(folder))
    assert feed.fetch(ask("/in")).body == b"an index"
    for path, status in (("/out", 403), ("/up/secret", 403), ("/loop", 403), ("/gone", 404)):
        with pytest.raises(Refused) as caught:
            feed.fetch(ask(path))
        assert (caught.value.http_status, "outside" in str(caught.value)) == (status, False)


def test_a_linked_folder_is_not_walked(folder, world, say) -> None:
    """The listing cannot go round in circles."""
    (folder / "published" / "again").symlink_to("..")
    assert world.feed(str(folder)).fetch(say.ask("/")).page == {
        "listing": ["README.md", "published/ubuntu-jammy/1.486/stemcells.meta4"]
    }


def test_the_folder_itself_may_be_a_link(folder, world, say, tmp_path) -> None:
    """`current` that points to the newest mirror is a place like any other."""
    (tmp_path / "current").symlink_to("index")
    feed = world.feed(str(tmp_path / "current"))
    assert feed.fetch(ask("/README.md")).body == b"an index"
    assert feed.fetch(say.ask("/")).page["listing"][0] == "README.md"


def test_a_pipe_is_not_opened(folder, world) -> None:
    """Reading one would wait for ever."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(Refused, match=r"^no file /pipe$"):
        world.feed(str(folder)).fetch(ask("/pipe"))


def test_what_cannot_be_read_is_a_no_with_a_reason(folder, world, say, monkeypatch) -> None:
    """A file, and a folder below: that must not look like an empty one."""

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    feed = world.feed(str(folder))
    monkeypatch.setattr(os, "scandir", forbidden)
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    for path in ("/README.md", "/"):
        with pytest.raises(Refused, match=f"^{path} cannot be read: permission denied$") as caught:
            feed.fetch(say.ask(path))
        assert caught.value.http_status == 403


def test_a_folder_that_vanishes_is_not_an_empty_one(folder, world, say) -> None:
    """Gone between two questions: refused."""
    feed = world.feed(str(folder / "published"))
    (folder / "published").rename(folder.parent / "moved")
    with pytest.raises(Refused):
        feed.fetch(say.ask("/"))


def test_a_name_that_is_no_text_is_told(folder, world, say) -> None:
    """Bytes that are not UTF-8 cannot be listed, so the listing would not be whole."""
    (folder / os.fsdecode(b"\xff.json")).write_text("")
    with pytest.raises(Refused, match=r"^/ cannot be read: a file name that is not utf-8$"):
        world.feed(str(folder)).fetch(say.ask("/"))


def test_too_many_files_are_no_feed(folder, world, say, monkeypatch) -> None:
    """A home directory named by mistake is not read to its end; a cut list would look like a whole one."""
    monkeypatch.setattr(local, "MOST_FILES", 1)
    with pytest.raises(Refused, match=r"^more than 1 files in "):
        world.feed(str(folder)).fetch(say.ask("/"))


def test_a_file_that_is_not_what_it_should_be_is_told_at_once(folder, world, say) -> None:
    """It would be no other if it were read again."""
    with pytest.raises(RemoteError, match=r"^not JSON: /README\.md$"):
        world.feed(str(folder)).fetch(say.ask("/README.md"))
    assert world.slept == []


def test_a_decoder_that_says_no_is_believed(folder, world) -> None:
    """Refused passes as it is."""

    def refuse(_: bytes) -> object:
        raise Refused("no", http_status=400)

    with pytest.raises(Refused, match=r"^no$"):
        world.feed(str(folder)).fetch(ask("/README.md", refuse))


@pytest.mark.parametrize("place", ["nowhere/at/all", "README.md/x", "a\0b"])
def test_a_place_that_is_not_there_is_a_setting_to_mend(world, place) -> None:
    """The value and the setting are named."""
    with pytest.raises(UsageError, match=r"^feed stemcell-index: .* cannot be read: ") as caught:
        world.feed(place)
    assert caught.value.hint.startswith("set feeds.stemcell_index to a URL, or to a file or folder")
