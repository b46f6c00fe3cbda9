"""Every kind of app that a real Cloud Controller was recorded with, read into records."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.model import App, Droplet, DropletBuildpack, Facts
from tests.sources.snapshots import Answer, facts_of, listed, recorded, recorded_only

pytestmark = recorded_only

PYTHON = DropletBuildpack(name="python_buildpack", version="1.8.43", reported_name="python")
RUBY = DropletBuildpack(name="ruby_buildpack", version="1.10.19", reported_name="ruby")


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """The recorded foundation."""
    answers = [
        Answer("root", json.dumps(recorded("root")).encode()),
        Answer("organizations", json.dumps(recorded("organizations")).encode()),
        Answer("spaces", json.dumps(recorded("spaces")).encode()),
        *(Answer("apps", json.dumps(recorded(f"apps-page-{number}")).encode(), after=number) for number in range(1, 5)),
        Answer("apps-count", json.dumps(recorded("apps-total-only")).encode(), after=9),
        Answer("droplets", json.dumps(recorded("droplets-by-guids")).encode(), query={"guids": "many"}),
        Answer("buildpacks", json.dumps(recorded("buildpacks")).encode()),
        Answer("stacks", json.dumps(recorded("stacks")).encode()),
        Answer("builds", json.dumps(recorded("builds-staged")).encode()),
        Answer("failed-builds", json.dumps(recorded("builds-failed")).encode()),
        Answer("events", json.dumps(recorded("events-app-build-staged")).encode()),
    ]
    return facts_of(tmp_path, answers)


def pair(folder: Path, kind: str) -> tuple[App, Droplet]:
    """The app of a recorded kind and its current droplet, each as asked for on its own."""
    app, droplet = recorded(f"app-{kind}"), recorded(f"app-{kind}-droplet")
    facts = facts_of(
        folder,
        [Answer("apps", listed(app)), Answer("droplets", listed(droplet), query={"guids": droplet["guid"]})],
        needs=("apps", "droplets"),
    )
    assert facts.gaps == ()
    (read,) = facts.apps
    return read, facts.droplets[read.droplet or ""]


@pytest.mark.parametrize(
    ("kind", "asked", "reported"),
    [
        ("single", ("python_buildpack",), (PYTHON,)),
        (
            "multi",
            ("nodejs_buildpack", "python_buildpack"),
            (DropletBuildpack(name="nodejs_buildpack", version="1.8.29", reported_name="nodejs"), PYTHON),
        ),
        (
            "url-ver",
            ("https://github.com/example/custom-buildpack#v1.2.3",),
            (
                DropletBuildpack(
                    name="https://github.com/example/custom-buildpack#v1.2.3", version="1.2.3", reported_name="custom"
                ),
            ),
        ),
        (
            "url-secret",
            ("https://git.example.gov/x/y-buildpack.git",),
            (DropletBuildpack(name="https://git.example.gov/x/y-buildpack.git", version=None, reported_name=""),),
        ),
        ("auto", (), (RUBY,)),
        (
            "cnb",
            ("docker://docker.io/paketobuildpacks/nodejs",),
            (DropletBuildpack(name="docker://docker.io/paketobuildpacks/nodejs"),),
        ),
        ("docker", (), None),
        ("copied", ("python_buildpack",), (DropletBuildpack(name="python_buildpack"),)),
        ("uploaded", ("binary_buildpack",), ()),
        ("stopped", ("ruby_buildpack",), (RUBY,)),
        ("fs3", (), (DropletBuildpack(name="ruby_buildpack", version="1.8.0", reported_name="ruby"),)),
        (
            "failed",
            ("python_buildpack",),
            (DropletBuildpack(name="python_buildpack", version="1.8.40", reported_name="python"),),
        ),
        (
            "pushed",
            ("nodejs_buildpack",),
            (DropletBuildpack(name="nodejs_buildpack", version="1.8.30", reported_name="nodejs"),),
        ),
    ],
)
def test_buildpacks(
    tmp_path: Path, kind: str, asked: tuple[str, ...], reported: tuple[DropletBuildpack, ...] | None
) -> None:
    """Buildpacks are what the app asks for and what the droplet reports, in order, without credentials."""
    app, droplet = pair(tmp_path, kind)
    assert (app.buildpacks, droplet.buildpacks) == (asked, reported)


@pytest.mark.parametrize(
    ("kind", "lifecycle", "app_stack", "droplet_stack"),
    [
        ("single", "buildpack", "cflinuxfs4", "cflinuxfs4"),
        ("cnb", "cnb", "cflinuxfs4", "cflinuxfs4"),
        ("docker", "docker", None, None),
        ("uploaded", "buildpack", "cflinuxfs4", None),
        ("fs3", "buildpack", "cflinuxfs3", "cflinuxfs3"),
    ],
)
def test_stack(tmp_path: Path, kind: str, lifecycle: str, app_stack: str | None, droplet_stack: str | None) -> None:
    """The stack of an app is what it asks for; that of a droplet, what it was staged on, if on any."""
    app, droplet = pair(tmp_path, kind)
    assert (app.lifecycle, app.stack) == (lifecycle, app_stack)
    assert (droplet.lifecycle, droplet.stack) == (lifecycle, droplet_stack)


def test_system(tmp_path: Path) -> None:
    """An app with a system buildpack, wholly."""
    app, droplet = pair(tmp_path, "single")
    assert (app.guid, app.name, app.state) == ("29db5b14-5a2b-4ac2-a139-014b0f2c6170", "benefits-api", "STARTED")
    assert app.space_guid == "a4785027-c490-438f-b8b4-815a1d4f7f42"
    assert (droplet.state, droplet.app) == ("STAGED", app.guid)
    assert droplet.created_at == datetime(2026, 11, 19, 6, 0, 36, tzinfo=UTC)
    assert droplet.package == "5cafed8e-374c-4f62-8676-a8a7e0c86e14"
    assert droplet.checksum == "5943f2d855a60e53e6e8e9c9270ab3b232d4e21b25911f1f8a84d80168c2179f"


def test_image(tmp_path: Path) -> None:
    """An image has no buildpacks and no checksum, but a name."""
    _, droplet = pair(tmp_path, "docker")
    assert (droplet.buildpacks, droplet.checksum, droplet.image) == (None, None, "registry.example.gov/team/app:1.4")


def test_copied(tmp_path: Path) -> None:
    """A copied droplet has no package, reports no version, and is the same bytes as its source."""
    _, copied = pair(tmp_path / "copied", "copied")
    _, source = pair(tmp_path / "source", "single")
    assert copied.buildpacks is not None
    assert (copied.package, copied.buildpacks[0].version, copied.checksum) == (None, None, source.checksum)


def test_uploaded(tmp_path: Path) -> None:
    """An uploaded droplet reports no buildpack, and has neither package nor stack."""
    _, droplet = pair(tmp_path, "uploaded")
    assert (droplet.buildpacks, droplet.package, droplet.stack) == ((), None, None)


def test_stopped(tmp_path: Path) -> None:
    """A stopped app still has its droplet."""
    app, droplet = pair(tmp_path, "stopped")
    assert (app.state, droplet.app) == ("STOPPED", app.guid)


def test_never_staged(tmp_path: Path) -> None:
    """An app that was never staged has no droplet, and that is no gap."""
    facts = facts_of(tmp_path, [Answer("apps", listed(recorded("app-none")))])
    assert ([app.droplet for app in facts.apps], facts.gaps) == ([None], ())


def test_labels(tmp_path: Path) -> None:
    """Labels and annotations come as they are, whatever their letters."""
    (app,) = facts_of(tmp_path, [Answer("apps", listed(recorded("app-labels")))]).apps
    assert app.labels == {"team": "claims", "example.gov/tier": "prod"}
    assert app.annotations == {"contact": "équipe-claims@example.gov", "note": "日本語 – “quoted” text"}


def test_odd_names(tmp_path: Path) -> None:
    """Names that would be formulas or markup elsewhere are only names here."""
    facts = facts_of(tmp_path, [Answer("apps", json.dumps(recorded("apps-odd-names")).encode())])
    assert {
        "=cmd|' /C calc'!A0",
        "+SUM(1;2)",
        "@lookup",
        "-1+2",
        "<script>alert(1)</script>",
        "\"quoted\" & 'single'",
        "données-🚀-資料",
    } <= {app.name for app in facts.apps}


def test_old_api(tmp_path: Path) -> None:
    """Where apps do not name their droplet, the answer about each does, and 404 is that there is none."""
    bare, never = recorded("app-single"), recorded("app-none")
    for app in (bare, never):
        del app["relationships"]["current_droplet"]
    current = Answer(
        "current-droplet",
        json.dumps(recorded("app-single-droplet")).encode(),
        path=f"/v3/apps/{bare['guid']}/droplets/current",
    )
    none = Answer(
        "current-droplet",
        json.dumps(recorded("app-none-droplet-404")).encode(),
        path=f"/v3/apps/{never['guid']}/droplets/current",
        status=404,
    )
    facts = facts_of(tmp_path, [Answer("apps", listed(bare, never)), current, none])
    assert {app.name: app.droplet for app in facts.apps} == {
        "benefits-api": "8edeac0c-2889-472f-94ef-74edbfa784c8",
        "never-staged": None,
    }
    assert [droplet.buildpacks for droplet in facts.droplets.values()] == [(PYTHON,)]
    assert facts.gaps == ()


def test_foundation(facts: Facts) -> None:
    """The whole recorded foundation is read, and its closing count agrees."""
    assert (facts.api_version, facts.apps_listed, facts.apps_counted) == ("3.228.0", 21, 21)
    assert {"apps", "droplets", "spaces", "buildpacks", "stacks", "builds", "events"} <= facts.read
    assert facts.gaps == ()


def test_every_app_has_its_droplet(facts: Facts) -> None:
    """Each droplet that an app names was given, except where none is named."""
    assert [app.name for app in facts.apps if app.droplet not in facts.droplets] == ["never-staged"]


def test_places(facts: Facts) -> None:
    """Apps lie in spaces, and these in organizations, whatever the letters of their names."""
    paths = {app.name: facts.spaces[app.space_guid].path for app in facts.apps}
    assert paths["benefits-api"] == f"{facts.organizations['03d8f765-6ca2-4ee7-9c33-74f647b4b818']}/prod"
    assert {space.org for space in facts.spaces.values()} <= set(facts.organizations.values())


def test_platform_buildpacks(facts: Facts) -> None:
    """Platform buildpacks keep their stack, file name and switches; one awaits its upload and has no file."""
    packs = {(pack.name, pack.stack): pack for pack in facts.buildpacks}
    python = packs["python_buildpack", "cflinuxfs4"]
    assert (python.state, python.filename) == ("READY", "python_buildpack-cached-cflinuxfs4-v1.8.43.zip")
    assert (python.enabled, python.locked, python.lifecycle) == (True, False, "buildpack")
    assert [pack.filename for pack in facts.buildpacks if pack.state == "AWAITING_UPLOAD"] == [None]


def test_stacks(facts: Facts) -> None:
    """Stacks keep the state in which the platform holds them."""
    assert facts.stacks["cflinuxfs4"].state == "ACTIVE"
    assert {stack.state for stack in facts.stacks.values()} > {"ACTIVE"}


def test_builds(facts: Facts) -> None:
    """Builds stand by app, oldest first, failed ones with their reason and without a droplet."""
    builds = [build for rows in facts.builds.values() for build in rows]
    failed = [build for build in builds if build.state == "FAILED"]
    assert all(build.droplet is None and build.error for build in failed)
    assert failed != []
    times = [[build.created_at for build in rows] for rows in facts.builds.values()]
    assert times == [sorted(row) for row in times]


def test_events(facts: Facts) -> None:
    """An event about a finished build names the droplet and the buildpacks with their versions."""
    event = next(event for rows in facts.events.values() for event in rows)
    assert event.type == "audit.app.build.staged"
    assert {"droplet_guid", "buildpacks"} <= event.data.keys()


def test_everything_names_its_document(facts: Facts) -> None:
    """Every record names, by digest, the document that it was read from."""
    known = {digest for digests in facts.documents.values() for digest in digests}
    named = {app.document for app in facts.apps} | {droplet.document for droplet in facts.droplets.values()}
    named |= {pack.document for pack in facts.buildpacks} | {space.document for space in facts.spaces.values()}
    assert named <= known
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in known)
