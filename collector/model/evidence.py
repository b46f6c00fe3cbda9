"""What was collected: documents, gaps and the snapshot that holds them."""

from collections.abc import Mapping
from datetime import datetime
from sys import intern
from typing import Any

from collector.model.base import Value


class Document(Value, frozen=True, kw_only=True):
    """One response as received; the bytes lie in `file`, gzip-compressed, relative to the snapshot."""

    source: str
    what: str
    path: str
    query: dict[str, str]
    retrieved_at: datetime
    status: int
    media_type: str
    request_id: str
    sha256: str
    size: int
    file: str

    @property
    def digest(self) -> str:
        """The name under which observations cite this document."""
        # One string for all the records of a page.
        return intern(f"sha256:{self.sha256}")


class Gap(Value, frozen=True, kw_only=True):
    """Something asked for and not got, and what stays unknown because of it."""

    what: str
    reason: str
    http_status: int | None = None
    subjects: tuple[str, ...] = ()


class Identity(Value, frozen=True, kw_only=True):
    """Who asked: names and scopes, never secrets. `user` is the guid of a user, "" for a client."""

    name: str = ""
    user: str = ""
    grant: str = ""
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class SourceRecord(Value, frozen=True, kw_only=True):
    """What one source was asked and what it gave; `clock_skew_seconds` is its clock minus ours, None when unseen.

    `state` is where the next harvest goes on.
    """

    name: str
    endpoint: str
    requests: int
    documents: int
    gaps: tuple[Gap, ...] = ()
    clock_skew_seconds: float | None = None
    state: Mapping[str, str] = {}


class Snapshot(Value, frozen=True, kw_only=True):
    """Everything that one run collected. `sha256` is that of its manifest.json; `root` says where its files lie."""

    id: str
    system: str
    taken_at: datetime
    finished_at: datetime
    foundation: str
    identity: Identity
    scope: dict[str, Any]
    sources: tuple[SourceRecord, ...]
    documents: tuple[Document, ...]
    sha256: str = ""
    root: str = ""
