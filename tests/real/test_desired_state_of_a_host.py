"""What operators asked for outlives the host, also one that is killed; what cannot be kept is not done."""

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
import trio
from fleet_support import QUIET, a_host, journal, pids, states, write_link
from programs.commanded import command
from real_support import PROGRAMS, marked, patiently

from hostcore import HostConfig, open_host
from hostcore.config import PluginOverride
from hostcore.errors import ConfigError, HostError, PluginNotFoundError, UnavailableError
from hostcore.events import PluginRefused, PluginUnloaded, PluginWantedChanged
from hostcore.host import DesiredState
from hostcore.traffic import TrafficFilter, TrafficSettings, traffic_of

COMMANDED = PROGRAMS / "commanded.py"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "host.sqlite3"


def asked_for(file):
    """Return what is kept: by id, what is wanted, from where, and how it is configured."""
    with DesiredState.open(file) as state:
        return {each.id: (each.wanted.value, each.folder, each.config) for each in state.plugins()}


# -- over a new start


async def test_what_was_asked_for_outlives_the_host(tmp_path, file):
    """Loaded, stopped, disabled, configured: a new host on the same file has it all, and starts what is to run."""
    for each in ("loaded", "stopped", "disabled", "gone", "configured"):
        write_link(tmp_path / each, provides=each.capitalize())
    named = [tmp_path / each for each in ("stopped", "configured")]
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, *named, desired=desired) as host:
            for each in ("loaded", "disabled", "gone"):
                await host.load(tmp_path / each)
            await host.stop("stopped")
            await host.disable("disabled")
            await host.unload("gone")
            await host.configure("configured", {"x": [1, None]})
    began = len(journal(tmp_path))
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, *named, desired=desired) as host:
            assert states(host) == {
                "configured": "ready",
                "disabled": "disabled",
                "loaded": "ready",
                "stopped": "stopped",
            }
            started = [plugin for what, plugin, _ in journal(tmp_path)[began:] if what == "start"]
            assert sorted(started) == ["configured", "loaded"]
            assert (await host.call("Configured.Who"))["config"] == {"x": [1, None]}
            assert host.plugin("stopped").reason.text == "it was stopped on request"
            assert (await host.start("stopped")).state == "ready"
            assert (await host.enable("disabled")).state == "ready"
    assert asked_for(file) == {
        "configured": ("running", None, {"x": [1, None]}),
        "disabled": ("running", tmp_path / "disabled", None),
        "loaded": ("running", tmp_path / "loaded", None),
        "stopped": ("running", None, None),
    }


async def test_a_command_wins_over_the_configuration(tmp_path, file):
    """What the file disables may be enabled by hand, and stays so; without a command the file counts."""
    for each in ("a", "b"):
        write_link(tmp_path / each)
    off = {each: PluginOverride(enabled=False) for each in ("a", "b")}
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugin=off, desired=desired) as host:
            assert states(host) == {"a": "disabled", "b": "disabled"}
            with pytest.raises(UnavailableError, match="a is disabled"):
                await host.start("a")
            assert (await host.enable("a")).state == "ready"
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugin=off, desired=desired) as host:
            assert states(host) == {"a": "ready", "b": "disabled"}


async def test_each_change_is_an_event(tmp_path):
    """Once, when it is written down; what was wanted already is none."""
    write_link(tmp_path / "a")
    async with a_host(tmp_path) as host, host.events(after=0) as events:
        for each in (host.start, host.stop, host.stop, host.restart, host.disable, host.stop, host.enable):
            await each("a")
        await host.unload("a")
        seen = []
        async for recorded in events:
            if isinstance(recorded.event, PluginWantedChanged):
                seen.append(recorded.event.wanted)
            if isinstance(recorded.event, PluginUnloaded):
                break
        assert seen == ["stopped", "running", "disabled", "running"]


# -- what cannot be loaded any more


async def test_a_loaded_plugin_whose_folder_is_broken_is_kept_and_listed(tmp_path, file):
    """It shows why under its own name, is looked at again by a reload, and still has what was asked of it."""
    write_link(tmp_path / "a", provides="A")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            await host.load(tmp_path / "a")
            await host.configure("a", {"x": 1})
    (tmp_path / "a" / "plugin.toml").rename(tmp_path / "away")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            assert states(host) == {"a": "failed"}
            assert host.plugin("a").reason.code == "manifest-invalid"
            with pytest.raises(PluginNotFoundError, match=r"a was refused: .*mend it, then load"):
                await host.start("a")
            with pytest.raises(HostError, match="there is no plugin manifest"):
                await host.reload("a")
            (tmp_path / "away").rename(tmp_path / "a" / "plugin.toml")
            assert (await host.reload("a")).state == "ready"
            assert (await host.call("A.Who"))["config"] == {"x": 1}


