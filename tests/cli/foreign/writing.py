"""Rows of a director and documents of feeds, written down by hand as the reference describes them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

JAMMY = "bosh-aws-xen-hvm-ubuntu-jammy-go_agent"
FIPS = "bosh-aws-xen-hvm-ubuntu-jammy-fips-go_agent"


def z(at: datetime) -> str:
    """An instant as the answers print it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


# ------------------------------------------------------------------ a director


class Log:
    """A director's rows, numbered as they are written; a jump in the numbers is what a deleted row leaves."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)
        self.rows: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []

    def in_order(self, hole: int = 0) -> list[dict[str, Any]]:
        """The rows of all, numbered anew in the order of time; `hole` numbers are left out after the first ten."""
        rows = sorted(self.rows, key=lambda row: row["timestamp"])
        numbers = {row["id"]: str(number + (hole if number > 10 else 0)) for number, row in enumerate(rows, 1)}
        made = [{**row, "id": numbers[row["id"]]} for row in rows]
        return [{**row, "parent_id": numbers[row["parent_id"]]} if "parent_id" in row else row for row in made]

    def row(self, at: datetime, action: str, kind: str, name: str, **more: Any) -> str:
        """Write a row; fields that are empty are absent."""
        number = str(next(self._numbers))
        body = {"id": number, "timestamp": int(at.timestamp()), "user": "ci", "action": action, "object_type": kind}
        body |= {"object_name": name, **{key: value for key, value in more.items() if value}}
        self.rows.append({**body, "context": more.get("context", {})})
        return number

    def lock(self, at: datetime, action: str, deployment: str, task: int) -> None:
        """A row of the deployment's lock."""
        self.row(at, action, "lock", f"lock:deployment:{deployment}", task=str(task), deployment=deployment)

    def instance(
        self,
        at: datetime,
        took: timedelta,
        name: str,
        deployment: str,
        task: int,
        changes: Sequence[str],
        *,
        error: str = "",
    ) -> None:
        """The pair of rows of one instance that is made anew."""
        of = {"task": str(task), "deployment": deployment, "instance": name}
        start = self.row(at, "recreate", "instance", name, context={"az": "z1", "changes": list(changes)}, **of)
        self.row(at + took, "recreate", "instance", name, parent_id=start, error=error, **of)

    def pair(
        self,
        at: datetime,
        deployment: str,
        task: int,
        before: Sequence[str] | None,
        after: Sequence[str],
        *,
        action: str = "update",
        error: str = "",
    ) -> None:
        """The pair of rows at the end of a deploy, both of the same second."""
        of = {"task": str(task), "deployment": deployment}
        start = self.row(at, action, "deployment", deployment, **of)
        context = {"before": {"stemcells": list(before)} if before else {}, "after": {"stemcells": list(after)}}
        self.row(at, action, "deployment", deployment, parent_id=start, error=error, context=context, **of)

    def task(
        self,
        number: int,
        deployment: str,
        began: datetime,
        ended: datetime | None,
        state: str = "done",
        description: str = "create deployment",
        result: str | None = "",
    ) -> None:
        """A task as the list of tasks has it."""
        self.tasks.insert(
            0,
            {
                "id": number,
                "state": state,
                "description": description,
                "timestamp": int(ended.timestamp()) if ended else None,
                "started_at": int(began.timestamp()),
                "result": f"/deployments/{deployment}" if result == "" else result,
                "user": "ci",
                "deployment": deployment,
                "context_id": "",
            },
        )


def deploy(
    log: Log,
    task: int,
    deployment: str,
    ended: datetime,
    before: Sequence[str],
    after: Sequence[str],
    instances: Sequence[str],
    *,
    took: timedelta = timedelta(minutes=40),
    changes: Sequence[str] = ("stemcell",),
) -> datetime:
    """A deploy that comes to a good end, instance after instance; gives when it began."""
    began = ended - took
    step = (took - timedelta(minutes=2)) / max(len(instances), 1)
    log.lock(began, "acquire", deployment, task)
    for number, name in enumerate(instances):
        at = began + timedelta(minutes=1) + number * step
        log.instance(at, step - timedelta(seconds=5), name, deployment, task, changes)
    log.pair(ended, deployment, task, before, after)
    log.lock(ended, "release", deployment, task)
    log.task(task, deployment, began, ended)
    return began


def created(log: Log, task: int, deployment: str, ended: datetime, stemcell: str) -> None:
    """The first deploy of all."""
    log.lock(ended - timedelta(minutes=30), "acquire", deployment, task)
    log.pair(ended, deployment, task, None, [stemcell], action="create")
    log.lock(ended, "release", deployment, task)
    log.task(task, deployment, ended - timedelta(minutes=30), ended)


