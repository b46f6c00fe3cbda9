"""The customer's side: no director, feeds alone, from servers or from folders; and what operators attest."""

import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.sandbox import Scenery, Spec, used
from collector.sandbox.people import give_roles, identities
from collector.sandbox.platform import furnish
from tests.cli.foreign.asking import status_of
from tests.cli.foreign.serving import Feeds
from tests.cli.foreign.story import DAY, HOUR
from tests.cli.foreign.writing import body_of, catalog, metalink, naive, osv, release, z
from tests.cli.running import Ran, this_second

MINUTE = timedelta(minutes=1)
DIGEST = f"sha256:{'ab' * 32}"
# How long the instances of each app have been running; 1.102 has been out for 96 hours and a minute, 1.103 for 95.
RUNNING = {
    "before": 96 * HOUR + 2 * MINUTE,
    "after": 96 * HOUR - MINUTE,
    "long-before": 20 * DAY,
    "today": HOUR,
}


@pytest.fixture
def asked(served, run, about) -> Callable[..., Ran]:
    """Ask about SI-2 with these apps and an app of an image, from feeds at these places."""
    now = this_second()
    scenery = Scenery(now)
    furnish(scenery)
    give_roles(scenery)
    for name, ago in RUNNING.items():
        python = (used("python_buildpack", "1.8.43"),)
        scenery.app(Spec(name=name, space="agency-a/prod", age=max(ago, DAY), used=python, running_for=ago))
    image = f"registry.example.gov/scanned@{DIGEST}"
    scenery.app(Spec(name="scanned", space="agency-a/prod", lifecycle="docker", image=image, age=DAY))
    served(scenery.world(identities()))

    def ask(places: dict[str, str], **options: str) -> Ran:
        about({}, places, scope=options.get("scope", "customer"))
        ran: Ran = run("--control", "SI-2", "-f", "json")
        assert ran.out, ran.err
        return ran

    return ask


def feeds_of(now: datetime) -> dict[str, bytes]:
    """Three stemcells: old, just beyond four days, and just inside."""
    ages = {"1.99": 30 * DAY, "1.102": 96 * HOUR + MINUTE, "1.103": 95 * HOUR}
    rows = [release("ubuntu-jammy", name, now - ago + HOUR, body_of({})) for name, ago in ages.items()]
    index = {
        f"index/published/ubuntu-jammy/{name}/stemcells.meta4": metalink("ubuntu-jammy", name, z(now - ago))
        for name, ago in ages.items()
    }
    return {"releases.json": json.dumps(rows).encode(), **index}


def test_hosts_without_a_director(asked, serve):
    """Exactly the instances that are older than a stemcell of four days ago are proven to be on an older one."""
    url = serve(Feeds({f"/{name}": body for name, body in feeds_of(this_second()).items()})).url
    ran = asked({"stemcell_index": f"{url}/index", "stemcell_releases": f"{url}/releases.json"})

    hosts = status_of(ran, "host-refreshed", "app")
    assert {name: hosts[name] for name in RUNNING} == {
        "before": "fail",
        "long-before": "fail",
        "after": "unknown",
        "today": "unknown",
    }
    (control,) = ran.json["controls"]
    assert control["parts"]["provider"] == "inherited"
    assert ran.code == 1


