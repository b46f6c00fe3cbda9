"""The one sentence that answers the question."""

from collections.abc import Mapping, Sequence

from collector.assessment.limits import limit_of
from collector.assessment.words import plural
from collector.model import AppCounts, ControlResult, Status, Window

_AGE = "app-restage-age"
_CURRENT = "buildpack-current"


def answer(  # noqa: PLR0913, PLR0917  everything that the sentence says
    apps: AppCounts,
    counts: Mapping[str, Mapping[Status, int]],
    windows: Mapping[str, Window],
    controls: Sequence[ControlResult],
    incomplete: str,
    patches: str = "",
) -> str:
    """Numbers first; what was not read is said before what was found out."""
    parts = [f"incomplete evidence ({incomplete})"] if incomplete else []
    words = limit_of(windows.get("restage")).words
    if apps.visible and _AGE in counts:
        parts.append(_ages(apps, counts[_AGE]["fail"], words))
    if apps.visible and _CURRENT in counts:
        parts.append(_behind(counts[_CURRENT]))
    if patches:
        parts.append(patches)
    if not {_AGE, _CURRENT} & counts.keys():
        parts.extend(control.sentence for control in controls)
    return "; ".join(parts)


def _ages(apps: AppCounts, outside: int, words: str) -> str:
    unknown = f", {apps.unknown} could not be judged" if apps.unknown else ""
    if not apps.assessed:
        visible = plural(apps.visible, "application")
        return f"none of {visible} could be held against the {words} restage window{unknown}"
    number = outside or "none"
    verb = "is" if outside == 1 or not outside else "are"
    return f"{number} of {plural(apps.assessed, 'application')} {verb} outside the {words} restage window{unknown}"


def _behind(counts: Mapping[Status, int]) -> str:
    fails, unknown = counts["fail"], counts["unknown"]
    verb = "runs" if fails == 1 else "run"
    behind = f"{fails or 'none'} {verb if fails else 'runs'} a buildpack that has been behind for longer"
    return behind + (f" ({unknown} not known)" if unknown else "")
