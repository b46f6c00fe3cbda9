"""Checks on what takes effect, what is set and what is declared."""

from datetime import date

import pytest

from collector.assessment import Baseline, Declared
from collector.model import Build, Event, Instance, Stack
from tests.assessment.builders import (
    FS4,
    HOUR,
    PROD,
    SECOND,
    STAGING,
    TOPICS,
    ago,
    app,
    change,
    droplet,
    facts,
    judged,
    pack,
)

BASELINE = Baseline(
    declared=date(2026, 10, 1), buildpacks=("python_buildpack",), stacks=("cflinuxfs4",), images=("registry/ok:*",)
)


def instance(since, state="RUNNING", index=0) -> Instance:
    """One instance of the app a1."""
    return Instance(app="a1", process="a1", index=index, state=state, since=since)


def mapped(at, guid="d-a1") -> Event:
    """The droplet of the app a1 was set."""
    return Event(type="audit.app.droplet.mapped", created_at=at, target="a1", data={"request": {"droplet_guid": guid}})


@pytest.mark.parametrize(
    ("changes", "status"), [({"buildpacks": None, "image": "registry/x"}, "unknown"), ({}, "not-applicable")]
)
def test_image_without_an_attested_scan_is_unknown(changes, status) -> None:
    """A restage does not patch an image, and no scan is attested."""
    assert status == judged("image-remediated", facts([app()], [droplet(**changes)])).status


def test_image_app_whose_droplet_was_not_read_is_still_an_image() -> None:
    """The app's own lifecycle tells it."""
    known = facts([app(lifecycle="docker")], read=TOPICS - {"droplets"})
    assert judged("image-remediated", known).status == "unknown"


@pytest.mark.parametrize(
    ("since", "events", "status"),
    [
        (ago(9), [mapped(ago(10) + HOUR)], "pass"),
        (ago(11), [mapped(ago(10) + HOUR)], "fail"),
        (ago(10) + 60 * SECOND, [mapped(ago(10) + HOUR)], "fail"),
        (ago(9), [], "unknown"),
        (ago(11), [], "fail"),
        (ago(9), [mapped(ago(10)), mapped(ago(8))], "fail"),
        (ago(9), [mapped(ago(20), "d-other")], "unknown"),
    ],
)
def test_instances_start_after_the_droplet_was_set(since, events, status) -> None:
    """An instance from before the droplet was set runs something else."""
    known = facts([app()], [droplet()], events=events, instances={"a1": (instance(since),)})
    assert status == judged("restage-in-effect", known).status


def test_no_event_of_the_droplet_proves_nothing() -> None:
    """That no setting of the droplet was seen does not show that there was none: the event may be missing."""
    old = droplet(created_at=ago(60))
    known = facts([app()], [old], events=[mapped(ago(30), "d-x")], instances={"a1": (instance(ago(5)),)})
    assert judged("restage-in-effect", known).status == "unknown"


def test_instances_without_events_are_unread() -> None:
    """When the droplet was set stands in the events."""
    known = facts([app()], [droplet()], instances={"a1": (instance(ago(5)),)}, read=TOPICS - {"events"})
    verdict = judged("restage-in-effect", known)
    assert (verdict.status, verdict.unread) == ("unknown", True)


@pytest.mark.parametrize(
    ("rows", "status"), [((), "not-applicable"), ((instance(ago(99), "CRASHED"),), "not-applicable")]
)
def test_app_without_running_instance(rows, status) -> None:
    """What does not run has nothing to take effect in."""
    assert status == judged("restage-in-effect", facts([app()], [droplet()], instances={"a1": rows})).status


def test_unread_instances_are_unknown() -> None:
    """Start times that were not read are unknown."""
    assert judged("restage-in-effect", facts([app()], [droplet()], read=TOPICS - {"instances"})).unread


@pytest.mark.parametrize(
    ("state", "at", "status"),
    [("FAILED", ago(9), "fail"), ("FAILED", ago(11), "pass"), ("STAGED", ago(9), "pass"), ("FAILED", ago(10), "pass")],
)
def test_failed_build_after_the_droplet(state, at, status) -> None:
    """Only a failed staging that is newer than the droplet says that a restage failed."""
    build = Build(guid="b", app="a1", state=state, created_at=at, error="no disk", document="sha256:builds")
    verdict = judged("last-restage-succeeded", facts([app()], [droplet()], builds={"a1": (build,)}))
    assert status == verdict.status


