"""The control files: what they say, and how strictly they are read."""

import json
import os
from pathlib import Path

import pytest

from collector.assessment import CHECKS, WindowOverride, control_id, load
from collector.errors import UsageError
from collector.resources import CONTROLS
from tests.assessment.builders import CATALOG

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared")
EXTRACT = SHARED / "oscal" / "control_ids_extract.json"
CONTROL = CONTROLS.joinpath("si-2.3.toml").read_text(encoding="utf-8")
POLICY = CONTROLS.joinpath("policy.toml").read_text(encoding="utf-8")


def folder_with(tmp_path: Path, *, control=CONTROL, policy=POLICY, name="si-2.3.toml") -> Path:
    """A folder that holds one control and the policy."""
    (tmp_path / name).write_text(control, encoding="utf-8")
    (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
    return tmp_path


def fault(tmp_path, **files) -> tuple[str, str]:
    """What reading a faulty folder says, and its hint."""
    with pytest.raises(UsageError) as caught:
        load(folder_with(tmp_path, **files))
    return str(caught.value), caught.value.hint


def leaves(ids: list[str]) -> set[str]:
    """Objectives that have no objective below them."""
    return {one for one in ids if not any(other.startswith((f"{one}.", f"{one}-")) for other in ids)}


@pytest.mark.skipif(not EXTRACT.exists(), reason="the list of NIST's ids is not beside the checkout")
def test_objectives_and_parameters_are_nists() -> None:
    """Every leaf objective of NIST SP 800-53A is there under NIST's id, and no other; parameters are NIST's, too."""
    nist = json.loads(EXTRACT.read_text(encoding="utf-8"))
    for control in CATALOG.controls.values():
        assert leaves(nist[control.oscal_id]["objectives"]) == {row.id for row in control.objectives}
        assert {row.id for row in control.parameters} == {
            name for name in nist[control.oscal_id]["params"] if "_prm_" not in name
        }


def test_every_check_is_used_and_every_use_is_a_check() -> None:
    """No check lies idle, and no control names one that is not there."""
    assert {use.check for control in CATALOG.controls.values() for use in control.checks} == set(CHECKS)


def test_every_check_is_a_sentence() -> None:
    """The first line of its docstring is what an auditor reads."""
    assert [name for name, check in CHECKS.items() if not check.title.endswith(".") or len(check.title) < 20] == []


def test_controls_come_in_their_order() -> None:
    """By family and number."""
    assert list(CATALOG.controls) == ["CM-2", "CM-2(2)", "CM-6", "CM-6(1)", "SI-2", "SI-2(2)", "SI-2(3)"]


def test_windows_are_those_of_the_design() -> None:
    """Limits in hours."""
    assert {name: window.limit_hours for name, window in CATALOG.windows.items()} == {
        "restage": 336,
        "os-patch": 96,
        "stemcell-packaging": 48,
        "stemcell-deployment": 48,
        "flaw-remediation": 720,
        "known-exploited": None,
        "determination-frequency": 744,
        "harvest": 168,
        "harvest-bosh": 6,
        "image-scan": 720,
        "exception-length": 8760,
    }


def test_every_file_has_its_digest() -> None:
    """An answer names the files it was made with."""
    assert len(CATALOG.digests) == 8
    assert {64} == {len(digest) for digest in CATALOG.digests.values()}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("SI-2", "SI-2"),
        ("si-2", "SI-2"),
        ("SI-02", "SI-2"),
        ("CM-2(2)", "CM-2(2)"),
        ("cm-2.2", "CM-2(2)"),
        ("CM-02(02)", "CM-2(2)"),
        ("SI-02 (02)", "SI-2(2)"),
        (" si-2.3 ", "SI-2(3)"),
    ],
)
def test_control_id_in_every_spelling(text, canonical) -> None:
    """People write ids as they like."""
    assert canonical == control_id(text)
    assert (canonical,) == CATALOG.control_ids(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("SI-3", "did you mean SI-2?"), ("CM-2(3)", "did you mean CM-2(2)?"), ("SI2", "did you mean SI-2?")],
)
def test_unknown_control_names_the_nearest(text, hint) -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UsageError) as caught:
        CATALOG.chosen([text])
    assert (f"unknown control {text}", hint) == (str(caught.value), caught.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("title = ", "titel = ", "si-2.3.toml: title is missing", "add title (text)"),
        (
            'summary = "',
            'sumary = "x"\nsummary = "',
            "si-2.3.toml: sumary: unknown key",
            "did you mean summary?",
        ),
        ('check = "benchmarks-set"', "check = 7", "si-2.3.toml: checks[1].check must be text", ""),
        (
            'check = "benchmarks-set"',
            'check = "benchmark-set"',
            "si-2.3.toml: checks[1].check: unknown check 'benchmark-set'",
            "did you mean benchmarks-set?",
        ),
        (
            'role = "decides"',
            'role = "decide"',
            "si-2.3.toml: checks[1].role: unknown role 'decide'",
            "did you mean decides?",
        ),
        (
            'objective = "si-2.3_obj.b"',
            'objective = "si-2.3_obj.c"',
            "si-2.3.toml: checks[1].objective: unknown objective 'si-2.3_obj.c'",
            "did you mean si-2.3_obj.b?",
        ),
        (
            'objective = "si-2.3_obj.b"',
            "",
            "si-2.3.toml: checks[1].objective is missing",
            "a check that decides speaks for an objective",
        ),
        (
            'id = "si-2.3_obj.b"',
            'id = "si-2.3_obj.a"',
            "si-2.3.toml: objectives: si-2.3_obj.a is there twice",
            "",
        ),
        ('title = "', 'title = ""\nx = "', "si-2.3.toml: title is empty", ""),
        (
            'role = "decides"',
            'role = "decides"\nwindow = "restage"',
            "si-2.3.toml: checks[1].window: this check is held against no window",
            "",
        ),
        ('id = "SI-2(3)"', 'id = "SI-2(4)"', "si-2.3.toml: id: SI-2(4) and si-2.3 are not the same control", ""),
        ("[parts]", '[parts]\nvendor = "x"', "si-2.3.toml: parts.vendor: unknown key", "one of: customer, provider"),
        ('human = "', 'humam = "x"\nhuman = "', "si-2.3.toml: objectives[1].humam: unknown key", "did you mean human?"),
    ],
)
def test_fault_in_a_control_names_file_and_key(tmp_path, old, new, message, hint) -> None:
    """A typing error is found where it was made."""
    assert (message, hint) == fault(tmp_path, control=CONTROL.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("limit_hours = 336", 'limit_hours = "336"', "policy.toml: restage.limit_hours must be a number"),
        ("limit_hours = 336", "limit_hours = true", "policy.toml: restage.limit_hours must be a number"),
        (
            "limit_hours = 336",
            "limit_hours = -1",
            "policy.toml: restage.limit_hours must be a number of hours, not below zero",
        ),
        ('kind = "flag"', 'kind = "flags"', "policy.toml: restage.kind: unknown kind 'flags'"),
        ("[restage]", "[restages]", "policy.toml: restage is missing"),
        ('authority = "cloud.gov, App maintenance"\n', "", "policy.toml: restage.authority is missing"),
        ("[restage]", "restage = 3\n[x]", "policy.toml: restage must be a table"),
    ],
)
def test_fault_in_the_policy_names_the_key(tmp_path, old, new, message) -> None:
    """A window without limit, kind or authority is refused."""
    assert message == fault(tmp_path, policy=POLICY.replace(old, new, 1))[0]


