"""What a droplet was built with, beside what the platform offers."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from collector.assessment.versions import in_filename, parse
from collector.model import Buildpack, Droplet, DropletBuildpack, Facts
from collector.model.base import Slim


class Standing(Slim, frozen=True, kw_only=True):
    """One buildpack of a droplet beside the platform's; `latest` is "" where the platform's version is not known.

    `step` is what to do about one that cannot be compared; `blocked` says that a restage would not find it.
    """

    state: Literal["behind", "unknown", "current"]
    name: str
    has: str = ""
    latest: str = ""
    reason: str = ""
    step: str = ""
    blocked: bool = False
    unread: bool = False
    offered: Buildpack | None = None


class Standings(Slim, frozen=True, kw_only=True):
    """All buildpacks of a droplet; `shown` is the one for a table: behind before unknown before current."""

    every: tuple[Standing, ...] = ()
    current: bool = False
    shown: Standing | None = None
    evidence: tuple[str, ...] = ()


NOTHING = Standings()

FOREIGN = "use a released buildpack of the platform, or show by hand that this one is current"
BLOCKED = "choose a buildpack that the platform offers, and push the application again"
UNREADABLE = "ask the platform's operator for a released version, or show by hand that this one is current"

_Key = tuple[tuple[DropletBuildpack, ...], str | None, str]
_ORDER = {"behind": 0, "unknown": 1, "current": 2}


class Offers:
    """The platform's buildpacks, unique by name, stack and lifecycle; `unread` says why they were not read."""

    def __init__(self, facts: Facts, unread: str) -> None:
        self._facts = facts
        self._unread = unread
        self._known: dict[_Key, Standings] = {}

    @cached_property
    def _offered(self) -> Mapping[tuple[str, str | None, str], Buildpack]:
        return {(row.name, row.stack, row.lifecycle): row for row in self._facts.buildpacks}

    def standings(self, droplet: Droplet | None) -> Standings:
        """Each buildpack of a droplet beside the platform's; nothing where the droplet reports none."""
        if droplet is None or not droplet.buildpacks:
            return NOTHING
        key = (droplet.buildpacks, droplet.stack, droplet.lifecycle)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._compare_all(droplet, droplet.buildpacks)
        return known

    def _compare_all(self, droplet: Droplet, rows: tuple[DropletBuildpack, ...]) -> Standings:
        every = tuple(self._compare(row, droplet.stack, droplet.lifecycle) for row in rows)
        documents = (standing.offered.document for standing in every if standing.offered)
        return Standings(
            every=every,
            current=all(standing.state == "current" for standing in every),
            shown=min(every, key=lambda standing: _ORDER[standing.state]),
            evidence=tuple(dict.fromkeys(filter(None, documents))),
        )

    def _compare(self, row: DropletBuildpack, stack: str | None, lifecycle: str) -> Standing:
        offered = self._offered.get((row.name, stack, lifecycle)) or self._offered.get((row.name, None, lifecycle))
        latest = in_filename(offered.filename) if offered else None
        problem, step = (self._unread, "") if self._unread else _why_unknown(row, offered, stack)
        held, newest = parse(row.version), parse(latest)
        if problem or held is None or newest is None:
            return Standing(
                state="unknown",
                name=row.name,
                has=row.version or "",
                reason=problem,
                step=step,
                blocked=step == BLOCKED,
                unread=bool(self._unread),
                offered=offered,
            )
        return Standing(
            state="current" if held >= newest else "behind",
            name=row.name,
            has=row.version or "",
            latest=latest or "",
            offered=offered,
        )


def _why_unknown(row: DropletBuildpack, offered: Buildpack | None, stack: str | None) -> tuple[str, str]:
    """Why the two versions cannot be compared, and what to do then; nothing when they can."""
    if "://" in row.name:
        return f"{row.name} comes from outside the platform, and its current version is not known", FOREIGN
    if offered is None:
        return f"the platform offers no {row.name} for {stack or 'an unnamed stack'}", BLOCKED
    if not offered.enabled or offered.state != "READY":
        return f"the platform's {row.name} is {'disabled' if not offered.enabled else offered.state}", BLOCKED
    if in_filename(offered.filename) is None:
        return f"the platform's {row.name} has no readable version ({offered.filename or 'no file'})", UNREADABLE
    if parse(row.version) is None:
        return f"{row.name} reports no readable version ({row.version or 'none'})", FOREIGN
    return "", ""
