"""Put the host's configuration together: flags over environment over file over defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hostcore.config._model import (
    AuditConfig,
    AuditedCalls,
    ExtensionsConfig,
    HostConfig,
    LimitsConfig,
    LoggingConfig,
    PluginOverride,
    ServerConfig,
    SourcesConfig,
    TrafficConfig,
    VerificationConfig,
    VerificationMode,
    VerificationProof,
)
from hostcore.config._settings import OTHER_VARIABLES, PREFIX, SETTINGS, Kind, Setting
from hostcore.errors import ConfigError
from hostcore.interfaces import MetaSchema, TomlDocument, did_you_mean, excerpt

CONFIG_NAME: Final = "polyhost.toml"
_PATH_KINDS: Final = frozenset({Kind.PATH, Kind.PATHS})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """Is a value that a variable or flag gave, with the name people know it by."""

    name: str
    value: Any


def load_config(
    file: Path | str | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> HostConfig:
    """Return the configuration that file, environment and flags give together.

    Args:
        file: a `polyhost.toml`; None for none. Relative paths in it are relative to its folder, those of the
            environment and of flags to the working directory.
        environ: usually `os.environ`; only names with the prefix `POLYHOST_` are looked at. None for none.
        flags: by dotted key, e.g. `{"server.port": 0}`; a value of None stands for a flag that was not given.

    Raises:
        ConfigError: with file, line and key, or the variable, or the flag.
    """
    data: dict[str, Any] = {}
    if file is not None:
        data = _from_file(Path(file))
    given = _from_environment(environ or {}) | _from_flags(flags or {})
    for key, item in given.items():
        setting = _BY_KEY[key]
        value = _absolute(item.value, setting.kind, Path.cwd())
        _put(data, setting.path, value)
    return _build(data, None if file is None else Path(file).absolute())


_BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in SETTINGS}


def _from_file(path: Path) -> dict[str, Any]:
    document = TomlDocument(path.absolute(), error=ConfigError)
    document.check(MetaSchema("config"))
    data = document.data
    for setting in SETTINGS:
        value = _get(data, setting.path)
        if value is not None:
            _put(data, setting.path, _absolute(value, setting.kind, path.absolute().parent))
    return data


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    variables = {setting.variable: setting for setting in SETTINGS}
    given: dict[str, _Given] = {}
    for name, text in environ.items():
        # An empty variable is how shells say "not set".
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or not text:
            continue
        setting = variables.get(name)
        if setting is None:
            raise ConfigError(
                f"the variable {name} is not known",
                location=f"environment, {name}",
                hint=did_you_mean(name, variables) or "known: " + ", ".join(variables),
            )
        value = _parse(setting, text)
        _check(setting, value, f"environment, {name}", name)
        given[setting.key] = _Given(name=name, value=value)
    return given


def _from_flags(flags: Mapping[str, Any]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for key, value in flags.items():
        if value is None:
            continue
        setting = _BY_KEY.get(key)
        if setting is None:
            raise ConfigError(
                f"there is no setting {key!r} for a flag",
                location=f"flags, {key}",
                hint=did_you_mean(key, _BY_KEY) or "known: " + ", ".join(_BY_KEY),
            )
        plain = _plain(value)
        _check(setting, plain, f"command line, {setting.flag}", setting.flag)
        given[key] = _Given(name=setting.flag, value=plain)
    return given


def _plain(value: Any) -> Any:
    """Return what the meta-schema knows: paths as text, tuples as lists."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _parse(setting: Setting, text: str) -> Any:
    """Turn the text of a variable into a value; what is no number stays text, which the check then refuses."""
    match setting.kind:
        case Kind.PATHS:
            return [part for part in text.split(os.pathsep) if part]
        case Kind.WORDS:
            return [part.strip() for part in text.split(",") if part.strip()]
        case Kind.INTEGER | Kind.SECONDS | Kind.NUMBER:
            try:
                return int(text) if setting.kind is Kind.INTEGER else float(text)
            except ValueError:
                return text
        case Kind.SWITCH:
            return _SWITCHES.get(text.strip().lower(), text)
        case _:
            return text


# What people write into variables to switch something on or off.
_SWITCHES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def _check(setting: Setting, value: Any, place: str, name: str) -> None:
    """Check one value as if it stood in the file.

    Raises:
        ConfigError: with the variable or the flag as its place.
    """
    document: dict[str, Any] = {}
    _put(document, setting.path, value)
    # NaN passes every comparison of the meta-schema.
    problems = MetaSchema("config").problems(document)
    if problems or value != value:  # noqa: PLR0124 - NaN differs from itself
        reason = problems[0].message if problems else "must be a finite number"
        reason = reason.removeprefix(repr(setting.path[-1])).strip()
        raise ConfigError(
            f"{name} {reason}",
            location=place,
            hint=f"{setting.key} is {setting.kind.value}, here {excerpt(value)}"
            + (f"; {problems[0].hint}" if problems and problems[0].hint else ""),
        )


def _absolute(value: Any, kind: Kind, base: Path) -> Any:
    if kind not in _PATH_KINDS:
        return value
    if isinstance(value, list):
        return [_absolute(item, kind, base) for item in value]
    try:
        return base / Path(value).expanduser()
    except RuntimeError as error:
        raise ConfigError(
            f"there is no home directory for {value}", hint="write the folder out, without ~"
        ) from error


def _get(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = data
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        data = data.setdefault(name, {})
    data[path[-1]] = value


def _build(data: Mapping[str, Any], source: Path | None) -> HostConfig:
    top: dict[str, Any] = {name: tuple(data[name]) for name in _PATH_LISTS if name in data}
    if "data" in data:
        top["data"] = data["data"]
    return HostConfig(
        **top,
        server=ServerConfig(**_table(data, "server")),
        limits=LimitsConfig(**_table(data, "limits")),
        logging=LoggingConfig(**_table(data, "logging")),
        audit=_audit(_table(data, "audit")),
        traffic=TrafficConfig(**_table(data, "traffic")),
        sources=SourcesConfig(**_table(data, "sources")),
        extensions=ExtensionsConfig(**_table(data, "extensions")),
        verification=_verification(data.get("verification", {})),
        plugin={name: PluginOverride(**table) for name, table in data.get("plugin", {}).items()},
        source=source,
    )


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table with its lists as tuples."""
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.get(name, {}).items()
    }


def _audit(table: dict[str, Any]) -> AuditConfig:
    return AuditConfig(**{**table, "calls": AuditedCalls(table.get("calls", AuditedCalls.CHANGES))})


def _verification(table: Mapping[str, Any]) -> VerificationConfig:
    return VerificationConfig(
        mode=VerificationMode(table.get("mode", VerificationMode.OFF)),
        require=VerificationProof(table.get("require", VerificationProof.ANY)),
        lock=table.get("lock"),
        keys=table.get("keys"),
    )


_PATH_LISTS: Final = tuple(setting.key for setting in SETTINGS if setting.kind is Kind.PATHS)
