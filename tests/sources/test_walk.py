"""Walking a list: no row that is there throughout is lost, and the walk ends."""

from collections.abc import Callable
from math import ceil
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.model import Gap
from collector.sources.cloud_controller import wire
from collector.sources.cloud_controller.walk import Walk
from tests.sources.fakes import FakeList, page_of, rows, second, walked, without


def walk(size: int) -> Walk:
    return Walk("apps", "/v3/apps", {"space_guids": "one"}, wire.APPS, size)


def walk_all(listing: FakeList, size: int) -> tuple[list[str], list[Gap]]:
    """Without the filter, which these rows know nothing of."""
    return walked(Walk("apps", "/v3/apps", {}, wire.APPS, size), listing)


def guids(listing: FakeList) -> list[str]:
    return sorted(row.guid for row in listing.rows)


def at_request(number: int, act: Callable[[FakeList], None]) -> Callable[[FakeList], None]:
    return lambda listing: act(listing) if len(listing.asked) == number else None


def test_first_question() -> None:
    """The first question orders by creation, keeps the filters, and names neither page nor time."""
    query = {"space_guids": "one", "order_by": "created_at", "per_page": "100"}
    ask = walk(100).ask()
    assert ("apps", "/v3/apps", query, False) == (ask.what, ask.path, ask.query, ask.instead)


def test_next_question() -> None:
    """The next question begins in the second of the last row."""
    ask = walk(2).after(page_of(rows(0, 5), 9, more=True))
    assert ask is not None
    assert ask.query == {
        "space_guids": "one",
        "order_by": "created_at",
        "per_page": "2",
        "created_ats[gte]": "2026-11-01T00:00:05Z",
    }


def test_a_filter_of_time_gives_way() -> None:
    """A walk that begins at a time goes on from its last row, not from that time."""
    events = Walk("events", "/v3/audit_events", {"created_ats[gte]": "2026-10-20T12:00:00Z"}, wire.EVENTS, 2)
    first, following = events.ask(), events.after(page_of(rows(0, 5), 9, more=True))
    assert following is not None
    assert [ask.query["created_ats[gte]"] for ask in (first, following)] == [
        "2026-10-20T12:00:00Z",
        "2026-11-01T00:00:05Z",
    ]


def test_plain_walk() -> None:
    """Ten rows in pages of four are three questions, each row fresh once."""
    listing = FakeList(rows(*range(10)))
    seen, gaps = walk_all(listing, 4)
    assert (guids(listing), [], 3) == (sorted(seen), gaps, len(listing.asked))


def test_rows_that_vanish() -> None:
    """Thirty rows that vanish behind the walk draw no other out of sight."""
    first = rows(*range(500))
    listing = FakeList(list(first), before=at_request(1, lambda now: without(now, [row.guid for row in first[:30]])))
    seen, _ = walk_all(listing, 100)
    assert ([row.guid for row in first], 500) == (seen, len(set(seen)))


def test_rows_that_appear() -> None:
    """Rows that appear ahead of the walk are seen, and none is seen twice."""
    late = wire.Row(guid="late", created_at=second(900))
    listing = FakeList(rows(*range(500)), before=at_request(2, lambda now: now.rows.append(late)))
    seen, _ = walk_all(listing, 100)
    assert (guids(listing), 501) == (sorted(seen), len(seen))


def test_one_second() -> None:
    """1,500 apps made in one second fit into no page, and are all seen."""
    listing = FakeList(rows(*[7] * 1500))
    seen, _ = walk_all(listing, 1000)
    assert (guids(listing), 2) == (sorted(seen), len(listing.asked))


def test_tie_between_others() -> None:
    """A second that spans pages is left again for what was created after it."""
    listing = FakeList(rows(*range(5), *[7] * 25, *range(10, 20)))
    seen, _ = walk_all(listing, 10)
    assert guids(listing) == sorted(seen)


def test_rows_that_vanish_inside_one_second() -> None:
    """Where page numbers must serve, rows that vanish from an earlier page make the second begin anew."""
    first = rows(*[7] * 30, *range(10, 40))
    early = sorted(row.guid for row in first[:30])[:8]
    listing = FakeList(list(first), before=at_request(1, lambda now: without(now, early)))
    seen, _ = walk_all(listing, 10)
    assert sorted(row.guid for row in first) == sorted(seen)


