"""The host's design on asyncio: a protocol that decodes as data comes, write at once, a future a call, no deadline."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from benchmarks._works import KIB
from benchmarks.subjects._plugin import Frames, PluginProcess, frame
from benchmarks.subjects._serve import serve_asyncio


class Answers(asyncio.Protocol):
    """Takes what the plugin sends and settles the futures."""

    def __init__(self) -> None:
        self._frames = Frames()
        self.waiting: dict[int, asyncio.Future[Any]] = {}

    def data_received(self, data: bytes) -> None:
        """Settle what was answered."""
        for message in self._frames.feed(data):
            future = self.waiting.pop(message[1])
            if message[2] is None:
                future.set_result(message[3])
            else:
                future.set_exception(RuntimeError(str(message[2])))


class AsyncioHost:
    """Calls the plugin."""

    def __init__(self, plugin: PluginProcess, answers: Answers, writer: asyncio.WriteTransport) -> None:
        self._plugin = plugin
        self._answers = answers
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._id = 1
        self._grown = False

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Make one call."""
        self._id = call_id = self._id + 2
        data = frame((0, call_id, method, (params,)))
        if not self._grown and len(data) > 64 * KIB:
            self._grown = True
            self._plugin.grow_pipes()
        future = self._answers.waiting[call_id] = self._loop.create_future()
        self._writer.write(data)
        return await future


async def _run(plugin: PluginProcess) -> None:
    loop = asyncio.get_running_loop()
    # Duplicates: the transports close theirs, and the process's own objects close the others.
    _, answers = await loop.connect_read_pipe(Answers, open(os.dup(plugin.read_fd), "rb", 0))  # noqa: ASYNC230, PTH123, SIM115 - a pipe: nothing blocks, the transport closes it
    writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, open(os.dup(plugin.write_fd), "wb", 0))  # noqa: ASYNC230, PTH123, SIM115 - as above
    await serve_asyncio(AsyncioHost(plugin, answers, writer).call)
    writer.close()


def main() -> None:
    """Serve the asyncio design."""
    with PluginProcess() as plugin:
        asyncio.run(_run(plugin))
