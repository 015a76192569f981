"""Crashes, restarts, stops and what they leave: real processes under supervision."""

import os
import signal
import time

import psutil
import pytest
import trio
from real_support import (
    ECHO,
    MISBEHAVING,
    PATIENCE,
    echo_with,
    is_gone,
    marked,
    patiently,
    write_plugin,
)
from reload_support import in_flight, left_behind, resources, wait_until

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig, LimitsConfig
from hostcore.errors import CrashedError, HandshakeError, HostError, MisbehavedError, UnavailableError
from hostcore.events import PluginExited, PluginStateChanged
from hostcore.policies import BUILT_IN
from hostcore.snapshots import PluginState
from hostcore.testing import open_plugin


async def test_a_crash_under_load_gives_every_call_one_outcome(tmp_path):
    """After `kill -9` each call has exactly one outcome, the plugin is back in 2 s, and its neighbour notices nothing."""
    async with open_plugin(MISBEHAVING, beside=[ECHO], data=tmp_path) as plugin:
        outcomes, neighbours = [], []
        begun, is_over = 0, False

        async def hammer():
            nonlocal begun
            while not is_over:
                begun += 1
                try:
                    outcomes.append(await plugin.call("Misbehaving.Echo", {"value": begun}, timeout=10))
                except (CrashedError, UnavailableError) as error:
                    outcomes.append(type(error))
                    await trio.sleep(0.01)

        async def neighbour():
            while not is_over:
                neighbours.append(await plugin.host.call("Echo.Say", {"n": 1}, timeout=10))

        async def more(outcomes):
            so_far = len(outcomes)
            await wait_until(lambda: len(outcomes) >= so_far + 200)

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for _ in range(50):
                    nursery.start_soon(hammer)
                nursery.start_soon(neighbour)
                await more(outcomes)
                old = plugin.snapshot().pid
                killed = time.monotonic()
                os.kill(old, signal.SIGKILL)
                back = await plugin.wait_for(PluginState.READY, after=1)
                assert time.monotonic() - killed < 10
                await more(outcomes)
                is_over = True
        assert back.pid != old
        assert len(outcomes) == begun
        assert {type(each) for each in outcomes if not isinstance(each, type)} == {dict}
        assert CrashedError in outcomes
        assert outcomes[-1] not in (CrashedError, UnavailableError)
        assert neighbours
        assert all(each == {"n": 1} for each in neighbours)
        report = plugin.snapshot().last_exit
        assert (report.signal, report.pid) == ("SIGKILL", old)
        assert report.calls_in_flight > 0
        assert plugin.host.plugin("echo").restarts == 0


async def test_too_many_crashes_are_a_failure(tmp_path):
    """Within the period only so many restarts are borne; then it is failed, with a report, and a restart resets it."""
    restart = "[restart]\nintensity = 2\nperiod = 60\nbackoff = 0.01\nbackoff_max = 0.02\n"
    folder = echo_with(tmp_path / "echo", restart)
    async with open_plugin(folder, data=tmp_path) as plugin:
        with trio.fail_after(20):
            async with plugin.host.events() as events:
                for incarnation in range(1, 4):
                    await plugin.wait_for(PluginState.READY, after=incarnation - 1)
                    with pytest.raises(CrashedError, match="exit status 9"):
                        await plugin.call("Echo.Exit", {"code": 9})
                failed = await plugin.wait_for(PluginState.FAILED)
                seen = []
                while not seen or seen[-1].new is not PluginState.FAILED:
                    event = (await anext(events)).event
                    if isinstance(event, PluginStateChanged):
                        seen.append(event)
        assert "2 restarts within 60 s are enough" in failed.reason.text
        assert (failed.last_exit.exit_code, failed.last_exit.incarnation, failed.restarts) == (9, 3, 2)
        assert failed.last_exit.stderr == ("echo is ready",)
        assert failed.pid is None
        with pytest.raises(UnavailableError, match="failed"):
            await plugin.call("Echo.Say", {})
        assert (await plugin.host.restart("echo")).state is PluginState.READY
        assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}


