"""Where a feed is: a URL or a local path, and the questions that follow from either."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from collector.evidence import Ask, Got, Plan
from collector.sources.feeds.reading import Listing, listing_of

Decode = Callable[[bytes], Any]
_URL = re.compile(r"https?://", re.IGNORECASE)


class Place(NamedTuple):
    """A place: the path and query of a URL; of a local path the transport alone knows where it lies."""

    source: str
    is_url: bool
    path: str
    query: Mapping[str, str]

    def ask(self, decode: Decode, below: str = "", query: Mapping[str, str] | None = None) -> Ask:
        """The question for this place itself, or for a path below it."""
        path = f"{self.path.rstrip('/')}/{below}" if below else self.path or "/"
        # What a question is about goes by the name of its source: one source asks for one kind of thing.
        return Ask(self.source, path, {**self.query, **(query or {})}, decode)


def place_of(source: str, text: str) -> Place:
    """The place that a setting names."""
    if not _URL.match(text):
        return Place(source, is_url=False, path="", query={})
    parts = urlsplit(text)
    return Place(
        source, is_url=True, path=parts.path or "/", query=dict(parse_qsl(parts.query, keep_blank_values=True))
    )


def follow(asks: Sequence[Ask], then: Callable[[Got], list[Ask]]) -> Plan:
    """A plan: these questions, and whatever each answer leads to."""
    got = yield list(asks)
    while True:
        got = yield then(got)


def nothing(_: Got) -> list[Ask]:
    """No further question."""
    return []


def local(
    place: Place,
    decode: Decode,
    pick: Callable[[Sequence[str]], Iterable[str]],
    subject: Callable[[str], str] = lambda _: "",
) -> Plan:
    """A local file, or the files of a folder that `pick` chooses.

    `subject` says of what alone a file speaks; "" where without it nothing of this source is whole.
    """

    def then(got: Got) -> list[Ask]:
        if not isinstance(got.page, Listing) or got.ask.path != "/":
            return []
        asks = ((place.ask(decode, path), subject(path)) for path in pick(got.page.listing))
        return [ask._replace(subjects=(name,)) if name else ask for ask, name in asks]

    return follow([place.ask(or_listing(decode))], then)


def document(place: Place, decode: Decode, pick: Callable[[Sequence[str]], Iterable[str]]) -> Plan:
    """One document at a URL; locally a file, or the files of a folder that `pick` chooses."""
    return follow([place.ask(decode)], nothing) if place.is_url else local(place, decode, pick)


def ending(*ends: str) -> Callable[[Sequence[str]], list[str]]:
    """A choice of files by how their names end."""
    return lambda listing: [path for path in listing if path.endswith(ends)]


def or_listing(decode: Decode) -> Decode:
    """A decoder that also knows the listing of a folder."""

    def read(body: bytes) -> Any:  # noqa: ANN401  a page of any source
        return listing_of(body) or decode(body)

    return read
