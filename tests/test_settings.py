"""Settings: which place wins, what is refused, and where each value came from."""

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from collector.assessment import Acknowledged, Selection
from collector.assessment import load as load_catalog
from collector.errors import UsageError
from collector.resources import CONTROLS
from collector.settings import (
    FIELDS,
    SECRETS,
    Settings,
    declared_in,
    environment_name,
    load,
    nearest,
    risks_in,
    selection_in,
    system_of,
    systems_in,
)

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[2] / "shared")
DESIGN = SHARED / "design" / "cli.md"

WHOLE = """
schema = 1
exceptions_file = "accepted.toml"

[system]
id = "grants"
name = "Grants Desk"
scope = "both"
impact = "high"
ssp = { title = "Grants SSP", version = "3", href = "https://grc.example.gov/ssp" }
leveraged = "other P-ATO"
roles = { isso = "I. Soto", assessor = "A. Essor", prepared_by = "P. Author" }
marking = "CUI"

[cf]
api = "https://api.example.gov"
orgs = ["grants-*"]
include_stopped = true
concurrency = 8

[boundary]
spaces = ["grants/prod", "grants/test"]
environments = { production = ["*/prod"], staging = ["*/test"] }

[baseline]
declared = 2026-09-15
buildpacks = ["java_buildpack"]
stacks = ["cflinuxfs4"]
images = ["registry.example.gov/base:*"]
ssh = "enabled"

[[bosh]]
environment = "production"
url = "https://bosh.example.gov:25555"
deployments = ["cf", "diego"]

[feeds]
stemcell_line = "ubuntu-noble"
stemcell_index = "index.json"
stemcell_releases = "releases.json"
notices = "notices.json"
exploited = "kev.json"
light_index = "light"
packages = "packages"
rootfs = "rootfs.yml"
buildpack_releases = "releases"
attestation = "attestation.toml"

[policy]
restage = { limit_days = 10, binding = true, authority = "SSP 3" }
flaw-remediation = { limit_hours = 72.5, authority = "SSP 3" }

[store]
url = "s3://grants-evidence/monthly"
lock = "governance"
retention_days = 400
kms_key = "alias/evidence"
encryption = "none"

[sign]
key = "awskms:alias/sign"

[owners]
annotation = "contact"

[report]
artifacts = ["workbook"]
html_max_rows = 50

[[exceptions]]
id = "EX-1"
controls = ["SI-2"]
app = "grants/prod/old"
rationale = "goes in December"
approver = "I. Soto"
ticket = "GRC-9"
starts = 2026-11-01
expires = 2026-12-31

[[systems]]
id = "payments"
name = "Payments"
scope = "provider"
impact = "low"
ssp = { title = "Payments SSP" }
orgs = ["pay-*"]
spaces = ["prod"]
labels = { system = "payments" }
boundary = ["pay-1/prod"]

[[acknowledged]]
app = "grants/prod/*"
change = "buildpack"
by = "I. Soto"
date = 2026-11-03
ticket = "GRC-10"
"""


class Places:
    """The places that settings come from, below a folder."""

    def __init__(self, root: Path) -> None:
        self.here = root / "here"
        self.user = root / "user"
        self.here.mkdir()
        self.user.mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.user / "collect.toml" if name == "user" else self.here / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(
        self,
        flags: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
        config: Path | None = None,
    ) -> Settings:
        return load(flags=flags or {}, environment=environment or {}, config=config, here=self.here, user_dir=self.user)

    def refused(self, text: str) -> UsageError:
        """The error that a collect.toml of this text leads to."""
        self.write("collect.toml", text)
        with pytest.raises(UsageError) as error:
            self.load()
        assert "\n" not in str(error.value)
        return error.value


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_nothing(places: Places) -> None:
    """An empty configuration works: every setting has a default, and says so."""
    settings = places.load()
    assert (settings.tables.cf.concurrency, settings.tables.store.url, settings.tables.cf.api) == (
        4,
        "file:./evidence",
        "",
    )
    assert {origin for _, _, origin in settings.rows()} == {"default"}
    assert settings.warnings == ()


