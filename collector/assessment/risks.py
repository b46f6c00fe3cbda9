"""Accepted risks: which one covers a fail, and what is amiss with each. A covered fail stays a fail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Final, Literal

from collector.assessment.catalog import printed
from collector.assessment.columns import Row, Stretch
from collector.assessment.limits import limit_of
from collector.assessment.patching.records import PatchRecord
from collector.assessment.tally import COUNTED, uses_in_scope
from collector.assessment.words import DAY, duration, listed, plural
from collector.model import AcceptedRisk, Control, Observation, RiskLine, Subject, Window

LENGTH: Final = "exception-length"
"""The window that says how long an exception may last at the most."""

SOON: Final = timedelta(days=30)
"""How long before its end an exception is said to expire soon; inclusive."""

State = Literal["active", "unused", "expired", "not yet valid"]


def begins(risk: AcceptedRisk) -> datetime:
    """The first instant at which an exception holds: 00:00 UTC of `starts`."""
    return datetime.combine(risk.starts, time(), UTC)


def ends(risk: AcceptedRisk) -> datetime:
    """The first instant at which it no longer holds: 00:00 UTC of the day after `expires`."""
    if risk.expires == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(risk.expires + timedelta(days=1), time(), UTC)


def holds(risk: AcceptedRisk, moment: datetime) -> bool:
    """Whether an exception is in force at an instant."""
    return begins(risk) <= moment < ends(risk)


class Accepted:
    """All exceptions, as the chosen controls see them at one instant.

    An exception covers a check where one of its controls counts it (or only shows it, where none of the chosen ones
    counts it). Without `stretches` it must be in force at the instant; with them, all the while of each that is over,
    and at the instant where one is not.
    """

    def __init__(self, risks: Iterable[AcceptedRisk], controls: Sequence[Control], scope: str, as_of: datetime) -> None:
        self.as_of = as_of
        self.risks = tuple(sorted(risks, key=lambda row: row.id))
        self._chosen = {control.id for control in controls}
        self._controls = {risk.id: {printed(name) or name for name in risk.controls} for risk in self.risks}
        self._speaks = _speakers(controls, scope)
        self._of: dict[str, frozenset[str]] = {}
        self._within: dict[tuple[str, str], tuple[tuple[AcceptedRisk, str], ...]] = {}
        self._overlaps: dict[str, set[str]] = {risk.id: self._same(risk) for risk in self.risks}
        self._lapsed: dict[str, set[tuple[str, Subject]]] = {risk.id: set() for risk in self.risks}

    def speaks(self, check: str) -> bool:
        """Whether any exception is about a check at all."""
        return bool(self._about(check))

    def waiver(self, check: str, row: Row, stretches: Sequence[Stretch] = ()) -> str | None:
        """The id of the exception that covers a fail, of several the one that expires last; None without one."""
        about = self._about(check)
        matching = [risk for risk in self._matching(row) if risk.id in about] if about else []
        if not matching:
            return None
        inside = [risk for risk in matching if self._in_force(risk, stretches)]
        if not inside:
            for risk in matching:
                self._lapsed[risk.id].add((check, row.subject))
            return None
        names = {risk.id for risk in inside}
        for risk in inside:
            self._overlaps[risk.id] |= names - {risk.id}
        return min(inside, key=lambda risk: (-risk.expires.toordinal(), risk.id)).id

    def lines(
        self, observations: Iterable[Observation], rows: Iterable[Row], windows: Mapping[str, Window]
    ) -> tuple[RiskLine, ...]:
        """What the reports show of each, by id; `rows` are all subjects that were looked at."""
        if not self.risks:
            return ()
        covered: dict[str, list[Subject]] = {risk.id: [] for risk in self.risks}
        for seen in observations:
            if seen.waived_by is not None:
                covered[seen.waived_by].append(seen.subject)
        idle = {name for name, subjects in covered.items() if not subjects}
        for row in rows if idle else ():
            idle -= {risk.id for risk in self._matching(row)}
        limit = limit_of(windows.get(LENGTH)).seconds
        return tuple(self._line(risk, covered[risk.id], limit, nowhere=risk.id in idle) for risk in self.risks)

    def _about(self, check: str) -> frozenset[str]:
        if check not in self._of:
            speaking = self._speaks.get(check, frozenset())
            self._of[check] = frozenset(name for name, controls in self._controls.items() if controls & speaking)
        return self._of[check]

    def _in_force(self, risk: AcceptedRisk, stretches: Sequence[Stretch]) -> bool:
        if not stretches:
            return holds(risk, self.as_of)
        return all(
            begins(risk) <= begin and end <= ends(risk) if end is not None else holds(risk, self.as_of)
            for begin, end in stretches
        )

    def _matching(self, row: Row) -> Iterable[AcceptedRisk]:
        subject = row.subject
        if subject.type == "app":
            named = self._in_space(subject.org, subject.space)
            return [risk for risk, pattern in named if fnmatchcase(subject.name, pattern)]
        names = _stemcells(row)
        return [risk for risk in self.risks if risk.stemcell and names and all(_fits(risk, name) for name in names)]

    def _in_space(self, org: str, space: str) -> tuple[tuple[AcceptedRisk, str], ...]:
        """The exceptions of one space, each with its pattern for the app's name."""
        key = org, space
        if key not in self._within:
            split = [(risk, risk.app.split("/", 2)) for risk in self.risks if risk.app]
            self._within[key] = tuple(
                (risk, parts[2]) for risk, parts in split if fnmatchcase(org, parts[0]) and fnmatchcase(space, parts[1])
            )
        return self._within[key]

    def _same(self, risk: AcceptedRisk) -> set[str]:
        """The others that say the same of the same, at the same time."""
        return {
            row.id
            for row in self.risks
            if row.id != risk.id
            and (row.app, row.stemcell) == (risk.app, risk.stemcell)
            and self._controls[row.id] & self._controls[risk.id]
            and row.starts <= risk.expires
            and risk.starts <= row.expires
        }

    def _line(self, risk: AcceptedRisk, subjects: Sequence[Subject], limit: float, *, nowhere: bool) -> RiskLine:
        notes = [*self._amiss(risk, limit), *self._without(risk, subjects, nowhere=nowhere)]
        return RiskLine(
            risk=risk,
            state=self._state(risk, bool(subjects)),
            waives=len(subjects),
            subjects=tuple(sorted({subject.label for subject in subjects})),
            notes=tuple(notes),
        )

    def _state(self, risk: AcceptedRisk, used: bool) -> State:  # noqa: FBT001  the one thing beside the dates
        if self.as_of < begins(risk):
            return "not yet valid"
        if self.as_of >= ends(risk):
            return "expired"
        return "active" if used else "unused"

    def _amiss(self, risk: AcceptedRisk, limit: float) -> Iterator[str]:
        """What its dates and the other exceptions say."""
        lasts = (ends(risk) - begins(risk)).total_seconds()
        if lasts > limit:
            yield f"over-long: lasts {duration(lasts)}, and {limit / DAY:g} days are the most"
        left = ends(risk) - self.as_of
        if self.as_of < begins(risk):
            yield f"holds from {risk.starts} on"
        elif left <= timedelta():
            yield f"expired at the end of {risk.expires}"
        elif left <= SOON:
            yield f"expires at the end of {risk.expires}, in {duration(left.total_seconds())}"
        if self._overlaps[risk.id]:
            yield f"overlaps with {listed(sorted(self._overlaps[risk.id]))}"

    def _without(self, risk: AcceptedRisk, subjects: Sequence[Subject], *, nowhere: bool) -> Iterator[str]:
        """What it does not cover."""
        lapsed = len(self._lapsed[risk.id])
        if lapsed:
            yield f"{plural(lapsed, 'fail')} that it names {'is' if lapsed == 1 else 'are'} not covered by its dates"
        if nowhere:
            yield "matches nothing that was looked at"
        elif not self._controls[risk.id] & self._chosen:
            yield "none of its controls was asked about"
        elif not subjects and not lapsed:
            yield "covers no fail"


def _speakers(controls: Sequence[Control], scope: str) -> dict[str, frozenset[str]]:
    """By check: the controls that count it, or those that show it where none counts it."""
    counting: dict[str, set[str]] = {}
    showing: dict[str, set[str]] = {}
    for control in controls:
        for use in uses_in_scope(control, scope):
            (counting if use.role in COUNTED else showing).setdefault(use.check, set()).add(control.id)
    return {name: frozenset(found) for name, found in (showing | counting).items()}


def _stemcells(row: Row) -> list[str]:
    """The stemcells that a subject is about, as line/version; of a notice the fix in each line it applies to."""
    if isinstance(row, PatchRecord):
        fixes = ((patch.line, patch.applied.first) for patch in row.lines)
        return [f"{line}/{fix.version if fix else ''}" for line, fix in fixes]
    return [row.subject.name] if row.subject.type == "stemcell" else []


def _fits(risk: AcceptedRisk, stemcell: str) -> bool:
    line, _, version = stemcell.partition("/")
    wanted_line, _, wanted = risk.stemcell.partition("/")
    return fnmatchcase(line, wanted_line) and fnmatchcase(version, wanted)
