"""Manifests: every key, its default, what is refused and where the error points."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostcore.errors import ConfigError, InterfaceError, ManifestError
from hostcore.interfaces import ValidationMode, schemas_folder
from hostcore.manifest import (
    HealthSpec,
    LimitsSpec,
    LossMode,
    Manifest,
    RecycleSpec,
    ReloadMode,
    RestartMode,
    ShutdownSpec,
    StartMode,
    configured,
    load_interfaces_of,
    load_manifest,
)

HEAD = 'id = "kv"\nversion = "1.2.0"\n'
SMALL = HEAD + 'command = ["python3", "main.py"]\n'

FULL = """
id = "kv-python"
version = "1.2.0-rc.1"
description = "A durable store"
transport = "grpc"
runtime = "python"
entry = "src/main.py"
build = ["make"]
build_sources = ["*.c"]
build_outputs = ["src/made.py", "out"]
start = "on-demand"
idle_timeout = 300
instances = 3
validation = "params"
[provides]
KeyValue = "1.4"
[requires.interfaces]
TextTools = "^1.0"
Clock = { range = "~2.1", optional = true, on_loss = "degrade" }
[requires.plugins]
clock-go = ">=1.0,<2"
[restart]
mode = "transient"
intensity = 2
period = 10
backoff = 1
backoff_factor = 3
backoff_max = 9.5
jitter = 0
stable_after = 5
[health]
interval = 0
timeout = 1
misses = 1
cpu = 1.5
[recycle]
age = 3600
memory = 134217728
[reload]
watch = ["*.py"]
ignore = ["*_test.py"]
mode = "restart"
drain_timeout = 4
[limits]
start_timeout = 1
call_timeout = 2
cancel_grace = 3
max_inflight = 4
queue = 5
frame = 65536
memory = 268435456
[shutdown]
grace = 1
term_grace = 0.5
[env]
pass = ["AWS_*", "TZ"]
set = { MODE = "fast" }
[config.values]
greeting = "hi"
deep = { a = 1, b = [1, 2] }
[config.schema]
type = "object"
properties.greeting = { "$ref" = "#/$defs/Text" }
"$defs".Text = { type = "string", maxLength = 5 }
[verify]
"src/main.py" = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
[grpc]
cookie_key = "K"
versions = [1]
[x-notes]
anything = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "kv"
    (made / "src").mkdir(parents=True)
    (made / "src" / "main.py").write_text("", encoding="utf-8")
    return made


def written(folder: Path, text: str) -> Manifest:
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    return load_manifest(folder)


def refusal(folder: Path, text: str) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        written(folder, text)
    return caught.value