async def test_exit_125_is_not_tried_again(tmp_path):
    """A plugin that says that a restart cannot help is believed."""
    async with open_plugin(MISBEHAVING, data=tmp_path) as plugin:
        with pytest.raises(CrashedError):
            await plugin.call("Misbehaving.Exit", {"code": 125})
        failed = await plugin.wait_for(PluginState.FAILED)
        assert (failed.last_exit.exit_code, failed.restarts) == (125, 0)


@pytest.mark.parametrize(
    ("mode", "code", "state"),
    [
        ("transient", 0, PluginState.STOPPED),
        ("temporary", 0, PluginState.STOPPED),
        ("temporary", 1, PluginState.FAILED),
    ],
)
async def test_the_mode_says_whether_an_end_is_the_end(tmp_path, mode, code, state):
    """A transient plugin may leave, a temporary one is not started again."""
    folder = echo_with(tmp_path / "echo", f'[restart]\nmode = "{mode}"\n')
    async with open_plugin(folder, data=tmp_path) as plugin:
        with pytest.raises(CrashedError):
            await plugin.call("Echo.Exit", {"code": code})
        ended = await plugin.wait_for(state)
        assert (ended.last_exit.exit_code, ended.restarts) == (code, 0)


async def test_a_hung_plugin_is_killed_and_comes_back(tmp_path):
    """A cancelled call that is never answered ends the process after the grace, and its neighbours are told."""
    folder = echo_with(tmp_path / "echo", "[limits]\ncancel_grace = 0.3\n")
    async with open_plugin(folder, data=tmp_path, env={"ECHO_FEATURES": "cancel"}) as plugin:
        with pytest.raises(HostError, match="deadline"):
            await plugin.call("Echo.Sleep", {"seconds": 1000}, timeout=0.2)
        with pytest.raises(MisbehavedError, match="did not answer the cancelled call"):
            await plugin.call("Echo.Say", {}, timeout=10)
        back = await plugin.wait_for(PluginState.READY, after=1)
        assert back.last_exit.reason.code == "hung"


async def test_a_stop_insists_step_by_step(tmp_path):
    """`$/shutdown`, the end of stdin and SIGTERM are ignored; SIGKILL is not; all within the limits."""
    folder = echo_with(tmp_path / "echo", "[shutdown]\ngrace = 0.4\nterm_grace = 0.4\n")
    async with open_plugin(folder, data=tmp_path, env={"ECHO_DEAF": "1"}) as plugin:
        async with plugin.host.events() as events:
            began = time.monotonic()
            await plugin.host.unload("echo")
            took = time.monotonic() - began
            report = await exit_report(events)
        assert 0.7 < took < 10
        assert (report.signal, report.reason.code) == ("SIGKILL", "unloading")


async def test_sigterm_is_enough_for_most(tmp_path):
    """A plugin that is busy when it is asked to stop ends by SIGTERM, and its call learns that it was stopped."""
    folder = echo_with(tmp_path / "echo", "[shutdown]\ngrace = 0.4\nterm_grace = 5\n")
    async with open_plugin(folder, data=tmp_path) as plugin:
        async with plugin.host.events() as events, trio.open_nursery() as nursery:

            async def call():
                with pytest.raises(UnavailableError):
                    await plugin.call("Echo.Sleep", {"seconds": 1000}, timeout=1000)

            nursery.start_soon(call)
            await in_flight(plugin, 1)
            await plugin.host.unload("echo")
            report = await exit_report(events)
        assert report.signal == "SIGTERM"


async def test_a_calm_plugin_just_ends(tmp_path):
    """An ordinary stop ends with status 0, quickly."""
    async with open_plugin(ECHO, data=tmp_path) as plugin, plugin.host.events() as events:
        began = time.monotonic()
        await plugin.host.unload("echo")
        assert time.monotonic() - began < 4.5
        assert (await exit_report(events)).exit_code == 0


async def test_a_plugin_that_closes_its_output_keeps_its_grace(tmp_path):
    """What a plugin has to save when it is asked to stop is saved, also when it has closed its stdout first."""
    async with open_plugin(ECHO, data=tmp_path, env={"ECHO_ON_SHUTDOWN": "slow"}) as plugin:
        await plugin.host.unload("echo")
    assert saved_by_echo(tmp_path) == "all of it"


