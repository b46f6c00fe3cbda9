"""Which release of a root file system fixes which notice, from the lists that the buildpack team keeps."""

import re
from collections.abc import Iterable, Mapping

import yaml

from collector.errors import Malformed
from collector.model import Gap, RootfsNotice
from collector.sources.feeds.reading import Found, Paper, text_of
from collector.sources.feeds.stemcells import version_key

SOURCE = "rootfs"
STACKS: Mapping[str, str] = {
    "ubuntu18.04.yml": "cflinuxfs3",
    "ubuntu22.04.yml": "cflinuxfs4",
    "ubuntu24.04.yml": "cflinuxfs5",
}
_NOTICE = re.compile(r"\s*(USN-\d{1,9}-\d{1,9})\b.*", re.DOTALL)
_OTHER = re.compile(r"\s*(?:LSN|SSN)-\d+-\d+\b.*", re.DOTALL)
UNRELEASED = "unreleased"


def stack_of(path: str) -> str:
    """The stack of a list by its file's name, "" for any other file."""
    return STACKS.get(path.rpartition("/")[2], "")


def read_list(body: bytes) -> list[object]:
    """The rows of one list; raises `Malformed`."""
    try:
        value = yaml.safe_load(text_of(body))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed("not the YAML that was promised") from error
    if not isinstance(value, list):
        raise Malformed("YAML that is no list")
    return value


def list_or_none(body: bytes) -> list[object] | None:
    """A list, or None for what a 404 says instead."""
    try:
        return read_list(body)
    except Malformed:
        return None


def rootfs(papers: Iterable[Paper], place: str) -> Found:
    """Every notice of every stack once; where documents differ, the later release stands."""
    rows: dict[tuple[str, str], RootfsNotice] = {}
    gaps: dict[str, Gap] = {}
    usable = 0
    for paper in papers:
        name = paper.path if stack_of(paper.path) else place
        stack = stack_of(name)
        values = list_or_none(paper.body)
        if not stack or values is None:
            wrong = "is not the list that was promised" if stack else "is of no stack that is known by its name"
            gaps[paper.path] = Gap(what=SOURCE, reason=f"{name} {wrong}", subjects=(stack,) if stack else ())
            continue
        usable += 1
        for number, value in enumerate(values, 1):
            row = _row(value, stack, paper.digest)
            if row is None:
                subject = f"{stack} row {number}"
                gaps[subject] = Gap(what=SOURCE, reason=f"{subject} cannot be read", subjects=(subject,))
            elif row.notice:
                known = rows.get((stack, row.notice), row)
                rows[stack, row.notice] = max(known, row, key=_order)
    return Found(list(rows.values()), list(gaps.values()), usable)


def _row(value: object, stack: str, digest: str) -> RootfsNotice | None:
    """A row; its notice is "" for one that names none of the kind; None where it cannot be read."""
    title = value.get("title") if isinstance(value, dict) else None
    release = value.get("stack_release") if isinstance(value, dict) else None
    if not isinstance(title, str) or not isinstance(release, str):
        # A version of two parts is a number in YAML, and 1.10 would be 1.1: not a version that can be trusted.
        return None
    found = _NOTICE.fullmatch(title)
    fixed = release.strip().removeprefix("v")
    if found is None or (fixed != UNRELEASED and not version_key(fixed)):
        return RootfsNotice(stack=stack, notice="") if _OTHER.fullmatch(title) else None
    return RootfsNotice(stack=stack, notice=found[1], release=None if fixed == UNRELEASED else fixed, document=digest)


def _order(row: RootfsNotice) -> tuple[bool, tuple[int, ...], str]:
    """Not yet released comes last."""
    return row.release is None, version_key(row.release or ""), row.document
