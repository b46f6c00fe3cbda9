"""What ran when, told from runs of every kind."""

from datetime import datetime, timedelta

import msgspec
import pytest

from collector.assessment.rollouts import arrival, began, deploys, line_of, rollouts, version_key
from collector.model import Director, Reach, Rollout
from tests.assessment.rollouts_building import FIPS, START, Play, facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DONE = timedelta(minutes=12)  # four instances


def told(play: Play, *directors: Director, at: datetime | None = None) -> Rollout:
    (found,) = rollouts(facts(*(directors or (play.harvest(),))), at or play.now)
    return found


def floors(rollout: Rollout) -> list[tuple[str | None, timedelta]]:
    """Each stretch by when it began, counted from the start of the play."""
    return [(row.floor, row.since - START) for row in rollout.segments]


# ------------------------------------------------------------------ names and versions


@pytest.mark.parametrize(
    ("stemcell", "line"),
    [
        ("bosh-aws-xen-hvm-ubuntu-jammy-go_agent/1.1335", ("ubuntu-jammy", "1.1335")),
        ("bosh-aws-xen-hvm-ubuntu-jammy-fips-go_agent/1.1335", ("ubuntu-jammy-fips", "1.1335")),
        ("bosh-google-kvm-ubuntu-xenial-go_agent/621.0", ("ubuntu-xenial", "621")),
        ("bosh-vsphere-esxi-windows2019-go_agent/2019.60", ("windows2019", "2019.60")),
        ("light-thing/1.2", ("light-thing", "1.2")),
        ("nothing", ("nothing", "")),
    ],
)
def test_a_stemcell_has_a_line_and_a_version(stemcell, line) -> None:
    """FIPS lines count separately; names of another shape stay as they are."""
    assert line_of(stemcell) == line


def test_versions_are_numbers_and_not_text() -> None:
    """1.99 is older than 1.1364, and what is not numbers has no place in the order."""
    assert version_key("1.99") == (1, 99)
    assert (1, 99) < (1, 1364) == version_key("1.1364")
    assert version_key("621.0") == version_key("621")
    assert version_key("1.2-dev.3") is None


# ------------------------------------------------------------------ runs


def test_a_deploy_is_live_from_its_end() -> None:
    """The end row counts, in whole seconds."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(hours=1)
    rollout = told(play)
    assert floors(rollout) == [(None, timedelta()), ("1.10", DONE), ("1.11", DONE + DAY + DONE)]
    assert rollout.label == "production cf-production ubuntu-jammy"
    assert rollout.segments[0].reason == "the deployment has no VM of this line"


def test_old_style_rows_tell_the_same() -> None:
    """Whether the start row is written early or late proves nothing."""
    lazy, early = Play(), Play(old_rows=True)
    for play in (lazy, early):
        play.deploy("1.10").wait(days=1).deploy("1.11", fail_at=2).wait(hours=3).deploy("1.11").wait(hours=1)
    assert floors(told(lazy)) == floors(told(early))


def test_a_retry_after_a_failure_is_live_from_its_own_end() -> None:
    """Before and after are the same then."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11", fail_at=1).wait(days=1).deploy("1.11").wait(hours=1)
    end = next(row.at for row in play.events if row.task == "3" and row.object_type == "deployment")
    rollout = told(play)
    assert floors(rollout)[-1] == ("1.11", end - START)
    assert [row.floor for row in rollout.segments] == [None, "1.10", "1.11"]


def test_a_dry_run_changes_nothing_and_hides_nothing() -> None:
    """It binds what the real run then finds bound."""
    play = Play().deploy("1.10").wait(days=1).dry_run("1.11").wait(hours=2).deploy("1.11").wait(hours=1)
    rollout = told(play)
    assert [row.floor for row in rollout.segments] == [None, "1.10", "1.11"]
    assert [row.outcome for row in rollout.deploys] == ["ok", "dry-run", "ok"]
    assert rollout.deploys[2].target == (f"{play.name}/1.11",)


