"""Which questions to ask a director in one harvest, and in which order: few, and only what is new.

The order carries the proof. Deployments and tasks come before the newest event, so that whatever they show had its
events by then. The anchor, a look at what lies below, comes after all walks: what is still there then was not pruned
while they went on, for a director prunes its oldest events first.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from collector.evidence import Ask, Got, Plan
from collector.model import Gap
from collector.sources.bosh import wire
from collector.sources.bosh.harvest import Harvest, Start, named_in, start_of
from collector.sources.bosh.walk import Walk

TASK_LIMIT = 200
# Seconds between two looks at a task, and how long it is waited for altogether.
SHORTEST_WAIT, LONGEST_WAIT = 0.2, 10.0
PATIENCE = 600.0


def plan(harvest: Harvest) -> Plan:
    """The plan of one harvest."""
    reading = _Reading(harvest)
    asks = [Ask("info", "/info", {}, wire.info)]
    while True:
        got = yield asks
        asks = reading.answer(got)


class _Reading:
    """What the plan knows so far; `answer` finds the method for an answer by what was asked for."""

    def __init__(self, harvest: Harvest) -> None:
        self.harvest = harvest
        self.uuid = ""
        self.start = Start()
        self.listed: tuple[str, ...] = ()
        # Deployments whose tasks must be known before the newest event is asked for.
        self.tasks_first: set[str] = set()
        self.walks: dict[tuple[str, tuple[str, ...]], Walk] = {}
        self.named: set[str] = set()
        self.full = 0
        self.newest_page_from = 0
        self.smallest = 0
        # Whether something is missing without which the events prove nothing of the whole.
        self.broken = False
        self.anchors: deque[int] | None = None
        self.vms = _Vms()
        self.handlers: Mapping[str, Callable[[Got], list[Ask]]] = {
            "info": self.on_info,
            "deployments": self.on_deployments,
            "tasks": self.on_tasks,
            "events-newest": self.on_newest,
            "events-deployments": self.on_events,
            "events-locks": self.on_events,
            "events-instances": self.on_events,
            "events-anchor": self.on_anchor,
            "vms-task": self.vms.on_task,
            "vms-poll": self.vms.on_poll,
        }

    def answer(self, got: Got) -> list[Ask]:
        """The questions that an answer leads to."""
        handler = self.handlers.get(got.ask.what)
        return [] if handler is None else handler(got)

    def on_info(self, got: Got) -> list[Ask]:
        """Without its uuid nothing that a director says can be attributed to it."""
        if isinstance(got.page, Gap):
            return []
        self.uuid = got.page.uuid
        return [
            Ask("deployments", "/deployments", {"exclude_configs": "true"}, wire.DEPLOYMENTS),
            Ask("stemcells", "/stemcells", {}, wire.STEMCELLS),
        ]

    def on_deployments(self, got: Got) -> list[Ask]:
        """The tasks of the deployments in scope, then the events."""
        if isinstance(got.page, Gap):
            self.broken = True
        else:
            self.listed = tuple(sorted({row.name for row in got.page if self.harvest.wants(row.name)}))
        self.tasks_first = set(self.listed)
        return [_tasks(name) for name in self.listed] or [_NEWEST]

    def on_tasks(self, got: Got) -> list[Ask]:
        """When the tasks of all listed deployments are there or refused, the newest event."""
        waited = bool(self.tasks_first)
        self.tasks_first -= set(got.ask.subjects)
        return [_NEWEST] if waited and not self.tasks_first else []

    def on_newest(self, got: Got) -> list[Ask]:
        """The walks through the events of each kind, and the VMs."""
        vms = self.vms.begin(self.listed) if self.harvest.vms else []
        if isinstance(got.page, Gap) or not got.page:
            return vms
        ids = [row.number for row in got.page]
        self.start = start_of(self.harvest, self.uuid, max(ids))
        # As long as the first page of everything: 200, or what else this director may cut its lists to.
        self.full, self.newest_page_from, self.smallest = len(ids), min(ids), min(ids)
        asks = [self.begin("events-deployments", {"object_type": "deployment"})]
        for name in self.listed:
            asks += self.walks_of(name)
        return asks + vms

    def begin(self, what: str, query: Mapping[str, str], deployment: str = "") -> Ask:
        """Begin a walk."""
        walk = Walk(what, query, deployment=deployment, full=self.full, floor=self.start.floor)
        self.walks[walk.key] = walk
        return walk.ask()

    def walks_of(self, name: str) -> list[Ask]:
        """The walks for one deployment."""
        lock = {"object_type": "lock", "object_name": f"lock:deployment:{name}"}
        return [
            self.begin("events-locks", lock, name),
            self.begin("events-instances", {"object_type": "instance", "deployment": name}, name),
        ]

    def on_events(self, got: Got) -> list[Ask]:
        """The next page; after the last deployment event what belongs to deleted ones; after all walks the anchor."""
        key = (got.ask.what, got.ask.subjects)
        following = None
        if isinstance(got.page, Gap):
            self.broken = True
        else:
            following = self.walks[key].after(got.page)
            self.smallest = min([self.smallest, *(row.number for row in got.page)])
            if got.ask.what == "events-deployments":
                self.named |= named_in(got.page, self.start, self.harvest)
        if following is not None:
            return [following]
        del self.walks[key]
        asks = self.deleted() if got.ask.what == "events-deployments" else []
        return asks if self.walks else self.look_below()

    def deleted(self) -> list[Ask]:
        """What to ask about deployments that have events but are listed no more."""
        asks = []
        for name in sorted(self.named - set(self.listed)):
            asks += [*self.walks_of(name), _tasks(name)]
        return asks

    def look_below(self) -> list[Ask]:
        """The anchor: below what was read before; where nothing is left of that, below what was read now."""
        if self.broken:
            return []
        if self.anchors is None:
            new = {number for number in (self.smallest, self.newest_page_from) if number > self.start.floor}
            known = () if self.start.last is None else (self.start.last,)
            self.anchors = deque((*known, *sorted(new)))
        if not self.anchors:
            return []
        number = self.anchors.popleft() + 1
        return [Ask("events-anchor", "/events", {"before_id": str(number)}, wire.below(number, wire.HEADS))]

    def on_anchor(self, got: Got) -> list[Ask]:
        """Any row proves that all above it are kept; none, that they were pruned from there."""
        return [] if isinstance(got.page, Gap) or got.page else self.look_below()


class _Vms:
    """The VMs of one deployment after the other: each is a task that keeps one of the director's workers busy."""

    def __init__(self) -> None:
        self.queue: deque[str] = deque()
        self.waited = 0.0
        self.wait = 0.0

    def begin(self, deployments: tuple[str, ...]) -> list[Ask]:
        """Ask for the first one."""
        self.queue.extend(deployments)
        return self.next()

    def next(self) -> list[Ask]:
        """Ask for the next one."""
        if not self.queue:
            return []
        name = self.queue.popleft()
        path = f"/deployments/{quote(name, safe='')}/vms"
        return [Ask("vms-task", path, {"format": "full"}, _nothing, (name,), keep=False, redirect=True)]

    def on_task(self, got: Got) -> list[Ask]:
        """The director answers with the place of a task."""
        if isinstance(got.page, Gap):
            return self.next()
        self.waited = self.wait = 0.0
        return [self.look(got.page.partition("?")[0], got.ask.subjects[0])]

    def look(self, path: str, name: str) -> Ask:
        """Look at the task after a while, each time a longer one."""
        self.wait = min(max(self.wait * 2, SHORTEST_WAIT), LONGEST_WAIT)
        self.waited += self.wait
        last = self.waited + min(self.wait * 2, LONGEST_WAIT) > PATIENCE
        # A director whose workers are all busy that long would not get to the others either.
        subjects = (name, *self.queue) if last else (name,)
        return Ask("vms-poll", path, {}, wire.progress(last=last), subjects, wait=self.wait, keep=False)

    def on_poll(self, got: Got) -> list[Ask]:
        """Look again until the task is over, then read its result and go on with the next deployment."""
        path, name = got.ask.path, got.ask.subjects[0]
        if isinstance(got.page, Gap):
            self.queue = deque(other for other in self.queue if other not in got.ask.subjects)
            return self.next()
        if not got.page.over:
            return [self.look(path, name)]
        result = Ask(f"vms {name}", f"{path}/output", {"type": "result"}, wire.vms, (name,))
        return [result, *self.next()]


def _nothing(_: bytes) -> Any:  # noqa: ANN401  never called: the page of a redirect is its place
    return None


def _tasks(name: str) -> Ask:
    # verbose=1 leaves out tasks that only looked, such as our own.
    query = {"verbose": "1", "deployment": name, "limit": str(TASK_LIMIT)}
    return Ask("tasks", "/tasks", query, wire.TASKS, (name,))


_NEWEST = Ask("events-newest", "/events", {}, wire.HEADS)
