"""Conditional requests: what is kept, when it is believed, and when it is asked for anew."""

import hashlib
import json

import pytest

from collector.errors import CollectError, Malformed, Refused, RemoteError
from collector.evidence import Ask
from collector.transport import Cache

TAG = '"33a64df5"'
FRIDAY = "Fri, 20 Nov 2026 21:34:58 GMT"
NOON = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "kept" / "answers")


def entry(cache: Cache):
    (path,) = cache.folder.iterdir()
    return path


def test_a_body_is_sent_once(server, world, say, cache) -> None:
    """The tag goes back, 304 comes, and the answer has the bytes, page and type of the first."""
    server.on("/x", say.answer(200, b'{"n": 1}', "application/json", ETag=TAG), say.answer(304, ETag=TAG, Date=NOON))
    first = world.feed(server.url, cache=cache).fetch(say.ask("/x"))
    second = world.feed(server.url, cache=Cache(cache.folder)).fetch(say.ask("/x"))
    assert "if-none-match" not in server.asked[0].headers
    assert server.asked[1].headers["if-none-match"] == TAG
    assert (first.status, second.status) == (200, 304)
    assert (second.body, second.page, second.media_type) == (b'{"n": 1}', {"n": 1}, "application/json")
    assert second.server_date == say.noon


def test_another_body_takes_its_place(server, world, say, cache) -> None:
    """A 200 to a conditional question is the new truth, and so is its tag."""
    server.on("/x", *(say.answer(200, b"[%d]" % n, ETag=f'W/"{n}"') for n in (1, 2)), say.answer(304))
    feed = world.feed(server.url, cache=cache)
    assert [feed.fetch(say.ask("/x")).page for _ in range(3)] == [[1], [2], [2]]
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, 'W/"1"', 'W/"2"']


def test_addresses_are_told_apart(server, world, say, cache) -> None:
    """By their query too."""
    server.on("/x", say.answer(200, b"[1]", ETag=TAG), say.answer(200, b"[2]", ETag=TAG))
    feed = world.feed(server.url, cache=cache)
    feed.fetch(say.ask("/x", page="1"))
    feed.fetch(say.ask("/x", page="2"))
    assert "if-none-match" not in server.asked[1].headers


