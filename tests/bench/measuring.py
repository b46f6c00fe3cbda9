"""Running measurements, each in a process of its own, and telling what came out."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[2]
Result = Mapping[str, Any]


class Bar(NamedTuple):
    """One line of the table. `met` is None for what is only told."""

    name: str
    what: str
    figure: str
    limit: str = ""
    met: bool | None = None
    beside: str = ""


def child(module: str, *arguments: str, given: str = "") -> Result:
    """What a measurement prints: one line of JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=False, cwd=ROOT, env=environment()
    )
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    result: Result = json.loads(done.stdout)
    return result


def environment(**more: str) -> dict[str, str]:
    """For every process the same: nobody's settings, nobody's proxies."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "HOME": tempfile.gettempdir(), **more}


class Server:
    """The stand-in, running."""

    def __init__(self, api: str, apps: int) -> None:
        self.api = api
        self.apps = apps

    def manner(self, **wanted: float) -> None:
        """How slow it is from now on (latency and render in seconds), and whether it has `current`."""
        self._ask(f"/_manner?{urlencode(wanted)}")

    def counts(self) -> tuple[Mapping[str, int], int]:
        """Requests since the last login by what they asked for, and the most that were in flight."""
        told = self._ask("/_counts")
        return told["counts"], told["peak"]

    def requests(self) -> str:
        """The requests since the last login, as the floor reads them."""
        return json.dumps(self._ask("/_requests"))

    def _ask(self, target: str) -> Any:
        line = http.client.HTTPConnection(urlsplit(self.api).netloc, timeout=60)
        try:
            line.request("GET", target)
            return json.loads(line.getresponse().read())
        finally:
            line.close()


@contextmanager
def serving(apps: int) -> Iterator[Server]:
    """A server with so many apps, for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.bench.server", str(apps)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()) as process:
        try:
            api = process.stdout.readline().strip() if process.stdout else ""
            if not api:
                raise RuntimeError("the server did not start")
            yield Server(api, apps)
        finally:
            process.terminate()


class Ratio(NamedTuple):
    """Subject against anchor: of the medians, and of the shortest."""

    median: float
    least: float

    def __str__(self) -> str:
        """Both."""
        return f"{self.median:.2f}x (min {self.least:.2f}x)"


def ratio(subject: Sequence[Result], anchor: Sequence[Result], key: str = "wall") -> Ratio:
    """How many times the anchor's time the subject took."""
    one, other = [run[key] for run in subject], [run[key] for run in anchor]
    return Ratio(median(one) / median(other), min(one) / min(other))


def seconds(name: str, runs: Sequence[Result]) -> str:
    """Wall and CPU of something, for the last column."""
    wall, cpu = (median(run[key] for run in runs) for key in ("wall", "cpu"))
    return f"{name} {wall:.3f} s, CPU {cpu:.3f} s"


def at_most(name: str, limit: float, what: str, found: Ratio, beside: str) -> Bar:
    """A bar that a ratio must not exceed; the median counts."""
    return Bar(name, what, str(found), f"<= {limit:.2g}x", found.median <= limit, beside)


def within(name: str, what: str, figure: float, limit: float, beside: str = "") -> Bar:
    """A bar on a figure itself."""
    return Bar(name, what, f"{figure:.4g}", f"<= {limit:g}", figure <= limit, beside)


def told(what: str, figure: object, beside: str) -> Bar:
    """A figure on which no bar stands."""
    return Bar("", what, str(figure), beside=beside)


def table(bars: Sequence[Bar]) -> str:
    """All bars, one a line."""
    words = {True: "met", False: "MISSED", None: ""}
    rows = [("bar", "what", "figure", "limit", "", "beside it")]
    rows += [(bar.name, bar.what, bar.figure, bar.limit, words[bar.met], bar.beside) for bar in bars]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)
