"""A client of a REST server over keep-alive connections, one a caller: `rest SERVER call` or `rest SERVER noop`.

The client writes a request that is ready and reads its answer, and does next to nothing itself: what is measured is the
server.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.subjects._serve import serve_blocking
from benchmarks.subjects.rest_server import NO_OP, NO_OP_BODY

READ: Final = 64 * 1024
FRESH_SECONDS: Final = 3.0
"""Shorter than any of the servers bears an idle connection."""

CLOSE: Final = b"connection: close"
LENGTH: Final = b"content-length:"


class Connection:
    """Is one keep-alive connection; a new one after a pause, for a server closes what is idle."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._used_at = -FRESH_SECONDS
        self._socket = socket.socket()

    def _connect(self) -> None:
        self._socket.close()
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer."""
        now = time.monotonic()
        if now - self._used_at >= FRESH_SECONDS:
            self._connect()
        self._used_at = now
        self._socket.sendall(request)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"the server answered {data!r}")
        at = head.index(LENGTH) + len(LENGTH)
        length = int(head[at:].partition(b"\r\n")[0])
        body = data[end + 4 :]
        while len(body) < length:
            body += self._more()
        if CLOSE in head:  # hypercorn ends a connection after so many requests
            self._used_at = -FRESH_SECONDS
        return body

    def _more(self) -> bytes:
        data = self._socket.recv(READ)
        if not data:
            raise EOFError("the server has closed the connection")
        return data


def main(server: str, what: str) -> None:
    """Serve requests to a server as calls."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.subjects.rest_server", server],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    port = int(process.stdout.readline())
    own = threading.local()
    ready: dict[str, bytes] = {}

    def ask(request: bytes) -> bytes:
        try:
            connection: Connection = own.connection
        except AttributeError:
            connection = own.connection = Connection(port)
        return connection.ask(request)

    def request_for(path: str, method: str, params: Mapping[str, Any]) -> bytes:
        request = ready.get(method)
        if request is None:
            body = json.dumps({"method": method, "params": params}).encode()
            request = ready[method] = post(path, port, body)
        return request

    def call(method: str, params: Mapping[str, Any]) -> Any:
        return json.loads(ask(request_for("/api/plugins/echo/call", method, params)))["result"]

    def do_nothing(method: str, params: Mapping[str, Any]) -> Any:
        if ask(request_for(NO_OP, method, params)) != NO_OP_BODY:
            raise RuntimeError("the answer is not the right one")
        return params

    serve_blocking(call if what == "call" else do_nothing)
    process.stdin.close()
    process.wait(10)


def post(path: str, port: int, body: bytes) -> bytes:
    """Return a request as it is sent."""
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body
