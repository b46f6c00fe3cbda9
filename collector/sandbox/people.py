"""Who may ask: one identity for each role that a tool may meet, and the roles that make it so."""

from dataclasses import replace
from datetime import timedelta

from collector.sandbox.records import Identity, Role
from collector.sandbox.scenery import Scenery, guid_of

_NO_READ = ("openid", "uaa.user")
_READ_ALL = ("cloud_controller.global_auditor", "openid")


def identities() -> tuple[Identity, ...]:
    """Return all identities; their secrets are made when a foundation starts."""
    return (
        Identity(
            name="global-auditor",
            guid=guid_of("client", "evidence"),
            login="evidence-collector",
            scopes=("cloud_controller.global_auditor",),
            client=True,
        ),
        _user("global-auditor-user", _READ_ALL),
        _user("space-auditor"),
        _user("space-developer"),
        # cloud.gov's service accounts are users whose name is a guid; more roles can be added by hand.
        _user("service-account", login=guid_of("login", "service-account")),
        _user("org-auditor"),
        _user("org-manager"),
        _user("org-user"),
        _user("no-scope", _NO_READ),
        replace(_user("expired-password"), password_expired=True),
    )


def give_roles(scenery: Scenery) -> None:
    """Add the roles of all identities to organization agency-a and its spaces."""
    home = "agency-a/prod"
    _role(scenery, "space-auditor", "space_auditor", home)
    _role(scenery, "space-developer", "space_developer", home)
    for space in (home, "agency-a/staging", "agency-b/prod"):
        _role(scenery, "service-account", "space_auditor", space)
    _role(scenery, "org-auditor", "organization_auditor", "agency-a")
    _role(scenery, "org-manager", "organization_manager", "agency-a")
    for name in ("no-scope", "expired-password"):
        _role(scenery, name, "space_auditor", home)
    for name in ("space-auditor", "space-developer", "service-account", "org-auditor", "org-manager", "org-user"):
        _role(scenery, name, "organization_user", "agency-a")
    _role(scenery, "service-account", "organization_user", "agency-b")


def _user(name: str, scopes: tuple[str, ...] | None = None, login: str | None = None) -> Identity:
    plain = Identity(name=name, guid=guid_of("user", name), login=login or f"{name}@agency-a.example")
    return plain if scopes is None else replace(plain, scopes=scopes)


def _role(scenery: Scenery, name: str, kind: str, place: str) -> None:
    in_space, given = "/" in place, scenery.ago(timedelta(days=400))
    scenery.rows.append(
        Role(
            guid=guid_of("role", name, kind, place),
            created_at=given,
            updated_at=given,
            user_guid=guid_of("user", name),
            type=kind,
            space_guid=guid_of("space", place) if in_space else None,
            organization_guid=None if in_space else guid_of("organization", place),
        )
    )
