"""The platform of the demonstration: 60 days in which most patches were in time and some were not."""

from datetime import datetime, timedelta
from functools import partial

from collector.sandbox.bosh import verbs
from collector.sandbox.bosh.deploys import Broken
from collector.sandbox.bosh.records import Group
from collector.sandbox.feeds.records import Exploited, Feeds, Notice, RootfsNotice, StemcellRelease
from collector.sandbox.histories.publications import PACKAGES, buildpacks, notice, stemcell
from collector.sandbox.histories.record import Platform
from collector.sandbox.histories.script import BASE, JAMMY, NOBLE, Script, cf_groups, director

PRODUCTION, STAGING = "production/cf-production", "staging/cf-staging"
ISOLATED = "isolated-segment"
CELLS = (Group(name="isolated-cell", count=2, line=NOBLE),)
_NEW_PYTHON = ("cf/58.0.0", "cflinuxfs4/1.321.0", "nodejs-buildpack/1.8.30", "python-buildpack/1.8.43")
_NEW_ROOTFS = ("cf/58.0.0", "cflinuxfs4/1.321.0", "nodejs-buildpack/1.8.30", "python-buildpack/1.8.42")
# The rest of the history is of one kind: version, published, in staging, dry run, in production (all days ago).
_USUAL = (
    ("1.1204", 55.0, 54.6, 54.0, 53.6),
    ("1.1207", 48.0, 47.6, 47.0, 46.5),
    ("1.1226", 13.0, 12.6, 12.1, 11.6),
    ("1.1229", 8.0, 7.6, 7.2, 6.7),
    ("1.1233", 3.2, 2.9, 2.3, 1.8),
)
_KEPT = 50.0
PLACED = {
    "archive-search": "cf-production/diego-cell/2",
    "not-restarted": f"{ISOLATED}/isolated-cell/0",
}


def demo_platform(now: datetime) -> Platform:
    """Return a platform with one of everything that happens: see the names of the steps."""
    script = Script(now)
    _begin(script)
    for version, _, staged, planned, deployed in _USUAL:
        script.deploy(staged, STAGING, {JAMMY: version})
        script.deploy(planned, PRODUCTION, {JAMMY: version}, dry_run=True)
        script.deploy(deployed, PRODUCTION, {JAMMY: version})
    _failed_and_killed(script)
    _rolled_back(script)
    _late(script)
    _other_things(script)
    directors = {name: director(name, script.ago(61), skew=skew) for name, skew in (("production", 2), ("staging", -1))}
    return script.play(directors, _feeds(script), PLACED)


def _begin(script: Script) -> None:
    for environment, main in (("production", PRODUCTION), ("staging", STAGING)):
        script.release(60.9, environment, *BASE, "cflinuxfs4/1.321.0", "python-buildpack/1.8.43")
        script.deploy(60, main, {JAMMY: "1.1201"}, groups=cf_groups(), releases=BASE)
        script.deploy(58, f"{environment}/{ISOLATED}", {NOBLE: "1.395"}, groups=CELLS, releases=BASE[:2])
    script.deploy(22.5, f"staging/{ISOLATED}", {NOBLE: "1.402"})
    script.deploy(22.0, f"production/{ISOLATED}", {NOBLE: "1.402"})
    script.deploy(8.5, f"staging/{ISOLATED}", {NOBLE: "1.407"})


def _failed_and_killed(script: Script) -> None:
    """1.1209 was superseded before anybody deployed it; 1.1212 failed and 1.1215 was killed before each was retried."""
    script.deploy(40.6, STAGING, {JAMMY: "1.1212"})
    script.deploy(40.1, PRODUCTION, {JAMMY: "1.1212"}, dry_run=True)
    script.deploy(39.6, PRODUCTION, {JAMMY: "1.1212"}, broken=Broken(how="failed", at=1))
    script.deploy(39.2, PRODUCTION, {JAMMY: "1.1212"})
    script.deploy(33.5, STAGING, {JAMMY: "1.1215"})
    script.deploy(33.0, PRODUCTION, {JAMMY: "1.1215"}, dry_run=True)
    script.deploy(32.6, PRODUCTION, {JAMMY: "1.1215"}, broken=Broken(how="killed", at=2))
    script.deploy(32.2, PRODUCTION, {JAMMY: "1.1215"})


def _rolled_back(script: Script) -> None:
    """1.1219 was taken back for a day."""
    script.deploy(26.6, STAGING, {JAMMY: "1.1219"})
    script.deploy(26.2, PRODUCTION, {JAMMY: "1.1219"}, dry_run=True)
    script.deploy(25.8, PRODUCTION, {JAMMY: "1.1219"})
    script.deploy(25.0, PRODUCTION, {JAMMY: "1.1215"})
    script.deploy(24.4, PRODUCTION, {JAMMY: "1.1219"}, dry_run=True)
    script.deploy(23.9, PRODUCTION, {JAMMY: "1.1219"})


