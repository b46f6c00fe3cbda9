"""A director's answers as they are sent, cut down to the fields that are used, and the decoders of its pages.

Source: the code of bosh 283.1.6, and recordings of such a director. JSON comes as text/html and text as
application/json, so only the body counts. Every decoder raises `Malformed` for a body that is not what was promised,
and `Refused` for one that says no or that it would be no use to ask for again.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from collector.errors import Malformed, Refused

# Ids come as text in /events and as numbers in /tasks.
Id = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,18}\Z")]
# To the end of the last year that a datetime knows.
Epoch = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
# States of a task that will not change; of these only `done` has a result.
OVER = frozenset({"done", "error", "cancelled", "timeout"})
_OK = 200
_LOCK = "lock:deployment:"


def instant(epoch: int) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(epoch, UTC)


class Wire(msgspec.Struct, frozen=True, gc=False):
    """Base of everything decoded; unknown fields are skipped, missing ones make the body malformed."""


class Info(Wire, frozen=True, kw_only=True):
    """`/info`; `user` is null where the token was not accepted. Without a stemcell the director says "-"."""

    uuid: Annotated[str, msgspec.Meta(min_length=1)]
    name: str = ""
    version: str = ""
    user: str | None = None
    stemcell_os: str | None = None
    stemcell_version: str | None = None

    @property
    def stemcell(self) -> str:
        """The director's own stemcell as `os/version`, "" where it names none."""
        parts = (self.stemcell_os, self.stemcell_version)
        return "/".join(map(str, parts)) if all(part and part != "-" for part in parts) else ""


class Named(Wire, frozen=True, kw_only=True):
    """A stemcell or a release."""

    name: str
    version: str

    @property
    def label(self) -> str:
        """As events write it: `name/version`."""
        return f"{self.name}/{self.version}"


class DeploymentRow(Wire, frozen=True, kw_only=True):
    """A deployment with what is bound to it."""

    name: str
    stemcells: list[Named]
    releases: list[Named]
    locked: bool | None = None


class Bound(Wire, frozen=True, kw_only=True):
    """What was bound; what there is none of is left out."""

    stemcells: list[str] | None = None
    releases: list[str] | None = None


class Context(Wire, frozen=True, kw_only=True):
    """The context of a deployment, lock or instance event, {} where there is nothing to say."""

    before: Bound | None = None
    after: Bound | None = None
    changes: list[str] | None = None


class EventHead(Wire, frozen=True, kw_only=True):
    """What any event has; contexts of other kinds have other shapes."""

    id: Id
    timestamp: Epoch

    @property
    def number(self) -> int:
        """The id as a number."""
        return int(self.id)

    @property
    def at(self) -> datetime:
        """When it was written, by the director's clock."""
        return instant(self.timestamp)


class EventRow(EventHead, frozen=True, kw_only=True):
    """A deployment, lock or instance event; empty fields are left out."""

    action: str
    object_type: str
    object_name: str | None = None
    parent_id: Id | None = None
    task: Id | None = None
    deployment: str | None = None
    instance: str | None = None
    error: str | None = None
    context: Context | None = None

    @property
    def of(self) -> str:
        """The deployment that it is about."""
        name = self.object_name or ""
        if self.deployment:
            return self.deployment
        if self.object_type == "deployment":
            return name
        return name.removeprefix(_LOCK) if name.startswith(_LOCK) else ""


class TaskRow(Wire, frozen=True, kw_only=True):
    """A task; `timestamp` is null until it is over, in newer directors."""

    id: Id
    state: str
    description: str | None = None
    timestamp: Epoch | None = None
    started_at: Epoch | None = None
    result: str | None = None
    deployment: str | None = None

    @property
    def over(self) -> bool:
        """Whether its state is final."""
        return self.state in OVER


class VmStemcell(Wire, frozen=True, kw_only=True):
    """The stemcell of a VM; null in VMs that older directors made."""

    name: str | None = None
    version: str | None = None


class VmRow(Wire, frozen=True, kw_only=True):
    """One line of the result of `format=full`; its keys differ from those of the plain list."""

    vm_cid: str | None
    job_name: str | None
    id: str | None = None
    index: int | None = None
    stemcell: VmStemcell | None = None
    vm_created_at: Instant | None = None
    active: bool | None = None
    ignore: bool | None = None
    job_state: str | None = None
    ips: list[str] | None = None

    @property
    def instance(self) -> str:
        """The instance as events name it: `group/id`."""
        return f"{self.job_name or ''}/{self.index if self.id is None else self.id}"


def _decoder(kind: Any) -> Callable[[bytes], Any]:  # noqa: ANN401  a parametrised generic is no type[]
    return _careful(msgspec.json.Decoder(kind).decode)


def _careful(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(body: bytes) -> Any:  # noqa: ANN401  what comes out is what was asked for
        try:
            return read(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            html = body.lstrip()[:1] == b"<"
            raise Malformed("HTML where JSON was promised" if html else f"unreadable JSON: {error}") from error

    return decode


_INFO = _decoder(Info)
_LINES = _careful(msgspec.json.Decoder(VmRow).decode_lines)
TASK = _decoder(TaskRow)
DEPLOYMENTS = _decoder(list[DeploymentRow])
STEMCELLS = _decoder(list[Named])
EVENTS = _decoder(list[EventRow])
# A page of events of every kind, for the ids alone.
HEADS = _decoder(list[EventHead])
TASKS = _decoder(list[TaskRow])


def info(body: bytes) -> Info:
    """`/info`, as the one who asked; raises `Refused` where the director did not know who that was."""
    found: Info = _INFO(body)
    if found.user is None:
        raise Refused(
            "the director did not accept the token: /info names no user",
            http_status=_OK,
            hint="check the client and its secret; it needs the authority bosh.read",
        )
    return found


def below(number: int | None, decode: Callable[[bytes], Any] = EVENTS) -> Callable[[bytes], Any]:
    """The decoder of a page of events with smaller ids; a server that ignores `before_id` would never come to an end.

    A list that was not cut where it was asked to be is refused, not retried: the next one would be the same.
    """

    def read(body: bytes) -> Any:  # noqa: ANN401  see _decoder
        page = decode(body)
        if number is not None and any(row.number >= number for row in page):
            raise Refused(f"asked for events before {number}, the director gave newer ones", http_status=_OK)
        return page

    return read


def progress(*, last: bool) -> Callable[[bytes], TaskRow]:
    """The decoder of a task that is waited for; raises `Refused` where it failed, or at the `last` look is not over."""

    def read(body: bytes) -> TaskRow:
        task: TaskRow = TASK(body)
        if task.over and task.state != "done":
            why = " ".join((task.result or "").split())[:200]
            said = f"task {task.id} of the director ended as {task.state}"
            raise Refused(f"{said}: {why}" if why else said, http_status=_OK)
        if last and not task.over:
            raise Refused(f"the director did not finish task {task.id} in 10 minutes", http_status=_OK)
        return task

    return read


def vms(body: bytes) -> list[VmRow]:
    """The result of `format=full`, one VM a line; none at all is no proof that there is none."""
    rows: list[VmRow] = _LINES(body)
    if not rows:
        raise Refused("the director's list of VMs is empty, which does not prove that there is none", http_status=_OK)
    return rows
