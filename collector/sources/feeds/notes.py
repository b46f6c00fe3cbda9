"""The notes of a stemcell release: which notices they list, with their priorities, and the kernel.

Source: the script that formats them, and 2,072 lines of published notes. Only the lines that name the page of a notice
count: descriptions are free text, and name other notices, too.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from collector.sources.feeds.reading import lines_of

_FIELD = re.compile(r"\*\*(URL|Priorities|Title|Kernel Version)\*\*:\s*(.*?)\s*(?:<br>)?\s*")
# Notes of before 2020.
_OLD_FIELD = re.compile(r"(url|priorities|title):\s*(.*?)\s*(?:<br>)?\s*")
_NOTICE = re.compile(
    r"https?://(?:www\.)?(?:ubuntu\.com/security/notices/USN-|usn\.ubuntu\.com/(?:usn/usn-)?)(\d{1,9}-\d{1,9})/?",
    re.IGNORECASE,
)
# Patches of a running kernel, which stemcells do not use.
_LIVEPATCH = re.compile(r"https?://\S+/lsn[-/]\d+-\d+/?", re.IGNORECASE)


class Notes(NamedTuple):
    """`priorities` by notice; `unknown` are pages in place of a notice's that are no notice's."""

    notices: tuple[str, ...]
    priorities: Mapping[str, tuple[str, ...]]
    kernel: str
    unknown: tuple[str, ...]


def read_notes(body: str) -> Notes:
    """Read the notes of one release."""
    fields = _fields(body)
    priorities: dict[str, set[str]] = {}
    unknown = []
    current = ""
    kernel = ""
    for name, value in fields:
        if name == "kernel version":
            kernel = kernel or value
        elif name == "title":
            current = ""
        elif name == "priorities" and current:
            priorities[current].update(filter(None, (word.strip().lower() for word in value.split(","))))
        elif name == "url":
            found = _NOTICE.fullmatch(value)
            current = f"USN-{found[1]}" if found else ""
            if found:
                priorities.setdefault(current, set())
            elif not _LIVEPATCH.fullmatch(value):
                unknown.append(value)
    return Notes(
        notices=tuple(sorted(priorities)),
        priorities={notice: tuple(sorted(words)) for notice, words in sorted(priorities.items()) if words},
        kernel=kernel,
        unknown=tuple(unknown),
    )


def _fields(body: str) -> Sequence[tuple[str, str]]:
    lines = list(lines_of(body))
    found = [match for line in lines if (match := _FIELD.fullmatch(line))]
    if not any(match[1] == "URL" for match in found):
        found += [match for line in lines if (match := _OLD_FIELD.fullmatch(line))]
    return [(match[1].lower(), match[2]) for match in found]
