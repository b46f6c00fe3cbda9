"""One boto3 client: where it goes, with whose credentials, and what it refuses to talk to."""

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from collector.errors import UsageError
from collector.stores.binding import Binding
from collector.stores.bucket_errors import asking
from collector.stores.options import StoreOptions

if TYPE_CHECKING:  # a package of stubs: nothing to import at run time
    from mypy_boto3_s3 import S3Client

AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".c2s.ic.gov", ".sc2s.sgov.gov")
"""Hosts of S3 itself. One that is missing here is only treated more strictly: read back after each put."""


@dataclass(frozen=True, slots=True)
class Door:
    """A client, the host it talks to, and whether that host is AWS."""

    client: "S3Client"
    host: str
    aws: bool


def open_door(url: str, options: StoreOptions, binding: Binding | None = None) -> Door:
    """Make the client from a binding, else by boto3's own chain of variables and files."""
    with asking(url, "look"):
        try:
            session = (
                boto3.session.Session()
                if binding is None
                else boto3.session.Session(
                    aws_access_key_id=binding.access_key,
                    aws_secret_access_key=binding.secret_key,
                    region_name=binding.region or None,
                )
            )
            client = session.client(
                "s3",
                endpoint_url=binding.endpoint or None if binding else None,
                config=_config(options, session.region_name or ""),
            )
        except ValueError as error:
            raise UsageError(
                f"cannot look in {url}: the endpoint is not an address",
                hint="AWS_ENDPOINT_URL_S3 is such as https://s3.example.gov",
            ) from error
    endpoint = urlsplit(client.meta.endpoint_url)
    host = endpoint.hostname or ""
    _check(host, endpoint.scheme, options)
    return Door(client, host, aws=host.endswith(AWS_HOSTS))


def _config(options: StoreOptions, region: str) -> Config:
    return Config(
        retries={"mode": "standard", "max_attempts": options.attempts},
        connect_timeout=options.connect_timeout,
        read_timeout=options.read_timeout,
        # Every put names its own SHA-256, which the server checks. boto3's additional CRC32 trailers are not understood
        # by all servers, and one was seen to write them into the object.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # None leaves AWS_USE_FIPS_ENDPOINT its say.
        use_fips_endpoint=True if options.fips or region.startswith("us-gov-") else None,
    )


def _check(host: str, scheme: str, options: StoreOptions) -> None:
    if scheme != "https" and not _is_loopback(host):
        raise UsageError(f"the endpoint {host} is not https", hint="evidence travels over TLS: write https://")
    # boto3 silently ignores use_fips_endpoint when an endpoint is given, so look at what it became.
    if options.fips and "fips" not in host:
        raise UsageError(
            f"the endpoint {host} is not a FIPS endpoint",
            hint="unset AWS_ENDPOINT_URL_S3, or name the FIPS endpoint there",
        )
    if options.encryption == "none" and host.endswith(AWS_HOSTS):
        raise UsageError("encryption cannot be left out on AWS", hint='leave encryption at "required"')


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
