"""The platform's buildpacks over a month: since when each version of one has been behind."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from collector.assessment.checks.buildpacks import STAGING_TIME
from collector.assessment.period.known import EVER, NEVER, Known, Reach
from collector.assessment.period.pieces import Piece
from collector.assessment.standing import Offers, Standing
from collector.model import Droplet, DropletBuildpack, Facts

_MAPPINGS: Final = (
    "spaces", "organizations", "droplets", "stacks", "builds", "tasks", "events", "instances", "documents",
)  # fmt: skip
_NOT_READ: Final = "what the platform offered of {} was not read"


class Leg(NamedTuple):
    """From `begin` to `end` a version has been behind since an instant between `first` and `last`.

    None: it was current. EVER as `first`: it may have been behind from the start. `guid` names the buildpack.
    """

    begin: datetime
    end: datetime
    first: datetime | None = None
    last: datetime | None = None
    reason: str = ""
    guid: str = ""


class _View(NamedTuple):
    at: datetime
    finished: datetime
    offers: Offers


class Course:
    """What snapshots showed of the platform's buildpacks. Between two looks versions are taken to go only upwards."""

    def __init__(self) -> None:
        self._views: dict[int, _View] = {}
        self._uploads: dict[str, set[datetime]] = {}
        self._legs: dict[tuple[DropletBuildpack, str | None, str], list[Leg]] = {}
        self._unread = ""

    def add(self, facts: Facts, unread: str, finished: datetime, number: int) -> None:
        """One look at the platform, with the number of its snapshot; `unread` says why there was none."""
        for row in facts.buildpacks:
            at = {event.created_at for event in facts.events.get(row.guid, ()) if event.type.endswith("pack.upload")}
            if at:
                self._uploads.setdefault(row.guid, set()).update(at)
        if unread:
            self._unread = max(self._unread, unread)
            return
        # Nothing but the buildpacks: a month of whole facts would fill the memory.
        nothing: dict[str, Any] = {name: {} for name in _MAPPINGS}
        slight = msgspec.structs.replace(facts, apps=(), **nothing)
        self._views[number] = _View(facts.taken_at, finished, Offers(slight, ""))
        self._legs.clear()
        self.__dict__.pop("_sorted", None)

    @cached_property
    def _sorted(self) -> list[_View]:
        return sorted(self._views.values(), key=lambda view: (view.at, view.finished))

    def current(self, known: Known, number: int) -> bool:
        """Whether a snapshot showed nothing newer on offer than what a droplet was built with."""
        view = self._views.get(number)
        droplet = _droplet(known.packs or (), known.stack, known.lifecycle)
        return view is not None and view.offers.standings(droplet).current

    def pieces(self, known: Known, begin: datetime, end: datetime, reach: Reach) -> list[list[Piece]]:
        """How long each buildpack of a droplet had been behind from an instant to another; one list for each."""
        if not known.packs:
            reason = known.problem or (
                "which buildpacks it has is not known" if known.packs is None else "it reports no buildpack"
            )
            return [[Piece(begin, end, reason=reason)]]
        return [list(self._of(known, pack, begin, end, reach)) for pack in known.packs]

    def _of(
        self, known: Known, pack: DropletBuildpack, begin: datetime, end: datetime, reach: Reach
    ) -> Iterator[Piece]:
        key = pack, known.stack, known.lifecycle
        legs = self._legs.get(key)
        if legs is None:
            legs = self._legs[key] = _joined_up(self._all(*key, reach))
        for leg in legs:
            if leg.begin < end and leg.end > begin:
                yield self._piece(known, leg, reach, max(begin, leg.begin), min(end, leg.end))

    def _piece(self, known: Known, leg: Leg, reach: Reach, begin: datetime, end: datetime) -> Piece:
        if leg.reason:
            return Piece(begin, end, reason=leg.reason)
        if leg.first is None or leg.last is None:
            return Piece(begin, end)
        if known.staged is None:
            return Piece(begin, end, reason=known.problem or "when it was staged is not known")
        first = self._after_staging(known.staged, leg, reach) if leg.first == EVER else leg.first
        return Piece(begin, end, max(known.staged, first), max(known.staged, leg.last))

    def _after_staging(self, staged: datetime, leg: Leg, reach: Reach) -> datetime:
        """The first upload after a staging, where the events reach back to it; one just before may be it as well."""
        uploads = sorted(self._uploads.get(leg.guid, ()))
        later = next((at for at in uploads if at > staged), None)
        if later is None or leg.last is None or later > leg.last or not reach.whole(staged - STAGING_TIME, later):
            return EVER
        return EVER if any(staged - STAGING_TIME <= at <= staged for at in uploads) else later

    # ------------------------------------------------------------ one version over time

    def _all(self, pack: DropletBuildpack, stack: str | None, lifecycle: str, reach: Reach) -> Iterator[Leg]:
        droplet = _droplet((pack,), stack, lifecycle)
        rows = [(view, view.offers.standings(droplet).every[0]) for view in self._sorted]
        if not rows:
            yield Leg(EVER, NEVER, reason=self._unread or _NOT_READ.format(pack.name))
            return
        view, standing = rows[0]
        leg = Leg(EVER, view.at)
        if standing.state == "behind":
            leg = self._fallen(leg, EVER, view, standing, reach)
        yield _unknown(leg, standing)
        for (before, old), (after, new) in pairwise(rows):
            leg = self._next(leg._replace(begin=before.at, end=after.at), old, after, new, reach)
            yield leg
            if new.state != "behind":
                leg = Leg(after.at, NEVER)
            elif leg.reason:
                # what it was before is not known: from then on it is behind, since its staging perhaps
                leg = self._fallen(Leg(after.at, NEVER), EVER, after, new, reach)
        view, standing = rows[-1]
        leg = leg._replace(begin=view.at, end=NEVER)
        yield _unknown(leg if standing.state == "behind" else leg._replace(first=view.at, last=NEVER), standing)

    def _next(self, leg: Leg, old: Standing, view: _View, new: Standing, reach: Reach) -> Leg:
        if old.state == "unknown" or new.state == "unknown":
            return _unknown(leg, old if old.state == "unknown" else new)
        if new.state == "current":
            return leg if old.state == "current" else leg._replace(last=NEVER)
        return leg if old.state == "behind" else self._fallen(leg, leg.begin, view, new, reach)

    def _fallen(self, leg: Leg, since: datetime, view: _View, standing: Standing, reach: Reach) -> Leg:
        """It fell behind after an instant, before a look: uploads tell when, where events reach from or to there."""
        offered = standing.offered
        last = view.finished
        if offered is None:
            return leg._replace(first=since, last=last)
        if since < offered.updated_at <= last:
            last = offered.updated_at
        uploads = [at for at in sorted(self._uploads.get(offered.guid, ())) if since < at <= last]
        first = since
        if uploads and since != EVER and reach.whole(since, uploads[0]):
            first = uploads[0]
        if uploads and reach.whole(uploads[-1], min(last, view.at)):
            last = uploads[-1]
        return leg._replace(first=first, last=max(first, last), guid=offered.guid)


def _joined_up(legs: Iterable[Leg]) -> list[Leg]:
    """Legs that go on alike, as one."""
    found: list[Leg] = []
    for leg in legs:
        if found and found[-1][2:] == leg[2:]:
            found[-1] = found[-1]._replace(end=leg.end)
        else:
            found.append(leg)
    return found


def _unknown(leg: Leg, standing: Standing) -> Leg:
    """A leg, or nothing where the platform's buildpack cannot be compared."""
    if standing.state != "unknown":
        return leg
    reason = standing.reason or f"the version of {standing.name} is not known"
    return Leg(leg.begin, leg.end, reason=reason)


def _droplet(packs: Sequence[DropletBuildpack], stack: str | None, lifecycle: str) -> Droplet:
    """As much of a droplet as is compared."""
    return Droplet(
        guid="", app="", state="STAGED", created_at=EVER, lifecycle=lifecycle, buildpacks=tuple(packs), stack=stack
    )
