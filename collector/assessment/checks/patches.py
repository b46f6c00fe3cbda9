"""Checks on notices: how long patches of the operating system took to reach production, and who held them."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from collector.assessment.judgement import Judgement, Span, hold, not_applicable, passed, unknown, worst
from collector.assessment.limits import Limit
from collector.assessment.patching.applying import priorities
from collector.assessment.patching.records import LinePatch, PatchRecord
from collector.assessment.patching.stages import ENDLESS, Reached, skewed
from collector.assessment.words import DAY, duration, hours, instant, listed
from collector.model import Interval, Measured

UPSTREAM_DAYS: Final = {"high": 7, "critical": 7}
"""What upstream promises itself for severe flaws; 21 days for the others."""

TURN: Final = timedelta(seconds=1)
"""The last second of a due date is wholly inside it."""

DEPLOY: Final = "deploy the stemcell that has the fix to production"
DONE: Final = "it is live now: record why it took longer"
OTHERS: Final = "one line has the fix: show whether the others of production have it"
AWAIT: Final = "no stemcell has the fix yet: ask upstream for one"

_NO_ENTRY = not_applicable("none of its vulnerabilities is in the catalog of known exploited ones")
_NO_STEMCELL = "no stemcell has the fix yet"


def os_patch_latency(record: PatchRecord, limit: Limit) -> Judgement:
    """The patch was live in production no later than the documented window after it was published.

    Counted from the publication of the notice to the end of the last production deployment of a stemcell that has the
    fix, or a newer one; a patch that is not live counts to the instant asked about. Where the evidence does not tell
    when it went live, only what is proven counts: inside, outside, or not known. A rollback opens a patch again.
    """
    return record.apart or _worst(record, [_held(record, patch, "total", limit) for patch in record.lines])


def stemcell_packaging_latency(record: PatchRecord, limit: Limit) -> Judgement:
    """The first stemcell with the fix was released no later than the documented window after the patch was published.

    Upstream holds this stage. Its own promise is 7 days for high and critical flaws and 21 days for others; the time
    that is documented for this platform is shorter, so both are printed. It is shown, and never counted.
    """
    return record.apart or _worst(record, [_held(record, patch, "packaging", limit) for patch in record.lines])


def exploited_vulnerability_due(record: PatchRecord, _limit: Limit) -> Judgement:
    """A patch for a vulnerability that is known to be exploited was live in production by its due date.

    The due date is that of the catalog of known exploited vulnerabilities, to the end of that day in America/New_York.
    Of several vulnerabilities the earliest due date counts. Before it has passed nothing is late.
    """
    reason = record.board.sight.topic("exploited")
    if reason:
        return unknown(reason, unread=True)
    due = record.due
    if due is None:
        return _NO_ENTRY
    if record.apart is not None and record.apart.status == "not-applicable":
        return record.apart
    if record.board.as_of < due + TURN:
        return passed()
    if record.apart is not None:
        return record.apart
    return _worst(record, [_by_due(record, patch, due) for patch in record.lines])


def _by_due(record: PatchRecord, patch: LinePatch, due: datetime) -> Judgement:
    names, end = listed(record.exploited), patch.production
    when = f"{names} was due by {instant(due)}"
    as_of = record.board.as_of
    live = end.interval
    if live is not None and live.not_after < due + TURN:
        return passed(live.evidence)
    late = _late(end, due, as_of)
    if late is None:
        detail = f"{when}; {_not_known(record, patch)}"
        return unknown(detail, unread=_is_unread(record, end))
    over = (late - due).total_seconds()
    interval = live or Interval(not_before=late, not_after=as_of, source="not live")
    measured = Measured(
        hours=hours((late - patch.published.not_after).total_seconds()),
        not_before=interval.not_before,
        not_after=interval.not_after,
        source=interval.source,
        stages=patch.stages(),
    )
    how = "went live" if live is not None else "is not live"
    detail = f"{when}; the patch {how}, {duration(over)} late"
    return Judgement(
        status="fail",
        measured=measured,
        over=hours(over),
        detail=detail,
        next_step=_step(patch, "total"),
        evidence=record.board.evidence_of(patch),
    )


def _late(end: Reached, due: datetime, as_of: datetime) -> datetime | None:
    """The least instant after a due date at which a patch was live, or is not; None where it may have been in time."""
    if end.interval is not None:
        earliest: datetime | None = end.interval.not_before
    elif end.open:
        earliest = min(end.seen or as_of, as_of)
    else:
        earliest = end.floor
    return earliest if earliest is not None and earliest >= due + TURN else None


def _is_live(record: PatchRecord) -> bool:
    """Whether every line of production is shown to have the fix."""
    return record.doubt is None and all(patch.production.interval is not None for patch in record.lines)


def _elsewhere(record: PatchRecord) -> str:
    """What is to be done in a line that is not shown to have the fix, while another has it."""
    waiting = next((patch for patch in record.lines if patch.production.interval is None), None)
    return OTHERS if waiting is None else _step(waiting, "total")


def _worst(record: PatchRecord, verdicts: list[Judgement]) -> Judgement:
    """The worst verdict of all lines, with the latencies of each, so that another window can be asked."""
    if record.doubt is not None:
        # A line that may lack the fix: what the others show is not all of production.
        verdicts = [*verdicts, record.doubt]
    if len(verdicts) == 1:
        return verdicts[0]
    status = worst(row.status for row in verdicts)
    first = next(row for row in verdicts if row.status == status)
    measured, step = first.measured, first.next_step
    if measured is not None and not _is_live(record):
        # What one line reached is not what all of production did.
        measured = msgspec.structs.replace(measured, stages={**measured.stages, "production": None})
        step = _elsewhere(record) if step == DONE else step
    return Judgement(
        status=status,
        measured=measured,
        over=first.over,
        detail=first.detail,
        next_step=step,
        spans=tuple(one for row in verdicts for one in row.spans),
        unread=first.unread,
        evidence=tuple(dict.fromkeys(name for row in verdicts for name in row.evidence)),
    )


def _held(record: PatchRecord, patch: LinePatch, name: str, limit: Limit) -> Judgement:
    """One latency of a patch against a limit."""
    latency = patch.spans.get(name)
    if latency is None:
        return unknown(f"when the stemcell was released is not known ({patch.line})", unread=True)
    evidence = record.board.evidence_of(patch)
    if skewed(latency):
        detail = f"the clocks differ: {name} takes {duration(latency[1])}"
        skew = _measured(patch, name, record.board.as_of)
        return Judgement(status="unknown", measured=skew, detail=detail, spans=(None,), evidence=evidence)
    status = hold(latency, limit.seconds)
    told = latency[1] != ENDLESS or status == "fail"
    measured = _measured(patch, name, record.board.as_of) if told else None
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(latency,), evidence=evidence)
    if status == "unknown":
        detail = _unsure(record, patch, name, latency, limit)
        unread = _is_unread(record, patch.production) and name == "total"
        return Judgement(
            status=status, measured=measured, detail=detail, spans=(latency,), unread=unread, evidence=evidence
        )
    over = latency[0] - limit.seconds
    words = _packaging(record, patch, over, limit) if name == "packaging" else _total(record, patch, over, limit)
    return Judgement(
        status=status,
        measured=measured,
        over=hours(over),
        detail=words,
        next_step=_step(patch, name),
        spans=(latency,),
        evidence=evidence,
    )


def _measured(patch: LinePatch, name: str, as_of: datetime) -> Measured:
    """The least that a latency can be, and the instants between which the stage at its end lies."""
    least, most = patch.spans[name]
    end = patch.released if name == "packaging" else patch.production.interval
    if end is None:
        start = patch.published.not_after
        first = start + timedelta(seconds=least)
        source = "not yet" if name in patch.open else "last seen without it"
        end = Interval(not_before=min(first, as_of), not_after=as_of, source=source)
    source = end.source + (" (clock skew)" if most < 0 else "")
    return Measured(
        hours=hours(least),
        not_before=end.not_before,
        not_after=end.not_after,
        source=source,
        stages=patch.stages(),
    )


def attribution(record: PatchRecord, patch: LinePatch) -> str:
    """Who held a patch: upstream, platform, or "" where the stages are not known.

    The stage that is furthest outside its own window; where both are inside, the longer one.
    """
    packaging = patch.spans.get("packaging")
    deployment = patch.spans.get("deployment")
    if packaging is None:
        return ""
    if deployment is None:
        return "upstream"
    excess = {
        "upstream": packaging[0] - record.board.limit("stemcell-packaging").seconds,
        "platform": deployment[0] - record.board.limit("stemcell-deployment").seconds,
    }
    if any(value > 0 for value in excess.values()):
        return max(excess, key=lambda party: excess[party])
    return "upstream" if packaging[0] > deployment[0] else "platform"


def _total(record: PatchRecord, patch: LinePatch, over: float, limit: Limit) -> str:
    least, most = patch.spans["total"]
    known = duration(least) if least == most else f"at least {duration(least)}"
    to = "from notice to production" if "total" not in patch.open else "since the notice, and not live in production"
    if patch.production.reopened:
        to = "since the notice, and taken back in production by a rollback"
    sentence = f"{known} {to}, {duration(over)} outside the {limit.words} window"
    party = attribution(record, patch)
    if not party:
        return sentence
    return f"{sentence}; {_holding(party, patch)}"


def _holding(party: str, patch: LinePatch) -> str:
    name = "packaging" if party == "upstream" else "deployment"
    least, most = patch.spans[name]
    known = duration(least) if least == most else f"at least {duration(least)}"
    words = "the platform held it" if party == "platform" else "upstream held it"
    if party == "platform":
        to = "from the stemcell to production" if name not in patch.open else "since the stemcell"
    else:
        to = "from the notice to the stemcell" if name not in patch.open else "since the notice without a stemcell"
    return f"{words}: {known} {to}"


def _packaging(record: PatchRecord, patch: LinePatch, over: float, limit: Limit) -> str:
    latency = patch.spans["packaging"]
    known = duration(latency[0]) if latency[0] == latency[1] else f"at least {duration(latency[0])}"
    to = "to the stemcell" if patch.released is not None else "without a stemcell"
    severe = [row for row in priorities(patch.applied.first, record.notice.id) if row in UPSTREAM_DAYS]
    promise = UPSTREAM_DAYS[severe[0]] if severe else 21
    kept = "inside" if latency[1] <= promise * DAY else "outside" if latency[0] > promise * DAY else "perhaps outside"
    return (
        f"{known} {to}, {duration(over)} outside the {limit.words} window; "
        f"{kept} the {promise} days that upstream promises"
    )


def _unsure(record: PatchRecord, patch: LinePatch, name: str, latency: Span, limit: Limit) -> str:
    whether = f"whether that is inside the {limit.words} window is not known"
    if latency[1] == ENDLESS:
        return f"{_not_known(record, patch)}: {whether}"
    to = "to the stemcell" if name == "packaging" else "from notice to production"
    return f"between {duration(latency[0])} and {duration(latency[1])} {to}: {whether}"


def _not_known(record: PatchRecord, patch: LinePatch) -> str:
    """Why it is not known when a patch went live."""
    reason = record.board.sight.topic("directors") or patch.production.reason
    fix = patch.applied.first
    what = f"{patch.line} {fix.version}" if fix else "the fix"
    return f"when {what} went live in production is not known" + (f" ({reason})" if reason else "")


def _is_unread(record: PatchRecord, end: Reached) -> bool:
    return end.interval is None and not end.open and bool(record.board.sight.topic("directors"))


def _step(patch: LinePatch, name: str) -> str:
    fix = patch.applied.first
    if patch.production.interval is not None:
        return DONE
    if name == "packaging" and fix is not None:
        return ""
    return AWAIT if fix is None else f"{DEPLOY}: {patch.line} {fix.version} or newer"
