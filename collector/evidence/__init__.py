"""Questions, answers and what becomes of them: the snapshot, its manifest, and where it lies."""

from collector.evidence.archive import (
    Last,
    begun_at,
    bring,
    bring_part,
    earlier,
    find,
    last_manifest,
    month_folder,
    runs_of,
    snapshot_id,
    snapshots,
    states,
    with_source,
)
from collector.evidence.ask import Ask, Got, Plan
from collector.evidence.manifest import Manifest, digest_of, open_snapshot, read_manifest, sums
from collector.evidence.recorder import JOURNAL, Opening, Received, Recorder, disk_errors, unpack
from collector.evidence.runs import HISTORY, REPORT_SCHEMA, refuse_foreign, seal, swap, write_json
from collector.evidence.store import Store

__all__ = [
    "HISTORY",
    "JOURNAL",
    "REPORT_SCHEMA",
    "Ask",
    "Got",
    "Last",
    "Manifest",
    "Opening",
    "Plan",
    "Received",
    "Recorder",
    "Store",
    "begun_at",
    "bring",
    "bring_part",
    "digest_of",
    "disk_errors",
    "earlier",
    "find",
    "last_manifest",
    "month_folder",
    "open_snapshot",
    "read_manifest",
    "refuse_foreign",
    "runs_of",
    "seal",
    "snapshot_id",
    "snapshots",
    "states",
    "sums",
    "swap",
    "unpack",
    "with_source",
    "write_json",
]
