"""The driver of plans: so many questions at a time, nothing lost, and an end."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import NamedTuple

from collector.evidence import Ask, Got, Plan
from collector.model import Gap


class Progress(NamedTuple):
    """How far a plan has come: answered, and still to answer as far as is known."""

    what: str
    answered: int
    open: int


class Clock(NamedTuple):
    """The world outside: the time, an eight-digit word of chance for run ids, and how progress is told."""

    now: Callable[[], datetime]
    chance: Callable[[], str]
    progress: Callable[[Progress], None]


def drive(  # noqa: PLR0913  each of them is an end of the outside world
    plan: Plan,
    answer: Callable[[Ask], Got],
    missed: Callable[[Gap], None],
    *,
    concurrency: int,
    progress: Callable[[Progress], None],
    stop: Callable[[], None],
) -> None:
    """Ask everything that a plan wants to know, `concurrency` questions at a time, until it wants no more.

    `answer` runs in a worker and must not raise for a question that was merely refused; whatever it does raise stops
    the run after the answers in hand, and `stop` cuts their waits short. `missed` hears every Gap that nothing was
    asked in place of.
    """
    waiting = deque(next(plan))
    flying: set[Future[Got]] = set()
    answered = 0
    with ThreadPoolExecutor(concurrency, thread_name_prefix="collect") as pool:
        try:
            while waiting or flying:
                while waiting and len(flying) < concurrency:
                    flying.add(pool.submit(answer, waiting.popleft()))
                done, flying = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    got = future.result()
                    asks = plan.send(got)
                    if isinstance(got.page, Gap) and not any(ask.instead for ask in asks):
                        missed(got.page)
                    # Depth first: the next page of a walk must not wait behind all the batches of the pages before.
                    waiting.extendleft(reversed(asks))
                    answered += 1
                    progress(Progress(got.ask.what, answered, len(waiting) + len(flying)))
        except BaseException:
            stop()
            raise
    plan.close()


class Stop:
    """Lets the workers end at once where they wait: a `sleep` that an interruption cuts short."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """End every wait."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait; raises KeyboardInterrupt when stopped."""
        if self._event.wait(seconds):
            raise KeyboardInterrupt
