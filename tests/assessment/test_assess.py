"""The whole answer: objectives, coverage, exit codes, tables and sentences."""

from datetime import date, timedelta

import pytest

from collector.assessment import Baseline, Declared, Patterns, WindowOverride, explain, load, needs
from collector.model import Gap, Instance, System
from collector.resources import CONTROLS
from tests.assessment.builders import (
    CATALOG,
    DAY,
    FS4,
    NOW,
    PROD,
    PYTHON,
    STAGING,
    TOPICS,
    ago,
    app,
    assessed,
    change,
    droplet,
    facts,
    pack,
    snapshot,
    statuses,
)

GOOD = facts([app()], [droplet()])
OUTSIDE = facts([app()], [droplet(created_at=ago(20))])
BEHIND = change(
    facts([app()], [droplet(created_at=ago(25), buildpacks=(pack(version="1.8.40"),))]),
    buildpacks=(change(PYTHON, updated_at=ago(20)),),
)
LONG_BEHIND = change(
    facts([app()], [droplet(created_at=ago(60), buildpacks=(pack(version="1.8.40"),))]),
    buildpacks=(change(PYTHON, updated_at=ago(31)),),
)
MAYBE_LONG_BEHIND = change(LONG_BEHIND, buildpacks=(change(PYTHON, updated_at=ago(20)),))
IMAGE = facts([app()], [droplet(buildpacks=None, lifecycle="docker")])
BOUNDARY = Declared(boundary_spaces=("agency-a/prod", "agency-a/staging"))
BINDING = load(CONTROLS, {"restage": WindowOverride(binding=True, authority="SSP")})


def objective(answer, name="si-2_obj.c-1"):
    """One finding."""
    return next(row for control in answer.controls for row in control.objectives if row.id == name)


def unread(topic, known=GOOD):
    """The same facts, with one topic refused."""
    gap = Gap(what=topic, reason="403 CF-NotAuthorized", http_status=403)
    return change(known, read=TOPICS - {topic}, gaps=(gap,))


@pytest.mark.parametrize(
    ("known", "verdict", "code"),
    [
        (GOOD, "satisfied", 0),
        (OUTSIDE, "satisfied", 1),
        (BEHIND, "satisfied", 1),
        (LONG_BEHIND, "not-satisfied", 1),
        (MAYBE_LONG_BEHIND, "not-assessed", 1),
        (IMAGE, "not-assessed", 1),
        (change(GOOD, stacks={"cflinuxfs4": change(FS4, state="DEPRECATED")}), "satisfied", 0),
        (change(GOOD, stacks={"cflinuxfs4": change(FS4, state="DISABLED")}), "not-satisfied", 1),
        (facts([app(state="STOPPED")], [droplet()]), "not-tested", 0),
        (facts(), "not-assessed", 3),
        (unread("buildpacks"), "not-assessed", 3),
        (unread("droplets"), "not-assessed", 3),
        (unread("apps"), "not-assessed", 3),
        (unread("stacks"), "not-assessed", 3),
        (unread("instances"), "satisfied", 0),
        (unread("builds"), "satisfied", 0),
        (unread("events"), "satisfied", 0),
        (unread("buildpacks", LONG_BEHIND), "not-assessed", 3),
        (unread("apps", LONG_BEHIND), "not-satisfied", 3),
    ],
    ids=[
        "inside",
        "restaged too long ago",
        "behind for three weeks",
        "behind for a month",
        "behind for between three weeks and two months",
        "an image",
        "a deprecated stack",
        "a disabled stack",
        "stopped",
        "no app",
        "buildpacks unread",
        "droplets unread",
        "apps unread",
        "stacks unread",
        "instances unread",
        "builds unread",
        "events unread",
        "behind, buildpacks unread",
        "behind, apps unread",
    ],
)
def test_verdict_on_the_deciding_objective_and_exit_code(known, verdict, code) -> None:
    """Flags make exit code 1, what decides makes the verdict, and what was not read makes 3."""
    answer = assessed(known, "SI-2")
    assert (verdict, code) == (objective(answer).status, answer.exit_code)
    assert (code != 3) == answer.coverage.complete


