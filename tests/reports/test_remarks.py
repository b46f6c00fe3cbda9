"""What a person wrote into last month's workbook is carried on to the same thing to do, and to nothing else."""

import io
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import pytest
from openpyxl import load_workbook

from collector.errors import UsageError
from collector.model import Assessment, Remark
from collector.reports.remarks import SHEET, Remarks, read_remarks, with_remarks
from tests.reports.builders import example_assessment
from tests.reports.platform_builders import platform_assessment
from tests.reports.rendering import book, render, table

DIGEST = "sha256:" + "5" * 64


def filled_in(assessment: Assessment, rows: dict[int, tuple[str | datetime | None, ...]]) -> bytes:
    """Its workbook, with Reason, Planned date and Justification written into some rows, as a person stores it."""
    found = load_workbook(io.BytesIO(render("workbook", assessment)))
    sheet = found[SHEET]
    headers = [cell.value for cell in sheet[1]]
    for number, values in rows.items():
        for name, value in zip(("Reason", "Planned date", "Justification"), values, strict=True):
            sheet.cell(row=number, column=headers.index(name) + 1, value=value)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def read(data: bytes) -> Remarks:
    return read_remarks(io.BytesIO(data))


def test_what_was_written_stands_in_the_next_workbook() -> None:
    """Beside the same subject, a date still a date; the other rows stay blank, and the workbook is one more input."""
    before = example_assessment()
    data = filled_in(before, {3: ("change freeze", datetime(2026, 12, 1), "+1 until the audit is over")})  # noqa: DTZ001  a cell knows no zone
    after = with_remarks(before, read(data), DIGEST)
    first, second = list(table(book(after)[SHEET]))[:2]
    assert (first["Reason"], first["Planned date"], first["Justification"]) == (None, None, None)
    assert second["Reason"] == "change freeze"
    assert second["Planned date"] == datetime(2026, 12, 1)  # noqa: DTZ001  as above
    assert second["Justification"] == "+1 until the audit is over"
    assert after.inputs["previous workbook"] == DIGEST


def test_every_action_plan_shows_what_was_written() -> None:
    """The page, the text and the CSV; markup in it stays text, and a formula too."""
    before = example_assessment()
    remarks = read(filled_in(before, {2: ("change freeze", datetime(2026, 12, 1), "+1+1 <b>x</b>")}))  # noqa: DTZ001  as above
    after = with_remarks(before, remarks, DIGEST)
    page, text, rows = (render(name, after).decode() for name in ("webpage", "action-plan-text", "action-plan"))
    assert "change freeze · planned 2026-12-01 · +1+1 &lt;b&gt;x&lt;/b&gt;" in page
    assert "(written before: change freeze; 2026-12-01; +1+1 \\<b\\>x\\</b\\>)" in text
    assert ",change freeze,2026-12-01,'+1+1 <b>x</b>," in rows


def test_a_remark_ends_with_what_it_was_written_about() -> None:
    """Once another control flags the subject, or another subject is flagged, nothing is carried on."""
    before = example_assessment()
    remarks = read(filled_in(before, {2: ("other", None, "ours")}))
    assert {control for control, _ in remarks} <= {control.id for control in before.controls}
    action = before.actions[0]
    other = msgspec.structs.replace(action, subject=msgspec.structs.replace(action.subject, guid="another"))
    unflagged = msgspec.structs.replace(action, checks=("no-such-check",))
    after = with_remarks(msgspec.structs.replace(before, actions=(action, other, unflagged)), remarks, DIGEST)
    assert [row.remark for row in after.actions] == [Remark(reason="other", justification="ours"), Remark(), Remark()]


def test_stemcells_and_notices_are_known_again_by_their_names() -> None:
    """They have no guid; the same stemcell of two deployments is told apart."""
    before = platform_assessment()
    numbers = [number for number, row in enumerate(before.actions, start=2) if not row.subject.guid]
    assert len(numbers) >= 2
    remarks = read(filled_in(before, {number: ("other", None, f"row {number}") for number in numbers}))
    after = with_remarks(before, remarks, DIGEST)
    written = [row.remark.justification for row in after.actions if not row.subject.guid]
    assert written == [f"row {number}" for number in numbers]


def test_a_date_that_is_none_stays_as_it_was_typed() -> None:
    """People write what they mean."""
    before = example_assessment()
    after = with_remarks(before, read(filled_in(before, {2: ("", "after Easter", "")})), DIGEST)
    assert next(iter(table(book(after)[SHEET])))["Planned date"] == "after Easter"


def test_a_workbook_that_nobody_filled_in_carries_nothing() -> None:
    """Blank is blank."""
    assert read(render("workbook", example_assessment())) == {}


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_workbook_is_a_usage_error(data: bytes) -> None:
    """With the next step."""
    with pytest.raises(UsageError, match="the earlier workbook cannot be read"):
        read(data)


def test_a_zip_or_a_sheet_of_others_is_a_usage_error(tmp_path: Path) -> None:
    """It says what is missing."""
    other = tmp_path / "other.zip"
    with ZipFile(other, "w") as packed:
        packed.writestr("hello.txt", "hello")
    with other.open("rb") as file, pytest.raises(UsageError, match="cannot be read"):
        read_remarks(file)
    data = io.BytesIO(render("workbook", example_assessment()))
    changed = load_workbook(data)
    changed[SHEET].delete_cols(9)
    out = io.BytesIO()
    changed.save(out)
    with pytest.raises(UsageError, match="has no column 'Reason'"):
        read(out.getvalue())


def test_a_few_bytes_that_unpack_to_gigabytes_are_refused(tmp_path: Path) -> None:
    """Before anything is unpacked."""
    bomb = tmp_path / "bomb.xlsx"
    with ZipFile(bomb, "w", ZIP_DEFLATED) as packed, packed.open("xl/workbook.xml", "w", force_zip64=True) as member:
        block = bytes(1 << 24)
        for _ in range(65):
            member.write(block)
    with bomb.open("rb") as file, pytest.raises(UsageError, match="unpacks to more than 1 GiB"):
        read_remarks(file)
