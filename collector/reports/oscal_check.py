"""What no JSON schema sees in an OSCAL document: names that point nowhere, doubled names, words and dates at odds."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from collector.reports.oscal_words import ACTORS, CORE_PROPS, HASH_DIGITS, STATES, VERSIONS, WORDS

Json = Mapping[str, Any]


class Fault(NamedTuple):
    """A fault: where it is, as a JSON pointer, and what it is, as a sentence."""

    where: str
    sentence: str


class _Node(NamedTuple):
    """One object of a document; `kind` is the member that holds it: "risks" for each of the risks."""

    where: str
    kind: str
    value: Json


class _Index(NamedTuple):
    """A document taken apart once."""

    root: str
    nodes: list[_Node]
    by_kind: dict[str, list[_Node]]
    by_member: dict[str, list[_Node]]
    named: dict[str, set[str]]  # the uuids that each kind defines, here and in the documents beside it
    uuids: dict[str, str]  # where each uuid of this document is defined first
    resources: dict[str, Json]
    objectives: Collection[str] | None
    has_imports: bool


def faults(document: Json, *, imports: Iterable[Json] = (), objectives: Collection[str] | None = None) -> list[Fault]:
    """All faults of a document, in the order of the rules.

    `imports` are documents that it may refer to (the plan of results); without one, tasks and activities that are
    not defined here pass. `objectives` are the known objective ids; None leaves target ids unjudged.
    """
    index = _index(document, tuple(imports), objectives)
    return [fault for rule in _RULES for fault in rule(index)]


def _index(document: Json, imports: tuple[Json, ...], objectives: Collection[str] | None) -> _Index:
    nodes = list(_walk(document))
    by_kind: dict[str, list[_Node]] = {}
    by_member: dict[str, list[_Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
        for name in node.value:
            by_member.setdefault(name, []).append(node)
    named: dict[str, set[str]] = {}
    for node in (*nodes, *(node for other in imports for node in _walk(other))):
        if isinstance(node.value.get("uuid"), str):
            named.setdefault(node.kind, set()).add(node.value["uuid"].lower())
    uuids: dict[str, str] = {}
    for node in by_member.get("uuid", ()):
        if isinstance(node.value["uuid"], str):
            uuids.setdefault(node.value["uuid"].lower(), node.where)
    resources = {str(node.value.get("uuid", "")).lower(): node.value for node in by_kind.get("resources", ())}
    root = next(iter(document), "")
    return _Index(root, nodes, by_kind, by_member, named, uuids, resources, objectives, bool(imports))


def _walk(document: Json) -> Iterator[_Node]:
    waiting: list[tuple[str, str, object]] = [("", "", document)]
    while waiting:
        where, kind, value = waiting.pop()
        if isinstance(value, Mapping):
            if kind == "props" and "uuid" not in value:  # most objects are these, and their owner's rule reads them
                continue
            yield _Node(where, kind, value)
            waiting += [(f"{where}/{name}", name, member) for name, member in list(value.items())[::-1]]
        elif isinstance(value, list):
            waiting += [(f"{where}/{number}", kind, value[number]) for number in range(len(value) - 1, -1, -1)]


def _objects(value: object) -> list[Json]:
    """The objects of a list; of anything else, none: what has the wrong shape is for the schema to find."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    """A string, or the strings of a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


# ---------------------------------------------------------------- names

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


def _uuids(index: _Index) -> Iterator[Fault]:
    for node in index.by_member.get("uuid", ()):
        uuid = node.value["uuid"]
        if not isinstance(uuid, str):
            continue
        if not _UUID.fullmatch(uuid):
            yield Fault(f"{node.where}/uuid", f"{uuid} is no UUID of version 4 or 5")
        first = index.uuids[uuid.lower()]
        if first != node.where:
            yield Fault(f"{node.where}/uuid", f"the uuid {uuid} is already that of {first}")


