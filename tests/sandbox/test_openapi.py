"""The demonstration against the official description of the API: loose, but independent of the recordings."""

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from tests.sandbox.http_client import ask
from tests.sandbox.recorded import SHARED

FILE = SHARED / "openapi.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="no openapi.json: CF_EVIDENCE_SHARED names no folder with it")

LISTS = (
    "apps?include=space.organization",
    "droplets",
    "buildpacks",
    "stacks",
    "builds",
    "audit_events",
    "deployments",
    "processes",
    "processes?embed=process_instances",
    "tasks",
    "spaces?include=organization",
    "organizations",
    "isolation_segments",
)


@pytest.fixture(scope="module")
def description():
    """Return the description without the mistakes that real answers have shown it to have."""
    found = json.loads(FILE.read_text("utf-8"))
    schemas = found["components"]["schemas"]
    for name in ("RelationshipToOne", "UserRelationshipToOne"):
        data = schemas[name]["properties"]["data"]
        schemas[name]["properties"]["data"] = {"anyOf": [copy.deepcopy(data), {"type": "null"}]}
    updated = schemas["BaseSchema"]["properties"]["updated_at"]
    schemas["BaseSchema"]["properties"]["updated_at"] = {"anyOf": [updated, {"type": "null"}]}
    return found


def problems(description, path, value, status="200"):
    schema = description["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    return unfit(description, schema, value)


def unfit(description, schema, value):
    validator = Draft202012Validator({**schema, "components": description["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("target", LISTS)
def test_lists_fit_the_description(demo, description, target):
    """Every row of every list fits its schema."""
    symbol = "&" if "?" in target else "?"
    got = ask(demo, f"/v3/{target}{symbol}per_page=5000")
    assert got.status == 200
    assert got.resources
    assert not problems(description, f"/v3/{target.partition('?')[0]}", got.json)


def test_roles_fit_the_description(demo, description):
    """The description has a schema for one role, though none for their list."""
    for role in ask(demo, "/v3/roles").resources:
        assert not unfit(description, {"$ref": "#/components/schemas/Role"}, role)


def test_single_rows_fit_the_description(demo, description):
    """Every app, and each of its droplets, processes and features, fits its schema."""
    for app in demo.world.apps:
        targets = {"/v3/apps/{guid}": "", "/v3/apps/{guid}/droplets": "/droplets"}
        targets |= {"/v3/apps/{guid}/processes": "/processes", "/v3/apps/{guid}/ssh_enabled": "/ssh_enabled"}
        if app.droplet_guid:
            targets["/v3/apps/{guid}/droplets/current"] = "/droplets/current"
        for path, end in targets.items():
            got = ask(demo, f"/v3/apps/{app.guid}{end}")
            assert got.status == 200
            assert not problems(description, path, got.json)


def test_what_was_never_recorded_fits_the_description(demo, description):
    """The invented answers about instances and features have the documented form."""
    app = demo.world.named("half-up")
    for path, target in (
        ("/v3/processes/{guid}/stats", f"/v3/processes/{app.guid}/stats"),
        ("/v3/processes/{guid}/process_instances", f"/v3/processes/{app.guid}/process_instances"),
        ("/v3/spaces/{guid}/features/{name}", f"/v3/spaces/{app.space_guid}/features/ssh"),
    ):
        got = ask(demo, target)
        assert got.status == 200
        assert not problems(description, path, got.json)


def test_roots_fit_the_description(demo, description):
    """The documents at the top fit their schemas."""
    for path in ("/", "/v3", "/v3/info"):
        assert not problems(description, path, ask(demo, path, None).json)
