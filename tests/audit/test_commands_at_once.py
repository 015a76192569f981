"""Commands on one plugin that come at the same moment."""

import math

import psutil
import pytest
import trio
from audit_support import host_with, scripted

from hostcore.errors import CallTimedOutError, PluginAlreadyLoadedError, UnavailableError
from hostcore.events import PluginUnloaded


async def outcome(work, into):
    try:
        into.append(await work)
    except Exception as error:  # noqa: BLE001 - the test looks at it
        into.append(error)


async def test_a_restart_that_waits_behind_an_unload_starts_nothing(tmp_path):
    """Otherwise a process would run that the host does not list, and beside it one that is loaded again."""
    folder = scripted(tmp_path / "a")
    async with host_with(tmp_path / "data", folder) as host:
        pid = host.plugin("a").pid
        restarted = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.call, "X.Run", {"code": "import time; time.sleep(0.5)"})
            await trio.sleep(0.1)
            nursery.start_soon(host.unload, "a")
            await trio.sleep(0.1)
            nursery.start_soon(outcome, host.restart("a"), restarted)
        assert isinstance(restarted[0], UnavailableError)
        assert host.plugins() == ()
        commands = [each.cmdline() for each in psutil.Process().children(recursive=True) if each.pid != pid]
        assert not any("scripted.py" in word for words in commands for word in words)


async def test_two_unloads_at_once_are_one(tmp_path):
    """Both return when the plugin is gone, and one event tells of it."""
    async with host_with(tmp_path / "data", scripted(tmp_path / "a")) as host:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.unload, "a")
            nursery.start_soon(host.unload, "a")
        told = []
        async with host.events(after=0) as events:
            while len(told) < host.last_event:
                told.append((await anext(events)).event)
        assert [type(each) for each in told].count(PluginUnloaded) == 1


async def test_one_of_several_loads_of_a_folder_wins(tmp_path):
    """The others are told that it is loaded already."""
    folder = scripted(tmp_path / "a")
    async with host_with(tmp_path / "data") as host:
        outcomes = []
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(outcome, host.load(folder), outcomes)
        assert [isinstance(each, PluginAlreadyLoadedError) for each in outcomes].count(True) == 2
        assert await host.call("X.Echo", {"n": 1}) == {"n": 1}


@pytest.mark.parametrize("timeout", [0, -1, -math.inf])
async def test_a_call_without_time_times_out_unsent(tmp_path, timeout):
    """It is told like any other deadline, and always: it does not depend on how fast the plugin is."""
    async with host_with(tmp_path / "data", scripted(tmp_path / "a")) as host:
        with pytest.raises(CallTimedOutError, match="before it was sent"):
            await host.call("X.Echo", {}, timeout=timeout)
        with pytest.raises(CallTimedOutError, match="before it was sent"):
            async with host.stream("X.Echo", {}, timeout=timeout):
                pass


@pytest.mark.parametrize("timeout", [math.nan, math.inf, 1e300])
async def test_a_timeout_that_bounds_nothing_is_refused(tmp_path, timeout):
    """Also while the plugin is busy: such a number must not get into the host's heap of deadlines."""
    folder = scripted(tmp_path / "a", features="cancel")
    async with host_with(tmp_path / "data", folder) as host, trio.open_nursery() as nursery:
        nursery.start_soon(host.call, "X.Run", {"code": "import time; time.sleep(0.3)"})
        await trio.sleep(0.1)
        with pytest.raises(ValueError, match="seconds from now"):
            await host.call("X.Echo", {}, timeout=timeout)
        assert await host.call("X.Echo", {"n": 1}, timeout=10) == {"n": 1}
