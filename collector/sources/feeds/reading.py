"""What all readers of feeds share: an answer to read, what was found in answers, and JSON that is what it promises."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import msgspec

from collector.errors import Malformed
from collector.model import Gap

T = TypeVar("T")


class Paper(NamedTuple):
    """One stored answer: the path that was asked for, its bytes, and the digest under which it is cited."""

    path: str
    body: bytes
    digest: str


class Found(NamedTuple):
    """What a source's answers hold: records, what could not be read, and how many answers could be used."""

    rows: list[Any]
    gaps: list[Gap]
    usable: int


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files of a local folder, relative to it, as the transport lists them."""

    listing: list[str]


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """A decoder of JSON of one shape; raises `Malformed`."""
    typed = msgspec.json.Decoder(kind)

    def decode(body: bytes) -> T:
        try:
            return typed.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"not the JSON that was promised: {_excerpt(error)}") from error

    return decode


def convert(value: object, kind: type[T]) -> T | None:
    """Decoded JSON as one shape, None where it has another."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return None


def listing_of(body: bytes) -> Listing | None:
    """The listing of a folder, None for any other body."""
    try:
        return msgspec.json.decode(body, type=Listing) if body.lstrip()[:1] == b"{" else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def text_of(body: bytes) -> str:
    """The text of a body in UTF-8, with or without a byte order mark; raises `Malformed`, also for a web page."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("not text in UTF-8") from error
    if text.lstrip()[:1] == "<":
        raise Malformed("a web page where text was promised")
    return text


def lines_of(text: str) -> Iterable[str]:
    """Lines with any line ending, without what else Python takes for one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _excerpt(error: Exception) -> str:
    return str(error).partition("\n")[0][:120] or type(error).__name__


JSON: Callable[[bytes], Any] = decoder(object)
