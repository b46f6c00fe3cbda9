"""Checks on the baseline over a month: whether changes were watched, and whether it was reviewed after upgrades."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from collector.assessment.changes import heeded
from collector.assessment.checks.accuracy import without_baseline
from collector.assessment.checks.evidence import (
    NOTHING_EARLIER,
    Scene,
    never_looked,
    own_digest,
    stretch_words,
    unsure_words,
)
from collector.assessment.checks.looks import holes, looks
from collector.assessment.judgement import Judgement, failed, hold, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.words import listed, plural
from collector.model import Buildpack, Change, Month
from collector.model.base import Slim

_ENOUGH = 2
"""How many snapshots it takes to compare."""

_UPLOAD = "audit.buildpack.upload"
_OFFERED = "platform buildpack"
_NO_MONTH = not_applicable("no month was asked about")


def baseline_monitored(scene: Scene, limit: Limit) -> Judgement:
    """Snapshots were compared often enough, and every change is expected or somebody took note of it.

    Of a month, each snapshot is compared with the one before; a restage to the platform's version is expected, any
    other change needs a name, a date and, where there is one, a ticket. A change counts in the month in which it was
    found; one that was found only after the month's end may belong to either, and is unknown here. What the platform
    changed is not judged. A change that came and went between two snapshots does not show; a snapshot that was taken
    away shows in the chain of manifests.
    """
    month = scene.month
    if month is None or len(looks(month)) < _ENOUGH:
        return NOTHING_EARLIER
    fails = list(_unwatched(scene, month, limit))
    evidence = own_digest(scene)
    if fails:
        return failed(
            "; ".join(fails), "undo what nobody wanted, and write down who took note of the rest", evidence=evidence
        )
    reason = scene.read.topic("apps") or scene.read.topic("droplets")
    if reason:
        return unknown(reason, unread=True, evidence=evidence)
    doubts = list(_doubtful(scene, month, limit))
    return unknown("; ".join(doubts), evidence=evidence) if doubts else passed(evidence)


def _unwatched(scene: Scene, month: Month, limit: Limit) -> Iterator[str]:
    """What was certainly not watched: the month, a stretch of it, a change."""
    never = never_looked(month)
    if never:
        yield never
    else:
        outside = [hole for hole in holes(month) if hold(hole.span, limit.seconds) == "fail"]
        yield from (stretch_words(hole, limit) for hole in outside)
    period = month.period
    found = [row for row in _unheeded(scene, month) if period.begin < row.between[1] <= period.end]
    if found:
        yield f"nobody took note of {plural(len(found), 'change')}: {listed(map(_said, found))}"


def _doubtful(scene: Scene, month: Month, limit: Limit) -> Iterator[str]:
    """What may not have been watched."""
    unsure = [hole for hole in holes(month) if hold(hole.span, limit.seconds) == "unknown"]
    yield from (unsure_words(hole, month) for hole in unsure)
    end = month.period.end
    late = [row for row in _unheeded(scene, month) if row.between[0] < end < row.between[1]]
    if late:
        number = plural(len(late), "change")
        yield f"{number} that nobody took note of may belong to the month or to the next: {listed(map(_said, late))}"


def _unheeded(scene: Scene, month: Month) -> list[Change]:
    own = [row for row in month.changes if row.subject.type == "app"]
    return [row for row in own if not heeded(row, scene.acknowledged)]


def _said(change: Change) -> str:
    values = f"{change.before or 'nothing'} to {change.after or 'nothing'}"
    return f"{change.subject.label}: {change.what}, {values}"


# ---------------------------------------------------------------- whether it was reviewed after upgrades


class Upgrade(Slim, frozen=True, kw_only=True):
    """That the platform came to offer another file of a buildpack: after `first` (None: not known), by `last`."""

    name: str
    first: datetime | None
    last: datetime
    evidence: tuple[str, ...] = ()


def baseline_reviewed(scene: Scene, _limit: Limit) -> Judgement:
    """The recorded baseline is not older than the last platform upgrade of the month that touched it.

    An upgrade touches it when the platform comes to offer another file of a buildpack that it names. Its instant comes
    from the audit event of the upload, else from the snapshots between which the file changed; a buildpack's last
    change is only an upper bound, because a new label changes it, too. Of the baseline only the day is known: one
    declared on the day of the upgrade counts as reviewed.
    """
    absent = without_baseline(scene)
    baseline, month = scene.declared.baseline, scene.month
    if absent is not None or baseline is None or month is None:
        return absent or _NO_MONTH
    reason = scene.read.topic("buildpacks")
    if reason:
        return unknown(reason, unread=True)
    named = [row for row in scene.facts.buildpacks if row.name in baseline.buildpacks]
    rows = [row for buildpack in named for row in _upgrades(scene, month, buildpack)]
    documents = (*(row.document for row in named), *(name for row in rows for name in row.evidence))
    evidence = tuple(dict.fromkeys(filter(None, documents)))
    after = [row for row in rows if _is_later(row, baseline.declared, month.period.end)]
    if after:
        detail = f"the baseline of {baseline.declared} is older than {listed(_dates(after))}"
        return failed(detail, "review the baseline and declare it anew", evidence=evidence)
    unclear = [row for row in rows if row.last.date() > baseline.declared]
    if unclear:
        detail = f"whether the baseline of {baseline.declared} is older cannot be said of {listed(_dates(unclear))}"
        return unknown(detail, evidence=evidence)
    return passed(evidence)


def _is_later(upgrade: Upgrade, declared: date, end: datetime) -> bool:
    """Whether an upgrade came by the month's end and certainly after the day of the baseline."""
    return upgrade.first is not None and upgrade.last <= end and upgrade.first.date() > declared


