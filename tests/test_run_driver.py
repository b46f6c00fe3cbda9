"""The driver of plans: so many questions at a time, nothing lost, and an end."""

import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.errors import LoginError, Malformed, Refused, RemoteError
from collector.evidence import Ask, Got, Opening, Plan, Received, Recorder
from collector.model import Gap, Identity, SourceRecord
from collector.run import Progress, Stop, drive, replay
from collector.run.taking import _answer
from collector.transport import Answer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = 10.0


def decode(body: bytes) -> str:
    return body.decode()


def ask(what: str, **given: Any) -> Ask:
    return Ask(what, f"/v3/{what}", {}, decode, **given)


def a_plan(first: list[str], then: Callable[[Got], list[Ask]] = lambda _: []) -> Plan:
    """Asks the first questions, and for every answer what `then` says."""
    got = yield [ask(what) for what in first]
    while True:
        got = yield then(got)


def answer(asked: Ask) -> Got:
    return Got(asked, asked.what)


def carry_out(
    plan: Plan, answer: Callable[[Ask], Got] = answer, concurrency: int = 4, stop: Callable[[], None] = lambda: None
) -> tuple[list[Gap], list[Progress]]:
    gaps: list[Gap] = []
    told: list[Progress] = []
    drive(plan, answer, gaps.append, concurrency=concurrency, progress=told.append, stop=stop)
    return gaps, told


def test_everything_is_asked() -> None:
    """Every question is asked once, also those that answers lead to, and then the plan is closed."""
    asked: list[str] = []
    closed: list[bool] = []

    def planned() -> Generator[list[Ask], Got, None]:
        try:
            yield from a_plan(["a", "b"], lambda got: [ask(f"{got.page}+")] if len(got.page) < 3 else [])
        finally:
            closed.append(True)

    def answering(question: Ask) -> Got:
        asked.append(question.what)
        return answer(question)

    carry_out(planned(), answering)
    assert sorted(asked) == ["a", "a+", "a++", "b", "b+", "b++"]
    assert closed == [True]


def test_nothing_to_ask() -> None:
    """A plan that wants to know nothing is at its end."""
    assert carry_out(a_plan([])) == ([], [])


@pytest.mark.parametrize("concurrency", [1, 2, 5])
def test_concurrency(concurrency: int) -> None:
    """As many questions are under way as allowed, and never more."""
    lock = threading.Lock()
    together = threading.Barrier(concurrency)
    now: list[int] = [0]
    seen: list[int] = []

    def answering(question: Ask) -> Got:
        with lock:
            now[0] += 1
            seen.append(now[0])
        # Only when as many as allowed are under way does any of them go on.
        together.wait(PATIENCE)
        with lock:
            now[0] -= 1
        return answer(question)

    carry_out(a_plan([str(number) for number in range(concurrency * 4)]), answering, concurrency)
    assert max(seen) == concurrency


def test_follow_ups_go_first() -> None:
    """The next page of a walk does not wait behind what was asked before it."""
    order: list[str] = []

    def answering(question: Ask) -> Got:
        order.append(question.what)
        return answer(question)

    follow = {"walk": ["page-2", "batch-1"], "page-2": ["page-3"]}
    plan = a_plan(["walk", "other"], lambda got: [ask(what) for what in follow.get(got.page, ())])
    carry_out(plan, answering, concurrency=1)
    assert order == ["walk", "page-2", "page-3", "batch-1", "other"]


def test_progress() -> None:
    """After every answer is told what it was about, how many are answered and how many are open."""
    _, told = carry_out(a_plan(["a", "b", "c"]), concurrency=1)
    assert told == [Progress("a", 1, 2), Progress("b", 2, 1), Progress("c", 3, 0)]


def gap(question: Ask) -> Got:
    return Got(question, Gap(what=question.what, reason="400", http_status=400))


def test_gaps_are_heard() -> None:
    """A gap is heard, and the plan goes on."""
    plan = a_plan(["a", "b"])
    gaps, told = carry_out(plan, lambda question: gap(question) if question.what == "a" else answer(question))
    assert ([missed.what for missed in gaps], len(told)) == (["a"], 2)


def test_replaced_gap() -> None:
    """A gap in whose place something else is asked is none."""
    then = {"a": [ask("smaller", instead=True)]}
    gaps, told = carry_out(
        a_plan(["a"], lambda got: then.get(got.ask.what, [])),
        lambda question: gap(question) if question.what == "a" else answer(question),
    )
    assert (gaps, [progress.what for progress in told]) == ([], ["a", "smaller"])


def test_gap_of_the_replacement() -> None:
    """When what was asked instead fails, too, that gap stands."""
    then = {"a": [ask("smaller", instead=True)], "smaller": [ask("other")]}
    gaps, _ = carry_out(a_plan(["a"], lambda got: then.get(got.ask.what, [])), gap)
    assert [missed.what for missed in gaps] == ["smaller", "other"]


@pytest.mark.parametrize("error", [LoginError("no token"), RuntimeError("a fault"), KeyboardInterrupt()])
def test_errors_stop_the_run(error: BaseException) -> None:
    """What a worker raises stops the run as it is: nothing new is asked, and the answers in hand are waited for."""
    both = threading.Barrier(2)
    failed = threading.Event()
    begun: list[str] = []
    ended: list[str] = []

    def answering(question: Ask) -> Got:
        begun.append(question.what)
        both.wait(PATIENCE)
        if question.what == "bad":
            failed.set()
            raise error
        failed.wait(PATIENCE)
        ended.append(question.what)
        return answer(question)

    with pytest.raises(type(error)) as raised:
        carry_out(a_plan(["bad", "good", "never"]), answering, concurrency=2)
    assert raised.value is error
    assert (sorted(begun), ended) == (["bad", "good"], ["good"])


