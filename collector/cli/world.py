"""The world outside, read here and nowhere else: time, environment, chance, terminal, working folder."""

import logging
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import platformdirs

from collector.errors import UsageError
from collector.run import Clock, Progress, Stop

_LINE_EVERY_SECONDS = 30
_LINE = "%(asctime)s %(name)s %(message)s"


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How talkative the tool is, and how it dresses what it prints."""

    quiet: bool = False
    verbose: bool = False
    progress: bool = True
    color: str = "auto"
    log_format: str = "text"
    debug: bool = False


class World:
    """One run's view of the outside."""

    def __init__(
        self,
        environment: Mapping[str, str],
        manners: Manners,
        sleep: Callable[[float], None] | None = None,
        *,
        remembers: bool = True,
    ) -> None:
        self.environment = environment
        self.manners = manners
        self.here = Path.cwd()
        self.remembers = remembers
        self.stop = Stop()
        self.sleep = sleep or self.stop.sleep
        self.clock = Clock(now, lambda: secrets.token_hex(4), self._progress)
        self._drawn = False
        self._last_line = 0.0

    @property
    def user_dir(self) -> Path:
        """The user's configuration folder."""
        return platformdirs.user_config_path("cf-evidence")

    @property
    def work_dir(self) -> Path:
        """Where snapshots for a bucket are finished before they are copied, and kept when that fails."""
        return platformdirs.user_state_path("cf-evidence")

    @property
    def cache_dir(self) -> Path | None:
        """Where answers of feeds are kept, to be asked for again only when they have changed; None keeps none."""
        return platformdirs.user_cache_path("cf-evidence") if self.remembers else None

    @property
    def draws(self) -> bool:
        """Whether progress may be drawn: on a terminal, outside CI, unless it is not wanted."""
        return self.manners.progress and not self.manners.quiet and sys.stderr.isatty() and "CI" not in self.environment

    @property
    def colors(self) -> bool:
        """Whether stdout is coloured, as the flag, NO_COLOR, FORCE_COLOR, TERM and the terminal say, in this order."""
        if self.manners.color != "auto":
            return self.manners.color == "always"
        if self.environment.get("NO_COLOR"):
            return False
        if self.environment.get("FORCE_COLOR"):
            return True
        return sys.stdout.isatty() and self.environment.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """One line for the person, on stderr; warnings and notes are said even when quiet."""
        self._clear()
        line = json_line(text) if self.manners.log_format == "json" else f"collect: {text}"
        print(line, file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """One line that a quiet run leaves out."""
        if not self.manners.quiet:
            self.say(text)

    def jitter(self) -> float:
        """A number in [0, 1) that keeps many collectors from asking at the same moment."""
        return random.random()  # noqa: S311  politeness needs no cryptography

    def word(self) -> str:
        """A fresh word for probes and unfinished files."""
        return secrets.token_hex(16)

    def start_logging(self) -> None:
        """Send the library's log to stderr when it is asked for."""
        if self.manners.verbose or self.manners.debug:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(_JsonLines() if self.manners.log_format == "json" else logging.Formatter(_LINE))
            logging.basicConfig(handlers=[handler])
            logging.getLogger("collector").setLevel(logging.DEBUG)

    def _progress(self, progress: Progress) -> None:
        text = f"{progress.what}: {progress.answered} answers, {progress.open} open"
        if self.draws:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            self._drawn = True
        elif not self.manners.quiet:
            seconds = time.monotonic()
            self._last_line = self._last_line or seconds
            if seconds - self._last_line >= _LINE_EVERY_SECONDS:
                self._last_line = seconds
                self.say(text)

    def _clear(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False


class _JsonLines(logging.Formatter):
    """Log records in the form of every other line."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        return json_line(super().format(record), logger=record.name)


def json_line(message: str, **more: str) -> str:
    """One line on stderr, for machines."""
    return msgspec.json.encode({"time": now(), "message": message, **more}).decode()


@contextmanager
def printing() -> Iterator[None]:
    """What is printed inside reaches its reader, or the reader has seen enough; a disk that is full is said.

    The exit code stays the answer's: a reader who goes away after one line has not changed what was found.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer must not be tried again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot print the answer: {reason}", hint="free space where stdout leads") from error


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def whole_second(instant: datetime) -> datetime:
    """Cloud Controller filters by whole seconds; a snapshot is taken at one."""
    return instant.replace(microsecond=0)


def environment() -> Mapping[str, str]:
    """The environment variables."""
    return os.environ


Say = Callable[[str], None]
