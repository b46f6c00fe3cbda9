"""What the person probably meant."""

import re
from collections.abc import Sequence

from collector.settings import nearest

_CONTROL = re.compile(r"[A-Za-z]{2}-?\d{1,2}([(.]\d{1,2}\)?)?")


def hint_for_word(word: str, commands: Sequence[str]) -> str:
    """For a word that stands where a command is expected."""
    if _CONTROL.fullmatch(word):
        quoted = f"'{word}'" if "(" in word else word
        return f"did you mean: collect --control {quoted}"
    return nearest(word, commands)