def test_every_key_comes_into_the_model(folder):
    """A manifest with every key of the meta-schema loads, and each value is where the model says."""
    manifest = written(folder, FULL)
    assert (folder, folder / "plugin.toml") == (manifest.folder, manifest.file)
    assert (
        manifest.id,
        manifest.version,
        manifest.description,
        manifest.transport,
    ) == ("kv-python", "1.2.0-rc.1", "A durable store", "grpc")
    assert (manifest.command, manifest.runtime, manifest.entry) == (None, "python", "src/main.py")
    assert (
        manifest.build,
        manifest.build_sources,
        manifest.build_outputs,
        manifest.start,
        manifest.idle_timeout,
        manifest.instances,
        manifest.validation,
    ) == (("make",), ("*.c",), ("src/made.py", "out"), StartMode.ON_DEMAND, 300, 3, ValidationMode.PARAMS)
    assert manifest.provides == {"KeyValue": "1.4"}
    wanted = manifest.requires.interfaces
    assert (
        str(wanted["TextTools"].range),
        wanted["TextTools"].optional,
        str(wanted["Clock"].range),
        wanted["Clock"].optional,
    ) == ("^1.0", False, "~2.1", True)
    assert manifest.requires.plugins["clock-go"].range.allows("1.5.0")
    assert [wanted[name].on_loss for name in ("TextTools", "Clock")] == [LossMode.RESTART, LossMode.DEGRADE]
    restart = manifest.restart
    assert restart.mode is RestartMode.TRANSIENT
    assert (
        restart.intensity,
        restart.period,
        restart.backoff,
        restart.backoff_factor,
        restart.backoff_max,
        restart.jitter,
        restart.stable_after,
    ) == (2, 10, 1, 3, 9.5, 0, 5)
    assert manifest.health == HealthSpec(interval=0, timeout=1, misses=1, cpu=1.5)
    assert manifest.recycle == RecycleSpec(age=3600, memory=134217728)
    reload = manifest.reload
    assert (
        reload.watch,
        reload.ignore,
        reload.mode,
        reload.drain_timeout,
    ) == (("*.py",), ("*_test.py",), ReloadMode.RESTART, 4)
    assert manifest.limits == LimitsSpec(
        start_timeout=1,
        call_timeout=2,
        cancel_grace=3,
        max_inflight=4,
        queue=5,
        frame=65536,
        memory=268435456,
    )
    assert manifest.shutdown == ShutdownSpec(grace=1, term_grace=0.5)
    assert (
        manifest.environment.pass_through,
        manifest.environment.values,
    ) == (("AWS_*", "TZ"), {"MODE": "fast"})
    assert manifest.config.values == {"greeting": "hi", "deep": {"a": 1, "b": [1, 2]}}
    assert manifest.config.schema is not None
    assert list(manifest.config.schema["$defs"]) == ["Text"]
    assert list(manifest.verify) == ["src/main.py"]
    assert manifest.extra == {"grpc": {"cookie_key": "K", "versions": [1]}, "x-notes": {"anything": 1}}


def test_the_full_manifest_has_every_key_of_the_meta_schema():
    """No key of the meta-schema is left out of the test above; `command` is the other way to say what runs."""
    meta = json.loads((schemas_folder() / "meta" / "manifest.schema.json").read_text("utf-8"))
    data = tomllib.loads(FULL)
    assert set(meta["properties"]) == {*data, "command"} - {"grpc", "x-notes"}
    for name, schema in meta["properties"].items():
        if "properties" in schema:
            assert set(schema["properties"]) == set(data[name]), name


def test_the_smallest_manifest_has_the_documented_defaults(folder):
    """What is not said is the default, and the documented numbers are the real ones."""
    manifest = written(folder, SMALL)
    restart = manifest.restart
    assert (
        restart.intensity,
        restart.period,
        restart.backoff,
        restart.backoff_factor,
        restart.backoff_max,
        restart.stable_after,
    ) == (5, 60, 0.5, 2, 30, 60)
    assert (manifest.health.interval, manifest.health.timeout, manifest.health.misses) == (10, 2, 3)
    assert (
        manifest.limits.start_timeout,
        manifest.limits.call_timeout,
        manifest.limits.cancel_grace,
    ) == (10, 30, 10)
    assert (
        manifest.transport,
        manifest.instances,
        manifest.validation,
        manifest.start,
        restart.mode,
    ) == ("stdio", 1, ValidationMode.BOTH, StartMode.EAGER, RestartMode.PERMANENT)
    assert manifest.command == ("python3", "main.py")


def test_the_host_sets_what_the_manifest_leaves_open(folder):
    """Limits given to the loader hold where the manifest is silent, and only there."""
    (folder / "plugin.toml").write_text(SMALL + "[limits]\nstart_timeout = 7\n", encoding="utf-8")
    manifest = load_manifest(
        folder, limits=LimitsSpec(start_timeout=1, call_timeout=5), shutdown=ShutdownSpec(grace=2)
    )
    assert (
        manifest.limits.start_timeout,
        manifest.limits.call_timeout,
        manifest.shutdown.grace,
    ) == (7, 5, 2)


