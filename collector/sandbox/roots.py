"""The documents at the top of the API: `/`, `/v3` and `/v3/info`."""

from collector.sandbox.ratelimit import RateLimit
from collector.sandbox.wire import JsonObject

_V3 = (
    "app_usage_events",
    "apps",
    "audit_events",
    "buildpacks",
    "builds",
    "deployments",
    "domains",
    "droplets",
    "environment_variable_groups",
    "feature_flags",
    "info",
    "isolation_segments",
    "organizations",
    "organization_quotas",
    "packages",
    "processes",
    "resource_matches",
    "roles",
    "routes",
    "security_groups",
    "service_brokers",
    "service_instances",
    "service_credential_bindings",
    "service_offerings",
    "service_plans",
    "service_route_bindings",
    "service_usage_events",
    "spaces",
    "space_quotas",
    "stacks",
    "tasks",
    "users",
)


def root(domain: str, login: str, uaa: str, version: str) -> JsonObject:
    """Return what the API says about itself: the only place that names its version; v2 is off."""
    system = domain.partition("://")[2].removeprefix("api.")
    ssh = {"host_key_fingerprint": "47:0d:d1:c8:c3:3d:0a:36:d1:49:2f:f2:90:27:31:d0", "oauth_client": "ssh-proxy"}
    return {
        "links": {
            "self": {"href": domain},
            "cloud_controller_v3": {"href": f"{domain}/v3", "meta": {"version": version}},
            "network_policy_v0": {"href": f"{domain}/networking/v0/external"},
            "network_policy_v1": {"href": f"{domain}/networking/v1/external"},
            "login": {"href": login},
            "uaa": {"href": uaa},
            "credhub": {"href": f"https://credhub.{system}:8844"},
            "routing": {"href": f"{domain}/routing"},
            "logging": {"href": f"wss://doppler.{system}:443"},
            "log_cache": {"href": f"https://log-cache.{system}"},
            "log_stream": {"href": f"https://log-stream.{system}"},
            "app_ssh": {"href": f"ssh.{system}:2222", "meta": ssh},
        }
    }


def v3_root(domain: str) -> JsonObject:
    """Return the links to all resources."""
    links = {"self": {"href": f"{domain}/v3"}} | {name: {"href": f"{domain}/v3/{name}"} for name in _V3}
    return {"links": links}


def info(domain: str, limit: RateLimit) -> JsonObject:
    """Return the platform's description; a limit is printed even while the limiter is off."""
    return {
        "build": "2222",
        "cli_version": {"minimum": "6.22.0", "recommended": "latest"},
        "custom": {"arbitrary": "stuff"},
        "description": "Cloud Foundry sponsored by Pivotal",
        "name": "vcap",
        "version": 2,
        "osbapi_version": "2.15",
        "rate_limits": {
            "enabled": limit.enabled,
            "general_limit": limit.general_limit,
            "reset_interval_in_minutes": limit.interval_in_minutes,
        },
        "links": {"self": {"href": f"{domain}/v3/info"}, "support": {"href": "http://support.cloudfoundry.com"}},
    }