_SUBJECTS: Final = frozenset({"components", "inventory-items", "locations", "parties", "users", "resources"})
# The member that refers, the kinds that it may refer to, and what to call them.
_REFERENCES: Final[tuple[tuple[str, frozenset[str], str], ...]] = (
    ("observation-uuid", frozenset({"observations"}), "observation"),
    ("risk-uuid", frozenset({"risks"}), "risk"),
    ("finding-uuid", frozenset({"findings"}), "finding"),
    ("subject-uuid", _SUBJECTS, "component, inventory item, location, party, user or resource"),
    ("component-uuid", frozenset({"components"}), "component"),
    ("party-uuid", frozenset({"parties"}), "party"),
    ("party-uuids", frozenset({"parties"}), "party"),
    ("location-uuid", frozenset({"locations"}), "location"),
    ("task-uuid", frozenset({"tasks"}), "task"),
    ("activity-uuid", frozenset({"activities"}), "activity"),
)
_OF_THE_PLAN: Final = frozenset({"task-uuid", "activity-uuid"})


def _references(index: _Index) -> Iterator[Fault]:
    unseen_plan = index.root == "assessment-results" and not index.has_imports
    for member, kinds, noun in _REFERENCES:
        if member in _OF_THE_PLAN and unseen_plan:
            continue
        known: set[str] = set().union(*(index.named.get(kind, set()) for kind in kinds))
        for node in index.by_member.get(member, ()):
            for name in _texts(node.value.get(member)):
                if name.lower() not in known:
                    yield Fault(f"{node.where}/{member}", f"{name} names no {noun} of this document or beside it")


def _actors(index: _Index) -> Iterator[Fault]:
    for node in index.by_kind.get("actors", ()):
        kind = str(node.value.get("type"))
        if kind not in ACTORS:
            yield Fault(f"{node.where}/type", f"{kind} is no kind of actor: {', '.join(ACTORS)}")
        elif str(node.value.get("actor-uuid")).lower() not in index.named.get(ACTORS[kind], set()):
            yield Fault(f"{node.where}/actor-uuid", f"{node.value.get('actor-uuid')} names no {kind} of this document")


def _role_ids(index: _Index) -> Iterator[Fault]:
    known = {str(node.value.get("id")) for node in index.by_kind.get("roles", ())}
    for node in index.by_member.get("role-id", ()):
        for role in _texts(node.value["role-id"]):
            if role not in known:
                yield Fault(f"{node.where}/role-id", f"{role} is not among the roles of the metadata")


def _responsible(index: _Index) -> Iterator[Fault]:
    for node in index.by_member.get("responsible-parties", ()):
        counts = Counter(str(party.get("role-id")) for party in _objects(node.value.get("responsible-parties")))
        for role, number in counts.items():
            if number > 1:
                yield Fault(f"{node.where}/responsible-parties", f"the role {role} is given {number} times")


# ---------------------------------------------------------------- links and evidence


def _links(index: _Index) -> Iterator[Fault]:
    for node in index.by_member.get("href", ()):
        target = node.value["href"]
        if not isinstance(target, str) or not target.startswith("#") or node.kind.startswith("import-"):
            continue
        if target[1:].lower() not in index.resources:
            yield Fault(f"{node.where}/href", f"{target} names no resource of the back matter")
        if "media-type" in node.value:
            yield Fault(f"{node.where}/media-type", "a link to a resource has no media type, its rlinks have")


def _imports(index: _Index) -> Iterator[Fault]:
    for node in (*index.by_kind.get("import-ap", ()), *index.by_kind.get("import-ssp", ())):
        target = str(node.value.get("href", ""))
        resource = index.resources.get(target[1:].lower())
        if target in {"", "#"}:
            yield Fault(f"{node.where}/href", f"{node.kind} points at nothing")
        elif target.startswith("#") and resource is None:
            yield Fault(
                f"{node.where}/href", f"{node.kind} points at {target}, which is no resource of the back matter"
            )
        elif resource is not None and node.kind == "import-ap" and len(_objects(resource.get("rlinks"))) != 1:
            yield Fault(f"{node.where}/href", f"the plan {target} must have exactly one rlink")


