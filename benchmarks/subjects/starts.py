"""Starts, one at a time, from asking until it is ready; stopping is not counted.

`load` is `host.load`, which reads and checks manifest and interface files first; `spawn` is the part of it from the
spawn to the state `ready`. `sdk` is the same program on bare pipes, up to its hello, and `bare` a Python that imports
msgpack.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import trio

from benchmarks._works import Sample, Work
from benchmarks.subjects._plugin import ECHO, PluginProcess
from benchmarks.subjects._serve import answer_sample, next_work
from hostcore import Host, HostConfig, open_host
from hostcore.events import InstanceStateChanged, Recorded
from hostcore.snapshots import PluginState

BARE: Final = "import os, msgpack; os.write(1, msgpack.packb([2]))"


def start_bare() -> float:
    """Start a Python that imports msgpack and says so; return how long that took."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", BARE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        os.read(process.stdout.fileno(), 1)
        return time.perf_counter() - started


def start_sdk() -> float:
    """Start the plugin with bare pipes, up to its hello: what the SDK itself costs, without a host."""
    started = time.perf_counter()
    plugin = PluginProcess()
    taken = time.perf_counter() - started
    with plugin:
        return taken


async def _product(*, whole: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        async with open_host(HostConfig(data=Path(name) / "data")) as host:

            async def start() -> float:
                before = host.last_event
                started = time.perf_counter()
                await host.load(ECHO)
                taken = time.perf_counter() - started
                if not whole:
                    taken = await _spawn_to_ready(host, before)
                await host.unload("echo")
                return taken

            await _serve(start)


async def _spawn_to_ready(host: Host, after: int) -> float:
    """Return the seconds between the states `starting` and `ready`, as the host's events tell them."""
    at = {}
    async with host.events(after=after) as feed:
        async for recorded in feed:
            if isinstance(recorded, Recorded) and isinstance(recorded.event, InstanceStateChanged):
                at[recorded.event.new] = recorded.at
                if recorded.event.new is PluginState.READY:
                    return at[PluginState.READY] - at[PluginState.STARTING]
    raise RuntimeError("the plugin has not become ready")


async def _serve(start: Callable[[], Awaitable[float]]) -> None:
    while (work := await trio.to_thread.run_sync(next_work)) is not None:
        answer_sample(_sample([await start() for _ in range(_count(work))]))


def _count(work: Work) -> int:
    return max(1, round(work.seconds * 10))


def _sample(durations: list[float]) -> Sample:
    return Sample.of(durations, sum(durations))


def main(what: str) -> None:
    """Serve starts."""
    if what in {"load", "spawn"}:
        trio.run(partial(_product, whole=what == "load"))
        return
    start = start_bare if what == "bare" else start_sdk
    while (work := next_work()) is not None:
        answer_sample(_sample([start() for _ in range(_count(work))]))