def test_a_redeploy_after_a_dry_run_is_not_the_dry_run_made_real() -> None:
    """No instance row says so, and the list of what is bound lets go of it."""
    play = Play().deploy("1.10").wait(days=1).dry_run("1.11").wait(hours=2).deploy("1.10").wait(hours=1)
    assert [row.floor for row in told(play).segments] == [None, "1.10"]
    unlisted = told(play, play.harvest(listed=False))
    assert [row.floor for row in unlisted.segments] == [None, "1.10"]


def test_a_killed_task_leaves_the_old_floor() -> None:
    """No end row and no release: the task tells that it is over."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11", kill_at=1).wait(days=1)
    rollout = told(play)
    assert [row.floor for row in rollout.segments] == [None, "1.10"]
    assert [(row.outcome, row.ended) for row in rollout.deploys][1:] == [("killed", None)]
    assert not rollout.in_flight


def test_after_a_cancelled_attempt_the_way_back_is_no_way_forward() -> None:
    """An instance that had been moved was moved again."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11", cancel_at=1).wait(hours=1).deploy("1.10").wait(hours=1)
    for read in (play.harvest(), play.harvest(listed=False)):
        rollout = told(play, read)
        assert [row.floor for row in rollout.segments] == [None, "1.10"]
        assert rollout.deploys[-1].target == (f"{play.name}/1.10",)


def test_a_rollback_lowers_the_floor_with_its_first_instance() -> None:
    """From the lock on it is not known; from the first VM that is back, the old version runs again."""
    play = Play().deploy("1.11").wait(days=1).deploy("1.10").wait(hours=1)
    began_at = DONE + DAY
    assert floors(told(play))[1:] == [
        ("1.11", DONE),
        (None, began_at),
        ("1.10", began_at + timedelta(seconds=20 + 174)),
    ]


def test_a_rollback_that_failed_lowers_the_floor_all_the_same() -> None:
    """Until the next success."""
    play = Play().deploy("1.11").wait(days=1).deploy("1.10", fail_at=2).wait(days=1).deploy("1.11").wait(hours=1)
    rollout = told(play)
    assert [row.floor for row in rollout.segments] == [None, "1.11", None, "1.10", "1.11"]
    there = arrival(rollout, "1.11", play.now)
    assert (there.not_before, there.not_after) == (None, START + DONE)
    assert (there.open, there.reopened) == (False, True)


def test_runs_that_change_no_stemcell_change_no_floor() -> None:
    """Refused, failed before it bound anything, recreate, resurrector."""
    play = Play().deploy("1.10").wait(hours=1).refused().wait(hours=1).unbound().wait(hours=1).recreate()
    play.wait(hours=1).resurrect("diego-cell/c1").wait(hours=1)
    rollout = told(play)
    assert [row.floor for row in rollout.segments] == [None, "1.10"]
    assert [row.outcome for row in rollout.deploys] == ["ok", "refused", "error", "ok"]


def test_an_ignored_machine_is_left_out_where_it_is_seen_to_be_ignored() -> None:
    """The deploy succeeds without it."""
    play = Play().deploy("1.10").ignore("diego-cell/c2").wait(days=1).deploy("1.11").wait(hours=1)
    rollout = told(play, play.harvest(vms=True))
    assert rollout.segments[-1].floor == "1.11"
    assert [row.ignored for row in rollout.vms] == [False, False, False, True]


def test_a_deletion_ends_the_history() -> None:
    """What was there until then stays told."""
    play = Play().deploy("1.10").wait(days=1).delete().wait(days=1)
    rollout = told(play)
    end = max(row.at for row in play.events if row.object_type == "deployment")
    assert rollout.segments[-1].until == end
    assert [row.floor for row in rollout.segments if row.floor] == ["1.10"]


# ------------------------------------------------------------------ under way


