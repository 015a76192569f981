"""RPyC over a unix socket, its own serialization; measured only where RPyC is installed."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rpyc  # type: ignore[import-not-found]  # an optional peer
from rpyc.utils.server import ThreadedServer  # type: ignore[import-not-found]  # an optional peer

from benchmarks.subjects._serve import serve_blocking

START_SECONDS = 10.0


class Echo(rpyc.Service):  # type: ignore[misc]  # an untyped base
    """Answers with what it was sent; dicts travel as tuples, which RPyC copies instead of proxying."""

    def exposed_call(self, _method: str, params: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        """Return the params."""
        return params


def serve(path: str) -> None:
    """Run the server."""
    ThreadedServer(Echo, socket_path=path).start()


def main() -> None:
    """Serve calls through RPyC."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rpyc.sock"
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(str(path),), daemon=True)
        process.start()
        until = time.monotonic() + START_SECONDS
        while not path.exists():
            if time.monotonic() > until:
                raise RuntimeError("the RPyC server has not started")
            time.sleep(0.01)
        connection = rpyc.utils.factory.unix_connect(str(path))

        def call(method: str, params: Mapping[str, Any]) -> Any:
            return dict(connection.root.call(method, tuple(params.items())))

        try:
            serve_blocking(call)
        finally:
            connection.close()
            process.terminate()
            process.join(10)
