"""The command: shows the latest calls of a host, running or not."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from polyhost_audit_log._extension import FILE
from polyhost_audit_log._store import Call, count_dropped, last_calls


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `polyhost-audit-log`; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="polyhost-audit-log", description="Show the latest calls of a Polyhost host."
    )
    parser.add_argument(
        "--data", type=Path, default=Path("polyhost-data"), metavar="DIR", help="data folder of the host"
    )
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many calls; default: 20")
    parser.add_argument("--plugin", metavar="ID", help="only calls of this plugin")
    options = parser.parse_args(arguments)
    file = options.data / FILE
    try:
        calls = last_calls(file, options.last, plugin=options.plugin)
        dropped = count_dropped(file)
    except (FileNotFoundError, sqlite3.DatabaseError) as error:
        print(f"polyhost-audit-log: {error}; name the host's data folder with --data", file=sys.stderr)
        return 1
    for call in calls:
        print(line_of(call))
    if dropped:
        print(f"{dropped} calls are missing: they came faster than they could be written", file=sys.stderr)
    return 0


def line_of(call: Call) -> str:
    """Write one call as a line."""
    at = datetime.fromtimestamp(call.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    who = f"{call.caller or '-'} → {call.plugin}"
    how = f"{call.outcome} {call.error}" if call.error else call.outcome
    line = f"{at}  {who}  {call.method}  {how}  {call.duration_ms:.1f} ms"
    return f"{line}  {call.params}" if call.params is not None else line
