"""A new reading of the host's configuration: what has changed is changed, and nothing else is touched."""

import shutil
import sys
from dataclasses import replace
from functools import partial

import pytest
import trio
from fleet_support import QUIET, a_host, journal, pids, states, wait_for, write_link
from real_support import PATIENCE

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig, LimitsConfig, PluginOverride, load_config
from hostcore.errors import ConfigError, HostClosedError
from hostcore.events import ConfigReloaded
from hostcore.hooks import hookimpl
from hostcore.host import DesiredState
from hostcore.snapshots import ConfigChange


class Source:
    """Is where the configuration is read from; a test puts another one in its place."""

    def __init__(self, folder, **facts):
        self.config = HostConfig(data=folder / "data", extensions=QUIET, **facts)

    def __call__(self):
        return self.config

    def now(self, **facts):
        self.config = replace(self.config, **facts)


def opened(source, **more):
    """Open a host that reads its configuration there."""
    return open_host(source(), reread=source, **more)


async def wait_change(events):
    """Return what the next event about a reading says."""
    with trio.fail_after(PATIENCE):
        while not isinstance(event := (await anext(events)).event, ConfigReloaded):
            pass
    return event.change


def write_abc(folder):
    """Write three plugins."""
    for each in "abc":
        write_link(folder / each, provides=each.upper())
    return tuple(folder / each for each in "abc")


async def test_a_reading_without_a_change_changes_nothing(tmp_path):
    """Not even what a command has stopped; the event says that it was read."""
    source = Source(tmp_path, plugins=write_abc(tmp_path))
    async with opened(source) as host, host.events() as events:
        await host.stop("c")
        before = (pids(host), host.plugins())
        assert await host.reload_config() == ConfigChange()
        assert (pids(host), host.plugins()) == before
        assert await wait_change(events) == ConfigChange()


async def test_new_and_old_plugins(tmp_path):
    """New ones are loaded, those that it names no more are unloaded; all others keep their processes."""
    folders = write_abc(tmp_path)
    source = Source(tmp_path, plugins=folders[:2])
    async with opened(source) as host, host.events() as events:
        before = pids(host)
        source.now(plugins=folders[1:])
        change = await host.reload_config()
        assert change == ConfigChange(loaded=("c",), unloaded=("a",))
        assert states(host) == {"b": "ready", "c": "ready"}
        assert pids(host)["b"] == before["b"]
        assert await wait_change(events) == change


async def test_searched_folders_are_searched_again(tmp_path):
    """A folder that has come is a new plugin, one that has gone was one, also when their names only changed."""
    folder = tmp_path / "plugins"
    write_abc(folder)
    source = Source(tmp_path, plugin_folders=(folder,))
    async with opened(source) as host:
        before = pids(host)
        write_link(folder / "d")
        shutil.rmtree(folder / "a")
        (folder / "b").rename(folder / "b-in-another-place")
        change = await host.reload_config()
        assert change == ConfigChange(loaded=("b", "d"), unloaded=("a", "b"))
        assert states(host) == dict.fromkeys("bcd", "ready")
        assert pids(host)["c"] == before["c"]
        assert host.plugin("b").folder == str(folder / "b-in-another-place")


async def test_what_commands_have_loaded_stays(tmp_path):
    """The configuration never named it; naming it now loads no second one."""
    folders = write_abc(tmp_path)
    source = Source(tmp_path, plugins=folders[:1])
    async with opened(source) as host:
        await host.load(folders[1])
        before = pids(host)
        source.now(plugins=folders[:2])
        assert await host.reload_config() == ConfigChange()
        source.now(plugins=())
        assert await host.reload_config() == ConfigChange(unloaded=("a",))
        assert pids(host) == {"b": before["b"]}


async def test_a_manifest_may_be_named_itself(tmp_path):
    """However the configuration names a plugin: what it names still is not gone."""
    folders = write_abc(tmp_path)
    (tmp_path / "link").symlink_to(folders[1])
    source = Source(
        tmp_path, plugins=(folders[0] / "plugin.toml", tmp_path / "link", tmp_path / "x" / ".." / "c")
    )
    (tmp_path / "x").mkdir()
    async with opened(source) as host:
        before = pids(host)
        assert list(before) == ["a", "b", "c"]
        assert await host.reload_config() == ConfigChange()
        assert pids(host) == before


