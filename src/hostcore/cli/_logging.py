"""What the server writes about itself on standard error: for people, or as one JSON object a line.

Nobody waits for whoever reads it. Standard error may be a pipe that is full and that nobody empties: lines go through a
bounded queue to a thread, and are dropped and counted when it is full.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
import time
import traceback
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final, TextIO

# A few megabytes of lines: some seconds of a busy server.
MAX_QUEUED: Final = 10_000
# For the last lines when the server stops; a reader that has gone does not keep it.
_LAST_SECONDS: Final = 1.0
_PLACE: Final = "polyhost"
_MILLISECONDS: Final = 1000


class TextLines(logging.Formatter):
    """Writes for people: time, level, what."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback below it."""
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        line = f"{at}.{int(record.created * _MILLISECONDS) % _MILLISECONDS:03d} {record.levelname.lower()} {_message(record)}"
        return f"{line}\n{_traceback(record)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """Writes for programs: one object a line.

    Its members are `at` (ISO 8601, UTC), `level`, `logger`, `message`, those of the record's `fields`, and `traceback`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        members: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            members["traceback"] = _traceback(record)
        return json.dumps({name: value for name, value in members.items() if value is not None}, default=str)


def _message(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except (TypeError, ValueError) as error:
        # What a library of somebody else logs must not be able to end the writing.
        text = f"{record.msg!r} ({error})"
    # One record is one line, whatever it quotes; and no terminal is to act on what a client sent.
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _traceback(record: logging.LogRecord) -> str:
    return "".join(traceback.format_exception(*record.exc_info)).rstrip() if record.exc_info else ""


class _Lines(logging.Handler):
    """Passes lines to the thread that writes them."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._queue: queue.Queue[str | None] = queue.Queue(MAX_QUEUED)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; never waits."""
        try:
            self._queue.put_nowait(self.format(record))
        except queue.Full:
            self._dropped += 1

    def finish(self) -> None:
        """Write what is left, for a moment at most."""
        with suppress(queue.Full):
            self._queue.put_nowait(None)
            self._thread.join(_LAST_SECONDS)

    def _write(self) -> None:
        while (line := self._queue.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            with suppress(OSError, ValueError):  # nobody reads it any more; the host goes on
                if dropped:
                    self._stream.write(f"{dropped} lines of the log were dropped: nobody read them in time\n")
                self._stream.write(line + "\n")
                self._stream.flush()


@contextmanager
def logging_to_stderr(*, form: str, level: str, told: Container[str] = ()) -> Iterator[None]:
    """Write the log records of this process to standard error inside of the block.

    Args:
        form: `text` or `json`.
        level: the least important that is written.
        told: kinds of events that people are told of on standard error anyway; only programs get their records, too.
    """

    def is_news(record: logging.LogRecord) -> bool:
        event = getattr(record, "event", None)
        return not isinstance(event, dict) or event.get("kind") not in told

    handler = _Lines(sys.stderr)
    if form == "text":
        handler.addFilter(is_news)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.finish()


def as_json_line(message: str, *, at: float) -> str:
    """Return what the server says to people as a line of JSON: the same members as those of a record."""
    record = logging.LogRecord(_PLACE, logging.INFO, "", 0, message, None, None)
    record.created = at
    return JsonLines().format(record)
