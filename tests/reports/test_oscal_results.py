"""The assessment results: complete, valid, and equal in number to the assessment."""

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from collector.model import (
    ControlResult,
    Document,
    Finding,
    Measured,
    Observation,
    SnapshotRef,
    Status,
    Subject,
    Verdict,
)
from collector.reports import oscal_plan, oscal_results
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import (
    APPS_PAGE,
    AS_OF,
    HOSTILE,
    ROWS,
    TAKEN_AT,
    WINDOWS,
    assessment_of,
    example_assessment,
    guid,
    large_assessment,
)
from tests.reports.oscal_reading import (
    SCHEMAS,
    catalog_objectives,
    plan,
    prop,
    rendered,
    result,
    results,
    schema_faults,
)

WITHOUT_PLAN = Context(artifacts={"assessment-plan.json": "ab" * 32})


def kinds(found, kind):
    return [item for item in found["observations"] if prop(item, "observation-kind") == kind]


def finding_of(found, target):
    return next(item for item in found["findings"] if item["target"]["target-id"] == target)


def app(number: int = 1, name: str = "a") -> Subject:
    return Subject(type="app", guid=guid(number), name=name, space="prod", org="agency-a")


def seen(status: Status = "fail", check: str = "buildpack-current", number: int = 1, **more: object) -> Observation:
    return msgspec.structs.replace(Observation(check=check, subject=app(number), status=status), **more)


def with_verdict(status: Verdict, *observations: Observation, reason: str = ""):
    """The example with one control of one objective, decided by buildpack-current."""
    control = example_assessment().controls[0]
    objective = msgspec.structs.replace(
        next(found for found in control.objectives if found.id == "si-2_obj.c-1"), status=status, reason=reason
    )
    changed: ControlResult = msgspec.structs.replace(control, objectives=(objective,))
    return example_assessment(controls=(changed,), observations=observations)


# ---------------------------------------------------------------- validity


@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_the_results_fit_the_schema(version, schema):
    """They validate as the version that they declare, hostile names and all."""
    document = results(example_assessment(), Context(oscal_version=version))
    assert version == document["assessment-results"]["metadata"]["oscal-version"]
    assert schema_faults(document, schema) == []


def test_the_results_fit_the_schema_of_their_model():
    """NIST also publishes one schema a model."""
    document = results(example_assessment())
    assert schema_faults(document, "1.2.1/oscal_assessment-results_schema.json") == []


def test_the_results_have_no_fault_that_a_schema_misses():
    """Our own reference checks accept them beside their plan, against NIST's catalog."""
    assessment = example_assessment()
    found = faults(results(assessment), imports=[plan(assessment)], objectives=catalog_objectives())
    assert found == []


@pytest.mark.filterwarnings("ignore")  # another project's warnings are not ours to mend
@pytest.mark.parametrize("kind", ["assessment-results", "assessment-plan"])
def test_compliance_trestle_reads_both_documents(kind):
    """A second opinion: its models accept them and lose nothing."""
    reason = "compliance-trestle is not installed: it is a development dependency"
    models = pytest.importorskip(f"trestle.oscal.{kind.replace('-', '_')}", reason=reason)
    document = (results if kind == "assessment-results" else plan)(example_assessment())
    model = models.Model(**document)
    again = json.loads(model.oscal_serialize_json())
    assert Counter(_texts(document)) == Counter(_texts(again))


def _texts(value: object) -> list[str]:
    """All strings of a document but its instants, which trestle writes in its own way."""
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return [value] if isinstance(value, str) and not value.startswith("20") else []


@pytest.mark.parametrize("name", [*HOSTILE, "", " ", "\n", "\ud83d", "\x00", "a\tb"])
def test_hostile_names_fit_the_schema(name):
    """Whatever an app, its place, its owner or a gap is called, both documents stay valid."""
    subject = Subject(type="app", guid=name, name=name, space=name, org=name)
    others = [Subject(type=kind, name=name, environment=name, deployment=name) for kind in ("stemcell", "notice")]
    line = msgspec.structs.replace(
        example_assessment().applications[0],
        subject=subject,
        buildpack=name,
        has=name,
        stack=name,
        owner=name,
        droplet=name,
        environment=name,
    )
    statuses: tuple[Status, ...] = ("fail", "pass", "unknown")
    observations = tuple(
        Observation(
            check="app-restage-age",
            subject=about,
            status=status,
            detail=name,
            next_step=name,
            waived_by=name,
            window=name,
            evidence=(APPS_PAGE,),
        )
        for about, status in zip([subject, *others], statuses, strict=True)
    )
    assessment = example_assessment(
        applications=(line,), observations=observations, answer=name, scope_note=name, foundation=name
    )
    document = results(assessment)
    assert schema_faults(document, "1.2.1/oscal_complete_schema.json") == []
    assert faults(document, imports=[plan(assessment)]) == []


