"""What the ready-made worlds contain: each kind of app that an auditor meets, and times that fit together."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from collector.sandbox import Foundation, World, crowded_world, demo_world, healthy_world, restage, upload, used
from collector.sandbox.demo import HOSTILE_NAMES, LOST_DROPLET, UNSEEN_DROPLET
from tests.sandbox.http_client import ask


def every(foundation, table):
    return ask(foundation, f"/v3/{table}?per_page=5000").resources


@pytest.fixture(scope="module")
def apps(demo):
    """Return all apps as the API shows them, by name."""
    return {row["name"]: row for row in every(demo, "apps")}


@pytest.fixture(scope="module")
def droplets(demo, apps):
    """Return the current droplet of each app as the list shows it, by the app's name."""
    rows = {row["guid"]: row for row in every(demo, "droplets")}
    return {name: rows.get(app["relationships"]["current_droplet"]["data"]["guid"]) for name, app in apps.items()}


def age(now, text):
    return (now - datetime.fromisoformat(text)) / timedelta(days=1)


def of(rows, app):
    return [row for row in rows if row["relationships"]["app"]["data"]["guid"] == app["guid"]]


def mapped(foundation):
    """Return when each app's current droplet was set last, as far as events reach."""
    rows = ask(foundation, "/v3/audit_events?types=audit.app.droplet.mapped&order_by=created_at&per_page=5000")
    return {row["target"]["guid"]: datetime.fromisoformat(row["created_at"]) for row in rows.resources}


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("payments-api", 35.4),
        ("benefits-api", 3),
        ("case-tracker", 13.9),
        ("grants-portal", 14),
        ("archive-search", 60),
        ("rolled-back", 30),
    ],
)
def test_droplets_have_the_ages_they_are_told_by(droplets, now, name, days):
    """Inside the window, just inside, exactly on its edge, and far outside."""
    assert age(now, droplets[name]["created_at"]) == pytest.approx(days)


def test_payments_is_in_the_first_agencys_production(demo, apps):
    """The app that every example names lies where the examples say."""
    space = ask(demo, f"/v3/spaces/{apps['payments-api']['relationships']['space']['data']['guid']}").json
    organization = ask(demo, f"/v3/organizations/{space['relationships']['organization']['data']['guid']}").json
    assert (organization["name"], space["name"]) == ("agency-a", "prod")


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("archive-search", ["1.10.31"]),
        ("intake-forms", ["1.8.42"]),
        ("claims-web", ["1.8.27"]),
        ("portal-frontend", ["1.8.30", "1.8.41"]),
        ("ledger-java", ["4.77"]),
        ("edge-nginx", ["1.2.28.1"]),
        ("docs-static", ["1.6.30-dev"]),
        ("url-versioned", ["2.0.1"]),
        ("url-pinned", ["1.2.3"]),
        ("url-secret", [None]),
        ("url-silent", []),
        ("cnb-node", [None]),
        ("copied-by-checksum", [None]),
        ("uploaded", []),
    ],
)
def test_droplets_name_their_buildpacks(droplets, name, versions):
    """Two, three and four parts, none at all, and several buildpacks at once."""
    assert [item["version"] for item in droplets[name]["buildpacks"]] == versions


def test_the_platform_offers_odd_buildpacks(demo):
    """One is disabled, one awaits its upload, one is locked, one name stands on two stacks."""
    rows = every(demo, "buildpacks")
    assert [row["name"] for row in rows if not row["enabled"]] == ["php_buildpack"]
    assert [(row["name"], row["filename"]) for row in rows if row["state"] == "AWAITING_UPLOAD"] == [
        ("r_buildpack", None)
    ]
    assert [row["name"] for row in rows if row["locked"]] == ["java_buildpack"]
    assert [row["stack"] for row in rows if row["name"] == "python_buildpack"] == ["cflinuxfs4", "cflinuxfs3"]
    assert not [row for row in rows if row["name"] == "hwc_buildpack"]


def test_locking_has_moved_updated_at_and_nothing_else(demo, now):
    """The locked buildpack looks new by its time, though it was uploaded long before."""
    (java,) = [row for row in every(demo, "buildpacks") if row["locked"]]
    assert age(now, java["updated_at"]) == 3
    events = ask(demo, f"/v3/audit_events?target_guids={java['guid']}").resources
    assert [(event["type"], event["data"]) for event in events] == [
        ("audit.buildpack.update", {"request": {"locked": True}})
    ]


def test_stacks_are_in_all_states(demo, apps):
    """Apps run on a deprecated and on a disabled stack, each with a reason."""
    states = {row["name"]: (row["state"], row["state_reason"]) for row in every(demo, "stacks")}
    assert states["cflinuxfs3"] == ("DEPRECATED", "End of support; move to cflinuxfs4")
    assert states["cflinuxfs2"] == ("DISABLED", "Removed from the platform")
    assert apps["old-python-fs3"]["lifecycle"]["data"]["stack"] == "cflinuxfs3"
    assert apps["ancient-go-fs2"]["lifecycle"]["data"]["stack"] == "cflinuxfs2"


