"""Counts the bytes of calls, and tells of their messages, for those who observe them."""

from __future__ import annotations

import time
from typing import Any, Final

from hostcore.transports import CallRecord, Direction, MessageRecord, Observing

PREFIX_BYTES: Final = 5
"""Bytes in front of each message on the wire; the frames around them belong to the connection."""


class ConnectionWatch:
    """Says what is to be seen of one connection.

    Args:
        plugin: the plugin's id.
        instance: index of its instance.
        pid: its process.
        observing: what is to be seen.
    """

    def __init__(self, plugin: str, *, instance: int, pid: int, observing: Observing) -> None:
        self.plugin = plugin
        self.instance = instance
        self.pid = pid
        self.observing = observing

    def __repr__(self) -> str:
        return f"<ConnectionWatch of {self.plugin} pid={self.pid}>"

    def call(self, method: str, record: CallRecord | None) -> CallWatch | None:
        """See a call that begins; None when there is nothing to see."""
        if record is None:
            return None
        record.instance, record.pid = self.instance, self.pid
        return CallWatch(self, method, record)


class CallWatch:
    """Sees the messages of one call."""

    __slots__ = ("_connection", "_method", "_record")

    def __init__(self, connection: ConnectionWatch, method: str, record: CallRecord) -> None:
        self._connection = connection
        self._method = method
        self._record = record

    def __repr__(self) -> str:
        return f"<CallWatch of {self._record!r}>"

    @property
    def call(self) -> int:
        """The id of the call's record."""
        return self._record.id

    def sent(self, kind: str, data: bytes, value: Any) -> bytes:
        """See a message that is sent; returns its bytes."""
        self._record.request_bytes += len(data) + PREFIX_BYTES
        if kind == "data":
            self._record.items_in += 1
        self._tell(Direction.TO_PLUGIN, kind, len(data) + PREFIX_BYTES, value)
        return data

    def received(self, kind: str, data: bytes, value: Any) -> None:
        """See a message that has come."""
        self._record.response_bytes += len(data) + PREFIX_BYTES
        if kind == "data":
            self._record.items_out += 1
        self._tell(Direction.TO_HOST, kind, len(data) + PREFIX_BYTES, value)

    def failed(self, status: int, message: str) -> None:
        """See the status that a call has failed with; it comes in a header, which is not counted."""
        self._tell(Direction.TO_HOST, "response", 0, {"status": status, "message": message}, is_error=True)

    def ended(self, kind: str) -> None:
        """See the end of what the caller sends, or that it has gone."""
        self._tell(Direction.TO_PLUGIN, kind, 0, None)

    def _tell(
        self, direction: Direction, kind: str, size: int, value: Any, *, is_error: bool = False
    ) -> None:
        connection = self._connection
        tap = connection.observing.tap
        if tap is None:
            return
        tap(
            MessageRecord(
                at=time.time(),
                plugin=connection.plugin,
                instance=connection.instance,
                pid=connection.pid,
                direction=direction,
                kind=kind,
                wire_id=None,
                method=self._method,
                size=size,
                call=self._record.id,
                value=value,
                is_error=is_error,
            )
        )
