"""What the settings mean to the judgement: the system, what its owner declares, and the windows that are overridden."""

import msgspec

from collector.assessment import Acknowledged, Baseline, Declared, WindowOverride
from collector.model import System
from collector.settings.tables import Tables


def system_of(tables: Tables) -> System:
    """The system that `[system]` describes."""
    table = tables.system
    return System(
        id=table.id,
        name=table.name,
        scope=table.scope,
        impact=table.impact,
        leveraged=table.leveraged,
        marking=table.marking,
        isso=table.roles.isso,
        assessor=table.roles.assessor,
        prepared_by=table.roles.prepared_by,
        ssp_title=table.ssp.title,
        ssp_version=table.ssp.version,
        ssp_href=table.ssp.href,
    )


def declared_in(tables: Tables) -> Declared:
    """What the settings declare about the system; a baseline is one only with its date."""
    baseline = tables.baseline
    return Declared(
        include_stopped=tables.cf.include_stopped,
        boundary_spaces=tables.boundary.spaces,
        environments=tables.boundary.environments,
        baseline=None
        if baseline.declared is None
        else Baseline(
            declared=baseline.declared,
            buildpacks=baseline.buildpacks,
            stacks=baseline.stacks,
            images=baseline.images,
            ssh=baseline.ssh,
        ),
        owner_key=tables.owners.annotation,
        acknowledged=acknowledged_in(tables),
    )


def acknowledged_in(tables: Tables) -> tuple[Acknowledged, ...]:
    """The changes of the baseline that somebody took note of."""
    return tuple(
        Acknowledged(app=row.app, change=row.change, by=row.by, date=row.date, ticket=row.ticket)
        for row in tables.acknowledged
    )


def overrides_in(tables: Tables) -> dict[str, WindowOverride]:
    """The overrides of windows, by name; limits in hours."""
    return {
        name: WindowOverride(
            authority=table.authority,
            limit_hours=table.limit_hours if table.limit_days is None else table.limit_days * 24,
            binding=table.binding,
        )
        for name, table in tables.policy.items()
    }


def places_in(tables: Tables) -> dict[str, str]:
    """The feeds that are to be read: the name of each source with its URL or path, as set."""
    return {
        name.replace("_", "-"): place
        for name, place in msgspec.structs.asdict(tables.feeds).items()
        if name != "stemcell_line" and place
    }
