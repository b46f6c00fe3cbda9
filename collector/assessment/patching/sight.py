"""What was read of the platform below the applications, and why the rest was not."""

from collections.abc import Iterable
from typing import Final

from collector.model import Gap, PlatformFacts, SourceRecord

TOPICS: Final = frozenset(
    {
        "attestation",
        "directors",
        "exploited",
        "notices",
        "packages",
        "rootfs",
        "stemcell-index",
        "stemcell-releases",
        "vms",
    }
)
"""What checks may need that Cloud Controller does not tell; directors and vms stand for every one configured."""

_EACH: Final = {"directors": "director", "vms": "VMs"}
_DIRECTOR: Final = "bosh-"


def is_platform_source(name: str) -> bool:
    """Whether a source of a snapshot speaks for what lies below the applications."""
    return name != "cloud-controller"


class Sight:
    """Why a topic was not wholly read, or "" where it was."""

    def __init__(self, facts: PlatformFacts, sources: Iterable[SourceRecord] = ()) -> None:
        self._read = facts.read
        self._configured = facts.configured | facts.read
        self._gaps: dict[str, Gap] = {}
        for source in sources:
            if is_platform_source(source.name) and source.gaps:
                self._gaps.setdefault(source.name, source.gaps[0])
        for gap in facts.gaps:
            self._gaps.setdefault(source_of(gap), gap)
        self._known: dict[str, str] = {}

    def topic(self, topic: str) -> str:
        """Why a topic was not wholly read, or ""; `directors` and `vms` are those of every environment."""
        if topic not in self._known:
            self._known[topic] = self._each(topic) if topic in _EACH else self._feed(topic)
        return self._known[topic]

    def environments(self, topic: str) -> tuple[str, ...]:
        """The environments of which a topic is asked for."""
        return tuple(sorted(name.partition("/")[2] for name in self._configured if name.startswith(f"{topic}/")))

    def asked(self, topic: str) -> bool:
        """Whether the settings ask for a topic at all."""
        return topic in self._configured or bool(self.environments(topic))

    def _each(self, topic: str) -> str:
        environments = self.environments(topic)
        if not environments:
            return "no director is configured"
        for environment in environments:
            if f"{topic}/{environment}" not in self._read:
                return f"{_EACH[topic]} of {environment} not wholly read{self._reason(_DIRECTOR + environment)}"
        return ""

    def _feed(self, topic: str) -> str:
        if topic in self._read:
            return ""
        if topic not in self._configured:
            return f"{topic} not read: it is not configured"
        return f"{topic} not wholly read{self._reason(topic)}"

    def _reason(self, source: str) -> str:
        gap = self._gaps.get(source)
        return f": {gap.reason}" if gap else ""


def source_of(gap: Gap) -> str:
    """The source that a gap of the platform belongs to: `directors/staging` is one of `bosh-staging`."""
    topic, _, environment = gap.what.partition("/")
    return f"{_DIRECTOR}{environment}" if topic in _EACH and environment else gap.what
