"""Reloads that are broken off, at whatever step: by a stop, by the end of the host, by a crash, by the caller."""

import os
import signal

import pytest
import trio
from real_support import PATIENCE, is_gone
from reload_support import (
    BLUE_GREEN,
    QUICK,
    RESTART,
    in_flight,
    left_behind,
    opened,
    resources,
    under_load,
    wait_event,
    wait_until,
    write_version,
)

from hostcore.errors import (
    HostClosedError,
    HostError,
    ReloadError,
    UnavailableError,
)
from hostcore.events import InstanceStateChanged
from hostcore.snapshots import PluginState

STEPS = [
    pytest.param(BLUE_GREEN, "starting", {"SHIFT_AT_START": "hang"}, id="blue-green, before the hello"),
    pytest.param(
        BLUE_GREEN, "ready", {"SHIFT_AT_START": "stop-after-hello"}, id="blue-green, before the ping"
    ),
    pytest.param(RESTART, "stopping", {}, id="restart, while the old one stops"),
    pytest.param(RESTART, "starting", {"SHIFT_AT_START": "hang"}, id="restart, before the hello"),
    pytest.param(RESTART, "ready", {"SHIFT_AT_START": "stop-after-hello"}, id="restart, before the ping"),
]


@pytest.mark.parametrize(("mode", "state", "behaviour"), STEPS)
@pytest.mark.parametrize("what", ["stop", "unload", "close"])
async def test_a_stop_breaks_off_a_reload(tmp_path, mode, state, behaviour, what):
    """At whatever step of a reload a plugin is stopped, unloaded, or its host closed: it ends soon, and nothing is left."""
    folder = write_version(tmp_path / "shift", more=mode + QUICK)
    refused = []

    async def reload(host):
        try:
            await host.reload("shift")
        except (ReloadError, HostClosedError) as error:
            refused.append(error)

    before = resources()
    with trio.fail_after(PATIENCE):
        async with (
            trio.open_nursery() as nursery,
            opened(folder, data=tmp_path / "data") as plugin,
            plugin.host.events() as events,
        ):
            write_version(folder, "1.1.0", mode + QUICK, **behaviour)
            nursery.start_soon(reload, plugin.host)
            await wait_event(events, InstanceStateChanged, matching=lambda each: each.new == state)
            if what != "close":
                await getattr(plugin.host, what)("shift")
                left = [each.state for each in plugin.host.plugins()]
                assert left == ([PluginState.STOPPED] if what == "stop" else [])
    assert len(refused) == 1
    assert await left_behind(before) == {}


@pytest.mark.parametrize(("mode", "state", "behaviour"), STEPS)
async def test_a_reload_whose_caller_goes_is_undone(tmp_path, mode, state, behaviour):
    """Whoever leaves a reload leaves the old version serving, and no process of the new one."""
    folder = write_version(tmp_path / "shift", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before = resources()
        write_version(folder, "1.1.0", mode + QUICK, **behaviour)
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=2) as load:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(plugin.host.reload, "shift")
                    await wait_event(events, InstanceStateChanged, matching=lambda each: each.new == state)
                    nursery.cancel_scope.cancel()
                await load.wait_calls(10)
        assert load.errors == []
        assert (await plugin.call("Shift.Say", {}))["version"] == "1.0.0"
        assert await left_behind(before) == {}


@pytest.mark.parametrize("mode", [BLUE_GREEN, RESTART], ids=["blue-green", "restart"])
async def test_a_build_is_broken_off_too(tmp_path, mode):
    """A stop does not wait for the build of a new version."""
    folder = write_version(tmp_path / "shift", more=mode)
    async with opened(folder, data=tmp_path / "data") as plugin:
        before = resources()["processes"]
        write_version(folder, "1.1.0", 'build = ["sleep", "1000"]\n' + mode)
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:

                async def reload():
                    with pytest.raises(ReloadError, match="stop"):
                        await plugin.host.reload("shift")

                nursery.start_soon(reload)
                await wait_until(lambda: resources()["processes"] > before)
                with trio.fail_after(PATIENCE):
                    await plugin.host.stop("shift")
        await wait_until(lambda: resources()["processes"] == before - 1)


@pytest.mark.parametrize("how", ["unload", "close"])
async def test_what_drains_goes_with_its_plugin(tmp_path, how):
    """A process that finishes a call is ended when its plugin leaves, also when nothing else of the plugin lives."""
    more = f'[restart]\nmode = "temporary"\n{QUICK}'
    folder = write_version(tmp_path / "shift", more=more)
    with trio.fail_after(PATIENCE):
        async with opened(folder, data=tmp_path / "data") as plugin, trio.open_nursery() as nursery:

            async def long_call():
                with pytest.raises(UnavailableError):
                    await plugin.call("Shift.Sleep", {"seconds": 1000}, timeout=1000)

            nursery.start_soon(long_call)
            await in_flight(plugin, 1)
            old = plugin.snapshot().pid
            await plugin.host.reload("shift")
            with pytest.raises(HostError):
                await plugin.call("Shift.Exit", {"code": 1})
            failed = await plugin.wait_for(PluginState.FAILED)
            assert [each.pid for each in failed.instances] == [None, old]
            if how == "unload":
                await plugin.host.unload("shift")
                assert is_gone(old)
            else:
                nursery.cancel_scope.cancel()
    assert is_gone(old)


async def test_the_old_version_may_crash_meanwhile(tmp_path):
    """When the old process dies while the new one comes up, the new one takes over all the same, and is the only one."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before, old = resources(), plugin.snapshot().pid
        write_version(folder, "1.1.0")
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(plugin.host.reload, "shift")
                await wait_event(events, InstanceStateChanged, matching=lambda each: each.new == "starting")
                os.kill(old, signal.SIGKILL)
            said = await plugin.call("Shift.Say", {})
        assert said["version"] == "1.1.0"
        assert await left_behind(before) == {}
        assert [each.pid for each in plugin.snapshot().instances] == [said["pid"]]