def test_an_assessment_of_nothing_is_still_valid():
    """No apps, no observations, no documents: the parts are absent, the document stands."""
    assessment = example_assessment(observations=(), applications=(), documents=(), snapshots=(), windows={})
    document = results(assessment)
    assert not {"observations"} & document["assessment-results"]["results"][0].keys()
    assert schema_faults(document, "1.2.1/oscal_complete_schema.json") == []
    assert faults(document, imports=[plan(assessment)]) == []


# ---------------------------------------------------------------- equal numbers


def test_every_observation_of_the_assessment_is_here_exactly_once():
    """Check, subject and status of all observations, as a multiset, are those of the assessment."""
    assessment = example_assessment()
    found = Counter(
        (prop(item, "check-id"), subject["subject-uuid"], prop(subject, "result"))
        for item in result(assessment)["observations"]
        for subject in item.get("subjects", ())
    )
    expected = Counter(
        (item.check, item.subject.guid or result_uuid(assessment, item.subject), item.status)
        for item in assessment.observations
    )
    assert expected == found


def result_uuid(assessment, subject):
    """The component that stands for a subject that is no app, found by its title."""
    components = result(assessment)["local-definitions"]["components"]
    return next(item["uuid"] for item in components if item["type"] == "this-system" and subject.type == "system")


def test_the_aggregate_of_a_check_counts_as_the_assessment_does():
    """Pass, fail, unknown and not applicable are those of the control's table."""
    assessment = example_assessment()
    (count,) = [found for found in assessment.controls[0].checks if found.id == "app-restage-age"]
    (aggregate,) = [
        found for found in kinds(result(assessment), "aggregate") if prop(found, "check-id") == "app-restage-age"
    ]
    words = ("pass", "fail", "unknown", "not-applicable")
    assert [str(number) for number in (count.passed, count.fail, count.unknown, count.not_applicable)] == [
        prop(aggregate, word) for word in words
    ]


def test_every_app_is_an_inventory_item_once():
    """As many items as apps, under the guids that Cloud Controller gave."""
    items = result(example_assessment())["local-definitions"]["inventory-items"]
    assert [guid(number) for number in range(1, len(ROWS) + 1)] == [item["uuid"] for item in items]


def test_an_app_that_only_an_observation_names_is_an_inventory_item_too():
    """No subject dangles."""
    items = result(example_assessment(applications=()))["local-definitions"]["inventory-items"]
    assert len(ROWS) == len(items)


def test_an_inventory_item_says_what_runs():
    """Asset id, stack, buildpack and version in OSCAL's words, place and owner in ours."""
    item = result(example_assessment())["local-definitions"]["inventory-items"][0]
    found = {name["name"]: name["value"] for name in item["props"]}
    assert found == {
        "asset-id": guid(1),
        "virtual": "yes",
        "baseline-configuration-name": "cflinuxfs4",
        "software-name": "python_buildpack",
        "software-version": "1.8.30",
        "cf-org": "agency-a",
        "cf-space": "prod",
        "cf-app": "payments-api",
        "state": "STARTED",
        "lifecycle": "buildpack",
        "environment": "production",
        "owner": "pay@agency.example",
        "droplet": guid(1001),
        "staged-at": "2026-10-16T02:24:00Z",
        "status": "fail",
    }


# ---------------------------------------------------------------- observations


def test_a_fail_tells_what_was_measured():
    """Numbers as in assessment.json, the window, and the evidence."""
    (item,) = [
        found
        for found in kinds(result(example_assessment()), "single")
        if prop(found, "check-id") == "app-restage-age" and found["subjects"][0]["subject-uuid"] == guid(1)
    ]
    assert item["title"] == "app-restage-age: agency-a/prod/payments-api"
    assert item["description"] == "last staged 35.4 days ago, 21.4 days outside the 14-day window."
    assert [prop(item, name) for name in ("result", "window", "measured-hours", "over-hours", "measured-source")] == [
        "fail",
        "restage",
        "849.6",
        "513.6",
        "droplet.created_at",
    ]
    assert item["methods"] == ["TEST"]


