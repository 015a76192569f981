"""grpc.aio to the plugin in Go: the asyncio stubs of grpcio."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc.aio  # type: ignore[import-untyped]  # grpcio ships no types

from benchmarks.subjects._go_plugin import GoPlugin, method_stubs, params_of
from benchmarks.subjects._serve import serve_asyncio
from benchmarks.subjects.grpcio_server import OPTIONS


async def _run(target: str) -> None:
    async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
        stubs = method_stubs(channel)

        async def call(method: str, params: Mapping[str, Any]) -> Any:
            stub, kind = stubs[method]
            return params_of(await stub(kind(**params)))

        await serve_asyncio(call)


def main() -> None:
    """Serve calls through grpc.aio."""
    with GoPlugin() as plugin:
        asyncio.run(_run(plugin.target))
