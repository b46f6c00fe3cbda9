"""A small director that writes the rows which a real one writes, and knows what its VMs really run.

The history is played first; harvests are then taken of it at any instants.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collector.assessment.rollouts import version_key
from collector.model import Deployed, Director, DirectorEvent, DirectorTask, PlatformFacts, Reach, Vm

NAME = "bosh-aws-xen-hvm-ubuntu-jammy-go_agent"
FIPS = "bosh-aws-xen-hvm-ubuntu-jammy-fips-go_agent"
START = datetime(2026, 9, 1, tzinfo=UTC)
CELLS = ("api/a0", "diego-cell/c0", "diego-cell/c1", "diego-cell/c2")
FIRST, BOOT, SETTLE, STEP = (timedelta(seconds=number) for number in (20, 57, 117, 174))


@dataclass(kw_only=True)
class Machine:
    """An instance: its VM's stemcell (None: it has no VM), and whether its jobs do not run."""

    stemcell: str | None = None
    created: datetime = START
    broken: bool = False
    ignored: bool = False


@dataclass(kw_only=True)
class Seen:
    """What the deployment was at an instant."""

    at: datetime
    bound: tuple[str, ...]
    locked: bool
    vms: tuple[tuple[str, str, datetime, bool], ...]
    exists: bool
    conventional: str | None
    """The oldest version, where a newer one counts from the end of the deploy that brought it."""


