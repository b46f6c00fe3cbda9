"""What a person types: in any order, in any spelling, and with a hint where it means nothing."""

import json
from pathlib import Path

import pytest

import collector
from collector.cli import call
from collector.sandbox import faults
from tests.cli.running import Ran, begin, end


@pytest.mark.parametrize("spelling", ["CM-2(2)", "cm-2(2)", "cm-2.2", "CM-02(02)", "CM-2.2", "cm-02.02"])
def test_a_control_is_known_by_each_of_its_spellings(run, healthy, spelling):
    """Assessors, OSCAL and spreadsheets spell controls differently."""
    ran = run("--control", spelling, "-f", "json")

    assert [row["id"] for row in ran.json["controls"]] == ["CM-2(2)"]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--control", "SI-9"], "unknown control SI-9", "SI-2"),
        (["SI-2"], "unknown command SI-2", "did you mean: collect --control SI-2"),
        (["si-2(3)"], "unknown command si-2(3)", "did you mean: collect --control 'si-2(3)'"),
        (["snapshto"], "unknown command snapshto", "did you mean snapshot"),
        (["--artifact", "workbok", "-o", "x"], "unknown artefact workbok", "did you mean workbook"),
        (
            ["snapshot", "--source", "cloud-controler"],
            "unknown source cloud-controler",
            "did you mean cloud-controller",
        ),
        (["--contrl", "SI-2"], "unknown command SI-2", "did you mean: collect --control SI-2"),
        (["-f", "xml"], "invalid value for '-f' / '--format'", "see: collect --help"),
        (["--as-of", "yesterday"], "invalid value for '--as-of'", "see: collect --help"),
        (["--as-of", "0001-01-01"], "invalid value for '--as-of'", "see: collect --help"),
        (["--as-of", "9999-12-31T23:59:59-10:00"], "invalid value for '--as-of'", "see: collect --help"),
        (["-c", "nowhere.toml"], "cannot read nowhere.toml", "name an existing file with --config"),
        (["--store", "ftp://x", "snapshot"], "unknown kind of store: ftp:", ""),
        (["--store", "s4://bucket/x"], "unknown kind of store: s4:", "did you mean s3:"),
        (["--from", "latest"], "file:evidence holds no snapshot of system default", "take one: collect snapshot"),
        (["--from", "20261101T000000Z-00000000"], "file:evidence holds no snapshot", "take one: collect snapshot"),
        (["snapshot", "--resume"], "no snapshot was interrupted", "begin one: collect snapshot"),
        (["snapshot", "-f", "json"], "no such option", "see: collect snapshot --help"),
        (["-f", "json", "snapshot"], "no such option", "see: collect snapshot --help"),
        (["--artifact", "workbook"], "--artifact needs a place", "-o DIR"),
        (["explain", "SI-99"], "unknown control SI-99", "SI-2"),
        (["publish", "nowhere", "file:x"], "invalid value for 'DIRECTORY'", "see: collect publish --help"),
        (["--control"], "option '--control' requires an argument", "see: collect --help"),
        (["explain"], "missing argument 'CONTROL'", "see: collect explain --help"),
        (["config"], "missing command", "see: collect config --help"),
    ],
)
def test_a_word_that_means_nothing_is_named_with_the_nearest_that_does(run, healthy, words, message, hint):
    """A mistake exits 2 with one line and a next step, and nothing is asked of the foundation."""
    ran = run(*words)

    said, step = ran.complaint
    assert ran.code == 2
    assert said.startswith(message)
    assert hint in step
    assert healthy.requests == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[cf]\napl = "x"\n', "collect.toml: unknown key cf.apl", "did you mean cf.api"),
        ("[cf]\nconcurrency = 99\n", "collect.toml: cf.concurrency must be 1 to 32", ""),
        ('[cf]\nconcurrency = "four"\n', "collect.toml: cf.concurrency: expected", ""),
        ('[system]\nscope = "custommer"\n', "collect.toml: system.scope cannot be 'custommer'", "customer"),
        ('[system]\nid = "../x"\n', "collect.toml: system.id '../x' cannot stand in a file name", ""),
        ("[cf\n", "collect.toml is no TOML", ""),
        ("[policy]\nrestage = { limit_days = 99 }\n", "collect.toml: policy", ""),
        ('[policy]\nrestag = { limit_days = 99, authority = "me" }\n', "[policy] restag: unknown window", "restage"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_place(run, healthy, text, message, hint):
    """A wrong key or value exits 2 before anything is asked, with the file and the key."""
    Path("collect.toml").write_text(text, encoding="utf-8")

    ran = run("--control", "SI-2")

    said, step = ran.complaint
    assert ran.code == 2
    assert message in said
    assert hint in step
    assert healthy.requests == []


@pytest.mark.parametrize(
    "words",
    [
        ["--store", "file:kept", "snapshot"],
        ["snapshot", "--store", "file:kept"],
        ["snapshot", "--store=file:kept"],
        ["--store=file:kept", "-q", "snapshot"],
        ["-q", "snapshot", "--store", "file:kept", "--no-progress"],
    ],
)
def test_options_may_stand_before_or_after_the_command(run, healthy, words):
    """The order of words changes nothing."""
    ran = run(*words)

    assert ran.code == 0
    assert list(Path("kept").glob(f"**/{ran.out.strip()}/manifest.json"))


@pytest.mark.parametrize(
    "words", [["-qo", "reports"], ["-qoreports"], ["-q", "-o", "reports"], ["-qf", "csv", "-oreports"]]
)
def test_short_options_may_stand_together(run, healthy, words):
    """`-qo reports` is an output, no command."""
    ran = run(*words)

    assert ran.code == 0
    assert ran.err == ""
    assert Path("reports/evidence.xlsx").is_file()


def test_a_variable_that_means_nothing_is_warned_of(run, healthy, monkeypatch):
    """A mistyped COLLECT_ name is said with the nearest right one, and the run goes on."""
    monkeypatch.setenv("COLLECT_CF_ORG", "agency-a")

    ran = run("--control", "SI-2")

    assert ran.code == 0
    assert "warning: unknown variable COLLECT_CF_ORG: did you mean COLLECT_CF_ORGS" in ran.err


def test_what_a_later_version_makes_is_said_and_left_out(run, healthy):
    """An artefact that the design names and this version does not make is a warning."""
    ran = run("--artifact", "ssp-fragments", "--artifact", "workbook", "-o", "reports")

    assert ran.code == 0
    assert "this version does not make ssp-fragments yet" in ran.err
    assert Path("reports/evidence.xlsx").is_file()


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["snapshot", "--help"], ["--control", "SI-2", "--help"]])
def test_help_asks_nothing_and_exits_zero(run, healthy, words):
    """--help wins over everything."""
    ran = run(*words)

    assert ran.code == 0
    assert ran.out.startswith("Usage: collect")
    assert healthy.requests == []


