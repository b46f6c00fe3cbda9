"""How a director shows what it has: JSON as it was recorded, keys in that order."""

import json
from datetime import UTC, datetime

from collector.sandbox.bosh.director import VERSION, Director
from collector.sandbox.bosh.records import Deployment, Instance, Stemcell, Task, line_of
from collector.sandbox.scenery import digest_of
from collector.sandbox.wire import JsonObject

_LOAD = ["0.21", "0.18", "0.15"]
_VITALS: JsonObject = {
    "cpu": {"sys": "0.9", "user": "3.1", "wait": "0.0"},
    "disk": {"system": {"inode_percent": "30", "percent": "40"}, "ephemeral": {"inode_percent": "5", "percent": "20"}},
    "load": _LOAD,
    "mem": {"kb": "3900000", "percent": "24"},
    "swap": {"kb": "0", "percent": "0"},
    "uptime": {"secs": 7200},
}
_PROCESS: JsonObject = {
    "name": "rep",
    "state": "running",
    "uptime": {"secs": 7100},
    "mem": {"kb": 48000, "percent": 0.3},
    "cpu": {"total": 0.5},
}


def dump(value: object) -> str:
    """Return JSON as the director writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def info(director: Director, user: str | None, authentication: JsonObject) -> JsonObject:
    """Return what everybody may know of a director."""
    return {
        "name": director.name,
        "uuid": director.uuid,
        "version": f"{VERSION} (00000000)",
        "user": user,
        "cpi": "aws_cpi",
        "stemcell_os": director.own[0],
        "stemcell_version": director.own[1],
        "user_authentication": authentication,
        "features": {
            "local_dns": {"status": False, "extras": {"domain_name": "bosh"}},
            "snapshots": {"status": False},
            "config_server": {"status": False, "extras": {"urls": []}},
        },
    }


def deployment(director: Director, known: Deployment, excluded: set[str]) -> JsonObject:
    """Return a deployment of the list: what is bound to it, less what was excluded."""
    parts: JsonObject = {"name": known.name, "teams": list(known.teams)}
    if "configs" not in excluded:
        parts["cloud_config"] = "latest" if known.manifest else "none"
    if "stemcells" not in excluded:
        bound = sorted(known.stemcells, key=lambda one: (one.name, one.version))
        parts["stemcells"] = [{"name": one.name, "version": one.version} for one in bound]
    if "releases" not in excluded:
        names = sorted(release.split("/") for release in known.releases)
        parts["releases"] = [{"name": name, "version": version} for name, version in names]
    if "lock" not in excluded:
        parts["locked"] = director.held(known.name) is not None
    return parts


def stemcell(director: Director, one: Stemcell) -> JsonObject:
    """Return a stemcell with the deployments that it is bound to."""
    bound = [{"name": known.name} for known in _by_name(director) if one in known.stemcells]
    return {
        "name": one.name,
        "operating_system": line_of(one.name),
        "version": one.version,
        "cid": one.cid,
        "cpi": "",
        "deployments": bound,
        "api_version": 3,
        "id": one.id,
    }


def _by_name(director: Director) -> list[Deployment]:
    return [known for _, known in sorted(director.deployments.items())]


def releases(director: Director) -> list[JsonObject]:
    """Return all uploaded releases."""
    used = {release for known in director.deployments.values() for release in known.releases}
    return [
        {
            "name": name,
            "release_versions": [
                {
                    "version": version,
                    "commit_hash": digest_of("commit", name, version)[:8],
                    "uncommitted_changes": False,
                    "currently_deployed": f"{name}/{version}" in used,
                    "job_names": jobs(name),
                }
                for version in versions
            ],
        }
        for name, versions in sorted(director.releases.items())
    ]


def release(director: Director, name: str) -> JsonObject:
    """Return one release by its name."""
    made = [
        {
            "name": job,
            "sha1": digest_of("job", name, job)[:40],
            "version": digest_of("job version", name)[:8],
            "packages": [],
        }
        for job in jobs(name)
    ]
    return {"packages": [], "jobs": made, "versions": director.releases[name]}


def jobs(name: str) -> list[str]:
    """Return the jobs of an invented release."""
    return {"cf": ["rep"], "os-conf": ["user_add"]}.get(name, [])


def task(one: Task) -> JsonObject:
    """Return a task; while it is not over there is neither an end nor a result."""
    return {
        "id": one.id,
        "state": one.state,
        "description": one.description,
        # A task that is being cancelled already has a time stamp, that of its start.
        "timestamp": _epoch(one.ended_at if one.over else one.started_at if one.state == "cancelling" else None),
        "started_at": _epoch(one.started_at),
        "result": one.result if one.over else None,
        "user": one.user,
        "deployment": one.deployment,
        "context_id": "",
    }


def _epoch(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


def vm(instance: Instance, *, last: JsonObject) -> JsonObject:
    """Return an instance as `/vms` and `/instances` list it: without its stemcell."""
    machine = instance.vm
    return {
        "agent_id": machine.agent if machine else None,
        "cid": machine.cid if machine else None,
        "job": instance.group,
        "index": instance.index,
        "id": instance.id,
        "az": instance.az,
        "ips": [instance.ip] if machine else [],
        "vm_created_at": _created(instance),
        **last,
    }


def _created(instance: Instance) -> str | None:
    return instance.vm.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instance.vm else None


def full(instance: Instance) -> str:
    """Return the line of an instance that `format=full` gives; a silent agent still has a stemcell."""
    machine = instance.vm
    quiet = instance.silent or machine is None
    carried: JsonObject = {"name": None, "version": None, "api_version": None}
    if machine:
        carried = {"name": machine.stemcell.name, "version": machine.stemcell.version, "api_version": 3}
    return dump(
        {
            "vm_cid": machine.cid if machine else None,
            "active": machine is not None,
            "vm_created_at": _created(instance),
            "cloud_properties": {"instance_type": "m6i.large"},
            "disk_cid": None,
            "disk_cids": [],
            "ips": [instance.ip] if machine else [],
            "agent_id": machine.agent if machine else None,
            "job_name": instance.group,
            "index": instance.index,
            "job_state": "unresponsive agent" if quiet else "running",
            "state": "started",
            "vm_type": "default",
            "vitals": None if quiet else _VITALS,
            "processes": [] if quiet else [_PROCESS],
            "az": instance.az,
            "id": instance.id,
            "bootstrap": instance.index == 0,
            "ignore": instance.ignored,
            "stemcell": carried,
        }
    )


def lock(deployment_name: str, until: float, task_id: int) -> JsonObject:
    """Return a lock; its times and its task are texts."""
    return {"type": "deployment", "resource": [deployment_name], "timeout": f"{until:.6f}", "task_id": str(task_id)}
