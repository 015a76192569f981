"""Thousands of connection attempts, most of them bad: the server neither grows, nor loses a call, nor ends."""

from __future__ import annotations

import gc
import itertools
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
import trio
from scripted_host import ScriptedHost
from tls_support import Certificate, make_certificate
from web_support import Server, read_to_end, run_server

from hostweb_api import Addresses, ConnectionLimits, TcpAddress, UnixAddress

# What a bounded number of clients at once makes of it; more than there may be connections.
AT_ONCE: Final = 96
MOST_CONNECTIONS: Final = 64
CALLERS: Final = 4
# What caches, arenas of the allocator and lazily made tables may take; a leak of a few kilobytes a connection is ten
# times that after ten thousand.
GROWTH_BYTES: Final = 24 * 1024 * 1024

CALL: Final = "POST /api/plugins/demo/call HTTP/1.1"
WRONG: Final = (
    b"",
    b"GET /api/health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /api/health HTTP/1.1\r\nHost: 127",
    b"POST /api/plugins/load HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 99999999\r\n\r\n{",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /api/health HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer polyhost_x\r\n\r\n" * 3,
    b"\x00" * 3000,
)


class Storm:
    """Sends connections to a server, and calls among them.

    Args:
        server: the server.
        certificate: what its TLS port has.
        path: its socket.
    """

    def __init__(self, server: Server, certificate: Certificate, path: Path) -> None:
        self.server = server
        self.tls_port = int(server.urls[1].rpartition(":")[2])
        self.trusted = certificate.client_context()
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.answered = 0
        self.over = trio.Event()

    async def run(self, attempts: int) -> None:
        """Make attempts, a bounded number at once, while callers go on."""
        numbers = iter(range(attempts))

        async def attack() -> None:
            for number in numbers:
                with trio.move_on_after(30) as scope:
                    await self.attempt(number)
                assert not scope.cancelled_caught, f"attempt {number} hangs"

        async with trio.open_nursery() as calling:
            for _ in range(CALLERS):
                calling.start_soon(self.call)
            async with trio.open_nursery() as attacking:
                for _ in range(AT_ONCE):
                    attacking.start_soon(attack)
            self.over.set()

    async def attempt(self, number: int) -> None:
        """Connect, send something wrong or nothing, and go in one of several ways."""
        try:
            if number % 3 == 0:
                stream: Any = await trio.open_unix_socket(self.path)
            else:
                port = self.server.port if number % 3 == 1 else self.tls_port
                stream = await trio.open_tcp_stream("127.0.0.1", port)
        except OSError as error:
            self.outcomes[type(error).__name__] += 1
            return
        async with stream:
            try:
                await stream.send_all(WRONG[number % len(WRONG)])
                if number % 5 == 0:
                    return  # without reading
                if number % 5 == 1:
                    await stream.send_eof()
                with trio.move_on_after(0.05):
                    while await stream.receive_some():
                        pass
                self.outcomes["done"] += 1
            except trio.BrokenResourceError:
                self.outcomes["reset"] += 1

    async def call(self) -> None:
        """Call until the storm is over: each call gets its own answer, or was never taken."""
        for number in itertools.count():
            if self.over.is_set():
                return
            body = json.dumps({"method": "Demo.Echo", "params": {"number": number}}).encode()
            length = (f"Content-Length: {len(body)}", "Content-Type: application/json", "Connection: close")
            try:
                async with await trio.open_tcp_stream("127.0.0.1", self.server.port) as stream:
                    await stream.send_all(self.server.head(CALL, *length) + body)
                    answer = await read_to_end(stream, timeout=60)
            except (OSError, trio.BrokenResourceError):
                answer = b""
            if not answer:
                # Closed before it was read: there were too many connections.
                self.outcomes["refused caller"] += 1
                await trio.sleep(0.01)
                continue
            head, _, result = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            assert json.loads(result) == {"result": {"number": number}}
            self.answered += 1


def tasks_now() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def weather(scripted: ScriptedHost, tmp_path: Path, attempts: int) -> None:
    """Send a storm twice, and hold what the server has after the second against what it had after the first."""
    taken = 0

    async def echo(params: dict[str, Any], seconds: float | None) -> Any:
        nonlocal taken
        taken += 1
        return params

    scripted.handlers["Demo.Echo"] = echo
    certificate = make_certificate(tmp_path)
    addresses = Addresses(
        all=(TcpAddress(port=0), TcpAddress(port=0, is_tls=True), UnixAddress(path=tmp_path / "s")),
        tls_cert=certificate.cert,
        tls_key=certificate.key,
    )
    limits = ConnectionLimits(
        idle_timeout=0.5, write_timeout=1.0, linger=0.2, max_connections=MOST_CONNECTIONS
    )
    process = psutil.Process(os.getpid())
    seen = []
    async with run_server(scripted, addresses=addresses, limits=limits, grace=20.0) as server:
        files, tasks = process.num_fds(), tasks_now()
        for share in (attempts // 5, attempts):
            storm = Storm(server, certificate, tmp_path / "s")
            earlier = taken
            await storm.run(share)
            with trio.fail_after(60):
                # Each connection ends: what is left are the listeners, and the odd file of a library.
                while process.num_fds() > files + 4 or tasks_now() > tasks + 4:  # noqa: ASYNC110 - the kernel has no event for it
                    await trio.sleep(0.05)
            assert storm.answered > 0
            # A call that was begun was answered.
            assert taken - earlier == storm.answered
            gc.collect()
            seen.append(process.memory_info().rss)
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/api/health")).json()["status"] == "ok"
        assert await server.stop() < 15
    before, after = seen
    assert after - before < GROWTH_BYTES


async def test_hundreds_of_attempts(scripted: ScriptedHost, tmp_path: Path) -> None:
    """Over TCP, TLS and a socket: half a request, noise, silence, resets; the calls in between are all answered."""
    await weather(scripted, tmp_path, 800)


@pytest.mark.long
async def test_ten_thousand_attempts(scripted: ScriptedHost, tmp_path: Path) -> None:
    """The same, ten thousand times: what a connection leaves behind would show."""
    await weather(scripted, tmp_path, 10_000)
