"""What a caller may see, by the roles that the world gives them."""

from dataclasses import dataclass
from functools import cached_property

from collector.sandbox.records import Event, Organization, Role, Row
from collector.sandbox.wire import not_authorized
from collector.sandbox.world import World

SEES_ALL = frozenset({"cloud_controller.global_auditor", "cloud_controller.admin_read_only", "cloud_controller.admin"})
READS = SEES_ALL | {"cloud_controller.read"}
_IN_SPACE = frozenset({"space_auditor", "space_developer", "space_manager", "space_supporter"})
_FOR_EVERYONE = frozenset({"buildpacks", "stacks"})


@dataclass(frozen=True)
class Sight:
    """The view of one caller."""

    world: World
    user_guid: str
    scopes: frozenset[str]

    def require_read(self) -> None:
        """Raise the 403 for a token that has no scope for reading."""
        if not self.scopes & READS:
            raise not_authorized()

    @property
    def everything(self) -> bool:
        """Whether a scope lets this caller read the whole foundation."""
        return bool(self.scopes & SEES_ALL)

    @cached_property
    def _roles(self) -> list[Role]:
        rows = self.world.rows("roles")
        return [row for row in rows if isinstance(row, Role) and row.user_guid == self.user_guid]

    def _places(self, *types: str) -> set[str]:
        return {place for role in self._roles if role.type in types and (place := _place(role))}

    @cached_property
    def _own_spaces(self) -> set[str]:
        return self._places(*_IN_SPACE)

    @cached_property
    def _spaces(self) -> set[str]:
        managed = self._places("organization_manager")
        spaces = self.world.rows("spaces")
        return self._own_spaces | {row.guid for row in spaces if self.world.organization_of(row) in managed}

    @cached_property
    def _organizations(self) -> set[str]:
        direct = {role.organization_guid for role in self._roles if role.organization_guid}
        spaces = [self.world.find("spaces", guid) for guid in self._own_spaces]
        through = {self.world.organization_of(space) for space in spaces if space}
        return direct | {guid for guid in through if guid}

    @cached_property
    def _event_organizations(self) -> set[str]:
        return self._places("organization_auditor")

    def develops(self, row: Row) -> bool:
        """Whether the caller is a developer where a row lives, who may read what others find hidden."""
        return self.world.space_of(row) in self._places("space_developer")

    def sees(self, table: str, row: Row) -> bool:
        """Whether a row is visible to this caller."""
        if self.everything or table in _FOR_EVERYONE:
            return True
        if isinstance(row, Event):
            # An organization's manager is deliberately missing here: the controller gives them no events.
            return row.space_guid in self._own_spaces or row.organization_guid in self._event_organizations
        if isinstance(row, Organization):
            return row.guid in self._organizations
        if isinstance(row, Role):
            return row.user_guid == self.user_guid or _place(row) in self._spaces | self._organizations
        return self.world.space_of(row) in self._spaces

    def rows(self, table: str) -> list[Row]:
        """Return the visible rows of a table."""
        rows = self.world.rows(table)
        return rows if self.everything else [row for row in rows if self.sees(table, row)]


def _place(role: Role) -> str | None:
    return role.space_guid or role.organization_guid
