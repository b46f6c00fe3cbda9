"""Checks on the baseline over a month: whether changes were watched, and whether it was reviewed after upgrades."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

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
from collector.assessment.monthly import at
from collector.assessment.words import listed, plural
from collector.model import Buildpack, Change, Interval, Month
from collector.model.base import Slim

_ENOUGH = 2
"""How many snapshots it takes to compare."""

_UPLOAD = "audit.buildpack.upload"
_SAVED = timedelta(hours=1)
"""How long after the event of an upload the buildpack's row may be changed by it."""

_NO_MONTH = not_applicable("no month was asked about")


def baseline_monitored(scene: Scene, limit: Limit) -> Judgement:
    """Snapshots were compared often enough, and every change is expected or somebody took note of it.

    Of a month, each snapshot is compared with the one before; a restage to the platform's version is expected, any
    other change needs the name of whoever took note of it, and the day. A change counts in the month by whose end it
    was found; one that was found only after it may belong to either, and is unknown here; so is what came after the
    last snapshot. What the platform changed is not judged. A change that came and went between two snapshots
    does not show; a snapshot that was taken away shows in the chain of manifests.
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
    end, newest = month.period.end, looks(month)[-1]
    if newest < end:
        yield f"what changed after {at(newest)} is not known: no later snapshot was compared"
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
    """That the platform came to offer another file of a buildpack: after `first`, by `last`.

    `first` None: nothing tells whether it came at all.
    """

    name: str
    first: datetime | None
    last: datetime
    evidence: tuple[str, ...] = ()


def baseline_reviewed(scene: Scene, _limit: Limit) -> Judgement:
    """The recorded baseline is not older than the last platform upgrade of the month that touched it.

    An upgrade touches it when the platform comes to offer another file of a buildpack that it names. Its instant comes
    from the audit event of the upload, else from the snapshots between which the file changed; a buildpack's last
    change is only an upper bound, because a new label changes it, too. Where neither tells that there was no other
    upgrade by the month's end, the verdict is unknown, unless the baseline is as new as that could be. Of the baseline
    only the day is known: one declared on the day of the upgrade counts as reviewed.
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
    # one of the month came by its end, whenever it was seen
    unclear = [row for row in rows if min(row.last, month.period.end).date() > baseline.declared]
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
    """Those that came or may have come in the month; an upload stands for what two snapshots saw of it."""
    uploads = list(_uploads(scene, buildpack))
    seen = [row for row in _shown(scene, buildpack) if not any(_is_within(upload, row) for upload in uploads)]
    begin, end = month.period.begin, month.period.end
    every = [*uploads, *seen, *_hidden(scene, month, buildpack)]
    yield from (row for row in every if row.last >= begin and (row.first is None or row.first < end))


def _is_within(upload: Upgrade, seen: Upgrade) -> bool:
    return seen.first is not None and seen.first < upload.last <= seen.last


def _hidden(scene: Scene, month: Month, buildpack: Buildpack) -> Iterator[Upgrade]:
    """An upgrade that may have come by the month's end, and that nothing tells of."""
    begin, end = month.period.begin, month.period.end
    if scene.snapshot.taken_at < end:
        yield Upgrade(name=buildpack.name, first=None, last=end)
    elif buildpack.updated_at >= begin and not _is_known(scene, month, buildpack):
        yield Upgrade(name=buildpack.name, first=None, last=min(buildpack.updated_at, end))


def _is_known(scene: Scene, month: Month, buildpack: Buildpack) -> bool:
    """Whether the last upgrade of the month is known: it brought the file that is offered now, or all were watched."""
    end = month.period.end
    seen = scene.first_seen.get((buildpack.guid, buildpack.filename or ""))
    watched = any(moment <= month.period.begin for moment in looks(month))
    if seen is not None and (watched or _bounded(seen, buildpack) < end):
        return True
    return any(row.last < end and buildpack.updated_at - row.last <= _SAVED for row in _uploads(scene, buildpack))


def _uploads(scene: Scene, buildpack: Buildpack) -> Iterator[Upgrade]:
    for event in scene.facts.events.get(buildpack.guid, ()):
        if event.type == _UPLOAD:
            at, evidence = event.created_at, (event.document,) if event.document else ()
            yield Upgrade(name=buildpack.name, first=at, last=at, evidence=evidence)


def _shown(scene: Scene, buildpack: Buildpack) -> Iterator[Upgrade]:
    for (guid, name), seen in scene.first_seen.items():
        if guid == buildpack.guid:
            last = _bounded(seen, buildpack) if name == buildpack.filename else seen.not_after
            yield Upgrade(name=buildpack.name, first=seen.not_before, last=last, evidence=seen.evidence)


def _bounded(seen: Interval, buildpack: Buildpack) -> datetime:
    """By when the file that is offered now came: the row's last change is not before it."""
    return min(seen.not_after, buildpack.updated_at) if buildpack.updated_at > seen.not_before else seen.not_after
