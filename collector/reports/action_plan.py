"""action-plan.md: what to do, per owner and space, with the commands to copy."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from collector.model import Action, Assessment
from collector.reports.context import Context
from collector.reports.month_words import items_line
from collector.reports.patching import name_of, of_platform, title_of
from collector.reports.text import markdown_code, markdown_fence, markdown_text, visible
from collector.reports.words import days


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:  # noqa: ARG001 - every report takes three
    """Write the plan: one section an owner and space, in the order of the assessment."""
    out.writelines(f"{line}\n".encode() for line in _lines(assessment))


def _lines(assessment: Assessment) -> Iterator[str]:
    yield f"# Action plan: {markdown_text(assessment.system.name or assessment.system.id)}"
    yield ""
    yield f"As of {assessment.as_of:%Y-%m-%d %H:%M} UTC. {markdown_text(assessment.answer)}"
    if items_line(assessment):
        yield ""
        yield f"{items_line(assessment)[0].upper()}{items_line(assessment)[1:]}."
    if not assessment.actions:
        yield ""
        yield "There is nothing to do."
    for where, actions in _sections(assessment.actions):
        yield ""
        yield from _section(where, actions)
    yield from _closed(assessment)


def _closed(assessment: Assessment) -> Iterator[str]:
    """What was to be done, and is."""
    if assessment.closed:
        yield ""
        yield "## Closed in the month"
        yield ""
        for action in assessment.closed:
            yield f"- [x] {markdown_code(title_of(action.subject))}: {markdown_text(action.what)}"


Where = tuple[str, str, str]


def _sections(actions: Iterable[Action]) -> list[tuple[Where, list[Action]]]:
    """Group by owner, org and space; a section stands where its first action stood."""
    sections: dict[Where, list[Action]] = {}
    for action in actions:
        sections.setdefault((action.owner, action.org, action.space), []).append(action)
    return list(sections.items())


def _section(where: Where, actions: list[Action]) -> Iterator[str]:
    owner, org, space = where
    production = " (production)" if any(action.production for action in actions) else ""
    platform = not org and not space and of_platform(actions[0].subject)
    yield f"## {'Platform' if platform else f'{markdown_text(org)} / {markdown_text(space)}'}{production}"
    yield ""
    yield f"Owner: {markdown_code(owner) or 'no owner is named'}"
    yield ""
    for action in actions:
        yield _item(action)
    commands = [visible(action.command) for action in actions if action.command and action.waived_by is None]
    if commands:
        yield ""
        fence = markdown_fence("".join(commands))
        yield f"{fence}sh"
        yield from commands
        yield fence


def _item(action: Action) -> str:
    outside = "" if action.over_hours is None else f", {days(action.over_hours)} days outside"
    versions = (
        f", {markdown_text(action.before)} → {markdown_text(action.after)}" if action.before != action.after else ""
    )
    waived = "" if action.waived_by is None else f" (waived by {markdown_code(action.waived_by)})"
    remark = "; ".join(filter(None, (action.remark.reason, action.remark.planned, action.remark.justification)))
    written = f" (written before: {markdown_text(remark)})" if remark else ""
    name = markdown_code(name_of(action.subject))
    return f"- [ ] {name}{outside}{versions}: {markdown_text(action.what)}{waived}{written}"
