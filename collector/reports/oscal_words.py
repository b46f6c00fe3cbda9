"""The words that OSCAL defines, as far as our documents use them; its JSON schema leaves most of them open."""

from collections.abc import Mapping
from typing import Final

# 1.2.0 is missing on purpose: its JSON schemas lost flags.
VERSIONS: Final = ("1.1.2", "1.1.3", "1.2.1", "1.2.2", "1.2.3")

ACTORS: Final[Mapping[str, str]] = {
    "tool": "components",
    "assessment-platform": "assessment-platforms",
    "party": "parties",
}
STATES: Final = ("satisfied", "not-satisfied")

# For a kind of object and a member of it: the words that may stand there.
WORDS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("observations", "methods"): ("EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"),
    ("observations", "types"): (
        "ssp-statement-issue",
        "control-objective",
        "mitigation",
        "discovery",
        "historic",
        "finding",
        "vendor-dependency",
        "false-positive",
        "operational-requirement",
        "risk-adjustment",
        "closure",
    ),
    ("subjects", "type"): ("component", "inventory-item", "location", "party", "user", "resource"),
    ("target", "type"): ("statement-id", "objective-id"),
    ("risks", "status"): (
        "open",
        "investigating",
        "remediating",
        "deviation-requested",
        "deviation-approved",
        "closed",
    ),
    ("remediations", "lifecycle"): ("recommendation", "planned", "completed"),
    ("tasks", "type"): ("milestone", "action"),
}

HASH_DIGITS: Final[Mapping[str, int]] = {
    "SHA-224": 56,
    "SHA-256": 64,
    "SHA-384": 96,
    "SHA-512": 128,
    "SHA3-224": 56,
    "SHA3-256": 64,
    "SHA3-384": 96,
    "SHA3-512": 128,
}

_NONE: Final[frozenset[str]] = frozenset()
_ASSET: Final = frozenset(
    {
        "allows-authenticated-scan",
        "asset-id",
        "asset-tag",
        "asset-type",
        "baseline-configuration-name",
        "function",
        "label",
        "network-id",
        "public",
        "sort-id",
        "virtual",
        "vlan-id",
    }
)

# The properties that need no namespace, by the kind of object that has them; other kinds are not judged.
CORE_PROPS: Final[Mapping[str, frozenset[str]]] = {
    "metadata": frozenset({"marking", "keywords"}),
    "parties": frozenset({"mail-stop", "office", "job-title"}),
    "resources": frozenset({"type", "version", "published"}),
    "components": _ASSET
    | {
        "implementation-point",
        "inherited-uuid",
        "leveraged-authorization-uuid",
        "model",
        "patch-level",
        "release-date",
        "software-identifier",
        "validation-reference",
        "validation-type",
        "vendor-name",
        "version",
    },
    "inventory-items": _ASSET
    | {
        "fqdn",
        "hardware-model",
        "ipv4-address",
        "ipv6-address",
        "is-scanned",
        "mac-address",
        "netbios-name",
        "os-name",
        "os-version",
        "physical-location",
        "serial-number",
        "software-name",
        "software-patch-level",
        "software-version",
        "uri",
    },
    "activities": frozenset({"method"}),
    "steps": _NONE,
    "assessment-platforms": _NONE,
    "results": _NONE,
    "observations": _NONE,
    "subjects": _NONE,
    "actors": _NONE,
    "relevant-evidence": _NONE,
    "findings": _NONE,
    "target": _NONE,
    "poam-items": _NONE,
    "risks": frozenset({"accepted", "false-positive", "priority", "risk-adjusted"}),
    "remediations": frozenset({"type"}),
    "entries": frozenset({"type"}),
    "facets": frozenset({"state"}),
    "characterizations": _NONE,
}