def test_unreadable_file_is_named(tmp_path) -> None:
    """What is not TOML is said to be none."""
    assert fault(tmp_path, control="id = ")[0].startswith("si-2.3.toml: not readable as TOML: ")


def test_control_twice_under_other_names_is_refused(tmp_path) -> None:
    """A file is named after its control, so that none is there twice."""
    assert fault(tmp_path, name="si-2.toml") == ("si-2.toml: oscal_id is si-2.3", "name the file si-2.3.toml")


def test_folder_without_policy_is_refused(tmp_path) -> None:
    """No verdict without windows."""
    with pytest.raises(UsageError, match=r"policy\.toml is missing"):
        load(tmp_path)
    with pytest.raises(UsageError, match="no folder of controls"):
        load(tmp_path / "none")


def test_status_check_asks_for_what_it_counts(tmp_path) -> None:
    """A check that counts others is not used without them."""
    control = CONTROLS.joinpath("si-2.2.toml").read_text(encoding="utf-8")
    message, hint = fault(
        tmp_path, control=control.replace('check = "image-remediated"\nrole = "informs"', ""), name="si-2.2.toml"
    )
    assert message == "si-2.2.toml: checks[5].check is missing"
    assert hint == "add check (text)"
    cut = control[: control.rindex("[[checks]]")]
    assert "status-determined counts image-remediated" in fault(tmp_path, control=cut, name="si-2.2.toml")[0]


def test_override_changes_limit_authority_and_binding() -> None:
    """A system's own parameter takes the place of the shipped one, and says so."""
    windows = load(
        CONTROLS, {"restage": WindowOverride(limit_days=21, binding=True, authority="SSP, section 10")}
    ).windows
    assert (
        windows["restage"].limit_hours,
        windows["restage"].authority,
        windows["restage"].binding,
        windows["restage"].overridden,
    ) == (504, "SSP, section 10", True, True)
    assert not windows["flaw-remediation"].overridden


def test_overridden_window_is_the_parameters_value() -> None:
    """The ODP table shows what was judged with."""
    control = load(CONTROLS, {"flaw-remediation": WindowOverride(limit_days=15, authority="SSP")}).controls["SI-2"]
    assert (control.parameters[0].value, control.parameters[0].authority) == ("15 days", "SSP")


@pytest.mark.parametrize(
    ("name", "override", "message"),
    [
        ("restage", WindowOverride(limit_days=21), "[policy] restage: authority is missing"),
        ("restages", WindowOverride(limit_days=21, authority="x"), "[policy] restages: unknown window"),
        (
            "restage",
            WindowOverride(limit_days=1, limit_hours=24, authority="x"),
            "[policy] restage: limit_days and limit_hours exclude each other",
        ),
        ("restage", WindowOverride(limit_days=0, authority="x"), "[policy] restage: the limit must be above zero"),
        (
            "known-exploited",
            WindowOverride(limit_days=3, authority="x"),
            "[policy] known-exploited: has no limit of its own",
        ),
    ],
)
def test_faulty_override_is_refused(name, override, message) -> None:
    """No limit is changed without someone who decided it."""
    with pytest.raises(UsageError) as caught:
        load(CONTROLS, {name: override})
    assert message == str(caught.value)
