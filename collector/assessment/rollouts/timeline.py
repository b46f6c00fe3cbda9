"""All directors of an environment put together: one rollout for each line of each deployment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import msgspec

from collector.assessment.rollouts.known import ABSENT, Evidence, Known, Piece
from collector.assessment.rollouts.reach import (
    Bound,
    Look,
    Span,
    bounds_of,
    ignored_of,
    looks_of,
    spans_of,
)
from collector.assessment.rollouts.runs import Run, deployment_of, runs_of
from collector.assessment.rollouts.settling import settle
from collector.assessment.rollouts.stemcells import line_of
from collector.model.base import Value
from collector.model.platform import Deploy, Director, DirectorEvent, DirectorTask, Rollout, Segment, Vm

NOT_THERE: Final = "the deployment has no VM of this line"
_APART: Final = "two directors hold the deployment, and say different things"


class Site(Value, frozen=True, kw_only=True):
    """One deployment on one director, with everything that was read of it."""

    environment: str
    deployment: str
    uuid: str
    directors: tuple[Director, ...]
    runs: tuple[Run, ...]
    spans: tuple[Span, ...]
    bounds: tuple[Bound, ...]
    first: datetime | None
    """The earliest row of the director, for a history that begins with it."""


# ------------------------------------------------------------------ directors


def sites_of(directors: Iterable[Director], as_of: datetime) -> dict[tuple[str, str], list[Site]]:
    """By environment and deployment: each director that holds it, oldest first."""
    held: dict[tuple[str, str], list[Director]] = defaultdict(list)
    for director in directors:
        held[director.environment, director.uuid].append(director)
    found: dict[tuple[str, str], list[Site]] = defaultdict(list)
    for environment, uuid in sorted(held):
        own = sorted(held[environment, uuid], key=_moment)
        for site in _sites(environment, uuid, own, as_of):
            found[environment, site.deployment].append(site)
    return {key: sorted(found[key], key=_began) for key in sorted(found)}


def _moment(director: Director) -> tuple[datetime, int, int]:
    return director.taken_at, director.reach.upto_id if director.reach else 0, len(director.events)


def _began(site: Site) -> tuple[datetime, str]:
    return min(director.taken_at for director in site.directors), site.uuid


def _sites(environment: str, uuid: str, own: Sequence[Director], as_of: datetime) -> Iterable[Site]:
    events: dict[int, DirectorEvent] = {}
    jobs: dict[int, DirectorTask] = {}
    for director in own:
        for event in director.events:
            events.setdefault(event.id, event)
        for job in director.tasks:
            # The newest word on a task counts, except that one that is over stays so.
            if job.ended_at is not None or job.id not in jobs or jobs[job.id].ended_at is None:
                jobs[job.id] = job
    rows: dict[str, list[DirectorEvent]] = defaultdict(list)
    for number in sorted(events):
        rows[deployment_of(events[number])].append(events[number])
    tasks: dict[str, list[DirectorTask]] = defaultdict(list)
    for job in jobs.values():
        tasks[job.deployment].append(job)
    first = min((event.at for event in events.values()), default=None)
    for deployment in sorted(_names(own, rows)):
        spans = spans_of(own, deployment, as_of)
        bounds = bounds_of(own, deployment, spans, as_of)
        made = runs_of(deployment, rows[deployment], tasks[deployment], as_of)
        yield Site(
            environment=environment,
            deployment=deployment,
            uuid=uuid,
            directors=tuple(own),
            runs=tuple(_refined(made, bounds)),
            spans=spans,
            bounds=bounds,
            first=first,
        )


def _names(own: Sequence[Director], rows: Mapping[str, object]) -> set[str]:
    """The deployments in scope; a harvest that does not say takes what it has."""
    named: set[str] = set()
    for director in own:
        named.update(director.deployments)
        if not director.deployments:
            named.update(row.name for row in director.listed or ())
            named.update(director.vms_of)
            named.update(name for event in director.events if (name := deployment_of(event)) in rows)
    return named - {""}


def _refined(runs: Sequence[Run], bounds: Sequence[Bound]) -> Iterable[Run]:
    """A run that left no end was killed when something else has begun since, and goes on while a lock is seen."""
    for number, run in enumerate(runs):
        if run.outcome not in {"killed", "in-progress"} or run.over is not None:
            yield run
        elif number + 1 < len(runs) and any(later.outcome != "refused" for later in runs[number + 1 :]):
            yield msgspec.structs.replace(run, outcome="killed")
        else:
            later = [row.locked for row in bounds if row.at >= run.last]
            going = "in-progress" if later and later[-1] else None
            over = "killed" if later and later[-1] is False else run.outcome
            yield msgspec.structs.replace(run, outcome=going or over)


# ------------------------------------------------------------------ lines


def rollouts_of(sites: Sequence[Site], until: datetime, as_of: datetime) -> list[Rollout]:
    """The history of every line of one deployment until an instant, with the VMs as they were last read by `as_of`."""
    environment, deployment = sites[0].environment, sites[0].deployment
    lines = sorted(set().union(*map(_lines, sites)))
    settled = {line: [_pieces(site, line, until) for site in sites] for line in lines}
    attempts = _deploys(sites, {line: [targets for _, targets in settled[line]] for line in lines})
    return [
        Rollout(
            environment=environment,
            deployment=deployment,
            line=line,
            segments=_segments([pieces for pieces, _ in settled[line]], sites, until),
            deploys=attempts,
            vms=_newest_vms(sites, line, as_of),
            in_flight=any(run.outcome == "in-progress" for run in sites[-1].runs),
        )
        for line in lines
    ]


def _lines(site: Site) -> set[str]:
    names = [name for run in site.runs for name in (*(run.before or ()), *(run.after or ()))]
    names += [name for row in site.bounds for name in row.stemcells or ()]
    for director in site.directors:
        names += [vm.stemcell for vm in director.vms if vm.deployment == site.deployment and vm.stemcell]
        names += [name for row in director.listed or () if row.name == site.deployment for name in row.stemcells]
    return {line_of(name)[0] for name in set(names)}


def _pieces(site: Site, line: str, as_of: datetime) -> tuple[list[Piece], dict[str, tuple[str, ...]]]:
    touched = [
        (change.instance, at)
        for run in site.runs
        for change in run.changes
        if change.action != "delete" and (at := change.ended or change.began) is not None
    ]
    looks = looks_of(site.directors, site.deployment, line, as_of, touched)
    pieces: list[Piece] = []
    targets: dict[str, tuple[str, ...]] = {}
    for span in site.spans:
        history = settle(_evidence(site, span, line, looks))
        pieces += history.pieces
        targets.update(history.targets)
    covered = [(piece.since, piece.until) for piece in pieces]
    if pieces and site.spans[0].since is None:
        # Before its first row there was no director.
        covered.append((datetime.min.replace(tzinfo=UTC), min(since for since, _ in covered)))
    for look in looks:
        known = Known(floor=ABSENT if look.floor is None else look.floor, documents=look.documents)
        for since, until in _outside(look.since, min(look.at, as_of), covered):
            pieces.append(Piece(since=since, until=until, known=known))
    return pieces, targets


def _outside(
    since: datetime, until: datetime, covered: Iterable[tuple[datetime, datetime]]
) -> Iterable[tuple[datetime, datetime]]:
    for begin, end in sorted(covered):
        if end <= since or begin >= until:
            continue
        if since < begin:
            yield since, begin
        since = max(since, end)
    if since < until:
        yield since, until


def _evidence(site: Site, span: Span, line: str, looks: tuple[Look, ...]) -> Evidence:
    firsts = [site.first, span.until, *(run.first for run in site.runs)]
    since = span.since or min(row for row in firsts if row is not None)
    own = [run for run in site.runs if _is_in(run, span, since)]
    counted = tuple(run for run in own if run.kind != "quiet")
    return Evidence(
        span=span,
        since=since,
        line=line,
        runs=counted,
        binders=tuple(run.first for run in own if run.binds),
        doubts=tuple(
            (run.first, run.over) for run in own if run.binds and not run.changes and run.outcome != "dry-run"
        ),
        bounds=tuple(row for row in site.bounds if since <= row.at <= span.until),
        looks=looks,
        instances=_instances(site, line),
        rows=any(run.changes for run in site.runs),
    )


def _is_in(run: Run, span: Span, since: datetime) -> bool:
    """Whether the run has rows in a stretch; one that is only in the list of tasks is placed by its times."""
    if run.first_id:
        return run.first_id <= span.upto_id and run.last_id > span.after_id
    return since <= run.first and run.last <= span.until


def _instances(site: Site, line: str) -> frozenset[str]:
    """The instances of a line, as far as any row or VM names them, less those that are gone or ignored."""
    every = {change.instance for run in site.runs for change in run.changes}
    gone = {change.instance for run in site.runs for change in run.changes if change.action == "delete"}
    lines: dict[str, str] = {}
    for director in site.directors:
        lines.update(
            (vm.instance, line_of(vm.stemcell)[0])
            for vm in director.vms
            if vm.deployment == site.deployment and vm.active and vm.stemcell
        )
    every |= set(lines)
    kept = {name for name in every if lines.get(name, line) == line}
    return frozenset(kept - gone - ignored_of(site.directors, site.deployment))


# ------------------------------------------------------------------ attempts


def deploys_of(sites: Sequence[Site], as_of: datetime) -> tuple[Deploy, ...]:
    """The attempts on one deployment, oldest first."""
    lines = sorted(set().union(*map(_lines, sites)))
    return _deploys(sites, {line: [_pieces(site, line, as_of)[1] for site in sites] for line in lines})


def _deploys(
    sites: Sequence[Site], targets: Mapping[str, Sequence[Mapping[str, tuple[str, ...]]]]
) -> tuple[Deploy, ...]:
    return tuple(
        _deploy(site, run, {line: held[number] for line, held in targets.items()})
        for number, site in enumerate(sites)
        for run in site.runs
        if run.deploys and run.task
    )


def _deploy(site: Site, run: Run, targets: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Deploy:
    starts = [change.began for change in run.changed if change.began]
    done = [change for change in run.changed if change.completed]
    ends = [change.ended for change in done if change.ended]
    cells = [change.ended for change in done if change.ended and "cell" in change.instance.partition("/")[0]]
    bound = {line_of(name)[0] for name in run.after or ()}
    settled = [targets[line].get(run.task) for line in sorted(bound)]
    target = None if None in settled else tuple(name for names in settled for name in names or ())
    return Deploy(
        environment=site.environment,
        deployment=site.deployment,
        director=site.uuid,
        task=run.task,
        outcome=run.outcome,
        began=run.began or min(starts, default=None),
        first_instance=min(starts, default=None),
        canary=min(ends, default=None),
        last_cell=max(cells, default=None),
        ended=None if run.outcome in {"killed", "in-progress"} else run.over,
        before=run.before,
        after=run.after,
        target=target if run.kind == "success" else None,
        instances=tuple(sorted({change.instance for change in done})),
        error=run.end.error if run.end else "",
        evidence=run.documents,
    )


def _newest_vms(sites: Sequence[Site], line: str, as_of: datetime) -> tuple[Vm, ...]:
    """The VMs of the line as they were last read."""
    for director in sorted(
        (row for site in sites for row in site.directors), key=lambda row: (row.taken_at, row.uuid), reverse=True
    ):
        own = [vm for vm in director.vms if vm.deployment == sites[0].deployment]
        if director.taken_at <= as_of and sites[0].deployment in director.vms_of:
            of_line = [vm for vm in own if not vm.stemcell or line_of(vm.stemcell)[0] == line]
            return tuple(sorted(of_line, key=lambda vm: (vm.instance, vm.created_at or vm.observed_at)))
    return ()


# ------------------------------------------------------------------ segments


def _segments(every: Sequence[Sequence[Piece]], sites: Sequence[Site], as_of: datetime) -> tuple[Segment, ...]:
    """One history out of those of several directors, without holes up to the instant asked about."""
    pieces = [piece for pieces in every for piece in pieces]
    edges = sorted({at for piece in pieces for at in (piece.since, piece.until)})
    if not edges:
        return ()
    gone = _gone(sites, pieces)
    until = gone if gone is not None else max(as_of, edges[-1])
    edges = sorted({*edges, until})
    ordered = sorted(pieces, key=lambda piece: (piece.since, piece.until))
    segments: list[Segment] = []
    open_: list[Piece] = []
    following = iter([*ordered, None])
    coming = next(following)
    for since, end in pairwise(edges):
        open_ = [piece for piece in open_ if piece.until > since]
        while coming is not None and coming.since <= since:
            if coming.until > since:
                open_.append(coming)
            coming = next(following)
        if since >= until:
            break
        _append(segments, since, end, _together(open_) if open_ else _uncovered(sites, since, end))
    return tuple(segments)


def _together(pieces: Sequence[Piece]) -> Known:
    said = {piece.known.floor for piece in pieces}
    if len(said) == 1:
        documents = [document for piece in pieces for document in piece.known.documents]
        return Known(floor=next(iter(said)), reason=pieces[0].known.reason, documents=tuple(dict.fromkeys(documents)))
    return Known(floor=None, reason=_APART)


def _uncovered(sites: Sequence[Site], since: datetime, until: datetime) -> Known:
    next_spans = [span for site in sites for span in site.spans if span.since is not None and span.since >= since]
    if not next_spans:
        return Known(floor=None, reason=f"not looked at since {_instant(since)}")
    reason = min(next_spans, key=lambda span: span.since or until).reason
    more = f": {reason}" if reason else ""
    return Known(floor=None, reason=f"not looked at from {_instant(since)} to {_instant(until)}{more}")


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _append(segments: list[Segment], since: datetime, until: datetime, known: Known) -> None:
    floor = known.floor or None
    reason = NOT_THERE if known.floor == ABSENT else known.reason if floor is None else ""
    last = segments[-1] if segments else None
    if last is not None and last.until == since and (last.floor, last.reason) == (floor, reason):
        evidence = tuple(dict.fromkeys((*last.evidence, *known.documents)))
        segments[-1] = Segment(since=last.since, until=until, floor=floor, reason=reason, evidence=evidence)
    else:
        segments.append(Segment(since=since, until=until, floor=floor, reason=reason, evidence=known.documents))


def _gone(sites: Sequence[Site], pieces: Sequence[Piece]) -> datetime | None:
    """When the deployment ended: it was deleted, or the newest harvest lists others without it."""
    last = max(pieces, key=lambda piece: (piece.until, piece.since))
    deleted = [run for run in sites[-1].runs if run.kind != "quiet"][-1:]
    if deleted and deleted[0].kind == "deletion" and deleted[0].over is not None and last.known.floor in (ABSENT, None):
        return deleted[0].over
    newest = sites[-1].directors[-1]
    named = newest.listed is None or sites[-1].deployment in newest.deployments or not newest.deployments
    return None if named else last.until
