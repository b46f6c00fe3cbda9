"""The platform in the OSCAL documents."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from collector.model import Subject
from collector.reports import oscal_plan, oscal_results
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import CONTROL, LONG, SCRIPT
from tests.reports.oscal_reading import (
    SCHEMAS,
    Json,
    catalog_objectives,
    plan,
    prop,
    rendered,
    result,
    results,
    schema_faults,
)
from tests.reports.platform_builders import ATTESTATION, many_patches, platform_assessment


@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_both_documents_fit_the_schema(version: str, schema: str) -> None:
    """With notices, stemcells, stages and statements, hostile ones among them."""
    context = Context(oscal_version=version)
    assert schema_faults(results(platform_assessment(), context), schema) == []
    assert schema_faults(plan(platform_assessment(), context), schema) == []


def test_both_documents_have_no_fault_that_a_schema_misses() -> None:
    """Every reference resolves, every name is in its namespace."""
    tested = plan(platform_assessment())
    assert faults(tested, objectives=catalog_objectives()) == []
    assert faults(results(platform_assessment()), imports=[tested], objectives=catalog_objectives()) == []


@pytest.mark.parametrize("name", [SCRIPT, CONTROL, LONG, "=1+1", "a\nb", " ", "\ud800"])
def test_hostile_notices_and_statements_fit_the_schema(name: str) -> None:
    """Whatever a feed or an operator writes, the document stays valid."""
    example = platform_assessment()
    seen = next(each for each in example.observations if each.check == "os-patch-latency")
    hostile = msgspec.structs.replace(seen, subject=Subject(type="notice", name=name), detail=name, next_step=name)
    stated = msgspec.structs.replace(example.attested[0], author=name, party=name, reference=name, line=name)
    sources = (*example.coverage.sources, msgspec.structs.replace(example.coverage.sources[0], name=name or "x"))
    assessment = platform_assessment(
        observations=(*example.observations, hostile),
        attested=(stated,),
        patch_sentence=name,
        coverage=msgspec.structs.replace(example.coverage, sources=sources),
    )
    assert schema_faults(results(assessment), SCHEMAS[1][1]) == []
    assert schema_faults(plan(assessment), SCHEMAS[1][1]) == []


def _observation(title: str, assessment: Any = None) -> Json:
    found = result(assessment or platform_assessment())["observations"]
    (one,) = [each for each in found if each["title"] == title]
    return dict(one)


def test_a_flagged_patch_has_its_stages_as_properties() -> None:
    """Both ends of each with an offset, and how it is known; what was not reached has none."""
    seen = _observation("os-patch-latency: USN-7001-1")
    assert prop(seen, "stage-published-not-after") == "2026-11-02T09:00:00Z"
    assert prop(seen, "stage-production-not-before") == "2026-11-07T22:00:00Z"
    assert prop(seen, "stage-production-not-after") == "2026-11-07T22:10:00Z"
    assert prop(seen, "stage-production-source") == "deploy event"
    assert prop(seen, "stage-restarted-not-after") is None
    assert seen["methods"] == ["TEST"]


def test_a_patch_that_passes_has_its_stages_beside_its_name() -> None:
    """It has no observation of its own, and its times are the proof."""
    aggregate = _observation("os-patch-latency: all subjects")
    (subject,) = [each for each in aggregate["subjects"] if each["title"] == "USN-7007-1"]
    assert prop(subject, "measured-hours") == "95.833333"
    assert prop(subject, "stage-production-not-after") == "2026-11-16T09:00:00Z"


def test_the_same_stemcell_in_two_deployments_is_two_components() -> None:
    """Each names its environment and its deployment."""
    components = result(platform_assessment())["local-definitions"]["components"]
    found = [each for each in components if each["title"].startswith("ubuntu-jammy/1.990")]
    assert [each["title"] for each in found] == [
        "ubuntu-jammy/1.990 in production cf-production",
        "ubuntu-jammy/1.990 in staging cf-staging",
    ]
    assert [prop(each, "deployment") for each in found] == ["cf-production", "cf-staging"]
    assert len({each["uuid"] for each in found}) == 2


def test_the_risk_of_a_patch_that_was_late_is_closed_when_it_is_live() -> None:
    """With the instant; that of one that is not live stays open, and no log says that it was remediated."""
    risks = {risk["title"]: risk for risk in result(platform_assessment())["risks"]}
    late, waiting = (risks[f"os-patch-latency: {name}"] for name in ("USN-7001-1", "USN-7002-1"))
    assert (late["status"], waiting["status"]) == ("closed", "open")
    (entry,) = late["risk-log"]["entries"]
    assert (entry["start"], entry["status-change"]) == ("2026-11-07T22:10:00Z", "closed")
    assert "risk-log" not in waiting


def test_each_failing_notice_and_stemcell_has_one_risk() -> None:
    """On one observation, with its next step where there is one."""
    found = [risk["title"] for risk in result(platform_assessment())["risks"]]
    counted = Counter(title for title in found if "latency" in title)
    assert counted["os-patch-latency: USN-7003-1"] == 1
    assert counted["stemcell-deployment-latency: ubuntu-jammy/1.975 in production cf-production"] == 1
    assert set(counted.values()) == {1}


def test_the_figures_are_properties_of_the_result() -> None:
    """The line on patches, and each latency with its counts and percentiles in hours."""
    found = result(platform_assessment())
    assert prop(found, "os-patches") == platform_assessment().patch_sentence
    names = ("measured", "inside", "open", "unknown", "p50-hours", "p90-hours", "max-hours")
    assert [prop(found, f"latency-total-{name}") for name in names] == [
        "5",
        "3",
        "3",
        "2",
        "95.833333",
        "164.5",
        "164.5",
    ]
    assert prop(found, "latency-staging-inside") is None


def test_statements_are_examined_and_have_neither_result_nor_risk() -> None:
    """They name author, period and expiry, and rest on the file as received."""
    found = result(platform_assessment())
    stated = [each for each in found["observations"] if prop(each, "observation-kind") == "attestation"]
    assert [each["methods"] for each in stated] == [["EXAMINE"], ["EXAMINE"]]
    assert [prop(each, "expired") for each in stated] == ["no", "yes"]
    assert [prop(stated[0], name) for name in ("author", "party", "written", "expires")] == [
        "Robin Roe",
        "Platform operations",
        "2026-11-17",
        "2026-12-31",
    ]
    assert prop(stated[0], "result") is None
    assert "subjects" not in stated[0]
    named = {each["uuid"] for each in stated}
    assert not named & {
        related["observation-uuid"] for risk in found["risks"] for related in risk["related-observations"]
    }
    assert not named & {
        related["observation-uuid"] for finding in found["findings"] for related in finding["related-observations"]
    }
    resources = results(platform_assessment())["assessment-results"]["back-matter"]["resources"]
    (evidence,) = {each["relevant-evidence"][0]["href"] for each in stated}
    (resource,) = [each for each in resources if f"#{each['uuid']}" == evidence]
    assert resource["rlinks"][0]["hashes"][0]["value"] == ATTESTATION.removeprefix("sha256:")


def test_an_image_that_rests_on_a_statement_is_examined_and_all_else_is_tested() -> None:
    """Nothing of an operator's word is ever called a test."""
    methods: dict[str, set[str]] = {}
    for each in result(platform_assessment())["observations"]:
        methods.setdefault(prop(each, "check-id") or "attestation", set()).update(each["methods"])
    assert _observation("image-remediated: agency-b/prod/legacy-img")["methods"] == ["EXAMINE"]
    assert methods.pop("attestation") == {"EXAMINE"}
    assert methods.pop("image-remediated") == {"EXAMINE", "TEST"}
    assert set(map(frozenset, methods.values())) == {frozenset({"TEST"})}


