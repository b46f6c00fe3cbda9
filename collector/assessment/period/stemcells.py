"""Stemcells over a month: how each line of each production deployment was held against the newest of its line.

At each instant the rule of the check `stemcell-current` holds, with what was known at the end: what was live then must
be the newest stemcell that was out, or the first newer one must have been out for no longer than the window. Of a
release between two instants the earlier one proves what is inside, the later one what is outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from collector.assessment.checks import CHECKS
from collector.assessment.checks.stemcells import incomparable
from collector.assessment.limits import Limit
from collector.assessment.monthly import held_key
from collector.assessment.patching.applying import earliest
from collector.assessment.patching.board import PRODUCTION, Board
from collector.assessment.period.pieces import Piece, breaches, clipped, hours_of, stretches, unseen, worst
from collector.assessment.rollouts.timeline import NOT_THERE
from collector.model import Breach, Director, Held, Period, Rollout, Segment, StemcellRelease, Subject

CURRENT: Final = "stemcell-current"

_LONGEST: Final = timedelta(days=365_250)
_BACK: Final = "no evidence reaches back as far"
_SINCE: Final = "not looked at since"
_NOTHING: Final = "no evidence says what ran"


class Leg(NamedTuple):
    """A stretch in which one stemcell was live and one newer one was the first, and the documents that say so."""

    piece: Piece
    documents: tuple[str, ...] = ()


def held_stemcells(board: Board, period: Period) -> dict[tuple[str, str], Held]:
    """How production was held, by check and place; only of what was there at some time of the period.

    The subject is the stemcell that ran at the end, or what is known last of a deployment that is gone by then. Nothing
    where no index was asked for.
    """
    if not board.sight.asked("stemcell-index"):
        return {}
    window = CHECKS[CURRENT].window or ""
    limit = _duration(board.limit(window))
    heads = {record.rollout.label: record.subject for record in board.stemcells if record.head}
    found = {}
    for rollout in board.told:
        if rollout.environment != PRODUCTION:
            continue
        subject = heads.get(rollout.label) or _last_known(rollout)
        held = _held(list(_legs(board, rollout, period)), period, subject, window, limit)
        if held is not None:
            found[CURRENT, held_key(subject)] = held
    return found


def _duration(limit: Limit) -> timedelta:
    """A limit; without one, longer than anything lasts."""
    return timedelta(seconds=min(limit.seconds, _LONGEST.total_seconds()))


def _last_known(rollout: Rollout) -> Subject:
    version = next((row.floor for row in reversed(rollout.segments) if row.floor), "")
    return Subject(
        type="stemcell",
        name=f"{rollout.line}/{version}" if version else rollout.line,
        environment=rollout.environment,
        deployment=rollout.deployment,
    )


def _held(legs: Sequence[Leg], period: Period, subject: Subject, window: str, limit: timedelta) -> Held | None:
    every = list(stretches((leg.piece for leg in legs), limit))
    within = clipped(every, period)
    if not within:
        return None
    outside = breaches(every, period)
    ended = outside[-1].end if outside else None
    mended = any(row.begin == ended and row.state == "in" for row in within)
    most = worst(within)
    return Held(
        check=CURRENT,
        subject=subject,
        window=window,
        inside=hours_of(within, "in"),
        outside=hours_of(within, "out"),
        unknown=hours_of(within, "unknown"),
        breaches=outside,
        unseen=unseen(within),
        worst=most if most is not None and most >= 0 else None,  # below zero, it was not yet released
        corrected_at=ended if mended else None,
        evidence=_evidence(legs, outside, period),
    )


def _evidence(legs: Iterable[Leg], outside: Sequence[Breach], period: Period) -> tuple[str, ...]:
    """The documents of what was live and of what was newer while it was outside, and of what corrected it."""
    spans = [(breach.begin, breach.end or period.end) for breach in outside]
    return tuple(
        dict.fromkeys(
            name
            for leg in legs
            if any(leg.piece.begin <= end and leg.piece.end > begin for begin, end in spans)
            for name in leg.documents
        )
    )


# ------------------------------------------------------------------ what was live, and what was newer


def _legs(board: Board, rollout: Rollout, period: Period) -> Iterator[Leg]:
    """What is known of one line of one deployment up to the end of a period; nothing of when it was not there."""
    segments, until = rollout.segments, period.end
    begin = _unseen_since(board.facts.directors, rollout, period.begin)
    if begin < segments[0].since:
        yield Leg(Piece(begin, segments[0].since, reason=_BACK))
    for segment in segments:
        if segment.floor is not None:
            yield from _behind(board, rollout.line, segment, segment.floor)
        elif segment.reason != NOT_THERE:
            yield Leg(Piece(segment.since, segment.until, reason=segment.reason or _NOTHING), segment.evidence)
    if not board.gone(rollout) and segments[-1].until < until:
        yield Leg(Piece(segments[-1].until, until, reason=_SINCE))


def _unseen_since(directors: Iterable[Director], rollout: Rollout, begin: datetime) -> datetime:
    """From when on a deployment may have been there unseen: one whose making was seen, since a list lacked it."""
    first = rollout.segments[0]
    if first.floor is not None or first.reason != NOT_THERE:
        return begin
    lacking = (
        director.reach.until if director.reach is not None else director.taken_at
        for director in directors
        if director.environment == rollout.environment
        and director.listed is not None
        and rollout.deployment not in director.deployments
    )
    return max([begin, *(at for at in lacking if at <= first.since)])


def _behind(board: Board, line: str, segment: Segment, version: str) -> Iterator[Leg]:
    """What was newer while one version was live; the first newer version that was out counts, as in the check."""
    reason, _ = incomparable(board, line, version)
    if reason:
        yield Leg(Piece(segment.since, segment.until, reason=reason), segment.evidence)
        return
    newer = [(earliest(row), row) for row in board.lines.newer(line, version)]
    edges = sorted({at for at, _ in newer if at is not None and segment.since < at < segment.until})
    for begin, end in pairwise([segment.since, *edges, segment.until]):
        first = next((row for at, row in newer if at is None or at <= begin), None)
        yield _leg(board, Piece(begin, end), segment, first)


def _leg(board: Board, piece: Piece, segment: Segment, first: StemcellRelease | None) -> Leg:
    if first is None:
        return Leg(piece, segment.evidence)
    at = board.released(first)
    if at is None:
        piece = piece._replace(reason=f"when {first.line} {first.version} was released is not known")
        return Leg(piece, segment.evidence)
    doubt = f"when exactly {first.line} {first.version} was released is not known"
    piece = piece._replace(first=at.not_before, last=at.not_after, doubt=doubt)
    return Leg(piece, (*segment.evidence, *at.evidence))
