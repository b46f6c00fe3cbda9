"""The command line: words in, words and exit codes out."""

import os
import sys
import traceback
from collections.abc import Callable
from itertools import pairwise

import click

from collector.errors import CollectError

INTERRUPTED = 130
FAULT = 70


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(call(sys.argv[1:] if args is None else args))


def call(args: list[str], sleep: Callable[[float], None] | None = None) -> int:
    """Run the command line; every error becomes one line, a next step and a code. `sleep` waits, in place of ours."""
    from collector.cli.commands import collect  # noqa: PLC0415  after main, so that an import error is caught below, too

    try:
        result = collect.main(args=args, prog_name="collect", standalone_mode=False, obj=sleep)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _complain(args, "interrupted", "what a snapshot had read is kept: collect snapshot --resume goes on from there")
        return INTERRUPTED
    except CollectError as error:
        _trace(args)
        _complain(args, str(error), error.hint)
        return error.exit_code
    except click.ClickException as error:
        message = error.format_message().rstrip(".")
        _complain(args, message[:1].lower() + message[1:], _help(error))
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain at exit, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the last resort: a fault of ours is said as such, and never as a verdict
        _trace(args)
        _complain(
            args, f"a fault of ours: {type(error).__name__}: {error}", "run again with --debug and report what it shows"
        )
        return FAULT
    return result if isinstance(result, int) else 0


def _help(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see: {context.command_path} --help" if context is not None else "see: collect --help"


def _trace(args: list[str]) -> None:
    if "--debug" in args:
        traceback.print_exc()


def _complain(args: list[str], message: str, hint: str) -> None:
    from collector.transport.redaction import redact  # noqa: PLC0415  only an error pays for it

    if "--log-format=json" in args or ("--log-format", "json") in pairwise(args):
        from collector.cli.world import json_line  # noqa: PLC0415  likewise

        print(json_line(redact(message), hint=redact(hint)), file=sys.stderr)
        return
    print(redact(f"collect: {message}"), file=sys.stderr)
    if hint:
        print(redact(f"  → {hint}"), file=sys.stderr)