def test_images_and_autodetection(apps, droplets):
    """An image has no buildpacks, no stack and no checksum; autodetection fills only the droplet."""
    image = droplets["scanner-image"]
    assert (image["buildpacks"], image["stack"], image["checksum"]) == (None, None, None)
    assert image["image"] == "registry.agency-a.example/scanner:1.4"
    assert apps["scanner-image"]["lifecycle"] == {"type": "docker", "data": {}}
    assert apps["reports-batch"]["lifecycle"]["data"]["buildpacks"] == []
    assert droplets["reports-batch"]["buildpacks"][0]["name"] == "ruby_buildpack"
    assert apps["cnb-node"]["lifecycle"]["type"] == "cnb"


def test_secrets_of_buildpack_urls_are_hidden(demo):
    """Credentials in URLs are stars wherever the URL is shown."""
    for table in ("apps", "droplets", "builds", "audit_events"):
        text = ask(demo, f"/v3/{table}?per_page=5000").body
        assert "https://***:***@github.com/example/private-buildpack.git" in text


def test_copies_can_be_traced_by_checksum(demo, droplets):
    """The copy has the checksum of a droplet that is still there, and no event any more."""
    copy, source = droplets["copied-by-checksum"], droplets["orders-source"]
    assert copy["checksum"] == source["checksum"]
    assert "package" in source["links"]
    assert "package" not in copy["links"]
    app = copy["relationships"]["app"]["data"]["guid"]
    assert ask(demo, f"/v3/audit_events?target_guids={app}").resources == []


def test_copies_can_be_traced_by_event(demo, now):
    """The source is gone; its staging is an event, and another copy's source has not even that."""
    copies = ask(demo, "/v3/audit_events?types=audit.app.droplet.create").resources
    sources = [event["data"]["request"]["source_droplet_guid"] for event in copies if "request" in event["data"]]
    assert set(sources) == {LOST_DROPLET, UNSEEN_DROPLET}
    staged = ask(demo, "/v3/audit_events?types=audit.app.build.staged&per_page=5000").resources
    found = [event for event in staged if event["data"]["droplet_guid"] in sources]
    assert [(event["target"]["name"], age(now, event["created_at"])) for event in found] == [("deleted-source", 20)]
    assert ask(demo, f"/v3/droplets?guids={LOST_DROPLET},{UNSEEN_DROPLET}").resources == []


def test_other_copies_leave_no_trace(demo, droplets):
    """One copy has neither a known checksum nor an event; an uploaded droplet has no stack either."""
    copy = droplets["copied-no-trace"]
    same = [row for row in every(demo, "droplets") if row["checksum"] == copy["checksum"]]
    assert len(same) == 1
    uploaded = droplets["uploaded"]
    assert (uploaded["buildpacks"], uploaded["stack"]) == ([], None)
    assert "package" not in uploaded["links"]


def test_apps_without_a_droplet_or_not_running(demo, apps, droplets):
    """One is started and was never staged, one is switched off, one only runs tasks."""
    assert apps["never-staged"]["state"] == "STARTED"
    assert droplets["never-staged"] is None
    assert apps["switched-off"]["state"] == apps["nightly-tasks"]["state"] == "STOPPED"
    tasks = every(demo, "tasks")
    assert {row["relationships"]["app"]["data"]["guid"] for row in tasks} == {apps["nightly-tasks"]["guid"]}
    assert [row["state"] for row in tasks] == ["SUCCEEDED"] * 3


def test_builds_that_did_not_become_current(demo, apps, droplets):
    """One build failed after the current droplet, one is running, one droplet was rolled back from."""
    builds = every(demo, "builds")
    failed = [row for row in of(builds, apps["last-build-failed"]) if row["state"] == "FAILED"]
    assert failed[0]["created_at"] > droplets["last-build-failed"]["created_at"]
    assert failed[0]["error"].startswith("BuildpackCompileFailed - ")
    running = [row for row in builds if row["state"] == "STAGING"]
    assert [row["relationships"]["app"]["data"]["guid"] for row in running] == [apps["staging-now"]["guid"]]
    assert running[0]["droplet"] is None
    all_of_it = of(every(demo, "droplets"), apps["rolled-back"])
    assert max(all_of_it, key=lambda row: row["created_at"])["guid"] != droplets["rolled-back"]["guid"]
    mapped = ask(demo, f"/v3/audit_events?types=audit.app.droplet.mapped&target_guids={apps['rolled-back']['guid']}")
    assert mapped.resources[-1]["data"]["request"]["droplet_guid"] == droplets["rolled-back"]["guid"]


