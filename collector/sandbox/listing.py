"""How every list of the API behaves: parameters, order, pages and the links between them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from urllib.parse import parse_qsl, quote_plus

from collector.sandbox.labels import label_filter
from collector.sandbox.records import Row
from collector.sandbox.wire import JsonObject, bad_query
from collector.sandbox.world import World

MOST_PER_PAGE = 5000
_COMMON = ("page", "per_page", "order_by", "created_ats", "updated_ats")
_OPERATORS = ("lt", "lte", "gt", "gte")
_BAD_TIME = "has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'"

Pick = Callable[[World, Row], str | None]
Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One endpoint that lists rows.

    `parameters` holds the names beyond the common ones, in the order of the 400 text. Of these orders only
    that of `/v3/apps` was ever observed; the others follow the controller's documentation.
    """

    table: str
    parameters: tuple[str, ...]
    filters: Mapping[str, Pick]
    order: tuple[str, ...] = ("created_at", "updated_at")
    natural_order: str | None = None
    shown_order: str | None = None
    includes: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()
    negatable: tuple[str, ...] = ()
    keeps_total: bool = False
    has_guids: bool = True

    @property
    def valid(self) -> tuple[str, ...]:
        """Return all parameter names, in the order of the 400 text."""
        return (*_COMMON, *(("guids",) if self.has_guids else ()), *self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """A query string as Rails reads it: the last of repeated names wins, `a[b]` is nested."""

    flat: Mapping[str, str]
    nested: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return the names of all parameters."""
        return [*self.flat, *self.nested]

    def number(self, name: str, default: int) -> int:
        """Return a number as Ruby's to_i reads it: what does not begin with digits is 0."""
        if name not in self.flat:
            return default
        found = re.match(r"\s*(-?\d+)", self.flat[name])
        return int(found[1]) if found else 0

    def values(self, name: str) -> list[str]:
        """Return the values of a comma list; an empty parameter is one empty value and so matches nothing."""
        return self.flat[name].split(",") if name in self.flat else []


def parse_query(query: str) -> Params:
    """Read a query string."""
    flat: dict[str, str] = {}
    nested: dict[str, dict[str, str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        inner = re.fullmatch(r"([^\[\]]+)\[([^\[\]]*)\]", key)
        if inner:
            nested.setdefault(inner[1], {})[inner[2]] = value
        else:
            flat[key] = value
    return Params(flat=flat, nested=nested)


def check(listing: Listing, params: Params, most_results: int | None) -> None:
    """Raise the 400 that names everything wrong with the parameters."""
    problems = [*_page_problems(params, most_results), *_order_problems(listing, params)]
    for name in ("created_ats", "updated_ats"):
        problems += _time_problems(name, params)
    problems += _unknown_problems(listing, params)
    problems += _word_problems("included", params.values("include"), listing.includes)
    problems += _word_problems("embed", params.values("embed"), listing.embeds)
    if "label_selector" in params.flat and label_filter(params.flat["label_selector"]) is None:
        problems.append("Invalid label_selector value")
    if problems:
        raise bad_query(*problems)


def _page_problems(params: Params, most_results: int | None) -> list[str]:
    page, per_page = params.number("page", 1), params.number("per_page", 50)
    problems = []
    if page < 1:
        problems.append("Page must be a positive integer")
    if per_page < 1:
        problems.append("Per page must be a positive integer")
    elif per_page > MOST_PER_PAGE:
        problems.append(f"Per page must be between 1 and {MOST_PER_PAGE}")
    if most_results is not None and page * per_page > most_results:
        problems.append(f"Maximum result (page * per_page) must be less than {most_results}")
    return problems


def _order_problems(listing: Listing, params: Params) -> list[str]:
    wanted = params.flat.get("order_by", "")
    if not wanted or re.fullmatch(rf"[+-]?({'|'.join(listing.order)})", wanted):
        return []
    return [f"Order by can only be: {_quoted(listing.order)}"]


def _time_problems(name: str, params: Params) -> list[str]:
    label = name.replace("_", " ").capitalize()
    bounds = params.nested.get(name, {})
    # The wording for a wrong operator appears in no recording.
    problems = [f"{label} has an invalid operator" for operator in bounds if operator not in _OPERATORS]
    texts = [*bounds.values(), *params.values(name)]
    if any(parse_time(text) is None for text in texts):
        problems.append(f"{label} {_BAD_TIME}")
    return problems


def _unknown_problems(listing: Listing, params: Params) -> list[str]:
    unknown = [name for name in params.names if name not in listing.valid]
    if not unknown:
        return []
    return [f"Unknown query parameter(s): {_quoted(unknown)}. Valid parameters are: {_quoted(listing.valid)}"]


def _word_problems(kind: str, wanted: list[str], valid: tuple[str, ...]) -> list[str]:
    wrong = [word for word in wanted if word not in valid]
    if not wrong or not valid:
        return []
    return [f"Invalid {kind} resource: '{wrong[0]}'. Valid {kind} resources are: {_quoted(valid)}"]


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def parse_time(text: str) -> datetime | None:
    """Read a time; the API takes whole seconds in UTC only, so anything else is None."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def select(listing: Listing, params: Params, world: World, seen: list[Row]) -> list[Row]:
    """Return the rows that pass every filter, in the order asked for."""
    rows = seen
    for test in _tests(listing, params, world):
        rows = [row for row in rows if test(row)]
    return _ordered(listing, params, rows)


def _tests(listing: Listing, params: Params, world: World) -> list[Test]:
    tests: list[Test] = []
    picks: dict[str, Pick] = {"guids": lambda _, row: row.guid, **listing.filters}
    for name, pick in picks.items():
        if name in params.flat:
            tests.append(_is_one_of(pick, world, set(params.values(name)), wanted=True))
        if name in listing.negatable and "not" in params.nested.get(name, {}):
            tests.append(_is_one_of(pick, world, set(params.nested[name]["not"].split(",")), wanted=False))
    for name in ("created_ats", "updated_ats"):
        tests += _time_tests(name, params)
    if selector := label_filter(params.flat.get("label_selector", "")):
        tests.append(lambda row: selector(row.labels))
    return tests


def _is_one_of(pick: Pick, world: World, values: set[str], *, wanted: bool) -> Test:
    return lambda row: (pick(world, row) in values) is wanted


def _time_tests(name: str, params: Params) -> list[Test]:
    column = attrgetter(name.removesuffix("s"))

    def second(row: Row) -> datetime | None:
        at: datetime | None = column(row)
        return at.replace(microsecond=0) if at else None

    compare: dict[str, Callable[[datetime, datetime], bool]] = {
        "lt": lambda at, bound: at < bound,
        "lte": lambda at, bound: at <= bound,
        "gt": lambda at, bound: at > bound,
        "gte": lambda at, bound: at >= bound,
    }

    def bounded(operator: str, bound: datetime) -> Test:
        return lambda row: (at := second(row)) is not None and compare[operator](at, bound)

    tests: list[Test] = []
    for operator, text in params.nested.get(name, {}).items():
        bound = parse_time(text)
        if bound is not None:
            tests.append(bounded(operator, bound))
    if name in params.flat:
        exact = {parse_time(text) for text in params.values(name)}
        tests.append(lambda row: second(row) in exact)
    return tests


def _ordered(listing: Listing, params: Params, rows: list[Row]) -> list[Row]:
    wanted = params.flat.get("order_by") or listing.shown_order or listing.natural_order
    if not wanted:
        return rows
    column = attrgetter(wanted.lstrip("+-"))

    def key(row: Row) -> tuple[bool, object]:
        value = column(row)
        return (value is None, value)

    # The guid breaks ties upwards even where the column itself goes down.
    by_guid = sorted(rows, key=lambda row: row.guid)
    return sorted(by_guid, key=key, reverse=wanted.startswith("-"))


def page_of(listing: Listing, params: Params, rows: list[Row], url: str) -> tuple[JsonObject, list[Row]]:
    """Return the pagination object and the rows of the page that was asked for."""
    page, per_page = params.number("page", 1), params.number("per_page", 50)
    shown = rows[(page - 1) * per_page : page * per_page]
    # Totals are counted in the same statement as the rows, so a page past the end knows of none.
    total = len(rows) if shown or listing.keeps_total else 0
    pages = max(1, -(-total // per_page))

    def link(number: int) -> JsonObject:
        return {"href": f"{url}?{_link_query(listing, params, number, per_page)}"}

    pagination: JsonObject = {
        "total_results": total,
        "total_pages": pages,
        "first": link(1),
        "last": link(pages),
        "next": link(page + 1) if page < pages else None,
        "previous": link(page - 1) if page > 1 else None,
    }
    return pagination, shown


def _link_query(listing: Listing, params: Params, page: int, per_page: int) -> str:
    pairs = dict(params.flat)
    pairs.pop("order_by", None)
    order = params.flat.get("order_by") or listing.shown_order
    if order:
        pairs["order_by"] = order if order[0] in "+-" else f"+{order}"
    pairs |= {f"{name}[{inner}]": value for name, inners in params.nested.items() for inner, value in inners.items()}
    pairs |= {"page": str(page), "per_page": str(per_page)}
    return "&".join(sorted(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs.items()))
