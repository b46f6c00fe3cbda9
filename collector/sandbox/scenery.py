"""Builds worlds: from one short description of an app to all the rows and events that a real one leaves behind."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from collector.sandbox.records import (
    Actor,
    App,
    Build,
    Buildpack,
    Droplet,
    Event,
    Identity,
    Instance,
    Organization,
    Process,
    Row,
    Space,
    Stack,
    Target,
    Task,
    UsedBuildpack,
)
from collector.sandbox.world import World

EVENTS_ARE_KEPT = timedelta(days=31)
_NAMESPACE = uuid.UUID("6f0c2f0e-5f5c-4f0b-9d1f-0d6c2b7f3a11")
DEVELOPER = "developer@agency-a.example"
OPERATOR = "operator@platform.example"


def guid_of(*parts: object) -> str:
    """Return a guid that looks random (version 4) but follows from its parts."""
    made = uuid.uuid5(_NAMESPACE, "/".join(map(str, parts)))
    return str(uuid.UUID(bytes=made.bytes, version=4))


def digest_of(*parts: object) -> str:
    """Return a sha256 that follows from its parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def used(name: str, version: str | None, *, final: bool = True) -> UsedBuildpack:
    """Return a platform buildpack as a droplet names it; only the final of several has a detect output."""
    short = name.removesuffix("_buildpack")
    return UsedBuildpack(
        name=name, detect_output=short.capitalize() if final else None, buildpack_name=short, version=version
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """An app in a few words.

    `age` is that of the current droplet (None: there is none). `origin` is how the droplet came to be: staged,
    copied or uploaded. `running_for` is how long the instances have run, by default since the droplet was mapped.
    `same_bits_as` names the app whose droplet has the same checksum, written `organization/space/name`.
    """

    name: str
    space: str = "agency-a/prod"
    age: timedelta | None = timedelta(days=3)
    used: tuple[UsedBuildpack, ...] | None = ()
    wanted: tuple[str, ...] | None = None
    stack: str | None = "cflinuxfs4"
    lifecycle: str = "buildpack"
    image: str | None = None
    state: str = "STARTED"
    origin: str = "staged"
    same_bits_as: str | None = None
    source_droplet_guid: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=lambda: {"owner": "platform-team@agency-a.example"})
    instances: int = 2
    running_for: timedelta | None = None
    ssh: bool = True