def _evidence(index: _Index) -> Iterator[Fault]:
    for node in index.by_kind.get("relevant-evidence", ()):
        resource = index.resources.get(str(node.value.get("href", ""))[1:].lower())
        if resource is not None and not any("hashes" in link for link in _objects(resource.get("rlinks"))):
            yield Fault(node.where, f"the evidence {node.value['href']} has no hash, so nobody can check it")


def _resources(index: _Index) -> Iterator[Fault]:
    for node in index.by_kind.get("resources", ()):
        if not node.value.keys() & {"rlinks", "base64", "description"}:
            yield Fault(node.where, "the resource has neither a link, nor content, nor a description that says why")
        counts = Counter(str(link.get("href")) for link in _objects(node.value.get("rlinks")))
        for target, number in counts.items():
            if number > 1:
                yield Fault(f"{node.where}/rlinks", f"{target} is linked {number} times")


def _hashes(index: _Index) -> Iterator[Fault]:
    for node in index.by_kind.get("hashes", ()):
        algorithm, value = str(node.value.get("algorithm")), str(node.value.get("value"))
        digits = HASH_DIGITS.get(algorithm)
        if digits is None:
            yield Fault(f"{node.where}/algorithm", f"{algorithm} is no hash algorithm that OSCAL knows")
        elif not re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", value):
            yield Fault(f"{node.where}/value", f"a {algorithm} hash has {digits} hexadecimal digits, this is {value!r}")


# ---------------------------------------------------------------- properties and words

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_STRING: Final = re.compile(r"\S(.*\S)?", re.DOTALL)
_OSCAL_NS: Final = "http://csrc.nist.gov/ns/oscal"


def _props(index: _Index) -> Iterator[Fault]:
    for node in index.by_member.get("props", ()):
        core = CORE_PROPS.get(node.kind)
        for number, prop in enumerate(_objects(node.value.get("props"))):
            where = f"{node.where}/props/{number}"
            name, namespace = str(prop.get("name")), str(prop.get("ns", _OSCAL_NS))
            if not _ABSOLUTE.fullmatch(namespace):
                yield Fault(where, f"the namespace {namespace!r} of {name} is no absolute URI")
            elif namespace == _OSCAL_NS and core is not None and name not in core:
                yield Fault(where, f"{name} is no property that OSCAL defines here: one of our own needs a namespace")
            value = str(prop.get("value", ""))
            if "\n" in value or not _STRING.fullmatch(value):
                yield Fault(where, f"the value of {name} is empty, has a line break or has a blank at an end")


def _methods(index: _Index) -> Iterator[Fault]:
    for node in index.by_kind.get("activities", ()):
        found = [str(prop.get("value")) for prop in _objects(node.value.get("props")) if prop.get("name") == "method"]
        if not found:
            yield Fault(node.where, "the activity has no method: EXAMINE, INTERVIEW or TEST")
        for method in found:
            if method not in {"EXAMINE", "INTERVIEW", "TEST"}:
                yield Fault(node.where, f"{method} is no method of an activity: EXAMINE, INTERVIEW or TEST")


def _words(index: _Index) -> Iterator[Fault]:
    for (kind, member), words in WORDS.items():
        for node in index.by_kind.get(kind, ()):
            for word in _texts(node.value.get(member)):
                if word not in words:
                    yield Fault(f"{node.where}/{member}", f"{word} is not among OSCAL's words: {', '.join(words)}")


def _deprecated(index: _Index) -> Iterator[Fault]:
    if not _version(index).startswith("1.2."):
        return
    for node in index.by_kind.get("observations", ()):
        if "finding" in _texts(node.value.get("types")):
            yield Fault(f"{node.where}/types", "the type finding is deprecated since 1.2: use discovery")


def _version(index: _Index) -> str:
    return next((str(node.value.get("oscal-version")) for node in index.by_kind.get("metadata", ())), "")


def _versions(index: _Index) -> Iterator[Fault]:
    version = _version(index)
    if version not in VERSIONS:
        yield Fault(f"/{index.root}/metadata/oscal-version", f"{version} is none of {', '.join(VERSIONS)}")


