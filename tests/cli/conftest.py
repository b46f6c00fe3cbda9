"""A person with a home of their own, and foundations to ask."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from collector.cli import call
from collector.sandbox import Foundation, demo_world, healthy_world
from tests.cli.running import Ran, login_of, this_second

Run = Callable[..., Ran]
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> Iterator[None]:
    """Tests that run in the background ignore Ctrl-C, and hand that on to every process that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing of whoever runs the tests: another home, an empty folder to work in, a bare environment."""
    for name in os.environ.keys() - set(KEPT):
        monkeypatch.delenv(name)
    place = tmp_path / "home"
    work = tmp_path / "work"
    for folder in (place, work):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(place))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(place / name.lower()))
    monkeypatch.chdir(work)
    return place


@pytest.fixture
def slept() -> list[float]:
    """The waits of a run, in seconds; none of them is waited for."""
    return []


@pytest.fixture
def run(capsys, slept) -> Run:
    """Run the tool in this process."""

    def now(*args: object) -> Ran:
        capsys.readouterr()
        code = call([str(arg) for arg in args], sleep=slept.append)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return now


@pytest.fixture
def become(monkeypatch) -> Callable[[Foundation, str], None]:
    """Log in as one of a foundation's identities from now on."""

    def change(foundation: Foundation, name: str) -> None:
        for variable in ("USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET"):
            monkeypatch.delenv(f"COLLECT_CF_{variable}", raising=False)
        for variable, value in login_of(foundation, name).items():
            monkeypatch.setenv(variable, value)

    return change


@pytest.fixture
def demo(become) -> Iterator[Foundation]:
    """The demonstration's foundation, with a login that sees all of it.

    It stands four seconds ahead, so that what lies exactly on a limit does not cross it while a test runs.
    """
    with Foundation(demo_world(this_second() + timedelta(seconds=4))) as foundation:
        become(foundation, "global-auditor")
        yield foundation


@pytest.fixture
def healthy(become) -> Iterator[Foundation]:
    """A foundation with nothing to find, with a login that sees all of it."""
    with Foundation(healthy_world(this_second())) as foundation:
        become(foundation, "global-auditor")
        yield foundation


@pytest.fixture
def served(become) -> Iterator[Callable[..., Foundation]]:
    """Start a foundation of the test's own making, with a login that sees all of it."""
    running: list[Foundation] = []

    def start(world: object, identity: str = "global-auditor", **options: object) -> Foundation:
        foundation = Foundation(world, **options).start()  # type: ignore[arg-type]  # as the test gives them
        running.append(foundation)
        become(foundation, identity)
        return foundation

    yield start
    for foundation in running:
        foundation.stop()