def test_second_that_empties_behind_the_walk() -> None:
    """A page past the end inside one second is not the end: what slipped forward is looked for."""
    first = rows(7, 7, 7, 7)
    early = sorted(row.guid for row in first)[:2]
    listing = FakeList(list(first), before=at_request(1, lambda now: without(now, early)))
    seen, _ = walk_all(listing, 2)
    assert sorted(row.guid for row in first) == sorted(seen)


@pytest.mark.parametrize("size", [1, 2, 10])
def test_past_the_end(size: int) -> None:
    """A page past the end is the end, though it says that there is nothing at all."""
    assert walk(size).after(page_of([], 0)) is None


def test_full_last_page() -> None:
    """A full page without a next one is the last."""
    listing = FakeList(rows(*range(8)))
    seen, _ = walk_all(listing, 4)
    # Each page after the first repeats the row at its border.
    assert (len(seen), len(listing.asked)) == (8, 3)


def test_next_is_believed() -> None:
    """`next` null ends the walk, whatever the total says."""
    assert walk(4).after(page_of(rows(1, 2, 3, 4), 9)) is None


def test_links_are_not_followed() -> None:
    """The link to the next page names another host; only its being there matters."""
    ask = walk(4).after(page_of(rows(1, 2, 3, 4), 9, more=True))
    assert ask is not None
    assert ask.path == "/v3/apps"


def test_cap_on_results() -> None:
    """An operator's cap on results makes pages smaller than it, and the refused question is no gap."""
    listing = FakeList(rows(*range(1200)), cap=500)
    seen, gaps = walk_all(listing, 1000)
    assert (guids(listing), []) == (sorted(seen), gaps)
    assert [query["per_page"] for query in listing.asked] == ["1000", "499", "499", "499"]


def test_cap_question_stands_instead() -> None:
    """The smaller question says that it replaces the refused one."""
    refusal = FakeList([], cap=500).answer("apps", {"per_page": "1000"})
    ask = walk(1000).after(refusal)
    assert ask is not None
    assert (ask.query["per_page"], ask.instead) == ("499", True)


def test_cap_inside_one_second() -> None:
    """A second with more rows than the cap cannot be walked: the gap stands, and there is no loop."""
    listing = FakeList(rows(*[7] * 800), cap=500)
    seen, gaps = walk_all(listing, 1000)
    assert (len(seen), [gap.http_status for gap in gaps], len(listing.asked)) == (499, [400], 3)


@pytest.mark.parametrize("status", [502, 503, 504, None])
def test_pages_too_slow(status: int | None) -> None:
    """What a gateway or a timeout cuts off is asked for in halves until it comes."""
    listing = FakeList(rows(*range(1000)), slow_above=250, status_when_slow=status)
    seen, gaps = walk_all(listing, 1000)
    assert (guids(listing), []) == (sorted(seen), gaps)
    assert [query["per_page"] for query in listing.asked[:3]] == ["1000", "500", "250"]


def test_smallest_page() -> None:
    """Below fifty rows a page nothing is gained: then the gap stands."""
    listing = FakeList(rows(*range(1000)), slow_above=10)
    seen, gaps = walk_all(listing, 1000)
    assert [query["per_page"] for query in listing.asked] == ["1000", "500", "250", "125", "62", "50"]
    assert (seen, [gap.http_status for gap in gaps]) == ([], [504])


def test_slow_in_the_middle() -> None:
    """A page that fails later is halved at its own place: nothing is asked from the beginning."""
    listing = FakeList(rows(*range(1000)), before=lambda now: setattr(now, "slow_above", 100 if now.asked else None))
    seen, gaps = walk_all(listing, 400)
    assert (len(seen), gaps) == (1000, [])
    assert all(query["created_ats[gte]"] >= "2026-11-01T00:06:39Z" for query in listing.asked[1:])


@pytest.mark.parametrize("status", [400, 403, 404, 414, 500])
def test_other_refusals(status: int) -> None:
    """Any other refusal is a gap, and is not asked again."""
    refusal = Gap(what="apps", reason="400 CF-BadQueryParameter: Unknown query parameter(s): 'x'", http_status=status)
    assert walk(1000).after(refusal) is None