def _empties(index: _Index) -> Iterator[Fault]:
    for node in index.nodes:
        for name, member in node.value.items():
            if member == [] or (member == {} and name != "include-all"):
                yield Fault(f"{node.where}/{name}", "an empty list or object is not allowed: leave it out")


# ---------------------------------------------------------------- dates

_DATES: Final = ("start", "end", "collected", "expires", "deadline", "last-modified", "published")


def _instant(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _dates(index: _Index) -> Iterator[Fault]:
    for name in _DATES:
        for node in index.by_member.get(name, ()):
            value = node.value[name]
            if isinstance(value, str) and _instant(value) is None:
                yield Fault(f"{node.where}/{name}", f"{value} is no instant with an offset")
    for node in index.by_member.get("end", ()):
        if _before(node.value.get("end"), node.value.get("start")):
            yield Fault(f"{node.where}/end", "the end lies before the start")


def _before(first: object, second: object) -> bool:
    """Whether the first is earlier; what is no instant is earlier than nothing."""
    one, other = _instant(first), _instant(second)
    return one is not None and other is not None and one < other


def _collected(index: _Index) -> Iterator[Fault]:
    for result in index.by_kind.get("results", ()):
        start, end = result.value.get("start"), result.value.get("end")
        for number, seen in enumerate(_objects(result.value.get("observations"))):
            where = f"{result.where}/observations/{number}"
            collected, expires = seen.get("collected"), seen.get("expires")
            if _before(collected, start) or _before(end, collected):
                yield Fault(f"{where}/collected", f"{collected} lies outside of its result, {start} to {end}")
            if expires is not None and not _before(collected, expires):
                yield Fault(f"{where}/expires", f"{expires} is not after {collected}, when it was collected")


# ---------------------------------------------------------------- findings


def _findings(index: _Index) -> Iterator[Fault]:
    for result in index.by_kind.get("results", ()):
        seen: set[str] = set()
        reviewed = _reviewed(result.value)
        for number, finding in enumerate(_objects(result.value.get("findings"))):
            where = f"{result.where}/findings/{number}"
            target = _object(finding.get("target"))
            name, state = str(target.get("target-id")), str(_object(target.get("status")).get("state"))
            if name in seen:
                yield Fault(f"{where}/target", f"{name} has more than one finding in this result")
            seen.add(name)
            if state not in STATES:
                yield Fault(f"{where}/target/status/state", f"{state} is no state of a target: {', '.join(STATES)}")
            yield from _target(index, where, target, reviewed)
            if state == "not-satisfied" and not finding.get("related-risks"):
                yield Fault(where, f"{name} is not satisfied and has no related risk")


def _target(index: _Index, where: str, target: Json, reviewed: Collection[str] | None) -> Iterator[Fault]:
    name = str(target.get("target-id"))
    if target.get("type") == "objective-id" and index.objectives is not None and name not in index.objectives:
        yield Fault(f"{where}/target/target-id", f"{name} is no objective of the catalog")
    if reviewed is not None and name.partition("_")[0] not in reviewed:
        yield Fault(f"{where}/target/target-id", f"{name} belongs to no control that was reviewed")


def _reviewed(result: Json) -> Collection[str] | None:
    """The controls that a result reviewed; None when it says all."""
    selections = _objects(_object(result.get("reviewed-controls")).get("control-selections"))
    if any("include-all" in selection for selection in selections):
        return None
    return {
        str(control.get("control-id")) for chosen in selections for control in _objects(chosen.get("include-controls"))
    }


_RULES: Final[tuple[Callable[[_Index], Iterator[Fault]], ...]] = (
    _versions,
    _uuids,
    _references,
    _actors,
    _role_ids,
    _responsible,
    _imports,
    _links,
    _evidence,
    _resources,
    _hashes,
    _props,
    _methods,
    _words,
    _deprecated,
    _empties,
    _dates,
    _collected,
    _findings,
)
