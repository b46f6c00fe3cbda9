"""A small Cloud Controller in memory, whose lists order, filter and page as the real ones do, and a driver of plans."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from collector.evidence import Ask, Got, Plan
from collector.model import Gap
from collector.sources.cloud_controller import wire

START = datetime(2026, 11, 1, tzinfo=UTC)
TOO_MUCH = (
    "400 CF-BadQueryParameter: The query parameter is invalid: Maximum result (page * per_page) must be less than {}"
)
NO_CURRENT = "400 CF-BadQueryParameter: The query parameter is invalid: Unknown query parameter(s): 'current'"


def second(number: int) -> datetime:
    return START + timedelta(seconds=number)


def rows(*seconds: int) -> list[wire.Row]:
    """Rows created in the given seconds, with guids that do not follow that order."""
    return [wire.Row(guid=f"{index * 7919 % 100_003:06}", created_at=second(at)) for index, at in enumerate(seconds)]


def page_of(found: Sequence[Any], total: int, *, more: bool = False) -> wire.Page[Any]:
    following = wire.Link(href="https://elsewhere.example.gov/?page=2") if more else None
    return wire.Page(wire.Pagination(total, following), list(found))


@dataclass
class FakeList:
    """One list. `cap` is `max_total_results`, `slow_above` the page size from which the gateway gives up."""

    rows: list[Any]
    cap: int | None = None
    slow_above: int | None = None
    status_when_slow: int | None = 504
    asked: list[Mapping[str, str]] = field(default_factory=list)
    before: Callable[["FakeList"], None] = lambda _: None

    def answer(self, what: str, query: Mapping[str, str]) -> wire.Page[Any] | Gap:
        self.before(self)
        self.asked.append(query)
        size, page = int(query.get("per_page", "50")), int(query.get("page", "1"))
        if self.cap is not None and size * page >= self.cap:
            return Gap(what=what, reason=TOO_MUCH.format(self.cap), http_status=400)
        if self.slow_above is not None and size > self.slow_above:
            return Gap(
                what=what,
                reason=f"{self.status_when_slow or 'timeout'} after 5 attempts",
                http_status=self.status_when_slow,
            )
        found = self.found(query)
        part = found[(page - 1) * size : page * size]
        # Past the end Cloud Controller says that there is nothing at all.
        return page_of(part, len(found) if part else 0, more=page * size < len(found))

    def found(self, query: Mapping[str, str]) -> list[Any]:
        ordered = sorted(self.rows, key=lambda row: (row.created_at, row.guid))
        since = query.get("created_ats[gte]")
        if since is not None:
            ordered = ordered[bisect_left(ordered, datetime.fromisoformat(since), key=lambda row: row.created_at) :]
        if "space_guids" in query:
            spaces = query["space_guids"].split(",")
            ordered = [row for row in ordered if row.relationships.space.guid in spaces]
        return ordered


def app(number: int, *, at: int | None = None, space: str = "space-1", droplet: str | None = "") -> wire.AppRow:
    """The app of that number, created in that second, with the droplet of the same number, another, or (None) none."""
    return wire.AppRow(
        guid=f"app-{number}",
        created_at=second(number if at is None else at),
        name=f"name-{number}",
        state="STARTED",
        lifecycle=wire.Lifecycle("buildpack", wire.LifecycleData([], "cflinuxfs4")),
        relationships=wire.InSpace(
            wire.ToOne(wire.Guid(space)), wire.ToOne(wire.Guid(guid_of(number) if droplet == "" else droplet))
        ),
    )


def guid_of(number: int) -> str:
    """A droplet's guid, as long as a real one."""
    return f"00000000-0000-4000-8000-{number:012}"


def old_app(number: int) -> wire.AppRow:
    """An app as an API before 3.175 lists it: it does not say which droplet is current."""
    row = app(number)
    return msgspec.structs.replace(row, relationships=wire.InSpace(row.relationships.space))


