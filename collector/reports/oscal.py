"""What the OSCAL documents share: names that stay, safe text, metadata, controls, and how a document is written.

A document is written in one pass. Its root uuid must change whenever its content does, so it is made from the SHA-256
of every byte before it and stands last: JSON objects have no order.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha1, sha256
from itertools import chain
from typing import Any, BinaryIO, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from collector.model import Assessment, ControlResult, Finding, Role, Subject
from collector.reports.context import Context
from collector.reports.patching import observed
from collector.reports.text import visible

NS: Final = "https://cf-evidence.example/ns/oscal"
FEDRAMP_NS: Final = "http://fedramp.gov/ns/oscal"
PLAN_FILE: Final = "assessment-plan.json"
# The checks that rest on a statement of an operator wherever they have an answer: they are examined, not tested.
BY_STATEMENT: Final = frozenset({"image-remediated"})
TESTED: Final = frozenset({"satisfied", "not-satisfied", "not-assessed"})

Json = dict[str, Any]

_FOUNDATION: Final = "cloud-controller"

# ---------------------------------------------------------------- names

_NAMESPACE: Final = uuid5(NAMESPACE_URL, NS).bytes


def identifier(*parts: str) -> str:
    """The version 5 UUID of a key: what `uuid.uuid5` gives, three times as fast, for there are many."""
    name = "\0".join(parts).encode("utf-8", "surrogatepass")
    raw = bytearray(sha1(_NAMESPACE + name, usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


# OSCAL accepts versions 4 and 5 only, which is what Cloud Controller gives; in small letters, for a name is compared.
_USABLE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

_SUBJECT_TYPES: Final = {"app": "inventory-item", "stemcell": "component", "notice": "component", "system": "component"}


def subject_key(subject: Subject) -> str:
    """What tells a subject from all others of its system, whatever is measured of it."""
    if subject.guid:
        return f"{subject.type}:{subject.guid}"
    path = (subject.type, subject.org, subject.space, subject.name, subject.environment, subject.deployment)
    return "\0".join(path)


def subject_uuid(system: str, subject: Subject) -> str:
    """The app's own guid where OSCAL accepts it, else a name made from its key."""
    if subject.type == "app" and _USABLE.fullmatch(subject.guid):
        return subject.guid
    return identifier("subject", system, subject_key(subject))


def subject_type(subject: Subject) -> str:
    """Apps are inventory items, all else is a component."""
    return _SUBJECT_TYPES[subject.type]


def risk_uuid(system: str, check: str, subject: Subject) -> str:
    """The same risk every month: one check on one subject."""
    return identifier("risk", system, check, subject_key(subject))


def activity_uuid(system: str, check: str) -> str:
    """What is done for one check, in the plan."""
    return identifier("activity", system, check)


def task_uuid(system: str) -> str:
    """The one task of the plan: a run of the tool."""
    return identifier("task", system, "run")


def tool_uuid(assessment: Assessment) -> str:
    """The tool as the actor of all observations."""
    return identifier("tool", assessment.tool)


# ---------------------------------------------------------------- text

_EDGE: Final = re.compile(r"^\s+|\s+\Z")
# Titles and descriptions are CommonMark with a little HTML: what could become a tag, a link or code is defused.
_MARKUP: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {character: f"\\{character}" for character in "\\`*[]{}"}
)
_LINE: Final = 1_000
_PARAGRAPH: Final = 4_000


def plain(value: str, limit: int = _LINE) -> str:
    """One line as OSCAL's string wants it: what cannot be seen is made visible, and so is a cut; "" stays ""."""
    if not value.isprintable():
        value = visible(value)
    if value and (value[0].isspace() or value[-1].isspace()):
        value = _EDGE.sub(lambda blank: "\u2420" * len(blank[0]), value)
    return value if len(value) <= limit else f"{value[:limit].rstrip()}… [cut: {len(value)} characters]"


def markup(value: str, limit: int = _LINE) -> str:
    """One line for a title, which is markup: names in it stay names."""
    return plain(value, limit).translate(_MARKUP)


def paragraph(value: str) -> str:
    """A description: as a title, but longer."""
    return markup(value, _PARAGRAPH)


