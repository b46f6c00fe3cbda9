"""How each verdict of a control is reached, in words: what `collect explain` prints."""

from collector.assessment.catalog import Catalog
from collector.assessment.checks import CHECKS
from collector.assessment.words import limit_value
from collector.model import CheckUse, Control, Window

_ROLES = {
    "decides": "a fail or an unknown counts for the objective",
    "detects": "a fail counts for the objective, an unknown is a remark",
    "flags": "makes the action plan and exit code 1, and decides no objective unless its window is binding",
    "informs": "shown, never counted",
}


def explain(control: Control, catalog: Catalog) -> tuple[str, ...]:
    """The control, its objectives and how each is tested, its checks with their windows, its parameters."""
    lines = [f"{control.id} {control.title}", "", control.summary, ""]
    lines += [f"{part}: {text}" for part, text in control.parts.items()]
    lines += ["", "Objectives"]
    for objective in control.objectives:
        lines += _objective(control, objective.id, objective.text, objective.human, objective.part)
    lines += ["", "Checks"]
    if not control.checks:
        lines.append("  none: this tool tests no objective of this control yet")
    for use in control.checks:
        lines += _check(use, catalog)
    lines += ["", "Parameters"]
    lines += [f"  {row.id}: {row.text}: {row.value} ({row.authority})" for row in control.parameters]
    return tuple(lines)


def _objective(control: Control, name: str, text: str, human: str, part: str) -> list[str]:
    uses = [use for use in control.checks if use.objective == name and use.role in ("decides", "detects")]
    tested = ", ".join(f"{use.check} ({use.role})" for use in uses)
    return [f"  {name} ({part}): {text}", f"    tested by: {tested or 'a person'}", f"    by a person: {human}"]


def _check(use: CheckUse, catalog: Catalog) -> list[str]:
    check = CHECKS[use.check]
    window = catalog.window(use)
    needs = ", ".join(sorted(check.needs)) or "nothing but the snapshot itself"
    part = " (provider)" if use.part == "provider" else ""
    lines = [f"  {use.check} {use.role} {use.objective}".rstrip() + f"{part}: {_ROLES[use.role]}"]
    lines += [f"    {line}" for line in check.text.splitlines()]
    lines.append(f"    reads: {needs}" + (f"; consults: {', '.join(sorted(check.uses))}" if check.uses else ""))
    return [*lines, *([_window(window)] if window else [])]


def _window(window: Window) -> str:
    changed = ", overridden" if window.overridden else ""
    binding = ", binding" if window.binding else ""
    limit = limit_value(window.limit_hours)
    return f"    window {window.name}: {limit}{changed}{binding}; {window.authority}: {window.citation}"
