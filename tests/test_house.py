"""The house: what is built, what is locked, and what is not to be found in the repository."""

import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import collector
from collector import resources

ROOT = Path(__file__).parents[1]

# Joined here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("golang", "org"),
        ("maven", "org"),
        ("repo", "maven", "apache", "org"),
    )
]
# /home/vcap is where Cloud Foundry itself runs apps.
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:root|work|Users|home/(?!vcap\b)\w+)/\w")

REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)(?:\[[a-z0-9,-]+\])?==(?P<version>[\w.]+)(?: ; .+)?$")
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")

# A rule that is set aside, and what else stands on the line.
SET_ASIDE = re.compile(r"# (?:noqa|type: ignore|pragma: no cover)(?:: [A-Z0-9, ]+|\[[a-z, -]+\])?(.*)")

HEAVY = ("boto3", "botocore", "jinja2", "numpy", "openpyxl", "pandas", "requests", "rich")


def repository_files() -> list[Path]:
    """Every file that is tracked, or would be with `git add .`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is on the PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def locked() -> dict[str, list[str]]:
    """Each requirement of the lock, with its hashes."""
    requirements: dict[str, list[str]] = {}
    for statement in text_of(ROOT / "requirements.lock").replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+(?=--hash=)", statement.strip())
        requirements[requirement] = hashes
    return requirements


def project() -> dict[str, list[str]]:
    """The project's requirements, by the group that asks for them."""
    metadata = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    return {"runtime": metadata["dependencies"], **metadata["optional-dependencies"]}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that `make package` builds: through the source distribution, so that this is tested as well."""
    dist = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel_names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.mark.parametrize("folder", ["controls", "report_templates"])
def test_the_wheel_carries_every_data_file_inside_the_package(wheel_names, folder):
    shipped = {path for path in repository_files() if path.is_relative_to(ROOT / folder)}

    assert shipped
    assert {f"collector/{path.relative_to(ROOT).as_posix()}" for path in shipped} <= wheel_names


def test_the_wheel_owns_no_other_top_level_name(wheel_names):
    assert {name.split("/")[0] for name in wheel_names} == {
        "collector",
        f"cf_evidence-{collector.__version__}.dist-info",
    }


def test_the_wheel_says_that_it_is_typed_and_carries_its_licence(wheel_names):
    assert "collector/py.typed" in wheel_names
    assert f"cf_evidence-{collector.__version__}.dist-info/licenses/LICENSE" in wheel_names


def test_the_controls_and_templates_are_found_in_the_wheel_itself(wheel, tmp_path):
    program = (
        "from collector.resources import CONTROLS, TEMPLATES\n"
        "print(*sorted(entry.name for folder in (CONTROLS, TEMPLATES) for entry in folder.iterdir()), sep='\\n')"
    )

    seen = subprocess.run(
        [sys.executable, "-S", "-c", program],  # -S: no site-packages, and so no editable install
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )

    beside = [*resources.CONTROLS.iterdir(), *resources.TEMPLATES.iterdir()]
    assert seen.stdout.split() == sorted(entry.name for entry in beside)


def test_the_controls_and_templates_of_a_checkout_are_the_ones_at_its_top():
    assert Path(str(resources.CONTROLS)).resolve() == ROOT / "controls"
    assert Path(str(resources.TEMPLATES)).resolve() == ROOT / "report_templates"


def test_no_file_names_a_package_registry():
    naming = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in repository_files()
        for host in REGISTRY_HOSTS
        if host in text_of(path)
    }

    assert not naming


def test_no_file_names_a_path_of_the_machine_it_was_made_on():
    naming = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in repository_files()
        if (match := MACHINE_PATH.search(text_of(path)))
    }

    assert not naming


def test_whoever_sets_a_rule_aside_says_why_on_the_line():
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in repository_files()
        if path.suffix == ".py"
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (aside := SET_ASIDE.search(line)) and not re.search(r"[\w']{4}", aside[1])
    ]

    assert bare == []


def test_every_line_of_the_lock_is_one_exact_version_with_its_hashes():
    lines = locked()

    assert lines
    assert [line for line in lines if not REQUIREMENT.match(line)] == []
    assert [line for line, hashes in lines.items() if not hashes] == []
    assert [digest for hashes in lines.values() for digest in hashes if not HASH.match(digest)] == []


def test_the_lock_holds_every_package_that_the_project_asks_for():
    names = {match["name"] for line in locked() if (match := REQUIREMENT.match(line))}
    wanted = {re.split(r"[\[<>=!~; ]", line)[0] for lines in project().values() for line in lines}

    assert wanted - names == set()


def test_requirements_have_lower_bounds_only():
    bounded = [line for lines in project().values() for line in lines if not re.fullmatch(r"[\w\[\]-]+>=[\d.]+", line)]

    assert bounded == []


def test_the_newest_entry_of_the_changelog_is_this_version():
    entries = re.findall(r"^## \[(.+?)\]", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)

    assert entries[0] == collector.__version__


def test_the_script_of_the_continuous_integration_can_be_run():
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_help_is_quick_because_it_imports_nothing_heavy(tmp_path):
    program = f"""
import sys
from collector.cli import main
sys.argv = ["collect", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("heavy:", *sorted(set({HEAVY!r}) & set(sys.modules)))
"""

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert run.stdout.splitlines()[-1].strip() == "heavy:"


def test_python_dash_m_collector_is_the_same_tool(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "collector", "--version"], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert collector.__version__ in run.stdout