def sentence(*values: str) -> str:
    """Descriptions as sentences: each ends in one full stop, empty ones are left out."""
    return " ".join(f"{paragraph(value.rstrip('. '))}." for value in values if value.rstrip(". "))


def instant(moment: datetime) -> str:
    """An instant with its offset, always Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


_SAFE: Final = "!#$%&'()*+,/:;=?@~"
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def href(target: str) -> str:
    """A reference that any parser takes; what may not stand in one is percent-encoded."""
    path, sharp, fragment = quote(_LONE_PERCENT.sub("%25", target).encode("utf-8", "surrogatepass"), _SAFE).partition(
        "#"
    )
    if ":" in path.partition("/")[0] and not _SCHEME.match(path):
        path = f"./{path}"
    return path + sharp + fragment.replace("#", "%23")


def yes_no(value: bool) -> str:  # noqa: FBT001 - a word for a truth
    """OSCAL's words for a truth."""
    return "yes" if value else "no"


# ---------------------------------------------------------------- parts


def props(*pairs: tuple[str, str | None]) -> list[Json]:
    """Properties of our own, each with our namespace; empty ones are left out."""
    return [{"name": name, "ns": NS, "value": plain(value)} for name, value in pairs if value]


def core_props(*pairs: tuple[str, str]) -> list[Json]:
    """Properties that OSCAL itself defines; empty ones are left out."""
    return [{"name": name, "value": plain(value)} for name, value in pairs if value]


def compact(value: Json) -> Json:
    """Without empty members, which OSCAL forbids."""
    return {name: member for name, member in value.items() if member not in (None, "", [], {})}


_ROLES: Final = (
    ("prepared-by", "Prepared by"),
    ("information-system-security-officer", "Information system security officer"),
    ("assessor", "Assessor"),
)


def metadata(assessment: Assessment, context: Context, series: str, title: str) -> Json:
    """Title, version, series and people; the document is as old as the assessment, not as its rendering."""
    system = assessment.system
    names = dict(zip(_ROLES, (system.prepared_by, system.isso, system.assessor), strict=True))
    people = {role: (label, name) for (role, label), name in names.items() if name}
    parties = {name: identifier("party", system.id, name) for _, name in people.values()}
    return compact(
        {
            "title": markup(f"{title}: {system.name or system.id}"),
            "last-modified": instant(assessment.as_of),
            "version": assessment.period or instant(assessment.as_of),
            "oscal-version": context.oscal_version,
            "document-ids": [{"scheme": f"{NS}/document-series", "identifier": plain(f"{system.id}/{series}")}],
            "props": core_props(("marking", system.marking))
            + props(
                ("system-id", system.id),
                ("tool", assessment.tool),
                ("tool-version", assessment.version),
                ("scope", system.scope),
                ("impact", system.impact),
                ("leveraged-authorization", system.leveraged),
            ),
            "roles": [{"id": role, "title": label} for role, (label, _) in people.items()],
            "parties": [
                {"uuid": uuid, "type": "person" if name == system.isso else "organization", "name": plain(name)}
                for name, uuid in parties.items()
            ],
            "responsible-parties": [
                {"role-id": role, "party-uuids": [parties[name]]} for role, (_, name) in people.items()
            ],
        }
    )


def assessment_assets(assessment: Assessment) -> Json:
    """The tool, the platform that it runs on, and the directors and feeds that it reads beside the foundation."""
    tool = tool_uuid(assessment)
    return {
        "components": [
            {
                "uuid": tool,
                "type": "software",
                "title": markup(assessment.tool),
                "description": "Reads Cloud Foundry without changing it, keeps what it read, and judges it.",
                "props": core_props(("version", assessment.version)),
                "status": {"state": "operational"},
            },
            *_sources(assessment),
        ],
        "assessment-platforms": [
            {
                "uuid": identifier("platform", assessment.system.id, assessment.tool),
                "title": markup(f"{assessment.tool} {assessment.version}"),
                "uses-components": [{"component-uuid": tool}],
            }
        ],
    }


