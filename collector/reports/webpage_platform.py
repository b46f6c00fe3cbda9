"""What the page shows of the platform: counted and cut here, drawn by platform.html.j2."""

from typing import Any, NamedTuple

from collector.model import Assessment, Attested, PatchLine, StageFigures, StemcellLine
from collector.reports.patching import (
    LATENCIES,
    STAGES,
    expired,
    latency_days,
    live_in,
    observed,
    subject_of,
    what_of,
)
from collector.reports.timeline import MOST_ROWS, WIDTH, WORDS, Timeline, timeline


class Platform(NamedTuple):
    """The parts of the section; patches and stemcells are those that are listed."""

    timeline: Timeline | None
    sentence: str
    patches: tuple[PatchLine, ...]
    stemcells: tuple[StemcellLine, ...]
    stages: tuple[StageFigures, ...]
    statements: tuple[tuple[Attested, bool], ...]


def platform_view(assessment: Assessment, shown: int) -> Platform | None:
    """Everything that the section names, or None where there is nothing of the platform to show."""
    if not observed(assessment):
        return None
    return Platform(
        timeline=timeline(assessment.patches, assessment.windows.get("os-patch"), assessment.as_of),
        sentence=assessment.patch_sentence,
        patches=assessment.patches[:shown],
        stemcells=assessment.stemcells[:shown],
        stages=assessment.stages,
        statements=tuple((stated, expired(stated, assessment.as_of)) for stated in assessment.attested),
    )


NAMES: dict[str, Any] = {
    "stage_names": STAGES,
    "latency_names": LATENCIES,
    "latency_days": latency_days,
    "live_in": live_in,
    "what_of": what_of,
    "subject_of": subject_of,
    "timeline_rows": MOST_ROWS,
    "timeline_width": WIDTH,
    "timeline_words": WORDS,
}
