"""What a check returns for one subject, and how an interval is held against a limit."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from collector.model import Measured, Part, Status
from collector.model.base import Slim

RANK: Final[dict[Status, int]] = {"fail": 0, "unknown": 1, "pass": 2, "not-applicable": 3}
"""Worst first."""

Span = tuple[float, float]
"""The least and the most that an age can be, in seconds."""


class Judgement(Slim, frozen=True, kw_only=True):
    """The verdict on one subject, without the subject.

    `over` is the least that the subject is outside, in hours. `spans` holds every age that was judged (None for one
    that is not known), so that another window can be asked. `minor` marks a fail that only informs. `unread` says that
    the unknown comes from evidence that was not read, not from what the evidence says. `evidence` adds to the
    subject's own. `plain` says that nothing but status and detail is there. `parts` holds the verdict of each part of
    the control, where one subject speaks for both.
    """

    status: Status
    measured: Measured | None = None
    over: float | None = None
    detail: str = ""
    next_step: str = ""
    spans: tuple[Span | None, ...] = ()
    minor: bool = False
    unread: bool = False
    evidence: tuple[str, ...] = ()
    plain: bool = False
    parts: tuple[tuple[Part, Status], ...] = ()


PASS: Final = Judgement(status="pass", plain=True)


@lru_cache(maxsize=1024)
def passed(evidence: tuple[str, ...] = ()) -> Judgement:
    """Inside, with what else shows it."""
    return Judgement(status="pass", evidence=evidence) if evidence else PASS


def failed(detail: str, next_step: str = "", *, minor: bool = False, evidence: tuple[str, ...] = ()) -> Judgement:
    """Outside, and no age stands behind it."""
    return Judgement(status="fail", detail=detail, next_step=next_step, minor=minor, evidence=evidence)


def unknown(detail: str, next_step: str = "", *, unread: bool = False, evidence: tuple[str, ...] = ()) -> Judgement:
    """Not known, and why."""
    return Judgement(status="unknown", detail=detail, next_step=next_step, unread=unread, evidence=evidence)


def not_applicable(detail: str) -> Judgement:
    """The check does not speak for this subject."""
    return Judgement(status="not-applicable", detail=detail, plain=True)


def hold(span: Span | None, limit: float) -> Status:
    """Pass when all of the span is inside the limit (inclusive), fail when all is outside, else unknown."""
    if span is None:
        return "unknown"
    least, most = span
    if most <= limit:
        return "pass"
    return "fail" if least > limit else "unknown"


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of several verdicts; nothing at all is not applicable."""
    return min(statuses, key=RANK.__getitem__, default="not-applicable")


def rejudge(judgement: Judgement, limit: float) -> Status:
    """The verdict of the same ages against another limit (seconds); without ages, the verdict as it is."""
    if not judgement.spans:
        return judgement.status
    return worst(hold(span, limit) for span in judgement.spans)
