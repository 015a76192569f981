"""The run file: how client commands find the server that uses a data folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

RUN_FILE = "server.json"
# The host's own default; named here too so that a client command need not import the configuration.
DEFAULT_DATA = "polyhost-data"


def write_run_file(data: Path, *, url: str, run: str) -> None:
    """Write where the server of a data folder is; a reader sees the old file or the new one, never half of it."""
    facts = {"url": url, "pid": os.getpid(), "run": run}
    temporary = data / f".{RUN_FILE}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open takes no descriptor
        json.dump(facts, file)
        file.write("\n")
    temporary.replace(data / RUN_FILE)


def read_run_file(data: Path) -> dict[str, Any] | None:
    """Return what the run file of a data folder says, or None when there is no usable one."""
    try:
        facts = json.loads((data / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and isinstance(facts.get("url"), str) else None


def remove_run_file(data: Path, *, run: str) -> None:
    """Remove the run file if it is still that of this run."""
    facts = read_run_file(data)
    if facts is not None and facts.get("run") == run:
        with suppress(FileNotFoundError):
            (data / RUN_FILE).unlink()