def test_no_folders(tmp_path: Path) -> None:
    """Neither the working directory nor the user's folder need hold anything, or exist."""
    settings = load(flags={}, environment={}, config=None, here=tmp_path / "no", user_dir=tmp_path / "nowhere")
    assert settings.tables.system.id == "default"


LAYERS = ["default", "user", "pyproject", "local", "config", "environment", "flag"]


@pytest.mark.parametrize("highest", range(len(LAYERS)))
def test_precedence(places: Places, highest: int) -> None:
    """A higher place wins over all lower ones, and is the one that is named."""
    there = LAYERS[1 : highest + 1]
    if "user" in there:
        places.write("user", '[cf]\napi = "https://user"\n')
    if "pyproject" in there:
        places.write("pyproject.toml", '[tool.collect.cf]\napi = "https://pyproject"\n')
    if "local" in there:
        places.write("collect.toml", '[cf]\napi = "https://local"\n')
    config = places.write("mine.toml", '[cf]\napi = "https://config"\n') if "config" in there else None
    settings = places.load(
        {"cf.api": "https://flag"} if "flag" in there else {},
        {"COLLECT_CF_API": "https://environment"} if "environment" in there else {},
        config,
    )
    origins = {
        "default": "default",
        "user": str(places.user / "collect.toml"),
        "pyproject": "pyproject.toml [tool.collect]",
        "local": "collect.toml",
        "config": str(config),
        "environment": "COLLECT_CF_API",
        "flag": "flag",
    }
    name = LAYERS[highest]
    assert (settings.tables.cf.api, settings.origin("cf.api")) == (
        "" if name == "default" else f"https://{name}",
        origins[name],
    )


def test_places_are_merged(places: Places) -> None:
    """Each place says only what it says: keys that a higher one leaves out stay."""
    places.write("user", '[cf]\nconcurrency = 2\n[owners]\nannotation = "team"\n')
    places.write("collect.toml", '[cf]\napi = "https://local"\n')
    tables = places.load(environment={"COLLECT_SYSTEM_ID": "grants"}).tables
    assert (tables.cf.api, tables.cf.concurrency, tables.owners.annotation, tables.system.id) == (
        "https://local",
        2,
        "team",
        "grants",
    )


def test_lists_are_replaced(places: Places) -> None:
    """A list in a higher place stands instead of the lower one, and so do named tables."""
    places.write("user", '[cf]\norgs = ["a", "b"]\n[boundary.environments]\nproduction = ["*/prod"]\n')
    places.write("collect.toml", '[cf]\norgs = ["c"]\n[boundary.environments]\nstaging = ["*/dev"]\n')
    tables = places.load().tables
    assert (tables.cf.orgs, tables.boundary.environments) == (("c",), {"staging": ("*/dev",)})


def test_whole_file(places: Places) -> None:
    """A file that says everything is read whole, without a rest."""
    places.write("collect.toml", WHOLE)
    settings = places.load()
    tables = settings.tables
    assert tables.system.ssp.href == "https://grc.example.gov/ssp"
    assert tables.system.roles.prepared_by == "P. Author"
    assert tables.boundary.environments == {"production": ("*/prod",), "staging": ("*/test",)}
    assert (tables.baseline.declared, tables.baseline.ssh) == (date(2026, 9, 15), "enabled")
    assert (tables.bosh[0].environment, tables.bosh[0].deployments) == ("production", ("cf", "diego"))
    assert (tables.policy["restage"].limit_days, tables.policy["restage"].binding) == (10, True)
    assert (tables.policy["flaw-remediation"].limit_hours, tables.policy["flaw-remediation"].binding) == (72.5, None)
    assert (tables.store.lock, tables.store.retention_days) == ("governance", 400)
    assert (tables.exceptions[0].id, tables.exceptions[0].expires) == ("EX-1", date(2026, 12, 31))
    assert {key for key, _, _ in settings.rows()} == set(FIELDS)
    assert {origin for _, _, origin in settings.rows()} == {"collect.toml"}


