"""A month beside the months before it: what is new and fixed, the figures, and what is still open."""

import msgspec

from collector.assessment.closings import closed_actions
from collector.assessment.comparing import key_of, since
from collector.assessment.items import open_items
from collector.assessment.trends import figures, over_months
from collector.model import Assessment, Failing, MonthSummary

SUMMARY_SCHEMA = "cf-evidence/summary/1"


def in_retrospect(assessment: Assessment) -> Assessment:
    """The assessment of a month with what earlier months' summaries add; any other as it is."""
    month = assessment.month
    if month is None:
        return assessment
    windows = {name: window.limit_hours for name, window in assessment.windows.items()}
    seen, complete = assessment.observations, assessment.coverage.complete
    differences = since(month.previous, seen, windows, complete=complete) if month.previous else ()
    return msgspec.structs.replace(
        assessment,
        differences=differences,
        closed=closed_actions(assessment, differences),
        figures=over_months(month.past, figures(assessment, month.period.name)),
        items=open_items(assessment, month.latest, month.period.name),
    )


def summary_of(assessment: Assessment) -> MonthSummary:
    """What later months need of this one; raises ValueError for an assessment without a month."""
    month = assessment.month
    if month is None:
        raise ValueError("only a month has a summary")
    before = {
        (row.check, key_of(row.subject)): row.months for row in (month.previous.failing if month.previous else ())
    }
    failing = tuple(
        Failing(check=row.check, subject=row.subject, months=before.get((row.check, key_of(row.subject)), 0) + 1)
        for row in assessment.observations
        if row.status == "fail"
    )
    return MonthSummary(
        schema=SUMMARY_SCHEMA,
        system=assessment.system.id,
        month=month.period.name,
        as_of=assessment.as_of,
        tool=f"{assessment.tool} {assessment.version}",
        inputs=assessment.inputs,
        windows={name: window.limit_hours for name, window in assessment.windows.items()},
        statuses={control.id: control.status for control in assessment.controls},
        figures=tuple(row for row in assessment.figures if row.month == month.period.name),
        failing=failing,
        items=assessment.items,
        judged=tuple(sorted({row.check for row in assessment.observations if row.status in ("pass", "fail")})),
    )
