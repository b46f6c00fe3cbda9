"""Between which instants the platform came to offer the buildpack file that it offers now."""

from datetime import datetime
from typing import Final

from collector.assessment.subjects import Platform
from collector.model import Buildpack

UPLOAD: Final = "audit.buildpack.upload"


def offered_between(platform: Platform, offered: Buildpack) -> tuple[datetime, datetime] | None:
    """The instants, equal where an upload tells; None where only the row's last change bounds it."""
    uploads = [event.created_at for event in platform.events(offered.guid, UPLOAD)]
    if uploads:
        return uploads[-1], uploads[-1]
    found = platform.offered.of(offered)
    if not found:
        return None
    first, last = max(row.not_before for row in found), min(row.not_after for row in found)
    return (first, last) if first <= last else None