async def test_plugins_are_enabled_and_disabled(tmp_path):
    """Those whose flag has changed, and no others; their own order does not matter."""
    folders = write_abc(tmp_path)
    write_link(tmp_path / "user", requires='C = "^1.0"')
    source = Source(
        tmp_path,
        plugins=(*folders, tmp_path / "user"),
        plugin={each: PluginOverride(enabled=False) for each in ("b", "c", "user")},
    )
    async with opened(source) as host:
        before = pids(host)
        assert list(before) == ["a"]
        await host.enable("b")
        source.now(plugin={"b": PluginOverride(enabled=False)})
        change = await host.reload_config()
        assert change == ConfigChange(enabled=("c", "user"))
        assert states(host) == dict.fromkeys(["a", "b", "c", "user"], "ready")
        source.now(plugin={"a": PluginOverride(enabled=False)})
        assert await host.reload_config() == ConfigChange(enabled=("b",), disabled=("a",))
        assert states(host)["a"] == "disabled"


async def test_the_latest_word_counts(tmp_path):
    """A flag that changes wins over an earlier command, and is no command itself: the next host reads the file."""
    (folder, *_) = write_abc(tmp_path)
    source = Source(tmp_path, plugins=(folder,))
    desired = DesiredState()
    async with opened(source, desired=desired) as host:
        await host.stop("a")
        source.now(plugin={"a": PluginOverride(enabled=False)})
        await host.reload_config()
        source.now(plugin={})
        assert await host.reload_config() == ConfigChange(enabled=("a",))
        assert states(host) == {"a": "ready"}
    assert desired.plugins() == ()


async def test_settings_of_one_plugin_reload_that_one(tmp_path):
    """Configuration, environment and instances; one that is disabled or stopped reads them for its next start."""
    folders = write_abc(tmp_path)
    source = Source(tmp_path, plugins=folders)
    async with opened(source) as host:
        await host.stop("b")
        before = pids(host)
        overrides = {
            "a": PluginOverride(config={"x": 1}, instances=2),
            "b": PluginOverride(config={"x": 2}),
        }
        source.now(plugin=overrides)
        change = await host.reload_config()
        assert change == ConfigChange(reloaded=("a", "b"))
        assert (await host.call("A.Who"))["config"] == {"x": 1}
        assert len([each for each in host.plugin("a").instances if each.state == "ready"]) == 2
        assert (pids(host)["c"], states(host)["b"]) == (before["c"], "stopped")
        await host.start("b")
        assert (await host.call("B.Who"))["config"] == {"x": 2}
        source.now(plugin={**overrides, "c": PluginOverride(enabled=False, config={"x": 3})})
        assert await host.reload_config() == ConfigChange(reloaded=("c",), disabled=("c",))
        source.now(plugin={**overrides, "c": PluginOverride(config={"x": 4})})
        began = len(journal(tmp_path))
        assert await host.reload_config() == ConfigChange(reloaded=("c",), enabled=("c",))
        assert (await host.call("C.Who"))["config"] == {"x": 4}
        assert [what for what, plugin, _ in journal(tmp_path)[began:] if plugin == "c"] == ["start", "ready"]


async def test_limits_reload_all_without_a_failed_call(tmp_path):
    """They are read with each manifest; what else has changed of them waits for a new start of the host."""
    source = Source(tmp_path, plugins=write_abc(tmp_path))
    async with opened(source) as host:
        before = pids(host)
        source.now(limits=LimitsConfig(call_timeout=7, start_timeout=9, log_lines=5, event_ring=77))
        is_over = False

        async def hammer():
            while not is_over:
                await host.call("A.Say")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hammer)
            change = await host.reload_config()
            is_over = True
        assert change == ConfigChange(
            reloaded=("a", "b", "c"), pending=("limits.log_lines", "limits.event_ring")
        )
        assert not set(before.values()) & set(pids(host).values())
        limits = host.manifest("a").limits
        assert (limits.call_timeout, limits.start_timeout) == (7, 9)
        assert (host.config.limits.call_timeout, host.config.limits.log_lines) == (7, 1000)


