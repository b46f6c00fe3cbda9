"""A month of production's stemcells, from what its director deployed and what was released."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.assessment.items import open_items
from collector.assessment.monthly import held_as, held_key
from collector.assessment.patching.board import Board
from collector.assessment.patching.sight import Sight
from collector.assessment.period.stemcells import held_stemcells
from collector.model import (
    Assessment,
    Deployed,
    Director,
    Held,
    Month,
    MonthSummary,
    Observation,
    OpenItem,
    Period,
    PlatformFacts,
    Reach,
    StemcellRelease,
    Subject,
)
from tests.assessment.builders import CATALOG, HOUR, SECOND, assessed, change, facts, snapshot
from tests.assessment.platform_builders import CF, PROVIDER, Run, director, platform, release, seen, stemcell
from tests.assessment.rollouts_building import FIRST, STEP, Play, key
from tests.assessment.test_rollouts_properties import changed, seeded

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=END)
ONE_CELL = ("diego-cell/c0",)
LASTS = FIRST + STEP + timedelta(seconds=4)
CHECK = "stemcell-current"
PLACE = CHECK, "production/cf-production/ubuntu-jammy"


def day(number: float) -> datetime:
    """So many days after the first instant of October."""
    return BEGIN + timedelta(days=number)


HARVESTED = tuple(day(number) for number in range(-20, 32))
OLD = (release("1.100", day(-60)),)
NEXT = (*OLD, release("1.101", day(3)))


def played(*live: tuple[datetime, str], **changes: Any) -> Play:
    """Production with one cell, live on a version from an instant on; the first deploy makes it."""
    play = Play(instances=ONE_CELL, **changes)
    for at, version in live:
        play.now = at - LASTS
        play.deploy(version)
        assert play.now == at
    return play


def below(
    *directors: Director, releases: Sequence[StemcellRelease] = NEXT, without: str = "", **changes: Any
) -> PlatformFacts:
    """What was read of the platform; a topic is `without` where it failed."""
    known = platform(directors, releases=releases)
    return change(known, **{"read": known.read - {without}, "configured": known.read, **changes})


def every(known: PlatformFacts, period: Period = OCTOBER) -> dict[tuple[str, str], Held]:
    """All that is held of a platform in a month."""
    board = Board(known, period.end, CATALOG.windows, Sight(known), since=period.begin)
    return held_stemcells(board, period)


def held(play: Play, times: Iterable[datetime] = HARVESTED, **changes: Any) -> Held:
    """The one line of the one deployment."""
    (found,) = every(below(*play.harvests(sorted(times)), **changes)).items()
    assert found[0] == PLACE
    return found[1]


def hours(row: Held) -> tuple[float, float, float]:
    """Inside, outside, unknown."""
    return row.inside, row.outside, row.unknown


def breaches(row: Held) -> list[tuple[datetime, datetime | None, datetime]]:
    """Begin and end in the month, and since when."""
    return [(breach.begin, breach.end, breach.since) for breach in row.breaches]


# ---------------------------------------------------------------- what is told


def test_a_stemcell_that_is_deployed_in_time_leaves_the_month_inside() -> None:
    """Three days behind the newest, of four."""
    row = held(played((day(-25), "1.100"), (day(6), "1.101")))
    assert (hours(row), row.breaches, row.worst, row.corrected_at) == ((744, 0, 0), (), 72, None)
    assert (row.window, row.subject.name, row.subject.deployment) == ("os-patch", "ubuntu-jammy/1.101", CF)


def test_one_that_is_deployed_late_is_outside_from_the_end_of_the_window_to_its_deployment() -> None:
    """The documents are those of both deployments and of the release."""
    row = held(played((day(-25), "1.100"), (day(9), "1.101")))
    assert hours(row) == (696, 48, 0)
    assert breaches(row) == [(day(7), day(9), day(7))]
    assert (row.worst, row.corrected_at) == (144, day(9))
    assert "sha256:index-1.101" in row.evidence
    assert len({name for name in row.evidence if name.startswith("e")}) == 2


def test_one_that_is_never_deployed_stays_outside() -> None:
    """Up to the end of the month, and open then."""
    row = held(played((day(-25), "1.100")))
    assert (hours(row), breaches(row)) == ((168, 576, 0), [(day(7), None, day(7))])
    assert (row.open, row.worst, row.corrected_at) == (True, 672, None)


def test_the_first_of_two_that_are_newer_counts_even_if_it_is_skipped() -> None:
    """Once the second one is live nothing is newer."""
    releases = (*NEXT, release("1.102", day(5)))
    row = held(played((day(-25), "1.100"), (day(8), "1.102")), releases=releases)
    assert breaches(row) == [(day(7), day(8), day(7))]


def test_what_is_released_while_it_is_behind_counts_from_its_own_release() -> None:
    """The age of one does not pass on to the next."""
    releases = (*NEXT, release("1.102", day(5)))
    row = held(played((day(-25), "1.100"), (day(6), "1.101"), (day(8), "1.102")), releases=releases)
    assert (hours(row), row.worst) == ((744, 0, 0), 72)


def test_a_rollback_is_outside_at_once() -> None:
    """What was taken away had been out for longer than the window; while the rollback ran, what was live is open."""
    releases = (*OLD, release("1.101", day(-10)))
    play = played((day(-25), "1.100"), (day(-8), "1.101"), (day(10), "1.100"), (day(12), "1.101"))
    row = held(play, releases=releases)
    ((begin, end, since),) = breaches(row)
    assert (end, row.corrected_at) == (day(12), day(12))
    assert day(10) - LASTS <= begin == since <= day(10)
    assert row.unknown == pytest.approx((begin - day(10) + LASTS) / HOUR)
    assert [part.reason for part in row.unseen] == ["task 3 was under way"]


def test_a_month_that_begins_outside_says_since_when() -> None:
    """Only its hours in the month count."""
    row = held(played((day(-25), "1.100"), (day(2), "1.101")), releases=(*OLD, release("1.101", day(-6))))
    assert (hours(row), breaches(row)) == ((696, 48, 0), [(day(0), day(2), day(-2))])
    assert row.worst == 192


def lost(director: Director, since: datetime) -> Director:
    """A harvest that finds the events from an instant on; those before were pruned."""
    kept = tuple(row for row in director.events if row.at >= since)
    reach = Reach(after_id=kept[0].id - 1, upto_id=kept[-1].id, since=since, until=director.taken_at, reason="pruned")
    return change(director, events=kept, reach=reach, tasks=())


def test_time_that_the_events_do_not_reach_is_unknown() -> None:
    """From the last harvest to the first event that was still there."""
    play = played((day(-25), "1.100"), (day(6), "1.101"), (day(20), "1.102"))
    first, second = play.harvest(day(4)), lost(play.harvest(day(31)), day(20) - LASTS)
    (row,) = every(below(first, second, releases=(*NEXT, release("1.102", day(19))))).values()
    assert row.outside == 0
    assert row.unknown == pytest.approx((day(20) - LASTS - day(4)) / HOUR)
    assert [(part.begin, part.end) for part in row.unseen] == [(day(4), day(20) - LASTS)]
    assert row.unseen[0].reason.endswith(": pruned")


def test_a_month_that_was_not_looked_at_to_its_end_is_unknown_from_then_on() -> None:
    """Nothing tells whether what was live still is."""
    row = held(played((day(-25), "1.100"), (day(6), "1.101")), [day(6), day(20)])
    assert (hours(row), [part.begin for part in row.unseen]) == ((480, 0, 264), [day(20)])
    assert row.unseen[0].reason.startswith("not looked at since")


def test_the_last_hours_within_a_harvest_are_unknown_too() -> None:
    """The check at the end believes what was seen shortly before; over time only what was seen counts."""
    row = held(played((day(-25), "1.100")), [day(31) - 5 * HOUR], releases=OLD)
    assert (hours(row), row.unseen[0].reason) == ((739, 0, 5), "not looked at since")


def test_a_director_that_begins_in_the_month_hides_what_was_before() -> None:
    """Another one may have been there; an older one that was read tells."""
    new = played((day(10), "1.101"), uuid="uuid-2")
    new_director = new.harvest(day(31))
    (row,) = every(below(new_director)).values()
    first = new_director.events[0].at
    assert (row.inside, row.unseen[0].begin, row.unseen[0].end) == (504, day(0), first)
    assert row.unseen[0].reason == "no evidence reaches back as far"
    old = played((day(-25), "1.100"))
    (both,) = every(below(*old.harvests([day(9)]), new_director)).values()
    assert breaches(both) == [(day(7), day(9), day(7))]
    assert both.corrected_at is None


def test_an_index_that_was_not_read_leaves_the_month_unknown() -> None:
    """With the reason; where none is asked for, nothing is held at all."""
    play = played((day(-25), "1.100"))
    row = held(play, without="stemcell-index")
    assert (hours(row), row.unseen[0].reason) == ((0, 0, 744), "stemcell-index not wholly read")
    known = below(play.harvest(day(31)), without="stemcell-index")
    assert every(change(known, configured=known.read)) == {}


def test_a_release_of_an_unknown_instant_leaves_unknown_what_it_is_newer_than() -> None:
    """Until a newer one is live."""
    releases = (*OLD, change(release("1.101", day(3)), published=None))
    row = held(played((day(-25), "1.100"), (day(6), "1.101")), releases=releases)
    assert hours(row) == (600, 0, 144)
    assert row.unseen[0].reason == "when ubuntu-jammy 1.101 was released is not known"


def test_a_release_that_is_only_announced_counts_between_two_instants() -> None:
    """Notes come up to four days late: outside only once it is so for the latest of them."""
    releases = (*OLD, change(release("1.101", day(3)), published=None, announced=day(7)))
    row = held(played((day(-25), "1.100"), (day(13), "1.101")), releases=releases)
    assert (hours(row), breaches(row)) == ((600, 48, 96), [(day(11), day(13), day(11))])
    assert row.unseen[0].reason == "when exactly ubuntu-jammy 1.101 was released is not known"


def test_a_version_without_order_is_unknown() -> None:
    """Nothing can be said to be newer."""
    runs = [Run(day(-25) - HOUR, day(-25), "1.100"), Run(day(6) - HOUR, day(6), "1.101-dev")]
    bound = Deployed(name=CF, stemcells=(stemcell("1.101-dev"),), releases=(), observed_at=END, locked=False)
    reach = Reach(after_id=0, upto_id=12, since=None, until=END)
    (row,) = every(below(director(runs, taken_at=END, reach=reach, listed=(bound,)))).values()
    assert (row.inside, row.unknown) == (143, 601)
    assert row.unseen[-1].reason == "1.101-dev cannot be ordered among the versions of ubuntu-jammy"


# ---------------------------------------------------------------- to the second


@pytest.mark.parametrize(("late", "outside"), [(0, 0), (1, 1)])
def test_ninety_six_hours_are_inside(late, outside) -> None:
    """A second more is a second outside."""
    row = held(played((day(-25), "1.100"), (day(7) + late * SECOND, "1.101")))
    assert row.outside * 3600 == pytest.approx(outside)
    assert len(row.breaches) == outside


@pytest.mark.parametrize(("sooner", "outside"), [(0, 0), (1, 1)])
def test_a_window_that_ends_with_the_month_is_no_breach_of_it(sooner, outside) -> None:
    """One that ends a second earlier is one of a second, and open."""
    row = held(played((day(-25), "1.100")), releases=(*OLD, release("1.101", day(27) - sooner * SECOND)))
    assert row.outside * 3600 == pytest.approx(outside)
    assert row.open is bool(outside)


@pytest.mark.parametrize(("late", "outside"), [(0, 0), (1, 1)])
def test_a_deployment_at_the_first_instant_leaves_no_breach(late, outside) -> None:
    """One a second later is a breach of a second, with its beginning before the month."""
    play = played((day(-25), "1.100"), (day(0) + late * SECOND, "1.101"))
    row = held(play, releases=(*OLD, release("1.101", day(-6))))
    assert row.outside * 3600 == pytest.approx(outside)
    assert [breach.since for breach in row.breaches] == [day(-2)] * outside


# ---------------------------------------------------------------- where it is


def test_two_deployments_of_one_stemcell_are_held_apart() -> None:
    """By where they are; staging is not held."""
    cf = played((day(-25), "1.100"), (day(6), "1.101"))
    services = played((day(-25), "1.100"), deployment="services", uuid="uuid-2")
    staging = played((day(-25), "1.100"), deployment="cf-staging", environment="staging", uuid="uuid-3")
    found = every(below(*(play.harvest(day(31)) for play in (cf, services, staging))))
    outside = {where: row.outside for (_, where), row in found.items()}
    assert outside == {"production/cf-production/ubuntu-jammy": 0, "production/services/ubuntu-jammy": 576}


def test_a_deployment_counts_while_it_is_there() -> None:
    """From the end of the deploy that made it, to its deletion."""
    first = played((day(-25), "1.100")).harvest(day(2))
    made = played((day(3), "1.100"), deployment="services", uuid="uuid-2")
    made.now = day(9)
    made.delete()
    reach = Reach(after_id=0, upto_id=made.number, since=day(2), until=day(31))
    later = change(made.harvest(day(31)), reach=reach)
    row = every(below(first, later))["stemcell-current", "production/services/ubuntu-jammy"]
    assert row.breaches[0].begin == day(7)
    assert (row.breaches[0].end, row.corrected_at) == (day(9), None)
    assert row.inside == pytest.approx(96)
    assert [part.reason for part in row.unseen] == ["task 2 was under way"]
    assert row.subject.name == "ubuntu-jammy/1.100"


def test_another_system_of_the_same_month_is_not_held() -> None:
    """A line that was not there at all in the month has no hours."""
    play = played((day(-25), "1.100"))
    play.now = day(-3)
    play.delete()
    assert every(below(play.harvest(day(31)))) == {}


# ---------------------------------------------------------------- in the answer


def answered(known: PlatformFacts, *, times: datetime = END, **changes: Any) -> Assessment:
    """The provider's answer for October."""
    month = Month(period=OCTOBER, **changes)
    taken = change(seen(known), taken_at=times, finished_at=times)
    return assessed(facts(), "SI-2", system=PROVIDER, snapshot=taken, platform=known, as_of=END, month=month)


