"""A platform with every ambiguity that a director and the feeds can hold; nothing here is as simple as it looks."""

from datetime import datetime, timedelta
from functools import partial

from collector.sandbox.bosh import verbs
from collector.sandbox.bosh.deploys import Broken
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.records import Group
from collector.sandbox.feeds.records import Exploited, Feeds, Notice, RootfsNotice, StemcellRelease
from collector.sandbox.histories.publications import PACKAGES, buildpacks, notice, stemcell
from collector.sandbox.histories.record import Platform
from collector.sandbox.histories.script import BASE, FIPS, JAMMY, NOBLE, Script, director
from collector.sandbox.scenery import guid_of

PRODUCTION, STAGING = "production/cf-production", "staging/cf-staging"
SKEW = timedelta(seconds=93)
KEPT = {"production": 45.0, "staging": 20.0}
# Two lines in one deployment; the second is the same version number with other bits.
_GROUPS = (
    Group(name="api", count=2, line=JAMMY),
    Group(name="diego-cell", count=3, line=JAMMY),
    Group(name="hardened-cell", count=1, line=FIPS),
)
_TOOLS = (Group(name="bastion", count=1, line=FIPS),)
_EDGE = (Group(name="router", count=2, line=NOBLE),)
_ROOTFS = ("cf/58.0.0", "cflinuxfs4/1.321.0", "nodejs-buildpack/1.8.30", "python-buildpack/1.8.42")


def ambiguous_platform(now: datetime) -> Platform:
    """Return the platform; `truth` says what really happened, `KEPT` how many days each director remembers.

    The clock of production is 93 seconds fast. Staging writes old-style start rows and was made anew 20 days ago.
    """
    script = Script(now)
    _begin(script)
    _broken_off(script)
    _back_and_forth(script)
    _not_a_rollout(script)
    _staging(script)
    _edges(script)
    directors = {
        "production": director("production", script.ago(61), skew=SKEW.total_seconds()),
        "staging": director("staging", script.ago(61), lazy=False),
    }
    return script.play(directors, _feeds(script), {"not-restarted": "cf-production/diego-cell/2"})


def _begin(script: Script) -> None:
    for environment, main in (("production", PRODUCTION), ("staging", STAGING)):
        script.release(60.9, environment, *BASE, "cflinuxfs4/1.321.0", "os-conf/22.3.0")
        script.deploy(60, main, {JAMMY: "1.98", FIPS: "1.98"}, groups=_GROUPS, releases=BASE)
    script.deploy(
        59, "production/tools", {FIPS: "1.98"}, groups=_TOOLS, releases=("os-conf/22.3.0",), teams=("platform",)
    )
    script.deploy(58, "production/edge", {NOBLE: "1.40"}, groups=_EDGE, releases=BASE[:1])


def _broken_off(script: Script) -> None:
    """1.99 failed, was retried; 1.1101 killed, retried; 1.1103 skipped; 1.1105 cancelled, then taken back."""
    script.deploy(50, PRODUCTION, {JAMMY: "1.99"}, broken=Broken(how="failed", at=1))
    script.deploy(49.5, PRODUCTION, {JAMMY: "1.99"}, broken=Broken(how="failed", at=1))
    script.deploy(49, PRODUCTION, {JAMMY: "1.99"})
    script.deploy(43.2, PRODUCTION, {JAMMY: "1.1101"}, dry_run=True)
    script.deploy(43, PRODUCTION, {JAMMY: "1.1101"}, broken=Broken(how="killed", at=2))
    script.deploy(42, PRODUCTION, {JAMMY: "1.1101"})
    script.deploy(36.5, PRODUCTION, {JAMMY: "1.1105"}, dry_run=True)
    script.deploy(36, PRODUCTION, {JAMMY: "1.1105"}, broken=Broken(how="cancelled", at=2))
    script.deploy(35.5, PRODUCTION, {JAMMY: "1.1101"})
    # Two dry runs of different versions, then the older of them.
    script.deploy(34.4, PRODUCTION, {JAMMY: "1.1105"}, dry_run=True)
    script.deploy(34.2, PRODUCTION, {JAMMY: "1.1108"}, dry_run=True)
    script.deploy(34, PRODUCTION, {JAMMY: "1.1105"})


