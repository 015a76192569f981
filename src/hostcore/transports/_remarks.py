"""What a plugin says beside its calls: records of its log, stray output, and what this version does not know."""

from __future__ import annotations

from collections import deque

from hostcore.protocol import ConnectionEvent, Log, StrayOutput
from hostcore.transports._contract import TransportListener
from hostcore.transports._flood import BYTES_A_REMARK, Flood
from hostcore.transports._text_pipe import TAIL_LINES


class Remarks:
    """Passes it on, and counts it: who says too much is read more slowly.

    Args:
        flood: counts it.
        listener: hears it.

    Attributes:
        tail: the last parts of stray output.
    """

    def __init__(self, flood: Flood, listener: TransportListener) -> None:
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._flood = flood
        self._listener = listener

    def __repr__(self) -> str:
        return f"<Remarks {self._flood!r}>"

    def on_log(self, event: Log) -> None:
        """Pass on a record."""
        self._flood.add(1)
        self._listener.log_received(event)

    def on_stray(self, event: StrayOutput) -> None:
        """Pass on stray output."""
        self._flood.add(1 + len(event.text) // BYTES_A_REMARK)
        self.tail.append(event.text)
        self._listener.stray_received(event.text)

    def ignore(self, _: ConnectionEvent) -> None:
        """Only count it: newer peers may send what this version does not know."""
        self._flood.add(1)