def test_instances_that_do_not_run_the_current_droplet(demo, apps, droplets, now):
    """One app was not restarted after its restage; of another one instance is down."""
    rows = ask(demo, "/v3/processes?embed=process_instances&per_page=5000").resources
    instances = {row["guid"]: row["process_instances"] for row in rows}
    old = instances[apps["not-restarted"]["guid"]]
    droplet_age = timedelta(days=age(now, droplets["not-restarted"]["created_at"]))
    assert {timedelta(seconds=one["since"]) > droplet_age for one in old} == {True}
    last = mapped(demo)
    late = {
        name
        for name, app in apps.items()
        for one in instances[app["guid"]]
        if now - timedelta(seconds=one["since"]) < last.get(app["guid"], now - timedelta(days=31))
    }
    # The copies and others that were mapped before events were kept have run for longer than that.
    assert late - {name for name, app in apps.items() if app["guid"] not in last} == {"not-restarted"}
    assert [one["state"] for one in instances[apps["half-up"]["guid"]]] == ["RUNNING", "RUNNING", "CRASHED"]
    assert instances[apps["switched-off"]["guid"]] == []
    stats = ask(demo, f"/v3/processes/{apps['not-restarted']['guid']}/stats").json["resources"]
    assert [one["uptime"] for one in stats] == [one["since"] for one in old]


def test_a_deployment_is_under_way(demo, apps):
    """One deployment is active; the app already names the new droplet."""
    (row,) = ask(demo, "/v3/deployments?status_values=ACTIVE").resources
    current = apps["deploying"]["relationships"]["current_droplet"]["data"]["guid"]
    assert row["droplet"]["guid"] == current
    assert row["previous_droplet"]["guid"] != current


def test_names_and_notes_are_hostile(apps):
    """Formulas, markup, quotes, other scripts and a very long name; labels with a prefix."""
    assert set(HOSTILE_NAMES) < set(apps)
    assert max(map(len, apps)) == 250
    assert apps["benefits-api"]["metadata"]["labels"] == {"team": "claims", "agency-a.example/tier": "prod"}
    assert "日本語" in apps["benefits-api"]["metadata"]["annotations"]["note"]
    assert apps["no-owner-api"]["metadata"]["annotations"] == {}


def test_ssh_is_closed_where_it_says(demo, apps):
    """Production of the first agency forbids SSH; elsewhere an app may forbid it for itself."""
    closed, own, opened = (apps[name]["guid"] for name in ("payments-api", "no-owner-api", "ledger-java"))
    assert ask(demo, f"/v3/apps/{closed}/ssh_enabled").json == {"enabled": False, "reason": "Disabled for space"}
    assert ask(demo, f"/v3/apps/{own}/ssh_enabled").json == {"enabled": False, "reason": "Disabled for app"}
    assert ask(demo, f"/v3/apps/{opened}/ssh_enabled").json == {"enabled": True, "reason": ""}
    assert ask(demo, f"/v3/apps/{own}/features/ssh").json["enabled"] is False


@pytest.mark.parametrize("make", [demo_world, healthy_world, crowded_world])
def test_worlds_fit_together(make, now):
    """Rows name rows that exist, guids are valid, no time lies ahead, and events are younger than 31 days."""
    world = make(now)
    for table in world.tables:
        for row in world.rows(table):
            assert uuid.UUID(row.guid).version == 4
            assert row.created_at <= now
            if guid := getattr(row, "app_guid", None):
                assert world.find("apps", guid)
    for app in world.apps:
        assert app.droplet_guid is None or world.find("droplets", app.droplet_guid).app_guid == app.guid
        assert world.find("spaces", app.space_guid)
    for event in world.rows("audit_events"):
        assert now - event.created_at <= timedelta(days=31)
    for build in world.rows("builds"):
        if build.droplet_guid:
            assert build.created_at <= world.find("droplets", build.droplet_guid).created_at <= build.updated_at


@pytest.mark.parametrize("make", [demo_world, healthy_world])
def test_worlds_are_the_same_for_the_same_time(make, now):
    """The same time gives the same rows; another time moves them and changes no app's guid."""
    one, two, later = make(now), make(now), make(now + timedelta(days=1))
    for table in one.tables:
        assert one.rows(table) == two.rows(table)
    assert [app.guid for app in one.apps] == [app.guid for app in later.apps]
    assert later.apps[0].created_at - one.apps[0].created_at == timedelta(days=1)


