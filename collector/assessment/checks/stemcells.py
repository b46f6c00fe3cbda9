"""Checks on stemcells in the deployments of the platform."""

from collections.abc import Sequence
from datetime import datetime

from collector.assessment.checks.patches import DONE
from collector.assessment.judgement import Judgement, failed, hold, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.patching.board import STAGING, Board
from collector.assessment.patching.records import StemcellRecord
from collector.assessment.patching.stages import ENDLESS, Reached, skewed, span
from collector.assessment.patching.stemcells import carried
from collector.assessment.rollouts import line_of, version_key
from collector.assessment.words import duration, hours, listed, plural
from collector.model import Interval, Measured, Rollout, StemcellRelease, Vm

_NOT_PRODUCTION = not_applicable("not a production deployment")
_NOT_RUNNING = not_applicable("not what the deployment runs")
_NO_RELEASE = not_applicable("no published release of the line is known by this version")
_BORN = not_applicable("the deployment was created with it, or with a newer one")
_IN_FLIGHT = not_applicable("a deployment is in flight: its stemcells differ for the time being")
_EARLIER = not_applicable("it was live before the period")
_NOT_DEPLOYED = not_applicable("this stemcell itself did not go live in the period")


def stemcell_deployment_latency(record: StemcellRecord, limit: Limit) -> Judgement:
    """The stemcell, or a newer one of its line, was live in the production deployment no later than the window.

    Counted from the release of the stemcell to the end of the deployment; one that was superseded before it was
    deployed counts to the deployment of a later one; one that is not deployed counts to the instant asked about. Over a
    period, what was live before it was judged then.
    """
    if not record.production:
        return _NOT_PRODUCTION
    at, board = record.released, record.board
    if at is None:
        return _no_release(record)
    if board.born_with(record.rollout, record.version):
        return _BORN
    live = record.arrived.interval
    if live is not None and board.begin is not None and live.not_after < board.begin:
        return _EARLIER
    return _deployed(record, at, limit)


def _deployed(record: StemcellRecord, at: Interval, limit: Limit) -> Judgement:
    """The latency of one stemcell in production, held against a limit."""
    board = record.board
    latency = span(at, record.arrived, board.as_of, at.not_before)
    measured = _measured(record, at, latency, board.as_of)
    if skewed(latency):
        detail = f"the clocks differ: live {duration(-latency[1])} before its release"
        return Judgement(status="unknown", measured=measured, detail=detail, spans=(None,))
    status = hold(latency, limit.seconds)
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(latency,))
    if status == "unknown":
        reason = record.arrived.reason or board.sight.topic("directors")
        detail = "when it went live is not known" + (f" ({reason})" if reason else "")
        if latency[1] != ENDLESS:
            detail = f"live between {duration(latency[0])} and {duration(latency[1])} after its release"
        detail = f"{detail}: whether that is inside the {limit.words} window is not known"
        unread = latency[1] == ENDLESS and bool(board.sight.topic("directors"))
        return Judgement(status=status, measured=measured, detail=detail, spans=(latency,), unread=unread)
    over = latency[0] - limit.seconds
    known = duration(latency[0]) if latency[0] == latency[1] else f"at least {duration(latency[0])}"
    how = "from release to production" if record.arrived.interval else "since its release, and not live in production"
    if record.arrived.reopened:
        how = "since its release, and taken back in production by a rollback"
    step = DONE if record.arrived.interval else f"deploy {record.subject.name} or a newer one to production"
    detail = f"{known} {how}, {duration(over)} outside the {limit.words} window"
    return Judgement(
        status=status, measured=measured, over=hours(over), detail=detail, next_step=step, spans=(latency,)
    )


def _no_release(record: StemcellRecord) -> Judgement:
    reason = record.board.sight.topic("stemcell-index")
    if reason:
        return unknown(reason, unread=True)
    if not record.version:
        return unknown(f"which stemcell runs is not known ({_why(record)})")
    if record.release is not None:
        return unknown("when it was published is not known")
    return _NO_RELEASE


def _measured(record: StemcellRecord, at: Interval, latency: tuple[float, float], as_of: datetime) -> Measured:
    end = record.arrived.interval
    stages = {"released": at, "staging": staged(record).interval, "production": end}
    source = end.source if end else "not yet" if record.arrived.open else "last seen without it"
    first = end.not_before if end else min(record.arrived.floor or at.not_before, as_of)
    return Measured(
        hours=hours(latency[0]),
        not_before=first,
        not_after=end.not_after if end else as_of,
        source=source + (" (clock skew)" if latency[1] < 0 else ""),
        stages={"published": at, **stages, "restarted": None},  # of a stemcell, the release is what is published
    )


