"""The assessment plan that the results point at."""

import pytest

from collector.model import Observation, Subject, System
from collector.reports import oscal_plan
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import CHECKS, HOSTILE, SYSTEM, example_assessment
from tests.reports.oscal_reading import SCHEMAS, catalog_objectives, plan, prop, rendered, schema_faults


def body(assessment):
    return plan(assessment)["assessment-plan"]


@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_the_plan_fits_the_schema(version, schema):
    """It validates as the version that it declares."""
    document = plan(example_assessment(), Context(oscal_version=version))
    assert version == document["assessment-plan"]["metadata"]["oscal-version"]
    assert schema_faults(document, schema) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_settings_fit_the_schema(name):
    """Whatever the settings hold, the document stays valid."""
    system = System(
        id=name,
        name=name,
        marking=name,
        leveraged=name,
        isso=name,
        assessor=name,
        prepared_by=name,
        ssp_title=name,
        ssp_version=name,
        ssp_href=name,
    )
    document = plan(example_assessment(system=system))
    assert schema_faults(document, "1.2.1/oscal_complete_schema.json") == []
    assert faults(document) == []


def test_the_plan_has_no_fault_that_a_schema_misses():
    """Our own reference checks accept it."""
    assert faults(plan(example_assessment()), objectives=catalog_objectives()) == []


def test_every_check_is_an_activity_that_tests():
    """One activity a check, each with the method TEST and a name that stays."""
    activities = body(example_assessment())["local-definitions"]["activities"]
    assert sorted(CHECKS) == [prop(activity, "check-id") for activity in activities]
    assert {"TEST"} == {prop(activity, "method") for activity in activities}


def test_an_activity_states_its_windows_with_their_authority():
    """What flags and what decides, and who says so."""
    activities = {
        prop(found, "check-id"): found for found in body(example_assessment())["local-definitions"]["activities"]
    }
    assert activities["buildpack-current"]["remarks"] == (
        "Window restage: 336 hours (flag). Authority: cloud.gov, App maintenance (guidance). "
        "restage periodically, for example every two weeks.\n"
        "Window flaw-remediation: 720 hours (decides, overridden in the settings). "
        "Authority: SSP si-02_odp, 2026-03. within 30 days of release."
    )
    assert activities["buildpack-current"]["related-controls"] == {
        "control-selections": [{"include-controls": [{"control-id": "si-2"}]}],
        "control-objective-selections": [{"include-objectives": [{"objective-id": "si-2_obj.c-1"}]}],
    }


def test_the_task_runs_every_activity_as_often_as_the_window_says():
    """A determination frequency of 744 hours is every 31 days."""
    document = body(example_assessment())
    (task,) = document["tasks"]
    assert task["timing"] == {"at-frequency": {"period": 31, "unit": "days"}}
    assert [activity["uuid"] for activity in document["local-definitions"]["activities"]] == [
        associated["activity-uuid"] for associated in task["associated-activities"]
    ]


def test_without_a_frequency_the_task_has_no_timing():
    """What is not set is not invented."""
    (task,) = body(example_assessment(windows={}))["tasks"]
    assert "timing" not in task


def test_the_plan_points_at_the_security_plan_of_the_settings():
    """import-ssp names a resource with one link."""
    document = body(example_assessment())
    (resource,) = document["back-matter"]["resources"]
    assert document["import-ssp"] == {"href": f"#{resource['uuid']}"}
    assert resource["title"] == "Agency Portal SSP"
    assert resource["rlinks"] == [{"href": "ssp.docx"}]


def test_a_plan_without_a_security_plan_says_so():
    """import-ssp still resolves: the resource tells that none was configured, and links nothing."""
    document = body(example_assessment(system=System(id="default")))
    (resource,) = document["back-matter"]["resources"]
    assert document["import-ssp"] == {"href": f"#{resource['uuid']}"}
    assert "rlinks" not in resource
    assert resource["description"].startswith("No system security plan was configured")


@pytest.mark.parametrize(("link", "media_type"), [("a/SSP.JSON", "application/json"), ("ssp.xml", "text/xml")])
def test_the_media_type_of_the_security_plan_follows_its_name(link, media_type):
    """JSON and XML are told apart, so that a tool knows how to read it."""
    system = System(id="default", ssp_href=link)
    (resource,) = body(example_assessment(system=system))["back-matter"]["resources"]
    assert resource["rlinks"] == [{"href": link, "media-type": media_type}]


def test_names_of_the_plan_stay_from_month_to_month():
    """Another month changes the document's uuid, not those of its activities and its task."""
    assessment = example_assessment()
    one = body(assessment)
    other = body(example_assessment(as_of=assessment.as_of.replace(month=12)))
    assert one["uuid"] != other["uuid"]
    assert one["local-definitions"] == other["local-definitions"]
    assert one["tasks"] == other["tasks"]


def test_the_plan_does_not_depend_on_what_was_found():
    """The same apps with other verdicts were tested by the same plan."""
    assessment = example_assessment()
    assert rendered(oscal_plan, assessment) == rendered(oscal_plan, example_assessment(answer="other", applications=()))


def test_a_check_that_only_an_observation_names_is_an_activity_too():
    """Nothing that was done is missing from the plan."""
    seen = Observation(check="stemcell-current", subject=Subject(type="stemcell", name="ubuntu/1"), status="pass")
    document = body(example_assessment(observations=(seen,), checks={}, controls=()))
    assert [prop(found, "check-id") for found in document["local-definitions"]["activities"]] == ["stemcell-current"]
    assert [subject["type"] for subject in document["assessment-subjects"]] == ["inventory-item", "component"]
    assert document["reviewed-controls"]["control-selections"] == [{"description": "No control was asked for."}]
    assert faults({"assessment-plan": document}) == []


def test_the_security_plan_is_that_of_the_example():
    """The example has one, so the tests above mean something."""
    assert SYSTEM.ssp_href == "ssp.docx"
