"""What several reports show of the patches below the applications: the order and the words, never a verdict."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from collector.model import Assessment, Attested, Interval, PatchLine, StageFigures, StemcellLine, Subject
from collector.reports.words import HOURS_PER_DAY, days

# The stages of a patch in their order, each with the words for the instant that it was reached.
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "published": "Notice published",
        "released": "Stemcell released",
        "staging": "In staging",
        "production": "In production",
        "restarted": "Apps restarted",
    }
)
# The latencies between them.
LATENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "packaging": "Notice to stemcell",
        "staging": "Stemcell to staging",
        "deployment": "Stemcell to production",
        "total": "Notice to production",
    }
)
# From which stage to which.
ENDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "packaging": ("published", "released"),
        "staging": ("released", "staging"),
        "deployment": ("released", "production"),
        "total": ("published", "production"),
    }
)


def observed(assessment: Assessment) -> bool:
    """Tell whether there is anything to show of the platform; where not, no report has a word of it."""
    lists = (assessment.patches, assessment.stemcells, assessment.stages, assessment.attested)
    return bool(assessment.patch_sentence) or any(lists)


def title_of(subject: Subject) -> str:
    """A subject's label, with the place where a stemcell runs: the same one may run in several."""
    if subject.type != "stemcell":
        return subject.label
    place = " ".join(filter(None, (subject.environment, subject.deployment)))
    return f"{subject.label} in {place}" if place else subject.label


def name_of(subject: Subject) -> str:
    """The bare name, which for a stemcell is not enough."""
    return title_of(subject) if subject.type == "stemcell" else subject.name


def of_platform(subject: Subject) -> bool:
    """Tell whether a subject belongs to the platform and not to a space."""
    return subject.type in {"notice", "stemcell"}


def worst_patches(assessment: Assessment) -> list[PatchLine]:
    """Give the notices that are flagged or not assessed, in the order of the assessment."""
    return [line for line in assessment.patches if line.flags or line.status in {"fail", "unknown"}]


def worst_stemcells(assessment: Assessment) -> list[StemcellLine]:
    """Likewise the stemcells."""
    return [line for line in assessment.stemcells if line.flags or line.status in {"fail", "unknown"}]


def open_words(line: PatchLine) -> str:
    """What has not come to its end, in words; "" where nothing is open."""
    return ", ".join(LATENCIES.get(name, name).lower() for name in line.open)


def sentence(assessment: Assessment) -> str:
    """Give the line on OS patches; "" where the answer says it already."""
    said = assessment.patch_sentence
    return "" if said in assessment.answer else said


def answer_lines(assessment: Assessment) -> list[str]:
    """Give the answer, and on a line of its own what it says of OS patches."""
    said, answer = assessment.patch_sentence, assessment.answer
    if said:
        answer = "; ".join(part for part in answer.replace(said, "").split("; ") if part)
    return [line for line in (answer, said) if line]


def live_in(line: StemcellLine) -> tuple[str, str]:
    """The stage at which a stemcell is live in this very deployment, and the latency from its release to that."""
    return ("production", "deployment") if line.subject.environment == "production" else ("staging", "staging")


def figure_words(figure: StageFigures) -> str:
    """One latency over all patches as a phrase, in days."""
    told = [f"{figure.measured} measured"]
    if figure.window is not None:
        told.append(f"{figure.inside} inside their window")
    told += [f"{number} {word}" for number, word in ((figure.open, "open"), (figure.unknown, "not known")) if number]
    told += [
        f"{word} {days(hours)} d"
        for word, hours in (("p50", figure.p50), ("p90", figure.p90), ("longest", figure.most))
        if hours is not None
    ]
    return ", ".join(told)


def latency_days(line: PatchLine | StemcellLine, name: str) -> str:
    """A latency in days, with ≥ where the interval is so wide that another number could stand here; "" if unknown."""
    least = line.hours.get(name)
    if least is None:
        return ""
    width = sum(_hours(line.stages.get(end)) for end in ENDS.get(name, ()))
    return f"{'' if days(least) == days(least + width) else '≥'}{days(least)}"


def _hours(interval: Interval | None) -> float:
    return 0.0 if interval is None else (interval.not_after - interval.not_before) / timedelta(hours=1)


def day_of(stages: Mapping[str, Interval | None], name: str) -> str:
    """The day by which a stage was surely reached; "" where it was not, or is not known."""
    found = stages.get(name)
    return "" if found is None else f"{found.not_after:%Y-%m-%d}"


def in_days(hours: float | None) -> float | None:
    """Hours as days."""
    return None if hours is None else hours / HOURS_PER_DAY


def expired(attested: Attested, as_of: datetime) -> bool:
    """A statement is good to the end of the day on which it expires, in UTC, as is every instant here."""
    return as_of.date() > attested.expires


def subject_of(attested: Attested) -> str:
    """What a statement is about."""
    if attested.kind == "image-scanned":
        return attested.image
    place = " ".join(filter(None, (attested.environment, attested.deployment)))
    return f"{attested.line}/{attested.version}" + (f" in {place}" if place else "")


def what_of(attested: Attested) -> str:
    """What it says of that."""
    return "image scanned" if attested.kind == "image-scanned" else "stemcell live"


def statements(assessment: Assessment) -> Iterator[str]:
    """Give each statement as one sentence that nobody can take for a test."""
    for each in assessment.attested:
        late = ", EXPIRED" if expired(each, assessment.as_of) else ""
        party = f" ({each.party})" if each.party else ""
        yield (
            f"examined, not tested: {what_of(each)}: {subject_of(each)} at {each.at:%Y-%m-%d %H:%M} UTC, stated by "
            f"{each.author}{party} on {each.written} for {each.period_from} to {each.period_to}, "
            f"expires {each.expires}{late}"
        )
