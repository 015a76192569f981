"""A built-in policy and an installed copy of it do the same: policies are ordinary extensions."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig

BUILT_IN, COPY = "dependency_order", "dependency_order_copy"
HOOK = "hostcore_decide_start_order"
SECONDS = 60.0  # a slow machine needs ten

PLUGINS = {
    "clock": "",
    "spell": '[provides]\nSpell = "1.2"\n',
    "text-new": '[provides]\nText = "1.4"\n[requires.interfaces]\nSpell = "^1.0"\n',
    "text-old": '[provides]\nText = "1.1"\n',
    "report": '[requires.interfaces]\nText = "^1.0"\n[requires.plugins]\nclock = "*"\n',
    "lonely": '[requires.interfaces]\nWeather = "^1.0"\n',
    "one-way": '[requires.plugins]\nother-way = "*"\n',
    "other-way": '[requires.plugins]\none-way = "*"\n',
}
PROGRAM = """from polyhost_plugin import Plugin
plugin = Plugin("{0}", version="1.0.0")
for interface in ("Text", "Spell"):
    plugin.method(interface + ".Check")(lambda: dict())
plugin.run()
"""
WAVES = (("clock", "spell", "text-old"), ("text-new",), ("report",))


@pytest.fixture
def folders(tmp_path):
    """Write plugins that require each other, and some that cannot start."""
    for plugin, tables in PLUGINS.items():
        folder = tmp_path / "plugins" / plugin
        folder.mkdir(parents=True)
        (folder / "plugin.toml").write_text(
            f'id = "{plugin}"\nversion = "1.0.0"\nruntime = "python"\nentry = "main.py"\n{tables}'
        )
        (folder / "main.py").write_text(PROGRAM.format(plugin))
    return tmp_path / "plugins"


async def order_with(folders, data, *disabled):
    """Open a host; return who decides the order, the order, and which plugins are ready."""
    config = HostConfig(plugin_folders=(folders,), data=data, extensions=ExtensionsConfig(disable=disabled))
    with trio.fail_after(SECONDS):
        async with open_host(config) as host:
            (deciding,) = [each.extensions for each in host.hooks() if each.name == HOOK]
            ready = [each.id for each in host.plugins() if each.state == "ready"]
            return deciding, host.start_order(), ready


async def test_the_installed_copy_decides_as_the_built_in_policy_does(folders, tmp_path):
    """Each alone gives the same waves, dependencies and problems, and the same plugins run."""
    built_in = await order_with(folders, tmp_path / "a", COPY)
    copied = await order_with(folders, tmp_path / "b", BUILT_IN)
    assert [built_in[0], copied[0]] == [(BUILT_IN,), (COPY,)]
    assert built_in[1] == copied[1]
    assert copied[1].waves == WAVES
    assert sorted(copied[1].problems) == ["lonely", "one-way", "other-way"]
    assert built_in[2] == copied[2] == sorted(plugin for wave in WAVES for plugin in wave)


async def test_an_installed_extension_is_asked_before_the_built_in_policy(folders, tmp_path):
    """What an operator installs has the first word."""
    deciding, order, _ = await order_with(folders, tmp_path)
    assert deciding == (COPY, BUILT_IN)
    assert order.waves == WAVES


async def test_without_both_the_plugins_start_in_one_wave(folders, tmp_path):
    """The host does without any policy."""
    deciding, order, _ = await order_with(folders, tmp_path, COPY, BUILT_IN)
    assert deciding == ()
    assert order.waves == (tuple(sorted(PLUGINS)),)


def polyhost(*words, **options):
    program = [sys.executable, "-m", "hostcore.cli", *map(str, words)]
    return subprocess.run(program, capture_output=True, text=True, timeout=SECONDS, check=False, **options)


@pytest.fixture
def server(tmp_path):
    """Serve without plugins and without the built-in policy; return the data folder."""
    data = tmp_path / "data"
    words = ["serve", "--port", "0", "--data", data, "--disable", BUILT_IN]
    program = subprocess.Popen(
        [sys.executable, "-m", "hostcore.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        lines = iter(program.stdout.readline, "")
        assert any("http://" in line for line in lines), "it has ended before it served"
        yield data
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=SECONDS)


def test_the_command_line_names_installed_extensions(server):
    """With where they come from, and whether they take part."""
    listed = polyhost("extensions", "--data", server)
    assert (listed.returncode, listed.stderr) == (0, "")
    rows = {line.split()[0]: line for line in listed.stdout.splitlines() if line.strip()}
    assert re.search(r"\binstalled\b", rows[COPY])
    assert re.search(r"\bbuilt-in\b", rows[BUILT_IN])
    hooks = polyhost("extensions", "--hooks", "--data", server)
    (row,) = [line for line in hooks.stdout.splitlines() if "decide_start_order" in line]
    assert COPY in row
    assert not re.search(rf"\b{BUILT_IN}\b(?!_copy)", row.replace(COPY, ""))


def test_an_unknown_name_to_disable_is_refused(tmp_path):
    """A misspelt name would leave the policy on without anybody noticing."""
    refused = polyhost("serve", "--port", "0", "--data", tmp_path / "data", "--disable", "dependency_ordr")
    assert refused.returncode != 0
    assert "there is no extension dependency_ordr to disable" in refused.stderr


def test_the_copy_is_the_policy_word_for_word():
    """Else this would prove nothing about the built-in one."""
    import dependency_order_copy  # noqa: PLC0415 - it is installed only in the session `extensions`

    from hostcore.policies import _dependency_order  # noqa: PLC0415 - beside the one that it is compared with

    bodies = [
        Path(module.__file__).read_text().split("\n", 1)[1]
        for module in (dependency_order_copy, _dependency_order)
    ]
    assert bodies[0] == bodies[1]