def _back_and_forth(script: Script) -> None:
    """1.1108 was rolled back, a rollback of the rollback failed half way, then it went forward."""
    script.deploy(30, PRODUCTION, {JAMMY: "1.1108"})
    script.deploy(29, PRODUCTION, {JAMMY: "1.1105"})
    script.deploy(28.5, PRODUCTION, {JAMMY: "1.1108"}, broken=Broken(how="failed", at=2))
    script.deploy(28, PRODUCTION, {JAMMY: "1.1108"})
    # A rollback that broke off: some VMs are older than what was last live.
    script.deploy(27, PRODUCTION, {JAMMY: "1.1105"}, broken=Broken(how="killed", at=3))
    script.deploy(26.5, PRODUCTION, {JAMMY: "1.1108"})


def _not_a_rollout(script: Script) -> None:
    """Runs that look like one: of an unknown stemcell, refused, without a change, by hand, of releases only."""
    script.deploy(25, PRODUCTION, {JAMMY: "1.9999"}, upload=False)
    script.deploy(24.9, PRODUCTION, {JAMMY: "1.9999"}, upload=False, dry_run=True)
    script.deploy(24, PRODUCTION)
    script.deploy(23.5, PRODUCTION, recreate="diego-cell")
    script.deploy(23.2, PRODUCTION, restart="api")
    script.act(23.0, "production", lambda it: verbs.recreate_instance(it, "diego-cell/0"))
    script.act(22.9, "production", lambda it: verbs.scan_and_fix(it, "api/1"))
    script.deploy(22.5, PRODUCTION, releases=_ROOTFS)
    # The second comes while the first holds the lock.
    script.deploy(18, PRODUCTION, {JAMMY: "1.1112"})
    script.deploy(18 - 2 / 1440, PRODUCTION, {JAMMY: "1.1112"})
    script.act(13, "production", lambda it: verbs.ignore(it, "diego-cell/2"))
    script.deploy(12, PRODUCTION, {JAMMY: "1.1116", FIPS: "1.1101"})
    script.act(6, "production", lambda it: verbs.ignore(it, "diego-cell/2", ignored=False))
    script.deploy(5.6, PRODUCTION, {JAMMY: "1.1120"}, dry_run=True)
    # One version for two lines, of which only one changes.
    script.deploy(5, PRODUCTION, {JAMMY: "1.1120"})
    script.act(16, "production", lambda it: verbs.delete_deployment(it, "tools"))
    script.deploy(11, "production/edge", {NOBLE: "1.45"}, broken=Broken(how="failed", at=1))


def _staging(script: Script) -> None:
    for age, version in ((51.0, "1.99"), (43.6, "1.1101"), (37.0, "1.1105"), (31.0, "1.1108")):
        script.deploy(age, STAGING, {JAMMY: version})
    script.act(20, "staging", lambda it: it.reset(guid_of("director", "staging", "anew")))
    script.act(20, "staging", verbs.upload_configs)
    script.forget("staging")
    script.release(19.9, "staging", *BASE)
    script.deploy(19.5, STAGING, {JAMMY: "1.1112", FIPS: "1.98"}, groups=_GROUPS, releases=BASE)
    script.deploy(12.5, STAGING, {JAMMY: "1.1116"})
    # 1.1120 went to production before it was in staging.
    script.deploy(4, STAGING, {JAMMY: "1.1120"})
    script.deploy(3 / 1440, STAGING, {JAMMY: "1.1123"})


def _edges(script: Script) -> None:
    for count, age in enumerate((41.0, 27.7, 17.0, 8.0), 1):
        script.act(age, "production", partial(_hole, count=count))
    script.act(9.0, "production", _lose_noise)
    script.act(0.01, "production", lambda it: it.prune_before(script.ago(KEPT["production"]) + SKEW))


