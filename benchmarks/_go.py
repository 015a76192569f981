"""The programs in Go: built once, and left out with a word where they cannot be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "go"
PROGRAM: Final = FOLDER / ".build" / "echo"

OLDEST: Final = (1, 24)
"""What go-plugin and gRPC need."""

BUILD_SECONDS: Final = 600
"""A cold build compiles gRPC itself, on a machine that may do other things, too."""

PEERS: Final = {"go-plugin": "github.com/hashicorp/go-plugin", "grpc-go": "google.golang.org/grpc"}


def build_programs() -> str | None:
    """Build what is written in Go, unless nothing has changed; return why it cannot be, or None.

    Raises:
        SystemExit: the code does not build, or its modules are not to be had.
    """
    go = shutil.which("go")
    if go is None:
        return "Go is not installed"
    version = _version(go)
    if version < OLDEST:
        return f"Go is older than {'.'.join(map(str, OLDEST))}"
    command = [go, "build", "-buildvcs=false", "-o", str(PROGRAM), "."]
    # Local: another Go than the one that is named would be fetched in silence.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run(command, cwd=FOLDER, env=environment, check=False, timeout=BUILD_SECONDS)
    if done.returncode != 0:
        raise SystemExit("the programs in Go cannot be built; what Go said stands above")
    return None


def _version(go: str) -> tuple[int, ...]:
    said = subprocess.run(
        [go, "env", "GOVERSION"],
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=True,
        timeout=BUILD_SECONDS,
    ).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def describe_programs() -> dict[str, str]:
    """Return what the built program was made of: Go, go-plugin and its gRPC, with their versions."""
    lines = subprocess.run(
        ["go", "version", "-m", PROGRAM], capture_output=True, text=True, check=True, timeout=BUILD_SECONDS
    ).stdout.splitlines()
    found = {"Go": lines[0].rpartition(" go")[2]}
    modules = {parts[1]: parts[2] for line in lines if (parts := line.split())[:1] == ["dep"]}
    return found | {name: modules[module].removeprefix("v") for name, module in PEERS.items()}
