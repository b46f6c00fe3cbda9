"""A month in the answer: verdicts on whole stretches of time, and what was not looked at in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from collector.assessment.checks.looks import READER, holes, looks, within
from collector.assessment.comparing import key_of
from collector.assessment.judgement import Judgement
from collector.assessment.limits import NO_LIMIT, Limit, limit_of
from collector.assessment.words import HOUR, duration, hours, plural
from collector.model import Breach, Held, Month, Observation, Period, Snapped, SourceRecord, Subject, Window
from collector.model.base import Status

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
LATENCIES: Final = ("os-patch-latency", "stemcell-deployment-latency", "exploited-vulnerability-due")
"""The checks of how long something took: however late, it is over when it is live."""

_DIRECTOR: Final = "bosh-"


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that was there in the month and is not at its end."""

    subject: Subject
    evidence: tuple[str, ...] = ()
    outside: None = None


def month_words(period: Period) -> str:
    """`October 2026`."""
    return f"{_MONTHS[period.begin.month - 1]} {period.begin.year}"


def at(moment: datetime) -> str:
    """An instant to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


# ---------------------------------------------------------------- how a subject was held


def held_key(subject: Subject) -> str:
    """By what a month holds a subject, whatever ran at its end: a stemcell's is its line where it runs.

    `production/cf/ubuntu-jammy` of `ubuntu-jammy/1.1335`; the version is that of the last instant, and changes.
    """
    if subject.type != "stemcell":
        return key_of(subject)
    return key_of(msgspec.structs.replace(subject, name=subject.name.partition("/")[0]))


def held_of(month: Month | None, check: str) -> dict[str, Held]:
    """How each subject was held against the window of a check; those it spoke for at some time.

    By what its row at the end of the month is recognised: of stemcells only that of what ran then, with its version.
    """
    if month is None:
        return {}
    spoken = (held for key, held in month.held.items() if key[0] == check)
    return {key_of(held.subject): held for held in spoken if _spoken(held)}


def _spoken(held: Held) -> bool:
    return bool(held.inside or held.outside or held.unknown or held.breaches)


def held_as(month: Month | None, check: str, subject: Subject) -> Held | None:
    """How this very subject was held; None where nothing is told of it."""
    held = month.held.get((check, held_key(subject))) if month is not None else None
    return held if held is not None and key_of(held.subject) == key_of(subject) else None


def corrected(held: Held) -> bool:
    """Whether it was outside, and is not any more."""
    return bool(held.breaches) and not held.open


def live_at(seen: Observation) -> datetime | None:
    """When what took long to reach production was live there; None while it is not, and of checks on other things."""
    if seen.check not in LATENCIES or seen.measured is None:
        return None
    stage = seen.measured.stages.get("production")
    return None if stage is None else stage.not_after


def stretches(held: Held) -> tuple[tuple[datetime, datetime | None], ...]:
    """When it was outside within the period."""
    return tuple((breach.begin, breach.end) for breach in held.breaches)


def over_period(held: Held, end: Judgement | None, period: Period, limit: Limit) -> Judgement:
    """The verdict on a whole period: outside at any time fails, else time that is not known is unknown.

    `end` is the verdict at its end, None of what is gone by then. A fail at the end is one, whatever was seen before.
    """
    status: Status = "fail" if held.breaches else "unknown" if held.unknown else "pass"
    if end is not None and end.status == "fail" and status != "fail":
        return end
    measured = end.measured if end is not None else None
    evidence = tuple(dict.fromkeys((*(end.evidence if end is not None else ()), *held.evidence)))
    if status == "pass":
        return Judgement(status=status, measured=measured, evidence=evidence)
    still = end is not None and end.status in ("fail", "unknown") and (held.open or status == "unknown")
    return Judgement(
        status=status,
        measured=measured,
        over=_excess(held, end, period) if status == "fail" else None,
        detail=_outside(held, period, limit) if status == "fail" else _unknown(held, period, limit),
        next_step=end.next_step if end is not None and still else "",
        evidence=evidence,
    )


def _excess(held: Held, end: Judgement | None, period: Period) -> float:
    """How far outside it is at the end at the least, or was at the most before it was corrected; hours."""
    if held.open and end is not None and end.over is not None:
        return end.over
    if held.open:
        return hours((period.end - held.breaches[-1].since).total_seconds())
    return hours(max((_end(breach, period) - breach.since).total_seconds() for breach in held.breaches))


def _end(breach: Breach, period: Period) -> datetime:
    return breach.end or period.end


def _outside(held: Held, period: Period, limit: Limit) -> str:
    first, last = held.breaches[0], held.breaches[-1]
    words = f"outside the {limit.words} window for {_hours(held.outside)} of {month_words(period)}"
    number = len(held.breaches)
    words += f" in {number} stretches" if number > 1 else ""
    words += f", from {at(first.begin)}" + (f" (since {at(first.since)})" if first.since < period.begin else "")
    if last.end is None:
        words += ", still open"
    else:
        words += f" to {at(last.end)}, corrected" if held.corrected_at else f" to {at(last.end)}"
    return words + (f"; {_hours(held.unknown)} are not known" if held.unknown else "")


def _unknown(held: Held, period: Period, limit: Limit) -> str:
    words = f"whether inside the {limit.words} window is not known for {_hours(held.unknown)} of {month_words(period)}"
    longest = max(held.unseen, key=lambda row: (row.end - row.begin, row.end), default=None)
    if longest is None:
        return words
    lasts = _hours((longest.end - longest.begin).total_seconds() / HOUR)
    return f"{words}, at most {lasts} on end from {at(longest.begin)}: {longest.reason}"


def _hours(number: float) -> str:
    """`53.0 hours`; what is shorter than two hours in minutes or seconds."""
    seconds = number * HOUR
    return f"{number:.1f} hours" if seconds >= 2 * HOUR else duration(seconds)


# ---------------------------------------------------------------- what was not looked at


def heartbeat(month: Month | None, sources: Iterable[SourceRecord], windows: Mapping[str, Window]) -> tuple[str, ...]:
    """Sentences on what was not looked at: no snapshot, holes between snapshots, sources that fell silent.

    Without a month, the sources that were asked and gave nothing.
    """
    if month is None:
        mute = (source.name for source in sources if source.documents == 0)
        return tuple(f"{name} was asked and gave no document" for name in mute)
    sound = [row for row in month.snapped if row.verified]
    return (
        *_damaged(month.snapped),
        *_holes(month, limit_of(windows.get("determination-frequency"))),
        *_silent(sound, month.period),
        *_harvests(sound, month.period, windows),
    )


def _damaged(snapped: Iterable[Snapped]) -> Iterator[str]:
    for row in snapped:
        if not row.verified:
            yield f"snapshot {row.id} does not verify" + (f": {row.problem}" if row.problem else "")


def _holes(month: Month, limit: Limit) -> Iterator[str]:
    """No snapshot in the period, and the longest hole where it is larger than the status may go undetermined."""
    if not within(looks(month), month.period):
        yield f"no snapshot was taken in {month_words(month.period)}"
    found = [hole for hole in holes(month) if hole.seconds > limit.seconds]
    if found:
        hole = max(found, key=lambda row: (row.seconds, row.end))
        lasts = duration(hole.seconds) if hole.sure else f"at least {duration(hole.seconds)}"
        yield f"no snapshot for {lasts}, from {at(hole.begin)} to {at(hole.end)}: longer than the {limit.words} window"


def _silent(sound: Sequence[Snapped], period: Period) -> Iterator[str]:
    """The sources that spoke before, and no longer at the end of the period."""
    rows = [row for row in sound if row.taken_at >= period.begin]
    for name in sorted({name for row in rows for name in row.sources}):
        spoken = max(number for number, row in enumerate(rows) if name in row.sources)
        since = rows[spoken + 1 :]
        if since:
            silent = any(name in row.silent for row in since)
            what = "gave nothing" if silent else "was not asked"
            last = at(rows[spoken].taken_at)
            yield f"{name} last spoke {last}, and {what} in {plural(len(since), 'snapshot')} since"


def _harvests(sound: Sequence[Snapped], period: Period, windows: Mapping[str, Window]) -> Iterator[str]:
    """The holes of each source that forgets, where they are longer than it is sure to remember."""
    names = {name for row in sound for name in row.sources if name == READER or name.startswith(_DIRECTOR)}
    for name in sorted(names):
        limit = limit_of(windows.get("harvest" if name == READER else "harvest-bosh"))
        found = _wider([row.taken_at for row in sound if name in row.sources], period, limit)
        if found:
            begin, end = max(found, key=lambda row: (row[1] - row[0], row[1]))
            number = plural(len(found), "hole")
            lasts = duration((end - begin).total_seconds())
            yield (
                f"warning: {name}: {number} beyond the {limit.words} window between harvests, "
                f"the longest {lasts} from {at(begin)} to {at(end)}: times in it may not be known"
            )


def _wider(instants: Iterable[datetime], period: Period, limit: Limit) -> list[tuple[datetime, datetime]]:
    """The holes that are larger than a limit, and reach into the period.

    They count from the last look before it, or from its beginning, to the first look after it, or to its end.
    """
    if limit is NO_LIMIT:
        return []
    known = sorted(instants)
    before = [moment for moment in known if moment < period.begin][-1:] or [period.begin]
    within = [moment for moment in known if period.begin <= moment < period.end]
    after = [moment for moment in known if moment >= period.end][:1] or [period.end]
    rows = pairwise([*before, *within, *after])
    return [(begin, end) for begin, end in rows if (end - begin).total_seconds() > limit.seconds]