def test_what_a_later_version_does(places: Places) -> None:
    """Tables that this version does not act on are said aloud."""
    places.write("collect.toml", WHOLE)
    assert places.load().warnings == ("[sign] is read, but this version does not act on it yet",)


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("[cf]\napii = 'x'", "collect.toml: unknown key cf.apii", "did you mean cf.api"),
        ("[stor]\nurl = 'x'", "collect.toml: unknown key stor.url", "did you mean store.url"),
        ("[system.roles]\nisos = 'x'", "collect.toml: unknown key system.roles.isos", "did you mean system.roles.isso"),
        ("qqq = 1", "collect.toml: unknown key qqq", "known are acknowledged, baseline.buildpacks"),
        ("cf = 'https://api'", "collect.toml: unknown key cf", "known are"),
        ("[cf.api]\nurl = 'x'", "collect.toml: unknown key cf.api.url", "did you mean cf.api"),
    ],
)
def test_unknown_key(places: Places, text: str, words: str, hint: str) -> None:
    """A key that nobody knows is refused with the file's name and the nearest known one."""
    error = places.refused(text)
    assert str(error) == words
    assert error.hint.startswith(hint)


def test_unknown_key_elsewhere(places: Places) -> None:
    """The place that is named is the one that holds the mistake."""
    places.write("pyproject.toml", "[tool.collect.cf]\nconcurency = 1\n")
    with pytest.raises(UsageError) as error:
        places.load()
    assert str(error.value) == "pyproject.toml [tool.collect]: unknown key cf.concurency"


def test_other_tools_in_pyproject(places: Places) -> None:
    """What other tools keep in pyproject.toml is not ours."""
    places.write("pyproject.toml", "[tool.other]\nx = 1\n[project]\nname = 'y'\n")
    assert places.load().origins == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[cf]\nconcurrency = 'four'", "collect.toml: cf.concurrency: expected `int`, got `str`"),
        ("[cf]\norgs = 'a,b'", "collect.toml: cf.orgs: expected `array`, got `str`"),
        ("[cf]\norgs = ['a', 1]", "collect.toml: cf.orgs[1]: expected `str`, got `int`"),
        ("[cf]\ninclude_stopped = 1", "collect.toml: cf.include_stopped: expected `bool`, got `int`"),
        ("[baseline]\ndeclared = 'soon'", "collect.toml: baseline.declared: invalid rfc3339 encoded date"),
        ("bosh = 3", "collect.toml: bosh: expected `array`, got `int`"),
        ("[[bosh]]\nurl = 'x'", "collect.toml: bosh[0]: object missing required field `environment`"),
        ("[[exceptions]]\nid = 1", "collect.toml: exceptions[0].id: expected `str`, got `int`"),
        (
            "[policy]\nrestage = { limit_days = 10 }",
            "collect.toml: policy[...]: object missing required field `authority`",
        ),
        (
            "[policy]\nrestage = { limit = 1, authority = 'x' }",
            "collect.toml: policy[...]: object contains unknown field `limit`",
        ),
    ],
)
def test_wrong_type(places: Places, text: str, words: str) -> None:
    """A value of the wrong kind is refused with the file, the key, and what was expected."""
    assert str(places.refused(text)) == words


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        (
            "[system]\nscope = 'us'",
            "collect.toml: system.scope cannot be 'us'",
            "it is one of customer, provider, both",
        ),
        ("[system]\nimpact = 'Low'", "collect.toml: system.impact cannot be 'Low'", "it is one of low, moderate, high"),
        ("[store]\nlock = ''", "collect.toml: store.lock cannot be ''", "it is one of none, governance, compliance"),
        ("[baseline]\nssh = 'off'", "collect.toml: baseline.ssh cannot be 'off'", "it is one of enabled, disabled"),
        (
            "[system]\nid = 'a/b'",
            "collect.toml: system.id 'a/b' cannot stand in a file name",
            "use letters, digits, dots, dashes and underscores",
        ),
        ("[system]\nid = '..'", "collect.toml: system.id '..' cannot stand in a file name", "use letters"),
        ("[system]\nid = 'a\\n'", "collect.toml: system.id 'a\\\\n' cannot stand in a file name", "use letters"),
        ("[cf]\nconcurrency = 0", "collect.toml: cf.concurrency must be 1 to 32", "4 is polite"),
        ("[cf]\nconcurrency = 33", "collect.toml: cf.concurrency must be 1 to 32", "4 is polite"),
        ("schema = 2", "collect.toml: schema 2 is not known", "this version reads schema = 1"),
    ],
)
def test_wrong_value(places: Places, text: str, words: str, hint: str) -> None:
    """A value that has no meaning is refused with the file, the key, and what would do."""
    error = places.refused(text)
    assert str(error) == words
    assert error.hint.startswith(hint)


