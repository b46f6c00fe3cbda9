"""The facts about the platform, put together from a snapshot and the harvests before it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from collector.model import Director, Document, Interval, PlatformFacts, Showing, Snapshot
from collector.sources import bosh, cloud_controller, feeds
from collector.sources.cloud_controller import Shown

Body = Callable[[Document], bytes]


class Part(NamedTuple):
    """A snapshot with the way to its bodies."""

    snapshot: Snapshot
    body: Body


def sources_asked(snapshot: Snapshot) -> frozenset[str]:
    """The names of the sources that a snapshot asked."""
    return frozenset(record.name for record in snapshot.sources)


def read_platform(main: Part, history: Sequence[Part]) -> PlatformFacts:
    """What a snapshot and the ones before it say of directors and feeds; the feeds speak from the snapshot itself.

    `history` may be in any order, and may hold snapshots of which only these sources' files are there.
    """
    parts = sorted((main, *history), key=lambda part: (part.snapshot.taken_at, part.snapshot.id))
    facts = feeds.read(*main)
    offered = [shown for part in parts if (shown := cloud_controller.buildpacks(*part)) is not None]
    directors = [director for part in parts for director in _directors(part)]
    own = [director for director in directors if director.taken_at == main.snapshot.taken_at]
    environments = _environments(main.snapshot)
    read = facts.read | _read(own, directors, environments)
    return msgspec.structs.replace(
        facts,
        directors=tuple(directors),
        first_seen=first_seen(offered),
        showings=showings(offered),
        read=read,
        configured=_configured(main.snapshot, environments),
    )


def _environments(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(sorted(snapshot.scope.get("bosh", {})))


def _directors(part: Part) -> Iterable[Director]:
    for environment in _environments(part.snapshot):
        director = bosh.read(part.snapshot, environment, part.body)
        if director is not None:
            yield director


def _read(own: Iterable[Director], every: Iterable[Director], environments: Iterable[str]) -> frozenset[str]:
    """The topics of directors that were read: the events now, the VMs, which are asked for once a day, by any part."""
    found = {director.environment: director for director in own}
    seen = {director.environment for director in every if director.vms_of}
    topics = set()
    for environment in environments:
        director = found.get(environment)
        if director is not None and director.reach is not None and director.listed is not None:
            topics.add(f"directors/{environment}")
        if environment in seen:
            topics.add(f"vms/{environment}")
    return frozenset(topics)


def _configured(snapshot: Snapshot, environments: Iterable[str]) -> frozenset[str]:
    directors = {f"{topic}/{environment}" for environment in environments for topic in ("directors", "vms")}
    places = msgspec.convert(snapshot.scope["feeds"], feeds.FeedScope).places if "feeds" in snapshot.scope else {}
    return frozenset(directors) | frozenset(places)


def first_seen(offered: Iterable[Shown]) -> Mapping[tuple[str, str], Interval]:
    """When each buildpack file appeared: after the last snapshot without it, no later than the first one with it.

    `offered` is ordered by time. What the first snapshot already showed may be of any age, and is left out.
    """
    found: dict[tuple[str, str], Interval] = {}
    before: tuple[datetime, str] | None = None
    known: set[tuple[str, str]] = set()
    for shown in offered:
        for row in shown.rows:
            key = (row.guid, row.filename or "")
            if before is not None and row.filename and key not in known:
                found[key] = Interval(
                    not_before=before[0],
                    not_after=shown.at,
                    source="first snapshot that showed the file",
                    evidence=tuple(filter(None, (before[1], row.document))),
                )
            known.add(key)
        before = (shown.at, shown.rows[0].document if shown.rows else "")
    return found


def showings(offered: Iterable[Shown]) -> Mapping[str, tuple[Showing, ...]]:
    """What snapshots, ordered by time, showed of each buildpack: a new entry wherever its file is another one."""
    found: dict[str, list[Showing]] = {}
    for shown in offered:
        for row in shown.rows:
            filename = (row.filename or "") if row.enabled else ""
            rows = found.setdefault(row.guid, [])
            if rows and rows[-1].filename == filename:
                rows[-1] = msgspec.structs.replace(rows[-1], last=shown.at)
            else:
                rows.append(Showing(filename=filename, first=shown.at, last=shown.at))
    return {guid: tuple(rows) for guid, rows in found.items()}
