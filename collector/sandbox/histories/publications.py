"""What the world outside published: stemcells and notices told in one line each, and the usual packages."""

from datetime import datetime, timedelta

from collector.sandbox.feeds.records import Body, BuildpackRelease, Notice, Precision, StemcellRelease
from collector.sandbox.histories.script import Script

PACKAGES = (
    "apparmor",
    "bash",
    "curl",
    "libcurl1",
    "linux",
    "openssh",
    "openssl",
    "libopenssl1",
    "perl",
    "sudo",
    "systemd",
    "libsystemd1",
    "tar",
    "vim",
    "zlib",
)
_TITLES = {
    "linux": "Linux kernel vulnerabilities",
    "openssl": "OpenSSL vulnerabilities",
    "curl": "curl vulnerabilities",
    "openssh": "OpenSSH vulnerabilities",
    "systemd": "systemd vulnerability",
    "php8.1": "PHP vulnerabilities",
    "tomcat9": "Tomcat vulnerabilities",
}
_LIGHT_AFTER = timedelta(minutes=10, seconds=6)


def stemcell(  # noqa: PLR0913 - a release differs in many things
    script: Script,
    line: str,
    version: str,
    age: float,
    *notices: str,
    announced: float | None = None,
    light: bool = True,
    kernel: str = "5.15.0.164.158",
    body: Body = "today",
    nanoseconds: int = 0,
    priorities: str = "medium",
) -> StemcellRelease:
    """Return a stemcell that was published at an age; its notes follow after half a day unless told otherwise."""
    published = script.ago(age) + timedelta(microseconds=372545 if nanoseconds else 699000)
    return StemcellRelease(
        line=line,
        version=version,
        published=published,
        light=published + _LIGHT_AFTER if light else None,
        announced=script.ago(age - 0.5 if announced is None else announced),
        notices=tuple((notice, priorities) for notice in notices),
        kernel=kernel,
        nanoseconds=nanoseconds,
        body=body,
    )


def notice(  # noqa: PLR0913 - a notice differs in many things
    script: Script,
    number: int,
    age: float,
    package: str,
    *,
    codenames: tuple[str, ...] = ("jammy",),
    part: int = 1,
    pro: tuple[str, ...] = (),
    withdrawn: float | None = None,
    osv: bool = True,
    api: bool = True,
    precision: Precision = "microseconds",
) -> Notice:
    """Return the notice USN-<number>-<part> about one package; its one vulnerability has the same number."""
    whole = precision == "seconds"
    return Notice(
        id=f"USN-{number}-{part}",
        published=script.ago(age) + timedelta(microseconds=0 if whole else 434165),
        title=_TITLES.get(package, f"{package} vulnerability"),
        packages=dict.fromkeys(codenames, (package,)),
        cves=(f"CVE-2026-9{number}",),
        pro=pro,
        withdrawn=None if withdrawn is None else script.ago(withdrawn),
        osv=osv,
        api=api,
        precision=precision,
    )


def buildpacks(script: Script) -> list[BuildpackRelease]:
    """Return upstream releases that fit the buildpacks of the demonstration."""
    known: tuple[tuple[str, str, float], ...] = (
        ("python-buildpack", "1.8.40", 120),
        ("python-buildpack", "1.8.41", 80),
        ("python-buildpack", "1.8.42", 40),
        ("python-buildpack", "1.8.43", 8),
        ("nodejs-buildpack", "1.8.27", 150),
        ("nodejs-buildpack", "1.8.29", 90),
        ("nodejs-buildpack", "1.8.30", 46.5),
        ("nodejs-buildpack", "1.8.31", 2),
        ("ruby-buildpack", "1.10.19", 70),
        ("ruby-buildpack", "1.10.20", 21),
        ("go-buildpack", "1.10.31", 92),
        ("java-buildpack", "4.77", 61),
        ("nginx-buildpack", "1.2.28.1", 71),
        ("staticfile-buildpack", "1.6.30", 82),
        ("binary-buildpack", "1.1.20", 101),
        ("php-buildpack", "4.6.37", 51),
    )
    return [
        BuildpackRelease(repository=name, version=version, published=_at(script, age)) for name, version, age in known
    ]


def _at(script: Script, age: float) -> datetime:
    return script.ago(age) - timedelta(minutes=7, seconds=13)
