"""What the platform of the shown worlds offers: organizations, spaces, stacks and buildpacks."""

from datetime import timedelta
from typing import NamedTuple

from collector.sandbox.records import Buildpack, IsolationSegment
from collector.sandbox.scenery import Scenery, guid_of


class _Offer(NamedTuple):
    """A platform buildpack: name, version in the file name, age of the upload in days."""

    name: str
    filename: str | None
    uploaded: float
    stack: str = "cflinuxfs4"
    enabled: bool = True
    locked: bool = False


_OFFERS = (
    _Offer("python_buildpack", "python_buildpack-cached-cflinuxfs4-v1.8.43.zip", 5),
    _Offer("nodejs_buildpack", "nodejs_buildpack-cached-cflinuxfs4-v1.8.30.zip", 45),
    _Offer("ruby_buildpack", "ruby_buildpack-cached-cflinuxfs4-v1.10.20.zip", 20),
    _Offer("go_buildpack", "go_buildpack-cached-cflinuxfs4-v1.10.31.zip", 90),
    _Offer("java_buildpack", "java-buildpack-offline-v4.77.zip", 60, locked=True),
    _Offer("nginx_buildpack", "nginx_buildpack-cached-cflinuxfs4-v1.2.28.1.zip", 70),
    _Offer("staticfile_buildpack", "staticfile_buildpack-cached-cflinuxfs4-v1.6.30-dev.zip", 80),
    _Offer("binary_buildpack", "binary_buildpack-cached-cflinuxfs4-v1.1.20.zip", 100),
    _Offer("php_buildpack", "php_buildpack-cached-cflinuxfs4-v4.6.37.zip", 50, enabled=False),
    _Offer("r_buildpack", None, 10),
    _Offer("python_buildpack", "python_buildpack-cached-cflinuxfs3-v1.8.2.zip", 300, stack="cflinuxfs3"),
)


def furnish(scenery: Scenery) -> None:
    """Add everything that is there before the first app."""
    scenery.organization("agency-a", "prod", "staging", closed_to_ssh=["prod"])
    scenery.organization("agency-b", "prod", "dev")
    scenery.organization("agency-données", "sandbox")
    scenery.stack("cflinuxfs4", default=True)
    scenery.stack("cflinuxfs5")
    scenery.stack("cflinuxfs3", "DEPRECATED", "End of support; move to cflinuxfs4")
    scenery.stack("windows", "RESTRICTED", "On request only")
    scenery.stack("cflinuxfs2", "DISABLED", "Removed from the platform")
    for position, offer in enumerate(_OFFERS, 1):
        _offer(scenery, position, offer)
    guid = guid_of("isolation segment", "shared")
    made = scenery.ago(timedelta(days=950))
    scenery.rows.append(IsolationSegment(guid=guid, created_at=made, updated_at=None, name="shared"))


def _offer(scenery: Scenery, position: int, offer: _Offer) -> None:
    row = Buildpack(
        guid=guid_of("buildpack", offer.name, offer.stack),
        created_at=scenery.ago(timedelta(days=800)),
        # Locking is an edit: it moves updated_at although the version stays as it was.
        updated_at=scenery.ago(timedelta(days=3)) if offer.locked else None,
        name=offer.name,
        position=position,
        stack=offer.stack,
        filename=offer.filename,
        state="READY" if offer.filename else "AWAITING_UPLOAD",
        enabled=offer.enabled,
        locked=offer.locked,
    )
    scenery.buildpack(row, timedelta(days=offer.uploaded))
    if offer.locked:
        scenery.buildpack_event("update", row, timedelta(days=3), {"request": {"locked": True}})
