"""Pyro5 over a unix socket with its msgpack serializer; measured only where Pyro5 is installed."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import Pyro5.api  # type: ignore[import-not-found]  # an optional peer

from benchmarks.subjects._serve import serve_blocking

START_SECONDS = 10.0


@Pyro5.api.expose
class Echo:
    """Answers with what it was sent."""

    def call(self, _method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the params."""
        return params


def serve(path: str) -> None:
    """Run the server."""
    Pyro5.config.SERIALIZER = "msgpack"
    with Pyro5.api.Daemon(unixsocket=path) as daemon:
        daemon.register(Echo, "echo")
        daemon.requestLoop()


def main() -> None:
    """Serve calls through Pyro5."""
    Pyro5.config.SERIALIZER = "msgpack"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pyro.sock"
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(str(path),), daemon=True)
        process.start()
        until = time.monotonic() + START_SECONDS
        while not path.exists():
            if time.monotonic() > until:
                raise RuntimeError("the Pyro5 server has not started")
            time.sleep(0.01)
        with Pyro5.api.Proxy(f"PYRO:echo@./u:{path}") as proxy:

            def call(method: str, params: Mapping[str, Any]) -> Any:
                return proxy.call(method, params)

            try:
                serve_blocking(call)
            finally:
                process.terminate()
                process.join(10)
