"""Our own reference checks: each fault, planted in a valid document, is found where it is and told in a sentence."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.reports.oscal_check import Fault, faults
from tests.reports.builders import example_assessment, guid
from tests.reports.oscal_reading import Json, catalog_objectives, plan, results, shared

UNKNOWN = "11111111-2222-4333-8444-555555555555"
RESULTS = results(example_assessment())
PLAN = plan(example_assessment())
ROOT = "/assessment-results"
FIRST = f"{ROOT}/results/0"


def root(document: Json) -> Json:
    (found,) = document.values()
    assert isinstance(found, dict)
    return found


def at(document: Json, pointer: str) -> Json:
    """The object at a pointer."""
    value: object = document
    for step in pointer.strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]  # type: ignore[index]  # else the pointer is wrong, and the test fails
    assert isinstance(value, dict)
    return value


def planted(pointer: str, member: str, value: object) -> Json:
    """The example's results with one member changed."""
    document = copy.deepcopy(RESULTS)
    at(document, pointer)[member] = value
    return document


def judged(document: Json) -> list[Fault]:
    return faults(document, imports=[PLAN], objectives=frozenset(EXAMPLE_OBJECTIVES))


EXAMPLE_OBJECTIVES = [
    finding["target"]["target-id"] for finding in RESULTS["assessment-results"]["results"][0]["findings"]
]
SINGLE = next(
    number
    for number, seen in enumerate(RESULTS["assessment-results"]["results"][0]["observations"])
    if seen["title"] == "app-restage-age: agency-a/prod/payments-api"
)
OBSERVATION = f"{FIRST}/observations/{SINGLE}"
HASH = f"{ROOT}/back-matter/resources/0/rlinks/0/hashes/0"
NO_NAME = f"{UNKNOWN} names no"

