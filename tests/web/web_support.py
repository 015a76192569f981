"""A served API on a real socket, and clients for it: polite ones and raw ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import trio

from hostweb_api import Addresses, ConnectionLimits, TcpAddress, serve_api

# Short enough to be waited for, long enough for a busy machine.
FREE_PORT = Addresses(all=(TcpAddress(port=0),))
LIMITS = ConnectionLimits(idle_timeout=5.0, write_timeout=1.0, linger=1.0)


@dataclass
class Server:
    """Is a served API."""

    url: str
    port: int
    stopping: trio.Event
    stopped: trio.Event
    clients: AsyncExitStack
    urls: tuple[str, ...] = ()

    async def stop(self) -> float:
        """Stop it; returns how many seconds that took."""
        begin = trio.current_time()
        self.stopping.set()
        with trio.fail_after(60):
            await self.stopped.wait()
        return trio.current_time() - begin

    async def connect(self) -> trio.SocketStream:
        """Connect; the stream is closed at the latest when the server's block is left."""
        return await self.clients.enter_async_context(await trio.open_tcp_stream("127.0.0.1", self.port))

    @asynccontextmanager
    async def live(self, path: str, *lines: str, body: bytes | None = None) -> AsyncIterator[Live]:
        """Send a request and read the head of its answer."""
        with trio.fail_after(60):
            async with await self.connect() as stream:
                if body is None:
                    await stream.send_all(self.head(f"GET {path} HTTP/1.1", *lines))
                else:
                    length = (f"Content-Length: {len(body)}", "Content-Type: application/json")
                    await stream.send_all(self.head(f"POST {path} HTTP/1.1", *length, *lines) + body)
                answer = Live(stream)
                await answer.read_head()
                yield answer

    def head(self, start: str, *lines: str) -> bytes:
        """Return a request head with the right Host."""
        return "\r\n".join([start, f"Host: 127.0.0.1:{self.port}", *lines, "", ""]).encode()


@asynccontextmanager
async def run_server(host: Any, **options: Any) -> AsyncIterator[Server]:
    stopping, stopped = trio.Event(), trio.Event()

    async def run(task_status: trio.TaskStatus[tuple[str, ...]]) -> None:
        await serve_api(
            host,
            stopping=stopping,
            task_status=task_status,
            **{"limits": LIMITS, "grace": 2.0, "addresses": FREE_PORT, **options},
        )
        stopped.set()

    async with trio.open_nursery() as nursery:
        urls = await nursery.start(run)
        port = int(next((url.rpartition(":")[2] for url in urls if not url.startswith("unix:")), 0))
        async with AsyncExitStack() as clients:
            yield Server(
                url=urls[0], urls=urls, port=port, stopping=stopping, stopped=stopped, clients=clients
            )
        stopping.set()


class Live:
    """Is a request whose answer goes on: the head, then the lines of its chunked body as they come."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._raw = b""
        self._text = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended_properly = False

    async def aclose(self) -> None:
        """Leave."""
        await self._stream.aclose()

    async def _more(self) -> None:
        part = await self._stream.receive_some()
        assert part, "the server closed before the end"
        self._raw += part

    async def _take_to(self, end: bytes) -> bytes:
        while end not in self._raw:
            await self._more()
        taken, _, self._raw = self._raw.partition(end)
        return taken

    async def read_head(self) -> None:
        start, *lines = (await self._take_to(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(start.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    async def line(self) -> str | None:
        """Return the next line, or None at the proper end of the body."""
        while b"\n" not in self._text:
            size = int(await self._take_to(b"\r\n"), 16)
            if size == 0:
                self.ended_properly = True
                return None
            while len(self._raw) < size + 2:
                await self._more()
            self._text += self._raw[:size]
            self._raw = self._raw[size + 2 :]
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    async def body(self) -> bytes:
        """Return all of a body that has a length."""
        while len(self._raw) < int(self.headers["content-length"]):
            await self._more()
        return self._raw

    async def rest(self) -> list[str]:
        """Return all lines up to the end."""
        found = []
        while (line := await self.line()) is not None:
            found.append(line)
        return found


async def read_to_end(stream: trio.SocketStream, *, timeout: float = 10) -> bytes:
    """Read until the server closes; a reset counts as that."""
    parts = []
    with trio.fail_after(timeout):
        try:
            while data := await stream.receive_some():
                parts.append(data)
        except trio.BrokenResourceError:
            pass
    return b"".join(parts)


async def read_until(stream: trio.SocketStream, end: bytes) -> bytes:
    data = b""
    with trio.fail_after(60):
        while end not in data:
            part = await stream.receive_some()
            assert part, data
            data += part
    return data
