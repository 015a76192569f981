"""Configuration of the host: precedence, names, paths, and errors that name where a value came from."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hostcore.config import SETTINGS, HostConfig, Kind, PluginOverride, Setting, load_config
from hostcore.errors import ConfigError
from hostcore.interfaces import schemas_folder

SAMPLES: dict[Kind, tuple[str, Any, str]] = {
    # kind: what the file says, what a flag gives, what a variable says; three different values
    Kind.PATHS: ('["f"]', [Path("/g")], "/v:/w"),
    Kind.PATH: ('"f"', Path("/g"), "/v"),
    Kind.WORDS: ('["a:b"]', ("c:d",), "e:f, g:h"),
    Kind.TEXT: ('"f"', "g", "v"),
    Kind.INTEGER: ("21", 22, "23"),
    Kind.SECONDS: ("1.5", 2, "2.5"),
    Kind.NUMBER: ("1.5", 2, "2.5"),
    Kind.SWITCH: ("true", False, "on"),
}
VALUES: dict[Kind, tuple[Any, Any, Any]] = {
    Kind.PATHS: (("f",), ("/g",), ("/v", "/w")),
    Kind.PATH: ("f", "/g", "/v"),
    Kind.WORDS: (("a:b",), ("c:d",), ("e:f", "g:h")),
    Kind.TEXT: ("f", "g", "v"),
    Kind.INTEGER: (21, 22, 23),
    Kind.SECONDS: (1.5, 2, 2.5),
    Kind.NUMBER: (1.5, 2, 2.5),
    Kind.SWITCH: (True, False, True),
}
# By the key: where the samples of the kind are not allowed, or are the default.
ITS_SAMPLES: dict[str, tuple[str, Any, str]] = {
    "server.listen": ('["unix:/f"]', ("http://g:1",), "https://v:2, unix:/w"),
    "server.socket_mode": ('"0666"', "0660", "644"),
    "server.names": ('["f"]', ("g:1",), "v, w:2"),
    "server.public_url": ('"https://f"', "http://g:1", "https://v"),
    "server.dev_origins": ('["http://f"]', ("http://g:1",), "https://v, http://w"),
    "logging.format": ('"json"', "text", "json"),
    "logging.level": ('"debug"', "info", "error"),
    "traffic.calls": ("false", True, "off"),
    "traffic.body_bytes": ("2100", 2200, "2300"),
    "traffic.keep_bytes": ("21000000", 22000000, "23000000"),
    "sources.allow": ('["https://f/"]', ("https://g/",), "https://v/, https://w/a/"),
    "audit.calls": ('"all"', "changes", "none"),
    "verification.mode": ('"warn"', "enforce", "warn"),
    "verification.require": ('"lock"', "signature", "both"),
}
ITS_VALUES: dict[str, tuple[Any, Any, Any]] = {
    "server.listen": (("unix:/f",), ("http://g:1",), ("https://v:2", "unix:/w")),
    "server.socket_mode": ("0666", "0660", "644"),
    "server.names": (("f",), ("g:1",), ("v", "w:2")),
    "server.public_url": ("https://f", "http://g:1", "https://v"),
    "server.dev_origins": (("http://f",), ("http://g:1",), ("https://v", "http://w")),
    "logging.format": ("json", "text", "json"),
    "logging.level": ("debug", "info", "error"),
    "traffic.calls": (False, True, False),
    "traffic.body_bytes": (2100, 2200, 2300),
    "traffic.keep_bytes": (21000000, 22000000, 23000000),
    "sources.allow": (("https://f/",), ("https://g/",), ("https://v/", "https://w/a/")),
    "audit.calls": ("all", "changes", "none"),
    "verification.mode": ("warn", "enforce", "warn"),
    "verification.require": ("lock", "signature", "both"),
}


def value_of(config: HostConfig, setting: Setting, base: Path) -> Any:
    value: Any = config
    for name in setting.path:
        value = getattr(value, name)

    def plain(item: Any) -> Any:
        return (
            str(item.relative_to(base)) if isinstance(item, Path) and item.is_relative_to(base) else str(item)
        )

    if setting.kind is Kind.PATHS:
        return tuple(plain(item) for item in value)
    return plain(value) if setting.kind is Kind.PATH else value


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_flags_win_over_variables_over_the_file_over_defaults(setting, tmp_path):
    """Each key can be set in three ways, and the stronger one wins; what is not given stays the default."""
    in_file, flag, variable = ITS_SAMPLES.get(setting.key, SAMPLES[setting.kind])
    file = tmp_path / "polyhost.toml"
    file.write_text(f"{setting.key} = {in_file}\n", encoding="utf-8")
    environ = {setting.variable: variable, "PATH": "/bin"}
    flags = {setting.key: flag}
    expected_file, expected_flag, expected_variable = ITS_VALUES.get(setting.key, VALUES[setting.kind])
    assert value_of(load_config(file), setting, tmp_path) == expected_file
    assert value_of(load_config(file, environ), setting, tmp_path) == expected_variable
    assert value_of(load_config(file, environ, flags), setting, tmp_path) == expected_flag
    assert value_of(load_config(file, environ, {setting.key: None}), setting, tmp_path) == expected_variable
    assert value_of(load_config(file, {setting.variable: ""}), setting, tmp_path) == expected_file
    default = value_of(HostConfig(), setting, tmp_path)
    assert default != expected_file
    assert value_of(load_config(None, {}, {}), setting, tmp_path) == default


def test_every_key_of_the_meta_schema_can_be_set_in_three_ways():
    """The table of settings and the meta-schema name the same keys; only `plugin` is for the file alone."""
    meta = json.loads((schemas_folder() / "meta" / "config.schema.json").read_text("utf-8"))
    keys = {
        f"{name}.{inner}" if inner else name
        for name, schema in meta["properties"].items()
        if name != "plugin"
        for inner in schema.get("properties", {"": None})
    }
    assert {setting.key for setting in SETTINGS} == keys
    assert (
        len({setting.variable for setting in SETTINGS})
        == len({setting.flag for setting in SETTINGS})
        == len(SETTINGS)
    )


def test_names_are_the_last_word_of_the_key_where_that_says_what_is_meant():
    """Variable and flag follow from the key; "load", "mode", "allow" and "level" alone would not say what is meant."""
    others = {setting.key: setting.flag for setting in SETTINGS if setting.flag != _flag_by_rule(setting)}
    traffic = {
        key: "--" + key.replace(".", "-").replace("_", "-") for key in others if key.startswith("traffic.")
    }
    assert others == {
        "extensions.load": "--extension",
        "sources.allow": "--allow-source",
        "logging.format": "--log-format",
        "logging.level": "--log-level",
        "audit.days": "--audit-days",
        "audit.megabytes": "--audit-megabytes",
        "audit.calls": "--audit-calls",
        "verification.mode": "--verification",
        "verification.require": "--verification-require",
        **traffic,
    }
    assert {"POLYHOST_" + setting.flag[2:].replace("-", "_").upper() for setting in SETTINGS} == {
        setting.variable for setting in SETTINGS
    }


def _flag_by_rule(setting: Setting) -> str:
    return "--" + setting.path[-1].replace("_", "-")


def test_relative_paths_belong_to_where_they_were_written(tmp_path, monkeypatch):
    """Paths in the file are relative to its folder, others to the working directory; `~` is the home directory."""
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "polyhost.toml"
    file.write_text('plugins = ["a", "~/b", "/c"]\n', encoding="utf-8")
    monkeypatch.setenv("HOME", "/srv/someone")
    monkeypatch.chdir(tmp_path)
    config = load_config("conf/polyhost.toml", {"POLYHOST_DATA": "d"}, {"interface_folders": ("e",)})
    assert config.plugins == (tmp_path / "conf" / "a", Path("/srv/someone/b"), Path("/c"))
    assert (tmp_path / "d", (tmp_path / "e",)) == (config.data, config.interface_folders)
    assert config.source == file


def test_plugins_have_their_own_tables(tmp_path):
    """What the file says about one plugin comes into the model whole."""
    file = tmp_path / "polyhost.toml"
    file.write_text(
        '[plugin.kv-python]\nenabled = false\ninstances = 2\nconfig = { a = { b = 1 } }\nenv = { LANG = "C" }\n',
        encoding="utf-8",
    )
    assert load_config(file).plugin == {
        "kv-python": PluginOverride(enabled=False, instances=2, config={"a": {"b": 1}}, env={"LANG": "C"})
    }


@pytest.mark.parametrize(
    ("text", "line", "key", "hint"),
    [
        ("[server]\nprot = 1\n", 2, "server.prot", "did you mean 'port'?"),
        ("plugin_folder = []\n", 1, "plugin_folder", "did you mean 'plugin_folders'?"),
        ('plugins = "a"\n', 1, "plugins", "Folders to load"),
        ("[server]\nport = 70000\n", 2, "server.port", "port"),
        ("[limits]\ncall_timeout = 0\n", 2, "limits.call_timeout", "Seconds"),
        ("[limits]\ncall_timeout = true\n", 2, "limits.call_timeout", "Seconds"),
        ('[extensions]\nload = ["a"]\n', 2, "extensions.load[0]", "module:attribute"),
        ("[plugin.x]\ninstances = 0\n", 2, "plugin.x.instances", "processes"),
        ("[plugin.x]\ninstance = 1\n", 2, "plugin.x.instance", "did you mean 'instances'?"),
        ("[server\n", 1, "", "quotes"),
    ],
)
def test_a_wrong_file_is_refused_with_line_key_and_fix(tmp_path, text, line, key, hint):
    """Errors of the file name line, key and what to do."""
    file = tmp_path / "polyhost.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert caught.value.location == f"{file}:{line}" + (f", {key}" if key else "")
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("environ", "flags", "location", "message", "hint"),
    [
        (
            {"POLYHOST_PROT": "1"},
            {},
            "environment, POLYHOST_PROT",
            "not known",
            "did you mean 'POLYHOST_PORT'?",
        ),
        ({"POLYHOST_PORT": "x"}, {}, "environment, POLYHOST_PORT", "whole number", "server.port"),
        ({"POLYHOST_PORT": "70000"}, {}, "environment, POLYHOST_PORT", "at most 65535", "server.port"),
        (
            {"POLYHOST_CALL_TIMEOUT": "nan"},
            {},
            "environment, POLYHOST_CALL_TIMEOUT",
            "finite",
            "limits.call_timeout",
        ),
        (
            {"POLYHOST_CALL_TIMEOUT": "inf"},
            {},
            "environment, POLYHOST_CALL_TIMEOUT",
            "at most",
            "limits.call_timeout",
        ),
        ({}, {"server.port": -1}, "command line, --port", "at least 0", "server.port"),
        (
            {},
            {"limits.start_timeout": "x"},
            "command line, --start-timeout",
            "a number",
            "limits.start_timeout",
        ),
        ({}, {"server.prot": 1}, "flags, server.prot", "no setting", "did you mean 'server.port'?"),
    ],
)
def test_a_wrong_variable_or_flag_is_named(environ, flags, location, message, hint):
    """The error names the variable or the flag, not a file."""
    with pytest.raises(ConfigError) as caught:
        load_config(None, environ, flags)
    assert caught.value.location == location
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_variables_of_the_protocol_are_let_pass():
    """A host that runs inside of a plugin's environment starts with the defaults."""
    names = ("PLUGIN", "PROTOCOL", "DATA_DIR", "INSTANCE", "CONFIG", "URL")
    assert load_config(None, {f"POLYHOST_{name}": "1" for name in names}) == HostConfig()


def test_a_missing_file_is_an_error(tmp_path):
    """A file that was named must be there."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml")


def test_defaults_are_the_documented_ones():
    """The numbers of the reference page hold, in Python as well as through the loader."""
    config = HostConfig(plugin_folders=(Path("plugins"),))
    assert (30, 10, 5, 2 * (os.cpu_count() or 1)) == (
        config.limits.call_timeout,
        config.limits.start_timeout,
        config.limits.shutdown_timeout,
        config.limits.concurrent_starts,
    )
    assert ("127.0.0.1", 8080, Path("polyhost-data")) == (config.server.host, config.server.port, config.data)


def test_every_key_variable_and_flag_stands_in_the_reference(tmp_path):
    """The reference page names each key in its three forms, and its example loads."""
    page = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"| `{setting.key}` | `{setting.variable}` | `{setting.flag}` |" in page
    for name in PluginOverride.__slots__:
        assert f"`plugin.<id>.{name}`" in page
    block = page.split("```toml\n")[1].partition("```")[0]
    assert tomllib.loads(block)
    file = tmp_path / "polyhost.toml"
    file.write_text(block, encoding="utf-8")
    assert load_config(file).plugin["kv-python"].instances == 2
