"""Where a login comes from: the environment, files that it names, or the cf CLI; nothing is ever written."""

import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from collector.errors import LoginError, UsageError
from collector.transport.redaction import one_line, remember
from collector.transport.urls import check_api_url
from collector.transport.wire import is_pem

Grant = Literal["password", "client_credentials", "cf-cli"]

_PAIRS: tuple[tuple[Grant, str, str], ...] = (
    ("password", "COLLECT_CF_USERNAME", "COLLECT_CF_PASSWORD"),
    ("client_credentials", "COLLECT_CF_CLIENT_ID", "COLLECT_CF_CLIENT_SECRET"),
)
_CF_TIMEOUT = 60.0


class Secrets:
    """A way to log in. `reveal` gives the password, the client secret or the cf CLI's access token; repr never does.

    `target` is the API that the cf CLI is logged in to, "" for the other grants.
    """

    __slots__ = ("_reveal", "grant", "name", "target")

    def __init__(self, grant: Grant, name: str, reveal: Callable[[], str], *, target: str = "") -> None:
        self.grant: Grant = grant
        self.name = name
        self.target = target
        self._reveal = reveal

    def __repr__(self) -> str:
        """Whose login, never the secret."""
        return f"Secrets(grant={self.grant!r}, name={self.name!r})"

    def reveal(self) -> str:
        """The secret itself, read again each time where it may have changed; from now on it is redacted."""
        value = self._reveal()
        remember(value)
        return value


def find_secrets(environment: Mapping[str, str], *, say: Callable[[str], None], cf: str = "cf") -> Secrets:
    """The first login there is: user name and password, client id and secret, the cf CLI's.

    `cf` is the name or path of the cf program. Raises `UsageError` for half a pair or a file that cannot be read,
    `LoginError` when there is nothing.
    """
    for grant, name, secret in _PAIRS:
        pair = {variable: _value(environment, variable) for variable in (name, secret)}
        given = [variable for variable, value in pair.items() if value]
        if len(given) == 1:
            missing = secret if given == [name] else name
            raise UsageError(f"{given[0]} is set, but {missing} is not", hint=f"set {missing} or {missing}_FILE")
        if given:
            remember(pair[secret])
            return Secrets(grant, pair[name], partial(str, pair[secret]))
    return _cli_secrets(environment, say, cf)


class BoshSecrets(NamedTuple):
    """The login for one director.

    `prefix` begins the names of its variables; `url` is "" where none is set; `ca_bundle` is a path or PEM text, None
    where the director's certificate is signed by an authority that everybody knows.
    """

    prefix: str
    url: str
    client: Secrets
    ca_bundle: str | None


def bosh_prefix(environment: str) -> str:
    """How the variables of a director begin: COLLECT_BOSH_PRODUCTION for "production"."""
    return f"COLLECT_BOSH_{re.sub(r'[^A-Z0-9]', '_', environment.upper())}"


def bosh_address(environment: str, variables: Mapping[str, str]) -> str:
    """The director's address in the environment, "" where there is none; a file that cannot be read is `UsageError`."""
    return _value(variables, f"{bosh_prefix(environment)}_URL").strip()


def find_bosh_secrets(environment: str, variables: Mapping[str, str]) -> BoshSecrets:
    """The login for the director of an environment (production, staging), each variable also as …_FILE.

    Raises `UsageError` for half a pair, a file that cannot be read and authorities that are none, `LoginError` when
    there is no client.
    """
    prefix = bosh_prefix(environment)
    pair = {variable: _value(variables, variable) for variable in (f"{prefix}_CLIENT", f"{prefix}_CLIENT_SECRET")}
    (name, client), (secret_name, secret) = pair.items()
    if not client and not secret:
        raise LoginError(
            f"no login for the {environment} director",
            hint=f"set {name} and {secret_name}, where it has its own authority {prefix}_CA_CERT too",
        )
    if not client or not secret:
        given, missing = (name, secret_name) if client else (secret_name, name)
        raise UsageError(f"{given} is set, but {missing} is not", hint=f"set {missing} or {missing}_FILE")
    remember(secret)
    return BoshSecrets(
        prefix=prefix,
        url=bosh_address(environment, variables),
        client=Secrets("client_credentials", client, partial(str, secret)),
        ca_bundle=_authorities(f"{prefix}_CA_CERT", _value(variables, f"{prefix}_CA_CERT").strip()),
    )


