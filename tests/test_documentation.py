"""Documentation is executed: README, samples and help texts say what the code does."""

import ast
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from collector import errors
from collector.cli.commands import collect
from collector.settings import load
from collector.sources.feeds.attestation import attested
from collector.sources.feeds.reading import Paper
from tests.cli.running import check_sums
from tests.documentation import EXIT_CODES, PLATFORM, PLATFORM_BLOCKS, README, documented
from tests.sample_month import SAMPLE, WEEKLY
from tests.samples import make_reports

ROOT = README.parent


def test_readme_has_the_tables_of_the_code():
    """Commands, exit codes, checks, windows, artefacts and settings are the code's; `make samples` writes them."""
    text = README.read_text(encoding="utf-8")

    assert documented(text) == text


def test_the_platform_page_has_the_columns_of_the_code():
    """The columns of an attestation are those that the reader takes."""
    text = PLATFORM.read_text(encoding="utf-8")

    assert documented(text, PLATFORM_BLOCKS) == text


@pytest.mark.parametrize("name", ["attestation.csv", "attestation.toml"])
def test_the_sample_attestations_are_read_whole(name: str):
    """Both forms say the same two things, and no statement is left out."""
    body = (ROOT / "samples" / name).read_bytes()
    found = attested([Paper(name, body, "sha256:sample")])

    assert list(found.gaps) == []
    assert sorted((row.kind, row.version or row.image[:13]) for row in found.rows) == [
        ("image-scanned", "sha256:0f1e2d"),
        ("stemcell-deployed", "1.943"),
    ]


def test_every_error_has_a_documented_exit_code():
    """No class of error returns a code that the table does not explain."""
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.CollectError)
    }

    assert codes <= EXIT_CODES.keys()


def test_the_sample_settings_load_and_use_every_table():
    """samples/collect.toml is accepted as it stands, and shows every table that this version acts on."""
    path = ROOT / "samples" / "collect.toml"
    loaded = load(
        flags={},
        environment={},
        config=path,
        here=ROOT / "samples" / "schedule",
        user_dir=ROOT / "samples" / "schedule",
    )

    assert loaded.warnings == ()
    assert set(tomllib.loads(path.read_text(encoding="utf-8"))) == {
        "schema", "system", "cf", "boundary", "baseline", "feeds", "policy", "store", "owners", "report",
    }  # fmt: skip


def test_the_examples_in_the_sample_settings_are_accepted(tmp_path: Path):
    """With its examples of directors and feeds uncommented it still loads, and then every feed is named."""
    text = (ROOT / "samples" / "collect.toml").read_text(encoding="utf-8")
    path = tmp_path / "collect.toml"
    path.write_text(
        re.sub(r"^# (?=\[\[bosh\]\]|[a-z_]+ = )", "", _platform(text), flags=re.MULTILINE), encoding="utf-8"
    )
    tables = load(flags={}, environment={}, config=path, here=tmp_path, user_dir=tmp_path).tables

    assert [row.environment for row in tables.bosh] == ["production"]
    assert [name for name, value in msgspec.to_builtins(tables.feeds).items() if not value] == []


def _platform(text: str) -> str:
    """The part of the sample settings that is about directors and feeds."""
    return "schema = 1\n" + text[text.index("# [[bosh]]") : text.index("[policy]")]


@pytest.mark.parametrize("name", ["crontab", "github-actions.yml"])
def test_the_schedules_take_evidence_daily_harvest_four_times_a_day_and_close_each_month(name: str):
    """Each recipe has the times and the commands, and names only variables and options that there are."""
    text = (ROOT / "samples" / "schedule" / name).read_text(encoding="utf-8")
    commands = [found.strip().split() for found in re.findall(r"(?:&& |run: )(collect [^&|\n]+)", text)]
    variables = dict.fromkeys(re.findall(r"COLLECT_[A-Z_]+", text), "")

    assert "17 6 * * *" in text
    assert "47 */6 * * *" in text
    assert "37 7 1 * *" in text
    assert len([words for words in commands if "audit" in words]) == 1
    assert [sorted({*words} & {"--source", "bosh"}) for words in commands if "snapshot" in words] == [
        [], ["--source", "bosh"],
    ]  # fmt: skip
    for _, *words in commands:
        assert (words, CliRunner().invoke(collect, [*words, "--help"]).exit_code) == (words, 0)
    assert {"COLLECT_CF_API", "COLLECT_BOSH_PRODUCTION_URL"} <= variables.keys()
    here = ROOT / "samples" / "schedule"
    assert load(flags={}, environment=variables, config=None, here=here, user_dir=here).warnings == ()


def _content(path: Path) -> object:
    """The bytes of a file; of a workbook those of its members, as two zlib builds compress differently."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]


def test_the_sample_month_is_what_the_code_makes_of_its_evidence(tmp_path: Path):
    """The reports of three months are made again from the stored snapshots; a difference means: make samples."""
    again = tmp_path / "samples" / "month"
    shutil.copytree(SAMPLE, again)
    shutil.copy(SAMPLE.parent / "exceptions.toml", again.parent)
    make_reports(again)
    files = sorted(path.relative_to(SAMPLE) for path in SAMPLE.rglob("*") if path.is_file())
    # These two hold the digest of the workbook as this machine compresses it.
    digests = {Path("reports/SHA256SUMS"), Path("reports/manifest.json")}

    assert sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file()) == files
    assert [name for name in files if _content(SAMPLE / name) != _content(again / name) and name not in digests] == []


def test_the_sample_month_verifies_its_evidence():
    """Each snapshot is what its manifest says; one flipped byte and no report is made of it."""
    snapshots = sorted((SAMPLE / "evidence").glob("system=*/snapshots/*/*/*"))

    assert len(snapshots) == len(WEEKLY) + 1
    assert [check_sums(folder) > 0 for folder in snapshots] == [True] * len(snapshots)


@pytest.mark.parametrize("name", sorted(collect.commands))
def test_every_command_explains_itself(name: str):
    """--help of every command works, and every option has a sentence."""
    result = CliRunner().invoke(collect, [name, "--help"])
    options = [param for param in collect.commands[name].params if isinstance(param, click.Option)]

    assert result.exit_code == 0
    assert [option.name for option in options if not option.help] == []


def test_every_command_in_the_readme_exists():
    """Each `collect …` line of the README names a command that there is, with options that it takes."""
    commands = re.findall(r"^collect(?: .*?)?(?=\s+#|$)", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(commands) >= 5
    for line in commands:
        words = line.split()[1:]
        result = CliRunner().invoke(collect, [*words, "--help"])
        assert (line, result.exit_code) == (line, 0)


def test_every_module_opens_with_one_sentence():
    """Each module of the package says in its first line what it is."""
    for path in sorted((ROOT / "collector").rglob("*.py")):
        head = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]
        assert head, path
