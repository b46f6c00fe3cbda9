"""The history of a real director, from its events."""

from datetime import datetime

from collector.assessment.rollouts import arrival, began, deploys, rollouts
from collector.model import PlatformFacts, Rollout
from tests.assessment.rollouts_recorded import director, machines, recorded_only

pytestmark = recorded_only


def day(month: int, day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{clock}Z")


def cf(*directors, at: datetime | None = None) -> Rollout:
    until = max(row.reach.until for row in directors if row.reach)
    (found,) = (
        row for row in rollouts(PlatformFacts(directors=directors), at or until) if row.deployment == "cf-production"
    )
    return found


def test_each_stemcell_was_live_from_the_end_of_the_deploy_that_succeeded() -> None:
    """Retries, a killed task, a dry run, a rollback, an ignored VM and a way back, each to the second."""
    rollout = cf(director())
    assert [(row.floor, row.since) for row in rollout.segments if row.floor] == [
        ("1.1305", day(9, 8, "13:12:22")),  # task 5
        ("1.1311", day(9, 23, "13:07:46")),  # task 8, not the failed 7
        ("1.1322", day(10, 14, "13:09:05")),  # task 11, not the killed 10
        ("1.1330", day(11, 3, "13:11:59")),  # task 16, not the dry run 15
        ("1.1333", day(11, 9, "13:11:58")),  # task 23
        ("1.1330", day(11, 10, "13:03:13")),  # task 24 put the first VM back
        ("1.1335", day(11, 17, "13:08:59")),  # task 32, one VM ignored
        ("1.1340", day(11, 23, "07:48:31")),  # task 37; still after 40 and 41
    ]
    assert rollout.segments[-1].until == day(11, 23, "07:49:31")
    assert [(row.since, row.until) for row in rollout.segments if not row.floor][1:] == [
        (day(11, 10, "13:00:00"), day(11, 10, "13:03:13"))
    ]


def test_each_attempt_has_its_outcome_and_what_it_made_live() -> None:
    """Outcomes come from rows and tasks together."""
    every = deploys((director(),), day(11, 23, "07:49:31"))
    told = {row.task: (row.outcome, row.target and [name[-6:] for name in row.target]) for row in every}
    assert told == {
        "5": ("ok", ["1.1305"]),
        "7": ("error", None),
        "8": ("ok", ["1.1311"]),
        "10": ("killed", None),
        "11": ("ok", ["1.1322"]),
        "15": ("dry-run", None),
        "16": ("ok", ["1.1330"]),
        "19": ("ok", ["1.1335"]),
        "21": ("ok", ["1.1330"]),
        "23": ("ok", ["1.1333"]),
        "24": ("ok", ["1.1330"]),
        "25": ("ok", ["1.1330"]),
        "26": ("error", None),
        "27": ("dry-run", None),
        "28": ("ok", ["1.1330"]),
        "29": ("ok", ["1.1330"]),
        "32": ("ok", ["1.1335"]),
        "37": ("ok", ["1.1340"]),
        "38": ("refused", None),
        "40": ("cancelled", None),
        "41": ("ok", ["1.1340"]),
    }
    eleventh = next(row for row in every if row.task == "11")
    assert (eleventh.began, eleventh.first_instance) == (day(10, 14, "13:00:00"), day(10, 14, "13:00:20"))
    assert (eleventh.canary, eleventh.last_cell) == (day(10, 14, "13:03:14"), day(10, 14, "13:09:01"))
    assert eleventh.ended == day(10, 14, "13:09:05")
    assert len(eleventh.instances) == 3


def test_a_version_that_was_rolled_back_is_open_again() -> None:
    """1.1333 was live for a day; 1.1335 closed it."""
    at = day(11, 15, "00:00:00")
    before = arrival(cf(director(), at=at), "1.1333", at)
    assert (before.not_before, before.not_after, before.open, before.reopened) == (
        day(11, 9, "13:11:58"),
        day(11, 9, "13:11:58"),
        True,
        True,
    )
    at = day(11, 23, "07:49:31")
    after = arrival(cf(director(), at=at), "1.1333", at)
    assert (after.not_after, after.open, after.reopened) == (day(11, 9, "13:11:58"), False, True)
    assert after.source == "deployment end event"


def test_a_move_begins_with_the_first_attempt_that_touches_an_instance() -> None:
    """The failed task 7 and the killed 10 began it; the dry run 15 did not."""
    rollout = cf(director())
    for version, month, number in (("1.1311", 9, 22), ("1.1322", 10, 13), ("1.1330", 11, 3), ("1.1333", 11, 9)):
        start = began(rollout, version)
        assert (start.not_before, start.not_after) == (day(month, number, "13:00:00"),) * 2, version


def test_a_list_of_machines_agrees_with_the_events() -> None:
    """The ignored VM stays on the old stemcell and is left out."""
    at = day(11, 17, "14:00:00")
    seen = machines("task-vms-full-result", "cf-production", at)
    with_vms = director(vms=seen, vms_of=("cf-production",), taken_at=at)
    rollout = cf(with_vms, at=at)
    assert rollout.segments[-1].floor == "1.1335"
    assert sorted((row.stemcell[-6:], row.ignored) for row in rollout.vms) == [
        ("1.1330", True),
        *[("1.1335", False)] * 3,
    ]
    blind = cf(director(), at=at)
    assert blind.segments[-1].floor == "1.1335"  # what was bound later says so
    assert blind.segments[-1].since == rollout.segments[-1].since == day(11, 17, "13:08:59")


def test_without_the_tasks_what_a_killed_one_did_is_not_known() -> None:
    """Rows of an attempt without an end are a killed task, or hide a success: then nothing is claimed."""
    rollout = cf(director(tasks=()))
    known = [(row.floor, row.since) for row in rollout.segments if row.floor]
    assert known[0] == ("1.1305", day(9, 8, "13:12:22"))
    assert known[1] == ("1.1322", day(10, 14, "13:09:05"))
    assert arrival(rollout, "1.1311", rollout.segments[-1].until).not_before == day(9, 23, "13:07:46")
