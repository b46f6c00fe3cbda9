"""A made-up foundation of any size, every row rendered beforehand as Cloud Controller would send it."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

SEED = 20261124
HOST = "https://api.fr.example.gov"
MEAN_AGE_DAYS = 12
APPS_PER_SPACE = 25
SPACES_PER_ORG = 10
BUILDPACKS = (
    "binary",
    "dotnet_core",
    "go",
    "java",
    "nginx",
    "nodejs",
    "php",
    "python",
    "r",
    "ruby",
    "staticfile",
)

# Where the guid and the creation of a row stand, as every row begins with both.
GUID = slice(9, 45)
_CREATED = slice(61, 81)
_DEVELOPER, _MAIL = "6b1f3c52-8f0e-4f1b-9d0a-2f3b5c7d9e10", "developer@agency.example"
_ENVELOPE = (
    '{"pagination":{"total_results":%d,"total_pages":%d,"first":{"href":"%s"},"last":{"href":"%s"},'
    '"next":%s,"previous":null},"resources":['
)
_APP_LINKS = (
    ("self", "", ""),
    ("environment_variables", "/environment_variables", ""),
    ("processes", "/processes", ""),
    ("packages", "/packages", ""),
    ("current_droplet", "/droplets/current", ""),
    ("droplets", "/droplets", ""),
    ("tasks", "/tasks", ""),
    ("start", "/actions/start", "POST"),
    ("stop", "/actions/stop", "POST"),
    ("clear_buildpack_cache", "/actions/clear_buildpack_cache", "POST"),
    ("revisions", "/revisions", ""),
    ("deployed_revisions", "/revisions/deployed", ""),
    ("features", "/features", ""),
)


class Listing(NamedTuple):
    """Rows in the order of their creation, and the instants that the order goes by."""

    rows: list[bytes]
    created: list[str]


class Foundation(NamedTuple):
    """Everything that is served. The row of a guid is in its last twelve digits."""

    apps: Listing
    droplets: list[bytes]
    droplets_by_creation: Listing
    spaces: Listing
    organizations: Listing
    buildpacks: Listing
    stacks: Listing


def foundation(apps: int, now: datetime) -> Foundation:
    """So many apps with one droplet each, as they stand at `now`."""
    chance = random.Random(SEED)  # noqa: S311 – a fixed seed is the point
    spaces = max(1, apps // APPS_PER_SPACE)
    orgs = max(1, spaces // SPACES_PER_ORG)
    began = now - timedelta(days=3 * 365)
    born = sorted(chance.randrange(3 * 365 * 86_400) for _ in range(apps))
    created = [_stamp(began + timedelta(seconds=seconds)) for seconds in born]
    staged = [_stamp(now - timedelta(days=chance.expovariate(1 / MEAN_AGE_DAYS))) for _ in range(apps)]
    pairs = [_pair(chance, row, guid_of("space", row % spaces), created[row], staged[row]) for row in range(apps)]
    by_creation = sorted(range(apps), key=staged.__getitem__)
    droplets = [droplet for _, droplet in pairs]
    return Foundation(
        apps=Listing([app for app, _ in pairs], created),
        droplets=droplets,
        droplets_by_creation=Listing([droplets[row] for row in by_creation], [staged[row] for row in by_creation]),
        spaces=_named("space", "organization", spaces, began),
        organizations=_named("organization", "quota", orgs, began),
        buildpacks=_listing(began, [_buildpack(row, name) for row, name in enumerate(BUILDPACKS)]),
        stacks=_listing(began, [_stack(0, "cflinuxfs4")]),
    )


def guid_of(kind: str, row: int) -> str:
    """A guid that looks like chance and carries its row."""
    number = random.Random(f"{kind} {row}").getrandbits(80)  # noqa: S311 – likewise
    return _guid(number, row)


def restaged(chance: random.Random, app: bytes, droplet: bytes, at: datetime, version: str) -> tuple[bytes, bytes]:
    """The rows of an app and its droplet once it is restaged with buildpacks of a version: another droplet."""
    old, new = droplet[GUID], _guid(chance.getrandbits(80), row_of(droplet[GUID].decode())).encode()
    before, after = droplet[_CREATED], _stamp(at).encode()
    checksum, packed = _value(droplet, b'"value":"', 64), _value(droplet, b'"version":"', len(version))
    droplet = droplet.replace(old, new).replace(before, after)
    droplet = droplet.replace(checksum, b"%064x" % chance.getrandbits(256)).replace(packed, version.encode())
    created = app[: _CREATED.stop]
    return created + app[len(created) :].replace(before, after).replace(old, new), droplet


def offered(buildpack: bytes, version: str, at: datetime) -> bytes:
    """The row of a platform buildpack once a version of it is uploaded."""
    old = _value(buildpack, b"-v", len(version))
    updated = _value(buildpack, b'"updated_at":"', 20)
    head, _, tail = buildpack.partition(b'"updated_at":"' + updated)
    return head + b'"updated_at":"' + _stamp(at).encode() + tail.replace(old, version.encode())


def history_rows(app: bytes, droplet: bytes, at: datetime) -> tuple[bytes, tuple[bytes, bytes, bytes]]:
    """The build that made the droplet of an app, and the audit events of its staging, creation and mapping."""
    owner, own = app[GUID].decode(), droplet[GUID].decode()
    package = _value(droplet, b"/v3/packages/", 36).decode()
    build = _guid_beside("build", own)
    stamp, began = _stamp(at), _stamp(at - timedelta(seconds=80))
    links = ",".join(
        _link(name, f"/v3/{name}s/{guid}") for name, guid in (("build", build), ("app", owner), ("droplet", own))
    )
    made = (
        f'{{"guid":"{build}","created_at":"{began}","updated_at":"{stamp}","state":"STAGED",'
        f'"staging_memory_in_mb":1024,"staging_disk_in_mb":1024,"staging_log_rate_limit_bytes_per_second":-1,'
        f'"error":null,"lifecycle":{{"type":"buildpack","data":{{"buildpacks":[],"stack":"cflinuxfs4"}}}},'
        f'"package":{{"guid":"{package}"}},"droplet":{{"guid":"{own}"}},'
        f'"created_by":{{"guid":"{_DEVELOPER}","name":"{_MAIL}","email":"{_MAIL}"}},'
        f'"relationships":{{"app":{{"data":{{"guid":"{owner}"}}}}}},"metadata":{{"labels":{{}},"annotations":{{}}}},'
        f'"links":{{{links}}}}}'
    )
    named = f'"droplet_guid":"{own}"'
    staged = _event("build.staged", app, own, stamp, f'"build_guid":"{build}","package_guid":"{package}",{named}')
    created = _event("droplet.create", app, own, stamp, f'{named},"package_guid":"{package}"')
    mapped = _event("droplet.mapped", app, own, stamp, f'"request":{{{named}}}')
    return made.encode(), (staged, created, mapped)


def row_of(guid: str) -> int:
    """The row that a guid of ours carries."""
    return int(guid[-12:], 16)


def envelope(path: str, rows: list[bytes], total: int, *, more: bool) -> bytes:
    """Rows with the pagination around them."""
    href = f"{HOST}{path}?page=1&per_page={max(1, len(rows))}"
    following = f'{{"href":"{href}"}}' if more else "null"
    head = _ENVELOPE % (total, -(-total // max(1, len(rows))), href, href, following)
    return b"".join((head.encode(), b",".join(rows), b"]}"))


def _guid(number: int, row: int) -> str:
    digits = f"{number:020x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:]}-{row:012x}"


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _pair(chance: random.Random, row: int, space: str, created: str, staged: str) -> tuple[bytes, bytes]:
    """An app and the droplet that it runs."""
    app, droplet, package = (_guid(chance.getrandbits(80), row) for _ in range(3))
    name = chance.choice(BUILDPACKS)
    labels = '{"team":"payments"}' if row % 4 == 1 else "{}"
    links = ",".join(_link(key, f"/v3/apps/{app}{path}", method) for key, path, method in _APP_LINKS)
    app_row = (
        f'{{"guid":"{app}","created_at":"{created}","updated_at":"{staged}","name":"service-{row:06}",'
        f'"state":"{"STOPPED" if row % 4 == 0 else "STARTED"}",'
        f'"lifecycle":{{"type":"buildpack","data":{{"buildpacks":["{name}_buildpack"],"stack":"cflinuxfs4"}}}},'
        f'"relationships":{{"space":{{"data":{{"guid":"{space}"}}}},"current_droplet":{{"data":{{"guid":"{droplet}"}}}}}},'
        f'"metadata":{{"labels":{labels},"annotations":{{}}}},'
        f'"links":{{{links},{_link("space", f"/v3/spaces/{space}")}}}}}'
    )
    hidden = "[PRIVATE DATA HIDDEN IN LISTS]"
    version = f"1.8.{40 + row % 4}"
    pack = f'{{"name":"{name}_buildpack","detect_output":"{name}","version":"{version}","buildpack_name":"{name}"}}'
    path = f"/v3/droplets/{droplet}"
    droplet_row = (
        f'{{"guid":"{droplet}","created_at":"{staged}","updated_at":"{staged}","state":"STAGED","error":null,'
        f'"lifecycle":{{"type":"buildpack","data":{{}}}},'
        f'"checksum":{{"type":"sha256","value":"{chance.getrandbits(256):064x}"}},"buildpacks":[{pack}],'
        f'"stack":"cflinuxfs4","image":null,"execution_metadata":"{hidden}",'
        f'"process_types":{{"redacted_message":"{hidden}"}},'
        f'"relationships":{{"app":{{"data":{{"guid":"{app}"}}}}}},"metadata":{{"labels":{{}},"annotations":{{}}}},'
        f'"links":{{{_link("self", path)},{_link("app", f"/v3/apps/{app}")},'
        f"{_link('assign_current_droplet', f'/v3/apps/{app}/relationships/current_droplet', 'PATCH')},"
        f"{_link('package', f'/v3/packages/{package}')},{_link('download', f'{path}/download')}}}}}"
    )
    return app_row.encode(), droplet_row.encode()


def _event(kind: str, app: bytes, droplet: str, stamp: str, data: str) -> bytes:
    owner, guid = app[GUID].decode(), _guid_beside(kind, droplet)
    name, space = _value(app, b'"name":"', 14).decode(), _value(app, b'{"space":{"data":{"guid":"', 36).decode()
    text = (
        f'{{"guid":"{guid}","created_at":"{stamp}","updated_at":"{stamp}","type":"audit.app.{kind}",'
        f'"actor":{{"guid":"{_DEVELOPER}","type":"user","name":"{_MAIL}"}},'
        f'"target":{{"guid":"{owner}","type":"app","name":"{name}"}},"data":{{{data}}},'
        f'"space":{{"guid":"{space}"}},"organization":{{"guid":"{guid_of("organization", 0)}"}},'
        f'"links":{{{_link("self", f"/v3/audit_events/{guid}")}}}}}'
    )
    return text.encode()


def _guid_beside(kind: str, guid: str) -> str:
    """A guid that follows from another."""
    return _guid(random.Random(f"{kind} {guid}").getrandbits(80), row_of(guid))  # noqa: S311 - a fixed seed is the point


def _value(row: bytes, after: bytes, length: int) -> bytes:
    """What stands behind the first place of some bytes."""
    begin = row.index(after) + len(after)
    return row[begin : begin + length]


def _link(name: str, path: str, method: str = "") -> str:
    verb = f',"method":"{method}"' if method else ""
    return f'"{name}":{{"href":"{HOST}{path}"{verb}}}'


def _listing(began: datetime, rows: list[str]) -> Listing:
    created = [_stamp(began + timedelta(seconds=row)) for row in range(len(rows))]
    return Listing([row.replace("CREATED", created[at]).encode() for at, row in enumerate(rows)], created)


def _named(kind: str, parent: str, count: int, began: datetime) -> Listing:
    """Spaces or organizations: a name and what they belong to."""
    above = [guid_of(parent, row // SPACES_PER_ORG) for row in range(count)]
    rows = [
        f'{{"guid":"{guid_of(kind, row)}","created_at":"CREATED","updated_at":"CREATED","name":"{kind}-{row:05}",'
        f'"suspended":false,"relationships":{{"{parent}":{{"data":{{"guid":"{above[row]}"}}}}}},'
        f'"metadata":{{"labels":{{}},"annotations":{{}}}},'
        f'"links":{{{_link("self", f"/v3/{kind}s/{guid_of(kind, row)}")}}}}}'
        for row in range(count)
    ]
    return _listing(began, rows)


def _buildpack(row: int, name: str) -> str:
    return (
        f'{{"guid":"{guid_of("buildpack", row)}","created_at":"CREATED","updated_at":"CREATED",'
        f'"name":"{name}_buildpack","state":"READY","stack":"cflinuxfs4","lifecycle":"buildpack",'
        f'"filename":"{name}_buildpack-cached-cflinuxfs4-v1.8.43.zip","position":{row + 1},"enabled":true,'
        f'"locked":false,"metadata":{{"labels":{{}},"annotations":{{}}}},"links":{{}}}}'
    )


def _stack(row: int, name: str) -> str:
    return (
        f'{{"guid":"{guid_of("stack", row)}","created_at":"CREATED","updated_at":"CREATED","name":"{name}",'
        f'"description":"Cloud Foundry Linux-based filesystem","default":true,'
        f'"metadata":{{"labels":{{}},"annotations":{{}}}},"links":{{}}}}'
    )
