"""Over histories that nobody chose: what is claimed holds, and what is hidden is never claimed."""

import random as chance
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.assessment.rollouts import arrival, rollouts
from collector.model import Director, Rollout
from tests.assessment.rollouts_building import Play, facts, key

VERSIONS = tuple(f"1.{number}" for number in range(96, 104))
SECOND = timedelta(seconds=1)


def seeded(seed: int) -> chance.Random:
    """The same choices for the same seed."""
    return chance.Random(seed)  # noqa: S311  no secret, a history


def played(random: chance.Random, *, mixed: bool = False) -> Play:
    """A history of a random number of runs of every kind."""
    play = Play(old_rows=random.random() < 0.3)
    at = 2
    play.deploy(VERSIONS[at]).wait(hours=random.randint(1, 40))
    for _ in range(random.randint(2, 9)):
        up = random.random() < 0.7
        aim = min(len(VERSIONS) - 1, at + random.randint(0, 2)) if up else max(0, at - random.randint(0, 2))
        at = run(play, random, aim, at, mixed=mixed)
        play.wait(seconds=random.randint(1, 200_000))
    return play


def run(play: Play, random: chance.Random, aim: int, at: int, *, mixed: bool) -> int:
    """One run; gives back what is now aimed at."""
    version = VERSIONS[aim]
    kind = random.choice(("ok", "ok", "ok", "fail", "kill", "cancel", "dry", "dry", "other"))
    where = random.randint(0, 4)
    if kind == "ok":
        play.deploy(version, only=random.choice(("", "api", "diego-cell")) if mixed else "")
        return aim
    if kind == "dry":
        play.dry_run(version)
        return random.choice((aim, at))
    if kind == "other":
        random.choice((play.refused, play.unbound, play.recreate, lambda: play.resurrect("diego-cell/c1")))()
        return at
    stops = {name: where if name == kind else None for name in ("fail", "kill", "cancel")}
    play.deploy(version, fail_at=stops["fail"], kill_at=stops["kill"], cancel_at=stops["cancel"])
    return random.choice((aim, at))


def looked_at(play: Play, random: chance.Random) -> tuple[Director, ...]:
    """Harvests at random instants and one at the end; some of them list all VMs."""
    play.wait(seconds=5)
    span = int((play.now - play.seen[0].at).total_seconds())
    offsets = sorted({random.randint(1, span) for _ in range(random.randint(0, 8))} | {span})
    times = [play.seen[0].at + timedelta(seconds=offset) for offset in offsets]
    return play.harvests(times, vms=[number for number in range(len(times)) if random.random() < 0.3])


def of(directors: tuple[Director, ...], play: Play) -> Rollout | None:
    found = rollouts(facts(*directors), play.now)
    assert len(found) <= 1
    return found[0] if found else None


def instants(play: Play, rollout: Rollout) -> list[tuple[datetime, str]]:
    """Every instant at which a claim could be wrong, with the version that is claimed."""
    edges = sorted({row.at for row in play.seen} | {row.at - SECOND for row in play.seen})
    made = []
    for segment in rollout.segments:
        if segment.floor is not None:
            inside = [at for at in edges if segment.since <= at < segment.until]
            made += [
                (at, segment.floor) for at in {segment.since, segment.until - SECOND, *inside} if at >= segment.since
            ]
    return made


@pytest.mark.parametrize(("mixed", "share"), [(False, 0.91), (True, 0.85)])
def test_what_is_claimed_is_the_truth_and_most_of_it_is_claimed(mixed, share) -> None:
    """With everything visible a floor is what ran; a newer one counts from the end of the deploy that brought it."""
    random, known, total = seeded(2026), timedelta(), timedelta()
    for _ in range(400):
        play = played(random, mixed=mixed)
        rollout = of(looked_at(play, random), play)
        assert rollout is not None
        for at, floor in instants(play, rollout):
            state, ran = play.at(at), play.floor(at)
            assert state is not None
            assert ran is not None
            assert state.conventional is not None
            assert key(state.conventional) <= key(floor) <= key(ran), (at, floor)
        known += sum((row.until - row.since for row in rollout.segments if row.floor), timedelta())
        total += rollout.segments[-1].until - rollout.segments[0].since
    assert known / total > share


