"""A simulated director: its state, its clock, and the runs that are under way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from threading import RLock

from collector.sandbox.bosh.journal import Journal
from collector.sandbox.bosh.records import (
    Deployment,
    Group,
    Instance,
    Lock,
    Stemcell,
    Steps,
    Task,
    Vm,
    line_of,
    order_of,
    stemcell_name,
)
from collector.sandbox.scenery import digest_of, guid_of

VERSION = "283.1.6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """From this instant (by the director's clock) a deployment's line had this state.

    `success` is the version that the last successful deploy made live, None before the first and after a delete;
    `floor` is the oldest version that a VM has which is not ignored, None where there is none.
    """

    at: datetime
    deployment: str
    line: str
    success: str | None
    floor: str | None


@dataclass(slots=True, kw_only=True)
class _Run:
    steps: Steps
    due: datetime
    task: Task


class Director:
    """A director with its database; `now` is its own clock, which goes wrong by `skew`.

    Verbs (module `verbs`) are generators that yield when their next row is due; `begin` queues one, and `advance`
    lets the time come and runs what is due until then, so that a deploy can be watched half way.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each thing that directors differ in
        self,
        name: str,
        now: datetime,
        *,
        uuid: str | None = None,
        skew: timedelta = timedelta(0),
        zone: tzinfo = UTC,
        lazy: bool = True,
        vms_polls: int = 2,
        own: tuple[str, str] = ("ubuntu-jammy", "1.1330"),
    ) -> None:
        self.name, self.skew, self.zone, self.lazy = name, skew, zone, lazy
        self.vms_polls, self.own = vms_polls, own
        self.now = now
        self.lock = RLock()
        self.history: list[Lived] = []
        self._runs: list[_Run] = []
        self._last: dict[tuple[str, str], Lived] = {}
        self.uuid = ""
        self._begun = 0
        self.reset(uuid or guid_of("director", name))

    # -------------------------------------------------------------- time

    def advance(self, now: datetime) -> None:
        """Let the director's clock come to a time (never back), doing in order whatever is due until then."""
        with self.lock:
            while any(run.due <= now for run in self._runs):
                self.advance_one()
            self.now = max(self.now, now)

    def advance_one(self) -> None:
        """Let the time come at which the next thing is due, and do it; of several at once the youngest run's first."""
        with self.lock:
            self._step(min(reversed(self._runs), key=lambda run: run.due))

    def begin(self, task: Task, steps: Steps) -> Task:
        """Queue a run; a worker takes it up when time passes, be it none."""
        with self.lock:
            self._runs.append(_Run(steps=steps, due=self.now, task=task))
        return task

    def finish(self, task: Task) -> Task:
        """Let time pass until a task is over, and return it."""
        while any(run.task is task for run in self._runs):
            self.advance(next(run.due for run in self._runs if run.task is task))
        return task

    def drop(self, task: Task) -> None:
        """Forget a run without another row, as when its worker is killed."""
        self._runs = [run for run in self._runs if run.task is not task]

    def _step(self, run: _Run) -> None:
        self.now = max(self.now, run.due)
        try:
            run.due = next(run.steps)
        except StopIteration:
            self.drop(run.task)
        self.note()

    # -------------------------------------------------------------- state

    def reset(self, uuid: str) -> None:
        """Make the director anew: another uuid, an empty database, ids from 1."""
        with self.lock:
            self.uuid = uuid
            self._begun += 1
            self.journal = Journal()
            self.tasks: dict[int, Task] = {}
            self.stemcells: list[Stemcell] = []
            self.releases: dict[str, list[str]] = {}
            self.deployments: dict[str, Deployment] = {}
            self.locks: list[Lock] = []
            self.configs: list[dict[str, object]] = []
            self._runs = []
            self._vms = 0
            self._ips: dict[str, int] = {}
            self.cids: list[str] = []
            self.event(None, "start", "director", uuid, user="_director", context={"version": VERSION})
            self.note()

    def event(  # noqa: PLR0913 - a row has many parts
        self,
        task: Task | None,
        action: str,
        kind: str,
        name: str = "",
        *,
        user: str = "",
        deployment: str = "",
        instance: str = "",
        parent: str = "",
        error: str = "",
        context: Mapping[str, object] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Write a row now and return its id."""
        values = {
            "parent_id": parent,
            "user": user or (task.user if task else ""),
            "action": action,
            "object_type": kind,
            "object_name": name,
            "error": error,
            "task": str(task.id) if task else "",
            "deployment": deployment,
            "instance": instance,
        }
        return self.journal.add(at or self.now, values, context or {})

    def task(self, kind: str, description: str, user: str = "ci", deployment: str | None = None) -> Task:
        """Return a new queued task."""
        known = self.deployments.get(deployment or "")
        number = max(self.tasks, default=0) + 1
        teams = known.teams if known else ()
        task = Task(id=number, kind=kind, description=description, user=user, deployment=deployment, teams=teams)
        self.tasks[number] = task
        return task

    def stemcell(self, line: str, version: str) -> Stemcell | None:
        """Return an uploaded stemcell, or None."""
        wanted = (stemcell_name(line), version)
        return next((one for one in self.stemcells if (one.name, one.version) == wanted), None)

    def held(self, deployment: str) -> Lock | None:
        """Return the lock on a deployment, if any task holds it."""
        return next((lock for lock in self.locks if lock.deployment == deployment), None)

    def instance(self, name: str) -> Instance:
        """Return an instance by `group/index` or `group/id`; raise LookupError when there is none."""
        for deployment in self.deployments.values():
            for one in deployment.instances:
                if name in {one.name, f"{one.group}/{one.index}"}:
                    return one
        raise LookupError(name)

    def new_vm(self, stemcell: Stemcell) -> Vm:
        """Return a VM that was created now."""
        self._vms += 1
        seed = (self.name, self._begun, self._vms)
        cid = self.cids.pop(0) if self.cids else f"i-0{digest_of('vm', *seed)[:16]}"
        return Vm(cid=cid, agent=guid_of("agent", *seed), created_at=self.now, stemcell=stemcell)

    def new_instances(self, deployment: str, groups: Sequence[Group]) -> list[Instance]:
        """Return the instances of groups, without VMs."""
        made = []
        for group in groups:
            for index in range(group.count):
                zone = index % len(group.azs)
                az = group.azs[zone]
                self._ips[az] = self._ips.get(az, 1) + 1
                guid = group.ids[index] if group.ids else guid_of("instance", self.name, deployment, group.name, index)
                address = f"10.10.{zone + 1}.{self._ips[az]}"
                made.append(Instance(group=group.name, index=index, id=guid, az=az, ip=address, line=group.line))
        return made

    def prune(self, keep: int) -> None:
        """Keep only the newest rows."""
        with self.lock:
            self.journal.prune(keep)

    def prune_before(self, at: datetime) -> None:
        """Keep only the rows from an instant on (by the director's clock)."""
        with self.lock:
            self.prune(sum(int(str(row["timestamp"])) >= at.timestamp() for row in self.journal.rows))

    def hide(self, ids: Collection[int]) -> None:
        """Remove rows by id."""
        with self.lock:
            self.journal.delete(ids)

    # -------------------------------------------------------------- what really was

    def note(self) -> None:
        """Write into the history what changed for any deployment and line; the history is the simulation's truth."""
        for key in sorted(self._last.keys() | set(self._lines())):
            lived, before = self._lived(*key), self._last.get(key)
            if before is None or (before.success, before.floor) != (lived.success, lived.floor):
                self.history.append(lived)
                self._last[key] = lived

    def _lines(self) -> list[tuple[str, str]]:
        return [(name, one.line) for name, known in self.deployments.items() for one in known.instances]

    def _lived(self, name: str, line: str) -> Lived:
        deployment = self.deployments.get(name)
        if deployment is None:
            return Lived(at=self.now, deployment=name, line=line, success=None, floor=None)
        live = [one.version for one in deployment.live if line_of(one.name) == line]
        machines = [one.vm for one in deployment.instances if one.vm and one.line == line and not one.ignored]
        floor = min((vm.stemcell.version for vm in machines), key=order_of, default=None)
        success = min(live, key=order_of, default=None)
        return Lived(at=self.now, deployment=name, line=line, success=success, floor=floor)
