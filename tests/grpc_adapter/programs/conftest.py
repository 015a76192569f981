"""Builds the Go programs once for a run of tests."""

import subprocess
from pathlib import Path

import pytest
from one_at_a_time import one_at_a_time

HERE = Path(__file__).parent
KV_GO = HERE.parents[2] / "plugins" / "kv-go"
# A cold build compiles gRPC itself, on a machine that does other things, too.
BUILD_SECONDS = 600
PROGRAMS = ("bidirectional", "host", "misbehaving", "negotiated", "streaming")


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built programs; `go build` does nothing when nothing has changed."""
    folder = HERE / ".build"
    with one_at_a_time(folder):
        for where, packages in ((HERE, [f"./{name}" for name in PROGRAMS]), (KV_GO, ["."])):
            subprocess.run(
                ["go", "build", "-buildvcs=false", "-o", f"{folder}/", *packages],
                cwd=where,
                check=True,
                timeout=BUILD_SECONDS,
            )
    return folder
