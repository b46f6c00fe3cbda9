"""Checks on stemcells in deployments, to the second."""

import pytest

from collector.assessment import WindowOverride, load
from collector.model import Interval, Month, Period
from collector.resources import CONTROLS
from tests.assessment.builders import DAY, HOUR, NOW, SECOND, ago, change
from tests.assessment.platform_builders import (
    CF,
    CF_STAGING,
    JAMMY,
    Run,
    director,
    observed,
    platform,
    provided,
    release,
    vm,
)

OLD = Run(ago(60) - HOUR, ago(60), "1.100")
INDEX = (release("1.100", ago(70)), release("1.101", ago(10)))


def world(*runs, releases=INDEX, staging=None, vms=(), **changes):
    """Production after some runs, and staging after its own where there is one."""
    own = [director(runs, vms=vms)]
    if staging is not None:
        own.append(director(staging, "staging", CF_STAGING))
    return platform(own, releases=releases, **changes)


@pytest.mark.parametrize(
    ("ended", "status", "over"), [(ago(8), "pass", None), (ago(8) + SECOND, "fail", 0.0003), (None, "fail", 192.0)]
)
def test_stemcell_is_deployed_up_to_the_limit(ended, status, over) -> None:
    """48 hours from its release to production are inside; what is not deployed counts to the instant."""
    runs = [OLD] if ended is None else [OLD, Run(ended - HOUR, ended, "1.101")]
    seen = observed(provided(world(*runs)), "stemcell-deployment-latency", "ubuntu-jammy/1.101")
    assert (seen.status, seen.over_hours, seen.subject.deployment) == (status, over, CF)
    at = Interval(not_before=ago(10), not_after=ago(10), source="index published", evidence=("sha256:index-1.101",))
    assert seen.measured.stages["released"] == at


@pytest.mark.parametrize(
    ("begin", "status"), [(ago(5), "fail"), (ago(5) + SECOND, "not-applicable")], ids=["in it", "before it"]
)
def test_over_a_period_what_was_live_before_it_is_not_judged_again(begin, status) -> None:
    """It was late in the month in which it went live."""
    late = world(OLD, Run(ago(5) - HOUR, ago(5), "1.101"))
    month = Month(period=Period(name="2026-11", begin=begin, end=NOW))
    seen = observed(provided(late, month=month), "stemcell-deployment-latency", "ubuntu-jammy/1.101")
    assert seen.status == status


@pytest.mark.parametrize(
    ("published", "status"), [(ago(4), "pass"), (ago(4) - SECOND, "fail"), (NOW + SECOND, "pass"), (None, "unknown")]
)
def test_production_may_lag_behind_the_first_newer_stemcell_for_four_days(published, status) -> None:
    """Counted from its release, the limit included; later releases do not count."""
    newer = change(release("1.102", ago(1)), published=published)
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), releases=(*INDEX, newer))
    assert observed(provided(below), "stemcell-current", "ubuntu-jammy/1.101").status == status


def test_first_newer_stemcell_counts_and_not_the_newest() -> None:
    """A younger one does not excuse that an older one was passed over."""
    below = world(OLD, releases=(*INDEX, release("1.1002", ago(1))))
    seen = observed(provided(below), "stemcell-current", "ubuntu-jammy/1.100")
    assert (seen.over_hours, seen.next_step) == (144.0, "deploy ubuntu-jammy 1.1002 to production")


def test_index_that_was_not_read_leaves_it_unknown() -> None:
    """Which stemcell is the newest is not known then."""
    below = world(OLD)
    answer = provided(change(below, read=below.read - {"stemcell-index"}))
    assert (observed(answer, "stemcell-current").status, answer.exit_code) == ("unknown", 3)


def test_unseen_line_is_unknown() -> None:
    """The index does not speak of it."""
    assert observed(provided(world(OLD, releases=())), "stemcell-current").status == "unknown"


def uniform(*machines, as_of=NOW, **changes):
    """The verdict on the machines of production."""
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), vms=machines)
    below = change(below, directors=(change(below.directors[0], **changes),))
    return observed(provided(below, "CM-2", as_of=as_of), "stemcell-uniform")


def test_machines_on_one_stemcell_are_uniform() -> None:
    """All of them as observed."""
    assert uniform(vm("1.101", ago(8.6)), vm("1.101", ago(8.5), "diego-cell/c2")).status == "pass"


def test_ignored_machine_on_another_stemcell_is_a_mix_and_is_named() -> None:
    """Binding lists hide it; the machines do not."""
    seen = uniform(vm("1.101", ago(8.6)), vm("1.100", ago(60), "diego-cell/c2", ignored=True))
    assert (seen.status, seen.detail) == (
        "fail",
        "2 machines carry 2 stemcells: 1 on 1.100, 1 on 1.101; ignored: diego-cell/c2",
    )


@pytest.mark.parametrize(
    ("machine", "status"),
    [
        (vm("", ago(60), "diego-cell/c2"), "unknown"),
        (vm("1.100", ago(60), "diego-cell/c2", active=False), "pass"),
        (vm("1.101", ago(60), "diego-cell/c2", ignored=True), "pass"),
    ],
)
def test_machines_that_do_not_say_or_do_not_run(machine, status) -> None:
    """One that does not say its stemcell leaves it unknown; one that is not active does not count."""
    assert uniform(vm("1.101", ago(8.6)), machine).status == status


