"""What works and what does not: each diagnosis is a line with a mark, a fact and, where it is bad, the next step."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

import msgspec

from collector.errors import CollectError, Refused, RemoteError, UsageError
from collector.evidence import Ask, Store
from collector.model import Identity
from collector.settings import Settings
from collector.sources.cloud_controller import wire
from collector.transport import Session, path_and_query
from collector.transport.door import Door

OLDEST_API = (3, 160, 0)
SKEW_SECONDS = 60
# Judging allows five minutes between two clocks; beyond, every age and every name of a run would be wrong.
WRONG_SECONDS = 300


class Diagnosis(NamedTuple):
    """One line. `code` is the exit code that it calls for; 0 when it is well or merely noteworthy."""

    mark: Literal["ok", "note", "bad"]
    what: str
    fact: str
    hint: str = ""
    code: int = 0


class Limits(msgspec.Struct, frozen=True):
    """`/v3/info`, as far as the limiter goes."""

    enabled: bool = False
    general_limit: int | None = None
    reset_interval_in_minutes: int | None = None


class Info(msgspec.Struct, frozen=True):
    """`/v3/info`."""

    rate_limits: Limits = Limits()


class DirectorInfo(msgspec.Struct, frozen=True):
    """`/info` of a director; `user` None says that the token was not accepted."""

    name: str = ""
    version: str = ""
    user: str | None = None


class Named(msgspec.Struct, frozen=True):
    """A row of `/deployments`."""

    name: str


class Timed(msgspec.Struct, frozen=True):
    """A row of `/events`."""

    timestamp: int


# The base address of a feed need not be a page.
BARE_ADDRESS = (404,)


def examine_settings(settings: Settings) -> Iterator[Diagnosis]:
    """What the settings leave open."""
    tables = settings.tables
    yield Diagnosis("ok", "settings", f"{len(settings.origins)} set; collect config show lists them")
    if not tables.boundary.spaces:
        hint = 'declare it: [boundary] spaces = ["org/space"]'
        yield Diagnosis("note", "boundary", "none declared: completeness is not tested", hint)
    if tables.baseline.declared is None:
        yield Diagnosis("note", "baseline", "none declared: CM-2 and CM-6 stay untested", "declare it: [baseline]")


def examine_foundation(session: Session, identity: Identity, settings: Settings) -> Iterator[Diagnosis]:
    """API, login, limits, clock, and what the login can see."""
    root = session.fetch(Ask("root", "/", {}, wire.ROOT)).page
    known = tuple(int(part) for part in root.api_version.split(".") if part.isdecimal())
    old = known < OLDEST_API
    yield Diagnosis("note" if old else "ok", "API", f"{session.api}, version {root.api_version or 'not told'}")
    scopes = ", ".join(identity.scopes) or "none"
    yield Diagnosis("ok", "login", f"{identity.name or 'somebody'} by {identity.grant}, scopes {scopes}")
    yield from _limits(session)
    yield from _roles(session, identity)
    yield from _sight(session, identity, settings)
    yield _clock(session)


def refuse_wrong_clock(session: Session) -> None:
    """Raise `UsageError` before anything is read by a clock that makes old droplets young."""
    session.fetch(Ask("root", "/", {}, wire.ROOT))
    skew = session.clock_skew_seconds or 0.0
    if abs(skew) > WRONG_SECONDS:
        raise UsageError(
            f"the API's clock is {skew:+.0f} s from ours: no age could be believed",
            hint="set this machine's clock (NTP)",
        )


def examine_director(door: Door, environment: str, patterns: Sequence[str]) -> Iterator[Diagnosis]:
    """Who it is, what its clock says, which deployments are seen, and how far its events go back."""
    what = f"BOSH {environment}"
    info = door.fetch(Ask("info", "/info", {}, wire.decoder(DirectorInfo))).page
    if info.user is None:
        yield Diagnosis("bad", what, f"{info.name} does not accept the token", "check the client and its secret", 4)
        return
    yield Diagnosis("ok", what, f"{info.name or 'a director'}, version {info.version or 'not told'}, as {info.user}")
    rows = _try(door, Ask("deployments", "/deployments", {"exclude_configs": "true"}, wire.decoder(list[Named])))
    events = _try(door, Ask("events", "/events", {}, wire.decoder(list[Timed])))
    for answer in (rows, events):
        if isinstance(answer, Diagnosis):
            yield answer._replace(what=what, fact=f"{answer.what}: {answer.fact}")
    if not isinstance(rows, Diagnosis):
        seen = [row.name for row in rows if not patterns or any(fnmatchcase(row.name, one) for one in patterns)]
        fact = f"deployments {', '.join(seen)}" if seen else f"none of its {len(rows)} deployments is in scope"
        hint = "" if seen else "deployments in its [[bosh]] table names them"
        yield Diagnosis("ok" if seen else "bad", what, fact, hint, 0 if seen else 3)
    if not isinstance(events, Diagnosis) and not events:
        yield Diagnosis("bad", what, "no events: it may not record them", "director.events.record_events must be on", 3)
    skew = door.clock_skew_seconds
    if skew is not None and abs(skew) > SKEW_SECONDS:
        yield Diagnosis("note", what, f"its clock is {skew:+.0f} s from ours", "its operator should set it (NTP)")


def examine_feed(door: Door, name: str, place: str) -> Diagnosis:
    """Whether a feed's place can be reached; what lies there is read when a snapshot is taken."""
    named = "://" in place and "/" in place.partition("://")[2]
    path, query = path_and_query(place) if named else ("/", {})
    try:
        door.fetch(Ask("place", path, query, bytes, accepts=BARE_ADDRESS))
    except (Refused, RemoteError) as error:
        return Diagnosis("bad", name, f"{place}: {error}", error.hint, error.exit_code)
    return Diagnosis("ok", name, f"{place} answers")


