"""Reading a snapshot of Cloud Controller into typed records: no network, no clock, no verdict."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

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
    apps, droplets = _apps(pages), _droplets(pages)
    needs = frozenset(snapshot.scope.get("needs", ()))
    builds, events = _builds(pages), _events(pages)
    gaps = [gap for source in snapshot.sources if source.name == SOURCE for gap in source.gaps]
    found = [*_uncounted(pages, len(apps))]
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
        buildpacks=tuple(sorted(map(_buildpack, *_unzip(pages.latest("buildpacks"))), key=lambda pack: pack.guid)),
        stacks={
            row.name: Stack(name=row.name, state=row.state, state_reason=row.state_reason, document=document.digest)
            for document, row in pages.latest("stacks")
        },
        builds=_by(lambda build: build.app, builds),
        tasks=_by(lambda task: task.app, _tasks(pages)),
        events=_by(lambda event: event.target, events),
        instances=_by(lambda instance: instance.app, _instances(pages)),
        apps_listed=len(apps),
        apps_counted=_closing_count(pages),
        read=frozenset(topic for topic in needs if _whole(topic, [*gaps, *found], narrowed=narrowed)),
        gaps=tuple(found),
        documents=pages.digests(),
    )


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
            try:
                yield document, _DECODERS[what](self._body(document))
            except Malformed as error:
                raise IntegrityError(f"{document.file} cannot be read: {error}") from error

    def rows(self, *whats: str) -> Iterator[tuple[Document, Any]]:
        for what in whats:
            for document, page in self.of(what):
                for row in page.resources:
                    yield document, row

    def latest(self, *whats: str) -> list[tuple[Document, Any]]:
        """Each row once: pages overlap by design, and the newest answer about a row is the one to believe."""
        newest: dict[str, tuple[Document, Any]] = {}
        for document, row in self.rows(*whats):
            held = newest.get(row.guid)
            if held is None or held[0].retrieved_at <= document.retrieved_at:
                newest[row.guid] = (document, row)
        return list(newest.values())

    def digests(self) -> dict[str, tuple[str, ...]]:
        return {what: tuple(document.digest for document in documents) for what, documents in self._documents.items()}


def roles(bodies: Iterable[bytes]) -> tuple[str, ...]:
    """The types of roles that the one who asked holds, from the answers of `/v3/roles`."""
    return tuple(sorted({row.type for body in bodies for row in wire.ROLES(body).resources}))


def _unzip(pairs: Iterable[tuple[Document, Any]]) -> tuple[list[Document], list[Any]]:
    pairs = list(pairs)
    return [document for document, _ in pairs], [row for _, row in pairs]


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
    apps = {}
    for document, row in pages.latest("apps"):
        data, droplet = row.lifecycle.data, row.relationships.current_droplet
        held = current.get(row.guid)
        apps[row.guid] = App(
            guid=row.guid,
            name=row.name,
            state=row.state,
            created_at=row.created_at,
            space_guid=row.relationships.space.guid or "",
            lifecycle=row.lifecycle.type,
            buildpacks=tuple(map(_without_userinfo, data.buildpacks or ())),
            stack=data.stack,
            droplet=droplet.guid if isinstance(droplet, wire.ToOne) else held.guid if held else None,
            labels=row.metadata.labels,
            annotations=row.metadata.annotations,
            ssh=ssh.get(row.guid),
            document=document.digest,
        )
    return apps


def _droplets(pages: _Pages) -> dict[str, Droplet]:
    rows = pages.latest("droplets", "current-droplets", "source-droplets")
    rows += [(document, page) for document, page in pages.of("current-droplet") if page is not None]
    return {row.guid: _droplet(document, row) for document, row in rows}


def _droplet(document: Document, row: wire.DropletRow) -> Droplet:
    return Droplet(
        guid=row.guid,
        app=row.relationships.app.guid or "",
        state=row.state,
        created_at=row.created_at,
        lifecycle=row.lifecycle.type,
        buildpacks=None
        if row.buildpacks is None
        else tuple(
            DropletBuildpack(name=_without_userinfo(pack.name), version=pack.version, reported_name=pack.buildpack_name)
            for pack in row.buildpacks
        ),
        stack=row.stack,
        image=row.image,
        checksum=row.checksum.value if row.checksum else None,
        package=row.links.package.href.rpartition("/")[2] if row.links.package else None,
        document=document.digest,
    )


def _spaces(pages: _Pages, organizations: Mapping[str, str]) -> dict[str, Space]:
    ssh = {document.path.split("/")[3]: page.enabled for document, page in pages.of("ssh")}
    return {
        row.guid: Space(
            guid=row.guid,
            name=row.name,
            org_guid=row.relationships.organization.guid or "",
            org=organizations.get(row.relationships.organization.guid or "", ""),
            ssh=ssh.get(row.guid),
            document=document.digest,
        )
        for document, row in pages.latest("spaces")
    }


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


def _builds(pages: _Pages) -> list[Build]:
    return [
        Build(
            guid=row.guid,
            app=row.relationships.app.guid or "",
            state=row.state,
            created_at=row.created_at,
            droplet=row.droplet.guid if row.droplet else None,
            package=row.package.guid if row.package else None,
            error=row.error,
            document=document.digest,
        )
        for document, row in sorted(pages.latest("builds", "failed-builds"), key=lambda pair: pair[1].created_at)
    ]


def _tasks(pages: _Pages) -> list[Task]:
    return [
        Task(
            guid=row.guid,
            app=row.relationships.app.guid or "",
            state=row.state,
            created_at=row.created_at,
            document=document.digest,
        )
        for document, row in sorted(pages.latest("tasks"), key=lambda pair: pair[1].created_at)
    ]


def _events(pages: _Pages) -> list[Event]:
    return [
        Event(
            type=row.type,
            created_at=row.created_at,
            target=row.target.guid,
            target_name=row.target.name or "",
            data=row.data or {},
            document=document.digest,
        )
        for document, row in sorted(pages.latest("events"), key=lambda pair: pair[1].created_at)
    ]


def _instances(pages: _Pages) -> Iterator[Instance]:
    """`since` counts seconds back from the answer, so an instant is known to about the skew between the clocks."""
    for document, row in pages.latest("instances"):
        for instance in row.process_instances:
            yield Instance(
                app=row.relationships.app.guid or "",
                process=row.guid,
                index=instance.index,
                state=instance.state,
                since=document.retrieved_at - timedelta(seconds=instance.since),
                document=document.digest,
            )


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
    staged = sum(row.state == "STAGED" for _, row in pages.latest("builds"))
    if staged:
        yield Gap(what="events", reason=f"no audit events beside {staged} builds: this role may not read them")


def _whole(topic: str, gaps: Iterable[Gap], *, narrowed: bool) -> bool:
    """Whether a topic was wholly read; gaps about single subjects leave only those unknown.

    Where patterns narrow the scope, an unread organization or space could have matched.
    """
    lists = {topic, *_LISTS.get(topic, ()), *(("organizations", "spaces") if narrowed else ())}
    return not any(gap.what in lists and not gap.subjects for gap in gaps)
