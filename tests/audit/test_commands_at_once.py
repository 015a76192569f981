"""Commands on one plugin that come at the same moment."""

import math

import psutil
import pytest
import trio
from audit_support import PATIENCE, host_with, scripted

from hostcore.config import HostConfig, LimitsConfig
from hostcore.errors import CallTimedOutError, PluginAlreadyLoadedError, PluginNotFoundError
from hostcore.events import PluginUnloaded
from hostcore.host import open_host
from hostcore.snapshots import PluginState


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
        assert isinstance(restarted[0], PluginNotFoundError)
        assert host.plugins() == ()
        commands = [each.cmdline() for each in psutil.Process().children(recursive=True) if each.pid != pid]
        assert not any("scripted.py" in word for words in commands for word in words)


async def test_two_unloads_at_once_are_one(tmp_path):
    """One returns when the plugin is gone, the other is told that it goes already, and one event tells of it."""
    async with host_with(tmp_path / "data", scripted(tmp_path / "a")) as host:
        outcomes = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(outcome, host.unload("a"), outcomes)
            nursery.start_soon(outcome, host.unload("a"), outcomes)
        refused, done = outcomes
        assert isinstance(refused, PluginNotFoundError)
        assert done == ("a",)
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


async def test_an_unload_does_not_wait_for_the_starts_of_others(tmp_path):
    """A plugin that waits for its turn to start can be unloaded at once, however long the one before it takes."""
    slow = scripted(tmp_path / "slow", start="import time; time.sleep(6)")
    waiting = scripted(tmp_path / "waiting")
    limits = LimitsConfig(concurrent_starts=1)
    with trio.fail_after(PATIENCE):
        async with open_host(HostConfig(data=tmp_path / "data", limits=limits)) as host:
            outcomes = []
            async with trio.open_nursery() as nursery:
                nursery.start_soon(host.load, slow)
                await trio.sleep(0.1)
                nursery.start_soon(outcome, host.load(waiting), outcomes)
                await trio.sleep(0.1)
                with trio.fail_after(5):
                    await host.unload("waiting")
            assert isinstance(outcomes[0], PluginNotFoundError)
            assert host.plugin("slow").state is PluginState.READY


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), ValueError("mine")])
def test_what_the_body_of_a_host_raises_comes_out_as_it_is(tmp_path, error):
    """`sys.exit` and Ctrl-C inside of `open_host` end the program as they do elsewhere, and the plugins are stopped."""
    folder = scripted(tmp_path / "a")

    async def main():
        async with host_with(tmp_path / "data", folder):
            raise error

    with pytest.raises(type(error)) as caught:
        trio.run(main)
    assert caught.value is error


def test_hosts_come_one_after_the_other_and_side_by_side(tmp_path):
    """A program may open as many hosts as it likes: they share nothing."""
    folder = scripted(tmp_path / "a")

    async def main():
        async with host_with(tmp_path / "1", folder) as one, host_with(tmp_path / "2", folder) as two:
            assert await one.call("X.Echo", {"n": 1}) == {"n": 1}
            assert await two.call("X.Echo", {"n": 2}) == {"n": 2}
            assert one.plugin("a").pid != two.plugin("a").pid

    trio.run(main)
    trio.run(main)
