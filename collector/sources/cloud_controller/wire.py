"""Cloud Controller's JSON as it is sent, cut down to the fields that are used, and the decoders of its pages.

Source: the v3 API documentation and the OpenAPI description of CAPI 3.228.0. Every decoder raises `Malformed` for a
body that is not what was promised and `Refused` for an error document.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from collector.errors import Malformed, Refused

# A time without an offset would be taken for local time by somebody, some day.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
# More would lie before the first year that a datetime knows.
Seconds = Annotated[float, msgspec.Meta(ge=-1e10, le=1e10)]
T = TypeVar("T")


class Wire(msgspec.Struct, frozen=True, gc=False):
    """Base of everything decoded; unknown fields are skipped, missing ones make the body malformed."""


class Guid(Wire, frozen=True):
    """A reference."""

    guid: str | None = None


class ToOne(Wire, frozen=True):
    """A to-one relationship; `data` or its guid may be null."""

    data: Guid | None = None

    @property
    def guid(self) -> str | None:
        """The guid, or None when there is none."""
        return self.data.guid if self.data else None


class LifecycleData(Wire, frozen=True):
    """What an app wants to be built with; no buildpacks is autodetection."""

    buildpacks: list[str] | None = None
    stack: str | None = None


class Lifecycle(Wire, frozen=True):
    """buildpack, cnb or docker."""

    type: str
    data: LifecycleData


class Metadata(Wire, frozen=True):
    """Labels and annotations."""

    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}


class InSpace(Wire, frozen=True):
    """An app's relationships; `current_droplet` is absent before API 3.175."""

    space: ToOne
    current_droplet: ToOne | msgspec.UnsetType = msgspec.UNSET


class OfApp(Wire, frozen=True):
    """The relationship to an app."""

    app: ToOne


class Row(Wire, frozen=True, kw_only=True):
    """What every listed resource has."""

    guid: str
    created_at: Instant


class AppRow(Row, frozen=True, kw_only=True):
    """An app."""

    name: str
    state: str
    lifecycle: Lifecycle
    relationships: InSpace
    metadata: Metadata = Metadata()


class DropletBuildpackRow(Wire, frozen=True):
    """A buildpack as the droplet reports it."""

    name: str
    version: str | None = None
    buildpack_name: str | None = None


class Checksum(Wire, frozen=True):
    """The SHA-256 of a droplet."""

    value: str | None = None


class Link(Wire, frozen=True):
    """A link; only its last path segment is ever used."""

    href: str


class DropletLinks(Wire, frozen=True):
    """A droplet without a package was copied or uploaded."""

    package: Link | None = None


class DropletRow(Row, frozen=True, kw_only=True):
    """A droplet; an image has no buildpacks, checksum or stack."""

    state: str
    lifecycle: Lifecycle
    checksum: Checksum | None
    buildpacks: list[DropletBuildpackRow] | None
    stack: str | None
    image: str | None
    relationships: OfApp
    links: DropletLinks


class SpaceRelationships(Wire, frozen=True):
    """The organization of a space."""

    organization: ToOne


class SpaceRow(Row, frozen=True, kw_only=True):
    """A space."""

    name: str
    relationships: SpaceRelationships


class OrganizationRow(Row, frozen=True, kw_only=True):
    """An organization."""

    name: str


class BuildpackRow(Row, frozen=True, kw_only=True):
    """A platform buildpack; its version stands only in the file name."""

    name: str
    stack: str | None
    state: str
    filename: str | None
    enabled: bool
    locked: bool
    updated_at: Instant
    lifecycle: str = "buildpack"


class StackRow(Row, frozen=True, kw_only=True):
    """A stack; APIs before 2025-11 know no state."""

    name: str
    state: str | None = None
    state_reason: str | None = None


class BuildRow(Row, frozen=True, kw_only=True):
    """One staging attempt."""

    state: str
    error: str | None
    package: Guid | None
    droplet: Guid | None
    relationships: OfApp


class TaskRow(Row, frozen=True, kw_only=True):
    """One run of a task."""

    state: str
    relationships: OfApp


class Target(Wire, frozen=True):
    """What an event is about."""

    guid: str
    name: str | None = None