def test_detecting_check_fails_the_objective() -> None:
    """An instance from before the droplet was set shows that the update is not in effect."""
    row = Instance(app="a1", process="a1", index=0, state="RUNNING", since=ago(30))
    answer = assessed(change(GOOD, instances={"a1": (row,)}), "SI-2")
    assert (objective(answer).status, answer.exit_code) == ("not-satisfied", 1)


def test_detecting_check_that_is_unknown_is_a_remark() -> None:
    """What was not read of a detecting check is said, and does not count."""
    answer = assessed(unread("instances"), "SI-2")
    assert objective(answer).reason == (
        "buildpack-current: 1 of 1 inside; stack-supported: 1 of 1 inside; "
        "restage-in-effect: 1 of 1 subject could not be judged (remark); "
        "host-refreshed: 1 of 1 subject could not be judged (remark); "
        "the platform's part is inherited from cloud.gov P-ATO, not observed here"
    )


def test_binding_flag_window_decides() -> None:
    """A system whose own parameter is two weeks is not satisfied after three."""
    answer = assessed(OUTSIDE, "SI-2", catalog=BINDING)
    assert (objective(answer).status, objective(answer).checks[0]) == ("not-satisfied", "app-restage-age")


def test_check_used_twice_is_counted_twice() -> None:
    """Behind for 20 days: flagged by two weeks, inside thirty days."""
    counts = [row for row in assessed(BEHIND, "SI-2").controls[0].checks if row.id == "buildpack-current"]
    assert [(row.role, row.window, row.passed, row.fail) for row in counts] == [
        ("flags", "restage", 0, 1),
        ("decides", "flaw-remediation", 1, 0),
    ]


def test_control_speaks_only_for_its_tested_objectives() -> None:
    """The sentence never says more than was tested."""
    control = assessed(GOOD, "SI-2").controls[0]
    assert control.sentence == "SI-2: 1 of 10 objectives tested; tested part satisfied"
    assert control.parts == {"customer": "satisfied", "provider": "inherited"}


def test_objectives_that_are_not_tested_say_so() -> None:
    """Inherited from whom, or for a person."""
    answer = assessed(GOOD, "SI-2")
    assert (
        objective(answer, "si-2_obj.c-2").status,
        objective(answer, "si-2_obj.c-2").reason,
    ) == ("inherited", "inherited from cloud.gov P-ATO, not observed here")
    assert objective(answer, "si-2_obj.a-1").status == "not-tested"


def test_other_scope_answers_for_no_customer_part() -> None:
    """A provider's report does not test the customer's applications."""
    answer = assessed(LONG_BEHIND, "SI-2", system=System(scope="provider"))
    assert (answer.controls[0].status, answer.exit_code) == ("not-assessed", 3)
    assert {row.check for row in answer.observations} == {"rootfs-current"}


def test_no_baseline_is_not_tested() -> None:
    """What was never declared is neither satisfied nor not."""
    assert assessed(GOOD, "CM-2").controls[0].sentence == "CM-2: 0 of 5 objectives tested"


def test_declared_baseline_is_tested() -> None:
    """A declared baseline makes CM-2 a-2 testable."""
    baseline = Baseline(declared=date(2026, 10, 1), buildpacks=("python_buildpack",), stacks=("cflinuxfs4",))
    answer = assessed(GOOD, "CM-2", declared=Declared(baseline=baseline))
    assert answer.controls[0].sentence == "CM-2: 1 of 5 objectives tested; tested part satisfied"