def saved_by_echo(data):
    return (data / "plugins" / "echo" / "saved").read_text()


async def exit_report(events):
    with trio.fail_after(10):
        while not isinstance(event := (await anext(events)).event, PluginExited):
            pass
    return event.report


@pytest.mark.parametrize("hold_pipes", [False, True])
@pytest.mark.parametrize("how", ["unload", "crash"])
async def test_children_of_a_plugin_go_with_it(tmp_path, how, hold_pipes):
    """What a plugin has started is killed with its group, and holding the pipes open delays nothing."""
    async with open_plugin(MISBEHAVING, data=tmp_path) as plugin:
        told = await plugin.call("Misbehaving.LeaveChildren", {"count": 2, "hold_pipes": hold_pipes})
        began = time.monotonic()
        if how == "unload":
            await plugin.host.unload("misbehaving")
        else:
            with pytest.raises(CrashedError):
                await plugin.call("Misbehaving.Crash", {"signal": "SIGKILL"})
            await plugin.wait_for(PluginState.READY, after=1)
        assert time.monotonic() - began < 8
        await trio.to_thread.run_sync(patiently, lambda: all(map(is_gone, told["pids"])), "a child is left")


async def test_an_orphan_before_the_hello_delays_nothing(tmp_path, monkeypatch):
    """A program that ends before its hello while a child holds its pipes is reported at once, and nothing is left."""
    monkeypatch.setenv("MISBEHAVE_AT_START", "orphan")
    async with open_host(HostConfig(data=tmp_path)) as host:
        with pytest.raises(
            HandshakeError, match="exit status 1"
        ):  # and not that it said no hello in its time
            await host.load(MISBEHAVING)
    await trio.to_thread.run_sync(patiently, lambda: marked(tmp_path) == [], "the orphan was not killed")


async def test_instances_share_the_load(tmp_path):
    """Calls go to the instance with the least to do, and a dead one's calls go to the other meanwhile."""
    async with open_plugin(ECHO, data=tmp_path, instances=2) as plugin:
        first, second = (each.pid for each in plugin.snapshot().instances)
        assert first != second
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(plugin.call, "Echo.Sleep", {"seconds": 0.5})
            await wait_until(lambda: sum(each.in_flight for each in plugin.snapshot().instances) == 2)
            assert [each.in_flight for each in plugin.snapshot().instances] == [1, 1]
        os.kill(first, signal.SIGKILL)
        with trio.fail_after(10):
            async with plugin.host.events(after=0) as events:
                while plugin.snapshot().instances[0].pid == first:
                    await anext(events)
        for _ in range(20):
            assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}
        assert plugin.snapshot().state is PluginState.READY


async def test_a_restart_on_request_gives_a_new_process(tmp_path):
    """The old process is gone when the restart returns, and the new one serves."""
    async with open_plugin(ECHO, data=tmp_path) as plugin:
        old = plugin.snapshot().pid
        new = (await plugin.host.restart("echo")).pid
        assert new != old
        assert is_gone(old)
        assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}


