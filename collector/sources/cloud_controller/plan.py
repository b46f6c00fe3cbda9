"""Which questions to ask Cloud Controller, and in which order: about N/1000 + N/200 for N apps, never one per app.

Droplets are asked for in batches while the walk of the apps goes on. Source of the limits: measured on CAPI 3.228.0.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from collector.evidence import Ask, Got, Plan
from collector.model import Gap
from collector.sources.cloud_controller import wire
from collector.sources.cloud_controller.batches import BATCH, Batches
from collector.sources.cloud_controller.walk import PAGE_SIZE, Walk

# Cloud Controller keeps audit events for 31 days by default.
HISTORY = timedelta(days=31)
RECOUNTS = 3
EVENT_TYPES = (
    "audit.app.build.staged",
    "audit.app.droplet.create",
    "audit.app.droplet.mapped",
    "audit.buildpack.upload",
)
TOPICS = frozenset(
    {"apps", "spaces", "droplets", "buildpacks", "stacks", "builds", "tasks", "events", "instances", "ssh"}
)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What to read: topics, patterns of organizations and of `org/space` (none is all), as seen at `now`.

    `user` is the guid of who asks, for the roles that evidence was seen with; "" for a client.
    """

    needs: frozenset[str] = TOPICS
    orgs: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    now: datetime
    user: str = ""
    page_size: int = PAGE_SIZE


def plan(scope: Scope) -> Plan:
    """The plan of one snapshot of Cloud Controller."""
    reading = _Reading(scope)
    asks = reading.open()
    while True:
        got = yield asks
        asks = reading.answer(got)


