"""Make again what is derived: the tables of README.md, the reports of the sample month, and pictures of them.

`python -m tests.samples`; with `--take` the evidence of the month is taken afresh, too.
"""

import io
import shutil
import sys
from contextlib import chdir, redirect_stdout
from pathlib import Path

from collector.cli import call
from tests.documentation import PLATFORM, PLATFORM_BLOCKS, README, documented
from tests.pictures import PICTURES, draw
from tests.sample_month import SAMPLE, take

MONTH = "2026-10"
BEFORE = ("2026-08", "2026-09")
EVIDENCE, REPORTS = "evidence", "reports"
FLAGGED, INCOMPLETE = 1, 3


def make_reports(sample: Path) -> None:
    """The reports of the sample month, and in its store those of the months before: the same bytes every time."""
    for run in (sample / EVIDENCE).glob("system=*/reports"):
        shutil.rmtree(run)
    shutil.rmtree(sample / REPORTS, ignore_errors=True)
    with chdir(sample):
        # Without a workbook: its digest differs between machines, and would be an input of the next month.
        codes = [_report(month, "--artifact", "poam") for month in BEFORE]
        codes.append(_report(MONTH, "-o", REPORTS))
    # The directors were read in October for the first time.
    if codes != [INCOMPLETE, INCOMPLETE, FLAGGED]:
        raise SystemExit(f"the reports of the sample months end with {codes}")


def _report(month: str, *more: str) -> int:
    with redirect_stdout(io.StringIO()):
        return call(["report", "--month", month, "-q", *more])


if __name__ == "__main__":
    README.write_text(documented(README.read_text(encoding="utf-8")), encoding="utf-8")
    PLATFORM.write_text(documented(PLATFORM.read_text(encoding="utf-8"), PLATFORM_BLOCKS), encoding="utf-8")
    if "--take" in sys.argv:
        shutil.rmtree(SAMPLE / EVIDENCE, ignore_errors=True)
        take(SAMPLE / EVIDENCE)
    make_reports(SAMPLE)
    drawn = draw(SAMPLE / REPORTS)
    print(f"made {README.name}, {SAMPLE / REPORTS} and {', '.join(drawn) or 'no pictures'} in {PICTURES}")
