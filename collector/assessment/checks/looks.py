"""When a system was looked at: the sound snapshots of a month, and the stretches between them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from collector.assessment.judgement import Span
from collector.model import Month, Period
from collector.model.base import Slim

READER: Final = "cloud-controller"
"""The source without which a snapshot shows no application."""


class Hole(Slim, frozen=True, kw_only=True):
    """A stretch in which nobody looked. `sure` False: it began earlier, and nothing tells when."""

    begin: datetime
    end: datetime
    sure: bool = True

    @property
    def seconds(self) -> float:
        """The least that it lasted."""
        return (self.end - self.begin).total_seconds()

    @property
    def span(self) -> Span:
        """The least and the most that it lasted, in seconds."""
        return self.seconds, self.seconds if self.sure else float("inf")


def looks(month: Month) -> list[datetime]:
    """The instants of the snapshots that verify and show applications, oldest first, whatever order they came in."""
    return sorted(row.taken_at for row in month.snapped if row.verified and READER in row.sources)


def within(instants: Sequence[datetime], period: Period) -> list[datetime]:
    """Those that lie in the month; one at its very end does where the month is not over."""
    return [moment for moment in instants if period.begin <= moment <= period.end and f"{moment:%Y-%m}" == period.name]


def holes(month: Month) -> list[Hole]:
    """The stretches between the looks, from the last one before the month to the month's end.

    Without one before, the first stretch reaches back to an instant that is not known: were it taken to begin with the
    month, a snapshot that is taken away would make it shorter.
    """
    period = month.period
    instants = [moment for moment in looks(month) if moment <= period.end]
    before = [moment for moment in instants if moment <= period.begin][-1:]
    after = [moment for moment in instants if moment > period.begin]
    points = [*(before or [period.begin]), *after, period.end]
    return [
        Hole(begin=begin, end=end, sure=bool(before) or number > 0)
        for number, (begin, end) in enumerate(pairwise(points))
    ]
