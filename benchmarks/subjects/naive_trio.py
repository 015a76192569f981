"""The naive trio design: streams, a Lock around `send_all`, an Event and a cancel scope's deadline-free wait a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import trio

from benchmarks.subjects._plugin import Frames, PluginProcess, frame
from benchmarks.subjects._serve import serve_trio


class NaiveHost:
    """Is what one writes first: correct, simple, and what the host's own design is held against."""

    def __init__(self, plugin: PluginProcess) -> None:
        self._writer = trio.lowlevel.FdStream(plugin.write_fd)
        self._reader = trio.lowlevel.FdStream(plugin.read_fd)
        self._lock = trio.Lock()
        self._waiting: dict[int, tuple[trio.Event, list[Any]]] = {}
        self._id = 1

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Make one call."""
        self._id = call_id = self._id + 2
        event, box = self._waiting[call_id] = (trio.Event(), [])
        async with self._lock:
            await self._writer.send_all(frame([0, call_id, method, [params]]))
        await event.wait()
        _, _, error, result = box[0]
        if error is not None:
            raise RuntimeError(str(error))
        return result

    async def read(self) -> None:
        """Hand out answers until the plugin ends."""
        frames = Frames()
        while data := await self._reader.receive_some(65536):
            for message in frames.feed(data):
                event, box = self._waiting.pop(message[1])
                box.append(message)
                event.set()


async def _run(plugin: PluginProcess) -> None:
    host = NaiveHost(plugin)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(host.read)
        await serve_trio(host.call)
        nursery.cancel_scope.cancel()


def main() -> None:
    """Serve the naive design."""
    with PluginProcess() as plugin:
        trio.run(_run, plugin)