@pytest.mark.parametrize(
    ("taken_at", "status", "verdict"),
    [(ago(31), "pass", "satisfied"), (ago(31.5), "fail", "not-satisfied"), (NOW + DAY, "unknown", "not-assessed")],
)
def test_age_of_the_snapshot(taken_at, status, verdict) -> None:
    """The newest snapshot may be 31 days old; one taken later does not show the state of before."""
    answer = assessed(
        change(GOOD, taken_at=taken_at), "CM-2(2)", snapshot=snapshot(taken_at=taken_at, finished_at=taken_at)
    )
    (seen,) = (row.status for row in answer.observations if row.check == "inventory-current")
    assert (status, verdict) == (seen, objective(answer, "cm-2.2_obj-1").status)


def test_complete_boundary() -> None:
    """Every declared space is visible and every page was read."""
    answer = assessed(GOOD, "CM-2(2)", declared=BOUNDARY)
    assert (
        objective(answer, "cm-2.2_obj-2").status,
        answer.coverage.boundary_declared,
        answer.scope_note,
    ) == ("satisfied", True, "")


@pytest.mark.parametrize("control", ["CM-2(2)", "SI-2", "SI-2(2)"])
def test_declared_space_that_is_not_visible_is_incomplete(control) -> None:
    """What cannot be seen cannot be shown to be inside, whatever is asked."""
    known = change(GOOD, spaces={"s-prod": PROD})
    answer = assessed(known, control, declared=BOUNDARY)
    assert (
        answer.exit_code,
        answer.coverage.missing_spaces,
        answer.coverage.complete,
    ) == (3, ("agency-a/staging",), False)
    assert "satisfied" not in {row.status for row in answer.controls}
    assert "agency-a/staging" in answer.answer


@pytest.mark.parametrize(("listed", "counted", "code"), [(1, 1, 0), (1, 2, 3), (1, None, 3), (2, 1, 0)])
def test_counts_reconcile(listed, counted, code) -> None:
    """More apps counted than listed means that the walk missed some."""
    known = change(GOOD, apps_listed=listed, apps_counted=counted)
    assert code == assessed(known, "CM-2(2)", declared=BOUNDARY).exit_code


def test_without_a_boundary_the_spaces_seen_are_named() -> None:
    """Completeness is not tested, and the first line says what was seen."""
    answer = assessed(GOOD, "CM-2(2)")
    assert objective(answer, "cm-2.2_obj-2").status == "not-tested"
    assert answer.scope_note == "no boundary declared; spaces seen: agency-a/prod, agency-a/staging"


@pytest.mark.parametrize(
    ("known", "verdict"),
    [(GOOD, "satisfied"), (LONG_BEHIND, "satisfied"), (IMAGE, "not-assessed"), (facts(), "not-assessed")],
)
def test_status_is_determined_whatever_it_is(known, verdict) -> None:
    """SI-2(2) asks whether the status is known, not whether it is good."""
    assert verdict == objective(assessed(known, "SI-2(2)"), "si-2.2_obj").status


def test_benchmarks_are_set_by_the_shipped_policy() -> None:
    """Each benchmark has a limit and an authority, and the policy is cited."""
    answer = assessed(GOOD, "SI-2(3)")
    assert objective(answer, "si-2.3_obj.b").status == "satisfied"
    assert (f"sha256:{CATALOG.digests['policy.toml']}",) == answer.observations[0].evidence


def test_one_observation_per_check_and_subject() -> None:
    """Not-applicable included, in a stable order."""
    answer = assessed(facts([app("b"), app("a", state="STOPPED")], [droplet("a"), droplet("b")]))
    keys = [(row.check, row.subject.label) for row in answer.observations]
    assert len(set(keys)) == len(keys)
    assert [label for check, label in keys if check == "app-restage-age"] == [
        "agency-a/prod/app-a",
        "agency-a/prod/app-b",
    ]
    assert statuses(answer)["app-restage-age", "a"] == "not-applicable"


