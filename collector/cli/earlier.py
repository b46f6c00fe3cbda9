"""What people wrote into an earlier workbook: the one that --previous names, or the last one that the store holds."""

import io
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from collector.errors import UsageError
from collector.evidence import Store, runs_of
from collector.model import Assessment, Period
from collector.reports.remarks import Remarks, read_remarks, with_remarks
from collector.run.monthly import TWELVE, month_before

WORKBOOK = "evidence.xlsx"


class Previous(NamedTuple):
    """The remarks of a workbook, and its digest."""

    remarks: Remarks
    digest: str

    def beside(self, assessment: Assessment) -> Assessment:
        """The assessment with each remark beside the thing to do that it was written about."""
        return with_remarks(assessment, self.remarks, self.digest)


def previous_named(given: Mapping[str, Any]) -> Previous | None:
    """The workbook that --previous names, None where none is named; raises `UsageError` for what is none."""
    file = given["previous"]
    if file is None:
        return None
    try:
        return _read(file.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {file}: {reason}", hint="name last month's evidence.xlsx") from error


def previous_stored(store: Store, system: str, period: Period) -> Previous | None:
    """The newest workbook of the twelve months before a month, None where the store holds none."""
    before = period
    for _ in range(TWELVE):
        before = month_before(before)
        for run in reversed(runs_of(store, system, before.name)):
            if f"{run}/{WORKBOOK}" in store.keys(f"{run}/"):
                return _read(store.read(f"{run}/{WORKBOOK}"))
    return None


def _read(workbook: bytes) -> Previous:
    return Previous(read_remarks(io.BytesIO(workbook)), f"sha256:{sha256(workbook).hexdigest()}")