def stemcell_current(record: StemcellRecord, limit: Limit) -> Judgement:
    """The production deployment runs the newest stemcell of its line, or a newer one is not out for longer than that.

    Counted from the release of the first newer stemcell to the instant asked about.
    """
    if not record.production:
        return _NOT_PRODUCTION
    if not record.head:
        return _NOT_RUNNING
    reason, unread = _incomparable(record)
    if reason:
        return unknown(reason, unread=unread)
    newer = record.board.lines.newer(record.rollout.line, record.version)
    return _behind(record, newer, limit) if newer else passed()


def _incomparable(record: StemcellRecord) -> tuple[str, bool]:
    """Why what runs cannot be held against the index, and whether that was not read; "" where it can."""
    board = record.board
    if not record.version:
        return f"which stemcell runs is not known ({_why(record)})", bool(board.sight.topic("directors"))
    return incomparable(board, record.rollout.line, record.version)


def incomparable(board: Board, line: str, version: str) -> tuple[str, bool]:
    """Why a version cannot be held against the index, and whether that was not read; "" where it can."""
    if version_key(version) is None:
        return f"{version} cannot be ordered among the versions of {line}", False
    reason = board.sight.topic("stemcell-index")
    if reason:
        return reason, True
    return "" if board.lines.releases(line) else f"the stemcell index holds no release of {line}", False


def _behind(record: StemcellRecord, newer: Sequence[StemcellRelease], limit: Limit) -> Judgement:
    """How long the first newer stemcell has been out."""
    board, first = record.board, newer[0]
    at = board.released(first)
    if at is None:
        return unknown(f"when {first.line} {first.version} was released is not known")
    age = (board.as_of - at.not_after).total_seconds(), (board.as_of - at.not_before).total_seconds()
    status = hold(age, limit.seconds)
    measured = Measured(
        hours=hours(age[0]), not_before=at.not_before, not_after=at.not_after, source=at.source, stages={"released": at}
    )
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(age,), evidence=at.evidence)
    behind = f"runs {record.version}; {first.version}, the next one, has been out for"
    if status == "unknown":
        detail = f"{behind} {duration(age[0])} to {duration(age[1])}: whether that is inside is not known"
        return Judgement(status=status, measured=measured, detail=detail, spans=(age,), evidence=at.evidence)
    over = age[0] - limit.seconds
    known = duration(age[0]) if age[0] == age[1] else f"at least {duration(age[0])}"
    return Judgement(
        status=status,
        measured=measured,
        over=hours(over),
        detail=f"{behind} {known}, {duration(over)} outside the {limit.words} window",
        next_step=f"deploy {first.line} {newer[-1].version} to production",
        spans=(age,),
        evidence=at.evidence,
    )


def _why(record: StemcellRecord) -> str:
    segments = record.rollout.segments
    return (segments[-1].reason if segments else "") or record.board.sight.topic("directors") or "no evidence says"


# ------------------------------------------------------------------ uniform


def stemcell_uniform(record: StemcellRecord, _limit: Limit) -> Judgement:
    """All machines of the deployment carry one and the same stemcell of the line.

    Read from the machines themselves, not from what is bound. Machines that the director was told to ignore count, and
    are named; a deployment that is in flight is left out; an observation older than the determination frequency proves
    nothing any more.
    """
    if not record.head:
        return _NOT_RUNNING
    board, rollout = record.board, record.rollout
    every, at = observed(board, rollout.environment, rollout.deployment)
    if at is None:
        reason = board.sight.topic("vms")
        return unknown(reason or "the machines of this deployment were not observed", unread=bool(reason))
    if rollout.in_flight or _was_in_flight(rollout, at):
        return _IN_FLIGHT
    if board.as_of - at > board.lookback:
        return unknown(f"the machines were last observed {duration((board.as_of - at).total_seconds())} ago")
    return _uniform(every, rollout.line)


def _uniform(every: Sequence[Vm], line: str) -> Judgement:
    """Whether machines carry one stemcell of a line."""
    evidence = tuple(dict.fromkeys(row.document for row in every if row.document))
    nameless = sum(not row.stemcell for row in every)
    rows = [row for row in every if row.stemcell and line_of(row.stemcell)[0] == line]
    versions = sorted({line_of(row.stemcell)[1] for row in rows}, key=lambda name: (version_key(name) or (), name))
    if len(versions) > 1:
        return _mix(rows, versions, evidence)
    if nameless:
        detail = f"{nameless} of {plural(len(every), 'machine')} do not say which stemcell they carry"
        return unknown(detail, evidence=evidence)
    return passed(evidence) if rows else unknown(f"no machine carries {line}", evidence=evidence)


