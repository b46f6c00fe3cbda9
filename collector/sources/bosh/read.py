"""Reading what a snapshot holds of a director into typed records: no network, no clock, no verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from sys import intern
from typing import Any

import msgspec

from collector.errors import IntegrityError, Malformed
from collector.model import (
    Deployed,
    Director,
    DirectorEvent,
    DirectorTask,
    Document,
    Reach,
    Snapshot,
    SourceRecord,
    Vm,
)
from collector.sources.bosh import wire
from collector.sources.bosh.harvest import Harvest, Start, named_in, source_name, start_of

Body = Callable[[Document], bytes]
_WALKS = ("events-deployments", "events-locks", "events-instances")
# Without any of these some event may have been missed: a deployment that is not listed may have locks all the same.
_REACH_NEEDS = frozenset({"info", "deployments", "events-newest", "events-anchor", *_WALKS})
_VMS = "vms "
_DECODERS: Mapping[str, Callable[[bytes], Any]] = {
    "info": wire.info,
    "deployments": wire.DEPLOYMENTS,
    "stemcells": wire.STEMCELLS,
    "tasks": wire.TASKS,
    "events-newest": wire.HEADS,
    "events-anchor": wire.HEADS,
    **dict.fromkeys(_WALKS, wire.EVENTS),
}


def read(snapshot: Snapshot, environment: str, body: Body) -> Director | None:
    """What a snapshot read of one director; None when it did not ask it, or learned not even which one it is.

    `body` gives the checked bytes of a document; raises `IntegrityError`.
    """
    stated = snapshot.scope.get("bosh", {}).get(environment)
    if stated is None:
        return None
    pages = _Pages(snapshot, source_name(environment), body)
    info: wire.Info | None = pages.last("info")
    if info is None:
        return None
    harvest = msgspec.convert(stated, Harvest)
    newest = max((row.number for _, row in pages.rows("events-newest")), default=None)
    start = start_of(harvest, info.uuid, newest)
    listed = _listed(pages, harvest)
    named = named_in((row for _, row in pages.rows("events-deployments")), start, harvest)
    scope = named | {deployed.name for deployed in listed or ()}
    vms = _vms(pages)
    return Director(
        environment=environment,
        uuid=info.uuid,
        taken_at=snapshot.taken_at,
        url=pages.record.endpoint,
        name=info.name,
        version=info.version,
        stemcell=info.stemcell,
        clock_skew_seconds=pages.record.clock_skew_seconds,
        deployments=tuple(sorted(scope)),
        listed=listed,
        uploaded=_uploaded(pages),
        events=_events(pages, scope, newest),
        tasks=_tasks(pages),
        reach=_reach(pages, start, newest),
        vms=tuple(vm for name in sorted(vms) for vm in vms[name]),
        vms_of=tuple(sorted(vms)),
    )


def state(director: Director, harvest: Harvest | None = None) -> dict[str, str]:
    """Where the next harvest goes on: `uuid`, `upto_id`, `until`, `vms_at`, and the patterns as `deployments`.

    What this harvest did not come to know stays as `harvest.since` has it: where events are missing, the next one goes
    on from where this one did.
    """
    before = {} if harvest is None else dict(harvest.since)
    if director.reach is not None:
        kept = {"vms_at": before["vms_at"]} if before.get("uuid") == director.uuid and "vms_at" in before else {}
        before = {
            "uuid": director.uuid,
            "upto_id": str(director.reach.upto_id),
            "until": director.reach.until.isoformat(),
            **kept,
        }
        if harvest is not None:
            before["deployments"] = harvest.patterns
    if director.vms:
        before["vms_at"] = max(vm.observed_at for vm in director.vms).isoformat()
    return before


class _Pages:
    """The decoded pages of one director, by what was asked for, in the order in which they were retrieved."""

    def __init__(self, snapshot: Snapshot, source: str, body: Body) -> None:
        self._body = body
        found = (record for record in snapshot.sources if record.name == source)
        empty = SourceRecord(name=source, endpoint="", requests=0, documents=0)
        self.record = next(found, empty)
        self.documents = sorted(
            (document for document in snapshot.documents if document.source == source),
            key=lambda document: (document.retrieved_at, document.sha256),
        )

    def of(self, *whats: str) -> Iterator[tuple[Document, Any]]:
        """The pages that answer any of the questions."""
        for document in self.documents:
            if document.what in whats:
                yield document, self.page(document, _DECODERS[document.what])

    def last(self, what: str) -> Any:  # noqa: ANN401  what the decoder of `what` gives
        """The last answer to a question that is asked once; None where there is none."""
        return next((page for _, page in reversed(list(self.of(what)))), None)

    def rows(self, *whats: str) -> Iterator[tuple[Document, Any]]:
        """The rows of lists."""
        for document, page in self.of(*whats):
            for row in page:
                yield document, row

    def page(self, document: Document, decode: Callable[[bytes], Any]) -> Any:  # noqa: ANN401  see last
        """One page; what was readable when it was fetched must be so now."""
        try:
            return decode(self._body(document))
        except Malformed as error:
            raise IntegrityError(f"{document.file} cannot be read: {error}", hint="restore it from a copy") from error


def _listed(pages: _Pages, harvest: Harvest) -> tuple[Deployed, ...] | None:
    found = list(pages.of("deployments"))
    if not found:
        return None
    document, rows = found[-1]
    return tuple(
        Deployed(
            name=row.name,
            stemcells=tuple(named.label for named in row.stemcells),
            releases=tuple(named.label for named in row.releases),
            observed_at=document.retrieved_at,
            locked=row.locked,
            document=document.digest,
        )
        for row in sorted(rows, key=lambda row: str(row.name))
        if harvest.wants(row.name)
    )


def _uploaded(pages: _Pages) -> tuple[str, ...] | None:
    rows = pages.last("stemcells")
    return None if rows is None else tuple(sorted({row.label for row in rows}))


def _events(pages: _Pages, scope: Iterable[str], newest: int | None) -> tuple[DirectorEvent, ...]:
    """Every event once, in the order of ids. What was written after the newest one belongs to the next harvest."""
    found: dict[int, DirectorEvent] = {}
    for document, row in pages.rows(*_WALKS):
        if row.of in scope and (newest is None or row.number <= newest):
            found[row.number] = _event(document, row)
    return tuple(found[number] for number in sorted(found))


def _event(document: Document, row: wire.EventRow) -> DirectorEvent:
    context = row.context or wire.Context()
    return DirectorEvent(
        id=row.number,
        at=row.at,
        action=intern(row.action),
        object_type=intern(row.object_type),
        object_name=row.object_name or "",
        parent=None if row.parent_id is None else int(row.parent_id),
        task="" if row.task is None else str(row.task),
        deployment=intern(row.of),
        instance=row.instance or (row.object_name or "" if row.object_type == "instance" else ""),
        error=row.error or "",
        before=None if context.before is None else tuple(context.before.stemcells or ()),
        after=None if context.after is None else tuple(context.after.stemcells or ()),
        releases_before=None if context.before is None else tuple(context.before.releases or ()),
        releases_after=None if context.after is None else tuple(context.after.releases or ()),
        changes=tuple(context.changes or ()),
        document=document.digest,
    )


def _tasks(pages: _Pages) -> tuple[DirectorTask, ...]:
    found: dict[int, DirectorTask] = {}
    for document, row in pages.rows("tasks"):
        number = int(row.id)
        found[number] = DirectorTask(
            id=number,
            state=row.state,
            description=row.description or "",
            deployment=row.deployment or document.query["deployment"],
            started_at=None if row.started_at is None else wire.instant(row.started_at),
            # Older directors give a time to tasks that are not over.
            ended_at=None if row.timestamp is None or not row.over else wire.instant(row.timestamp),
            result=row.result,
            document=document.digest,
        )
    return tuple(found[number] for number in sorted(found))


def _vms(pages: _Pages) -> dict[str, list[Vm]]:
    """The VMs of each deployment, as last seen."""
    found: dict[str, list[Vm]] = {}
    for document in pages.documents:
        if document.what.startswith(_VMS):
            name = document.what.removeprefix(_VMS)
            rows = pages.page(document, wire.vms)
            made = [_vm(document, name, row) for row in rows if row.vm_cid is not None]
            found[name] = sorted(made, key=lambda vm: (vm.instance, vm.created_at or vm.observed_at))
    return found


def _vm(document: Document, deployment: str, row: wire.VmRow) -> Vm:
    stemcell = row.stemcell or wire.VmStemcell()
    return Vm(
        deployment=deployment,
        instance=row.instance,
        stemcell=f"{stemcell.name}/{stemcell.version}" if stemcell.name and stemcell.version else "",
        observed_at=document.retrieved_at,
        created_at=row.vm_created_at,
        active=row.active is not False,
        ignored=row.ignore is True,
        state=row.job_state or "",
        ips=tuple(row.ips or ()),
        document=document.digest,
    )


def _reach(pages: _Pages, start: Start, newest: int | None) -> Reach | None:
    """Which events were read without a gap; None where that cannot be said."""
    asked = [document for document in pages.documents if document.what == "events-newest"]
    if not asked or any(gap.what in _REACH_NEEDS for gap in pages.record.gaps):
        return None
    until = _by_its_clock(asked[-1].retrieved_at, pages.record.clock_skew_seconds)
    if newest is None:
        reason = start.reason or "the director keeps no events"
        return Reach(after_id=start.floor, upto_id=start.floor, since=until, until=until, reason=reason)
    return _anchored(pages, start, newest, until)


def _by_its_clock(at: datetime, skew: float | None) -> datetime:
    return (at + timedelta(seconds=skew or 0.0)).replace(microsecond=0)


def _anchored(pages: _Pages, start: Start, newest: int, until: datetime) -> Reach | None:
    """The reach down to what was still there after all events had been read."""
    anchors = list(pages.of("events-anchor"))
    if not anchors:
        return None
    below = [row for _, page in anchors for row in page]
    if start.last is not None and any(row.number <= start.last for row in below):
        return Reach(after_id=start.last, upto_id=newest, since=start.until, until=until)
    if not below:
        return Reach(
            after_id=newest, upto_id=newest, since=until, until=until, reason="events were pruned while they were read"
        )
    first = min(below, key=lambda row: int(row.number))
    reason = start.reason
    if start.until is not None:
        reason = (
            f"events written after {start.until:%Y-%m-%dT%H:%M:%SZ} were pruned before they were read; "
            f"what the director keeps begins at {first.at:%Y-%m-%dT%H:%M:%SZ}"
        )
    # The first row of all has the id 1: nothing was pruned before it.
    since = None if first.number == 1 else first.at
    return Reach(after_id=first.number - 1, upto_id=newest, since=since, until=until, reason=reason)
