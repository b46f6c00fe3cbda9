"""The public feeds and the operator's attestation file: what to ask of each, and how the answers are read.

Each is at a URL or at a local path (closed networks). The order of `FEEDS` is the one in which they must be asked:
release notes say which versions to ask the index for, and which notices to fetch.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from collector.evidence import Plan
from collector.sources.feeds.notices_plan import notices
from collector.sources.feeds.plans import (
    attestation_file,
    buildpack_releases,
    exploited,
    light_index,
    package_lists,
    rootfs_lists,
    stemcell_index,
    stemcell_releases,
)
from collector.sources.feeds.read import read
from collector.sources.feeds.scope import FeedScope, Kept


class Feed(NamedTuple):
    """How a feed is asked; `Kept` gives the answers of the sources asked before it."""

    plan: Callable[[FeedScope, Kept], Plan]


FEEDS: Mapping[str, Feed] = {
    "stemcell-releases": Feed(stemcell_releases),
    "stemcell-index": Feed(stemcell_index),
    "light-index": Feed(light_index),
    "notices": Feed(notices),
    "exploited": Feed(exploited),
    "packages": Feed(package_lists),
    "rootfs": Feed(rootfs_lists),
    "buildpack-releases": Feed(buildpack_releases),
    "attestation": Feed(attestation_file),
}

__all__ = ["FEEDS", "Feed", "FeedScope", "Kept", "read"]
