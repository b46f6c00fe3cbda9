"""A window as checks use it."""

from collector.assessment.words import HOUR, limit_words
from collector.model import Window
from collector.model.base import Slim


class Limit(Slim, frozen=True, kw_only=True):
    """A limit in seconds, and the word that stands before "window" in a sentence."""

    seconds: float
    words: str


NO_LIMIT = Limit(seconds=float("inf"), words="")


def limit_of(window: Window | None) -> Limit:
    """The limit of a window; without one nothing is ever outside."""
    if window is None or window.limit_hours is None:
        return NO_LIMIT
    seconds = window.limit_hours * HOUR
    return Limit(seconds=seconds, words=limit_words(seconds))