DAMAGES = {
    "longer": lambda whole: whole + b" ",
    "shorter": lambda whole: whole[:-1],
    "empty": lambda _: b"",
    "headless": lambda _: b'[]\n{"n": 1}',
    "binary": lambda _: b"\xff",
    "another tag": lambda whole: whole.replace(b"33a64df5", b"33\\n4df5"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_not_there(server, world, say, cache, damage) -> None:
    """Its digest, its form or its tag is wrong: the body is asked for without a condition."""
    server.on("/x", say.answer(200, b'{"n": 1}', ETag=TAG))
    world.feed(server.url, cache=cache).fetch(say.ask("/x"))
    path = entry(cache)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    got = world.feed(server.url, cache=cache).fetch(say.ask("/x"))
    assert (got.status, got.page) == (200, {"n": 1})
    assert "if-none-match" not in server.asked[1].headers


def test_the_digest_stands_beside_the_body(server, world, say, cache) -> None:
    """One file, its first line the head; nothing else is left in the folder."""
    server.on("/x", say.answer(200, b"[1]\n[2]\n", "text/plain", ETag=TAG))
    world.feed(server.url, cache=cache).fetch(Ask(what="x", path="/x", query={}, decode=bytes))
    line, _, body = entry(cache).read_bytes().partition(b"\n")
    assert body == b"[1]\n[2]\n"
    assert json.loads(line) == {
        "sha256": hashlib.sha256(body).hexdigest(),
        "media_type": "text/plain",
        "etag": TAG,
        "modified": "",
    }


@pytest.mark.parametrize(
    "headers", [{}, {"ETag": ""}, {"ETag": '"\xe9"'}, {"Last_Modified": "yesterday", "Date": NOON}]
)
def test_an_answer_without_a_sound_mark_is_not_kept(server, world, say, cache, headers) -> None:
    """It is asked for whole each time."""
    server.on("/x", say.answer(200, b"[1]", **headers))
    feed = world.feed(server.url, cache=cache)
    assert [feed.fetch(say.ask("/x")).status for _ in range(2)] == [200, 200]
    assert not cache.folder.exists()


def test_the_time_of_change_serves_where_there_is_no_tag(server, world, say, cache) -> None:
    """As the server wrote it."""
    server.on("/x", say.answer(200, b"[1]", Last_Modified=FRIDAY, Date=NOON), say.answer(304))
    feed = world.feed(server.url, cache=cache)
    assert [feed.fetch(say.ask("/x")).page for _ in range(2)] == [[1], [1]]
    assert server.asked[1].headers["if-modified-since"] == FRIDAY


@pytest.mark.parametrize("date", [{"Date": "Fri, 20 Nov 2026 21:35:57 GMT"}, {}])
def test_a_change_of_just_now_is_no_mark(server, world, say, cache, date) -> None:
    """A file may change again within the second that its time names."""
    server.on("/x", say.answer(200, b"[1]", Last_Modified=FRIDAY, **date))
    world.feed(server.url, cache=cache).fetch(say.ask("/x"))
    assert not cache.folder.exists()


def test_a_compressed_body_is_kept_as_it_is_read(server, world, say, cache) -> None:
    """The tag is that of the compressed form, the body is the decoded one."""
    gzipped = say.answer(200, say.gzip(b'{"n": 1}'), Content_Encoding="gzip", ETag='"a-gzip"')
    server.on("/x", gzipped, say.answer(304))
    feed = world.feed(server.url, cache=cache)
    assert [feed.fetch(say.ask("/x")).body for _ in range(2)] == [b'{"n": 1}'] * 2
    assert server.asked[1].headers["if-none-match"] == '"a-gzip"'


@pytest.mark.parametrize("broken", ["reset", "malformed", "refused"])
def test_what_is_no_answer_is_not_kept(server, world, say, cache, broken) -> None:
    """A cut body, one that does not decode and a no leave nothing behind."""
    answers = {
        "reset": say.reset,
        "malformed": say.answer(200, b"[1", ETag=TAG),
        "refused": say.answer(404, b"[1]", ETag=TAG),
    }
    server.on("/x", answers[broken])
    with pytest.raises((RemoteError, Refused)):
        world.feed(server.url, cache=cache, attempts=2).fetch(say.ask("/x"))
    assert not cache.folder.exists()


def test_an_accepted_404_is_not_kept(server, world, say, cache) -> None:
    """Only a 200 is the thing itself."""
    server.on("/x", say.answer(404, b"[1]", ETag=TAG))
    world.feed(server.url, cache=cache).fetch(say.ask("/x", accepts=(404,)))
    assert not cache.folder.exists()


def test_a_kept_body_that_is_read_otherwise_now_is_asked_for_anew(server, world, say, cache) -> None:
    """What an older version kept and this one cannot read must not fail for ever."""
    server.on("/x", say.answer(200, b"old", ETag='"1"'), say.answer(304), say.answer(200, b"new", ETag='"2"'))
    feed = world.feed(server.url, cache=cache)
    feed.fetch(Ask(what="x", path="/x", query={}, decode=bytes))

    def stricter(body: bytes) -> object:
        if body == b"old":
            raise Malformed("old form")
        return body

    assert feed.fetch(Ask(what="x", path="/x", query={}, decode=stricter)).page == b"new"
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"1"', None]
    server.on("/x", say.answer(304))
    assert feed.fetch(Ask(what="x", path="/x", query={}, decode=stricter)).page == b"new"


def test_a_304_that_nobody_asked_for_is_a_failed_attempt(server, world, say, cache) -> None:
    """Without a condition there is nothing that could be unchanged."""
    server.on("/x", say.answer(304), say.page([1]))
    assert world.feed(server.url, cache=cache).fetch(say.ask("/x")).page == [1]
    assert world.slept == [1.0]


def test_without_a_cache_nothing_is_conditional(server, world, say) -> None:
    """Each answer is whole."""
    server.on("/x", say.answer(200, b"[1]", ETag=TAG))
    feed = world.feed(server.url)
    for _ in range(2):
        feed.fetch(say.ask("/x"))
    assert "if-none-match" not in server.asked[1].headers


def test_a_cache_that_cannot_be_written_is_said_once(server, world, say, tmp_path) -> None:
    """The answer is good all the same."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "answers")
    server.on("/x", say.answer(200, b"[1]", ETag=TAG))
    for _ in range(2):
        feed = world.feed(server.url, cache=cache)
        assert [feed.fetch(say.ask("/x")).page for _ in range(2)] == [[1], [1]]
    assert len(world.said) == 1
    assert world.said[0].startswith(f"warning: cannot keep answers in {cache.folder}: ")


def test_an_entry_that_cannot_be_replaced_leaves_nothing_half(server, world, say, cache) -> None:
    """Where an entry's name is taken by a folder, what was begun is removed."""
    server.on("/x", say.answer(200, b"[1]", ETag=TAG))
    feed = world.feed(server.url, cache=cache)
    feed.fetch(say.ask("/x"))
    path = entry(cache)
    path.unlink()
    path.mkdir()
    feed.fetch(say.ask("/x"))
    assert list(cache.folder.iterdir()) == [path]
    assert len(world.said) == 1


def test_answers_to_a_login_are_never_kept(director, world, cache) -> None:
    """A session has tokens or a cache."""
    tokens = world.bosh_login(director.url)
    with pytest.raises(CollectError, match="is not for a cache"):
        world.session(director.url, tokens, cache=cache)
