"""The plan of action of a month, over months, as NIST's schema wants it."""

import json
from datetime import UTC, date, datetime
from io import BytesIO

import msgspec
import pytest

from collector.model import AcceptedRisk, Assessment, OpenItem, RiskLine
from collector.reports import oscal_poam
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import example_assessment
from tests.reports.oscal_reading import SCHEMAS, Json, prop, schema_faults

ROOT = "plan-of-action-and-milestones"
FIRST = OpenItem(
    check="buildpack-current",
    component="python_buildpack 1.8.40",
    opened="2026-09",
    months=1,
    subjects=("agency-a/prod/payments-api", "agency-a/prod/<script>"),
)


def of_month(*items: OpenItem, **changes: object) -> Assessment:
    return example_assessment(items=items, **changes)


def written(assessment: Assessment, version: str = "1.2.1") -> Json:
    out = BytesIO()
    oscal_poam.write(assessment, out, Context(oscal_version=version))
    document: Json = json.loads(out.getvalue())
    return document


def item(assessment: Assessment) -> tuple[Json, Json, Json]:
    """The one item of a plan, with its observation and its risk."""
    body = written(assessment)[ROOT]
    (found,), (seen,), (risk,) = body["poam-items"], body["observations"], body["risks"]
    return found, seen, risk


def later(months: int, closed: datetime | None = None) -> OpenItem:
    return msgspec.structs.replace(FIRST, months=months, closed_at=closed)


@pytest.mark.parametrize(("version", "schema"), SCHEMAS)
def test_the_plan_fits_the_schema(version: str, schema: str) -> None:
    """It validates as the version that it declares, hostile names and all."""
    assert schema_faults(written(of_month(FIRST, later(3, datetime(2026, 10, 3, tzinfo=UTC))), version), schema) == []


def test_the_plan_fits_the_schema_of_its_model() -> None:
    """NIST also publishes one schema a model."""
    assert schema_faults(written(of_month(FIRST)), "1.2.1/oscal_poam_schema.json") == []


def test_the_plan_has_no_fault_that_a_schema_misses() -> None:
    """Our own reference checks accept it."""
    assert faults(written(of_month(FIRST))) == []


@pytest.mark.filterwarnings("ignore")  # another project's warnings are not ours to mend
def test_compliance_trestle_reads_it() -> None:
    """A second opinion."""
    reason = "compliance-trestle is not installed: it is a development dependency"
    models = pytest.importorskip("trestle.oscal.poam", reason=reason)
    read = json.loads(models.Model(**written(of_month(FIRST))).oscal_serialize_json())
    body = read["model"][ROOT]
    assert [found["title"] for found in body["poam-items"]] == ["buildpack-current: python_buildpack 1.8.40"]


def test_an_item_keeps_its_names_over_the_months() -> None:
    """Opened, still open, closed: the same item and the same risk, told anew each month."""
    first, second = item(of_month(FIRST)), item(of_month(later(2)))
    closed = item(of_month(later(2, datetime(2026, 11, 3, 9, tzinfo=UTC))))
    assert first[0]["uuid"] == second[0]["uuid"] == closed[0]["uuid"]
    assert first[2]["uuid"] == second[2]["uuid"] == closed[2]["uuid"]
    assert [found[2]["status"] for found in (first, second, closed)] == ["open", "open", "closed"]
    assert [prop(found[0], "months") for found in (first, second, closed)] == ["1", "2", "2"]
    assert closed[2]["risk-log"]["entries"][-1]["start"] == "2026-11-03T09:00:00Z"
    assert "deadline" in second[2]
    assert "deadline" not in closed[2]


def test_another_month_is_another_document() -> None:
    """The names inside stay, that of the document does not."""
    assert written(of_month(FIRST))[ROOT]["uuid"] != written(of_month(later(2)))[ROOT]["uuid"]
    assert written(of_month(FIRST)) == written(of_month(FIRST))


def test_one_item_has_one_observation_and_one_risk() -> None:
    """Whoever imports it refuses more."""
    found, seen, risk = item(of_month(FIRST))
    assert [row["observation-uuid"] for row in found["related-observations"]] == [seen["uuid"]]
    assert [row["risk-uuid"] for row in found["related-risks"]] == [risk["uuid"]]


def test_an_accepted_risk_says_who_accepted_it() -> None:
    """Approver, ticket and the day on which it ends."""
    accepted = AcceptedRisk(
        id="EX-7",
        controls=("SI-2",),
        rationale="frozen",
        approver="ISSO",
        ticket="GRC-112",
        starts=date(2026, 9, 1),
        expires=date(2026, 12, 31),
        app="agency-a/prod/*",
    )
    waived = msgspec.structs.replace(FIRST, waived_by="EX-7")
    _, _, risk = item(of_month(waived, risks=(RiskLine(risk=accepted, state="active", waives=1),)))
    assert risk["status"] == "deviation-approved"
    assert [prop(risk, name) for name in ("exception-id", "approver", "ticket", "accepted-until")] == [
        "EX-7",
        "ISSO",
        "GRC-112",
        "2026-12-31",
    ]


def test_without_an_item_there_is_no_plan() -> None:
    """OSCAL has no empty one."""
    with pytest.raises(ValueError, match="needs an item"):
        written(of_month())
