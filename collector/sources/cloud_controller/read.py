"""Reading a snapshot of Cloud Controller into typed records: no network, no clock, no verdict."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from sys import intern
from typing import Any, NamedTuple

from collector.errors import IntegrityError, Malformed
from collector.model import (
    App,
    Build,
    Buildpack,
    Document,
    Droplet,
    DropletBuildpack,
    Event,
    Facts,
    Gap,
    Instance,
    Snapshot,
    Space,
    Stack,
    Task,
)
from collector.sources.cloud_controller import wire

SOURCE = "cloud-controller"
Body = Callable[[Document], bytes]
# Up to the last @ before the path: a password may hold one.
_USERINFO = re.compile(r"//[^/?#]*@")
# One for all: an empty one each costs 13 MB for 100,000 rows.
_NO_LABELS: Mapping[str, str | None] = {}
# What else must have been read for a topic to be whole.
_LISTS = {
    "spaces": ("organizations",),
    "droplets": ("current-droplet",),
    "builds": ("failed-builds",),
    "ssh": ("app-ssh", "spaces"),
}
_DECODERS: Mapping[str, Callable[[bytes], Any]] = {
    "root": wire.ROOT,
    "organizations": wire.ORGANIZATIONS,
    "spaces": wire.SPACES,
    "apps": wire.APPS,
    "apps-again": wire.APPS,
    "spaces-again": wire.SPACES,
    "apps-count": wire.APPS,
    "droplets": wire.DROPLETS,
    "current-droplets": wire.DROPLETS,
    "source-droplets": wire.DROPLETS,
    "current-droplet": wire.droplet_or_none,
    "roles": wire.ROLES,
    "buildpacks": wire.BUILDPACKS,
    "stacks": wire.STACKS,
    "builds": wire.BUILDS,
    "failed-builds": wire.BUILDS,
    "tasks": wire.TASKS,
    "events": wire.EVENTS,
    "instances": wire.PROCESSES,
    "ssh": wire.SSH,
    "app-ssh": wire.SSH,
}


def read(snapshot: Snapshot, body: Body) -> Facts:
    """The facts of a snapshot. `body` gives the checked bytes of a document; raises `IntegrityError`."""
    pages = _Pages(snapshot, body)
    organizations = {row.guid: row.name for _, row in pages.rows("organizations")}
    listed, droplets = _apps(pages), _droplets(pages)
    vanished = _vanished(pages, listed)
    apps = {guid: app for guid, app in listed.items() if guid not in vanished}
    needs = frozenset(snapshot.scope.get("needs", ()))
    builds = _in_time(pages.newest(_build, "builds", "failed-builds"))
    events = _in_time(pages.newest(_event, "events"))
    gaps = [gap for source in snapshot.sources if source.name == SOURCE for gap in source.gaps]
    found = [*_uncounted(pages, len(listed))]
    if "droplets" in needs:
        found += _not_given(apps, droplets, gaps)
    if "events" in needs and pages.documents("events") and not events:
        found += _silence(pages)
    narrowed = bool(snapshot.scope.get("orgs") or snapshot.scope.get("spaces"))
    return Facts(
        snapshot=snapshot.id,
        taken_at=snapshot.taken_at,
        foundation=snapshot.foundation,
        api_version=next((page.api_version for _, page in pages.of("root")), ""),
        apps=tuple(sorted(apps.values(), key=lambda app: app.guid)),
        spaces=_spaces(pages, organizations),
        organizations=organizations,
        droplets=droplets,
        buildpacks=tuple(sorted(pages.newest(_buildpack, "buildpacks").values(), key=lambda pack: pack.guid)),
        stacks={stack.name: stack for stack in pages.newest(_stack, "stacks").values()},
        builds=_by(lambda build: build.app, builds),
        tasks=_by(lambda task: task.app, _in_time(pages.newest(_task, "tasks"))),
        events=_by(lambda event: event.target, events),
        instances=_by(lambda instance: instance.app, _instances(pages)),
        apps_listed=len(listed),
        apps_counted=_closing_count(pages),
        read=frozenset(topic for topic in needs if _whole(topic, [*gaps, *found], narrowed=narrowed)),
        gaps=tuple(found),
        documents=pages.digests(),
    )


class Shown(NamedTuple):
    """The platform's buildpacks as one snapshot showed them, and the instant of its last page of them."""

    at: datetime
    rows: tuple[Buildpack, ...]


def buildpacks(snapshot: Snapshot, body: Body) -> Shown | None:
    """Only the buildpacks of a snapshot; None when it did not read all of them."""
    pages = _Pages(snapshot, body)
    asked = pages.documents("buildpacks")
    gaps = [gap.what for source in snapshot.sources if source.name == SOURCE for gap in source.gaps]
    if not asked or "buildpacks" in gaps:
        return None
    rows = pages.newest(_buildpack, "buildpacks").values()
    return Shown(max(document.retrieved_at for document in asked), tuple(sorted(rows, key=lambda pack: pack.guid)))


