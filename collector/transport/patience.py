"""Trying again: how often, after how long, and one gate where all threads wait while requests are limited."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from collector.errors import RemoteError

T = TypeVar("T")

_LONGEST_BACKOFF = 30.0


class AttemptError(Exception):
    """One attempt that failed and may be made again.

    `status` is the HTTP status where there was one; `at_most` is how often this reason may be met (None: as often as
    any); `wait` is what the server asks for, in seconds; `free` attempts are not counted, their waiting is.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, at_most: int | None = None, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.at_most = at_most
        self.wait = wait
        self.free = False


class LimitedError(AttemptError):
    """The server limits requests and says for how long: all threads wait, and the attempt is not counted."""

    def __init__(self, reason: str, *, wait: float, status: int = 429) -> None:
        super().__init__(reason, status=status, wait=wait)
        self.free = True


class Patience:
    """Makes attempts until one succeeds or there were enough of them; one for all threads that ask one server.

    `attempts` is the most for one question, `budget_seconds` the most that all together wait because the server asked,
    which `say` is told of. `jitter` gives numbers in [0, 1); `prefix` begins every error.
    """

    def __init__(  # noqa: PLR0913 – one parameter for each thing that must not be read from the air
        self,
        who: str,
        *,
        prefix: str = "",
        attempts: int,
        budget_seconds: float,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        self._who = who
        self._prefix = prefix
        self._attempts = attempts
        self._left = budget_seconds
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._say = say
        self._gate = threading.Lock()
        self._waits = 0

    def persist(self, attempt: Callable[[], T]) -> T:
        """What the first attempt that succeeds returns; `RemoteError` with the reason when there were enough."""
        reasons: Counter[str] = Counter()
        while True:
            with self._gate:  # closed while another thread waits for all
                waits = self._waits
            try:
                return attempt()
            except AttemptError as error:
                failed = error
            if not failed.free:
                reasons[failed.reason] += 1
                if self._enough(failed, reasons):
                    raise self._given_up(failed, reasons.total()) from failed
            if failed.wait is None:
                self._sleep(self._backoff(reasons.total()))
            else:
                self._wait_for_all(failed, failed.wait, waits)

    def _enough(self, failed: AttemptError, reasons: Counter[str]) -> bool:
        at_most = self._attempts if failed.at_most is None else failed.at_most
        return reasons.total() >= self._attempts or reasons[failed.reason] >= at_most

    def _given_up(self, failed: AttemptError, times: int) -> RemoteError:
        attempts = "1 attempt" if times == 1 else f"{times} attempts"
        return RemoteError(
            f"{self._prefix}{failed.reason} after {attempts}",
            hint=f"{self._who} did not answer; try again later, `collect doctor` shows what can be reached",
            http_status=failed.status,
        )

    def _backoff(self, failures: int) -> float:
        # Half of it is chance, so that the threads of many runs do not come back together.
        return min(_LONGEST_BACKOFF, 2.0 ** (failures - 1)) * (0.5 + self._jitter() / 2)

    def _wait_for_all(self, failed: AttemptError, seconds: float, waits: int) -> None:
        with self._gate:
            if self._waits != waits:
                return  # since this attempt began, another thread has waited for the same limit
            until = f"{self._now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"
            if seconds > self._left:
                left = duration(self._left)
                raise RemoteError(
                    f"{self._prefix}{failed.reason} until {until}: {duration(seconds)} to wait, {left} allowed",
                    hint=f"run `collect snapshot --resume` after {until}",
                    http_status=failed.status,
                ) from failed
            self._say(f"{self._who}: {failed.reason}; waiting {duration(seconds)} as asked, going on at {until}")
            self._left -= seconds
            self._sleep(seconds)
            self._waits += 1


def duration(seconds: float) -> str:
    """Seconds up to two minutes, then minutes, rounded up."""
    whole = -int(-seconds // 1)
    return f"{whole} s" if whole <= 120 else f"{-(-whole // 60)} min"  # noqa: PLR2004 – two minutes, as said
