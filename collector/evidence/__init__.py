"""Questions, answers and what becomes of them: the snapshot, its manifest, and where it lies."""

from collector.evidence.archive import Last, bring, find, last_manifest, month_folder, snapshot_id, snapshots
from collector.evidence.ask import Ask, Got, Plan
from collector.evidence.manifest import Manifest, digest_of, open_snapshot, read_manifest
from collector.evidence.recorder import Opening, Received, Recorder, disk_errors, unpack
from collector.evidence.store import Store

__all__ = [
    "Ask",
    "Got",
    "Last",
    "Manifest",
    "Opening",
    "Plan",
    "Received",
    "Recorder",
    "Store",
    "bring",
    "digest_of",
    "disk_errors",
    "find",
    "last_manifest",
    "month_folder",
    "open_snapshot",
    "read_manifest",
    "snapshot_id",
    "snapshots",
    "unpack",
]
