"""Cuts a byte stream into text lines, whatever it holds."""

from __future__ import annotations

from typing import Final

LINE_LIMIT: Final = 16 * 1024
"""Longest line that is kept; the rest of it is dropped and marked. Docker's json-file driver cuts at the same size."""

CUT_MARK: Final = " … (cut)"


class LineSplitter:
    """Takes chunks, gives whole lines without their ends; never holds more than `LINE_LIMIT` bytes."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._cutting = False

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that `chunk` completes."""
        *complete, tail = chunk.split(b"\n")
        lines = [line for part in complete if (line := self._complete(part)) is not None]
        self._extend(tail)
        return lines

    def flush(self) -> list[str]:
        """Return what is left at the end of the stream."""
        if not self._rest:
            return []
        line = self._complete(b"")
        return [] if line is None else [line]

    def _extend(self, part: bytes) -> None:
        if not self._cutting:
            self._rest += part[: LINE_LIMIT + 1 - len(self._rest)]
            self._cutting = len(self._rest) > LINE_LIMIT

    def _complete(self, part: bytes) -> str | None:
        self._extend(part)
        raw, cut = bytes(self._rest[:LINE_LIMIT]), self._cutting
        self._rest.clear()
        self._cutting = False
        text = raw.removesuffix(b"\r").decode("utf-8", "replace")
        return text + CUT_MARK if cut else text
