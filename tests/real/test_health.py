"""Processes that hang, grow or burn: seen, told and mended, while others notice nothing."""

import os
import signal
import time
from contextlib import suppress
from functools import partial

import pytest
import trio
from real_support import ECHO, PATIENCE, echo_with, is_gone
from reload_support import (
    left_behind,
    opened,
    resources,
    under_load,
    wait_event,
    wait_until,
    write_version,
)

from hostcore.errors import CallTimedOutError, HostError, MisbehavedError
from hostcore.events import InstanceRecycled, InstanceStateChanged, PluginExited, PluginReloadFailed
from hostcore.snapshots import PluginState

READY, DEGRADED, BACKING_OFF = PluginState.READY, PluginState.DEGRADED, PluginState.BACKING_OFF
INTERVAL, TIMEOUT, MISSES = 0.2, 0.3, 3
PINGED = f"[health]\ninterval = {INTERVAL}\ntimeout = {TIMEOUT}\nmisses = {MISSES}\n"
WITHIN = MISSES * (INTERVAL + TIMEOUT)  # a ping each interval after the last one has failed
SOON = "[restart]\nbackoff = 0.05\n"
MIB = 2**20


async def states_until(events, plugin, state):
    """Return the states of a plugin's first instance, up to the first one that is this."""
    seen = []
    while not seen or seen[-1][0] is not state:
        event = await wait_event(
            events, InstanceStateChanged, matching=lambda each: (each.plugin, each.instance) == (plugin, 0)
        )
        seen.append((event.new, event.reason.code))
    return seen


@pytest.mark.parametrize("kind", ["concurrent", "one thing at a time"])
async def test_a_stopped_process_is_noticed_and_mended(tmp_path, kind):
    """A stopped plugin is degraded, then killed as hung, in the configured time, and back; its neighbour answers meanwhile."""
    more = PINGED + SOON
    if kind == "concurrent":
        folder = write_version(tmp_path / "p", more=more, plugin_id="p")
    else:
        folder = echo_with(tmp_path / "p", more, plugin_id="p")
    say = "Shift.Say" if kind == "concurrent" else "Echo.Say"
    async with opened(folder, beside=[ECHO], data=tmp_path / "data") as plugin:
        before, old = resources(), plugin.snapshot()

        async def neighbour():
            assert await plugin.host.call("Echo.Say", {"n": 1}, plugin="echo") == {"n": 1}

        with trio.fail_after(PATIENCE):
            async with under_load(neighbour, callers=2) as load, plugin.host.events() as events:
                await load.wait_calls(1)
                os.kill(old.pid, signal.SIGSTOP)
                stopped, calls = time.monotonic(), load.calls
                exited = await wait_event(events, PluginExited)
                took, answered = time.monotonic() - stopped, load.calls - calls
                async with plugin.host.events(after=0) as all_events:
                    seen = await states_until(all_events, "p", BACKING_OFF)
                back = await plugin.wait_for(READY, after=1)
        assert load.errors == []
        assert answered > 10  # those that had begun before are two
        assert WITHIN - INTERVAL - 0.1 < took < WITHIN + 10
        assert seen[-3:] == [(READY, "ready"), (DEGRADED, "ping-missed"), (BACKING_OFF, "hung")]
        report = exited.report
        assert (report.pid, report.signal, report.reason.code) == (old.pid, "SIGKILL", "hung")
        assert "3 pings in a row" in report.reason.text
        assert (back.restarts, back.last_exit) == (1, report)
        assert await plugin.call(say, {"n": 1}, timeout=5)
        assert await left_behind(before) == {}


async def test_calls_of_a_hung_plugin_get_an_outcome(tmp_path):
    """A call that a hung plugin was working on fails as soon as the plugin is given up, and says why."""
    pinged = "[health]\ninterval = 0.1\ntimeout = 0.2\nmisses = 2\n"
    folder = write_version(tmp_path / "shift", more=pinged + SOON)
    async with opened(folder, data=tmp_path / "data") as plugin:
        os.kill(plugin.snapshot().pid, signal.SIGSTOP)
        with trio.fail_after(PATIENCE), pytest.raises(MisbehavedError, match="2 pings in a row"):
            await plugin.call("Shift.Say", {}, timeout=1000)
        back = await plugin.wait_for(READY, after=1)
        assert back.last_exit.calls_in_flight == 1


