"""The stemcell index: one Metalink file per line and version, whose `<published>` is when the stemcell was out.

Read with expat and no handler for anything but text: a body with a document type is refused, so that no entity can be
declared in it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from xml.parsers import expat

from collector.errors import Malformed
from collector.model import Gap, StemcellRelease
from collector.sources.feeds.archive import is_archive, members
from collector.sources.feeds.github import merged
from collector.sources.feeds.reading import Found, Paper
from collector.sources.feeds.stemcells import label, line_of, normal
from collector.sources.feeds.times import instant

HEAVY = "stemcells.meta4"
LIGHT = "stemcells.aws.meta4"
_NAMESPACE = "urn:ietf:params:xml:ns:metalink"
_PLACE = re.compile(
    r"(?:(?:.*/)?published/)?([a-z0-9][a-z0-9.-]*)/(\d{1,9}(?:\.\d{1,9}){0,3})/(stemcells[a-z.-]*\.meta4)"
)
_FILE = re.compile(r"(?:light-)?(bosh-)stemcell-\d{1,9}(?:\.\d{1,9}){0,3}-(.+)\.tgz")


class Metalink(NamedTuple):
    """`published` as written, "" where it is missing; the versions and file names that the files give."""

    published: str
    versions: tuple[str, ...]
    files: tuple[str, ...]


class Entry(NamedTuple):
    """Where a file of the index stands."""

    line: str
    version: str
    name: str


def entry_of(path: str) -> Entry | None:
    """Line, version and file name of `…/published/<line>/<version>/<file>`; None for any other path."""
    found = _PLACE.fullmatch(path.lstrip("/"))
    return Entry(found[1], normal(found[2]), found[3]) if found else None


def subject_of(path: str) -> str:
    """How a gap names the stemcell of a file of the index, "" for any other path."""
    entry = entry_of(path)
    return label(entry.line, entry.version) if entry else ""


def read_metalink(body: bytes) -> Metalink:
    """Read one file of the index; raises `Malformed`."""
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)  # noqa: FBT003  expat knows no names
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Malformed(f"not the XML that was promised: {error}") from error
    if reader.root != f"{_NAMESPACE} metalink":
        raise Malformed("an XML document that is no Metalink")
    return Metalink("".join(reader.published).strip(), tuple(reader.versions), tuple(reader.files))


def metalink_or_none(body: bytes) -> Metalink | None:
    """A file of the index, or None for what a 404 says instead; a file that was cut off is `Malformed`."""
    return read_metalink(body) if b"metalink" in body else None


class _Reader:
    """The handlers of one parse."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.root = ""
        self.published: list[str] = []
        self.versions: set[str] = set()
        self.files: list[str] = []
        self._open: list[str] = []
        self._version: list[str] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        bare = name.removeprefix(f"{_NAMESPACE} ")
        self._open.append(bare)
        if self._open == ["metalink", "file"]:
            self.files.append(attributes.get("name", ""))

    def _end(self, _name: str) -> None:
        if self._open == ["metalink", "file", "version"]:
            self.versions.add(normal("".join(self._version).strip()))
            self._version.clear()
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open == ["metalink", "published"]:
            self.published.append(text)
        elif self._open == ["metalink", "file", "version"]:
            self._version.append(text)


def _refuse(*_: object) -> None:
    raise Malformed("an XML document with a document type, which may declare entities")


def wanted(name: str, lines: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is that of a file of this name in one of these lines (none: any)."""
    among = frozenset(lines)

    def chosen(path: str) -> bool:
        entry = entry_of(path)
        return entry is not None and entry.name == name and (not among or entry.line in among)

    return chosen


def indexed(papers: Iterable[Paper], *, source: str, name: str, lines: Iterable[str]) -> Found:
    """The stemcells that files of the index state, from single files and from archives of many."""
    rows: dict[tuple[str, str], list[StemcellRelease]] = defaultdict(list)
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        for path, body in _files(paper, wanted(name, lines)):
            found = _stemcell(path, body, paper.digest, light=name == LIGHT)
            if isinstance(found, StemcellRelease):
                usable += 1
                rows[found.line, found.version].append(found)
            else:
                subject, reason = found
                gaps[subject] = Gap(what=source, reason=f"{subject} {reason}", subjects=(subject,))
    return Found([merged(same) for same in rows.values()], list(gaps.values()), usable)


def _files(paper: Paper, chosen: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    if is_archive(paper.body):
        yield from members(paper.body, chosen)
    else:
        yield paper.path, paper.body


def _stemcell(path: str, body: bytes, digest: str, *, light: bool) -> StemcellRelease | tuple[str, str]:
    """The stemcell of one file, or its name and what is wrong with it."""
    entry = entry_of(path)
    subject = subject_of(path) or path
    try:
        metalink = read_metalink(body)
    except Malformed as error:
        return subject, f"cannot be read: {error}"
    line, version = (entry.line, entry.version) if entry else _named(metalink)
    if not line or not version:
        return subject, "does not say which stemcell it is"
    subject = label(line, version)
    if metalink.versions and version not in metalink.versions:
        return subject, f"holds another version: {', '.join(sorted(metalink.versions))[:80]}"
    at: datetime | None = instant(metalink.published)
    if at is None:
        return subject, "has no <published> that can be read"
    if light:
        return StemcellRelease(line=line, version=version, light=at, documents=(digest,))
    return StemcellRelease(line=line, version=version, published=at, documents=(digest,))


def _named(metalink: Metalink) -> tuple[str, str]:
    """Line and version by the names of the stemcells' own files."""
    found = [match for name in metalink.files if (match := _FILE.fullmatch(name))]
    lines = {line_of(match[1] + match[2]) for match in found}
    return (lines.pop(), next(iter(metalink.versions))) if len(lines) == len(metalink.versions) == 1 else ("", "")
