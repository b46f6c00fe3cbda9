"""Stretches inside, outside and not known, to the second."""

from datetime import UTC, datetime, timedelta

from collector.assessment.period.pieces import Piece, breaches, clipped, hours_of, stretches, unseen, worst
from collector.model import Breach, Period

LIMIT = timedelta(days=14)


def day(number: float) -> datetime:
    """So many days after the first of October."""
    return datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=number)


OCTOBER = Period(name="2026-10", begin=day(0), end=day(31))


def test_an_age_equal_to_the_limit_is_inside() -> None:
    """The breach begins where the age passes the limit."""
    (inside, outside) = stretches([Piece(day(0), day(20), day(-2), day(-2))], LIMIT)
    assert (inside.begin, inside.end, inside.state) == (day(0), day(12), "in")
    assert (outside.begin, outside.end, outside.state) == (day(12), day(20), "out")


def test_between_two_instants_the_age_is_not_known() -> None:
    """Inside as long as the oldest is, outside from when the youngest is, not known in between."""
    rows = list(stretches([Piece(day(0), day(20), day(-4), day(-1))], LIMIT))
    assert [(row.begin, row.state) for row in rows] == [(day(0), "in"), (day(10), "unknown"), (day(13), "out")]


def test_what_never_comes_to_be_outside_is_inside() -> None:
    """A buildpack that is current has no age."""
    assert [row.state for row in stretches([Piece(day(0), day(40))], LIMIT)] == ["in"]


def test_hours_add_up_to_the_period() -> None:
    """Whatever lies outside the month does not count."""
    pieces = [Piece(day(-40), day(10), day(-40), day(-40)), Piece(day(10), day(50), day(10), day(10))]
    rows = clipped(stretches(pieces, LIMIT), OCTOBER)
    assert (hours_of(rows, "out"), hours_of(rows, "in"), hours_of(rows, "unknown")) == (17 * 24.0, 14 * 24.0, 0.0)
    assert worst(rows) == 50 * 24.0


def test_the_age_of_one_does_not_pass_on_to_the_next() -> None:
    """Stretches that go on alike are one; the greatest age is that of either, not of both together."""
    pieces = [Piece(day(number), day(number + 8), day(number), day(number)) for number in (-8, 0, 8, 16)]
    (row,) = rows = clipped(stretches(pieces, LIMIT), OCTOBER)
    assert (row.begin, row.end) == (day(0), day(24))
    assert worst(rows) == 8 * 24.0


def test_a_breach_says_when_it_began_and_whether_it_is_open() -> None:
    """Also where it began before the month; one that ends with the month is open."""
    pieces = [Piece(day(-40), day(10), day(-40), day(-40)), Piece(day(10), day(50), day(10), day(10))]
    assert breaches(list(stretches(pieces, LIMIT)), OCTOBER) == (
        Breach(begin=day(0), end=day(10), since=day(-26)),
        Breach(begin=day(24), end=None, since=day(24)),
    )


def test_a_breach_that_ends_with_the_first_instant_of_the_next_month_is_open() -> None:
    """A month is up to, and without, that instant."""
    at_end = [Piece(day(0), day(31), day(0), day(0)), Piece(day(31), day(40), day(31), day(31))]
    before = [Piece(day(0), day(31) - timedelta(seconds=1), day(0), day(0))]
    assert breaches(list(stretches(at_end, LIMIT)), OCTOBER)[-1].end is None
    assert breaches(list(stretches(before, LIMIT)), OCTOBER)[-1].end == day(31) - timedelta(seconds=1)


def test_what_is_not_known_says_why() -> None:
    """A reason stands beside every such stretch."""
    rows = clipped(stretches([Piece(day(-3), day(2), reason="not looked at")], LIMIT), OCTOBER)
    (row,) = unseen(rows)
    assert (row.begin, row.end, row.reason) == (day(0), day(2), "not looked at")
