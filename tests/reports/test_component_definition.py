"""The component definition: what the tool tests of each control, and what is inherited, as NIST's schema wants it."""

import json
from typing import Any

import msgspec
import pytest

from collector.model import Assessment, Parameter, System
from collector.reports import oscal_component
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import example_assessment
from tests.reports.oscal_reading import SCHEMAS, Json, rendered, schema_faults
from tests.reports.platform_builders import platform_assessment

ROOT = "component-definition"
HOSTILE = System(id="default", name="=1+1<script>", leveraged="P-ATO `of` <b>\nours\n")


def written(assessment: Assessment, version: str = "1.2.1") -> Json:
    document: Json = json.loads(rendered(oscal_component, assessment, Context(oscal_version=version)))
    return document


def components(assessment: Assessment) -> list[Json]:
    found: list[Json] = written(assessment)[ROOT]["components"]
    return found


def requirement(component: Json, control: str) -> Json:
    (implementation,) = component["control-implementations"]
    (found,) = (row for row in implementation["implemented-requirements"] if row["control-id"] == control)
    return dict(found)


def values(thing: Json, name: str) -> list[str]:
    return [prop["value"] for prop in thing.get("props", ()) if prop["name"] == name]


@pytest.mark.parametrize("assessment", [example_assessment(system=HOSTILE), platform_assessment()])
@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_it_fits_the_schema(assessment: Assessment, version: str, schema: str) -> None:
    """As the version that it declares, hostile names and all."""
    assert schema_faults(written(assessment, version), schema) == []


def test_it_fits_the_schema_of_its_model_and_has_no_other_fault() -> None:
    """NIST also publishes one schema a model; our own reference checks find what no schema does."""
    document = written(platform_assessment())
    assert schema_faults(document, "1.2.1/oscal_component_schema.json") == []
    assert faults(document) == []


@pytest.mark.filterwarnings("ignore")  # another project's warnings are not ours to mend
def test_compliance_trestle_reads_it() -> None:
    """A second opinion: nothing is lost on the way through its models."""
    reason = "compliance-trestle is not installed: it is a development dependency"
    models = pytest.importorskip("trestle.oscal.component", reason=reason)
    document = written(platform_assessment())
    read: Any = json.loads(models.Model(**document).oscal_serialize_json())
    body = read["model"][ROOT]
    assert body["uuid"] == document[ROOT]["uuid"]
    assert len(body["components"]) == len(document[ROOT]["components"])


def test_each_control_has_its_checks_objectives_and_parameters() -> None:
    """Only tested objectives are named, and only parameters that have a value."""
    plain = example_assessment()
    control = plain.controls[0]
    parameters = (
        Parameter(id="si-02_odp", text="period", value="30 days", authority="SSP"),
        Parameter(id="si-02_other", text="other", value="", authority=""),
    )
    first = msgspec.structs.replace(control, parameters=parameters)
    tool, *_ = components(msgspec.structs.replace(plain, controls=(first,)))
    found = requirement(tool, control.oscal_id)
    tested = [row.id for row in control.objectives if row.status in ("satisfied", "not-satisfied", "not-assessed")]
    assert found["set-parameters"] == [{"param-id": "si-02_odp", "values": ["30 days"]}]
    assert values(found, "objective-id") == tested
    assert values(found, "check-id") == list(dict.fromkeys(count.id for count in control.checks))


def test_the_platform_is_named_only_where_an_authorization_is() -> None:
    """Without a leveraged authorization there is nothing to inherit from."""
    named = example_assessment(system=System(leveraged="cloud.gov P-ATO"))
    titles = [component["title"] for component in components(named)]
    alone = components(example_assessment(system=System()))
    assert titles == ["cf-evidence", "cloud.gov P-ATO"]
    assert [component["title"] for component in alone] == ["cf-evidence"]


def test_the_same_assessment_gives_the_same_bytes_and_another_another_uuid() -> None:
    """The root uuid changes with the content; the component's own stays."""
    one, other = example_assessment(), example_assessment(version="9.9")
    assert rendered(oscal_component, one) == rendered(oscal_component, one)
    assert written(one)[ROOT]["uuid"] != written(other)[ROOT]["uuid"]
    assert components(one)[0]["uuid"] == components(other)[0]["uuid"]