class _Pages:
    """The decoded pages of a snapshot, by what was asked for, in the order in which they were retrieved."""

    def __init__(self, snapshot: Snapshot, body: Body) -> None:
        self._body = body
        self._documents: dict[str, list[Document]] = defaultdict(list)
        for document in sorted(snapshot.documents, key=lambda document: (document.retrieved_at, document.sha256)):
            if document.source == SOURCE:
                self._documents[document.what].append(document)

    def documents(self, what: str) -> list[Document]:
        return self._documents.get(what, [])

    def of(self, what: str) -> Iterator[tuple[Document, Any]]:
        for document in self.documents(what):
            yield document, self.page(document, what)

    def rows(self, *whats: str) -> Iterator[tuple[Document, Any]]:
        for what in whats:
            for document, page in self.of(what):
                for row in page.resources:
                    yield document, row

    def newest(self, make: Callable[[Document, Any], Any], *whats: str) -> dict[str, Any]:
        """What `make` makes of each row, by guid, in no order.

        Pages overlap by design: the newest answer about a row is the one to believe. No page is held for longer than
        its turn.
        """
        documents = [(document, what) for what in whats for document in self.documents(what)]
        made: dict[str, Any] = {}
        for document, what in sorted(documents, key=lambda pair: (pair[0].retrieved_at, pair[0].sha256)):
            for row in self.page(document, what).resources:
                made[row.guid] = make(document, row)
        return made

    def page(self, document: Document, what: str) -> Any:  # noqa: ANN401  what the decoder of `what` gives
        try:
            return _DECODERS[what](self._body(document))
        except Malformed as error:
            raise IntegrityError(f"{document.file} cannot be read: {error}", hint="restore it from a copy") from error

    def digests(self) -> dict[str, tuple[str, ...]]:
        return {what: tuple(document.digest for document in documents) for what, documents in self._documents.items()}


def roles(bodies: Iterable[bytes]) -> tuple[str, ...]:
    """The types of roles that the one who asked holds, from the answers of `/v3/roles`."""
    return tuple(sorted({row.type for body in bodies for row in wire.ROLES(body).resources}))


def _in_time(made: Mapping[str, Any]) -> list[Any]:
    """Records, oldest first."""
    return sorted(made.values(), key=lambda record: (record.created_at, record.guid))


