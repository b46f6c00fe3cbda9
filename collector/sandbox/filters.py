"""Which lists the API has, and what each of them can be filtered and ordered by."""

from collector.sandbox.listing import Listing, Pick
from collector.sandbox.records import Row
from collector.sandbox.world import World


def _field(name: str) -> Pick:
    def pick(_: World, row: Row) -> str | None:
        value = getattr(row, name)
        return None if value is None else str(value)

    return pick


def _space(world: World, row: Row) -> str | None:
    return world.space_of(row)


def _organization(world: World, row: Row) -> str | None:
    return world.organization_of(row)


def _status_state(_: World, row: Row) -> str | None:
    """Return a deployment's older `state`, which the newer pair of value and reason has replaced."""
    value, reason = getattr(row, "status_value", None), getattr(row, "status_reason", None)
    return "DEPLOYING" if value == "ACTIVE" else str(reason)


def _sequence(_: World, row: Row) -> str | None:
    return str(getattr(row, "sequence_id", ""))


def _target(_: World, row: Row) -> str | None:
    return str(getattr(getattr(row, "target", None), "guid", ""))


def _default(_: World, row: Row) -> str | None:
    return str(getattr(row, "default", False)).lower()


_APP, _STATES = _field("app_guid"), _field("state")
_PLACES: dict[str, Pick] = {"organization_guids": _organization, "space_guids": _space}

LISTINGS: dict[str, Listing] = {
    listing.table: listing
    for listing in (
        Listing(
            table="apps",
            parameters=(
                "names",
                "organization_guids",
                "space_guids",
                "stacks",
                "include",
                "lifecycle_type",
                "label_selector",
            ),
            filters={
                "names": _field("name"),
                "stacks": _field("stack"),
                "lifecycle_type": _field("lifecycle_type"),
                **_PLACES,
            },
            order=("created_at", "updated_at", "name", "state"),
            includes=("space", "org", "space.organization"),
        ),
        Listing(
            table="droplets",
            parameters=("app_guids", "organization_guids", "space_guids", "states", "label_selector"),
            filters={"app_guids": _APP, "states": _STATES, **_PLACES},
        ),
        Listing(
            table="buildpacks",
            parameters=("stacks", "names", "lifecycle", "label_selector"),
            filters={"names": _field("name"), "stacks": _field("stack"), "lifecycle": _field("lifecycle")},
            order=("created_at", "updated_at", "lifecycle", "position"),
            natural_order="position",
        ),
        Listing(
            table="stacks",
            parameters=("names", "default", "label_selector"),
            filters={"names": _field("name"), "default": _default},
            order=("created_at", "updated_at", "name"),
        ),
        Listing(
            table="builds",
            parameters=("app_guids", "package_guids", "states", "label_selector"),
            filters={"app_guids": _APP, "package_guids": _field("package_guid"), "states": _STATES},
        ),
        Listing(
            table="audit_events",
            parameters=("types", "target_guids", "space_guids", "organization_guids"),
            filters={"types": _field("type"), "target_guids": _target, **_PLACES},
            negatable=("target_guids",),
            keeps_total=True,
        ),
        Listing(
            table="deployments",
            parameters=("app_guids", "states", "status_reasons", "status_values", "label_selector"),
            filters={
                "app_guids": _APP,
                "states": _status_state,
                "status_reasons": _field("status_reason"),
                "status_values": _field("status_value"),
            },
        ),
        Listing(
            table="processes",
            parameters=("types", "app_guids", "space_guids", "organization_guids", "embed", "label_selector"),
            filters={"types": _field("type"), "app_guids": _APP, **_PLACES},
            embeds=("process_instances",),
        ),
        Listing(
            table="tasks",
            parameters=(
                "names",
                "states",
                "app_guids",
                "organization_guids",
                "space_guids",
                "sequence_ids",
                "label_selector",
            ),
            filters={
                "names": _field("name"),
                "states": _STATES,
                "app_guids": _APP,
                "sequence_ids": _sequence,
                **_PLACES,
            },
        ),
        Listing(
            table="spaces",
            parameters=("names", "organization_guids", "include", "label_selector"),
            filters={"names": _field("name"), "organization_guids": _organization},
            order=("created_at", "updated_at", "name"),
            includes=("org", "organization"),
        ),
        Listing(
            table="organizations",
            parameters=("names", "label_selector"),
            filters={"names": _field("name")},
            order=("created_at", "updated_at", "name"),
        ),
        Listing(
            table="isolation_segments",
            parameters=("names", "organization_guids", "label_selector"),
            filters={"names": _field("name"), "organization_guids": lambda *_: None},
            order=("created_at", "updated_at", "name"),
        ),
        Listing(
            table="roles",
            parameters=("organization_guids", "space_guids", "user_guids", "types", "include"),
            filters={
                "organization_guids": _field("organization_guid"),
                "space_guids": _field("space_guid"),
                "user_guids": _field("user_guid"),
                "types": _field("type"),
            },
            includes=("user", "organization", "space"),
            shown_order="created_at",
        ),
        Listing(table="revisions", parameters=("versions", "label_selector"), filters={}),
    )
}
