"""A realistic assessment out of literal nouns, for the tests of all reports.

One customer system in two organizations on 2026-11-20: apps of every status, three controls, a gap, and names that
attack spreadsheets, browsers, terminals and people. No exception is in force.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from collector.model import (
    Action,
    AppCounts,
    ApplicationLine,
    Assessment,
    CheckCount,
    ControlResult,
    Coverage,
    Document,
    Finding,
    Gap,
    Identity,
    Measured,
    Observation,
    Parameter,
    Role,
    SnapshotRef,
    SourceCoverage,
    Status,
    Subject,
    System,
    Window,
)

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TAKEN_AT = datetime(2026, 11, 20, 11, 58, 30, tzinfo=UTC)

FORMULA = "=1+1"
SCRIPT = "<script>alert(1)</script>"
MARKUP = "app[/bold]"
EMOJI = "🚀-launcher"
RIGHT_TO_LEFT = "invoice-\u202egnp.exe"
CONTROL = "bell\x07\x1b[31mred"
LONG = "long-" + "x" * 33_000
HOSTILE = (FORMULA, SCRIPT, MARKUP, EMOJI, RIGHT_TO_LEFT, CONTROL, LONG)

APPS_PAGE = "sha256:" + "a1" * 32
DROPLETS_PAGE = "sha256:" + "b2" * 32
BUILDPACKS_PAGE = "sha256:" + "c3" * 32
SPACES_PAGE = "sha256:" + "d4" * 32

SYSTEM = System(
    id="default",
    name="Agency Portal",
    scope="customer",
    impact="moderate",
    leveraged="cloud.gov P-ATO",
    marking="CUI",
    isso="Kim Doe",
    assessor="Assessors LLC",
    prepared_by="Platform team",
    ssp_title="Agency Portal SSP",
    ssp_version="4.2",
    ssp_href="ssp.docx",
)

WINDOWS = {
    "restage": Window(
        name="restage",
        expected_hours=None,
        limit_hours=336.0,
        kind="flag",
        authority="cloud.gov, App maintenance (guidance)",
        citation="restage periodically, for example every two weeks",
    ),
    "flaw-remediation": Window(
        name="flaw-remediation",
        expected_hours=None,
        limit_hours=720.0,
        kind="decides",
        authority="SSP si-02_odp, 2026-03",
        citation="within 30 days of release",
        binding=True,
        overridden=True,
    ),
    "known-exploited": Window(
        name="known-exploited",
        expected_hours=None,
        limit_hours=None,
        kind="decides",
        authority="BOD 22-01",
        citation="by the due date of each entry",
    ),
    "os-patch": Window(
        name="os-patch",
        expected_hours=48.0,
        limit_hours=96.0,
        kind="flag",
        authority="cloud.gov, App maintenance",
        citation="typically within 2-4 days of the patch release",
        attributed_to="platform",
    ),
    "determination-frequency": Window(
        name="determination-frequency",
        expected_hours=None,
        limit_hours=744.0,
        kind="decides",
        authority="SSP si-02.02_odp.02",
        citation="at least monthly",
    ),
}

CHECKS = {
    "app-restage-age": "the current droplet was staged within the restage window",
    "buildpack-current": "every buildpack has the platform's version, or has been behind for less than the window",
    "last-restage-succeeded": "no failed build is newer than the current droplet",
    "inventory-current": "the newest snapshot is younger than the determination frequency",
    "inventory-complete": "every declared space is visible and every page was read",
    "evidence-retained": "earlier snapshots of the period read back and verify",
}


def guid(number: int) -> str:
    """A guid that a reader can tell apart: its last digits are the number."""
    return f"00000000-0000-4000-8000-{number:012d}"


class Row(msgspec.Struct, frozen=True):
    """One app as the example tells it: name, where, and what the two main checks say."""

    name: str
    org: str
    space: str
    age: Status
    days: float | None
    buildpack: Status
    behind_days: float = 0.0
    kind: str = "buildpack"
    state: str = "STARTED"
    bp: str = ""
    has: str = ""
    latest: str = ""
    owner: str = ""
    detail: str = ""
    next_step: str = ""


ROWS = (
    Row(
        "payments-api",
        "agency-a",
        "prod",
        "fail",
        35.4,
        "fail",
        behind_days=33.0,
        bp="python_buildpack",
        has="1.8.30",
        latest="1.8.34",
        owner="pay@agency.example",
        detail="last staged 35.4 days ago, 21.4 days outside the 14-day window",
        next_step="cf target -o agency-a -s prod; cf restage --strategy rolling payments-api",
    ),
    Row(
        "forms-web",
        "agency-a",
        "prod",
        "fail",
        21.0,
        "fail",
        behind_days=18.0,
        bp="nodejs_buildpack",
        has="1.8.41",
        latest="1.8.44",
        owner="forms@agency.example",
        detail="last staged 21.0 days ago, 7.0 days outside the 14-day window",
        next_step="cf target -o agency-a -s prod; cf restage --strategy rolling forms-web",
    ),
    Row(
        FORMULA,
        "agency-a",
        "staging",
        "fail",
        16.0,
        "pass",
        bp="java_buildpack",
        has="4.77.0",
        latest="4.77.0",
        owner="@SUM(A1)",
        detail="last staged 16.0 days ago, 2.0 days outside the 14-day window",
        next_step="cf target -o agency-a -s staging; cf restage --strategy rolling =1+1",
    ),
    Row(
        "notices",
        "agency-b",
        "prod",
        "fail",
        14.5,
        "pass",
        bp="go_buildpack",
        has="1.10.40",
        latest="1.10.40",
        detail="last staged 14.5 days ago, 0.5 days outside the 14-day window",
    ),
    Row(
        CONTROL,
        "agency-b",
        "dev",
        "unknown",
        None,
        "unknown",
        detail="copied droplet: the original staging is not known",
    ),
    Row(
        "uploaded-jar",
        "agency-b",
        "dev",
        "unknown",
        None,
        "unknown",
        owner="jar@agency.example",
        detail="uploaded droplet: it says nothing of when it was built",
    ),
    Row("at-the-limit", "agency-a", "prod", "pass", 14.0, "pass", bp="ruby_buildpack", has="1.10.9", latest="1.10.9"),
    Row(SCRIPT, "agency-a", "staging", "pass", 9.25, "pass", bp="staticfile_buildpack", has="1.6.20", latest="1.6.20"),
    Row(MARKUP, "agency-b", "dev", "pass", 6.5, "pass", bp="php_buildpack", has="4.6.25", latest="4.6.25"),
    Row(EMOJI, "agency-b", "dev", "pass", 3.0, "pass", bp="go_buildpack", has="1.10.40", latest="1.10.40"),
    Row(RIGHT_TO_LEFT, "agency-b", "dev", "pass", 1.5, "pass", bp="go_buildpack", has="1.10.40", latest="1.10.40"),
    Row(LONG, "agency-b", "dev", "pass", 0.25, "pass", bp="go_buildpack", has="1.10.40", latest="1.10.40"),
    Row("legacy-img", "agency-b", "prod", "not-applicable", None, "not-applicable", kind="docker", detail="an image"),
    Row(
        "retired",
        "agency-a",
        "prod",
        "not-applicable",
        None,
        "not-applicable",
        state="STOPPED",
        detail="stopped, and no task ran",
    ),
)


def _subject(number: int, row: Row) -> Subject:
    return Subject(type="app", guid=guid(number), name=row.name, space=row.space, org=row.org)


def _staged(days: float | None) -> datetime | None:
    return None if days is None else AS_OF - timedelta(days=days)


def _age(number: int, row: Row) -> Observation:
    staged = _staged(row.days)
    measured = None
    if staged is not None and row.days is not None:
        measured = Measured(
            hours=round(row.days * 24, 6), not_before=staged, not_after=staged, source="droplet.created_at"
        )
    return Observation(
        check="app-restage-age",
        subject=_subject(number, row),
        status=row.age,
        window="restage",
        measured=measured,
        over_hours=round(row.days * 24 - 336, 6) if row.days is not None and row.age == "fail" else None,
        detail=row.detail,
        next_step=row.next_step,
        evidence=(DROPLETS_PAGE,) if row.days is not None else (APPS_PAGE,),
    )


def _current(number: int, row: Row) -> Observation:
    fail = row.buildpack == "fail"
    detail = "" if row.buildpack == "pass" else row.detail
    return Observation(
        check="buildpack-current",
        subject=_subject(number, row),
        status=row.buildpack,
        window="restage",
        measured=Measured(
            hours=round(row.behind_days * 24, 6),
            not_before=AS_OF - timedelta(days=row.days or 0),
            not_after=AS_OF - timedelta(days=row.behind_days),
            source="buildpack.updated_at",
        )
        if fail
        else None,
        over_hours=round(row.behind_days * 24 - 336, 6) if fail else None,
        detail=f"{row.bp} {row.has} is behind {row.latest} for {row.behind_days:.1f} days" if fail else detail,
        next_step=row.next_step if fail else "",
        evidence=(DROPLETS_PAGE, BUILDPACKS_PAGE),
    )


def _last(number: int, row: Row) -> Observation:
    return Observation(
        check="last-restage-succeeded",
        subject=_subject(number, row),
        status="not-applicable" if row.age == "not-applicable" else "unknown",
        detail="builds were not read: 403 CF-NotAuthorized",
        evidence=(),
    )


def _system_observations() -> tuple[Observation, ...]:
    subject = Subject(type="system", name="default")
    return (
        Observation(
            check="evidence-retained",
            subject=subject,
            status="not-applicable",
            detail="the first snapshot of the period: nothing to compare with yet",
        ),
        Observation(
            check="inventory-complete",
            subject=subject,
            status="unknown",
            detail="builds were not read: 403 CF-NotAuthorized",
            next_step="give the service account the space auditor role in every space",
            evidence=(SPACES_PAGE,),
        ),
        Observation(
            check="inventory-current",
            subject=subject,
            status="pass",
            window="determination-frequency",
            measured=Measured(hours=0.025, not_before=TAKEN_AT, not_after=TAKEN_AT, source="snapshot.taken_at"),
            evidence=(APPS_PAGE,),
        ),
    )


def _observations(rows: tuple[Row, ...]) -> tuple[Observation, ...]:
    per_check = (_age, _current, _last)
    per_app = [make(number, row) for make in per_check for number, row in enumerate(rows, start=1)]
    return tuple(sorted((*per_app, *_system_observations()), key=lambda seen: (seen.check, seen.subject.guid)))


def _line(number: int, row: Row) -> ApplicationLine:
    flags = tuple(
        check
        for check, status in (("app-restage-age", row.age), ("buildpack-current", row.buildpack))
        if status == "fail"
    )
    return ApplicationLine(
        subject=_subject(number, row),
        status=row.age,
        flags=flags,
        state=row.state,
        kind=row.kind,
        staged_at=_staged(row.days),
        staged_at_source="droplet.created_at" if row.days is not None else "",
        age_hours=None if row.days is None else round(row.days * 24, 6),
        over_hours=round(row.days * 24 - 336, 6) if row.days is not None and row.age == "fail" else None,
        buildpack=row.bp,
        has=row.has,
        latest=row.latest,
        stack="cflinuxfs4" if row.kind == "buildpack" else "",
        owner=row.owner,
        droplet=guid(1000 + number) if row.days is not None else "",
        detail=row.detail,
        next_step=row.next_step,
        environment="production" if row.space == "prod" else "staging" if row.space == "staging" else "",
        evidence=(DROPLETS_PAGE,) if row.days is not None else (APPS_PAGE,),
    )


def _actions(lines: tuple[ApplicationLine, ...]) -> tuple[Action, ...]:
    """The flagged ones, non-production first, then the longest outside."""
    found = [
        Action(
            owner=line.owner,
            org=line.subject.org,
            space=line.subject.space,
            subject=line.subject,
            checks=line.flags,
            what=line.detail if line.next_step else f"{line.detail}; rebuild it from its pipeline",
            command=line.next_step,
            before=line.has,
            after=line.latest,
            over_hours=line.over_hours,
            production=line.environment == "production",
        )
        for line in lines
        if line.flags
    ]
    return tuple(sorted(found, key=lambda action: (action.production, -(action.over_hours or 0))))


def _count(observations: tuple[Observation, ...], check: str, role: Role, window: str | None) -> CheckCount:
    words: list[str] = []
    for seen in observations:
        if seen.check == check:
            inside = role == "decides" and seen.measured is not None and check == "buildpack-current"
            limit = WINDOWS[window].limit_hours if window else None
            corrected = inside and seen.measured is not None and limit is not None and seen.measured.hours <= limit
            words.append("pass" if corrected else seen.status)
    counts = Counter(words)
    return CheckCount(
        id=check,
        role=role,
        window=window,
        passed=counts["pass"],
        fail=counts["fail"],
        unknown=counts["unknown"],
        not_applicable=counts["not-applicable"],
    )


def _untested(identifier: str, text: str, human: str) -> Finding:
    return Finding(
        id=identifier,
        status="not-tested",
        checks=(),
        text=text,
        human=human,
        part="customer",
        reason="this tool does not test it",
    )


def _si_2(observations: tuple[Observation, ...]) -> ControlResult:
    examine = "Examine the flaw remediation procedure and interview the people who apply it"
    return ControlResult(
        id="SI-2",
        oscal_id="si-2",
        title="Flaw Remediation",
        status="not-satisfied",
        objectives_tested=1,
        objectives_total=10,
        parts={"customer": "not-satisfied", "provider": "inherited"},
        objectives=(
            _untested("si-2_obj.a-1", "system flaws are identified", examine),
            _untested("si-2_obj.a-2", "system flaws are reported", examine),
            _untested("si-2_obj.a-3", "system flaws are corrected", examine),
            _untested("si-2_obj.b-1", "software updates are tested for effectiveness", examine),
            _untested("si-2_obj.b-2", "software updates are tested for side effects", examine),
            Finding(
                id="si-2_obj.b-3",
                status="inherited",
                checks=(),
                text="firmware updates are tested for effectiveness",
                human="Examine the leveraged authorization",
                part="provider",
                reason="inherited from cloud.gov P-ATO",
            ),
            Finding(
                id="si-2_obj.b-4",
                status="inherited",
                checks=(),
                text="firmware updates are tested for side effects",
                human="Examine the leveraged authorization",
                part="provider",
                reason="inherited from cloud.gov P-ATO",
            ),
            Finding(
                id="si-2_obj.c-1",
                status="not-satisfied",
                checks=("buildpack-current",),
                text="security-relevant software updates are installed within the time set for the system",
                human="Test a sample of apps against the versions that the platform offered",
                part="customer",
            ),
            Finding(
                id="si-2_obj.c-2",
                status="inherited",
                checks=(),
                text="security-relevant firmware updates are installed within the time set for the system",
                human="Examine the leveraged authorization",
                part="provider",
                reason="inherited from cloud.gov P-ATO",
            ),
            _untested("si-2_obj.d", "flaw remediation is part of configuration management", examine),
        ),
        checks=(
            _count(observations, "app-restage-age", "flags", "restage"),
            _count(observations, "buildpack-current", "flags", "restage"),
            _count(observations, "buildpack-current", "decides", "flaw-remediation"),
            _count(observations, "last-restage-succeeded", "informs", None),
        ),
        narrative="Apps are restaged so that they carry the platform's current buildpacks.",
        parameters=(
            Parameter(
                id="si-02_odp",
                text="the time within which security-relevant updates are installed",
                value="30 days from release",
                authority="SSP si-02_odp",
                date="2026-03-01",
            ),
        ),
    )


def _cm_2() -> ControlResult:
    examine = "Examine the baseline configuration and its change history"
    return ControlResult(
        id="CM-2",
        oscal_id="cm-2",
        title="Baseline Configuration",
        status="not-tested",
        objectives_tested=0,
        objectives_total=5,
        parts={"customer": "not-tested", "provider": "inherited"},
        objectives=(
            _untested("cm-2_obj.a-1", "a current baseline configuration is developed and documented", examine),
            Finding(
                id="cm-2_obj.a-2",
                status="not-tested",
                checks=(),
                text="a current baseline configuration is maintained under configuration control",
                human=examine,
                part="customer",
                reason="no baseline is declared in [baseline]",
            ),
            _untested("cm-2_obj.b.1", "the baseline is reviewed and updated at the set frequency", examine),
            _untested("cm-2_obj.b.2", "the baseline is reviewed and updated when circumstances require it", examine),
            _untested("cm-2_obj.b.3", "the baseline is reviewed and updated when components are upgraded", examine),
        ),
        checks=(),
        narrative="",
        parameters=(
            Parameter(id="cm-02_odp.01", text="the frequency of review", value="", authority="", date=""),
            Parameter(
                id="cm-02_odp.02", text="the circumstances that require a review", value="", authority="", date=""
            ),
        ),
    )


def _cm_2_2(observations: tuple[Observation, ...]) -> ControlResult:
    return ControlResult(
        id="CM-2(2)",
        oscal_id="cm-2.2",
        title="Automation Support for Accuracy and Currency",
        status="not-assessed",
        objectives_tested=2,
        objectives_total=4,
        parts={"customer": "not-assessed"},
        objectives=(
            Finding(
                id="cm-2.2_obj-1",
                status="satisfied",
                checks=("inventory-current",),
                text="the currency of the baseline is maintained by automation",
                human="Examine the schedule of the snapshots",
                part="customer",
            ),
            Finding(
                id="cm-2.2_obj-2",
                status="not-assessed",
                checks=("inventory-complete",),
                text="the completeness of the baseline is maintained by automation",
                human="Compare the list of spaces with the authorization boundary",
                part="customer",
                reason="builds were not read: 403 CF-NotAuthorized",
            ),
            _untested("cm-2.2_obj-3", "the accuracy of the baseline is maintained by automation", "Test a sample"),
            Finding(
                id="cm-2.2_obj-4",
                status="not-tested",
                checks=("evidence-retained",),
                text="the availability of the baseline is maintained by automation",
                human="Retrieve an earlier snapshot from the store",
                part="customer",
                reason="the first snapshot of the period: nothing to compare with yet",
            ),
        ),
        checks=(
            _count(observations, "inventory-current", "decides", "determination-frequency"),
            _count(observations, "inventory-complete", "decides", None),
            _count(observations, "evidence-retained", "decides", None),
        ),
        narrative="Snapshots record what runs, with digests.",
        parameters=(
            Parameter(
                id="cm-02.02_odp",
                text="the automated mechanisms",
                value="cf-evidence",
                authority="SSP cm-02.02_odp",
                date="2026-03-01",
            ),
        ),
    )


def _document(what: str, path: str, digest: str, size: int) -> Document:
    return Document(
        source="cloud-controller",
        what=what,
        path=path,
        query={"per_page": "5000", "page": "1"},
        retrieved_at=TAKEN_AT,
        status=200,
        media_type="application/json",
        request_id=f"7a1f0c52-0000-4000-8000-{size:012d}::9",
        sha256=digest.removeprefix("sha256:"),
        size=size,
        file=f"raw/cloud-controller/{what}-0001.json.gz",
    )


def _coverage(rows: tuple[Row, ...]) -> Coverage:
    ages = Counter(row.age for row in rows)
    return Coverage(
        complete=False,
        boundary_declared=False,
        spaces=("agency-a/prod", "agency-a/staging", "agency-b/dev", "agency-b/prod"),
        missing_spaces=(),
        sources=(
            SourceCoverage(
                name="cloud-controller",
                status="partial",
                requests=5,
                documents=4,
                gaps=(
                    Gap(what="builds", reason="403 CF-NotAuthorized", http_status=403),
                    Gap(
                        what="droplet of uploaded-jar",
                        reason="the droplet names no package",
                        subjects=(guid(6),),
                    ),
                ),
                clock_skew_seconds=-1.25,
            ),
        ),
        apps=AppCounts(
            visible=len(rows),
            assessed=ages["pass"] + ages["fail"],
            unknown=ages["unknown"],
            not_applicable=ages["not-applicable"],
        ),
        apps_listed=len(rows),
        apps_counted=len(rows),
    )


def assessment_of(rows: tuple[Row, ...]) -> Assessment:
    """The example's assessment over other rows; counts follow the rows, verdicts and sentences do not."""
    observations = _observations(rows)
    lines = tuple(_line(number, row) for number, row in enumerate(rows, start=1))
    fails = sum(row.age == "fail" for row in rows)
    return Assessment(
        tool="cf-evidence",
        version="0.1.0",
        system=SYSTEM,
        foundation="https://api.fr.cloud.gov",
        as_of=AS_OF,
        period=None,
        snapshots=(SnapshotRef(id="20261120T115830Z-5f2c", taken_at=TAKEN_AT, sha256="e5" * 32),),
        coverage=_coverage(rows),
        windows=WINDOWS,
        controls=(_si_2(observations), _cm_2(), _cm_2_2(observations)),
        observations=observations,
        applications=lines,
        actions=_actions(lines),
        documents=(
            _document("apps", "/v3/apps", APPS_PAGE, 48_211),
            _document("buildpacks", "/v3/buildpacks", BUILDPACKS_PAGE, 9_120),
            _document("droplets", "/v3/droplets", DROPLETS_PAGE, 77_400),
            _document("spaces", "/v3/spaces", SPACES_PAGE, 3_900),
        ),
        identity=Identity(
            name="auditor-robot", grant="password", scopes=("cloud_controller.read",), roles=("space_auditor",)
        ),
        inputs={
            "controls/cm-2.2.toml": "sha256:" + "02" * 32,
            "controls/cm-2.toml": "sha256:" + "03" * 32,
            "controls/policy.toml": "sha256:" + "04" * 32,
            "controls/si-2.toml": "sha256:" + "05" * 32,
            "settings": "sha256:" + "06" * 32,
            "snapshots/20261120T115830Z-5f2c/manifest.json": "sha256:" + "e5" * 32,
        },
        checks=CHECKS,
        answer=f"{fails} of {len(rows)} apps are outside the 14-day restage window, 2 cannot be judged.",
        scope_note="no boundary is declared: this speaks for the 4 spaces that the account can see",
        exit_code=3,
    )


def example_assessment(**changes: Any) -> Assessment:
    """The example; keyword arguments replace fields of the assessment."""
    return msgspec.structs.replace(assessment_of(ROWS), **changes)


def large_assessment(apps: int) -> Assessment:
    """The example with `apps` apps, for measurements: every seventh is outside."""
    rows = tuple(
        Row(
            f"app-{number:06d}",
            f"org-{number % 20:02d}",
            "prod" if number % 3 == 0 else "staging",
            "fail" if number % 7 == 0 else "pass",
            15.0 + number % 30 if number % 7 == 0 else 0.5 + number % 13,
            "pass",
            bp="python_buildpack",
            has="1.8.34",
            latest="1.8.34",
            owner=f"team-{number % 50}@agency.example",
            detail="outside the 14-day window" if number % 7 == 0 else "",
            next_step=f"cf restage --strategy rolling app-{number:06d}" if number % 7 == 0 else "",
        )
        for number in range(1, apps + 1)
    )
    return assessment_of(rows)
