"""Sees what goes over one channel, for the records of its calls and for who follows its messages."""

from __future__ import annotations

import time
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hostcore.protocol import (
    Cancel,
    Credit,
    Data,
    End,
    HostHello,
    Limits,
    Log,
    Message,
    PluginHello,
    Progress,
    Request,
    Response,
    UnknownNotification,
)
from hostcore.transports._records import CallRecord, Direction, MessageRecord, MessageTap, Observing

if TYPE_CHECKING:
    from hostcore.transports._channel import Channel

KINDS: Final[dict[type[Any], str]] = {
    PluginHello: "hello",
    HostHello: "hello",
    Request: "request",
    Response: "response",
    Data: "data",
    End: "end",
    Credit: "credit",
    Cancel: "cancel",
    Progress: "progress",
    Log: "log",
    UnknownNotification: "notification",
}


class _Known(NamedTuple):
    """Is what messages of a call do not say themselves."""

    method: str
    call: int | None


class ChannelWatch:
    """Counts the bytes of a channel's calls that have a record, and tells a tap of each message.

    It is on the connection only while somebody wants it: see `observe`.

    Args:
        channel: what it watches.
        instance: index of the plugin's instance.
        pid: its process.

    Attributes:
        starting: the record of the call whose request is being sent, or was sent last.
    """

    def __init__(self, channel: Channel, *, instance: int, pid: int) -> None:
        self.instance = instance
        self.pid = pid
        self.starting: CallRecord | None = None
        self._channel = channel
        self._connection = channel.connection
        self._tap: MessageTap | None = None
        self._observing = Observing()
        self._known: dict[int, _Known] = {}
        self._sizes: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<ChannelWatch pid={self.pid} tapped={self._tap is not None}>"

    def observe(self, observing: Observing) -> None:
        """See from now on what this says."""
        if observing == self._observing:
            return
        self._observing = observing
        self._tap = observing.tap
        self._known.clear()
        connection = self._connection
        connection.on_sent = None if observing.tap is None else self._sent
        if observing.tap is not None:
            connection.on_received = self._received
        else:
            connection.on_received = self._measure if observing.measured else None

    def size_of(self, wire_id: int) -> int:
        """Return the bytes of a request of the plugin, once; 0 when nobody has measured it."""
        return self._sizes.pop(wire_id, 0)

    def _measure(self, message: Message | UnknownNotification, size: int) -> None:
        kind = type(message)
        if kind is Response or kind is Data:
            cell = self._channel.cells.get(message.id)  # type: ignore[union-attr] # of one of these kinds
            if cell is not None and cell.record is not None:
                cell.record.response_bytes += size
        elif kind is Request:
            self._sizes[message.id] = size  # type: ignore[union-attr] # as above

    def _received(self, message: Message | UnknownNotification, size: int) -> None:
        self._measure(message, size)
        self._tell(message, size, Direction.TO_HOST)

    def _sent(self, message: Message, size: int) -> None:
        self._tell(message, size, Direction.TO_PLUGIN)

    def _tell(self, message: Message | UnknownNotification, size: int, direction: Direction) -> None:
        tap = self._tap
        if tap is None:
            return
        wire_id = getattr(message, "id", None)
        known = self._find(message, wire_id, direction) if wire_id is not None else None
        tap(
            MessageRecord(
                at=time.time(),
                plugin=self._channel.plugin,
                instance=self.instance,
                pid=self.pid,
                direction=direction,
                kind=KINDS[type(message)],
                wire_id=wire_id,
                method=known.method if known is not None else getattr(message, "method", None),
                size=size,
                call=known.call if known is not None else None,
                value=_value(message),
                is_error=type(message) is Response and message.error is not None,
            )
        )

    def _find(
        self, message: Message | UnknownNotification, wire_id: int, direction: Direction
    ) -> _Known | None:
        """Return what is known of the call that a message belongs to; the answer is the last that needs it."""
        if type(message) is Request:
            if direction is Direction.TO_PLUGIN:
                record = None if message.method.startswith("$/") else self.starting
            else:
                parent = self._channel.cell(message.meta.get("parent", 0))
                record = parent.record if parent is not None else None
            known = _Known(message.method, record.id if record is not None else None)
            self._known[wire_id] = known
            return known
        if type(message) is Response:
            return self._known.pop(wire_id, None) or self._from_cell(wire_id)
        return self._known.get(wire_id) or self._from_cell(wire_id)

    def _from_cell(self, wire_id: int) -> _Known | None:
        """Find a call that was made before anybody followed messages."""
        cell = self._channel.cell(wire_id)
        if cell is None:
            return None
        return _Known(cell.method, cell.record.id if cell.record is not None else None)


def _value(message: Message | UnknownNotification) -> Any:
    match message:
        case Request() | UnknownNotification():
            return message.params
        case Response(error=None):
            return message.result
        case Response():
            return _fields(message.error)
        case Data():
            return message.item
        case _:
            return _fields(message)


def _fields(fact: Any) -> dict[str, Any]:
    named = {each.name: getattr(fact, each.name) for each in fields(fact)}
    return {name: asdict(each) if isinstance(each, Limits) else each for name, each in named.items()}