def droplet(guid: str, number: int = 0) -> wire.DropletRow:
    return wire.DropletRow(
        guid=guid,
        created_at=second(number),
        state="STAGED",
        lifecycle=wire.Lifecycle("buildpack", wire.LifecycleData()),
        checksum=None,
        buildpacks=[],
        stack="cflinuxfs4",
        image=None,
        relationships=wire.OfApp(wire.ToOne(wire.Guid(f"app-{number}"))),
        links=wire.DropletLinks(),
    )


def space(guid: str, name: str, organization: str) -> wire.SpaceRow:
    relationships = wire.SpaceRelationships(wire.ToOne(wire.Guid(organization)))
    return wire.SpaceRow(guid=guid, created_at=START, name=name, relationships=relationships)


def organization(guid: str, name: str) -> wire.OrganizationRow:
    return wire.OrganizationRow(guid=guid, created_at=START, name=name)


@dataclass
class FakeController:
    """`lists` by path; `has_current` says whether `/v3/droplets?current=true` is known; `instead` overrides a path."""

    lists: dict[str, FakeList] = field(default_factory=dict)
    has_current: bool = False
    instead: dict[str, Any] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    current: FakeList | None = None

    def answer(self, ask: Ask) -> Got:
        return Got(ask, self.page(ask))

    def page(self, ask: Ask) -> Any:
        if ask.path in self.instead:
            answer = self.instead[ask.path]
            return msgspec.structs.replace(answer, subjects=ask.subjects) if isinstance(answer, Gap) else answer
        if ask.path == "/":
            meta = {"version": "3.228.0"}
            return wire.Root(wire.RootLinks(wire.RootLink(meta)))
        if ask.path.endswith("/features/ssh"):
            return wire.SshFeature(enabled=False)
        if ask.path == "/v3/droplets":
            return self.droplets(ask)
        return self.lists.setdefault(ask.path, FakeList([])).answer(ask.what, ask.query)

    def droplets(self, ask: Ask) -> Any:
        if "guids" in ask.query:
            given = [droplet(guid) for guid in ask.query["guids"].split(",") if guid not in self.gone]
            return page_of(given, len(given))
        if not self.has_current:
            return Gap(what=ask.what, reason=NO_CURRENT, http_status=400)
        if self.current is None:
            named = [(row.relationships.current_droplet.guid, int(row.guid[4:])) for row in self.lists["/v3/apps"].rows]
            self.current = FakeList([droplet(guid, number) for guid, number in named if guid])
        return self.current.answer(ask.what, ask.query)


class Log(NamedTuple):
    """What a plan asked, and the gaps that stood."""

    asks: list[Ask]
    gaps: list[Gap]

    def of(self, what: str) -> list[Ask]:
        return [ask for ask in self.asks if ask.what == what]

    def guids(self, what: str) -> list[str]:
        return [guid for ask in self.of(what) for guid in ask.query["guids"].split(",")]


def carry_out(
    plan: Plan, answer: Callable[[Ask], Got], pick: Callable[[Sequence[Ask]], int] = lambda _: 0, most: int = 5000
) -> Log:
    """Ask what a plan wants to know, one by one in the order that `pick` chooses, until it wants no more."""
    log = Log([], [])
    waiting = list(next(plan))
    while waiting:
        assert len(log.asks) < most, "the plan does not end"
        got = answer(waiting.pop(pick(waiting)))
        log.asks.append(got.ask)
        following = plan.send(got)
        if isinstance(got.page, Gap) and not any(ask.instead for ask in following):
            log.gaps.append(got.page)
        waiting[:0] = following
    plan.close()
    return log


def walked(walk: Any, listing: FakeList, most: int = 3000) -> tuple[list[str], list[Gap]]:
    """The guids that a walk finds fresh, and the gap that ended it."""
    seen: list[str] = []
    ask: Ask | None = walk.ask()
    while ask is not None:
        assert len(listing.asked) < most, "the walk does not end"
        page = listing.answer(walk.what, ask.query)
        if not isinstance(page, Gap):
            seen += [row.guid for row in walk.fresh(page)]
        ask = walk.after(page)
        if ask is None and isinstance(page, Gap):
            return seen, [page]
    return seen, []


def without(listing: FakeList, guids: Iterable[str]) -> None:
    """Delete rows."""
    gone = set(guids)
    listing.rows = [row for row in listing.rows if row.guid not in gone]