def test_coverage_counts_apps_by_their_age() -> None:
    """Visible are the assessed, the unknown and those to which it does not apply."""
    known = facts([app("a"), app("b", droplet=None), app("c", state="STOPPED")], [droplet("a")])
    apps = assessed(known, "CM-6").coverage.apps
    assert (apps.visible, apps.assessed, apps.unknown, apps.not_applicable) == (3, 1, 1, 1)


def test_gaps_stand_with_their_source() -> None:
    """What only reading found is a gap of Cloud Controller, too."""
    known = unread("events")
    answer = assessed(known, "SI-2", snapshot=snapshot())
    assert (
        answer.coverage.sources[0].status,
        tuple(gap.what for gap in answer.coverage.sources[0].gaps),
    ) == ("partial", ("events",))


def test_answer_has_numbers() -> None:
    """One sentence that a person can repeat."""
    known = facts(
        [app("a"), app("b"), app("c", droplet=None)],
        [droplet("a"), droplet("b", created_at=ago(20), buildpacks=(pack(version="1.8.40"),))],
        buildpacks=(change(PYTHON, updated_at=ago(18)),),
    )
    assert assessed(known, "SI-2").answer == (
        "1 of 2 applications is outside the 14-day restage window, 1 could not be judged; "
        "1 runs a buildpack that has been behind for longer (1 not known)"
    )


@pytest.mark.parametrize(
    ("known", "control", "words"),
    [
        (GOOD, "SI-2", "none of 1 application is outside the 14-day restage window; none runs a buildpack that"),
        (facts(), "SI-2", "incomplete evidence (no application is visible)"),
        (unread("buildpacks"), "SI-2", "incomplete evidence (buildpacks not wholly read: 403 CF-NotAuthorized); "),
        (GOOD, "CM-6", "CM-6: 0 of 6 objectives tested"),
        (IMAGE, "SI-2", "none of 1 application could be held against the 14-day restage window; "),
    ],
)
def test_answer_says_what_is_missing_first(known, control, words) -> None:
    """Incompleteness comes before findings."""
    assert assessed(known, control).answer.startswith(words)


def test_applications_are_listed_worst_first() -> None:
    """By verdict, then by how far outside."""
    known = facts(
        [app("a"), app("b"), app("c"), app("d", droplet=None), app("e", state="STOPPED")],
        [droplet("a"), droplet("b", created_at=ago(20)), droplet("c", created_at=ago(30))],
    )
    lines = assessed(known, "SI-2").applications
    assert [(line.subject.guid, line.status) for line in lines] == [
        ("c", "fail"),
        ("b", "fail"),
        ("d", "unknown"),
        ("a", "pass"),
        ("e", "not-applicable"),
    ]


def test_line_of_an_application() -> None:
    """What the reports show of one application."""
    known = change(BEHIND, apps=(app(annotations={"owner": "team-x"}),))
    line = assessed(known, "SI-2", declared=Declared(environments={"production": ("*/prod",)})).applications[0]
    assert (
        line.owner,
        line.buildpack,
        line.has,
        line.latest,
        line.stack,
        line.kind,
        line.environment,
    ) == ("team-x", "python_buildpack", "1.8.40", "1.8.43", "cflinuxfs4", "buildpack", "production")
    assert (line.flags, line.age_hours, line.over_hours) == (("app-restage-age", "buildpack-current"), 600.0, 264.0)


def test_actions_begin_outside_production() -> None:
    """Each flagged app has one action with its command and versions; production comes last."""
    old = {"created_at": ago(20), "buildpacks": (pack(version="1.8.40"),)}
    known = facts([app("a"), app("b", space_guid="s-staging")], [droplet("a", **old), droplet("b", **old)])
    actions = assessed(known, "SI-2", declared=Declared(environments={"production": ("*/prod",)})).actions
    assert [(row.space, row.production) for row in actions] == [("staging", False), ("prod", True)]
    assert (
        actions[0].command,
        actions[0].before,
        actions[0].after,
    ) == ("cf target -o agency-a -s staging; cf restage --strategy rolling app-b", "1.8.40", "1.8.43")


