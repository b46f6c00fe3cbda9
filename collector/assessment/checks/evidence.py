"""Checks on the evidence itself: one verdict for the whole system."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from collector.assessment.checks.looks import Hole, holes, looks, within
from collector.assessment.declared import Acknowledged, Declared, Patterns, covers
from collector.assessment.judgement import Judgement, failed, hold, not_applicable, passed, unknown, worst
from collector.assessment.limits import Limit
from collector.assessment.monthly import at as to_the_second
from collector.assessment.monthly import month_words
from collector.assessment.patching.records import PatchRecord
from collector.assessment.staging import SKEW
from collector.assessment.unread import Unread
from collector.assessment.words import duration, hours, listed, plural
from collector.model import Facts, Interval, Measured, Month, Part, Snapshot, Subject, Window
from collector.model.base import Value

STATUS_CHECKS: Final = ("app-restage-age", "buildpack-current", "image-remediated")
"""What tells an app's patch status."""

BENCHMARKS: Final = ("restage", "os-patch", "flaw-remediation")

NOTHING_EARLIER: Final = not_applicable("nothing to compare with yet")
_TAKEN: Final = "snapshot.taken_at"
_TAKE: Final = "collect snapshot"


class Scene(Value, frozen=True, kw_only=True):
    """What the checks on the evidence look at.

    `undetermined` counts apps for which one of STATUS_CHECKS is unknown, `unread` those of them where evidence was not
    read; `seen` counts the apps; `missing` names the declared spaces that are not visible. `parts` are those in scope;
    `restaged` counts the customer's remediations of the period whose time was measured, `unmeasured` names the others;
    `patches` are the notices, `below` says why what lies below the applications was not read, or "". `month` is the one
    asked about, `acknowledged` are the changes in it that somebody took note of. `compared` holds the verdicts of the
    checks that compare an app with the baseline (empty: they were not asked), `first_seen` says when each platform
    buildpack's file, by guid and name, first showed in a snapshot.
    """

    facts: Facts
    snapshot: Snapshot
    declared: Declared
    as_of: datetime
    read: Unread
    windows: Mapping[str, Window]
    policy: str
    missing: Sequence[str]
    seen: int
    undetermined: int
    unread: int
    parts: frozenset[Part] = frozenset({"customer"})
    restaged: int = 0
    unmeasured: Sequence[Subject] = ()
    patches: Sequence[PatchRecord] = ()
    below: str = ""
    month: Month | None = None
    acknowledged: tuple[Acknowledged, ...] = ()
    compared: Mapping[str, Sequence[Judgement]] = {}
    first_seen: Mapping[tuple[str, str], Interval] = {}


def inventory_current(scene: Scene, limit: Limit) -> Judgement:
    """The newest snapshot is no older than the determination frequency; no stretch of a month without one was longer.

    Of a month, the stretches count from the last snapshot before it to its end, and a month in which none was taken
    fails. Only snapshots that verify and show applications count. Where none is known before the month, how long the
    first stretch lasted is unknown; so taking a snapshot away never makes this pass. The instants are exact, and a
    stretch as long as the limit is inside.
    """
    if scene.month is not None:
        return _throughout(scene, scene.month, limit)
    if scene.seen == 0:
        return unknown("no application is visible", unread=True)
    at = scene.snapshot.taken_at
    seconds = (scene.as_of - at).total_seconds()
    measured = Measured(hours=hours(seconds), not_before=at, not_after=at, source=_TAKEN)
    evidence = own_digest(scene)
    span = (seconds, seconds)
    if -seconds > SKEW.total_seconds():
        detail = f"the snapshot was taken {duration(-seconds)} after the instant asked about"
        return Judgement(status="unknown", measured=measured, detail=detail, spans=(None,), evidence=evidence)
    status = hold(span, limit.seconds)
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=(span,), evidence=evidence)
    over = seconds - limit.seconds
    return Judgement(
        status=status,
        measured=measured,
        over=hours(over),
        detail=f"last snapshot {duration(seconds)} ago, {duration(over)} outside the {limit.words} window",
        next_step=_TAKE,
        spans=(span,),
        evidence=evidence,
    )


def own_digest(scene: Scene) -> tuple[str, ...]:
    """The name under which the judged snapshot is cited."""
    return (f"sha256:{scene.snapshot.sha256}",) if scene.snapshot.sha256 else ()


def never_looked(month: Month) -> str:
    """That no snapshot of a month counts, in words, or ""."""
    if within(looks(month), month.period):
        return ""
    damaged = within([row.taken_at for row in month.snapped if not row.verified], month.period)
    words = f"no snapshot was taken in {month_words(month.period)}"
    return words + (f" that verifies ({plural(len(damaged), 'other')} does not)" if damaged else "")


def stretch_words(hole: Hole, limit: Limit) -> str:
    """A stretch that is longer than a limit."""
    since = f"from {to_the_second(hole.begin)}" if hole.sure else f"from {to_the_second(hole.begin)} at the latest"
    until = f"to {to_the_second(hole.end)}"
    over = duration(hole.seconds - limit.seconds)
    return f"no snapshot for {duration(hole.seconds)}, {since} {until}: {over} outside the {limit.words} window"


