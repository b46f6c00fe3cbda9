"""Where a login comes from, in which order, and that nothing is ever written or shown."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from collector.errors import LoginError, UsageError
from collector.model import Identity
from collector.transport import Secrets, cf_cli_target, find_secrets, login

API = "https://api.example.gov"


@pytest.fixture
def cli_home(tmp_path, say):
    """Write what `cf login` leaves behind; gives the environment that finds it."""

    def write(**more: object) -> dict[str, str]:
        token = say.jwt(user_name="auditor", scope=["cloud_controller.read"], exp=say.noon.timestamp() + 600)
        config = {"Target": API, "AccessToken": f"bearer {token}", "RefreshToken": "refresh-r", "UAAOAuthClient": "cf"}
        folder = tmp_path / ".cf"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({**config, **more}))
        return {"CF_HOME": str(tmp_path)}

    return write


@pytest.fixture
def fake_cf(tmp_path):
    """A program called cf, somewhere on the PATH."""

    def write(script: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "cf"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(folder)

    return write


def find(environment: dict[str, str]) -> Secrets:
    said: list[str] = []
    return find_secrets(environment, say=said.append)


def test_a_user_name_and_password_come_first(cli_home) -> None:
    """Password, then client, then the cf CLI."""
    cli = cli_home()
    client = {"COLLECT_CF_CLIENT_ID": "evidence", "COLLECT_CF_CLIENT_SECRET": "client-secret"}
    user = {"COLLECT_CF_USERNAME": "auditor", "COLLECT_CF_PASSWORD": "user-password"}
    found = [find({**cli, **client, **user}), find({**cli, **client}), find(cli)]
    assert [(one.grant, one.name) for one in found] == [
        ("password", "auditor"),
        ("client_credentials", "evidence"),
        ("cf-cli", "cf CLI"),
    ]
    assert [one.reveal() for one in found[:2]] == ["user-password", "client-secret"]


def test_secrets_are_not_shown() -> None:
    """Neither repr, str nor a format of the whole object tells the secret."""
    found = find({"COLLECT_CF_USERNAME": "auditor", "COLLECT_CF_PASSWORD": "user-password"})
    assert f"{found} {found!r}" == " ".join(["Secrets(grant='password', name='auditor')"] * 2)


def test_a_secret_may_lie_in_a_file(tmp_path) -> None:
    """The end of the line is not part of it; inner spaces are."""
    file = tmp_path / "password"
    file.write_text(" two words \r\n", newline="")
    found = find({"COLLECT_CF_USERNAME": "auditor", "COLLECT_CF_PASSWORD_FILE": str(file)})
    assert found.reveal() == " two words "


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "No such file or directory"), (b"\xff\xfe", "not UTF-8"), (b"\n", "empty file")]
)
def test_a_file_that_holds_no_secret_is_named(tmp_path, content, expected) -> None:
    """A file that is missing, no text or empty is a setting to mend."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=f"^COLLECT_CF_PASSWORD_FILE .*{expected}"):
        find({"COLLECT_CF_USERNAME": "auditor", "COLLECT_CF_PASSWORD_FILE": str(file)})


def test_two_places_for_one_secret_are_one_too_many(tmp_path) -> None:
    """Which of them counts must not be guessed."""
    with pytest.raises(UsageError, match=r"^COLLECT_CF_PASSWORD and COLLECT_CF_PASSWORD_FILE are both set$"):
        find({"COLLECT_CF_PASSWORD": "a", "COLLECT_CF_PASSWORD_FILE": str(tmp_path), "COLLECT_CF_USERNAME": "b"})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("COLLECT_CF_USERNAME", "COLLECT_CF_PASSWORD"),
        ("COLLECT_CF_PASSWORD", "COLLECT_CF_USERNAME"),
        ("COLLECT_CF_CLIENT_ID", "COLLECT_CF_CLIENT_SECRET"),
        ("COLLECT_CF_CLIENT_SECRET", "COLLECT_CF_CLIENT_ID"),
    ],
)
def test_half_a_login_names_the_other_half(given, missing) -> None:
    """An empty variable is an unset one, as CI systems hand them over."""
    with pytest.raises(UsageError) as caught:
        find({given: "something", missing: ""})
    assert str(caught.value) == f"{given} is set, but {missing} is not"
    assert caught.value.hint == f"set {missing} or {missing}_FILE"


@pytest.mark.parametrize("environment", [{}, {"HOME": "/nonexistent"}, {"HOME": "/dev/null"}])
def test_no_login_at_all_says_what_would_be_one(environment) -> None:
    """All three ways are named."""
    with pytest.raises(LoginError, match=r"^no login found$") as caught:
        find(environment)
    for way in ("COLLECT_CF_PASSWORD", "COLLECT_CF_CLIENT_SECRET", "`cf login`"):
        assert way in caught.value.hint


def test_a_login_that_was_left_is_used_and_left_alone(cli_home, world) -> None:
    """The cf CLI's config file is read: not one byte and not its time of change is different afterwards."""
    environment = cli_home()
    file = Path(environment["CF_HOME"], ".cf", "config.json")
    file.chmod(0o400)
    before = (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir()))
    tokens = world.login(API, environment)
    assert tokens.header() == json.loads(before[0])["AccessToken"]
    assert tokens.identity == Identity(name="auditor", grant="cf-cli", scopes=("cloud_controller.read",))
    assert (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir())) == before


def test_the_home_directory_is_the_other_place(cli_home) -> None:
    """~/.cf when CF_HOME is not set."""
    home = cli_home()["CF_HOME"]
    assert cf_cli_target({"HOME": home}) == API
    assert cf_cli_target({"CF_HOME": "/nonexistent", "HOME": home}) is None


