"""What is known of a line of a deployment, and all that speaks of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from collector.assessment.rollouts.reach import Bound, Look, Span
from collector.assessment.rollouts.runs import Run
from collector.assessment.rollouts.stemcells import line_of, version_key
from collector.model.base import Value

ABSENT: Final = ""
"""In place of a version: the deployment has no VM of the line."""


class Known(Value, frozen=True, kw_only=True):
    """What is known of a time: a version, ABSENT, or None with the reason.

    `among` are the only versions that it can be, where it is not known which; None: no such limit.
    """

    floor: str | None
    reason: str = ""
    documents: tuple[str, ...] = ()
    among: frozenset[str] | None = None


class Piece(Value, frozen=True, kw_only=True):
    """A stretch of time, and what is known of it."""

    since: datetime
    until: datetime
    known: Known


class History(Value, frozen=True, kw_only=True):
    """The pieces of one covered stretch, and by task what the line ran on after it succeeded."""

    pieces: tuple[Piece, ...]
    targets: dict[str, tuple[str, ...]]


class Evidence(Value, frozen=True, kw_only=True):
    """All that speaks of one line in one stretch; `runs` without the quiet ones, `binders` when those may have bound.

    `doubts` are beginning and end of quiet ones of which nothing is left but their lock. `instances` are all that were
    ever named, less those that are ignored; `rows` says whether rows of instances are read at all.
    """

    span: Span
    since: datetime
    line: str
    runs: tuple[Run, ...]
    binders: tuple[datetime, ...]
    doubts: tuple[tuple[datetime, datetime | None], ...]
    bounds: tuple[Bound, ...]
    looks: tuple[Look, ...]
    instances: frozenset[str]
    rows: bool

    def versions(self, stemcells: Iterable[str]) -> frozenset[str]:
        """The versions of the line among some stemcells."""
        return frozenset(version for line, version in map(line_of, stemcells) if line == self.line)


def at_least(version: str | None, than: str | None) -> bool:
    """Whether a version is known to be no older than another."""
    if version is None or than is None:
        return False
    if version == than:
        return True
    one, other = version_key(version), version_key(than)
    return one is not None and other is not None and one >= other
