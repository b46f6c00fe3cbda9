"""Settings, each with its origin: flag > environment > --config > collect.toml > pyproject.toml > user's > default."""

import difflib
import re
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from collector.errors import UsageError
from collector.settings.tables import CHANGES, CHOICES, LATER, SCHEMA, Table, Tables

MOST_CONNECTIONS = 32
PREFIX = "COLLECT_"
DEFAULT = "default"

# Secrets and addresses that are no settings: read by whoever logs in, each also as a file.
SECRETS = ("CF_USERNAME", "CF_PASSWORD", "CF_CLIENT_ID", "CF_CLIENT_SECRET")
_OF_DIRECTOR = ("URL", "CLIENT", "CLIENT_SECRET", "CA_CERT")
_BOSH = re.compile(rf"BOSH_[A-Z0-9_]+_({'|'.join(_OF_DIRECTOR)})(_FILE)?")
_ENVIRONMENT = re.compile(r"COLLECT_BOSH_[A-Z0-9]+_")
_SHORT = {"STORE": "store.url"}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The effective settings; `origins` says for every key that is not a default where it came from.

    `exceptions_path` is the file that `exceptions_file` names, seen from the folder of the file that names it, else
    from the working directory.
    """

    tables: Tables
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    exceptions_path: Path | None = None

    def origin(self, key: str) -> str:
        """Where a setting came from."""
        return self.origins.get(key, DEFAULT)

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """Every setting with its value and origin, for `collect config show`."""
        for key, value in _leaves(msgspec.to_builtins(self.tables)):
            yield key, value, self.origin(key)


def load(
    *,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Path | None,
    here: Path,
    user_dir: Path,
) -> Settings:
    """Merge all places; raises `UsageError` naming the place and the key of a mistake.

    `flags` maps dotted keys to values (absent flags left out), `here` is the working directory, `user_dir` the user's
    configuration folder.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    folders = {}
    for place, folder, values in _files(config, here, user_dir):
        _check_schema(values.get("schema", SCHEMA), place)
        _merge(merged, origins, place, values)
        folders[place] = folder
    known, warnings = _from_environment(environment)
    for key, (name, text) in known.items():
        _put(merged, origins, key, _typed(key, text, name), name)
    for key, value in flags.items():
        _put(merged, origins, key, value, "flag")
    tables = _convert(merged, origins)
    _check_choices(tables, origins)
    _check_systems(tables, origins)
    _check_acknowledged(tables, origins)
    later = [name for name in LATER if any(key.split(".")[0] == name for key in origins)]
    if later:
        warnings.append(f"[{'], ['.join(later)}] is read, but this version does not act on it yet")
    named = tables.exceptions_file
    path = folders.get(origins.get("exceptions_file", ""), here) / named if named else None
    return Settings(tables=tables, origins=origins, warnings=tuple(warnings), exceptions_path=path)


