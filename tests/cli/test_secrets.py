"""No password and no token is ever printed or written, whatever goes wrong."""

from pathlib import Path

import pytest

from collector.sandbox import Foundation, faults
from tests.cli.running import begin, end, files_below


def secrets_of(foundation: Foundation) -> list[str]:
    """Every secret that a foundation knows: passwords, client secrets, and the tokens that it gave out."""
    given = [credential.secret for credential in foundation.credentials.values()]
    return [*given, *foundation.uaa._access, *foundation.uaa._refresh]


def leaks(foundation: Foundation, said: str, *folders: Path) -> list[str]:
    """Where a secret is found: in what was said, or in a file."""
    found = [f"said: {secret[:6]}" for secret in secrets_of(foundation) if secret in said]
    for path in files_below(*folders):
        body = path.read_bytes()
        found += [f"{path.name}: {secret[:6]}" for secret in secrets_of(foundation) if secret.encode() in body]
    return found


@pytest.mark.parametrize("identity", ["global-auditor", "space-auditor"])
@pytest.mark.parametrize(
    "words",
    [
        ["-o", "reports"],
        ["snapshot"],
        ["--store", "file:kept", "--control", "SI-2"],
        ["doctor"],
        ["config", "show"],
        ["--debug", "--control", "SI-2", "--as-of", "never"],
    ],
)
def test_no_run_prints_or_writes_a_secret(run, demo, become, tmp_path, identity, words):
    """Neither in stdout, stderr, artefacts, evidence, nor in anything else below home or work."""
    become(demo, identity)

    ran = run(*words)

    assert leaks(demo, ran.out + ran.err, tmp_path) == []


@pytest.mark.parametrize("identity", ["global-auditor", "space-auditor"])
@pytest.mark.parametrize("path", ["/oauth/token", "/v3/apps", "/v3/roles"])
@pytest.mark.parametrize(
    "fault",
    [faults.server_error(), faults.html_page(), faults.status(401), faults.status(418)],
    ids=["500", "html", "401", "418"],
)
def test_no_failure_prints_a_secret(run, demo, become, tmp_path, identity, path, fault):
    """A login that fails, a token that is refused, an answer that makes no sense: none of them quotes a secret."""
    become(demo, identity)
    demo.faults.add(path, fault, times=None)

    ran = run("--debug", "snapshot")

    assert ran.code in {0, 3, 4, 5}
    assert leaks(demo, ran.out + ran.err, tmp_path) == []


def test_a_login_server_that_echoes_the_password_is_not_quoted(run, healthy, become, tmp_path):
    """An error description that repeats what was sent is redacted."""
    become(healthy, "space-auditor")
    secret = healthy.credentials["space-auditor"].password
    healthy.faults.add("/oauth/token", faults.edited(lambda body: body.update(error_description=f"bad {secret}")))
    healthy.faults.add("/oauth/token", faults.status(401), times=None)

    ran = run("--control", "SI-2")

    assert secret not in ran.out + ran.err


def test_the_log_of_every_request_shows_no_secret(demo, tmp_path):
    """--verbose and --debug log paths, never headers or bodies."""
    ran = end(begin("--verbose", "--debug", "snapshot"))

    assert ran.code == 0
    assert "GET /v3/apps" in ran.err
    assert leaks(demo, ran.out + ran.err, tmp_path) == []


def test_a_password_in_a_file_is_as_good_and_as_secret(run, healthy, become, monkeypatch, tmp_path):
    """COLLECT_CF_PASSWORD_FILE names a file that is read and never shown."""
    become(healthy, "space-auditor")
    file = tmp_path / "password"
    file.write_text(healthy.credentials["space-auditor"].password + "\n", encoding="utf-8")
    monkeypatch.delenv("COLLECT_CF_PASSWORD")
    monkeypatch.setenv("COLLECT_CF_PASSWORD_FILE", str(file))

    ran, shown = run("--control", "SI-2"), run("config", "show")

    assert ran.code == 0
    assert "COLLECT_CF_PASSWORD_FILE = ***" in shown.out
    file.unlink()
    assert leaks(healthy, ran.out + ran.err + shown.out + shown.err, tmp_path) == []


def test_a_password_in_the_address_is_refused_without_being_shown(run, healthy, monkeypatch):
    """An address with a user name and password in it exits 2 and does not repeat them."""
    monkeypatch.setenv("COLLECT_CF_API", "https://somebody:hunter2hunter2@api.example.gov")

    ran, shown = run("--control", "SI-2"), run("config", "show")

    assert ran.code == 2
    assert "hunter2" not in ran.out + ran.err + shown.out + shown.err


def test_credentials_in_a_buildpack_address_are_written_nowhere_but_in_the_evidence(run, demo):
    """The address of a private buildpack loses its userinfo before it is judged or shown."""
    ran = run("-f", "json", "-o", "reports")

    shown = ran.out + "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in Path("reports").glob("*.*") if path.is_file()
    )
    assert "github.com/example/private-buildpack.git" in shown
    assert "***:***@" not in shown
