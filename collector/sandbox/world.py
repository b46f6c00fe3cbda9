"""The state of a simulated foundation: tables of rows that tests may change while a client reads."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import RLock

from collector.sandbox.records import (
    App,
    Build,
    Buildpack,
    Deployment,
    Droplet,
    Event,
    Identity,
    IsolationSegment,
    Organization,
    Process,
    Role,
    Row,
    Space,
    Stack,
    Task,
)

TABLES: dict[type[Row], str] = {
    Organization: "organizations",
    Space: "spaces",
    Stack: "stacks",
    Buildpack: "buildpacks",
    App: "apps",
    Droplet: "droplets",
    Build: "builds",
    Event: "audit_events",
    Deployment: "deployments",
    Process: "processes",
    Task: "tasks",
    IsolationSegment: "isolation_segments",
    Role: "roles",
}


class World:
    """Rows by table and guid; the order of insertion is the internal id that listings fall back to."""

    def __init__(self, now: datetime, rows: Iterable[Row] = (), identities: Iterable[Identity] = ()) -> None:
        if now.tzinfo is None:
            msg = "a world needs an aware time"
            raise ValueError(msg)
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self.identities = tuple(identities)
        self._lock = RLock()
        self._tables: dict[str, dict[str, Row]] = {name: {} for name in [*TABLES.values(), "revisions"]}
        self.add(*rows)

    def wait(self, time: timedelta) -> None:
        """Let time pass: everything grows older."""
        with self._lock:
            self.now += time

    def add(self, *rows: Row) -> None:
        """Add rows, or replace those of the same guid in their place."""
        with self._lock:
            for row in rows:
                self._tables[TABLES[type(row)]][row.guid] = row

    def remove(self, *guids: str) -> None:
        """Remove whatever has these guids; a guid that nothing has is not an error."""
        with self._lock:
            for table in self._tables.values():
                for guid in guids:
                    table.pop(guid, None)

    def add_app(self, app: App, *rows: Row) -> None:
        """Add an app together with its droplets, builds, processes and events."""
        self.add(app, *rows)

    def remove_app(self, guid: str) -> None:
        """Remove an app and what belongs to it; its audit events stay, as on a real foundation."""
        with self._lock:
            owned = [
                row.guid
                for name, table in self._tables.items()
                if name != "audit_events"
                for row in table.values()
                if getattr(row, "app_guid", None) == guid
            ]
            self.remove(guid, *owned)

    @property
    def tables(self) -> list[str]:
        """Return the names of all tables."""
        return list(self._tables)

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table as they are now, oldest id first."""
        with self._lock:
            return list(self._tables[table].values())

    def find(self, table: str, guid: str | None) -> Row | None:
        """Return one row, or None."""
        with self._lock:
            return self._tables[table].get(guid) if guid else None

    def app(self, guid: str | None) -> App | None:
        """Return one app, or None."""
        row = self.find("apps", guid)
        return row if isinstance(row, App) else None

    @property
    def apps(self) -> list[App]:
        """Return all apps."""
        return [row for row in self.rows("apps") if isinstance(row, App)]

    def named(self, name: str) -> App:
        """Return the app of this name; raise LookupError when there is none."""
        for app in self.apps:
            if app.name == name:
                return app
        raise LookupError(name)

    def space_of(self, row: Row) -> str | None:
        """Return the guid of the space that a row belongs to, if any."""
        if isinstance(row, Space):
            return row.guid
        if space_guid := getattr(row, "space_guid", None):
            return str(space_guid)
        app = self.app(getattr(row, "app_guid", None))
        return app.space_guid if app else None

    def organization_of(self, row: Row) -> str | None:
        """Return the guid of the organization that a row belongs to, if any."""
        if isinstance(row, Organization):
            return row.guid
        if organization_guid := getattr(row, "organization_guid", None):
            return str(organization_guid)
        space = self.find("spaces", self.space_of(row))
        return space.organization_guid if isinstance(space, Space) else None
