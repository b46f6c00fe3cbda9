"""What one line of one deployment ran between the runs on it, as far as it is settled.

What a run bound is not what runs: only lists of what is bound *after* a success, lists of VMs, and rows of instances
settle it. A claim that VMs are newer than before needs evidence that is there; evidence that is missing supports none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from collector.assessment.rollouts.known import ABSENT, Evidence, History, Known, Piece, at_least
from collector.assessment.rollouts.reach import Bound, Look, oldest
from collector.assessment.rollouts.runs import Run
from collector.assessment.rollouts.stemcells import line_of
from collector.model.base import Value

_NOTHING: Final = "no evidence says what ran"
_DISAGREE: Final = "events and lists of what runs disagree"


class _Quiet(Value, frozen=True, kw_only=True):
    """The time between two runs, in which nothing changes; `since` None: when the run before ended is not known."""

    since: datetime | None
    until: datetime
    bounds: tuple[tuple[datetime, frozenset[str], str], ...] = ()
    held: tuple[Known, ...] = ()
    proven: datetime | None = None
    """The last instant of it at which a list was read."""
    shown: datetime | None = None
    """The first instant at which something says what ran."""


def settle(evidence: Evidence) -> History:
    """The history of one line in one covered stretch."""
    return _Settling(evidence).history()


class _Settling:
    """One pass over the runs, oldest first."""

    def __init__(self, evidence: Evidence) -> None:
        self.has = evidence
        self.runs = evidence.runs
        self.befores = [None if run.before is None else evidence.versions(run.before) for run in self.runs]
        self.afters = [None if run.after is None else evidence.versions(run.after) for run in self.runs]
        self.quiets = [self._quiet(number) for number in range(len(self.runs) + 1)]
        self.attempts: list[int] = []  # since the last success
        self.bound: frozenset[str] = frozenset()  # what is bound at least: only a success lets go of it
        self.base: str | None = None  # what every VM ran after it, where that was one version
        self.targets: dict[str, tuple[str, ...]] = {}

    def history(self) -> History:
        """Forward through the runs; what a list says of a quiet time goes before what follows from the run."""
        forward = Known(floor=None, reason=_NOTHING)
        known = self._agreed(forward, 0)
        self.base = known.floor if self._single(0, frozenset()) else None
        pieces = self._during_quiet(0, forward, known)
        for number, run in enumerate(self.runs):
            forward = self._after(number, known)
            after = self._agreed(forward, number + 1)
            pieces += self._during(number, known, after, pieces)
            pieces += self._during_quiet(number + 1, forward, after)
            if run.kind == "success":
                self._target(number, after)
                self.attempts = []
                narrowed = self._narrowed(number, self.afters[number] or frozenset())[0]
                self.base = after.floor if self._single(number + 1, narrowed) else None
            else:
                self.attempts.append(number)
            known = after
        return History(pieces=tuple(pieces), targets=self.targets)

    # ------------------------------------------------------------ between runs

    def _quiet(self, number: int) -> _Quiet:
        runs, span = self.runs, self.has.span
        last = runs[number - 1].last if number else self.has.since
        until = (runs[number].began or runs[number].first) if number < len(runs) else span.until
        lists = [row for row in self.has.bounds if last <= row.at <= until and row.locked is False]
        since = self._over(number, last, lists)
        bounds = tuple(
            (row.at, self.has.versions(row.stemcells or ()), row.document)
            for row in lists
            if since is not None and row.at >= since
        )
        held = [
            Known(floor=next(iter(versions), ABSENT), documents=(document,) if document else ())
            for _, versions, document in bounds
            if len(versions) <= 1
        ]
        tail = number == len(runs)
        looks = [row for row in self.has.looks if since is not None and _meets(row, since, until, tail=tail)]
        held += [Known(floor=ABSENT if row.floor is None else row.floor, documents=row.documents) for row in looks]
        if number < len(runs) and (before := self.befores[number]) is not None and len(before) <= 1:
            held.append(Known(floor=next(iter(before), ABSENT), documents=_end(runs[number])))
        proofs = [at for at, _, _ in bounds] + [min(row.at, until) for row in looks]
        shows = [at for at, versions, _ in bounds if len(versions) <= 1] + [min(row.since, until) for row in looks]
        return _Quiet(
            since=since,
            until=until,
            bounds=bounds,
            held=tuple(held),
            proven=max(proofs, default=None),
            shown=min(shows, default=until),
        )

    def _over(self, number: int, last: datetime, lists: Sequence[Bound]) -> datetime | None:
        if not number:
            return self.has.since
        return self.runs[number - 1].over or min((row.at for row in lists if row.at >= last), default=None)

    def _agreed(self, forward: Known, number: int) -> Known:
        """What all that speaks of a quiet time says together."""
        quiet = self.quiets[number]
        if self._let_go(number):
            return Known(floor=None, reason=f"{_DISAGREE}: a success was not seen")
        said = {row.floor for row in quiet.held}
        if len(said) > 1 or (said and forward.floor is not None and said != {forward.floor}):
            return Known(floor=None, reason=_DISAGREE)
        if said and forward.among is not None and not said <= forward.among:
            return Known(floor=None, reason=_DISAGREE)
        if said:
            documents = [document for row in quiet.held for document in row.documents]
            return Known(floor=next(iter(said)), documents=tuple(dict.fromkeys((*forward.documents, *documents))))
        outside = [versions for _, versions, _ in quiet.bounds if forward.floor and forward.floor not in versions]
        return Known(floor=None, reason=_DISAGREE) if outside else forward

    def _let_go(self, number: int) -> bool:
        """Whether something is not bound any more, though no success was seen that could have let go of it."""
        run = self.runs[number - 1] if number else None
        if run is not None and run.kind != "failure":
            self.bound = frozenset()
        elif run is not None:
            self.bound = self.afters[number - 1] or self.bound
        said = [versions for _, versions, _ in self.quiets[number].bounds]
        if number < len(self.runs) and (before := self.befores[number]) is not None:
            said.append(before)
        shrunk = False
        for versions in said:
            shrunk |= not self.bound <= versions
            self.bound = versions
        return shrunk

    def _during_quiet(self, number: int, forward: Known, known: Known) -> list[Piece]:
        quiet = self.quiets[number]
        since = quiet.until if quiet.since is None else quiet.since
        until = self._sure_until(number, known, since)
        edge = min(self._learned_since(number, since), until) if forward.floor is None else since
        unsure = Known(floor=None, reason=forward.reason)
        pieces = [Piece(since=since, until=edge, known=unsure), Piece(since=edge, until=until, known=known)]
        return [piece for piece in pieces if piece.since < piece.until]

    def _learned_since(self, number: int, since: datetime) -> datetime:
        """From when on a later proof speaks: not over a bare lock, which may be all that is left of a deploy."""
        shown = self.quiets[number].shown or since
        return max((min(over or shown, shown) for at, over in self.has.doubts if since <= at < shown), default=since)

    def _sure_until(self, number: int, known: Known, since: datetime) -> datetime:
        """Up to when a quiet time is quiet; a run of which the beginning is not known may have lowered the floor."""
        quiet = self.quiets[number]
        if number == len(self.runs) or self.runs[number].began is not None or self._keeps(number, known):
            return quiet.until
        return max(since, quiet.proven or since)

    # ------------------------------------------------------------ runs

    def _after(self, number: int, known: Known) -> Known:
        run = self.runs[number]
        if run.kind == "success":
            return self._succeeded(number, known)
        if run.kind == "deletion":
            return Known(floor=ABSENT, documents=_end(run))
        if run.kind == "failure":
            return self._failed(number, known)
        return Known(floor=None, reason=f"how task {run.task} ended is not known")

    def _succeeded(self, number: int, known: Known) -> Known:
        run, after = self.runs[number], self.afters[number]
        if after is None:
            return Known(floor=None, reason=f"task {run.task} does not say what it bound")
        narrowed, exact, documents = self._narrowed(number, after)
        documents = (*_end(run), *documents)
        if not after or narrowed == {ABSENT}:
            return Known(floor=ABSENT, documents=documents)
        if not narrowed:
            return Known(floor=None, reason=_DISAGREE, among=frozenset())
        low = oldest(narrowed)
        unsettled = Known(
            floor=None,
            reason=f"which of {', '.join(sorted(narrowed))} task {run.task} made live is not settled",
            among=narrowed,
        )
        if len(narrowed) == 1 or (exact and low is not None):
            return self._checked(number, known, Known(floor=low, documents=documents))
        if low is None or known.floor != low:
            return unsettled
        kept = not self._touched(number) or self._went_back(number, low, after)
        return Known(floor=low, documents=documents) if kept else unsettled

    def _checked(self, number: int, known: Known, found: Known) -> Known:
        """Not even a list is believed to say that a floor moved when no instance row says that a VM changed."""
        moved = bool(known.floor) and known.floor != found.floor
        if moved and self.has.rows and not self._touched(number):
            return Known(floor=None, reason="no row of an instance says that its stemcell changed", among=frozenset())
        return found

    def _single(self, number: int, narrowed: frozenset[str]) -> bool:
        """Whether one version alone was bound: then every VM runs it."""
        before = self.befores[number] if number < len(self.runs) else None
        bound = (narrowed, before or frozenset(), *(versions for _, versions, _ in self.quiets[number].bounds))
        return any(len(versions) == 1 for versions in bound)

    def _touched(self, number: int) -> bool:
        """Whether any instance was touched since the last success."""
        return any(self.runs[each].changes for each in (*self.attempts, number))

    def _went_back(self, number: int, low: str, after: frozenset[str]) -> bool:
        """An instance that an attempt had moved off `low` was moved again: with two versions bound, it is back."""
        moved = {
            change.instance
            for each in self.attempts
            if self._possible(each) == after
            for change in self.runs[each].changed
            if change.completed
        }
        again = {change.instance for change in self.runs[number].changed if change.completed}
        return len(after) == 2 and low == self.base and bool(moved & again)  # noqa: PLR2004  what ran, and what was tried

    def _narrowed(self, number: int, after: frozenset[str]) -> tuple[frozenset[str], bool, tuple[str, ...]]:
        """Which of the versions bound after a success were still bound later; whether nothing else can be bound then.

        What a success made live stays bound until the next one; what it did not is let go at its end.
        """
        found, exact, documents = after, False, []
        for later in range(number + 1, len(self.runs) + 1):
            quiet = self.quiets[later]
            said = [(at, versions, document) for at, versions, document in quiet.bounds]
            ended = later < len(self.runs) and self.befores[later] is not None
            if ended:
                said.append((quiet.until, self.befores[later] or frozenset(), "".join(_end(self.runs[later])[:1])))
            for at, versions, document in said:
                found = found & versions if versions else frozenset({ABSENT})
                documents.append(document)
                exact |= later == number + 1 and not self._bound_between(self.runs[number].last, at)
            for versions, document in self._listed_during(later):
                found &= versions
                documents.append(document)
            if later < len(self.runs) and self.runs[later].kind != "failure":
                break
        return found, exact, tuple(dict.fromkeys(filter(None, documents)))

    def _listed_during(self, number: int) -> list[tuple[frozenset[str], str]]:
        """What was listed while a run was under way: what ran before it is still bound then, beside what it binds."""
        if number == len(self.runs):
            return []
        run = self.runs[number]
        lists = [row for row in self.has.bounds if row.locked and row.stemcells is not None and run.first <= row.at]
        during = lists if run.outcome == "in-progress" else [row for row in lists if row.at < run.last]
        return [(self.has.versions(row.stemcells or ()), row.document) for row in during]

    def _bound_between(self, since: datetime, until: datetime) -> bool:
        return any(since <= at <= until for at in self.has.binders)

    def _possible(self, number: int) -> frozenset[str]:
        """Every version that an attempt may have put on a VM; none where it is not known."""
        after = self.afters[number]
        if after is not None:
            return after
        for later in range(number + 1, len(self.runs) + 1):
            if later < len(self.runs) and (before := self.befores[later]) is not None:
                return before
            if (quiet := self.quiets[later]).bounds:
                return quiet.bounds[0][1]
            if later < len(self.runs) and self.runs[later].kind != "failure":
                break
        return frozenset()

    def _failed(self, number: int, known: Known) -> Known:
        run, possible = self.runs[number], self._possible(number)
        if known.floor is None or self.afters[number] in (frozenset(), {known.floor}):
            return known
        if known.floor == ABSENT:
            return Known(floor=None, reason=f"task {run.task} did not finish")
        if not possible:
            return Known(floor=None, reason=f"what task {run.task} was to deploy is not known")
        if all(at_least(version, known.floor) for version in possible):
            return known if not run.changes or self._untouched(number) else self._all_touched(number)
        low = self._lowered(number, known.floor, possible)
        if low is not None:
            return Known(floor=low, documents=_end(run))
        return Known(floor=None, reason=f"task {run.task} may have put an older stemcell on some VMs")

    def _untouched(self, number: int) -> bool:
        """Whether an instance is known that still runs what it ran after the last success."""
        if self.base is None:
            return False
        touched = {change.instance for each in (*self.attempts, number) for change in self.runs[each].changes}
        return bool(self.has.instances - touched)

    def _all_touched(self, number: int) -> Known:
        return Known(
            floor=None, reason=f"task {self.runs[number].task} failed after it had touched every instance that is known"
        )

    def _lowered(self, number: int, floor: str, possible: frozenset[str]) -> str | None:
        """The one older version that an attempt has put on a VM, where that is certain."""
        low = possible - {floor}
        done = any(change.completed for change in self.runs[number].changed)
        return next(iter(low)) if done and len(low) == 1 and floor in possible and not self.attempts else None

    # ------------------------------------------------------------ while a run runs

    def _keeps(self, number: int, known: Known) -> bool:
        """Whether the floor cannot have gone down before the run was over."""
        possible = self._bound_by(number)
        if known.floor == ABSENT:
            return self.runs[number].kind in {"success", "failure"}
        return bool(possible) and all(at_least(version, known.floor) for version in possible)

    def _bound_by(self, number: int) -> frozenset[str]:
        if self.runs[number].kind != "success":
            return self._possible(number) if self.runs[number].kind == "failure" else frozenset()
        after = self.afters[number]
        return self._narrowed(number, after)[0] if after is not None else frozenset()

    def _during(self, number: int, known: Known, after: Known, before: list[Piece]) -> list[Piece]:
        run, quiet = self.runs[number], self.quiets[number + 1]
        since = before[-1].until if before else self.has.since
        until = self._sure_until(number + 1, after, run.last) if quiet.since is None else quiet.since
        if since >= until:
            return []
        if self._waits(number, known):
            return [Piece(since=since, until=until, known=known)]
        if run.kind in {"success", "failure"} and known.floor is not None and self._keeps(number, known):
            return self._kept(number, known, after, since, until)
        unknown = Known(floor=None, reason=f"task {run.task} was under way")
        done = self._lowest_since(number, known, after)
        if done is None or not since < done < until:
            return [Piece(since=since, until=until, known=unknown)]
        return [Piece(since=since, until=done, known=unknown), Piece(since=done, until=until, known=after)]

    def _kept(self, number: int, known: Known, after: Known, since: datetime, until: datetime) -> list[Piece]:
        """The floor stays to the end of a success; of a failure, until the last instance is touched."""
        if self.runs[number].kind == "success" or after.floor == known.floor:
            return [Piece(since=since, until=until, known=known)]
        touched = max((change.began for change in self.runs[number].changes if change.began), default=since)
        edge = min(max(touched, since), until)
        unknown = Known(floor=None, reason=after.reason or f"task {self.runs[number].task} was under way")
        halves = [Piece(since=since, until=edge, known=known), Piece(since=edge, until=until, known=unknown)]
        return [piece for piece in halves if piece.since < piece.until]

    def _waits(self, number: int, known: Known) -> bool:
        """Still under way, and nothing touched yet; or what it puts on VMs is known to be no older."""
        run = self.runs[number]
        if run.outcome != "in-progress" or known.floor is None:
            return False
        if not run.changes:
            return True
        lists = [row for row in self.has.bounds if row.locked and row.at >= run.first and row.stemcells is not None]
        bound = [self.has.versions(row.stemcells or ()) for row in lists[-1:]]
        return bool(bound) and all(at_least(version, known.floor) for version in bound[0])

    def _lowest_since(self, number: int, known: Known, after: Known) -> datetime | None:
        """When the first VM was put back to what the run left as the oldest."""
        if not after.floor or not known.floor or at_least(after.floor, known.floor) or self.attempts:
            return None
        possible = self._bound_by(number)
        if possible - {known.floor} != {after.floor}:
            return None
        ends = [change.ended for change in self.runs[number].changed if change.completed and change.ended]
        return min(ends, default=None)

    def _target(self, number: int, after: Known) -> None:
        run, bound = self.runs[number], self.afters[number]
        if after.floor is None or bound is None:
            return
        narrowed, exact, _ = self._narrowed(number, bound)
        wanted = narrowed if exact and len(narrowed) > 1 else {after.floor} - {ABSENT}
        self.targets[run.task] = tuple(
            name for name in run.after or () if line_of(name)[0] == self.has.line and line_of(name)[1] in wanted
        )


def _meets(look: Look, since: datetime, until: datetime, *, tail: bool) -> bool:
    """Whether a list speaks of a quiet time: it was read in it, or later with the VMs that were there at its end.

    Over a run it does not reach back: an instance may have been there that had no VM any more when the list was read.
    """
    return since <= look.at <= until or (tail and look.since < until < look.at)


def _end(run: Run) -> tuple[str, ...]:
    return (run.end.document,) if run.end is not None and run.end.document else ()
