"""Who may ask a director what: scopes of the UAA, or local users, who may do everything."""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from collector.sandbox.records import Identity
from collector.sandbox.scenery import guid_of
from collector.sandbox.uaa import Uaa

TEAM = "platform"


def clients(uuid: str, team: str = TEAM) -> tuple[Identity, ...]:
    """Return one client for each kind of scope that a director knows; their secrets are made when it starts."""
    named = {
        "read": ("bosh.read",),
        "read-uuid": (f"bosh.{uuid}.read",),
        "read-other-uuid": ("bosh.11111111-2222-4333-8444-555555555555.read",),
        "team-read": (f"bosh.teams.{team}.read",),
        "team-admin": (f"bosh.teams.{team}.admin",),
        "no-scope": ("openid",),
        "admin": ("bosh.admin",),
    }
    return tuple(
        Identity(
            name=name,
            guid=guid_of("director client", uuid, name),
            login="collector" if name == "read" else f"collector-{name}",
            scopes=scopes,
            client=True,
        )
        for name, scopes in named.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who was let in; a local user is an admin."""

    name: str
    scopes: frozenset[str]

    @property
    def teams(self) -> tuple[str, ...]:
        """Return the teams that the caller has any scope of."""
        return tuple(scope.split(".")[2] for scope in sorted(self.scopes) if scope.startswith("bosh.teams."))

    def admin_of(self, teams: Collection[str]) -> bool:
        """Return whether the caller is an admin of one of these teams."""
        return any(f"bosh.teams.{team}.admin" in self.scopes for team in teams)


def caller(headers: Mapping[str, str], uaa: Uaa | None, user: tuple[str, str]) -> Caller | None:
    """Return who asks; without a UAA there are local users and basic authentication."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if uaa is None:
        return Caller(name=user[0], scopes=frozenset({"bosh.admin"})) if _is(scheme, value, user) else None
    identity = uaa.who(value) if scheme.lower() == "bearer" else None
    return Caller(name=identity.login, scopes=frozenset(identity.scopes)) if identity else None


def _is(scheme: str, value: str, user: tuple[str, str]) -> bool:
    return scheme.lower() == "basic" and value == base64.b64encode(":".join(user).encode()).decode()


def admins(uuid: str) -> list[str]:
    """Return the scopes that may do everything."""
    return ["bosh.admin", f"bosh.{uuid}.admin"]


def readers(uuid: str, teams: Collection[str] = ()) -> list[str]:
    """Return the scopes that may read; those of a deployment's teams stand before the general ones."""
    owned = [f"bosh.teams.{team}.{what}" for team in teams for what in ("admin", "read")]
    return [*admins(uuid), *owned, "bosh.read", f"bosh.{uuid}.read"]
