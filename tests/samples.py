"""Make again what is derived: the tables of README.md and the sample reports. `python -m tests.samples`."""

import shutil
from pathlib import Path

from collector.reports import ARTIFACTS
from collector.reports.context import Context
from collector.run import render
from tests.documentation import PLATFORM, PLATFORM_BLOCKS, README, documented
from tests.reports.builders import example_assessment

REPORTS = Path(__file__).parents[1] / "samples" / "reports"


def make_reports(directory: Path) -> None:
    """The reports of an invented assessment, the same bytes every time."""
    render(example_assessment(), ARTIFACTS, directory, Context(), None)


if __name__ == "__main__":
    README.write_text(documented(README.read_text(encoding="utf-8")), encoding="utf-8")
    PLATFORM.write_text(documented(PLATFORM.read_text(encoding="utf-8"), PLATFORM_BLOCKS), encoding="utf-8")
    shutil.rmtree(REPORTS, ignore_errors=True)
    make_reports(REPORTS)
    print(f"made {README.name} and {REPORTS}")