# What is changed (object, member, value), and the fault that must be told (where, beginning of the sentence).
PLANTED = {
    "an observation that is not there": (
        f"{FIRST}/risks/0/related-observations/0",
        "observation-uuid",
        UNKNOWN,
        f"{FIRST}/risks/0/related-observations/0/observation-uuid",
        f"{NO_NAME} observation",
    ),
    "a risk that is not there": (
        f"{FIRST}/findings/0/related-risks/0",
        "risk-uuid",
        UNKNOWN,
        f"{FIRST}/findings/0/related-risks/0/risk-uuid",
        f"{NO_NAME} risk",
    ),
    "a subject that is not there": (
        f"{OBSERVATION}/subjects/0",
        "subject-uuid",
        UNKNOWN,
        f"{OBSERVATION}/subjects/0/subject-uuid",
        f"{NO_NAME} component, inventory item",
    ),
    "a component that is not there": (
        f"{FIRST}/local-definitions/inventory-items/0/implemented-components/0",
        "component-uuid",
        UNKNOWN,
        f"{FIRST}/local-definitions/inventory-items/0/implemented-components/0/component-uuid",
        f"{NO_NAME} component",
    ),
    "a party that is not there": (
        f"{ROOT}/metadata/responsible-parties/0",
        "party-uuids",
        [UNKNOWN],
        f"{ROOT}/metadata/responsible-parties/0/party-uuids",
        f"{NO_NAME} party",
    ),
    "a task that the plan does not have": (
        f"{OBSERVATION}/origins/0/related-tasks/0",
        "task-uuid",
        UNKNOWN,
        f"{OBSERVATION}/origins/0/related-tasks/0/task-uuid",
        f"{NO_NAME} task",
    ),
    "a tool that is not there": (
        f"{OBSERVATION}/origins/0/actors/0",
        "actor-uuid",
        UNKNOWN,
        f"{OBSERVATION}/origins/0/actors/0/actor-uuid",
        f"{NO_NAME} tool",
    ),
    "an actor of no kind": (
        f"{OBSERVATION}/origins/0/actors/0",
        "type",
        "robot",
        f"{OBSERVATION}/origins/0/actors/0/type",
        "robot is no kind of actor: tool, assessment-platform, party",
    ),
    "a role that is not there": (
        f"{ROOT}/metadata/responsible-parties/0",
        "role-id",
        "king",
        f"{ROOT}/metadata/responsible-parties/0/role-id",
        "king is not among the roles of the metadata",
    ),
    "a role given twice": (
        f"{ROOT}/metadata/responsible-parties/1",
        "role-id",
        "prepared-by",
        f"{ROOT}/metadata/responsible-parties",
        "the role prepared-by is given 2 times",
    ),
    "a doubled uuid": (
        f"{FIRST}/risks/1",
        "uuid",
        RESULTS["assessment-results"]["results"][0]["risks"][0]["uuid"].upper(),
        f"{FIRST}/risks/1/uuid",
        "the uuid ",
    ),
    "a uuid of version 1": (
        FIRST,
        "uuid",
        "00000000-0000-1000-8000-000000000001",
        f"{FIRST}/uuid",
        "00000000-0000-1000-8000-000000000001 is no UUID of version 4 or 5",
    ),
    "evidence that is not there": (
        f"{OBSERVATION}/relevant-evidence/0",
        "href",
        f"#{UNKNOWN}",
        f"{OBSERVATION}/relevant-evidence/0/href",
        f"#{UNKNOWN} names no resource of the back matter",
    ),
    "evidence without a hash": (
        f"{ROOT}/back-matter/resources/3/rlinks/0",
        "hashes",
        None,
        f"{OBSERVATION}/relevant-evidence/0",
        "the evidence #",
    ),
    "a media type on a link to a resource": (
        ROOT,
        "metadata",
        {**RESULTS["assessment-results"]["metadata"], "links": [{"href": "#x", "media-type": "text/xml"}]},
        f"{ROOT}/metadata/links/0/media-type",
        "a link to a resource has no media type",
    ),
    "a resource linked twice": (
        f"{ROOT}/back-matter/resources/1",
        "rlinks",
        RESULTS["assessment-results"]["back-matter"]["resources"][1]["rlinks"] * 2,
        f"{ROOT}/back-matter/resources/1/rlinks",
        "snapshot/raw/cloud-controller/apps-0001.json.gz is linked 2 times",
    ),
    "an empty import-ap": (ROOT, "import-ap", {"href": "#"}, f"{ROOT}/import-ap/href", "import-ap points at nothing"),
    "no import-ap": (ROOT, "import-ap", {"href": ""}, f"{ROOT}/import-ap/href", "import-ap points at nothing"),
    "an import-ap that dangles": (
        ROOT,
        "import-ap",
        {"href": f"#{UNKNOWN}"},
        f"{ROOT}/import-ap/href",
        f"import-ap points at #{UNKNOWN}, which is no resource",
    ),
    "a plan with two links": (
        f"{ROOT}/back-matter/resources/0",
        "rlinks",
        [{"href": "a.json"}, {"href": "b.json"}],
        f"{ROOT}/import-ap/href",
        "the plan #",
    ),
    "a short hash": (HASH, "value", "ab" * 31, f"{HASH}/value", "a SHA-256 hash has 64 hexadecimal digits"),
    "a hash that is no hex": (HASH, "value", "xy" * 32, f"{HASH}/value", "a SHA-256 hash has 64 hexadecimal digits"),
    "an unknown hash": (HASH, "algorithm", "MD5", f"{HASH}/algorithm", "MD5 is no hash algorithm"),
    "a property of our own without a namespace": (
        OBSERVATION,
        "props",
        [{"name": "check-id", "value": "x"}],
        f"{OBSERVATION}/props/0",
        "check-id is no property that OSCAL defines here",
    ),
    "a namespace that is no URI": (
        OBSERVATION,
        "props",
        [{"name": "check-id", "ns": "ours", "value": "x"}],
        f"{OBSERVATION}/props/0",
        "the namespace 'ours' of check-id is no absolute URI",
    ),
    "a property with a line break": (
        FIRST,
        "props",
        [{"name": "a", "ns": "https://x.example", "value": "a\nb"}],
        f"{FIRST}/props/0",
        "the value of a is empty, has a line break or has a blank at an end",
    ),
    "a property with a blank at its end": (
        FIRST,
        "props",
        [{"name": "a", "ns": "https://x.example", "value": "a "}],
        f"{FIRST}/props/0",
        "the value of a is empty, has a line break or has a blank at an end",
    ),
    "an invented method": (
        OBSERVATION,
        "methods",
        ["TEST-AUTOMATED"],
        f"{OBSERVATION}/methods",
        "TEST-AUTOMATED is not among OSCAL's words: EXAMINE, INTERVIEW, TEST, UNKNOWN",
    ),
    "an invented status of a risk": (
        f"{FIRST}/risks/0",
        "status",
        "ignored",
        f"{FIRST}/risks/0/status",
        "ignored is not among OSCAL's words: open, investigating",
    ),
    "a deprecated type": (
        OBSERVATION,
        "types",
        ["finding"],
        f"{OBSERVATION}/types",
        "the type finding is deprecated since 1.2: use discovery",
    ),
    "an oscal version that does not exist": (
        f"{ROOT}/metadata",
        "oscal-version",
        "9.9.9",
        f"{ROOT}/metadata/oscal-version",
        "9.9.9 is none of 1.1.2, 1.1.3",
    ),
    "the oscal version that lost flags": (
        f"{ROOT}/metadata",
        "oscal-version",
        "1.2.0",
        f"{ROOT}/metadata/oscal-version",
        "1.2.0 is none of",
    ),
    "an empty list": (OBSERVATION, "links", [], f"{OBSERVATION}/links", "an empty list or object is not allowed"),
    "an end before the start": (
        FIRST,
        "end",
        "2026-11-01T00:00:00Z",
        f"{FIRST}/end",
        "the end lies before the start",
    ),
    "a date without an offset": (
        OBSERVATION,
        "collected",
        "2026-11-20T11:59:00",
        f"{OBSERVATION}/collected",
        "2026-11-20T11:59:00 is no instant with an offset",
    ),
    "an observation from before its result": (
        OBSERVATION,
        "collected",
        "2026-11-19T00:00:00Z",
        f"{OBSERVATION}/collected",
        "2026-11-19T00:00:00Z lies outside of its result",
    ),
    "an observation that expires when it is made": (
        OBSERVATION,
        "expires",
        "2026-11-20T11:58:30Z",
        f"{OBSERVATION}/expires",
        "2026-11-20T11:58:30Z is not after 2026-11-20T11:58:30Z",
    ),
    "two findings on one objective": (
        f"{FIRST}/findings/1/target",
        "target-id",
        "cm-2.2_obj-2",
        f"{FIRST}/findings/2/target",
        "cm-2.2_obj-2 has more than one finding",
    ),
    "an objective that is not in the catalog": (
        f"{FIRST}/findings/1/target",
        "target-id",
        "cm-2.2_obj.1",
        f"{FIRST}/findings/1/target/target-id",
        "cm-2.2_obj.1 is no objective of the catalog",
    ),
    "an objective of a control that was not reviewed": (
        f"{FIRST}/findings/1/target",
        "target-id",
        "ac-2_obj.a",
        f"{FIRST}/findings/1/target/target-id",
        "ac-2_obj.a belongs to no control that was reviewed",
    ),
    "an objective in an invented state": (
        f"{FIRST}/findings/1/target",
        "status",
        {"state": "not-assessed"},
        f"{FIRST}/findings/1/target/status/state",
        "not-assessed is no state of a target: satisfied, not-satisfied",
    ),
    "an objective that is not satisfied and has no risk": (
        f"{FIRST}/findings/1/target",
        "status",
        {"state": "not-satisfied"},
        f"{FIRST}/findings/1",
        "cm-2.2_obj-1 is not satisfied and has no related risk",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_and_told(name):
    """Where it is, and what it is."""
    pointer, member, value, where, sentence = PLANTED[name]
    document = planted(pointer, member, value)
    if value is None:
        del at(document, pointer)[member]
    told = [fault.sentence[: len(sentence)] for fault in judged(document) if fault.where == where]
    assert told.count(sentence) == 1, judged(document)


def test_the_document_without_a_planted_fault_has_none():
    """Otherwise the tests above mean nothing."""
    assert judged(RESULTS) == []
    assert faults(PLAN) == []


def test_a_sentence_is_one_line():
    """Each can be printed behind its place."""
    for pointer, member, value, *_ in PLANTED.values():
        assert all("\n" not in fault.sentence and fault.sentence for fault in judged(planted(pointer, member, value)))


@pytest.mark.parametrize(
    ("props", "sentence"),
    [
        ([{"name": "check-id", "ns": "https://x.example", "value": "x"}], "the activity has no method"),
        ([{"name": "method", "value": "GUESS"}], "GUESS is no method of an activity: EXAMINE, INTERVIEW or TEST"),
    ],
)
def test_an_activity_needs_a_method(props, sentence):
    """EXAMINE, INTERVIEW or TEST, in OSCAL's own namespace."""
    document = copy.deepcopy(PLAN)
    document["assessment-plan"]["local-definitions"]["activities"][0]["props"] = props
    (fault,) = faults(document)
    assert fault.where == "/assessment-plan/local-definitions/activities/0"
    assert fault.sentence.startswith(sentence)


def test_an_activity_that_is_not_there_is_found_in_a_plan():
    """A task may only do what the plan describes."""
    document = copy.deepcopy(PLAN)
    document["assessment-plan"]["tasks"][0]["associated-activities"][0]["activity-uuid"] = UNKNOWN
    (fault,) = faults(document)
    assert fault.sentence == f"{UNKNOWN} names no activity of this document or beside it"


def test_an_empty_import_of_the_security_plan_is_found():
    """A plan without a security plan still points at a resource that says so."""
    document = copy.deepcopy(PLAN)
    document["assessment-plan"]["import-ssp"] = {"href": "#"}
    assert Fault("/assessment-plan/import-ssp/href", "import-ssp points at nothing") in faults(document)


def test_a_resource_without_link_content_or_description_is_found():
    """Nobody could tell what it is."""
    document = copy.deepcopy(PLAN)
    (resource,) = document["assessment-plan"]["back-matter"]["resources"]
    del resource["rlinks"], resource["description"]
    (fault,) = faults(document)
    assert fault.sentence == "the resource has neither a link, nor content, nor a description that says why"


def test_results_alone_may_name_tasks_of_their_plan():
    """Without the plan nobody can say that a task is not there."""
    document = planted(f"{OBSERVATION}/origins/0/related-tasks/0", "task-uuid", UNKNOWN)
    assert faults(document) == []
    assert len(judged(document)) == 1


def test_without_a_catalog_target_ids_are_not_judged():
    """Only what is known can be wrong."""
    document = planted(f"{FIRST}/findings/1/target", "target-id", "cm-2.2_obj-99")
    assert faults(document, imports=[PLAN]) == []


def test_the_deprecated_type_is_no_fault_before_1_2():
    """It was the word of its time."""
    document = planted(OBSERVATION, "types", ["finding"])
    document["assessment-results"]["metadata"]["oscal-version"] = "1.1.3"
    assert judged(document) == []


def test_results_that_review_all_controls_may_have_any_finding():
    """include-all is all."""
    document = planted(f"{FIRST}/findings/1/target", "target-id", "ac-2_obj.a")
    at(document, f"{FIRST}/reviewed-controls")["control-selections"] = [{"include-all": {}}]
    assert faults(document, imports=[PLAN]) == []


def test_the_skeletons_have_no_fault():
    """Three documents that other validators accept."""
    for name in ("assessment-plan", "assessment-results", "poam"):
        document = json.loads(shared(f"skeletons/{name}.json").read_bytes())
        assert faults(document, objectives=catalog_objectives()) == [], name


def test_a_published_example_has_the_faults_that_it_has():
    """NIST's own plan names an activity that it does not define, which its schema cannot see."""
    document = json.loads(shared("examples/nist/ifa_assessment-plan-example.json").read_bytes())
    assert [fault.sentence for fault in faults(document)] == [
        "0d243b23-a889-478f-9716-6d4870e56209 names no activity of this document or beside it"
    ]


def test_subjects_may_be_those_of_a_document_beside_it():
    """Results speak of components that only the security plan defines; beside it they resolve."""
    document = planted(f"{OBSERVATION}/subjects/0", "subject-uuid", UNKNOWN)
    ssp = {"system-security-plan": {"system-implementation": {"components": [{"uuid": UNKNOWN}]}}}
    assert faults(document, imports=[PLAN, ssp]) == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = [(pointer, member) for pointer, member, *_ in PLANTED.values()] + [
    (f"{FIRST}/findings/0", "target"),
    (f"{FIRST}/findings/0", "related-risks"),
    (FIRST, "findings"),
    (FIRST, "observations"),
    (FIRST, "reviewed-controls"),
    (ROOT, "results"),
    (ROOT, "back-matter"),
    (ROOT, "metadata"),
]


@settings(max_examples=60)
@given(st.sampled_from(PLACES), JSON_VALUES)
def test_a_document_of_any_shape_is_judged_without_a_crash(place, value):
    """What has the wrong shape is for the schema to tell; these checks go on."""
    pointer, member = place
    assert isinstance(judged(planted(pointer, member, value)), list)


def test_an_empty_document_is_told_to_have_no_version():
    """Nothing at all is not an OSCAL document."""
    assert [fault.where for fault in faults({})] == ["//metadata/oscal-version"]


def test_the_example_has_the_app_that_the_tests_change():
    """The observation under test is that of the first app."""
    assert at(RESULTS, f"{OBSERVATION}/subjects/0")["subject-uuid"] == guid(1)