def test_a_deploy_under_way_leaves_the_old_floor_and_is_said() -> None:
    """The locked list tells what it puts on VMs; without that list nothing is claimed from its lock on."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11")
    at = START + DONE + DAY + timedelta(minutes=5)
    rollout = told(play, play.harvest(at), at=at)
    assert rollout.in_flight
    assert floors(rollout)[1:] == [("1.10", DONE)]
    assert arrival(rollout, "1.11", at).open
    blind = told(play, play.harvest(at, listed=False), at=at)
    assert floors(blind)[1:] == [("1.10", DONE), (None, DONE + DAY)]
    assert not arrival(blind, "1.11", at).open


def test_a_rollback_under_way_is_not_known_to_hold_anything() -> None:
    """What was there may be gone already."""
    play = Play().deploy("1.11").wait(days=1).deploy("1.10")
    at = START + DONE + DAY + timedelta(minutes=5)
    there = arrival(told(play, play.harvest(at), at=at), "1.11", at)
    assert (there.not_after, there.open, there.once) == (None, False, START + DONE)
    assert there.reason.startswith("it was there at 2026-09-01T00:12:00Z; whether it still is, is not known")


def test_nothing_after_the_instant_is_used() -> None:
    """A month is answered from what was written in it."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(days=1)
    at = START + DAY
    rollout = told(play, at=at)
    assert [row.floor for row in rollout.segments] == [None, "1.10"]
    assert rollout.segments[-1].until == at
    assert [row.task for row in rollout.deploys] == ["1"]


# ------------------------------------------------------------------ harvests


def test_time_that_no_harvest_covers_is_not_known() -> None:
    """Events that were pruned before they were read leave a gap with its reason."""
    play = Play().deploy("1.10").wait(days=1)
    first = play.harvest()
    play.wait(days=2).deploy("1.11").wait(days=1)
    later = play.harvest(before=first)
    assert later.reach is not None
    cut = msgspec.structs.replace(
        later,
        events=(),
        reach=Reach(
            after_id=play.number, upto_id=play.number, since=play.now - HOUR, until=play.now, reason="pruned beyond"
        ),
    )
    rollout = told(play, first, cut)
    assert [(row.floor, row.since) for row in rollout.segments] == [
        (None, START),
        ("1.10", START + DONE),
        (None, first.taken_at),
        ("1.11", play.now - HOUR),
    ]
    assert rollout.segments[2].reason.endswith("pruned beyond")
    there = arrival(rollout, "1.11", play.now)
    assert (there.not_before, there.not_after) == (first.taken_at, play.now - HOUR)
    assert there.source == "first observation"


def test_machines_bridge_a_gap() -> None:
    """They carry their stemcell since they were created."""
    play = Play().deploy("1.10").wait(days=1)
    first = play.harvest()
    play.wait(days=2).deploy("1.11").wait(days=1)
    later = play.harvest(before=first, vms=True)
    assert later.reach is not None
    newest = max(vm.created_at for vm in later.vms if vm.created_at)
    cut = msgspec.structs.replace(
        later, events=(), reach=Reach(after_id=play.number, upto_id=play.number, since=play.now, until=play.now)
    )
    there = arrival(told(play, first, cut), "1.11", play.now)
    assert (there.not_before, there.not_after, there.source) == (first.taken_at, newest, "vm_created_at")


def test_after_the_last_look_nothing_is_known() -> None:
    """A version that was there may be gone."""
    play = Play().deploy("1.10").wait(hours=1)
    read = play.harvest()
    at = play.now + DAY
    rollout = told(play, read, at=at)
    assert rollout.segments[-1].reason == "not looked at since 2026-09-01T01:12:00Z"
    there = arrival(rollout, "1.10", at)
    assert (there.not_after, there.once) == (None, START + DONE)
    assert arrival(rollout, "1.11", at).not_before == read.taken_at


def test_a_director_that_was_created_anew_begins_its_own_history() -> None:
    """Its ids begin again, and the time between is a gap: that it made the deployment says nothing of another."""
    old = Play().deploy("1.10").wait(days=1)
    first = old.harvest()
    new = Play(uuid="uuid-2", now=old.now + DAY).deploy("1.11").wait(hours=1)
    rollout = told(new, new.harvest(), first)
    assert [(row.floor, row.since) for row in rollout.segments] == [
        (None, START),
        ("1.10", START + DONE),
        (None, first.taken_at),
        (None, first.taken_at + DAY),
        ("1.11", new.now - HOUR),
    ]
    there = arrival(rollout, "1.11", new.now)
    assert (there.not_before, there.not_after) == (first.taken_at, new.now - HOUR)


