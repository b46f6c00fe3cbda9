"""Which notices to ask for: those that stemcells list, and those that are recent whether or not any lists them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from collector.evidence import Ask, Got, Plan
from collector.model import Gap
from collector.sources.feeds.notices import SOURCE, check, files_of, notice_of
from collector.sources.feeds.places import Place, follow, local, nothing, place_of
from collector.sources.feeds.plans import endless
from collector.sources.feeds.reading import decoder
from collector.sources.feeds.scope import HORIZON, FeedScope, Kept, lines_in_scope, listed_notices
from collector.sources.feeds.stemcells import codename_of, notice_key
from collector.sources.feeds.times import instant
from collector.sources.feeds.ubuntu import Page

# The API gives no more on a page.
PAGE_SIZE = 20
# 400 days hold about 1,500 notices, so this many pages only come of a list that never settles.
MOST_PAGES = 500
MOST_LISTED = 400
# A clone holds one file for each notice since 2012; more than these are not opened, and the newest go first.
MOST_FILES = 5000
_NOT_FOUND = (404,)
_PAGE = decoder(Page)


def notices(scope: FeedScope, kept: Kept) -> Plan:
    """The notices of one mirror, in whichever form it has them."""
    place = place_of(SOURCE, scope.places[SOURCE])
    listed = listed_notices(scope, kept)
    if not place.is_url:
        return local(place, check, lambda listing: files_to_open(listing, listed), notice_of)
    codenames = sorted({codename_of(line) for line in lines_in_scope(scope, kept)}) or [""]
    if place.path.endswith("notices.json"):
        walks = [_Walk(place, codename, scope.now) for codename in codenames]
        return follow([walk.ask() for walk in walks], _Walks(walks).then)
    if place.path.endswith((".json", ".zip", ".gz", ".tgz")):
        return follow([place.ask(check)], nothing)
    return _mirror(place, sorted(listed, key=notice_key)[-MOST_LISTED:], codenames, scope.now)


def files_to_open(listing: Sequence[str], listed: frozenset[str]) -> list[str]:
    """The files of a folder that are opened: all where they are few, else the listed notices and then the newest."""
    files = files_of(listing)
    order = sorted(files.notices, key=lambda notice: (notice in listed, notice_key(notice)), reverse=True)
    return [*files.others[:MOST_FILES], *(files.notices[notice] for notice in order[:MOST_FILES])]


def _mirror(place: Place, listed: Sequence[str], codenames: Sequence[str], now: datetime) -> Plan:
    """A mirror with one file a notice, and perhaps the API's list of the recent ones."""
    base = place._replace(path=f"{place.path.rstrip('/')}/security/notices.json")
    walks = _Walks([_Walk(base, codename, now, optional=True) for codename in codenames])
    single = [place.ask(check, f"osv/usn/{notice}.json")._replace(subjects=(notice,)) for notice in listed]

    def then(got: Got) -> list[Ask]:
        if not got.ask.subjects:
            return walks.then(got)
        if not isinstance(got.page, Gap) or "/osv/usn/" not in got.ask.path:
            return []
        below = f"security/notices/{got.ask.subjects[0]}.json"
        return [place.ask(check, below)._replace(subjects=got.ask.subjects, instead=True)]

    return follow([*(walk.ask() for walk in walks.all), *single], then)


class _Walk:
    """The API's list for one codename ("": all), newest first, until all of a page is beyond the horizon."""

    def __init__(self, place: Place, codename: str, now: datetime, *, optional: bool = False) -> None:
        self.codename = codename
        self._place = place
        self._since = now - HORIZON
        self._optional = optional
        self._offset = 0
        self._total = 0
        self._pages = 0
        self._seen: set[str] = set()
        self._stuck = False

    def ask(self) -> Ask:
        query = {"order": "newest", "limit": str(PAGE_SIZE), "offset": str(self._offset)}
        if self.codename:
            query["release"] = self.codename
        decode = endless if self._stuck else _page_or_none if self._optional else _PAGE
        ask = self._place.ask(decode, query=query)
        return ask._replace(accepts=_NOT_FOUND) if self._optional and not self._offset else ask

    def after(self, page: Any) -> list[Ask]:  # noqa: ANN401  a page, None or a gap
        if not isinstance(page, Page):
            return []
        rows = [row for row in page.notices if isinstance(row, dict)]
        fresh = {str(row.get("id")) for row in rows} - self._seen
        self._seen |= fresh
        if not page.notices or all(self._is_old(row) for row in page.notices):
            return []
        # Where notices were taken back meanwhile, all later ones moved up by as many places, and some past this page.
        gone = max(self._total - page.total_results, 0)
        self._total = page.total_results
        self._pages += 1
        self._offset = max(self._offset - gone, 0) if gone else self._offset + len(page.notices)
        if self._offset >= page.total_results:
            return []
        self._stuck = not (fresh or gone) or self._pages >= MOST_PAGES
        return [self.ask()]

    def _is_old(self, row: object) -> bool:
        at = instant(row.get("published"), naive_is_utc=True) if isinstance(row, dict) else None
        return at is not None and at < self._since


class _Walks:
    """Walks side by side, told apart by the codename in the question."""

    def __init__(self, walks: Sequence[_Walk]) -> None:
        self.all = walks
        self._by_codename = {walk.codename: walk for walk in walks}

    def then(self, got: Got) -> list[Ask]:
        return self._by_codename[got.ask.query.get("release", "")].after(got.page)


def _page_or_none(body: bytes) -> Page | None:
    """A page, or None for what a 404 says instead; a page that was cut off is malformed."""
    return _PAGE(body) if b'"notices"' in body else None