def test_newer_schema_first(places: Places) -> None:
    """A file of a later schema is refused for that, not for a key that only the later one has."""
    assert str(places.refused("schema = 2\n[cloud]\nnew = 1")) == "collect.toml: schema 2 is not known"


def test_no_toml(places: Places) -> None:
    """A file that is no TOML is named with the place of the mistake."""
    error = places.refused("[cf\napi = 1")
    assert str(error).startswith(f"{places.here / 'collect.toml'} is no TOML: ")
    assert "line 1" in str(error)


def test_no_utf8(places: Places) -> None:
    """A file in another encoding is no TOML."""
    (places.here / "collect.toml").write_bytes(b'[system]\nname = "caf\xe9"\n')
    with pytest.raises(UsageError) as error:
        places.load()
    assert "is no TOML" in str(error.value)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_config_that_cannot_be_read(places: Places, name: str) -> None:
    """A file that was asked for must be there."""
    with pytest.raises(UsageError) as error:
        places.load(config=places.here / name)
    assert str(error.value).startswith(f"cannot read {places.here / name}: ")
    assert error.value.hint == "name an existing file with --config"


# The environment.


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("COLLECT_CF_API", "https://api.example.gov", "cf.api", "https://api.example.gov"),
        ("COLLECT_CF_CONCURRENCY", "7", "cf.concurrency", 7),
        ("COLLECT_CF_INCLUDE_STOPPED", "true", "cf.include_stopped", True),
        ("COLLECT_CF_INCLUDE_STOPPED", "0", "cf.include_stopped", False),
        ("COLLECT_CF_ORGS", "agency-a, agency-b,", "cf.orgs", ["agency-a", "agency-b"]),
        ("COLLECT_CF_ORGS", "", "cf.orgs", []),
        ("COLLECT_BASELINE_DECLARED", "2026-10-01", "baseline.declared", "2026-10-01"),
        ("COLLECT_SYSTEM_SSP_TITLE", "SSP", "system.ssp.title", "SSP"),
        ("COLLECT_STORE", "s3://bucket", "store.url", "s3://bucket"),
        ("COLLECT_STORE_URL", "s3://bucket", "store.url", "s3://bucket"),
        ("COLLECT_STORE_RETENTION_DAYS", "30", "store.retention_days", 30),
        ("COLLECT_EXCEPTIONS_FILE", "accepted.toml", "exceptions_file", "accepted.toml"),
    ],
)
def test_variable(places: Places, name: str, text: str, key: str, value: object) -> None:
    """Every setting that a word can say has a variable; a list is told by commas."""
    settings = places.load(environment={name: text})
    shown = {row: (given, origin) for row, given, origin in settings.rows()}
    given, origin = shown[key]
    assert (list(given) if isinstance(given, tuple) else given, origin) == (value, name)


