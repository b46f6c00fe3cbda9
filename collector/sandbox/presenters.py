"""Rows as the JSON objects of the API, keys in the order of the real controller."""

from collector.sandbox.records import (
    App,
    Build,
    Buildpack,
    Deployment,
    Droplet,
    Event,
    IsolationSegment,
    Organization,
    Process,
    Role,
    Row,
    Space,
    Stack,
    Task,
)
from collector.sandbox.wire import JsonObject, stamp

HIDDEN = "[PRIVATE DATA HIDDEN]"
HIDDEN_IN_LISTS = "[PRIVATE DATA HIDDEN IN LISTS]"


class Presenter:
    """Turns rows into JSON objects whose links carry the configured external domain."""

    def __init__(self, domain: str, *, shows_current_droplet: bool = True) -> None:
        self.domain = domain
        self.shows_current_droplet = shows_current_droplet

    def link(self, path: str, method: str | None = None) -> JsonObject:
        """Return a link object."""
        href: JsonObject = {"href": f"{self.domain}/v3{path}"}
        return {**href, "method": method} if method else href

    def organization(self, row: Organization) -> JsonObject:
        """Return an organization."""
        path = f"/organizations/{row.guid}"
        return {
            **_head(row),
            "name": row.name,
            "suspended": row.suspended,
            "relationships": {"quota": _to_one(row.quota_guid)},
            **_metadata(row),
            "links": {
                "self": self.link(path),
                "domains": self.link(f"{path}/domains"),
                "default_domain": self.link(f"{path}/domains/default"),
                "quota": self.link(f"/organization_quotas/{row.quota_guid}"),
            },
        }

    def space(self, row: Space) -> JsonObject:
        """Return a space."""
        path = f"/spaces/{row.guid}"
        return {
            **_head(row),
            "name": row.name,
            "suspended": False,
            "relationships": {"organization": _to_one(row.organization_guid), "quota": {"data": None}},
            **_metadata(row),
            "links": {
                "self": self.link(path),
                "organization": self.link(f"/organizations/{row.organization_guid}"),
                "features": self.link(f"{path}/features"),
                "apply_manifest": self.link(f"{path}/actions/apply_manifest", "POST"),
            },
        }

    def stack(self, row: Stack) -> JsonObject:
        """Return a stack."""
        return {
            **_head(row),
            "name": row.name,
            "description": row.description,
            "state": row.state,
            "state_reason": row.state_reason,
            "run_rootfs_image": row.name,
            "build_rootfs_image": row.name,
            "default": row.default,
            **_metadata(row),
            "links": {"self": self.link(f"/stacks/{row.guid}")},
        }

    def buildpack(self, row: Buildpack) -> JsonObject:
        """Return a buildpack."""
        path = f"/buildpacks/{row.guid}"
        return {
            **_head(row),
            "name": row.name,
            "stack": row.stack,
            "state": row.state,
            "lifecycle": row.lifecycle,
            "filename": row.filename,
            "position": row.position,
            "enabled": row.enabled,
            "locked": row.locked,
            **_metadata(row),
            "links": {"self": self.link(path), "upload": self.link(f"{path}/upload", "POST")},
        }

    def app(self, row: App) -> JsonObject:
        """Return an app; controllers before 3.175.0 do not say which droplet is current."""
        path = f"/apps/{row.guid}"
        relationships: JsonObject = {"space": _to_one(row.space_guid)}
        if self.shows_current_droplet:
            relationships["current_droplet"] = _to_one(row.droplet_guid)
        plain = {
            "processes": "processes",
            "packages": "packages",
            "current_droplet": "droplets/current",
            "droplets": "droplets",
            "tasks": "tasks",
        }
        late = {"revisions": "revisions", "deployed_revisions": "revisions/deployed", "features": "features"}
        return {
            **_head(row),
            "name": row.name,
            "state": row.state,
            "lifecycle": _lifecycle(row),
            "relationships": relationships,
            **_metadata(row),
            "links": {
                "self": self.link(path),
                "environment_variables": self.link(f"{path}/environment_variables"),
                "space": self.link(f"/spaces/{row.space_guid}"),
                **{name: self.link(f"{path}/{end}") for name, end in plain.items()},
                **{
                    name: self.link(f"{path}/actions/{name}", "POST")
                    for name in ("start", "stop", "clear_buildpack_cache")
                },
                **{name: self.link(f"{path}/{end}") for name, end in late.items()},
            },
        }

    def droplet(self, row: Droplet, hidden: str | None = HIDDEN_IN_LISTS) -> JsonObject:
        """Return a droplet; `hidden` is the text that stands for what the caller may not read."""
        path = f"/droplets/{row.guid}"
        used = row.buildpacks
        links: JsonObject = {
            "self": self.link(path),
            "app": self.link(f"/apps/{row.app_guid}"),
            "assign_current_droplet": self.link(f"/apps/{row.app_guid}/relationships/current_droplet", "PATCH"),
        }
        if row.package_guid:
            links["package"] = self.link(f"/packages/{row.package_guid}")
        if row.lifecycle_type == "buildpack" and row.state == "STAGED":
            links["download"] = self.link(f"{path}/download")
        return {
            **_head(row),
            "state": row.state,
            "error": row.error,
            "lifecycle": {"type": row.lifecycle_type, "data": {}},
            "checksum": {"type": "sha256", "value": row.checksum} if row.checksum else None,
            "buildpacks": None
            if used is None
            else [
                {
                    "name": item.name,
                    "detect_output": item.detect_output,
                    "buildpack_name": item.buildpack_name,
                    "version": item.version,
                }
                for item in used
            ],
            "stack": row.stack,
            "image": row.image,
            "execution_metadata": hidden or row.execution_metadata,
            "process_types": {"redacted_message": hidden} if hidden else dict(row.process_types),
            "relationships": {"app": _to_one(row.app_guid)},
            **_metadata(row),
            "links": links,
        }

    def build(self, row: Build) -> JsonObject:
        """Return a build."""
        links = {"self": self.link(f"/builds/{row.guid}"), "app": self.link(f"/apps/{row.app_guid}")}
        if row.droplet_guid:
            links["droplet"] = self.link(f"/droplets/{row.droplet_guid}")
        by = row.created_by
        return {
            **_head(row),
            "state": row.state,
            "staging_memory_in_mb": None,
            "staging_disk_in_mb": None,
            "staging_log_rate_limit_bytes_per_second": -1,
            "error": row.error,
            "lifecycle": _lifecycle(row),
            "package": {"guid": row.package_guid},
            "droplet": {"guid": row.droplet_guid} if row.droplet_guid else None,
            "created_by": {"guid": by.guid, "name": by.name, "email": by.name},
            "relationships": {"app": _to_one(row.app_guid)},
            **_metadata(row),
            "links": links,
        }

    def event(self, row: Event) -> JsonObject:
        """Return an audit event."""
        return {
            **_head(row),
            "type": row.type,
            "actor": {"guid": row.actor.guid, "type": row.actor.type, "name": row.actor.name},
            "target": {"guid": row.target.guid, "type": row.target.type, "name": row.target.name},
            "data": dict(row.data),
            "space": {"guid": row.space_guid} if row.space_guid else None,
            "organization": {"guid": row.organization_guid} if row.organization_guid else None,
            "links": {"self": self.link(f"/audit_events/{row.guid}")},
        }

    def deployment(self, row: Deployment) -> JsonObject:
        """Return a deployment."""
        path = f"/deployments/{row.guid}"
        status: JsonObject = {
            "value": row.status_value,
            "reason": row.status_reason,
            "details": {
                "last_successful_healthcheck": stamp(row.last_healthcheck),
                "last_status_change": stamp(row.last_change),
            },
        }
        if row.strategy == "canary":
            status["canary"] = {"steps": {"current": row.canary_step, "total": row.canary_steps}}
        links = {"self": self.link(path), "app": self.link(f"/apps/{row.app_guid}")}
        if row.status_value == "ACTIVE":
            links["cancel"] = self.link(f"{path}/actions/cancel", "POST")
        if row.status_reason == "PAUSED":
            links["continue"] = self.link(f"{path}/actions/continue", "POST")
        return {
            **_head(row),
            "status": status,
            "strategy": row.strategy,
            "options": {"max_in_flight": 1},
            "droplet": {"guid": row.droplet_guid},
            "previous_droplet": {"guid": row.previous_droplet_guid},
            "new_processes": [],
            "revision": None,
            "relationships": {"app": _to_one(row.app_guid)},
            **_metadata(row),
            "links": links,
        }

    def process(self, row: Process, space_guid: str | None, hidden: str | None = HIDDEN_IN_LISTS) -> JsonObject:
        """Return a process."""
        path = f"/processes/{row.guid}"
        return {
            **_head(row),
            "version": row.version,
            "type": row.type,
            "command": hidden or row.command,
            "user": "vcap",
            "instances": row.instances,
            "memory_in_mb": 1024,
            "disk_in_mb": 1024,
            "log_rate_limit_in_bytes_per_second": 1048576,
            "health_check": {"type": "port", "data": {"timeout": None, "invocation_timeout": None, "interval": None}},
            "readiness_health_check": {"type": "process", "data": {"invocation_timeout": None, "interval": None}},
            "relationships": {"app": _to_one(row.app_guid), "revision": None},
            **_metadata(row),
            "links": {
                "self": self.link(path),
                "scale": self.link(f"{path}/actions/scale", "POST"),
                "app": self.link(f"/apps/{row.app_guid}"),
                "space": self.link(f"/spaces/{space_guid}"),
                "stats": self.link(f"{path}/stats"),
                "process_instances": self.link(f"{path}/process_instances"),
            },
        }

    def task(self, row: Task) -> JsonObject:
        """Return a task, in the shape that the documentation describes (no recording has one)."""
        path = f"/tasks/{row.guid}"
        return {
            **_head(row),
            "sequence_id": row.sequence_id,
            "name": row.name,
            "user": None,
            "state": row.state,
            "memory_in_mb": 256,
            "disk_in_mb": 1024,
            "log_rate_limit_in_bytes_per_second": -1,
            "result": {"failure_reason": row.failure_reason},
            "droplet_guid": row.droplet_guid,
            "relationships": {"app": _to_one(row.app_guid)},
            **_metadata(row),
            "links": {
                "self": self.link(path),
                "app": self.link(f"/apps/{row.app_guid}"),
                "cancel": self.link(f"{path}/actions/cancel", "POST"),
                "droplet": self.link(f"/droplets/{row.droplet_guid}"),
            },
        }

    def isolation_segment(self, row: IsolationSegment) -> JsonObject:
        """Return an isolation segment."""
        path = f"/isolation_segments/{row.guid}"
        return {
            **_head(row),
            "name": row.name,
            **_metadata(row),
            "links": {"self": self.link(path), "organizations": self.link(f"{path}/organizations")},
        }

    def role(self, row: Role) -> JsonObject:
        """Return a role; the relationship that does not apply comes last and empty."""
        in_space = row.space_guid is not None
        where, other = ("space", "organization") if in_space else ("organization", "space")
        guid = row.space_guid if in_space else row.organization_guid
        return {
            **_head(row),
            "type": row.type,
            "relationships": {"user": _to_one(row.user_guid), where: _to_one(guid), other: {"data": None}},
            "links": {
                "self": self.link(f"/roles/{row.guid}"),
                "user": self.link(f"/users/{row.user_guid}"),
                where: self.link(f"/{where}s/{guid}"),
            },
        }


def _head(row: Row) -> JsonObject:
    return {"guid": row.guid, "created_at": stamp(row.created_at), "updated_at": stamp(row.updated_at)}


def _metadata(row: Row) -> JsonObject:
    return {"metadata": {"labels": dict(row.labels), "annotations": dict(row.annotations)}}


def _to_one(guid: str | None) -> JsonObject:
    # A missing current droplet is a guid of null inside data, not data of null.
    return {"data": {"guid": guid}}


def _lifecycle(row: App | Build) -> JsonObject:
    if row.lifecycle_type == "docker":
        return {"type": "docker", "data": {}}
    return {"type": row.lifecycle_type, "data": {"buildpacks": list(row.buildpacks), "stack": row.stack}}
