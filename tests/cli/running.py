"""Running the tool as a person does, and holding what it says to the rules that every run keeps."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from collector.sandbox import Foundation

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    """What a run gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, decoded."""
        return json.loads(self.out)

    @property
    def complaint(self) -> tuple[str, str]:
        """The error, one line, and its next step, one line; an error prints nothing on stdout."""
        assert self.out == ""
        *_, error, hint = self.err.splitlines()
        assert error.startswith("collect: ")
        assert hint.startswith("  → ")
        message = error.removeprefix("collect: ")
        assert not message.endswith(".")
        assert "Traceback" not in self.err
        return message, hint.removeprefix("  → ")

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """What was not read, and why, of an answer printed with -f json."""
        sources = self.json["coverage"]["sources"]
        return [(gap["what"], gap["reason"]) for source in sources for gap in source["gaps"]]

    def statuses(self, check: str) -> dict[str, str]:
        """The status of each app under a check, by its name, of an answer printed with -f json."""
        return {seen["subject"]["name"]: seen["status"] for seen in self.json["observations"] if seen["check"] == check}

    def objectives(self, control: str) -> dict[str, str]:
        """The verdicts on the objectives of a control, of an answer printed with -f json."""
        (found,) = (row for row in self.json["controls"] if row["id"] == control)
        return {row["id"]: row["status"] for row in found["objectives"]}


def login_of(foundation: Foundation, name: str) -> dict[str, str]:
    """The variables by which an identity of a foundation logs in."""
    credential = foundation.credentials[name]
    if credential.identity.client:
        secrets = {"CLIENT_ID": credential.client_id, "CLIENT_SECRET": credential.client_secret}
    else:
        secrets = {"USERNAME": credential.username, "PASSWORD": credential.password}
    return {"COLLECT_CF_API": foundation.api, **{f"COLLECT_CF_{word}": value for word, value in secrets.items()}}


def begin(*args: str | Path, variables: Mapping[str, str] | None = None, **more: Any) -> subprocess.Popen[str]:
    """Start the tool in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})}
    words = [sys.executable, "-m", "collector", *map(str, args)]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(words, env=environment, text=True, **settings)


def end(process: subprocess.Popen[str]) -> Ran:
    """What a process gave, when it has ended; one that does not end is killed, and the test fails."""
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ran(process.returncode, out or "", err or "")


def finished(store: Path) -> list[Path]:
    """The snapshots below a store, oldest first."""
    return sorted(path.parent for path in store.glob("system=*/snapshots/*/*/*/manifest.json"))


def check_sums(folder: Path) -> int:
    """Hold each file of a run to SHA256SUMS as `sha256sum --check` does, and find none that is not listed."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(listed) == found - {"SHA256SUMS"}
    assert {name: sha256((folder / name).read_bytes()).hexdigest() for name in listed} == listed
    return len(listed)


def files_below(*folders: Path) -> Iterator[Path]:
    """Every file below folders."""
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def plain(text: str) -> str:
    """A text without what differs from run to run: times and ids."""
    return re.sub(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "…", text)


def this_second() -> datetime:
    """The present instant, without its fraction."""
    return datetime.now(UTC).replace(microsecond=0)
