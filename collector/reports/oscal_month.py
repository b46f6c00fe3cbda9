"""What a month and accepted risks add to the OSCAL results: hours, corrected breaches, who approved a deviation."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from collector.assessment.monthly import held_as, live_at
from collector.model import Held, Observation
from collector.reports import oscal
from collector.reports.month_words import corrected, held_words, minute
from collector.reports.oscal import Json
from collector.reports.oscal_run import Run

Pairs = tuple[tuple[str, str], ...]


def held_of(run: Run, seen: Observation) -> Held | None:
    """How the subject of an observation was held over the month."""
    return held_as(run.assessment.month, seen.check, seen.subject)


def is_corrected(run: Run, seen: Observation) -> bool:
    """Whether it was outside in the month, and is shown to be inside at its end."""
    return seen.status == "fail" and corrected(held_of(run, seen)) is not None


def is_over(run: Run, seen: Observation) -> bool:
    """Whether it was outside and nothing is left to do: it is corrected, or it was late and is live."""
    return seen.status == "fail" and (is_corrected(run, seen) or live_at(seen) is not None)


def held_pairs(run: Run, seen: Observation) -> Pairs:
    """The hours of the month, and when it was outside."""
    held = held_of(run, seen)
    if held is None:
        return ()
    end = corrected(held)
    return (
        ("hours-inside", str(round(held.inside, 4))),
        ("hours-outside", str(round(held.outside, 4))),
        ("hours-unknown", str(round(held.unknown, 4))),
        *((("worst-hours", str(round(held.worst, 4))),) if held.worst is not None else ()),
        *(("outside-since", oscal.instant(breach.since)) for breach in held.breaches),
        *((("corrected-at", oscal.instant(end)),) if end is not None else ()),
    )


def period_pairs(run: Run) -> Pairs:
    """The bounds of the month; it ends before `period-end`."""
    month = run.assessment.month
    if month is None:
        return ()
    return (("period-begin", oscal.instant(month.period.begin)), ("period-end", oscal.instant(month.period.end)))


def accepted_pairs(run: Run, name: str | None) -> Pairs:
    """Who accepted a risk, where that is recorded, and until when; nothing where nobody did."""
    risk = next((line.risk for line in run.assessment.risks if line.risk.id == name), None)
    if risk is None:
        return ()
    return (
        ("approver", risk.approver),
        ("ticket", risk.ticket),
        ("accepted-from", risk.starts.isoformat()),
        ("accepted-until", risk.expires.isoformat()),
    )


def risk_log(run: Run, seen: Observation) -> Json:
    """Accepted, or outside and then remediated; empty where the risk has no history."""
    entries = [*_breaches(run, seen), *_arrived(run, seen), *_accepted(run, seen)]
    return {"entries": sorted(entries, key=lambda entry: str(entry["start"]))} if entries else {}


def _accepted(run: Run, seen: Observation) -> Iterator[Json]:
    risk = next((line.risk for line in run.assessment.risks if line.risk.id == seen.waived_by), None)
    if risk is None:
        return
    uuid = oscal.risk_uuid(run.system, seen.check, seen.subject)
    held = held_of(run, seen)
    # What began later is accepted from its beginning.
    starts = datetime.combine(risk.starts, time(), UTC)
    begins = max([starts, *(breach.since for breach in (held.breaches[-1:] if held is not None else ()))])
    yield {
        "uuid": oscal.identifier("approved", uuid, risk.id),
        "title": oscal.markup(f"Accepted: {risk.id}"),
        "description": oscal.sentence(f"{risk.approver} accepted it, {risk.ticket}", risk.rationale),
        "start": oscal.instant(begins),
        "props": oscal.core_props(("type", "dr-approved")),
        "status-change": "deviation-approved",
    }


def _breaches(run: Run, seen: Observation) -> Iterator[Json]:
    held = held_of(run, seen)
    if held is None or seen.status != "fail":
        return
    uuid = oscal.risk_uuid(run.system, seen.check, seen.subject)
    for breach in held.breaches:
        yield {
            "uuid": oscal.identifier("breach", uuid, oscal.instant(breach.since)),
            "title": "Outside its window",
            "description": oscal.sentence(f"Outside since {minute(breach.since)}"),
            "start": oscal.instant(breach.since),
            "props": oscal.core_props(("type", "status-update")),
            "status-change": "open",
        }
    end = corrected(held)
    # Of an earlier breach only its end is known: it may have stopped, or be not known from then on.
    if end is not None:
        yield _remediated(uuid, end, f"Inside its window again; in the month {held_words(held)}")


def _arrived(run: Run, seen: Observation) -> Iterator[Json]:
    """What was late, and is live."""
    live = live_at(seen)
    if seen.status == "fail" and live is not None:
        uuid = oscal.risk_uuid(run.system, seen.check, seen.subject)
        yield _remediated(uuid, live, "Live in production, later than its window")


def _remediated(risk: str, end: datetime, words: str) -> Json:
    return {
        "uuid": oscal.identifier("remediated", risk, oscal.instant(end)),
        "title": "Remediated",
        "description": oscal.sentence(words),
        "start": oscal.instant(end),
        "props": oscal.core_props(("type", "remediated")),
        "status-change": "closed",
    }