class EventRow(Row, frozen=True, kw_only=True):
    """An audit event."""

    type: str
    target: Target
    data: dict[str, Any] | None = None


class InstanceRow(Wire, frozen=True):
    """`since` is in seconds before the answer."""

    index: int
    state: str
    since: Seconds


class ProcessRow(Row, frozen=True, kw_only=True):
    """A process with its embedded instances."""

    relationships: OfApp
    process_instances: list[InstanceRow]


class RoleRow(Row, frozen=True, kw_only=True):
    """A role that somebody holds."""

    type: str


class Pagination(Wire, frozen=True):
    """`total_results` is 0 past the end: never the truth there."""

    total_results: int
    next: Link | None = None


class Page(Wire, Generic[T], frozen=True):
    """One page of a list."""

    pagination: Pagination
    resources: list[T]


class RootLink(Wire, frozen=True):
    """A link of `/`."""

    meta: dict[str, Any] = {}


class RootLinks(Wire, frozen=True):
    """The links of `/` that are used."""

    cloud_controller_v3: RootLink


class Root(Wire, frozen=True):
    """The answer of `/`."""

    links: RootLinks

    @property
    def api_version(self) -> str:
        """The version of the v3 API; it stands nowhere else."""
        return str(self.links.cloud_controller_v3.meta.get("version", ""))


class SshFeature(Wire, frozen=True):
    """Whether SSH is possible."""

    enabled: bool


class ErrorRow(Wire, frozen=True):
    """One error."""

    code: int = 0
    title: str = ""
    detail: str = ""


class Errors(Wire, frozen=True):
    """An error document."""

    errors: list[ErrorRow]


def decoder(kind: Any) -> Callable[[bytes], Any]:  # noqa: ANN401  a parametrised generic is no type[]
    """The decoder of bodies that hold `kind`."""
    read = msgspec.json.Decoder(kind).decode

    def decode(body: bytes) -> Any:  # noqa: ANN401  what comes out is what was asked for
        try:
            return read(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(_what_was_wrong(body, error)) from error

    return decode


def _what_was_wrong(body: bytes, error: Exception) -> str:
    if body.lstrip()[:1] == b"<":
        return "HTML where JSON was promised"
    return f"unreadable JSON: {error}"


def whole(decode: Callable[[bytes], Any], size: int, number: int = 1) -> Callable[[bytes], Any]:
    """The decoder of page `number` of a list, `size` rows each, that believes only pages as long as they say they are.

    A list that was cut short looks like one that has ended; what is missing from it would count as absent.
    """

    def read(body: bytes) -> Any:  # noqa: ANN401  see decoder
        page = decode(body)
        rows, total = len(page.resources), page.pagination.total_results
        if page.pagination.next is not None:
            if not rows:
                raise Malformed("an empty page that points to a next one")
        elif rows != max(total - (number - 1) * size, 0):
            raise Malformed(f"a last page of {rows} rows in a list of {total}")
        return page

    return read


def droplet_or_none(body: bytes) -> DropletRow | None:
    """`/v3/apps/:guid/droplets/current`: a droplet, or None when a 404 says that none is set."""
    try:
        droplet: DropletRow = _DROPLET(body)
    except Malformed:
        detail = _detail(body)
        if detail is None:
            raise
        if detail != "Droplet not found":
            raise Refused(f"404 {detail}", http_status=404) from None
        return None
    return droplet


def _detail(body: bytes) -> str | None:
    """The first sentence of an error document, or None when the body is none."""
    try:
        errors = msgspec.json.decode(body, type=Errors).errors
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return errors[0].detail if errors else None


_DROPLET = decoder(DropletRow)
ROOT = decoder(Root)
SSH = decoder(SshFeature)
APPS = decoder(Page[AppRow])
DROPLETS = decoder(Page[DropletRow])
SPACES = decoder(Page[SpaceRow])
ORGANIZATIONS = decoder(Page[OrganizationRow])
BUILDPACKS = decoder(Page[BuildpackRow])
STACKS = decoder(Page[StackRow])
BUILDS = decoder(Page[BuildRow])
TASKS = decoder(Page[TaskRow])
EVENTS = decoder(Page[EventRow])
ROLES = decoder(Page[RoleRow])
PROCESSES = decoder(Page[ProcessRow])
