"""The example with platform evidence: a dozen notices of every status, stemcells, figures, statements; all literal.

Two directors and the feeds were read; titles attack spreadsheets, browsers and terminals.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from collector.model import (
    Action,
    Assessment,
    Attested,
    CheckCount,
    Document,
    Gap,
    Interval,
    Measured,
    Observation,
    PatchLine,
    SourceCoverage,
    StageFigures,
    Status,
    StemcellLine,
    Subject,
    Window,
)
from tests.reports.builders import AS_OF, CONTROL, FORMULA, LONG, SCRIPT, TAKEN_AT, example_assessment

EVENTS_PAGE = "sha256:" + "e1" * 32
INDEX_PAGE = "sha256:" + "e2" * 32
NOTICES_PAGE = "sha256:" + "e3" * 32
ATTESTATION = "sha256:" + "e4" * 32
STAGE_NAMES = ("published", "released", "staging", "production", "restarted")
SOURCES = {
    "published": "osv published",
    "released": "index published",
    "staging": "deploy event",
    "production": "deploy event",
    "restarted": "instances since",
}
LATENCIES = {
    "packaging": ("published", "released"),
    "staging": ("released", "staging"),
    "deployment": ("released", "production"),
    "total": ("published", "production"),
}


def at(day: str, time: str = "00:00:00") -> datetime:
    """An instant of the year 2026: `at("11-02", "09:00:00")`."""
    return datetime.fromisoformat(f"2026-{day}T{time}").replace(tzinfo=UTC)


def between(first: datetime, last: datetime, source: str) -> Interval:
    """An instant that is known to lie between two."""
    return Interval(not_before=first, not_after=last, source=source)


class Patch(msgspec.Struct, frozen=True):
    """One notice as the example tells it; a stage is an instant, an interval or None."""

    name: str
    status: Status
    stages: Mapping[str, datetime | Interval | None]
    title: str = ""
    fixed_in: str = ""
    flags: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ("medium",)
    cves: tuple[str, ...] = ()
    due: datetime | None = None
    over: float | None = None
    open: tuple[str, ...] = ()
    held_by: str = ""
    detail: str = ""
    next_step: str = ""


_OS = "os-patch-latency"
_KEV = "exploited-vulnerability-due"

PATCHES = (
    Patch(
        "USN-7002-1",
        "fail",
        {"published": at("10-28", "08:00:00"), "released": at("10-29", "06:30:00"), "staging": at("10-30", "07:00:00")},
        title="Linux kernel vulnerabilities",
        fixed_in="1.961",
        flags=(_OS,),
        priorities=("high", "medium"),
        cves=("CVE-2026-40001", "CVE-2026-40002"),
        over=460.0,
        open=("deployment", "total"),
        held_by="platform",
        detail="rolled back 2026-11-01; 23.2 days since the notice, 19.2 days outside the 4-day window",
        next_step="ask the platform operator when ubuntu-jammy/1.961 or later is deployed again",
    ),
    Patch(
        "USN-7009-1",
        "fail",
        {"published": at("11-10", "10:00:00")},
        title="OpenSSL vulnerability",
        flags=(_OS,),
        priorities=("high",),
        cves=("CVE-2026-40900",),
        over=146.0,
        open=("packaging", "total"),
        held_by="upstream",
        detail="no stemcell has it: 10.1 days since the notice, 6.1 days outside the 4-day window",
    ),
    Patch(
        "USN-7003-1",
        "fail",
        {
            "published": at("11-05", "14:00:00"),
            "released": at("11-07", "02:00:00"),
            "staging": at("11-08", "09:00:00"),
            "production": at("11-12", "10:30:00"),
        },
        title="sudo vulnerability",
        fixed_in="1.975",
        flags=(_KEV, _OS),
        priorities=("critical",),
        cves=("CVE-2026-40300",),
        due=at("11-11", "04:59:59"),
        over=68.5,
        held_by="platform",
        detail="6.9 days from notice to production, 2.9 days outside the 4-day window; the platform held it",
        next_step="examine why the deploy of ubuntu-jammy/1.975 took 5.4 days",
    ),
    Patch(
        "USN-7001-1",
        "fail",
        {
            "published": at("11-02", "09:00:00"),
            "released": at("11-06", "12:00:00"),
            "staging": at("11-07", "09:00:00"),
            "production": between(at("11-07", "22:00:00"), at("11-07", "22:10:00"), "deploy event"),
        },
        title="glibc vulnerability",
        fixed_in="1.970",
        flags=(_OS,),
        over=37.0,
        held_by="upstream",
        detail="5.5 days from notice to production, 1.5 days outside the 4-day window; upstream held it",
    ),
    Patch(
        "USN-7004-1",
        "unknown",
        {
            "published": at("11-04", "06:00:00"),
            "released": at("11-05", "12:00:00"),
            "staging": None,
            "production": between(at("11-06", "02:00:00"), at("11-13", "02:00:00"), "first VM listing"),
        },
        title=FORMULA,
        fixed_in="1.972",
        detail="in production between 2026-11-06 02:00 and 2026-11-13 02:00 UTC: the director's events do not reach",
    ),
    Patch(
        "USN-7005-1",
        "unknown",
        {
            "published": at("11-09", "12:00:00"),
            "released": at("11-09", "10:00:00"),
            "staging": at("11-09", "20:00:00"),
            "production": at("11-10", "20:00:00"),
        },
        title=SCRIPT,
        fixed_in="1.977",
        detail="the stemcell is 2 hours older than the notice (clock skew)",
    ),
    Patch(
        "USN-7012-1",
        "unknown",
        {"published": at("11-15", "08:00:00")},
        title="Vim vulnerabilities",
        detail="no stemcell lists it; whether it applies is not known",
        next_step="set [feeds] packages to the list of packages that stemcells hold",
    ),
    Patch(
        "USN-7006-1",
        "pass",
        {
            "published": at("11-11", "09:06:31"),
            "released": at("11-12", "00:10:48"),
            "staging": at("11-12", "09:00:00"),
            "production": at("11-13", "09:06:31"),
            "restarted": at("11-14", "01:00:00"),
        },
        title=LONG,
        fixed_in="1.980",
        priorities=("low", "medium"),
        cves=tuple(f"CVE-2026-{number}" for number in range(41000, 41120)),
    ),
    Patch(
        "USN-7007-1",
        "pass",
        {
            "published": at("11-12", "09:00:00"),
            "released": at("11-13", "09:00:00"),
            "staging": at("11-14", "09:00:00"),
            "production": between(at("11-16", "08:50:00"), at("11-16", "09:00:00"), "deploy event"),
        },
        title=CONTROL,
        fixed_in="1.983",
        due=at("12-02", "04:59:59"),
        cves=("CVE-2026-40700",),
    ),
    Patch(
        "USN-7008-1",
        "pass",
        {"published": at("11-19", "08:00:00"), "released": at("11-19", "20:00:00"), "staging": at("11-20", "07:00:00")},
        title="curl vulnerability",
        fixed_in="1.990",
        open=("deployment", "total"),
    ),
    Patch("USN-7010-1", "not-applicable", {"published": at("11-03")}, title="PHP", detail="fixed only in esm"),
    Patch("USN-7011-1", "not-applicable", {"published": at("11-13")}, title="Rust", detail="withdrawn"),
)


def _interval(name: str, stage: datetime | Interval | None) -> Interval | None:
    if isinstance(stage, datetime):
        return Interval(not_before=stage, not_after=stage, source=SOURCES[name], evidence=(EVENTS_PAGE,))
    return stage


def _stages(stages: Mapping[str, datetime | Interval | None]) -> dict[str, Interval | None]:
    return {name: _interval(name, stages.get(name)) for name in STAGE_NAMES}


def _hours(stages: Mapping[str, Interval | None], still_open: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, (first, last) in LATENCIES.items():
        began, ended = stages[first], stages[last]
        end = ended.not_before if ended else AS_OF if name in still_open else None
        if began and end:
            found[name] = round((end - began.not_after) / timedelta(hours=1), 6)
    return found


def _line(patch: Patch) -> PatchLine:
    stages = _stages(patch.stages)
    return PatchLine(
        subject=Subject(type="notice", name=patch.name),
        status=patch.status,
        flags=patch.flags,
        title=patch.title,
        line="ubuntu-jammy",
        fixed_in=patch.fixed_in,
        priorities=patch.priorities,
        cves=patch.cves,
        due=patch.due,
        stages=stages,
        hours=_hours(stages, patch.open),
        open=patch.open,
        over_hours=patch.over,
        held_by=patch.held_by,
        detail=patch.detail,
        next_step=patch.next_step,
        evidence=(NOTICES_PAGE, INDEX_PAGE, EVENTS_PAGE),
    )


def _measured(line: PatchLine) -> Measured | None:
    end = line.stages.get("production")
    if "total" not in line.hours:
        return None
    return Measured(
        hours=line.hours["total"],
        not_before=end.not_before if end else AS_OF,
        not_after=end.not_after if end else AS_OF,
        source=end.source if end else "still open",
        stages=line.stages,
    )


def _patch_observation(line: PatchLine) -> Observation:
    return Observation(
        check=_OS,
        subject=line.subject,
        status=line.status,
        window="os-patch",
        measured=_measured(line),
        over_hours=line.over_hours,
        detail=line.detail,
        next_step=line.next_step,
        evidence=line.evidence,
    )


def _due_observation(line: PatchLine) -> Observation:
    status: Status = "not-applicable" if line.due is None else "fail" if _KEV in line.flags else "pass"
    return Observation(
        check=_KEV,
        subject=line.subject,
        status=status,
        window="known-exploited",
        over_hours=29.508611 if status == "fail" else None,
        detail="no entry of the catalog of known exploited vulnerabilities names it"
        if line.due is None
        else line.detail,
        evidence=line.evidence,
    )


class Stemcell(msgspec.Struct, frozen=True):
    """One stemcell in one deployment as the example tells it."""

    version: str
    environment: str
    status: Status
    state: str
    stages: Mapping[str, datetime | Interval | None]
    notices: int = 0
    over: float | None = None
    detail: str = ""
    flags: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


STEMCELLS = (
    Stemcell(
        "1.961",
        "production",
        "fail",
        "rolled back",
        {"released": at("10-29", "06:30:00"), "staging": at("10-30", "07:00:00")},
        notices=1,
        over=485.5,
        detail="rolled back 2026-11-01; 22.2 days since its release, 20.2 days outside the 2-day window",
        flags=("stemcell-deployment-latency",),
        open=("deployment",),
    ),
    Stemcell(
        "1.975",
        "production",
        "fail",
        "superseded",
        {
            "released": at("11-07", "02:00:00"),
            "staging": at("11-08", "09:00:00"),
            "production": at("11-12", "10:30:00"),
        },
        notices=1,
        over=80.5,
        detail="5.4 days from release to production, 3.4 days outside the 2-day window",
        flags=("stemcell-deployment-latency",),
    ),
    Stemcell(
        "1.972",
        "production",
        "unknown",
        "not known",
        {
            "released": at("11-05", "12:00:00"),
            "production": between(at("11-06", "02:00:00"), at("11-13", "02:00:00"), "first VM listing"),
        },
        notices=1,
        detail="the director's events do not reach",
    ),
    Stemcell(
        "1.983",
        "production",
        "pass",
        "running",
        {
            "released": at("11-13", "09:00:00"),
            "staging": at("11-14", "09:00:00"),
            "production": at("11-16", "08:50:00"),
        },
        notices=1,
    ),
    Stemcell(
        "1.990",
        "production",
        "pass",
        "in flight",
        {"released": at("11-19", "20:00:00"), "staging": at("11-20", "07:00:00")},
        notices=1,
        open=("deployment",),
    ),
    Stemcell(
        "1.990",
        "staging",
        "pass",
        "running",
        {"released": at("11-19", "20:00:00"), "staging": at("11-20", "07:00:00")},
        notices=1,
    ),
)


def _stemcell_line(stemcell: Stemcell) -> StemcellLine:
    stages = _stages(stemcell.stages)
    return StemcellLine(
        subject=Subject(
            type="stemcell",
            name=f"ubuntu-jammy/{stemcell.version}",
            environment=stemcell.environment,
            deployment=f"cf-{stemcell.environment}",
        ),
        status=stemcell.status,
        flags=stemcell.flags,
        state=stemcell.state,
        stages=stages,
        hours=_hours(stages, stemcell.open),
        notices=stemcell.notices,
        over_hours=stemcell.over,
        detail=stemcell.detail,
        evidence=(INDEX_PAGE, EVENTS_PAGE),
    )


def _stemcell_observation(line: StemcellLine) -> Observation:
    hours = line.hours.get("deployment")
    end = line.stages.get("production")
    return Observation(
        check="stemcell-deployment-latency",
        subject=line.subject,
        status=line.status,
        window="stemcell-deployment",
        measured=None
        if hours is None
        else Measured(
            hours=hours,
            not_before=end.not_before if end else AS_OF,
            not_after=end.not_after if end else AS_OF,
            source=end.source if end else "still open",
            stages=line.stages,
        ),
        over_hours=line.over_hours,
        detail=line.detail,
        evidence=line.evidence,
    )


FIGURES = (
    StageFigures(
        name="packaging",
        window="stemcell-packaging",
        measured=7,
        inside=6,
        open=1,
        unknown=2,
        p50=22.5,
        p90=51.0,
        most=99.0,
    ),
    StageFigures(name="staging", window=None, measured=7, inside=0, open=0, unknown=3, p50=21.0, p90=31.0, most=31.0),
    StageFigures(
        name="deployment",
        window="stemcell-deployment",
        measured=5,
        inside=3,
        open=2,
        unknown=1,
        p50=34.0,
        p90=128.5,
        most=128.5,
    ),
    StageFigures(
        name="total", window="os-patch", measured=5, inside=3, open=3, unknown=2, p50=95.833333, p90=164.5, most=164.5
    ),
)

ATTESTED = (
    Attested(
        kind="stemcell-deployed",
        author="Robin Roe",
        party="Platform operations",
        written=date(2026, 11, 17),
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 30),
        expires=date(2026, 12, 31),
        at=at("11-16", "09:00:00"),
        environment="production",
        deployment="cf-production",
        line="ubuntu-jammy",
        version="1.983",
        reference="change CHG-4711",
        document=ATTESTATION,
    ),
    Attested(
        kind="image-scanned",
        author=FORMULA,
        party="",
        written=date(2026, 10, 1),
        period_from=date(2026, 9, 1),
        period_to=date(2026, 9, 30),
        expires=date(2026, 11, 19),
        at=at("09-30", "12:00:00"),
        image="registry.example/legacy@sha256:" + "9f" * 32,
        reference=SCRIPT,
        document=ATTESTATION,
    ),
)

_WINDOWS = {
    "stemcell-packaging": Window(
        name="stemcell-packaging",
        expected_hours=24.0,
        limit_hours=48.0,
        kind="informs",
        authority="cloud.gov, App maintenance",
        citation="counted from the published patch to the stemcell",
        attributed_to="upstream",
    ),
    "stemcell-deployment": Window(
        name="stemcell-deployment",
        expected_hours=24.0,
        limit_hours=48.0,
        kind="flag",
        authority="cloud.gov, App maintenance",
        citation="counted from the released stemcell to production",
        attributed_to="platform",
    ),
}

_CHECKS = {
    _OS: "the patch was in production within the window of its notice",
    _KEV: "a patch of a known exploited vulnerability was in production by its due date",
    "image-remediated": "the image has an attested scan that is young enough",
    "stemcell-deployment-latency": "the stemcell was in production within the window of its release",
}


def _source(name: str, *gaps: Gap, skew: float | None = 0.4) -> SourceCoverage:
    return SourceCoverage(
        name=name,
        status="partial" if gaps else "complete",
        requests=9,
        documents=8,
        gaps=gaps,
        clock_skew_seconds=skew,
    )


_SOURCES = (
    _source(
        "bosh-production",
        Gap(what="events", reason="pruned by the director: 2026-11-06T02:00:00Z to 2026-11-13T02:00:00Z is not known"),
    ),
    _source("bosh-staging", skew=-3.0),
    _source("stemcell-index"),
    _source("notices"),
    _source("exploited"),
    _source("attestation", skew=None),
)


def _document(source: str, what: str, digest: str) -> Document:
    return Document(
        source=source,
        what=what,
        path=f"/{what}",
        query={},
        retrieved_at=TAKEN_AT,
        status=200,
        media_type="application/json",
        request_id="",
        sha256=digest.removeprefix("sha256:"),
        size=4_096,
        file=f"raw/{source}/{what}-0001.json.gz",
    )


def _actions(lines: tuple[PatchLine | StemcellLine, ...]) -> tuple[Action, ...]:
    return tuple(
        Action(
            owner="platform operator",
            org="",
            space="",
            subject=line.subject,
            checks=line.flags,
            what=line.detail,
            command="",
            over_hours=line.over_hours,
            production=True,
        )
        for line in lines
        if line.flags
    )


def _counted(observations: tuple[Observation, ...], check: str, window: str, role: Any = "flags") -> CheckCount:
    words = [seen.status for seen in observations if seen.check == check]
    return CheckCount(
        id=check,
        role=role,
        window=window,
        passed=words.count("pass"),
        fail=words.count("fail"),
        unknown=words.count("unknown"),
        not_applicable=words.count("not-applicable"),
    )


def _image_observation(example: Assessment) -> Observation:
    image = next(line for line in example.applications if line.kind == "docker")
    return Observation(
        check="image-remediated",
        subject=image.subject,
        status="fail",
        window="image-scan",
        detail="the attested scan is 51.0 days old, 21.0 days outside the 30-day window",
        evidence=(ATTESTATION,),
    )


def platform_assessment(**changes: Any) -> Assessment:
    """The example with platform evidence, both parts in scope; keyword arguments replace fields of the assessment."""
    example = example_assessment()
    patches = tuple(map(_line, PATCHES))
    stemcells = tuple(map(_stemcell_line, STEMCELLS))
    added = (
        *map(_patch_observation, patches),
        *map(_due_observation, patches),
        *map(_stemcell_observation, stemcells),
        _image_observation(example),
    )
    observations = tuple(
        sorted((*example.observations, *added), key=lambda seen: (seen.check, seen.subject.guid, seen.subject.label))
    )
    si_2, *others = example.controls
    objectives = tuple(
        msgspec.structs.replace(each, checks=(*each.checks, _KEV, "image-remediated", _OS))
        if each.id == "si-2_obj.c-1"
        else each
        for each in si_2.objectives
    )
    counts = (
        _counted(added, _KEV, "known-exploited", "decides"),
        _counted(added, "image-remediated", "image-scan", "decides"),
        _counted(added, _OS, "os-patch"),
        _counted(added, "stemcell-deployment-latency", "stemcell-deployment"),
    )
    made = msgspec.structs.replace(
        example,
        system=msgspec.structs.replace(example.system, scope="both"),
        windows=example.windows | _WINDOWS,
        checks=dict(sorted((example.checks | _CHECKS).items())),
        controls=(msgspec.structs.replace(si_2, objectives=objectives, checks=(*si_2.checks, *counts)), *others),
        observations=observations,
        coverage=msgspec.structs.replace(example.coverage, sources=(*example.coverage.sources, *_SOURCES)),
        actions=(*example.actions, *_actions((*patches, *stemcells))),
        documents=(
            *example.documents,
            _document("attestation", "attestation", ATTESTATION),
            _document("bosh-production", "events", EVENTS_PAGE),
            _document("stemcell-index", "index", INDEX_PAGE),
            _document("notices", "osv", NOTICES_PAGE),
        ),
        patches=patches,
        stemcells=stemcells,
        stages=FIGURES,
        attested=ATTESTED,
        patch_sentence="OS patches: 3 of 10 in production within 4 days, 1 still inside, 3 not known",
    )
    return msgspec.structs.replace(made, **changes)


def many_patches(count: int) -> Assessment:
    """The example with so many notices, for caps and measurements: every fifth is flagged."""
    pattern = (PATCHES[3], *(PATCHES[7],) * 4)
    patches = tuple(
        msgspec.structs.replace(
            _line(pattern[number % 5]), subject=Subject(type="notice", name=f"USN-{8000 + number}-1"), title="libc"
        )
        for number in range(count)
    )
    ordered = tuple(sorted(patches, key=lambda line: line.status != "fail"))
    return platform_assessment(patches=ordered)