def test_a_check_that_decides_an_objective_is_of_that_type_and_others_are_discoveries():
    """Never the deprecated type finding."""
    found = {prop(item, "check-id"): item["types"] for item in result(example_assessment())["observations"]}
    assert found["buildpack-current"] == ["control-objective"]
    assert found["app-restage-age"] == ["discovery"]


def test_evidence_expires_when_it_must_be_taken_again():
    """Collected when the snapshot was taken, good for the determination frequency of 31 days."""
    for item in result(example_assessment())["observations"]:
        assert item["collected"] == "2026-11-20T11:58:30Z"
        assert item["expires"] == "2026-12-21T11:58:30Z"


def test_without_a_frequency_nothing_expires():
    """What is not set is not invented."""
    assert all("expires" not in item for item in result(example_assessment(windows={}))["observations"])


def test_the_result_spans_its_snapshots_even_when_it_is_judged_as_of_an_earlier_instant():
    """start ≤ collected ≤ end, whatever --as-of says."""
    early = example_assessment(as_of=TAKEN_AT - timedelta(days=3))
    late = example_assessment(
        snapshots=tuple(
            SnapshotRef(id=str(day), taken_at=TAKEN_AT - timedelta(days=day), sha256="e5" * 32) for day in (30, 0)
        )
    )
    assert (result(early)["start"], result(early)["end"]) == ("2026-11-17T11:58:30Z", "2026-11-20T11:58:30Z")
    assert (result(late)["start"], result(late)["end"]) == ("2026-10-21T11:58:30Z", "2026-11-20T12:00:00Z")
    assert {item["collected"] for item in result(late)["observations"]} == {"2026-11-20T11:58:30Z"}


def test_a_subject_that_a_check_does_not_apply_to_says_why():
    """Exclusions are visible to an assessor."""
    (aggregate,) = [
        item for item in kinds(result(example_assessment()), "aggregate") if prop(item, "check-id") == "app-restage-age"
    ]
    (excluded,) = [item for item in aggregate["subjects"] if item["subject-uuid"] == guid(14)]
    assert prop(excluded, "result") == "not-applicable"
    assert excluded["remarks"] == "stopped, and no task ran"


# ---------------------------------------------------------------- evidence


def test_evidence_is_a_resource_with_its_hash():
    """The digest under which an observation cites a document is the hash of its resource."""
    document = results(example_assessment())["assessment-results"]
    resources = {item["uuid"]: item for item in document["back-matter"]["resources"]}
    single = kinds(document["results"][0], "single")[0]
    cited = resources[single["relevant-evidence"][0]["href"][1:]]
    assert cited["title"] == "cloud-controller: droplets"
    assert cited["rlinks"] == [
        {
            "href": "snapshot/raw/cloud-controller/droplets-0001.json.gz",
            "media-type": "application/gzip",
            "hashes": [{"algorithm": "SHA-256", "value": "b2" * 32}],
        }
    ]


def test_only_documents_that_are_cited_are_listed():
    """A document that no observation rests on is not evidence for one."""
    one = Document(
        source="cloud-controller",
        what="stacks",
        path="/v3/stacks",
        query={},
        retrieved_at=TAKEN_AT,
        status=200,
        media_type="application/json",
        request_id="",
        sha256="f6" * 32,
        size=1,
        file="raw/x.json.gz",
    )
    assessment = example_assessment()
    more = example_assessment(documents=(*assessment.documents, one))
    assert [item["title"] for item in results(more)["assessment-results"]["back-matter"]["resources"]] == [
        "Assessment plan",
        "cloud-controller: apps",
        "cloud-controller: buildpacks",
        "cloud-controller: droplets",
        "cloud-controller: spaces",
    ]


@pytest.mark.parametrize(
    ("cited", "link"),
    [("e5" * 32, "snapshot/manifest.json"), ("04" * 32, "controls/policy.toml"), ("07" * 32, "bare.toml")],
)
def test_a_manifest_or_an_input_may_be_evidence_too(cited, link):
    """Checks on the evidence itself rest on the manifest and the policy; both are known by digest."""
    inputs = {**example_assessment().inputs, "bare.toml": "07" * 32}
    assessment = example_assessment(observations=(seen(evidence=(f"sha256:{cited}",)),), inputs=inputs)
    document = results(assessment)
    (found,) = document["assessment-results"]["back-matter"]["resources"][1:]
    assert (found["rlinks"][0]["href"], found["rlinks"][0]["hashes"][0]["value"]) == (link, cited)
    assert faults(document, imports=[plan(assessment)]) == []


