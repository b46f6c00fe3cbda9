"""What is said of any month: nothing that did not happen, and nothing better for having seen less."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.model import Breach, Held, Unseen
from tests.assessment.period_lives import MONTH, OCTOBER, Life, Shown, fine, hour, lives, looks, told

CHECKS = ("app-restage-age", "buildpack-current")
MANY = settings(max_examples=400)
STEADY = 7 * 24
NOTHING_ASSUMED = 0.1


def inside_any(rows: Sequence[Breach | Unseen], at: float) -> bool:
    """Whether an hour lies in one of some stretches."""
    moment = hour(at)
    return any(row.begin <= moment < (row.end or OCTOBER.end) for row in rows)


def contradicted(life: Life, held: Held) -> list[str]:
    """The hours of which something is said that is not so."""
    found = []
    for number in range(MONTH):
        at = number + 0.5
        broken, unseen = inside_any(held.breaches, at), inside_any(held.unseen, at)
        truly = life.outside(held.check, at)
        if broken and not truly:
            found.append(f"{held.check} {number}: said outside")
        if truly and life.runs(at) and not broken and not unseen:
            found.append(f"{held.check} {number}: not said outside")
    return found


def judged(life: Life, shown: Sequence[Shown], steady: float) -> dict[str, Held]:
    """How the app was held, by check."""
    return {check: held for (check, _), held in told(life, shown, steady).held().items()}


@MANY
@given(lives(), looks())
def test_what_is_said_is_so(life: Life, shown: list[Shown]) -> None:
    """Where nothing is assumed between looks, no hour is said to be outside or inside that is not."""
    for held in judged(life, shown, NOTHING_ASSUMED).values():
        assert contradicted(life, held) == []


@MANY
@given(lives(apart=STEADY + 1), looks())
def test_what_is_said_is_so_of_droplets_that_stay_for_longer_than_the_harvest_window(
    life: Life, shown: list[Shown]
) -> None:
    """Two looks no further apart than that window cannot have missed a rollback there and back."""
    for held in judged(life, shown, STEADY).values():
        assert contradicted(life, held) == []


@st.composite
def lessened(draw: st.DrawFn, shown: list[Shown]) -> list[Shown]:
    """Some of the snapshots are missing, and some of what the others read."""
    found = []
    for row in shown:
        if draw(st.booleans()):
            kept = [held and draw(st.sampled_from([True, True, False])) for held in row[1:]]
            found.append(Shown(row.at, *kept))
    return found


@MANY
@given(lives(), looks(), st.data())
def test_less_evidence_never_makes_a_month_a_pass(life: Life, shown: list[Shown], data: st.DataObject) -> None:
    """Without a snapshot, its events, builds, stagings or a droplet, what was outside or unknown is not all inside."""
    less = data.draw(lessened(shown))
    whole = judged(life, shown, NOTHING_ASSUMED)
    for check, held in judged(life, less, NOTHING_ASSUMED).items():
        assert not fine(held) or fine(whole[check])


@MANY
@given(lives(apart=STEADY + 1), looks(least=2), st.data())
def test_less_evidence_never_makes_a_month_a_pass_within_the_harvest_window(
    life: Life, shown: list[Shown], data: st.DataObject
) -> None:
    """Nor where looks within that window speak for the time between them."""
    less = data.draw(lessened(shown))
    whole = judged(life, shown, STEADY)
    for check, held in judged(life, less, STEADY).items():
        assert not fine(held) or fine(whole[check])


def test_a_lost_snapshot_that_showed_a_rollback_leaves_no_pass() -> None:
    """Two looks are left, 33 days apart, and the rollback lies before all that the events of the later one reach.

    Every droplet stays for longer than the harvest window.
    """
    sets = ((-960, 0), (-240, 1), (95, 2), (409, 3), (720, 0), (960, 4))
    life = Life(sets, uploads=(), started=True, turned=99_999, deleted=99_999)
    shown = [Shown(24), Shown(696), Shown(732), Shown(62 * 24)]
    whole = judged(life, shown, STEADY)["app-restage-age"]
    less = judged(life, [row for row in shown if row.at != 732], STEADY)["app-restage-age"]
    assert (whole.inside, whole.outside, whole.unknown) == (720, 12, 12)
    assert (less.inside, less.outside, less.unknown) == (696, 0, 48)


@settings(max_examples=100)
@given(lives(), looks(least=2), st.randoms(use_true_random=False))
def test_the_order_of_snapshots_does_not_matter(life: Life, shown: list[Shown], chance: Random) -> None:
    """Whatever order they are folded in, the answer is the same."""
    mixed = list(shown)
    chance.shuffle(mixed)
    one, other = told(life, shown, STEADY), told(life, mixed, STEADY)
    assert one.held() == other.held()
    assert one.changes() == other.changes()
    assert one.snapped({}) == other.snapped({})


@settings(max_examples=100)
@given(lives(), looks())
def test_the_hours_of_an_app_that_runs_all_along_add_up(life: Life, shown: list[Shown]) -> None:
    """To the month, or to what is left of it since the app was made."""
    running = life._replace(started=True, turned=99_999, deleted=99_999)
    month = MONTH - max(0, running.created)
    for held in judged(running, shown, STEADY).values():
        assert held.inside + held.outside + held.unknown == pytest.approx(month)
        assert sum((row.end - row.begin for row in held.unseen), timedelta()) == timedelta(hours=held.unknown)
