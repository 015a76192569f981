"""go-plugin's own host, which is a program in Go: `go_host grpc`, `go_host grpc-plain` or `go_host netrpc`."""

from __future__ import annotations

import os

from benchmarks._go import PROGRAM


def main(how: str) -> None:
    """Become that program: it takes work and answers by the same rules."""
    os.execv(PROGRAM, [str(PROGRAM), "host", how])
