"""The Cloud Controller's side: which paths there are, who may ask, and what is answered.

Successful answers to `embed=process_instances`, `stats` and the lists of tasks appear in no recording of a real
controller. What this module answers there is INVENTED from the documentation and the source.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from collector.sandbox.filters import LISTINGS
from collector.sandbox.listing import Listing, Params, check, page_of, parse_query, select
from collector.sandbox.presenters import HIDDEN, HIDDEN_IN_LISTS, Presenter
from collector.sandbox.ratelimit import RateLimit
from collector.sandbox.records import App, Droplet, Identity, Instance, Process, Row, Space
from collector.sandbox.roots import info, root, v3_root
from collector.sandbox.scenery import guid_of
from collector.sandbox.sight import Sight
from collector.sandbox.wire import (
    Answer,
    ApiError,
    Asked,
    JsonObject,
    bad_query,
    json_answer,
    not_authorized,
    not_found,
    unknown_request,
)
from collector.sandbox.world import World

LONGEST_QUERY = 10 * 1024
# The first controller that names the current droplet in an app's relationships.
FIRST_WITH_CURRENT_DROPLET = (3, 175, 0)

_NAMES = {
    "apps": "App",
    "droplets": "Droplet",
    "builds": "Build",
    "spaces": "Space",
    "organizations": "Organization",
    "processes": "Process",
    "buildpacks": "Buildpack",
    "stacks": "Stack",
    "deployments": "Deployment",
    "tasks": "Task",
    "audit_events": "Event",
    "isolation_segments": "Isolation segment",
    "roles": "Role",
}
_GUID = r"(?P<guid>[^/]+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a foundation can do, and what it is called."""

    domain: str = "https://api.sandbox.example"
    login: str = "https://login.sandbox.example"
    uaa: str = "https://uaa.sandbox.example"
    api_version: str = "3.228.0"
    droplets_current: bool = False
    diego: bool = True
    max_total_results: int | None = None
    rate_limit: RateLimit = field(default_factory=lambda: RateLimit(enabled=False))


class _Call(NamedTuple):
    """One authorized request."""

    path: str
    guid: str
    params: Params
    sight: Sight


