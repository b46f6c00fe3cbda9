"""The parts of assessment.json that speak of the platform."""

import json
from typing import Any

import jsonschema
import pytest

from collector.reports.answer_json import to_json
from collector.resources import TEMPLATES
from tests.reports.builders import AS_OF, CONTROL, FORMULA, LONG, SCRIPT, example_assessment
from tests.reports.platform_builders import platform_assessment

VALIDATOR = jsonschema.Draft202012Validator(json.loads(TEMPLATES.joinpath("assessment.schema.json").read_bytes()))
ADDED = ["patches", "stemcells", "stages", "attestations"]


def _answer(**changes: Any) -> Any:
    return json.loads(to_json(platform_assessment(**changes)))


def test_without_platform_evidence_no_key_is_added() -> None:
    """Whoever reads the answer of a customer sees what they always saw."""
    answer = json.loads(to_json(example_assessment()))
    assert set(ADDED) & set(answer) == set()
    assert not [seen for seen in answer["observations"] if seen["measured"] and "stages" in seen["measured"]]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"patches": ()},
        {"attested": (), "stages": ()},
        {"stemcells": (), "patches": (), "stages": ()},
        {"as_of": AS_OF.replace(microsecond=250_000)},
    ],
)
def test_the_answer_with_platform_evidence_keeps_to_the_schema(changes: dict[str, Any]) -> None:
    """All four keys stand together behind the others, empty ones too."""
    answer = _answer(**changes)
    assert [error.message for error in VALIDATOR.iter_errors(answer)] == []
    assert list(answer)[-4:] == ADDED
    assert list(answer)[:-4] == list(json.loads(to_json(example_assessment())))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("patches", 0, "held_by"), "nobody"),
        (("patches", 0, "stages", "rebooted"), None),
        (("patches", 3, "stages", "production", "not_after"), "2026-11-07"),
        (("stemcells", 0, "state"), "fine"),
        (("stages", 0, "unknown"), -1),
        (("attestations", 0, "method"), "TEST"),
    ],
)
def test_the_schema_refuses_what_is_no_such_part(path: tuple[Any, ...], value: object) -> None:
    """A statement that says it was tested is a fault."""
    answer = _answer()
    place = answer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert list(VALIDATOR.iter_errors(answer)) != []


def test_one_of_the_four_keys_alone_is_refused() -> None:
    """Nobody has to ask which of them are there."""
    answer = _answer()
    del answer["stages"]
    assert list(VALIDATOR.iter_errors(answer)) != []


def test_a_patch_has_its_stages_to_the_second() -> None:
    """An instant has equal ends, one between two has both; what was not reached is null."""
    seen = next(
        each
        for each in _answer()["observations"]
        if (each["check"], each["subject"]["name"]) == ("os-patch-latency", "USN-7001-1")
    )
    assert seen["subject"] == {"type": "notice", "name": "USN-7001-1"}
    assert seen["measured"] == {
        "hours": 133.0,
        "not_before": "2026-11-07T22:00:00Z",
        "not_after": "2026-11-07T22:10:00Z",
        "source": "deploy event",
        "stages": {
            "published": {
                "not_before": "2026-11-02T09:00:00Z",
                "not_after": "2026-11-02T09:00:00Z",
                "source": "osv published",
            },
            "released": {
                "not_before": "2026-11-06T12:00:00Z",
                "not_after": "2026-11-06T12:00:00Z",
                "source": "index published",
            },
            "staging": {
                "not_before": "2026-11-07T09:00:00Z",
                "not_after": "2026-11-07T09:00:00Z",
                "source": "deploy event",
            },
            "production": {
                "not_before": "2026-11-07T22:00:00Z",
                "not_after": "2026-11-07T22:10:00Z",
                "source": "deploy event",
            },
            "restarted": None,
        },
    }


def test_a_negative_latency_is_kept() -> None:
    """It is neither clamped nor left out: two clocks disagree, and that is evidence."""
    (patch,) = [each for each in _answer()["patches"] if each["subject"]["name"] == "USN-7005-1"]
    assert patch["hours"]["packaging"] == -2.0
    assert patch["status"] == "unknown"


def test_a_statement_has_author_party_period_and_expiry() -> None:
    """Dates stand as days, for that is what was stated; the method is EXAMINE."""
    stated = _answer()["attestations"][0]
    assert [stated[key] for key in ("method", "author", "party", "written", "period_from", "period_to", "expires")] == [
        "EXAMINE",
        "Robin Roe",
        "Platform operations",
        "2026-11-17",
        "2026-11-01",
        "2026-11-30",
        "2026-12-31",
    ]


def test_titles_are_given_exactly_as_they_are() -> None:
    """Only here nothing is cut, marked or made visible."""
    assert {FORMULA, SCRIPT, LONG, CONTROL} <= {patch["title"] for patch in _answer()["patches"]}
