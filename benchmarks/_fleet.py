"""Many plugins in one host: loading them together, the memory each one costs, and what they cost when idle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

LIMIT_SECONDS: Final = 180
"""For one round; a hundred starts take a few seconds."""

START_BOUND: Final = 1.3
MEMORY_BOUND: Final = 200 * 1024
IDLE_BOUND: Final = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Is one line about the fleet.

    Attributes:
        label: what was measured.
        value: the median of the rounds.
        shown: it, for people.
        bound: what it must not exceed, for people; empty when it is only told.
        met: whether it does not; None when it is only told.
    """

    label: str
    value: float
    shown: str
    bound: str = ""
    met: bool | None = None


def measure_fleet(*, count: int, idle: float, rounds: int) -> list[dict[str, Any]]:
    """Measure `rounds` fleets, each in a fresh host."""
    return [_measure_one(count, idle) for _ in range(rounds)]


def _measure_one(count: int, idle: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.subjects", "fleet", str(count), str(idle)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=LIMIT_SECONDS + idle)
    if done.returncode != 0:
        raise SystemExit("the host with many plugins has failed; what it said stands above")
    fleet: dict[str, Any] = json.loads(done.stdout)
    return fleet


def findings(fleets: list[dict[str, Any]]) -> Iterator[Finding]:
    """Say what the rounds mean."""
    count = fleets[0]["count"]
    cores = len(os.sched_getaffinity(0))
    starts = median(fleet["wall"] / (fleet["starts_cpu"] / cores) for fleet in fleets)
    yield Finding(
        label=f"loading {count} plugins at once : CPU time of the starts ÷ {cores} cores",
        value=starts,
        shown=f"{starts:.2f}",
        bound=f"≤ {START_BOUND}",
        met=starts <= START_BOUND,
    )
    bare = median(fleet["wall"] / fleet["bare_wall"] for fleet in fleets)
    yield Finding(
        label=f"loading {count} plugins at once : {count} bare Pythons", value=bare, shown=f"{bare:.2f}"
    )
    wall = median(fleet["wall"] for fleet in fleets)
    host = median(fleet["host_cpu"] / count for fleet in fleets)
    plugin = median(fleet["starts_cpu"] / count for fleet in fleets)
    yield Finding(
        label=f"loading {count} plugins at once: all; CPU of each start in the plugin, in the host",
        value=wall,
        shown=f"{wall:.2f} s; {plugin * 1e3:.1f} ms, {host * 1e3:.1f} ms",
    )
    memory = median(fleet["memory"] for fleet in fleets)
    yield Finding(
        label="memory that a further idle plugin takes in the host",
        value=memory,
        shown=f"{memory / 1024:.0f} KiB",
        bound=f"≤ {MEMORY_BOUND // 1024} KiB",
        met=memory <= MEMORY_BOUND,
    )
    idle = median(fleet["host_idle"] for fleet in fleets)
    yield Finding(
        label=f"CPU of an idle host with {count} plugins, of one core",
        value=idle,
        shown=f"{idle:.2%}",
        bound=f"< {IDLE_BOUND:.0%}",
        met=idle < IDLE_BOUND,
    )
    plugins = median(fleet["plugins_idle"] for fleet in fleets)
    yield Finding(label=f"CPU of those {count} idle plugins together", value=plugins, shown=f"{plugins:.2%}")
