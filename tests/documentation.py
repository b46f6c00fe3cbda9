"""The tables of README.md as the code has them; a test compares, `make samples` writes."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from collector.assessment import CHECKS, load
from collector.cli.commands import collect
from collector.reports import REPORTS
from collector.resources import CONTROLS
from collector.settings import CHOICES, FIELDS, LATER, Tables, environment_name
from collector.sources import SOURCES
from collector.sources.feeds import attestation as attestation_reader

README = Path(__file__).parents[1] / "README.md"
PLATFORM = README.parent / "docs" / "platform-evidence.md"
# What each exit code means; the contract's words, shortened.
EXIT_CODES: Mapping[int, str] = {
    0: "everything assessed is shown to be in its window",
    1: "something is flagged, or cannot be shown to be inside although everything was read",
    2: "usage or settings, an output that cannot be written among them",
    3: "incomplete evidence: something a deciding or flagging check needs was not wholly read, or no app is visible",
    4: "login failed, or the token may read nothing at all",
    5: "a remote did not answer after retries and nothing can be said, or an upload failed",
    6: "integrity: stored evidence is not what its manifest says",
    70: "a fault of ours",
    130: "interrupted",
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = [list(map(str, head))]
    lines += [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def commands() -> str:
    """Every command with the first sentence of its help."""

    def walk(command: click.Command, words: str) -> Iterable[tuple[str, str]]:
        arguments = " ".join(
            param.human_readable_name.upper() for param in command.params if isinstance(param, click.Argument)
        )
        if not isinstance(command, click.Group) or command.invoke_without_command:
            text = " ".join((command.help or "").split("\n\n")[1 if words == "collect" else 0].split())
            yield f"`{' '.join(filter(None, (words, arguments)))}`", text
        if isinstance(command, click.Group):
            for name in command.commands:
                yield from walk(command.commands[name], f"{words} {name}")

    return table(("command", "does"), walk(collect, "collect"))


def exit_codes() -> str:
    """Every exit code."""
    return table(("code", "means"), EXIT_CODES.items())


def checks() -> str:
    """Every check, and the controls that use it in which role."""
    catalog = load(CONTROLS)
    uses: dict[str, dict[str, None]] = {name: {} for name in CHECKS}  # each once, though it may count for both parts
    for control in catalog.controls.values():
        for use in control.checks:
            uses[use.check][f"{use.role} {use.objective or control.id}"] = None
    return table(
        ("check", "passes when", "roles"), ((f"`{name}`", CHECKS[name].title, ", ".join(uses[name])) for name in CHECKS)
    )


def windows() -> str:
    """Every window with its limit and authority."""

    def limit(hours: float | None) -> str:
        return "each subject's own" if hours is None else f"{hours / 24:g} d"

    rows = load(CONTROLS).windows.values()
    return table(
        ("window", "limit", "kind", "authority"),
        ((f"`{row.name}`", limit(row.limit_hours), row.kind, row.authority) for row in rows),
    )


def artefacts() -> str:
    """Every artefact with its file."""
    return table(
        ("file", "asked for as", "made"),
        (
            (
                f"`{report.file}`",
                f"`{report.artifact}`" if report.artifact else "–",
                ("always" if report.always else "by default" if report.default else "on request")
                + (", of a month" if report.monthly else ""),
            )
            for report in REPORTS.values()
        ),
    )


def settings() -> str:
    """Every setting with its variable and default."""

    def rows() -> Iterable[tuple[str, str, str]]:
        defaults = dict(_leaves(msgspec.to_builtins(Tables())))
        for key in FIELDS:
            if key.split(".")[0] in LATER or key in NO_VARIABLE:
                continue
            words = [word for word in CHOICES.get(key, ()) if word]
            yield (
                f"`{key}`",
                f"`{environment_name(key)}`",
                f"`{_shown(defaults[key])}`" + (f" ({', '.join(words)})" if words else ""),
            )

    return table(("setting", "variable", "default"), rows())


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and f"{prefix}{name}" not in FIELDS:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


# Tables of tables, which no single value can set.
NO_VARIABLE = ("acknowledged", "bosh", "boundary.environments", "exceptions", "policy", "schema", "systems")

# What each source of evidence gives; SOURCES has their names.
SOURCES_GIVE: Mapping[str, str] = {
    "cloud-controller": "applications, droplets, buildpacks, builds, events",
    "bosh": "what was deployed when, and which stemcell each machine carries",
    "stemcell-releases": "the notices that each stemcell fixes",
    "stemcell-index": "when each stemcell was published",
    "light-index": "when its light form was, where the platform runs on AWS",
    "notices": "when each security notice was published, and what it touches",
    "exploited": "known exploited vulnerabilities, with their due dates",
    "packages": "which packages stemcells hold, to tell which notices apply",
    "rootfs": "which release of a root file system fixes which notice",
    "buildpack-releases": "when upstream released each buildpack",
    "attestation": "what an operator or a scanner attests",
}


def sources() -> str:
    """Every source with what it gives and how it is set."""

    def setting(name: str) -> str:
        if name == "cloud-controller":
            return "`cf.api`"
        return "`[[bosh]]`" if name == "bosh" else f"`feeds.{name.replace('-', '_')}`"

    rows = ((f"`{name}`", SOURCES_GIVE[name], setting(name)) for name in SOURCES)
    return table(("source", "gives", "set by"), rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "sources": sources,
    "commands": commands,
    "exit codes": exit_codes,
    "checks": checks,
    "windows": windows,
    "artefacts": artefacts,
    "settings": settings,
}


def attestation() -> str:
    """Every column of an attestation, as the reader's own documentation has it."""
    lines = (attestation_reader.__doc__ or "").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return table(rows[0], rows[1:])


PLATFORM_BLOCKS: Mapping[str, Callable[[], str]] = {"attestation": attestation}


def documented(text: str, blocks: Mapping[str, Callable[[], str]] = BLOCKS) -> str:
    """The text with every block as the code has it."""
    for name, block in blocks.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, found = mark.subn(lambda match, block=block: f"{match[1]}{block()}\n{match[2]}", text)  # type: ignore[misc]  # bound at once
        if found != 1:
            raise ValueError(f"{found} blocks named {name}")
    return text
