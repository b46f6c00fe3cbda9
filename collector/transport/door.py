"""What every way to ask a source has in common, be it an API, a feed or a local folder."""

from typing import Protocol

from collector.evidence.ask import Ask
from collector.transport.answer import Answer


class Door(Protocol):
    """One source that answers questions; `requests` counts those that were sent."""

    requests: int

    def fetch(self, ask: Ask) -> Answer:
        """The answer to one question, or an error that says why there is none."""
        ...

    @property
    def clock_skew_seconds(self) -> float | None:
        """Its clock minus ours; None where it shows none."""
        ...

    def close(self) -> None:
        """Ask no more; closing twice is no error."""
        ...
