"""What was looked at: components and inventory items."""

from collections.abc import Iterable, Iterator
from typing import Final

from collector.model import ApplicationLine, Subject
from collector.reports import oscal
from collector.reports.oscal import Json
from collector.reports.oscal_run import Run
from collector.reports.patching import name_of

_COMPONENT_TYPES: Final = {"system": "this-system", "stemcell": "software", "notice": "guidance"}


def _foundation_uuid(run: Run) -> str:
    return oscal.identifier("foundation", run.assessment.foundation)


def components(run: Run) -> list[Json]:
    """The foundation, and every subject of an observation that is not an app."""
    return components_of(run, (seen.subject for seen in run.assessment.observations))


def components_of(run: Run, subjects: Iterable[Subject]) -> list[Json]:
    """The foundation, and those subjects that are no apps, each once."""
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
    for subject in subjects:
        if subject.type != "app":
            uuid = oscal.subject_uuid(run.system, subject)
            if uuid not in found:
                found[uuid] = _component(run, subject, uuid)
    return list(found.values())


def _component(run: Run, subject: Subject, uuid: str) -> Json:
    system = run.assessment.system
    name = system.name or system.id if subject.type == "system" else name_of(subject)
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


def inventory_of(run: Run, subjects: Iterable[Subject]) -> list[Json]:
    """Those subjects that are apps, each once."""
    wanted = {oscal.subject_uuid(run.system, subject) for subject in subjects if subject.type == "app"}
    return [item for item in inventory(run) if item["uuid"] in wanted]


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
