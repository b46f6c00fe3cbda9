"""The apps of a month, folded from its snapshots one at a time."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from collector.assessment.checks.buildpacks import buildpack_current
from collector.assessment.declared import Declared, Patterns
from collector.assessment.judgement import Judgement
from collector.assessment.limits import Limit, limit_of
from collector.assessment.period.life import Lag, Life, Sight
from collector.assessment.period.pieces import (
    Stretch,
    breaches,
    clipped,
    hours_of,
    stretches,
    unseen,
    worst,
)
from collector.assessment.subjects import AppRecord, Platform, records
from collector.model import Change, Droplet, Facts, Held, Period, Snapped, Snapshot, Window

AGE, CURRENT = "app-restage-age", "buildpack-current"
RESTAGE = "restage"
_MAPPED = "audit.app.droplet.mapped"
_STAGED = ("audit.app.build.staged", "audit.app.droplet.create")


class Timeline:
    """What the snapshots of a month say of each app over time.

    `add` them oldest first (it raises ValueError otherwise), each at most once; nothing of their facts is held but what
    each app ran. `windows` are the catalog's.
    """

    def __init__(
        self, period: Period, *, declared: Declared, patterns: Patterns, windows: Mapping[str, Window]
    ) -> None:
        self.period = period
        self._declared = declared
        self._patterns = patterns
        self._windows = windows
        self._limit: Limit = limit_of(windows.get(RESTAGE))
        self._lives: dict[str, Life] = {}
        self._snapped: list[Snapped] = []
        self._newest: datetime | None = None
        # What ran at the end of the period, as the last snapshot before it showed it.
        self._droplets: dict[str, Droplet] = {}
        self._runs: dict[str, dict[str, str]] = {}
        self._changes: list[Change] = []

    def add(self, facts: Facts, snapshot: Snapshot) -> None:
        """Fold one snapshot in."""
        at = snapshot.taken_at
        if self._newest is not None and at < self._newest:
            raise ValueError("snapshots are added oldest first")
        self._snapped.append(_snapped(snapshot))
        if not {"apps", "droplets"} <= facts.read:
            return  # no look: what it does not show may be there
        gaps = tuple(gap for source in snapshot.sources for gap in source.gaps)
        platform = Platform(facts, (*gaps, *facts.gaps), self._declared, at, snapshot.finished_at)
        seen = set()
        droplets: dict[str, Droplet] = {}
        for record in records(platform, self._patterns):
            seen.add(record.app.guid)
            life = self._lives.get(record.app.guid)
            if life is None:
                life = self._lives[record.app.guid] = Life(record.subject, record.app.created_at)
            self._note_changes(record, life, at)
            life.see(self._sight(record, at))
            life.subject = record.subject
            _remember(life, facts, record)
            if record.droplet is not None and at <= self.period.end:
                droplets[record.app.guid] = record.droplet
        if at <= self.period.end:
            self._droplets = droplets
        for guid, life in self._lives.items():
            if guid not in seen and life.gone is None:
                life.gone = at
                self._changes.append(_change(life, "removed", "there", "gone", life.sights[-1].end, at))
        self._newest = at

    def _sight(self, record: AppRecord, at: datetime) -> Sight:
        staging = record.staging
        speaks = not record.is_image
        verdict = buildpack_current(record, self._limit) if speaks else None
        return Sight(
            begin=at,
            end=at,
            droplet=record.droplet.guid if record.droplet else "",
            staged=staging.at,
            problem=staging.problem,
            speaks=speaks,
            scope=record.outside is None or record.outside.status != "not-applicable",
            lag=None if verdict is None else _lag(verdict, at),
            evidence=record.evidence,
        )

    def _note_changes(self, record: AppRecord, life: Life, at: datetime) -> None:
        """Compare what an app is with what it was when it was last seen."""
        now = _traits(record)
        before = self._runs.get(record.app.guid)
        self._runs[record.app.guid] = now
        last = life.sights[-1].end if life.sights else self._newest
        if before is None:
            if self._newest is not None and record.app.created_at > self._newest:
                self._changes.append(_change(life, "added", "", "there", self._newest, at))
            return
        for what, value in now.items():
            if value != before[what] and last is not None:
                made = _change(life, what, before[what], value, last, at)
                if what == "buildpack version" and record.standings.current:
                    made = msgspec.structs.replace(made, expected="restaged to the platform's version")
                self._changes.append(made)

    # ------------------------------------------------------------ answers

    def held(self) -> dict[tuple[str, str], Held]:
        """How each app was held against the restage window, by check and guid."""
        limit = timedelta(seconds=self._limit.seconds)
        found = {}
        for guid, life in self._lives.items():
            for check, pieces in (
                (AGE, life.staged_pieces(self.period.end)),
                (CURRENT, life.lag_pieces(self.period.end, limit)),
            ):
                held = self._held(check, life, list(stretches(pieces, limit)))
                if held is not None:
                    found[check, guid] = held
        return found

    def _held(self, check: str, life: Life, every: list[Stretch]) -> Held | None:
        counted = list(_in_scope(every, life, self.period.end))
        within = clipped(counted, self.period)
        if not within:
            return None
        outside = breaches(counted, self.period)
        ended = outside[-1].end if outside else None
        mended = any(row.begin == ended and row.state == "in" for row in within)
        return Held(
            check=check,
            subject=life.subject,
            window=RESTAGE,
            inside=hours_of(within, "in"),
            outside=hours_of(within, "out"),
            unknown=hours_of(within, "unknown"),
            breaches=outside,
            unseen=unseen(within),
            worst=worst(within),
            corrected_at=ended if mended else None,
            evidence=tuple(dict.fromkeys(name for sight in life.sights for name in sight.evidence)) if outside else (),
        )

    def facts_at(self, closing: Facts) -> Facts:
        """The facts at the period's end: what was staged after it gives way to what ran before, where that is known."""
        end = self.period.end
        if closing.taken_at <= end:
            return closing
        apps, droplets = [], dict(closing.droplets)
        for app in closing.apps:
            current = closing.droplets.get(app.droplet or "")
            before = self._droplets.get(app.guid)
            if (
                current is not None
                and current.created_at > end
                and before is not None
                and self._stayed(app.guid, before)
            ):
                droplets[before.guid] = before
                apps.append(msgspec.structs.replace(app, droplet=before.guid))
            else:
                apps.append(app)
        return msgspec.structs.replace(closing, apps=tuple(apps), droplets=droplets)

    def _stayed(self, guid: str, droplet: Droplet) -> bool:
        """Whether nothing tells that another droplet took its place before the end."""
        life = self._lives[guid]
        last = max((sight.end for sight in life.sights if sight.end <= self.period.end), default=None)
        later = [at for other, at in life.stagings.items() if other != droplet.guid]
        moved = [at for at, other in life.mapped.items() if other != droplet.guid]
        return last is not None and not any(last < at < self.period.end for at in (*later, *moved))

    def changes(self) -> tuple[Change, ...]:
        """What changed between looks, oldest first."""
        return tuple(sorted(self._changes, key=lambda row: (row.between, row.subject.label, row.what)))

    def snapped(self, problems: Mapping[str, str]) -> tuple[Snapped, ...]:
        """The snapshots, oldest first; `problems` say by id what did not verify."""
        return tuple(
            msgspec.structs.replace(row, verified=False, problem=problems[row.id]) if row.id in problems else row
            for row in self._snapped
        )