def _mix(rows: Sequence[Vm], versions: Sequence[str], evidence: tuple[str, ...]) -> Judgement:
    newest = versions[-1]
    counts = [f"{sum(line_of(row.stemcell)[1] == name for row in rows)} on {name}" for name in versions]
    ignored = sorted(row.instance for row in rows if row.ignored and line_of(row.stemcell)[1] != newest)
    detail = f"{plural(len(rows), 'machine')} carry {len(versions)} stemcells: {listed(counts)}"
    if ignored:
        detail = f"{detail}; ignored: {listed(ignored)}"
    step = "stop ignoring these machines and deploy again" if ignored else "deploy again, and let it run to its end"
    return failed(detail, step, evidence=evidence)


def observed(board: Board, environment: str, deployment: str) -> tuple[list[Vm], datetime | None]:
    """The active machines of a deployment as last observed, and when that was; none where they never were."""
    best: datetime | None = None
    rows: list[Vm] = []
    for director in board.facts.directors:
        if director.environment != environment or deployment not in director.vms_of:
            continue
        own = [row for row in director.vms if row.deployment == deployment]
        at = max((row.observed_at for row in own), default=None)
        if at is not None and at <= board.latest and (best is None or at > best):
            best, rows = at, own
    return [row for row in rows if row.active], best


def _was_in_flight(rollout: Rollout, at: datetime) -> bool:
    return any(
        row.began is not None
        and row.outcome in ("ok", "error", "killed", "cancelled", "in-progress")
        and row.began <= at
        and (at < row.ended if row.ended else row.outcome == "in-progress")
        for row in rollout.deploys
    )


# ------------------------------------------------------------------ tested before production


def tested_before_production(record: StemcellRecord, _limit: Limit) -> Judgement:
    """The stemcell was wholly live in staging before production began to move to it.

    Asked of every stemcell that went live in production in the period. The end of the last staging deployment is held
    against the beginning of the first attempt in production.
    """
    if not record.production:
        return _NOT_PRODUCTION
    interval, board = record.arrived.interval, record.board
    if not record.carried or interval is None or interval.not_after < board.since:
        return _NOT_DEPLOYED
    if STAGING not in board.sight.environments("directors"):
        return unknown("no director of staging is configured")
    every = board.of(STAGING, record.rollout.line)
    if not every:
        reason = board.sight.topic("directors")
        return unknown(reason or f"no staging deployment carries {record.rollout.line}", unread=bool(reason))
    return _tested(record, every, interval)


def _tested(record: StemcellRecord, every: Sequence[Rollout], arrived: Interval) -> Judgement:
    start = record.began.interval if record.began else None
    last = start.not_after if start else arrived.not_after
    there = _in_staging(record, start.not_before) if start else Reached()
    if there.interval is None and not there.reopened:
        return _not_staged(record, there, last)
    evidence = tuple(dict.fromkeys((*there.evidence, *(start.evidence if start else ()))))
    missing = next((row for row in every if record.version not in carried(row, last)), None)
    return passed(evidence) if missing is None else _skipped(missing, record, last, evidence)


def _in_staging(record: StemcellRecord, by: datetime) -> Reached:
    since = record.released.not_before if record.released else None
    return record.board.stage(STAGING, record.rollout.line, record.version, since, by)


def _not_staged(record: StemcellRecord, there: Reached, last: datetime) -> Judgement:
    """Staging was not shown to have it when production can first have begun; `last` is when it had at the latest."""
    then, now = _in_staging(record, last), staged(record)
    evidence = tuple(dict.fromkeys((*then.evidence, *now.evidence)))
    if then.open and not then.reopened:
        late = f" ({duration((now.interval.not_before - last).total_seconds())} later)" if now.interval else ""
        return failed(
            f"production began before it was live in staging{late}", "deploy to staging first", evidence=evidence
        )
    reason = there.reason or then.reason or "when production began is not known"
    return unknown(f"whether it was live in staging before production began is not known ({reason})", evidence=evidence)


def staged(record: StemcellRecord) -> Reached:
    """When every staging deployment that carries the line was wholly on the stemcell or a newer one."""
    since = record.released.not_before if record.released else None
    if not record.version:
        return Reached()
    return record.board.staged(record.rollout.line, record.version, since, record.arrived)


def _skipped(rollout: Rollout, record: StemcellRecord, last: datetime, evidence: tuple[str, ...]) -> Judgement:
    """A newer stemcell ran in staging; that this one never did is known only where nothing is hidden."""
    since = record.released.not_before if record.released else None
    hidden = any(
        row.floor is None and row.since <= last and (since is None or row.until > since) for row in rollout.segments
    )
    detail = f"{record.version} itself was not seen live in staging ({rollout.deployment}), only a newer one"
    if hidden:
        return unknown(detail, evidence=evidence)
    return failed(detail, "deploy the same stemcell to staging first", evidence=evidence)
