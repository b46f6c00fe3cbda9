"""What the settings declare about the system, and the patterns that narrow a question."""

from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase

from collector.model import App, Space
from collector.model.base import Value


class Baseline(Value, frozen=True, kw_only=True):
    """The declared, dated configuration baseline; `ssh` is "enabled", "disabled" or "" (not declared)."""

    declared: date
    buildpacks: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    ssh: str = ""


class Acknowledged(Value, frozen=True, kw_only=True):
    """Who took note of a change in what runs, and when.

    `app` is a pattern for org/space/app, `change` the word for what changed (`buildpack`, `stack`, `ssh`, `added` ...)
    or `*` for every change; `date` is the day on which note was taken. It covers what may have happened up to that day.
    """

    app: str
    change: str
    by: str
    date: date
    ticket: str = ""


class Declared(Value, frozen=True, kw_only=True):
    """The judged system as its owner declares it.

    `boundary_spaces` and the patterns in `environments` are `org/space`, in fnmatch's words, case-sensitive;
    `owner_key` is the annotation or label that names an app's owner; `acknowledged` are changes of the baseline that
    somebody took note of.
    """

    include_stopped: bool = False
    boundary_spaces: tuple[str, ...] = ()
    environments: Mapping[str, tuple[str, ...]] = {}
    baseline: Baseline | None = None
    owner_key: str = "owner"
    acknowledged: tuple[Acknowledged, ...] = ()

    def environment(self, path: str) -> str:
        """The first environment whose patterns cover a space, or ""."""
        return next((name for name, patterns in self.environments.items() if covers(patterns, path)), "")


class Patterns(Value, frozen=True, kw_only=True):
    """`--org`, `--space` and `--app`; an empty one lets everything through. A space pattern may be `org/space`."""

    org: tuple[str, ...] = ()
    space: tuple[str, ...] = ()
    app: tuple[str, ...] = ()

    def admit_space(self, space: Space) -> bool:
        """Whether a space is asked about."""
        return (not self.org or covers(self.org, space.org)) and (
            not self.space or covers(self.space, space.name) or covers(self.space, space.path)
        )

    def admit(self, app: App, space: Space) -> bool:
        """Whether an app is asked about."""
        return (not self.app or covers(self.app, app.name)) and self.admit_space(space)

    @property
    def words(self) -> str:
        """The patterns as they would be typed, or ""."""
        named = (("--org", self.org), ("--space", self.space), ("--app", self.app))
        return " ".join(f"{option} {pattern}" for option, patterns in named for pattern in patterns)


def covers(patterns: Iterable[str], name: str) -> bool:
    """Whether any pattern matches a whole name, case-sensitive."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
