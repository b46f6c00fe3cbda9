"""Durations, counts and commands as a person reads them."""

import shlex
from collections.abc import Iterable
from datetime import datetime
from typing import Final

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


def hours(seconds: float) -> float:
    """Seconds as the hours that are published."""
    return round(seconds / HOUR, 4)


def duration(seconds: float) -> str:
    """`35.4 days`, `20.0 hours`, `5 minutes`: the unit that shows the number best."""
    size = abs(seconds)
    if size >= 2 * DAY:
        return f"{seconds / DAY:.1f} days"
    if size >= 2 * HOUR:
        return f"{seconds / HOUR:.1f} hours"
    if size >= 120:  # noqa: PLR2004  two minutes
        return f"{seconds / 60:.0f} minutes"
    return plural(round(seconds), "second")


def limit_words(seconds: float) -> str:
    """`14-day` or `36-hour`, as it stands before the word window."""
    return f"{seconds / DAY:g}-day" if seconds % DAY == 0 else f"{seconds / HOUR:g}-hour"


def limit_value(limit_hours: float | None) -> str:
    """A limit as a parameter's value: `30 days`."""
    if limit_hours is None:
        return "the date that each entry carries"
    return plural(limit_hours / 24, "day") if limit_hours % 24 == 0 else plural(limit_hours, "hour")


def plural(count: float, noun: str, nouns: str = "") -> str:
    """`1 app`, `2 apps`."""
    return f"{count:g} {noun if count == 1 else nouns or noun + 's'}"


def listed(names: Iterable[str], most: int = 10) -> str:
    """Names in one line, cut visibly."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def instant(moment: datetime) -> str:
    """An instant to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def typable(*names: str) -> bool:
    """Whether names can be typed in a shell as they are read: no control, format or line-breaking character."""
    return all(name and name.isprintable() and not name.startswith("-") for name in names)


def command(org: str, space: str, app: str) -> str:
    """The commands that restage an app, quoted for a shell; "" when a name cannot be typed safely."""
    if not typable(org, space, app):
        return ""
    where = f"cf target -o {shlex.quote(org)} -s {shlex.quote(space)}"
    return f"{where}; cf restage --strategy rolling {shlex.quote(app)}"
