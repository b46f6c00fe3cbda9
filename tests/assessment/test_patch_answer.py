"""The provider's whole answer: scope, exit codes, coverage, parts, topics and sentences."""

from datetime import timedelta

import pytest

from collector.assessment import Declared, needs, platform_needs
from collector.model import Gap, Interval, PlatformFacts, Reach, SourceRecord, System
from tests.assessment.builders import (
    CATALOG,
    HOUR,
    NOW,
    PYTHON,
    TOPICS,
    ago,
    app,
    assessed,
    change,
    droplet,
    facts,
    pack,
    snapshot,
    upload,
)
from tests.assessment.platform_builders import (
    CF_STAGING,
    FEEDS,
    Run,
    director,
    notice,
    observed,
    platform,
    provided,
    release,
    vm,
)

OLD = Run(ago(60) - HOUR, ago(60), "1.100")
NEW = Run(ago(18) - HOUR, ago(18), "1.101")
BOTH = System(scope="both", leveraged="cloud.gov P-ATO")


def healthy(**changes):
    """Production and staging with one patch, tested and in time."""
    own = [
        director([OLD, NEW], vms=(vm("1.101", ago(18)),)),
        director(
            [OLD, Run(ago(18.5) - HOUR, ago(18.5), "1.101")],
            "staging",
            CF_STAGING,
            vms=(vm("1.101", ago(18.5), deployment=CF_STAGING),),
        ),
    ]
    values = {
        "releases": (release("1.100", ago(70)), release("1.101", ago(19), "USN-1-1")),
        "notices": (notice("USN-1-1", ago(20)),),
    }
    return platform(own, **(values | changes))


def test_provider_whose_patches_are_in_time_is_satisfied() -> None:
    """Nothing is flagged, nothing is missing, and no application is asked for."""
    answer = provided(healthy(), "SI-2", "CM-2", "SI-2(3)")
    assert (answer.exit_code, answer.coverage.complete) == (0, True)
    assert {row.id: row.parts["provider"] for row in answer.controls} == {
        "CM-2": "satisfied",
        "SI-2": "satisfied",
        "SI-2(3)": "satisfied",
    }
    assert answer.patch_sentence == "OS patches: 1 of 1 in production within 4 days"
    assert answer.answer.startswith("OS patches: 1 of 1 in production within 4 days; ")


@pytest.mark.parametrize("topic", ["directors/production", "directors/staging", "notices", "stemcell-releases"])
def test_source_that_was_not_wholly_read_makes_the_provider_incomplete(topic) -> None:
    """Exit code 3, no objective satisfied by it, and the reason in the answer."""
    below = healthy()
    answer = provided(change(below, read=below.read - {topic}))
    assert (answer.exit_code, answer.controls[0].parts["provider"]) == (3, "not-assessed")
    assert answer.answer.startswith("incomplete evidence (")


def test_reason_of_an_unread_source_is_that_of_its_gap() -> None:
    """What the snapshot says of it."""
    below = healthy()
    below = change(below, read=below.read - {"directors/production"})
    gap = Gap(what="events-deployments", reason="401 Require one of the scopes: bosh.read", http_status=401)
    record = SourceRecord(name="bosh-production", endpoint="", requests=1, documents=0, gaps=(gap,))
    answer = provided(below, snapshot=snapshot(sources=(record,)))
    words = "director of production not wholly read: 401 Require one of the scopes: bosh.read"
    assert words in answer.answer


def test_gap_of_a_director_is_none_of_cloud_controller() -> None:
    """Both have events; they are not the same."""
    gap = Gap(what="events", reason="pruned")
    record = SourceRecord(name="bosh-production", endpoint="", requests=1, documents=1, gaps=(gap,))
    known = facts([app()], [droplet()])
    base = snapshot()
    answer = assessed(known, "SI-2", snapshot=change(base, sources=(*base.sources, record)))
    assert (answer.exit_code, [row.status for row in answer.coverage.sources]) == (0, ["complete", "partial"])


def test_customer_is_not_asked_for_directors() -> None:
    """Notices and stemcells are no subjects of a customer's report."""
    answer = assessed(facts([app()], [droplet()]), "SI-2", platform=healthy())
    assert (answer.exit_code, answer.patches, answer.stemcells, answer.stages) == (0, (), (), ())
    assert (answer.patch_sentence, answer.controls[0].parts) == ("", {"customer": "satisfied", "provider": "inherited"})
    assert {row.subject.type for row in answer.observations} == {"app"}


def test_parts_have_their_own_verdicts() -> None:
    """A provider's breach does not make the customer's part not satisfied; the objective counts both."""
    late = healthy(notices=(notice("USN-1-1", ago(49)),), releases=(release("1.101", ago(48), "USN-1-1"),))
    answer = assessed(facts([app()], [droplet()]), "SI-2", platform=late, system=BOTH)
    control = answer.controls[0]
    assert control.parts == {"customer": "satisfied", "provider": "not-satisfied"}
    assert {row.id: row.status for row in control.objectives}["si-2_obj.c-1"] == "not-satisfied"


def test_objective_of_a_customer_names_what_is_inherited() -> None:
    """The platform's part of it is not observed."""
    answer = assessed(facts([app()], [droplet()]), "SI-2")
    reasons = {row.id: row.reason for row in answer.controls[0].objectives}
    assert reasons["si-2_obj.c-1"].endswith("the platform's part is inherited from cloud.gov P-ATO, not observed here")