def listed(
    name: str, *stemcells: str, locked: bool = False, releases: Sequence[str] = ("cf/58.0.0",)
) -> dict[str, Any]:
    """A deployment as the list has it."""
    pairs = [stemcell.split("/") for stemcell in stemcells]
    return {
        "name": name,
        "teams": [],
        "cloud_config": "latest",
        "stemcells": [{"name": of, "version": version} for of, version in pairs],
        "releases": [dict(zip(("name", "version"), release.split("/"), strict=True)) for release in releases],
        "locked": locked,
    }


def machine(name: str, stemcell: str, created_at: datetime, **more: Any) -> dict[str, Any]:
    """A VM as the full list has it."""
    group, _, number = name.partition("/")
    of, version = stemcell.split("/")
    return {
        "vm_cid": f"i-{number}",
        "active": True,
        "vm_created_at": z(created_at),
        "ips": ["10.0.0.5"],
        "agent_id": "a",
        "job_name": group,
        "index": 0,
        "job_state": "running",
        "state": "started",
        "az": "z1",
        "id": number,
        "bootstrap": True,
        "ignore": False,
        "stemcell": {"name": of, "version": version, "api_version": 3},
        **more,
    }


# ------------------------------------------------------------------ feeds


def metalink(line: str, version: str, published: str) -> bytes:
    """A file of the stemcell index."""
    return f"""<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <file name="bosh-stemcell-{version}-aws-xen-hvm-{line}-go_agent.tgz">
    <hash type="sha-256">{"0" * 64}</hash>
    <hash type="sha-1">{"1" * 40}</hash>
    <size>530105316</size>
    <url>https://storage.example.org/{version}/bosh-stemcell-{version}.tgz</url>
    <version>{version}</version>
  </file>
  <generator>metalink-repository-resource/0.0.0</generator>
  <published>{published}</published>
</metalink>
""".encode()


def body_of(notices: Mapping[str, str], form: str = "new") -> str:
    """The notes of a release, in one of the forms that were in use."""
    if form == "old":
        rows = [
            f"title: {name}: something\nurl: https://usn.ubuntu.com/{name.removeprefix('USN-')}/\npriorities: {words}\n"
            for name, words in notices.items()
        ]
        return "\n".join(["Periodic bump", *rows])
    rows = [
        f"**Title**: {name}: something\n**URL**: https://ubuntu.com/security/notices/{name}\n**Priorities**: {words}\n"
        "**Description**:\n  See also USN-1-1, which is another notice.\n"
        "**CVEs**:\n - https://ubuntu.com/security/CVE-2024-0001\n - https://ubuntu.com/security/CVE-2024-0001\n"
        for name, words in notices.items()
    ]
    rows.append("**URL**: https://ubuntu.com/security/notices/LSN-0104-1\n**Priorities**: high\n")
    text = "\n".join(["## Metadata:", "**Kernel Version**: 5.15.0.107.107", "", "## USNs:", "", *rows])
    return text.replace("\n", "\r\n") if form == "crlf" else text


def release(line: str, version: str, announced: datetime, body: str, **more: Any) -> dict[str, Any]:
    """A release as GitHub lists it."""
    return {
        "tag_name": f"{line}/v{version}",
        "name": f"{line.replace('-', ' ')} v{version}",
        "draft": False,
        "prerelease": False,
        "published_at": z(announced),
        "created_at": z(announced - timedelta(days=1)),
        "body": body,
        **more,
    }


def osv(name: str, published: str, *, cves: Sequence[str] = (), pro: bool = False, package: str = "openssl") -> bytes:
    """A notice in the OSV form."""
    system = "Ubuntu:Pro:22.04:LTS" if pro else "Ubuntu:22.04:LTS"
    affected = {
        "package": {"ecosystem": system, "name": package, "purl": f"pkg:deb/ubuntu/{package}"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}],
        "ecosystem_specific": {"binaries": [{"binary_name": package, "binary_version": "1.0"}]},
    }
    return json.dumps(
        {
            "schema_version": "1.7.0",
            "id": name,
            "summary": f"{package} vulnerability",
            "published": published,
            "modified": published,
            "upstream": [f"UBUNTU-{cve}" for cve in cves],
            "affected": [affected],
        }
    ).encode()


def naive(name: str, published: str, *, cves: Sequence[str] = (), package: str = "openssl") -> dict[str, Any]:
    """A notice in the form of the API, whose time has no zone."""
    packages = [{"name": package, "version": "1", "is_source": True}, {"name": package, "pocket": "security"}]
    return {
        "id": name,
        "title": f"{package} vulnerability",
        "published": published,
        "is_hidden": False,
        "type": "USN",
        "cves_ids": list(cves),
        "release_packages": {"jammy": packages},
        "releases": [{"codename": "jammy", "version": "22.04"}],
    }


def catalog(dues: Mapping[str, str]) -> bytes:
    """The catalog of exploited vulnerabilities."""
    rows = [
        {"cveID": cve, "dateAdded": "2024-07-01", "dueDate": due, "knownRansomwareCampaignUse": "Unknown", "cwes": []}
        for cve, due in dues.items()
    ]
    return json.dumps({"catalogVersion": "2026.01.01", "count": len(rows), "vulnerabilities": rows}).encode()
