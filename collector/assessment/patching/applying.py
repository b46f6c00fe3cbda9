"""Which notices apply to a line of stemcells, and which of its stemcells has the fix first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from collector.assessment.judgement import Judgement
from collector.assessment.patching.sight import Sight
from collector.assessment.rollouts import version_key
from collector.model import Notice, PlatformFacts, StemcellRelease
from collector.model.base import Slim

ANNOUNCED_LATE: Final = timedelta(days=4)
"""How much later than the stemcell its release notes may appear."""

PROMISED: Final = timedelta(days=21)
"""When upstream has every fix in a stemcell, by its own promise."""


class Applied(Slim, frozen=True, kw_only=True):
    """Whether a notice applies to a line. `first` is the lowest version known to have the fix, None where none has.

    `maybe` is the lowest version below it that may have it, too, because its notes were not read.
    """

    status: Literal["applies", "unknown", "not-applicable"]
    reason: str = ""
    first: StemcellRelease | None = None
    maybe: StemcellRelease | None = None
    unread: bool = False


def doubtful(line: str, applied: Applied) -> Judgement:
    """The verdict on a line of which it is not known whether a notice applies to it, under any limit."""
    return Judgement(status="unknown", detail=f"{line}: {applied.reason}", spans=(None,), unread=applied.unread)


def codename_of(line: str) -> str:
    """The codename of a line: `jammy` of `ubuntu-jammy` and of `ubuntu-jammy-fips`."""
    parts = line.split("-")
    return parts[1] if len(parts) > 1 else line


def earliest(release: StemcellRelease) -> datetime | None:
    """The first instant at which a stemcell can have been published."""
    if release.published is not None:
        return release.published
    return release.announced - ANNOUNCED_LATE if release.announced else None


class Lines:
    """The releases of each line in the order of their versions, those published after `as_of` left out."""

    def __init__(self, facts: PlatformFacts, sight: Sight, as_of: datetime) -> None:
        self._sight = sight
        self._packages = facts.packages
        rows: dict[str, list[tuple[tuple[int, ...], StemcellRelease]]] = {}
        for release in facts.releases:
            key, at = version_key(release.version), earliest(release)
            if key is not None and (at is None or at <= as_of):
                rows.setdefault(release.line, []).append((key, release))
        self._rows = {line: [row for _, row in sorted(every, key=lambda row: row[0])] for line, every in rows.items()}
        self._listing: dict[tuple[str, str], StemcellRelease] = {}
        for line, every in self._rows.items():
            for release in reversed(every):
                self._listing.update(dict.fromkeys(((line, name) for name in release.notices or ()), release))

    def releases(self, line: str) -> Sequence[StemcellRelease]:
        """The releases of a line, oldest version first."""
        return self._rows.get(line, ())

    def newer(self, line: str, version: str) -> Sequence[StemcellRelease]:
        """The releases of a line that are newer than a version, oldest first; none where it cannot be ordered."""
        key = version_key(version)
        if key is None:
            return ()
        return [row for row in self.releases(line) if (version_key(row.version) or ()) > key]

    def applied(self, notice: Notice, line: str) -> Applied | None:
        """Whether a notice applies to a line; None where it is not about that line at all."""
        codename = codename_of(line)
        if notice.id.startswith("LSN") or codename not in {*notice.codenames, *notice.packages, *notice.pro}:
            return None
        if notice.hidden:
            return Applied(status="not-applicable", reason="withdrawn")
        packages = notice.packages.get(codename, ())
        if codename in notice.pro and not packages:
            return Applied(status="not-applicable", reason="fixed only in esm, behind a subscription")
        held = self._packages.get(line)
        if held is not None and packages and held.isdisjoint(packages):
            return Applied(status="not-applicable", reason=f"none of its packages is in stemcells of {line}")
        first = self._listing.get((line, notice.id))
        maybe = next((row for row in self._after(notice, line) if row.notices is None), None)
        if first is not None:
            below = maybe if maybe and _below(maybe, first) else None
            return Applied(status="applies", first=first, maybe=below)
        return self._unlisted(notice, line, maybe, holds=held is not None and bool(packages))

    def _unlisted(self, notice: Notice, line: str, maybe: StemcellRelease | None, *, holds: bool) -> Applied:
        reason = self._sight.topic("stemcell-releases")
        if not reason and maybe is not None:
            reason = f"the release notes of {line} {maybe.version} were not read"
        if reason:
            return Applied(status="unknown", reason=f"which stemcell fixes it is not known: {reason}", unread=True)
        if holds:
            return Applied(status="applies", reason="no stemcell lists it yet")
        passed_over = self._passed_over(notice, line)
        if passed_over is not None:
            reason = f"stemcell {line} {passed_over.version}, published 21 days or more later, does not list it"
            return Applied(status="not-applicable", reason=reason)
        lacking = "no stemcell lists it; whether it applies is not known: [feeds] packages names what stemcells hold"
        return Applied(status="unknown", reason=lacking)

    def _after(self, notice: Notice, line: str) -> Iterable[StemcellRelease]:
        """The releases that can have been built with a notice's fix."""
        for release in self.releases(line):
            latest = release.published or release.announced
            if latest is None or latest >= notice.published:
                yield release

    def _passed_over(self, notice: Notice, line: str) -> StemcellRelease | None:
        since = notice.published + PROMISED
        return next(
            (row for row in self.releases(line) if row.notices and (at := earliest(row)) is not None and at >= since),
            None,
        )


def _below(one: StemcellRelease, other: StemcellRelease) -> bool:
    return (version_key(one.version) or ()) < (version_key(other.version) or ())


def priorities(release: StemcellRelease | None, notice: str) -> tuple[str, ...]:
    """The priorities that the release notes give a notice."""
    held: Mapping[str, tuple[str, ...]] = release.priorities if release else {}
    return held.get(notice, ())