def examine_store(store: Store) -> Iterator[Diagnosis]:
    """What the store really does, tried with a probe."""
    try:
        for line in store.probe():
            yield Diagnosis("ok", "store", line)
    except CollectError as error:
        yield Diagnosis("bad", "store", f"{store.url}: {error}", error.hint, error.exit_code)


def _limits(session: Session) -> Iterator[Diagnosis]:
    info = _try(session, Ask("info", "/v3/info", {}, wire.decoder(Info)))
    if isinstance(info, Diagnosis):
        yield info
    elif not info.rate_limits.enabled:
        yield Diagnosis("ok", "rate limit", "off")
    else:
        limits = info.rate_limits
        last = session.rate_limit
        left = "" if last is None or last.remaining is None else f", about {last.remaining} left"
        fact = f"{limits.general_limit} requests in {limits.reset_interval_in_minutes} minutes{left}"
        yield Diagnosis("note", "rate limit", f"{fact}; a snapshot of N apps asks about N/1000 + N/200 + 20 times")


def _roles(session: Session, identity: Identity) -> Iterator[Diagnosis]:
    if not identity.user:
        return
    query = {"user_guids": identity.user, "per_page": "200"}
    page = _try(session, Ask("roles", "/v3/roles", query, wire.ROLES))
    if isinstance(page, Diagnosis):
        yield page
    else:
        held = sorted({row.type for row in page.resources})
        yield Diagnosis("ok" if held else "note", "roles", ", ".join(held) or "none that this login may see")


def _sight(session: Session, identity: Identity, settings: Settings) -> Iterator[Diagnosis]:
    """How many of everything is visible; an empty list is where evidence silently goes missing."""
    counted: dict[str, int] = {}
    refused: list[Diagnosis] = []
    for what, path, decode in (
        ("apps", "/v3/apps", wire.APPS),
        ("builds", "/v3/builds", wire.BUILDS),
        ("audit events", "/v3/audit_events", wire.EVENTS),
    ):
        page = _try(session, Ask(what, path, {"per_page": "1"}, decode))
        if isinstance(page, Diagnosis):
            refused.append(page)
        else:
            counted[what] = page.pagination.total_results
    yield from refused
    hint = f"give the account a role in each space: {_give_role(identity, 'ORG', 'SPACE')}"
    if not counted:
        yield Diagnosis("bad", "visible", "nothing: this token may read neither apps nor builds nor events", hint, 4)
        return
    if counted.get("apps") == 0:
        yield Diagnosis("bad", "apps", "none visible: an org auditor or org user sees none", hint, 3)
    if counted.get("audit events") == 0 and counted.get("builds"):
        hint = "an org manager may not read events; a space auditor may"
        yield Diagnosis("note", "audit events", "none visible beside builds", hint)
    seen = ", ".join(f"{number} {what}" for what, number in counted.items() if number)
    yield Diagnosis("ok" if seen else "note", "visible", seen or "nothing")
    yield from _boundary(session, identity, settings)


def _boundary(session: Session, identity: Identity, settings: Settings) -> Iterator[Diagnosis]:
    """Spaces of the boundary that are not visible, each with the command that makes it so."""
    organizations = {row.guid: row.name for row in _every(session, "/v3/organizations", wire.ORGANIZATIONS)}
    rows = _every(session, "/v3/spaces", wire.SPACES)
    paths = {f"{organizations.get(row.relationships.organization.guid or '', '')}/{row.name}" for row in rows}
    with_space = {row.relationships.organization.guid for row in rows}
    blind = sorted(name for guid, name in organizations.items() if guid not in with_space)
    if blind:
        yield Diagnosis("note", "organizations", f"visible, but none of their spaces: {', '.join(blind)}")
    for pattern in settings.tables.boundary.spaces:
        if any(fnmatchcase(path, pattern) for path in paths):
            yield Diagnosis("ok", "boundary", f"{pattern} is visible")
        else:
            org, _, space = pattern.partition("/")
            yield Diagnosis(
                "bad", "boundary", f"{pattern} is not visible", _give_role(identity, org, space or "SPACE"), 3
            )


def _give_role(identity: Identity, org: str, space: str) -> str:
    """The command that lets the login see the apps of a space."""
    client = ["--client"] if identity.grant == "client_credentials" else []
    return shlex.join(["cf", "set-space-role", identity.name or "USER", org, space, "SpaceAuditor", *client])


def _clock(session: Session) -> Diagnosis:
    skew = session.clock_skew_seconds
    if skew is None:
        return Diagnosis("note", "clock", "the API tells no time")
    if abs(skew) > SKEW_SECONDS:
        return Diagnosis("note", "clock", f"the API's clock is {skew:+.0f} s from ours", "set this machine's clock")
    return Diagnosis("ok", "clock", f"within {max(1, round(abs(skew)))} s of the API's")


def _every(session: Session, path: str, decode: Callable[[bytes], Any]) -> list[Any]:
    """All rows of a short list."""
    rows: list[Any] = []
    number = 1
    while True:
        page = session.fetch(Ask(path, path, {"per_page": "1000", "page": str(number)}, decode)).page
        rows += page.resources
        if page.pagination.next is None:
            return rows
        number += 1


def _try(session: Session | Door, ask: Ask) -> Any:  # noqa: ANN401  the page, or the diagnosis that stands in its place
    try:
        return session.fetch(ask).page
    except (Refused, RemoteError) as error:
        return Diagnosis("bad", ask.what, str(error), error.hint, error.exit_code)
