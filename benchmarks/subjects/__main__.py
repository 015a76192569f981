"""Runs one subject: `python -m benchmarks.subjects NAME [VARIANT]`."""

from __future__ import annotations

import sys
from importlib import import_module

if __name__ == "__main__":
    import_module(f"benchmarks.subjects.{sys.argv[1]}").main(*sys.argv[2:])
