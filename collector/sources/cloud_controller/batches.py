"""Asking for droplets by guid: as many a request as a request line carries."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from collector.evidence import Ask
from collector.sources.cloud_controller import wire

BATCH = 200
# A web server in front refuses longer request lines (400 or 414, neither of them JSON).
URL_BYTES = 7900
PATH = "/v3/droplets"


class Batches:
    """Guids that wait to be asked for; each is asked for once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._waiting: list[str] = []
        self._done: set[str] = set()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, guids: Iterable[str]) -> None:
        """Let guids wait, unless they were asked for or came another way."""
        fresh = [guid for guid in dict.fromkeys(guids) if guid not in self._done]
        self._done.update(fresh)
        self._waiting += fresh

    def came(self, guids: Iterable[str]) -> None:
        """These need not be asked for any more."""
        known = set(guids)
        self._done |= known
        self._waiting = [guid for guid in self._waiting if guid not in known]

    def take(self, *, everything: bool) -> list[Ask]:
        """The questions for full batches, or for all that wait."""
        asks = []
        while len(self._waiting) >= BATCH or (everything and self._waiting):
            batch = _fitting(self._waiting)
            del self._waiting[: len(batch)]
            asks.append(Ask(self._what, PATH, _query(batch), wire.whole(wire.DROPLETS, BATCH), tuple(batch)))
        return asks


def _query(guids: Sequence[str]) -> dict[str, str]:
    return {"guids": ",".join(guids), "per_page": str(BATCH)}


def _fitting(guids: Sequence[str]) -> list[str]:
    """As many guids from the front as fit into one request line, and at least one."""
    batch = list(guids[:BATCH])
    while len(batch) > 1 and len(f"{PATH}?{urlencode(_query(batch), safe=',:')}") > URL_BYTES:
        batch.pop()
    return batch