def current(answer: Assessment) -> list[Observation]:
    """What is said of the check, less what it does not speak of."""
    return [row for row in answer.observations if row.check == CHECK and row.status != "not-applicable"]


def test_the_verdict_of_a_month_is_on_what_ran_at_its_end() -> None:
    """It was outside, and what ran then was another stemcell of the line."""
    known = below(*played((day(-25), "1.100"), (day(9), "1.101")).harvests(HARVESTED))
    answer = answered(known)
    (row,) = current(answer)
    assert (row.subject.name, row.status, row.over_hours) == ("ubuntu-jammy/1.101", "fail", 48)
    assert row.detail == (
        "outside the 4-day window for 48.0 hours of October 2026, "
        "from 2026-10-08T00:00:00Z to 2026-10-10T00:00:00Z, corrected"
    )
    kept = held_as(answer.month, CHECK, row.subject)
    assert kept is not None
    assert kept.corrected_at == day(9)
    assert held_as(answer.month, CHECK, change(row.subject, name="ubuntu-jammy/1.100")) is None


def test_the_verdict_of_a_month_names_what_is_gone() -> None:
    """A deployment that was deleted in the month has its own row."""
    play = played((day(-25), "1.100"))
    play.now = day(9)
    play.delete()
    (row,) = current(answered(below(play.harvest(day(31)))))
    assert (row.subject.name, row.subject.deployment, row.status) == ("ubuntu-jammy/1.100", CF, "fail")