async def test_what_was_refused_can_be_unloaded(tmp_path, file):
    """It is listed no more, and not looked for by the next host."""
    write_link(tmp_path / "a")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            await host.load(tmp_path / "a")
    (tmp_path / "a" / "plugin.toml").write_text("id = 1")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host, host.events(after=0) as events:
            assert await host.unload("a") == ("a",)
            assert host.plugins() == ()
            assert any(
                [isinstance((await anext(events)).event, PluginRefused) for _ in range(host.last_event)]
            )
    assert asked_for(file) == {}


async def test_a_folder_whose_plugin_has_another_id_now_is_forgotten_with_it(tmp_path, file):
    """What was asked of the old id holds for the new one, and an unload leaves neither."""
    folder = write_link(tmp_path / "a")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            await host.load(folder)
            await host.stop("a")
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('id = "a"', 'id = "b"'))
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            assert states(host) == {"b": "stopped"}
            assert (await host.start("b")).state == "ready"
            await host.unload("b")
    assert asked_for(file) == {}


async def test_a_load_that_is_refused_is_not_kept(tmp_path, file):
    """A second plugin of an id, or a manifest that cannot be read, leaves what was asked for as it is."""
    write_link(tmp_path / "a")
    write_link(tmp_path / "other" / "a")
    (tmp_path / "broken").mkdir()
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            await host.load(tmp_path / "a")
            for folder in (tmp_path / "other" / "a", tmp_path / "broken", tmp_path / "nowhere"):
                with pytest.raises(HostError):
                    await host.load(folder)
    assert list(asked_for(file)) == ["a"]


async def test_a_start_that_fails_is_asked_for_all_the_same(tmp_path, file):
    """The load has told of it; whoever mends the plugin finds it loaded by the next host."""
    write_link(tmp_path / "a", fails_if=tmp_path / "broken", more="[restart]\nmode = 'temporary'\n")
    (tmp_path / "broken").touch()
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            with pytest.raises(HostError, match="exit status 3"):
                await host.load(tmp_path / "a")
            assert states(host) == {"a": "failed"}
    (tmp_path / "broken").unlink()
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            assert states(host) == {"a": "ready"}


# -- what cannot be written


def forbid_changes(file):
    """Have the file refuse every change, as a disk does that is full."""
    with closing(sqlite3.connect(file)) as connection:
        for change in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER no_{change} BEFORE {change} ON plugin BEGIN SELECT RAISE(ABORT, 'no room'); END"
            )


async def test_what_cannot_be_written_down_is_not_done(tmp_path, file):
    """Each command fails with the reason, and everything is as it was: processes, records, what is listed."""
    for each in ("a", "b", "new"):
        requires = 'a = "^1.0"' if each == "b" else ""
        write_link(tmp_path / each, provides=each.upper(), plugins=requires)
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, plugins=(), desired=desired) as host:
            for each in ("a", "b"):
                await host.load(tmp_path / each)
            before = (pids(host), host.plugins(), journal(tmp_path))
            forbid_changes(file)
            for work in (
                lambda: host.stop("a"),
                lambda: host.disable("a"),
                lambda: host.load(tmp_path / "new"),
                lambda: host.unload("b"),
                lambda: host.unload("a", cascade=True),
                lambda: host.configure("b", {"x": 1}),
            ):
                with pytest.raises(ConfigError, match="no room"):
                    await work()
                assert (pids(host), host.plugins(), journal(tmp_path)) == before
            assert (await host.start("a")).state == "ready"  # nothing to write: it was asked for already
            assert (await host.call("B.Who"))["config"] == {}
    assert asked_for(file) == {each: ("running", tmp_path / each, None) for each in ("a", "b")}


async def test_a_configuration_that_cannot_be_used_is_taken_back(tmp_path, file):
    """The plugin runs on with the one before, and so does the next host."""
    write_link(tmp_path / "a", provides="A")
    manifest = tmp_path / "a" / "plugin.toml"
    manifest.write_text(
        manifest.read_text() + "[config.schema]\ntype = 'object'\nproperties.x.type = 'integer'\n"
    )
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, desired=desired) as host:
            await host.configure("a", {"x": 1})
            before = pids(host)
            with pytest.raises(ConfigError):
                await host.configure("a", {"x": "one"})
            text = manifest.read_text()
            write_link(tmp_path / "a", provides="A", fails_if=manifest)  # whatever is started now fails
            with pytest.raises(HostError, match="did not take over"):
                await host.configure("a", {"x": 2})
            manifest.write_text(text)
            assert (pids(host), (await host.call("A.Who"))["config"]) == (before, {"x": 1})
    assert asked_for(file) == {"a": ("running", None, {"x": 1})}


