"""Notices in their two forms: OSV files, and the security API with its naive times and short pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from collector.sandbox.feeds.records import Feeds, Notice
from collector.sandbox.wire import JsonObject

_ECOSYSTEMS = {"focal": "20.04", "jammy": "22.04", "noble": "24.04"}
_VERSIONS = {"focal": "20.04", "jammy": "22.04 LTS", "noble": "24.04 LTS"}
_MOST = 20
_USUAL = 10


class NotAnsweredError(Exception):
    """A page that the API does not give: 422."""


def osv(notice: Notice) -> JsonObject:
    """Return the OSV form of a notice; each codename and package is one entry."""
    value: JsonObject = {
        "schema_version": "1.7.0",
        "id": notice.id,
        "summary": notice.title,
        "details": "Several security issues were fixed.",
        "published": _precise(notice),
        "modified": _stamp(notice.published + timedelta(hours=1)),
        "upstream": [f"UBUNTU-{cve}" for cve in notice.cves],
        "affected": [
            _affected(codename, package, pro=codename in notice.pro)
            for codename, packages in notice.packages.items()
            for package in packages
        ],
    }
    if notice.withdrawn:
        value["withdrawn"] = _stamp(notice.withdrawn)
    return value


def _precise(notice: Notice) -> str:
    text = notice.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digits = {
        "seconds": "",
        "microseconds": f".{notice.published.microsecond:06}",
        "nanoseconds": f".{notice.published.microsecond:06}789",
    }[notice.precision]
    return f"{text}{digits}Z"


def _affected(codename: str, package: str, *, pro: bool) -> JsonObject:
    version = _ECOSYSTEMS[codename]
    free = "No subscription required"
    return {
        "package": {"ecosystem": f"Ubuntu:{'Pro:' if pro else ''}{version}:LTS", "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.3-1ubuntu0.4"}]}],
        "ecosystem_specific": {
            "binaries": [
                {"binary_name": package, "binary_version": "1.2.3-1ubuntu0.4"},
                {"binary_name": f"lib{package}1", "binary_version": "1.2.3-1ubuntu0.4"},
            ],
            "availability": "Available with Ubuntu Pro: https://ubuntu.com/pro" if pro else free,
        },
    }


def api_notice(notice: Notice) -> JsonObject:
    """Return a notice as the security API has it: its time has no zone and is UTC."""
    return {
        "id": notice.id,
        "title": notice.title,
        "summary": notice.title,
        "instructions": "In general, a standard system update will make all the necessary changes.",
        "references": [],
        "published": notice.published.astimezone(UTC).replace(tzinfo=None).isoformat(),
        "description": "Several security issues were fixed.",
        "is_hidden": notice.withdrawn is not None,
        "type": notice.id.partition("-")[0],
        "cves_ids": list(notice.cves),
        "cves": [{"id": cve, "notices_ids": [notice.id]} for cve in notice.cves],
        "releases": [{"codename": name, "version": _VERSIONS[name]} for name in notice.packages],
        "related_notices": [],
        "release_packages": {
            codename: [row for package in packages for row in _rows(package, pro=codename in notice.pro)]
            for codename, packages in notice.packages.items()
        },
    }


def _rows(package: str, *, pro: bool) -> list[JsonObject]:
    pocket = "esm-infra" if pro else "security"
    common: JsonObject = {"version": "1.2.3-1ubuntu0.4", "pocket": pocket, "is_visible": True}
    return [
        {"name": package, "is_source": True, "description": "", **common},
        {"name": package, "is_source": False, "description": "", **common},
        {"name": f"lib{package}1", "is_source": False, "description": "", **common},
    ]


def page(feeds: Feeds, query: Mapping[str, str], now: datetime) -> JsonObject:
    """Return a page of the list, newest first; raise NotAnsweredError for what the API refuses."""
    limit, offset = _number(query.get("limit"), _USUAL), _number(query.get("offset"), 0)
    if not 1 <= limit <= _MOST or offset < 0:
        raise NotAnsweredError
    hidden = query.get("show_hidden", "false").lower() == "true"
    known = [one for one in feeds.notices if one.api and one.published <= now and (hidden or not one.withdrawn)]
    if "release" in query:
        known = [one for one in known if query["release"] in one.packages]
    known.sort(key=lambda one: (one.published, one.id), reverse=query.get("order", "newest") != "oldest")
    shown: list[object] = [api_notice(one) for one in known[offset : offset + limit]]
    return {"notices": shown, "offset": offset, "limit": limit, "total_results": len(known)}


def _number(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    if not text.isdigit():
        raise NotAnsweredError
    return int(text)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
