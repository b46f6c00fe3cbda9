"""Replaying stored snapshots, and judging what they say: no network, no clock, the same answer every time."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from collector.assessment import Catalog, Patterns, assess
from collector.assessment import load as load_catalog
from collector.evidence import open_snapshot, read_manifest, unpack
from collector.model import Assessment, Document, Facts, PlatformFacts, Snapshot
from collector.settings import Settings, declared_in, overrides_in, risks_in, system_of
from collector.sources import BOSH, Part, cloud_controller, read_platform

TOOL: Final = "cf-evidence"


REMEMBERED: Final = timedelta(days=62)
"""How far back earlier snapshots are read: the month of a report, and one more for what was live at its beginning."""


class Evidence(NamedTuple):
    """The folder of the snapshot that is judged, and those of what earlier ones say of the platform."""

    folder: Path
    history: Sequence[Path] = ()


class Question(NamedTuple):
    """What is asked of a snapshot: controls (none is all), as of when (None: when it was taken), and of which apps."""

    controls: tuple[str, ...] = ()
    as_of: datetime | None = None
    patterns: Patterns = Patterns()


def remembered(document: Document) -> bool:
    """Whether a later assessment needs this document of an earlier snapshot: what the platform forgets."""
    return document.source.startswith(f"{BOSH}-") or (document.source, document.what) == (
        cloud_controller.SOURCE,
        "buildpacks",
    )


def replay(folder: Path) -> tuple[Snapshot, Facts]:
    """The facts of a stored snapshot: read from its bytes, with no network."""
    snapshot = open_snapshot(folder)
    return snapshot, cloud_controller.read(snapshot, partial(unpack, folder))


def replay_platform(snapshot: Snapshot, evidence: Evidence) -> tuple[PlatformFacts, tuple[Snapshot, ...]]:
    """What a snapshot and the earlier ones say of the platform; gives those earlier ones, oldest first."""
    earlier = []
    for folder in evidence.history:
        manifest = read_manifest(folder)
        earlier.append(Part(manifest.named(folder), partial(unpack, folder)))
    facts = read_platform(Part(snapshot, partial(unpack, evidence.folder)), earlier)
    return facts, tuple(sorted((part.snapshot for part in earlier), key=lambda row: (row.taken_at, row.id)))


def read_catalog(settings: Settings, folder: Traversable) -> Catalog:
    """The controls and windows, with the overrides of the settings."""
    return load_catalog(folder, overrides_in(settings.tables))


def judge(  # noqa: PLR0913, PLR0917  everything that an answer is made from
    evidence: Evidence, question: Question, catalog: Catalog, settings: Settings, templates: Traversable, version: str
) -> Assessment:
    """Replay a stored snapshot, with those before it, and judge it."""
    snapshot, facts = replay(evidence.folder)
    platform, earlier = replay_platform(snapshot, evidence)
    inputs = inputs_of((snapshot, *earlier), question, catalog, settings, templates, version)
    return assess(
        facts,
        snapshot,
        catalog,
        controls=question.controls or None,
        as_of=question.as_of or snapshot.taken_at,
        system=system_of(settings.tables),
        declared=declared_in(settings.tables),
        patterns=question.patterns,
        version=version,
        inputs=inputs,
        platform=platform,
        earlier=earlier,
        risks=risks_in(settings, catalog),
    )


def inputs_of(  # noqa: PLR0913, PLR0917  everything that an answer is made from
    snapshots: Iterable[Snapshot],
    question: Question,
    catalog: Catalog,
    settings: Settings,
    templates: Traversable,
    version: str,
) -> dict[str, str]:
    """The digests of all that an answer is made from, by name."""
    return {
        **{f"snapshot {row.id}": f"sha256:{row.sha256}" for row in snapshots},
        "question": _digest(msgspec.json.encode(question, enc_hook=msgspec.to_builtins)),
        "settings": _digest(msgspec.json.encode(settings.tables, order="sorted")),
        "templates": _digest(b"".join(_files_in(templates))),
        "tool": f"{TOOL} {version}",
        **{name: f"sha256:{digest}" for name, digest in catalog.digests.items()},
    }


def _files_in(folder: Traversable) -> Iterator[bytes]:
    """Name and digest of each file, in the order of their names."""
    for file in sorted((file for file in folder.iterdir() if file.is_file()), key=lambda file: file.name):
        yield f"{file.name} {_digest(file.read_bytes())}\n".encode()


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
