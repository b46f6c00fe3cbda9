"""Which release of a root file system production delivers, and what it lacks."""

from collections.abc import Iterable

from collector.assessment.judgement import Judgement, Span, hold, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.patching.board import PRODUCTION, Board
from collector.assessment.rollouts import version_key
from collector.assessment.words import duration, hours, listed
from collector.model import Director, Measured, RootfsNotice

BOTH_WAYS = "the App maintenance page calls a restage for it, while the platform's code delivers it with the cell"


def live_releases(board: Board, name: str) -> frozenset[str] | None:
    """The versions of a BOSH release that production deployments hold; None where that is not known.

    From the newest list of an unlocked deployment, or from a later successful deployment; both hold what is bound.
    """
    newest: dict[str, tuple[float, frozenset[str]]] = {}
    for director in board.facts.directors:
        if director.environment == PRODUCTION:
            for at, deployment, releases in _held(director, board):
                if deployment not in newest or at > newest[deployment][0]:
                    newest[deployment] = at, _versions(releases, name)
    found = frozenset(version for _, versions in newest.values() for version in versions)
    return found or None


def _held(director: Director, board: Board) -> Iterable[tuple[float, str, tuple[str, ...]]]:
    for row in director.listed or ():
        if row.locked is False and row.observed_at <= board.latest:
            yield row.observed_at.timestamp(), row.name, row.releases
    for event in director.events:
        ended = event.object_type == "deployment" and event.parent is not None and not event.error
        if ended and event.releases_after is not None and event.at <= board.as_of:
            yield event.at.timestamp(), event.deployment or event.object_name, event.releases_after


def _versions(releases: Iterable[str], name: str) -> frozenset[str]:
    return frozenset(row.partition("/")[2] for row in releases if row.partition("/")[0] == name)


def rootfs_verdict(board: Board, stack: str, limit: Limit) -> Judgement:
    """Whether every notice that the live release of a stack lacks is younger than the window."""
    reason = board.sight.topic("directors") or board.sight.topic("rootfs") or board.sight.topic("notices")
    if reason:
        return unknown(f"which {stack} runs is not known: {reason}", unread=True)
    rows = [row for row in board.facts.rootfs if row.stack == stack]
    if not rows:
        return unknown(f"the map of notices does not name {stack}")
    live = live_releases(board, stack)
    if live is None or len(live) > 1 or version_key(next(iter(live))) is None:
        found = f"production holds {listed(sorted(live))}" if live else f"production's release of {stack} was not seen"
        return unknown(f"which {stack} runs is not known: {found}")
    version = next(iter(live))
    return _lacking(board, stack, version, [row for row in rows if _missing(row, version)], limit)


def _missing(row: RootfsNotice, version: str) -> bool:
    if row.release is None:
        return True
    fixed, held = version_key(row.release), version_key(version)
    return fixed is None or held is None or fixed > held


def _lacking(board: Board, stack: str, version: str, rows: list[RootfsNotice], limit: Limit) -> Judgement:
    published = {notice.id: notice.published for notice in board.facts.notices}
    spans: list[Span | None] = []
    names: list[str] = []
    for row in sorted(rows, key=lambda one: one.notice):
        at = published.get(row.notice)
        if at is None:
            spans.append(None)
        elif at <= board.as_of:
            age = (board.as_of - at).total_seconds()
            spans.append((age, age))
            if age > limit.seconds:
                names.append(row.notice)
    evidence = tuple(dict.fromkeys(row.document for row in rows if row.document))
    if names:
        most = max(one[0] for one in spans if one)
        at = min(published[name] for name in names)
        measured = Measured(hours=hours(most), not_before=at, not_after=at, source="notice published")
        detail = (
            f"{stack} {version} lacks {listed(names)}, published up to {duration(most)} ago, outside the "
            f"{limit.words} window; {BOTH_WAYS}"
        )
        over = hours(most - limit.seconds)
        return Judgement(
            status="fail", measured=measured, over=over, detail=detail, spans=tuple(spans), evidence=evidence
        )
    doubtful = [
        row.notice for row, one in zip(sorted(rows, key=lambda one: one.notice), spans, strict=False) if one is None
    ]
    if any(hold(one, limit.seconds) == "unknown" for one in spans):
        detail = f"{stack} {version} lacks notices whose publication was not read ({listed(doubtful)})"
        return unknown(detail, evidence=evidence)
    return passed(evidence)
