"""Changes between snapshots, and who took note of them."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from collector.assessment.declared import Acknowledged
from collector.model import Change, Subject

ANY: Final = "*"
_PARTS: Final = 3  # org/space/app


def acknowledge(changes: Iterable[Change], notes: Sequence[Acknowledged]) -> tuple[Change, ...]:
    """The changes, each with the name of whoever took note of it; one that has a name keeps it."""
    return tuple(
        change
        if change.acknowledged or not (name := noted_by(change, notes))
        else msgspec.structs.replace(change, acknowledged=name)
        for change in changes
    )


def noted_by(change: Change, notes: Iterable[Acknowledged]) -> str:
    """Who took note of a change, with the ticket: `Kim Doe (OPS-7)`; "" nobody.

    A note covers what may have happened on its day or before: it must not be older than the last snapshot without the
    change.
    """
    for note in notes:
        about = _names(note.change, change.what) and _covers(note.app, change.subject)
        if about and note.date >= change.between[0].date():
            return f"{note.by} ({note.ticket})" if note.ticket else note.by
    return ""


def heeded(change: Change, notes: Iterable[Acknowledged]) -> bool:
    """Whether a change is expected, or somebody took note of it."""
    return bool(change.expected or change.acknowledged or noted_by(change, notes))


def _names(word: str, what: str) -> bool:
    """Whether a word is one of those that say what changed; the plural is the same."""
    return word == ANY or word.casefold() in {part.removesuffix("s") for part in what.casefold().split()}


def _covers(pattern: str, subject: Subject) -> bool:
    """Part by part as in exceptions, so that a star stays within its part; a bare name or star is the whole label."""
    parts = pattern.split("/", _PARTS - 1)
    if len(parts) < _PARTS:
        return fnmatchcase(subject.label, pattern)
    return all(map(fnmatchcase, (subject.org, subject.space, subject.name), parts))
