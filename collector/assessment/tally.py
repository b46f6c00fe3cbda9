"""Verdicts counted for one use of a check: by its window, and by what its role lets count."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from collector.assessment.checks import CHECKS, Check
from collector.assessment.checks.evidence import Scene
from collector.assessment.columns import Column, Row, Waivers, Whole
from collector.assessment.declared import Declared
from collector.assessment.judgement import Judgement, rejudge
from collector.assessment.limits import Limit, limit_of
from collector.assessment.monthly import corrected, held_of
from collector.model import CheckUse, Control, Month, Observation, Role, Status, Subject, Window

COUNTED: tuple[Role, ...] = ("decides", "detects", "flags")
"""The roles of which a fail counts."""

DECISIVE: tuple[Role, ...] = ("decides", "flags")
"""The roles of which an unknown counts too."""

THROUGHOUT: tuple[Role, ...] = ("flags", "informs")
"""The roles that speak of a whole period, where there is one; the others speak of its end."""

NOTHING: Mapping[Status, int] = {"pass": 0, "fail": 0, "unknown": 0, "not-applicable": 0}

_STATUS = attrgetter("status")
_MINOR = attrgetter("minor")


class Tally:
    """The verdicts of one check under one window; where it does not only inform, minor fails do not count.

    `part` is the one whose verdict counts, where the check has one for each. `waived` counts the fails that are
    accepted; they stay among the fails.
    """

    __slots__ = ("counts", "informs", "limit", "part", "same", "waived")

    def __init__(self, limit: Limit, own: Limit, *, informs: bool, part: str = "") -> None:
        self.part = part
        self.limit = limit.seconds
        self.same = limit.seconds == own.seconds
        self.informs = informs
        self.counts: dict[Status, int] = dict(NOTHING)
        self.waived = 0

    def add(self, column: Column, own: Mapping[Status, int], *, minor: bool, waives: bool) -> None:
        """Count verdicts as this use sees them; `own` counts them as they are, `minor` says that some are minor."""
        if self.same and not self.part and (self.informs or not minor) and not waives:
            self.counts = dict(own)
            return
        statuses = [self._status(verdict) for verdict in column.verdicts]
        self.counts = {**NOTHING, **Counter(statuses)}
        if waives:
            self.waived = column.covered([number for number, status in enumerate(statuses) if status == "fail"])

    def _status(self, judgement: Judgement) -> Status:
        if self.part:
            parts: Mapping[str, Status] = dict(judgement.parts)
            return parts.get(self.part, judgement.status)
        if judgement.minor and not self.informs:
            return "pass"
        return judgement.status if self.same else rejudge(judgement, self.limit)


class Uses:
    """Two tallies of one use of a check: what is counted of it, and what decides its objective.

    They are the same, save over a period: a flag counts whatever was outside at any time, and is decided at the end.
    """

    __slots__ = ("counted", "decided")

    def __init__(self, counted: Tally, decided: Tally) -> None:
        self.counted = counted
        self.decided = decided


class Desk:
    """Where one check is judged: its limit, its observations and its tallies.

    `verdicts` are those at the instant asked about; `shown` is what the observations say: over a month, how each
    subject was held throughout it. `corrected` are the subjects that were outside in the month and are not any more.
    """

    __slots__ = (
        "_check",
        "_month",
        "check",
        "corrected",
        "counts",
        "decisive",
        "end",
        "limit",
        "name",
        "observations",
        "own",
        "period",
        "reported",
        "shown",
        "tallies",
        "unread",
        "waivers",
        "window",
    )

    def __init__(
        self,
        name: str,
        window: Window | None,
        *,
        reported: bool,
        month: Month | None = None,
        waivers: Waivers | None = None,
    ) -> None:
        self.name = name
        self.check: Check = CHECKS[name]
        self.window = self.check.window
        self.limit = limit_of(window)
        self.reported = reported
        self.waivers = waivers
        self._check = self.check.judge
        self._month = month
        self.end = self.shown = Column((), ())
        self.observations: list[Observation] = []
        self.corrected: frozenset[Subject] = frozenset()
        self.own = Tally(self.limit, self.limit, informs=True)
        self.period = self.own if month is None else Tally(self.limit, self.limit, informs=True)
        # by limit, whether it informs, part, and whether the whole period counts
        self.tallies: dict[tuple[float, bool, str, bool], Tally] = {
            (self.limit.seconds, True, "", False): self.own,
            (self.limit.seconds, True, "", month is not None): self.period,
        }
        self.counts = False
        self.decisive = False
        self.unread = ""

    @property
    def verdicts(self) -> Sequence[Judgement]:
        """The verdicts at the instant asked about, in the order of the rows."""
        return self.end.verdicts

    def count_for(self, use: CheckUse, window: Window | None) -> Uses:
        """The tallies of one use of the check; uses that ask the same share them."""
        limit = limit_of(window) if use.window else self.limit
        self.counts = self.counts or use.role in COUNTED
        self.decisive = self.decisive or use.role in DECISIVE
        decided = self._tally(use, limit, throughout=False)
        if self._month is None or use.role not in THROUGHOUT:
            return Uses(decided, decided)
        return Uses(self._tally(use, limit, throughout=True), decided)

    def _tally(self, use: CheckUse, limit: Limit, *, throughout: bool) -> Tally:
        key = limit.seconds, use.role == "informs", use.part if self.check.split else "", throughout
        if key not in self.tallies:
            self.tallies[key] = Tally(limit, self.limit, informs=key[1], part=key[2])
        return self.tallies[key]

    def judge(self, rows: Sequence[Row]) -> None:
        """Judge every subject; one that is not in scope has its verdict."""
        check, limit = self._check, self.limit
        self._note(Column(rows, [row.outside or check(row, limit) for row in rows]))

    def judge_scene(self, subject: Subject, scene: Scene) -> None:
        """Judge the evidence as a whole."""
        self._note(Column((Whole(subject=subject),), [self._check(scene, self.limit)]))

    def _note(self, column: Column) -> None:
        self.end = self.shown = column
        month = self._month
        held = held_of(month, self.name)
        if month is not None and held:
            self.shown = column.throughout(held, month.period, self.limit)
            self.corrected = frozenset(row.subject for row in held.values() if corrected(row))
        if self.waivers is not None and self.waivers.speaks(self.name):
            for each in {id(row): row for row in (self.shown, self.end)}.values():
                each.waive(self.name, self.waivers)
        if self.reported:
            self.observations = self.shown.observations(self.name, self.window)
        self._count()

    def _count(self) -> None:
        waives = self.waivers is not None and self.waivers.speaks(self.name)
        for column, throughout in ((self.end, False), (self.shown, True)):
            tallies = [tally for key, tally in self.tallies.items() if key[3] == throughout]
            if not tallies:
                continue
            own = {**NOTHING, **Counter(map(_STATUS, column.verdicts))}
            minor = bool(own["fail"]) and any(map(_MINOR, column.verdicts))
            for tally in tallies:
                tally.add(column, own, minor=minor, waives=waives)
        if self.own.counts["unknown"]:
            self.unread = next((row.detail for row in self.verdicts if row.unread and row.status == "unknown"), "")

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