def test_variables_are_distinct() -> None:
    """No two settings share a variable, nor does one look like the file of another."""
    names = [environment_name(key) for key in FIELDS]
    assert len(set(names)) == len(names)
    assert [name for name in names if name.removesuffix("_FILE") != name and name[:-5] in names] == [
        "COLLECT_EXCEPTIONS_FILE"
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("COLLECT_CF_CONCURRENCY", "four", "COLLECT_CF_CONCURRENCY: 'four' is no int"),
        ("COLLECT_CF_INCLUDE_STOPPED", "perhaps", "COLLECT_CF_INCLUDE_STOPPED: 'perhaps' is no bool"),
        ("COLLECT_BASELINE_DECLARED", "soon", "COLLECT_BASELINE_DECLARED: 'soon' is no date"),
        ("COLLECT_STORE_LOCK", "hard", "COLLECT_STORE_LOCK: store.lock cannot be 'hard'"),
        ("COLLECT_CF_CONCURRENCY", "99", "COLLECT_CF_CONCURRENCY: cf.concurrency must be 1 to 32"),
        ("COLLECT_SCHEMA", "2", "COLLECT_SCHEMA: schema 2 is not known"),
    ],
)
def test_wrong_variable(places: Places, name: str, text: str, words: str) -> None:
    """A variable with a wrong value is refused by its own name."""
    with pytest.raises(UsageError) as error:
        places.load(environment={name: text})
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("COLLECT_CF_APPI", "unknown variable COLLECT_CF_APPI: did you mean COLLECT_CF_API"),
        ("COLLECT_STOER", "unknown variable COLLECT_STOER: did you mean COLLECT_STORE"),
        ("COLLECT_CF_PASWORD", "unknown variable COLLECT_CF_PASWORD: did you mean COLLECT_CF_PASSWORD"),
        (
            "COLLECT_BOSH_STAGING_CLIENTSECRET",
            "unknown variable COLLECT_BOSH_STAGING_CLIENTSECRET: did you mean COLLECT_BOSH_STAGING_CLIENT_SECRET",
        ),
        (
            "COLLECT_BOSH_PRODUCTION_URI",
            "unknown variable COLLECT_BOSH_PRODUCTION_URI: did you mean COLLECT_BOSH_PRODUCTION_URL",
        ),
    ],
)
def test_unknown_variable(places: Places, name: str, words: str) -> None:
    """A name that means nothing is a warning with the nearest one, and never shows the value."""
    settings = places.load(environment={name: "hunter2"})
    assert settings.warnings == (words,)
    assert settings.origins == {}


def test_variables_of_others(places: Places) -> None:
    """Other programs' variables are none of our business."""
    assert places.load(environment={"CF_API": "x", "COLLECTD_X": "y", "HOME": "z"}).warnings == ()


def test_file_variable(places: Places) -> None:
    """A value may lie in a file, whose last line ending does not count."""
    path = places.write("api.txt", "https://api.example.gov\n")
    settings = places.load(environment={"COLLECT_CF_API_FILE": str(path)})
    assert (settings.tables.cf.api, settings.origin("cf.api")) == ("https://api.example.gov", "COLLECT_CF_API_FILE")


def test_file_variable_gives_way(places: Places) -> None:
    """A value in the variable itself wins over one in a file."""
    path = places.write("api.txt", "https://file\n")
    environment = {"COLLECT_CF_API_FILE": str(path), "COLLECT_CF_API": "https://direct"}
    assert places.load(environment=environment).tables.cf.api == "https://direct"


def test_file_variable_without_a_file(places: Places) -> None:
    """A file that cannot be read is an error that names the variable."""
    with pytest.raises(UsageError) as error:
        places.load(environment={"COLLECT_CF_API_FILE": "/nowhere/api"})
    assert str(error.value) == "COLLECT_CF_API_FILE: cannot read /nowhere/api"


def test_list_in_a_file(places: Places) -> None:
    """Also a list may lie in a file."""
    path = places.write("orgs.txt", "agency-a,agency-b\n")
    assert places.load(environment={"COLLECT_CF_ORGS_FILE": str(path)}).tables.cf.orgs == ("agency-a", "agency-b")


# Secrets.