def test_failed_build_is_quoted() -> None:
    """The platform's own reason is shown, and its document cited."""
    build = Build(guid="b", app="a1", state="FAILED", created_at=ago(1), error="no disk", document="sha256:builds")
    verdict = judged("last-restage-succeeded", facts([app()], [droplet()], builds={"a1": (build,)}))
    assert verdict.detail == "staging failed at 2026-11-19 12:00 UTC: no disk"
    assert verdict.next_step == "mend the staging that failed at 2026-11-19 12:00 UTC, then push again"
    assert verdict.evidence == ("sha256:builds",)


@pytest.mark.parametrize(
    ("buildpacks", "status"),
    [
        (("python_buildpack",), "pass"),
        ((), "pass"),
        (("https://github.com/x/y-buildpack#v1.2.3",), "fail"),
        (("https://github.com/x/y-buildpack#0a1b2c3d",), "fail"),
        (("https://github.com/x/y-buildpack#main",), "pass"),
        (("https://github.com/x/y-buildpack",), "pass"),
        (("docker://gcr.io/paketo/nodejs:1.2.3",), "fail"),
        (("docker://gcr.io/paketo/nodejs@sha256:00ff",), "fail"),
        (("docker://gcr.io/paketo/nodejs",), "pass"),
        (("docker://registry:5000/paketo/nodejs",), "pass"),
    ],
)
def test_pin_of_a_buildpack(buildpacks, status) -> None:
    """A version, a commit or a digest is a pin; a branch is none."""
    assert status == judged("buildpack-pinned", facts([app(buildpacks=buildpacks)], [droplet()])).status


@pytest.mark.parametrize(
    ("state", "status", "minor"),
    [
        ("ACTIVE", "pass", False),
        ("DISABLED", "fail", False),
        ("DEPRECATED", "fail", True),
        ("RESTRICTED", "fail", True),
        ("NEW-WORD", "unknown", False),
        (None, "unknown", False),
    ],
)
def test_state_of_the_stack(state, status, minor) -> None:
    """A disabled stack counts, a deprecated or restricted one only informs."""
    known = facts([app()], [droplet()], stacks={"cflinuxfs4": change(FS4, state=state)})
    verdict = judged("stack-supported", known)
    assert (status, minor) == (verdict.status, verdict.minor)


def test_reason_of_the_stack_is_quoted() -> None:
    """The platform says why a stack is no longer supported."""
    stack = Stack(name="cflinuxfs4", state="DEPRECATED", state_reason="end of life")
    verdict = judged("stack-supported", facts([app()], [droplet()], stacks={"cflinuxfs4": stack}))
    assert verdict.detail == "cflinuxfs4 is deprecated: end of life"


@pytest.mark.parametrize(
    "known",
    [
        facts([app()], [droplet(stack=None)]),
        facts([app()], [droplet(stack="gone")]),
        facts([app()], [droplet()], read=TOPICS - {"stacks"}),
    ],
)
def test_stack_that_is_not_known(known) -> None:
    """No stack, an unlisted one, or unread ones are unknown."""
    assert judged("stack-supported", known).status == "unknown"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "pass"),
        ({"buildpacks": (pack("go_buildpack"),)}, "fail"),
        ({"stack": "cflinuxfs3"}, "fail"),
        ({"buildpacks": (), "stack": None, "package": None}, "unknown"),
        ({"buildpacks": ()}, "unknown"),
        ({"buildpacks": None, "image": "registry/ok:1"}, "pass"),
        ({"buildpacks": None, "image": "registry/other:1"}, "fail"),
        ({"buildpacks": None, "image": None}, "unknown"),
    ],
)
def test_what_runs_is_in_the_baseline(changes, status) -> None:
    """Every buildpack, the stack and an image must be named."""
    known = facts([app()], [droplet(**changes)])
    assert status == judged("buildpack-approved", known, Declared(baseline=BASELINE)).status


def test_what_the_baseline_lacks_is_named() -> None:
    """A person reads what is strange, and against which baseline."""
    known = facts([app()], [droplet(buildpacks=(pack("go_buildpack"),), stack="cflinuxfs3")])
    verdict = judged("buildpack-approved", known, Declared(baseline=BASELINE))
    assert verdict.detail == "not in the baseline of 2026-10-01: buildpack go_buildpack, stack cflinuxfs3"


