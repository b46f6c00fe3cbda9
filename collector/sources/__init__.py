"""The systems that evidence is read from; `SOURCES` names them. Fetching never judges."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from collector.evidence import Plan
from collector.model import Document, Facts, Snapshot
from collector.sources.cloud_controller import Scope, plan, read


class Source(NamedTuple):
    """A plan of questions, and how to read the answers into records."""

    plan: Callable[[Scope], Plan]
    read: Callable[[Snapshot, Callable[[Document], bytes]], Facts]


SOURCES: Mapping[str, Source] = {"cloud-controller": Source(plan, read)}

__all__ = ["SOURCES", "Scope", "Source"]
