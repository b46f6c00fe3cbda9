"""A platform in literal records: directors that deployed stemcells, releases, notices, all counted from NOW."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collector.model import (
    Assessment,
    Deployed,
    Director,
    DirectorEvent,
    DirectorTask,
    Notice,
    PlatformFacts,
    Reach,
    Snapshot,
    SourceRecord,
    StemcellRelease,
    System,
    Vm,
)
from tests.assessment.builders import NOW, ago, assessed, facts, snapshot

JAMMY = "ubuntu-jammy"
MINUTE = timedelta(minutes=1)
CF = "cf-production"
CF_STAGING = "cf-staging"
FEEDS = ("stemcell-index", "stemcell-releases", "notices", "exploited", "rootfs")
PROVIDER = System(scope="provider", leveraged="cloud.gov P-ATO")


class Run(NamedTuple):
    """One attempt: when it got the lock, when it ended, and the version; an error is one that binds and fails."""

    began: datetime
    ended: datetime
    version: str
    error: str = ""
    releases: tuple[str, ...] = ()


def stemcell(version: str, line: str = JAMMY) -> str:
    """A stemcell as a director names it."""
    return f"bosh-aws-xen-hvm-{line}-go_agent/{version}"


def vm(version: str, created: datetime, instance: str = "diego-cell/c1", **changes: Any) -> Vm:
    """One machine of production, observed an hour ago."""
    values: dict[str, Any] = {
        "deployment": CF,
        "instance": instance,
        "stemcell": stemcell(version) if version else "",
        "observed_at": ago(hours=1),
        "created_at": created,
        "document": "sha256:vms",
    }
    return Vm(**(values | changes))


def director(
    runs: Sequence[Run], environment: str = "production", deployment: str = CF, vms: Iterable[Vm] = (), **changes: Any
) -> Director:
    """A director whose every row was read, from the first on: the first run creates the deployment."""
    held = tuple(vms)
    events: list[DirectorEvent] = []
    tasks = []
    bound: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    for number, run in enumerate(runs, 1):
        new = tuple(dict.fromkeys((*bound, stemcell(run.version))))
        kept = tuple(dict.fromkeys((*releases, *run.releases)))
        events += _rows(len(events) + 1, str(number), deployment, run, (bound, new), (releases, kept))
        bound = new if run.error else (stemcell(run.version),)
        releases = kept if run.error else run.releases
        tasks.append(
            DirectorTask(
                id=number,
                state="error" if run.error else "done",
                description="create deployment",
                deployment=deployment,
                started_at=run.began,
                ended_at=run.ended,
                result=f"/deployments/{deployment}",
                document="sha256:tasks",
            )
        )
    values: dict[str, Any] = {
        "environment": environment,
        "uuid": f"uuid-{environment}",
        "taken_at": NOW,
        "deployments": (deployment,),
        "listed": (Deployed(name=deployment, stemcells=bound, releases=releases, observed_at=NOW, locked=False),),
        "events": tuple(events),
        "tasks": tuple(tasks),
        "reach": Reach(after_id=0, upto_id=len(events), since=None, until=NOW),
        "vms": held,
        "vms_of": tuple(sorted({row.deployment for row in held})),
    }
    return Director(**(values | changes))


def _rows(
    first: int,
    task: str,
    deployment: str,
    run: Run,
    stemcells: tuple[tuple[str, ...], tuple[str, ...]],
    releases: tuple[tuple[str, ...], tuple[str, ...]],
) -> list[DirectorEvent]:
    lock, cell = f"lock:deployment:{deployment}", "diego-cell/c1"
    context: dict[str, Any] = {
        "before": stemcells[0],
        "after": stemcells[1],
        "releases_before": releases[0],
        "releases_after": releases[1],
    }
    action = "update" if stemcells[0] else "create"
    rows: list[tuple[datetime, str, str, str, dict[str, Any]]] = [
        (run.began, "acquire", "lock", lock, {}),
        (run.began + MINUTE, action, "instance", cell, {"instance": cell, "changes": ("stemcell",)}),
        (run.began + 2 * MINUTE, action, "instance", cell, {"instance": cell, "parent": first + 1}),
        (run.ended, action, "deployment", deployment, {}),
        (run.ended, action, "deployment", deployment, {"parent": first + 3, "error": run.error, **context}),
        (run.ended, "release", "lock", lock, {}),
    ]
    return [
        DirectorEvent(
            id=first + index,
            at=at,
            action=what,
            object_type=kind,
            object_name=name,
            task=task,
            deployment=deployment,
            document=f"sha256:events-{task}",
            **more,
        )
        for index, (at, what, kind, name, more) in enumerate(rows)
    ]


def release(version: str, published: datetime, *notices: str, **changes: Any) -> StemcellRelease:
    """A stemcell of the line, with the notices that it lists."""
    values: dict[str, Any] = {
        "line": JAMMY,
        "version": version,
        "published": published,
        "notices": notices,
        "documents": (f"sha256:index-{version}",),
    }
    return StemcellRelease(**(values | changes))


def notice(name: str, published: datetime, **changes: Any) -> Notice:
    """A notice for jammy about one package."""
    values: dict[str, Any] = {
        "id": name,
        "published": published,
        "codenames": ("jammy",),
        "packages": {"jammy": ("openssl",)},
        "source": "osv published",
        "document": "sha256:notices",
    }
    return Notice(**(values | changes))


def platform(directors: Iterable[Director] = (), /, **changes: Any) -> PlatformFacts:
    """Everything was read of the directors given and of the feeds."""
    own = tuple(changes.get("directors", directors))
    topics = {f"{topic}/{row.environment}" for row in own for topic in ("directors", "vms")} | set(FEEDS)
    values: dict[str, Any] = {"line": JAMMY, "directors": own, "read": frozenset(topics)}
    values |= changes
    values.setdefault("configured", values["read"])
    return PlatformFacts(**values)


def provided(below: PlatformFacts, *controls: str, **changes: Any) -> Assessment:
    """The provider's whole answer, of SI-2 unless others are named."""
    values: dict[str, Any] = {"system": PROVIDER, "snapshot": seen(below), "platform": below}
    return assessed(facts(), *(controls or ("SI-2",)), **(values | changes))


def seen(below: PlatformFacts) -> Snapshot:
    """The snapshot that read a platform."""
    names = [f"bosh-{row.environment}" for row in below.directors] + sorted(below.read & set(FEEDS))
    records = [SourceRecord(name=name, endpoint="", requests=1, documents=1) for name in dict.fromkeys(names)]
    return snapshot(sources=tuple(records))


def observed(answer: Assessment, check: str, name: str = "") -> Any:
    """The one observation of a check, or that on a subject by its name."""
    return next(row for row in answer.observations if row.check == check and name in ("", row.subject.name))
