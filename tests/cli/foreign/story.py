"""A platform of which every instant was worked out by hand: two directors, two lines, five notices, 25 days."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.cli.foreign.serving import Director, Feeds
from tests.cli.foreign.writing import (
    FIPS,
    JAMMY,
    Log,
    body_of,
    catalog,
    created,
    deploy,
    listed,
    machine,
    metalink,
    naive,
    osv,
    release,
    z,
)

HOUR, SECOND, DAY = timedelta(hours=1), timedelta(seconds=1), timedelta(days=1)
API, CELL, OTHER, ISO, DB = "api/1", "diego-cell/2", "diego-cell/5", "isolated-cell/3", "postgres/4"


class Story(NamedTuple):
    """What happened, and when."""

    zero: datetime
    production: Director
    staging: Director
    feeds: Feeds

    def at(self, **since: float) -> datetime:
        """An instant, counted from the beginning of the story."""
        return self.zero + timedelta(**since)


def jammy(*versions: str) -> list[str]:
    return [f"{JAMMY}/{version}" for version in versions]


def fips(*versions: str) -> list[str]:
    return [f"{FIPS}/{version}" for version in versions]


# Published (after zero): the notice, the stemcell that has it first, and what came of it.
NOTICES = {
    "USN-7001-1": timedelta(days=2),
    "USN-7002-1": timedelta(days=7),
    "USN-7003-1": timedelta(days=12),
    "USN-7003-2": timedelta(days=12, hours=1),
    "USN-7004-1": timedelta(days=20, hours=2),
}
# 1.99 exactly two days after its notice, 1.100 a second later than that, 1.101 quickly, 1.102 superseded, 1.103 new.
STEMCELLS = {
    "1.98": timedelta(days=-20),
    "1.99": timedelta(days=4),
    "1.100": timedelta(days=9, seconds=1),
    "1.101": timedelta(days=12, hours=10),
    "1.102": timedelta(days=15),
    "1.103": timedelta(days=22),
}
LISTS = {
    "1.98": {},
    "1.99": {"USN-7001-1": "medium"},
    "1.100": {"USN-7002-1": "low,medium", "USN-7001-1": "medium"},
    "1.101": {"USN-7003-1": "high"},
    "1.102": {"USN-7003-2": "high"},
    "1.103": {"USN-7004-1": "critical"},
}
FORMS = {"1.99": "old", "1.100": "crlf"}
# The end of the last deploy in production.
LIVE = {
    "1.99": timedelta(days=6),
    "1.100": timedelta(days=11, seconds=1),
    "1.103": timedelta(days=23, hours=18),
}
# The other line has its own numbers: published (after zero), what it lists, and live this much later.
FIPS_LINE = {
    "1.98": (timedelta(days=-20), {}, None),
    "1.101": (timedelta(days=3), {"USN-7001-1": "medium"}, 20 * HOUR),
    "1.102": (timedelta(days=8), {"USN-7002-1": "medium"}, HOUR),
    "1.1003": (timedelta(days=12, hours=5), {"USN-7003-1": "high", "USN-7003-2": "high"}, 50 * HOUR),
    "1.1004": (timedelta(days=21), {"USN-7004-1": "high"}, HOUR),
}
STAGED = {
    "1.99": timedelta(days=5),
    "1.100": timedelta(days=10),
    "1.103": timedelta(days=22, hours=12),
}


def tell(zero: datetime) -> Story:
    """The story that began at `zero`; it is day 25 now."""
    production, staging = (
        Director("aaaaaaaa-0000-4000-8000-000000000001"),
        Director("bbbbbbbb-0000-4000-8000-000000000002"),
    )
    _production(production, zero)
    _staging(staging, zero)
    return Story(zero, production, staging, Feeds(_files(zero)))


def _production(director: Director, zero: datetime) -> None:
    log = Log()
    log.row(zero - 18 * DAY, "start", "director", "production", context={"version": "283.1.6"})
    for task, (name, stemcell) in enumerate((("cf", jammy("1.98")), ("iso", jammy("1.98")), ("db", fips("1.98"))), 3):
        created(log, task, name, zero - 15 * DAY + task * HOUR, stemcell[0])
    # 1.99: the isolation segment first, the rest at the last second of the window.
    deploy(log, 10, "iso", zero + LIVE["1.99"] - 5 * HOUR, jammy("1.98"), jammy("1.98", "1.99"), [ISO])
    deploy(log, 11, "cf", zero + LIVE["1.99"], jammy("1.98"), jammy("1.98", "1.99"), [API, CELL, OTHER])
    # 1.100: a dry run binds it, a deploy fails half-way, and only the second one comes to a good end.
    dry = zero + LIVE["1.100"] - 9 * HOUR
    log.lock(dry, "acquire", "cf", 12)
    log.lock(dry + timedelta(minutes=3), "release", "cf", 12)
    log.task(12, "cf", dry, dry + timedelta(minutes=3), description="create deployment (dry run)")
    broke = zero + LIVE["1.100"] - 6 * HOUR
    log.lock(broke, "acquire", "cf", 13)
    log.instance(broke + timedelta(minutes=1), timedelta(minutes=9), API, "cf", 13, ["stemcell"])
    log.instance(broke + timedelta(minutes=11), timedelta(minutes=9), CELL, "cf", 13, ["stemcell"], error="not running")
    log.lock(broke + timedelta(minutes=21), "release", "cf", 13)
    both = jammy("1.100", "1.99")
    log.pair(
        broke + timedelta(minutes=21), "cf", 13, both, both, error="'diego-cell/2 (0)' is not running after update"
    )
    log.task(13, "cf", broke, broke + timedelta(minutes=21), state="error", result="'diego-cell/2 (0)' is not running")
    deploy(log, 14, "cf", zero + LIVE["1.100"], both, both, [CELL, OTHER], changes=["dirty", "stemcell"])
    deploy(log, 15, "iso", zero + LIVE["1.100"] - HOUR, jammy("1.99"), both, [ISO])
    # FIPS counts for itself: it has a 1.101 long before the other line.
    runs = "1.98"
    for task, (version, (published, _, late)) in enumerate(FIPS_LINE.items(), 50):
        if late is not None:
            deploy(log, task, "db", zero + published + late, fips(runs), fips(runs, version), [DB])
            runs = version
    # 1.101 and 1.102 are skipped.
    deploy(log, 17, "iso", zero + LIVE["1.103"] - 3 * HOUR, jammy("1.100"), jammy("1.103", "1.100"), [ISO])
    deploy(log, 18, "cf", zero + LIVE["1.103"], jammy("1.100"), jammy("1.103", "1.100"), [API, CELL, OTHER])
    director.rows, director.tasks = log.in_order(hole=500), log.tasks
    director.deployments = [
        listed("cf", *jammy("1.103")),
        listed("iso", *jammy("1.103")),
        listed("db", *fips("1.1004")),
    ]
    director.stemcells = [{"name": JAMMY, "operating_system": "ubuntu-jammy", "version": "1.103", "deployments": []}]
    made = zero + LIVE["1.103"] - timedelta(minutes=20)
    director.machines = {
        "cf": [machine(name, jammy("1.103")[0], made) for name in (API, CELL, OTHER)],
        "iso": [machine(ISO, jammy("1.103")[0], made - 3 * HOUR)],
        "db": [machine(DB, fips("1.1004")[0], zero + 21 * DAY + 40 * timedelta(minutes=1))],
    }


def _staging(director: Director, zero: datetime) -> None:
    log = Log()
    log.row(zero - 18 * DAY, "start", "director", "staging")
    created(log, 3, "cf-staging", zero - 16 * DAY, jammy("1.98")[0])
    live = "1.98"
    for task, (version, after) in enumerate(STAGED.items(), 20):
        deploy(log, task, "cf-staging", zero + after, jammy(live), jammy(live, version), [API, CELL, OTHER])
        live = version
    director.rows, director.tasks = log.in_order(hole=500), log.tasks
    director.deployments = [listed("cf-staging", *jammy(live))]
    made = zero + STAGED[live] - timedelta(minutes=20)
    director.machines = {"cf-staging": [machine(name, jammy(live)[0], made) for name in (API, CELL, OTHER)]}


def _files(zero: datetime) -> dict[str, bytes]:
    index = {
        f"/index/published/ubuntu-jammy/{version}/stemcells.meta4": metalink("ubuntu-jammy", version, z(zero + after))
        for version, after in STEMCELLS.items()
    }
    for version, (after, _, _) in FIPS_LINE.items():
        at = f"{z(zero + after)[:-1]}.999999999Z"
        index[f"/index/published/ubuntu-jammy-fips/{version}/stemcells.meta4"] = metalink(
            "ubuntu-jammy-fips", version, at
        )
    rows = [
        release("ubuntu-jammy", version, zero + after + DAY, body_of(LISTS[version], FORMS.get(version, "new")))
        for version, after in STEMCELLS.items()
    ]
    rows += [
        release("ubuntu-jammy-fips", version, zero + after + DAY, body_of(lists))
        for version, (after, lists, _) in FIPS_LINE.items()
    ]
    rows.append(release("ubuntu-jammy", "1.104", zero, body_of({}), draft=True))
    notices = {
        f"/ubuntu/osv/usn/{name}.json": osv(name, z(zero + after), cves=[f"CVE-2026-{name[4:8]}"])
        for name, after in NOTICES.items()
    }
    esm = naive("USN-7009-1", z(zero + 3 * DAY)[:-1])
    esm["release_packages"] = {"jammy": [{"name": "redis", "pocket": "esm-apps"}]}
    recent = [naive(name, z(zero + after)[:-1] + ".000000") for name, after in NOTICES.items()]
    recent = sorted([*recent, esm], key=lambda row: row["published"], reverse=True)
    due = {"CVE-2026-7001": "2020-01-01", "CVE-2026-7004": "2099-01-01"}
    return {
        "/repos/x/releases": json.dumps(rows).encode(),
        "/ubuntu/security/notices.json": json.dumps({"notices": recent, "total_results": len(recent)}).encode(),
        "/kev.json": catalog(due),
        **index,
        **notices,
    }
