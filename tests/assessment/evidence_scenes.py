"""What the checks on the evidence look at, in October 2026, out of literal records."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from collector.assessment import Baseline, Declared
from collector.assessment.checks import CHECKS
from collector.assessment.checks.evidence import Scene
from collector.assessment.judgement import PASS, Judgement
from collector.assessment.limits import limit_of
from collector.assessment.unread import Unread
from collector.model import Change, Month, Period, Snapped, SourceRecord, Subject
from tests.assessment.builders import CATALOG, PYTHON, TOPICS, app, change, droplet, facts, snapshot

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=END)
READER = "cloud-controller"
JUDGED = "last"
APP = Subject(type="app", guid="a1", org="agency-a", space="prod", name="web")
BASELINE = Baseline(declared=date(2026, 9, 1), buildpacks=("python_buildpack",), stacks=("cflinuxfs4",))
DECLARED = Declared(baseline=BASELINE)


def at(day: int, hour: int = 0, minute: int = 0, second: int = 0, month: int = 10) -> datetime:
    """An instant of October, unless another month is named."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def taken(*moments: datetime, **changes: Any) -> tuple[Snapped, ...]:
    """Sound snapshots; each is called by its instant."""
    made = (Snapped(id=f"{moment:%d-%H%M%S}", taken_at=moment, sources=(READER,)) for moment in moments)
    return tuple(msgspec.structs.replace(row, **changes) for row in made)


def month(snapped: Iterable[Snapped] = (), changes: Iterable[Change] = (), period: Period = OCTOBER) -> Month:
    """A month of snapshots."""
    return Month(period=period, snapped=tuple(snapped), changes=tuple(changes))


def changed(what: str, since: datetime, until: datetime, **changes: Any) -> Change:
    """A change of one app between two snapshots."""
    values: dict[str, Any] = {"subject": APP, "before": "old", "after": "new"}
    return Change(what=what, between=(since, until), **(values | changes))


def source(skew: float | None = 1.5, name: str = READER) -> SourceRecord:
    """A source that was asked, with its clock minus ours in seconds."""
    return SourceRecord(name=name, endpoint="https://x", requests=4, documents=4, clock_skew_seconds=skew)


def scene(**changes: Any) -> Scene:
    """One app that runs as the baseline records, judged at the end of October; the platform changed nothing since."""
    known = facts([app()], [droplet()], buildpacks=(change(PYTHON, updated_at=at(1, month=8)),))
    values: dict[str, Any] = {
        "facts": known,
        "snapshot": snapshot(id=JUDGED, taken_at=END, finished_at=END, sources=(source(),)),
        "declared": DECLARED,
        "as_of": END,
        "read": Unread(TOPICS, ()),
        "windows": CATALOG.windows,
        "policy": "",
        "missing": (),
        "seen": 1,
        "undetermined": 0,
        "unread": 0,
        "compared": {"buildpack-approved": (PASS,), "settings-in-effect": (PASS,)},
    }
    return Scene(**(values | changes))


def judged(check: str, **changes: Any) -> Judgement:
    """The verdict of a check on a scene, held against the shipped window."""
    window = CHECKS[check].window
    return CHECKS[check].judge(scene(**changes), limit_of(CATALOG.windows[window] if window else None))
