"""The one sentence that answers the question."""

from collections.abc import Mapping, Sequence

from collector.assessment.limits import limit_of
from collector.assessment.words import plural
from collector.model import AppCounts, ControlResult, Status, Window
from collector.model.base import Value

_AGE = "app-restage-age"
_CURRENT = "buildpack-current"


class Said(Value, frozen=True, kw_only=True):
    """What the sentence says. `incomplete` says why the evidence is not enough, or "".

    `counts` are by check, over all of a `month` (its words, or ""), `still` the fails at its end, `waived` those that
    are accepted.
    """

    apps: AppCounts
    counts: Mapping[str, Mapping[Status, int]]
    windows: Mapping[str, Window]
    controls: Sequence[ControlResult]
    incomplete: str = ""
    patches: str = ""
    waived: Mapping[str, int] = {}
    month: str = ""
    still: Mapping[str, int] = {}


def answer(said: Said) -> str:
    """Numbers first; what was not read is said before what was found out."""
    parts = [f"incomplete evidence ({said.incomplete})"] if said.incomplete else []
    if said.apps.visible and _AGE in said.counts:
        parts.append(_ages_of_month(said) if said.month else _ages(said))
    if said.apps.visible and _CURRENT in said.counts:
        parts.append(_behind(said))
    if said.patches:
        parts.append(said.patches)
    if not {_AGE, _CURRENT} & said.counts.keys():
        parts.extend(control.sentence for control in said.controls)
    rest = sum(number for name, number in said.waived.items() if not said.apps.visible or name not in (_AGE, _CURRENT))
    if rest:
        parts.append(f"{plural(rest, 'other fail')} accepted")
    return "; ".join(parts)


def _ages(said: Said) -> str:
    apps, outside = said.apps, said.counts[_AGE]["fail"]
    words = limit_of(said.windows.get("restage")).words
    unknown = f", {apps.unknown} could not be judged" if apps.unknown else ""
    if not apps.assessed:
        visible = plural(apps.visible, "application")
        return f"none of {visible} could be held against the {words} restage window{unknown}"
    number = outside or "none"
    verb = "is" if outside == 1 or not outside else "are"
    of = plural(apps.assessed, "application")
    return f"{number} of {of} {verb} outside the {words} restage window{_accepted(said, _AGE)}{unknown}"


def _ages_of_month(said: Said) -> str:
    """At any time of the month; how many still were at its end, and of how many not all of it is known."""
    counts, words = said.counts[_AGE], limit_of(said.windows.get("restage")).words
    outside, unknown = counts["fail"], counts["unknown"]
    held = plural(outside + counts["pass"] + unknown, "application")
    if not outside + counts["pass"] + unknown:
        return f"In {said.month} no application could be held against the {words} restage window"
    verb = "was" if outside == 1 or not outside else "were"
    sentence = f"In {said.month} {outside or 'none'} of {held} {verb} outside the {words} restage window"
    sentence += _accepted(said, _AGE)
    still = said.still.get(_AGE, 0)
    if outside:
        sentence += f", {still or 'none'} still {'are' if still > 1 else 'is'}"
    return sentence + (f", {unknown} could not be judged throughout" if unknown else "")


def _behind(said: Said) -> str:
    counts = said.counts[_CURRENT]
    fails, unknown = counts["fail"], counts["unknown"]
    accepted = _accepted(said, _CURRENT)
    if said.month:
        behind = f"{fails or 'none'} ran a buildpack that had been behind for longer{accepted}"
        return behind + (f" ({unknown} not known throughout)" if unknown else "")
    verb = "runs" if fails == 1 else "run"
    behind = f"{fails or 'none'} {verb if fails else 'runs'} a buildpack that has been behind for longer{accepted}"
    return behind + (f" ({unknown} not known)" if unknown else "")


def _accepted(said: Said, check: str) -> str:
    number = said.waived.get(check, 0)
    return f" ({number} accepted)" if number else ""
