"""The story of the recorded director, played again: the same verbs at the same times, and what it answers when.

The recordings were made at several moments; `MOMENTS` says which case belongs to which, all others to the last but
one, when everything had happened except the deletion of a deployment.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from collector.sandbox.bosh import verbs
from collector.sandbox.bosh.deploys import Broken
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Cue, Group
from collector.sandbox.bosh.scopes import clients
from collector.sandbox.records import Identity
from collector.sandbox.sites import DirectorSite
from tests.sandbox.http_client import Got, fetch

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "bosh" / "recordings"
EASTERN = timezone(timedelta(hours=-5))
JAMMY, FIPS = "ubuntu-jammy", "ubuntu-jammy-fips"
CF, TOOLS = "cf-production", "tools"

MOMENTS = {
    "empty": ("deployments-empty", "stemcells-empty", "tasks-empty", "events-only-director-start"),
    "failed": ("deployments-after-failed-deploy", "stemcells-after-failed-deploy", "deployment-manifest-after-failed-"),
    "killed": ("deployments-after-killed-deploy",),
    "planned": ("deployments-after-dry-run",),
    "ignored": (
        "deployments-ignored-instance",
        "stemcells-ignored-instance",
        "vms-ignored-instance",
        "instances-ignored-instance",
    ),
    "full-asked": ("vms-full-redirect",),
    "full-queued": ("task-vms-full-result-while-queued", "task-vms-full-queued"),
    "full-done": ("task-vms-full-",),
    "instances-full": ("instances-full-redirect",),
    "instances-done": ("task-instances-full-result",),
    "queued": ("task-deploy-queued", "tasks-state-queued"),
    "running": (
        "deployments-locked",
        "deployments-exclude-lock-while-deploying",
        "stemcells-while-deploying",
        "vms-while-deploying",
        "locks-while-deploying",
        "events-inflight-by-task",
        "events-inflight-lock",
        "task-deploy-processing",
        "tasks-state-processing",
        "tasks-state-several",
    ),
    "contended": ("events-inflight-finished", "events-deploy-lock-contention", "task-deploy-lock-contention"),
    "cancelling": ("task-deploy-cancelling",),
    "cancelled": ("events-deploy-cancelled", "task-deploy-cancelled"),
    "scanned": ("events-scan-and-fix", "task-scan-and-fix"),
    "team-asked": ("vms-full-team-read-redirect",),
    "deleted": ("events-delete-deployment", "task-delete-deployment", "deployments-after-delete"),
    "pruned": ("events-after-pruning-",),
}
# The directors of these cases have local users.
BASIC = ("basic-", "zone-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One request and the exact answer."""

    case: str
    path: str
    query: str
    caller: str
    asked: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def target(self) -> str:
        """What stands in the request line."""
        return self.path + (f"?{self.query}" if self.query else "")


def recordings() -> dict[str, Recording]:
    """Return all recordings by case; none where the shared folder is absent."""
    return {one.case: one for one in _read()}


def _read() -> Iterator[Recording]:
    for file in sorted(SHARED.glob("*.json")):
        record = json.loads(file.read_text("utf-8"))
        asked, got = record["request"], record["response"]
        yield Recording(
            case=record["case"],
            path=asked["path"],
            query=asked["query"],
            caller=asked["as"],
            asked=asked.get("headers", {}),
            status=got["status"],
            headers=got["headers"],
            body=got["body"],
        )


def moment_of(case: str) -> str:
    """Return the moment at which a case was recorded."""
    exact = {name: moment for moment, names in MOMENTS.items() for name in names}
    if case in exact:
        return exact[case]
    starts = [
        moment for moment, names in MOMENTS.items() for name in names if name.endswith("-") and case.startswith(name)
    ]
    return starts[0] if starts else "settled"


