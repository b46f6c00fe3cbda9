"""What is known of patches at one instant: what production runs, what applies to it, and how far each stage is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from collector.assessment.judgement import not_applicable, unknown
from collector.assessment.limits import Limit, limit_of
from collector.assessment.patching.applying import Applied, Lines, doubtful
from collector.assessment.patching.records import LinePatch, PatchRecord, StemcellRecord
from collector.assessment.patching.sight import Sight
from collector.assessment.patching.stages import (
    NOT_OBSERVED,
    Reached,
    between,
    documents,
    last_of,
    latencies,
    reached,
    released,
)
from collector.assessment.patching.stemcells import stemcell_records
from collector.assessment.rollouts import arrival, rollouts
from collector.assessment.staging import SKEW
from collector.assessment.words import instant
from collector.model import Interval, Notice, PlatformFacts, Rollout, StemcellRelease, Subject, Window

PRODUCTION: Final = "production"
STAGING: Final = "staging"

_NEW_YORK: Final = ZoneInfo("America/New_York")


def due_end(day: date) -> datetime:
    """The last second of a day in America/New_York, as the due dates of exploited vulnerabilities are read."""
    return datetime.combine(day, time(23, 59, 59), _NEW_YORK).astimezone(UTC)


class Board:
    """Everything that checks on patches ask for; each part is worked out once, on first use.

    `starts` tells the first and the last start of all running instances, None where they were not read; `latest` is
    how far the snapshot itself reaches; `since` is the beginning of the period, without one that of the lookback, and
    `begin` that of a period only.
    """

    def __init__(  # noqa: PLR0913  everything that the stages are told from
        self,
        facts: PlatformFacts,
        as_of: datetime,
        windows: Mapping[str, Window],
        sight: Sight,
        *,
        latest: datetime | None = None,
        since: datetime | None = None,
        starts: Callable[[], tuple[datetime, datetime] | None] | None = None,
    ) -> None:
        self.facts = facts
        self.as_of = as_of
        self.sight = sight
        self.latest = latest or as_of
        self.lines = Lines(facts, sight, as_of)
        self.light = "light-index" in facts.configured or any(row.light for row in facts.releases)
        usual = timedelta(seconds=_seconds(windows, "determination-frequency", days=31))
        self.begin = since
        self.since = since or as_of - usual
        self.lookback = as_of - self.since
        self.old = self.since - timedelta(seconds=_seconds(windows, "flaw-remediation", days=30))
        self.harvest = timedelta(seconds=_seconds(windows, "harvest-bosh", days=0.25))
        self._windows = windows
        self._ask_starts = starts
        self._reached: dict[tuple[str, str, str, datetime | None], Reached] = {}
        self.too_old: list[str] = []

    def limit(self, name: str) -> Limit:
        """The limit of a window."""
        return limit_of(self._windows.get(name))

    @cached_property
    def seen(self) -> Mapping[str, datetime]:
        """By environment: up to when its deployments are known; the instant asked about within a harvest of it."""
        seen: dict[str, datetime] = {}
        for director in self.facts.directors:
            until = director.reach.until if director.reach else None
            if until is not None:
                held = seen.get(director.environment, until)
                seen[director.environment] = max(held, until)
        far = self.as_of - self.harvest
        return {name: min(self.as_of, until) if until >= far else self.as_of for name, until in seen.items()}

    @cached_property
    def told(self) -> tuple[Rollout, ...]:
        """Every line of every deployment, as far as anything is known of it, also of those that are gone."""
        every: list[Rollout] = []
        for environment in sorted({row.environment for row in self.facts.directors}):
            own = tuple(row for row in self.facts.directors if row.environment == environment)
            held = rollouts(msgspec.structs.replace(self.facts, directors=own), self.seen.get(environment, self.as_of))
            every += [row for row in held if row.segments]
        return tuple(every)

    @cached_property
    def rollouts(self) -> tuple[Rollout, ...]:
        """Every line of every deployment that there still is, as far as it is known."""
        return tuple(row for row in self.told if not self.gone(row))

    def gone(self, rollout: Rollout) -> bool:
        """Whether there is no such deployment any more."""
        return rollout.segments[-1].until < self.seen.get(rollout.environment, self.as_of)

    def of(self, environment: str, line: str = "") -> list[Rollout]:
        """The rollouts of an environment, of one line or of all."""
        return [row for row in self.rollouts if row.environment == environment and line in ("", row.line)]

    @cached_property
    def fed_lines(self) -> tuple[str, ...]:
        """The lines that `[feeds] stemcell_line` names."""
        return tuple(name for part in self.facts.line.split(",") if (name := part.strip()))

    @cached_property
    def own_lines(self) -> tuple[str, ...]:
        """The lines that production runs; where no director tells, those that the settings name."""
        return tuple(sorted({row.line for row in self.of(PRODUCTION)})) or self.fed_lines

    @cached_property
    def _starts(self) -> tuple[datetime, datetime] | None:
        return self._ask_starts() if self._ask_starts else None

    # ------------------------------------------------------------ stages

    def stage(
        self, environment: str, line: str, version: str, since: datetime | None, by: datetime | None = None
    ) -> Reached:
        """When every deployment of an environment that carries a line was wholly on a version or a newer one.

        As it stood at `by`, where that is given: what came of it later does not matter then.
        """
        key = environment, line, version, by
        if key not in self._reached:
            rows = self.of(environment, line)
            older = [row for row in rows if not self.born_with(row, version)]
            every = [self.arrived(row, version, since, by) for row in older or rows]
            self._reached[key] = last_of(every)
        return self._reached[key]

    def arrived(self, rollout: Rollout, version: str, since: datetime | None, by: datetime | None = None) -> Reached:
        """When one deployment was."""
        seen = self.seen.get(rollout.environment, self.as_of)
        seen = seen if by is None else min(seen, by)
        return reached(arrival(rollout, version, seen), since, seen)

    def staged(self, line: str, version: str, since: datetime | None, production: Reached) -> Reached:
        """When staging first was, whatever came of it since: as it stood when production was, or as it stands."""
        if not self.of(STAGING, line):
            return NOT_OBSERVED
        live = production.interval
        then = self.stage(STAGING, line, version, since, live.not_after) if live else None
        if then is not None and then.interval:
            return then
        now = self.stage(STAGING, line, version, since)
        if now.interval or now.once is None:
            return now
        once = self.stage(STAGING, line, version, since, now.once)
        return once if once.interval else now

    def born(self, rollout: Rollout) -> datetime | None:
        """When a deployment was created, where that was seen."""
        made = (row.ended for row in rollout.deploys if row.outcome == "ok" and row.before == ())
        return next((at for at in made if at is not None), None)

    def born_with(self, rollout: Rollout, version: str) -> bool:
        """Whether a deployment never ran without a version, or a newer one: it held nothing back."""
        born = self.born(rollout)
        if born is None:
            return False
        found = arrival(rollout, version, self.seen.get(rollout.environment, self.as_of))
        return found.not_after is not None and found.not_after <= born and not found.open

    def _created_with(self, applied: Applied, line: str) -> bool:
        """Whether every production deployment of a line was created with the fix."""
        rows, first = self.of(PRODUCTION, line), applied.first
        return first is not None and bool(rows) and all(self.born_with(row, first.version) for row in rows)

    def released(self, release: StemcellRelease | None) -> Interval | None:
        """When a stemcell was released; None where no source tells."""
        if release is None:
            return None
        used = None
        if self.light and release.light is None:
            ends = (self.stage(PRODUCTION, release.line, release.version, release.published).interval,)
            used = min((end.not_after for end in ends if end), default=None)
        return released(release, self.as_of, light=self.light, used=used)

    # ------------------------------------------------------------ notices

    @cached_property
    def patches(self) -> tuple[PatchRecord, ...]:
        """The notices that the answer speaks of, newest first."""
        rows = []
        for notice in self.facts.notices:
            if notice.published <= self.as_of:
                record = self._patch(notice)
                if record is not None:
                    rows.append(record)
        rows += self._unread_notices()
        return tuple(sorted(rows, key=lambda row: (row.notice.published, row.notice.id), reverse=True))

    def _unread_notices(self) -> Iterator[PatchRecord]:
        """Notices that a recent stemcell, or one that is not live, lists, and that were not read."""
        known = {notice.id for notice in self.facts.notices}
        for line in self.own_lines:
            for release in self.lines.releases(line):
                names = [name for name in release.notices or () if name not in known]
                at = self.released(release) if names else None
                if at is None or (at.not_after < self.since and self._is_live(release)):
                    continue
                for name in names:
                    known.add(name)
                    detail = f"stemcell {line} {release.version} lists it, but the notice itself was not read"
                    yield PatchRecord(
                        board=self,
                        subject=Subject(type="notice", name=name),
                        notice=Notice(id=name, published=at.not_before),
                        apart=unknown(detail, unread=True),
                        evidence=release.documents,
                    )

    def _is_live(self, release: StemcellRelease) -> bool:
        rows = self.of(PRODUCTION, release.line)
        return bool(rows) and self.stage(PRODUCTION, release.line, release.version, None).interval is not None

    def _patch(self, notice: Notice) -> PatchRecord | None:
        recent = notice.published >= self.since
        found = [(line, applied) for line in self.own_lines if (applied := self._applied(notice, line))]
        lines = [
            row for line, applied in found if applied.status == "applies" for row in self._line(notice, line, applied)
        ]
        doubts = [(line, applied) for line, applied in found if applied.status == "unknown"]
        base = PatchRecord(
            board=self,
            subject=Subject(type="notice", name=notice.id),
            notice=notice,
            evidence=tuple(filter(None, (notice.document,))),
        )
        if lines:
            lines.sort(key=lambda row: (-row.total[0], -row.total[1], row.line))
            doubt = doubtful(*doubts[0]) if doubts and notice.published >= self.old else None
            return self._with_due(msgspec.structs.replace(base, lines=tuple(lines), doubt=doubt))
        if doubts and notice.published >= self.old:
            apart = unknown(doubts[0][1].reason, unread=doubts[0][1].unread)
            return self._with_due(msgspec.structs.replace(base, apart=apart))
        reasons = [applied.reason for _, applied in found if applied.status == "not-applicable"]
        if reasons and recent and not doubts:
            return msgspec.structs.replace(base, apart=not_applicable(reasons[0]))
        return None

    def _applied(self, notice: Notice, line: str) -> Applied | None:
        applied = self.lines.applied(notice, line)
        if applied is not None and applied.status == "applies" and self._created_with(applied, line):
            return Applied(status="not-applicable", reason="production was created with the stemcell that has the fix")
        return applied

    def _line(self, notice: Notice, line: str, applied: Applied) -> Iterator[LinePatch]:
        """A notice in one line, where the answer speaks of it: recent, not live, or live only since the lookback."""
        patch = self.line_patch(notice, line, applied)
        interval = patch.production.interval
        if notice.published >= self.since or interval is None:
            yield patch
        elif interval.not_after >= self.since:
            if not self._before_records(applied, line):
                yield patch
            else:
                self.too_old.append(notice.id)

    def _before_records(self, applied: Applied, line: str) -> bool:
        """Whether an old fix ran already when the records of production begin: when it arrived cannot be told."""
        first = applied.first
        at = self.released(first)
        if first is None or at is None or at.not_after >= self.old:
            return False
        lower = [
            arrival(row, first.version, self.seen.get(PRODUCTION, self.as_of)).not_before
            for row in self.of(PRODUCTION, line)
        ]
        return all(row is None for row in lower)

    def line_patch(self, notice: Notice, line: str, applied: Applied) -> LinePatch:
        """The stages and latencies of a notice in one line."""
        at = notice.published
        published = Interval(
            not_before=at,
            not_after=at,
            source=notice.source or "notice published",
            evidence=tuple(filter(None, (notice.document,))),
        )
        first, maybe = applied.first, applied.maybe
        release = self.released(first)
        if release is not None and maybe is not None:
            sooner = self.released(maybe)
            lower = sooner.not_before if sooner else at
            release = msgspec.structs.replace(release, not_before=min(release.not_before, lower))
        since = release.not_before if release else None
        production = self._end(PRODUCTION, line, applied, since)
        staging = self._end(STAGING, line, applied, since)
        if first is not None and maybe is None:
            staging = self.staged(line, first.version, since, production)
        spans, opened = latencies((published, release, staging, production), self.as_of, fixed=first is not None)
        return LinePatch(
            line=line,
            applied=applied,
            published=published,
            released=release,
            staging=staging,
            production=production,
            restarted=self._restarted(production),
            spans=spans,
            open=opened,
        )

    def _end(self, environment: str, line: str, applied: Applied, since: datetime | None) -> Reached:
        rows = self.of(environment, line)
        if not rows:
            return NOT_OBSERVED
        if applied.first is None:
            seen = self.seen.get(environment, self.as_of)
            return Reached(open=True, floor=seen, seen=seen, reason=applied.reason)
        upper = self.stage(environment, line, applied.first.version, since)
        if applied.maybe is None:
            return upper
        return between(self.stage(environment, line, applied.maybe.version, since), upper)

    def _restarted(self, production: Reached) -> Interval | None:
        """When the last instance of all applications had started again after production was patched."""
        live, starts = production.interval, self._starts
        if live is None or starts is None or starts[0] < live.not_after or starts[1] > self.as_of + SKEW:
            return None
        return Interval(not_before=live.not_before, not_after=starts[1], source="last start of a running instance")

    def _with_due(self, record: PatchRecord) -> PatchRecord:
        entries = [row for row in self.facts.exploited if row.cve in record.notice.cves]
        if not entries:
            return record
        due = min(due_end(row.due) for row in entries)
        named = tuple(sorted({row.cve for row in entries}))
        found = tuple(dict.fromkeys(row.document for row in entries if row.document))
        evidence = (*record.evidence, *found)
        return msgspec.structs.replace(record, due=due, exploited=named, evidence=evidence)

    # ------------------------------------------------------------ stemcells

    @cached_property
    def stemcells(self) -> tuple[StemcellRecord, ...]:
        """Stemcells of interest in each deployment of production and staging."""
        rows = [*self.of(PRODUCTION), *self.of(STAGING)]
        return tuple(record for row in rows for record in stemcell_records(self, row))

    # ------------------------------------------------------------ what is missing altogether

    def hole(self) -> str:
        """Which patches may be missing because the records of production begin within the lookback, or ""."""
        _ = self.patches
        if not self.too_old:
            return ""
        begin = min(row.segments[0].since for row in self.of(PRODUCTION))
        return (
            f"production is known only since {instant(begin)}: whether {len(self.too_old)} older patches went live "
            f"in the period before is not known"
        )

    def evidence_of(self, patch: LinePatch) -> tuple[str, ...]:
        """The documents that the stages of a patch were read from."""
        ends: Sequence[Reached] = (patch.staging, patch.production)
        found = documents(patch.stages().values())
        return tuple(dict.fromkeys((*found, *(name for end in ends for name in end.evidence))))


def _seconds(windows: Mapping[str, Window], name: str, *, days: float) -> float:
    """The limit of a window in seconds; where the policy has none, that of the shipped one."""
    limit = limit_of(windows.get(name)).seconds
    return limit if limit != float("inf") else days * 86400
