"""One deploy, row by row: locks, binding, instances, and the four ways in which it ends or does not."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collector.sandbox.bosh.manifests import manifest
from collector.sandbox.bosh.records import Deployment, Instance, Stemcell, line_of, stemcell_name
from collector.sandbox.bosh.runs import BrokenOffError, Rest, Run
from collector.sandbox.scenery import guid_of

_REFUSED_AFTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """How a deploy breaks off, and at which of the instances that it updates (0: the first)."""

    how: Literal["failed", "killed", "cancelled"]
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deploy is to do: versions by line, all releases, and its options."""

    stemcells: Mapping[str, str]
    releases: tuple[str, ...]
    dry_run: bool = False
    broken: Broken | None = None
    recreate: str = ""
    restart: str = ""


@dataclass(slots=True, kw_only=True)
class _Work:
    """A deploy under way: what it binds, and the start row where the director writes it early."""

    action: str
    target: dict[str, Stemcell]
    context: dict[str, object]
    parent: str = ""
    updated: int = 0


class _KilledError(Exception):
    """The worker died: nothing more is written."""


def deploying(run: Run, known: Deployment, plan: Plan) -> Rest:
    """Run a deploy to its end, whatever that is."""
    work = _Work(action="update" if known.manifest else "create", target={}, context={})
    if (lock := run.director.held(known.name)) is not None:
        yield from _refused(run, work, lock.task.id)
        return
    try:
        yield from _locked(run, known, plan, work)
    except BrokenOffError as broken:
        yield from run.unlock()
        yield from run.pair(work.action, 0, error=str(broken), context=work.context, parent=work.parent)
        cancelled = run.task.cancelled
        run.done("task cancelled" if cancelled else str(broken), "cancelled" if cancelled else "error")
    except _KilledError:
        run.free()
        run.task.state, run.task.ended_at = "error", run.task.started_at
    else:
        run.done(f"/deployments/{known.name}")


def _refused(run: Run, work: _Work, holder: int) -> Rest:
    yield from run.wait(_REFUSED_AFTER)
    error = (
        f"Failed to acquire lock for lock:deployment:{run.task.deployment} uid: {guid_of('lock', holder)}. "
        f"Locking task id is {holder}, description: '{run.director.tasks[holder].description}'"
    )
    yield from run.pair(work.action, 0, error=error)
    run.done(error, "error")


def _locked(run: Run, known: Deployment, plan: Plan, work: _Work) -> Rest:
    yield from run.lock()
    if not run.director.lazy:
        work.parent = yield from run.row(0, work.action, "deployment", known.name)
    yield from run.releases([item.partition("/")[0] for item in plan.releases])
    _bind(run, known, plan, work)
    if plan.dry_run:
        yield from run.row(run.pace.prepare, "release", "lock", f"lock:deployment:{known.name}")
        run.free()
        return
    fresh = yield from _missing(run, known, work)
    for instance in _in_order(known):
        yield from _update(run, instance, plan, work, fresh)
    wait = run.pace.finish if work.updated else run.pace.prepare
    yield from run.pair(work.action, wait, context=work.context, parent=work.parent)
    _cleaned(known, plan, work)
    yield from run.unlock()


def _bind(run: Run, known: Deployment, plan: Plan, work: _Work) -> None:
    """Bind stemcells and releases: from here on they are in every list, whatever becomes of the deploy."""
    for line, version in plan.stemcells.items():
        stemcell = run.director.stemcell(line, version)
        if stemcell is None:
            raise BrokenOffError(f"Stemcell version '{version}' for OS '{line}' doesn't exist")
        work.target[stemcell_name(line)] = stemcell
    before = _bound(known) if known.manifest or known.stemcells else {}
    known.stemcells += [one for one in work.target.values() if one not in known.stemcells]
    known.stemcells.sort(key=lambda one: one.id)
    known.releases += [one for one in plan.releases if one not in known.releases]
    work.context |= {"before": before, "after": _bound(known)}