SECRET_NAMES = [
    *(f"COLLECT_{name}{suffix}" for name in SECRETS for suffix in ("", "_FILE")),
    "COLLECT_BOSH_PRODUCTION_CLIENT_SECRET",
    "COLLECT_BOSH_STAGING_URL",
    "COLLECT_BOSH_PRODUCTION_CA_CERT_FILE",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secrets(places: Places, name: str) -> None:
    """Secrets are known names, and stand neither in the settings, nor in their rows, nor in a warning."""
    settings = places.load(environment={name: "hunter2"})
    assert settings.warnings == ()
    assert "hunter2" not in str([settings, list(settings.rows())])


@pytest.mark.parametrize("key", ["password", "client_secret", "username", "client_id"])
def test_secrets_in_a_file(places: Places, key: str) -> None:
    """A secret has no place in a file, and the refusal does not repeat it."""
    error = places.refused(f"[cf]\n{key} = 'hunter2'")
    assert str(error) == f"collect.toml: unknown key cf.{key}"
    assert "hunter2" not in error.hint


# Flags and what is shown.


def test_flags(places: Places) -> None:
    """Flags may set lists as well, and are named as what they are."""
    settings = places.load({"cf.orgs": ("agency-a",), "report.artifacts": ["workbook"]})
    assert (settings.tables.cf.orgs, settings.tables.report.artifacts) == (("agency-a",), ("workbook",))
    assert settings.origin("cf.orgs") == "flag"


def test_wrong_flag(places: Places) -> None:
    """A flag with a wrong value is named as a flag."""
    with pytest.raises(UsageError) as error:
        places.load({"store.lock": "hard"})
    assert str(error.value) == "flag: store.lock cannot be 'hard'"


def test_rows(places: Places) -> None:
    """Every setting is shown once, in the order of the tables, with its value and its origin."""
    places.write("collect.toml", "[cf]\nconcurrency = 2\n")
    rows = list(places.load(environment={"COLLECT_SYSTEM_ID": "grants"}).rows())
    assert [key for key, _, _ in rows] == list(FIELDS)
    assert ("cf.concurrency", 2, "collect.toml") in rows
    assert ("system.id", "grants", "COLLECT_SYSTEM_ID") in rows
    assert ("store.lock", "none", "default") in rows


def test_nearest() -> None:
    """The nearest known word is offered, or what there is."""
    assert nearest("ap", ["api", "orgs"]) == "did you mean api"
    assert nearest("zzz", ["orgs", "api"]) == "known are api, orgs"


@pytest.mark.skipif(not DESIGN.is_file(), reason="no design beside the checkout (CF_EVIDENCE_SHARED)")
def test_every_key_of_the_design(places: Places) -> None:
    """Every setting that the design names is known, and its example is a valid file."""
    block = re.search(r"```toml\n(.*?)```", DESIGN.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    places.write("collect.toml", block.group(1))
    origins = places.load().origins
    assert {key.split(".")[0] for key in origins} == set(tomllib.loads(block.group(1)))
    # Named in a comment only, beside what it stands for.
    assert "exceptions_file" in FIELDS


# Exceptions.

CATALOG = load_catalog(CONTROLS)
RISK = """
[[exceptions]]
id = "EX-7"
controls = ["si-02"]
app = "agency-a/prod/legacy-*"
rationale = "frozen for migration"
approver = "ISSO"
ticket = "GRC-112"
starts = 2026-10-01
expires = 2026-12-31
"""
STEMCELL = RISK.replace('app = "agency-a/prod/legacy-*"', 'stemcell = "ubuntu-jammy/1.943"').replace("EX-7", "EX-8")


def test_exceptions(places: Places) -> None:
    """An exception is read with the place that it stands in, and its controls as they are printed."""
    places.write("collect.toml", RISK)
    (risk,) = risks_in(places.load(), CATALOG)
    assert (risk.id, risk.controls, risk.app, risk.stemcell) == ("EX-7", ("SI-2",), "agency-a/prod/legacy-*", "")
    assert (risk.starts, risk.expires) == (date(2026, 10, 1), date(2026, 12, 31))


def test_no_exceptions(places: Places) -> None:
    """Without any there are none."""
    assert risks_in(places.load(), CATALOG) == ()


def test_exceptions_file(places: Places) -> None:
    """Those of the file that is named come after those of the settings."""
    places.write("accepted.toml", STEMCELL)
    places.write("collect.toml", 'exceptions_file = "accepted.toml"\n' + RISK)
    found = risks_in(places.load(), CATALOG)
    assert [(risk.id, risk.stemcell) for risk in found] == [("EX-7", ""), ("EX-8", "ubuntu-jammy/1.943")]


def test_exceptions_file_beside_the_settings(places: Places) -> None:
    """It lies beside the settings file that names it, or in the working directory where a variable does."""
    (places.user / "mine.toml").write_text(RISK, encoding="utf-8")
    places.write("user", 'exceptions_file = "mine.toml"')
    places.write("accepted.toml", STEMCELL)
    assert [risk.id for risk in risks_in(places.load(), CATALOG)] == ["EX-7"]
    named = places.load(environment={"COLLECT_EXCEPTIONS_FILE": "accepted.toml"})
    assert [risk.id for risk in risks_in(named, CATALOG)] == ["EX-8"]


EXCEPTION_FAULTS = [
    (('"EX-7"', '" "'), "exceptions[0].id is empty"),
    (('"GRC-112"', '""'), "exceptions[0].ticket is empty"),
    (('"ISSO"', '""'), "exceptions[0].approver is empty"),
    (('"frozen for migration"', '"\\n"'), "exceptions[0].rationale is empty"),
    (("2026-12-31", "2026-09-30"), "exceptions[0].expires 2026-09-30 lies before starts 2026-10-01"),
    (('["si-02"]', "[]"), "exceptions[0].controls is empty"),
    (('["si-02"]', '["SI-2", "SI-99"]'), "exceptions[0].controls: unknown control SI-99"),
    (("agency-a/prod/legacy-*", "legacy-*"), "exceptions[0].app 'legacy-*' names no app"),
    (("agency-a/prod/legacy-*", "agency-a//x"), "exceptions[0].app 'agency-a//x' names no app"),
    (('app = "agency-a/prod/legacy-*"', ""), "exceptions[0]: neither app nor stemcell is there"),
    (('app = "', 'stemcell = "a/1"\napp = "'), "exceptions[0]: both app and stemcell are there"),
    (('app = "agency-a/prod/legacy-*"', 'stemcell = "1.943"'), "exceptions[0].stemcell '1.943' names no stemcell"),
    (('app = "agency-a/prod/legacy-*"', 'stemcell = "a/1/2"'), "exceptions[0].stemcell 'a/1/2' names no stemcell"),
]


@pytest.mark.parametrize(("change", "words"), EXCEPTION_FAULTS)
def test_faults_of_an_exception(places: Places, change: tuple[str, str], words: str) -> None:
    """An exception that does not say whole what it accepts is refused with its file and key, wherever it stands."""
    text = RISK.replace(*change)
    path = places.write("accepted.toml", text)
    places.write("collect.toml", text)
    with pytest.raises(UsageError) as inline:
        risks_in(places.load(), CATALOG)
    assert str(inline.value) == f"collect.toml: {words}"
    places.write("collect.toml", 'exceptions_file = "accepted.toml"')
    with pytest.raises(UsageError) as error:
        risks_in(places.load(), CATALOG)
    assert str(error.value) == f"{path}: {words}"
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RISK + "note = 1", "exceptions[0]: object contains unknown field `note`"),
        (RISK.replace('ticket = "GRC-112"', ""), "exceptions[0]: object missing required field `ticket`"),
        (RISK.replace("2026-10-01", '"soon"'), "exceptions[0].starts: invalid rfc3339 encoded date"),
        (RISK.replace("2026-10-01", "2026-10-01T00:00:00Z"), "exceptions[0].starts: expected `date`, got `datetime`"),
        (RISK.replace('"ISSO"', "1"), "exceptions[0].approver: expected `str`, got `int`"),
        ("exceptions = 3", "exceptions: expected `array`, got `int`"),
        ("[system]\nid = 'x'", "unknown key system"),
    ],
)
def test_faults_of_an_exceptions_file(places: Places, text: str, words: str) -> None:
    """The file is read as strictly as the settings."""
    path = places.write("accepted.toml", text)
    with pytest.raises(UsageError) as error:
        risks_in(places.load({"exceptions_file": "accepted.toml"}), CATALOG)
    assert str(error.value) == f"{path}: {words}"


