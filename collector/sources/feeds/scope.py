"""What is to be read of the feeds, and what earlier answers of the same snapshot say that narrows it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from collector.errors import Malformed
from collector.model import StemcellRelease
from collector.sources.feeds.github import noted
from collector.sources.feeds.reading import JSON, Paper, listing_of
from collector.sources.feeds.stemcells import line_of, normal

Kept = Callable[[str, str], list[bytes]]
"""The bodies kept so far in this snapshot about (source, what)."""

RELEASES = "stemcell-releases"
# What is older cannot be in question in a month's assessment: twelve months and a few weeks.
HORIZON = timedelta(days=400)
_DIRECTORS_SAY = ("deployments", "stemcells", "events-newest", "events-deployments")


class FeedScope(msgspec.Struct, frozen=True, kw_only=True):
    """The places of the feeds by source (URLs or local paths as set, "" is not read), as seen at `now`.

    `line` is the line of stemcells, several separated by commas, "" for those of the directors, which are read of the
    `environments`.
    """

    line: str = ""
    now: datetime
    places: Mapping[str, str] = {}
    environments: tuple[str, ...] = ("production", "staging")

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are set."""
        return tuple(sorted({line.strip() for line in self.line.split(",") if line.strip()}))


def lines_in_scope(scope: FeedScope, kept: Kept) -> tuple[str, ...]:
    """The lines that are set, else those that the directors know; () where neither says."""
    return scope.lines or tuple(sorted({line for line, _ in of_directors(scope, kept)}))


def of_directors(scope: FeedScope, kept: Kept) -> frozenset[tuple[str, str]]:
    """Line and version of every stemcell that the directors' answers name."""
    found = {
        stemcell
        for environment in scope.environments
        for what in _DIRECTORS_SAY
        for body in kept(f"bosh-{environment}", what)
        for stemcell in _stemcells(body)
    }
    return frozenset((line, normal(version)) for name, version in found if (line := line_of(name)) and version)


def announced(kept: Kept) -> tuple[StemcellRelease, ...]:
    """The stemcells of the release notes kept so far."""
    papers = [Paper("", body, "") for body in kept(RELEASES, RELEASES) if listing_of(body) is None]
    try:
        return tuple(noted(papers).rows)
    except Malformed:
        return ()


def recent(releases: Iterable[StemcellRelease], now: datetime) -> Iterator[StemcellRelease]:
    """Those that are not known to lie beyond the horizon."""
    return (row for row in releases if row.announced is None or row.announced >= now - HORIZON)


def listed_notices(scope: FeedScope, kept: Kept) -> frozenset[str]:
    """The notices that recent stemcells of the lines in scope list."""
    lines = lines_in_scope(scope, kept)
    return frozenset(
        notice
        for row in recent(announced(kept), scope.now)
        if not lines or row.line in lines
        for notice in row.notices or ()
    )


def buildpack_names(kept: Kept) -> Mapping[str, Sequence[str]]:
    """The platform's buildpacks by the name of their upstream repository."""
    names: dict[str, set[str]] = {}
    for body in kept("cloud-controller", "buildpacks"):
        for row in _list(_loaded(body), "resources"):
            name = row.get("name")
            if isinstance(name, str) and name:
                names.setdefault(name.replace("_", "-"), set()).add(name)
    return {repository: tuple(sorted(found)) for repository, found in sorted(names.items())}


def _stemcells(body: bytes) -> Iterator[tuple[str, str]]:
    """Name and version of the stemcells in an answer of a director: deployments, stemcells or events."""
    value = _loaded(body)
    for row in value if isinstance(value, list) else ():
        if not isinstance(row, dict):
            continue
        yield from _pair(row)
        for stemcell in _list(row, "stemcells"):
            yield from _pair(stemcell)
        context = row.get("context")
        for side in ("before", "after"):
            part = context.get(side) if isinstance(context, dict) else None
            bound = part.get("stemcells") if isinstance(part, dict) else None
            for text in bound if isinstance(bound, list) else ():
                if isinstance(text, str):
                    name, _, version = text.rpartition("/")
                    yield name, version


def _pair(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name, version = row.get("name"), row.get("version")
    if isinstance(name, str) and isinstance(version, str):
        yield name, version


def _list(value: object, name: str) -> list[dict[str, Any]]:
    rows = value.get(name) if isinstance(value, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _loaded(body: bytes) -> object:
    """JSON that its own source answers for: what cannot be read here narrows nothing."""
    try:
        return JSON(body)
    except Malformed:
        return None