def test_the_version_is_printed(run):
    """--version prints name and version and nothing else."""
    assert run("--version") == Ran(0, f"collect, version {collector.__version__}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_can_be_printed(run, shell):
    """Each shell gets its script on stdout."""
    ran = run("completion", shell)

    assert ran.code == 0
    assert "_COLLECT_COMPLETE" in ran.out


@pytest.mark.parametrize("control", ["SI-2", "SI-2(2)", "SI-2(3)", "CM-2", "CM-2(2)", "CM-6", "CM-6(1)"])
def test_each_control_can_be_explained_offline(run, control, socket_disabled):
    """`explain` needs neither network nor login."""
    ran = run("explain", control)

    assert ran.code == 0
    assert control in ran.out


def test_the_settings_are_shown_with_their_origin_and_no_secret(run, healthy, monkeypatch):
    """`config show` names where each value came from; secrets are masked."""
    Path("collect.toml").write_text('[system]\nname = "Portal"\n', encoding="utf-8")
    secret = healthy.credentials["global-auditor"].secret

    ran = run("config", "show", "--store", "s3://bucket/prefix")

    assert ran.code == 0
    assert 'system.name = "Portal"  # collect.toml' in ran.out
    assert f'cf.api = "{healthy.api}"  # COLLECT_CF_API' in ran.out
    assert 'store.url = "s3://bucket/prefix"  # flag' in ran.out
    assert "COLLECT_CF_CLIENT_SECRET = ***  # environment" in ran.out
    assert secret not in ran.out + ran.err


def test_a_line_on_stderr_can_be_json_errors_included(run, healthy, monkeypatch):
    """With --log-format json every line on stderr is one JSON object, the error with its hint too."""
    monkeypatch.setenv("COLLECT_CF_ORG", "agency-a")

    ran = run("--log-format", "json", "--control", "SI-2", "-o", __file__)

    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert ran.code == 2
    assert [set(line) for line in lines] == [{"time", "message"}, {"time", "message", "hint"}]
    assert lines[0]["message"].startswith("warning: unknown variable COLLECT_CF_ORG")
    assert "is not a folder" in lines[1]["message"]


def test_a_log_in_json_is_json_in_each_line(healthy):
    """The requests that --verbose logs keep the form."""
    ran = end(begin("--log-format=json", "--verbose", "--control", "SI-2"))

    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert ran.code == 0
    assert len(lines) > 10
    assert any("GET /v3/apps" in line["message"] for line in lines)


@pytest.mark.parametrize(
    ("words", "variables", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_where_it_is_wanted(run, demo, monkeypatch, words, variables, coloured):
    """The flag beats NO_COLOR, that beats FORCE_COLOR; off a terminal there is none."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    ran = run("--control", "SI-2", *words)

    assert ("\x1b[" in ran.out) is coloured
    assert "\x1b[" not in ran.err


def test_a_quiet_run_says_nothing_where_nothing_went_wrong(run, healthy):
    """-q leaves notes out; data stay."""
    ran = run("-q", "--control", "SI-2", "-o", "reports")

    assert ran.err == ""
    assert ran.out


def test_a_fault_of_ours_is_said_as_one_and_never_as_a_verdict(capsys, healthy):
    """Whatever is not foreseen exits 70 with one line; --debug shows where."""

    def broken(_seconds: float) -> None:
        raise ZeroDivisionError("by zero")

    healthy.faults.add("/v3/apps", faults.gateway_error())

    code = call(["--control", "SI-2"], sleep=broken)
    out, err = capsys.readouterr()

    assert code == 70
    assert out == ""
    assert err.splitlines()[-2:] == [
        "collect: a fault of ours: ZeroDivisionError: by zero",
        "  → run again with --debug and report what it shows",
    ]
    assert "Traceback" not in err
