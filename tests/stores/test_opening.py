"""How an address chooses a store, and which endpoints are refused before anything is sent."""

import subprocess
import sys

import pytest

from collector.errors import RemoteError, UsageError
from collector.stores import StoreOptions, open_store
from tests.stores.conftest import chance


def opened(url: str, **options):
    return open_store(url, environment={}, say=print, chance=chance, options=StoreOptions(**options))


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("s4://bucket/x", "unknown kind of store: s4:", "did you mean s3:"),
        ("S3://bucket/x", "unknown kind of store: S3:", "did you mean s3:"),
        ("https://key:s3cr3t@host/bucket", "unknown kind of store: https:", "there are: file:, s3:, vcap:"),
    ],
)
def test_an_unknown_scheme_is_a_usage_error_that_names_the_nearest(url, message, hint):
    """Only the scheme is repeated, as an address may hold a secret."""
    with pytest.raises(UsageError) as raised:
        opened(url)

    assert (str(raised.value), raised.value.hint) == (message, hint)


@pytest.mark.parametrize(
    "url",
    [
        "s3:",
        "s3://",
        "s3:bucket/x",
        "s3://AKIA:s3cr3t@host/bucket",
        "s3://b/x",
        "s3://bucket/x?y=s3cr3t",
        "s3://bu cket",
    ],
)
def test_an_s3_address_that_is_not_bucket_and_prefix_is_a_usage_error(url):
    """The `uri` of a binding is such an address; its secret is not repeated."""
    with pytest.raises(UsageError) as raised:
        opened(url)

    assert "s3cr3t" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("url", ["s3://bucket/../x", "s3://bucket//x", "s3://bucket/a/./b"])
def test_a_prefix_that_is_no_plain_name_is_a_usage_error(url):
    """A prefix follows the rules of keys."""
    with pytest.raises(UsageError, match="not a key for a store"):
        opened(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("s3://bucket", "s3://bucket"), ("s3://bucket/", "s3://bucket"), ("s3://bucket/a/b/", "s3://bucket/a/b")],
)
def test_a_bucket_is_named_without_a_last_slash(url, expected):
    """One spelling for one place."""
    assert opened(url).url == expected


def test_govcloud_uses_fips_endpoints_unasked(monkeypatch):
    """In us-gov-* regions the endpoint is a FIPS one."""
    monkeypatch.setenv("AWS_REGION", "us-gov-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-gov-west-1")

    assert opened("s3://bucket")._objects.door.host == "s3-fips.us-gov-west-1.amazonaws.com"


def test_fips_is_used_elsewhere_when_asked_for(monkeypatch):
    """The option does what it says in any region."""
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")

    assert opened("s3://bucket", fips=True)._objects.door.host == "s3-fips.us-west-2.amazonaws.com"
    assert opened("s3://bucket")._objects.door.host == "s3.us-west-2.amazonaws.com"


def test_fips_that_an_endpoint_variable_defeats_is_a_usage_error(monkeypatch):
    """boto3 ignores its FIPS switch when an endpoint is set; we look."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.us-gov-west-1.amazonaws.com")

    with pytest.raises(UsageError, match=r"the endpoint s3.us-gov-west-1.amazonaws.com is not a FIPS endpoint"):
        opened("s3://bucket", fips=True)


def test_plain_http_is_refused_unless_it_stays_on_this_machine(monkeypatch):
    """Evidence does not cross a network in the clear."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.example.gov")
    with pytest.raises(UsageError, match=r"the endpoint s3.example.gov is not https"):
        opened("s3://bucket")

    for endpoint in ("http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        assert not opened("s3://bucket")._objects.door.aws


def test_the_special_variable_wins_over_the_general_one(monkeypatch):
    """AWS_ENDPOINT_URL_S3, then AWS_ENDPOINT_URL: boto3's own chain."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.example.gov")
    assert opened("s3://bucket")._objects.door.host == "all.example.gov"

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.gov")
    assert opened("s3://bucket")._objects.door.host == "s3.example.gov"


def test_an_endpoint_that_is_no_address_is_a_usage_error(monkeypatch):
    """A missing scheme is the usual mistake."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "s3.example.gov")

    with pytest.raises(UsageError, match="the endpoint is not an address"):
        opened("s3://bucket")


def test_encryption_cannot_be_left_out_on_aws():
    """The switch is for servers of one's own."""
    with pytest.raises(UsageError, match="encryption cannot be left out on AWS"):
        opened("s3://bucket", encryption="none")


def test_a_profile_that_does_not_exist_is_a_usage_error(monkeypatch):
    """The name is a setting, so this is exit 2."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    with pytest.raises(UsageError, match="no-such-profile"):
        opened("s3://bucket")


def test_no_credentials_at_all_are_told_with_the_ways_to_give_them(monkeypatch):
    """Nothing is sent, and the next step is named."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(RemoteError, match="no AWS credentials were found") as raised:
        opened("s3://bucket").read("a")

    assert "AWS_PROFILE" in raised.value.hint


def test_opening_a_folder_imports_no_boto3():
    """Only who names a bucket waits for boto3."""
    program = (
        "import sys\n"
        "from collector.stores import open_store\n"
        "open_store('file:x', environment={}, say=print, chance=lambda: 'x')\n"
        "print(sorted({'boto3', 'botocore', 'requests'} & set(sys.modules)))\n"
    )
    seen = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert seen.stdout == "[]\n"
