"""A platform with nothing to find: every patch came to every stage inside its window."""

from datetime import datetime

from collector.sandbox.feeds.records import Exploited, Feeds, RootfsNotice
from collector.sandbox.histories.demo import PRODUCTION, STAGING
from collector.sandbox.histories.publications import PACKAGES, buildpacks, notice, stemcell
from collector.sandbox.histories.record import Platform
from collector.sandbox.histories.script import BASE, JAMMY, Script, cf_groups, director

# Number of the notice, its package, and the version that has the fix; then days ago: notice, stemcell.
_PATCHES = (
    (9101, "openssl", "1.1204", 44.8, 44.2),
    (9102, "curl", "1.1208", 33.9, 33.1),
    (9103, "sudo", "1.1213", 23.7, 23.0),
    (9104, "linux", "1.1217", 14.6, 14.1),
    (9105, "systemd", "1.1221", 5.4, 4.9),
)
_STAGED_AFTER, _PLANNED_AFTER, _DEPLOYED_AFTER = 0.35, 0.8, 1.2
_NEWER = ("cf/58.0.0", "cflinuxfs4/1.320.0", "nodejs-buildpack/1.8.30", "python-buildpack/1.8.43")


def healthy_platform(now: datetime) -> Platform:
    """Return a platform whose five patches of the last 45 days were each in production within two days."""
    script = Script(now)
    for environment, main in (("production", PRODUCTION), ("staging", STAGING)):
        script.release(50.5, environment, *BASE, "python-buildpack/1.8.43")
        script.deploy(50, main, {JAMMY: "1.1200"}, groups=cf_groups(), releases=BASE)
    for _, _, version, _, released in _PATCHES:
        script.deploy(released - _STAGED_AFTER, STAGING, {JAMMY: version})
        script.deploy(released - _PLANNED_AFTER, PRODUCTION, {JAMMY: version}, dry_run=True)
        script.deploy(released - _DEPLOYED_AFTER, PRODUCTION, {JAMMY: version})
    script.deploy(5.0, PRODUCTION, releases=_NEWER)
    feeds = Feeds(
        stemcells=[
            stemcell(script, JAMMY, "1.1200", 51.0),
            *(
                stemcell(script, JAMMY, version, released, f"USN-{number}-1", priorities="medium,high")
                for number, _, version, _, released in _PATCHES
            ),
        ],
        notices=[notice(script, number, age, package) for number, package, _, age, _ in _PATCHES],
        exploited=[Exploited(cve="CVE-2026-99104", added=script.ago(14).date(), due=script.ago(0).date())],
        buildpacks=buildpacks(script),
        rootfs={
            "ubuntu22.04.yml": [
                RootfsNotice(notice="USN-9102-1", title="curl vulnerabilities", release="1.320.0"),
                RootfsNotice(notice="USN-9101-1", title="OpenSSL vulnerabilities", release="1.319.0"),
            ]
        },
        packages={JAMMY: PACKAGES},
    )
    directors = {name: director(name, script.ago(51)) for name in ("production", "staging")}
    return script.play(directors, feeds)
