"""Reading what a snapshot kept of the feeds into typed records: no network, no clock, no verdict."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from collector.errors import IntegrityError, Malformed
from collector.model import Document, Gap, PlatformFacts, Snapshot, StemcellRelease
from collector.sources.feeds import attestation, github, kev, metalink, packages, rootfs
from collector.sources.feeds.notices import SOURCE as NOTICES
from collector.sources.feeds.notices import read_notices, unread
from collector.sources.feeds.places import place_of
from collector.sources.feeds.reading import Found, Paper, listing_of
from collector.sources.feeds.scope import RELEASES, FeedScope, buildpack_names, lines_in_scope, listed_notices
from collector.sources.feeds.stemcells import CODENAMES, codename_of, notice_key, version_key

Body = Callable[[Document], bytes]
INDEX = "stemcell-index"
LIGHT = "light-index"
BUILDPACKS = "buildpack-releases"
# 304: the body of an earlier answer, of which the server says that it still holds.
_ANSWERS = (200, 304)


class Given(NamedTuple):
    """What a reader has: the answers of its source in the order of their arrival, and what the snapshot asked for."""

    papers: Sequence[Paper]
    place: str
    lines: Sequence[str]
    names: Mapping[str, Sequence[str]]


_READERS: Mapping[str, Callable[[Given], Found]] = {
    RELEASES: lambda given: github.noted(given.papers),
    INDEX: lambda given: metalink.indexed(given.papers, source=INDEX, name=metalink.HEAVY, lines=given.lines),
    LIGHT: lambda given: metalink.indexed(given.papers, source=LIGHT, name=metalink.LIGHT, lines=given.lines),
    NOTICES: lambda given: read_notices(given.papers),
    kev.SOURCE: lambda given: kev.exploited(given.papers),
    packages.SOURCE: lambda given: packages.packages(given.papers, given.lines, given.place),
    rootfs.SOURCE: lambda given: rootfs.rootfs(given.papers, given.place),
    BUILDPACKS: lambda given: github.buildpacks(given.papers, given.names, given.place),
    attestation.SOURCE: lambda given: attestation.attested(given.papers),
}


def read(snapshot: Snapshot, body: Body) -> PlatformFacts:
    """The feeds' part of the facts about the platform. `body` gives the checked bytes; raises `IntegrityError`."""
    if "feeds" not in snapshot.scope:
        return PlatformFacts()
    try:
        scope = msgspec.convert(snapshot.scope["feeds"], FeedScope)
    except msgspec.ValidationError as error:
        said = f"the manifest of {snapshot.id} does not say which feeds were read: {error}"
        raise IntegrityError(said, hint="restore it from the store") from error
    reading = _Reading(snapshot, body, scope)
    found = {source: reading.found(source) for source in _READERS if scope.places.get(source)}

    def rows(*sources: str) -> list[Any]:
        return [row for source in sources if source in found for row in found[source].rows]

    return PlatformFacts(
        line=scope.line,
        releases=_stemcells(rows(RELEASES, INDEX, LIGHT)),
        notices=tuple(sorted(rows(NOTICES), key=lambda row: notice_key(row.id))),
        exploited=tuple(sorted(rows(kev.SOURCE), key=lambda row: row.cve)),
        packages=dict(sorted(rows(packages.SOURCE))),
        rootfs=tuple(sorted(rows(rootfs.SOURCE), key=lambda row: (row.stack, notice_key(row.notice)))),
        buildpack_releases=tuple(
            sorted(rows(BUILDPACKS), key=lambda row: (row.name, version_key(row.version), row.version))
        ),
        attested=tuple(sorted(rows(attestation.SOURCE), key=msgspec.json.encode)),
        read=frozenset(source for source, one in found.items() if reading.whole(source, one)),
        configured=frozenset(found),
        gaps=tuple(
            sorted(
                (gap for one in found.values() for gap in one.gaps),
                key=lambda gap: (gap.what, gap.subjects, gap.reason),
            )
        ),
    )