def _late(script: Script) -> None:
    """1.1222 waited five days for its production deploy; after it a cell is passed over."""
    script.deploy(19.6, STAGING, {JAMMY: "1.1222"})
    script.deploy(15.5, PRODUCTION, {JAMMY: "1.1222"}, dry_run=True)
    script.deploy(15.0, PRODUCTION, {JAMMY: "1.1222"})
    script.act(12.5, "production", lambda it: verbs.ignore(it, "diego-cell/2"))


def _other_things(script: Script) -> None:
    script.deploy(21.2, PRODUCTION, restart="api")
    script.act(37.0, "production", lambda it: verbs.scan_and_fix(it, "diego-cell/1"))
    script.deploy(11.0, PRODUCTION, releases=_NEW_ROOTFS)
    script.deploy(5.0, PRODUCTION, releases=_NEW_PYTHON)
    for environment in ("production", "staging"):
        script.act(30.0, environment, lambda it: it.journal.skip(7))
        script.act(0.02, environment, lambda it: it.prune_before(script.ago(_KEPT) + it.skew))
    # Under way now: four minutes ago its first rows were written.
    script.deploy(4 / 1440, STAGING, {JAMMY: "1.1236"})


def _feeds(script: Script) -> Feeds:
    day = script.now.date()
    return Feeds(
        stemcells=_stemcells(script),
        notices=_notices(script),
        exploited=[
            Exploited(cve="CVE-2026-99008", added=script.ago(12.9).date(), due=script.ago(9).date()),
            Exploited(cve="CVE-2026-99009", added=script.ago(20).date(), due=script.ago(17).date()),
            Exploited(cve="CVE-2026-99013", added=day, due=day + timedelta(days=14)),
            Exploited(cve="CVE-2026-98001", added=script.ago(70).date(), due=script.ago(49).date(), product="Printers"),
        ],
        buildpacks=buildpacks(script),
        rootfs={
            "ubuntu22.04.yml": [
                RootfsNotice(notice="USN-9013-1", title="OpenSSH vulnerabilities", release=None),
                RootfsNotice(notice="USN-9008-1", title="systemd vulnerability", release="1.321.0"),
                RootfsNotice(notice="USN-9001-1", title="OpenSSL vulnerabilities", release="1.320.0"),
            ],
            "ubuntu22.04-unrelated.yml": [
                RootfsNotice(notice="USN-9003-1", title="Linux kernel vulnerabilities", release="1.320.0")
            ],
        },
        packages={JAMMY: PACKAGES, NOBLE: PACKAGES},
    )


def _stemcells(script: Script) -> list[StemcellRelease]:
    jammy = partial(stemcell, script, JAMMY)
    return [
        jammy("1.1201", 62.0),
        jammy("1.1204", 55.0, announced=53.5),
        jammy("1.1207", 48.0, "USN-9001-1"),
        jammy("1.1209", 42.0, "USN-9002-1"),
        jammy("1.1212", 41.0, "USN-9003-1", priorities="high", kernel="5.15.0.165.159"),
        jammy("1.1215", 34.0, "USN-9005-1", "USN-9004-1", nanoseconds=986),
        jammy("1.1219", 27.0, "USN-9006-1", announced=24.0),
        jammy("1.1222", 20.0, "USN-9007-1", "USN-9009-1", "USN-9018-1", priorities="low,medium"),
        jammy("1.1226", 13.0, "USN-9008-1", "USN-9019-1", body="crlf", priorities="high"),
        jammy("1.1229", 8.0, "USN-9010-1", "USN-9012-1", "USN-9015-1"),
        jammy("1.1233", 3.2, "USN-9011-1", announced=2.0),
        jammy("1.1236", 0.3, "USN-9016-1", announced=0.1),
        stemcell(script, NOBLE, "1.395", 60.0, kernel="6.8.0.88.86"),
        stemcell(script, NOBLE, "1.402", 22.9, "USN-9018-1", kernel="6.8.0.90.88"),
        stemcell(script, NOBLE, "1.407", 9.0, "USN-9017-1", kernel="6.8.0.92.90"),
    ]


def _notices(script: Script) -> list[Notice]:
    both = ("jammy", "noble")
    return [
        notice(script, 9001, 49.0, "openssl"),
        notice(script, 9002, 42.9, "curl"),
        notice(script, 9003, 41.5, "linux", precision="seconds"),
        notice(script, 9004, 43.0, "perl"),
        notice(script, 9005, 34.6, "vim", precision="nanoseconds"),
        notice(script, 9006, 27.6, "openssh"),
        notice(script, 9007, 20.5, "sudo"),
        notice(script, 9008, 13.4, "systemd"),
        notice(script, 9009, 20.7, "linux"),
        notice(script, 9010, 8.4, "zlib", osv=False),
        notice(script, 9011, 3.6, "openssl"),
        notice(script, 9012, 9.0, "tomcat9", pro=("jammy",)),
        notice(script, 9013, 1.5, "openssh"),
        notice(script, 9014, 12.9, "bash", withdrawn=12.0),
        notice(script, 9015, 8.6, "php8.1"),
        notice(script, 9016, 0.5, "tar"),
        notice(script, 9017, 10.1, "openssl", codenames=("noble",)),
        notice(script, 9018, 24.0, "curl", codenames=both),
        notice(script, 9019, 22.3, "perl"),
    ]