def stretch(first, last, since, until, uuid="uuid-production", reason=""):
    """One harvest without events."""
    reach = Reach(after_id=first, upto_id=last, since=since, until=until, reason=reason)
    return change(director([], uuid=uuid), reach=reach)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (
            stretch(20, 30, ago(2), NOW),
            "not seen between 2026-11-17T12:00:00Z and 2026-11-18T12:00:00Z: its events were",
        ),
        (stretch(0, 9, ago(2), NOW, uuid="new"), "2026-11-18T12:00:00Z: the director was created anew"),
        (stretch(20, 30, ago(2), NOW, reason="pruned beyond"), "2026-11-18T12:00:00Z: pruned beyond"),
        (stretch(10, 30, ago(3), NOW), ""),
        (stretch(10, 30, ago(3), ago(1)), "not looked at since 2026-11-19T12:00:00Z, 24.0 hours before"),
    ],
    ids=["pruned", "created anew", "with its reason", "goes on", "not looked at"],
)
def test_gaps_in_the_history_of_a_director_are_told(second, words) -> None:
    """With both instants."""
    first = stretch(0, 10, None, ago(3))
    for order in ((first, second), (second, first)):
        answer = provided(healthy(directors=order))
        gaps = next(row.gaps for row in answer.coverage.sources if row.name == "bosh-production")
        assert len(gaps) == bool(words)
        assert all(words in gap.reason and gap.http_status is None for gap in gaps)


def test_history_that_begins_in_the_period_is_told() -> None:
    """What was before is not seen."""
    answer = provided(healthy(directors=(stretch(5, 10, ago(21), NOW),)))
    gaps = next(row.gaps for row in answer.coverage.sources if row.name == "bosh-production")
    assert [gap.reason for gap in gaps] == ["not seen before 2026-10-30T12:00:00Z, which is 10.0 days of the period"]


def test_gap_of_a_feed_stands_with_its_source() -> None:
    """Those that only reading found, too."""
    gap = Gap(what="notices", reason="listed by a stemcell and not found", subjects=("USN-7-1",))
    answer = provided(healthy(gaps=(gap,)))
    assert {row.name: row.gaps for row in answer.coverage.sources}["notices"] == (gap,)


def test_topics_follow_the_scope() -> None:
    """A customer needs no notices, and a question on settings no feed at all."""
    asked = ["SI-2"]
    assert platform_needs(asked, CATALOG, Declared(), "provider") >= {"directors", "notices", "exploited"}
    assert "exploited" not in platform_needs(asked, CATALOG, Declared(), "customer")
    assert platform_needs(["CM-6"], CATALOG, Declared(), "both") == frozenset()
    assert needs(asked, CATALOG, Declared(), "customer") == TOPICS - {"ssh"}
    assert needs(asked, CATALOG, Declared(), "provider") == {"apps", "spaces", "droplets", "tasks"}


def test_earlier_snapshots_are_named_newest_first() -> None:
    """The one that is judged comes before all."""
    older = change(snapshot(), id="older", taken_at=ago(1))
    answer = provided(healthy(), earlier=(older,))
    assert [row.id for row in answer.snapshots] == ["snap", "older"]


RESTAGED = facts([app()], [droplet(created_at=ago(5))], events=[upload(ago(9))])


@pytest.mark.parametrize(
    ("known", "below", "status"),
    [
        (RESTAGED, PlatformFacts(), "pass"),
        (change(RESTAGED, events={}), PlatformFacts(), "unknown"),
        (
            change(RESTAGED, events={}, buildpacks=(change(PYTHON, updated_at=ago(32)),)),
            PlatformFacts(),
            "not-applicable",
        ),
        (facts([app()], [droplet(created_at=ago(32))], events=[upload(ago(33))]), PlatformFacts(), "not-applicable"),
        (facts([app()], [droplet(buildpacks=(pack(version="1.8.1"),))]), PlatformFacts(), "not-applicable"),
    ],
    ids=["measured", "unmeasured", "routine", "earlier", "not remediated"],
)
def test_time_to_remediate_is_measured_for_every_restage_of_the_period(known, below, status) -> None:
    """From the offer of a buildpack to the staging that took it up."""
    seen = observed(assessed(known, "SI-2(3)", platform=below), "latency-measured")
    assert seen.status == status


def test_first_snapshot_with_a_file_measures_to_within_an_hour() -> None:
    """An offer known to lie between two snapshots an hour apart is measured."""
    known = change(RESTAGED, events={})
    key = (PYTHON.guid, PYTHON.filename or "")
    for width, status in ((timedelta(hours=1), "pass"), (timedelta(hours=1, seconds=1), "unknown")):
        seen = Interval(not_before=ago(9) - width, not_after=ago(9), source="first snapshot that showed the file")
        below = PlatformFacts(first_seen={key: seen})
        assert observed(assessed(known, "SI-2(3)", platform=below), "latency-measured").status == status


def test_each_part_has_its_own_verdict_on_measuring() -> None:
    """An unmeasured restage leaves the provider's part satisfied."""
    answer = assessed(change(RESTAGED, events={}), "SI-2(3)", platform=healthy(), system=BOTH)
    control = answer.controls[0]
    assert (control.parts["customer"], control.parts["provider"]) == ("not-assessed", "satisfied")
    assert next(row for row in control.objectives if row.id == "si-2.3_obj.a").status == "not-assessed"


def test_provider_who_was_not_read_measured_nothing() -> None:
    """Nothing read, nothing shown."""
    answer = provided(PlatformFacts(configured=frozenset(FEEDS)), "SI-2(3)")
    assert (answer.exit_code, answer.controls[0].parts["provider"]) == (3, "not-assessed")
