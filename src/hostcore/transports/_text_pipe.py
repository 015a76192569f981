"""Reads a pipe that carries text for people, line by line, until its end."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable
from typing import Final

import trio

from hostcore.transports._flood import BYTES_A_REMARK, SIP, Flood
from hostcore.transports._lines import LineSplitter

TAIL_LINES: Final = 20
"""Lines kept for reports."""

REST: Final = 1024 * 1024
"""Bytes still read after the process has ended."""


class TextPipe:
    """Hands on the lines of one pipe; a flood is read slowly, and over-long lines are cut.

    Args:
        fd: to read from, non-blocking; it belongs to somebody else.
        heard: takes each line, without its end.

    Attributes:
        tail: its last lines.
    """

    def __init__(self, fd: int, heard: Callable[[str], None]) -> None:
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._fd = fd
        self._heard = heard
        self._lines = LineSplitter()

    def __repr__(self) -> str:
        return f"<TextPipe fd={self._fd}>"

    async def read_forever(self) -> None:
        """Read until the end of the pipe."""
        flood = Flood()
        while True:
            await trio.lowlevel.wait_readable(self._fd)
            try:
                chunk = os.read(self._fd, SIP)
            except BlockingIOError:
                continue
            if not chunk:
                return
            lines = self._lines.feed(chunk)
            self._hand_on(lines)
            flood.add(len(lines) + len(chunk) // BYTES_A_REMARK)
            if pause := flood.pause():
                await trio.sleep(pause)

    async def read_rest(self) -> None:
        """Read what is there without waiting for more, and hand on the last line, whole or not."""
        taken = 0
        with contextlib.suppress(BlockingIOError):
            while taken < REST and (chunk := os.read(self._fd, SIP)):
                taken += len(chunk)
                self._hand_on(self._lines.feed(chunk))
                await trio.lowlevel.checkpoint()
        self._hand_on(self._lines.flush())

    def _hand_on(self, lines: list[str]) -> None:
        for line in lines:
            self.tail.append(line)
            self._heard(line)