def test_action_without_a_command_says_why() -> None:
    """An image is built again."""
    action = assessed(IMAGE, "SI-2").actions[0]
    assert (action.command, "build the image again" in action.what) == ("", True)


@pytest.mark.parametrize(
    ("patterns", "guids"),
    [
        (Patterns(space=("staging",)), {"b"}),
        (Patterns(space=("agency-a/prod",)), {"a"}),
        (Patterns(app=("app-[ab]",)), {"a", "b"}),
        (Patterns(org=("AGENCY-*",)), set()),
    ],
)
def test_patterns_narrow_the_question(patterns, guids) -> None:
    """Only what matches is judged, case-sensitive, and the answer says so."""
    known = facts([app("a"), app("b", space_guid="s-staging")], [droplet("a"), droplet("b")])
    answer = assessed(known, "SI-2", patterns=patterns)
    assert guids == {row.subject.guid for row in answer.observations}
    assert "only what matches --" in answer.scope_note


def test_staging_during_the_snapshot_is_no_clock_skew() -> None:
    """A long snapshot sees droplets that are younger than its beginning."""
    late = facts([app()], [droplet(created_at=NOW + timedelta(minutes=30))])
    answer = assessed(late, "SI-2", snapshot=snapshot(finished_at=NOW + timedelta(hours=1)))
    assert statuses(answer)["app-restage-age", "a1"] == "pass"


def test_the_same_facts_give_the_same_answer() -> None:
    """Nothing but the arguments enters."""
    assert assessed(BEHIND) == assessed(BEHIND)


def test_needs_follow_the_controls_and_the_settings() -> None:
    """Only what is asked is read."""
    baseline = Baseline(declared=date(2026, 10, 1), ssh="disabled")
    assert {"apps", "spaces", "droplets"} == needs(["CM-2"], CATALOG, Declared(), "provider")
    assert "instances" not in needs(["SI-2(3)"], CATALOG, Declared())
    assert "ssh" not in needs(["CM-6"], CATALOG, Declared())
    assert "ssh" in needs(["CM-6"], CATALOG, Declared(baseline=baseline))
    assert TOPICS - {"ssh"} == needs(["SI-2"], CATALOG, Declared())
    assert needs(None, CATALOG, Declared(baseline=baseline)) == TOPICS


def test_explanation_names_objectives_checks_and_windows() -> None:
    """What `collect explain` prints."""
    text = "\n".join(explain(CATALOG.controls["SI-2"], CATALOG))
    for words in (
        "si-2_obj.c-1 (customer): Security-relevant software updates",
        "tested by: buildpack-current (decides)",
        "buildpack-current decides si-2_obj.c-1",
        "Versions are compared, not times.",
        "window flaw-remediation: 30 days; the system's si-02_odp",
        "si-02_odp: time within which security-relevant updates are installed: 30 days",
        "reads: apps, buildpacks, droplets; consults: builds, events, tasks",
    ):
        assert words in text


def test_control_without_checks_is_explained() -> None:
    """A person tests what this tool does not."""
    assert "tested by: a person" in "\n".join(explain(CATALOG.controls["CM-6(1)"], CATALOG))


def test_same_name_twice_keeps_a_stable_order() -> None:
    """The guid breaks ties."""
    known = facts([app("b", name="x"), app("a", name="x")], [droplet("a"), droplet("b")])
    assert [row.subject.guid for row in assessed(known, "SI-2").applications] == ["a", "b"]


def test_app_in_a_space_that_was_not_read_is_still_judged() -> None:
    """Nothing that was seen is left out."""
    known = facts([app(space_guid="s-gone")], [droplet()], spaces={"s-staging": STAGING})
    assert statuses(assessed(known, "SI-2"))["app-restage-age", "a1"] == "pass"
