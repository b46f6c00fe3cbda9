"""Names and versions of stemcells: what line one belongs to, and which of two is newer."""

import re
from typing import Final

VersionKey = tuple[int, ...]

_NAME: Final = re.compile(r"bosh-.+-(ubuntu-[a-z]+|windows[0-9]+[a-z0-9]*|centos-[0-9]+)(-fips)?-go_agent(?:-raw)?")
_VERSION: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")


def line_of(stemcell: str) -> tuple[str, str]:
    """The line and version of `name/version` as a director has it; a name of another shape is its own line.

    `bosh-aws-xen-hvm-ubuntu-jammy-go_agent/1.1335` is version 1.1335 of `ubuntu-jammy`. FIPS lines count separately.
    """
    name, _, version = stemcell.rpartition("/") if "/" in stemcell else (stemcell, "", "")
    found = _NAME.fullmatch(name)
    return (found[1] + (found[2] or "") if found else name), normal(version)


def normal(version: str) -> str:
    """A version without the `.0` at its end that some feeds write: 621 and 621.0 are one stemcell."""
    return version.removesuffix(".0") if _VERSION.fullmatch(version) else version


def version_key(version: str) -> VersionKey | None:
    """What orders versions of one line (1.99 before 1.1364), or None for what is not numbers alone."""
    return tuple(int(part) for part in normal(version).split(".")) if _VERSION.fullmatch(version) else None