def test_errors_ask_nothing_more() -> None:
    """After an error no further question is begun."""
    asked: list[str] = []

    def answering(question: Ask) -> Got:
        asked.append(question.what)
        raise LoginError("no token")

    with pytest.raises(LoginError):
        carry_out(a_plan(["a", "b", "c"]), answering, concurrency=1)
    assert asked == ["a"]


def test_fault_in_a_plan() -> None:
    """A plan that fails stops the run, too."""

    def failing(_: Got) -> list[Ask]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        carry_out(a_plan(["a"], failing))


def test_errors_cut_waits_short() -> None:
    """A worker that waits an hour for another attempt is let go when the run stops."""
    stop = Stop()
    both = threading.Barrier(2)
    let_go: list[str] = []

    def answering(question: Ask) -> Got:
        both.wait(PATIENCE)
        if question.what == "bad":
            raise LoginError("no token")
        try:
            stop.sleep(3600)
        except KeyboardInterrupt:
            let_go.append(question.what)
            raise
        return answer(question)

    with pytest.raises(LoginError):
        carry_out(a_plan(["patient", "bad"]), answering, concurrency=2, stop=stop.set)
    assert let_go == ["patient"]


def test_nothing_stops_a_run_that_ends() -> None:
    """A run that comes to its end stops nobody."""
    stopped: list[bool] = []
    carry_out(a_plan(["a"]), stop=lambda: stopped.append(True))
    assert stopped == []


def test_stop() -> None:
    """Who waits is let go as an interruption when all is stopped, and not before its time otherwise."""
    stop = Stop()
    stop.sleep(0)
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        stop.sleep(3600)


# One question: over the network, or from the files of an interrupted run.


class Network:
    """Answers like a session, and remembers what it was asked."""

    def __init__(self, outcome: bytes | Exception = b"page") -> None:
        self.outcome = outcome
        self.fetched: list[str] = []

    def fetch(self, question: Ask) -> Answer:
        self.fetched.append(question.what)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        page = question.decode(self.outcome)
        return Answer(self.outcome, page, 200, "application/json", "r-1", NOW, None)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    opening = Opening(
        id="20261120T120000Z-00000001",
        system="default",
        started_at=NOW,
        foundation="https://api.example.gov",
        scope={"needs": ["stacks"]},
    )
    return Recorder.start(tmp_path, opening)


def ask_it(network: Network, recorder: Recorder, question: Ask) -> Got:
    return _answer(network, recorder, "cloud-controller", question, failures=None)  # type: ignore[arg-type]  # fetches


def test_answer_is_kept(recorder: Recorder) -> None:
    """An answer is decoded for the plan and kept as received."""
    got = ask_it(Network(), recorder, ask("apps"))
    assert got == Got(ask("apps"), "page")
    assert recorder.counts("cloud-controller", "apps") == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("403 CF-NotAuthorized", http_status=403), 403),
        (RemoteError("502 after 5 attempts", http_status=502), 502),
        (RemoteError("no answer in time"), None),
    ],
)
def test_refusal_is_a_gap(recorder: Recorder, error: Exception, status: int | None) -> None:
    """A refusal, or no answer, is a gap with its reason and what stays unknown; nothing is kept."""
    got = ask_it(Network(error), recorder, ask("droplets", subjects=("d-1",)))
    assert got.page == Gap(what="droplets", reason=str(error), http_status=status, subjects=("d-1",))
    assert recorder.counts("cloud-controller") == 0


@pytest.mark.parametrize("error", [LoginError("no token"), Malformed("not decoded"), KeyError("a fault")])
def test_other_errors_pass(recorder: Recorder, error: Exception) -> None:
    """What is neither a refusal nor a silence is no gap."""
    with pytest.raises(type(error)):
        ask_it(Network(error), recorder, ask("apps"))


def test_resume_without_fetching(recorder: Recorder) -> None:
    """What an interrupted run kept is answered from its files; only the rest is fetched."""
    ask_it(Network(b"first"), recorder, ask("a"))
    network = Network(b"second")
    going_on = Recorder.resume(recorder.folder)
    pages: list[str] = []

    def answering(question: Ask) -> Got:
        got = ask_it(network, going_on, question)
        pages.append(got.page)
        return got

    carry_out(a_plan(["a", "b"]), answering, concurrency=1)
    assert (pages, network.fetched) == (["first", "second"], ["b"])
    assert going_on.counts("cloud-controller") == 2


def test_replay(recorder: Recorder) -> None:
    """A stored snapshot is read from its bytes alone."""
    body = (
        b'{"pagination":{"total_results":1,"next":null},"resources":'
        b'[{"guid":"g","created_at":"2026-01-01T00:00:00Z","name":"cflinuxfs4","state":"ACTIVE"}]}'
    )
    recorder.keep("cloud-controller", ask("stacks"), Received(body, 200, "application/json", "", NOW))
    source = SourceRecord(name="cloud-controller", endpoint="https://api.example.gov", requests=1, documents=1)
    written = recorder.finish(tool="cf-evidence 0", finished_at=NOW, identity=Identity(), sources=(source,))
    snapshot, facts = replay(Path(written.root))
    assert snapshot == written
    assert (list(facts.stacks), facts.read) == (["cflinuxfs4"], frozenset({"stacks"}))
