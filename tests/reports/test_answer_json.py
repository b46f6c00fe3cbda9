import json
from typing import Any

import jsonschema
import msgspec
import pytest

from collector.model import Subject
from collector.reports.answer_json import to_json
from collector.resources import TEMPLATES
from tests.reports.builders import AS_OF, example_assessment
from tests.reports.rendering import render

SCHEMA = json.loads(TEMPLATES.joinpath("assessment.schema.json").read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def _answer(**changes: Any) -> Any:
    return json.loads(to_json(example_assessment(**changes)))


def test_the_schema_is_a_schema() -> None:
    """Draft 2020-12, as it says."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"period": "2026-11"},
        {"observations": (), "controls": (), "applications": (), "snapshots": (), "windows": {}},
        {"as_of": AS_OF.replace(microsecond=250_000)},
    ],
)
def test_the_answer_keeps_to_its_schema(changes: dict[str, Any]) -> None:
    """Whoever reads the answer by machine can rely on it, empty parts and fractions of a second included."""
    assert [error.message for error in VALIDATOR.iter_errors(_answer(**changes))] == []


def test_other_subjects_keep_to_the_schema() -> None:
    """A stemcell has a name, an environment and a deployment, and nothing else."""
    example = example_assessment()
    stemcell = Subject(type="stemcell", name="ubuntu-jammy/1.943", environment="production", deployment="cf-production")
    answer = _answer(observations=(msgspec.structs.replace(example.observations[0], subject=stemcell),))
    assert list(VALIDATOR.iter_errors(answer)) == []
    assert answer["observations"][0]["subject"] == {
        "type": "stemcell",
        "name": "ubuntu-jammy/1.943",
        "environment": "production",
        "deployment": "cf-production",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("coverage", "apps", "visible"), -1),
        (("controls", 0, "status"), "SI-2 satisfied"),
        (("observations", 0, "status"), "waived"),
        (("observations", 0, "evidence"), ["md5:1"]),
        (("as_of",), "2026-11-20T12:00:00"),
        (("answer",), "one key too many"),
    ],
)
def test_the_schema_refuses_what_the_contract_does_not_know(path: tuple[Any, ...], value: object) -> None:
    """A schema that takes anything would hold nothing."""
    answer = _answer()
    place = answer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert list(VALIDATOR.iter_errors(answer)) != []


def test_keys_stand_in_the_order_of_the_contract() -> None:
    """People read it too."""
    answer = _answer()
    assert list(answer) == [
        "schema",
        "tool",
        "system",
        "foundation",
        "as_of",
        "period",
        "snapshots",
        "coverage",
        "windows",
        "controls",
        "observations",
    ]
    assert list(answer["coverage"]) == ["complete", "spaces", "sources", "apps"]
    assert answer["coverage"]["sources"][0]["gaps"][0] == {
        "what": "builds",
        "reason": "403 CF-NotAuthorized",
        "http_status": 403,
        "subjects": [],
    }


def test_a_fail_says_what_is_wrong_and_a_pass_does_not() -> None:
    """detail, next_step and over_hours stand only where the status is not pass."""
    observations = _answer()["observations"]
    assert observations[14 * 0] == {
        "check": "app-restage-age",
        "subject": {
            "type": "app",
            "guid": "00000000-0000-4000-8000-000000000001",
            "name": "payments-api",
            "space": "prod",
            "org": "agency-a",
        },
        "status": "fail",
        "waived_by": None,
        "window": "restage",
        "measured": {
            "hours": 849.6,
            "not_before": "2026-10-16T02:24:00Z",
            "not_after": "2026-10-16T02:24:00Z",
            "source": "droplet.created_at",
        },
        "over_hours": 513.6,
        "detail": "last staged 35.4 days ago, 21.4 days outside the 14-day window",
        "next_step": "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api",
        "evidence": ["sha256:" + "b2" * 32],
    }
    passed = next(seen for seen in observations if seen["status"] == "pass")
    assert list(passed) == ["check", "subject", "status", "waived_by", "window", "measured", "evidence"]


def test_the_file_is_what_is_printed_one_observation_a_line() -> None:
    """Two answers can be compared with diff."""
    data = render("assessment", example_assessment())
    assert data == to_json(example_assessment())
    lines = data.decode().splitlines()
    assert sum(line.strip().startswith('{"check":') for line in lines) == 45
    assert data.endswith(b"]}\n")


def test_names_are_given_exactly_as_they_are() -> None:
    """Only here nothing is cut, marked or made visible."""
    given = {seen["subject"]["name"] for seen in _answer()["observations"]}
    assert given == {seen.subject.name for seen in example_assessment().observations}
