"""The plan of action of a month, over months, as NIST's schema wants it."""

import json
from datetime import UTC, date, datetime
from io import BytesIO

import msgspec
import pytest

from collector.model import AcceptedRisk, Assessment, Failing, OpenItem, PatchLine, RiskLine, Subject
from collector.reports import oscal_poam
from collector.reports.context import Context
from collector.reports.oscal_check import faults
from tests.reports.builders import BUILDPACKS_PAGE, DROPLETS_PAGE, example_assessment, guid
from tests.reports.month_builders import month_assessment
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
    assert (
        "Accepted by ISSO, GRC-112, to the end of 2026-12-31 (UTC)." in risk["risk-log"]["entries"][-1]["description"]
    )
    assert risk["risk-log"]["entries"][-1]["status-change"] == "deviation-approved"
    assert [prop(risk, name) for name in ("exception-id", "approver", "ticket", "accepted-until")] == [
        "EX-7",
        "ISSO",
        "GRC-112",
        "2026-12-31",
    ]


def test_the_deadline_is_the_same_every_month() -> None:
    """Thirty days from the end of the month in which it opened, however long that month and those after it are."""
    deadlines = [item(of_month(later(months)))[2]["deadline"] for months in (1, 2, 5)]
    assert deadlines == ["2026-10-31T00:00:00Z"] * 3
    turn = msgspec.structs.replace(FIRST, opened="2026-12")
    assert item(of_month(turn))[2]["deadline"] == "2027-01-31T00:00:00Z"


def test_an_exploited_vulnerability_has_its_due_date() -> None:
    """The window of other flaws does not put it off."""
    exploited = Subject(type="notice", name="USN-1-1")
    due = datetime(2026, 10, 14, 3, 59, 59, tzinfo=UTC)
    patches = (PatchLine(subject=exploited, status="fail", line="ubuntu-jammy", due=due),)
    open_item = OpenItem(
        check="exploited-vulnerability-due", component="ubuntu-jammy", opened="2026-10", months=1, subjects=("USN-1-1",)
    )
    _, _, risk = item(of_month(open_item, patches=patches))
    assert risk["deadline"] == "2026-10-14T03:59:59Z"
    assert risk["remediations"][0]["tasks"][0]["timing"]["on-date"]["date"] == "2026-10-14T03:59:59Z"


def test_a_closed_item_shows_what_closed_it() -> None:
    """The log ends with it, the observation points at the evidence, and nothing is left to be done."""
    done = msgspec.structs.replace(
        later(2, datetime(2026, 10, 3, 9, tzinfo=UTC)), evidence=(DROPLETS_PAGE, BUILDPACKS_PAGE)
    )
    document = written(of_month(done))
    _, seen, risk = item(of_month(done))
    resources = {row["uuid"] for row in document[ROOT]["back-matter"]["resources"]}
    cited = {row["href"].removeprefix("#") for row in seen["relevant-evidence"]}
    assert [row["status-change"] for row in risk["risk-log"]["entries"]] == ["open", "closed"]
    assert len(cited) == 2
    assert cited <= resources
    assert "remediations" not in risk
    assert faults(document) == []


def test_what_is_not_known_is_not_told_as_outside() -> None:
    """A subject that could not be judged keeps an item open, and the plan says so."""
    two = msgspec.structs.replace(FIRST, subjects=("agency-a/prod/payments-api", "agency-b/dev/uploaded-jar"))
    found, _, _ = item(of_month(two))
    assert "2 subjects; is outside at the end of the month, or not known (1)." in found["description"]


def test_the_response_is_what_is_to_be_done_about_its_own_subjects() -> None:
    """The command of another item's application would mend nothing."""
    web = OpenItem(
        check="buildpack-current",
        component="nodejs_buildpack 1.8.41",
        opened="2026-10",
        months=1,
        subjects=("agency-a/prod/forms-web",),
    )
    _, _, risk = item(of_month(web))
    told = risk["remediations"][0]["description"]
    assert "forms-web" in told
    assert "payments-api" not in told


def test_a_stemcell_that_runs_no_more_is_pointed_at_all_the_same() -> None:
    """The month before knows it; an application that is gone is named, and in no inventory."""
    jammy = Subject(type="stemcell", name="ubuntu-jammy/1.1", environment="production", deployment="cf")
    app = Subject(type="app", guid=guid(99), name="gone", space="prod", org="agency-a")
    month = month_assessment().month
    assert month is not None
    assert month.previous is not None
    failing = tuple(Failing(check="stemcell-current", subject=subject) for subject in (jammy, app))
    month = msgspec.structs.replace(month, previous=msgspec.structs.replace(month.previous, failing=failing))
    closed = OpenItem(
        check="stemcell-current",
        component="ubuntu-jammy",
        opened="2026-09",
        months=1,
        subjects=("agency-a/prod/gone", "ubuntu-jammy/1.1 in production/cf"),
        closed_at=datetime(2026, 10, 3, tzinfo=UTC),
    )
    assessment = of_month(closed, month=month)
    found, seen, _ = item(assessment)
    assert [row["type"] for row in seen["subjects"]] == ["component"]
    assert "agency-a/prod/gone" in found["description"]
    assert faults(written(assessment)) == []


def test_a_reference_that_leads_nowhere_is_found() -> None:
    """Our own checks look into a plan of action, too."""
    document = written(of_month(FIRST))
    document[ROOT]["poam-items"][0]["related-risks"][0]["risk-uuid"] = guid(1)
    assert [fault.where for fault in faults(document)] == [f"/{ROOT}/poam-items/0/related-risks/0/risk-uuid"]


def test_without_an_item_there_is_no_plan() -> None:
    """OSCAL has no empty one."""
    with pytest.raises(ValueError, match="needs an item"):
        written(of_month())
