"""The bars on collecting and assessing, each a ratio against a floor measured in the same run."""

import math
import tempfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.bench.measuring import Bar, Result, Server, at_most, child, ratio, seconds, serving, told, within

PAGE = 1000
BATCH = 200
SPARE = 20
CONCURRENCY = 4
"""The tool's default; `subject` reads it from the settings and the server counts."""


LATENCY_BARS = {50: ("P1", 2.5), 200: ("P2", 1.4)}
"""By milliseconds: the bar and its limit."""

MONTH_SECONDS, MONTH_MB = 60, 1024
"""What a month may take at the largest size."""

REPORT_BARS = (
    ("P8", "workbook", "bare-workbook", 1.2),
    ("P9", "webpage", "flat-page", 0.5),
    ("P10", "oscal", "bare-dicts", 1.2),
)
"""Of each report: the bar, the writer, its floor, and the limit."""

WORKBOOK_MEMORY = 1.5
"""How many times the memory of its floor the workbook may take."""


class Runs(NamedTuple):
    """Interleaved rounds: the tool, plain sockets, one sequential session."""

    tool: list[Result]
    floor: list[Result]
    peer: list[Result]


def collecting(server: Server, rounds: int, peers: int = 0) -> Runs:
    """Collect again and again, each time beside its floor and, `peers` times, beside the sequential peer."""
    runs = Runs([], [], [])
    for number in range(rounds):
        runs.tool.append(collected(server))
        runs.floor.append(child("tests.bench.floor", server.api, given=server.requests()))
        if number < peers:
            runs.peer.append(child("tests.bench.peer", server.api))
    return runs


def collected(server: Server) -> Result:
    """One snapshot, thrown away; with what the server counted."""
    with tempfile.TemporaryDirectory(prefix="bench-") as parent:
        result = child("tests.bench.subject", "collect", server.api, "--parent", parent)
    if result["gaps"]:
        raise RuntimeError(f"the tool missed something: {result['gaps'][0]}")
    counts, peak = server.counts()
    return {**result, "counts": counts, "in_flight": peak}


def latency(server: Server, milliseconds: int, rounds: int, peers: int = 0) -> list[Bar]:
    """P1 at 50 ms, P2 at 200 ms: wall against plain sockets; P3: against the sequential peer, where it is to run.

    Without latency only work counts; there no bar stands on the sockets.
    """
    server.manner(latency=milliseconds / 1000)
    runs = collecting(server, rounds, peers)
    what = f"collect {server.apps} apps, {milliseconds} ms"
    beside = f"{seconds('tool', runs.tool)}; {seconds('sockets', runs.floor)}"
    found = ratio(runs.tool, runs.floor)
    sockets = f"{what}, against plain sockets"
    if milliseconds in LATENCY_BARS:
        bars = [at_most(*LATENCY_BARS[milliseconds], sockets, found, beside)]
    else:
        bars = [told(sockets, found, beside), *_memory(server, runs.tool)]
    if peers:
        beside = f"{seconds('tool', runs.tool)}; {seconds('sequential', runs.peer)}"
        bars.append(at_most("P3", 1 / 3, f"{what}, against sequential json", ratio(runs.tool, runs.peer), beside))
    return bars


def rendering(server: Server, rounds: int) -> Bar:
    """P2, the second half: pages that cost the server 1.5 s each, at most 8 at once."""
    server.manner(latency=0.05, render=1.5)
    runs = collecting(server, rounds)
    beside = f"{seconds('tool', runs.tool)}; {seconds('sockets', runs.floor)}"
    what = f"collect {server.apps} apps, 50 ms and 1.5 s a page, against plain sockets"
    return at_most("P2", 1.3, what, ratio(runs.tool, runs.floor), beside)


def unchained(server: Server, milliseconds: int, rounds: int) -> Bar:
    """What it costs that each page of apps waits for the one before."""
    server.manner(latency=milliseconds / 1000)
    collected(server)
    requests = server.requests()
    chained, free = [], []
    for _ in range(rounds):
        chained.append(child("tests.bench.floor", server.api, given=requests))
        free.append(child("tests.bench.floor", server.api, "--free", given=requests))
    beside = f"{seconds('chained', chained)}; {seconds('free', free)}"
    return told(f"plain sockets, {milliseconds} ms, page after page against all at once", ratio(chained, free), beside)


def _memory(server: Server, runs: Sequence[Result]) -> list[Bar]:
    """P5: how much memory grows while collecting, for each ten thousand apps."""
    growth, peak = max(run["growth"] for run in runs), max(run["peak"] for run in runs)
    beside = f"grew by {growth:.1f} MB; evidence on disk {runs[0]['stored'] / 1e6:.1f} MB"
    what = f"collect {server.apps} apps, memory"
    return [
        within("P5", f"{what} per 10,000 apps, MB", growth * 10_000 / server.apps, 20, beside),
        within("P5", f"{what} at its peak, MB", peak, 250, "with the interpreter"),
    ]


