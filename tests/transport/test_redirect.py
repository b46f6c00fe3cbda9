"""Answers that name a place, and questions that are asked after a while."""

import pytest

from collector.errors import Refused, RemoteError
from collector.evidence import Ask

VMS = "/deployments/cf-production/vms"


def never(_: bytes) -> object:
    raise AssertionError("a place is not decoded")


def place(path: str = VMS, **more) -> Ask:
    return Ask(what="vms-task", path=path, query={"format": "full"}, decode=never, redirect=True, **more)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_place_is_an_answer(server, world, say, status) -> None:
    """The page is the path, the body is as received, and nobody goes there."""
    server.on(VMS, say.answer(status, b"", "text/html", Location=f"{server.url}/tasks/33"))
    got = world.session(server.url).fetch(place())
    assert (got.page, got.body, got.status, got.retrieved_at) == ("/tasks/33", b"", status, say.noon)
    assert [asked.target for asked in server.asked] == [f"{VMS}?format=full"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://director.example.gov:25555/tasks/33", "/tasks/33"),
        ("http://10.0.0.6/tasks/33?type=result&x=", "/tasks/33?type=result&x="),
        ("/tasks/33", "/tasks/33"),
        ("//elsewhere/tasks/33#x", "/tasks/33"),
    ],
)
def test_the_host_of_a_place_does_not_count(director, other, world, say, location, expected) -> None:
    """A director behind a proxy makes it from what it believes to be called; the token goes to the one we know."""
    director.on(VMS, say.answer(302, Location=location.replace("elsewhere", other.url.removeprefix("http://"))))
    director.on("/tasks/33", say.page({"state": "done"}))
    session = world.director(director.url)
    assert session.fetch(place()).page == expected
    assert session.fetch(say.ask("/tasks/33")).page == {"state": "done"}
    assert other.asked == []
    assert director.asked[-1].headers["authorization"].startswith("bearer ")


@pytest.mark.parametrize("location", ["", "tasks/33", "mailto:x", "http://[::1", "https://director", "/tasks /33"])
def test_a_place_that_cannot_be_used_is_a_failed_attempt(server, world, say, location) -> None:
    """No Location, or one without a path, is tried again like any broken answer."""
    good = say.answer(302, Location="/tasks/33")
    server.on(VMS, say.answer(302, Location=location), good)
    session = world.session(server.url)
    assert session.fetch(place()).page == "/tasks/33"
    server.on(VMS, say.answer(302, Location=location))
    with pytest.raises(RemoteError, match=r"^302 without a place that can be used after 5 attempts$"):
        session.fetch(place())


def test_a_page_instead_of_a_place_is_a_failed_attempt(server, world, say) -> None:
    """200 is not what was promised; its body is not read as if it were."""
    server.on(VMS, say.page([]))
    with pytest.raises(RemoteError, match=r"^200 where a redirect was promised after 5 attempts$"):
        world.session(server.url).fetch(place())


def test_a_no_instead_of_a_place_is_a_no(director, world, say) -> None:
    """404, and 401 for a scope, are what they always are."""
    director.on(VMS, say.answer(404, b'{"code":70000,"description":"none"}', "text/html"))
    with pytest.raises(Refused, match=r"^404 Not Found: none$"):
        world.director(director.url).fetch(place())


def test_a_question_can_wait(server, world, say) -> None:
    """Once before it is asked, through the sleep that an interruption cuts short; its retries wait as always."""
    server.on("/tasks/33", say.answer(502), say.page({}))
    session = world.session(server.url)
    session.fetch(say.ask("/tasks/33")._replace(wait=4.0))
    assert world.slept == [4.0, 1.0]


def test_a_wait_that_is_interrupted_asks_nothing(server, world, say) -> None:
    """What the sleep raises ends it."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    session = world.session(server.url, sleep=interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.fetch(say.ask("/tasks/33")._replace(wait=4.0))
    assert server.asked == []