def _by(owner: Callable[[Any], str], records: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        grouped[owner(record)].append(record)
    return {key: tuple(group) for key, group in grouped.items()}


def _without_userinfo(name: str) -> str:
    """A buildpack's address without credentials; Cloud Controller masks them, older ones might not."""
    return _USERINFO.sub("//", name)


def _apps(pages: _Pages) -> dict[str, App]:
    ssh = {document.path.split("/")[3]: page.enabled for document, page in pages.of("app-ssh")}
    current = {document.path.split("/")[3]: page for document, page in pages.of("current-droplet")}
    known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def app(document: Document, row: wire.AppRow) -> App:
        data, droplet = row.lifecycle.data, row.relationships.current_droplet
        held = current.get(row.guid)
        wanted = tuple(data.buildpacks or ())
        buildpacks = known.get(wanted)
        if buildpacks is None:
            buildpacks = known[wanted] = tuple(map(_without_userinfo, wanted))
        guid = droplet.guid if isinstance(droplet, wire.ToOne) else held.guid if held else None
        return App(
            guid=intern(row.guid),
            name=row.name,
            state=intern(row.state),
            created_at=row.created_at,
            space_guid=intern(row.relationships.space.guid or ""),
            lifecycle=intern(row.lifecycle.type),
            buildpacks=buildpacks,
            stack=data.stack and intern(data.stack),
            droplet=guid and intern(guid),
            labels=row.metadata.labels or _NO_LABELS,
            annotations=row.metadata.annotations or _NO_LABELS,
            ssh=ssh.get(row.guid),
            document=document.digest,
        )

    return pages.newest(app, "apps", "apps-again")


def _vanished(pages: _Pages, listed: Mapping[str, App]) -> set[str]:
    """Apps that were listed and then no longer there, in spaces that were still visible after that: deleted."""
    spaces = {row.guid for _, row in pages.rows("spaces-again")}
    gone: set[str] = set()
    for document, page in pages.of("apps-again"):
        gone |= set(document.query["guids"].split(",")) - {row.guid for row in page.resources}
    return {guid for guid in gone if guid in listed and listed[guid].space_guid in spaces}


def _droplets(pages: _Pages) -> dict[str, Droplet]:
    known: dict[Any, tuple[DropletBuildpack, ...]] = {}

    def droplet(document: Document, row: wire.DropletRow) -> Droplet:
        return _droplet(document, row, known)

    found = pages.newest(droplet, "droplets", "current-droplets", "source-droplets")
    for document, page in pages.of("current-droplet"):
        if page is not None:
            found[page.guid] = droplet(document, page)
    return found


def _droplet(document: Document, row: wire.DropletRow, known: dict[Any, tuple[DropletBuildpack, ...]]) -> Droplet:
    packs = None
    if row.buildpacks is not None:
        key = tuple((pack.name, pack.version, pack.buildpack_name) for pack in row.buildpacks)
        packs = known.get(key)
        if packs is None:
            packs = known[key] = tuple(
                DropletBuildpack(name=_without_userinfo(name), version=version, reported_name=reported)
                for name, version, reported in key
            )
    return Droplet(
        guid=intern(row.guid),
        app=intern(row.relationships.app.guid or ""),
        state=intern(row.state),
        created_at=row.created_at,
        lifecycle=intern(row.lifecycle.type),
        buildpacks=packs,
        stack=row.stack and intern(row.stack),
        image=row.image,
        checksum=row.checksum.value if row.checksum else None,
        package=row.links.package.href.rpartition("/")[2] if row.links.package else None,
        document=document.digest,
    )


def _spaces(pages: _Pages, organizations: Mapping[str, str]) -> dict[str, Space]:
    ssh = {document.path.split("/")[3]: page.enabled for document, page in pages.of("ssh")}

    def space(document: Document, row: wire.SpaceRow) -> Space:
        organization = row.relationships.organization.guid or ""
        return Space(
            guid=intern(row.guid),
            name=row.name,
            org_guid=organization,
            org=organizations.get(organization, ""),
            ssh=ssh.get(row.guid),
            document=document.digest,
        )

    return pages.newest(space, "spaces")


def _buildpack(document: Document, row: wire.BuildpackRow) -> Buildpack:
    return Buildpack(
        guid=row.guid,
        name=row.name,
        stack=row.stack,
        lifecycle=row.lifecycle,
        state=row.state,
        filename=row.filename,
        enabled=row.enabled,
        locked=row.locked,
        updated_at=row.updated_at,
        document=document.digest,
    )


def _stack(document: Document, row: wire.StackRow) -> Stack:
    return Stack(name=row.name, state=row.state, state_reason=row.state_reason, document=document.digest)


def _build(document: Document, row: wire.BuildRow) -> Build:
    return Build(
        guid=row.guid,
        app=intern(row.relationships.app.guid or ""),
        state=intern(row.state),
        created_at=row.created_at,
        droplet=row.droplet.guid if row.droplet else None,
        package=row.package.guid if row.package else None,
        error=row.error,
        document=document.digest,
    )


def _task(document: Document, row: wire.TaskRow) -> Task:
    return Task(
        guid=row.guid,
        app=intern(row.relationships.app.guid or ""),
        state=intern(row.state),
        created_at=row.created_at,
        document=document.digest,
    )


def _event(document: Document, row: wire.EventRow) -> Event:
    return Event(
        guid=row.guid,
        type=intern(row.type),
        created_at=row.created_at,
        target=intern(row.target.guid),
        target_name=row.target.name or "",
        data=row.data or {},
        document=document.digest,
    )


def _instances(pages: _Pages) -> Iterator[Instance]:
    """`since` counts seconds back from the answer, so an instant is known to about the skew between the clocks."""

    def instances(document: Document, row: wire.ProcessRow) -> list[Instance]:
        return [
            Instance(
                app=intern(row.relationships.app.guid or ""),
                process=row.guid,
                index=instance.index,
                state=intern(instance.state),
                since=document.retrieved_at - timedelta(seconds=instance.since),
                document=document.digest,
            )
            for instance in row.process_instances
        ]

    for made in pages.newest(instances, "instances").values():
        yield from made


def _closing_count(pages: _Pages) -> int | None:
    """The total that Cloud Controller gave after the walk; the last answer counts."""
    counts = [page.pagination.total_results for _, page in pages.of("apps-count")]
    return counts[-1] if counts else None


def _uncounted(pages: _Pages, listed: int) -> Iterator[Gap]:
    counted = _closing_count(pages)
    if counted is not None and counted > listed:
        yield Gap(what="apps", reason=f"the closing count is {counted} apps, the walk saw {listed}")


def _not_given(apps: Mapping[str, App], droplets: Mapping[str, Droplet], gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Current droplets that were asked for and silently left out: deleted, or not visible."""
    refused = {subject for gap in gaps for subject in gap.subjects}
    current = {app.droplet for app in apps.values() if app.droplet}
    missing = tuple(sorted(current - droplets.keys() - refused))
    if missing:
        yield Gap(what="droplets", reason="asked for by guid and not given", subjects=missing)


def _silence(pages: _Pages) -> Iterator[Gap]:
    """An org manager gets 200 and no event: beside what was staged in the same days that is no empty history."""
    staged = sum(build.state == "STAGED" for build in pages.newest(_build, "builds").values())
    if staged:
        yield Gap(what="events", reason=f"no audit events beside {staged} builds: this role may not read them")


def _whole(topic: str, gaps: Iterable[Gap], *, narrowed: bool) -> bool:
    """Whether a topic was wholly read; gaps about single subjects leave only those unknown.

    Where patterns narrow the scope, an unread organization or space could have matched.
    """
    lists = {topic, *_LISTS.get(topic, ()), *(("organizations", "spaces") if narrowed else ())}
    return not any(gap.what in lists and not gap.subjects for gap in gaps)