def test_evidence_that_no_snapshot_lists_is_named_as_such_and_found_by_our_checks():
    """It neither dangles nor passes for evidence."""
    assessment = example_assessment(observations=(seen(evidence=("sha256:" + "99" * 32,)),))
    document = results(assessment)
    assert document["assessment-results"]["back-matter"]["resources"][1]["title"] == "sha256:" + "99" * 32
    (fault,) = faults(document, imports=[plan(assessment)])
    assert fault.sentence.endswith("has no hash, so nobody can check it")


def test_the_plan_is_pointed_at_with_its_hash():
    """import-ap → resource → one relative link with the SHA-256 of the file as written."""
    assessment = example_assessment()
    document = results(assessment, WITHOUT_PLAN)["assessment-results"]
    resource = document["back-matter"]["resources"][0]
    assert document["import-ap"] == {"href": f"#{resource['uuid']}"}
    assert resource["rlinks"] == [
        {
            "href": "assessment-plan.json",
            "media-type": "application/json",
            "hashes": [{"algorithm": "SHA-256", "value": "ab" * 32}],
        }
    ]


def test_without_a_written_plan_the_hash_is_that_of_the_plan_that_would_be_written():
    """The results alone still name the plan that belongs to them."""
    assessment = example_assessment()
    resource = results(assessment)["assessment-results"]["back-matter"]["resources"][0]
    expected = hashlib.sha256(rendered(oscal_plan, assessment)).hexdigest()
    assert expected == resource["rlinks"][0]["hashes"][0]["value"]


# ---------------------------------------------------------------- risks


def test_each_fail_has_one_risk_with_its_next_step():
    """The command is a recommendation; the control that is touched is named."""
    (risk,) = [
        item
        for item in result(example_assessment())["risks"]
        if prop(item, "check-id") == "app-restage-age" and item["title"].endswith("payments-api")
    ]
    assert risk["status"] == "open"
    assert risk["remediations"][0]["lifecycle"] == "recommendation"
    assert risk["remediations"][0]["description"] == (
        "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api"
    )
    assert prop(risk, "impacted-control-id") == "si-2"


def test_fails_and_unknowns_that_count_have_a_risk_each():
    """As many as the assessment has, each on its own observation, and one for the objective not assessed."""
    assessment = example_assessment()
    found = result(assessment)
    expected = Counter(
        (item.check, "open" if item.status == "fail" else "investigating")
        for item in assessment.observations
        if item.status in {"fail", "unknown"} and item.check != "last-restage-succeeded"
    )
    by_subject = [item for item in found["risks"] if prop(item, "check-id")]
    assert expected == Counter((prop(item, "check-id"), item["status"]) for item in by_subject)
    assert [prop(item, "objective-id") for item in found["risks"] if not prop(item, "check-id")] == ["cm-2.2_obj-2"]


def test_an_unknown_of_a_check_that_only_informs_is_a_remark_and_no_risk():
    """It is observed and shown, and stands in nobody's risk register."""
    found = result(example_assessment())
    singles = [item for item in kinds(found, "single") if prop(item, "check-id") == "last-restage-succeeded"]
    assert {prop(item, "result") for item in singles} == {"unknown"}
    assert not [item for item in found["risks"] if prop(item, "check-id") == "last-restage-succeeded"]


def test_a_waived_fail_stays_a_fail_under_an_approved_deviation():
    """Its risk names the exception; the aggregate counts it as failed and as waived."""
    found = result(with_verdict("not-satisfied", seen("fail", waived_by="EX-7")))
    assert [(risk["status"], prop(risk, "exception-id")) for risk in found["risks"]] == [("deviation-approved", "EX-7")]
    (aggregate,) = kinds(found, "aggregate")
    assert (prop(aggregate, "fail"), prop(aggregate, "waived")) == ("1", "1")
    assert finding_of(found, "si-2_obj.c-1")["target"]["status"]["state"] == "not-satisfied"