async def test_what_needs_a_new_start_is_told_until_then(tmp_path):
    """Data folder, server and extensions stay as they are, however often the file is read."""
    source = Source(tmp_path)
    async with opened(source) as host:
        source.now(data=tmp_path / "other", extensions=ExtensionsConfig())
        for _ in range(2):
            assert await host.reload_config() == ConfigChange(pending=("data", "extensions.disable"))
        assert (host.data, (tmp_path / "other").exists()) == (tmp_path / "data", False)


async def test_a_wrong_file_changes_nothing(tmp_path):
    """The error says what is wrong with it; the host goes on with what it has read before."""
    write_abc(tmp_path)
    file = tmp_path / "polyhost.toml"
    file.write_text('plugins = ["a", "b"]\n')
    read = partial(load_config, file, {}, {})
    config = replace(read(), data=tmp_path / "data")
    async with open_host(config, reread=read) as host:
        before = (pids(host), host.config)
        file.write_text('plugins = ["c"]\nlimits = 7\n')
        with pytest.raises(ConfigError, match="limits"):
            await host.reload_config()
        file.unlink()
        with pytest.raises(ConfigError):
            await host.reload_config()
        assert (pids(host), host.config) == before
        file.write_text('plugins = ["a", "c"]\n')
        change = await host.reload_config()
        assert (change.loaded, change.unloaded) == (("c",), ("b",))


async def test_a_host_that_cannot_read_says_so(tmp_path):
    """It was opened without a place to read from."""
    async with a_host(tmp_path) as host:
        with pytest.raises(ConfigError, match="without a place to read its configuration from"):
            await host.reload_config()


async def test_what_cannot_be_done_is_told_and_the_rest_is_done(tmp_path):
    """A plugin that others need stays, one whose new settings do not fit serves on, a broken one is listed."""
    folders = write_abc(tmp_path)
    manifest = folders[1] / "plugin.toml"
    manifest.write_text(f"{manifest.read_text()}[config.schema]\nproperties.x.type = 'integer'\n")
    write_link(tmp_path / "user", requires='A = "^1.0"')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "main.py").touch()
    source = Source(tmp_path, plugins=(*folders, tmp_path / "user"))
    async with opened(source) as host:
        before = pids(host)
        source.now(
            plugins=(folders[1], folders[2], tmp_path / "user", tmp_path / "broken"),
            plugin={"b": PluginOverride(config={"x": "one"}), "c": PluginOverride(config={"x": 1})},
        )
        change = await host.reload_config()
        assert (change.reloaded, change.unloaded, change.loaded) == (("c",), (), ())
        assert list(change.failed) == [str(tmp_path / "broken"), "b", "a"]
        assert change.failed["a"].startswith("a is required by user")
        assert {each: pids(host)[each] for each in ("a", "b", "user")} == {
            each: before[each] for each in ("a", "b", "user")
        }
        assert states(host)["broken"] == "failed"
        source.now(plugins=(folders[1], folders[2]), plugin={"c": PluginOverride(config={"x": 1})})
        change = await host.reload_config()
        assert (change.unloaded, change.failed) == (("user", "a"), {})
        assert set(states(host)) == {"b", "c"}  # what is named no more is not listed as refused, either


async def test_a_plugin_that_does_not_start_is_told(tmp_path):
    """It is loaded, or enabled, and has failed: the reason stands beside it."""
    folders = write_abc(tmp_path)
    (tmp_path / "broken").touch()
    more = "[restart]\nmode = 'temporary'\n"
    write_link(folders[2], fails_if=tmp_path / "broken", more=more)
    write_link(folders[1], fails_if=tmp_path / "broken", more=more)
    source = Source(tmp_path, plugins=folders[:2], plugin={"b": PluginOverride(enabled=False)})
    async with opened(source) as host:
        source.now(plugins=folders, plugin={})
        change = await host.reload_config()
        assert (change.loaded, change.enabled, sorted(change.failed)) == (("c",), ("b",), ["b", "c"])
        assert "exit status 3" in change.failed["c"]


