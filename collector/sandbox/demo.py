"""The apps of the demonstration: each shows one thing that an audit of a real foundation meets."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from collector.sandbox.records import App, Deployment, Instance, Process, Target, UsedBuildpack
from collector.sandbox.scenery import Scenery, Spec, guid_of, used

# The app of this droplet is gone; only the event of its staging is left.
LOST_DROPLET = guid_of("droplet", "of an app that was deleted")
UNSEEN_DROPLET = guid_of("droplet", "that nobody remembers")

_PYTHON = used("python_buildpack", "1.8.43")
_NODE = used("nodejs_buildpack", "1.8.30")
_RUBY = used("ruby_buildpack", "1.10.20")
_GO = used("go_buildpack", "1.10.31")
_OWNER = {"owner": "payments-team@agency-a.example"}

HOSTILE_NAMES = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@x",
    "-x",
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    "données-🚀-資料",
    "\u202eevil\u202c-\u200frtl",
    "app[/bold]",
    "{{ 7*7 }}",
    "../../etc/passwd",
    "very-long-" + "x" * 240,
)


def demo_specs() -> list[Spec]:
    """Return what is known of every app from its current droplet alone."""
    return [*_ordinary(), *_buildpacks(), *_urls(), *_origins(), *_lives(), *_hostile()]


def _days(days: float) -> timedelta:
    return timedelta(days=days)


def _ordinary() -> list[Spec]:
    return [
        Spec(name="payments-api", age=_days(35.4), used=(used("python_buildpack", "1.8.40"),), annotations=_OWNER),
        Spec(
            name="benefits-api",
            age=_days(3),
            used=(_PYTHON,),
            labels={"team": "claims", "agency-a.example/tier": "prod"},
            annotations={"owner": "équipe-claims@agency-a.example", "note": "日本語 “quoted” text"},
        ),
        Spec(name="case-tracker", age=_days(13.9), used=(_RUBY,)),
        Spec(name="grants-portal", age=_days(14), used=(_NODE,)),
        Spec(name="archive-search", age=_days(60), used=(_GO,)),
        Spec(name="intake-forms", age=_days(6), used=(used("python_buildpack", "1.8.42"),)),
        Spec(name="claims-web", age=_days(50), used=(used("nodejs_buildpack", "1.8.27"),)),
        Spec(
            name="portal-frontend",
            age=_days(9),
            used=(used("nodejs_buildpack", "1.8.30", final=False), used("python_buildpack", "1.8.41")),
        ),
        Spec(name="reports-batch", space="agency-a/staging", age=_days(4), used=(_RUBY,), wanted=()),
        Spec(name="no-owner-api", space="agency-b/dev", age=_days(2), used=(_PYTHON,), annotations={}, ssh=False),
    ]


def _buildpacks() -> list[Spec]:
    space = "agency-b/prod"
    return [
        Spec(name="ledger-java", space=space, age=_days(8), used=(used("java_buildpack", "4.77"),)),
        Spec(name="edge-nginx", space=space, age=_days(8.5), used=(used("nginx_buildpack", "1.2.28.1"),)),
        Spec(name="docs-static", space=space, age=_days(10), used=(used("staticfile_buildpack", "1.6.30-dev"),)),
        Spec(name="legacy-php", space=space, age=_days(11), used=(used("php_buildpack", "4.6.36"),)),
        Spec(name="stats-r", space=space, age=_days(12), used=(used("r_buildpack", "1.2.15"),)),
        Spec(name="renamed-hwc", space=space, age=_days(7), used=(used("hwc_buildpack", "3.1.40"),)),
        Spec(
            name="old-python-fs3",
            space=space,
            age=_days(5),
            used=(used("python_buildpack", "1.8.2"),),
            stack="cflinuxfs3",
        ),
        Spec(
            name="ancient-go-fs2", space=space, age=_days(90), used=(used("go_buildpack", "1.9.0"),), stack="cflinuxfs2"
        ),
    ]


def _urls() -> list[Spec]:
    space, pinned = "agency-b/dev", "https://github.com/example/custom-buildpack#v1.2.3"
    versioned, secret = "https://github.com/example/other-buildpack.git", "https://***:***@github.com/example/private"
    silent = "https://github.com/example/silent-buildpack"
    return [
        Spec(name="url-versioned", space=space, age=_days(4), used=(_from_url(versioned, "other", "2.0.1"),)),
        Spec(name="url-pinned", space=space, age=_days(4.5), used=(_from_url(pinned, "custom", "1.2.3"),)),
        Spec(
            name="url-secret",
            space=space,
            age=_days(5.5),
            used=(UsedBuildpack(name=f"{secret}-buildpack.git", buildpack_name=""),),
        ),
        Spec(name="url-silent", space=space, age=_days(6.5), used=(), wanted=(silent,)),
    ]


def _from_url(url: str, name: str, version: str) -> UsedBuildpack:
    return UsedBuildpack(name=url, detect_output="", buildpack_name=name, version=version)


def _origins() -> list[Spec]:
    image = "registry.agency-a.example/scanner:1.4"
    paketo = "docker://docker.io/paketobuildpacks/nodejs"
    return [
        Spec(name="scanner-image", age=_days(20), used=None, lifecycle="docker", image=image),
        Spec(name="cnb-node", age=_days(7), used=(UsedBuildpack(name=paketo),), lifecycle="cnb"),
        Spec(name="orders-source", space="agency-a/staging", age=_days(40), used=(used("python_buildpack", "1.8.40"),)),
        Spec(
            name="copied-by-checksum",
            age=_days(33),
            used=(used("python_buildpack", None),),
            origin="copied",
            same_bits_as="agency-a/staging/orders-source",
        ),
        Spec(
            name="copied-by-event",
            age=_days(2),
            used=(_PYTHON,),
            origin="copied",
            source_droplet_guid=LOST_DROPLET,
        ),
        Spec(
            name="copied-source-gone",
            age=_days(2.5),
            used=(_RUBY,),
            origin="copied",
            source_droplet_guid=UNSEEN_DROPLET,
        ),
        Spec(name="copied-no-trace", age=_days(36), used=(_RUBY,), origin="copied"),
        Spec(name="uploaded", age=_days(3.5), wanted=("binary_buildpack",), stack=None, origin="uploaded"),
    ]


def _lives() -> list[Spec]:
    staging = "agency-a/staging"
    return [
        Spec(name="never-staged", age=None, wanted=("python_buildpack",)),
        Spec(name="switched-off", age=_days(100), used=(used("python_buildpack", "1.8.30"),), state="STOPPED"),
        Spec(name="nightly-tasks", age=_days(18), used=(used("python_buildpack", "1.8.41"),), state="STOPPED"),
        Spec(name="last-build-failed", space=staging, age=_days(12), used=(_NODE,)),
        Spec(name="staging-now", space=staging, age=_days(8), used=(used("python_buildpack", "1.8.42"),)),
        Spec(
            name="rolled-back",
            age=_days(30),
            used=(used("ruby_buildpack", "1.10.19"),),
            running_for=_days(4) - timedelta(seconds=30),
        ),
        Spec(name="not-restarted", age=_days(2), used=(_PYTHON,), running_for=_days(19)),
        Spec(
            name="deploying",
            space="agency-b/prod",
            age=timedelta(minutes=6),
            used=(_NODE,),
            running_for=timedelta(minutes=4),
        ),
        Spec(name="half-up", space="agency-b/prod", age=_days(4), used=(_NODE,), instances=3),
    ]


def _hostile() -> list[Spec]:
    return [
        Spec(name=name, space="agency-données/sandbox", age=_days(1 + number / 2), used=(_NODE,), instances=1)
        for number, name in enumerate(HOSTILE_NAMES)
    ]


def oddities(scenery: Scenery, apps: Mapping[str, App]) -> None:
    """Add what the current droplets do not tell: other builds, tasks, deployments and events."""
    scenery.failed_build(apps["last-build-failed"], _days(2))
    began = scenery.ago(timedelta(minutes=3))
    scenery.build(apps["staging-now"], began, began, state="STAGING")
    scenery.other_droplet(apps["rolled-back"], _days(5), _RUBY)
    _roll_back(scenery, apps["rolled-back"])
    for number, age in enumerate((2.2, 1.2, 0.2), 1):
        scenery.task(apps["nightly-tasks"], number, _days(age))
    scenery.app_event(apps["switched-off"], "stop", scenery.ago(_days(25)), {})
    _deployments(scenery, apps["deploying"])
    _lost_staging(scenery, apps["copied-by-event"])
    _crash_one(scenery, apps["half-up"])


def _roll_back(scenery: Scenery, app: App) -> None:
    # The newer droplet was current for a day; then the old one was set again.
    newer = guid_of("droplet", app.guid, _days(5))
    for guid, age in ((newer, 5), (app.droplet_guid, 4)):
        at = scenery.ago(_days(age)) + timedelta(seconds=10)
        scenery.app_event(app, "droplet.mapped", at, {"request": {"droplet_guid": guid}})


def _deployments(scenery: Scenery, app: App) -> None:
    before = scenery.other_droplet(app, _days(16), used("nodejs_buildpack", "1.8.29"))
    for number, (age, value, reason, droplet) in enumerate(
        (
            (_days(16), "FINALIZED", "DEPLOYED", before.guid),
            (timedelta(minutes=5), "ACTIVE", "DEPLOYING", app.droplet_guid),
        )
    ):
        at = scenery.ago(age)
        scenery.rows.append(
            Deployment(
                guid=guid_of("deployment", app.guid, number),
                created_at=at,
                updated_at=at + timedelta(minutes=1),
                app_guid=app.guid,
                droplet_guid=droplet,
                previous_droplet_guid=before.guid,
                status_value=value,
                status_reason=reason,
                last_healthcheck=at,
                last_change=at + timedelta(seconds=30),
            )
        )


def _lost_staging(scenery: Scenery, copy: App) -> None:
    """Leave only the event of a staging 20 days ago: app, droplet and build are deleted."""
    gone = Target(guid=guid_of("app", "deleted"), type="app", name="deleted-source")
    versions = [{"name": "python_buildpack", "buildpack_name": "python", "version": "1.8.41"}]
    data = {
        "build_guid": guid_of("build", "deleted"),
        "package_guid": guid_of("package", "deleted"),
        "droplet_guid": LOST_DROPLET,
        "buildpacks": versions,
    }
    scenery.app_event(copy, "build.staged", scenery.ago(_days(20)), data, target=gone)


def _crash_one(scenery: Scenery, app: App) -> None:
    """Let one of three instances be down since an hour."""
    for number, row in enumerate(scenery.rows):
        if isinstance(row, Process) and row.guid == app.guid:
            down = Instance(index=2, state="CRASHED", started_at=scenery.ago(timedelta(hours=1)))
            scenery.rows[number] = replace(row, running=(*row.running[:2], down))
