"""The S3 binding of cloud.gov, found by name; its secret is never shown."""

import json

import pytest

from collector.errors import UsageError
from collector.stores import StoreOptions, open_store
from collector.stores.binding import Binding, find_binding
from collector.stores.bucket import Bucket
from tests.stores.conftest import chance

CREDENTIALS = {
    "uri": "s3://AKIAEXAMPLE:v3rys3cr3t%2F@s3-fips.us-gov-west-1.amazonaws.com/cg-1f2e3d4c",
    "insecure_skip_verify": False,
    "access_key_id": "AKIAEXAMPLE",
    "secret_access_key": "v3rys3cr3t/",
    "region": "us-gov-west-1",
    "bucket": "cg-1f2e3d4c",
    "endpoint": "s3.us-gov-west-1.amazonaws.com",
    "fips_endpoint": "s3-fips.us-gov-west-1.amazonaws.com",
    "additional_buckets": [],
}


def services(credentials: object = CREDENTIALS, **words: object) -> dict[str, str]:
    entry = {"name": "evidence", "instance_name": "evidence", "plan": "basic", "credentials": credentials} | words
    database = {"name": "db", "instance_name": "db", "credentials": {"uri": "postgres://u:dbs3cr3t@h/d"}}
    return {"VCAP_SERVICES": json.dumps({"aws-rds": [database], "s3": [entry]})}


EXPECTED = Binding(
    bucket="cg-1f2e3d4c",
    endpoint="https://s3-fips.us-gov-west-1.amazonaws.com",
    region="us-gov-west-1",
    access_key="AKIAEXAMPLE",
    secret_key="v3rys3cr3t/",
    sandbox=False,
)


def test_a_binding_is_found_by_its_instance_name():
    """The FIPS endpoint is taken, and https:// is put before it."""
    assert find_binding("evidence", services()) == EXPECTED


def test_a_binding_is_found_by_its_binding_name():
    """`cf bind-service --binding-name` renames the name and keeps the instance's."""
    environment = services(name="store", binding_name="store", instance_name="agency-bucket")

    assert find_binding("store", environment) == EXPECTED
    assert find_binding("agency-bucket", environment) == EXPECTED


def test_a_service_key_pasted_in_whole_is_understood():
    """A service key nests its credentials one level deeper."""
    assert find_binding("evidence", services({"credentials": CREDENTIALS})) == EXPECTED


def test_a_user_provided_service_with_a_scheme_and_no_fips_endpoint_is_understood():
    """An endpoint that has its scheme keeps it."""
    credentials = {key: CREDENTIALS[key] for key in ("bucket", "access_key_id", "secret_access_key")}
    environment = services(credentials | {"endpoint": "https://s3.example.gov:9000"})

    found = find_binding("evidence", environment)

    assert (found.endpoint, found.region) == ("https://s3.example.gov:9000", "")


@pytest.mark.parametrize(
    ("environment", "message", "hint"),
    [
        ({}, "VCAP_SERVICES is not set", "a vcap: store works inside Cloud Foundry; outside, write s3://bucket/prefix"),
        ({"VCAP_SERVICES": "{v3rys3cr3t/"}, "VCAP_SERVICES is not JSON", "cf env APP shows what Cloud Foundry set"),
        ({"VCAP_SERVICES": "[]"}, "VCAP_SERVICES is not a JSON object", "cf env APP shows what Cloud Foundry set"),
        (
            {"VCAP_SERVICES": '{"s3": {}, "x": [1]}'},
            "no service named 'evidnce' in VCAP_SERVICES",
            "no S3 service is bound: cf bind-service APP evidnce",
        ),
        (services(), "no service named 'evidnce' in VCAP_SERVICES", "S3 services there: evidence"),
    ],
)
def test_what_is_not_there_is_a_usage_error_that_names_what_is(environment, message, hint):
    """A wrong name, no variable and a broken one each have their line, without what the variable holds."""
    with pytest.raises(UsageError) as raised:
        find_binding("evidnce", environment)

    assert (str(raised.value), raised.value.hint) == (message, hint)
    assert raised.value.__cause__ is None


def test_a_service_of_another_kind_is_told_apart():
    """A database is no bucket; what it lacks is named, what it holds is not."""
    with pytest.raises(UsageError) as raised:
        find_binding("db", services())

    expected = "service 'db' in VCAP_SERVICES is no S3 binding: it has no bucket, access_key_id, secret_access_key"
    assert str(raised.value) == expected


def test_no_representation_of_a_binding_shows_its_secret():
    """A traceback or a log line may print it."""
    assert "v3rys3cr3t" not in repr(find_binding("evidence", services()))


def test_a_store_from_a_binding_is_named_by_its_service():
    """The address is the one that was given, so that it can be given again; the secret is in none of it."""
    said: list[str] = []
    store = open_store("vcap:evidence/monthly", environment=services(), say=said.append, chance=chance)

    assert (store.url, said) == ("vcap:evidence/monthly", [])
    assert "s3cr3t" not in f"{store!r} {vars(store)}"


def test_a_store_from_a_binding_talks_to_the_fips_endpoint():
    """FIPS may be demanded, as the binding's endpoint is one."""
    options = StoreOptions(fips=True)
    store = open_store("vcap:evidence", environment=services(), say=print, chance=chance, options=options)

    assert isinstance(store, Bucket)
    assert store._objects.door.host == "s3-fips.us-gov-west-1.amazonaws.com"


def test_a_sandbox_bucket_is_warned_about():
    """It vanishes, which evidence should not."""
    said: list[str] = []
    open_store("vcap:evidence", environment=services(plan="basic-sandbox"), say=said.append, chance=chance)

    assert said == ["vcap:evidence is on a sandbox plan: the bucket and the evidence in it vanish with the sandbox"]


def test_a_vcap_address_needs_a_name():
    """An empty name is told how it is written."""
    with pytest.raises(UsageError, match="names no service"):
        open_store("vcap:", environment=services(), say=print, chance=chance)