def _sources(assessment: Assessment) -> list[Json]:
    names = [source.name for source in assessment.coverage.sources] if observed(assessment) else []
    return [
        {
            "uuid": identifier("source", assessment.system.id, name),
            "type": "service",
            "title": markup(name) or "(no name)",
            "description": "A director or a feed that is read for the patches of the platform.",
            "status": {"state": "operational"},
        }
        for name in names
        if name != _FOUNDATION
    ]


def tested(control: ControlResult) -> list[Finding]:
    """The objectives that have a verdict."""
    return [finding for finding in control.objectives if finding.status in TESTED]


def reviewed_controls(assessment: Assessment) -> Json:
    """The controls that were asked for and the objectives that were tested; the others are named in the remarks."""
    objectives = [finding.id for control in assessment.controls for finding in tested(control)]
    selection = [{"include-objectives": [{"objective-id": name} for name in objectives]}] if objectives else []
    return compact(
        {
            "control-selections": [
                {"include-controls": [{"control-id": control.oscal_id} for control in assessment.controls]}
                if assessment.controls
                else {"description": "No control was asked for."}
            ],
            "control-objective-selections": selection,
            "remarks": "\n\n".join(_words(control) for control in assessment.controls),
        }
    )


def _words(control: ControlResult) -> str:
    lines = [sentence(control.sentence)]
    for finding in control.objectives:
        if finding.status not in TESTED:
            because = f" ({markup(finding.reason)})" if finding.reason else ""
            person = f" For a person: {sentence(finding.human)}" if finding.human else ""
            lines.append(
                f"- {finding.id} {finding.status.replace('-', ' ')}{because}: {sentence(finding.text)}{person}"
            )
    return "\n".join(lines)


def roles_of(assessment: Assessment) -> Mapping[str, tuple[Role, ...]]:
    """The roles that each check plays in any control, sorted."""
    found: dict[str, set[Role]] = {}
    for control in assessment.controls:
        for count in control.checks:
            found.setdefault(count.id, set()).add(count.role)
    return {check: tuple(sorted(roles)) for check, roles in found.items()}


def controls_of(assessment: Assessment) -> Mapping[str, tuple[str, ...]]:
    """The OSCAL ids of the controls that use each check, in the order of the controls."""
    found: dict[str, dict[str, None]] = {}
    for control in assessment.controls:
        for check in chain((count.id for count in control.checks), *(finding.checks for finding in tested(control))):
            found.setdefault(check, {})[control.oscal_id] = None
    return {check: tuple(ids) for check, ids in found.items()}


# ---------------------------------------------------------------- writing


class Branch(dict[str, Any]):
    """An object that is written member by member; its iterators become arrays that are never held, empties nothing."""


def write_document(out: BinaryIO, root: str, body: Branch) -> None:
    """Write `{root: {…body, "uuid": …}}`, the uuid made from everything before it."""
    digest = sha256()
    buffer = bytearray(b'{"%b":' % root.encode())
    for piece in _pieces(body):
        buffer += piece
        if len(buffer) > 1 << 16:
            digest.update(buffer)
            out.write(buffer)
            buffer = bytearray()
    del buffer[-1:]  # the brace that closes the body: the uuid goes in before it
    digest.update(buffer)
    buffer += b',"uuid":"%b"}}\n' % identifier(root, digest.hexdigest()).encode()
    out.write(buffer)


def _pieces(value: object) -> Iterator[bytes]:
    if isinstance(value, Branch):
        yield from _object(value)
    elif isinstance(value, Iterator):
        yield from _array(value)
    else:
        yield msgspec.json.encode(value)


def _object(branch: Branch) -> Iterator[bytes]:
    opening = b"{"
    for name, member in branch.items():
        written = _filled(member)
        if written is not None:
            yield opening + msgspec.json.encode(name) + b":"
            yield from _pieces(written)
            opening = b","
    yield b"{}" if opening == b"{" else b"}"


def _filled(member: object) -> object:
    """The member, or None when it is empty; an iterator is asked for its first item to find out."""
    if isinstance(member, Iterator):
        first = next(member, None)
        return None if first is None else chain((first,), member)
    return None if member in (None, "", [], {}) else member


def _array(items: Iterable[object]) -> Iterator[bytes]:
    opening = b"["
    for item in items:
        yield opening
        yield from _pieces(item)
        opening = b","
    yield b"]"