REFUSED = [
    (SMALL + "[restart]\nmode = 'permanet'\n", 5, "restart.mode", "did you mean 'permanent'?"),
    (SMALL + "comand = ['x']\n", 4, "comand", "did you mean 'command'?"),
    (HEAD + "comand = ['x']\n", 3, "comand", "did you mean 'command'?"),
    (SMALL + "[helth]\ninterval = 1\n", 4, "helth", "did you mean 'health'?"),
    (SMALL + "[health]\nmisses = 1\nintervall = 1\n", 6, "health.intervall", "did you mean 'interval'?"),
    (SMALL + "[grpc]\na = 1\n", 4, "grpc", 'transport = "grpc"'),
    (SMALL.replace("kv", "KV"), 1, "id", "lower-case"),
    (SMALL.replace("1.2.0", "1.2"), 2, "version", "MAJOR.MINOR.PATCH"),
    (HEAD, None, "", "command"),
    (HEAD + 'runtime = "python"\n', None, "", "entry"),
    (SMALL + 'entry = "src/main.py"\n', 3, "command", "write either"),
    (HEAD + 'command = "python3 main.py"\n', 3, "command", "as a list"),
    (HEAD + "command = []\n", 3, "command", ""),
    (HEAD + 'command = ["./none"]\n', 3, "command", "add build"),
    (HEAD + 'runtime = "python"\nentry = "../main.py"\n', 4, "entry", "inside"),
    (HEAD + 'runtime = "python"\nentry = "/etc/passwd"\n', 4, "entry", "inside"),
    (HEAD + 'runtime = "python"\nentry = "link"\n', 4, "entry", "inside"),
    (HEAD + 'runtime = "python"\nentry = "none.py"\n', 4, "entry", "check the name"),
    (SMALL + '[provides]\nKeyValue = "1.4.0"\n', 5, "provides.KeyValue", "MAJOR.MINOR"),
    (SMALL + "[provides]\nKeyValue = 1.4\n", 5, "provides.KeyValue", "MAJOR.MINOR"),
    (SMALL + '[provides]\nHost = "1.0"\n', 5, "provides.Host", "another name"),
    (SMALL + '[requires.interfaces]\nA = "latest"\n', 5, "requires.interfaces.A", "^1.2"),
    (SMALL + '[requires.interfaces]\nA = { range = "^1", optinal = true }\n', 5, "requires.interfaces.A.optinal", "'optional'"),
    (SMALL + '[requires.plugins]\nkv = "^1"\n', 5, "requires.plugins.kv", "leave it out"),
    (SMALL + "idle_timeout = 5\n", 4, "idle_timeout", "on-demand"),
    (SMALL + "instances = 0\n", 4, "instances", "How many"),
    (SMALL + 'limits.call_timeout = "5s"\n', 4, "limits.call_timeout", "Seconds"),
    (SMALL + "[limits]\ncall_timeout = 0\n", 5, "limits.call_timeout", ""),
    (SMALL + "[limits]\nframe = 99999999\n", 5, "limits.frame", ""),
    (SMALL + "[limits]\nframe = 4095\n", 5, "limits.frame", ""),
    (SMALL + "[restart]\nbackoff = 60\n", 5, "restart.backoff", "backoff_max"),
    (SMALL + "[recycle]\nmemory = 2097152\n[limits]\nmemory = 2097152\n", 5, "recycle.memory", "limits.memory"),
    (SMALL + '[reload]\nwatch = ["../*"]\n', 5, "reload.watch[0]", "relative"),
    (SMALL + '[env]\nset = { POLYHOST_PLUGIN = "1" }\n', 5, "env.set.POLYHOST_PLUGIN", "POLYHOST_"),
    (SMALL + '[env]\npass = ["*"]\n', 5, "env.pass[0]", "AWS_*"),
    (SMALL + "[env]\nset = { A = 1 }\n", 5, "env.set.A", "quotes"),
    (SMALL + "[config.values]\nday = 2026-01-01\n", 5, "config.values.day", "string"),
    (SMALL + "[config.values]\nx = nan\n", 5, "config.values.x", "finite"),
    (SMALL + '[verify]\n"../a" = "sha256:' + "0" * 64 + '"\n', 5, 'verify."../a"', "inside"),
    (SMALL + "x = [\n", 4, "", "quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "hint"), REFUSED)
def test_what_is_wrong_is_named_with_line_key_and_fix(folder, text, line, key, hint):
    """A wrong manifest raises with file, line, key and a hint."""
    (folder / "link").symlink_to("/etc/passwd")
    error = refusal(folder, text)
    place = f"{folder / 'plugin.toml'}" + (f":{line}" if line else "")
    assert error.location in ({f"{place}, {key}"} if key else {place, f"{folder / 'plugin.toml'}:5"})
    assert hint in (error.hint or "")


def test_a_schema_in_a_manifest_is_held_to_the_dialect(folder):
    """The schema of the configuration is a stranger's, too: remote references and unknown keywords are refused."""
    for line, hint in (
        ('"$ref" = "http://127.0.0.1:9/x"', "nothing is ever fetched"),
        ("propertys = {}", "did you mean 'properties'?"),
        ('properties.a = { "x-binary" = true }', None),
        ('properties.a = { pattern = "(?=a)" }', "linear"),
        ('"$defs" = 5', None),
    ):
        error = refusal(folder, SMALL + f"[config.schema]\n{line}\n")
        assert (error.location or "").startswith(f"{folder / 'plugin.toml'}:5, config.schema.")
        assert hint is None or hint in (error.hint or "")


def test_configuration_is_merged_and_checked(folder):
    """The host's values are laid over the author's table by table, and a misfit names the plugin and the key."""
    manifest = written(folder, FULL)
    merged = configured(manifest, {"deep": {"a": 2}, "greeting": "hello"})
    assert merged.config.values == {"greeting": "hello", "deep": {"a": 2, "b": [1, 2]}}
    assert manifest.config.values["greeting"] == "hi"
    with pytest.raises(ConfigError) as caught:
        configured(manifest, {"greeting": "too long"})
    assert caught.value.location == "plugin.kv-python.config.greeting"


@pytest.mark.parametrize("value", [math.nan, math.inf, dt.date(2026, 1, 2), dt.time(3, 4), 2**53, -(2**53)])
def test_configuration_that_cannot_be_sent_is_refused(folder, value):
    """What TOML has and JSON has not, or not safely, is refused in the host's configuration, too, with its key."""
    with pytest.raises(ConfigError, match="cannot be sent to a plugin") as caught:
        configured(written(folder, SMALL), {"deep": {"list": [1, value]}})
    assert caught.value.location == "plugin.kv.config.deep.list.1"


def test_configuration_is_as_deep_as_a_message_can_carry(folder):
    """Values may be nested 63 deep, with the message around them 64; deeper ones are refused with their place."""
    values: dict[str, object] = {}
    for _ in range(62):
        values = {"a": values}
    manifest = written(folder, SMALL)
    assert configured(manifest, values).config.values == values
    with pytest.raises(ConfigError, match="nested more than 63 deep") as caught:
        configured(manifest, {"a": values})
    assert caught.value.location == "plugin.kv.config" + ".a" * 63


def test_a_missing_or_unreadable_manifest_is_refused(tmp_path):
    """No file, another encoding and an endless file raise with the path."""
    with pytest.raises(ManifestError, match="there is no plugin manifest"):
        load_manifest(tmp_path)
    with pytest.raises(ManifestError, match="there is no such folder"):
        load_manifest(tmp_path / "misspelt")
    (tmp_path / "plugin.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(ManifestError, match="not UTF-8"):
        load_manifest(tmp_path)
    (tmp_path / "plugin.toml").write_text("#" * 300_000, encoding="utf-8")
    with pytest.raises(ManifestError, match="larger than"):
        load_manifest(tmp_path)
    (tmp_path / "plugin.toml").write_text("a = " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(ManifestError, match="deep"):
        load_manifest(tmp_path)
    (tmp_path / "plugin.toml").write_text("a." * 100_000 + "b = 1", encoding="utf-8")
    with pytest.raises(ManifestError, match="deep"):
        load_manifest(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_regular_file_is_refused(tmp_path, make):
    """A pipe is not waited for and a device not read: whoever names such a path would stop the whole host."""
    make(tmp_path / "plugin.toml")
    with pytest.raises(ManifestError, match=r"cannot be read: (it is no regular file|Is a directory)"):
        load_manifest(tmp_path)


def interface(version: str, **methods: str) -> str:
    empty = {"params": {"type": "object"}, "result": {"type": "object"}}
    made = {name: {**empty, "since": since} for name, since in methods.items()}
    return json.dumps({"interface": 1, "name": "KeyValue", "version": version, "methods": made})


def test_interface_files_are_found_in_the_folder_first(folder, tmp_path):
    """The plugin's own file wins over the search folders; without any the interface is left out."""
    manifest = written(folder, SMALL + '[provides]\nKeyValue = "1.2"\n')
    shared = tmp_path / "shared"
    shared.mkdir()
    assert load_interfaces_of(manifest, [shared]) == {}
    (shared / "KeyValue.v1.json").write_text(interface("1.2", Get="1.0"), encoding="utf-8")
    assert list(load_interfaces_of(manifest, [shared])["KeyValue"].methods) == ["Get"]
    (folder / "interfaces").mkdir()
    (folder / "interfaces" / "KeyValue.v1.json").write_text(interface("1.2", Put="1.0"), encoding="utf-8")
    assert list(load_interfaces_of(manifest, [shared])["KeyValue"].methods) == ["Put"]


def test_a_newer_file_is_cut_to_what_is_provided_and_an_older_one_is_refused(folder):
    """Methods later than the provided version are not offered; a file that lacks the version is an error."""
    (folder / "interfaces").mkdir()
    file = folder / "interfaces" / "KeyValue.v1.json"
    file.write_text(interface("1.4", Get="1.0", Scan="1.3"), encoding="utf-8")
    found = load_interfaces_of(written(folder, SMALL + '[provides]\nKeyValue = "1.2"\n'))["KeyValue"]
    assert (list(found.methods), str(found.version)) == (["Get"], "1.2")
    with pytest.raises(ManifestError, match=r"provides KeyValue 1\.5") as caught:
        load_interfaces_of(written(folder, SMALL + '[provides]\nKeyValue = "1.5"\n'))
    assert "provides.KeyValue" in (caught.value.location or "")
    file.write_text("{", encoding="utf-8")
    with pytest.raises(InterfaceError):
        load_interfaces_of(written(folder, SMALL + '[provides]\nKeyValue = "1.2"\n'))


def test_every_key_stands_in_the_reference():
    """The reference page names each key of the meta-schema."""
    page = (Path(__file__).parents[2] / "docs/reference/manifest.md").read_text(encoding="utf-8")
    meta = json.loads((schemas_folder() / "meta" / "manifest.schema.json").read_text("utf-8"))
    keys = [
        f"{name}.{inner}" if inner else name
        for name, schema in meta["properties"].items()
        for inner in schema.get("properties", {"": None})
    ]
    assert [key for key in keys if f"`{key}" not in page] == []


def test_every_manifest_in_the_docs_loads(folder):
    """The examples of the reference page are real."""
    page = (Path(__file__).parents[2] / "docs/reference/manifest.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```toml\n")[1:]]
    assert len(blocks) >= 3
    for block in blocks:
        for program in re.findall(r'^command = \["\./([\w-]+)"', block, re.MULTILINE):
            (folder / program).touch()
        head = "" if "id =" in block else HEAD if "command =" in block else SMALL
        assert written(folder, head + block)


toml_values = st.recursive(
    st.sampled_from(["1", '"a"', "true", "1.5", "2026-01-01", "nan", "-1", "[]", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(
            st.sampled_from(["type", "mode", "a", "range", "values", "schema"]), inner, max_size=2
        ).map(lambda table: "{" + ", ".join(f"{name} = {value}" for name, value in table.items()) + "}")
    ),
    max_leaves=4,
)
META_KEYS = sorted(tomllib.loads(FULL))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.dictionaries(st.sampled_from([*META_KEYS, "command"]), toml_values, max_size=3))
def test_any_document_is_read_or_refused(folder, entries):
    """Whatever stands in a manifest, nothing but `ManifestError` comes out."""
    base: dict[str, Any] = {"id": '"a"', "version": '"1.0.0"', "command": '["a"]', **entries}
    with contextlib.suppress(ManifestError):
        assert written(folder, "\n".join(f"{name} = {value}" for name, value in base.items()))