async def test_configurations_at_once_leave_the_last_one(tmp_path, file):
    """What runs is what is kept, however they meet."""
    write_link(tmp_path / "a", provides="A")
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, desired=desired) as host:
            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(host.configure, "a", {"x": number})
            running = (await host.call("A.Who"))["config"]
    assert asked_for(file) == {"a": ("running", None, running)}


async def test_an_unload_leaves_no_record_whatever_comes_meanwhile(tmp_path, file):
    """Commands that meet it are refused, or come before it: nothing is written of a plugin that is gone."""
    for attempt in range(3):
        write_link(tmp_path / "a", provides="A")
        with DesiredState.open(file) as desired:
            async with a_host(tmp_path, plugins=(), desired=desired) as host:
                await host.load(tmp_path / "a")

                async def meet(what, *arguments, host=host):
                    try:
                        await what("a", *arguments)
                    except HostError:
                        await trio.lowlevel.checkpoint()

                async with trio.open_nursery() as nursery:
                    for what in random.Random(attempt).sample(
                        [host.stop, host.restart, host.disable, host.unload, host.reset], 5
                    ):
                        nursery.start_soon(meet, what)
                    nursery.start_soon(meet, host.configure, {"x": 1})
                assert host.plugins() == ()
        assert asked_for(file) == {}


# -- a host that is killed


def model(names, folder, count):
    """Say what is asked for after so many commands of `commanded.py`."""
    known = {}
    for number in range(1, count + 1):
        what, name = command(number, names)
        wanted, _, config = known.get(name, (None, None, None))
        if what == "load":
            known.setdefault(name, ("running", folder / name, None))
        elif wanted is not None:
            if what == "unload":
                del known[name]
            elif what == "configure":
                known[name] = (wanted, folder / name, {"number": number})
            else:
                after = {"start": "running", "restart": "running", "enable": "running", "stop": "stopped"}
                if what not in {"start", "restart", "stop"} or wanted != "disabled":
                    known[name] = (after.get(what, "disabled"), folder / name, config)
    return known


def run_and_kill(data, folder, first, moment):
    """Let a host carry out commands for a moment, kill it, and return the number of the last one that it answered."""
    arguments = [sys.executable, str(COMMANDED), str(data), str(folder), str(first)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        time.sleep(moment)
        process.kill()
        lines = [line, *process.stdout.readlines()]
        assert process.wait() == -9
    patiently(lambda: not marked(data), "a plugin outlives its host")
    return int([each for each in lines if each.endswith("\n")][-1])


@pytest.mark.parametrize("kills", [2, pytest.param(15, marks=pytest.mark.long)])
async def test_a_killed_host_recovers_to_what_was_answered(tmp_path, kills):
    """After each kill all that was answered is known, in order; the next host carries on, and runs what is to run."""
    data, folder, moments, done = tmp_path / "data", tmp_path / "plugins", random.Random(5), 0
    data.mkdir()
    names = ["a", "b", "c"]
    for name in names:
        write_link(folder / name, provides=name.upper())
    for _ in range(kills):
        answered = run_and_kill(data, folder, done + 1, moments.uniform(0.1, 0.7))
        found = asked_for(data / "host.sqlite3")
        assert found in [model(names, folder, answered), model(names, folder, answered + 1)]
        done = answered + (found != model(names, folder, answered))
    assert done > kills
    with DesiredState.open(data / "host.sqlite3") as desired:
        async with open_host(HostConfig(data=data, extensions=QUIET), desired=desired) as host:
            shown = {"running": "ready"}
            assert states(host) == {name: shown.get(each[0], each[0]) for name, each in found.items()}
            for name, (wanted, _, config) in found.items():
                if wanted == "running":
                    assert (await host.call(f"{name.upper()}.Who"))["config"] == (config or {})


async def test_what_is_recorded_outlives_the_host(tmp_path, file):
    """Traffic settings of a plugin hold in the next run, from its first message on, until the plugin is unloaded."""
    write_link(tmp_path / "a", provides="A")
    wanted = TrafficSettings(calls=True, messages=True)
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, tmp_path / "a", desired=desired) as host:
            await traffic_of(host).change_settings("a", wanted)
    with DesiredState.open(file) as desired:
        async with a_host(tmp_path, tmp_path / "a", desired=desired) as host:
            assert traffic_of(host).settings("a") == wanted
            page = await traffic_of(host).messages(TrafficFilter(plugin="a"))
            assert "hello" in {each.kind for each in page.entries}
            await host.unload("a")
            assert traffic_of(host).settings("a") == TrafficSettings()
    async with a_host(tmp_path, tmp_path / "a") as host:
        await traffic_of(host).change_settings("a", wanted)
        assert traffic_of(host).settings("a") == wanted
    async with a_host(tmp_path, tmp_path / "a") as host:
        assert traffic_of(host).settings("a") == TrafficSettings()