def test_events_and_machines_that_disagree_prove_nothing() -> None:
    """Neither is believed."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(days=1)
    read = play.harvest(vms=True)
    less = msgspec.structs.replace(read, listed=None, events=read.events[:12], tasks=())
    rollout = told(play, less)
    assert rollout.segments[-1].floor is None
    assert rollout.segments[-1].reason.startswith("events and lists of what runs disagree")


def test_history_that_begins_in_the_middle_takes_what_is_bound() -> None:
    """One version bound is one version live, back to where the events begin."""
    play = Play().deploy("1.10").wait(days=3)
    read = play.harvest()
    late = msgspec.structs.replace(
        read, events=(), reach=Reach(after_id=play.number, upto_id=play.number, since=play.now - DAY, until=play.now)
    )
    assert [(row.floor, row.since) for row in told(play, late).segments] == [("1.10", play.now - DAY)]
    assert rollouts(facts(msgspec.structs.replace(late, listed=None, tasks=())), play.now) == ()


def test_a_line_that_takes_the_place_of_another_ends_it() -> None:
    """What the list lets go of does not run any more; the new line runs from the end of the deploy."""
    play = Play().deploy("1.10").wait(days=1).deploy("2.1").wait(hours=1)
    read = play.harvest()

    def noble(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return names and tuple(name.replace("jammy-go_agent/2.", "noble-go_agent/2.") for name in names)

    renamed = msgspec.structs.replace(
        read,
        events=tuple(
            msgspec.structs.replace(row, before=noble(row.before), after=noble(row.after)) for row in read.events
        ),
        listed=tuple(msgspec.structs.replace(row, stemcells=noble(row.stemcells) or ()) for row in read.listed or ()),
    )
    jammy, other = rollouts(facts(renamed), play.now)
    assert [row.floor for row in jammy.segments] == [None, "1.10", None, None]
    assert jammy.segments[-1].reason == "the deployment has no VM of this line"
    assert (other.line, floors(other)[-1]) == ("ubuntu-noble", ("2.1", DONE + DAY + DONE))
    assert other.deploys[-1].target == ("bosh-aws-xen-hvm-ubuntu-noble-go_agent/2.1",)


def test_groups_on_two_stemcells_have_the_older_floor() -> None:
    """A deploy that moves one group leaves both bound, and nothing else is bound then."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11", only="api").wait(hours=1)
    rollout = told(play)
    assert [row.floor for row in rollout.segments] == [None, "1.10"]
    assert rollout.deploys[-1].target == (f"{play.name}/1.10", f"{play.name}/1.11")
    unlisted = told(play, play.harvest(listed=False))
    assert unlisted.segments[-1].reason == "which of 1.10, 1.11 task 2 made live is not settled"
    seen = told(play, play.harvest(listed=False, vms=True))
    assert seen.segments[-1].floor == "1.10"


def test_lists_are_placed_by_the_clock_of_the_director() -> None:
    """Ours may run an hour behind it."""
    play = Play().deploy("1.10").wait(days=1).dry_run("1.11").wait(hours=2).deploy("1.11").wait(hours=1)
    read = play.harvest(vms=True)
    behind = msgspec.structs.replace(
        read,
        clock_skew_seconds=3600.0,
        listed=tuple(msgspec.structs.replace(row, observed_at=row.observed_at - HOUR) for row in read.listed or ()),
        vms=tuple(msgspec.structs.replace(row, observed_at=row.observed_at - HOUR) for row in read.vms),
    )
    assert floors(told(play, behind)) == floors(told(play, read))


