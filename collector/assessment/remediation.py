"""The customer's remediations of a period: what was restaged to a newer buildpack, and whether its time is known."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.assessment.offering import offered_between
from collector.assessment.standing import Standings
from collector.assessment.subjects import AppRecord, Platform
from collector.model import Subject

EXACT = timedelta(hours=1)
"""How exactly the instant of an offer must be known for the time since to count as measured."""


def remediations(rows: Sequence[AppRecord]) -> tuple[int, list[Subject]]:
    """How many restages of the period were measured, and the apps of which that cannot be said.

    A restage counts when a buildpack's version came at a known instant, or may have come in the period, before it.
    """
    done = 0
    missing: list[Subject] = []
    if not rows:
        return done, missing
    platform = rows[0].platform
    since, latest = platform.board.since, platform.latest
    known: dict[int, list[tuple[bool, datetime]]] = {}
    for row in rows:
        at, standings = row.staging.at, row.standings
        if at is None or not standings.current or at < since or row.outside is not None:
            continue
        offers = known.get(id(standings))
        if offers is None:
            offers = known[id(standings)] = _offers(platform, standings)
        states = [exact for exact, last in offers if last <= at <= latest]
        if not all(states):
            missing.append(row.subject)
        elif states:
            done += 1
    return done, missing


def _offers(platform: Platform, standings: Standings) -> list[tuple[bool, datetime]]:
    """Whether each offer is known exactly, and its latest instant; those before the period only where they are."""
    found = []
    for offered in filter(None, (standing.offered for standing in standings.every)):
        instants = offered_between(platform, offered)
        exact = instants is not None and instants[1] - instants[0] <= EXACT
        last = instants[1] if instants is not None else offered.updated_at
        if exact or last >= platform.board.since:
            found.append((exact, last))
    return found