def test_a_healthy_world_has_nothing_to_find(fresh, now):
    """Young droplets with packages, the platform's versions, an active stack, all instances up and restarted."""
    offered = {}
    for row in every(fresh, "buildpacks"):
        if row["filename"] and row["enabled"]:
            offered[row["name"], row["stack"]] = row["filename"].rpartition("-v")[2].removesuffix(".zip")
    droplets = {row["relationships"]["app"]["data"]["guid"]: row for row in every(fresh, "droplets")}
    processes = ask(fresh, "/v3/processes?embed=process_instances").resources
    instances = {row["guid"]: row for row in processes}
    for app in every(fresh, "apps"):
        droplet, process = droplets[app["guid"]], instances[app["guid"]]
        assert app["state"] == "STARTED"
        assert app["lifecycle"]["type"] == "buildpack"
        assert age(now, droplet["created_at"]) < 10
        assert "package" in droplet["links"]
        assert droplet["stack"] == "cflinuxfs4"
        for item in droplet["buildpacks"]:
            assert item["version"] == offered[item["name"], droplet["stack"]]
        assert len(process["process_instances"]) == process["instances"] == 2
        for one in process["process_instances"]:
            assert one["state"] == "RUNNING"
            assert one["since"] / 86400 < age(now, droplet["created_at"])
    assert {row["state"] for row in every(fresh, "builds")} == {"STAGED"}
    assert every(fresh, "deployments") == []


def test_a_crowd_can_be_of_any_size(now):
    """Count, seconds, spaces and droplets are chosen by the test."""
    world = crowded_world(now, 30, seconds=3, spaces=5, droplets=False)
    assert len(world.apps) == 30
    assert len({app.created_at for app in world.apps}) == 3
    assert len({app.space_guid for app in world.apps}) == 5
    assert world.rows("droplets") == []


def test_time_passes(fresh):
    """Waiting makes everything older; a restage makes one app young again and restarts it."""
    fresh.world.wait(timedelta(days=30))
    app = fresh.world.named("payments-api")
    droplet = restage(fresh.world, "payments-api", used("python_buildpack", "1.8.44"))
    current = ask(fresh, f"/v3/apps/{app.guid}/droplets/current").json
    assert current["guid"] == droplet.guid != app.droplet_guid
    assert current["buildpacks"][0]["version"] == "1.8.44"
    assert age(fresh.world.now, current["created_at"]) < 0.001
    stats = ask(fresh, f"/v3/processes/{app.guid}/stats").json["resources"]
    assert [one["uptime"] for one in stats] == [32, 32]
    events = ask(fresh, f"/v3/audit_events?target_guids={app.guid}&order_by=created_at").resources
    kinds = [event["type"].removeprefix("audit.app.") for event in events[-4:]]
    assert kinds == ["build.create", "droplet.create", "build.staged", "droplet.mapped"]


def test_a_restage_may_leave_the_instances_alone(fresh):
    """Without a restart the droplet is new and the instances are old; the buildpacks stay as they were."""
    restage(fresh.world, "payments-api", restart=False)
    app = fresh.world.named("payments-api")
    stats = ask(fresh, f"/v3/processes/{app.guid}/stats").json["resources"]
    assert stats[0]["uptime"] > 86400
    current = ask(fresh, f"/v3/apps/{app.guid}/droplets/current").json
    assert current["buildpacks"][0]["version"] == "1.8.43"


def test_a_buildpack_is_uploaded(fresh):
    """A new version changes the file name and the time, and is an event."""
    upload(fresh.world, "python_buildpack", "python_buildpack-cached-cflinuxfs4-v1.8.44.zip")
    row = ask(fresh, "/v3/buildpacks?names=python_buildpack&stacks=cflinuxfs4").resources[0]
    assert row["filename"].endswith("v1.8.44.zip")
    assert age(fresh.world.now, row["updated_at"]) < 0.001
    events = ask(fresh, f"/v3/audit_events?types=audit.buildpack.upload&target_guids={row['guid']}").resources
    assert len(events) == 2
    with pytest.raises(LookupError):
        upload(fresh.world, "cobol_buildpack", "v1.zip")


def test_a_world_needs_an_aware_time(now):
    """A naive time is refused, for nobody knows what it means; fractions of a second are dropped."""
    with pytest.raises(ValueError, match="aware"):
        World(datetime(2026, 11, 24))  # noqa: DTZ001 - that is the point
    assert World(now.replace(microsecond=5)).now == now
    assert now.tzinfo is UTC


def test_a_missing_app_is_a_lookup_error(now):
    """Asking a world for a name that no app has is an error, not None."""
    with pytest.raises(LookupError):
        healthy_world(now).named("nobody")


def test_a_foundation_can_be_described(demo):
    """A foundation says under which names its identities ask for tokens."""
    assert isinstance(demo, Foundation)
    assert set(demo.credentials) == {
        "global-auditor",
        "global-auditor-user",
        "space-auditor",
        "space-developer",
        "service-account",
        "org-auditor",
        "org-manager",
        "org-user",
        "no-scope",
        "expired-password",
    }
