"""Instants and days as feeds write them: with nanoseconds, without a zone, or as a day alone. Nothing is guessed."""

import math
import re
from datetime import UTC, date, datetime

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def instant(text: object, *, naive_is_utc: bool = False) -> datetime | None:
    """An instant in UTC, cut (not rounded) to microseconds; None for anything else.

    A time without a zone is one only where the feed is known to mean UTC.
    """
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None or not (found[1] or naive_is_utc):
        return None
    try:
        read = datetime.fromisoformat(found[0].upper())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(text: object) -> date | None:
    """A day written as YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and _DAY.fullmatch(text) else None
    except ValueError:
        return None


def epoch(seconds: object) -> datetime | None:
    """An instant given in seconds since 1970; None for what is no number or lies outside the years 1970 to 2100."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    sound = math.isfinite(seconds) and 0 < seconds < 4_102_444_800  # noqa: PLR2004  the year 2100
    return datetime.fromtimestamp(seconds, UTC) if sound else None
