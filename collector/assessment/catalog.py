"""The controls, their objectives and windows, read strictly from `controls/*.toml`."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, cast, get_args

from collector.assessment.checks import CHECKS, Check
from collector.assessment.tables import Table, nearest, parse
from collector.assessment.words import limit_value
from collector.errors import UsageError
from collector.model import CheckUse, Control, Objective, Parameter, Part, Role, Window
from collector.model.base import Value

POLICY: Final = "policy.toml"
KINDS: Final = ("flag", "decides", "informs", "warns")

_ID: Final = re.compile(r"\s*([A-Za-z]{2})\s*-\s*0*([0-9]+)\s*(?:\(\s*0*([0-9]+)\s*\)|\.0*([0-9]+))?\s*")


class WindowOverride(Value, frozen=True, kw_only=True):
    """What `[policy]` changes of a window; exactly one of the two limits, or none to change only `binding`."""

    authority: str = ""
    limit_days: float | None = None
    limit_hours: float | None = None
    binding: bool | None = None


class Catalog(Value, frozen=True, kw_only=True):
    """Controls by printed id in the order of their numbers, windows by name, and the sha256 of each file read."""

    controls: Mapping[str, Control]
    windows: Mapping[str, Window]
    digests: Mapping[str, str]

    def chosen(self, controls: Iterable[str] | None) -> tuple[Control, ...]:
        """The controls asked for, in the catalog's order; None is all of them."""
        if controls is None:
            return tuple(self.controls.values())
        wanted = set()
        for text in controls:
            canonical = printed(text)
            if canonical not in self.controls:
                raise UsageError(f"unknown control {text}", hint=nearest(canonical or text.upper(), self.controls))
            wanted.add(canonical)
        return tuple(control for name, control in self.controls.items() if name in wanted)

    def control_ids(self, *texts: str) -> tuple[str, ...]:
        """Printed ids for ids in any of the accepted spellings; an unknown one is a usage error."""
        return tuple(control.id for control in self.chosen(texts))

    def window(self, use: CheckUse) -> Window | None:
        """The window that a use of a check is held against."""
        name = use.window or CHECKS[use.check].window
        return self.windows[name] if name else None


def control_id(text: str) -> str:
    """`SI-2`, `cm-2.2` or `CM-02(02)` as it is printed: `SI-2`, `CM-2(2)`."""
    canonical = printed(text)
    if not canonical:
        raise UsageError(f"not a control id: {text}", hint="write it like SI-2 or CM-2(2)")
    return canonical


def printed(text: str) -> str:
    """A control id as it is printed, or "" when it is none."""
    found = _ID.fullmatch(text)
    if not found:
        return ""
    enhancement = found[3] or found[4]
    return f"{found[1].upper()}-{found[2]}" + (f"({enhancement})" if enhancement else "")


def load(folder: Traversable | Path, overrides: Mapping[str, WindowOverride] | None = None) -> Catalog:
    """Read every control file and the policy of a folder; any fault is a usage error that names file and key."""
    if not folder.is_dir():
        raise UsageError(f"no folder of controls: {folder}", hint="--controls names a folder of *.toml files")
    files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".toml")}
    if POLICY not in files:
        raise UsageError(f"{POLICY} is missing in the folder of controls")
    windows = _override(_policy(files[POLICY]), overrides or {})
    controls: dict[str, Control] = {}
    for name in sorted(files):
        if name == POLICY:
            continue
        control = _control(Table(parse(files[name], name), name), windows)
        if name != f"{control.oscal_id}.toml":
            raise UsageError(f"{name}: oscal_id is {control.oscal_id}", hint=f"name the file {control.oscal_id}.toml")
        controls[control.id] = control
    if not controls:
        raise UsageError(f"no control in {folder}", hint="--controls names a folder of *.toml files")
    ordered = dict(sorted(controls.items(), key=lambda row: _order(row[1].oscal_id)))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    return Catalog(controls=ordered, windows=windows, digests=digests)


def _order(oscal_id: str) -> tuple[str, list[int]]:
    family, _, numbers = oscal_id.partition("-")
    return family, [int(number) for number in numbers.split(".")]


def _policy(data: bytes) -> dict[str, Window]:
    tables = Table(parse(data, POLICY), POLICY)
    windows = {}
    for name in parse(data, POLICY):
        table = tables.table(name)
        limit = table.number("limit_hours")
        windows[name] = Window(
            name=name,
            expected_hours=table.number("expected_hours"),
            limit_hours=limit,
            kind=table.choice("kind", KINDS),  # type: ignore[arg-type]  # checked against the closed list
            authority=table.text("authority"),
            citation=table.text("citation"),
            attributed_to=table.text("attributed_to", ""),
        )
        table.close()
    for name in {check.window for check in CHECKS.values() if check.window}:
        if name not in windows:
            raise UsageError(f"{POLICY}: {name} is missing", hint="a check is held against this window")
    return windows