async def test_a_pause_is_borne(tmp_path):
    """A plugin that misses a ping and then answers again is degraded for a while, and is not restarted."""
    folder = write_version(tmp_path / "shift", more="[health]\ninterval = 0.2\ntimeout = 0.3\nmisses = 100\n")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        old = plugin.snapshot().pid
        os.kill(old, signal.SIGSTOP)
        assert (await plugin.wait_for(DEGRADED)).reason.code == "ping-missed"
        with pytest.raises(CallTimedOutError):
            await plugin.call("Shift.Say", {}, timeout=0.1)
        os.kill(old, signal.SIGCONT)
        well = await plugin.wait_for(READY)
        assert (well.pid, well.restarts) == (old, 0)
        assert await states_until(events, "shift", DEGRADED)
        assert (await plugin.call("Shift.Say", {}))["pid"] == old


async def test_who_does_one_thing_at_a_time_may_be_busy(tmp_path):
    """A plugin without `async` is not pinged while it works: a call much longer than all pings is answered."""
    # The first ping is due long after the call has begun: before that, a busy machine may not answer it in time.
    more = "[health]\ninterval = 0.5\ntimeout = 0.05\nmisses = 1\n"
    folder = echo_with(tmp_path / "echo", more)
    async with opened(folder, data=tmp_path / "data") as plugin:
        old = plugin.snapshot().pid
        assert await plugin.call("Echo.Sleep", {"seconds": 1.2}) == {"seconds": 1.2}
        now = plugin.snapshot()
        assert (now.pid, now.state, now.restarts) == (old, READY, 0)


async def test_busy_threads_answer_pings(tmp_path):
    """A concurrent plugin is pinged while it works, and answers."""
    folder = write_version(tmp_path / "shift", more="[health]\ninterval = 0.1\ntimeout = 2\nmisses = 1\n")
    async with opened(folder, data=tmp_path / "data") as plugin:
        old = plugin.snapshot().pid
        await plugin.call("Shift.Sleep", {"seconds": 2.5})  # longer than a ping may take
        now = plugin.snapshot()
        assert (now.pid, now.restarts) == (old, 0)


async def test_without_an_interval_nothing_is_pinged(tmp_path):
    """Where pings are turned off a stopped process is left alone, and a reload does not ask for one either."""
    folder = write_version(tmp_path / "shift", more="[health]\ninterval = 0\ntimeout = 0.05\nmisses = 1\n")
    async with opened(folder, data=tmp_path / "data") as plugin:
        old = plugin.snapshot()
        os.kill(old.pid, signal.SIGSTOP)
        await trio.sleep(0.5)
        assert (plugin.snapshot().state, plugin.snapshot().pid) == (READY, old.pid)
        os.kill(old.pid, signal.SIGCONT)
        assert (await plugin.host.reload("shift")).pid != old.pid


async def test_more_memory_than_allowed_is_the_end(tmp_path):
    """A process above `limits.memory` is killed with that reason, and a fresh one starts."""
    more = f"[limits]\nmemory = {120 * MIB}\n[health]\ninterval = 0.1\n{SOON}"
    folder = write_version(tmp_path / "shift", more=more)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        old = plugin.snapshot().pid
        with suppress(MisbehavedError):  # it may be caught before it has answered
            await plugin.call("Shift.Grow", {"mib": 150})
        with trio.fail_after(PATIENCE):
            report = (await wait_event(events, PluginExited)).report
        assert (report.pid, report.signal, report.reason.code) == (old, "SIGKILL", "memory-exceeded")
        assert report.max_rss_bytes > 150 * MIB
        back = await plugin.wait_for(READY, after=1)
        assert back.restarts == 1


@pytest.mark.parametrize(
    ("mode", "recycle", "code"),
    [
        ("blue-green", f"memory = {120 * MIB}", "memory-recycled"),
        ("blue-green", "age = 1", "age-recycled"),
        ("restart", f"memory = {120 * MIB}", "memory-recycled"),
    ],
)
async def test_recycling_fails_no_call(tmp_path, mode, recycle, code):
    """A process that is too old or too large makes room for a fresh one under load; that is no restart."""
    more = f'[health]\ninterval = 0.1\n[recycle]\n{recycle}\n[reload]\nmode = "{mode}"\n'
    folder = write_version(tmp_path / "shift", more=more)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        old = plugin.snapshot().pid
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=4) as load:
                if code == "memory-recycled":
                    await plugin.call("Shift.Grow", {"mib": 150})
                event = await wait_event(events, InstanceRecycled)
                assert (event.plugin, event.instance, event.reason.code) == ("shift", 0, code)
                now = plugin.snapshot()
                assert now.pid not in {old, None}
                await load.wait_calls(10)
            async with plugin.host.events(after=0) as all_events:  # a fresh one may be too old by now, too
                first_exit = await wait_event(all_events, PluginExited)
            await wait_until(lambda: len(plugin.snapshot().instances) == 1)
        assert load.errors == []
        now = plugin.snapshot()
        assert (now.restarts, now.version, first_exit.report.pid) == (0, "1.0.0", old)
        assert is_gone(old)


