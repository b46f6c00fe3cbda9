"""The controller's rate limiter: so many requests for each user in a window, and a coarse count of what is left."""

import hashlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from collector.sandbox.wire import PLAIN, Answer, Asked, json_answer
from collector.sandbox.wire import error_body as error

EXEMPT = frozenset({"/", "/v3", "/healthz"})
_UNAUTHENTICATED = "Unauthenticated requests from this IP address have exceeded the limit. Please log in."


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """The settings of a limiter; `retry_after` replaces the true wait, for tests that cannot wait an hour.

    A limiter that is not enabled still has its limit printed by `/v3/info`.
    """

    enabled: bool = True
    general_limit: int = 2000
    unauthenticated_limit: int = 1000
    interval_in_minutes: int = 60
    retry_after: int | None = None


class RateLimiter:
    """Counts requests; while it is off it lets everything pass and adds no header."""

    def __init__(self, settings: RateLimit, clock: Callable[[], float]) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = Lock()
        self._counts: Counter[tuple[str, int]] = Counter()

    def answer(self, asked: Asked, user: str | None, produce: Callable[[], Answer]) -> Answer:
        """Count one request of a user (None: unauthenticated), then answer it or refuse."""
        if not self.settings.enabled or asked.path in EXEMPT:
            return produce()
        limit = self.settings.unauthenticated_limit if user is None else self.settings.general_limit
        reset = self._reset_time(user or "ip")
        with self._lock:
            self._counts[user or "ip", reset] += 1
            left = limit - self._counts[user or "ip", reset]
        headers = {"x-ratelimit-limit": str(limit), "x-ratelimit-reset": str(reset)}
        headers["x-ratelimit-remaining"] = str(_in_steps(left, limit))
        if left >= 0:
            answer = produce()
            return replace(answer, headers={**answer.headers, **headers})
        wait = self.settings.retry_after
        headers["retry-after"] = str(math.ceil(reset - self._clock()) if wait is None else wait)
        return replace(_refusal(user), headers=headers)

    def _reset_time(self, key: str) -> int:
        # Each user's window begins at an offset of its own, so that not all windows end at once.
        length = self.settings.interval_in_minutes * 60
        offset = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % length
        return (int(self._clock() + offset) // length + 1) * length - offset


def _in_steps(left: int, limit: int) -> int:
    step = max(1, limit // 10)
    return max(0, left) // step * step


def _refusal(user: str | None) -> Answer:
    body = error("CF-RateLimitExceeded", 10013, "Rate Limit Exceeded")
    if user is None:
        body = error("CF-IPBasedRateLimitExceeded", 10014, f"Rate Limit Exceeded: {_UNAUTHENTICATED}")
    return json_answer(body, status=429, content_type=PLAIN)
