"""Checks on the evidence itself: one verdict for the whole system."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from collector.assessment.declared import Declared, Patterns, covers
from collector.assessment.judgement import Judgement, failed, hold, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.patching.records import PatchRecord
from collector.assessment.staging import SKEW
from collector.assessment.unread import Unread
from collector.assessment.words import duration, hours, listed, plural
from collector.model import Facts, Measured, Part, Snapshot, Subject, Window
from collector.model.base import Value

STATUS_CHECKS: Final = ("app-restage-age", "buildpack-current", "image-remediated")
"""What tells an app's patch status."""

BENCHMARKS: Final = ("restage", "os-patch", "flaw-remediation")


class Scene(Value, frozen=True, kw_only=True):
    """What the checks on the evidence look at.

    `undetermined` counts apps for which one of STATUS_CHECKS is unknown, `unread` those of them where evidence was not
    read; `seen` counts the apps; `missing` names the declared spaces that are not visible. `parts` are those in scope;
    `restaged` counts the customer's remediations of the period whose time was measured, `unmeasured` names the others;
    `patches` are the notices, `below` says why what lies below the applications was not read, or "".
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


def inventory_current(scene: Scene, limit: Limit) -> Judgement:
    """The newest snapshot is no older than the determination frequency."""
    if scene.seen == 0:
        return unknown("no application is visible", unread=True)
    at = scene.snapshot.taken_at
    seconds = (scene.as_of - at).total_seconds()
    measured = Measured(hours=hours(seconds), not_before=at, not_after=at, source="snapshot.taken_at")
    evidence = (f"sha256:{scene.snapshot.sha256}",) if scene.snapshot.sha256 else ()
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
        next_step="collect snapshot",
        spans=(span,),
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


def benchmarks_set(scene: Scene, _limit: Limit) -> Judgement:
    """The policy holds benchmarks for corrective action, each with its authority."""
    evidence = (scene.policy,) if scene.policy else ()
    lacking = [name for name in BENCHMARKS if not _is_benchmark(scene.windows.get(name))]
    if lacking:
        return failed(f"no limit with an authority: {listed(lacking)}", "add it to the policy", evidence=evidence)
    return passed(evidence)


def _is_benchmark(window: Window | None) -> bool:
    return window is not None and window.limit_hours is not None and bool(window.authority)
