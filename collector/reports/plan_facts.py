"""What the workbooks of a plan of action say of an item beside what `poam.json` says: looked up once, then by item."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from collector.assessment.items import label_of
from collector.assessment.monthly import held_as
from collector.model import Assessment, Held, Observation, PatchLine, RiskLine, StemcellLine
from collector.reports import oscal
from collector.reports.plan_items import DUE, Told, deadline, month_begin, month_end

_COUNTING: Final = ("decides", "detects", "flags")
_CONFIGURATION: Final = frozenset({"CM-2", "CM-6", "CM-6(1)"})
_NEW_YORK: Final = ZoneInfo("America/New_York")
_STEPS: Final = 10


class PlanFacts:
    """Looks up what belongs to an item of one assessment."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        printed = {control.oscal_id: control.id for control in assessment.controls}
        self._controls = {
            check: tuple(printed[name] for name in names) for check, names in oscal.controls_of(assessment).items()
        }
        self._counting: dict[str, set[str]] = defaultdict(set)
        for control in assessment.controls:
            for count in control.checks:
                if count.role in _COUNTING:
                    self._counting[count.id].add(control.id)
        self._patches = {label_of(patch.subject): patch for patch in assessment.patches}
        lines: list[PatchLine | StemcellLine] = [*assessment.patches, *assessment.stemcells]
        self._published = {
            label_of(line.subject): stage.not_before
            for line in lines
            if (stage := line.stages.get("published")) is not None
        }
        self._owners = {line.subject.guid: line.owner for line in assessment.applications}
        self._risks = {line.risk.id: line for line in assessment.risks}
        self._exploited = {label_of(row.subject): row.status for row in assessment.observations if row.check == DUE}
        self._held: dict[tuple[str, str], Held] = {}
        for held in assessment.month.held.values() if assessment.month is not None else ():
            self._held[held.check, label_of(held.subject)] = held

    def controls(self, told: Told) -> tuple[str, ...]:
        """The controls of its check as they are printed (SI-2, CM-2(2)), as `poam.json` names them."""
        return self._controls.get(told.item.check, ())

    def deciding(self, told: Told) -> tuple[str, ...]:
        """Those of them for which the check counts, and does not only inform."""
        counting = self._counting.get(told.item.check, set())
        return tuple(name for name in self.controls(told) if name in counting)

    def is_configuration(self, told: Told) -> bool:
        """Whether its check counts for CM-2, CM-6 and CM-6(1) only: then it is a configuration finding."""
        found = self.deciding(told)
        return bool(found) and _CONFIGURATION.issuperset(found)

    def risk(self, told: Told) -> RiskLine | None:
        """The accepted risk that covers it, where there is one and it is known."""
        return self._risks.get(told.item.waived_by or "")

    def detected(self, told: Told) -> datetime:
        """When it was first outside.

        The earliest breach of its subjects that is known, if it began before the end of the month in which the item
        opened (a later one is another breach of an item that was open already); else the first day of that month, or
        when the first of its notices or stemcells was published in it: nobody can have found it before.
        """
        begin, end = month_begin(told.item.opened), month_end(told.item.opened)
        since = [breach.since for held in self._held_of(told) for breach in held.breaches if breach.since < end]
        if since:
            return min(since)
        published = [self._published[label] for label in told.item.subjects if label in self._published]
        return max(begin, min((at for at in published if at < end), default=begin))

    def _held_of(self, told: Told) -> Iterator[Held]:
        """By the label in the item, and by the subject: a stemcell is held by the place where its line runs."""
        check = told.item.check
        for label in told.item.subjects:
            if (check, label) in self._held:
                yield self._held[check, label]
        for subject in told.subjects:
            held = held_as(self.assessment.month, check, subject)
            if held is not None:
                yield held

    def due(self, told: Told) -> date | None:
        """The day of the deadline that `poam.json` has, None of what is closed.

        That of a known exploited vulnerability ends in New York, where it is one day earlier than in UTC.
        """
        instant = None if told.item.closed_at else deadline(self.assessment, told.item)
        if instant is None:
            return None
        return instant.astimezone(_NEW_YORK if told.item.check == DUE else UTC).date()

    def patches(self, told: Told) -> tuple[PatchLine, ...]:
        """The notices that it is about."""
        return tuple(self._patches[label] for label in told.item.subjects if label in self._patches)

    def exploited_due(self, told: Told) -> date | None:
        """The first due date of the known exploited vulnerabilities that it is about; None where there is none."""
        due = min((patch.due for patch in self.patches(told) if patch.due is not None), default=None)
        return None if due is None else due.astimezone(_NEW_YORK).date()

    def exploited(self, told: Told) -> bool | None:
        """Whether a vulnerability of it is known to be exploited; None of no notice, or where that is not known."""
        if self.exploited_due(told) is not None:
            return True
        found = [self._exploited.get(label_of(patch.subject)) for patch in self.patches(told)]
        return False if found and set(found) == {"not-applicable"} else None

    def cves(self, told: Told) -> tuple[str, ...]:
        """The vulnerabilities of its notices."""
        return tuple(dict.fromkeys(cve for patch in self.patches(told) for cve in patch.cves))

    def vendor(self, told: Told) -> bool | None:
        """Whether it waits for somebody outside the system: None where nothing says whose part it is.

        The one who held a patch longest, else the one that the window is attributed to: upstream always is outside, the
        platform is so for a system that only uses it.
        """
        outside = {"upstream", "platform"} if self.assessment.system.scope == "customer" else {"upstream"}
        parties = {self._party(row) for row in told.rows if row.status != "pass"} or {
            self._party(row) for row in told.rows
        }
        if not parties - {""}:
            return None
        return not parties.isdisjoint(outside)

    def _party(self, row: Observation) -> str:
        patch = self._patches.get(label_of(row.subject))
        window = self.assessment.windows.get(row.window or "")
        return (patch.held_by if patch else "") or (window.attributed_to if window else "")

    def owners(self, told: Told) -> tuple[str, ...]:
        """Who owns its applications, as far as they say."""
        found = (self._owners.get(subject.guid, "") for subject in told.subjects if subject.guid)
        return tuple(dict.fromkeys(owner for owner in found if owner))

    def assets(self, told: Told) -> tuple[str, ...]:
        """Its subjects, each with its guid where it has one: by that the inventory knows it."""
        guids: dict[str, list[str]] = defaultdict(list)
        for subject in told.subjects:
            if subject.guid:
                guids[label_of(subject)].append(subject.guid)
        return tuple(
            f"{label} ({', '.join(guids[label])})" if label in guids else label for label in told.item.subjects
        )

    def description(self, told: Told) -> str:
        """What is wrong, and what should hold."""
        item = told.item
        asked = self.assessment.checks.get(item.check, item.check).rstrip(". ")
        number = len(item.subjects)
        subjects = "1 subject" if number == 1 else f"{number} subjects"
        return f"{item.component}: {subjects}; {told.state}. It should hold: {asked}."

    def plan(self, told: Told) -> tuple[str, ...]:
        """The next steps, those of a long list as far as one reads it; of what is closed, nothing is left to do."""
        if told.item.closed_at is not None:
            return ("No subject is outside any more.",)
        steps = told.steps
        more = len(steps) - _STEPS
        return (*steps[:_STEPS], f"for {more} more see the action plan") if more > 0 else steps

    def windows(self, told: Told) -> tuple[str, ...]:
        """The windows that its check measures against, with their authority."""
        names = dict.fromkeys(row.window for row in told.rows if row.window)
        known = self.assessment.windows
        return tuple(f"Window {name}: {known[name].authority}" for name in names if name in known)


def day_of(day: date | datetime | None) -> datetime | None:
    """A day, or the day of an instant in UTC, as the first instant of that day, for a cell that shows a date."""
    if day is None:
        return None
    if isinstance(day, datetime):
        day = day.astimezone(UTC).date()
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
