"""Verdicts counted for one use of a check: by its window, and by what its role lets count."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from collector.assessment.checks import CHECKS, Check
from collector.assessment.checks.evidence import Scene
from collector.assessment.declared import Declared
from collector.assessment.judgement import Judgement, rejudge
from collector.assessment.limits import Limit, limit_of
from collector.assessment.subjects import AppRecord, Unread
from collector.model import CheckUse, Control, Observation, Role, Status, Subject, Window

COUNTED: tuple[Role, ...] = ("decides", "detects", "flags")
"""The roles of which a fail counts."""

DECISIVE: tuple[Role, ...] = ("decides", "flags")
"""The roles of which an unknown counts too."""

_STATUS = attrgetter("status")


class Tally:
    """The verdicts of one check under one window; where it does not only inform, minor fails do not count."""

    __slots__ = ("counts", "informs", "limit", "same")

    def __init__(self, limit: Limit, own: Limit, *, informs: bool) -> None:
        self.limit = limit.seconds
        self.same = limit.seconds == own.seconds
        self.informs = informs
        self.counts: dict[Status, int] = {"pass": 0, "fail": 0, "unknown": 0, "not-applicable": 0}

    def add(self, verdicts: Sequence[Judgement]) -> None:
        """Count verdicts as this use sees them."""
        plain = self.same and (self.informs or not any(verdict.minor for verdict in verdicts))
        seen = map(_STATUS, verdicts) if plain else map(self._status, verdicts)
        for status, number in Counter(seen).items():
            self.counts[status] += number

    def _status(self, judgement: Judgement) -> Status:
        if judgement.minor and not self.informs:
            return "pass"
        return judgement.status if self.same else rejudge(judgement, self.limit)


class Desk:
    """Where one check is judged: its limit, its observations and its tallies."""

    __slots__ = (
        "_check",
        "check",
        "counts",
        "decisive",
        "limit",
        "name",
        "observations",
        "own",
        "reported",
        "tallies",
        "unread",
        "verdicts",
        "window",
    )

    def __init__(self, name: str, window: Window | None, *, reported: bool) -> None:
        self.name = name
        self.check: Check = CHECKS[name]
        self.window = self.check.window
        self.limit = limit_of(window)
        self.reported = reported
        self._check = self.check.judge
        self.verdicts: list[Judgement] = []
        self.observations: list[Observation] = []
        self.own = Tally(self.limit, self.limit, informs=True)
        self.tallies: dict[tuple[float, bool], Tally] = {(self.limit.seconds, True): self.own}
        self.counts = False
        self.decisive = False
        self.unread = ""

    def count_for(self, use: CheckUse, window: Window | None) -> Tally:
        """The tally of one use of the check; uses that ask the same share one."""
        limit = limit_of(window) if use.window else self.limit
        key = limit.seconds, use.role == "informs"
        if key not in self.tallies:
            self.tallies[key] = Tally(limit, self.limit, informs=key[1])
        self.counts = self.counts or use.role in COUNTED
        self.decisive = self.decisive or use.role in DECISIVE
        return self.tallies[key]

    def judge(self, subject: Subject, target: AppRecord | Scene, evidence: tuple[str, ...]) -> Judgement:
        """Judge one subject and note it; `settle` when all are."""
        return self.note(subject, self._check(target, self.limit), evidence)

    def note(self, subject: Subject, verdict: Judgement, evidence: tuple[str, ...]) -> Judgement:
        """Note the verdict on one subject."""
        self.verdicts.append(verdict)
        more = verdict.evidence
        if more:
            evidence = (*evidence, *more)
        if verdict.plain:  # by far the most: passing every default costs twice the time
            seen = Observation(
                check=self.name, subject=subject, status=verdict.status, window=self.window, evidence=evidence
            )
        else:
            seen = Observation(
                check=self.name,
                subject=subject,
                status=verdict.status,
                window=self.window,
                measured=verdict.measured,
                over_hours=verdict.over,
                detail=verdict.detail,
                next_step=verdict.next_step,
                evidence=evidence,
            )
        self.observations.append(seen)
        return verdict

    def settle(self) -> None:
        """Count every verdict in every tally."""
        self.unread = next((row.detail for row in self.verdicts if row.unread and row.status == "unknown"), "")
        for tally in self.tallies.values():
            tally.add(self.verdicts)

    def missing(self, read: Unread, declared: Declared) -> str:
        """Why a topic that the check cannot do without was not wholly read, or ""."""
        if not self.check.asked(declared):
            return ""
        return next(filter(None, (read.topic(topic) for topic in sorted(self.check.needs))), "")


def uses_in_scope(control: Control, scope: str) -> tuple[CheckUse, ...]:
    """The checks of a control that speak for the parts in scope."""
    return tuple(use for use in control.checks if in_scope(use.part, scope))


def in_scope(part: str, scope: str) -> bool:
    """Whether a part is answered for."""
    return scope in (part, "both")


def names_used(controls: Sequence[Control], scope: str) -> list[str]:
    """The checks that controls use in a scope, in the order of the table of checks."""
    used = {use.check for control in controls for use in uses_in_scope(control, scope)}
    return [name for name in CHECKS if name in used]
