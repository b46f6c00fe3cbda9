"""From counts to objectives, and from objectives to controls."""

from collections.abc import Iterable, Mapping, Sequence

from collector.assessment.catalog import Catalog
from collector.assessment.tally import COUNTED, DECISIVE, Desk, Tally, Uses, in_scope, uses_in_scope
from collector.assessment.words import plural
from collector.model import CheckCount, CheckUse, Control, ControlResult, Finding, Objective, Subject, System, Verdict
from collector.model.base import Value

_WORST: Sequence[Verdict] = ("not-satisfied", "not-assessed", "satisfied")


class Counted(Value, frozen=True, kw_only=True):
    """One use of a check with its counts; `decides` also when its flagging window is binding; `hole` as in Ledger.

    `tally` decides the objective, `shown` is what is printed; over a month they differ. `corrected` were outside in it.
    """

    use: CheckUse
    tally: Tally
    shown: Tally
    corrected: frozenset[Subject]
    window: str | None
    decides: bool
    hole: str

    @property
    def fails(self) -> int:
        """How many subjects fail."""
        return self.tally.counts["fail"]

    @property
    def unknowns(self) -> int:
        """How many subjects could not be judged."""
        return self.tally.counts["unknown"]

    @property
    def counts(self) -> bool:
        """Whether the use counts for its objective at all."""
        return self.decides or self.use.role == "detects"

    @property
    def applicable(self) -> int:
        """How many subjects the check speaks for."""
        return self.fails + self.unknowns + self.tally.counts["pass"]


class Ledger:
    """The counts of every use of every chosen control.

    A `hole` is what was not read so that subjects may be missing altogether: no verdict on the subjects that were seen
    can then show an objective satisfied. `attested` is what stands beside whatever is inherited.
    """

    def __init__(self, controls: Sequence[Control], catalog: Catalog, desks: Mapping[str, Desk], scope: str) -> None:
        self.attested = ""
        self.controls = controls
        self.scope = scope
        self._desks = desks
        self._catalog = catalog
        self.tallies: dict[str, list[tuple[CheckUse, Uses]]] = {}
        for control in controls:
            self.tallies[control.id] = [
                (use, desks[use.check].count_for(use, catalog.window(use))) for use in uses_in_scope(control, scope)
            ]

    def result(self, control: Control, system: System, holes: Mapping[str, str]) -> ControlResult:
        """The verdict on one control's tested objectives."""
        rows = [self._counted(use, tally, holes) for use, tally in self.tallies[control.id]]
        findings = tuple(self._finding(control, objective, rows, system) for objective in control.objectives)
        tested = [finding.status for finding in findings if finding.status in _WORST]
        return ControlResult(
            id=control.id,
            oscal_id=control.oscal_id,
            title=control.title,
            status=aggregate(tested),
            objectives_tested=len(tested),
            objectives_total=len(findings),
            parts={part: self._part(part, control, rows) for part in control.parts},
            objectives=findings,
            checks=tuple(_count(row) for row in rows),
            narrative=control.narrative,
            parameters=control.parameters,
        )

    def flagged(self) -> bool:
        """Whether anything is outside and not accepted, or could not be shown to be inside."""
        every = [row for rows in self.tallies.values() for row in rows]
        return any(
            (use.role in COUNTED and tally.counted.counts["fail"] > tally.counted.waived)
            or (use.role in DECISIVE and tally.counted.counts["unknown"])
            for use, tally in every
        )

    def _counted(self, use: CheckUse, tallies: Uses, holes: Mapping[str, str]) -> Counted:
        window = self._catalog.window(use)
        binding = use.role == "flags" and window is not None and window.binding
        return Counted(
            use=use,
            tally=tallies.decided,
            shown=tallies.counted,
            corrected=self._desks[use.check].corrected,
            window=window.name if window else None,
            decides=use.role == "decides" or binding,
            hole=holes.get(use.check, ""),
        )

    def _part(self, part: str, control: Control, rows: Sequence[Counted]) -> Verdict:
        """The verdict of the uses that speak for one part, over all objectives."""
        if not in_scope(part, self.scope):
            return "inherited" if part == "provider" else "not-tested"
        own = [row for row in rows if row.use.part == part and row.counts]
        verdicts = [decide(found)[0] for objective in control.objectives if (found := _for(objective, own))]
        return aggregate(verdict for verdict in verdicts if verdict in _WORST)

    def _finding(self, control: Control, objective: Objective, rows: Sequence[Counted], system: System) -> Finding:
        counted = _for(objective, [row for row in rows if row.counts])
        if counted:
            status, reason = decide(counted)
            reason += _corrected(_for(objective, rows)) if status == "satisfied" else ""
            reason += self._other_part(control, objective, system)
        elif in_scope(objective.part, self.scope):
            status, reason = "not-tested", "no check of this tool speaks for it"
        else:
            status, reason = self._elsewhere(objective, system)
        checks = tuple(dict.fromkeys(row.use.check for row in counted))
        return Finding(
            id=objective.id,
            status=status,
            checks=checks,
            text=objective.text,
            human=objective.human,
            part=objective.part,
            reason=reason,
        )

    def _elsewhere(self, objective: Objective, system: System) -> tuple[Verdict, str]:
        if objective.part == "provider":
            return "inherited", self._inherited(system)
        return "not-tested", "the customer's part, which this report does not answer for"

    def _inherited(self, system: System) -> str:
        source = system.leveraged or "the provider of the platform"
        return f"inherited from {source}, not observed here{self.attested}"

    def _other_part(self, control: Control, objective: Objective, system: System) -> str:
        """What is inherited of an objective of which the customer's part is tested."""
        counted = {"decides", "detects"}
        provided = any(
            use.part == "provider" and use.objective == objective.id and use.role in counted for use in control.checks
        )
        if not provided or in_scope("provider", self.scope):
            return ""
        return f"; the platform's part is {self._inherited(system)}"


