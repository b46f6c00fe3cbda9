"""Ubuntu's notices in its own two forms: the pages of the security API, and the files of the older database.

Source: the API's schema (NoticeAPIDetailedSchemaV2), whose times have no zone and are UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from collector.model import Notice
from collector.sources.feeds.osv import cves
from collector.sources.feeds.reading import convert
from collector.sources.feeds.stemcells import notice_key, package_name
from collector.sources.feeds.times import epoch, instant

_ESM = "esm-"


class ReleasePackage(msgspec.Struct, frozen=True):
    """A source or binary package; `pocket` says which archive has it."""

    name: str
    pocket: str | None = None


class ApiNotice(msgspec.Struct, frozen=True):
    """A notice of the API."""

    id: str
    published: str
    title: str | None = None
    cves_ids: list[str] | None = None
    is_hidden: bool | None = None
    release_packages: dict[str, list[ReleasePackage]] | None = None


class Released(msgspec.Struct, frozen=True):
    """The packages of one Ubuntu release, keyed by name."""

    sources: dict[str, Any] = {}
    binaries: dict[str, Any] = {}
    allbinaries: dict[str, Any] = {}


class UsnFile(msgspec.Struct, frozen=True):
    """A notice of the older database; `timestamp` in seconds since 1970."""

    id: str
    timestamp: Any
    title: str | None = None
    cves: list[str] | None = None
    releases: dict[str, Released] = {}


class Page(msgspec.Struct, frozen=True):
    """A page of the API's list."""

    notices: list[Any]
    total_results: int = 0


def is_page(value: object) -> bool:
    """Whether decoded JSON is a page of the API's list."""
    return isinstance(value, dict) and isinstance(value.get("notices"), list)


def is_api(value: object) -> bool:
    """Whether decoded JSON is a notice of the API."""
    return isinstance(value, dict) and "release_packages" in value and "published" in value


def is_usn(value: object) -> bool:
    """Whether decoded JSON is a file of the older database."""
    return isinstance(value, dict) and "timestamp" in value and "releases" in value


def read_api(value: object, document: str) -> Notice | None:
    """The notice in decoded JSON; None where it is not in this form or its instant cannot be read."""
    row = convert(value, ApiNotice)
    at = instant(row.published, naive_is_utc=True) if row else None
    if row is None or at is None or not notice_key(row.id):
        return None
    pockets = {
        codename: [(package.name, package.pocket or "") for package in packages]
        for codename, packages in (row.release_packages or {}).items()
    }
    parts = (row.title or "", cves(tuple(row.cves_ids or ())), row.is_hidden is True)
    return _notice(row.id, at, parts, pockets, "notices.json published", document)


def read_usn(value: object, document: str) -> Notice | None:
    """The notice in decoded JSON; None where it is not in this form or its instant cannot be read."""
    row = convert(value, UsnFile)
    at = epoch(row.timestamp) if row else None
    name = f"USN-{row.id.removeprefix('USN-')}" if row else ""
    if row is None or at is None or not notice_key(name):
        return None
    pockets = {codename: list(_pockets(released)) for codename, released in row.releases.items()}
    parts = (row.title or "", cves(tuple(row.cves or ())), False)
    return _notice(name, at, parts, pockets, "usn timestamp", document)


def _pockets(released: Released) -> Iterable[tuple[str, str]]:
    for packages in (released.sources, released.binaries, released.allbinaries):
        for name, about in packages.items():
            pocket = about.get("pocket") if isinstance(about, dict) else None
            yield name, pocket if isinstance(pocket, str) else ""


def _notice(  # noqa: PLR0913, PLR0917  one form of a notice, in its parts
    name: str,
    at: datetime,
    parts: tuple[str, tuple[str, ...], bool],
    pockets: Mapping[str, Sequence[tuple[str, str]]],
    source: str,
    document: str,
) -> Notice:
    """The notice whose packages are given with the archive that has them, "" where none is named."""
    free: dict[str, set[str]] = defaultdict(set)
    pro = _behind(pockets)
    for codename, packages in pockets.items():
        # Where no archive is named, that of the others counts: sources have none of their own.
        open_to_all = [name for name, pocket in packages if not pocket.startswith(_ESM)]
        if codename not in pro and open_to_all:
            free[codename].update(map(package_name, open_to_all))
    title, named, hidden = parts
    return Notice(
        id=name,
        published=at,
        title=title,
        codenames=tuple(sorted(pockets)),
        packages={codename: tuple(sorted(names)) for codename, names in sorted(free.items())},
        cves=named,
        pro=tuple(sorted(pro)),
        hidden=hidden,
        source=source,
        document=document,
    )


def _behind(pockets: Mapping[str, Sequence[tuple[str, str]]]) -> frozenset[str]:
    """The codenames of which every archive that is named needs a subscription."""
    named = {codename: {pocket for _, pocket in packages if pocket} for codename, packages in pockets.items()}
    return frozenset(
        codename for codename, all_of in named.items() if all_of and all(pocket.startswith(_ESM) for pocket in all_of)
    )
