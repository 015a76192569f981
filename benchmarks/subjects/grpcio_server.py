"""The server that the grpcio peer calls: `python -m benchmarks.subjects.grpcio_server SOCKET`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

OPTIONS: Final = (
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
)
THREADS: Final = 16
"""As many as there are callers."""


def echo(request: bytes, _context: Any) -> bytes:
    """Decode and encode again, as a real method would."""
    answer: bytes = msgpack.packb(msgpack.unpackb(request))
    return answer


def main(address: str) -> None:
    """Serve until stdin ends."""
    server = grpc.server(ThreadPoolExecutor(THREADS), options=OPTIONS)
    handlers = {name: grpc.unary_unary_rpc_method_handler(echo) for name in ("Text", "Blob")}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Echo", handlers),))
    server.add_insecure_port(address)
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(0)


if __name__ == "__main__":
    main(sys.argv[1])
