"""Whether the recorded inventory is what runs."""

from collections.abc import Iterator, Sequence
from typing import Final

from collector.assessment.checks.evidence import Scene, own_digest
from collector.assessment.checks.looks import READER
from collector.assessment.judgement import Judgement, failed, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.staging import SKEW
from collector.assessment.words import duration, plural

APPROVED: Final = "buildpack-approved"

BASELINE_CHECKS: Final = (APPROVED, "settings-in-effect", "ssh-as-declared")
"""What compares an app with the recorded baseline."""

_DIRECTOR: Final = "bosh-"
_NOTHING_RUNS: Final = not_applicable("nothing runs that the baseline speaks for")


def inventory_accurate(scene: Scene, _limit: Limit) -> Judgement:
    """What runs equals the recorded baseline, the walk over the applications was consistent, and the clocks agree.

    Every application is compared with the declared baseline and with its own settings. As many applications must have
    been listed as were counted, and the clocks of Cloud Controller and of each BOSH director must be within five
    minutes of the collecting machine's; otherwise what was recorded may not be what runs, and the verdict is unknown.
    """
    absent = without_baseline(scene)
    if absent is not None or APPROVED not in scene.compared:
        return absent or not_applicable("what runs was not compared with the baseline")
    fails = [_differing(name, verdicts) for name, verdicts in _compared(scene)]
    if any(fails):
        baseline = scene.declared.baseline
        when = f" of {baseline.declared}" if baseline else ""
        detail = f"not as the baseline{when} records: {'; '.join(filter(None, fails))}"
        step = "mend what differs, or have the baseline reviewed and changed"
        return failed(detail, step, evidence=own_digest(scene))
    if scene.seen == 0:
        return unknown("no application is visible", unread=True)
    return _doubted(scene) or (passed(own_digest(scene)) if _spoken(scene) else _NOTHING_RUNS)


def without_baseline(scene: Scene) -> Judgement | None:
    """The verdict where no baseline was declared by the instant asked about."""
    baseline = scene.declared.baseline
    if baseline is None:
        return not_applicable("no baseline is declared")
    if baseline.declared > scene.as_of.date():
        return not_applicable("the baseline was declared after the instant asked about")
    return None


def _compared(scene: Scene) -> list[tuple[str, Sequence[Judgement]]]:
    return [(name, scene.compared.get(name, ())) for name in BASELINE_CHECKS]


def _spoken(scene: Scene) -> bool:
    """Whether the baseline speaks for anything that runs."""
    return any(verdict.status == "pass" for verdict in scene.compared[APPROVED])


def _differing(name: str, verdicts: Sequence[Judgement]) -> str:
    fails = sum(verdict.status == "fail" for verdict in verdicts)
    return f"{name}: {fails} of {plural(len(verdicts), 'application')}" if fails else ""


def _doubted(scene: Scene) -> Judgement | None:
    """The verdict where what was recorded may not be what runs, None without a doubt."""
    unclear = [row for _, verdicts in _compared(scene) for row in verdicts if row.status == "unknown"]
    doubts = [f"{plural(len(unclear), 'comparison')} could not be made: {unclear[0].detail}"] if unclear else []
    doubts += [*_inconsistent(scene), *_skewed(scene)]
    if not doubts:
        return None
    unread = scene.facts.apps_counted is None or any(row.unread for row in unclear)
    return unknown("; ".join(doubts), "collect snapshot", unread=unread, evidence=own_digest(scene))


def _inconsistent(scene: Scene) -> Iterator[str]:
    found, counted = scene.facts.apps_listed, scene.facts.apps_counted
    if counted is None:
        yield "the number of applications was not read"
    elif counted != found:
        yield f"{plural(found, 'application')} listed, {counted} counted: the walk was not consistent"


def _skewed(scene: Scene) -> Iterator[str]:
    """The sources of what runs whose clock is too far from ours; that of the reader must have been seen.

    A feed is left out: its answers come through caches, which keep the date at which they were made.
    """
    skews = {row.name: row.clock_skew_seconds for row in scene.snapshot.sources}
    if skews.get(READER) is None:
        yield f"the clock of {READER} was not compared with the collecting machine's"
    for name, skew in skews.items():
        own = name == READER or name.startswith(_DIRECTOR)
        if own and skew is not None and abs(skew) > SKEW.total_seconds():
            way = "ahead of" if skew > 0 else "behind"
            yield f"the clock of {name} is {duration(abs(skew))} {way} the collecting machine's"
