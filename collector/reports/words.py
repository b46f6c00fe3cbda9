"""The words and marks for statuses: the same in the workbook, the tables and the terminal."""

from collections.abc import Mapping
from math import copysign, floor
from types import MappingProxyType
from typing import Final

from collector.model import Status, Verdict

# An app may be inside the restage window and fail another check: its own word is wider than the window's.
STATUS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        "fail": "flagged",
        "unknown": "not assessed",
        "pass": "within window",
        "not-applicable": "not applicable",
    }
)

VERDICT: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        "not-satisfied": "not satisfied",
        "not-assessed": "not assessed",
        "satisfied": "satisfied",
        "not-tested": "not tested",
        "inherited": "inherited",
    }
)

MARK: Final[Mapping[Status | Verdict, str]] = MappingProxyType(
    {
        "fail": "✗",
        "not-satisfied": "✗",
        "unknown": "?",
        "not-assessed": "?",
        "pass": "✓",
        "satisfied": "✓",
        "not-applicable": "–",
        "not-tested": "–",
        "inherited": "–",
    }
)

HOURS_PER_DAY: Final = 24.0


def days(hours: float) -> str:
    """Hours as days with one decimal, as every report for people prints them."""
    # Half away from zero, as spreadsheets round what they show.
    tenths = floor(abs(hours) / HOURS_PER_DAY * 10 + 0.5)
    return f"{copysign(tenths / 10, hours):.1f}"
