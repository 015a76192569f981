"""grpcio's blocking stubs to the plugin in Go; several callers are threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types

from benchmarks.subjects._go_plugin import GoPlugin, method_stubs, params_of
from benchmarks.subjects._serve import serve_blocking
from benchmarks.subjects.grpcio_server import OPTIONS


def main() -> None:
    """Serve calls through grpcio."""
    with GoPlugin() as plugin, grpc.insecure_channel(plugin.target, options=OPTIONS) as channel:
        stubs = method_stubs(channel)

        def call(method: str, params: Mapping[str, Any]) -> Any:
            stub, kind = stubs[method]
            return params_of(stub(kind(**params)))

        serve_blocking(call)
