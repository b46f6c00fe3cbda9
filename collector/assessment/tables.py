"""Strict reading of TOML: every key is known, present and of its type, or the error names file and key."""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from collector.errors import UsageError

T = TypeVar("T")

_WORDS: Final[dict[type, str]] = {
    str: "text",
    bool: "true or false",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def nearest(word: str, words: Iterable[str]) -> str:
    """The nearest right word as a hint, or the whole list when none is near."""
    known = sorted(words)
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"


def parse(data: bytes, file: str) -> dict[str, Any]:
    """The tables of one file."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not readable as TOML: {error}".replace("\n", " ")) from error


class Table:
    """One table of a file; `take` each key, then `close`, which refuses what was not taken."""

    def __init__(self, data: Mapping[str, Any], file: str, where: str = "") -> None:
        self.file = file
        self.where = where
        self._data = dict(data)
        self._known: set[str] = set()

    def key(self, key: str) -> str:
        """A key as an error names it: `si-2.toml: checks[2].role`."""
        return f"{self.file}: {self.where}.{key}" if self.where else f"{self.file}: {key}"

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of a key; without a default it must be there."""
        self._known.add(key)
        if key not in self._data:
            if default is None:
                raise UsageError(f"{self.key(key)} is missing", hint=f"add {key} ({_WORDS[kind]})")
            return default
        value = self._data.pop(key)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind):
            raise UsageError(f"{self.key(key)} must be {_WORDS[kind]}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; one that must be there must not be empty."""
        value = self.take(key, str, default)
        if default is None and not value.strip():
            raise UsageError(f"{self.key(key)} is empty")
        return value

    def number(self, key: str) -> float | None:
        """A number not below zero, or None."""
        if key not in self._data:
            self._known.add(key)
            return None
        value = self.take(key, float)
        if not 0 <= value < float("inf"):
            raise UsageError(f"{self.key(key)} must be a number of hours, not below zero")
        return value

    def choice(self, key: str, words: Iterable[str], default: str | None = None) -> str:
        """One word of a closed list."""
        value = self.text(key, default)
        known = list(words)
        if value not in known and value != default:
            raise UsageError(f"{self.key(key)}: unknown {key} {value!r}", hint=nearest(value, known))
        return value

    def has(self, key: str) -> bool:
        """Whether a key is there and not yet taken."""
        return key in self._data

    def table(self, key: str) -> "Table":
        """A table within."""
        return Table(self.take(key, dict), self.file, f"{self.where}.{key}" if self.where else key)

    def tables(self, key: str) -> list["Table"]:
        """An array of tables within; none when the key is not there."""
        rows = self.take(key, list, [])
        name = f"{self.where}.{key}" if self.where else key
        for row in rows:
            if not isinstance(row, dict):
                raise UsageError(f"{self.key(key)} must be an array of tables")
        return [Table(row, self.file, f"{name}[{number}]") for number, row in enumerate(rows, 1)]

    def close(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self._data:
            raise UsageError(f"{self.key(key)}: unknown key", hint=nearest(key, self._known))
