"""Since when the platform offers a buildpack: from its uploads, from BOSH releases, or from the first snapshot."""

from datetime import datetime
from functools import cached_property
from itertools import takewhile

from collector.assessment.patching.board import PRODUCTION
from collector.assessment.rollouts import deploys
from collector.assessment.versions import Version, in_filename, parse
from collector.model import Buildpack, Deploy, DirectorEvent, Interval, PlatformFacts, Showing
from collector.model.base import Slim


class Offer(Slim, frozen=True, kw_only=True):
    """The instants between which a file came to be offered; `previous` is what was offered before, None: not known."""

    not_before: datetime
    not_after: datetime
    source: str
    previous: Version | None = None


class Offers:
    """What directors and earlier snapshots say of each buildpack's file."""

    def __init__(self, facts: PlatformFacts, as_of: datetime) -> None:
        self._facts = facts
        self._as_of = as_of
        self._known: dict[tuple[str, str | None], tuple[Offer, ...]] = {}
        self._newer: dict[tuple[str, Version], Offer | None] = {}

    def of(self, buildpack: Buildpack) -> tuple[Offer, ...]:
        """Everything that tells when the file that is offered now came; nothing in most cases."""
        key = buildpack.guid, buildpack.filename
        if key not in self._known:
            found = (self._deployed(buildpack), self._first_seen(buildpack))
            self._known[key] = tuple(row for row in found if row is not None)
        return self._known[key]

    def newer(self, buildpack: Buildpack, held: Version) -> Offer | None:
        """When snapshots first showed a file that is newer than a version, and newer ones ever since; None: never.

        Between two snapshots that both showed a newer one, one was offered too.
        """
        key = buildpack.guid, held
        if key not in self._newer:
            self._newer[key] = self._first_newer(*key)
        return self._newer[key]

    def _first_newer(self, guid: str, held: Version) -> Offer | None:
        runs = [row for row in self._facts.showings.get(guid, ()) if row.first <= self._as_of]
        newer = list(takewhile(lambda row: _is_newer(row, held), reversed(runs)))
        if not newer:
            return None
        first = newer[-1].first
        before = runs[-len(newer) - 1] if len(runs) > len(newer) else None
        return Offer(
            not_before=first if before is None else before.last,
            not_after=first,
            source="first snapshot that showed a newer file",
            previous=None if before is None else parse(in_filename(before.filename)),
        )

    def released(self, buildpack: Buildpack) -> Interval | None:
        """When upstream released the version that is offered; None where no feed tells."""
        version = parse(in_filename(buildpack.filename))
        found = (row for row in self._facts.buildpack_releases if row.name == buildpack.name)
        row = next((row for row in found if version is not None and parse(row.version) == version), None)
        if row is None or row.published > self._as_of:
            return None
        at, evidence = row.published, (row.document,) if row.document else ()
        return Interval(not_before=at, not_after=at, source="release published", evidence=evidence)

    def _first_seen(self, buildpack: Buildpack) -> Offer | None:
        seen = self._facts.first_seen.get((buildpack.guid, buildpack.filename or ""))
        if seen is None or seen.not_after > self._as_of:
            return None
        earlier = [
            (row.not_after, name)
            for (guid, name), row in self._facts.first_seen.items()
            if guid == buildpack.guid and name != buildpack.filename and row.not_after <= seen.not_after
        ]
        previous = parse(in_filename(max(earlier)[1])) if earlier else None
        return Offer(
            not_before=seen.not_before,
            not_after=seen.not_after,
            source=seen.source or "first snapshot with this file",
            previous=previous,
        )

    @cached_property
    def _attempts(self) -> dict[tuple[str, str], Deploy]:
        own = [row for row in self._facts.directors if row.environment == PRODUCTION]
        return {(row.deployment, row.task): row for row in deploys(own, self._as_of)}

    @cached_property
    def _successes(self) -> dict[str, list[DirectorEvent]]:
        """The successful ends of each production deployment, in the order of their ids."""
        rows: dict[str, dict[tuple[str, int], DirectorEvent]] = {}
        for director in self._facts.directors:
            if director.environment != PRODUCTION:
                continue
            for event in director.events:
                if event.at <= self._as_of and _succeeded(event):
                    name = event.deployment or event.object_name
                    rows.setdefault(name, {})[director.uuid, event.id] = event
        return {name: sorted(found.values(), key=lambda row: (row.at, row.id)) for name, found in rows.items()}

    def _deployed(self, buildpack: Buildpack) -> Offer | None:
        version = parse(in_filename(buildpack.filename))
        if version is None or not self._facts.directors:
            return None
        release = buildpack.name.replace("_", "-")
        found = [row for name in self._successes if (row := self._first(name, release, version)) is not None]
        return min(found, key=lambda row: row.not_after, default=None)

    def _first(self, deployment: str, release: str, version: Version) -> Offer | None:
        """The first success that holds a version of a release; the one before must be seen, and hold it not."""
        before: DirectorEvent | None = None
        for event in self._successes[deployment]:
            if version not in _versions(event.releases_after, release):
                before = event
                continue
            if before is None:
                return None
            attempt = self._attempts.get((deployment, event.task))
            fresh = version not in _versions(event.releases_before, release)
            began = attempt.began if attempt and attempt.began and fresh else before.at
            held = _versions(before.releases_after, release)
            return Offer(
                not_before=max(began, before.at),
                not_after=event.at,
                source=f"deployment of {release} in {deployment}",
                previous=max(held) if held else None,
            )
        return None


def _is_newer(showing: Showing, held: Version) -> bool:
    version = parse(in_filename(showing.filename))
    return version is not None and version > held


def _succeeded(event: DirectorEvent) -> bool:
    """Whether an event is the end of a deployment that says which releases it has."""
    ended = event.object_type == "deployment" and event.parent is not None and not event.error
    return ended and event.releases_after is not None


def _versions(releases: tuple[str, ...] | None, name: str) -> set[Version]:
    found = (parse(row.partition("/")[2]) for row in releases or () if row.partition("/")[0] == name)
    return {version for version in found if version is not None}
