"""The S3 binding that cloud.gov puts into VCAP_SERVICES."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.errors import UsageError

VARIABLE = "VCAP_SERVICES"
NEEDED = ("bucket", "access_key_id", "secret_access_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One bound bucket. The secret is left out of repr; the binding's `uri`, which holds it too, is never read."""

    bucket: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    sandbox: bool


def find_binding(name: str, environment: Mapping[str, str]) -> Binding:
    """Return the binding of this instance or binding name; raise `UsageError` naming those there are."""
    entries = list(_entries(_parsed(environment)))
    found = [entry for entry in entries if name in _names(entry)]
    if not found:
        buckets = sorted({_names(entry)[0] for entry in entries if _credentials(entry).get("bucket") and _names(entry)})
        there = f"S3 services there: {', '.join(buckets)}"
        raise UsageError(
            f"no service named {name!r} in {VARIABLE}",
            hint=there if buckets else f"no S3 service is bound: cf bind-service APP {name}",
        )
    entry = found[0]
    credentials = _credentials(entry)
    missing = [word for word in NEEDED if not isinstance(credentials.get(word), str) or not credentials[word]]
    if missing:
        raise UsageError(
            f"service {name!r} in {VARIABLE} is no S3 binding: it has no {', '.join(missing)}",
            hint="name a service made from the s3 offering",
        )
    return Binding(
        bucket=credentials["bucket"],
        endpoint=_with_scheme(str(credentials.get("fips_endpoint") or credentials.get("endpoint") or "")),
        region=str(credentials.get("region") or ""),
        access_key=credentials["access_key_id"],
        secret_key=credentials["secret_access_key"],
        sandbox=str(entry.get("plan", "")).endswith("-sandbox"),
    )


def _parsed(environment: Mapping[str, str]) -> Mapping[str, Any]:
    text = environment.get(VARIABLE, "")
    if not text:
        raise UsageError(
            f"{VARIABLE} is not set", hint="a vcap: store works inside Cloud Foundry; outside, write s3://bucket/prefix"
        )
    try:
        services = json.loads(text)
    except ValueError:
        # The cause is dropped on purpose: it carries the whole text, and with it the secrets.
        raise UsageError(f"{VARIABLE} is not JSON", hint="cf env APP shows what Cloud Foundry set") from None
    if not isinstance(services, dict):
        raise UsageError(f"{VARIABLE} is not a JSON object", hint="cf env APP shows what Cloud Foundry set")
    return services


def _entries(services: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _, listed in sorted(services.items(), key=lambda item: (item[0] != "s3", item[0])):
        yield from (entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else ()


def _names(entry: Mapping[str, Any]) -> list[str]:
    words = (entry.get(word) for word in ("instance_name", "binding_name", "name"))
    return [word for word in words if isinstance(word, str) and word]


def _credentials(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The credentials; one level deeper when a service key was pasted in whole."""
    outer = entry.get("credentials")
    if not isinstance(outer, dict):
        return {}
    inner = outer.get("credentials")
    return inner if isinstance(inner, dict) else outer


def _with_scheme(endpoint: str) -> str:
    return endpoint if not endpoint or "://" in endpoint else f"https://{endpoint}"
