"""Exceptions and systems in the settings: read strictly, every fault named by file and key."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from collector.assessment import Catalog, Selection
from collector.errors import UsageError
from collector.model import AcceptedRisk
from collector.settings.loading import Settings
from collector.settings.tables import BoundaryTable, ExceptionTable, SystemsTable, SystemTable, Tables

_SLASHES = 2  # in org/space/app
_TEXTS = ("id", "rationale", "approver", "ticket")


def risks_in(settings: Settings, catalog: Catalog) -> tuple[AcceptedRisk, ...]:
    """All exceptions, of the settings and of the file that they name; raises `UsageError` naming file and key.

    Control ids are as the catalog prints them.
    """
    here = settings.origin("exceptions")
    rows = [(here, number, table) for number, table in enumerate(settings.tables.exceptions)]
    path = settings.exceptions_path
    if path is not None:
        rows += [(str(path), number, table) for number, table in enumerate(_read(path))]
    found: dict[str, AcceptedRisk] = {}
    places: dict[str, str] = {}
    for place, number, table in rows:
        where = f"{place}: exceptions[{number}]"
        _check(table, where)
        if table.id in found:
            raise UsageError(f"{where}.id {table.id!r} is there twice", hint=f"the other stands in {places[table.id]}")
        found[table.id] = _risk(table, _controls(table, catalog, where))
        places[table.id] = place
    return tuple(found.values())


def _read(path: Path) -> tuple[ExceptionTable, ...]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {path}: {reason}", hint="exceptions_file names an existing file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {str(error).lower()}", hint="mend that line") from error
    others = sorted(values.keys() - {"exceptions"})
    if others:
        raise UsageError(f"{path}: unknown key {others[0]}", hint="it holds [[exceptions]] and nothing else")
    return _convert(values.get("exceptions", []), path)


def _convert(rows: Any, path: Path) -> tuple[ExceptionTable, ...]:  # noqa: ANN401  whatever stands in the file
    try:
        return msgspec.convert(rows, tuple[ExceptionTable, ...])
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        raise UsageError(
            f"{path}: exceptions{where.rstrip('`')}: {reason.lower()}", hint="see the exceptions in the README"
        ) from error


def _check(table: ExceptionTable, where: str) -> None:
    for key in _TEXTS:
        if not getattr(table, key).strip():
            raise UsageError(f"{where}.{key} is empty", hint="an exception says who accepted what, and why")
    if bool(table.app) == bool(table.stemcell):
        word = "both app and stemcell are" if table.app else "neither app nor stemcell is"
        raise UsageError(f"{where}: {word} there", hint="name one of them")
    if table.app and not _whole(table.app.split("/", _SLASHES), _SLASHES + 1):
        raise UsageError(f"{where}.app {table.app!r} names no app", hint="write it as org/space/app; * stands for all")
    if table.stemcell and not _whole(table.stemcell.split("/"), 2):
        raise UsageError(f"{where}.stemcell {table.stemcell!r} names no stemcell", hint="write it as line/version")
    if table.expires < table.starts:
        raise UsageError(f"{where}.expires {table.expires} lies before starts {table.starts}", hint="mend the dates")
    if not table.controls:
        raise UsageError(f"{where}.controls is empty", hint="name the controls whose fails are accepted")


def _whole(parts: Sequence[str], number: int) -> bool:
    return len(parts) == number and all(parts)


def _controls(table: ExceptionTable, catalog: Catalog, where: str) -> tuple[str, ...]:
    try:
        return catalog.control_ids(*table.controls)
    except UsageError as error:
        raise UsageError(f"{where}.controls: {error}", hint=error.hint) from error


def _risk(table: ExceptionTable, controls: tuple[str, ...]) -> AcceptedRisk:
    return AcceptedRisk(
        id=table.id,
        controls=controls,
        rationale=table.rationale,
        approver=table.approver,
        ticket=table.ticket,
        starts=table.starts,
        expires=table.expires,
        app=table.app,
        stemcell=table.stemcell,
    )


# ---------------------------------------------------------------- systems


def systems_in(settings: Settings) -> tuple[Settings, ...]:
    """The settings of each system: those of `[system]` where no `[[systems]]` are named.

    What a system does not say of itself is as in `[system]`, save its name and its boundary.
    """
    own = [_of_system(settings.tables, table) for table in settings.tables.systems]
    return tuple(msgspec.structs.replace(settings, tables=tables) for tables in own) or (settings,)


def _of_system(tables: Tables, table: SystemsTable) -> Tables:
    base = tables.system
    system: SystemTable = msgspec.structs.replace(
        base,
        id=table.id,
        name=table.name,
        scope=table.scope or base.scope,
        impact=table.impact or base.impact,
        ssp=base.ssp if table.ssp is None else table.ssp,
    )
    boundary: BoundaryTable = msgspec.structs.replace(tables.boundary, spaces=table.boundary)
    return msgspec.structs.replace(tables, system=system, boundary=boundary, systems=(table,))


def selection_in(tables: Tables) -> Selection | None:
    """Which apps are those of the system that the settings are of; None is all of them."""
    own = next((table for table in tables.systems if table.id == tables.system.id), None)
    if own is None:
        return None
    return Selection(orgs=own.orgs, spaces=own.spaces, labels=own.labels, boundary=own.boundary)
