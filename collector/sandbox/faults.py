"""Faults on order: what goes wrong, for which path, at which request, and how often."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from collector.sandbox.wire import HTML, PLAIN, Answer, Asked, dump, error_body

Produce = Callable[[], Answer]
Action = Callable[[Produce], Answer]

_REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(slots=True, kw_only=True)
class Rule:
    """Meets requests whose path begins with `path`; acts on the `nth` of them and `times` in all (None: for ever)."""

    path: str
    action: Action
    nth: int = 1
    times: int | None = 1
    query: str = ""
    method: str | None = None
    met: int = 0
    acted: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def acts_on(self, asked: Asked) -> bool:
        """Count a request and say whether the fault is due."""
        if not asked.path.startswith(self.path) or self.query not in asked.query:
            return False
        if self.method not in {None, asked.method}:
            return False
        with self._lock:
            self.met += 1
            due = self.met >= self.nth and (self.times is None or self.acted < self.times)
            self.acted += due
        return due


class Faults:
    """The rules in force; the first that is due acts."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(  # noqa: PLR0913 - each of them narrows which request is hit
        self,
        path: str,
        action: Action,
        *,
        nth: int = 1,
        times: int | None = 1,
        query: str = "",
        method: str | None = None,
    ) -> Rule:
        """Put a fault in force and return its rule, whose `met` and `acted` count requests."""
        rule = Rule(path=path, action=action, nth=nth, times=times, query=query, method=method)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Lift all faults."""
        self.rules.clear()

    def answer(self, asked: Asked, produce: Produce) -> Answer:
        """Return the answer, spoilt by the first rule that is due."""
        for rule in list(self.rules):
            if rule.acts_on(asked):
                return rule.action(produce)
        return produce()


def too_many_requests(retry_after: int | str | None = 1, *, limit: int = 2000) -> Action:
    """Refuse by the general rate limiter: JSON text that calls itself plain text."""
    headers = {"x-ratelimit-limit": str(limit), "x-ratelimit-reset": str(int(time.time()) + 3600)}
    headers["x-ratelimit-remaining"] = "0"
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    body = dump(error_body("CF-RateLimitExceeded", 10013, "Rate Limit Exceeded")).encode()
    return lambda _: Answer(status=429, body=body, content_type=PLAIN, headers=headers)


def gateway_error(status: int = 502) -> Action:
    """Answer as a gateway does when the controller does not: an HTML page."""
    title = f"{status} {_REASONS.get(status, 'Error')}"
    body = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return lambda _: Answer(status=status, body=body.encode(), content_type=HTML)


def server_error(status: int = 500) -> Action:
    """Answer with an unknown error of the controller itself."""
    body = dump(error_body("UnknownError", 10001, "An unknown error occurred.")).encode()
    return lambda _: Answer(status=status, body=body)


def html_page() -> Action:
    """Answer 200 with a page for people where JSON was promised."""
    body = b"<!DOCTYPE html><html><body>Please sign in to this network</body></html>"
    return lambda _: Answer(body=body, content_type=HTML)


def truncated(keep: float = 0.5) -> Action:
    """Lose the end of the body under a Content-Length that matches what is left."""

    def act(produce: Produce) -> Answer:
        answer = produce()
        return replace(answer, body=answer.body[: int(len(answer.body) * keep)])

    return act


def cut() -> Action:
    """Close the connection in the middle of the body."""
    return lambda produce: replace(produce(), delivery="cut")


def reset() -> Action:
    """Close the connection without any answer."""
    return lambda _: Answer(delivery="reset")


def slow(seconds: float) -> Action:
    """Answer late."""

    def act(produce: Produce) -> Answer:
        time.sleep(seconds)
        return produce()

    return act


def media_type(content_type: str) -> Action:
    """Send the true body under another media type."""
    return lambda produce: replace(produce(), content_type=content_type)


def status(code: int) -> Action:
    """Send the true body under another status."""
    return lambda produce: replace(produce(), status=code)


def edited(change: Callable[[dict[str, Any]], object]) -> Action:
    """Let a test change the decoded JSON before it is sent."""

    def act(produce: Produce) -> Answer:
        answer = produce()
        value = json.loads(answer.body)
        change(value)
        return replace(answer, body=dump(value).encode())

    return act


def before(hook: Callable[[], object]) -> Action:
    """Call a hook, then answer: what the hook changes is in this answer."""

    def act(produce: Produce) -> Answer:
        hook()
        return produce()

    return act


def after(hook: Callable[[], object]) -> Action:
    """Make the answer, then call a hook: what the hook changes is in the next answer only."""

    def act(produce: Produce) -> Answer:
        answer = produce()
        hook()
        return answer

    return act
