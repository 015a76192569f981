"""Starts, one at a time: a Python plugin loaded by a host (`product`), or a Python that imports msgpack (`bare`).

What a start costs is the time from asking until it is ready; stopping is not counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import trio

from benchmarks._works import Sample, Work
from benchmarks.subjects._plugin import ECHO, PluginProcess
from benchmarks.subjects._serve import answer_sample, next_work
from hostcore import HostConfig, open_host

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


async def _product() -> None:
    with tempfile.TemporaryDirectory() as name:
        async with open_host(HostConfig(data=Path(name) / "data")) as host:

            async def start() -> float:
                started = time.perf_counter()
                await host.load(ECHO)
                taken = time.perf_counter() - started
                await host.unload("echo")
                return taken

            await _serve(start)


async def _serve(start: Callable[[], Awaitable[float]]) -> None:
    while (work := await trio.to_thread.run_sync(next_work)) is not None:
        answer_sample(_sample([await start() for _ in range(_count(work))]))


def _count(work: Work) -> int:
    return max(1, round(work.seconds * 10))


def _sample(durations: list[float]) -> Sample:
    return Sample.of(durations, sum(durations))


def main(what: str) -> None:
    """Serve starts."""
    if what == "product":
        trio.run(_product)
        return
    start = start_bare if what == "bare" else start_sdk
    while (work := next_work()) is not None:
        answer_sample(_sample([start() for _ in range(_count(work))]))