def test_nothing_is_held_where_the_platform_is_not_asked_about() -> None:
    """The customer's answer is as it was."""
    known = below(*played((day(-25), "1.100")).harvests(HARVESTED))
    month = Month(period=OCTOBER)
    taken = change(snapshot(), taken_at=END, finished_at=END)
    assert assessed(facts(), "SI-2", snapshot=taken, platform=known, as_of=END, month=month).month == month


def test_a_stemcell_is_held_by_its_line_where_it_runs() -> None:
    """Whatever its version; an app by its guid."""
    one = Subject(type="stemcell", name="ubuntu-jammy/1.100", environment="production", deployment=CF)
    assert held_key(one) == held_key(change(one, name="ubuntu-jammy")) == PLACE[1]
    assert held_key(Subject(type="app", guid="a1", name="pay/ment")) == "a1"


def test_an_item_of_a_line_closes_when_another_stemcell_is_live() -> None:
    """The item named the one before; it is closed with the deployment, and by its documents."""
    opened = OpenItem(
        check=CHECK,
        component="ubuntu-jammy",
        opened="2026-09",
        months=1,
        subjects=("ubuntu-jammy/1.100 in production/cf-production",),
    )
    before = MonthSummary(
        schema="cf-evidence/summary/1",
        system="default",
        month="2026-09",
        as_of=BEGIN,
        tool="",
        inputs={},
        windows={},
        statuses={},
        figures=(),
        failing=(),
        items=(opened,),
    )
    releases = (*OLD, release("1.101", day(-6)))
    known = below(*played((day(-25), "1.100"), (day(2), "1.101")).harvests(HARVESTED), releases=releases)
    items = {row.check: row for row in open_items(answered(known), before, "2026-10")}
    assert items[CHECK].closed_at == day(2)
    assert "sha256:index-1.101" in items[CHECK].evidence


