"""Ubuntu's notices in the Open Source Vulnerability form: instants with a zone, binaries, and what needs Ubuntu Pro."""

import re
from collections import defaultdict
from typing import Any

import msgspec

from collector.model import Notice
from collector.sources.feeds.reading import convert
from collector.sources.feeds.stemcells import CODENAMES, notice_key, package_name
from collector.sources.feeds.times import instant

_ECOSYSTEM = re.compile(r"Ubuntu:(.*:)?(\d{2}\.\d{2})(:.*)?")
_CVE = re.compile(r"(?:UBUNTU-)?(CVE-\d{4}-\d{4,19})")


class Package(msgspec.Struct, frozen=True):
    """A source package in one Ubuntu release (`Ubuntu:22.04:LTS`, or `Ubuntu:Pro:…`)."""

    ecosystem: str
    name: str


class Affected(msgspec.Struct, frozen=True):
    """What was fixed in one release."""

    package: Package
    ecosystem_specific: dict[str, Any] | None = None


class Advisory(msgspec.Struct, frozen=True):
    """A notice; one that was taken back has `withdrawn`."""

    id: str
    published: str
    affected: list[Affected]
    summary: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None


def is_osv(value: object) -> bool:
    """Whether decoded JSON is in this form."""
    return isinstance(value, dict) and "affected" in value and "published" in value


def read_osv(value: object, document: str) -> Notice | None:
    """The notice in decoded JSON; None where it is not in this form or its instant cannot be read."""
    row = convert(value, Advisory)
    at = instant(row.published) if row else None
    if row is None or at is None or not notice_key(row.id):
        return None
    free, pro = _packages(row.affected)
    return Notice(
        id=row.id,
        published=at,
        title=row.summary or "",
        codenames=tuple(sorted({*free, *pro})),
        packages={codename: tuple(sorted(names)) for codename, names in sorted(free.items())},
        cves=cves((*(row.upstream or ()), *(row.aliases or ()), *(row.related or ()))),
        pro=tuple(sorted(pro - free.keys())),
        hidden=row.withdrawn is not None,
        source="osv published",
        document=document,
    )


def cves(names: tuple[str, ...]) -> tuple[str, ...]:
    """The CVE ids among names, each once."""
    return tuple(sorted({found[1] for name in names if (found := _CVE.fullmatch(name))}))


def _packages(affected: list[Affected]) -> tuple[dict[str, set[str]], set[str]]:
    """The packages of each codename that are open to all, and the codenames that have others."""
    free: dict[str, set[str]] = defaultdict(set)
    pro = set()
    for entry in affected:
        found = _ECOSYSTEM.fullmatch(entry.package.ecosystem)
        if found is None:
            continue
        # A release of after this was written keeps its number: it must not look like one that is not affected.
        codename = CODENAMES.get(found[2], found[2])
        if "Pro:" in entry.package.ecosystem:
            pro.add(codename)
        else:
            free[codename] |= {package_name(entry.package.name), *_binaries(entry.ecosystem_specific or {})}
    return free, pro


def _binaries(specific: dict[str, Any]) -> set[str]:
    """Names of binary packages: a list of `binary_name`, in older files of objects keyed by name."""
    names: set[str] = set()
    binaries = specific.get("binaries")
    for binary in binaries if isinstance(binaries, list) else ():
        if isinstance(binary, dict):
            name = binary.get("binary_name")
            names |= {name} if isinstance(name, str) else {key for key in binary if isinstance(key, str)}
        elif isinstance(binary, str):
            names.add(binary)
    return {package_name(name) for name in names if name != "binary_version"}