def test_an_expired_cli_login_is_not_refreshed(cli_home, world) -> None:
    """Its refresh token is not ours to use: rotation could log the user out."""
    environment = cli_home()
    world.time += timedelta(seconds=600)
    with pytest.raises(LoginError) as caught:
        world.login(API, environment)
    assert str(caught.value) == "the cf CLI's token expired at 2026-11-23 12:10:00 UTC"
    assert "`cf oauth-token`" in caught.value.hint
    assert "`cf login`" in caught.value.hint


def test_a_cli_login_that_cf_has_refreshed_meanwhile_is_read_again(cli_home, world, say) -> None:
    """In the last minute the file is looked at again, for another cf command may have renewed it."""
    environment = cli_home()
    tokens = world.login(API, environment)
    file = Path(environment["CF_HOME"], ".cf", "config.json")
    newer = say.jwt(jti="newer", exp=say.noon.timestamp() + 1200)
    file.write_text(json.dumps({"Target": API, "AccessToken": f"bearer {newer}"}))
    world.time += timedelta(seconds=539)
    assert tokens.header() != f"bearer {newer}"
    world.time += timedelta(seconds=1)
    assert tokens.header() == f"bearer {newer}"


def test_a_cli_login_for_another_foundation_is_not_sent(cli_home, world) -> None:
    """A token is shown only to the API that it was made for."""
    with pytest.raises(LoginError) as caught:
        world.login("https://api.other.gov", cli_home())
    assert str(caught.value) == f"the cf CLI is logged in to {API}, not https://api.other.gov"
    assert caught.value.hint == "run `cf login -a https://api.other.gov`"


def test_skipped_tls_validation_is_not_taken_over(cli_home) -> None:
    """SSLDisabled is told, and not done."""
    said: list[str] = []
    find_secrets(cli_home(SSLDisabled=True), say=said.append)
    assert len(said) == 1
    assert "SSLDisabled" in said[0]


@pytest.mark.parametrize("config", [b"{", b"[]", b"\xff"])
def test_a_broken_cli_config_is_named(tmp_path, config) -> None:
    """A file that is no JSON object is a usage error, not a missing login."""
    (tmp_path / ".cf").mkdir()
    (tmp_path / ".cf" / "config.json").write_bytes(config)
    with pytest.raises(UsageError, match=r"config\.json"):
        find({"CF_HOME": str(tmp_path)})


@pytest.mark.parametrize("more", [{"AccessToken": ""}, {"AccessToken": None}, {"Target": ""}])
def test_a_cli_that_is_logged_out_is_no_login(cli_home, more) -> None:
    """`cf logout` leaves empty words behind."""
    with pytest.raises(LoginError, match=r"^no login found$"):
        find(cli_home(**more))


def test_a_cli_without_a_target_has_none(cli_home) -> None:
    """Where the cf CLI points nowhere, nothing is guessed."""
    assert cf_cli_target(cli_home(Target="")) is None
    assert cf_cli_target({}) is None


def test_the_cf_program_is_asked_before_its_file(cli_home, fake_cf, world) -> None:
    """`cf oauth-token` refreshes safely; warnings before its last line are no token."""
    environment = cli_home()
    environment["PATH"] = fake_cf('echo "update available"; echo "bearer from-$1-$CF_HOME"')
    tokens = world.login(API, environment)
    assert tokens.header() == f"bearer from-oauth-token-{environment['CF_HOME']}"


def test_the_cf_program_is_asked_again_when_a_token_is_refused(cli_home, fake_cf, world, tmp_path) -> None:
    """A long run gets each new token from cf itself."""
    environment = {**cli_home(), "PATH": fake_cf(f'echo x >> "{tmp_path}/calls"; echo "bearer t$$"')}
    tokens = world.login(API, environment)
    first = tokens.header()
    assert tokens.renew(first) != first
    assert (tmp_path / "calls").read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'Not logged in. token=abc' >&2; exit 1", "gave no token: Not logged in. token=***"),
        ("exit 7", "gave no token: exit code 7"),
        ("echo FAILED", "gave no token: exit code 0"),
    ],
)
def test_a_cf_program_that_has_no_login_is_told(cli_home, fake_cf, world, script, expected) -> None:
    """What cf says is passed on, redacted; its file is not used behind its back."""
    environment = {**cli_home(), "PATH": fake_cf(script)}
    with pytest.raises(LoginError, match=rf"^`cf oauth-token` {expected.replace('*', '[*]')}$") as caught:
        world.login(API, environment)
    assert caught.value.hint == "run `cf login`"


def test_a_cf_program_that_cannot_start_is_told(cli_home, fake_cf, world) -> None:
    """A file that is executable but no program."""
    folder = Path(fake_cf(""))
    (folder / "cf").write_bytes(b"\x00\x01")
    with pytest.raises(LoginError, match=r"^`cf oauth-token` did not run: OSError$"):
        world.login(API, {**cli_home(), "PATH": str(folder)})


def test_a_cli_token_that_cannot_stand_in_a_header_is_refused(cli_home, world) -> None:
    """Odd bytes in the file are no token."""
    with pytest.raises(LoginError, match=r"^the cf CLI holds no usable token$"):
        world.login(API, cli_home(AccessToken="bearer a\nb"))


def test_the_cf_program_may_be_named(cli_home, fake_cf, world) -> None:
    """Another name or path for cf is a parameter."""
    program = f"{fake_cf('echo bearer named')}/cf"
    secrets = find_secrets(cli_home(), say=world.said.append, cf=program)
    given = {"now": world.now, "sleep": world.sleep, "jitter": lambda: 0.0, "say": world.said.append}
    assert login(API, secrets, **given).header() == "bearer named"
