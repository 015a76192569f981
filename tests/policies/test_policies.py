"""The built-in policies, each through the hook that it implements."""

import os
import stat
import sys
from pathlib import Path

import pytest

from hostcore.config import HostConfig
from hostcore.errors import LaunchError
from hostcore.hooks import Extensions, Purpose
from hostcore.manifest import EnvironmentSpec, Manifest
from hostcore.policies import (
    BUILT_IN,
    DirectoryDiscovery,
    EnvironmentAllowlist,
    RuntimeCommands,
    folders_without_plugins,
)


def manifest(folder="/plugins/one", **more):
    return Manifest(folder=Path(folder), file=Path(folder, "plugin.toml"), id="one", version="1.0.0", **more)


def environment_of(environ, purpose=Purpose.RUN, **spec):
    return EnvironmentAllowlist().hostcore_decide_environment(
        manifest(environment=EnvironmentSpec(**spec)), purpose, environ
    )


def test_every_policy_is_an_ordinary_extension():
    """Each registers like any other, with at least one hook, and none fails."""
    failures = []
    extensions = Extensions(report=failures.append)
    for name, make in BUILT_IN.items():
        extensions.register(make(), name=name, origin="built-in")
    assert list(BUILT_IN) == [each.name for each in extensions.snapshot()]
    assert all(each.hooks for each in extensions.snapshot())
    assert failures == []


def test_secrets_stay_in_the_host():
    """What is not listed does not pass, whatever it is called."""
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "s",
        "TOKEN": "s",
        "DATABASE_URL": "s",
        "PYTHONPATH": "/x",
        "LD_PRELOAD": "x",
    }
    passed = environment_of({**secrets, "HOME": "/h", "LC_ALL": "C", "PATH": "/bin"})
    assert {"HOME", "LC_ALL", "PATH"} == set(passed)
    assert not set(secrets) & set(environment_of(secrets, Purpose.BUILD))


def test_the_manifest_adds_to_the_list():
    """Names and patterns that it passes on, then values that it sets, which win."""
    environ = {"APP_MODE": "dev", "APP_KEY": "k", "OTHER": "o", "HOME": "/h"}
    passed = environment_of(environ, pass_through=("APP_*", "MISSING"), values={"APP_KEY": "set", "NEW": "n"})
    assert tuple(passed[name] for name in ("APP_MODE", "APP_KEY", "NEW", "HOME")) == ("dev", "set", "n", "/h")
    assert not {"OTHER", "MISSING"} & set(passed)


def test_a_build_gets_what_compilers_need():
    """Proxies and toolchain variables pass to a build and not to a run."""
    environ = {"GOPROXY": "p", "https_proxy": "p", "CARGO_HOME": "c"}
    assert set(environ) < set(environment_of(environ, Purpose.BUILD))
    assert not set(environ) & set(environment_of(environ))


def test_the_hosts_own_scripts_come_first_on_path():
    """A plugin finds the programs of the host's environment; without PATH it gets the system's default."""
    scripts = str(Path(sys.executable).parent)
    assert environment_of({"PATH": "/a:/b"})["PATH"] == f"{scripts}:/a:/b"
    assert environment_of({})["PATH"] == f"{scripts}:{os.defpath}"


def command_of(**more):
    return RuntimeCommands().hostcore_decide_command(manifest(**more))


def test_a_command_is_found_where_it_belongs(tmp_path, monkeypatch):
    """With a slash it is relative to the folder, without one it is looked up; arguments stay as they are."""
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_of(command=("./run", "-x")) == ["/plugins/one/run", "-x"]
    assert command_of(command=("/usr/bin/env", "a b")) == ["/usr/bin/env", "a b"]
    assert command_of(command=("tool", "./arg")) == [str(program), "./arg"]


def test_runtimes_are_known(tmp_path, monkeypatch):
    """`python` is the host's own interpreter with the SDK's launcher; another runtime is a program on PATH."""
    assert command_of(runtime="python", entry="main.py") == [
        sys.executable,
        "-m",
        "polyhost_plugin",
        "main.py",
    ]
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_of(runtime="node", entry="main.mjs") == [str(node), "main.mjs"]


def test_a_missing_program_says_what_to_install():
    """The error names the program, the manifest and the way out."""
    with pytest.raises(LaunchError, match="there is no program no-such-program-here") as caught:
        command_of(command=("no-such-program-here",))
    assert caught.value.location == "/plugins/one/plugin.toml"
    assert "install no-such-program-here" in caught.value.hint
    with pytest.raises(LaunchError, match="there is no program pyton") as caught:
        command_of(runtime="pyton", entry="main.py")
    assert '"python"' in caught.value.hint


def make_plugin(folder):
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text("")
    return folder


def test_discovery_finds_plugins_in_folders(tmp_path):
    """A plugin's folder is itself; of a folder of plugins each subfolder with a manifest, by name."""
    single = make_plugin(tmp_path / "single")
    b, a = make_plugin(tmp_path / "many" / "b"), make_plugin(tmp_path / "many" / "a")
    (tmp_path / "many" / "no-plugin").mkdir()
    c = make_plugin(tmp_path / "searched" / "c")
    found = DirectoryDiscovery().hostcore_provide_manifests(
        HostConfig(
            plugins=(single, tmp_path / "many"), plugin_folders=(tmp_path / "searched", tmp_path / "missing")
        )
    )
    assert [single, a, b, c] == found


def test_discovery_names_what_is_missing(tmp_path):
    """A folder that was asked for and is not there is named, so that its loading says what is wrong."""
    missing = tmp_path / "missing"
    assert [missing] == DirectoryDiscovery().hostcore_provide_manifests(HostConfig(plugins=(missing,)))


def test_a_folder_without_plugins_is_no_plugin(tmp_path):
    """A folder of plugins may hold none yet; it can be told from one that is missing, and from a plugin without manifest."""
    empty, other, lost = tmp_path / "empty", tmp_path / "other", tmp_path / "lost"
    empty.mkdir()
    (other / "notes").mkdir(parents=True)
    (other / ".gitkeep").touch()
    lost.mkdir()
    (lost / "main.py").touch()
    config = HostConfig(plugins=(empty, other, lost, tmp_path / "missing", make_plugin(tmp_path / "one")))
    found = DirectoryDiscovery().hostcore_provide_manifests(config)
    assert [lost, tmp_path / "missing", tmp_path / "one"] == found
    assert [empty, other] == folders_without_plugins(config)
