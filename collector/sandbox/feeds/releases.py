"""Releases as GitHub lists them, the stemcell index as Metalink files, and the bodies of release notes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from collector.sandbox.feeds.records import BuildpackRelease, Feeds, Notice, StemcellRelease
from collector.sandbox.scenery import digest_of
from collector.sandbox.wire import JsonObject

_NOTICES = "https://ubuntu.com/security/notices"


def stemcell_releases(feeds: Feeds, now: datetime) -> list[JsonObject]:
    """Return the list of releases, newest first; drafts are listed only to those who may see them, so never here."""
    titles = {notice.id: notice for notice in feeds.notices}
    known = [one for one in feeds.stemcells if one.announced and one.announced <= now and not one.draft]
    known.sort(key=lambda one: (one.announced or now, one.tag), reverse=True)
    return [_release(one.tag, one.tag.replace("/", " "), one.announced or now, _body(one, titles)) for one in known]


def buildpack_releases(feeds: Feeds, repository: str, now: datetime) -> list[JsonObject] | None:
    """Return the releases of one repository, newest first; None where there is no such repository."""
    known = [one for one in feeds.buildpacks if one.repository == repository]
    if not known:
        return None
    shown = sorted((one for one in known if one.published <= now), key=_published, reverse=True)
    return [_release(f"v{one.version}", f"v{one.version}", one.published, "Notable Changes\n") for one in shown]


def _published(one: BuildpackRelease) -> datetime:
    return one.published


def _release(tag: str, name: str, published: datetime, body: str) -> JsonObject:
    return {
        "id": int(digest_of("release", tag)[:7], 16),
        "tag_name": tag,
        "name": name,
        "draft": False,
        "prerelease": False,
        # The time of the tagged commit: no evidence of a release.
        "created_at": _stamp(published - timedelta(days=1, hours=3)),
        "published_at": _stamp(published),
        "body": body,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _body(one: StemcellRelease, known: Mapping[str, Notice]) -> str:
    if one.body == "bare":
        return "This release was made by hand.\n"
    if one.body == "old":
        return "".join(_old(notice, priorities, known) for notice, priorities in one.notices)
    text = f"## Metadata:\n**BOSH Agent Version**: 2.812.0\n**Kernel Version**: {one.kernel}\n\n## USNs:\n\n"
    text += "".join(_entry(notice, priorities, known) for notice, priorities in one.notices)
    return text.replace("\n", "\r\n") if one.body == "crlf" else text


def _title(notice: str, known: Mapping[str, Notice]) -> str:
    return f"{notice}: {known[notice].title if notice in known else 'vulnerabilities'}"


def _entry(notice: str, priorities: str, known: Mapping[str, Notice]) -> str:
    cves = known[notice].cves if notice in known else ()
    links = "".join(f" - https://ubuntu.com/security/{cve}\n" for cve in cves)
    return (
        f"**Title**: {_title(notice, known)}\n**URL**: {_NOTICES}/{notice}\n**Priorities**: {priorities}\n"
        "**Description**:\n  Several security issues were fixed. This update goes with that of USN-8999-9.\n"
        f"**CVEs**:\n{links}\n"
    )


def _old(notice: str, priorities: str, known: Mapping[str, Notice]) -> str:
    number = notice.removeprefix("USN-")
    return f"title: {_title(notice, known)}\nurl: https://usn.ubuntu.com/{number}/\npriorities: {priorities}\n\n"


def metalink(one: StemcellRelease, *, light: bool) -> str | None:
    """Return the file of the index (heavy), or of the index of light stemcells; None where there is none."""
    at = one.light if light else one.published
    if at is None:
        return None
    kind = "light-bosh" if light else "bosh"
    name = f"{kind}-stemcell-{one.version}-aws-xen-hvm-{one.line}-go_agent.tgz"
    digest = digest_of("tarball", name)
    published = f"{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond:06}{one.nanoseconds:03}Z"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n'
        f'  <file name="{name}">\n    <hash type="sha-256">{digest}</hash>\n    <size>{len(name) * 1000003}</size>\n'
        f"    <url>https://stemcells.sandbox.example/{one.version}/{name}</url>\n"
        f"    <version>{one.version}</version>\n  </file>\n"
        f"  <generator>sandbox</generator>\n  <published>{published}</published>\n</metalink>\n"
    )


def listed(feeds: Feeds, now: datetime, *, light: bool) -> Sequence[tuple[str, str]]:
    """Return the path below `published/` and the text of every file of an index."""
    name = "stemcells.aws.meta4" if light else "stemcells.meta4"
    files = []
    for one in feeds.stemcells:
        at, text = one.light if light else one.published, metalink(one, light=light)
        if at is not None and text is not None and at <= now:
            files.append((f"{one.line}/{one.version}/{name}", text))
    return files
