"""P11: what starting costs. As a process of its own it is the sandbox that `collect` is pointed at."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from collector.sandbox import Foundation, demo_world
from tests.bench.measuring import ROOT, Bar, Result, at_most, environment, ratio, seconds

HEAVY = ("pandas", "numpy", "openpyxl", "boto3", "botocore", "requests", "jinja2", "rich")
ANSWERS = (0, 1, 3)
IDENTITY = "global-auditor"
_LOADED = """
import sys
from collector.cli import call
call(["--help"])
print("LOADED", *sorted(set(sys.argv[1:]) & set(sys.modules)))
"""


def spent(arguments: Sequence[str], variables: Mapping[str, str], *, answers: Sequence[int] = (0,)) -> Result:
    """Wall and CPU of a whole Python process, from its start to its end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as nowhere:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=nowhere,
            env=environment(**variables),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in answers:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime}


def starting(rounds: int) -> list[Bar]:
    """`collect --help` beside a bare interpreter, what it loads, and one question to the sandbox."""
    bare, helped = [], []
    for _ in range(rounds):
        bare.append(spent(["-c", "pass"], {}))
        helped.append(spent(["-m", "collector", "--help"], {}))
    beside = f"{seconds('--help', helped)}; {seconds('bare', bare)}"
    loaded = _loaded()
    return [
        at_most("P11", 8, "collect --help, against python -c pass", ratio(helped, bare), beside),
        Bar("P11", "heavy packages that --help loads", ", ".join(loaded) or "none", "none", not loaded),
        _question(max(3, rounds // 2)),
    ]


def _loaded() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *HEAVY],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    return done.stdout.strip().splitlines()[-1].split()[1:]


def _question(rounds: int) -> Bar:
    command = [sys.executable, "-m", "tests.bench.startup"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
    ) as sandbox:
        try:
            variables = json.loads(sandbox.stdout.readline() if sandbox.stdout else "")
            asking = ["-m", "collector", "--control", "SI-2"]
            runs = [spent(asking, variables, answers=ANSWERS) for _ in range(rounds)]
        finally:
            sandbox.terminate()
    cpu = sorted(run["cpu"] for run in runs)
    figure = f"{cpu[len(cpu) // 2]:.2f} s (min {cpu[0]:.2f} s)"
    what = "collect --control SI-2 on the sandbox, CPU"
    return Bar("P11", what, figure, "<= 2.5 s", cpu[len(cpu) // 2] <= 2.5, seconds("whole process", runs))


def main() -> None:
    """The sandbox, until somebody ends it."""
    with Foundation(demo_world(datetime.now(UTC).replace(microsecond=0))) as foundation:
        credential = foundation.credentials[IDENTITY]
        variables = {
            "COLLECT_CF_API": foundation.api,
            "COLLECT_CF_CLIENT_ID": credential.client_id,
            "COLLECT_CF_CLIENT_SECRET": credential.client_secret,
        }
        print(json.dumps(variables), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