def unsure_words(hole: Hole, month: Month) -> str:
    """A stretch of which the beginning is not known."""
    period = month_words(month.period)
    return (
        f"no snapshot before {period} is known: how long none was taken before {to_the_second(hole.end)} cannot be said"
    )


def _throughout(scene: Scene, month: Month, limit: Limit) -> Judgement:
    """Whether a month was looked at often enough."""
    evidence = own_digest(scene)
    never = never_looked(month)
    if never:
        return failed(never, _TAKE, evidence=evidence)
    if scene.seen == 0:
        return unknown("no application is visible", unread=True)
    found = holes(month)
    spans = tuple(hole.span for hole in found)
    status = worst(hold(span, limit.seconds) for span in spans)
    longest = max(found, key=lambda hole: (hole.seconds, hole.begin))
    measured = (
        Measured(hours=hours(longest.seconds), not_before=longest.begin, not_after=longest.begin, source=_TAKEN)
        if longest.sure
        else None
    )
    if status == "pass":
        return Judgement(status=status, measured=measured, spans=spans, evidence=evidence)
    if status == "unknown":
        detail = unsure_words(found[0], month)
        return Judgement(status=status, measured=measured, detail=detail, spans=spans, evidence=evidence)
    return Judgement(
        status=status,
        measured=measured,
        over=hours(longest.seconds - limit.seconds),
        detail=stretch_words(longest, limit),
        next_step=_TAKE,
        spans=spans,
        evidence=evidence,
    )


def status_determined(scene: Scene, _limit: Limit) -> Judgement:
    """The patch status of every app could be determined, whatever it is."""
    if scene.seen == 0:
        return unknown("no application is visible", unread=True)
    if scene.undetermined:
        detail = f"the status of {plural(scene.undetermined, 'application')} could not be determined"
        return unknown(detail, unread=bool(scene.unread))
    return passed()


def inventory_complete(scene: Scene, _limit: Limit) -> Judgement:
    """Every space of the declared boundary is visible, every page was read, and the counts agree."""
    if not scene.declared.boundary_spaces:
        return not_applicable("no boundary is declared")
    evidence = tuple(dict.fromkeys((*scene.facts.documents.get("spaces", ()), *scene.facts.documents.get("apps", ()))))
    if scene.missing:
        detail = f"declared but not visible: {listed(scene.missing)}"
        return unknown(detail, "collect doctor", unread=True, evidence=evidence)
    reason = scene.read.topic("spaces") or scene.read.topic("apps") or _left_out(scene)
    if reason:
        return unknown(reason, unread=True, evidence=evidence)
    listed_apps, counted = scene.facts.apps_listed, scene.facts.apps_counted
    if counted is None:
        return unknown("the number of applications was not read", unread=True, evidence=evidence)
    if counted > listed_apps:
        detail = f"{plural(listed_apps, 'application')} listed, {counted} counted: the walk was not complete"
        return unknown(detail, "collect snapshot", unread=True, evidence=evidence)
    return passed(evidence)


def _left_out(scene: Scene) -> str:
    """The spaces of the boundary whose apps a narrowed snapshot did not ask for, as a sentence, or ""."""
    orgs, spaces = (tuple(scene.snapshot.scope.get(name, ())) for name in ("orgs", "spaces"))
    read = Patterns(org=orgs, space=spaces)
    inside = (space for space in scene.facts.spaces.values() if covers(scene.declared.boundary_spaces, space.path))
    left_out = sorted(space.path for space in inside if not read.admit_space(space))
    return f"the snapshot was narrowed, and left out: {listed(left_out)}" if left_out else ""


def evidence_retained(scene: Scene, _limit: Limit) -> Judgement:
    """Every earlier snapshot that tells of the month was read back, and is what its manifest says.

    A snapshot that is gone altogether cannot be read back: it shows as a hole in the chain of manifests, each of which
    names the one before by its digest. This check looks at the snapshots that are there.
    """
    earlier = [row for row in scene.month.snapped if row.id != scene.snapshot.id] if scene.month else []
    if not earlier:
        return NOTHING_EARLIER
    damaged = [f"{row.id} ({row.problem})" if row.problem else row.id for row in earlier if not row.verified]
    if damaged:
        number = f"{len(damaged)} of {plural(len(earlier), 'earlier snapshot')}"
        verb = "does" if len(damaged) == 1 else "do"
        detail = f"{number} {verb} not verify: {listed(damaged)}"
        return failed(detail, "bring them back from a copy, and keep what is there", evidence=own_digest(scene))
    return passed(own_digest(scene))


def benchmarks_set(scene: Scene, _limit: Limit) -> Judgement:
    """The policy holds benchmarks for corrective action, each with its authority."""
    evidence = (scene.policy,) if scene.policy else ()
    lacking = [name for name in BENCHMARKS if not _is_benchmark(scene.windows.get(name))]
    if lacking:
        return failed(f"no limit with an authority: {listed(lacking)}", "add it to the policy", evidence=evidence)
    return passed(evidence)


def _is_benchmark(window: Window | None) -> bool:
    return window is not None and window.limit_hours is not None and bool(window.authority)
