"""The platform in the results: stage times and figures as properties, and statements as what they are: examined."""

from collections.abc import Iterator, Mapping

from collector.model import Assessment, Attested, Interval, Observation
from collector.reports import oscal
from collector.reports.oscal import Json
from collector.reports.oscal_evidence import cites
from collector.reports.oscal_run import Run
from collector.reports.patching import STAGES, expired, subject_of, what_of


def methods(run: Run, *observed: Observation) -> list[str]:
    """TEST, but EXAMINE for what rests on a statement of an operator."""
    if not run.statements:
        return ["TEST"]
    answered = [seen for seen in observed if seen.status != "not-applicable"] or observed
    found = {
        "EXAMINE" if seen.check in oscal.BY_STATEMENT and not run.statements.isdisjoint(seen.evidence) else "TEST"
        for seen in answered
    }
    return sorted(found) or ["TEST"]


def stage_pairs(stages: Mapping[str, Interval | None]) -> Iterator[tuple[str, str]]:
    """The names and values of the stages that were reached: both ends of each, and how it is known."""
    for name in STAGES:
        interval = stages.get(name)
        if interval is not None:
            yield f"stage-{name}-not-before", oscal.instant(interval.not_before)
            yield f"stage-{name}-not-after", oscal.instant(interval.not_after)
            yield f"stage-{name}-source", interval.source


def figure_pairs(assessment: Assessment) -> Iterator[tuple[str, str]]:
    """The line on OS patches, and the figures of each latency; hours that are not known are left out."""
    yield "os-patches", assessment.patch_sentence
    for stage in assessment.stages:
        for word, number in (
            ("measured", stage.measured),
            ("inside", stage.inside if stage.window else None),
            ("open", stage.open),
            ("unknown", stage.unknown),
            ("p50-hours", stage.p50),
            ("p90-hours", stage.p90),
            ("max-hours", stage.most),
        ):
            if number is not None:
                yield f"latency-{stage.name}-{word}", str(number)


def statements(run: Run) -> Iterator[Json]:
    """One observation a statement. It has no result, no subject that it could make pass, and no risk."""
    for number, stated in enumerate(run.assessment.attested):
        yield _statement(run, number, stated)


def _statement(run: Run, number: int, stated: Attested) -> Json:
    late = expired(stated, run.assessment.as_of)
    about = f"{what_of(stated)}: {subject_of(stated)}"
    by = f"{stated.author} ({stated.party})" if stated.party else stated.author
    return oscal.compact(
        {
            "uuid": oscal.identifier("statement", run.system, run.key, str(number), stated.kind, subject_of(stated)),
            "title": oscal.markup(f"Stated by an operator: {about}"),
            "description": oscal.sentence(
                f"{about} at {oscal.instant(stated.at)}, as {by} states, examined and not tested",
                "The statement has expired" if late else "",
            ),
            "props": oscal.props(
                ("observation-kind", "attestation"),
                ("attestation-kind", stated.kind),
                ("author", stated.author),
                ("party", stated.party),
                ("written", str(stated.written)),
                ("period-from", str(stated.period_from)),
                ("period-to", str(stated.period_to)),
                ("expires", str(stated.expires)),
                ("expired", oscal.yes_no(late)),
                ("at", oscal.instant(stated.at)),
                ("environment", stated.environment),
                ("deployment", stated.deployment),
                ("stemcell-line", stated.line),
                ("stemcell-version", stated.version),
                ("image", stated.image),
                ("reference", stated.reference),
            ),
            "methods": ["EXAMINE"],
            "types": ["discovery"],
            "origins": run.origins,
            "relevant-evidence": cites(run, (stated.document,)) if stated.document else [],
            "collected": run.collected,
        }
    )