# ---------------------------------------------------------------- properties

VERSIONS = tuple(f"1.{number}" for number in range(100, 106))
MOVES = st.lists(st.tuples(st.integers(1, 14 * 24), st.integers(0, 5)), max_size=8)
GAPS = st.lists(st.integers(1, 20 * 24), min_size=6, max_size=6)
TIMES = st.sets(st.integers(-24 * 24, 34 * 24), min_size=1, max_size=12)
LIMIT = timedelta(hours=96)


def history(moves: Sequence[tuple[int, int]]) -> Play:
    """Deploys of one line so many hours apart, from before the month on."""
    live, at, last = [(day(-25), VERSIONS[0])], day(-25), 0
    for gap, number in moves:
        at += gap * HOUR
        if number != last:
            live.append((at, VERSIONS[number]))
            last = number
    return played(*live)


def index(gaps: Sequence[int]) -> tuple[StemcellRelease, ...]:
    """Each version some hours after the one before."""
    releases, at = [], day(-40)
    for version, gap in zip(VERSIONS, gaps, strict=True):
        at += gap * HOUR
        releases.append(release(version, at))
    return tuple(releases)


def looked(play: Play, times: Iterable[int], vms: Iterable[int] = ()) -> tuple[Director, ...]:
    """Harvests at some hours of the month; those numbered in `vms` list all VMs."""
    return play.harvests([BEGIN + number * HOUR for number in sorted(times)], vms=vms)