def test_what_is_bound_later_does_not_reach_back_over_a_bare_lock() -> None:
    """Of the second deploy only its lock is left: what it brought ran at its end at the earliest, if then."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(days=1)
    read = play.harvest()
    first, second = sorted({row.task for row in read.events if row.task}, key=int)
    ended = {row.id for row in read.events if row.task == first and row.object_type == "deployment"}
    changed = {row.id for row in read.events if row.task == second and row.object_type != "lock"}
    locks = [row for row in read.events if row.task == second and row.object_type == "lock"]
    jobs = tuple(job for job in read.tasks if str(job.id) != second)
    for gone, wanted in ((ended | changed, locks[-1].at), (ended | changed | {locks[-1].id}, None)):
        less = tuple(row for row in read.events if row.id not in gone)
        rollout = told(play, msgspec.structs.replace(read, events=less, tasks=jobs))
        assert arrival(rollout, "1.11", play.now).not_after == wanted


def test_a_task_of_which_no_row_is_left_is_not_taken_for_quiet() -> None:
    """The list of tasks says that there was a deploy."""
    play = Play().deploy("1.11").wait(days=1).deploy("1.10").wait(days=1)
    read = play.harvest(listed=False)
    less = msgspec.structs.replace(read, events=tuple(row for row in read.events if row.task == "1"))
    rollout = told(play, less)
    assert floors(rollout)[-1] == (None, DONE + DAY + DONE)
    assert rollout.segments[-1].reason == "how task 2 ended is not known"


def test_two_directors_that_differ_prove_nothing() -> None:
    """Both are said to hold the deployment at the same time."""
    one = Play().deploy("1.10").wait(days=1)
    other = Play(uuid="uuid-2").deploy("1.11").wait(days=1)
    rollout = told(one, one.harvest(), other.harvest())
    assert rollout.segments[-1].floor is None
    assert rollout.segments[-1].reason == "two directors hold the deployment, and say different things"


def test_a_deployment_that_is_listed_no_more_has_ended() -> None:
    """Its history goes as far as it was looked at."""
    play = Play().deploy("1.10").wait(days=1)
    first = play.harvest()
    last = play.wait(days=1).harvest(before=first)
    without = msgspec.structs.replace(last, listed=(), deployments=("other",), events=())
    rollout = told(play, first, without)
    assert rollout.segments[-1].until == first.taken_at


def test_environments_and_deployments_are_told_apart() -> None:
    """Each has its own history."""
    jammy = Play(instances=("api/a0",)).deploy("1.10").wait(days=1)
    fips = Play(deployment="tools", name=FIPS, instances=("bastion/b0",)).deploy("1.12").wait(days=1)
    read = jammy.harvest()
    both = msgspec.structs.replace(fips.harvest(), uuid="uuid-2", environment="staging", taken_at=read.taken_at)
    found = rollouts(facts(read, both), jammy.now)
    assert [row.label for row in found] == [
        "production cf-production ubuntu-jammy",
        "staging tools ubuntu-jammy-fips",
    ]


# ------------------------------------------------------------------ what a report asks


def test_a_week_of_dry_run_and_deploy_is_known_throughout() -> None:
    """Harvests every six hours leave no time unknown but that before the deployment was there."""
    play = Play().deploy("1.10")
    for number in range(11, 18):
        play.wait(hours=30).dry_run(f"1.{number}").wait(hours=17).deploy(f"1.{number}")
    play.wait(hours=5)
    times = [START + timedelta(hours=6 * number) for number in range(1, int((play.now - START) / HOUR / 6) + 1)]
    rollout = told(play, *play.harvests([*times, play.now]))
    assert [row.floor for row in rollout.segments] == [None, *(f"1.{number}" for number in range(10, 18))]
    ends = [row.ended for row in rollout.deploys if row.outcome == "ok"]
    assert [arrival(rollout, f"1.{number}", play.now).not_after for number in range(10, 18)] == ends
    starts = [row.began for row in rollout.deploys if row.outcome == "ok"]
    assert [began(rollout, f"1.{number}").not_after for number in range(10, 18)] == starts


def test_a_skipped_version_arrives_with_the_newer_one() -> None:
    """1.11 never ran; what it fixes arrived with 1.12."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.12").wait(hours=1)
    rollout = told(play)
    assert arrival(rollout, "1.11", play.now).not_after == arrival(rollout, "1.12", play.now).not_after
    assert arrival(rollout, "1.13", play.now).open
    assert arrival(rollout, "1.x", play.now).reason == "1.x is no version that can be put in order"


