"""How stemcells, Ubuntu releases and notices are named and ordered."""

import re
from collections.abc import Mapping

# By the version in an ecosystem's name; the ones that stemcells have been built on.
CODENAMES: Mapping[str, str] = {
    "14.04": "trusty",
    "16.04": "xenial",
    "18.04": "bionic",
    "20.04": "focal",
    "22.04": "jammy",
    "24.04": "noble",
    "26.04": "resolute",
}
# Nine digits a part: an int() of thousands of digits is refused by Python itself.
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
_STEMCELL = re.compile(r"[a-z0-9.-]*?((?:ubuntu|centos|rhel|windows)[a-z0-9.-]*?)-go_agent(?:-raw)?(-fips)?")
_NOTICE = re.compile(r"USN-(\d{1,9})-(\d{1,9})")
# The number of a kernel's binary interface, which changes with each release of the same package.
_ABI = re.compile(r"-(\d+\.\d+)\.\d+-\d+(?=-|$)")


def normal(version: str) -> str:
    """A version without the `.0` at its end that some feeds write: 1.1364.0 is 1.1364."""
    return version.removesuffix(".0") if _VERSION.fullmatch(version) else version


def version_key(version: str) -> tuple[int, ...]:
    """What orders the versions of one line (1.99 before 1.1364); () for what is not numbers alone."""
    return tuple(int(part) for part in normal(version).split(".")) if _VERSION.fullmatch(version) else ()


def line_of(stemcell: str) -> str:
    """The line of a director's stemcell name, "" for a name of another shape."""
    found = _STEMCELL.fullmatch(stemcell)
    return found[1] + (found[2] or "") if found else ""


def codename_of(line: str) -> str:
    """`jammy` of `ubuntu-jammy` and of `ubuntu-jammy-fips`."""
    return base_of(line).removeprefix("ubuntu-")


def base_of(line: str) -> str:
    """The line that a FIPS line is built on; any other line is its own."""
    return line.removesuffix("-fips")


def label(line: str, version: str) -> str:
    """`ubuntu-jammy/1.486`: how a gap names a stemcell."""
    return f"{line}/{version}"


def notice_key(notice: str) -> tuple[int, ...]:
    """What orders notices by their numbers, about as they were published; () for what is no USN."""
    found = _NOTICE.fullmatch(notice)
    return (int(found[1]), int(found[2])) if found else ()


def package_name(name: str) -> str:
    """A package without its architecture, a kernel package also without the number of its binary interface.

    `linux-image-5.15.0-113-generic` is `linux-image-5.15-generic`, as the stemcells' own lists have it: the number
    changes with each notice, and would match nothing.
    """
    bare = name.partition(":")[0]
    return _ABI.sub(r"-\1", bare) if bare.startswith("linux") else bare
