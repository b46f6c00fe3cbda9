"""The systems that evidence is read from; `SOURCES` names them. Fetching never judges."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from collector.evidence import Plan
from collector.model import Snapshot
from collector.sources import bosh, cloud_controller, feeds
from collector.sources.cloud_controller import Scope
from collector.sources.platform import Body, Part, read_platform, sources_asked

CLOUD_CONTROLLER = cloud_controller.SOURCE
BOSH = "bosh"

Kept = Callable[[str, str], list[bytes]]
"""The bodies that this snapshot keeps so far from one source about one thing."""


class Source(NamedTuple):
    """A plan of questions, made from the scope of a snapshot, the source's name and what others have answered.

    `state` is where the next harvest goes on.
    """

    plan: Callable[[Mapping[str, Any], str, Kept], Plan]
    state: Callable[[Snapshot, str, Body], dict[str, str]] = lambda _snapshot, _source, _body: {}


def _cloud_controller(scope: Mapping[str, Any], _source: str, _kept: Kept) -> Plan:
    return cloud_controller.plan(msgspec.convert(scope, Scope))


def _director(scope: Mapping[str, Any], source: str, _kept: Kept) -> Plan:
    return bosh.plan(_harvest(scope, source))


def _harvest(scope: Mapping[str, Any], source: str) -> bosh.Harvest:
    return msgspec.convert(scope[BOSH][source.removeprefix(f"{BOSH}-")], bosh.Harvest)


def _director_state(snapshot: Snapshot, source: str, body: Body) -> dict[str, str]:
    """Where the director's next harvest goes on: where this one did when it learned nothing."""
    director = bosh.read(snapshot, source.removeprefix(f"{BOSH}-"), body)
    harvest = _harvest(snapshot.scope, source)
    return dict(harvest.since) if director is None else bosh.state(director, harvest)


def _feed(scope: Mapping[str, Any], source: str, kept: Kept) -> Plan:
    return feeds.FEEDS[source].plan(msgspec.convert(scope["feeds"], feeds.FeedScope), kept)


SOURCES: Mapping[str, Source] = {
    CLOUD_CONTROLLER: Source(_cloud_controller),
    BOSH: Source(_director, _director_state),
    **{name: Source(_feed) for name in feeds.FEEDS},
}
"""In the order in which they are asked; a director's own name in a snapshot is `bosh-<environment>`."""


def kind_of(source: str) -> str:
    """The entry of SOURCES that a source of a snapshot belongs to."""
    return BOSH if source.startswith(f"{BOSH}-") else source


def plan_of(scope: Mapping[str, Any], source: str, kept: Kept) -> Plan:
    """The questions to one source of a snapshot."""
    return SOURCES[kind_of(source)].plan(scope, source, kept)


def state_of(snapshot: Snapshot, source: str, body: Body) -> dict[str, str]:
    """Where the next harvest of a source goes on; {} where there is no such thing."""
    return SOURCES[kind_of(source)].state(snapshot, source, body)


__all__ = [
    "BOSH",
    "CLOUD_CONTROLLER",
    "SOURCES",
    "Body",
    "Part",
    "Scope",
    "Source",
    "kind_of",
    "plan_of",
    "read_platform",
    "sources_asked",
    "state_of",
]