def test_machines_that_were_not_observed_lately_prove_nothing() -> None:
    """After the determination frequency an observation is too old."""
    later = ago(hours=1) + 31 * DAY
    assert uniform(vm("1.101", ago(8.6)), as_of=later).status == "pass"
    assert uniform(vm("1.101", ago(8.6)), as_of=later + SECOND).status == "unknown"
    assert uniform().status == "unknown"


def test_machines_observed_while_a_deployment_ran_are_left_out() -> None:
    """They differ for the time being."""
    seen = uniform(vm("1.101", ago(8.6), observed_at=ago(8.7)), vm("1.100", ago(60), "a/1", observed_at=ago(8.7)))
    assert seen.status == "not-applicable"


@pytest.mark.parametrize(
    ("staged", "status"),
    [
        (ago(9), "pass"),
        (ago(9) + SECOND, "fail"),
        (ago(8), "fail"),
    ],
)
def test_staging_must_be_done_before_production_begins(staged, status) -> None:
    """The end in staging is held against the beginning in production."""
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), staging=[OLD, Run(staged - HOUR, staged, "1.101")])
    answer = provided(below)
    assert observed(answer, "tested-before-production", "ubuntu-jammy/1.101").status == status
    verdict = {"pass": "satisfied", "fail": "not-satisfied"}[status]
    assert {row.id: row.status for row in answer.controls[0].objectives}["si-2_obj.b-1"] == verdict


def test_stemcell_that_never_ran_in_staging_was_not_tested() -> None:
    """A newer one in staging says nothing of this one."""
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), staging=[OLD, Run(ago(9.5), ago(9.4), "1.102")])
    assert observed(provided(below), "tested-before-production", "ubuntu-jammy/1.101").status == "fail"


def test_stemcell_that_is_not_in_staging_yet_was_not_tested() -> None:
    """Production began without it."""
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), staging=[OLD])
    assert observed(provided(below), "tested-before-production", "ubuntu-jammy/1.101").status == "fail"


def test_without_a_staging_director_nothing_is_known_of_tests() -> None:
    """It is not tested, and not untested."""
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"))
    seen = observed(provided(below), "tested-before-production", "ubuntu-jammy/1.101")
    assert (seen.status, seen.detail) == ("unknown", "no director of staging is configured")


def test_stemcell_deployed_before_the_period_is_not_asked_about() -> None:
    """Only what reached production in the period is."""
    below = world(OLD, Run(ago(40), ago(39), "1.101"), releases=(INDEX[0], release("1.101", ago(45))), staging=[OLD])
    rows = [row for row in provided(below).observations if row.check == "tested-before-production"]
    assert {row.status for row in rows} == {"not-applicable"}


def test_stemcells_are_listed_worst_first_with_their_stages() -> None:
    """One line for each in each deployment."""
    answer = provided(world(OLD, staging=[OLD, Run(ago(9), ago(8), "1.101")]))
    rows = [(row.subject.environment, row.subject.name, row.status, row.state) for row in answer.stemcells]
    assert rows[:2] == [
        ("production", "ubuntu-jammy/1.101", "fail", "not deployed"),
        ("production", "ubuntu-jammy/1.100", "fail", "running"),
    ]
    assert ("staging", "ubuntu-jammy/1.101", "not-applicable", "running") in rows
    staging = answer.stemcells[0].stages["staging"]
    assert staging is not None
    assert staging.not_after == ago(8)
    assert answer.stemcells[0].hours == {"deployment": 240.0}


def test_flagged_stemcell_gets_an_action_without_a_command() -> None:
    """The platform's operator is told in words."""
    action = provided(world(OLD)).actions[0]
    assert (action.owner, action.command, action.subject.name) == ("platform operator", "", f"{JAMMY}/1.101")
    assert action.what.endswith("deploy ubuntu-jammy/1.101 or a newer one to production")


def test_binding_window_lets_the_flag_decide() -> None:
    """A system whose parameter is four days says so."""
    catalog = load(CONTROLS, {"os-patch": WindowOverride(binding=True, authority="SSP")})
    below = world(OLD, releases=INDEX)
    objectives = {row.id: row.status for row in provided(below, catalog=catalog).controls[0].objectives}
    assert objectives["si-2_obj.c-1"] == "not-satisfied"


def test_deployment_in_flight_in_staging_does_not_undo_what_was_tested() -> None:
    """That staging had it when production began is enough."""
    runs = [OLD, Run(ago(10), ago(9.5), "1.101")]
    more = [Run(ago(6), ago(5.5), "1.102"), Run(ago(0.1), NOW, "1.103")]
    own = director([*runs, *more], "staging", CF_STAGING)
    task = own.tasks[-1]
    flying = change(
        own,
        events=tuple(row for row in own.events if row.task != task_name(task) or row.at < NOW),
        tasks=(*own.tasks[:-1], change(task, state="processing", ended_at=None, result=None)),
        listed=tuple(change(row, locked=True) for row in own.listed or ()),
    )
    below = world(OLD, Run(ago(9), ago(8.5), "1.101"), staging=runs)
    below = change(below, directors=(below.directors[0], flying))
    answer = provided(below)
    assert observed(answer, "tested-before-production", "ubuntu-jammy/1.101").status == "pass"
    staging = next(row for row in answer.stemcells if row.subject.name == "ubuntu-jammy/1.101").stages["staging"]
    assert staging is not None
    assert staging.not_after == ago(9.5)


def task_name(task) -> str:
    """A task as events name it."""
    return str(task.id)
