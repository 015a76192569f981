"""grpc.aio to the same grpcio server: the asyncio stubs of grpcio."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from typing import Any

import grpc.aio  # type: ignore[import-untyped]  # grpcio ships no types
import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from benchmarks.subjects._serve import serve_asyncio
from benchmarks.subjects.grpcio_server import OPTIONS
from benchmarks.subjects.grpcio_sync import start_server, stop_server


async def _run(address: str) -> None:
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        stubs = {name: channel.unary_unary(f"/Echo/{name}") for name in ("Text", "Blob")}

        async def call(method: str, params: Mapping[str, Any]) -> Any:
            return msgpack.unpackb(await stubs[method.removeprefix("Echo.")](msgpack.packb(params)))

        await serve_asyncio(call)


def main() -> None:
    """Serve calls through grpc.aio."""
    with tempfile.TemporaryDirectory() as folder:
        server, address = start_server(folder)
        asyncio.run(_run(address))
        stop_server(server)
