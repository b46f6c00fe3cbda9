"""The tree of commands. What a command does is imported when it runs: --help must cost next to nothing."""

from pathlib import Path
from typing import Any

import click

from collector import __version__
from collector.cli.options import JUDGE, READ, SCOPE, TALK, WRITE, Passing, options

EPILOG = (
    "Exit codes: 0 all in window, 1 flagged, 2 usage, 3 incomplete, 4 login, 5 remote, 6 integrity, 70 ours, 130 ^C."
)


@click.group(
    cls=Passing,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@options(*JUDGE, *READ, *WRITE, *TALK)
@click.version_option(__version__, prog_name="collect")
@click.pass_context
def collect(context: click.Context, /, **given: Any) -> int:  # noqa: ANN401  click hands over what was typed
    """Prove that the applications on a Cloud Foundry foundation are patched.

    Without a command: read live what the controls need (all of them, or those named by --control), print the answer,
    and store nothing remote.
    """
    if context.invoked_subcommand is not None:
        return 0
    from collector.cli.ask import ask  # noqa: PLC0415  heavy

    return ask(given)


@collect.command()
@options(*READ, *TALK)
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source (repeatable).")
@click.option("--resume", is_flag=True, help="Go on with the snapshot that was interrupted.")
def snapshot(**given: Any) -> int:  # noqa: ANN401  as above
    """Take evidence and put it into the store; prints the snapshot's id."""
    from collector.cli.snapshot import snapshot as run  # noqa: PLC0415  heavy

    return run(given)


_MONTH = click.option("--month", metavar="YYYY-MM", help="The month to assess; without it the last one that is over.")


@collect.command()
@options("control", "controls-dir", "config", "store", *WRITE, *TALK)
@_MONTH
def audit(**given: Any) -> int:  # noqa: ANN401  as above
    """The monthly run: take the closing snapshot unless the store holds it, assess the whole month, publish."""
    from collector.cli.month import audit as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@options("control", "controls-dir", "config", "store", *WRITE, *TALK)
@_MONTH
def report(**given: Any) -> int:  # noqa: ANN401  as above
    """Assess the stored snapshots of a month, and write the reports into -o, or else into the store."""
    from collector.cli.month import report as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@options("config", "store", "format", *TALK)
def diff(**given: Any) -> int:  # noqa: ANN401  as above
    """What is new, fixed, repeated or not comparable between two runs.

    Each is a folder with reports, an assessment.json, or a month whose reports the store holds.
    """
    from collector.cli.diff import diff as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@options("config", "store", "format", *TALK)
@click.option(
    "--by", type=click.Choice(["org", "space", "buildpack", "line"]), help="One line for each of these and each month."
)
def trend(**given: Any) -> int:  # noqa: ANN401  as above
    """The months in the store: share inside the window, percentiles of ages and of each stage."""
    from collector.cli.trend import trend as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@options("config", "output", "format", "exit-zero", *TALK)
@click.option("--serve", is_flag=True, help="Leave the foundation running, to try settings against.")
@click.option("--healthy", is_flag=True, help="Show a foundation on which everything is in its window.")
def demo(**given: Any) -> int:  # noqa: ANN401  as above
    """The whole main job on a simulated foundation, offline, into ./demo-evidence."""
    from collector.cli.demo import demo as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@click.argument("control")
@options("config", "controls-dir", *TALK)
def explain(**given: Any) -> int:  # noqa: ANN401  as above
    """Objectives, checks, windows with their authority, and how each verdict on CONTROL is reached."""
    from collector.cli.explain import explain as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@options(*READ, *TALK)
def doctor(**given: Any) -> int:  # noqa: ANN401  as above
    """Settings, login, roles and what they can see, rate limits, clock skew, and the store."""
    from collector.cli.doctor import doctor as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False))
@click.argument("url")
@options("config", *TALK)
def publish(**given: Any) -> int:  # noqa: ANN401  as above
    """Put the finished run in DIRECTORY into the store at URL, data first, manifest last."""
    from collector.cli.publish import publish as run  # noqa: PLC0415  heavy

    return run(given)


@collect.group(cls=Passing, no_args_is_help=False)
@options("config", "store", *SCOPE, *TALK)
def config(**_given: Any) -> None:  # noqa: ANN401  as above; handed on to the command behind it
    """The settings."""


@config.command()
@options("config", "store", *SCOPE, *TALK)
def show(**given: Any) -> int:  # noqa: ANN401  as above
    """Every effective setting and where it came from; secrets are masked."""
    from collector.cli.config import show as run  # noqa: PLC0415  heavy

    return run(given)


@collect.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of SHELL."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415  rarely needed

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(collect, {}, "collect", "_COLLECT_COMPLETE").source())
    return 0