def _dates(upgrades: Iterable[Upgrade]) -> list[str]:
    """Each upgrade with the day or days on which it may have come, each once."""
    return sorted({f"{row.name}, upgraded {_between(row)}" for row in upgrades})


def _between(upgrade: Upgrade) -> str:
    if upgrade.first is None:
        return f"by {upgrade.last.date()} if at all"
    days = sorted({upgrade.first.date(), upgrade.last.date()})
    return f"on {days[0]}" if len(days) == 1 else f"between {days[0]} and {days[1]}"


def _upgrades(scene: Scene, month: Month, buildpack: Buildpack) -> Iterator[Upgrade]:
    """Those that may have come in the month; without a better witness the row's own last change bounds the last."""
    uploads = list(_uploads(scene, buildpack))
    seen = [*_shown(scene, buildpack), *_changes(month, buildpack)]
    every = [*uploads, *(row for row in seen if not any(_within(upload, row) for upload in uploads))]
    if not _is_dated(scene, buildpack):
        every.append(Upgrade(name=buildpack.name, first=None, last=buildpack.updated_at))
    begin, end = month.period.begin, month.period.end
    yield from (row for row in every if row.last > begin and (row.first is None or row.first < end))


def _within(upload: Upgrade, seen: Upgrade) -> bool:
    """Whether an upload is what two snapshots saw."""
    return seen.first is not None and seen.first < upload.last <= seen.last


def _is_dated(scene: Scene, buildpack: Buildpack) -> bool:
    """Whether something tells when the file that is offered now came."""
    return any(_uploads(scene, buildpack)) or (buildpack.guid, buildpack.filename or "") in scene.first_seen


def _uploads(scene: Scene, buildpack: Buildpack) -> Iterator[Upgrade]:
    for event in scene.facts.events.get(buildpack.guid, ()):
        if event.type == _UPLOAD:
            yield Upgrade(
                name=buildpack.name, first=event.created_at, last=event.created_at, evidence=(event.document,)
            )


def _shown(scene: Scene, buildpack: Buildpack) -> Iterator[Upgrade]:
    for (guid, _), seen in scene.first_seen.items():
        if guid == buildpack.guid:
            yield Upgrade(name=buildpack.name, first=seen.not_before, last=seen.not_after, evidence=seen.evidence)


def _changes(month: Month, buildpack: Buildpack) -> Iterator[Upgrade]:
    for change in month.changes:
        told = change.subject.type == "system" and change.what.startswith(_OFFERED)
        if told and buildpack.name in (*change.what.split(), change.subject.name):
            yield Upgrade(name=buildpack.name, first=change.between[0], last=change.between[1])
