"""An assessment of a month, with accepted risks and the months before it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from collector.model import (
    AcceptedRisk,
    Assessment,
    Breach,
    Difference,
    Figures,
    Held,
    Month,
    MonthSummary,
    OpenItem,
    Period,
    RiskLine,
    Subject,
    Unseen,
)
from tests.reports.builders import example_assessment

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
OCTOBER = Period(name="2026-10", begin=BEGIN, end=datetime(2026, 11, 1, tzinfo=UTC))
HOSTILE = Subject(type="app", guid="guid-hostile", name="=1+1<script>", space="prod", org="agency-a")


def day(number: float) -> datetime:
    """So many days after the first instant of October."""
    return BEGIN + timedelta(days=number)


def month_assessment(**changes: Any) -> Assessment:
    """October: one app was outside and corrected, a hostile one still is, one is not known; two months before it."""
    plain = example_assessment()
    apps = [line.subject for line in plain.applications[:2]]
    held = [
        Held(
            check="app-restage-age",
            subject=apps[0],
            window="restage",
            inside=691.0,
            outside=53.0,
            unknown=0.0,
            breaches=(Breach(begin=day(3), end=day(5.2), since=day(3)),),
            worst=389.0,
            corrected_at=day(5.2),
        ),
        Held(
            check="app-restage-age",
            subject=HOSTILE,
            window="restage",
            inside=0.0,
            outside=744.0,
            unknown=0.0,
            breaches=(Breach(begin=BEGIN, end=None, since=day(-20)),),
            worst=1500.0,
        ),
        Held(
            check="buildpack-current",
            subject=apps[1],
            window="restage",
            inside=500.0,
            outside=0.0,
            unknown=244.0,
            unseen=(Unseen(begin=BEGIN, end=day(10), reason="no evidence reaches back as far"),),
        ),
    ]
    before = MonthSummary(
        schema="cf-evidence/summary/1",
        system="default",
        month="2026-09",
        as_of=BEGIN,
        tool="cf-evidence 1",
        inputs={},
        windows={},
        statuses={},
        figures=(),
        failing=(),
        items=(),
    )
    risk = AcceptedRisk(
        id="EX-7",
        controls=("SI-2",),
        rationale="frozen | <b>",
        approver="ISSO",
        ticket="=GRC",
        starts=date(2026, 9, 1),
        expires=date(2026, 11, 20),
        app="agency-a/prod/*",
    )
    values: dict[str, Any] = {
        "period": "2026-10",
        "as_of": OCTOBER.end,
        "month": Month(
            period=OCTOBER, held={(row.check, row.subject.guid): row for row in held}, previous=before, past=(before,)
        ),
        "risks": (RiskLine(risk=risk, state="active", waives=1, notes=("expires within 30 days",)),),
        "differences": (
            Difference(kind="new", check="app-restage-age", subject=HOSTILE, before="pass", after="fail", months=1),
            Difference(kind="fixed", check="app-restage-age", subject=apps[0], before="fail", after="pass", months=2),
        ),
        "items": (
            OpenItem(
                check="app-restage-age",
                component="python_buildpack 1.8.40",
                opened="2026-09",
                months=2,
                subjects=(HOSTILE.label,),
            ),
        ),
        "figures": (
            Figures(month="2026-09", name="restage-age", subjects=10, inside=8, p50=48.0, p90=400.0, most=500.0),
            Figures(month="2026-10", name="restage-age", subjects=10, inside=9, unknown=1, p50=40.0, most=1500.0),
        ),
        "heartbeat": ("no snapshot for 33.0 days: longer than the 31-day window",),
    }
    return msgspec.structs.replace(plain, **(values | changes))