class Story:
    """Plays the recorded story; `rows` are those of the recordings, from which times and names of VMs are taken."""

    def __init__(self, known: Mapping[str, Recording]) -> None:
        self.known = known
        self.got: dict[str, Got] = {}
        rows = [
            row for case in ("events-page-3", "events-page-2", "events-page-1") for row in json.loads(known[case].body)
        ]
        rows += json.loads(known["events-delete-deployment"].body)
        self.rows = {int(row["id"]): row for row in rows}
        first = self.rows[1]
        self.director = Director("production-bosh", at(first["timestamp"]), uuid=first["object_name"])
        named = {identity.name: replace(identity, login="collector") for identity in clients(self.director.uuid)}
        named["rs256"] = named["expired"] = named["read"]
        user = Identity(name="user-token", guid="u", login="auditor@example.gov", scopes=("bosh.read",))
        self.site = DirectorSite(
            "production",
            self.director,
            clock=lambda: 0.0,
            tick=lambda: None,
            log=[],
            lifetime=600,
            identities=(*(one for name, one in named.items() if name not in {"rs256", "expired"}), user),
        )

    def cue(self, task: int) -> Cue:
        """Return the times of a task's rows and the names of the VMs that it created."""
        mine = [row for _, row in sorted(self.rows.items()) if row.get("task") == str(task)]
        made = [row for row in mine if (row["object_type"], row["action"]) == ("vm", "create") and "parent_id" in row]
        return Cue(times=[at(row["timestamp"]) for row in mine], cids=[row["object_name"] for row in made])

    def ids(self, group: str) -> tuple[str, ...]:
        """Return the ids of a group's instances by index."""
        bodies = [self.known[case].body for case in ("instances", "scope-vms-tools-team-admin")]
        rows = [row for body in bodies for row in json.loads(body) if row["job"] == group]
        return tuple(row["id"] for row in sorted(rows, key=lambda row: row["index"]))

    # -------------------------------------------------------------- playing

    def play(self) -> dict[str, Got]:
        """Play everything; return what was answered, by case."""
        self.site.start()
        try:
            self._september()
            self._october()
            self._november()
            self._operator()
            self._recording_day()
        finally:
            self.site.stop()
        return self.got

    def ask(self, moment: str) -> None:
        """Ask for every case of a moment."""
        for case, recording in self.known.items():
            if moment_of(case) == moment and not case.startswith(BASIC):
                self.got[case] = self.replay(recording)

    def replay(self, recording: Recording) -> Got:
        """Ask as the recording did."""
        headers = {name: str(value) for name, value in recording.asked.items()}
        if recording.caller in {"garbage", "refresh-token"}:
            headers["Authorization"] = f"bearer {recording.caller}"
        elif recording.caller == "basic":
            headers["Authorization"] = "Basic Y29sbGVjdG9yOnNlY3JldA=="
        elif recording.caller == "expired":
            headers["Authorization"] = f"bearer {self.site.token('read', -1)}"
        elif recording.caller != "none":
            name = "read" if recording.caller == "rs256" else recording.caller
            headers["Authorization"] = f"bearer {self.site.token(name)}"
        got = fetch(self.site.url, recording.target, headers)
        body = got.body.replace(self.site.uaa_url, "https://uaa.director.example.gov:8443")
        location = got.headers.get("location", "").replace(self.site.url, "https://director.example.gov:25555")
        return Got(got.status, {**got.headers, **({"location": location} if location else {})}, body)

    def _local(self) -> None:
        """Ask what was asked of a director without a UAA, which was in another zone."""
        site = DirectorSite(
            "basic", self.director, clock=lambda: 0.0, tick=lambda: None, log=[], lifetime=600, basic=True
        )
        self.director.zone = EASTERN
        site.start()
        for case, recording in self.known.items():
            if case.startswith(BASIC):
                self.got[case] = self.replay_basic(site, recording)
        site.stop()
        self.director.zone = UTC

    def replay_basic(self, site: DirectorSite, recording: Recording) -> Got:
        """Ask a director with a local user as the recording did."""
        secrets = {"basic-user": site.password, "none": ""}
        if recording.case == "basic-401-wrong-password":
            secrets["basic-user"] = "wrong"
        code = base64.b64encode(f"{site.user}:{secrets.get(recording.caller, '')}".encode()).decode()
        given = {"none": {}, "read": {"Authorization": "bearer token"}}
        return fetch(site.url, recording.target, given.get(recording.caller, {"Authorization": f"Basic {code}"}))

    def run(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do something that is over before the next thing begins, at the times of the recorded task."""
        number = max(self.director.tasks, default=0) + 1
        cue = replace(self.cue(number), finish=(1, 0, 2, 3) if number == 5 else ())
        if cue.times:
            self.director.advance(cue.times[0])
        self.director.finish(verb(self.director, *args, cue=cue, **kwargs))

    def deploy(self, versions: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        """Deploy cf-production."""
        self.run(verbs.deploy, CF, versions, **kwargs)

    def _september(self) -> None:
        self.ask("empty")
        verbs.upload_configs(self.director)
        self.run(verbs.upload_stemcell, JAMMY, "1.1305")
        for name, version in (("cf", "57.0.0"), ("cflinuxfs4", "1.320.0"), ("python-buildpack", "1.9.0")):
            self.run(verbs.upload_release, name, version)
        groups = [
            Group(name="api", count=1, line=JAMMY, ids=self.ids("api")),
            Group(name="diego-cell", count=3, line=JAMMY, ids=self.ids("diego-cell")),
        ]
        releases = ("cf/57.0.0", "cflinuxfs4/1.320.0", "python-buildpack/1.9.0")
        self.deploy({JAMMY: "1.1305"}, groups=groups, releases=releases)
        self.run(verbs.upload_stemcell, JAMMY, "1.1311")
        self.deploy({JAMMY: "1.1311"}, broken=Broken(how="failed", at=1))
        self.ask("failed")
        self.deploy({JAMMY: "1.1311"})

    def _october(self) -> None:
        self.run(verbs.upload_stemcell, JAMMY, "1.1322")
        self.deploy({JAMMY: "1.1322"}, broken=Broken(how="killed", at=1))
        self.ask("killed")
        self.deploy({JAMMY: "1.1322"})

    def _november(self) -> None:
        self.run(verbs.upload_stemcell, JAMMY, "1.1330")
        self.run(verbs.upload_release, "cf", "58.0.0")
        self.run(verbs.upload_release, "python-buildpack", "1.9.1")
        newer = ("cf/58.0.0", "cflinuxfs4/1.320.0", "python-buildpack/1.9.1")
        self.deploy({JAMMY: "1.1330"}, releases=newer, dry_run=True)
        self.ask("planned")
        self.deploy({JAMMY: "1.1330"}, releases=newer)
        self.run(verbs.upload_stemcell, FIPS, "1.1335")
        self.run(verbs.upload_release, "os-conf", "22.3.0")
        bastion = Group(name="bastion", count=1, line=FIPS, ids=self.ids("bastion"))
        more = {"groups": [bastion], "releases": ("os-conf/22.3.0",), "teams": ("platform",), "user": "team-ci"}
        self.run(verbs.deploy, TOOLS, {FIPS: "1.1335"}, **more)
        self.run(verbs.upload_release, "cflinuxfs4", "1.321.0")
        self.deploy(releases=("cf/58.0.0", "cflinuxfs4/1.321.0", "python-buildpack/1.9.1"))
        self.run(verbs.upload_stemcell, JAMMY, "1.1333")
        self.deploy({JAMMY: "1.1333"})
        self.deploy({JAMMY: "1.1330"})

    def _operator(self) -> None:
        self.deploy()
        self.deploy({JAMMY: "1.9999"})
        self.deploy({JAMMY: "1.9999"}, dry_run=True)
        self.deploy(recreate="diego-cell")
        self.deploy(restart="api")
        self.run(verbs.recreate_instance, "diego-cell/2")
        self.run(verbs.upload_stemcell, JAMMY, "1.1335")
        verbs.ignore(self.director, "diego-cell/2")
        self.deploy({JAMMY: "1.1335"})
        self.ask("ignored")

    def _recording_day(self) -> None:
        self._full()
        self.run(verbs.upload_stemcell, JAMMY, "1.1340")
        verbs.ignore(self.director, "diego-cell/2", ignored=False)
        running = verbs.deploy(self.director, CF, {JAMMY: "1.1340"}, cue=self.cue(37))
        self.ask("queued")
        self.director.advance(clock("07:48:19"))
        self.ask("running")
        verbs.deploy(self.director, CF, {JAMMY: "1.1340"}, cue=self.cue(38))
        self.director.advance(clock("07:48:31"))
        assert running.over
        self.ask("contended")
        self.run(verbs.upload_stemcell, JAMMY, "1.1342")
        broken = verbs.deploy(
            self.director, CF, {JAMMY: "1.1342"}, cue=self.cue(40), broken=Broken(how="cancelled", at=1)
        )
        while broken.state != "cancelling":
            self.director.advance_one()
        self.ask("cancelling")
        self.director.finish(broken)
        self.ask("cancelled")
        self.deploy({JAMMY: "1.1340"})
        self.run(verbs.scan_and_fix, "diego-cell/1")
        self.ask("scanned")
        self.director.advance(clock("07:51:20"))
        self.ask("team-asked")
        self._poll(43)
        self.ask("settled")
        self.run(verbs.delete_deployment, TOOLS)
        self.ask("deleted")
        self.director.prune(303)
        self.ask("pruned")
        self._local()

    def _full(self) -> None:
        silent = self.director.instance("diego-cell/1")
        silent.silent = True
        self.director.advance(clock("07:48:02"))
        self.ask("full-asked")
        self.ask("full-queued")
        self.director.advance(clock("07:48:17"))
        self._poll(33)
        self.ask("full-done")
        silent.silent = False
        self.ask("instances-full")
        self._poll(34)
        self.ask("instances-done")
        # The third such task met a mistake of the recording itself.
        wrong = self.director.task("vms", "retrieve vm-stats", "collector", TOOLS)
        wrong.state, wrong.started_at, wrong.ended_at = "error", self.director.now, self.director.now
        wrong.result = "undefined method `include?' for nil"

    def _poll(self, number: int) -> None:
        for _ in range(self.director.vms_polls):
            fetch(self.site.url, f"/tasks/{number}", {"Authorization": f"bearer {self.site.token()}"})


def at(timestamp: int) -> datetime:
    """Return the time of a row."""
    return datetime.fromtimestamp(timestamp, UTC)


def clock(text: str) -> datetime:
    """Return a time on the day of the recording."""
    return datetime.fromisoformat(f"2026-11-23T{text}+00:00")