@pytest.mark.parametrize(("name", "text", "words"), [("absent", "", "cannot read "), ("bad", "[", "is no TOML")])
def test_exceptions_file_that_cannot_be_read(places: Places, name: str, text: str, words: str) -> None:
    """A file that is named must be there, and be TOML."""
    if text:
        places.write("bad", text)
    with pytest.raises(UsageError) as error:
        risks_in(places.load({"exceptions_file": name}), CATALOG)
    assert words in str(error.value)
    assert str(places.here / name) in str(error.value)


def test_exception_twice(places: Places) -> None:
    """An id names one exception, in the settings and in the file together."""
    path = places.write("accepted.toml", RISK)
    places.write("collect.toml", 'exceptions_file = "accepted.toml"\n' + RISK)
    with pytest.raises(UsageError) as error:
        risks_in(places.load(), CATALOG)
    assert str(error.value) == f"{path}: exceptions[0].id 'EX-7' is there twice"
    assert error.value.hint == "the other stands in collect.toml"


# Systems.

SYSTEMS = """
[system]
id = "whole"
name = "Whole"
impact = "high"
ssp = { title = "SSP" }
[boundary]
spaces = ["a/prod", "b/prod"]
environments = { production = ["*/prod"] }
[[systems]]
id = "one"
orgs = ["a"]
boundary = ["a/prod"]
[[systems]]
id = "two"
name = "Two"
scope = "both"
ssp = { title = "SSP 2" }
labels = { system = "two" }
"""