def _for(objective: Objective, rows: Sequence[Counted]) -> list[Counted]:
    return [row for row in rows if row.use.objective == objective.id]


def decide(rows: Sequence[Counted]) -> tuple[Verdict, str]:
    """The verdict on one objective from the checks that count for it, and why."""
    deciding = [row for row in rows if row.decides]
    failing = [f"{row.use.check}: {_of(row.fails, row)} outside" for row in rows if row.fails]
    remarks = [
        f"{row.use.check}: {_of(row.unknowns, row)} could not be judged (remark)"
        for row in rows
        if not row.decides and row.unknowns
    ]
    if failing:
        return "not-satisfied", "; ".join([*failing, *remarks])
    opened = [f"{row.use.check}: {_of(row.unknowns, row)} could not be judged" for row in deciding if row.unknowns]
    opened += dict.fromkeys(row.hole for row in deciding if row.hole)
    if opened:
        return "not-assessed", "; ".join([*opened, *remarks])
    if not any(row.applicable for row in deciding):
        return "not-tested", "; ".join(["no subject that a deciding check speaks for", *remarks])
    shown = [f"{row.use.check}: {row.applicable} of {row.applicable} inside" for row in deciding if row.applicable]
    return "satisfied", "; ".join([*shown, *remarks])


def _corrected(rows: Sequence[Counted]) -> str:
    """What was outside in the month, and is not any more."""
    subjects = frozenset[Subject]().union(*(row.corrected for row in rows if row.use.role in COUNTED))
    return f"; satisfied, with corrected deviations: {len(subjects)}" if subjects else ""


def aggregate(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst verdict of tested objectives; `not-tested` when there is none."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST if verdict in found), "not-tested")


def _of(number: int, row: Counted) -> str:
    return f"{number} of {plural(row.applicable, 'subject')}"


def _count(row: Counted) -> CheckCount:
    counts = row.shown.counts
    return CheckCount(
        id=row.use.check,
        role=row.use.role,
        window=row.window,
        passed=counts["pass"],
        fail=counts["fail"],
        unknown=counts["unknown"],
        not_applicable=counts["not-applicable"],
        waived=row.shown.waived,
    )