def test_a_risk_keeps_its_name_from_month_to_month_and_an_observation_does_not():
    """A risk is the check and the app; an observation belongs to its run."""
    one = result(with_verdict("not-satisfied", seen()))
    later = with_verdict("not-satisfied", seen(detail="other"))
    two = result(msgspec.structs.replace(later, as_of=AS_OF + timedelta(days=30)))
    assert [item["uuid"] for item in one["risks"]] == [item["uuid"] for item in two["risks"]]
    for kind in ("observations", "findings"):
        assert not {item["uuid"] for item in one[kind]} & {item["uuid"] for item in two[kind]}
    assert one["uuid"] != two["uuid"]


# ---------------------------------------------------------------- findings


def test_there_is_one_finding_for_each_tested_objective_and_none_for_others():
    """Not tested and inherited ones are named in the remarks instead."""
    assert [
        (item["target"]["target-id"], item["target"]["status"]["state"], item["target"]["status"]["reason"])
        for item in result(example_assessment())["findings"]
    ] == [
        ("si-2_obj.c-1", "not-satisfied", "fail"),
        ("cm-2.2_obj-1", "satisfied", "pass"),
        ("cm-2.2_obj-2", "not-satisfied", "other"),
    ]


def test_an_objective_that_could_not_be_assessed_has_one_risk_under_investigation():
    """The risk is the objective's own, for it is not known which subject is outside."""
    found = result(with_verdict("not-assessed", seen("unknown"), reason="a version could not be read"))
    finding = finding_of(found, "si-2_obj.c-1")
    (related,) = finding["related-risks"]
    (risk,) = [item for item in found["risks"] if item["uuid"] == related["risk-uuid"]]
    assert risk["status"] == "investigating"
    assert prop(risk, "objective-id") == "si-2_obj.c-1"
    assert finding["target"]["status"]["remarks"] == "a version could not be read."


def test_a_finding_points_at_the_risks_of_the_fails_that_decided_it():
    """18 days behind is flagged at 14 and does not decide at 30: only the app that is 33 days behind is the reason."""
    found = result(example_assessment())
    (related,) = finding_of(found, "si-2_obj.c-1")["related-risks"]
    (risk,) = [item for item in found["risks"] if item["uuid"] == related["risk-uuid"]]
    assert risk["title"] == "buildpack-current: agency-a/prod/payments-api"
    deciding = [count for count in example_assessment().controls[0].checks if count.role == "decides"]
    assert [count.fail for count in deciding] == [1]


def test_a_fail_that_the_assessment_did_not_count_is_no_reason_of_a_finding():
    """Some fails only inform; the counts of the control say whether any counted."""
    assessment = with_verdict("not-satisfied", seen("fail"), reason="another reason")
    (control,) = assessment.controls
    none = tuple(msgspec.structs.replace(count, fail=0) for count in control.checks)
    found = result(
        example_assessment(controls=(msgspec.structs.replace(control, checks=none),), observations=(seen(),))
    )
    (related,) = finding_of(found, "si-2_obj.c-1")["related-risks"]
    (risk,) = [item for item in found["risks"] if item["uuid"] == related["risk-uuid"]]
    assert prop(risk, "objective-id") == "si-2_obj.c-1"


def test_a_finding_without_a_failing_subject_has_a_risk_of_its_own():
    """Not satisfied is never without a risk."""
    hours = WINDOWS["flaw-remediation"].limit_hours
    assert hours is not None
    inside = Measured(hours=hours, not_before=TAKEN_AT, not_after=TAKEN_AT, source="x")
    found = result(with_verdict("not-satisfied", seen("fail", measured=inside), reason="why"))
    (related,) = finding_of(found, "si-2_obj.c-1")["related-risks"]
    (risk,) = [item for item in found["risks"] if item["uuid"] == related["risk-uuid"]]
    assert (risk["status"], risk["description"]) == ("open", "why.")


def test_a_satisfied_objective_has_observations_and_no_risk():
    """What was seen is cited; nothing is at risk."""
    finding = finding_of(result(with_verdict("satisfied", seen("pass"))), "si-2_obj.c-1")
    assert len(finding["related-observations"]) == 1
    assert "related-risks" not in finding


def test_a_finding_never_says_more_than_the_tested_part():
    """The bare words that a control is satisfied appear nowhere."""
    text = rendered(oscal_results, with_verdict("satisfied", seen("pass"))).decode()
    assert "SI-2 satisfied" not in text
    assert "SI-2: 1 of 10 objectives tested" in text