class Controller:
    """Answers requests about one world."""

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        version = tuple(int(part) for part in options.api_version.split("."))
        show = Presenter(options.domain, shows_current_droplet=version >= FIRST_WITH_CURRENT_DROPLET)
        self._show = show
        self._routes: list[tuple[re.Pattern[str], Callable[[_Call], Answer]]] = [
            (re.compile(f"/v3/{pattern}"), handler)
            for pattern, handler in (
                (rf"apps/{_GUID}/droplets/current", self._current_droplet),
                (rf"apps/{_GUID}/(?:droplets|processes|tasks|builds|revisions)", self._list_of_app),
                (rf"apps/{_GUID}/env", self._environment),
                (rf"apps/{_GUID}/features/ssh", self._app_ssh),
                (rf"apps/{_GUID}/ssh_enabled", self._ssh_enabled),
                (rf"spaces/{_GUID}/features/ssh", self._space_ssh),
                (rf"processes/{_GUID}/stats", self._stats),
                (rf"processes/{_GUID}/process_instances", self._process_instances),
                (f"(?:{'|'.join(_NAMES)})/{_GUID}", self._single),
                (f"(?:{'|'.join(_NAMES)})", self._list),
            )
        ]
        self._presenters: dict[str, Callable[..., JsonObject]] = {
            "apps": show.app,
            "droplets": show.droplet,
            "builds": show.build,
            "spaces": show.space,
            "organizations": show.organization,
            "buildpacks": show.buildpack,
            "stacks": show.stack,
            "deployments": show.deployment,
            "tasks": show.task,
            "audit_events": show.event,
            "isolation_segments": show.isolation_segment,
            "roles": show.role,
        }

    def answer(self, asked: Asked, identity: Identity | None) -> Answer:
        """Answer one request; `identity` is whose valid token came with it, if any."""
        if len(asked.query) > LONGEST_QUERY:
            return _too_long(len(asked.query))
        try:
            return self._public(asked) or self._authorized(asked, identity)
        except ApiError as error:
            return error.answer()

    def _public(self, asked: Asked) -> Answer | None:
        options = self.options
        if asked.path in {"", "/"}:
            value = root(options.domain, options.login, options.uaa, options.api_version)
            return json_answer(value, content_type="application/json;charset=utf-8")
        if asked.path == "/v3":
            return json_answer(v3_root(options.domain))
        if asked.path == "/v3/info":
            return json_answer(info(options.domain, options.rate_limit))
        return None

    def _authorized(self, asked: Asked, identity: Identity | None) -> Answer:
        found = self._route(asked.path)
        # The real controller, too, looks for the path before it looks at the token.
        if found is None:
            raise unknown_request()
        match, handler = found
        sight = self._sight(asked, identity)
        if asked.method != "GET":
            raise not_authorized()
        guid = match.groupdict().get("guid") or ""
        return handler(_Call(asked.path, guid, parse_query(asked.query), sight))

    def _route(self, path: str) -> tuple[re.Match[str], Callable[[_Call], Answer]] | None:
        for pattern, handler in self._routes:
            if match := pattern.fullmatch(path):
                return match, handler
        return None

    def _sight(self, asked: Asked, identity: Identity | None) -> Sight:
        if not asked.headers.get("authorization", "").lower().startswith("bearer "):
            raise ApiError(401, "CF-NotAuthenticated", 10002, "Authentication error")
        if identity is None:
            raise ApiError(401, "CF-InvalidAuthToken", 1000, "Invalid Auth Token")
        sight = Sight(self.world, identity.guid, frozenset(identity.scopes))
        sight.require_read()
        return sight

    def _visible(self, call: _Call, table: str) -> Row:
        row = self.world.find(table, call.guid)
        if row is None or not call.sight.sees(table, row):
            raise not_found(_NAMES[table])
        return row

    def _single(self, call: _Call) -> Answer:
        table = call.path.split("/")[2]
        row = self._visible(call, table)
        hidden = None if call.sight.develops(row) else HIDDEN
        return json_answer(self._present(table, row, hidden=hidden))

    def _present(self, table: str, row: Row, hidden: str | None) -> JsonObject:
        if isinstance(row, Process):
            return self._show.process(row, self.world.space_of(row), hidden)
        if isinstance(row, Droplet):
            return self._show.droplet(row, hidden)
        return self._presenters[table](row)

    def _list(self, call: _Call) -> Answer:
        listing = LISTINGS[call.path.split("/")[2]]
        params, rows = call.params, call.sight.rows(listing.table)
        if listing.table == "droplets":
            params, rows = self._droplets(params, rows)
        return self._listed(call, listing, params, rows)

    def _droplets(self, params: Params, rows: list[Row]) -> tuple[Params, list[Row]]:
        rows = [row for row in rows if getattr(row, "state", "") != "STAGING"]
        if "current" not in params.flat:
            return params, rows
        if not self.options.droplets_current:
            # This one unknown parameter has a message of its own, without the list of valid ones.
            raise bad_query("Unknown query parameter(s): 'current'")
        return _without(params, "current"), self._current_only(params, rows)

    def _current_only(self, params: Params, rows: list[Row]) -> list[Row]:
        if params.flat["current"] != "true":
            raise bad_query("Current only accepts the value 'true'")
        current = {app.droplet_guid for app in self.world.apps}
        return [row for row in rows if row.guid in current]

    def _list_of_app(self, call: _Call) -> Answer:
        self._visible(call, "apps")
        listing = LISTINGS[call.path.rsplit("/", 1)[1]]
        rows = [row for row in self.world.rows(listing.table) if getattr(row, "app_guid", None) == call.guid]
        params = call.params
        if listing.table == "droplets" and "current" in params.flat:
            rows, params = self._current_only(params, rows), _without(params, "current")
        return self._listed(call, listing, params, rows)

    def _listed(self, call: _Call, listing: Listing, params: Params, rows: list[Row]) -> Answer:
        check(listing, params, self.options.max_total_results)
        rows = select(listing, params, self.world, rows)
        url = self.options.domain + call.path
        pagination, shown = page_of(listing, call.params, rows, url)
        resources = [self._present(listing.table, row, HIDDEN_IN_LISTS) for row in shown]
        if "process_instances" in params.values("embed"):
            self._embed_instances(shown, resources)
        value: JsonObject = {"pagination": pagination, "resources": resources}
        if wanted := set(params.values("include")):
            value["included"] = self._included(wanted, shown)
        return json_answer(value)

    def _included(self, wanted: set[str], shown: list[Row]) -> JsonObject:
        included: JsonObject = {}
        spaces = {self.world.space_of(row) for row in shown}
        organizations = {self.world.organization_of(row) for row in shown}
        if wanted & {"space", "space.organization"}:
            rows = self.world.rows("spaces")
            included["spaces"] = [self._present("spaces", row, None) for row in rows if row.guid in spaces]
        if wanted & {"org", "organization", "space.organization"}:
            rows = self.world.rows("organizations")
            included["organizations"] = [
                self._present("organizations", row, None) for row in rows if row.guid in organizations
            ]
        return included

    def _embed_instances(self, shown: list[Row], resources: list[JsonObject]) -> None:
        """Add the instances of each process: INVENTED from the documentation, no recording has a success."""
        if not self.options.diego:
            raise ApiError(500, "UnknownError", 10001, "An unknown error occurred.")
        for row, resource in zip(shown, resources, strict=True):
            running = row.running if isinstance(row, Process) else ()
            resource["process_instances"] = self._instances(running)

    def _instances(self, running: Iterable[Instance]) -> list[JsonObject]:
        return [{"index": one.index, "state": one.state, "since": self._seconds(one)} for one in running]

    def _process_instances(self, call: _Call) -> Answer:
        """Answer the instances of one process: INVENTED from the documentation like those embedded in a list."""
        process = self._visible(call, "processes")
        if not self.options.diego or not isinstance(process, Process):
            raise ApiError(500, "UnknownError", 10001, "An unknown error occurred.")
        path = f"/processes/{process.guid}"
        links = {"self": self._show.link(f"{path}/process_instances"), "process": self._show.link(path)}
        return json_answer({"resources": self._instances(process.running), "links": links})

    def _seconds(self, instance: Instance) -> int:
        return int((self.world.now - instance.started_at).total_seconds())

    def _stats(self, call: _Call) -> Answer:
        """Answer a process's statistics: INVENTED from the documentation, no recording has a success."""
        process = self._visible(call, "processes")
        if not self.options.diego or not isinstance(process, Process):
            text = "Stats unavailable: Stats server temporarily unavailable."
            raise ApiError(503, "CF-StatsUnavailable", 200002, text)
        # Host and ports are redacted for auditors, so they are left out for everyone here.
        resources: list[JsonObject] = [
            {
                "type": process.type,
                "index": one.index,
                "instance_guid": guid_of("instance", process.version, one.index, one.started_at),
                "state": one.state,
                "routable": one.state == "RUNNING",
                "uptime": self._seconds(one),
                "isolation_segment": None,
                "details": None,
            }
            for one in process.running
        ]
        return json_answer({"resources": resources})

    def _current_droplet(self, call: _Call) -> Answer:
        app = self._visible(call, "apps")
        droplet = self.world.find("droplets", app.droplet_guid) if isinstance(app, App) else None
        if droplet is None:
            raise not_found("Droplet")
        # Unlike /v3/droplets/:guid, this address hides nothing from an auditor.
        return json_answer(self._present("droplets", droplet, None))

    def _environment(self, call: _Call) -> Answer:
        self._visible(call, "apps")
        # A developer could read the real one. Evidence must never need it, so the sandbox has none for anyone.
        raise not_authorized()

    def _ssh(self, call: _Call) -> tuple[App, Space | None]:
        app = self._visible(call, "apps")
        space = self.world.find("spaces", self.world.space_of(app))
        if not isinstance(app, App):
            raise not_found("App")
        return app, space if isinstance(space, Space) else None

    def _app_ssh(self, call: _Call) -> Answer:
        app, _ = self._ssh(call)
        return json_answer({"name": "ssh", "description": "Enable SSHing into the app.", "enabled": app.ssh})

    def _ssh_enabled(self, call: _Call) -> Answer:
        app, space = self._ssh(call)
        if space is None or not space.ssh:
            return json_answer({"enabled": False, "reason": "Disabled for space"})
        return json_answer({"enabled": app.ssh, "reason": "" if app.ssh else "Disabled for app"})

    def _space_ssh(self, call: _Call) -> Answer:
        space = self._visible(call, "spaces")
        enabled = isinstance(space, Space) and space.ssh
        text = "Enable SSHing into apps in the space."
        return json_answer({"name": "ssh", "description": text, "enabled": enabled})


def _without(params: Params, name: str) -> Params:
    flat = {key: value for key, value in params.flat.items() if key != name}
    return Params(flat=flat, nested=params.nested)


def _too_long(length: int) -> Answer:
    """Refuse as the web server in front of the controller does: in plain text that does not say so."""
    text = (
        "Puma caught this error: HTTP element QUERY_STRING is longer than the (1024 * 10) allowed length "
        f"(was {length}) (Puma::HttpParserError)\n"
    )
    return Answer(status=400, body=text.encode(), content_type="")
