"""What was not read, and for whom."""

from typing import Final

from collector.model import Gap

TOPICS: Final = {
    "current-droplet": "droplets",
    "failed-builds": "builds",
    "app-ssh": "ssh",
    "organizations": "spaces",
}
"""Lists without which a topic is not whole."""


class Unread:
    """What was not read, by topic: all of it, or only some subjects."""

    def __init__(self, read: frozenset[str], gaps: tuple[Gap, ...]) -> None:
        self._read = read
        self._whole: dict[str, str] = {}
        self._some: dict[str, dict[str, str]] = {}
        for gap in gaps:
            topic = TOPICS.get(gap.what, gap.what)
            if gap.subjects:
                self._some.setdefault(topic, {}).update(dict.fromkeys(gap.subjects, gap.reason))
            else:
                self._whole.setdefault(topic, gap.reason)

        self.clean = read - self._whole.keys() - self._some.keys()

    def topic(self, topic: str) -> str:
        """Why a topic was not wholly read, or "". Gaps about single subjects leave only those unknown."""
        if topic in self._whole:
            return f"{topic} not wholly read: {self._whole[topic]}"
        return "" if topic in self._read else f"{topic} not read"

    def of(self, topic: str, *guids: str | None) -> str:
        """Why a topic was not read for one subject (named by any of its guids), or ""."""
        some = self._some.get(topic)
        if some:
            for guid in guids:
                if guid in some:
                    return f"{topic} not read: {some[guid]}"
        return self.topic(topic)
