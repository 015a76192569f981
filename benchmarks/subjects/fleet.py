"""Many plugins in one host: `fleet COUNT IDLE_SECONDS` prints what loading them, keeping them and idling costs."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import psutil
import trio

from benchmarks.subjects._plugin import ECHO
from benchmarks.subjects._serve import answer
from benchmarks.subjects.starts import BARE
from hostcore import Host, HostConfig, open_host

FIRST: Final = 5
"""Plugins loaded before the count begins, so that what the first one brings along is not charged to the others."""

SETTLE_SECONDS: Final = 1.0
"""Between loading and measuring: garbage and freed buffers go, plugins finish what they do after their hello."""


def make_folders(parent: Path, count: int) -> list[Path]:
    """Make `count` plugins that differ in nothing but their id."""
    manifest = (ECHO / "plugin.toml").read_text("utf-8")
    folders = []
    for number in range(count):
        folder = parent / f"echo-{number}"
        folder.mkdir(parents=True)
        (folder / "plugin.toml").write_text(manifest.replace('id = "echo"', f'id = "echo-{number}"'), "utf-8")
        (folder / "main.py").write_text(
            (ECHO / "main.py").read_text("utf-8").replace('Plugin("echo"', f'Plugin("echo-{number}"'), "utf-8"
        )
        (folder / "interfaces").symlink_to(ECHO / "interfaces")
        folders.append(folder)
    return folders


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, all its threads, to the nanosecond; psutil knows it in steps of 10 ms."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text("ascii").split()[0])
    return total / 1e9


def host_memory() -> int:
    """Return the bytes that belong to this process alone."""
    gc.collect()
    return int(psutil.Process().memory_full_info().uss)


async def load_all(host: Host, folders: list[Path]) -> None:
    """Load plugins, all at once as far as the host allows."""
    async with trio.open_nursery() as nursery:
        for folder in folders:
            nursery.start_soon(host.load, folder)


def plugin_pids(host: Host) -> list[int]:
    """Return the process ids of all plugins."""
    return [plugin.pid for plugin in host.plugins() if plugin.pid is not None]


def bare_starts(count: int) -> float:
    """Start `count` Pythons that import msgpack, as many at once as the host does; return the wall time."""

    def start(_: int) -> None:
        subprocess.run(
            [sys.executable, "-c", BARE], stdin=subprocess.DEVNULL, capture_output=True, check=True
        )

    started = time.perf_counter()
    with ThreadPoolExecutor(HostConfig().limits.concurrent_starts) as pool:
        list(pool.map(start, range(count)))
    return time.perf_counter() - started


async def _run(count: int, idle: float) -> None:
    bare = bare_starts(count)
    with tempfile.TemporaryDirectory() as name:
        folders = make_folders(Path(name) / "plugins", FIRST + count)
        async with open_host(HostConfig(data=Path(name) / "data")) as host:
            await load_all(host, folders[:FIRST])
            await trio.sleep(SETTLE_SECONDS)
            before, host_before = host_memory(), cpu_seconds(os.getpid())
            started = time.perf_counter()
            await load_all(host, folders[FIRST:])
            wall = time.perf_counter() - started
            host_cpu = cpu_seconds(os.getpid()) - host_before
            pids = plugin_pids(host)
            starts_cpu = sum(map(cpu_seconds, pids)) * count / len(pids)
            await trio.sleep(SETTLE_SECONDS)
            memory = (host_memory() - before) / count
            host_before, plugins_before = cpu_seconds(os.getpid()), sum(map(cpu_seconds, pids))
            started = time.perf_counter()
            await trio.sleep(idle)
            idled = time.perf_counter() - started
            host_idle = (cpu_seconds(os.getpid()) - host_before) / idled
            plugins_idle = (sum(map(cpu_seconds, pids)) - plugins_before) / idled
    answer(
        {
            "count": count,
            "wall": wall,
            "bare_wall": bare,
            "starts_cpu": starts_cpu,
            "host_cpu": host_cpu,
            "memory": memory,
            "host_idle": host_idle,
            "plugins_idle": plugins_idle,
        }
    )


def main(count: str, idle: str) -> None:
    """Measure one fleet and print what came out."""
    trio.run(_run, int(count), float(idle))
