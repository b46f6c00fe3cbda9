"""Several systems over one snapshot: what belongs to one of them."""

from collections.abc import Mapping

import msgspec

from collector.assessment.declared import Patterns, covers
from collector.model import App, Facts, Space
from collector.model.base import Value


class Selection(Value, frozen=True, kw_only=True):
    """Which apps belong to a system: those in the orgs and spaces, with every label (or annotation) that is named.

    All are patterns, whole and case-sensitive; a space is named alone or as `org/space`. What is empty selects all.
    `boundary` names the spaces of the system, which are kept though no app is in them.
    """

    orgs: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    boundary: tuple[str, ...] = ()

    def admits(self, app: App, space: Space | None) -> bool:
        """Whether an app belongs to it. One whose space is not known does: nothing shows that it does not."""
        return all(_labelled(app, key, pattern) for key, pattern in self.labels.items()) and (
            space is None or self.admits_space(space)
        )

    def admits_space(self, space: Space) -> bool:
        """Whether a space can hold apps of it."""
        return Patterns(org=self.orgs, space=self.spaces).admit_space(space)


def _labelled(app: App, key: str, pattern: str) -> bool:
    return any(
        covers((pattern,), value) for row in (app.labels, app.annotations) if (value := row.get(key)) is not None
    )


def select(facts: Facts, selection: Selection | None) -> Facts:
    """The facts of one system; None is all of them.

    What apps share or remember (droplets that may be copied, builds, events, buildpacks) stays. Whether every app was
    listed is known of all apps only: those that are missing may be of this system, and still count as missing.
    """
    if selection is None:
        return facts
    apps = tuple(app for app in facts.apps if selection.admits(app, facts.spaces.get(app.space_guid)))
    own = {app.guid for app in apps}
    held = {app.space_guid for app in apps}
    bare = not selection.labels
    spaces = {
        guid: space
        for guid, space in facts.spaces.items()
        if guid in held or (bare and selection.admits_space(space)) or covers(selection.boundary, space.path)
    }
    missing = None if facts.apps_counted is None else max(0, facts.apps_counted - facts.apps_listed)
    return msgspec.structs.replace(
        facts,
        apps=apps,
        spaces=spaces,
        instances={guid: rows for guid, rows in facts.instances.items() if guid in own},
        apps_listed=len(apps),
        apps_counted=None if missing is None else len(apps) + missing,
    )
