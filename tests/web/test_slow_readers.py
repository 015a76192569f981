"""Clients that follow events and hardly read: what they cost a real server, and everybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import trio
from live_support import LiveClient, open_live
from web_support import Live, Server

PROGRAM = Path(__file__).parent / "programs" / "eventful_host.py"

EVENTS = 20_000
"""Of 700 bytes: 14 MB for each client if they were kept, several times what is allowed."""

ALLOWED = 12 * 1024 * 1024
"""Bytes that the server may grow by: what is kept of the latest events, buffers, and what Python does not give back."""

SLOW_CLIENTS = 10


@asynccontextmanager
async def eventful_host(
    data: Path,
) -> AsyncIterator[tuple[Server, psutil.Process, Callable[[int], Awaitable[None]]]]:
    """Run the program; gives the server, its process, and a function that makes so many events happen."""
    process = await trio.lowlevel.open_process(
        [sys.executable, str(PROGRAM), str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = b""

    async def line() -> str:
        nonlocal said
        with trio.fail_after(60):
            while b"\n" not in said:
                part = await process.stdout.receive_some()
                assert part, "the server has ended"
                said += part
        found, _, said = said.partition(b"\n")
        return found.decode()

    async def happen(count: int) -> None:
        await process.stdin.send_all(f"{count}\n".encode())
        assert await line() == "done"

    try:
        url = await line()
        async with AsyncExitStack() as clients:
            port = int(url.rpartition(":")[2])
            server = Server(url=url, port=port, stopping=trio.Event(), stopped=trio.Event(), clients=clients)
            yield server, psutil.Process(process.pid), happen
        await process.stdin.aclose()
        with trio.fail_after(30):
            assert await process.wait() == 0
    finally:
        process.kill()
        await process.wait()


class Reader:
    """Follows all events and counts them; each is the next one, or a gap says what is missing."""

    def __init__(self) -> None:
        self.seen = 0
        self.missed = 0
        self.latest = 0

    def take(self, sequence: int) -> None:
        assert self.latest in (0, sequence - 1)
        self.latest = sequence
        self.seen += 1

    def gap(self, first: int, last: int) -> None:
        assert self.latest == first - 1
        self.latest = last
        self.missed += last - first + 1


async def read_sse(answer: Live, reader: Reader, last: int) -> None:
    """Read server-sent events up to one with this sequence."""
    kind = ""
    while reader.latest < last:
        line = await answer.line()
        assert line is not None
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            data = json.loads(line[6:])
            if kind == "gap":
                reader.gap(data["first"], data["last"])
            else:
                reader.take(data["sequence"])


async def read_live(client: LiveClient, reader: Reader, last: int) -> None:
    """Read events of the websocket up to one with this sequence."""
    while reader.latest < last:
        message = await client.hear()
        if message["type"] == "items":
            for item in message["items"]:
                reader.take(item["sequence"])
        elif message["type"] == "gap":
            reader.gap(reader.latest + 1, reader.latest + message["missed"])


async def follow(server: Server) -> Live:
    """Ask for server-sent events."""
    stream = await server.connect()
    await stream.send_all(server.head("GET /api/events HTTP/1.1"))
    answer = Live(stream)
    await answer.read_head()
    return answer


@pytest.mark.long
async def test_slow_readers_cost_nothing(tmp_path: Path) -> None:
    """Twenty thousand events with twenty clients that do not read: memory stays, a good reader gets all, calls go on."""
    async with (
        eventful_host(tmp_path) as (server, process, happen),
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
        AsyncExitStack() as open_ones,
    ):
        # What is kept in any case, and what Python takes when it is first used, is not growth.
        await happen(6000)
        before = process.memory_info().rss
        first = (await client.get("/api/health")).json()["last_event"]
        slow = [await follow(server) for _ in range(SLOW_CLIENTS)]
        sockets = [await open_ones.enter_async_context(open_live(server)) for _ in range(SLOW_CLIENTS)]
        for each in sockets:
            await each.say("subscribe", id="e", topic="events")
        good = await open_ones.enter_async_context(open_live(server))
        await good.say("subscribe", id="e", topic="events", after=f"{(await good.hear())['run']}-{first}")
        reader, answered, enough = Reader(), 0, trio.Event()
        reader.latest = first
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_live, good, reader, first + EVENTS)

            async def call() -> None:
                nonlocal answered
                while True:
                    body = {"method": "KeyValue.Put", "params": {"key": "a", "value": "b"}}
                    answer = await client.post("/api/plugins/kv-python/call", json=body)
                    assert answer.status_code == 200
                    answered += 1
                    if answered > 5:
                        enough.set()

            async with trio.open_nursery() as calling:
                calling.start_soon(call)
                await happen(EVENTS)
                with trio.fail_after(60):
                    await enough.wait()
                calling.cancel_scope.cancel()
        grown = process.memory_info().rss - before
        assert grown < ALLOWED
        assert reader.seen + reader.missed == EVENTS
        # Who reads again is told what is missing, and goes on.
        late = Reader()
        await read_sse(slow[0], late, first + EVENTS)
        assert late.missed > 0
        late = Reader()
        await read_live(sockets[0], late, first + EVENTS)
        assert late.missed > 0
