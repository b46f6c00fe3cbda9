"""What the runs of a director have in common: rows in time, locks, the replacement of a VM, and how a task ends."""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta

from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Cue, Instance, Lock, Pace, Stemcell, Task, Vm

Rows = Generator[datetime, None, str]
Rest = Generator[datetime, None, None]

_RESULT_LIMIT = 128


class BrokenOffError(Exception):
    """A run that does not come to its end; the message is the error that its rows carry."""


class Run:
    """One task at work: it writes rows, each at its time."""

    def __init__(self, director: Director, task: Task, cue: Cue, pace: Pace) -> None:
        self.director, self.task, self.pace, self.cue = director, task, pace, cue
        self.at = director.now
        self._times = iter(cue.times)
        director.cids += cue.cids

    def row(  # noqa: PLR0913 - a row has many parts
        self,
        seconds: int,
        action: str,
        kind: str,
        name: str = "",
        *,
        instance: Instance | None = None,
        deployment: bool = True,
        parent: str = "",
        error: str = "",
        context: Mapping[str, object] | None = None,
    ) -> Rows:
        """Wait so long, then write a row and return its id."""
        self.at = next(self._times, None) or max(self.at, self.director.now) + timedelta(seconds=seconds)
        yield self.at
        self._begin()
        return self.director.event(
            self.task,
            action,
            kind,
            name,
            deployment=(self.task.deployment or "") if deployment else "",
            instance=instance.name if instance else "",
            parent=parent,
            error=error,
            context=context,
            at=self.at,
        )

    def _begin(self) -> None:
        if self.task.state == "queued":
            self.task.state, self.task.started_at = "processing", self.at

    def wait(self, seconds: int) -> Rest:
        """Be at work for a while without a row."""
        self.at = max(self.at, self.director.now)
        yield self.at
        self._begin()
        self.at += timedelta(seconds=seconds)
        yield self.at

    def both(self, name: str) -> Rest:
        """Take a lock that is not a deployment's and give it back at once."""
        for action in ("acquire", "release"):
            yield from self.row(0, action, "lock", name, deployment=False)

    def lock(self) -> Rest:
        """Take the lock on the task's deployment."""
        name = self.task.deployment or ""
        yield from self.row(0, "acquire", "lock", f"lock:deployment:{name}")
        self.director.locks.append(Lock(deployment=name, task=self.task, until=self.at.timestamp() + 240.990537))

    def unlock(self) -> Rest:
        """Give the lock on the task's deployment back."""
        yield from self.row(0, "release", "lock", f"lock:deployment:{self.task.deployment}")
        self.free()

    def free(self) -> None:
        """Let the lock go without a row."""
        self.director.locks = [lock for lock in self.director.locks if lock.task is not self.task]

    def releases(self, names: Sequence[str]) -> Rest:
        """Take and give back the locks on all releases of a manifest."""
        for name in names:
            yield from self.row(0, "acquire", "lock", f"lock:release:{name}", deployment=False)
        for name in reversed(names):
            yield from self.row(0, "release", "lock", f"lock:release:{name}", deployment=False)

    def delete_vm(self, instance: Instance, seconds: int) -> Rest:
        """Delete the VM of an instance."""
        vm = instance.vm
        if vm is None:
            return
        parent = yield from self.row(seconds, "delete", "vm", vm.cid, instance=instance)
        yield from self.both(f"lock:vm:{vm.cid}")
        yield from self.row(0, "delete", "vm", vm.cid, instance=instance, parent=parent)
        instance.vm = None

    def create_vm(self, instance: Instance, stemcell: Stemcell) -> Rest:
        """Create a VM for an instance; its time is that of the end row."""
        parent = yield from self.row(0, "create", "vm", instance=instance)
        yield from self.created(instance, stemcell, parent, self.pace.create)

    def created(self, instance: Instance, stemcell: Stemcell, parent: str, seconds: int) -> Rest:
        """Write that a VM was created; the row needs its name, so the VM is named before."""
        named = self.director.new_vm(stemcell)
        yield from self.row(seconds, "create", "vm", named.cid, instance=instance, parent=parent)
        instance.vm = Vm(cid=named.cid, agent=named.agent, created_at=self.at, stemcell=stemcell)

    def pair(
        self,
        action: str,
        wait: int,
        *,
        error: str = "",
        context: Mapping[str, object] | None = None,
        parent: str = "",
    ) -> Rest:
        """Write the rows of a deployment: the start row (unless it is there already) and the end row."""
        name = self.task.deployment or ""
        if not parent:
            parent = yield from self.row(wait, action, "deployment", name)
            wait = 0
        yield from self.row(wait, action, "deployment", name, parent=parent, error=error, context=context)

    def done(self, result: str, state: str = "done") -> None:
        """End the task."""
        self.task.state, self.task.ended_at, self.task.result = state, self.at, cut(result)


def cut(result: str) -> str:
    """Return a result as a task shows it: long ones end after a whole word and three dots."""
    return result if len(result) <= _RESULT_LIMIT else result[:_RESULT_LIMIT].rsplit(" ", 1)[0] + "..."
