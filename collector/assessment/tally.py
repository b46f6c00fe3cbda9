"""Verdicts counted for one use of a check: by its window, and by what its role lets count."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

from collector.assessment.checks import CHECKS, Check
from collector.assessment.checks.evidence import Scene
from collector.assessment.declared import Declared
from collector.assessment.judgement import PASS, Judgement, rejudge
from collector.assessment.limits import Limit, limit_of
from collector.model import CheckUse, Control, Observation, Role, Status, Subject, Window

COUNTED: tuple[Role, ...] = ("decides", "detects", "flags")
"""The roles of which a fail counts."""

DECISIVE: tuple[Role, ...] = ("decides", "flags")
"""The roles of which an unknown counts too."""

NOTHING: Mapping[Status, int] = {"pass": 0, "fail": 0, "unknown": 0, "not-applicable": 0}

_STATUS = attrgetter("status")
_MINOR = attrgetter("minor")


class Cited(Protocol):
    """What a verdict was read from."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Names of documents."""
        ...


class Row(Cited, Protocol):
    """One subject; `outside` is its verdict where no check speaks for it."""

    @property
    def subject(self) -> Subject:
        """What is judged."""
        ...

    @property
    def outside(self) -> Judgement | None:
        """The verdict that stands for every check."""
        ...


NO_RECORD: Cited = PASS


def _observation(
    name: str, window: str | None, subject: Subject, verdict: Judgement, evidence: tuple[str, ...]
) -> Observation:
    return Observation(
        check=name,
        subject=subject,
        status=verdict.status,
        window=window,
        measured=verdict.measured,
        over_hours=verdict.over,
        detail=verdict.detail,
        next_step=verdict.next_step,
        evidence=(*evidence, *verdict.evidence),
    )


class Tally:
    """The verdicts of one check under one window; where it does not only inform, minor fails do not count.

    `part` is the one whose verdict counts, where the check has one for each.
    """

    __slots__ = ("counts", "informs", "limit", "part", "same")

    def __init__(self, limit: Limit, own: Limit, *, informs: bool, part: str = "") -> None:
        self.part = part
        self.limit = limit.seconds
        self.same = limit.seconds == own.seconds
        self.informs = informs
        self.counts: dict[Status, int] = dict(NOTHING)

    def add(self, verdicts: Sequence[Judgement], own: Mapping[Status, int], *, minor: bool) -> None:
        """Count verdicts as this use sees them; `own` counts them as they are, `minor` says that some are minor."""
        if self.same and not self.part and (self.informs or not minor):
            self.counts = dict(own)
            return
        for verdict in verdicts:
            self.counts[self._status(verdict)] += 1

    def _status(self, judgement: Judgement) -> Status:
        if self.part:
            return dict(judgement.parts).get(self.part, judgement.status)  # type: ignore[call-overload,no-any-return]
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
        self.tallies: dict[tuple[float, bool, str], Tally] = {(self.limit.seconds, True, ""): self.own}
        self.counts = False
        self.decisive = False
        self.unread = ""

    def count_for(self, use: CheckUse, window: Window | None) -> Tally:
        """The tally of one use of the check; uses that ask the same share one."""
        limit = limit_of(window) if use.window else self.limit
        key = limit.seconds, use.role == "informs", use.part if self.check.split else ""
        if key not in self.tallies:
            self.tallies[key] = Tally(limit, self.limit, informs=key[1], part=key[2])
        self.counts = self.counts or use.role in COUNTED
        self.decisive = self.decisive or use.role in DECISIVE
        return self.tallies[key]

    def judge(self, rows: Sequence[Row]) -> None:
        """Judge every subject; one that is not in scope has its verdict."""
        check, limit = self._check, self.limit
        self._note([row.outside or check(row, limit) for row in rows], [row.subject for row in rows], rows)

    def judge_scene(self, subject: Subject, scene: Scene) -> None:
        """Judge the evidence as a whole."""
        self._note([self._check(scene, self.limit)], [subject], (NO_RECORD,))

    def _note(self, verdicts: list[Judgement], subjects: Sequence[Subject], sources: Sequence[Cited]) -> None:
        self.verdicts = verdicts
        if self.reported:
            name, window = self.name, self.window
            # most verdicts are plain: passing every default would cost twice the time
            self.observations = [
                Observation(
                    check=name,
                    subject=subject,
                    status=verdict.status,
                    window=window,
                    detail=verdict.detail,
                    evidence=source.evidence,
                )
                if verdict.plain
                else _observation(name, window, subject, verdict, source.evidence)
                for verdict, subject, source in zip(verdicts, subjects, sources, strict=True)
            ]
        own = {**NOTHING, **Counter(map(_STATUS, verdicts))}
        if own["unknown"]:
            self.unread = next((row.detail for row in verdicts if row.unread and row.status == "unknown"), "")
        minor = bool(own["fail"]) and any(map(_MINOR, verdicts))
        for tally in self.tallies.values():
            tally.add(verdicts, own, minor=minor)

    def missing(self, topic: Callable[[str], str], declared: Declared) -> str:
        """Why a topic that the check cannot do without was not wholly read, or ""."""
        if not self.check.asked(declared):
            return ""
        return next(filter(None, map(topic, sorted(self.check.needs))), "")


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
