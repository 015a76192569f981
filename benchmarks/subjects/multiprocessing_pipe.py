"""`multiprocessing.Pipe`: what the standard library offers to call another Python process; one call at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.subjects._serve import serve_blocking


def echo(connection: Connection) -> None:
    """Answer with the params until the other side closes."""
    while True:
        try:
            call_id, _method, params = connection.recv()
        except EOFError:
            return
        connection.send((call_id, params))


def main() -> None:
    """Serve calls through a pipe of `multiprocessing`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=echo, args=(theirs,))
    process.start()
    theirs.close()

    def call(method: str, params: Mapping[str, Any]) -> Any:
        ours.send((1, method, params))
        return ours.recv()[1]

    try:
        serve_blocking(call)
    finally:
        ours.close()
        process.join(10)