def _files(config: Path | None, here: Path, user_dir: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Each file's name, folder and values, lowest precedence first. Only a file that was asked for must exist."""
    mine = user_dir / "collect.toml"
    if mine.is_file():
        yield str(mine), user_dir, _toml(mine)
    project = here / "pyproject.toml"
    if project.is_file():
        table = _toml(project).get("tool", {}).get("collect")
        if table:
            yield "pyproject.toml [tool.collect]", here, table
    local = here / "collect.toml"
    if local.is_file():
        yield "collect.toml", here, _toml(local)
    if config is not None:
        yield str(config), config.parent, _toml(config)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {path}: {reason}", hint="name an existing file with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {str(error).lower()}", hint="mend that line") from error


def _merge(merged: dict[str, Any], origins: dict[str, str], place: str, values: Mapping[str, Any]) -> None:
    """Lay a file over what lower places said, key by key; lists and the named tables inside one key are replaced."""
    for key, value in _leaves_of_file(values):
        _known_key(key, place)
        _put(merged, origins, key, value, place)


def _leaves_of_file(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and not _is_mapping(key):
            yield from _leaves_of_file(value, f"{key}.")
        else:
            yield key, value


def _leaves(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  builtins of any depth
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and not _is_mapping(key):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _put(merged: dict[str, Any], origins: dict[str, str], key: str, value: object, origin: str) -> None:
    table = merged
    *parents, last = key.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
    table[last] = value
    origins[key] = origin


def _fields() -> dict[str, Any]:
    """Every dotted key with its type."""
    found: dict[str, Any] = {}

    def walk(table: type, prefix: str) -> None:
        for name, kind in get_type_hints(table).items():
            if isinstance(kind, type) and issubclass(kind, Table):
                walk(kind, f"{prefix}{name}.")
            else:
                found[f"{prefix}{name}"] = kind

    walk(Tables, "")
    return found


FIELDS: Mapping[str, Any] = _fields()


def _is_mapping(key: str) -> bool:
    return get_origin(FIELDS.get(key)) is dict


def nearest(word: str, known: Sequence[str]) -> str:
    """`did you mean …` for the nearest known word, or a list of what there is."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}" if close else f"known are {', '.join(sorted(known)[:12])}"


def _known_key(key: str, place: str) -> None:
    if key not in FIELDS:
        raise UsageError(f"{place}: unknown key {key}", hint=nearest(key, list(FIELDS)))


def environment_name(key: str) -> str:
    """The variable of a setting."""
    return PREFIX + key.replace(".", "_").upper()


def _from_environment(environment: Mapping[str, str]) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The settings found there, and a warning for every name that means nothing."""
    names = {environment_name(key): key for key, kind in FIELDS.items() if _from_text(kind)}
    names |= {PREFIX + short: key for short, key in _SHORT.items()}
    found: dict[str, tuple[str, str]] = {}
    warnings: list[str] = []
    for name, value in sorted(environment.items()):
        plain = name.removesuffix("_FILE")
        if not name.startswith(PREFIX):
            continue
        if name in names:
            found[names[name]] = (name, value)
        elif plain in names and name != plain:
            found.setdefault(names[plain], (name, _file_text(name, value)))
        elif not _is_secret(name):
            warnings.append(f"unknown variable {name}: {nearest(name, [*names, *_secrets(name)])}")
    return found, warnings


def _file_text(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: cannot read {path}", hint="name a readable file") from error


def _secrets(name: str) -> Iterator[str]:
    """The names beside those of settings that may be meant: of a login, and of the director that a name speaks of."""
    yield from (PREFIX + word for word in SECRETS)
    director = _ENVIRONMENT.match(name)
    if director is not None:
        yield from (director[0] + word for word in _OF_DIRECTOR)


def _is_secret(name: str) -> bool:
    word = name.removeprefix(PREFIX)
    return word.removesuffix("_FILE") in SECRETS or _BOSH.fullmatch(word) is not None


def _plain(kind: Any) -> Any:  # noqa: ANN401  a type expression
    """The type without its `| None`."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(arm for arm in get_args(kind) if arm is not type(None))
    return kind


def _from_text(kind: Any) -> bool:  # noqa: ANN401  a type expression
    """Whether a value of this type can be written in a variable."""
    kind = _plain(kind)
    return kind in (str, int, float, bool, date) or kind == tuple[str, ...]


def _typed(key: str, text: str, name: str) -> object:
    kind = _plain(FIELDS[key])
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        value: object = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: {text!r} is no {kind.__name__}", hint=f"it sets {key}") from error
    return value


def _convert(merged: Mapping[str, Any], origins: Mapping[str, str]) -> Tables:
    try:
        tables = msgspec.convert(merged, Tables)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        key = where.rstrip("`")
        place = origins.get(key) or next(
            (origins[known] for known in origins if key and key.startswith(known)), "settings"
        )
        raise UsageError(
            f"{place}: {key or 'settings'}: {reason.lower()}", hint="see the settings in the README"
        ) from error
    _check_schema(tables.schema, origins.get("schema", DEFAULT))
    return tables


def _check_schema(schema: object, place: str) -> None:
    """Asked of each file before its keys: one of a later schema may have others."""
    if schema != SCHEMA:
        raise UsageError(f"{place}: schema {schema} is not known", hint=f"this version reads schema = {SCHEMA}")


def _check_choices(tables: Tables, origins: Mapping[str, str]) -> None:
    values = dict(_leaves(msgspec.to_builtins(tables)))
    for key, choices in CHOICES.items():
        if values[key] not in choices:
            place = origins.get(key, DEFAULT)
            words = ", ".join(choice for choice in choices if choice)
            raise UsageError(f"{place}: {key} cannot be {values[key]!r}", hint=f"it is one of {words}")
    _check_id(tables.system.id, f"{origins.get('system.id', DEFAULT)}: system.id")
    if not 1 <= tables.cf.concurrency <= MOST_CONNECTIONS:
        raise UsageError(f"{origins.get('cf.concurrency')}: cf.concurrency must be 1 to 32", hint="4 is polite")


def _check_id(name: str, where: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(
            f"{where} {name!r} cannot stand in a file name", hint="use letters, digits, dots, dashes and underscores"
        )


def _check_systems(tables: Tables, origins: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for number, table in enumerate(tables.systems):
        where = f"{origins.get('systems', DEFAULT)}: systems[{number}]"
        _check_id(table.id, f"{where}.id")
        if table.id in seen:
            raise UsageError(f"{where}.id {table.id!r} is there twice", hint="each system has an id of its own")
        seen.add(table.id)
        for key in ("scope", "impact"):
            value, choices = getattr(table, key), CHOICES[f"system.{key}"]
            if value and value not in choices:
                raise UsageError(f"{where}.{key} cannot be {value!r}", hint=f"it is one of {', '.join(choices)}")
        if not (table.orgs or table.spaces or table.labels):
            raise UsageError(f"{where} selects nothing", hint="name its orgs, spaces or labels")


def _check_acknowledged(tables: Tables, origins: Mapping[str, str]) -> None:
    for number, table in enumerate(tables.acknowledged):
        where = f"{origins.get('acknowledged', DEFAULT)}: acknowledged[{number}]"
        if table.change not in CHANGES:
            raise UsageError(f"{where}.change cannot be {table.change!r}", hint=f"it is one of {', '.join(CHANGES)}")
        for key in ("app", "by"):
            if not getattr(table, key).strip():
                raise UsageError(f"{where}.{key} is empty", hint="say whose change it is, and who took note of it")
