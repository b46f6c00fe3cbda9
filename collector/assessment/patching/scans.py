"""What an operator attests: scans of images, and how many statements stand."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final

from collector.assessment.patching.sight import Sight
from collector.assessment.words import plural
from collector.model import Attested

YEAR: Final = timedelta(days=365)

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NONE: Final = "no scan of this image is attested"


def ends(statement: Attested) -> datetime:
    """The first instant at which a statement is no longer valid: 00:00 UTC of the day after it expires."""
    return datetime.combine(statement.expires, time(), UTC) + timedelta(days=1)


def valid(statement: Attested, as_of: datetime) -> bool:
    """Whether a statement stands at an instant."""
    return statement.at <= as_of < ends(statement)


def worth_showing(statements: Iterable[Attested], as_of: datetime) -> tuple[Attested, ...]:
    """Statements that stand, or that expired within the year before."""
    return tuple(row for row in statements if row.at <= as_of < ends(row) + YEAR)


def attested_words(statements: Iterable[Attested], as_of: datetime) -> str:
    """What stands beside what is inherited, or ""."""
    count = sum(valid(row, as_of) and row.kind == "stemcell-deployed" for row in statements)
    if not count:
        return ""
    return f"; the operator attests: {plural(count, 'statement')}, see Attestations (examined, not tested)"


class Scans:
    """The attested scans of images by digest."""

    def __init__(self, statements: Iterable[Attested], as_of: datetime, sight: Sight) -> None:
        self._as_of = as_of
        self._by_digest: dict[str, list[Attested]] = {}
        for row in statements:
            found = _DIGEST.search(row.image) if row.kind == "image-scanned" else None
            if found:
                self._by_digest.setdefault(found[0], []).append(row)
        self.unread = sight.topic("attestation") if sight.asked("attestation") else ""

    def of(self, image: str | None) -> tuple[Attested | None, str]:
        """The newest scan of an image that stands, or None and why there is none."""
        if self.unread:
            return None, f"{_NONE}: {self.unread}"
        if not self._by_digest:
            return None, _NONE
        found = _DIGEST.search(image) if image else None
        if found is None:
            named = image or "nothing"
            return None, f"{_NONE}: it is named by {named}, and a scan speaks for a digest"
        every = self._by_digest.get(found[0], [])
        standing = [row for row in every if valid(row, self._as_of)]
        if standing:
            return max(standing, key=lambda row: (row.at, row.document)), ""
        if every:
            last = max(row.expires for row in every)
            return None, f"the scan of this image that was attested is not valid now (expires {last.isoformat()})"
        return None, f"{_NONE}: those attested are of other digests"