def test_once_more() -> None:
    """After the end the walk can look again from its last second, and counts only what is new."""
    listing = FakeList(rows(1, 2, 3))
    looking = Walk("apps", "/v3/apps", {}, wire.APPS, 10)
    walked(looking, listing)
    listing.rows.append(wire.Row(guid="late", created_at=second(3)))
    ask = looking.again()
    page: Any = listing.answer("apps", ask.query)
    assert [row.guid for row in looking.fresh(page)] == ["late"]
    assert (looking.after(page), looking.rows) == (None, 4)


def test_server_without_time_filter() -> None:
    """A server that ignores the filter and pages by number only is still walked to its end."""

    class Ignoring(FakeList):
        def found(self, query: Any) -> list[Any]:  # noqa: ARG002 - that is its fault
            return super().found({})

    listing = Ignoring(rows(*range(60)))
    seen, _ = walk_all(listing, 10)
    assert guids(listing) == sorted(set(seen))


def test_server_that_never_settles() -> None:
    """A server whose second page is always empty cannot keep the walk for ever."""

    class Shrinking(FakeList):
        def answer(self, what: str, query: Any) -> Any:  # noqa: ARG002 - the name is the parent's
            self.asked.append(query)
            return page_of([], 0) if "page" in query else page_of(rows(7, 7), 4, more=True)

    listing = Shrinking([])
    seen, _ = walk_all(listing, 2)
    assert (seen, len(listing.asked) < 50) == (["000000", "007919"], True)


moments = st.lists(st.integers(0, 6), max_size=40)


@given(moments=moments, size=st.integers(1, 50))
@example(moments=[0], size=1)
@example(moments=[], size=1)
@example(moments=[3] * 40, size=1)
def test_every_row_is_seen_once(moments: list[int], size: int) -> None:
    """Whatever shares a second and whatever the page size: every row is fresh once, in a bounded number of requests."""
    listing = FakeList(rows(*moments))
    seen, _ = walk_all(listing, size)
    assert guids(listing) == sorted(seen)
    # Each row may be asked for again once at a border; each second costs a question more when pages are tiny.
    assert len(listing.asked) <= 2 * ceil(len(moments) / size) + 2 * len(set(moments)) + 1


@given(
    moments=moments,
    size=st.integers(1, 12),
    vanishing=st.dictionaries(st.integers(0, 15), st.lists(st.integers(0, 39), max_size=4), max_size=6),
)
@settings(max_examples=200)
def test_rows_that_stay_are_seen(moments: list[int], size: int, vanishing: dict[int, list[int]]) -> None:
    """Whichever rows vanish at whichever moment of the walk: those that stay are seen, each once."""
    listing = FakeList(rows(*moments))
    first = list(listing.rows)

    def vanish(now: FakeList) -> None:
        without(now, [first[index].guid for index in vanishing.get(len(now.asked), ()) if index < len(first)])

    listing.before = vanish
    seen, _ = walk_all(listing, size)
    assert set(guids(listing)) <= set(seen)
    assert len(set(seen)) == len(seen)


@given(
    moments=st.lists(st.integers(0, 30), max_size=40, unique=True),
    size=st.integers(2, 12),
    changes=st.dictionaries(st.integers(0, 15), st.tuples(st.integers(0, 39), st.integers(31, 60)), max_size=6),
)
def test_rows_come_and_go(moments: list[int], size: int, changes: dict[int, tuple[int, int]]) -> None:
    """While rows vanish and others appear at the end, those that are there throughout are seen."""
    listing = FakeList(rows(*moments))
    first = list(listing.rows)

    def change(now: FakeList) -> None:
        index, at = changes.get(len(now.asked), (None, 0))
        if index is not None:
            without(now, [row.guid for row in first[index : index + 1]])
            now.rows.append(wire.Row(guid=f"new-{len(now.asked)}", created_at=second(at)))

    listing.before = change
    seen, _ = walk_all(listing, size)
    assert {row.guid for row in first} & set(guids(listing)) <= set(seen)