class _Reading:
    """What the plan knows so far; `answer` finds the method for an answer by what was asked for."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.walks: dict[str, Walk] = {}
        self.filters: dict[str, str] = {}
        self.organizations: dict[str, str] = {}
        self.spaces: dict[str, tuple[str, str]] = {}
        self.lists_open = 2
        self.apps_at_end = False
        self.recounts = 0
        self.current = Batches("droplets")
        # For which app, in which space, a droplet is asked for, until it is answered.
        self.owners: dict[str, tuple[str, str]] = {}
        # The space of each app whose droplet was not given.
        self.missing: dict[str, str] = {}
        # None: not tried; True: `droplets?current=true` is being walked; False: that is over, or the API lacks it.
        self.bulk: bool | None = None
        self.copied_from = Batches("source-droplets")
        self.ssh_allowed: set[str] = set()
        self.apps_by_space: dict[str, list[str]] = {}
        self.handlers: Mapping[str, Callable[[Got], list[Ask]]] = {
            "organizations": self.on_organizations,
            "spaces": self.on_spaces,
            "apps": self.on_apps,
            "apps-count": self.on_count,
            "apps-again": self.on_apps_again,
            "droplets": self.on_droplets,
            "current-droplets": self.on_bulk,
            "events": self.on_events,
            "ssh": self.on_ssh,
        }

    def open(self) -> list[Ask]:
        """The first questions: all that depends on nothing else."""
        asks = [
            Ask("root", "/", {}, wire.ROOT),
            self.start("organizations", "/v3/organizations", wire.ORGANIZATIONS),
            self.start("spaces", "/v3/spaces", wire.SPACES),
        ]
        if self.scope.user:
            query = {"user_guids": self.scope.user, "per_page": "200"}
            asks.append(Ask("roles", "/v3/roles", query, wire.ROLES))
        if "buildpacks" in self.scope.needs:
            asks.append(self.start("buildpacks", "/v3/buildpacks", wire.BUILDPACKS))
        if "stacks" in self.scope.needs:
            asks.append(self.start("stacks", "/v3/stacks", wire.STACKS))
        if "events" in self.scope.needs:
            # Not filtered by space: buildpack events belong to none.
            query = {"types": ",".join(EVENT_TYPES), **self.lately()}
            asks.append(self.start("events", "/v3/audit_events", wire.EVENTS, query))
        return asks if self.narrowed else asks + self.open_apps()

    @property
    def narrowed(self) -> bool:
        """Whether patterns must be resolved to guids before apps are asked for."""
        return bool(self.scope.orgs or self.scope.spaces)

    def lately(self) -> dict[str, str]:
        """The filter for the days that Cloud Controller remembers."""
        return {"created_ats[gte]": f"{self.scope.now - HISTORY:%Y-%m-%dT%H:%M:%SZ}"}

    def start(
        self, what: str, path: str, decode: Callable[[bytes], Any], query: Mapping[str, str] | None = None
    ) -> Ask:
        """Begin a walk."""
        self.walks[what] = Walk(what, path, query or {}, decode, self.scope.page_size)
        return self.walks[what].ask()

    def open_apps(self) -> list[Ask]:
        """Apps and what belongs to them, in the spaces in scope."""
        asks = [self.start("apps", "/v3/apps", wire.APPS, self.filters)]
        if "builds" in self.scope.needs:
            # Failed builds of any age: one newer than an old droplet must not be missed. The others serve as proof that
            # something was staged in the days of the audit events. Builds cannot be filtered by space.
            others = {"states": "STAGED,STAGING", **self.lately()}
            asks.append(self.start("failed-builds", "/v3/builds", wire.BUILDS, {"states": "FAILED"}))
            asks.append(self.start("builds", "/v3/builds", wire.BUILDS, others))
        if "tasks" in self.scope.needs:
            asks.append(self.start("tasks", "/v3/tasks", wire.TASKS, {**self.filters, **self.lately()}))
        if "instances" in self.scope.needs:
            query = {**self.filters, "embed": "process_instances"}
            asks.append(self.start("instances", "/v3/processes", wire.PROCESSES, query))
        return asks

    def answer(self, got: Got) -> list[Ask]:
        """The questions that an answer leads to."""
        handler = self.handlers.get(got.ask.what)
        if handler is not None:
            return handler(got)
        return self.go_on(got) if got.ask.what in self.walks else []

    def go_on(self, got: Got) -> list[Ask]:
        """The next page of the walk that a page belongs to."""
        following = self.walks[got.ask.what].after(got.page)
        return [] if following is None else [following]

    def on_organizations(self, got: Got) -> list[Ask]:
        """Names of organizations, needed to match `org/space` patterns."""
        if not isinstance(got.page, Gap):
            self.organizations.update({row.guid: row.name for row in got.page.resources})
        return self.go_on(got) or self.lists_read()

    def on_spaces(self, got: Got) -> list[Ask]:
        """Spaces, also those without an app."""
        if not isinstance(got.page, Gap):
            for row in got.page.resources:
                self.spaces[row.guid] = (row.relationships.organization.guid or "", row.name)
        return self.go_on(got) or self.lists_read()

    def lists_read(self) -> list[Ask]:
        """When both lists are at their end, patterns become filters, and what waited for them begins."""
        self.lists_open -= 1
        if self.lists_open:
            return []
        wanted = self.spaces_in_scope()
        asks = []
        if "ssh" in self.scope.needs:
            asks = [Ask("ssh", f"/v3/spaces/{guid}/features/ssh", {}, wire.SSH, (guid,)) for guid in wanted]
        if self.narrowed and wanted:
            self.filters = {"space_guids": ",".join(wanted)} if len(wanted) <= BATCH // 2 else {}
            asks += self.open_apps()
        return asks

    def spaces_in_scope(self) -> list[str]:
        """The guids of the visible spaces that the patterns name, by name or as `org/space`."""
        return sorted(guid for guid, (organization, name) in self.spaces.items() if self._wanted(organization, name))

    def _wanted(self, organization: str, space: str) -> bool:
        org = self.organizations.get(organization, "")
        return _matches((org,), self.scope.orgs) and _matches((space, f"{org}/{space}"), self.scope.spaces)

    def on_apps(self, got: Got) -> list[Ask]:
        """A page of apps: what belongs to them, then the next page, and at the end the closing count."""
        walk = self.walks["apps"]
        asks: list[Ask] = []
        if not isinstance(got.page, Gap):
            # Pages overlap and the newest answer is believed: an app that was seen before may name another droplet now.
            asks += self.droplets_of(got.page.resources, got.page.pagination.total_results)
            asks += self.ssh_of(walk.fresh(got.page))
        following = walk.after(got.page)
        if following is not None:
            # The next page goes first: everything else depends on the walk getting on.
            return [following, *asks]
        self.apps_at_end = True
        if self.bulk is not True:
            asks += self.current.take(everything=True)
        if not isinstance(got.page, Gap):
            asks.append(Ask("apps-count", "/v3/apps", {**self.filters, "per_page": "1"}, wire.APPS))
        return asks

    def on_count(self, got: Got) -> list[Ask]:
        """Apps that appeared behind the walk are fetched; a difference that stays is found by the reader."""
        if isinstance(got.page, Gap) or got.page.pagination.total_results <= self.walks["apps"].rows:
            return []
        self.recounts += 1
        return [self.walks["apps"].again()] if self.recounts <= RECOUNTS else []

    def droplets_of(self, rows: Sequence[wire.AppRow], total: int) -> list[Ask]:
        """Ask for the current droplets of apps: in bulk where the API can, in batches else."""
        if "droplets" not in self.scope.needs:
            return []
        asks = []
        for row in rows:
            droplet = row.relationships.current_droplet
            if isinstance(droplet, msgspec.UnsetType):
                # Before API 3.175 an app does not say which droplet is current: there is no other way than to ask it.
                path = f"/v3/apps/{row.guid}/droplets/current"
                asks.append(Ask("current-droplet", path, {}, wire.droplet_or_none, (row.guid,), accepts=(404,)))
            elif droplet.guid:
                self.current.add([droplet.guid])
                self.owners[droplet.guid] = (row.guid, row.relationships.space.guid or "")
        if self.bulk is None and not asks and self.current and total > BATCH:
            self.bulk = True
            query = {**self.filters, "current": "true"}
            return [self.start("current-droplets", "/v3/droplets", wire.DROPLETS, query)]
        return asks if self.bulk else asks + self.current.take(everything=False)

    def on_droplets(self, got: Got) -> list[Ask]:
        """Where droplets are missing, ask whether their apps are still there: most were deleted meanwhile."""
        owners = {guid: self.owners.pop(guid) for guid in got.ask.subjects if guid in self.owners}
        if isinstance(got.page, Gap):
            return []
        given = {row.guid for row in got.page.resources}
        missing = dict(owner for guid, owner in owners.items() if guid not in given)
        self.missing |= missing
        return _by_guid("apps-again", "/v3/apps", wire.APPS, missing)

    def on_apps_again(self, got: Got) -> list[Ask]:
        """Those that are still there may have got another droplet; of those that are not, ask for the spaces.

        What is gone from a space that is still visible was deleted; a space that is gone, too, may only be hidden now.
        """
        if isinstance(got.page, Gap):
            return []
        here = {row.guid for row in got.page.resources}
        spaces = {self.missing[app] for app in got.ask.subjects if app not in here}
        asks = _by_guid("spaces-again", "/v3/spaces", wire.SPACES, spaces)
        asks += self.droplets_of(got.page.resources, len(here))
        return asks if self.bulk else asks + self.current.take(everything=True)

    def on_bulk(self, got: Got) -> list[Ask]:
        """An answer to `droplets?current=true`; an API that does not have it says 400, and batches take its place."""
        if not isinstance(got.page, Gap):
            self.current.came(row.guid for row in got.page.resources)
            for row in got.page.resources:
                self.owners.pop(row.guid, None)
        following = self.go_on(got)
        if following:
            return following
        self.bulk = False
        if not isinstance(got.page, Gap):
            return self.current.take(everything=self.apps_at_end)
        # Everything that waits is asked for now, so that the refused question has a successor.
        return [ask._replace(instead=True) for ask in self.current.take(everything=True)]

    def on_events(self, got: Got) -> list[Ask]:
        """Copied droplets name the one they were copied from: fetch it, too."""
        if not isinstance(got.page, Gap):
            self.copied_from.add(filter(None, map(source_droplet, got.page.resources)))
        return self.go_on(got) or self.copied_from.take(everything=True)

    def on_ssh(self, got: Got) -> list[Ask]:
        """Where a space allows SSH, each of its apps has to be asked."""
        space = got.ask.subjects[0]
        if isinstance(got.page, Gap) or not got.page.enabled:
            return []
        self.ssh_allowed.add(space)
        return _app_ssh(self.apps_by_space.get(space, ()))

    def ssh_of(self, rows: Sequence[wire.AppRow]) -> list[Ask]:
        """Ask the apps whose space is known to allow SSH, and remember the others until that is known."""
        if "ssh" not in self.scope.needs:
            return []
        asks: list[Ask] = []
        for row in rows:
            space = row.relationships.space.guid or ""
            self.apps_by_space.setdefault(space, []).append(row.guid)
            if space in self.ssh_allowed:
                asks += _app_ssh([row.guid])
        return asks


def source_droplet(event: wire.EventRow) -> str | None:
    """The droplet that an `audit.app.droplet.create` event was copied from."""
    request = (event.data or {}).get("request")
    guid = request.get("source_droplet_guid") if isinstance(request, dict) else None
    return guid if isinstance(guid, str) else None


def _matches(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _by_guid(what: str, path: str, decode: Callable[[bytes], Any], guids: Iterable[str]) -> list[Ask]:
    """One question about at most a batch of things, none about nothing."""
    wanted = sorted(filter(None, guids))
    query = {"guids": ",".join(wanted), "per_page": str(BATCH)}
    return [Ask(what, path, query, wire.whole(decode, BATCH), tuple(wanted))] if wanted else []


def _app_ssh(guids: Iterable[str]) -> list[Ask]:
    return [Ask("app-ssh", f"/v3/apps/{guid}/ssh_enabled", {}, wire.SSH, (guid,)) for guid in guids]
