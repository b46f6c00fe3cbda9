"""The verdicts of one check on every subject, at an instant or over a whole period, and which fails are accepted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from collector.assessment.comparing import key_of
from collector.assessment.judgement import Judgement
from collector.assessment.limits import Limit
from collector.assessment.monthly import Gone, over_period, stretches
from collector.model import Held, Observation, Period, Subject
from collector.model.base import Slim

Stretch = tuple[datetime, datetime | None]
"""When a subject was outside; the end is None where it still is."""


class Row(Protocol):
    """One subject; `outside` is its verdict where no check speaks for it, `evidence` names documents."""

    @property
    def subject(self) -> Subject:
        """What is judged."""
        ...

    @property
    def outside(self) -> Judgement | None:
        """The verdict that stands for every check."""
        ...

    @property
    def evidence(self) -> tuple[str, ...]:
        """Names of documents."""
        ...


class Whole(Slim, frozen=True, kw_only=True):
    """The one subject of a check on the evidence as a whole."""

    subject: Subject
    evidence: tuple[str, ...] = ()
    outside: None = None


class Waivers(Protocol):
    """The accepted risks."""

    def speaks(self, check: str) -> bool:
        """Whether any of them is about a check at all."""
        ...

    def waiver(self, check: str, row: Row, stretches: Sequence[Stretch] = ()) -> str | None:
        """The id of the one that covers a fail: at the instant asked about, or for as long as it was outside."""
        ...


class Column:
    """The verdicts of one check, one for each row; `held` are those rows that a whole period was looked at for."""

    __slots__ = ("_ask", "_known", "held", "rows", "verdicts")

    def __init__(
        self, rows: Sequence[Row], verdicts: Sequence[Judgement], held: Mapping[int, Held] | None = None
    ) -> None:
        self.rows = rows
        self.verdicts = verdicts
        self.held = held or {}
        self._ask: Callable[[int], str | None] | None = None
        self._known: dict[int, str | None] = {}

    def waive(self, check: str, accepted: Waivers) -> None:
        """Let accepted risks cover fails."""
        if accepted.speaks(check):
            self._ask = lambda number: accepted.waiver(check, self.rows[number], self._stretches(number))

    def waived(self, number: int) -> str | None:
        """The accepted risk that covers the fail of a row, None where none does."""
        if self._ask is None:
            return None
        if number not in self._known:
            self._known[number] = self._ask(number)
        return self._known[number]

    def covered(self, numbers: Sequence[int]) -> int:
        """How many of some fails are accepted."""
        return 0 if self._ask is None else sum(self.waived(number) is not None for number in numbers)

    def observations(self, name: str, window: str | None) -> list[Observation]:
        """One for each row."""
        # most verdicts are plain: passing every default would cost twice the time
        every = [
            Observation(
                check=name,
                subject=row.subject,
                status=verdict.status,
                window=window,
                detail=verdict.detail,
                evidence=row.evidence,
            )
            if verdict.plain
            else _observation(name, window, row, verdict)
            for verdict, row in zip(self.verdicts, self.rows, strict=True)
        ]
        if self._ask is not None:
            for number, verdict in enumerate(self.verdicts):
                if verdict.status == "fail":
                    every[number] = replace(every[number], waived_by=self.waived(number))
        return every

    def throughout(self, held: Mapping[str, Held], period: Period, limit: Limit) -> "Column":
        """The verdicts on a whole period: also of what is gone by its end, by where it is and its name."""
        known = {key_of(row.subject) for row in self.rows}
        told: list[tuple[Row, Judgement, Held | None]] = []
        for row, end in zip(self.rows, self.verdicts, strict=True):
            own = held.get(key_of(row.subject))
            told.append((row, end if own is None else over_period(own, end, period, limit), own))
        gone = [own for key, own in held.items() if key not in known]
        told += [(Gone(subject=own.subject), over_period(own, None, period, limit), own) for own in gone]
        if gone:
            told.sort(key=lambda entry: _order(entry[0].subject))
        rows, verdicts = [entry[0] for entry in told], [entry[1] for entry in told]
        return Column(rows, verdicts, {number: own for number, (_, _, own) in enumerate(told) if own is not None})

    def _stretches(self, number: int) -> Sequence[Stretch]:
        own = self.held.get(number)
        return () if own is None else stretches(own)


def _order(subject: Subject) -> tuple[str, ...]:
    return subject.org, subject.space, subject.environment, subject.deployment, subject.name, subject.guid


def _observation(name: str, window: str | None, row: Row, verdict: Judgement) -> Observation:
    return Observation(
        check=name,
        subject=row.subject,
        status=verdict.status,
        window=window,
        measured=verdict.measured,
        over_hours=verdict.over,
        detail=verdict.detail,
        next_step=verdict.next_step,
        evidence=(*row.evidence, *verdict.evidence),
    )
