"""Feeds in memory, at a URL or in a folder, and snapshots that their plans make of them, the way a run does."""

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.errors import Malformed, Refused
from collector.evidence import Ask, Got, Opening, Received, Recorder, unpack
from collector.model import Gap, Identity, PlatformFacts, Snapshot, SourceRecord
from collector.sources.feeds import FEEDS, FeedScope, read
from tests.sources.fakes import carry_out

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMESPACE = "urn:ietf:params:xml:ns:metalink"
Answer = tuple[int, bytes]


@dataclass
class Site:
    """A server: what it answers by path, or by a function of the question; anything else is a 404."""

    pages: Mapping[str, bytes] = field(default_factory=dict)
    answer: Callable[[Ask], Answer | None] = lambda _: None
    not_found: bytes = b"404: Not Found"

    def get(self, ask: Ask) -> Answer:
        found = self.answer(ask)
        if found is not None:
            return found
        return (200, self.pages[ask.path]) if ask.path in self.pages else (404, self.not_found)


@dataclass
class Folder:
    """A local folder, which lists its files at "/"."""

    files: Mapping[str, bytes]

    def get(self, ask: Ask) -> Answer:
        if ask.path == "/":
            return 200, json.dumps({"listing": sorted(self.files)}).encode()
        return (200, self.files[ask.path[1:]]) if ask.path[1:] in self.files else (404, b"")


@dataclass
class File:
    """A local file, which is all there is."""

    body: bytes

    def get(self, ask: Ask) -> Answer:
        return (200, self.body) if ask.path == "/" else (404, b"")


class Feed(NamedTuple):
    """A place as it is set, and what answers there."""

    place: str
    at: Site | Folder | File


class Kept(NamedTuple):
    """An answer that another source kept before."""

    source: str
    what: str
    body: bytes


@dataclass
class Taken:
    """A snapshot of feeds, what was asked for it, and what is read from it."""

    snapshot: Snapshot
    asks: dict[str, list[Ask]] = field(default_factory=dict)

    @property
    def facts(self) -> PlatformFacts:
        return read(self.snapshot, lambda document: unpack(Path(self.snapshot.root), document))

    def shuffled(self, seed: int) -> PlatformFacts:
        """What is read when the documents are listed in another order."""
        documents = list(self.snapshot.documents)
        random.Random(seed).shuffle(documents)  # noqa: S311 - no secret
        snapshot = msgspec.structs.replace(self.snapshot, documents=tuple(documents))
        return read(snapshot, lambda document: unpack(Path(self.snapshot.root), document))

    def paths(self, source: str) -> list[str]:
        return [ask.path for ask in self.asks[source]]

    def gaps(self, source: str) -> tuple[Gap, ...]:
        """The questions of a source that were not answered."""
        return next(record.gaps for record in self.snapshot.sources if record.name == source)


def take(
    folder: Path,
    feeds: Mapping[str, Feed],
    *,
    line: str = "ubuntu-jammy",
    kept: Iterable[Kept] = (),
    pick: Callable[[Sequence[Ask]], int] = lambda _: 0,
) -> Taken:
    """A snapshot of these feeds, asked in the order of `FEEDS`."""
    scope = FeedScope(line=line, now=NOW, places={name: feed.place for name, feed in feeds.items()})
    opening = Opening(
        id="20261123T120000Z-1",
        system="default",
        started_at=NOW,
        foundation="https://api.example.gov",
        scope={"feeds": msgspec.to_builtins(scope)},
    )
    recorder = Recorder.start(folder, opening)
    for other in kept:
        ask = Ask(other.what, f"/{other.what}", {}, lambda body: body)
        recorder.keep(other.source, ask, Received(other.body, 200, "application/json", "", NOW))
    taken: dict[str, list[Ask]] = {}
    records = []
    for name, feed in FEEDS.items():
        if name in feeds:
            answering = _answering(recorder, name, feeds[name].at)
            log = carry_out(feed.plan(scope, recorder.kept), answering, pick)
            taken[name] = log.asks
            for gap in log.gaps:
                recorder.miss(name, gap)
            records.append(
                SourceRecord(name=name, endpoint="", requests=len(log.asks), documents=0, gaps=recorder.gaps(name))
            )
    snapshot = recorder.finish(tool="test", finished_at=NOW, identity=Identity(), sources=tuple(records))
    return Taken(snapshot, taken)


def _answering(recorder: Recorder, source: str, at: Site | Folder | File) -> Callable[[Ask], Got]:
    """What a run does with a question: decode, keep, or say why there is no answer."""

    def answer(ask: Ask) -> Got:
        status, body = at.get(ask)
        if status != 200 and status not in ask.accepts:
            return Got(ask, Gap(what=ask.what, reason=f"{status}", http_status=status, subjects=ask.subjects))
        try:
            page = ask.decode(body)
        except (Malformed, Refused) as error:
            return Got(ask, Gap(what=ask.what, reason=str(error), subjects=ask.subjects))
        later = timedelta(seconds=recorder.counts(source))
        recorder.keep(source, ask, Received(body, status, "application/octet-stream", "", NOW + later))
        return Got(ask, page)

    return answer


def meta4(version: str, published: str | None, *, line: str = "ubuntu-jammy") -> bytes:
    """A file of the stemcell index."""
    at = "" if published is None else f"<published>{published}</published>"
    name = f"bosh-stemcell-{version}-aws-xen-hvm-{line}-go_agent.tgz"
    inner = f'<file name="{name}"><size>1</size><version>{version}</version></file>{at}'
    return f'<?xml version="1.0"?>\n<metalink xmlns="{NAMESPACE}">{inner}</metalink>\n'.encode()


def release(tag: str, published: str | None, body: str | None = "", **more: Any) -> dict[str, Any]:
    """A release as GitHub lists it."""
    row = {"tag_name": tag, "name": tag, "draft": False, "prerelease": False, "published_at": published, "body": body}
    return {**row, **more}


def notes(*notices: str, priorities: str = "medium") -> str:
    """The notes of a stemcell."""
    entries = [
        f"**Title**: {notice}: some package\n**URL**: https://ubuntu.com/security/notices/{notice}\n"
        f"**Priorities**: {priorities}\n**Description**:\nIt was found. See USN-1-1.\n**CVEs**:\n - https://x/CVE-1\n\n"
        for notice in notices
    ]
    return "## Metadata:\n**BOSH Agent Version**: 2.648.0\n\n## USNs:\n\n" + "".join(entries)


def osv(
    notice: str, published: str, *packages: str, ecosystem: str = "Ubuntu:22.04:LTS", **more: Any
) -> dict[str, Any]:
    """A notice in the OSV form: a source package and its binaries."""
    source, *binaries = packages or ("openssh", "openssh-server")
    specific = {"binaries": [{"binary_name": name, "binary_version": "1"} for name in binaries]}
    affected = [{"package": {"ecosystem": ecosystem, "name": source}, "ecosystem_specific": specific}]
    return {"id": notice, "published": published, "summary": "a flaw", "affected": affected, **more}


def api(
    notice: str, published: str, *packages: str, codename: str = "jammy", pocket: str = "security"
) -> dict[str, Any]:
    """A notice as the security API gives it."""
    rows = [{"name": name, "is_source": False, "pocket": pocket} for name in packages or ("openssh-server",)]
    return {
        "id": notice,
        "published": published,
        "title": "a flaw",
        "is_hidden": False,
        "cves_ids": ["CVE-2026-9001"],
        "release_packages": {codename: rows},
    }


def packed(value: object) -> bytes:
    return json.dumps(value).encode()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return out.getvalue()
