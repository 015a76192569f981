"""Starts and ends of gRPC plugins at any moment: no task, process, descriptor or file is left."""

import contextlib
import os
import random
import signal

import pytest
import trio
from grpc_support import write_grpc
from reload_support import left_behind, resources

from hostcore import HostConfig, open_host
from hostcore.errors import HostError

pytestmark = [pytest.mark.usefixtures("leaves_no_file"), pytest.mark.long]

NOBODY = 2**22 + 1  # more than any process has

QUICK = "[shutdown]\ngrace = 1\nterm_grace = 0.5\n[restart]\nbackoff = 0.01\nintensity = 1000"


@pytest.mark.parametrize("grpc", ["", "auto_mtls = false"])
async def test_a_start_that_is_broken_off_at_any_moment_leaves_nothing(tmp_path, grpc):
    """A plugin is unloaded a little later each time, from the spawn to its first call."""
    folder = write_grpc(tmp_path / "m", "misbehaving", grpc=grpc, more=QUICK)
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(folder)
        await host.unload("misbehaving")
        before = resources()
        for step in range(40):
            with trio.move_on_after(step * 0.005):
                await host.load(folder)
                await host.call("Mischief.Echo", {"text": "x"})
            if host.plugins():
                await host.unload("misbehaving")
        assert await left_behind(before) == {}


async def test_a_host_that_is_broken_off_at_any_moment_leaves_nothing(tmp_path):
    """The whole host is cancelled a little later each time."""
    folder = write_grpc(tmp_path / "m", "misbehaving", more=QUICK)
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(folder)
    before = resources()
    for step in range(25):
        with trio.move_on_after(step * 0.01):
            async with open_host(HostConfig(data=tmp_path / "data")) as host:
                await host.load(folder)
                await host.call("Mischief.Hang")
    assert await left_behind(before) == {}


async def act(host, what):
    plugin = host.plugin("misbehaving")
    match what:
        case "kill":
            os.kill(plugin.pid or NOBODY, signal.SIGKILL)
        case "exit":
            await host.call("Mischief.Exit", {"code": 1}, plugin="misbehaving")
        case "stop":
            await host.stop("misbehaving")
            await host.start("misbehaving")
        case "restart":
            await host.restart("misbehaving")
        case "reload":
            await host.reload("misbehaving")
        case "pause":
            await trio.sleep(0.2)


async def test_calls_have_one_outcome_whatever_dies(tmp_path):
    """While a plugin is killed, stopped, started, restarted and reloaded at random, each call has an answer or an error."""
    chance = random.Random(7)
    folder = write_grpc(tmp_path / "m", "misbehaving", more=QUICK)
    outcomes = {"answers": 0, "errors": 0}
    calls = (
        ("Mischief.Echo", {"text": "x"}),
        ("Mischief.Print", {}),
        ("Mischief.Garbage", {}),
        ("Mischief.Hang", {}),
    )
    over = trio.Event()

    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(folder)
        before = resources()

        async def caller(method, params):
            while not over.is_set():
                try:
                    await host.call(method, params, plugin="misbehaving", timeout=0.5)
                    outcomes["answers"] += 1
                except HostError:
                    outcomes["errors"] += 1
                await trio.sleep(0.005)

        async with trio.open_nursery() as nursery:
            for method, params in calls * 3:
                nursery.start_soon(caller, method, params)
            for _ in range(60):
                with contextlib.suppress(HostError, ProcessLookupError):
                    await act(host, chance.choice(["kill", "exit", "stop", "restart", "reload", "pause"]))
                await trio.sleep(0.02)
            over.set()
        await host.restart("misbehaving")
        assert await host.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
        assert min(outcomes.values()) > 100
        assert await left_behind(before) == {}
