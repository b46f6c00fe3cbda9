"""Writing the reports of an assessment as one finished run, and where runs lie in a store."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from collector.evidence import HISTORY, digest_of, disk_errors, month_folder, refuse_foreign, seal, swap, write_json
from collector.model import Assessment, Snapshot
from collector.reports import chosen
from collector.reports.context import Context
from collector.run.judging import Evidence


def render(  # noqa: PLR0913  what a run consists of
    assessment: Assessment,
    artifacts: Sequence[str],
    directory: Path,
    context: Context,
    evidence: Evidence | None,
    *,
    supersedes: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the reports and their evidence into `directory`, in place of a run of ours; gives the files written.

    `supersedes` is {"path": …, "sha256": …} of the manifest of an earlier run of the same month.

    Raises `UsageError` when something else lies there, or when it cannot be written.
    """
    directory = directory.resolve()
    refuse_foreign(directory)
    partial = directory.with_name(f".{directory.name}.partial")
    with disk_errors(directory):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        digests: dict[str, str] = {}
        write_json(partial / "inputs.json", {"schema": "cf-evidence/inputs/1", "inputs": assessment.inputs})
        for report in chosen(artifacts, monthly=assessment.month is not None, items=bool(assessment.items)):
            known = msgspec.structs.replace(context, artifacts=dict(digests))
            with (partial / report.file).open("wb") as out:
                report.write(assessment, out, known)
            digests[report.file] = digest_of(partial / report.file)
        if evidence is not None:
            shutil.copytree(evidence.folder, partial / "snapshot")
            for folder in evidence.history:
                shutil.copytree(folder, partial / HISTORY / folder.name)
        manifest = _manifest(assessment)
        seal(partial, {**manifest, "supersedes": supersedes} if supersedes else manifest)
        swap(partial, directory)
    return sorted(path for path in directory.iterdir() if path.is_file())


def _manifest(assessment: Assessment) -> dict[str, Any]:
    """What the manifest of a run says beside its files."""
    return {
        "tool": f"{assessment.tool} {assessment.version}",
        "system": assessment.system.id,
        "as_of": assessment.as_of,
        "key": report_key(assessment),
        "snapshots": assessment.snapshots,
    }


def snapshot_key(snapshot: Snapshot) -> str:
    """The prefix of a snapshot in a store."""
    return f"{month_folder(snapshot.system, snapshot.taken_at)}/{snapshot.id}"


def report_key(assessment: Assessment) -> str:
    """The prefix of a report run in a store: the same inputs come to lie in the same place."""
    word = hashlib.sha256(msgspec.json.encode([assessment.inputs, assessment.as_of], order="sorted")).hexdigest()[:8]
    period = assessment.period or f"{assessment.as_of:%Y-%m}"
    return f"system={assessment.system.id}/reports/period={period}/{assessment.as_of:%Y%m%dT%H%M%SZ}-{word}"
