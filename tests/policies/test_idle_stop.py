"""Plugins that start on demand rest when nobody calls them."""

from pathlib import Path

import pytest
import trio

from hostcore.errors import HostClosedError, PluginNotFoundError
from hostcore.manifest import Manifest, StartMode
from hostcore.policies import IdleStop
from hostcore.policies._idle_stop import is_idle, look_again_after
from hostcore.snapshots import InstanceSnapshot, PluginSnapshot, PluginState, Reason

NOW = 10_000.0


def snapshot(name="p", *, started=(0.0,), in_flight=0, queued=0, **more):
    instances = tuple(
        InstanceSnapshot(
            index=index, state=PluginState.READY, reason=Reason(code="ready", text=""), started_at=at,
            in_flight=in_flight, queued=queued,
        )
        for index, at in enumerate(started)
    )  # fmt: skip
    facts = {
        "version": "1.0.0", "description": "", "folder": "/p", "transport": "stdio", "state": PluginState.READY,
        "reason": Reason(code="ready", text=""), "start": "on-demand",
    }  # fmt: skip
    return PluginSnapshot(id=name, instances=instances, **{**facts, **more})


@pytest.mark.parametrize(
    ("given", "idle"),
    [
        ({"last_call_at": NOW - 61}, True),
        ({"last_call_at": NOW - 60}, False),
        ({"last_call_at": NOW - 1}, False),
        ({"started": (NOW - 61,)}, True),
        ({"started": (NOW - 59,)}, False),
        ({"started": (NOW - 61, NOW - 1)}, True),
        # started by hand after a long rest: the call before it says nothing
        ({"started": (NOW - 1,), "last_call_at": NOW - 1000}, False),
        ({"last_call_at": NOW - 1000, "busy_at": NOW - 59}, False),
        ({"last_call_at": NOW - 1000, "busy_at": NOW - 61}, True),
        ({"last_call_at": NOW - 1000, "in_flight": 1}, False),
        ({"last_call_at": NOW - 1000, "queued": 1}, False),
        ({"last_call_at": NOW - 1000, "state": PluginState.DEGRADED}, True),
        ({"last_call_at": NOW - 1000, "state": PluginState.STARTING}, False),
        ({"last_call_at": NOW - 1000, "state": PluginState.STOPPED}, False),
        ({"last_call_at": NOW - 1000, "start": "eager"}, False),
        ({"started": (None,)}, False),
        ({"started": ()}, False),
    ],
)  # fmt: skip
def test_who_may_rest(given, idle):
    """Who runs, starts on demand, has no calls, and had its last one, or its start, longer ago than its timeout."""
    busy_at = given.pop("busy_at", None)
    assert is_idle(snapshot(**given), timeout=60.0, busy_at=busy_at, now=NOW) is idle


@pytest.mark.parametrize(
    ("timeouts", "seconds"),
    [((), 5.0), ((300.0, 60.0), 5.0), ((300.0, 8.0), 2.0), ((0.4,), 0.1), ((0.001,), 0.05)],
)
def test_how_often_it_looks(timeouts, seconds):
    """Every five seconds, four times within the shortest timeout if that is less, and never in a tight loop."""
    assert look_again_after(timeouts) == pytest.approx(seconds)


class Host:
    """A host of which only what the policy asks is there; plugins stay as the test sets them."""

    def __init__(self, *snapshots, timeout=300.0):
        self.now = NOW
        self.there = {each.id: each for each in snapshots}
        self.timeout = timeout
        self.rested = []
        self.error = None

    def plugins(self):
        return tuple(self.there.values())

    def manifest(self, plugin_id):
        if plugin_id == "unreadable":
            raise PluginNotFoundError("its manifest could not be read")
        return Manifest(
            folder=Path("/p"), file=Path("/p/plugin.toml"), id=plugin_id, version="1.0.0",
            start=StartMode(self.there[plugin_id].start), idle_timeout=self.timeout,
        )  # fmt: skip

    async def rest(self, plugin_id, reason):
        if self.error:
            raise self.error
        await trio.sleep(3)
        self.rested.append((plugin_id, reason))


async def run_for(seconds, host):
    (task,) = IdleStop(lambda: NOW + trio.current_time() - began).hostcore_provide_background_tasks(host)
    began = trio.current_time()
    with trio.move_on_after(seconds):
        await task()


async def test_an_idle_plugin_rests(autojump_clock):
    """It is stopped with a reason that says how it comes back; those beside it are left alone."""
    host = Host(
        snapshot("idle", last_call_at=NOW - 298),
        snapshot("used", last_call_at=NOW - 10),
        snapshot("eager", start="eager"),
        snapshot("unreadable", state=PluginState.FAILED, started=()),
    )
    await run_for(9, host)
    assert host.rested == [("idle", Reason(code="idle", text="no call for 5 min; the next one starts it"))]


async def test_several_rest_at_once(autojump_clock):
    """One that takes long to stop does not keep the others running."""
    host = Host(*(snapshot(f"p{n}") for n in range(10)))
    await run_for(3.5, host)
    assert {each for each, _ in host.rested} == {f"p{n}" for n in range(10)}


async def test_a_plugin_without_a_timeout_never_rests(autojump_clock):
    """Starting on demand alone is no reason to stop."""
    host = Host(snapshot(), timeout=None)
    await run_for(3600, host)
    assert host.rested == []


async def test_a_long_call_counts_until_its_end(autojump_clock):
    """The time runs from when the plugin was last seen with a call in flight, not from when that call was made."""
    host = Host(snapshot(in_flight=1, last_call_at=NOW - 1000), timeout=60.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_for, 99, host)
        await trio.sleep(32)
        host.there["p"] = snapshot(last_call_at=NOW - 1000)
        await trio.sleep(57)
        assert host.rested == []
    assert [each for each, _ in host.rested] == ["p"]


@pytest.mark.parametrize("error", [PluginNotFoundError("unloaded"), HostClosedError("it stops")])
async def test_a_plugin_that_goes_meanwhile_is_no_failure(autojump_clock, error):
    """The policy goes on when the plugin was unloaded between the look and the stop, or the host stops."""
    host = Host(snapshot())
    host.error = error
    await run_for(20, host)
    host.error = None
    await run_for(20, host)
    assert host.rested
