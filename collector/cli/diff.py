"""`collect diff`: two runs side by side."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector.assessment.comparing import Run, compare
from collector.cli.wiring import world_of
from collector.cli.world import printing
from collector.errors import UsageError
from collector.reports import difference
from collector.reports.answer_reading import read_run


def diff(given: Mapping[str, Any]) -> int:
    """0 whatever is found: what counts is what each run returned."""
    world_of(given)
    rows = compare(_read(given["before"]), _read(given["after"]))
    with printing():
        if given["format_"] == "table":
            print("\n".join(difference.lines(rows)))
        else:
            sys.stdout.buffer.write(difference.json_of(rows) if given["format_"] == "json" else difference.csv_of(rows))
    return 0


def _read(path: Path) -> Run:
    """The assessment in a folder of reports, or in a file."""
    file = path / "assessment.json" if path.is_dir() else path
    try:
        return read_run(file.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot read {file}: {reason}", hint="name a folder that -o wrote, or its assessment.json"
        ) from error