async def test_a_refused_plugin_is_looked_at_again(tmp_path):
    """Whoever has mended it, or enabled what it lacks, reads the configuration again and has it."""
    folders = write_abc(tmp_path)
    text = (folders[0] / "plugin.toml").read_text()
    (folders[0] / "plugin.toml").write_text("id = 1\n")
    source = Source(tmp_path, plugins=folders)
    async with opened(source) as host:
        assert states(host)["a"] == "failed"
        assert list((await host.reload_config()).failed) == [str(folders[0])]
        (folders[0] / "plugin.toml").write_text(text)
        assert await host.reload_config() == ConfigChange(loaded=("a",))
        assert set(states(host).values()) == {"ready"}


class Forgetful:
    """Names plugins the first time, and fails afterwards."""

    def __init__(self, folders):
        self.folders = folders

    @hookimpl
    def hostcore_provide_manifests(self):
        found, self.folders = self.folders, None
        return list(found)


async def test_an_extension_that_fails_to_name_plugins_unloads_none(tmp_path, monkeypatch):
    """It is not known what it would have named; what others name anew is still loaded."""
    folders = write_abc(tmp_path)
    monkeypatch.setitem(sys.modules, "forgetful", Forgetful(folders[:2]))
    source = Source(tmp_path)
    source.now(extensions=ExtensionsConfig(load=("forgetful",), disable=QUIET.disable))
    async with opened(source) as host:
        before = pids(host)
        source.now(plugins=folders[2:])
        change = await host.reload_config()
        assert (change.loaded, change.unloaded) == (("c",), ())
        assert change.failed == {"forgetful": "it did not name its plugins, so none was unloaded"}
        assert {each: pids(host)[each] for each in before} == before
        failed = next(each for each in host.extensions() if each.name == "forgetful")
        assert "NoneType" in failed.last_error


async def test_readings_at_once_come_one_after_the_other(tmp_path):
    """The last configuration holds in the end, and a caller that goes away leaves nothing half done."""
    folders = write_abc(tmp_path)
    write_link(tmp_path / "slow", start_seconds=0.4)
    source = Source(tmp_path)
    async with opened(source) as host:
        source.now(plugins=(tmp_path / "slow",))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.reload_config)
            await wait_for(host, lambda: states(host).get("slow") == "starting")
            nursery.cancel_scope.cancel()
        changes = []

        async def read():
            changes.append(await host.reload_config())

        async with trio.open_nursery() as nursery:
            for last in (1, 2, 3):
                source.now(plugins=folders[:last])
                nursery.start_soon(read)
                await trio.testing.wait_all_tasks_blocked(0.01)
        assert [each.loaded for each in changes] == [("a",), ("b",), ("c",)]
        assert changes[0].unloaded == ("slow",)
        assert states(host) == dict.fromkeys("abc", "ready")


async def test_a_host_that_closes_ends_a_reading(tmp_path):
    """What was coming up is broken off, and the caller is told."""
    write_link(tmp_path / "slow", start_seconds=20, more="[limits]\nstart_timeout = 60\n")
    source = Source(tmp_path)
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery, opened(source) as host:
            source.now(plugins=(tmp_path / "slow",))

            async def read():
                try:
                    await host.reload_config()
                except HostClosedError:
                    await trio.lowlevel.checkpoint()

            nursery.start_soon(read)
            await wait_for(host, lambda: states(host).get("slow") == "starting")


async def test_what_a_reading_loads_may_need_what_is_there(tmp_path):
    """And the other way round: a new provider lets those start that have waited for it."""
    write_link(tmp_path / "user", provides="U", requires='P = "^1.0"')
    write_link(tmp_path / "provider", provides="P")
    source = Source(tmp_path, plugins=(tmp_path / "user",))
    async with opened(source) as host:
        assert states(host) == {"user": "failed"}
        source.now(plugins=(tmp_path / "user", tmp_path / "provider"))
        assert await host.reload_config() == ConfigChange(loaded=("provider",))
        assert states(host) == {"user": "ready", "provider": "ready"}
        source.now(plugins=())
        assert await host.reload_config() == ConfigChange(unloaded=("user", "provider"))
