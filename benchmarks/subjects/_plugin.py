"""The plugin program, as the peers start it: bare pipes, and the hellos done by hand."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from struct import Struct
from types import TracebackType
from typing import Any, Final, Self

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

ECHO: Final = Path(__file__).parent.parent / "echo"
HEADER: Final = Struct(">I")
BIG_PIPE: Final = 1024 * 1024
"""Size of a grown pipe: the same as the host's."""

HELLO: Final[list[Any]] = [
    2,
    "$/hello",
    [
        {
            "protocol": 1,
            "host": {"name": "benchmark", "version": "1"},
            "interfaces": {"Echo": "1.0"},
            "features": ["async", "cancel"],
            "config": {},
            "limits": {"frame": 4 * BIG_PIPE, "inflight": 1024},
            "services": [],
        }
    ],
]


def frame(message: Any) -> bytes:
    """Encode one message."""
    body: bytes = msgpack.packb(message)
    return HEADER.pack(len(body)) + body


class PluginProcess:
    """Runs the echo plugin and does the handshake; a context manager that ends the process.

    Attributes:
        read_fd: its stdout.
        write_fd: its stdin.
    """

    def __init__(self) -> None:
        environment: Mapping[str, str] = {**os.environ, "POLYHOST_PLUGIN": "1", "POLYHOST_PROTOCOL": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "polyhost_plugin", "main.py"],
            cwd=ECHO,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.write_fd = self._process.stdin.fileno()
        self.read_fd = self._process.stdout.fileno()
        read_message(self.read_fd)
        os.write(self.write_fd, frame(HELLO))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def grow_pipes(self) -> None:
        """Give both pipes the size that the host gives them for large payloads."""
        for fd in (self.read_fd, self.write_fd):
            with contextlib.suppress(OSError):  # above the user's limit: as the host, go on without
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, BIG_PIPE)


def read_exactly(fd: int, size: int) -> bytes:
    """Read `size` bytes from a blocking descriptor."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, size - len(parts))
        if not part:
            raise EOFError("the plugin has ended")
        parts += part
    return bytes(parts)


def read_message(fd: int) -> Any:
    """Read one message from a blocking descriptor."""
    return msgpack.unpackb(read_exactly(fd, *HEADER.unpack(read_exactly(fd, HEADER.size))))


class Frames:
    """Cuts what was read into messages, as simple as it can be."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Return the messages that are complete now."""
        rest = self._rest
        rest += data
        found, at = [], 0
        while len(rest) - at >= HEADER.size:
            (size,) = HEADER.unpack_from(rest, at)
            end = at + HEADER.size + size
            if end > len(rest):
                break
            found.append(msgpack.unpackb(memoryview(rest)[at + HEADER.size : end]))
            at = end
        if at:
            del rest[:at]
        return found
