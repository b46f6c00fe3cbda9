"""A month: how long subjects were inside and outside, accepted risks, and how months compare."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from collector.model.base import Slim, Value
from collector.model.subject import Subject


class Period(Value, frozen=True, kw_only=True):
    """A month, `begin` <= t < `end`; `name` is `2026-10`."""

    name: str
    begin: datetime
    end: datetime


class Breach(Slim, frozen=True, kw_only=True):
    """A stretch outside a window, within the period; `end` None: still open at the period's end.

    `since` is when it began, which may lie before the period.
    """

    begin: datetime
    end: datetime | None
    since: datetime


class Unseen(Slim, frozen=True, kw_only=True):
    """A stretch of which no evidence tells, and why."""

    begin: datetime
    end: datetime
    reason: str


class Held(Slim, frozen=True, kw_only=True):
    """How one subject was held against one window over a period.

    The hours add up to the period, less the time in which the check did not speak for the subject (stopped, not yet
    there, gone). `worst` is the greatest age in hours that is shown; `corrected_at` the end of the last breach that
    ended.
    """

    check: str
    subject: Subject
    window: str
    inside: float
    outside: float
    unknown: float
    breaches: tuple[Breach, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    worst: float | None = None
    corrected_at: datetime | None = None
    evidence: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is outside at the period's end."""
        return bool(self.breaches) and self.breaches[-1].end is None


class AcceptedRisk(Value, frozen=True, kw_only=True):
    """An exception as it is written: valid from 00:00 UTC of `starts` to the end of `expires` (UTC).

    `app` is a pattern org/space/app, `stemcell` one of line/version; one of them is given.
    """

    id: str
    controls: tuple[str, ...]
    rationale: str
    approver: str
    ticket: str
    starts: date
    expires: date
    app: str = ""
    stemcell: str = ""


class RiskLine(Value, frozen=True, kw_only=True):
    """What the reports show of an exception. `waives` counts the fails that it covers; `notes` say what is amiss.

    `state` is one of: active, unused, expired, not yet valid.
    """

    risk: AcceptedRisk
    state: Literal["active", "unused", "expired", "not yet valid"]
    waives: int = 0
    subjects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Snapped(Value, frozen=True, kw_only=True):
    """A snapshot of the period as the checks on the evidence see it: when, which sources spoke, whether it verified."""

    id: str
    taken_at: datetime
    sources: tuple[str, ...]
    silent: tuple[str, ...] = ()
    verified: bool = True
    problem: str = ""


class Change(Value, frozen=True, kw_only=True):
    """A difference between two snapshots in what runs; `expected` says why it needs nobody's word, "" that it does.

    `acknowledged` names who took note of it, "" nobody.
    """

    subject: Subject
    what: str
    before: str
    after: str
    between: tuple[datetime, datetime]
    expected: str = ""
    acknowledged: str = ""


class Difference(Slim, frozen=True, kw_only=True):
    """One check and subject in two runs. `months` counts how many months in a row it has failed.

    `kind`: new (outside now, not before) · fixed · repeated (outside in both) · changed (other statuses) ·
    not comparable (with the reason).
    """

    kind: Literal["new", "fixed", "repeated", "changed", "not comparable"]
    check: str
    subject: Subject
    before: str
    after: str
    months: int = 0
    reason: str = ""


class Figures(Slim, frozen=True, kw_only=True):
    """One measure over one month for one group; hours. `by` is "", org, space, buildpack or line; `group` its name.

    `name`: restage-age, buildpack-behind, packaging, deployment or total.
    """

    month: str
    name: str
    by: str = ""
    group: str = ""
    subjects: int = 0
    inside: int = 0
    unknown: int = 0
    p50: float | None = None
    p90: float | None = None
    most: float | None = None


class OpenItem(Slim, frozen=True, kw_only=True):
    """What is outside at the end of a month: one per check and component, its subjects inside.

    `opened` is the month in which it was first outside and still open, `months` how many since; `closed_at` is set in
    the month in which it is inside again.
    """

    check: str
    component: str
    opened: str
    months: int
    subjects: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    waived_by: str | None = None
    closed_at: datetime | None = None


class Failing(Slim, frozen=True, kw_only=True):
    """A subject that a check found outside, and for how many months in a row."""

    check: str
    subject: Subject
    months: int = 1


class MonthSummary(Value, frozen=True, kw_only=True):
    """summary.json of a report run: what later months need of this one, without its snapshots.

    `judged` are the checks that found any subject inside or outside; none where it is not told.
    """

    schema: str
    system: str
    month: str
    as_of: datetime
    tool: str
    inputs: Mapping[str, str]
    windows: Mapping[str, float | None]
    statuses: Mapping[str, str]
    figures: tuple[Figures, ...]
    failing: tuple[Failing, ...]
    items: tuple[OpenItem, ...]
    judged: tuple[str, ...] = ()


class Month(Value, frozen=True, kw_only=True):
    """What a month's snapshots say together, beside the state at its end.

    `held` by check and, of an app, its guid, of a stemcell, where it runs and its line (`production/cf/ubuntu-jammy`).
    `snapped` and `changes` oldest first; `previous` is the summary of the month before, `past` those of the twelve
    before, oldest first.
    """

    period: Period
    held: Mapping[tuple[str, str], Held] = {}
    snapped: tuple[Snapped, ...] = ()
    changes: tuple[Change, ...] = ()
    previous: MonthSummary | None = None
    past: tuple[MonthSummary, ...] = ()

    @property
    def latest(self) -> MonthSummary | None:
        """The newest summary that there is, of whatever month before."""
        return self.previous or (self.past[-1] if self.past else None)
