"""The summary of a CI job: what GitHub Actions shows of a run without anybody opening a file."""

import io
from pathlib import Path
from typing import Final

from collector.cli.world import World
from collector.model import Assessment
from collector.reports import REPORTS
from collector.reports.context import Context

VARIABLE: Final = "GITHUB_STEP_SUMMARY"
MOST_BYTES: Final = 1 << 20
"""GitHub drops the summary of a step whole when it is larger."""


def tell_step(assessment: Assessment, world: World) -> None:
    """Append summary.md to the file that the job names; a job whose summary cannot be written has not failed."""
    named = world.environment.get(VARIABLE)
    if not named:
        return
    out = io.BytesIO()
    REPORTS["summary"].write(assessment, out, Context())
    file = Path(named)
    try:
        if (file.stat().st_size if file.exists() else 0) + out.tell() >= MOST_BYTES:
            world.say(f"warning: the job's summary would be larger than 1 MiB and be dropped; {VARIABLE} is left alone")
            return
        with file.open("ab") as summary:
            summary.write(out.getvalue())
    except OSError as error:
        world.say(f"warning: the job's summary cannot be written: {(error.strerror or str(error)).lower()}")
