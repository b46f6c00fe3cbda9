"""What is new, fixed or repeated between two runs, and what cannot be compared."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from collector.model import Difference, Failing, MonthSummary, Observation, Status, Subject
from collector.model.base import Value

GONE, ABSENT = "gone", "not there"
UNTOLD = "not found outside"
UNJUDGED = "the month before could not judge it"
UNREAD = "the later run was not wholly read, so that nothing shows that it is gone"
UNREAD_BEFORE = "the earlier run was not wholly read, so that nothing shows that it is new"
ONLY_ONE = "only one of the runs asked for it"
_CALM = ("pass", "not-applicable")
_ORDER = {"new": 0, "repeated": 1, "changed": 2, "fixed": 3, "not comparable": 4}


class Seen(Value, frozen=True, kw_only=True):
    """The status of one check on one subject in a run."""

    subject: Subject
    status: Status


class Run(Value, frozen=True, kw_only=True):
    """What is compared of a run: statuses by check and subject, and windows in hours.

    `complete` is False where its evidence was not wholly read.
    """

    schema: str
    tool: str
    seen: Mapping[tuple[str, str], Seen]
    windows: Mapping[str, float | None]
    window_of: Mapping[str, str]
    complete: bool = True


def key_of(subject: Subject) -> str:
    """By what a subject is recognised in another run: an app's guid, else where it is and its name."""
    return subject.guid or "/".join(part for part in (subject.environment, subject.deployment, subject.name) if part)


def seen_in(observations: Iterable[Observation]) -> dict[tuple[str, str], Seen]:
    """The statuses of a run, by check and subject."""
    return {(row.check, key_of(row.subject)): Seen(subject=row.subject, status=row.status) for row in observations}


def compare(before: Run, after: Run, failing: Iterable[Failing] = ()) -> tuple[Difference, ...]:
    """Every check and subject that differs, or is outside in both; `failing` counts the months before.

    Who could not be judged before and is outside now has changed: nothing tells that it is new.
    """
    reasons = incomparable(before, after)
    months = {(row.check, key_of(row.subject)): row.months for row in failing}
    found = []
    for key in {**before.seen, **after.seen}:
        was, now = before.seen.get(key), after.seen.get(key)
        unread = UNREAD if now is None and not after.complete else ""
        unread = UNREAD_BEFORE if was is None and not before.complete else unread
        made = _difference(key, was, now, months.get(key, 1), reasons.get(key[0], unread))
        if made is not None:
            found.append(made)
    return ordered(found)


def since(
    before: MonthSummary,
    after: Sequence[Observation],
    windows: Mapping[str, float | None] = MappingProxyType({}),
    *,
    complete: bool = True,
) -> tuple[Difference, ...]:
    """The same against the month before, of which only what was outside is known.

    `windows` are those of `after` in hours, `complete` as in `Run`.
    """
    now = seen_in(after)
    reasons = _unlike(before, after, windows)
    months = {(row.check, key_of(row.subject)): row for row in before.failing}
    found = []
    for key in {**months, **now}:
        held, seen = months.get(key), now.get(key)
        was = Seen(subject=held.subject, status="fail") if held else None
        if was is None and (seen is None or seen.status != "fail"):
            continue
        reason = reasons.get(key[0], "" if seen is not None or complete else UNREAD)
        made = _difference(key, was, seen, held.months if held else 0, reason, absent=UNTOLD)
        if made is not None:
            found.append(made)
    return ordered(found)


def _unlike(before: MonthSummary, after: Iterable[Observation], windows: Mapping[str, float | None]) -> dict[str, str]:
    """By check, why a month cannot be compared with the one before."""
    asked = {(row.check, row.window or "") for row in after}
    reasons = dict.fromkeys({row.check for row in before.failing} - {check for check, _ in asked}, ONLY_ONE)
    for check, name in asked:
        if before.judged and check not in before.judged:
            reasons[check] = UNJUDGED
        if name in windows and name in before.windows and windows[name] != before.windows[name]:
            reasons[check] = _window_words(name, before.windows[name], windows[name])
    return reasons


def _window_words(name: str, before: float | None, after: float | None) -> str:
    told = " and ".join("none" if hours is None else f"{hours:g}" for hours in (before, after))
    return f"the window {name} is another: {told} hours"


def incomparable(before: Run, after: Run) -> dict[str, str]:
    """By check, why its verdicts in two runs cannot be compared."""
    asked = [{check for check, _ in run.seen} for run in (before, after)]
    if before.schema != after.schema:
        return dict.fromkeys(asked[0] | asked[1], "the runs are of different schemas")
    reasons = {}
    for check in asked[0] & asked[1]:
        windows = {run.window_of.get(check) for run in (before, after)} - {None}
        for name in windows:
            one, other = before.windows.get(name or ""), after.windows.get(name or "")
            if one != other:
                reasons[check] = _window_words(name or "", one, other)
    return reasons | dict.fromkeys(asked[0] ^ asked[1], ONLY_ONE)


def doubts(before: Run, after: Run) -> tuple[str, ...]:
    """What else than the applications may stand behind a difference: the tool, and what was not read."""
    found = []
    if before.tool != after.tool:
        found.append(f"made by different versions: {before.tool} and {after.tool}")
    found += [
        f"the {which} run was not wholly read"
        for which, run in (("earlier", before), ("later", after))
        if not run.complete
    ]
    return tuple(found)


def _difference(  # noqa: PLR0913  two sides, and what is known of them
    key: tuple[str, str], was: Seen | None, now: Seen | None, months: int, reason: str, *, absent: str = ABSENT
) -> Difference | None:
    subject = now.subject if now is not None else was.subject if was is not None else Subject(type="system")
    before, after = was.status if was else absent, now.status if now else GONE
    if reason:
        worth = "fail" in (before, after)
        return _made("not comparable", key, subject, (before, after), reason=reason) if worth else None
    if before != after and "unknown" in (before, after):
        return _made("changed", key, subject, (before, after), months=int(after == "fail"))
    if after == "fail":
        kind_months = ("repeated", months + 1) if before == "fail" else ("new", 1)
        return _made(kind_months[0], key, subject, (before, after), months=kind_months[1])
    if before == "fail" and after in (*_CALM, GONE):
        return _made("fixed", key, subject, (before, after), months=months, reason=GONE if after == GONE else "")
    return None


def _made(  # noqa: PLR0913  each is a column
    kind: str, key: tuple[str, str], subject: Subject, statuses: tuple[str, str], *, months: int = 0, reason: str = ""
) -> Difference:
    return Difference(
        kind=kind,  # type: ignore[arg-type]  # one of the words of Difference, given by the callers above
        check=key[0],
        subject=subject,
        before=statuses[0],
        after=statuses[1],
        months=months,
        reason=reason,
    )


def ordered(rows: Iterable[Difference]) -> tuple[Difference, ...]:
    """New first, then repeated, changed, fixed; by check and subject within."""
    return tuple(sorted(rows, key=lambda row: (_ORDER[row.kind], row.check, row.subject.label, key_of(row.subject))))