def whole(directors: Sequence[Director], releases: Sequence[StemcellRelease], **changes: Any) -> Held | None:
    """What is held of the line."""
    return every(below(*directors, releases=releases, **changes)).get(PLACE)


def is_in(row: Held, at: datetime) -> bool:
    """Whether an instant of the month is inside."""
    outside = ((breach.begin, breach.end or END) for breach in row.breaches)
    hidden = ((part.begin, part.end) for part in row.unseen)
    return not any(begin <= at < end for begin, end in (*outside, *hidden))


def edges(*rows: Held) -> set[datetime]:
    """Where anything changes."""
    found = {BEGIN, END}
    for row in rows:
        found |= {breach.begin for breach in row.breaches} | {breach.end or END for breach in row.breaches}
        found |= {at for part in row.unseen for at in (part.begin, part.end)}
    return found


def between(marks: Iterable[datetime]) -> list[datetime]:
    """An instant between each two of some that follow one another, in the month."""
    found = sorted(mark for mark in marks if BEGIN <= mark <= END)
    return [begin + (end - begin) / 2 for begin, end in pairwise(found)]


def truly(live: str | None, releases: Iterable[StemcellRelease], at: datetime) -> bool:
    """Whether what was live at an instant was inside then."""
    newer = [row.published for row in releases if live is not None and key(row.version) > key(live) and row.published]
    return live is not None and all(at - published <= LIMIT for published in newer)


def marks(play: Play, releases: Iterable[StemcellRelease]) -> set[datetime]:
    """Where the truth changes."""
    return {row.at for row in play.seen} | {row.published + LIMIT for row in releases if row.published}


