"""What the public feeds tell of: releases, notices, exploited vulnerabilities, root file systems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Body = Literal["today", "old", "crlf", "bare"]
Precision = Literal["seconds", "microseconds", "nanoseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StemcellRelease:
    """A published stemcell; `published`, `light` and `announced` are instants of the index, the light one, the notes.

    `notices` are the lines of its notes: notice and priorities. `nanoseconds` are what the index writes after the
    microseconds. `body` is how the notes are written: as today, as years ago, with lines ended by CR LF, or without
    any list. A release without notes is only in the index; one without `published` only has notes.
    """

    line: str
    version: str
    published: datetime | None
    light: datetime | None = None
    announced: datetime | None = None
    notices: tuple[tuple[str, str], ...] = ()
    kernel: str = "5.15.0.164.158"
    nanoseconds: int = 0
    body: Body = "today"
    draft: bool = False

    @property
    def tag(self) -> str:
        """Return the tag of the release."""
        return f"{self.line}/v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A security notice: `packages` by codename, `pro` the codenames whose fix needs a subscription.

    `osv` and `api` say in which of the two forms it can be had; `precision` how its OSV time is written.
    """

    id: str
    published: datetime
    title: str
    packages: Mapping[str, tuple[str, ...]]
    cves: tuple[str, ...] = ()
    pro: tuple[str, ...] = ()
    withdrawn: datetime | None = None
    osv: bool = True
    api: bool = True
    precision: Precision = "microseconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploited:
    """An entry of the catalog of known exploited vulnerabilities: dates without a zone."""

    cve: str
    added: date
    due: date
    vendor: str = "Canonical"
    product: str = "Ubuntu Linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackRelease:
    """An upstream release of a buildpack; `repository` is `python-buildpack`."""

    repository: str
    version: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RootfsNotice:
    """Which release of a root file system fixes a notice; None: none yet."""

    notice: str
    title: str
    release: str | None


@dataclass(slots=True, kw_only=True)
class Feeds:
    """All that the feeds hold; what lies in the future of whoever asks is not shown."""

    stemcells: list[StemcellRelease] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    exploited: list[Exploited] = field(default_factory=list)
    buildpacks: list[BuildpackRelease] = field(default_factory=list)
    rootfs: dict[str, list[RootfsNotice]] = field(default_factory=dict)
    packages: dict[str, tuple[str, ...]] = field(default_factory=dict)
