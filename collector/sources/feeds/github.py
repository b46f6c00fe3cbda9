"""Releases as GitHub lists them: stemcells with their notes, and buildpacks."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from collector.errors import Malformed
from collector.model import BuildpackRelease, Gap, StemcellRelease
from collector.sources.feeds.notes import Notes, read_notes
from collector.sources.feeds.reading import Found, Paper, decoder
from collector.sources.feeds.stemcells import label, normal
from collector.sources.feeds.times import instant

_TAG = re.compile(r"([a-z][a-z0-9-]{0,60})/v?(\d{1,9}(?:\.\d{1,9}){1,3})")
_TITLE = re.compile(r"([a-z][a-z0-9]*(?: [a-z0-9]+){1,3}) v(\d{1,9}(?:\.\d{1,9}){1,3})", re.IGNORECASE)
_PLAIN = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+][\w.]{1,40})?)")


class Release(msgspec.Struct, frozen=True):
    """A release; drafts and previews are none yet."""

    tag_name: str
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    published_at: str | None = None
    body: str | None = None

    @property
    def published(self) -> datetime | None:
        """When it was published, None where that cannot be read."""
        return instant(self.published_at)

    @property
    def counts(self) -> bool:
        """Whether it is out."""
        return not (self.draft or self.prerelease)

    @property
    def stemcell(self) -> tuple[str, str] | None:
        """Line and version by tag (`ubuntu-jammy/v1.486`), else by name (`ubuntu jammy v1.486`)."""
        found = _TAG.fullmatch(self.tag_name) or _TITLE.fullmatch(self.name or "")
        return (found[1].lower().replace(" ", "-"), normal(found[2])) if found else None


RELEASES: Callable[[bytes], list[Release]] = decoder(list[Release])


def releases_or_none(body: bytes) -> list[Release] | None:
    """A page of releases, or None for what a 404 says instead; a page that was cut off is `Malformed`."""
    try:
        return RELEASES(body)
    except Malformed:
        if body.lstrip()[:1] == b"[":
            raise
        return None


def noted(papers: Iterable[Paper]) -> Found:
    """The stemcells that release notes announce, each once: the earliest date, and every notice that any lists."""
    rows: dict[tuple[str, str], list[StemcellRelease]] = defaultdict(list)
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        usable += 1
        for release in filter(_is_stemcell, RELEASES(paper.body)):
            line, version = release.stemcell or ("", "")
            notes = read_notes(release.body or "")
            rows[line, version].append(_stemcell(line, version, release, notes, paper))
            if notes.unknown:
                name = label(line, version)
                reason = f"{name} lists a notice in a form that is not known: {notes.unknown[0][:80]}"
                gaps[name] = Gap(what="stemcell-releases", reason=reason, subjects=(name,))
    return Found([merged(same) for same in rows.values()], list(gaps.values()), usable)


def _is_stemcell(release: Release) -> bool:
    return release.counts and release.stemcell is not None


def _stemcell(line: str, version: str, release: Release, notes: Notes, paper: Paper) -> StemcellRelease:
    return StemcellRelease(
        line=line,
        version=version,
        announced=release.published,
        # A release with an empty body has no notes; with notes and no list of notices it lists none.
        notices=notes.notices if (release.body or "").strip() else None,
        priorities=notes.priorities,
        kernel=notes.kernel,
        documents=(paper.digest,),
    )


def merged(same: Sequence[StemcellRelease]) -> StemcellRelease:
    """What several documents say of one stemcell; where two differ on an instant, the earlier one stands."""
    listed = [row.notices for row in same if row.notices is not None]
    priorities: dict[str, set[str]] = defaultdict(set)
    for row in same:
        for notice, words in row.priorities.items():
            priorities[notice].update(words)
    return StemcellRelease(
        line=same[0].line,
        version=same[0].version,
        published=min((row.published for row in same if row.published), default=None),
        light=min((row.light for row in same if row.light), default=None),
        announced=min((row.announced for row in same if row.announced), default=None),
        notices=tuple(sorted({notice for notices in listed for notice in notices})) if listed else None,
        priorities={notice: tuple(sorted(words)) for notice, words in sorted(priorities.items())},
        kernel=max((row.kernel for row in same), default=""),
        documents=tuple(sorted({digest for row in same for digest in row.documents})),
    )


def buildpacks(papers: Iterable[Paper], names: Mapping[str, Sequence[str]], place: str) -> Found:
    """Upstream releases of buildpacks. `names` are the platform's names by repository, `place` that of a lone file."""
    rows: dict[tuple[str, str], BuildpackRelease] = {}
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        releases = releases_or_none(paper.body)
        repository = repository_of(paper.path) or repository_of(place)
        if releases is None or not repository:
            gaps[paper.path] = Gap(
                what="buildpack-releases", reason=f"{paper.path} is no list of releases", subjects=(paper.path,)
            )
            continue
        usable += 1
        for release in releases:
            found = _PLAIN.fullmatch(release.tag_name) if release.counts else None
            if found is None:
                continue
            for name in names.get(repository, (repository.replace("-", "_"),)):
                if release.published is None:
                    subject = f"{name} {found[1]}"
                    gaps[subject] = Gap(
                        what="buildpack-releases", reason=f"{subject} has no date that can be read", subjects=(subject,)
                    )
                    continue
                row = BuildpackRelease(name=name, version=found[1], published=release.published, document=paper.digest)
                known = rows.get((name, found[1]), row)
                rows[name, found[1]] = min(known, row, key=lambda row: (row.published, row.document))
    return Found(list(rows.values()), list(gaps.values()), usable)


def repository_of(path: str) -> str:
    """`python-buildpack` of `/repos/x/python-buildpack/releases`, of `/python-buildpack.json` and the like."""
    parts = path.removesuffix(".json").strip("/").split("/")
    if parts[-1] == "releases":
        parts.pop()
    return parts[-1] if parts else ""