def assert_no_better(less: Held | None, more: Held) -> None:
    """With less evidence no time is inside that was not."""
    if less is not None:
        for at in between(edges(less, more)):
            assert is_in(more, at) or not is_in(less, at), at


def thinned(directors: Sequence[Director], play: Play, random: Random, share: float) -> list[Director]:
    """The same harvests without some of their rows, tasks and lists; of each deploy that was seen, one row stays."""
    rows = [row for director in directors for row in director.events]
    kept = {row.id for row in rows if random.random() > share}
    for task in sorted(changed(play)):
        own = [row.id for row in rows if row.task == task and row.object_type != "lock"]
        if own and not kept & set(own):
            kept.add(random.choice(own))
    return [
        change(
            director,
            events=tuple(row for row in director.events if row.id in kept),
            tasks=tuple(row for row in director.tasks if random.random() > share),
            **({"listed": None} if random.random() < share else {}),
            **({"vms": (), "vms_of": ()} if random.random() < share else {}),
        )
        for director in directors
    ]


@settings(max_examples=150)
@given(MOVES, GAPS, TIMES)
def test_the_hours_of_a_month_add_up_and_are_true(moves, gaps, times) -> None:
    """What is inside or outside was so, with the version that the last success left counted as live."""
    play, releases = history(moves), index(gaps)
    row = whole(looked(play, times), releases)
    assert row is not None
    assert sum(hours(row)) == pytest.approx(744)
    hidden = [(part.begin, part.end) for part in row.unseen]
    for at in between(edges(row) | marks(play, releases)):
        if not any(begin <= at < end for begin, end in hidden):
            then = play.at(at)
            assert is_in(row, at) == truly(then.conventional if then else None, releases, at), at


@settings(max_examples=200)
@given(MOVES, GAPS, TIMES, st.integers(0, 2**40), st.sampled_from((0.03, 0.1, 0.3, 0.7)))
def test_no_time_is_inside_that_was_not_whatever_is_hidden(moves, gaps, times, seed, share) -> None:
    """Rows, tasks and lists are missing; what is inside was so of every VM."""
    play, releases, random = history(moves), index(gaps), seeded(seed)
    numbers = [number for number in range(len(times)) if random.random() < 0.3]
    row = whole(thinned(looked(play, times, numbers), play, random, share), releases)
    if row is None:
        return
    for at in between(edges(row) | marks(play, releases)):
        assert truly(play.floor(at), releases, at) or not is_in(row, at), at


@settings(max_examples=200)
@given(MOVES, GAPS, TIMES, st.integers(0, 2**40))
def test_a_lost_harvest_or_event_never_makes_time_inside(moves, gaps, times, seed) -> None:
    """What was outside or not known stays so."""
    play, releases, random = history(moves), index(gaps), seeded(seed)
    directors = looked(play, times)
    more = whole(directors, releases)
    assert more is not None
    kept = [director for director in directors if random.random() < 0.7]
    assert_no_better(whole(kept, releases), more)
    assert_no_better(whole(thinned(directors, play, random, 0.1), releases), more)


@settings(max_examples=100)
@given(MOVES, GAPS, TIMES, st.integers(0, 5))
def test_an_unread_release_never_makes_time_inside(moves, gaps, times, number) -> None:
    """Neither one of an unknown instant, nor an index of which a part was not read."""
    directors, releases = looked(history(moves), times), index(gaps)
    more = whole(directors, releases)
    assert more is not None
    dateless = change(releases[number], published=None)
    assert_no_better(whole(directors, (*releases[:number], dateless, *releases[number + 1 :])), more)
    rest = (*releases[:number], *releases[number + 1 :])
    assert_no_better(whole(directors, rest, without="stemcell-index"), more)


@settings(max_examples=50)
@given(MOVES, GAPS, TIMES, st.randoms(use_true_random=False))
def test_the_order_of_snapshots_and_releases_does_not_matter(moves, gaps, times, chance) -> None:
    """They may be read in any order, and twice."""
    directors, releases = looked(history(moves), times), index(gaps)
    mixed, shuffled = [*directors, directors[0]], list(releases)
    chance.shuffle(mixed)
    chance.shuffle(shuffled)
    assert whole(mixed, shuffled) == whole(directors, releases)
