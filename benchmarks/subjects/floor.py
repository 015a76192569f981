"""The floor: a blocking host side without an event loop, `os.write` and `os.read` of length-prefixed msgpack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from benchmarks._works import KIB
from benchmarks.subjects._plugin import BIG_PIPE, HEADER, PluginProcess
from benchmarks.subjects._serve import serve_blocking


class BlockingHost:
    """Calls the plugin, one call at a time; it does nothing that is not needed."""

    def __init__(self, plugin: PluginProcess) -> None:
        self._plugin = plugin
        self._pack = msgpack.Packer().pack
        self._buffer = memoryview(bytearray(4 * BIG_PIPE))
        self._id = 1
        self._grown = False

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Make one call."""
        self._id += 2
        body = self._pack((0, self._id, method, (params,)))
        data = HEADER.pack(len(body)) + body
        if not self._grown and len(data) > 64 * KIB:
            self._grown = True
            self._plugin.grow_pipes()
        written = os.write(self._plugin.write_fd, data)
        while written < len(data):
            written += os.write(self._plugin.write_fd, memoryview(data)[written:])
        have = os.readv(self._plugin.read_fd, (self._buffer,))
        (size,) = HEADER.unpack_from(self._buffer)
        whole = HEADER.size + size
        while have < whole:
            have += os.readv(self._plugin.read_fd, (self._buffer[have:],))
        answer = msgpack.unpackb(self._buffer[HEADER.size : whole])
        if answer[1] != self._id or answer[2] is not None:
            raise RuntimeError(f"unexpected answer: {answer[:3]}")
        return answer[3]


def main() -> None:
    """Serve the floor."""
    with PluginProcess() as plugin:
        serve_blocking(BlockingHost(plugin).call)