def test_an_image_passes_by_a_statement_only_as_examined() -> None:
    """In the aggregate, too, where nothing failed."""
    example = platform_assessment()
    passing = tuple(
        msgspec.structs.replace(each, status="pass") if each.check == "image-remediated" else each
        for each in example.observations
    )
    assert _observation("image-remediated: all subjects", platform_assessment(observations=passing))["methods"] == [
        "EXAMINE"
    ]
    without = platform_assessment(observations=passing, attested=())
    assert _observation("image-remediated: all subjects", without)["methods"] == ["TEST"]


def test_the_plan_says_what_is_examined_and_which_directors_and_feeds_are_read() -> None:
    """One method an activity; the foundation itself is no asset of the assessment."""
    body = plan(platform_assessment())["assessment-plan"]
    methods = {prop(each, "check-id"): prop(each, "method") for each in body["local-definitions"]["activities"]}
    assert methods["image-remediated"] == "EXAMINE"
    assert methods["os-patch-latency"] == "TEST"
    assert [each["title"] for each in body["assessment-assets"]["components"]] == [
        "cf-evidence",
        "bosh-production",
        "bosh-staging",
        "stemcell-index",
        "notices",
        "exploited",
        "attestation",
    ]


def test_no_property_holds_a_line_break() -> None:
    """Consumers refuse them."""

    def walk(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["value"]] if "ns" in node and "value" in node else []
            return own + [value for each in node.values() for value in walk(each)]
        return [value for each in node for value in walk(each)] if isinstance(node, list) else []

    values = walk(results(many_patches(20)))
    assert len(values) > 500
    assert [value for value in values if "\n" in value] == []


def test_the_documents_are_the_same_bytes_again() -> None:
    """The order of statements and stages is fixed."""
    for module in (oscal_plan, oscal_results):
        assert rendered(module, platform_assessment()) == rendered(module, platform_assessment())


@pytest.mark.filterwarnings("ignore")  # another project's warnings are not ours to mend
@pytest.mark.parametrize("kind", ["assessment-results", "assessment-plan"])
def test_compliance_trestle_reads_both_documents(kind: str) -> None:
    """A second opinion: its models accept stages, figures and statements."""
    reason = "compliance-trestle is not installed: it is a development dependency"
    models = pytest.importorskip(f"trestle.oscal.{kind.replace('-', '_')}", reason=reason)
    document = (results if kind == "assessment-results" else plan)(platform_assessment())
    again = models.Model(**document).oscal_serialize_json()
    assert again.count("latency-total-p50-hours") == (kind == "assessment-results")
    assert again.count("EXAMINE") == (3 if kind == "assessment-results" else 1)