class Scenery:
    """Collects the rows of a world; times count back from `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self.rows: list[Row] = []
        self.events: list[Event] = []
        self.developer = Actor(guid=guid_of("user", DEVELOPER), name=DEVELOPER)
        self.operator = Actor(guid=guid_of("user", OPERATOR), name=OPERATOR)
        self._apps = 0

    def world(self, identities: Iterable[Identity]) -> World:
        """Return the world; events lie in the order of time, as a foundation writes them."""
        events = sorted(self.events, key=lambda event: event.created_at)
        return World(self.now, [*self.rows, *events], identities)

    def ago(self, age: timedelta) -> datetime:
        """Return the time that lies so far back."""
        return self.now - age

    def place(self, space: str) -> tuple[str, str]:
        """Return the guids of a space, written `organization/space`, and of its organization."""
        organization = space.partition("/")[0]
        return guid_of("space", space), guid_of("organization", organization)

    def organization(self, name: str, *spaces: str, closed_to_ssh: Iterable[str] = ()) -> None:
        """Add an organization with its spaces."""
        then = self.ago(timedelta(days=900))
        quota = guid_of("quota", "default")
        self.rows.append(
            Organization(
                guid=guid_of("organization", name), created_at=then, updated_at=then, name=name, quota_guid=quota
            )
        )
        for number, space in enumerate(spaces, 1):
            guid, organization = self.place(f"{name}/{space}")
            made = then + timedelta(days=number)
            self.rows.append(
                Space(
                    guid=guid,
                    created_at=made,
                    updated_at=made,
                    name=space,
                    organization_guid=organization,
                    ssh=space not in closed_to_ssh,
                )
            )

    def stack(self, name: str, state: str = "ACTIVE", reason: str | None = None, *, default: bool = False) -> None:
        """Add a stack."""
        then = self.ago(timedelta(days=1000))
        self.rows.append(
            Stack(
                guid=guid_of("stack", name),
                created_at=then,
                updated_at=then,
                name=name,
                state=state,
                state_reason=reason,
                default=default,
            )
        )

    def buildpack(self, row: Buildpack, uploaded: timedelta) -> None:
        """Add a platform buildpack; its upload is an event that only a global auditor sees."""
        at = self.ago(uploaded)
        self.rows.append(replace(row, updated_at=row.updated_at or at))
        if row.filename:
            self.buildpack_event("upload", row, uploaded, {"request": {}})

    def buildpack_event(self, what: str, row: Buildpack, age: timedelta, data: Mapping[str, object]) -> None:
        """Add an event of the platform; the data of an upload appears in no recording and is INVENTED."""
        target = Target(guid=row.guid, type="buildpack", name=row.name)
        self._event(f"audit.buildpack.{what}", self.ago(age), self.operator, target, data)

    def app(self, spec: Spec) -> App:
        """Add an app with its process and, if it has one, its current droplet and how that came to be."""
        self._apps += 1
        guid = guid_of("app", spec.space, spec.name)
        created = self.ago(timedelta(days=500)) + timedelta(hours=self._apps)
        mapped = self.ago(spec.age) + timedelta(seconds=8) if spec.age is not None else created
        wanted = tuple(item.name for item in spec.used or ()) if spec.wanted is None else spec.wanted
        app = App(
            guid=guid,
            created_at=created,
            updated_at=mapped,
            name=spec.name,
            space_guid=self.place(spec.space)[0],
            state=spec.state,
            lifecycle_type=spec.lifecycle,
            buildpacks=wanted,
            stack=None if spec.lifecycle == "docker" else spec.stack or "cflinuxfs4",
            droplet_guid=guid_of("droplet", guid, "current") if spec.age is not None else None,
            ssh=spec.ssh,
            labels=spec.labels,
            annotations=spec.annotations,
        )
        self.rows += [app, self._process(app, spec, mapped)]
        if spec.age is not None:
            self._current_droplet(app, spec, spec.age)
        return app

    def _process(self, app: App, spec: Spec, mapped: datetime) -> Process:
        since = mapped + timedelta(seconds=20) if spec.running_for is None else self.ago(spec.running_for)
        runs = app.state == "STARTED" and app.droplet_guid is not None
        numbers = range(spec.instances if runs else 0)
        return Process(
            guid=app.guid,
            created_at=app.created_at,
            updated_at=mapped,
            app_guid=app.guid,
            version=guid_of("process", app.guid),
            instances=spec.instances,
            running=tuple(Instance(index=number, started_at=since) for number in numbers),
        )

    def _current_droplet(self, app: App, spec: Spec, age: timedelta) -> None:
        origin_guid = guid_of("app", spec.same_bits_as) if spec.same_bits_as else app.guid
        staged = spec.origin == "staged"
        droplet = Droplet(
            guid=app.droplet_guid or "",
            created_at=self.ago(age),
            updated_at=self.ago(age) + timedelta(seconds=5),
            app_guid=app.guid,
            lifecycle_type=spec.lifecycle,
            checksum=None if spec.lifecycle == "docker" else digest_of(origin_guid),
            buildpacks=_as_copied(spec.used) if spec.origin == "copied" else spec.used,
            stack=None if spec.lifecycle == "docker" else spec.stack,
            image=spec.image,
            execution_metadata="" if spec.lifecycle == "buildpack" else None,
            package_guid=guid_of("package", app.guid, "current") if staged else None,
        )
        if staged:
            self.staging(app, droplet)
        else:
            self.rows.append(droplet)
            data: dict[str, object] = {"droplet_guid": droplet.guid}
            if spec.source_droplet_guid:
                data["request"] = {"source_droplet_guid": spec.source_droplet_guid}
            what = "create" if spec.origin == "copied" else "upload"
            self.app_event(app, f"droplet.{what}", droplet.created_at, data)
        mapped = droplet.created_at + timedelta(seconds=8)
        self.app_event(app, "droplet.mapped", mapped, {"request": {"droplet_guid": droplet.guid}})

    def staging(self, app: App, droplet: Droplet) -> Build:
        """Add a droplet, the build that made it and the events of both."""
        began, done = droplet.created_at - timedelta(seconds=80), droplet.created_at + timedelta(seconds=5)
        build = self.build(app, began, done, package_guid=droplet.package_guid, droplet_guid=droplet.guid)
        self.rows.append(droplet)
        package = {"package_guid": build.package_guid}
        self.app_event(app, "droplet.create", droplet.created_at, {"droplet_guid": droplet.guid, **package})
        versions: list[object] = [
            {"name": item.name, "buildpack_name": item.buildpack_name, "version": item.version}
            for item in droplet.buildpacks or ()
        ]
        data = {"build_guid": build.guid, **package, "droplet_guid": droplet.guid, "buildpacks": versions}
        self.app_event(app, "build.staged", done, data)
        return build

    def build(  # noqa: PLR0913 - a build in each of its three states
        self,
        app: App,
        began: datetime,
        done: datetime,
        *,
        package_guid: str | None = None,
        droplet_guid: str | None = None,
        state: str = "STAGED",
        error: str | None = None,
    ) -> Build:
        """Add a build and the event of its creation."""
        build = Build(
            guid=guid_of("build", app.guid, began),
            created_at=began,
            updated_at=done,
            app_guid=app.guid,
            package_guid=package_guid or guid_of("package", app.guid, "current"),
            created_by=self.developer,
            state=state,
            error=error,
            lifecycle_type=app.lifecycle_type,
            buildpacks=app.buildpacks,
            stack=app.stack,
            droplet_guid=droplet_guid,
        )
        self.rows.append(build)
        data = {"build_guid": build.guid, "package_guid": build.package_guid}
        self.app_event(app, "build.create", began, data)
        return build

    def failed_build(self, app: App, age: timedelta) -> None:
        """Add a staging that failed."""
        began, text = self.ago(age), "App staging failed in the buildpack compile phase"
        done = began + timedelta(seconds=40)
        build = self.build(app, began, done, state="FAILED", error=f"BuildpackCompileFailed - {text}")
        data = {"build_guid": build.guid, "package_guid": build.package_guid}
        data |= {"error_id": "BuildpackCompileFailed", "error_message": text}
        self.app_event(app, "build.failed", done, data)

    def other_droplet(self, app: App, age: timedelta, *items: UsedBuildpack) -> Droplet:
        """Add a droplet of an app that is not its current one."""
        droplet = Droplet(
            guid=guid_of("droplet", app.guid, age),
            created_at=self.ago(age),
            updated_at=self.ago(age) + timedelta(seconds=5),
            app_guid=app.guid,
            checksum=digest_of(app.guid, age),
            buildpacks=items,
            package_guid=guid_of("package", app.guid, age),
        )
        self.staging(app, droplet)
        return droplet

    def task(self, app: App, number: int, age: timedelta) -> None:
        """Add a task that ran in the current droplet."""
        at = self.ago(age)
        guid = guid_of("task", app.guid, number)
        self.rows.append(
            Task(
                guid=guid,
                created_at=at,
                updated_at=at + timedelta(minutes=1),
                app_guid=app.guid,
                name=f"nightly-{number}",
                sequence_id=number,
                droplet_guid=app.droplet_guid or "",
            )
        )
        data = {"request": {"name": f"nightly-{number}", "command": "[PRIVATE DATA HIDDEN]"}, "task_guid": guid}
        self.app_event(app, "task.create", at, data)

    def app_event(
        self, app: App, what: str, at: datetime, data: Mapping[str, object], target: Target | None = None
    ) -> None:
        """Add an event of an app, unless it is so old that a foundation has thrown it away.

        A `target` of its own stands for an app that was in the same space and is gone.
        """
        space = next(row for row in self.rows if isinstance(row, Space) and row.guid == app.space_guid)
        target = target or Target(guid=app.guid, type="app", name=app.name)
        place = (space.guid, space.organization_guid)
        self._event(f"audit.app.{what}", at, self.developer, target, data, place)

    def _event(  # noqa: PLR0913, PLR0917 - an event has six parts
        self,
        kind: str,
        at: datetime,
        actor: Actor,
        target: Target,
        data: Mapping[str, object],
        place: tuple[str | None, str | None] = (None, None),
    ) -> None:
        if self.now - at > EVENTS_ARE_KEPT:
            return
        self.events.append(
            Event(
                guid=guid_of("event", kind, target.guid, at, len(self.events)),
                created_at=at,
                updated_at=at,
                type=kind,
                actor=actor,
                target=target,
                data=data,
                space_guid=place[0],
                organization_guid=place[1],
            )
        )


def _as_copied(items: tuple[UsedBuildpack, ...] | None) -> tuple[UsedBuildpack, ...] | None:
    # A copy keeps the names of the buildpacks and loses everything else that was known of them.
    return None if items is None else tuple(UsedBuildpack(name=item.name) for item in items)
