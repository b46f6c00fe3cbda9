"""Plays a history: what happened when, told by how many days before now it happened."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from collector.sandbox.bosh import verbs
from collector.sandbox.bosh.deploys import Broken
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Group, Pace
from collector.sandbox.feeds.records import Feeds
from collector.sandbox.histories.record import Platform

JAMMY, NOBLE, FIPS = "ubuntu-jammy", "ubuntu-noble", "ubuntu-jammy-fips"
BASE = ("cf/58.0.0", "cflinuxfs4/1.320.0", "nodejs-buildpack/1.8.30", "python-buildpack/1.8.42")
_UPLOADED_BEFORE = 0.01

Act = Callable[[Director], object]


class Script:
    """Collects acts and plays them in the order of time; `age` is in days before now."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self._acts: list[tuple[datetime, str, Act]] = []
        self._uploaded: set[tuple[str, str, str]] = set()

    def ago(self, days: float) -> datetime:
        """Return the whole second that lies so many days back."""
        return (self.now - timedelta(days=days)).replace(microsecond=0)

    def act(self, age: float, environment: str, act: Act) -> None:
        """Do something with a director at an age."""
        self._acts.append((self.ago(age), environment, act))

    def release(self, age: float, environment: str, *releases: str) -> None:
        """Upload BOSH releases, written `name/version`."""
        for release in releases:
            name, _, version = release.partition("/")
            self.act(age, environment, partial(verbs.upload_release, name=name, version=version))

    def deploy(  # noqa: PLR0913 - a deploy can go in many ways
        self,
        age: float,
        place: str,
        stemcells: Mapping[str, str] | None = None,
        *,
        groups: Sequence[Group] = (),
        releases: Sequence[str] | None = None,
        dry_run: bool = False,
        broken: Broken | None = None,
        recreate: str = "",
        restart: str = "",
        teams: Sequence[str] = (),
        pace: Pace | None = None,
        upload: bool = True,
    ) -> None:
        """Deploy to `environment/deployment`; stemcells are uploaded shortly before unless told not to."""
        environment, _, name = place.partition("/")
        for line, version in (stemcells or {}).items():
            if upload and (environment, line, version) not in self._uploaded:
                self._uploaded.add((environment, line, version))
                self._upload(age + _UPLOADED_BEFORE, environment, line, version)

        def act(director: Director) -> object:
            return verbs.deploy(
                director,
                name,
                stemcells,
                groups=groups,
                releases=releases,
                dry_run=dry_run,
                broken=broken,
                recreate=recreate,
                restart=restart,
                teams=teams,
                pace=pace or Pace(),
            )

        self.act(age, environment, act)

    def _upload(self, age: float, environment: str, line: str, version: str) -> None:
        self.act(age, environment, partial(verbs.upload_stemcell, line=line, version=version))

    def forget(self, environment: str) -> None:
        """Let stemcells be uploaded again from here on: the director is made anew."""
        self._uploaded = {one for one in self._uploaded if one[0] != environment}

    def play(self, directors: dict[str, Director], feeds: Feeds, placed: Mapping[str, str] | None = None) -> Platform:
        """Do everything in the order of time and return the platform as it is now."""
        acts = sorted(self._acts, key=lambda act: act[0])
        begin = min((at for at, _, _ in acts), default=self.now)
        platform = Platform(now=begin, directors=directors, feeds=feeds, placed=dict(placed or {}))
        for at, environment, act in acts:
            platform.advance(at)
            act(directors[environment])
        platform.advance(self.now)
        return platform


def director(environment: str, begin: datetime, *, skew: float = 0, lazy: bool = True) -> Director:
    """Return a director whose database begins at a time."""
    behind = timedelta(seconds=skew)
    # One question about a task that reads VMs is enough: whoever asks waits a second or more between two.
    made = Director(f"{environment}-bosh", begin.astimezone(UTC) + behind, skew=behind, lazy=lazy, vms_polls=1)
    verbs.upload_configs(made)
    return made


def cf_groups(line: str = JAMMY) -> tuple[Group, ...]:
    """Return the instance groups of a small foundation."""
    return (Group(name="api", count=1, line=line), Group(name="diego-cell", count=4, line=line))
