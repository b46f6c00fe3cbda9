"""The observations: one aggregate for each check, and one for each subject that fails or is unknown."""

from collections.abc import Iterator
from functools import partial

from collector.model import Observation
from collector.reports import oscal
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_run import Group, Run
from collector.reports.oscal_subjects import cites


def observations(run: Run) -> Iterator[Json]:
    """All observations, check by check; every one of the assessment is in exactly one of them."""
    for group in run.groups.values():
        yield _aggregate(run, group)
        yield from map(partial(_single, run), group.single)


def _frame(run: Run, uuid: str, check: str) -> Branch:
    """What both kinds of observation have; the dates come last."""
    return Branch(
        {
            "uuid": uuid,
            "methods": ["TEST"],
            "types": ["control-objective" if check in run.objective_checks else "discovery"],
            "origins": run.origins,
            "collected": run.collected,
            "expires": run.expires,
        }
    )


def _aggregate(run: Run, group: Group) -> Branch:
    counts = group.counts()
    total = len(group.together) + len(group.single)
    told = (
        f"{counts['pass']} of {total} pass, {counts['fail']} fail, {counts['unknown']} unknown, "
        f"{counts['not-applicable']} not applicable"
    )
    observation = _frame(run, run.aggregate_uuid(group.check), group.check)
    observation["title"] = oscal.markup(f"{group.check}: all subjects")
    observation["description"] = oscal.sentence(run.assessment.checks.get(group.check, ""), told)
    observation["props"] = oscal.props(
        ("check-id", group.check),
        ("observation-kind", "aggregate"),
        *((word, str(counts[word])) for word in ("pass", "fail", "unknown", "not-applicable", "waived")),
    )
    observation["subjects"] = (_subject(run, seen) for seen in group.together)
    observation["relevant-evidence"] = cites(run, (digest for seen in group.together for digest in seen.evidence))
    return observation


def _subject(run: Run, seen: Observation) -> Json:
    reference: Json = {
        "subject-uuid": oscal.subject_uuid(run.system, seen.subject),
        "type": oscal.subject_type(seen.subject),
        "title": oscal.markup(seen.subject.label) or "(no name)",
        "props": oscal.props(("result", seen.status)),
    }
    if seen.status == "not-applicable" and seen.detail:
        reference["remarks"] = oscal.paragraph(seen.detail)
    return reference


def _single(run: Run, seen: Observation) -> Json:
    observation = _frame(run, run.observation_uuid(seen), seen.check)
    measured = seen.measured
    observation["title"] = oscal.markup(f"{seen.check}: {seen.subject.label}")
    observation["description"] = told_of(seen)
    observation["props"] = oscal.props(
        ("check-id", seen.check),
        ("observation-kind", "single"),
        ("result", seen.status),
        ("waived-by", seen.waived_by),
        ("window", seen.window),
        ("over-hours", None if seen.over_hours is None else str(seen.over_hours)),
        *(
            ()
            if measured is None
            else (
                ("measured-hours", str(measured.hours)),
                ("measured-not-before", oscal.instant(measured.not_before)),
                ("measured-not-after", oscal.instant(measured.not_after)),
                ("measured-source", measured.source),
            )
        ),
    )
    observation["subjects"] = [_subject(run, seen)]
    observation["relevant-evidence"] = cites(run, seen.evidence)
    return oscal.compact(observation)


def told_of(seen: Observation) -> str:
    """What was seen, in the words of the observation."""
    return oscal.sentence(seen.detail or f"{seen.check}: {seen.status}")
