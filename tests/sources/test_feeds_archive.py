"""Archives, also those that were made to do harm."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import Malformed
from collector.sources.feeds.archive import members
from tests.sources.feed_snapshots import tar_of, zip_of


def everything(_: str) -> bool:
    return True


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_only_wanted_files_inside_are_given(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Names that lead out of the archive are never wanted."""
    body = pack(
        {"a/x.json": b"1", "../x.json": b"2", "/x.json": b"3", "a/../../x.json": b"4", "b\\x.json": b"5", "y": b"6"}
    )
    assert members(body, lambda name: name.endswith("x.json")) == [("a/x.json", b"1")]


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_a_bomb_is_not_unpacked(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """A megabyte of zeros in a kilobyte, against a limit of 100,000 bytes."""
    body = pack({"a": bytes(1_000_000)})
    assert len(body) < 10_000
    with pytest.raises(Malformed, match="more than 100000 bytes"):
        members(body, everything, most_bytes=100_000)


def test_what_is_not_wanted_in_a_tar_counts_as_well() -> None:
    """It has to be unpacked to be passed over."""
    with pytest.raises(Malformed, match="more than 100000 bytes"):
        members(tar_of({"a": bytes(1_000_000), "b": b"1"}), lambda name: name == "b", most_bytes=100_000)


def test_a_plain_gzip_bomb_is_not_unpacked() -> None:
    """Zeros are the end of a tar, or no tar at all."""
    header = tarfile.TarInfo("a")
    header.size = 10**9
    body = gzip.compress(header.tobuf() + bytes(10_000_000))
    with pytest.raises(Malformed):
        members(body, everything, most_bytes=1_000_000)


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_too_many_files_are_refused(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Also when none of them is wanted."""
    body = pack({f"f{number}": b"" for number in range(101)})
    with pytest.raises(Malformed, match="more than 100 files"):
        members(body, lambda _: False, most_members=100)


def test_links_and_folders_are_no_files() -> None:
    """A link in an archive could lead anywhere."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
        folder = tarfile.TarInfo("b")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert members(out.getvalue(), everything) == []


def test_an_encrypted_file_is_malformed() -> None:
    """The flag is set by hand: the standard library does not encrypt."""
    body = bytearray(zip_of({"a": b"secret"}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Malformed, match="cannot be unpacked"):
        members(bytes(body), everything)


def test_a_file_in_a_compression_that_is_not_known_is_malformed() -> None:
    """Compression 99, as some tools write it."""
    body = bytearray(zip_of({"a": b"1"}))
    body[8] = body[body.index(b"PK\x01\x02") + 10] = 99
    with pytest.raises(Malformed, match="cannot be unpacked"):
        members(bytes(body), everything)


def test_a_file_that_is_not_what_its_checksum_says_is_malformed() -> None:
    """One flipped bit in what is packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"stored as it is")
    with pytest.raises(Malformed, match="cannot be unpacked"):
        members(out.getvalue().replace(b"stored", b"stared"), everything)


@given(st.data(), st.sampled_from([zip_of, tar_of]))
def test_damage_is_malformed_and_nothing_else(data: st.DataObject, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Cut anywhere or with any byte changed, an archive is read or refused."""
    body = bytearray(pack({"a": b"some text", "b": bytes(2000)}))
    place = data.draw(st.integers(0, len(body) - 1))
    if data.draw(st.booleans()):
        del body[place:]
    else:
        body[place] = data.draw(st.integers(0, 255))
    try:
        found = members(bytes(body), everything)
    except Malformed:
        return
    assert len(found) <= 2
