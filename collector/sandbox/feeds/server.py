"""The feeds as one server with several paths, and the same feeds as a folder for closed networks."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from collector.sandbox.feeds import notices, releases
from collector.sandbox.feeds.records import Feeds
from collector.sandbox.wire import JSON, PLAIN, Answer, Asked, JsonObject

STEMCELLS = "/repos/cloudfoundry/bosh-linux-stemcell-builder/releases"
# The name of a setting, and where below the server's address it finds its feed.
PLACES = {
    "stemcell_index": "/index",
    "light_index": "/light",
    "stemcell_releases": STEMCELLS,
    "notices": "/notices",
    "exploited": "/kev.json",
    "packages": "/packages",
    "rootfs": "/rootfs/ubuntu22.04.yml",
    "buildpack_releases": "/repos/cloudfoundry",
}
_XML = "application/xml"
_MOST = 100

Query = dict[str, str]
Found = tuple[bytes, str]


class FeedServer:
    """Answers GET requests; everything has an ETag, and who has that already gets 304."""

    def __init__(self, feeds: Feeds, now: Callable[[], datetime]) -> None:
        self.feeds, self._now = feeds, now

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        query = dict(parse_qsl(asked.query, keep_blank_values=True))
        try:
            found = self._find(asked.path, query)
        except notices.NotAnsweredError:
            return Answer(status=422, body=b'{"message":"invalid query"}', content_type=JSON)
        if found is None:
            return Answer(status=404, body=b'{"message":"Not Found"}', content_type=JSON)
        body, content_type = found
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if asked.headers.get("if-none-match", "").removeprefix("W/") == etag:
            return Answer(status=304, content_type="", headers={"etag": etag})
        return Answer(body=body, content_type=content_type, headers={"etag": etag})

    def _find(self, path: str, query: Query) -> Found | None:
        now = self._now()
        if github := re.fullmatch(r"/repos/cloudfoundry/([\w.-]+)/releases", path):
            return self._github(github[1], query, now)
        if index := re.fullmatch(r"/(index|light)/published/(.+)", path):
            files = dict(releases.listed(self.feeds, now, light=index[1] == "light"))
            return (files[index[2]].encode(), _XML) if index[2] in files else None
        if notice := re.fullmatch(r"/notices/(osv/usn|security/notices)/((?:USN|LSN|SSN)-[\d-]+)\.json", path):
            return self._notice(notice[2], now, form="osv" if notice[1] == "osv/usn" else "api")
        if path == "/notices/security/notices.json":
            return _json(notices.page(self.feeds, query, now))
        return self._file(path, now)

    def _github(self, repository: str, query: Query, now: datetime) -> Found | None:
        if repository == "bosh-linux-stemcell-builder":
            rows: list[JsonObject] | None = releases.stemcell_releases(self.feeds, now)
        else:
            rows = releases.buildpack_releases(self.feeds, repository, now)
        if rows is None:
            return None
        size, page = min(_MOST, int(query.get("per_page", "30"))), int(query.get("page", "1"))
        return _json(rows[(page - 1) * size : page * size])

    def _notice(self, number: str, now: datetime, *, form: str) -> Found | None:
        for one in self.feeds.notices:
            if one.id == number and one.published <= now and (one.osv if form == "osv" else one.api):
                return _json(notices.osv(one) if form == "osv" else notices.api_notice(one))
        return None

    def _file(self, path: str, now: datetime) -> Found | None:
        if path == "/kev.json":
            return _json(kev(self.feeds, now))
        if (name := path.removeprefix("/rootfs/")) in self.feeds.rootfs:
            return rootfs(self.feeds, name).encode(), PLAIN
        if found := re.fullmatch(r"/packages/dpkg-list-(.+)\.txt", path):
            names = self.feeds.packages.get(found[1])
            return (dpkg_list(names).encode(), PLAIN) if names is not None else None
        return None


def kev(feeds: Feeds, now: datetime) -> JsonObject:
    """Return the catalog of known exploited vulnerabilities; its dates have no zone."""
    rows: list[object] = [
        {
            "cveID": one.cve,
            "vendorProject": one.vendor,
            "product": one.product,
            "vulnerabilityName": f"{one.product} Privilege Escalation Vulnerability",
            "dateAdded": one.added.isoformat(),
            "shortDescription": "Invented for a demonstration.",
            "requiredAction": "Apply updates per vendor instructions.",
            "dueDate": one.due.isoformat(),
            "knownRansomwareCampaignUse": "Unknown",
            "notes": "",
            "cwes": ["CWE-416"],
        }
        for one in feeds.exploited
        if one.added <= now.date()
    ]
    made = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    head: JsonObject = {"title": "Known Exploited Vulnerabilities", "catalogVersion": made.strftime("%Y.%m.%d")}
    return {
        **head,
        "dateReleased": made.strftime("%Y-%m-%dT%H:%M:%S.0000Z"),
        "count": len(rows),
        "vulnerabilities": rows,
    }


def rootfs(feeds: Feeds, name: str) -> str:
    """Return the map of notices to releases of a root file system, as YAML."""
    rows = (
        f"- title: '{one.notice}: {one.title}'\n  stack_release: {one.release or 'unreleased'}\n"
        for one in feeds.rootfs[name]
    )
    return "---\n" + "".join(rows)


def dpkg_list(names: tuple[str, ...]) -> str:
    """Return names as `dpkg -l` lists them."""
    head = (
        "Desired=Unknown/Install/Remove/Purge/Hold\n"
        "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
        "||/ Name           Version             Architecture Description\n"
        "+++-==============-===================-============-=================\n"
    )
    return head + "".join(f"ii  {name:<14} 1.2.3-1ubuntu0.4    amd64        invented\n" for name in names)


def write_feeds(feeds: Feeds, folder: Path, now: datetime) -> dict[str, str]:
    """Write the feeds below a folder, as a closed network would mirror them; return the path of each setting."""
    files = {f"index/published/{path}": text for path, text in releases.listed(feeds, now, light=False)}
    files |= {f"light/published/{path}": text for path, text in releases.listed(feeds, now, light=True)}
    files["stemcell-releases.json"] = _text(releases.stemcell_releases(feeds, now))
    for one in feeds.notices:
        if one.osv and one.published <= now:
            files[f"notices/osv/usn/{one.id}.json"] = _text(notices.osv(one))
    files["kev.json"] = _text(kev(feeds, now))
    files |= {f"rootfs/{name}": rootfs(feeds, name) for name in feeds.rootfs}
    files |= {f"packages/dpkg-list-{line}.txt": dpkg_list(names) for line, names in feeds.packages.items()}
    for repository in {one.repository for one in feeds.buildpacks}:
        files[f"buildpacks/{repository}.json"] = _text(releases.buildpack_releases(feeds, repository, now))
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="")
    named = {"stemcell_index": "index", "light_index": "light", "stemcell_releases": "stemcell-releases.json"}
    named |= {"notices": "notices", "exploited": "kev.json", "packages": "packages"}
    named |= {"rootfs": "rootfs/ubuntu22.04.yml", "buildpack_releases": "buildpacks"}
    return {setting: str(folder / path) for setting, path in named.items()}


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _json(value: object) -> Found:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), JSON
