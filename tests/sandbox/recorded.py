"""Recordings of a real Cloud Controller, and a world built from them.

Where a list says that there are more rows than any recording shows, fillers make up the number: rows of the right
kind and place, last in their table and outside every recorded page.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.sandbox import (
    Actor,
    App,
    Build,
    Buildpack,
    Deployment,
    Droplet,
    Event,
    Identity,
    IsolationSegment,
    Organization,
    Process,
    Role,
    Row,
    Space,
    Stack,
    Target,
    UsedBuildpack,
    World,
)

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "cloud-controller"
DOMAIN = "https://api.example.gov"
FILLED = datetime(2026, 11, 22, tzinfo=UTC)
PROD, STAGING = "a4785027-c490-438f-b8b4-815a1d4f7f42", "c629b852-1df1-4582-bece-2830064f758e"
BENEFITS = "03d8f765-6ca2-4ee7-9c33-74f647b4b818"
AUTODETECTED = "82158f0f-42af-4574-a9c7-418eb421f1e7"

Json = dict[str, Any]

# Lists in default order are read before lists in an order of their own: the world's order is that of internal ids.
FIRST = (
    *(f"apps-page-{number}" for number in range(1, 5)),
    "processes",
    "org-auditor-events",
    "space-auditor-events",
    "events-buildpack-create",
    "droplets-by-app",
    "droplets-by-guids",
)
SORTED = ("apps-include-page", "apps-keyset", "apps-order", "buildpacks-order", "droplets-list", "events-window")

READ_ALL = ("cloud_controller.global_auditor",)
IDENTITIES = (
    Identity(name="global-auditor", guid="u-global_auditor", login="global", scopes=READ_ALL),
    Identity(name="expired", guid="u-expired", login="expired", scopes=READ_ALL),
    Identity(name="space-auditor", guid="u-space_auditor", login="space"),
    Identity(name="org-auditor", guid="u-org_auditor", login="auditor"),
    Identity(name="org-manager", guid="u-org_manager", login="manager"),
    Identity(name="no-scope", guid="u-no_scope", login="nothing", scopes=("openid",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One request and the exact answer."""

    case: str
    method: str
    target: str
    caller: str
    status: int
    headers: dict[str, str]
    body: str


def recordings() -> dict[str, Recording]:
    """Return all recordings by case; none where the shared folder is absent."""
    return {item.case: item for item in _read()}


def _read() -> Iterator[Recording]:
    for file in sorted((SHARED / "recordings").glob("*.json")):
        record = json.loads(file.read_text("utf-8"))
        asked, got = record["request"], record["response"]
        query = f"?{asked['query']}" if asked["query"] else ""
        yield Recording(
            case=record["case"],
            method=asked["method"],
            target=asked["path"] + query,
            caller=asked["as"],
            status=got["status"],
            headers=got["headers"],
            body=got["body"],
        )


def recorded_world(known: dict[str, Recording]) -> World:
    """Return the world that the recordings describe."""
    found: dict[str, dict[str, Json]] = {}
    for case in sorted(known, key=_rank):
        if known[case].body.startswith("{"):
            _collect(json.loads(known[case].body), found)
    rows = [make(value) for kind, make in MAKERS.items() for value in found.get(kind, {}).values()]
    world = World(datetime(2026, 11, 23, 8, tzinfo=UTC), [*rows, *_roles()], IDENTITIES)
    _split_seconds(world, known["buildpacks-order-updated"])
    _fill(world)
    return world


def _rank(case: str) -> tuple[int, str]:
    if case in FIRST:
        return FIRST.index(case), case
    return (len(FIRST) + case.startswith(SORTED)), case