async def test_a_body_that_raises_or_is_cancelled_leaves_nothing(tmp_path, monkeypatch):
    """However the body of a host ends, its error comes out as it is and no process is left."""
    monkeypatch.setenv("ECHO_DEAF", "1")
    config = HostConfig(data=tmp_path, plugins=(ECHO, MISBEHAVING), limits=LimitsConfig(shutdown_timeout=0.3))

    async def fail():
        async with open_host(config):
            assert len(marked(tmp_path)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert marked(tmp_path) == []
    began = time.monotonic()
    with trio.move_on_after(1.5) as scope:
        async with open_host(config) as host:
            await host.call("Misbehaving.LeaveChildren", {"count": 2})
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert time.monotonic() - began < 6
    assert marked(tmp_path) == []


async def test_a_cancelled_body_ends_subscriptions_elsewhere(tmp_path):
    """Who listens to a host from outside of it is not left waiting when it is killed."""
    ended = trio.Event()

    async def listen(events):
        async for _ in events:
            pass
        ended.set()

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            async with open_host(HostConfig(data=tmp_path)) as host:
                nursery.start_soon(listen, host.events())
                scope.cancel()
                await trio.sleep_forever()
        with trio.fail_after(30):
            await ended.wait()


async def cycle(host, *, calls=True):
    await host.load(ECHO)
    if calls:
        assert await host.call("Echo.Say", {"n": 1}) == {"n": 1}
    await host.unload("echo")


async def test_fifty_loads_leave_nothing(tmp_path):
    """Descriptors, threads, tasks and processes are the same after fifty loads and unloads as after five."""

    async def settled():
        """What is used once nothing has changed for half a second: a watch takes a moment to come and to go."""
        last, since = resources(), trio.current_time()
        with trio.fail_after(PATIENCE):
            while trio.current_time() - since < 0.5:
                await trio.sleep(0.05)
                if (now := resources()) != last:
                    last, since = now, trio.current_time()
        return last

    async with open_host(HostConfig(data=tmp_path)) as host:
        for _ in range(5):
            await cycle(host)
        before, threads = await settled(), psutil.Process().num_threads()
        for _ in range(50):
            await cycle(host)
        assert await left_behind(before) == {}
        # trio keeps idle workers for ten seconds
        await wait_until(lambda: psutil.Process().num_threads() <= threads + 3)
        assert host.plugins() == ()
        assert len(host._deadlines._heap) < 1000


async def test_all_policies_can_be_disabled(tmp_path):
    """Without any policy the host runs: a plugin is loaded by hand, started as its manifest says, and not restarted."""
    config = HostConfig(data=tmp_path, plugins=(ECHO,), extensions=ExtensionsConfig(disable=tuple(BUILT_IN)))
    async with open_host(config) as host:
        built_in = [each for each in host.extensions() if each.origin == "built-in"]
        assert ([each.name for each in built_in if each.enabled], host.plugins()) == ([], ())
        await host.load(ECHO)
        seen = await host.call("Echo.Environment")
        assert "HOME" not in seen
        with pytest.raises(CrashedError):
            await host.call("Echo.Exit")
        with trio.fail_after(30):
            async with host.events(after=0) as events:
                while host.plugin("echo").state is not PluginState.FAILED:
                    await anext(events)
        assert "no extension decides" in host.plugin("echo").reason.text


async def test_extensions_that_answer_nonsense_do_no_harm(tmp_path, monkeypatch):
    """Broken extensions are named in events, and the host goes on with the next one and its defaults."""
    (tmp_path / "broken_extension.py").write_text(
        "from hostcore.hooks import hookimpl\n"
        "@hookimpl\n"
        "def hostcore_provide_manifests():\n    yield 1 / 0\n"
        "@hookimpl\n"
        "def hostcore_decide_command():\n    return 'sh'\n"
        "@hookimpl\n"
        "async def hostcore_decide_environment():\n    return {}\n"
        "@hookimpl\n"
        "def hostcore_decide_restart():\n    return 1.5\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    config = HostConfig(
        data=tmp_path / "data", plugins=(ECHO,), extensions=ExtensionsConfig(load=("broken_extension",))
    )
    async with open_host(config) as host:
        assert host.plugin("echo").state is PluginState.READY
        with pytest.raises(CrashedError):
            await host.call("Echo.Exit")
        with trio.fail_after(10):
            async with host.events(after=0) as events:
                failed = {}
                while len(failed) < 4:
                    event = (await anext(events)).event
                    if event.kind == "extension-failed":
                        failed[event.hook] = event.extension
        assert set(failed.values()) == {"broken_extension"}


async def test_what_is_refused_is_listed_with_its_reason(tmp_path):
    """A folder that cannot be loaded is in the list, the host opens, and the others run."""
    broken = write_plugin(tmp_path / "broken", "id = 7\n")
    missing = tmp_path / "missing"
    config = HostConfig(data=tmp_path / "data", plugins=(broken, missing, ECHO), limits=LimitsConfig())
    async with open_host(config) as host:
        states = {each.id: each.state for each in host.plugins()}
        assert states == {
            "broken": PluginState.FAILED,
            "missing": PluginState.FAILED,
            "echo": PluginState.READY,
        }
        assert host.plugin("broken").reason.code == "manifest-invalid"
        await host.unload("broken")
        assert len(host.plugins()) == 2