async def test_of_several_instances_one_is_recycled(tmp_path):
    """Recycling replaces the one process that has grown; the others serve on meanwhile, and no call waits for the new one."""
    more = f'instances = 3\n[health]\ninterval = 0.1\n[recycle]\nmemory = {120 * MIB}\n[reload]\nmode = "restart"\n'
    folder = write_version(tmp_path / "shift", more=more, SHIFT_AT_START="slow")
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before = [each.pid for each in plugin.snapshot().instances]
        await plugin.call("Shift.Grow", {"mib": 150})
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=2) as load:
                await wait_event(events, InstanceStateChanged, matching=lambda each: each.new == "starting")
                calls = load.calls
                grown = (await wait_event(events, InstanceRecycled)).instance
                meanwhile = load.calls - calls
        assert load.errors == []
        assert meanwhile > 10  # each caller would have waited with its first one
        after = [each.pid for each in plugin.snapshot().instances]
        assert [index for index in range(3) if before[index] != after[index]] == [grown]


async def test_what_cannot_be_recycled_serves_on(tmp_path):
    """When no fresh process starts, the old one goes on, and an event says so, once for this process."""
    more = "[health]\ninterval = 0.1\n[recycle]\nage = 1\n"
    owned = str(tmp_path / "owned")
    folder = write_version(tmp_path / "shift", more=more, SHIFT_OWNS=owned)
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        old = plugin.snapshot().pid
        with trio.fail_after(PATIENCE):
            failed = await wait_event(events, PluginReloadFailed)
        assert failed.trigger == "recycling"
        assert "longer than recycle.age" in failed.reason.text
        assert "belongs to somebody else" in failed.reason.text
        assert (await plugin.call("Shift.Say", {}))["pid"] == old


async def test_too_much_cpu_degrades(tmp_path):
    """A plugin above `health.cpu` for so many looks is degraded, with the reason, and well again when it rests."""
    folder = write_version(
        tmp_path / "shift", more="[health]\ninterval = 0.2\ncpu = 0.05\nmisses = 2\ntimeout = 5\n"
    )
    async with opened(folder, data=tmp_path / "data") as plugin:

        async def burn():
            while True:  # as long as it takes: on a busy machine it gets a small share of a core
                await plugin.call("Shift.Burn", {"seconds": 0.5})

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(burn)
                busy = await plugin.wait_for(DEGRADED)
                assert busy.reason.code == "cpu-exceeded"
                assert busy.instances[0].cpu > 0.05
                assert busy.instances[0].rss_bytes > MIB
                nursery.cancel_scope.cancel()
            well = await plugin.wait_for(READY)
        assert well.restarts == 0


async def test_a_reset_forgets(tmp_path):
    """Restarts count ends that nobody asked for; reloads do not count; a reset begins anew, with the intensity, too."""
    more = "[restart]\nbackoff = 0.01\nbackoff_max = 0.02\nintensity = 2\nperiod = 60\n"
    folder = write_version(tmp_path / "shift", more=more)
    async with opened(folder, data=tmp_path / "data") as plugin:

        def is_back(after):
            now = plugin.snapshot()
            return now.state is READY and now.instances[0].incarnation > after

        async def crash(times):
            for _ in range(times):
                last = plugin.snapshot().instances[0].incarnation
                with pytest.raises(HostError):
                    await plugin.call("Shift.Exit", {"code": 9})
                await wait_until(partial(is_back, last))

        with trio.fail_after(PATIENCE):
            await crash(2)
            await plugin.host.reload("shift")
            assert plugin.snapshot().restarts == 2
            report = plugin.snapshot().last_exit
            await plugin.host.reset("shift")
            assert plugin.snapshot().restarts == 0
            await crash(2)
            assert plugin.snapshot().restarts == 2
            assert (await plugin.host.reset("shift")).restarts == 0
            await crash(2)
            with pytest.raises(HostError):
                await plugin.call("Shift.Exit", {"code": 9})
            failed = await plugin.wait_for(PluginState.FAILED)
            assert "2 restarts within 60 s are enough" in failed.reason.text
            assert failed.last_exit.pid != report.pid
            assert (await plugin.host.reset("shift")).state is READY