def test_hosts_from_folders_without_a_network(asked, run, monkeypatch):
    """In a closed network the same follows from folders, and nothing but the foundation is spoken to."""
    for name, body in feeds_of(this_second()).items():
        path = Path("mirror", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    spoken = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: tuple[str, int]) -> None:
        spoken.add(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    ran = asked({"stemcell_index": "mirror/index", "stemcell_releases": "mirror/releases.json"})

    hosts = status_of(ran, "host-refreshed", "app")
    assert {name for name, status in hosts.items() if status == "fail"} == {"before", "long-before"}
    # The foundation's API and its login server.
    assert len(spoken) <= 2
    assert {host for host, _ in spoken} == {"127.0.0.1"}


def statement(kind: str, expires: datetime, at: datetime, form: str, **more: str) -> str:
    """One statement in one of the two forms."""
    today = this_second()
    day = {
        "written": today - 4 * DAY,
        "period_from": today - 40 * DAY,
        "period_to": today - 4 * DAY,
        "expires": expires,
    }
    values = {"kind": kind, "author": "P. Operator, platform", "party": "independent"}
    values |= {name: f"{when:%Y-%m-%d}" for name, when in day.items()} | {"at": z(at)} | more
    if form == "csv":
        cells = (f'"{value}"' for value in values.values())
        return f"{','.join(values)}\n{','.join(cells)}\n"
    return "[[statement]]\n" + "".join(f'{name} = "{value}"\n' for name, value in values.items())


@pytest.mark.parametrize("form", ["csv", "toml"])
@pytest.mark.parametrize(
    ("ago", "expires", "status"),
    [(30 * DAY - HOUR, 5, "pass"), (30 * DAY + HOUR, 5, "fail"), (9 * DAY, -2, "unknown")],
    ids=["inside", "beyond", "expired"],
)
def test_a_scan_that_is_attested(asked, form, ago, expires, status):
    """A scan inside thirty days passes, one beyond fails, and a statement that has expired says nothing any more."""
    now = this_second()
    Path(f"attested.{form}").write_text(
        statement("image-scanned", now + expires * DAY, now - ago, form, image=DIGEST), encoding="utf-8"
    )
    ran = asked({"attestation": f"attested.{form}"})

    assert status_of(ran, "image-remediated", "app")["scanned"] == status
    (shown,) = ran.json["attestations"]
    assert (shown["author"], shown["method"]) == ("P. Operator, platform", "EXAMINE")


@pytest.mark.parametrize("form", ["csv", "toml"])
def test_a_deployment_that_is_attested(asked, form):
    """What an operator states of the platform is shown, and makes nothing of it a test."""
    now = this_second()
    more = {"environment": "production", "deployment": "cf", "line": "ubuntu-jammy", "version": "1.103"}
    Path(f"attested.{form}").write_text(
        statement("stemcell-deployed", now + DAY, now - 5 * DAY, form, **more), encoding="utf-8"
    )
    ran = asked({"attestation": f"attested.{form}"}, scope="both")

    (control,) = ran.json["controls"]
    assert control["parts"]["provider"] != "satisfied"
    assert len(ran.json["attestations"]) == 1
    assert not [
        row for row in ran.json["observations"] if row["check"] == "os-patch-latency" and row["status"] == "pass"
    ]


def test_the_notice_that_is_known(asked, run, tmp_path):
    """USN-6859-1 of 2024-07-01T09:06:31Z is first in jammy 1.486 of 2024-07-02T00:10:48Z: 15 hours and 4 minutes."""
    root = tmp_path / "closed"
    published = {
        "1.445": "2024-05-20T12:00:00.5Z",
        "1.486": "2024-07-02T00:10:48.699Z",
        "1.500": "2024-07-20T00:00:00Z",
    }
    lists = {"1.445": {}, "1.486": {"USN-6859-1": "high"}, "1.500": {"USN-6859-1": "high"}}
    rows = []
    for name, at in published.items():
        folder = root / "published/ubuntu-jammy" / name
        folder.mkdir(parents=True)
        (folder / "stemcells.meta4").write_bytes(metalink("ubuntu-jammy", name, at))
        rows.append(release("ubuntu-jammy", name, datetime.fromisoformat(f"{at[:19]}Z") + DAY, body_of(lists[name])))
    (root / "releases.json").write_text(json.dumps(rows), encoding="utf-8")
    (root / "osv/usn").mkdir(parents=True)
    (root / "osv/usn/USN-6859-1.json").write_bytes(osv("USN-6859-1", "2024-07-01T09:06:31.434165Z", package="openssh"))
    esm = osv("USN-6860-1", "2024-07-01T10:00:00Z", pro=True, package="redis")
    (root / "osv/usn/USN-6860-1.json").write_bytes(esm)
    page = {"notices": [naive("USN-6859-1", "2024-07-01T09:06:31.434165", package="openssh")], "total_results": 1}
    (root / "notices.json").write_text(json.dumps(page), encoding="utf-8")
    (root / "kev.json").write_bytes(catalog({"CVE-2024-6387": "2024-07-22"}))
    (root / "ubuntu22.04.yml").write_text(
        "- title: 'USN-6859-1: OpenSSH'\n  stack_release: 1.103.0\n", encoding="utf-8"
    )
    places = {
        "stemcell_index": str(root / "published"),
        "stemcell_releases": str(root / "releases.json"),
        "notices": str(root / "osv"),
        "exploited": str(root / "kev.json"),
        "rootfs": str(root / "ubuntu22.04.yml"),
    }
    asked(places, scope="provider")
    ran = run("--control", "SI-2", "-f", "json", "--as-of", "2024-07-05T00:00:00Z")

    (row,) = (row for row in ran.json["patches"] if row["subject"]["name"] == "USN-6859-1")
    assert (row["fixed_in"], row["line"]) == ("1.486", "ubuntu-jammy")
    assert row["hours"]["packaging"] == pytest.approx(15 + 4 / 60, abs=0.01)
    assert row["stages"]["released"]["not_before"] == "2024-07-02T00:10:48.699000Z"
    assert status_of(ran, "stemcell-packaging-latency", "notice") == {
        "USN-6859-1": "pass",
        "USN-6860-1": "not-applicable",
    }
    assert ran.json["patches"]