def changed(play: Play) -> set[str]:
    """The tasks that changed a stemcell."""
    return {
        row.task
        for row in play.events
        if row.object_type == "instance" and ("stemcell" in row.changes or row.action == "create")
    }


def hidden(directors: tuple[Director, ...], play: Play, random: chance.Random, *, share: float) -> tuple[Director, ...]:
    """The same harvests with rows, tasks and lists taken away.

    Each task that changed a stemcell keeps a row of the deployment or of an instance: where nothing at all is left of
    one in a stretch that is said to be whole, no reader could know of it.
    """
    rows = [row for director in directors for row in director.events]
    kept = {row.id for row in rows if random.random() > share}
    for task in sorted(changed(play)):
        own = [row.id for row in rows if row.task == task and row.object_type != "lock"]
        if not kept & set(own):
            kept.add(random.choice(own))
    return tuple(
        msgspec.structs.replace(
            director,
            events=tuple(row for row in director.events if row.id in kept),
            tasks=tuple(row for row in director.tasks if random.random() > share),
            **({"listed": None} if random.random() < share else {}),
            **({"vms": (), "vms_of": ()} if random.random() < share else {}),
        )
        for director in directors
    )


@settings(max_examples=400)
@given(seed=st.integers(0, 2**40), mixed=st.booleans(), share=st.sampled_from((0.03, 0.1, 0.3, 0.7)))
def test_what_is_hidden_never_makes_a_floor_newer_than_what_ran(seed, mixed, share) -> None:
    """Soundness: whatever rows, tasks and lists are missing, no claim is newer than the oldest VM."""
    random = seeded(seed)
    play = played(random, mixed=mixed)
    rollout = of(hidden(looked_at(play, random), play, random, share=share), play)
    for at, floor in instants(play, rollout) if rollout else ():
        ran = play.floor(at)
        assert ran is not None
        assert key(floor) <= key(ran), (at, floor)


@settings(max_examples=300)
@given(seed=st.integers(0, 2**40), share=st.sampled_from((0.02, 0.1, 0.4)))
def test_what_is_hidden_never_makes_an_arrival_earlier(seed, share) -> None:
    """None lies before the first instant at which it can have been, and what is open does not look closed."""
    random = seeded(seed)
    play = played(random)
    whole = looked_at(play, random)
    less = hidden(whole, play, random, share=share)
    full, rest = of(whole, play), of(less, play)
    assert full is not None
    if rest is None:
        return
    for version in VERSIONS:
        told, left = arrival(full, version, play.now), arrival(rest, version, play.now)
        if left.not_after is not None and not left.open:
            assert not told.open, version
            assert told.not_before is None or left.not_after >= told.not_before, version


@settings(max_examples=150)
@given(seed=st.integers(0, 2**40))
def test_a_lost_harvest_never_makes_a_floor_newer_than_what_ran(seed) -> None:
    """A stretch that no harvest covers is a gap, not a quiet time."""
    random = seeded(seed)
    play = played(random)
    kept = tuple(row for row in looked_at(play, random) if random.random() < 0.6)
    rollout = of(kept, play)
    for at, floor in instants(play, rollout) if rollout else ():
        ran = play.floor(at)
        assert ran is not None
        assert key(floor) <= key(ran), (at, floor)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**40))
def test_the_order_of_harvests_and_of_rows_does_not_matter(seed) -> None:
    """Documents arrive in any order, and more than once."""
    random = seeded(seed)
    play = played(random)
    directors = looked_at(play, random)
    mixed = [
        msgspec.structs.replace(
            row,
            events=tuple(random.sample(row.events, len(row.events))),
            tasks=tuple(random.sample(row.tasks, len(row.tasks))),
            vms=tuple(random.sample(row.vms, len(row.vms))),
        )
        for row in (*directors, *directors[:1])
    ]
    random.shuffle(mixed)
    assert of(tuple(mixed), play) == of(directors, play)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**40))
def test_several_harvests_tell_what_one_tells(seed) -> None:
    """How the rows are cut into harvests does not matter."""
    random = seeded(seed)
    play = played(random)
    several = tuple(msgspec.structs.replace(row, listed=None, vms=(), vms_of=()) for row in looked_at(play, random))
    assert of(several, play) == of((play.harvest(listed=False),), play)
