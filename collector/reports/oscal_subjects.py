"""What was looked at, and the documents that say so: components, inventory items, evidence."""

from collections.abc import Iterable, Iterator
from typing import Final

from collector.model import ApplicationLine, Document, Subject
from collector.reports import oscal
from collector.reports.oscal import Json
from collector.reports.oscal_run import Run

_COMPONENT_TYPES: Final = {"system": "this-system", "stemcell": "software", "notice": "guidance"}


def _foundation_uuid(run: Run) -> str:
    return oscal.identifier("foundation", run.assessment.foundation)


def components(run: Run) -> list[Json]:
    """The foundation, and every subject that is not an app."""
    foundation = run.assessment.foundation
    found = {
        "": {
            "uuid": _foundation_uuid(run),
            "type": "service",
            "title": oscal.markup(f"Cloud Foundry at {foundation}"),
            "description": "The foundation that runs the apps.",
            "status": {"state": "operational"},
        }
    }
    for seen in run.assessment.observations:
        if seen.subject.type != "app":
            uuid = oscal.subject_uuid(run.system, seen.subject)
            if uuid not in found:
                found[uuid] = _component(run, seen.subject, uuid)
    return list(found.values())


def _component(run: Run, subject: Subject, uuid: str) -> Json:
    system = run.assessment.system
    name = system.name or system.id if subject.type == "system" else subject.name
    return oscal.compact(
        {
            "uuid": uuid,
            "type": _COMPONENT_TYPES[subject.type],
            "title": oscal.markup(name) or "(no name)",
            "description": oscal.paragraph(f"{subject.type} {subject.name}".rstrip()),
            "props": oscal.props(("environment", subject.environment), ("deployment", subject.deployment)),
            "status": {"state": "operational"},
        }
    )


def inventory(run: Run) -> Iterator[Json]:
    """Every app of the assessment, once: those that the applications list, then any that only an observation names."""
    runs_on = [{"component-uuid": _foundation_uuid(run)}]
    written: set[str] = set()
    lines = ((line.subject, line) for line in run.assessment.applications)
    others = ((seen.subject, None) for seen in run.assessment.observations if seen.subject.type == "app")
    for part in (lines, others):
        for subject, line in part:
            uuid = oscal.subject_uuid(run.system, subject)
            if uuid not in written:
                written.add(uuid)
                yield _item(uuid, subject, line, runs_on)


def _item(uuid: str, subject: Subject, line: ApplicationLine | None, runs_on: list[Json]) -> Json:
    known = oscal.core_props(("asset-id", subject.guid), ("virtual", "yes"))
    ours = [("cf-org", subject.org), ("cf-space", subject.space), ("cf-app", subject.name)]
    if line is not None:
        known += oscal.core_props(
            ("baseline-configuration-name", line.stack),
            ("software-name", line.buildpack),
            ("software-version", line.has),
        )
        ours += [
            ("state", line.state),
            ("lifecycle", line.kind),
            ("environment", line.environment),
            ("owner", line.owner),
            ("droplet", line.droplet),
            ("staged-at", oscal.instant(line.staged_at) if line.staged_at else ""),
            ("status", line.status),
        ]
    return {
        "uuid": uuid,
        "description": f"Cloud Foundry app {oscal.markup(subject.label)}",
        "props": known + oscal.props(*ours),
        "implemented-components": runs_on,
    }


def evidence(run: Run) -> list[Json]:
    """A resource for each document that an observation cites, in the order of the documents."""
    cited = {digest: None for seen in run.assessment.observations for digest in seen.evidence}
    known = [_resource(run, document) for digest, document in run.documents.items() if digest in cited]
    unknown = [
        {
            "uuid": _evidence_uuid(digest),
            "title": oscal.markup(digest),
            "description": "Cited by an observation, but not among the documents of the snapshots.",
            "props": oscal.core_props(("type", "raw-data")),
        }
        for digest in cited
        if digest not in run.documents
    ]
    return known + unknown


def _evidence_uuid(digest: str) -> str:
    return oscal.identifier("document", digest)


def _resource(run: Run, document: Document) -> Json:
    snapshots = run.assessment.snapshots
    return {
        "uuid": _evidence_uuid(document.digest),
        "title": oscal.markup(f"{document.source}: {document.what}"),
        "description": "A response as received. The path is relative to the snapshot's folder; the hash is that of the "
        "body, which the file holds gzip-compressed.",
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
            ("snapshot-id", snapshots[0].id if len(snapshots) == 1 else ""),
        ),
        "rlinks": [
            {
                "href": oscal.href(document.file),
                "media-type": "application/gzip",
                "hashes": [{"algorithm": "SHA-256", "value": document.sha256}],
            }
        ],
    }


def cites(run: Run, digests: Iterable[str]) -> list[Json]:
    """The documents that an observation rests on, each once, as references to their resources."""
    return [
        {
            "href": f"#{_evidence_uuid(digest)}",
            "description": oscal.markup(f"{document.source}: {document.what}" if document else digest),
        }
        for digest, document in ((digest, run.documents.get(digest)) for digest in dict.fromkeys(digests))
    ]