def test_what_is_deployed_is_listed_by_deployment() -> None:
    """deploys() needs no instant of a question beyond which rows it may use."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(hours=1)
    assert [row.task for row in deploys((play.harvest(),), play.now)] == ["1", "2"]
    second = deploys((play.harvest(),), play.now)[1]
    assert second.first_instance == START + DONE + DAY + timedelta(seconds=20)
    assert second.canary == second.first_instance + timedelta(seconds=174)
    assert second.last_cell == START + DONE + DAY + timedelta(minutes=11, seconds=56)
    assert second.instances == ("api/a0", "diego-cell/c0", "diego-cell/c1", "diego-cell/c2")


@pytest.mark.parametrize(
    ("changes", "floor"),
    [
        ({}, "1.11"),
        ({"stemcell": ""}, None),
        ({"ignored": True}, None),
        ({"active": False}, None),
        ({"stemcell": "bosh-aws-xen-hvm-ubuntu-jammy-go_agent/1.11-dev"}, "1.11-dev"),
    ],
)
def test_a_list_of_machines_proves_what_every_machine_says(changes, floor) -> None:
    """One without a stemcell proves nothing, and neither do machines that are ignored or kept aside."""
    play = Play().deploy("1.11").wait(days=1)
    read = play.harvest(vms=True)
    vms = tuple(msgspec.structs.replace(row, **changes) for row in read.vms)
    blind = msgspec.structs.replace(read, events=(), tasks=(), listed=None, reach=None, vms=vms)
    found = rollouts(facts(blind), play.now)
    assert (found[0].segments[-1].floor if found and found[0].segments else None) == floor


def test_a_machine_without_a_time_proves_the_instant_alone() -> None:
    """When it was created is not known."""
    play = Play().deploy("1.11").wait(days=1)
    read = play.harvest(vms=True)
    vms = tuple(msgspec.structs.replace(row, created_at=None) for row in read.vms)
    blind = msgspec.structs.replace(read, events=(), tasks=(), reach=None, vms=vms)
    assert [row.segments for row in rollouts(facts(blind), play.now)] == [()]


def test_when_a_move_began_may_not_be_known() -> None:
    """A killed attempt of which nothing says what it was to deploy may have begun it."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11", kill_at=1).wait(hours=2)
    rollout = told(play, play.harvest(listed=False))
    start = began(rollout, "1.11")
    assert (start.not_before, start.not_after) == (START + DONE + DAY, None)
    assert start.reason == "no attempt that was to make it live is known"
    play.deploy("1.12").wait(hours=1)
    moved = began(told(play), "1.12")
    assert moved.not_after == play.now - HOUR - DONE
    assert began(told(play), "1.13").not_after is None


def test_a_listed_lock_says_that_a_run_goes_on() -> None:
    """Also where the tasks are not read; a run that left no end and no lock was killed."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11")
    at = START + DONE + DAY + timedelta(minutes=5)
    assert told(play, play.harvest(at, tasks=False), at=at).deploys[-1].outcome == "in-progress"
    killed = Play().deploy("1.10").wait(days=1).deploy("1.11", kill_at=1).wait(hours=1)
    assert told(killed, killed.harvest(tasks=False)).deploys[-1].outcome == "killed"
    assert told(killed, killed.harvest(tasks=False)).segments[-1].floor is None


def test_what_was_learned_later_settles_what_was_so_before() -> None:
    """A list that was read after the instant asked about says which version the last success had made live."""
    play = Play().deploy("1.10").wait(days=1).deploy("1.11").wait(days=2)
    asked = play.now - DAY
    last = told(play, at=asked).segments[-1]
    assert (last.floor, last.until) == ("1.11", asked)
    blind = told(play, msgspec.structs.replace(play.harvest(), listed=None), at=asked).segments[-1]
    assert (blind.floor, blind.reason[:8]) == (None, "which of")


def test_a_deploy_that_ended_later_was_under_way() -> None:
    """Asked between its lock and its end, nothing of its end is told."""
    play = Play().deploy("1.10").wait(days=1)
    begun = play.now
    play.deploy("1.11").wait(days=1)
    asked = begun + (DONE / 2)
    rollout = told(play, play.harvest(), at=asked)
    assert (rollout.in_flight, rollout.deploys[-1].outcome, rollout.deploys[-1].ended) == (True, "in-progress", None)
    assert arrival(rollout, "1.11", asked).not_after is None