def test_one_system(places: Places) -> None:
    """Without further systems there is the one, of everything."""
    settings = places.load()
    assert systems_in(settings) == (settings,)
    assert selection_in(settings.tables) is None


def test_systems(places: Places) -> None:
    """Each system has its own id, name, boundary and apps; what it does not say is as in the one for all."""
    places.write("collect.toml", SYSTEMS)
    one, two = systems_in(places.load())
    assert selection_in(one.tables) == Selection(orgs=("a",), boundary=("a/prod",))
    assert selection_in(two.tables) == Selection(labels={"system": "two"})
    described = [system_of(own.tables) for own in (one, two)]
    assert [(row.id, row.name, row.scope, row.impact, row.ssp_title) for row in described] == [
        ("one", "", "customer", "high", "SSP"),
        ("two", "Two", "both", "high", "SSP 2"),
    ]
    assert [declared_in(own.tables).boundary_spaces for own in (one, two)] == [("a/prod",), ()]
    assert declared_in(one.tables).environments == {"production": ("*/prod",)}


def test_whole_is_no_selection(places: Places) -> None:
    """The settings of the whole select everything, though parts are named."""
    places.write("collect.toml", SYSTEMS)
    assert selection_in(places.load().tables) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"two"\nname', '"one"\nname'), "systems[1].id 'one' is there twice"),
        (('"one"', '"a/b"'), "systems[0].id 'a/b' cannot stand in a file name"),
        (('orgs = ["a"]', ""), "systems[0] selects nothing"),
        (('"both"', '"us"'), "systems[1].scope cannot be 'us'"),
        (('name = "Two"', 'impact = "Low"'), "systems[1].impact cannot be 'Low'"),
        (('name = "Two"', 'nam = "Two"'), "systems[1]: object contains unknown field `nam`"),
        (('{ system = "two" }', "{ system = 2 }"), "systems[1].labels[...]: expected `str`, got `int`"),
    ],
)
def test_faults_of_a_system(places: Places, change: tuple[str, str], words: str) -> None:
    """A system that is not told apart, or selects nothing, is refused with the key."""
    assert str(places.refused(SYSTEMS.replace(*change))) == f"collect.toml: {words}"


# Changes that somebody took note of.


def test_acknowledged(places: Places) -> None:
    """Changes of the baseline are declared with who took note of them, and when."""
    places.write("collect.toml", WHOLE)
    assert declared_in(places.load().tables).acknowledged == (
        Acknowledged(app="grants/prod/*", change="buildpack", by="I. Soto", date=date(2026, 11, 3), ticket="GRC-10"),
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"buildpack"', '"colour"'), "acknowledged[0].change cannot be 'colour'"),
        (('by = "I. Soto"', 'by = " "'), "acknowledged[0].by is empty"),
        (('app = "grants/prod/*"', 'app = ""'), "acknowledged[0].app is empty"),
        (("date = 2026-11-03", ""), "acknowledged[0]: object missing required field `date`"),
    ],
)
def test_faults_of_what_is_acknowledged(places: Places, change: tuple[str, str], words: str) -> None:
    """Whoever took note says of what, and when."""
    text = WHOLE[WHOLE.index("[[acknowledged]]") :].replace(*change)
    assert str(places.refused(text)) == f"collect.toml: {words}"
