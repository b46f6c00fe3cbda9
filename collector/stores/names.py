"""Which keys a store takes: the same in a folder and in a bucket, and never a way out of it."""

from collector.errors import UsageError

LONGEST = 1024
"""Bytes of UTF-8 that S3 allows in a whole key."""

UNFINISHED = ".part-"
"""How the name of a file starts that is still being written; no key may look like one."""


def checked_key(key: str) -> str:
    """Return the key unchanged; raise `UsageError` for one that is not a plain relative name."""
    fault = _fault(key)
    if fault:
        raise UsageError(
            f"not a key for a store: {key!r} {fault}",
            hint="keys are relative, /-separated names such as system=default/snapshots/2026/11/manifest.json",
        )
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix with one "/" at its end; "" stays "" and means everything."""
    return f"{checked_key(prefix.removesuffix('/'))}/" if prefix else ""


def _fault(key: str) -> str:
    parts = key.split("/")
    faults = {
        "is empty": not key,
        "is absolute": key.startswith("/"),
        "holds a control character": not key.isprintable(),
        "holds a backslash": "\\" in key,
        "has an empty part or one of dots": any(part in {"", ".", ".."} for part in parts),
        f"has a part that starts with {UNFINISHED}": any(part.startswith(UNFINISHED) for part in parts),
        f"is longer than {LONGEST} bytes": len(key.encode(errors="replace")) > LONGEST,
    }
    return next((words for words, holds in faults.items() if holds), "")
