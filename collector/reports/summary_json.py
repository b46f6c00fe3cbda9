"""summary.json: what later months need of a month, small enough to be read by the dozen."""

from typing import BinaryIO

import msgspec

from collector.assessment.retrospect import SUMMARY_SCHEMA, summary_of
from collector.errors import IntegrityError
from collector.model import Assessment, MonthSummary
from collector.reports.context import Context


def write(assessment: Assessment, out: BinaryIO, _context: Context) -> None:
    """One readable, stable form; raises ValueError for an assessment of an instant, which has none."""
    out.write(msgspec.json.format(msgspec.json.encode(summary_of(assessment), order="sorted"), indent=1) + b"\n")


def read_summary(body: bytes) -> MonthSummary:
    """A stored summary; raises `IntegrityError` for what is none."""
    try:
        summary = msgspec.json.decode(body, type=MonthSummary)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"a summary cannot be read: {error}", hint="make the month's report again") from error
    if summary.schema != SUMMARY_SCHEMA:
        raise IntegrityError(
            f"a summary is of another schema: {summary.schema}", hint=f"this version reads {SUMMARY_SCHEMA}"
        )
    return summary
