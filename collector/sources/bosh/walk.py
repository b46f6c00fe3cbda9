"""Walking one filtered list of events from the newest back, to the end or to what was read before."""

from collections.abc import Mapping, Sequence

from collector.evidence import Ask
from collector.sources.bosh.wire import EventHead, below


class Walk:
    """The state of one walk: `ask()` is the next question, `after(page)` the one that follows, None at the end.

    The director has no page numbers: each page is what has a smaller id than the one before. A page that is shorter
    than `full` is the last one. Ids up to `floor` were read by harvests before.
    """

    def __init__(self, what: str, query: Mapping[str, str], *, deployment: str = "", full: int, floor: int) -> None:
        self.key = (what, (deployment,) if deployment else ())
        self._query = dict(query)
        self._full = full
        self._floor = floor
        self._before: int | None = None

    def ask(self) -> Ask:
        """The question for the place where the walk stands."""
        what, subjects = self.key
        query = self._query if self._before is None else {**self._query, "before_id": str(self._before)}
        return Ask(what, "/events", query, below(self._before), subjects)

    def after(self, page: Sequence[EventHead]) -> Ask | None:
        """The next question."""
        if not page or len(page) < self._full:
            return None
        self._before = min(row.number for row in page)
        return self.ask() if self._before > self._floor + 1 else None
