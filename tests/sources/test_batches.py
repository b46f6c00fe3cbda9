"""Droplets by guid: full request lines, never too long ones, and no guid twice."""

from hypothesis import given
from hypothesis import strategies as st

from collector.evidence import Ask
from collector.sources.cloud_controller.batches import BATCH, URL_BYTES, Batches
from collector.transport.urls import url_of
from tests.sources.fakes import guid_of

API = "https://api.example.gov"


def request_line(ask: Ask) -> int:
    """The bytes of what a request says after GET, as the transport encodes it."""
    return len(url_of(API, ask.path, ask.query)) - len(API)


def asked(asks: list[Ask]) -> list[str]:
    return [guid for ask in asks for guid in ask.query["guids"].split(",")]


def test_full_batches() -> None:
    """Only full batches are taken while more may come, the rest at the end."""
    batches = Batches("droplets")
    batches.add(guid_of(number) for number in range(450))
    first, rest = batches.take(everything=False), batches.take(everything=True)
    assert [len(ask.subjects) for ask in first] == [200, 200]
    assert [len(ask.subjects) for ask in rest] == [50]
    assert asked(first + rest) == [guid_of(number) for number in range(450)]


def test_full_batch_fits() -> None:
    """Two hundred real guids fit into a request line, and come in one page."""
    batches = Batches("droplets")
    batches.add(guid_of(number) for number in range(200))
    (ask,) = batches.take(everything=False)
    assert (len(ask.subjects), ask.query["per_page"]) == (200, "200")
    assert request_line(ask) <= 7900


def test_long_guids() -> None:
    """Guids longer than usual make smaller batches, and none is left out."""
    batches = Batches("droplets")
    guids = [f"{'x' * 500}-{number}" for number in range(40)]
    batches.add(guids)
    asks = batches.take(everything=True)
    assert asked(asks) == guids
    assert max(map(request_line, asks)) <= 7900


def test_one_guid_too_long() -> None:
    """A guid that fits nowhere is asked for by itself: the server may say no, but the plan ends."""
    batches = Batches("droplets")
    batches.add(["y" * 9000, "z"])
    assert [ask.subjects for ask in batches.take(everything=True)] == [("y" * 9000,), ("z",)]


def test_each_once() -> None:
    """A guid is asked for once, however often it is added."""
    batches = Batches("droplets")
    batches.add(["a", "b", "a"])
    first = batches.take(everything=True)
    batches.add(["b", "c"])
    assert asked(first + batches.take(everything=True)) == ["a", "b", "c"]


def test_came_another_way() -> None:
    """What came another way is not asked for, whether it waited or is added later."""
    batches = Batches("droplets")
    batches.add(["a", "b"])
    batches.came(["a", "c"])
    batches.add(["c", "d"])
    assert len(batches) == 2
    assert asked(batches.take(everything=True)) == ["b", "d"]


def test_nothing_waits() -> None:
    """Where nothing waits, nothing is asked."""
    assert Batches("droplets").take(everything=True) == []


@given(st.lists(st.text("abc-,&%é /", min_size=1, max_size=120).filter(lambda guid: "," not in guid), max_size=600))
def test_bounds(guids: list[str]) -> None:
    """Whatever the guids: each once, at most 200 a request, and no request line too long."""
    batches = Batches("droplets")
    batches.add(guids)
    asks = batches.take(everything=True)
    assert asked(asks) == list(dict.fromkeys(guids))
    assert all(len(ask.subjects) <= BATCH and request_line(ask) <= URL_BYTES for ask in asks)
