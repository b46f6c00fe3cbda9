"""What the cells of production carry, and which stemcells have been out for long: one view for all applications."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final, Literal

import msgspec

from collector.assessment.judgement import Judgement
from collector.assessment.patching.board import PRODUCTION, Board
from collector.assessment.rollouts import line_of
from collector.assessment.words import duration, instant
from collector.model import StemcellRelease, Vm
from collector.model.base import Value

CELLS: Final = "*cell*"
FRESH: Final = timedelta(hours=24)
"""How old an observation of cells may be to speak for the instances that run now."""


class Hosts(Value, frozen=True, kw_only=True):
    """The cells of production, and the releases that an instance is held against without them.

    `cells` is what they carry together: all current, all old, mixed, or unknown for `reason`. `oldest` is when the
    oldest of them was created, `current` when the oldest current one was, None where that is not known. An instance
    that runs since before `cutoff` is proven not to be on a stemcell inside the window; `named` says which came then.
    `blind` is the verdict on every host where nothing is known of any.
    """

    cells: Literal["current", "old", "mixed", "unknown"]
    reason: str
    oldest: datetime | None = None
    current: datetime | None = None
    cutoff: datetime | None = None
    named: str = ""
    blind: Judgement | None = None
    evidence: tuple[str, ...] = ()
    released: tuple[str, ...] = ()


def hosts_of(board: Board, seconds: float) -> Hosts:
    """The view of all hosts, held against a window in seconds."""
    cutoff, named, released = _cutoff(board, seconds)
    cells, at, reason = _cells(board)
    base = Hosts(cells="unknown", reason=reason, cutoff=cutoff, named=named, released=released)
    if reason or at is None:
        blind = Judgement(status="unknown", detail=reason, plain=True) if cutoff is None else None
        return msgspec.structs.replace(base, blind=blind)
    every = [(row, _current(board, row, seconds)) for row in cells]
    states = {state for _, state in every}
    evidence = tuple(dict.fromkeys(row.document for row in cells if row.document))
    oldest = _oldest([row for row, _ in every])
    current = _oldest([row for row, state in every if state is not False])
    if None in states or oldest is None:
        reason = "which stemcell every cell carries, and since when, is not known"
        blind = Judgement(status="unknown", detail=reason, plain=True) if cutoff is None else None
        return msgspec.structs.replace(base, reason=reason, blind=blind, evidence=evidence)
    found: Literal["current", "old", "mixed"] = "mixed" if len(states) > 1 else "current" if True in states else "old"
    return Hosts(
        cells=found,
        reason=f"as observed {duration((board.as_of - at).total_seconds())} ago",
        oldest=oldest,
        current=current,
        cutoff=cutoff,
        named=named,
        evidence=evidence,
        released=released,
    )


def _cells(board: Board) -> tuple[list[Vm], datetime | None, str]:
    """The active cells of all production deployments as last observed, and the oldest instant of those observations."""
    latest: dict[str, tuple[datetime, list[Vm]]] = {}
    deployments = set()
    for director in board.facts.directors:
        if director.environment != PRODUCTION:
            continue
        deployments |= {row.name for row in director.listed or ()} & set(director.deployments or director.vms_of)
        for name in director.vms_of:
            rows = [row for row in director.vms if row.deployment == name]
            at = max((row.observed_at for row in rows), default=None)
            if at is not None and at <= board.latest and (name not in latest or at > latest[name][0]):
                latest[name] = at, rows
    cells = [row for _, rows in latest.values() for row in rows if row.active and fnmatchcase(row.group, CELLS)]
    if not cells:
        return [], None, "which stemcell the cells carry is not observed here"
    at = min(row.observed_at for row in cells)
    if board.as_of - at > FRESH:
        return [], None, f"the cells were last observed {duration((board.as_of - at).total_seconds())} ago"
    unseen = sorted(deployments - latest.keys())
    if unseen:
        return [], None, f"the machines of {unseen[0]} were not observed"
    return cells, at, ""


def _current(board: Board, vm: Vm, seconds: float) -> bool | None:
    """Whether no newer stemcell than that of a cell has been out for longer than the window; None: not known."""
    line, version = line_of(vm.stemcell) if vm.stemcell else ("", "")
    if not version or not board.lines.releases(line):
        return None
    found: bool | None = True
    for release in board.lines.newer(line, version):
        at = board.released(release)
        if at is None:
            found = None
        elif (board.as_of - at.not_after).total_seconds() > seconds:
            return False
        elif (board.as_of - at.not_before).total_seconds() > seconds:
            found = None
    return found


def _oldest(rows: Sequence[Vm]) -> datetime | None:
    created = [row.created_at for row in rows]
    known = [at for at in created if at is not None]
    return min(known) if known and len(known) == len(created) else None


def _cutoff(board: Board, seconds: float) -> tuple[datetime | None, str, tuple[str, ...]]:
    """Before which start an instance cannot be on a current stemcell, whatever line its cell runs."""
    found: tuple[datetime, StemcellRelease] | None = None
    for line in board.own_lines:
        out = [
            (at.not_before, release)
            for release in reversed(board.lines.releases(line))
            if (at := board.released(release)) is not None and (board.as_of - at.not_after).total_seconds() > seconds
        ]
        if not out:
            return None, "", ()
        if found is None or out[0][0] < found[0]:
            found = out[0]
    if found is None:
        return None, "", ()
    since, release = found
    age = (board.as_of - since).total_seconds()
    named = f"stemcell {release.line} {release.version} of {instant(since)}, which has been out for {duration(age)}"
    return since, named, release.documents