def _override(windows: dict[str, Window], overrides: Mapping[str, WindowOverride]) -> dict[str, Window]:
    for name, override in overrides.items():
        if name not in windows:
            raise UsageError(f"[policy] {name}: unknown window", hint=nearest(name, windows))
        windows[name] = _overridden(windows[name], override)
    return windows


def _overridden(window: Window, override: WindowOverride) -> Window:
    where = f"[policy] {window.name}"
    if not override.authority.strip():
        raise UsageError(f"{where}: authority is missing", hint="say who decided this, and where it is written")
    if override.limit_days is not None and override.limit_hours is not None:
        raise UsageError(f"{where}: limit_days and limit_hours exclude each other")
    limit = override.limit_hours if override.limit_days is None else override.limit_days * 24
    if limit is None:
        limit = window.limit_hours
    elif not 0 < limit < float("inf"):
        raise UsageError(f"{where}: the limit must be above zero")
    elif window.limit_hours is None:
        raise UsageError(f"{where}: has no limit of its own", hint="each entry carries its date")
    return Window(
        name=window.name,
        expected_hours=window.expected_hours,
        limit_hours=limit,
        kind=window.kind,
        authority=override.authority,
        citation=window.citation,
        attributed_to=window.attributed_to,
        binding=window.binding if override.binding is None else override.binding,
        overridden=True,
    )


def _control(table: Table, windows: Mapping[str, Window]) -> Control:
    oscal_id = table.text("oscal_id")
    name = table.text("id")
    if printed(oscal_id) != name or oscal_id != oscal_id.lower():
        raise UsageError(f"{table.key('id')}: {name} and {oscal_id} are not the same control")
    parts = table.table("parts")
    narratives = {part: parts.text(part) for part in get_args(Part) if parts.has(part)}
    parts.close()
    objectives = tuple(_objective(row) for row in table.tables("objectives"))
    _refuse_twice(table, "objectives", [objective.id for objective in objectives])
    if not objectives:
        raise UsageError(f"{table.key('objectives')} is missing")
    parameters = tuple(_parameter(row, windows) for row in table.tables("parameters"))
    _refuse_twice(table, "parameters", [parameter.id for parameter in parameters])
    uses = tuple(_use(row, objectives, windows) for row in table.tables("checks"))
    _refuse_twice(table, "checks", [_use_words(use) for use in uses])
    _ask_for_counted(table, uses)
    control = Control(
        id=name,
        oscal_id=oscal_id,
        title=table.text("title"),
        summary=table.text("summary"),
        parts=narratives,
        narrative=table.text("narrative"),
        objectives=objectives,
        parameters=parameters,
        checks=uses,
    )
    table.close()
    return control


def _use_words(use: CheckUse) -> str:
    part = "" if use.part == "customer" else f" ({use.part})"
    return f"{use.check} as {use.role} of {use.objective or 'nothing'}{part}"


def _refuse_twice(table: Table, key: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{table.key(key)}: {name} is there twice")


def _ask_for_counted(table: Table, uses: tuple[CheckUse, ...]) -> None:
    used = {use.check for use in uses}
    for name in used:
        for counted in CHECKS[name].counts:
            if counted not in used:
                raise UsageError(f"{table.key('checks')}: {name} counts {counted}", hint=f"use {counted} too")


def _part(table: Table) -> Part:
    return cast("Part", table.choice("part", get_args(Part), "customer"))


def _objective(table: Table) -> Objective:
    objective = Objective(id=table.text("id"), text=table.text("text"), human=table.text("human"), part=_part(table))
    table.close()
    return objective


def _parameter(table: Table, windows: Mapping[str, Window]) -> Parameter:
    name, text = table.text("id"), table.text("text")
    if table.has("window"):
        window = windows[table.choice("window", windows)]
        value, authority, date = limit_value(window.limit_hours), window.authority, ""
    else:
        value, authority, date = table.text("value"), table.text("authority"), table.text("date", "")
    table.close()
    return Parameter(id=name, text=text, value=value, authority=authority, date=date)


def _use(table: Table, objectives: tuple[Objective, ...], windows: Mapping[str, Window]) -> CheckUse:
    check = table.choice("check", CHECKS)
    role = cast("Role", table.choice("role", get_args(Role)))
    objective = table.choice("objective", [row.id for row in objectives], "")
    if role in ("decides", "detects") and not objective:
        raise UsageError(f"{table.key('objective')} is missing", hint=f"a check that {role} speaks for an objective")
    window = table.choice("window", windows, "")
    _refuse_window(table, CHECKS[check], window)
    use = CheckUse(check=check, role=role, objective=objective, window=window, part=_part(table))
    table.close()
    return use


def _refuse_window(table: Table, check: Check, window: str) -> None:
    if window and check.window is None:
        raise UsageError(f"{table.key('window')}: this check is held against no window")
