"""Ubuntu's notices from whatever form was answered: of two forms of one notice the better one is read."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from collector.errors import Malformed
from collector.model import Gap, Notice
from collector.sources.feeds.archive import is_archive, members
from collector.sources.feeds.osv import is_osv, read_osv
from collector.sources.feeds.reading import JSON, Found, Paper, convert, listing_of
from collector.sources.feeds.stemcells import notice_key
from collector.sources.feeds.ubuntu import Page, is_api, is_page, is_usn, read_api, read_usn

SOURCE = "notices"
# What a gap names when notices beside those that stemcells list may be missing.
UNLISTED = "notices that no stemcell lists"
_OSV_FILE = re.compile(r"(?:.*/)?(USN-\d{1,9}-\d{1,9})\.json")
_USN_FILE = re.compile(r"(?:.*/)?usn/(\d{1,9}-\d{1,9})\.json")
_OTHER = re.compile(r"(?:UBUNTU-CVE|CVE|LSN|SSN)-.*")
_Read = Callable[[object, str], Notice | None]
# The better form first: an instant with a zone, then one that is known to be UTC, then the older database.
_FORMS: tuple[tuple[Callable[[object], bool], _Read], ...] = (
    (is_osv, read_osv),
    (is_api, read_api),
    (is_usn, read_usn),
)


class Files(NamedTuple):
    """The files of a folder that hold one notice each, by notice (the better form), and the others."""

    notices: dict[str, str]
    others: list[str]


def files_of(listing: Iterable[str]) -> Files:
    """Sort the files of a folder: notices by name, and pages or archives that may hold some."""
    osv: dict[str, str] = {}
    usn: dict[str, str] = {}
    others = []
    for path in listing:
        name = path.rpartition("/")[2]
        if found := _OSV_FILE.fullmatch(path):
            osv[found[1]] = path
        elif found := _USN_FILE.fullmatch(path):
            usn[f"USN-{found[1]}"] = path
        elif path.endswith((".json", ".zip")) and not _OTHER.fullmatch(name):
            others.append(path)
    # A clone holds much else as JSON; pages of the API are read beside named files only by their name.
    named = usn | osv
    return Files(named, [path for path in others if not named or path.rpartition("/")[2].startswith("notices")])


def notice_of(path: str) -> str:
    """The notice that a file is named after, "" for any other path."""
    found = _OSV_FILE.fullmatch(path) or _USN_FILE.fullmatch(path)
    return f"USN-{found[1].removeprefix('USN-')}" if found else ""


def check(body: bytes) -> object:
    """The decoder of an answer that holds notices; raises `Malformed` for one that cannot hold any."""
    if is_archive(body):
        return len(members(body, _is_notice_file))
    value = JSON(body)
    rows = value if isinstance(value, list) else [value]
    if not all(is_page(row) or _rank(row) is not None or _is_other(row) for row in rows):
        raise Malformed("JSON that holds no security notice")
    return value


def read_notices(papers: Iterable[Paper]) -> Found:
    """Every notice once. Papers come in the order of their arrival: of the same form the last one is believed."""
    best: dict[str, tuple[int, Notice]] = {}
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        try:
            values = list(_values(paper.body))
        except Malformed as error:
            gaps[paper.path] = Gap(what=SOURCE, reason=f"{paper.path}: {error}", subjects=(paper.path,))
            continue
        usable += 1
        for value in values:
            if _is_other(value):
                continue
            rank = _rank(value)
            notice = None if rank is None else _FORMS[rank][1](value, paper.digest)
            if rank is None or notice is None:
                name = _name(value) or paper.path
                gaps[name] = Gap(what=SOURCE, reason=f"{name} is no notice that can be read", subjects=(name,))
            elif notice.id not in best or rank <= best[notice.id][0]:
                best[notice.id] = (rank, notice)
    found = [gap for name, gap in gaps.items() if name not in best]
    return Found([notice for _, notice in best.values()], found, usable)


def unread(papers: Iterable[Paper], read: Iterable[str], statuses: Iterable[tuple[str, int]]) -> Gap | None:
    """What says that there may be notices beside the ones that stemcells list, None when all were read.

    `statuses` are path and status of every answer: a mirror may have single notices and no list of them.
    """
    have = set(read)
    left: set[str] = set()
    for paper in papers:
        listing = listing_of(paper.body)
        left |= (files_of(listing.listing).notices.keys() - have) if listing else set()
    if left:
        newest = max(left, key=notice_key)
        reason = f"{len(left)} notices that no stemcell lists were not read, {newest} and older"
        return Gap(what=SOURCE, reason=reason, subjects=(UNLISTED,))
    if any(status == 404 and path.endswith("/notices.json") for path, status in statuses):  # noqa: PLR2004  not found
        return Gap(
            what=SOURCE, reason="notices that no stemcell lists were not read: no list there", subjects=(UNLISTED,)
        )
    return None


def _values(body: bytes) -> Iterator[object]:
    """The single notices in an answer, decoded."""
    if is_archive(body):
        for member in members(body, _is_notice_file):
            yield from _values(member.body)
        return
    value = JSON(body)
    for row in value if isinstance(value, list) else [value]:
        page = convert(row, Page) if is_page(row) else None
        if page is not None:
            yield from page.notices
        else:
            yield row


def _is_notice_file(path: str) -> bool:
    return bool(_OSV_FILE.fullmatch(path) or _USN_FILE.fullmatch(path))


def _rank(value: object) -> int | None:
    return next((rank for rank, (fits, _) in enumerate(_FORMS) if fits(value)), None)


def _name(value: object) -> str:
    name = value.get("id") if isinstance(value, dict) else None
    return name[:40] if isinstance(name, str) else ""


def _is_other(value: object) -> bool:
    """Livepatches, snaps and single CVEs are no security notices of packages."""
    return bool(_OTHER.fullmatch(_name(value)))