def _lose_noise(it: Director) -> None:
    """Remove a few rows from the middle that say nothing of stemcells."""
    noise = [row for row in it.journal.rows if str(row.get("object_name")).startswith("lock:vm:")]
    it.hide({int(str(row["id"])) for row in noise[-12:-4]})


def _hole(it: Director, count: int) -> None:
    it.journal.skip(count)


def _feeds(script: Script) -> Feeds:
    rootfs = [
        RootfsNotice(notice="USN-9212-1", title="OpenSSL vulnerabilities", release=None),
        RootfsNotice(notice="USN-9203-1", title="curl vulnerabilities", release="1.321.0"),
    ]
    return Feeds(
        stemcells=_stemcells(script),
        notices=_notices(script),
        exploited=[
            # Due on the day of the deploy: the day ends in America/New_York, hours after it ends in UTC.
            Exploited(cve="CVE-2026-99206", added=script.ago(33).date(), due=script.ago(30).date()),
            Exploited(cve="CVE-2026-99208", added=script.ago(18).date(), due=script.ago(15).date()),
        ],
        buildpacks=buildpacks(script),
        rootfs={"ubuntu22.04.yml": rootfs, "ubuntu22.04-unrelated.yml": []},
        packages={JAMMY: PACKAGES, NOBLE: PACKAGES},
    )


def _stemcells(script: Script) -> list[StemcellRelease]:
    known = [
        stemcell(script, JAMMY, "1.98", 61.0, light=False, body="bare"),
        stemcell(script, JAMMY, "1.99", 52.0, "USN-9201-1", body="old"),
        stemcell(script, JAMMY, "1.1101", 44.0, "USN-9202-1", announced=40.1),
        # Skipped by everybody; what it fixes came with 1.1105.
        stemcell(script, JAMMY, "1.1103", 40.0, "USN-9203-1", "USN-9203-2"),
        stemcell(script, JAMMY, "1.1105", 37.5, "USN-9204-1", body="crlf", nanoseconds=986),
        # The clock of the worker was ahead: published before the notice that it fixes.
        stemcell(script, JAMMY, "1.1108", 34.6, "USN-9205-1", "USN-9206-1", "USN-9204-1"),
        stemcell(script, JAMMY, "1.1112", 19.8, "USN-9207-1", "USN-9208-1", light=False),
        stemcell(script, JAMMY, "1.1116", 13.5, "USN-9209-1", "USN-9211-1", kernel="5.15.0.160.154"),
        stemcell(script, JAMMY, "1.1120", 6.2, "USN-9210-1"),
        stemcell(script, JAMMY, "1.1123", 0.4, announced=-1.0),
        stemcell(script, FIPS, "1.98", 61.5),
        stemcell(script, FIPS, "1.1101", 14.0, "USN-9209-1"),
        stemcell(script, NOBLE, "1.40", 60.0),
        stemcell(script, NOBLE, "1.45", 12.0, "USN-9209-1"),
    ]
    known.sort(key=lambda one: guid_of("shuffled", one.tag))
    return known


def _notices(script: Script) -> list[Notice]:
    all_of_them = ("jammy", "noble")
    return [
        notice(script, 9201, 53.0, "openssl", precision="seconds"),
        notice(script, 9202, 45.5, "sudo", precision="nanoseconds"),
        notice(script, 9203, 40.8, "curl"),
        notice(script, 9203, 40.3, "curl", part=2),
        notice(script, 9204, 38.2, "linux", osv=False),
        notice(script, 9205, 34.5, "perl"),
        notice(script, 9206, 34.9, "openssh"),
        notice(script, 9207, 20.0, "vim", api=False),
        notice(script, 9208, 20.9, "linux"),
        notice(script, 9209, 14.2, "systemd", codenames=all_of_them),
        notice(script, 9210, 7.0, "zlib"),
        notice(script, 9211, 14.0, "tomcat9", pro=("jammy",)),
        notice(script, 9212, 2.0, "openssl", codenames=all_of_them),
        notice(script, 9213, 9.0, "bash", withdrawn=8.5),
        notice(script, 9214, 3.0, "openssh", codenames=("noble",)),
    ]
