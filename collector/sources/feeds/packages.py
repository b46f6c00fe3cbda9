"""The packages that a stemcell holds, as its builder's tests list them, or as `dpkg -l` prints them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from collector.errors import Malformed
from collector.model import Gap
from collector.sources.feeds.reading import Found, Paper, lines_of, text_of
from collector.sources.feeds.stemcells import base_of, package_name

SOURCE = "packages"
_FILE = re.compile(r"(?:.*/)?dpkg-list-([a-z0-9.-]+)\.txt")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?")
# `ii  bash  5.1-6ubuntu1  amd64  …`: wanted, present, and perhaps an error.
_PRESENT = re.compile(r"[uihrp]i[R ]?\s+(\S+)\s.*")
_DPKG_ROW = re.compile(r"[uihrp][ncHUFWtTi][R ]?\s+\S+\s.*")
_DPKG_HEAD = re.compile(r"(?:Desired=|\|).*|\+\+\+-.*")


def file_names(line: str) -> Mapping[str, bool]:
    """The files that together list the packages of a line, each with whether it has to be there.

    Kernels stand apart, and FIPS lines list only what they add.
    """
    base = base_of(line)
    names = {f"dpkg-list-{base}.txt": True, f"dpkg-list-{base}-kernel.txt": False}
    return names if base == line else {**names, f"dpkg-list-{line}.txt": True}


def read_names(body: bytes) -> frozenset[str]:
    """The names in one list; raises `Malformed` for what is none."""
    names = set()
    for line in map(str.rstrip, lines_of(text_of(body))):
        if not line or line.startswith("#") or _DPKG_HEAD.fullmatch(line):
            continue
        row = _PRESENT.fullmatch(line)
        word = row[1] if row else line.split()[0]
        if row is None and _DPKG_ROW.fullmatch(line):
            # Removed, or never wholly installed.
            continue
        if not _NAME.fullmatch(word):
            raise Malformed(f"a line that names no package: {line[:60]}")
        names.add(package_name(word))
    if not names:
        raise Malformed("a list of packages without any")
    return frozenset(names)


def packages(papers: Iterable[Paper], lines: Sequence[str], place: str) -> Found:
    """Pairs of line and names. A single file is that of every line in scope, unless its name says otherwise."""
    lists: dict[str, frozenset[str]] = {}
    gaps = []
    for paper in papers:
        found = _FILE.fullmatch(paper.path) or _FILE.fullmatch(place)
        try:
            names = read_names(paper.body)
        except Malformed as error:
            gaps.append(Gap(what=SOURCE, reason=f"{paper.path}: {error}"))
            continue
        lists[f"dpkg-list-{found[1]}.txt" if found else ""] = names
    rows = []
    for line in lines:
        parts = [lists.get(name) for name, needed in file_names(line).items() if needed or name in lists]
        if "" in lists:
            rows.append((line, lists[""]))
        elif None not in parts:
            rows.append((line, frozenset[str]().union(*(part for part in parts if part))))
        elif lists:
            gaps.append(Gap(what=SOURCE, reason=f"no list of the packages of {line}", subjects=(line,)))
    if lists and not lines:
        gaps.append(Gap(what=SOURCE, reason="no line is known whose packages these are: set [feeds] stemcell_line"))
    return Found(rows, gaps, len(rows))