def _stemcells(rows: Iterable[StemcellRelease]) -> tuple[StemcellRelease, ...]:
    """What the index, the light index and the notes say of one stemcell, in one record."""
    same: dict[tuple[str, str], list[StemcellRelease]] = defaultdict(list)
    for row in rows:
        same[row.line, row.version].append(row)
    joined = (github.merged(found) for found in same.values())
    return tuple(sorted(joined, key=lambda row: (row.line, version_key(row.version), row.version)))


class _Reading:
    """The answers of one snapshot, by source."""

    def __init__(self, snapshot: Snapshot, body: Body, scope: FeedScope) -> None:
        self._body = body
        self._scope = scope
        self._documents: dict[str, list[Document]] = defaultdict(list)
        # In the order of arrival, whatever the order in which they are listed.
        for document in sorted(snapshot.documents, key=lambda kept: (kept.retrieved_at, kept.path, kept.sha256)):
            self._documents[document.source].append(document)
        self._gaps = {record.name: record.gaps for record in snapshot.sources}
        self._lines = lines_in_scope(scope, self.kept)

    def kept(self, source: str, what: str) -> list[bytes]:
        """The bodies of answers, as a plan would be given them."""
        documents = self._documents.get(source, ())
        return [self._body(document) for document in documents if document.what == what and document.status in _ANSWERS]

    def papers(self, source: str) -> list[Paper]:
        """The answers of a source that were given."""
        return [
            Paper(document.path, self._body(document), document.digest)
            for document in self._documents.get(source, ())
            if document.status in _ANSWERS
        ]

    def found(self, source: str) -> Found:
        """What a source's answers hold, and all that is missing from it."""
        place = self._scope.places[source]
        papers = self.papers(source)
        listings = [paper for paper in papers if not place_of(source, place).is_url and listing_of(paper.body)]
        papers = [paper for paper in papers if paper not in listings]
        names = buildpack_names(self.kept) if source == BUILDPACKS else {}
        try:
            found = _READERS[source](Given(papers, place, self._lines, names))
        except Malformed as error:
            found = Found([], [Gap(what=source, reason=f"an answer that was kept cannot be read: {error}")], 0)
        gaps = [*found.gaps, *(self._of_notices(listings, found.rows) if source == NOTICES and found.usable else ())]
        return found._replace(gaps=[*gaps, *self._silence(source, found, gaps)])

    def whole(self, source: str, found: Found) -> bool:
        """Whether a source was wholly read; gaps about single subjects leave only those unknown."""
        return found.usable > 0 and all(gap.subjects for gap in (*found.gaps, *self._gaps.get(source, ())))

    def _silence(self, source: str, found: Found, gaps: Sequence[Gap]) -> Iterator[Gap]:
        """A source that was asked, and of which nothing came and nothing is missing either."""
        if found.usable or gaps or source not in self._gaps or self._gaps[source]:
            return
        if self._documents.get(source):
            yield Gap(what=source, reason="nothing there that could be read: look at the place that is set")
        else:
            yield Gap(what=source, reason=f"nothing was asked: {_WHY_NOTHING.get(source, 'the place is empty')}")

    def _of_notices(self, listings: Sequence[Paper], rows: Iterable[Any]) -> Iterator[Gap]:
        """Notices beside those that were read, and Ubuntu releases that the reader does not know by name."""
        ids = frozenset(row.id for row in rows)
        statuses = [(document.path, document.status) for document in self._documents[NOTICES]]
        left = unread(listings, ids, statuses)
        if left is not None:
            yield left
        if not place_of(NOTICES, self._scope.places[NOTICES]).is_url:
            missing = tuple(sorted(listed_notices(self._scope, self.kept) - ids, key=notice_key))
            if missing:
                yield Gap(what=NOTICES, reason="listed by a stemcell and not found", subjects=missing)
        for line in self._lines:
            if codename_of(line) not in CODENAMES.values():
                reason = f"which Ubuntu release {line} is built on is not known: its notices cannot be told apart"
                yield Gap(what=NOTICES, reason=reason, subjects=(line,))


_WHY_NOTHING: Mapping[str, str] = {
    INDEX: "no version is known to ask for, neither from release notes nor from a director",
    LIGHT: "no version is known to ask for, neither from release notes nor from a director",
    packages.SOURCE: "no line is known: set [feeds] stemcell_line",
    BUILDPACKS: "no buildpack of the platform is known",
}
