"""When what an app runs was staged, and how that is known."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal

from collector.assessment.unread import Unread
from collector.model import App, Droplet, DropletBuildpack, Event, Facts
from collector.model.base import Slim

SKEW: Final = timedelta(minutes=5)
"""How far two clocks may differ before an instant in the future is no longer taken for now."""

Kind = Literal["buildpack", "cnb", "image", "copied", "uploaded", "none", "unread"]


class Staging(Slim, frozen=True, kw_only=True):
    """`at` is None when it is not known, and `problem` then says why; `original` is what a copied droplet came from."""

    kind: Kind
    droplet: Droplet | None = None
    original: Droplet | None = None
    at: datetime | None = None
    source: str = ""
    problem: str = ""
    unread: bool = False
    document: str = ""


class Origins:
    """Where droplets come from; `whole` says that no droplet is missing."""

    def __init__(self, facts: Facts, unread: Unread) -> None:
        self.facts = facts
        self.unread = unread.of
        self.whole = "droplets" in unread.clean

    @cached_property
    def by_checksum(self) -> Mapping[str, Droplet]:
        """The earliest droplet that was staged here, by the checksum of its bits."""
        first: dict[str, Droplet] = {}
        for droplet in self.facts.droplets.values():
            if droplet.checksum is None or droplet.package is None or droplet.buildpacks is None:
                continue
            held = first.get(droplet.checksum)
            if held is None or (droplet.created_at, droplet.guid) < (held.created_at, held.guid):
                first[droplet.checksum] = droplet
        return first

    @cached_property
    def stagings(self) -> Mapping[str, Event]:
        """The event of each droplet's staging, for droplets that may be gone."""
        every = (event for rows in self.facts.events.values() for event in rows)
        return {
            guid: event
            for event in every
            if event.type == "audit.app.build.staged" and isinstance(guid := event.data.get("droplet_guid"), str)
        }

    def remembered(self, guid: str, copy: Droplet) -> Droplet | None:
        """A droplet that is gone, as the event of its staging and the copy of its bits tell it."""
        event = self.stagings.get(guid)
        if event is None:
            return None
        versions = dict(packs(event.data.get("buildpacks")))
        return Droplet(
            guid=guid,
            app=event.target,
            state="STAGED",
            created_at=event.created_at,
            lifecycle=copy.lifecycle,
            buildpacks=tuple(
                DropletBuildpack(name=row.name, version=versions.get(row.name)) for row in copy.buildpacks or ()
            ),
            stack=copy.stack,
            package=str(event.data.get("package_guid")),
            document=event.document,
        )

    def named_source(self, copy: Droplet) -> tuple[Droplet | None, str]:
        """The droplet that events name as a copy's source, through copies of copies, and the event's document."""
        seen = {copy.guid}
        droplet, document = copy, ""
        while droplet.package is None:
            guid, document = self._copied_from(droplet)
            found = None if guid in seen else self.facts.droplets.get(guid) or self.remembered(guid, copy)
            if found is None:
                return None, ""
            seen.add(guid)
            droplet = found
        return droplet, document

    def _copied_from(self, copy: Droplet) -> tuple[str, str]:
        for event in self.facts.events.get(copy.app, ()):
            if event.type == "audit.app.droplet.create" and event.data.get("droplet_guid") == copy.guid:
                request = event.data.get("request")
                source = request.get("source_droplet_guid") if isinstance(request, Mapping) else None
                if isinstance(source, str):
                    return source, event.document
        return "", ""


def packs(rows: object) -> Iterator[tuple[str, str]]:
    """Names and versions of buildpacks, as events list them."""
    for row in rows if isinstance(rows, list | tuple) else ():
        if isinstance(row, Mapping) and isinstance(row.get("name"), str) and isinstance(row.get("version"), str):
            yield row["name"], row["version"]


def stage(app: App, origins: Origins) -> Staging:
    """How and when the current droplet of an app came to be."""
    droplet = origins.facts.droplets.get(app.droplet) if app.droplet else None
    if droplet is None or (not origins.whole and origins.unread("droplets", app.guid, app.droplet)):
        return _without(app, origins)
    if droplet.buildpacks is None or droplet.lifecycle == "docker":
        return Staging(kind="image", droplet=droplet, at=droplet.created_at, source="droplet.created_at")
    if droplet.package is not None:
        kind: Kind = "cnb" if droplet.lifecycle == "cnb" else "buildpack"
        return Staging(kind=kind, droplet=droplet, at=droplet.created_at, source="droplet.created_at")
    if not droplet.buildpacks and droplet.stack is None:
        problem = "its droplet was uploaded: when and with what it was built is not known"
        return Staging(kind="uploaded", droplet=droplet, problem=problem)
    return _copied(droplet, origins)


def _without(app: App, origins: Origins) -> Staging:
    reason = origins.unread("droplets", app.guid, app.droplet)
    if app.lifecycle == "docker":
        return Staging(kind="image", problem=reason or "no droplet is set", unread=bool(reason))
    if reason:
        return Staging(kind="unread", problem=reason, unread=True)
    if app.droplet is None:
        verb = "started, but" if app.state == "STARTED" else "stopped, and"
        return Staging(kind="none", problem=f"{verb} no droplet is set")
    return Staging(kind="unread", problem="its current droplet was not among the answers")


def _copied(droplet: Droplet, origins: Origins) -> Staging:
    original = origins.by_checksum.get(droplet.checksum) if droplet.checksum else None
    source, document = "original droplet, same checksum", ""
    if original is None:
        original, document = origins.named_source(droplet)
        source = "original droplet, audit.app.droplet.create"
    if original is None:
        reason = origins.unread("events", droplet.app)
        problem = "its droplet was copied, and the original was not found" + (f" ({reason})" if reason else "")
        return Staging(kind="copied", droplet=droplet, problem=problem, unread=bool(reason))
    return Staging(
        kind="copied",
        droplet=droplet,
        original=original,
        at=original.created_at,
        source=source,
        document=original.document or document,
    )
