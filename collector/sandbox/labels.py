"""Label selectors: `team=a,!b,tier in (x,y)`."""

import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
_KEY = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*/)?[A-Za-z0-9][A-Za-z0-9_.-]*"
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s+\(([^()]*)\)")
_EQUALITY = re.compile(rf"({_KEY})\s*(!=|==|=)\s*([A-Za-z0-9_.-]*)")
_EXISTENCE = re.compile(rf"(!?)({_KEY})")


def label_filter(selector: str) -> Callable[[Labels], bool] | None:
    """Return a test of labels, or None for a selector that cannot be read."""
    tests = [_requirement(part.strip()) for part in re.split(r",(?![^()]*\))", selector)]
    if any(test is None for test in tests):
        return None
    return lambda labels: all(test(labels) for test in tests if test)


def _requirement(text: str) -> Callable[[Labels], bool] | None:
    if found := _SET.fullmatch(text):
        key, values, wanted = found[1], {v.strip() for v in found[3].split(",")}, found[2] == "in"
        return lambda labels: (labels.get(key) in values) is wanted
    if found := _EQUALITY.fullmatch(text):
        name, value, equal = found[1], found[3], found[2] != "!="
        return lambda labels: (labels.get(name) == value) is equal
    if found := _EXISTENCE.fullmatch(text):
        label, present = found[2], not found[1]
        return lambda labels: (label in labels) is present
    return None