def _snapped(snapshot: Snapshot) -> Snapped:
    spoke = tuple(row.name for row in snapshot.sources if row.documents)
    silent = tuple(row.name for row in snapshot.sources if not row.documents)
    return Snapped(id=snapshot.id, taken_at=snapshot.taken_at, sources=spoke, silent=silent)


def _lag(verdict: Judgement, at: datetime) -> Lag:
    """Since when the worst buildpack has been behind, as a verdict at one instant tells it."""
    if verdict.status == "not-applicable" or (verdict.status == "pass" and not verdict.spans):
        return None
    spans = [span for span in verdict.spans if span is not None]
    if len(spans) < len(verdict.spans) or not spans:
        return verdict.detail or "how long its buildpacks have been behind is not known"
    least, most = max(span[0] for span in spans), max(span[1] for span in spans)
    return at - timedelta(seconds=most), at - timedelta(seconds=least)


def _remember(life: Life, facts: Facts, record: AppRecord) -> None:
    """What builds and events tell of an app beside the look itself."""
    droplet = record.droplet
    if droplet is not None and record.staging.at is not None:
        life.stagings[droplet.guid] = record.staging.at
    for build in facts.builds.get(record.app.guid, ()):
        if build.state == "STAGED" and build.droplet:
            life.stagings.setdefault(build.droplet, build.created_at)
    for event in facts.events.get(record.app.guid, ()):
        if event.type in _STAGED and isinstance(name := event.data.get("droplet_guid"), str):
            life.stagings.setdefault(name, event.created_at)
        elif event.type == _MAPPED and isinstance(asked := event.data.get("request"), Mapping):
            named = asked.get("droplet_guid")
            if isinstance(named, str):
                life.mapped[event.created_at] = named


def _in_scope(every: list[Stretch], life: Life, until: datetime) -> Iterator[Stretch]:
    """Only the time in which the check spoke for the app; where that is not known, outside is not known either."""
    for begin, end, scope in life.scopes(until):
        if scope is False or begin >= end:
            continue
        for row in every:
            first, last = max(row.begin, begin), min(row.end, end)
            if first < last:
                part = row._replace(begin=first, end=last)
                doubt = scope is None and row.state == "out"
                yield part._replace(state="unknown", reason="it was stopped for a part of this time") if doubt else part


def _traits(record: AppRecord) -> dict[str, str]:
    """What is compared between two looks."""
    droplet = record.droplet
    packs = droplet.buildpacks if droplet is not None else None
    return {
        "buildpack": ", ".join(row.name for row in packs or ()),
        "buildpack version": ", ".join(f"{row.name} {row.version or '?'}" for row in packs or ()),
        "stack": (droplet.stack if droplet is not None else None) or record.app.stack or "",
        "image": (droplet.image if droplet is not None else None) or "",
        "lifecycle": record.app.lifecycle,
        "ssh": "" if record.app.ssh is None else "enabled" if record.app.ssh else "disabled",
    }


def _change(life: Life, what: str, before: str, after: str, since: datetime, until: datetime) -> Change:  # noqa: PLR0913, PLR0917
    return Change(subject=life.subject, what=what, before=before, after=after, between=(since, until))
