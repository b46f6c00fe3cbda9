"""The observations: one aggregate for each check, and one for each subject that fails or is unknown; statements."""

from collections.abc import Iterator
from functools import partial

from collector.model import Measured, Observation
from collector.reports import oscal
from collector.reports.oscal import Branch, Json
from collector.reports.oscal_evidence import cites
from collector.reports.oscal_month import held_pairs
from collector.reports.oscal_platform import methods, stage_pairs, statements
from collector.reports.oscal_run import Group, Run
from collector.reports.patching import title_of


def observations(run: Run) -> Iterator[Json]:
    """All observations, check by check; every one of the assessment is in exactly one of them."""
    for group in run.groups.values():
        yield _aggregate(run, group)
        yield from map(partial(_single, run), group.single)
    yield from statements(run)


def _tested(run: Run, check: str, *observed: Observation) -> Json:
    return {
        "methods": methods(run, *observed),
        "types": ["control-objective" if check in run.objective_checks else "discovery"],
        "origins": run.origins,
    }


def _dates(run: Run) -> Json:
    return {"collected": run.collected, "expires": run.expires}


def _aggregate(run: Run, group: Group) -> Branch:
    counts = group.counts()
    told = (
        f"{counts['pass']} of {len(group.together) + len(group.single)} pass, {counts['fail']} fail, "
        f"{counts['unknown']} unknown, {counts['not-applicable']} not applicable"
    )
    words = ("pass", "fail", "unknown", "not-applicable", "waived")
    return Branch(
        {
            "uuid": run.aggregate_uuid(group.check),
            "title": oscal.markup(f"{group.check}: all subjects"),
            "description": oscal.sentence(run.assessment.checks.get(group.check, ""), told),
            "props": oscal.props(
                ("check-id", group.check),
                ("observation-kind", "aggregate"),
                *((word, str(counts[word])) for word in words),
            ),
            **_tested(run, group.check, *group.together),
            "subjects": (_subject(run, seen) for seen in group.together),
            "relevant-evidence": cites(run, (digest for seen in group.together for digest in seen.evidence)),
            **_dates(run),
        }
    )


def _single(run: Run, seen: Observation) -> Json:
    return oscal.compact(
        {
            "uuid": run.observation_uuid(seen),
            "title": oscal.markup(f"{seen.check}: {title_of(seen.subject)}"),
            "description": told_of(seen),
            "props": oscal.props(
                ("check-id", seen.check),
                ("observation-kind", "single"),
                ("result", seen.status),
                ("waived-by", seen.waived_by),
                ("window", seen.window),
                ("over-hours", None if seen.over_hours is None else str(seen.over_hours)),
                *_measured(seen.measured),
                *held_pairs(run, seen),
            ),
            **_tested(run, seen.check, seen),
            "subjects": [_subject(run, seen)],
            "relevant-evidence": cites(run, seen.evidence),
            **_dates(run),
        }
    )


def _measured(measured: Measured | None) -> tuple[tuple[str, str], ...]:
    if measured is None:
        return ()
    return (
        ("measured-hours", str(measured.hours)),
        ("measured-not-before", oscal.instant(measured.not_before)),
        ("measured-not-after", oscal.instant(measured.not_after)),
        ("measured-source", measured.source),
        *stage_pairs(measured.stages),
    )


def _subject(run: Run, seen: Observation) -> Json:
    reference: Json = {
        "subject-uuid": oscal.subject_uuid(run.system, seen.subject),
        "type": oscal.subject_type(seen.subject),
        "title": oscal.markup(title_of(seen.subject)) or "(no name)",
        "props": oscal.props(("result", seen.status)),
    }
    if seen.status == "pass" and seen.measured is not None and seen.measured.stages:
        # Who passes has no observation of its own to hold the times that prove it.
        reference["props"] += oscal.props(
            ("measured-hours", str(seen.measured.hours)), *stage_pairs(seen.measured.stages)
        )
    if seen.status == "not-applicable" and seen.detail:
        reference["remarks"] = oscal.paragraph(seen.detail)
    return reference


def told_of(seen: Observation) -> str:
    """What was seen, in the words of the observation."""
    return oscal.sentence(seen.detail) or oscal.sentence(f"{seen.check}: {seen.status}")