@dataclass
class Play:
    """One deployment on one director."""

    deployment: str = "cf-production"
    environment: str = "production"
    uuid: str = "uuid-1"
    instances: Sequence[str] = CELLS
    name: str = NAME
    now: datetime = START
    old_rows: bool = False
    events: list[DirectorEvent] = field(default_factory=list)
    tasks: list[DirectorTask] = field(default_factory=list)
    machines: dict[str, Machine] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    seen: list[Seen] = field(default_factory=list)
    live: str | None = None
    number: int = 0
    task: int = 0
    locked: bool = False
    releases: tuple[str, ...] = ("cf/57.0.0",)

    # ------------------------------------------------------------ rows

    def row(self, action: str, kind: str, name: str, *, parent: int | None = None, **more: object) -> int:
        """Write one row; ids have holes, as rows of other kinds take some."""
        self.number += 1 + (self.number % 3 == 0)
        instance = name if kind == "instance" else ""
        self.events.append(
            DirectorEvent(
                id=self.number,
                at=self.now,
                action=action,
                object_type=kind,
                object_name=name,
                parent=parent,
                task=str(self.task),
                deployment=self.deployment,
                instance=instance,
                document=f"e{self.number}",
                **more,  # type: ignore[arg-type]  # the fields of an event, by name
            )
        )
        return self.number

    def names(self, versions: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{self.name}/{version}" for version in versions)

    def note(self) -> None:
        """Remember what holds from now on."""
        versions = [each.stemcell for each in self.machines.values() if each.stemcell and not each.ignored]
        floor = min(versions, key=key, default=None)
        if self.live is not None and floor is not None:
            self.live = min(floor, self.live, key=key)
        conventional = floor if self.live is None or floor is None else self.live
        vms = tuple(
            (name, each.stemcell, each.created, each.ignored)
            for name, each in sorted(self.machines.items())
            if each.stemcell
        )
        self.seen.append(
            Seen(
                at=self.now,
                bound=self.bound,
                locked=self.locked,
                vms=vms,
                exists=bool(self.machines),
                conventional=conventional,
            )
        )

    def wait(self, **span: float) -> "Play":
        self.now += timedelta(**span)
        return self

    def _begin(self) -> None:
        self.task += 1
        self.locked = True
        self.row("acquire", "lock", f"lock:deployment:{self.deployment}")
        self.note()

    def _release(self) -> None:
        self.locked = False
        self.row("release", "lock", f"lock:deployment:{self.deployment}")
        self.note()

    def _job(self, state: str, began: datetime, ended: datetime | None, description: str = "create deployment") -> None:
        self.tasks.append(
            DirectorTask(
                id=self.task,
                state=state,
                description=description,
                deployment=self.deployment,
                started_at=began,
                ended_at=ended,
                result=None if ended == began and state == "error" else "…",
                document=f"t{self.task}",
            )
        )

    # ------------------------------------------------------------ runs

    def deploy(
        self,
        version: str,
        *,
        only: str = "",
        fail_at: int | None = None,
        kill_at: int | None = None,
        cancel_at: int | None = None,
    ) -> "Play":
        """Bring all instances (or those of a group) to a version; `…_at` counts the instances that are worked on."""
        began, create = self.now, not self.wanted
        wanted = {name: version if not only or name.startswith(only) else self.wanted[name] for name in self.instances}
        self._begin()
        early = self._pair(create=create) if self.old_rows else None
        before = self.bound
        self.bound = tuple(dict.fromkeys((*self.bound, *wanted.values())))
        self.note()
        self.now += FIRST
        stop = next((at for at in (fail_at, kill_at, cancel_at) if at is not None), None)
        for done, name in enumerate(self._work(wanted)):
            if stop is not None and done >= stop:
                return self._broken(name, wanted[name], began, (before, create, early), kill_at, cancel_at)
            self._update(name, wanted[name])
        self.now += timedelta(seconds=4)
        self.wanted, after = wanted, self.bound
        self.bound = tuple(dict.fromkeys(wanted.values()))
        self.live = min((wanted[name] for name, has in self.machines.items() if not has.ignored), key=key)
        self._end(before, after, early, create=create)
        self._release()
        self._job("done", began, self.now)
        return self

    def _work(self, wanted: dict[str, str]) -> list[str]:
        def due(name: str) -> bool:
            has = self.machines.get(name)
            return has is None or (not has.ignored and (has.stemcell != wanted[name] or has.broken))

        return [name for name in self.instances if due(name)]

    def _update(self, name: str, version: str) -> None:
        has = self.machines.get(name)
        start = self._start(name, version)
        if has is None or has.stemcell != version:
            self.now += BOOT
            self.machines[name] = Machine(stemcell=version, created=self.now)
            self.note()
        self.machines[name].broken = False
        self.now += SETTLE
        self.row(self.events[-1].action if start == self.number else "recreate", "instance", name, parent=start)
        self.note()

    def _start(self, name: str, version: str) -> int:
        has = self.machines.get(name)
        if has is None:
            return self.row("create", "instance", name)
        if has.stemcell is None:
            return self.row("recreate", "instance", name, changes=("dirty", "network", "packages"))
        if has.stemcell == version:
            return self.row("update", "instance", name, changes=("dirty",))
        return self.row("recreate", "instance", name, changes=("dirty", "stemcell") if has.broken else ("stemcell",))

    def _broken(
        self,
        name: str,
        version: str,
        began: datetime,
        bound: tuple[tuple[str, ...], bool, int | None],
        kill_at: int | None,
        cancel_at: int | None,
    ) -> "Play":
        before, create, early = bound
        start = self._start(name, version)
        has = self.machines.setdefault(name, Machine())
        if kill_at is not None:
            has.broken, self.locked = True, False
            self.note()
            self._job("error", began, began)
            return self
        self.now += BOOT
        has.created, has.broken = self.now, True
        has.stemcell = None if cancel_at is not None else version
        self.note()
        self.now += SETTLE
        error = f"Task {self.task} cancelled" if cancel_at is not None else f"'{name} (0)' is not running after update"
        self.row("recreate", "instance", name, parent=start, error=error)
        self._release()
        self._end(before, self.bound, early, error, create=create)
        self._job("cancelled" if cancel_at is not None else "error", began, self.now)
        return self

    def _pair(self, *, create: bool) -> int:
        return self.row("create" if create else "update", "deployment", self.deployment)

    def _end(
        self,
        before: tuple[str, ...],
        after: tuple[str, ...],
        early: int | None,
        error: str = "",
        *,
        create: bool,
    ) -> None:
        start = self._pair(create=create) if early is None else early
        self.row(
            "create" if create else "update",
            "deployment",
            self.deployment,
            parent=start,
            error=error,
            before=() if create else self.names(before),
            after=self.names(after),
            releases_before=self.releases,
            releases_after=self.releases,
        )
        self.note()

    def dry_run(self, version: str) -> "Play":
        began = self.now
        self._begin()
        self.bound = tuple(dict.fromkeys((*self.bound, version)))
        self.now += timedelta(seconds=20)
        self._release()
        self._job("done", began, self.now, "create deployment (dry run)")
        return self

    def refused(self) -> "Play":
        self.task += 1
        start = self._pair(create=False)
        error = f"Failed to acquire lock for lock:deployment:{self.deployment}"
        self.row("update", "deployment", self.deployment, parent=start, error=error)
        self._job("error", self.now, self.now)
        return self

    def unbound(self) -> "Play":
        """Failed before it bound anything."""
        began = self.now
        self._begin()
        self._release()
        error = "Stemcell version '1.9999' for OS 'ubuntu-jammy' doesn't exist"
        self.row("update", "deployment", self.deployment, parent=self._pair(create=False), error=error)
        self._job("error", began, self.now)
        return self

    def recreate(self) -> "Play":
        """An operator has every VM made anew: a pair, and rows that name no change."""
        began = self.now
        self._begin()
        due, before = self._work(self.wanted), self.bound
        for name in self.instances:
            if name in due:
                self._update(name, self.wanted[name])
                continue
            start = self.row("recreate", "instance", name)
            self.now += BOOT
            self.machines[name].created = self.now
            self.note()
            self.now += SETTLE
            self.row("recreate", "instance", name, parent=start)
        self.bound = tuple(dict.fromkeys(self.wanted.values()))
        self.live = min(self.wanted.values(), key=key)
        self._end(before, before, None, create=False)
        self._release()
        self._job("done", began, self.now)
        return self

    def resurrect(self, name: str) -> "Play":
        """Scan and fix: locks only, and not among the tasks."""
        self._begin()
        self.now += BOOT
        self.machines[name].created = self.now
        self.now += timedelta(seconds=1)
        self._release()
        return self

    def ignore(self, name: str, *, ignored: bool = True) -> "Play":
        self.machines[name].ignored = ignored
        self.note()
        return self

    def delete(self) -> "Play":
        began = self.now
        self.task += 1
        start = self.row("delete", "deployment", self.deployment)
        self.row("acquire", "lock", f"lock:deployment:{self.deployment}")
        for name in self.instances:
            row = self.row("delete", "instance", name)
            self.now += timedelta(seconds=3)
            self.row("delete", "instance", name, parent=row)
        self.machines, self.wanted, self.bound, self.live = {}, {}, (), None
        self.row("delete", "deployment", self.deployment, parent=start)
        self.row("release", "lock", f"lock:deployment:{self.deployment}")
        self.note()
        self._job("done", began, self.now, "delete deployment")
        return self

    # ------------------------------------------------------------ what is true, and what is read

    def at(self, when: datetime) -> Seen | None:
        """What held at an instant."""
        return next((row for row in reversed(self.seen) if row.at <= when), None)

    def floor(self, when: datetime) -> str | None:
        """The oldest version that any VM ran, ignored ones apart."""
        row = self.at(when)
        return (
            min((version for _, version, _, ignored in row.vms if not ignored), key=key, default=None) if row else None
        )

    def harvest(
        self,
        at: datetime | None = None,
        before: Director | None = None,
        *,
        vms: bool = False,
        listed: bool = True,
        tasks: bool = True,
    ) -> Director:
        """What a harvest reads at an instant, going on from the one before."""
        when = (at or self.now).replace(microsecond=0)
        after = before.reach.upto_id if before and before.reach else 0
        own = tuple(row for row in self.events if row.at <= when and row.id > after)
        state = self.at(when)
        there = state is not None and state.exists
        deployed = Deployed(
            name=self.deployment,
            stemcells=self.names(sorted(state.bound)) if state else (),
            releases=self.releases,
            observed_at=when + timedelta(milliseconds=400),
            locked=state.locked if state else False,
            document=f"l{when:%m%d%H%M%S}",
        )
        found = tuple(
            Vm(
                deployment=self.deployment,
                instance=name,
                stemcell=f"{self.name}/{version}",
                observed_at=when + timedelta(milliseconds=700),
                created_at=created,
                ignored=ignored,
                state="running",
                document=f"v{when:%m%d%H%M%S}",
            )
            for name, version, created, ignored in (state.vms if state else ())
        )
        return Director(
            environment=self.environment,
            uuid=self.uuid,
            taken_at=when,
            deployments=(self.deployment,),
            listed=((deployed,) if there else ()) if listed else None,
            events=own,
            tasks=tuple(map(self._as_then(when), (row for row in self.tasks if started(row) <= when))) if tasks else (),
            reach=Reach(
                after_id=after,
                upto_id=max((row.id for row in own), default=after),
                since=before.reach.until if before and before.reach else None,
                until=when,
            ),
            vms=found if vms else (),
            vms_of=(self.deployment,) if vms and found else (),
        )

    @staticmethod
    def _as_then(when: datetime):
        def as_then(job: DirectorTask) -> DirectorTask:
            if job.ended_at is None or job.ended_at > when:
                return DirectorTask(
                    id=job.id,
                    state="processing",
                    description=job.description,
                    deployment=job.deployment,
                    started_at=job.started_at,
                    document=job.document,
                )
            return job

        return as_then

    def harvests(self, times: Sequence[datetime], *, vms: Iterable[int] = ()) -> tuple[Director, ...]:
        """Harvests at instants, each going on from the one before; those numbered in `vms` list all VMs."""
        wanted, made = set(vms), list[Director]()
        for number, at in enumerate(times):
            made.append(self.harvest(at, made[-1] if made else None, vms=number in wanted))
        return tuple(made)


def started(job: DirectorTask) -> datetime:
    assert job.started_at is not None
    return job.started_at


def key(version: str) -> tuple[int, ...]:
    found = version_key(version)
    assert found is not None
    return found


def facts(*directors: Director) -> PlatformFacts:
    return PlatformFacts(directors=directors)
