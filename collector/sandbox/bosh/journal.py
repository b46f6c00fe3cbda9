"""The event rows of a director: written with rising ids, thinned out from the oldest, read newest first."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

Row = dict[str, object]

# The order of keys in an answer; what is empty is left out, `context` never.
_KEYS = ("parent_id", "timestamp", "user", "action", "object_type", "object_name", "error", "task", "deployment")
PAGE = 200


class Journal:
    """Rows as they are answered: ids, parents and tasks are texts, times whole seconds."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.next_id = 1

    def add(self, at: datetime, values: Mapping[str, object], context: Mapping[str, object]) -> str:
        """Write a row and return its id."""
        named = {**values, "timestamp": int(at.timestamp())}
        row: Row = {"id": str(self.next_id)}
        row |= {key: named[key] for key in (*_KEYS, "instance") if named.get(key) not in {None, ""}}
        row["context"] = dict(context)
        self.next_id += 1
        self.rows.append(row)
        return str(row["id"])

    def skip(self, count: int = 1) -> None:
        """Leave a hole in the ids, as a transaction that was rolled back does."""
        self.next_id += count

    def delete(self, ids: Collection[int]) -> None:
        """Remove rows by id, leaving holes."""
        self.rows = [row for row in self.rows if _id(row) not in ids]

    def prune(self, keep: int) -> None:
        """Remove all but the newest rows, as the hourly job of a director does."""
        self.rows = self.rows[-keep:] if keep else []

    def page(self, wanted: Callable[[Row], bool], before_id: int | None) -> list[Row]:
        """Return at most 200 rows that are wanted, newest id first."""
        rows = (row for row in reversed(self.rows) if before_id is None or _id(row) < before_id)
        found = []
        for row in rows:
            if wanted(row):
                found.append(row)
            if len(found) == PAGE:
                break
        return found

    def find(self, number: str) -> Row | None:
        """Return one row by its id."""
        return next((row for row in self.rows if row["id"] == number), None)


def _id(row: Row) -> int:
    return int(str(row["id"]))