@pytest.mark.parametrize("baseline", [None, change(BASELINE, declared=date(2026, 11, 21))])
def test_without_a_baseline_nothing_is_approved_or_not(baseline) -> None:
    """Whatever the platform offers is no baseline, and tomorrow's is not today's."""
    known = facts([app()], [droplet()])
    assert judged("buildpack-approved", known, Declared(baseline=baseline)).status == "not-applicable"


@pytest.mark.parametrize(
    ("wanted", "changes", "status"),
    [
        ({"buildpacks": ("python_buildpack",)}, {}, "pass"),
        ({"buildpacks": ("go_buildpack",)}, {}, "fail"),
        ({"buildpacks": ("python_buildpack",), "stack": "cflinuxfs5"}, {}, "fail"),
        ({"buildpacks": ("a", "b")}, {"buildpacks": (pack("b"), pack("a"))}, "fail"),
        ({"buildpacks": ("https://x/y",)}, {"buildpacks": ()}, "unknown"),
        ({"buildpacks": ()}, {}, "not-applicable"),
        ({"buildpacks": ("x",)}, {"buildpacks": None}, "not-applicable"),
    ],
)
def test_settings_are_what_was_built_with(wanted, changes, status) -> None:
    """Declared buildpacks, their order and the stack are compared; autodetection declares nothing."""
    assert status == judged("settings-in-effect", facts([app(**wanted)], [droplet(**changes)])).status


@pytest.mark.parametrize(
    ("declared", "space", "own", "status"),
    [
        ("disabled", False, None, "pass"),
        ("disabled", True, False, "pass"),
        ("disabled", True, True, "fail"),
        ("disabled", True, None, "unknown"),
        ("disabled", None, True, "unknown"),
        ("enabled", True, True, "pass"),
        ("enabled", False, True, "fail"),
        ("", True, True, "not-applicable"),
    ],
)
def test_ssh_is_as_declared(declared, space, own, status) -> None:
    """SSH works only where both the space and the app allow it."""
    known = facts([app(ssh=own)], [droplet()], spaces={"s-prod": change(PROD, ssh=space)})
    assert status == judged("ssh-as-declared", known, Declared(baseline=change(BASELINE, ssh=declared))).status


def test_unread_ssh_is_unknown() -> None:
    """A setting that was not read is unknown."""
    known = facts([app()], [droplet()], read=TOPICS - {"ssh"})
    assert judged("ssh-as-declared", known, Declared(baseline=change(BASELINE, ssh="disabled"))).unread


@pytest.mark.parametrize(("staged", "status"), [(12, "pass"), (9, "unknown"), (None, "unknown")])
def test_staged_outside_production_before(staged, status) -> None:
    """The same version in another space of the org, earlier, shows it; nothing shows that it was not."""
    declared = Declared(environments={"production": ("*/prod",)})
    others = [] if staged is None else [droplet("a2", created_at=ago(staged))]
    known = facts([app(), app("a2", space_guid="s-staging")], [droplet(), *others])
    assert status == judged("staged-before-production", known, declared).status


def test_staging_event_shows_an_earlier_staging() -> None:
    """A droplet that was replaced left its event."""
    declared = Declared(environments={"production": ("*/prod",)})
    event = Event(
        type="audit.app.build.staged",
        created_at=ago(12),
        target="a2",
        data={"buildpacks": [{"name": "python_buildpack", "version": "1.8.43"}]},
    )
    known = facts([app(), app("a2", space_guid="s-staging")], [droplet()], events=[event])
    assert judged("staged-before-production", known, declared).status == "pass"


def test_other_orgs_do_not_count_as_a_rehearsal() -> None:
    """A space of another org is no environment of this app."""
    declared = Declared(environments={"production": ("*/prod",)})
    spaces = {"s-prod": PROD, "s-staging": change(STAGING, org="agency-b")}
    known = facts(
        [app(), app("a2", space_guid="s-staging")], [droplet(), droplet("a2", created_at=ago(12))], spaces=spaces
    )
    assert judged("staged-before-production", known, declared).status == "unknown"