def size(server: Server, rounds: int) -> list[Bar]:
    """P4 and P6, and what one app costs at this size."""
    apps = server.apps
    server.manner()
    plain = [collected(server) for _ in range(rounds)]
    limit = math.ceil(apps / PAGE) + math.ceil(apps / BATCH) + SPARE
    server.manner(current=1)
    bulk = collected(server)
    flying = max(run["in_flight"] for run in (*plain, bulk))
    cost = min(run["cpu"] for run in plain) / apps * 1e6
    growth = max(run["growth"] for run in plain) * 10_000 / apps
    beside = f"CPU {cost:.1f} us an app, memory {growth:.1f} MB per 10,000; {plain[0]['requests']} requests in all"
    return [
        within("P4", f"requests for {apps} apps and droplets", _about_apps(plain[0]), limit, beside),
        within("P4", f"the same with current=true, {apps} apps", _about_apps(bulk), 2 * math.ceil(apps / PAGE) + SPARE),
        within("P6", f"requests in flight, {apps} apps", flying, CONCURRENCY),
    ]


def doubling() -> Bar:
    """P4: twice the apps within one page are asked for by as many pages."""
    pages = []
    for apps in (400, 800):
        with serving(apps) as server:
            pages.append(collected(server)["counts"]["/v3/apps"])
    figure = f"{pages[0]} and {pages[1]}"
    return Bar("P4", "pages of apps for 400 and for 800 apps", figure, "the same", pages[0] == pages[1])


def _about_apps(run: Result) -> int:
    return sum(number for asked, number in run["counts"].items() if asked.startswith(("/v3/apps", "/v3/droplets")))


def judging(server: Server, rounds: int) -> list[Bar]:
    """P7, first half: assessing against a bare loop; and what reading the facts again costs."""
    server.manner()
    runs = []
    with tempfile.TemporaryDirectory(prefix="bench-") as parent:
        folder = child("tests.bench.subject", "collect", server.api, "--parent", parent)["folder"]
        for number in range(rounds):
            order = ["--bare-first"] if number % 2 else []
            runs.append(child("tests.bench.subject", "judge", folder, *order))
    tool, loop, read, floor = ([run[part] for run in runs] for part in ("assess", "bare", "replay", "unpack"))
    peak = max(run["peak"] for run in runs)
    what = f"assess {server.apps} apps by all controls, against a bare loop"
    beside = f"{seconds('tool', tool)}; {seconds('loop', loop)} for {runs[0]['bare_verdicts']} verdicts"
    beside_read = f"{seconds('replay', read)}; {seconds('unpack', floor)}"
    return [
        at_most("P7", 4, what, ratio(tool, loop), beside),
        told(f"replay {server.apps} apps, against unpacking and hashing", ratio(read, floor), beside_read),
        told(
            f"replay and assess {server.apps} apps, memory", f"{peak:.0f} MB", f"facts {runs[0]['read_growth']:.0f} MB"
        ),
    ]


def month(apps: int, *, events: bool = False) -> list[Bar]:
    """P7, second half: 31 daily snapshots and the one that closes the month, folded and judged once.

    With `events` Cloud Controller tells of every restage, as a real one does: each snapshot then holds the builds and
    audit events of 31 days. No bar stands on that.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as parent:
        more = ["--events"] if events else []
        made = child("tests.bench.month", "make", parent, "--apps", str(apps), *more)
        run = child("tests.bench.month", "judge", parent)
    tool, floor = [run["month"]], [run["unpack"]]
    what = f"month: {apps} apps x 31 snapshots" + (", with builds and events" if events else "")
    beside = f"{seconds('tool', tool)}; {seconds('unpack', floor)}"
    against = told(f"{what}, against unpacking and hashing", f"{ratio(tool, floor).median:.2f}x", beside)
    if events:
        return [against]
    size = f"{run['bytes'] / 1e6:.0f} MB of pages, made in {made['wall']:.0f} s"
    return [
        within("P7", f"{what}, s", run["month"]["wall"], MONTH_SECONDS, size),
        within("P7", f"{what}, memory at its peak, MB", run["peak"], MONTH_MB, "with the interpreter"),
        against,
    ]


def reports(server: Server, rounds: int) -> list[Bar]:
    """P8 to P10: each report of one snapshot against a floor that writes as much."""
    server.manner()
    with tempfile.TemporaryDirectory(prefix="bench-") as parent:
        folder = child("tests.bench.subject", "collect", server.api, "--parent", parent)["folder"]
        return [bar for line in REPORT_BARS for bar in _report(*line, folder, server.apps, rounds)]


def _report(name: str, writer: str, bare: str, limit: float, folder: str, apps: int, rounds: int) -> Iterator[Bar]:
    tool, floor = [], []
    for _ in range(rounds):
        tool.append(child("tests.bench.reporting", writer, folder))
        floor.append(child("tests.bench.reporting", bare, folder))
    what = f"{writer} of {apps} apps, against {bare}"
    sizes = f"{tool[0]['size'] / 1e6:.1f} and {floor[0]['size'] / 1e6:.1f} MB written"
    beside = f"{seconds('tool', tool)}; {seconds('floor', floor)}; {sizes}"
    yield at_most(name, limit, what, ratio(tool, floor), beside)
    beside = "; ".join(
        f"{word} {max(run['peak'] for run in runs):.0f} MB, grew by {max(run['growth'] for run in runs):.0f} MB"
        for word, runs in (("tool", tool), ("floor", floor))
    )
    found = ratio(tool, floor, "peak")
    if writer == "workbook":
        yield at_most(name, WORKBOOK_MEMORY, f"{what}, memory at its peak", found, beside)
    else:
        yield told(f"{what}, memory at its peak", found, beside)
