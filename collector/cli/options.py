"""The options that commands share, and the group that hands on those which stand before a command."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from collector.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
# Before and after these there is nothing to ask about, and dates may leave what a datetime can hold.
FIRST_YEAR, LAST_YEAR = 1970, 2999


class Instant(click.ParamType[datetime]):
    """A date or an instant; without an offset it is UTC."""

    name = "datetime"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401  click's
        """Read ISO 8601; a date alone is its first instant."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date or time; write 2026-11-20 or 2026-11-20T12:00:00Z", param, ctx)
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}", param, ctx)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


_SHARED: Mapping[str, Callable[[F], F]] = {
    "control": click.option(
        "--control",
        "controls",
        multiple=True,
        metavar="ID",
        help="Ask only about this control, for example SI-2 (repeatable).",
    ),
    "config": click.option(
        "-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="Read settings from this file, too."
    ),
    "from": click.option(
        "--from",
        "from_",
        metavar="SNAPSHOT|latest|PATH",
        help="Judge a stored snapshot instead of reading live; no network.",
    ),
    "as-of": click.option(
        "--as-of", type=Instant(), help="Judge as of this instant instead of when the snapshot was taken."
    ),
    "format": click.option(
        "-f",
        "--format",
        "format_",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        help="What is printed.",
    ),
    "output": click.option(
        "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write the artefacts into this folder."
    ),
    "artifact": click.option(
        "--artifact", "artifacts", multiple=True, metavar="NAME", help="Make only this artefact (repeatable)."
    ),
    "store": click.option(
        "--store", metavar="URL", help="Keep runs there: file:DIR, s3://BUCKET/PREFIX or vcap:SERVICE."
    ),
    "org": click.option(
        "--org", "orgs", multiple=True, metavar="PATTERN", help="Only these organizations (repeatable)."
    ),
    "space": click.option(
        "--space",
        "spaces",
        multiple=True,
        metavar="PATTERN",
        help="Only these spaces, by name or as org/space (repeatable).",
    ),
    "app": click.option("--app", "apps", multiple=True, metavar="PATTERN", help="Only these apps (repeatable)."),
    "previous": click.option(
        "--previous",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Carry on what people wrote in the action plan of this evidence.xlsx.",
    ),
    "templates": click.option(
        "--templates",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="Use the templates in this folder in place of the shipped ones of the same name.",
    ),
    "controls-dir": click.option(
        "--controls",
        "controls_dir",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="Use these control files.",
    ),
    "oscal-version": click.option(
        "--oscal-version",
        type=click.Choice(["1.1.3", "1.2.1"]),
        default="1.2.1",
        help="The OSCAL version that is written.",
    ),
    "exit-zero": click.option("--exit-zero", is_flag=True, help="Return 0 where findings would make it 1."),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Say only what goes wrong."),
    "verbose": click.option("-v", "--verbose", is_flag=True, help="Log every request."),
    "no-progress": click.option("--no-progress", is_flag=True, help="Draw no progress."),
    "color": click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Whether stdout is coloured."
    ),
    "log-format": click.option(
        "--log-format", type=click.Choice(["text", "json"]), default="text", help="How lines on stderr are written."
    ),
    "debug": click.option("--debug", is_flag=True, help="Show the traceback of an error."),
}
TALK = ("quiet", "verbose", "no-progress", "color", "log-format", "debug")
SCOPE = ("org", "space", "app")
READ = ("config", "store", *SCOPE)
JUDGE = ("control", "from", "as-of", "controls-dir")
WRITE = ("format", "output", "artifact", "previous", "templates", "oscal-version", "exit-zero")


def options(*names: str) -> Callable[[F], F]:
    """Add shared options to a command, in this order."""

    def add(command: F) -> F:
        for name in reversed(names):
            command = _SHARED[name](command)
        return command

    return add


class Passing(click.Group):
    """A group that can be called bare, and whose options before a command are handed on to that command.

    click would drop them in silence; handed on, a command that does not take them says so.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move what stands before the command behind it; --help and --version stay where they are."""
        place = self._command_at(args)
        if place:
            args = [args[place], *args[:place], *args[place + 1 :]]
        return super().parse_args(ctx, args)

    def _command_at(self, args: Sequence[str]) -> int:
        """Where the command stands; 0 when it is first or there is none."""
        place = 0
        while place < len(args):
            word = args[place]
            if word == "--version":
                return 0
            if not word.startswith("-"):
                return place
            place += 2 if self._takes_next(word) else 1
        return 0

    def _takes_next(self, word: str) -> bool:
        """Whether the word after an option is its value; short ones may stand together: `-qo reports`."""
        takes_value = {name for option in self.params if not getattr(option, "is_flag", False) for name in option.opts}
        if word.startswith("--"):
            return word in takes_value
        first = next((place for place, letter in enumerate(word) if f"-{letter}" in takes_value), 0)
        return first == len(word) - 1

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or a hint for the word that is none."""
        from collector.cli.hints import hint_for_word  # noqa: PLC0415  only a mistake pays for it

        if self.get_command(ctx, args[0]) is None:
            raise UsageError(f"unknown command {args[0]}", hint=hint_for_word(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)
