"""Buildpack versions: how they are read, and which of two is newer."""

import re
from typing import Final

Version = tuple[int, ...]

_NUMBERS: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9}){1,3})"
_VERSION: Final = re.compile(rf"v?{_NUMBERS}")
_FILENAME: Final = re.compile(rf"[-_]v?{_NUMBERS}\.(?:zip|tgz|tar\.gz)$")


def _numbers(text: str) -> Version:
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:  # 1.8 and 1.8.0 are one version
        parts.pop()
    return tuple(parts)


def parse(version: str | None) -> Version | None:
    """Two to four numbers as a droplet reports them; None for anything else, `-dev` included."""
    found = _VERSION.fullmatch(version) if version else None
    return _numbers(found[1]) if found else None


def in_filename(filename: str | None) -> str | None:
    """The version that a platform buildpack's filename carries, as written, or None."""
    found = _FILENAME.search(filename) if filename else None
    return found[1] if found else None
