"""An assessment of a month, with accepted risks and the months before it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from collector.model import (
    AcceptedRisk,
    Action,
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
from tests.reports.builders import DROPLETS_PAGE, example_assessment

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


def held(subject: Subject, outside: float, unknown: float = 0.0, **more: Any) -> Held:
    """How an app was held against the restage window; what is left of October's 744 hours was inside."""
    inside = more.pop("inside", 744.0 - outside - unknown)
    values: dict[str, Any] = {"check": "app-restage-age", "subject": subject, "window": "restage"}
    return Held(**(values | {"inside": inside, "outside": outside, "unknown": unknown} | more))


def risk(name: str, **changes: Any) -> AcceptedRisk:
    """An exception for the apps of one space."""
    values: dict[str, Any] = {
        "id": name,
        "controls": ("SI-2",),
        "rationale": "the vendor's image is frozen until the migration",
        "approver": "Kim Doe, ISSO",
        "ticket": f"GRC-{name}",
        "starts": date(2026, 9, 1),
        "expires": date(2026, 12, 31),
        "app": "agency-a/prod/*",
    }
    return AcceptedRisk(**(values | changes))


def trend(name: str = "restage-age") -> tuple[Figures, ...]:
    """Ten of twelve months, of all and of two orgs; of May and of June 2026 there is no report."""
    rows: list[Figures] = []
    months = [(2025, 11), (2025, 12), *((2026, number) for number in (1, 2, 3, 4, 7, 8, 9, 10))]
    for number, (year, month) in enumerate(months):
        for by, group in (("", ""), ("org", "agency-a"), ("org", "agency-b")):
            rows.append(
                Figures(
                    month=f"{year}-{month:02d}",
                    name=name,
                    by=by,
                    group=group,
                    subjects=12 if not by else 6,
                    inside=(6 + number // 2) if not by else 5,
                    unknown=1 if not by else 0,
                    p50=200.0 - 9 * number,
                    p90=500.0 - 21 * number,
                    most=900.0 - 33.5 * number,
                )
            )
    return tuple(rows)


def rich_month(**changes: Any) -> Assessment:
    """October with one of everything: corrected, still open, twice outside, gone, not known, waived; hostile names."""
    plain = example_assessment()
    subjects = [line.subject for line in plain.applications]
    pay, forms, formula, notices, control, jar, limit = subjects[:7]
    why = "no snapshot, staging or event reaches back as far"
    rows = [
        held(pay, 744.0, breaches=(Breach(begin=BEGIN, end=None, since=day(-12.5)),), worst=1380.0),
        held(
            forms,
            53.0,
            breaches=(Breach(begin=day(3), end=day(5.2), since=day(3)),),
            worst=388.8,
            corrected_at=day(5.2),
            evidence=(DROPLETS_PAGE,),
        ),
        held(
            formula,
            192.0,
            72.0,
            breaches=(
                Breach(begin=BEGIN, end=day(2), since=day(-3)),
                Breach(begin=day(25), end=None, since=day(25)),
            ),
            unseen=(Unseen(begin=day(10), end=day(13), reason=why),),
            worst=480.0,
        ),
        held(notices, 24.0, inside=240.0, breaches=(Breach(begin=day(10), end=day(11), since=day(10)),), worst=360.0),
        held(control, 0.0, 744.0, unseen=(Unseen(begin=BEGIN, end=OCTOBER.end, reason=why),)),
        held(jar, 0.0, 0.5, unseen=(Unseen(begin=day(8), end=day(8 + 0.5 / 24), reason=why),), worst=100.0),
        held(limit, 0.0, worst=336.0),
        held(HOSTILE, 100.0, check="buildpack-current", breaches=(Breach(begin=day(26), end=None, since=day(26)),)),
    ]
    before = MonthSummary(
        schema="cf-evidence/summary/1",
        system="default",
        month="2026-09",
        as_of=BEGIN,
        tool="cf-evidence 1",
        inputs={},
        windows={},
        statuses={"SI-2": "satisfied", "CM-2": "not-tested"},
        figures=(),
        failing=(),
        items=(),
    )
    actions = tuple(
        msgspec.structs.replace(action, waived_by="EX-1") if action.subject == pay else action
        for action in plain.actions
        if action.subject in (pay, formula)
    )
    values: dict[str, Any] = {
        "period": "2026-10",
        "as_of": OCTOBER.end,
        "snapshots": tuple(msgspec.structs.replace(each, taken_at=day(32.2)) for each in plain.snapshots),
        "month": Month(
            period=OCTOBER, held={(row.check, row.subject.guid): row for row in rows}, previous=before, past=(before,)
        ),
        "observations": tuple(
            msgspec.structs.replace(seen, waived_by="EX-1")
            if seen.check == "app-restage-age" and seen.subject == pay
            else seen
            for seen in plain.observations
        ),
        "actions": actions,
        "risks": (
            RiskLine(risk=risk("EX-1"), state="active", waives=1, subjects=("agency-a/prod/payments-api",)),
            RiskLine(
                risk=risk("EX-2", expires=date(2026, 11, 20), rationale="frozen | <b>=1"),
                state="unused",
                notes=("it covers nothing", "expires on 2026-11-20, within 30 days"),
            ),
            RiskLine(risk=risk("EX-3", expires=date(2026, 10, 3)), state="expired", notes=("expired on 2026-10-03",)),
            RiskLine(risk=risk("EX-4", starts=date(2026, 11, 5)), state="not yet valid"),
        ),
        "differences": (
            Difference(kind="new", check="app-restage-age", subject=formula, before="pass", after="fail", months=1),
            Difference(kind="repeated", check="app-restage-age", subject=pay, before="fail", after="fail", months=3),
            Difference(kind="fixed", check="app-restage-age", subject=forms, before="fail", after="pass", months=2),
            Difference(
                kind="not comparable",
                check="buildpack-current",
                subject=HOSTILE,
                before="fail",
                after="pass",
                reason="the window restage is another: 336 and 240 hours",
            ),
        ),
        "items": (
            OpenItem(
                check="app-restage-age",
                component="python_buildpack 1.8.30",
                opened="2026-08",
                months=3,
                subjects=(pay.label,),
                waived_by="EX-1",
            ),
            OpenItem(
                check="app-restage-age",
                component="nodejs_buildpack 1.8.41",
                opened="2026-09",
                months=1,
                subjects=(forms.label,),
                closed_at=day(5.2),
            ),
        ),
        "closed": (
            Action(
                owner="forms@agency.example",
                org="agency-a",
                space="prod",
                subject=forms,
                checks=("app-restage-age",),
                what="app-restage-age: inside again since 2026-10-06T04:48:00Z",
                command="",
            ),
        ),
        "figures": (*trend(), *trend("buildpack-behind")),
        "heartbeat": (
            "no snapshot for 33.0 days, from 2026-09-28T06:00:00Z to 2026-10-31T06:00:00Z: longer than the window",
            "bosh-production last spoke 2026-10-02T06:00:00Z, and gave nothing in 3 snapshots since",
        ),
    }
    return msgspec.structs.replace(plain, **(values | changes))
