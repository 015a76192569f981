"""grpcio to grpcio over a unix socket: blocking stubs, several callers are threads; msgpack as the payload's form."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from benchmarks.subjects._serve import serve_blocking
from benchmarks.subjects.grpcio_server import OPTIONS


def start_server(folder: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server; return its process and its address."""
    address = f"unix:{Path(folder) / 'echo.sock'}"
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.subjects.grpcio_server", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    if server.stdout.readline() != b"ready\n":
        raise RuntimeError("the gRPC server has not started")
    return server, address


def stop_server(server: subprocess.Popen[bytes]) -> None:
    """End the server."""
    assert server.stdin is not None
    server.stdin.close()
    server.wait(10)


def main() -> None:
    """Serve calls through grpcio."""
    with tempfile.TemporaryDirectory() as folder:
        server, address = start_server(folder)
        with grpc.insecure_channel(address, options=OPTIONS) as channel:
            stubs = {name: channel.unary_unary(f"/Echo/{name}") for name in ("Text", "Blob")}

            def call(method: str, params: Mapping[str, Any]) -> Any:
                return msgpack.unpackb(stubs[method.removeprefix("Echo.")](msgpack.packb(params)))

            serve_blocking(call)
        stop_server(server)
