"""Whether the time to remediate was measured."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from collector.assessment.checks.evidence import Scene
from collector.assessment.judgement import Judgement, not_applicable, passed, unknown, worst
from collector.assessment.limits import Limit
from collector.assessment.patching.records import PatchRecord
from collector.assessment.words import plural
from collector.model import Part, Status, Subject

EXACT: Final = timedelta(hours=1)
"""How exactly both ends of a time must be known for it to count as measured."""


SHOWN: Final = 10
"""How many names a sentence holds."""


def latency_measured(scene: Scene, _limit: Limit) -> Judgement:
    """The time from identification to remediation was measured for every remediation of the period.

    A customer's remediation is an application that was restaged in the period to the platform's version of a
    buildpack after that version was offered; its time counts from the offer to the staging. The provider's is a patch
    that went live in production in the period; its time counts from the published patch. Of each application and each
    patch the last one of the period is measured. Both ends must be known to within an hour. Those that are not are
    listed; without any remediation there is nothing to measure.
    """
    verdicts: dict[Part, tuple[Status, str]] = {}
    if "customer" in scene.parts:
        verdicts["customer"] = _said(scene.restaged, scene.unmeasured, "restage")
    if "provider" in scene.parts and scene.below:
        verdicts["provider"] = "unknown", scene.below
    elif "provider" in scene.parts:
        done, missing = _patched(scene.patches)
        verdicts["provider"] = _said(done, missing, "patch", "patches")
    status = worst(row[0] for row in verdicts.values())
    detail = "; ".join(text for found, text in verdicts.values() if found == status and text)
    parts = tuple((part, found) for part, (found, _) in verdicts.items())
    base = passed() if status == "pass" else unknown(detail) if status == "unknown" else not_applicable(detail)
    unread = status == "unknown" and "provider" in scene.parts and bool(scene.below)
    return Judgement(status=base.status, detail=base.detail, unread=unread, parts=parts)


def _said(done: int, missing: Sequence[Subject], noun: str, nouns: str = "") -> tuple[Status, str]:
    if missing:
        total = plural(done + len(missing), noun, nouns)
        rest = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        names = ", ".join(subject.label for subject in missing[:SHOWN])
        return "unknown", f"the time of {len(missing)} of {total} was not measured exactly: {names}{rest}"
    if not done:
        return "not-applicable", f"no {noun} of the period is known"
    return "pass", ""


def _patched(records: Iterable[PatchRecord]) -> tuple[int, list[Subject]]:
    done, missing = 0, []
    for record in records:
        if record.apart is not None:
            continue
        ends = [patch.production for patch in record.lines]
        if any(end.open for end in ends):
            continue
        exact = all(end.interval and end.interval.not_after - end.interval.not_before <= EXACT for end in ends)
        if not exact:
            missing.append(record.subject)
        elif max(end.interval.not_after for end in ends if end.interval) >= record.board.since:
            done += 1
    return done, missing