def _bound(known: Deployment) -> dict[str, object]:
    return {"releases": list(known.releases), "stemcells": [one.label for one in known.stemcells]}


def _missing(run: Run, known: Deployment, work: _Work) -> Generator[datetime, None, set[str]]:
    """Create the VMs that are not there: all begin, then each ends."""
    without = [one for one in known.instances if one.vm is None]
    parents = []
    for one in without:
        parent = yield from run.row(0, "create", "vm", instance=one)
        parents.append(parent)
    order = run.cue.finish or range(len(without))
    for number in order:
        one = without[number]
        yield from run.created(one, work.target[stemcell_name(one.line)], parents[number], run.pace.create)
    return {one.name for one in without}


def _in_order(known: Deployment) -> list[Instance]:
    groups = {group.name: number for number, group in enumerate(known.groups)}
    return sorted(known.instances, key=lambda one: (groups[one.group], one.az, one.index))


def _update(run: Run, instance: Instance, plan: Plan, work: _Work, fresh: set[str]) -> Rest:
    stemcell = work.target[stemcell_name(instance.line)]
    action, changes = _change(instance, stemcell, plan, work, fresh)
    if not action or instance.ignored:
        return
    context: dict[str, object] = {} if action == "restart" else {"az": instance.az}
    if changes:
        context["changes"] = changes
    wait = 0 if work.updated else run.pace.prepare
    parent = yield from run.row(wait, action, "instance", instance.name, instance=instance, context=context)
    broken = plan.broken if plan.broken and plan.broken.at == work.updated else None
    work.updated += 1
    if broken and broken.how == "killed":
        instance.dirty = True
        raise _KilledError
    pause = run.pace.update
    if action == "recreate":
        yield from _replaced(run, instance, stemcell, broken)
        pause = run.pace.start
    instance.dirty = broken is not None
    error = _error(run, instance, broken)
    if run.task.cancelled:
        pause = 0
    yield from run.row(pause, action, "instance", instance.name, instance=instance, parent=parent, error=error)
    if error:
        raise BrokenOffError(error)


def _replaced(run: Run, instance: Instance, stemcell: Stemcell, broken: Broken | None) -> Rest:
    yield from run.delete_vm(instance, run.pace.drain)
    yield from run.create_vm(instance, stemcell)
    if broken and broken.how == "cancelled":
        run.task.state, run.task.cancelled = "cancelling", True
        yield from run.delete_vm(instance, 0)


def _error(run: Run, instance: Instance, broken: Broken | None) -> str:
    if broken is None:
        return ""
    if broken.how == "cancelled":
        return f"Task {run.task.id} cancelled"
    job = "rep" if "cell" in instance.group else "job"
    name = f"{instance.name} ({instance.index})"
    return f"'{name}' is not running after update. Review logs for failed jobs: {job}"


def _change(instance: Instance, stemcell: Stemcell, plan: Plan, work: _Work, fresh: set[str]) -> tuple[str, list[str]]:
    """Return what is done to an instance, and the changes that its row names."""
    dirty = ["dirty"] if instance.dirty else []
    if work.action == "create":
        return "create", []
    if instance.name in fresh:
        return "recreate", [*dirty, "network", "packages", "configuration", "state"]
    if instance.vm and instance.vm.stemcell != stemcell:
        return "recreate", [*dirty, "stemcell"]
    if instance.group == plan.recreate:
        return "recreate", dirty
    if instance.group == plan.restart:
        return "restart", dirty
    return ("update", dirty) if dirty else ("", [])


def _cleaned(known: Deployment, plan: Plan, work: _Work) -> None:
    """Let go of whatever the deploy does not use, and keep its manifest."""
    known.stemcells = sorted(work.target.values(), key=lambda one: one.id)
    known.releases = [one for one in known.releases if one in plan.releases]
    known.live, known.live_releases = tuple(known.stemcells), tuple(plan.releases)
    known.manifest = manifest(known, {line_of(one.name): one.version for one in known.stemcells}, plan.releases)
