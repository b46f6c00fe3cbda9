"""Which questions to ask of each feed: few, only for what may be in question, and each answer checked as it arrives."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from collector.errors import Refused
from collector.evidence import Ask, Got, Plan
from collector.model import Gap
from collector.sources.feeds import attestation, github, kev, metalink, packages, rootfs
from collector.sources.feeds.archive import is_archive, members
from collector.sources.feeds.places import Place, document, ending, follow, local, nothing, place_of
from collector.sources.feeds.reading import text_of
from collector.sources.feeds.scope import (
    RELEASES,
    FeedScope,
    Kept,
    announced,
    buildpack_names,
    lines_in_scope,
    of_directors,
    recent,
)
from collector.sources.feeds.stemcells import label, version_key

# Two years and two months: the flaws of a year, and stemcells that were old when they were deployed.
NOTES_HORIZON = timedelta(days=800)
PAGE_SIZE = 100
# GitHub lists no more than 10,000 releases.
MOST_PAGES = 100
VERSIONS_PER_LINE = 150
_ARCHIVES = (".zip", ".tar.gz", ".tgz")
_ARCHIVE_PARTS = {"zipball", "tarball"}
_NOT_FOUND = (404,)


def stemcell_releases(scope: FeedScope, _kept: Kept) -> Plan:
    """Release notes, page by page until nothing new comes or all is too old to matter."""
    place = place_of(RELEASES, scope.places[RELEASES])
    if not place.is_url:
        return local(place, github.RELEASES, ending(".json"))
    seen: set[str] = set()
    number = 1

    def ask() -> Ask:
        decode = github.RELEASES if number <= MOST_PAGES else endless
        return place.ask(decode, query={"per_page": str(PAGE_SIZE), "page": str(number)})

    def then(got: Got) -> list[Ask]:
        nonlocal number
        if isinstance(got.page, Gap):
            return []
        fresh = {release.tag_name for release in got.page} - seen
        seen.update(fresh)
        old = all(release.published and release.published < scope.now - NOTES_HORIZON for release in got.page)
        number += 1
        return [] if old or not fresh else [ask()]

    return follow([ask()], then)


def endless(_: bytes) -> None:
    """A decoder that ends a walk which does not: it says so instead of leaving the rest out."""
    raise Refused("the list does not end, or gives the same page again and again", http_status=200)


def stemcell_index(scope: FeedScope, kept: Kept) -> Plan:
    """When stemcells were published."""
    return _index("stemcell-index", metalink.HEAVY, scope, kept)


def light_index(scope: FeedScope, kept: Kept) -> Plan:
    """When light stemcells for AWS were published."""
    return _index("light-index", metalink.LIGHT, scope, kept)


def _index(source: str, name: str, scope: FeedScope, kept: Kept) -> Plan:
    place = place_of(source, scope.places[source])
    wanted = metalink.wanted(name, lines_in_scope(scope, kept))
    if not place.is_url:
        return local(place, _index_file(wanted), lambda listing: filter(wanted, listing), metalink.subject_of)
    if _is_archive(place):
        return follow([place.ask(_index_file(wanted))], nothing)
    base = place._replace(path=place.path.rstrip("/").removesuffix("/published"))
    asks = [
        base.ask(metalink.metalink_or_none, f"published/{line}/{version}/{name}")._replace(
            subjects=(label(line, version),), accepts=_NOT_FOUND
        )
        for line, version in versions_to_ask(scope, kept)
    ]
    return follow(asks, nothing)


def versions_to_ask(scope: FeedScope, kept: Kept) -> list[tuple[str, str]]:
    """The newest versions of each line in scope that release notes or directors name."""
    releases = announced(kept)
    lines = lines_in_scope(scope, kept) or {row.line for row in recent(releases, scope.now) if row.announced}
    known = {(row.line, row.version) for row in releases} | of_directors(scope, kept)
    found = []
    for line in sorted(lines):
        versions = sorted((version for of, version in known if of == line and version_key(version)), key=version_key)
        found += [(line, version) for version in reversed(versions[-VERSIONS_PER_LINE:])]
    return found


def _index_file(wanted: Callable[[str], bool]) -> Callable[[bytes], object]:
    def decode(body: bytes) -> object:
        return len(members(body, wanted)) if is_archive(body) else metalink.read_metalink(body)

    return decode


def _is_archive(place: Place) -> bool:
    return place.path.endswith(_ARCHIVES) or bool(_ARCHIVE_PARTS & set(place.path.split("/")))


def exploited(scope: FeedScope, _kept: Kept) -> Plan:
    """The catalog of exploited vulnerabilities: one document."""
    place = place_of(kev.SOURCE, scope.places[kev.SOURCE])
    return document(place, kev.CATALOG, _catalog_files)


def _catalog_files(listing: Sequence[str]) -> list[str]:
    named = [path for path in listing if path.endswith("known_exploited_vulnerabilities.json")]
    return named or ending(".json")(listing)


def package_lists(scope: FeedScope, kept: Kept) -> Plan:
    """The packages of the lines in scope: their files below a place, or one file."""
    place = place_of(packages.SOURCE, scope.places[packages.SOURCE])
    names = {name: needed for line in lines_in_scope(scope, kept) for name, needed in packages.file_names(line).items()}
    if not place.is_url:
        return local(place, packages.read_names, lambda listing: [path for path in listing if _last(path) in names])
    if place.path.endswith(".txt"):
        return follow([place.ask(packages.read_names)], nothing)
    asks = [
        place.ask(packages.read_names, name)._replace(subjects=(name,))
        if needed
        else place.ask(lambda body: body, name)._replace(subjects=(name,), accepts=_NOT_FOUND)
        for name, needed in sorted(names.items())
    ]
    return follow(asks, nothing)


def rootfs_lists(scope: FeedScope, _kept: Kept) -> Plan:
    """Which root file systems fix what: one list, or those of the stacks that are known."""
    place = place_of(rootfs.SOURCE, scope.places[rootfs.SOURCE])
    if not place.is_url:
        return local(place, rootfs.read_list, lambda listing: filter(rootfs.stack_of, listing), rootfs.stack_of)
    if place.path.endswith((".yml", ".yaml")):
        return follow([place.ask(rootfs.read_list)], nothing)
    asks = [
        place.ask(rootfs.list_or_none, name)._replace(subjects=(stack,), accepts=_NOT_FOUND)
        for name, stack in rootfs.STACKS.items()
    ]
    return follow(asks, nothing)


def buildpack_releases(scope: FeedScope, kept: Kept) -> Plan:
    """The newest releases of the platform's buildpacks, one page for each."""
    source = "buildpack-releases"
    place = place_of(source, scope.places[source])
    names = buildpack_names(kept)
    if not place.is_url:
        return local(place, github.RELEASES, lambda listing: _of_buildpacks(listing, names), github.repository_of)
    asks = [
        place.ask(github.releases_or_none, f"{repository}/releases", {"per_page": str(PAGE_SIZE)})._replace(
            subjects=(repository,), accepts=_NOT_FOUND
        )
        for repository in names
    ]
    return follow(asks, nothing)


def _of_buildpacks(listing: Iterable[str], names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [path for path in listing if path.endswith(".json") and github.repository_of(path) in wanted]


def attestation_file(scope: FeedScope, _kept: Kept) -> Plan:
    """The operator's file, whose statements are read one by one later."""
    place = place_of(attestation.SOURCE, scope.places[attestation.SOURCE])
    return document(place, text_of, ending(".csv", ".toml"))


def _last(path: str) -> str:
    return path.rpartition("/")[2]
