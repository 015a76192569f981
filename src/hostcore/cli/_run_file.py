"""The run file: how client commands find the server that uses a data folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

RUN_FILE = "server.json"
# The file has a hundred bytes; whatever is larger is none, and may have no end.
_MAX_BYTES = 4096
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
    try:
        temporary.replace(data / RUN_FILE)
    except OSError:
        temporary.unlink()
        raise


def read_run_file(data: Path) -> dict[str, Any] | None:
    """Return what the run file of a data folder says, or None when there is no usable one."""
    try:
        # A pipe of this name would be waited for, and its opening already waits.
        descriptor = os.open(data / RUN_FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            facts = json.loads(os.read(descriptor, _MAX_BYTES))
        finally:
            os.close(descriptor)
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and isinstance(facts.get("url"), str) else None


def remove_run_file(data: Path, *, run: str) -> None:
    """Remove the run file if it is still that of this run."""
    facts = read_run_file(data)
    if facts is not None and facts.get("run") == run:
        with suppress(FileNotFoundError):
            (data / RUN_FILE).unlink()
