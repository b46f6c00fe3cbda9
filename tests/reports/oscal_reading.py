"""How the tests of the OSCAL documents write, read and judge one."""

import json
import os
from functools import cache
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest

from collector.model import Assessment
from collector.reports import oscal_plan, oscal_results
from collector.reports.context import Context

Json = dict[str, Any]

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "oscal"

# The version that a document declares, and the schemas that it must fit.
SCHEMAS = (
    ("1.1.3", "1.1.3/oscal_complete_schema.json"),
    ("1.2.1", "1.2.1/oscal_complete_schema.json"),
    ("1.2.1", "1.2.2/oscal_complete_schema.json"),
)


def rendered(module: ModuleType, assessment: Assessment, context: Context | None = None) -> bytes:
    out = BytesIO()
    module.write(assessment, out, context or Context())
    return out.getvalue()


def results(assessment: Assessment, context: Context | None = None) -> Json:
    document: Json = json.loads(rendered(oscal_results, assessment, context))
    return document


def result(assessment: Assessment) -> Json:
    found: Json = results(assessment)["assessment-results"]["results"][0]
    return found


def plan(assessment: Assessment, context: Context | None = None) -> Json:
    document: Json = json.loads(rendered(oscal_plan, assessment, context))
    return document


def prop(thing: Json, name: str) -> str | None:
    """The value of a property, or None."""
    return next((found["value"] for found in thing.get("props", ()) if found["name"] == name), None)


def shared(path: str) -> Path:
    """A file of the reference data, or a skip that says where it was looked for."""
    if not (SHARED / path).is_file():
        pytest.skip(f"no {path} in {SHARED}: set CF_EVIDENCE_SHARED to the folder that holds oscal/")
    return SHARED / path


@cache
def _validator(path: Path) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(json.loads(path.read_bytes()), validate_formats=True)


def schema_faults(document: Json, schema: str) -> list[str]:
    """What the JSON schema has against a document."""
    validator = _validator(shared(f"schemas/{schema}"))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(document)]


@cache
def catalog_objectives() -> frozenset[str]:
    """The objective ids of NIST's catalog."""
    extract = json.loads(shared("control_ids_extract.json").read_bytes())
    return frozenset(name for control in extract.values() for name in control["objectives"])
