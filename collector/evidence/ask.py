"""Questions and answers: how a source says what to fetch without fetching it."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple


class Ask(NamedTuple):
    """One GET. `path` starts with "/"; `query` is not yet encoded.

    `decode` turns the body into a page; it raises `Malformed` for a body that is not what was promised (a failed
    attempt, retried like a 502) and `Refused` for one that says no. `subjects` stay unknown when this is not got.
    `accepts` lists statuses beside 200 that are answers too: kept as documents, given to `decode`, never retried.
    `instead` says that this is asked in place of the question just answered by a Gap, which then is none.
    `wait` is how many seconds to let pass first. `keep` False: the answer is no evidence (a poll), so it is neither
    stored nor taken from an interrupted run. `redirect` says that the answer is a place on the same origin: the page is
    its path, and `decode` is not called.
    """

    what: str
    path: str
    query: Mapping[str, str]
    decode: Callable[[bytes], Any]
    subjects: tuple[str, ...] = ()
    accepts: tuple[int, ...] = ()
    instead: bool = False
    wait: float = 0.0
    keep: bool = True
    redirect: bool = False


class Got(NamedTuple):
    """The answer to one Ask: the decoded page, or the Gap that stands in its place."""

    ask: Ask
    page: Any


Plan = Generator[list[Ask], Got, None]
"""A source: yields questions, is sent one answer at a time, may yield any number of new questions for it."""