def _collect(value: Any, found: dict[str, dict[str, Json]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        href = value.get("links", {}).get("self", {}).get("href", "") if "guid" in value else ""
        if href:
            kind = href.removeprefix(f"{DOMAIN}/v3/").split("/")[0]
            rows = found.setdefault(kind, {})
            if value["guid"] not in rows or _is_open(value):
                rows[value["guid"]] = value
        for item in value.values():
            _collect(item, found)


def _is_open(value: Json) -> bool:
    return "redacted_message" not in value.get("process_types", {"redacted_message": ""})


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _row(value: Json) -> Json:
    metadata = value.get("metadata", {"labels": {}, "annotations": {}})
    created = datetime.fromisoformat(value["created_at"])
    return {"guid": value["guid"], "created_at": created, "updated_at": _time(value["updated_at"]), **metadata}


def _to(value: Json, name: str) -> str | None:
    data = value["relationships"][name]["data"]
    return data["guid"] if data else None


def _lifecycle(value: Json) -> Json:
    data = value["lifecycle"]["data"]
    kind = value["lifecycle"]["type"]
    return {"lifecycle_type": kind, "buildpacks": tuple(data.get("buildpacks", ())), "stack": data.get("stack")}


def _app(value: Json) -> Row:
    place: Json = {"space_guid": _to(value, "space"), "droplet_guid": _to(value, "current_droplet")}
    return App(**_row(value), name=value["name"], state=value["state"], **place, **_lifecycle(value))


def _droplet(value: Json) -> Row:
    items, package = value["buildpacks"], value["links"].get("package", {}).get("href", "")
    opened = {"process_types": value["process_types"], "execution_metadata": value["execution_metadata"]}
    return Droplet(
        **_row(value),
        app_guid=_to(value, "app") or "",
        state=value["state"],
        error=value["error"],
        lifecycle_type=value["lifecycle"]["type"],
        checksum=value["checksum"]["value"] if value["checksum"] else None,
        buildpacks=None if items is None else tuple(UsedBuildpack(**item) for item in items),
        stack=value["stack"],
        image=value["image"],
        package_guid=package.rpartition("/")[2] or None,
        **opened,
    )


def _build(value: Json) -> Row:
    by = value["created_by"]
    return Build(
        **_row(value),
        app_guid=_to(value, "app") or "",
        package_guid=value["package"]["guid"],
        created_by=Actor(guid=by["guid"], name=by["name"]),
        state=value["state"],
        error=value["error"],
        droplet_guid=value["droplet"]["guid"] if value["droplet"] else None,
        **_lifecycle(value),
    )


def _event(value: Json) -> Row:
    places: Json = {f"{name}_guid": (value[name] or {}).get("guid") for name in ("space", "organization")}
    actor, target = Actor(**value["actor"]), Target(**value["target"])
    return Event(**_row(value), type=value["type"], actor=actor, target=target, data=value["data"], **places)


def _deployment(value: Json) -> Row:
    status, details = value["status"], value["status"]["details"]
    return Deployment(
        **_row(value),
        app_guid=_to(value, "app") or "",
        droplet_guid=value["droplet"]["guid"],
        previous_droplet_guid=value["previous_droplet"]["guid"],
        status_value=status["value"],
        status_reason=status["reason"],
        last_healthcheck=_time(details["last_successful_healthcheck"]),
        last_change=_time(details["last_status_change"]),
        strategy=value["strategy"],
    )


def _process(value: Json) -> Row:
    version, kind, count = value["version"], value["type"], value["instances"]
    return Process(**_row(value), app_guid=_to(value, "app") or "", version=version, type=kind, instances=count)


def _role(value: Json) -> Row:
    places: Json = {f"{name}_guid": _to(value, name) for name in ("user", "space", "organization")}
    return Role(**_row(value), type=value["type"], **places)


def _plain(kind: Callable[..., Row], *names: str) -> Callable[[Json], Row]:
    return lambda value: kind(**_row(value), **{name: value[name] for name in names})


MAKERS: dict[str, Callable[[Json], Row]] = {
    "organizations": lambda v: Organization(**_row(v), name=v["name"], quota_guid=_to(v, "quota") or ""),
    "spaces": lambda v: Space(**_row(v), name=v["name"], organization_guid=_to(v, "organization") or ""),
    "stacks": _plain(Stack, "name", "description", "state", "state_reason", "default"),
    "buildpacks": _plain(Buildpack, "name", "position", "stack", "filename", "state", "lifecycle", "enabled", "locked"),
    "apps": _app,
    "droplets": _droplet,
    "builds": _build,
    "audit_events": _event,
    "deployments": _deployment,
    "processes": _process,
    "isolation_segments": _plain(IsolationSegment, "name"),
    "roles": _role,
}


def _roles() -> list[Row]:
    """Return the roles of the callers whose own list of roles was not recorded."""
    wanted = {"u-org_auditor": "organization_auditor", "u-org_manager": "organization_manager"}
    return [
        Role(guid=user, created_at=FILLED, updated_at=FILLED, user_guid=user, type=kind, organization_guid=BENEFITS)
        for user, kind in wanted.items()
    ]


def _split_seconds(world: World, recording: Recording) -> None:
    # The database orders by fractions of seconds that no answer shows; three buildpacks share a second.
    for number, value in enumerate(json.loads(recording.body)["resources"]):
        row = world.find("buildpacks", value["guid"])
        if row and row.updated_at:
            world.add(replace(row, updated_at=row.updated_at + timedelta(microseconds=900 - number)))


def _fill(world: World) -> None:
    head: Json = {"created_at": FILLED, "updated_at": FILLED}
    seen = {getattr(row, "app_guid", "") for row in world.rows("processes")}
    for app in world.apps:
        if app.guid not in seen:
            world.add(Process(guid=app.guid, app_guid=app.guid, version=app.guid, **head))
    by = Actor(guid="u-filler", name="filler")
    for number in range(23 - len(world.rows("droplets"))):
        world.add(Droplet(guid=f"filler-{number}", app_guid=AUTODETECTED, **head))
    staged = [row for row in world.rows("builds") if getattr(row, "state", "") == "STAGED"]
    for number in range(21 - len(staged)):
        guid = f"filler-build-{number}"
        world.add(Build(guid=guid, app_guid=AUTODETECTED, package_guid="", created_by=by, **head))
    _fill_events(world, by)


def _fill_events(world: World, by: Actor) -> None:
    events = [row for row in world.rows("audit_events") if isinstance(row, Event)]
    totals = {"build.create": 25, "build.staged": 20, "droplet.create": 25, "droplet.mapped": 22}
    totals |= {"process.create": 21}
    missing: list[str] = []
    for name, total in totals.items():
        kind = f"audit.app.{name}"
        missing += [kind] * (total - sum(event.type == kind for event in events))
    for name, total in {"create": 8, "update": 3}.items():
        kind = f"audit.buildpack.{name}"
        missing += [kind] * (total - sum(event.type == kind for event in events))
    missing += ["audit.filler"] * (158 - len(events) - len(missing))
    in_prod = 74 - sum(event.space_guid == PROD for event in events)
    in_benefits = 81 - sum(event.organization_guid == BENEFITS for event in events) - in_prod
    places = [(PROD, BENEFITS)] * in_prod + [(STAGING, BENEFITS)] * in_benefits
    for number, kind in enumerate(missing):
        space, organization = places.pop() if places else (None, None)
        world.add(
            Event(
                guid=f"filler-event-{number}",
                created_at=FILLED,
                updated_at=FILLED,
                type=kind,
                actor=by,
                target=Target(guid="filler", type="app", name="filler"),
                space_guid=space,
                organization_guid=organization,
            )
        )
