"""The items of streams on their way to a plugin: each needs credit of the plugin, and room in the pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hostcore.errors import ProtocolError
from hostcore.protocol import Connection, Data, End
from hostcore.transports._cells import Cell, StreamCell, unsendable
from hostcore.transports._wire import Wire

HIGH_WATER: Final = 1024 * 1024
"""Queued bytes above which calls wait in line, first come first served, and items of streams wait, too."""


class Outflow:
    """Sends for the cells of streams, and holds them back while much is queued.

    Args:
        connection: makes the frames, and knows the credit.
        wire: says how much is queued.
        write: sends a frame.
        plugin: its id, for messages.
    """

    def __init__(
        self, connection: Connection, wire: Wire, *, write: Callable[[bytes], None], plugin: str
    ) -> None:
        self._connection = connection
        self._wire = wire
        self._write = write
        self._plugin = plugin
        self._held: set[StreamCell] = set()

    def __repr__(self) -> str:
        return f"<Outflow held={len(self._held)}>"

    def grant(self, cell: Cell, n: int) -> None:
        """Let the plugin send `n` more items."""
        self._write(self._connection.grant(cell.id, n))

    def may_send(self, cell: StreamCell) -> bool:
        """Whether there is credit for an item, and room; if not, the cell is told when that has changed."""
        if cell.id == 0 or self._connection.may_send_data(cell.id) <= 0:
            return False
        if self._wire.queued_bytes >= HIGH_WATER:
            self._held.add(cell)
            return False
        return True

    def send_item(self, cell: Cell, item: Any) -> None:
        """Send an item; there must be credit for it."""
        try:
            data = self._connection.send(Data(id=cell.id, item=item))
        except (ProtocolError, TypeError, ValueError, OverflowError) as error:
            raise unsendable(error, cell.method, self._plugin) from error
        if cell.record is not None:
            cell.record.request_bytes += len(data)
            cell.record.items_in += 1
        self._write(data)

    def send_end(self, cell: Cell) -> None:
        """Half-close the caller's side."""
        self._write(self._connection.send(End(id=cell.id)))

    def drained(self) -> None:
        """Have those look again that were held back, if there is room."""
        if self._held and self._wire.queued_bytes < HIGH_WATER:
            held, self._held = self._held, set()
            for cell in held:
                cell.may_send_more()

    def close(self) -> None:
        """Hold back nobody any more: the connection has ended, and each cell knows."""
        self._held.clear()
