"""The evidence that observations cite: a back-matter resource for each digest, with a link that carries the hash.

Links are relative to the document and lead into `snapshot`, the folder that lies beside the reports, or into
`history`, that of earlier snapshots.
"""

from collections.abc import Iterable

from collector.evidence import HISTORY
from collector.model import Assessment, Document, SnapshotRef
from collector.reports import oscal
from collector.reports.oscal import Json
from collector.reports.oscal_run import Run


def evidence(run: Run) -> list[Json]:
    """A resource for everything that an observation cites and nothing else, documents first."""
    cited = dict.fromkeys(digest for seen in run.assessment.observations for digest in seen.evidence)
    return evidence_for(run, (*cited, *sorted(run.statements)))


def evidence_for(run: Run, digests: Iterable[str]) -> list[Json]:
    """A resource for each of these, once, documents first."""
    assessment, cited = run.assessment, dict.fromkeys(digests)
    known = {document.digest: _document(assessment, document) for document in run.documents.values()}
    for name, digest in assessment.inputs.items():
        known.setdefault(_digest(digest), _input(name, digest))
    for number, snapshot in enumerate(assessment.snapshots):
        known[_digest(snapshot.sha256)] = _manifest(snapshot, f"{HISTORY}/{snapshot.id}" if number else "snapshot")
    unknown = {digest: _unlisted(digest) for digest in cited if digest not in known}
    return [resource for digest, resource in (known | unknown).items() if digest in cited]


def cites(run: Run, digests: Iterable[str]) -> list[Json]:
    """What an observation rests on, each once, as references to the resources."""
    return [
        {
            "href": f"#{_uuid(digest)}",
            "description": oscal.markup(f"{document.source}: {document.what}" if document else digest),
        }
        for digest, document in ((digest, run.documents.get(digest)) for digest in dict.fromkeys(digests))
    ]


def _digest(value: str) -> str:
    """A digest as observations write it."""
    return f"sha256:{value.removeprefix('sha256:')}"


def _uuid(digest: str) -> str:
    return oscal.identifier("document", digest)


def _link(path: str, media_type: str, digest: str) -> list[Json]:
    hashes = [{"algorithm": "SHA-256", "value": digest.removeprefix("sha256:")}]
    return [oscal.compact({"href": oscal.href(path), "media-type": media_type, "hashes": hashes})]


def _document(assessment: Assessment, document: Document) -> Json:
    earlier = document.file.split("/")[1] if document.file.startswith(f"{HISTORY}/") else ""
    path = document.file if earlier else f"snapshot/{document.file}"
    return {
        "uuid": _uuid(document.digest),
        "title": oscal.markup(f"{document.source}: {document.what}"),
        "description": "A response as received. The hash is that of the body, which the file holds gzip-compressed.",
        "props": oscal.core_props(("type", "raw-data"))
        + oscal.props(
            ("path", document.path),
            ("query", "&".join(f"{name}={value}" for name, value in document.query.items())),
            ("retrieved-at", oscal.instant(document.retrieved_at)),
            ("http-status", str(document.status)),
            ("content-type", document.media_type),
            ("content-size", str(document.size)),
            ("request-id", document.request_id),
            ("hash-covers", "content after gunzip"),
            ("snapshot-id", earlier or assessment.snapshots[0].id),
        ),
        "rlinks": _link(path, "application/gzip", document.sha256),
    }


def _manifest(snapshot: SnapshotRef, folder: str) -> Json:
    return {
        "uuid": _uuid(_digest(snapshot.sha256)),
        "title": oscal.markup(f"Manifest of snapshot {snapshot.id}"),
        "description": "What was asked, what was got and what was not, with the digest of every answer.",
        "props": oscal.core_props(("type", "evidence")) + oscal.props(("snapshot-id", snapshot.id)),
        "rlinks": _link(f"{folder}/manifest.json", "application/json", snapshot.sha256),
    }


def _input(name: str, digest: str) -> Json:
    return {
        "uuid": _uuid(_digest(digest)),
        "title": oscal.markup(f"Input {name}"),
        "description": "Something that the judgement was made from; inputs.json names it by the same digest.",
        "props": oscal.core_props(("type", "artifact")),
        "rlinks": _link(name, "", digest),
    }


def _unlisted(digest: str) -> Json:
    return {
        "uuid": _uuid(digest),
        "title": oscal.markup(digest),
        "description": "Cited by an observation, but neither a document of the snapshots nor an input.",
        "props": oscal.core_props(("type", "evidence")),
    }
