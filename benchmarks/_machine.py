"""What the numbers were taken with: no number means anything without it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    *("polyhost", "polyhost-plugin", "trio", "msgpack", "jsonschema-rs", "hpack", "protobuf"),
    *("grpcio", "rpyc", "Pyro5"),
)


def describe_machine() -> dict[str, str]:
    """Return the names and versions of what was involved, in the order to be shown."""
    found = {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": f"{processor()}, {len(os.sched_getaffinity(0))} cores usable",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.2f} over the last minute",
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def processor() -> str:
    """Return the processor's name, as Linux knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown processor"
