"""What changed between looks in what runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final

from collector.assessment.period.course import Course
from collector.assessment.period.folding import Tables
from collector.assessment.period.known import Known, Look, Seen
from collector.model import Change, Subject

EXPECTED: Final = "restaged to the platform's version"

_Traits = Mapping[str, str | None]


def differences(tables: Tables) -> list[Change]:
    """Every difference between two looks at an app that follow each other, oldest first."""
    found: list[Change] = []
    order = tables.order()
    for entry in tables.entries.values():
        if entry.asked and entry.subject is not None:
            looks = tables.looks(entry, order)
            found += _added(entry.subject, entry.created, looks, tables, order)
            found += _changed(entry.subject, looks, tables.known, tables.course)
    return sorted(found, key=lambda row: (row.between, row.subject.label, row.subject.guid, row.what))


def _added(
    subject: Subject, created: datetime, looks: list[Look], tables: Tables, order: list[int]
) -> Iterator[Change]:
    """An app that was made after a snapshot that could have shown it."""
    if not looks:
        return
    place = order.index(looks[0].number)
    before = [tables.taken[number].at for number in order[:place] if tables.taken[number].looked]
    if before and created > before[-1]:
        yield _change(subject, "added", "", "there", before[-1], looks[0].at)


def _changed(subject: Subject, looks: list[Look], known: Mapping[str, Known], course: Course) -> Iterator[Change]:
    for before, after in pairwise(looks):
        if before.seen is after.seen:
            continue
        if before.seen is None:
            yield _change(subject, "added", "gone", "there", before.at, after.at)
        elif after.seen is None:
            yield _change(subject, "removed", "there", "gone", before.at, after.at)
        else:
            yield from _compared(subject, before, after, known, course)


def _compared(
    subject: Subject, before: Look, after: Look, known: Mapping[str, Known], course: Course
) -> Iterator[Change]:
    if before.seen is None or after.seen is None:
        return
    old, new = _traits(before.seen, known), _traits(after.seen, known)
    for what, value in new.items():
        held = old[what]
        if value is None or held is None or value == held:
            continue
        expected = ""
        if what == "buildpack version" and old["buildpack"] == new["buildpack"]:
            droplet = known.get(after.seen.droplet)
            expected = EXPECTED if droplet is not None and course.current(droplet, after.number) else ""
        yield _change(subject, what, held, value, before.at, after.at, expected)


def _traits(seen: Seen, known: Mapping[str, Known]) -> _Traits:
    """What is compared; None is not known, and is compared with nothing."""
    droplet = known.get(seen.droplet)
    packs = droplet.packs if droplet is not None else None
    return {
        "buildpack": None if packs is None else ", ".join(row.name for row in packs),
        "buildpack version": None if packs is None else ", ".join(f"{row.name} {row.version or '?'}" for row in packs),
        "stack": (droplet.stack if droplet is not None else None) or seen.stack,
        "image": None if droplet is None else droplet.image or "",
        "lifecycle": seen.lifecycle,
        "ssh": None if seen.ssh is None else "enabled" if seen.ssh else "disabled",
    }


def _change(  # noqa: PLR0913, PLR0917 - one for each field of a change
    subject: Subject, what: str, before: str, after: str, since: datetime, until: datetime, expected: str = ""
) -> Change:
    return Change(subject=subject, what=what, before=before, after=after, between=(since, until), expected=expected)
