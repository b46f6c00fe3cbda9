"""What operators state: every statement that holds together, and each other one named as a gap."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collector.model import Attested
from collector.sources.feeds import attestation
from tests.sources.feed_snapshots import Feed, File, Taken, take

DIGEST = "sha256:" + "a" * 64
HEADER = (
    "kind,author,party,written,period_from,period_to,expires,at,environment,deployment,line,version,image,reference"
)
SHARED = '"Jo Doe, operations",independent,2026-11-20,2026-11-01,2026-11-30,2026-12-20'
STEMCELL = f"stemcell-deployed,{SHARED},2026-11-05T14:00:00Z,production,cf-production,ubuntu-jammy,1.943.0,,CHG-17"
IMAGE = f"image-scanned,{SHARED},2026-11-06,,,,,registry.example.gov/app@{DIGEST},"
TOML = f"""# by the operations team
author = "Jo Doe, operations"
party = "independent"
written = 2026-11-20
period_from = 2026-11-01
period_to = "2026-11-30"
expires = 2026-12-20

[[statement]]
kind = "stemcell-deployed"
at = 2026-11-05T14:00:00Z
environment = "production"
deployment = "cf-production"
line = "ubuntu-jammy"
version = "1.943.0"
reference = "CHG-17"

[[statement]]
kind = "image-scanned"
at = 2026-11-06
image = "registry.example.gov/app@{DIGEST}"
"""


def csv(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows, "")).encode()


def read(folder: Path, body: bytes | str) -> Taken:
    file = File(body.encode() if isinstance(body, str) else body)
    return take(folder, {"attestation": Feed("/srv/attested", file)})


def without_document(rows: tuple[Attested, ...]) -> list[tuple[object, ...]]:
    return [tuple(getattr(row, name) for name in attestation.KEYS) for row in rows]


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    """CSV with or without a byte order mark and with any line ending, and TOML with its own dates."""
    plain = read(tmp_path / "a", csv(STEMCELL, IMAGE))
    excel = read(tmp_path / "b", b"\xef\xbb\xbf" + csv(STEMCELL, "", IMAGE).replace(b"\n", b"\r\n"))
    toml = read(tmp_path / "c", TOML)
    said = without_document(plain.facts.attested)
    assert said == without_document(excel.facts.attested) == without_document(toml.facts.attested)
    assert plain.facts.gaps == excel.facts.gaps == toml.facts.gaps == ()
    assert plain.facts.read == {"attestation"}
    image, stemcell = sorted(plain.facts.attested, key=lambda row: row.kind)
    assert stemcell.at == datetime(2026, 11, 5, 14, tzinfo=UTC)
    assert stemcell.version == "1.943"
    assert stemcell.author == "Jo Doe, operations"
    assert stemcell.expires == date(2026, 12, 20)
    assert image.at == datetime(2026, 11, 6, tzinfo=UTC)
    assert image.image.endswith(DIGEST)


def test_columns_may_stand_in_any_order_and_be_left_out(tmp_path: Path) -> None:
    """Those without a value in any row."""
    rows = [cells.split(";") for cells in ("at;kind;image;author;party;written;period_from;period_to;expires",)]
    row = f"2026-11-06T00:00:00+02:00,image-scanned,{DIGEST},Jo,assessed,2026-11-06,2026-11-05,2026-11-05,2026-11-06"
    (found,) = read(tmp_path, ",".join(rows[0]) + "\n" + row + "\n").facts.attested
    assert (found.party, found.at) == ("assessed", datetime(2026, 11, 5, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("2026-11-05T14:00:00Z", "2026-11-05T14:00:00"), "at is no instant with Z or an offset, and no day"),
        (("2026-11-05T14:00:00Z", "last Tuesday"), "at is no instant"),
        (("2026-11-05T14:00:00Z", ""), "at is missing"),
        (("2026-11-05T14:00:00Z", "2026-12-01T00:00:00Z"), "at lies outside the period"),
        (("2026-11-05T14:00:00Z", "2026-10-31T23:59:59Z"), "at lies outside the period"),
        (("2026-12-20", "2026-11-19"), "expires lies before written"),
        (("2026-12-20", "20 December"), "expires is no day like 2026-11-23"),
        (("2026-11-30", "2026-10-30"), "period_to lies before period_from"),
        (("independent", "customer"), "party is not one of assessed, independent: customer"),
        (("stemcell-deployed", "stemcell"), "kind is not one of stemcell-deployed, image-scanned"),
        (("stemcell-deployed", ""), "kind is missing"),
        (('"Jo Doe, operations"', ""), "author is missing"),
        (("cf-production", ""), "deployment is missing"),
        (("1.943.0", "latest"), "version is no version: latest"),
        (("ubuntu-jammy", "Ubuntu Jammy"), "line is no line of stemcells"),
        ((",,CHG-17", f",{DIGEST},CHG-17"), "image does not belong to stemcell-deployed"),
        (('"Jo Doe, operations"', "Jo Doe, operations"), "more cells than there are columns"),
        (("CHG-17", "CHG\x0017"), "reference is too long, or holds a character"),
    ],
)
def test_a_row_that_does_not_hold_together_is_left_out_and_named(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    """The others stand."""
    taken = read(tmp_path, csv(IMAGE, STEMCELL.replace(*change, 1)))
    assert [row.kind for row in taken.facts.attested] == ["image-scanned"]
    (gap,) = taken.facts.gaps
    assert (gap.what, gap.subjects) == ("attestation", ("row 3",))
    assert gap.reason.startswith("row 3 is left out: ")
    assert reason in gap.reason
    assert taken.facts.read == {"attestation"}


def test_an_image_without_its_digest_proves_nothing(tmp_path: Path) -> None:
    """A tag can point elsewhere tomorrow."""
    taken = read(tmp_path, csv(IMAGE.replace(f"@{DIGEST}", ":latest")))
    assert taken.facts.attested == ()
    assert "image names no sha256 digest" in taken.facts.gaps[0].reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (HEADER.replace("reference", "note") + "\n", "no column note; it must be one of kind, author"),
        (HEADER.replace("reference", "author") + "\n", "a column stands twice"),
        (HEADER.replace(",expires", "") + "\n", "no column expires"),
        ("", "no column kind"),
        (HEADER + '\n"never closed', "cannot be read"),
        ("author = ", "cannot be read"),
        ("version = '1.2'\n", "version cannot stand at the top"),
        ("statement = 3\n", "statement cannot stand at the top"),
        ("statement = [3]\n", "statement cannot stand at the top"),
    ],
)
def test_a_file_whose_columns_are_not_known_is_not_read_at_all(tmp_path: Path, body: str, reason: str) -> None:
    """It is not sure what it says."""
    facts = read(tmp_path, body).facts
    assert facts.attested == ()
    assert facts.read == frozenset()
    (gap,) = facts.gaps
    assert (gap.subjects, gap.what) == ((), "attestation")
    assert reason in gap.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("at = 2026-11-06", "at = 2026-11-06\nfound = 'x'"), "there is no column found"),
        (("at = 2026-11-06", "at = 20261106"), "at is no text"),
        (("at = 2026-11-06", "at = 2026-11-06T12:00:00"), "at is no instant"),
    ],
)
def test_a_statement_of_toml_that_does_not_hold_together_is_named_by_its_number(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    """The others stand."""
    facts = read(tmp_path, TOML.replace(*change)).facts
    assert [row.kind for row in facts.attested] == ["stemcell-deployed"]
    assert facts.gaps[0].subjects == ("statement 2",)
    assert reason in facts.gaps[0].reason


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe\x00"])
def test_what_is_no_text_is_refused_where_it_is_fetched(tmp_path: Path, body: bytes) -> None:
    """A web page or a spreadsheet."""
    taken = read(tmp_path, body)
    assert len(taken.gaps("attestation")) == 1
    assert taken.facts.read == frozenset()


def test_the_documented_columns_are_those_that_are_read() -> None:
    """The table in the module's documentation has every key, and marks those that TOML may have at its top."""
    rows = re.findall(r"^\| ([a-z_]+)(\*?) +\|", attestation.__doc__ or "", re.MULTILINE)
    assert tuple(name for name, _ in rows if name != "column") == attestation.KEYS
    assert tuple(name for name, star in rows if star) == attestation.SHARED