def test_objective_ids_are_written_exactly_as_in_the_assessment():
    """They are NIST's own."""
    expected = [
        found.id
        for control in example_assessment().controls
        for found in control.objectives
        if found.status in {"satisfied", "not-satisfied", "not-assessed"}
    ]
    assert expected == [item["target"]["target-id"] for item in result(example_assessment())["findings"]]
    assert set(expected) <= catalog_objectives()


# ---------------------------------------------------------------- what was not seen


def test_gaps_stand_in_the_remarks():
    """Incomplete evidence says so in every artefact."""
    remarks = result(example_assessment())["remarks"]
    assert "Source cloud-controller: partial, 5 requests, 4 documents." in remarks
    assert "- not got: builds: 403 CF-NotAuthorized" in remarks


def test_many_gaps_are_cut_with_their_number():
    """A hundred lines, then how many more and where they are."""
    assessment = example_assessment()
    (source,) = assessment.coverage.sources
    many = msgspec.structs.replace(source, gaps=source.gaps * 75)
    coverage = msgspec.structs.replace(assessment.coverage, sources=(many,))
    remarks = result(example_assessment(coverage=coverage))["remarks"]
    assert remarks.count("- not got: ") == 100
    assert "- and 50 more, all in assessment.json" in remarks


def test_the_answer_stands_first_behind_the_note_on_scope():
    """The description of the result is what the tool answers."""
    assert result(example_assessment())["description"] == (
        "no boundary is declared: this speaks for the 4 spaces that the account can see. "
        "4 of 14 apps are outside the 14-day restage window, 2 cannot be judged."
    )


# ---------------------------------------------------------------- bytes

_DIGESTS = """
import hashlib, io, sys
from collector.reports import oscal_plan, oscal_results
from collector.reports.context import Context
from tests.reports.builders import example_assessment
for module in (oscal_plan, oscal_results):
    out = io.BytesIO()
    module.write(example_assessment(), out, Context())
    print(hashlib.sha256(out.getvalue()).hexdigest())
"""


@pytest.mark.parametrize(("seed", "zone"), [("1", "Asia/Tokyo"), ("2", "America/New_York")])
def test_the_same_assessment_gives_the_same_bytes_everywhere(seed, zone):
    """Neither the order of sets nor the time zone of the machine shows."""
    here = [
        hashlib.sha256(rendered(module, example_assessment())).hexdigest() for module in (oscal_plan, oscal_results)
    ]
    there = subprocess.run(
        [sys.executable, "-c", _DIGESTS],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": "."},
    )
    assert here == there.stdout.split()


def test_the_root_uuid_changes_whenever_the_content_does():
    """Another sentence, another document; the series stays."""
    one = results(example_assessment())["assessment-results"]
    other = results(example_assessment(answer="Other."))["assessment-results"]
    assert one["uuid"] != other["uuid"]
    assert one["metadata"]["document-ids"] == other["metadata"]["document-ids"]


def test_observations_are_streamed():
    """Writing needs a fraction of the memory that the document would, so 50,000 apps are no trouble."""

    class Sink:
        size = 0

        def write(self, data: bytes) -> int:
            self.size += len(data)
            return len(data)

    assessment = large_assessment(2_000)
    sink = Sink()
    tracemalloc.start()
    oscal_results.write(assessment, sink, WITHOUT_PLAN)  # type: ignore[arg-type]  # a sink is enough of a file
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sink.size > 2_000_000
    assert peak < sink.size / 2


def test_a_larger_assessment_is_valid_too():
    """300 apps in 20 organizations, one in seven outside."""
    assessment = large_assessment(300)
    document = results(assessment)
    assert schema_faults(document, "1.2.1/oscal_assessment-results_schema.json") == []
    assert faults(document, imports=[plan(assessment)], objectives=catalog_objectives()) == []


def test_the_example_without_rows_has_no_inventory():
    """No empty list of items is written."""
    assert "inventory-items" not in result(assessment_of(()))["local-definitions"]


def test_every_finding_of_the_example_is_a_finding():
    """The example holds all five verdicts, so the tests above mean something."""
    objectives: list[Finding] = [found for control in example_assessment().controls for found in control.objectives]
    assert {found.status for found in objectives} == {
        "satisfied",
        "not-satisfied",
        "not-assessed",
        "not-tested",
        "inherited",
    }