def _authorities(variable: str, value: str) -> str | None:
    if not value:
        return None
    try:
        if is_pem(value):
            # Words of any language may stand between certificates, but Python's own check wants ASCII.
            ssl.create_default_context(cadata=value.encode("ascii", "replace").decode())
        elif not Path(value).is_dir():
            ssl.create_default_context(cafile=value)
    except (OSError, ValueError) as error:
        unread = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
        why = str(getattr(error, "strerror", "")).lower() if unread else "no certificate"
        raise UsageError(
            f"{variable} is neither PEM text nor the path of a PEM file: {why}",
            hint="give the certificate of the authority that signed the director's certificate",
        ) from error
    return value


def _value(environment: Mapping[str, str], variable: str) -> str:
    # Empty is unset: that is how a CI system hands over a secret it does not have.
    value, file = environment.get(variable, ""), environment.get(f"{variable}_FILE", "")
    if value and file:
        raise UsageError(f"{variable} and {variable}_FILE are both set", hint="unset one of them")
    if not file:
        return value
    try:
        value = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{variable}_FILE cannot be read: {file}: {why}") from error
    if not value:
        raise UsageError(f"{variable}_FILE names an empty file: {file}")
    return value


def cf_cli_target(environment: Mapping[str, str]) -> str | None:
    """The API that the cf CLI is pointed at, None when it is at none; raises `UsageError` for a broken config file."""
    config = _cli_config(environment)
    target = _text(config, "Target")
    return check_api_url(target) if target else None


def _cli_secrets(environment: Mapping[str, str], say: Callable[[str], None], cf: str) -> Secrets:
    target = cf_cli_target(environment)
    config = _cli_config(environment)
    if target is None or not _text(config, "AccessToken"):
        raise LoginError(
            "no login found",
            hint="set COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD, or COLLECT_CF_CLIENT_ID and"
            " COLLECT_CF_CLIENT_SECRET, or run `cf login`",
        )
    if config.get("SSLDisabled") is True:
        say("the cf CLI skips TLS validation (SSLDisabled); this tool does not: REQUESTS_CA_BUNDLE names authorities")
    program = shutil.which(cf, path=environment.get("PATH", ""))
    reveal = partial(_ask_cli, program, environment) if program else partial(_read_cli, environment)
    return Secrets("cf-cli", "cf CLI", reveal, target=target)


def _ask_cli(program: str, environment: Mapping[str, str]) -> str:
    # The cf program refreshes and saves its own login; done by us, refresh-token rotation could log the user out.
    try:
        done = subprocess.run(  # noqa: S603 – the user's own cf, found on the user's PATH, with no argument of theirs
            [program, "oauth-token"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CF_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LoginError(f"`cf oauth-token` did not run: {type(error).__name__}", hint="run `cf login`") from error
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0 or not lines or not lines[-1].lower().startswith("bearer "):
        said = one_line(done.stderr.decode("utf-8", "replace")) or f"exit code {done.returncode}"
        raise LoginError(f"`cf oauth-token` gave no token: {said}", hint="run `cf login`")
    return _bare(lines[-1])


def _read_cli(environment: Mapping[str, str]) -> str:
    return _bare(_text(_cli_config(environment), "AccessToken"))


def _bare(token: str) -> str:
    kind, _, value = token.strip().partition(" ")
    return value.strip() if kind.lower() == "bearer" else token.strip()


def _cli_config(environment: Mapping[str, str]) -> dict[str, Any]:
    home = environment.get("CF_HOME") or environment.get("HOME") or environment.get("USERPROFILE")
    if not home:
        return {}
    path = Path(home) / ".cf" / "config.json"
    try:
        config = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the cf CLI's {path} cannot be read", hint="run `cf login` to write it anew") from error
    if not isinstance(config, dict):
        raise UsageError(f"the cf CLI's {path} is not what it should be", hint="run `cf login` to write it anew")
    return config


def _text(config: Mapping[str, Any], name: str) -> str:
    value = config.get(name)
    return value.strip() if isinstance(value, str) else ""
