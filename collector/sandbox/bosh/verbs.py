"""What operators and pipelines do with a director; each verb writes the rows that a real director was seen to write.

Every verb returns the task at once: it goes on when time passes (`Director.advance`) or when it is waited for
(`Director.finish`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

from collector.sandbox.bosh.deploys import Broken, Plan, deploying
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import (
    Cue,
    Deployment,
    Group,
    Instance,
    Pace,
    Stemcell,
    Steps,
    Task,
    line_of,
    stemcell_name,
)
from collector.sandbox.bosh.runs import Run
from collector.sandbox.scenery import digest_of

NO_CUE = Cue()
USUAL = Pace()
_CONFIGS = {"cloud": "---\nazs:\n- name: z1\n- name: z2\n", "runtime": "---\nreleases: []\naddons: []\n"}


def upload_configs(director: Director, *, user: str = "ci") -> None:
    """Upload a cloud config and a runtime config, before anything else."""
    made = director.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    for number, (kind, content) in enumerate(_CONFIGS.items(), 1):
        director.event(None, "create", f"config/{kind}", "default", user=user)
        config = {"content": content, "id": str(number), "type": kind, "name": "default", "team": None}
        director.configs.append({**config, "created_at": made, "current": True})


def upload_stemcell(director: Director, line: str, version: str, *, cid: str = "", cue: Cue = NO_CUE) -> Task:
    """Upload a stemcell: only lock rows tell of it."""
    name = stemcell_name(line)
    task = director.task("stemcell", "create stemcell")
    run = Run(director, task, cue, USUAL)
    cid = cid or f"ami-0{digest_of('stemcell', line, version)[:16]} light"
    made = Stemcell(id=max((one.id for one in director.stemcells), default=0) + 1, name=name, version=version, cid=cid)

    def steps() -> Steps:
        yield from run.both(f"lock:stemcells:{name}:{version}")
        director.stemcells.append(made)
        run.done(f"/stemcells/{name}/{version}")

    return director.begin(task, steps())


def upload_release(director: Director, name: str, version: str, *, cue: Cue = NO_CUE) -> Task:
    """Upload a release."""
    task = director.task("release", "create release")
    run = Run(director, task, cue, USUAL)

    def steps() -> Steps:
        yield from run.both(f"lock:release:{name}")
        director.releases.setdefault(name, []).append(version)
        run.done(f"Created release '{name}/{version}'")

    return director.begin(task, steps())


def deploy(  # noqa: PLR0913 - a deploy can go in many ways
    director: Director,
    name: str,
    stemcells: Mapping[str, str] | None = None,
    *,
    releases: Sequence[str] | None = None,
    groups: Sequence[Group] = (),
    teams: Sequence[str] = (),
    user: str = "ci",
    dry_run: bool = False,
    broken: Broken | None = None,
    recreate: str = "",
    restart: str = "",
    pace: Pace = USUAL,
    cue: Cue = NO_CUE,
) -> Task:
    """Deploy versions by line; what is not given stays as it was. `recreate` and `restart` name an instance group.

    A new deployment needs groups. `dry_run` binds and changes nothing; `broken` says where and how the run breaks off.
    """
    if name not in director.deployments:
        director.deployments[name] = Deployment(name=name, groups=tuple(groups), teams=tuple(teams))
        director.deployments[name].instances = director.new_instances(name, groups)
    known = director.deployments[name]
    task = director.task("deploy", f"create deployment{' (dry run)' if dry_run else ''}", user, name)
    plan = Plan(
        stemcells={**_live(known), **(stemcells or {})},
        releases=tuple(known.live_releases if releases is None else releases),
        dry_run=dry_run,
        broken=broken,
        recreate=recreate,
        restart=restart,
    )
    return director.begin(task, deploying(Run(director, task, cue, pace), known, plan))


def _live(known: Deployment) -> dict[str, str]:
    return {line_of(stemcell.name): stemcell.version for stemcell in known.live}


def delete_deployment(director: Director, name: str, *, user: str = "ci", cue: Cue = NO_CUE) -> Task:
    """Delete a deployment; here alone the start row is the first row of the task."""
    task = director.task("delete", f"delete deployment {name}", user, name)
    run = Run(director, task, cue, USUAL)
    known = director.deployments[name]

    def steps() -> Steps:
        parent = yield from run.row(0, "delete", "deployment", name)
        yield from run.lock()
        for instance in known.instances:
            row = yield from run.row(0, "delete", "instance", instance.name, instance=instance)
            yield from run.delete_vm(instance, 0)
            yield from run.row(0, "delete", "instance", instance.name, instance=instance, parent=row)
        yield from run.row(0, "delete", "deployment", name, parent=parent)
        del director.deployments[name]
        yield from run.unlock()
        run.done(f"/deployments/{name}")

    return director.begin(task, steps())


def recreate_instance(director: Director, name: str, *, cue: Cue = NO_CUE) -> Task:
    """Recreate one instance (`group/index`): no deployment rows."""
    deployment, instance = _place(director, name)
    task = director.task("recreate", "recreate instance", "ci", deployment)
    run = Run(director, task, cue, USUAL)

    def steps() -> Steps:
        yield from run.lock()
        parent = yield from run.row(0, "recreate", "instance", instance.name, instance=instance)
        stop = yield from run.row(5, "stop", "instance", instance.name, instance=instance)
        yield from run.row(57, "stop", "instance", instance.name, instance=instance, parent=stop)
        stemcell = _stemcell_of(instance)
        yield from run.delete_vm(instance, 0)
        yield from run.create_vm(instance, stemcell)
        start = yield from run.row(89, "start", "instance", instance.name, instance=instance)
        yield from run.row(27, "start", "instance", instance.name, instance=instance, parent=start)
        yield from run.row(0, "recreate", "instance", instance.name, instance=instance, parent=parent)
        yield from run.unlock()
        run.done(instance.name)

    return director.begin(task, steps())


def scan_and_fix(director: Director, name: str, *, cue: Cue = NO_CUE) -> Task:
    """Let the resurrector replace the VM of an instance that does not answer: only VM and lock rows."""
    deployment, instance = _place(director, name)
    task = director.task("scan", "scan and fix", "ci", deployment)
    run = Run(director, task, cue, USUAL)

    def steps() -> Steps:
        yield from run.lock()
        stemcell = _stemcell_of(instance)
        yield from run.delete_vm(instance, 55)
        yield from run.create_vm(instance, stemcell)
        instance.silent = False
        yield from run.unlock()
        run.done("scan and fix complete")

    return director.begin(task, steps())


def ignore(director: Director, name: str, *, ignored: bool = True) -> None:
    """Let deploys pass over an instance (`group/index`), or no longer; no row tells of it."""
    director.instance(name).ignored = ignored
    director.note()


def _place(director: Director, name: str) -> tuple[str, Instance]:
    instance = director.instance(name)
    return next(key for key, known in director.deployments.items() if instance in known.instances), instance


def _stemcell_of(instance: Instance) -> Stemcell:
    if instance.vm is None:
        raise LookupError(instance.name)
    return instance.vm.stemcell
