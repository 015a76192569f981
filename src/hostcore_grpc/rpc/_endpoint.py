"""Drives one connection on trio: moves its bytes, shares out what may be sent, and ends it once, with a reason.

Nothing here waits on the way of a call: bytes go out in the caller, and what has no room or no credit stands in line
until the reader hears of some. One call has one message at most in line, so what is queued is bounded by the calls.
"""

from __future__ import annotations

import math
import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import trio
from trio.lowlevel import ParkingLot

from hostcore.errors import RemoteProtocolError
from hostcore_grpc.http2 import (
    Connection,
    ErrorCode,
    Limits,
    Role,
    SettingsChanged,
    WindowOpened,
)
from hostcore_grpc.rpc._exchange import Exchange
from hostcore_grpc.rpc._messages import MAX_MESSAGE, MessageFault
from hostcore_grpc.rpc._tls import TlsSocket, TlsWire
from hostcore_grpc.rpc._wire import LAST_WORDS, SocketWire, StreamWire, Wire, reason_of, released

HIGH_WATER: Final = 1024 * 1024
"""Queued bytes above which exchanges stand in line for the wire."""

USUAL_NOISE: Final = 8
"""Pings, window updates and the like in one read that are no flood: a server of grpc-go sends two with an answer."""

REPLIES_LIMIT: Final = 1024 * 1024
"""Further queued bytes at which the connection is given up: only a peer that makes us answer, and does not read, gets
there; callers wait."""

PIECE: Final = 256 * 1024
"""Bytes that an exchange sends in its turn, so that a large message does not hold up the others."""

PING: Final = b"polyhost"
"""What keepalive pings carry: any eight bytes."""


ByteStream: TypeAlias = trio.abc.Stream | TlsSocket
"""What a connection runs over; whoever takes it owns it. Fastest are a `trio.SocketStream` and a `TlsSocket`."""


def wire_of(stream: ByteStream) -> Wire:
    """Return the fastest wire for a stream."""
    if isinstance(stream, TlsSocket):
        return TlsWire(stream)
    if isinstance(stream, trio.SocketStream):
        return SocketWire(released(stream))
    return StreamWire(stream)


@dataclass(frozen=True, kw_only=True, slots=True)
class Keepalive:
    """Says how a silent connection is tried.

    A server of grpc-go ends a connection that pings it more often than every five minutes, unless it was told otherwise.

    Attributes:
        interval: seconds without a byte of the peer after which it is pinged.
        timeout: seconds in which any byte must come then.
    """

    interval: float
    timeout: float


class Endpoint(ABC):
    """Is one side of one gRPC connection; `run` must be running for anything to happen.

    Args:
        role: which side.
        stream: a connected byte stream, which it owns from now on.
        limits: of HTTP/2.
        max_message: the largest message that is taken, in bytes.
        keepalive: None sends no pings.
        noted: hears, in a sentence or a traceback, of faults of the host itself.
    """

    def __init__(
        self,
        role: Role,
        stream: ByteStream,
        *,
        limits: Limits | None = None,
        max_message: int = MAX_MESSAGE,
        keepalive: Keepalive | None = None,
        noted: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = Connection(role, limits)
        self.max_message = max_message
        self.ended = trio.Event()
        self.reason: str | None = None
        self._wire: Wire = wire_of(stream)
        self._wire.received = self._received
        self._wire.broken = self._broken
        self._wire.drained = self._drained
        self._keepalive = keepalive
        self._noted = noted
        self._heard_at = -math.inf
        self._exchanges: dict[int, Any] = {}
        self._line: deque[Exchange] = deque()
        self._idle = ParkingLot()  # who waits for the last exchange to end, or the last byte to go out
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            WindowOpened: self._on_window,
            SettingsChanged: self._on_settings,
        }
        self._wire.write(self.connection.initiate())

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.connection!r} in_flight={self.in_flight} reason={self.reason!r}>"
        )

    @property
    def in_flight(self) -> int:
        """Exchanges that have begun and not ended."""
        return len(self._exchanges)

    # -- the life of the connection

    async def run(self) -> None:
        """Drive the connection until it ends; cancelling ends it."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._wire.read_forever)
                nursery.start_soon(self._wire.write_forever)
                if self._keepalive is not None:
                    nursery.start_soon(self._keep_alive, self._keepalive)
                await self._serve()
                nursery.cancel_scope.cancel()
        finally:
            self.end("the connection was closed")
            # It closes a file descriptor, or forcefully a stream: neither waits.
            with trio.CancelScope(shield=True):
                await self._wire.aclose()

    async def _serve(self) -> None:
        """Do what goes on until the end."""
        await self.ended.wait()

    def end(self, reason: str) -> None:
        """End the connection at once; each exchange gets its outcome. A second call changes nothing."""
        if self.reason is None:
            self.reason = reason
            self._line.clear()
            self._wire.close()
            self.ended.set()
            self._connection_ended(reason)
            self._exchanges.clear()
            self._idle.unpark_all()

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Refuse new exchanges, say so to the peer, let those under way end for `grace` seconds, then end."""
        if self.reason is None:
            self._wire.write(self.connection.go_away())
            with trio.move_on_after(grace):
                while self._exchanges and self.reason is None:
                    await self._idle.park()
            with trio.move_on_after(LAST_WORDS):
                while self._wire.queued_bytes and self.reason is None:
                    await self._idle.park()
            self.end("the connection was closed")
        await self.ended.wait()

    @abstractmethod
    def _connection_ended(self, reason: str) -> None:
        """Give each exchange its outcome."""

    def _broken(self, error: Exception) -> None:
        if isinstance(error, EOFError):
            self.connection.receive_data(b"")
        elif not isinstance(error, OSError | trio.BrokenResourceError) and self._noted is not None:
            # A fault of the host itself while it took what the peer sent; it ends this one connection.
            self._noted("".join(traceback.format_exception(error)))
        self.end(reason_of(error))

    async def _keep_alive(self, keepalive: Keepalive) -> None:
        self._heard_at = trio.current_time()
        while True:
            due = self._heard_at + keepalive.interval
            if trio.current_time() < due:
                await trio.sleep_until(due)
                continue
            asked_at = trio.current_time()
            self._wire.write(self.connection.ping(PING))
            await trio.sleep(keepalive.timeout)
            if self._heard_at < asked_at:
                self.end(f"the peer did not answer a ping within {keepalive.timeout:g} s")
                return

    # -- receiving

    def _received(self, data: bytes) -> None:
        connection = self.connection
        if self.reason is not None:
            return
        connection.receive_data(data)
        if self._keepalive is not None:
            self._heard_at = trio.current_time()
        # Before what the events lead to: who changes its settings counts by them from our acknowledgement on.
        self._reply()
        handlers = self._handlers
        try:
            while self.reason is None and (event := connection.next_event()) is not None:
                # There is none for what is of no interest: a pong, the end of the input.
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except RemoteProtocolError as error:
            self.end(str(error))
        noise = connection.take_noise()
        if noise > USUAL_NOISE:
            self._wire.flood.add(noise)
        if self._wire.queued_bytes > HIGH_WATER + REPLIES_LIMIT:
            self._wire.write(connection.go_away(ErrorCode.ENHANCE_YOUR_CALM))
            self.end("the peer makes the host answer and does not read the answers")

    def _reply(self) -> None:
        replies = self.connection.take_replies()
        if replies:
            self._wire.write(replies)

    def _on_window(self, event: WindowOpened) -> None:
        if event.stream_id:
            exchange = self._exchanges.get(event.stream_id)
            if exchange is not None and len(exchange.outbox) and not exchange.is_queued:
                self._queue(exchange)
        self._flush()

    def _on_settings(self, _: SettingsChanged) -> None:
        for exchange in self._exchanges.values():  # any window may have grown
            if len(exchange.outbox) and not exchange.is_queued:
                self._queue(exchange)
        self._flush()

    # -- sending

    def push(self, exchange: Exchange) -> None:
        """Send what may be sent of an exchange, in its turn."""
        if not exchange.is_queued and exchange.stream_id:
            self._queue(exchange)
            self._flush()

    def _queue(self, exchange: Exchange) -> None:
        exchange.is_queued = True
        self._line.append(exchange)

    def _drained(self) -> None:
        self._flush()
        if not self._wire.queued_bytes:
            self._idle.unpark_all()

    def _flush(self) -> None:
        """Let those in line send while there is room and credit, one piece each in their turn."""
        line, wire, connection = self._line, self._wire, self.connection
        while line and wire.queued_bytes < HIGH_WATER:
            exchange = line[0]
            if len(exchange.outbox) and connection.send_window <= 0:
                return
            line.popleft()
            exchange.is_queued = False
            self._send_piece(exchange)

    def _send_piece(self, exchange: Exchange) -> None:
        """Send a piece of an outbox; who has more stands in line again, who lacks credit waits for it outside."""
        rest = exchange.outbox
        size = len(rest)
        if exchange.settled or not self.connection.is_open(exchange.stream_id):
            return
        if size:
            allowed = min(self.connection.may_send(exchange.stream_id), PIECE)
            if not allowed:
                return
            if allowed < size:
                rest = memoryview(rest)
                self._wire.write(self.connection.send_data(exchange.stream_id, rest[:allowed]))
                exchange.outbox = rest[allowed:]
                self._queue(exchange)
                return
        self._send_last(exchange)

    def _send_last(self, exchange: Exchange) -> None:
        """Send all of an outbox, and the end if it is due."""
        self._wire.write(
            self.connection.send_data(exchange.stream_id, exchange.outbox, ended=exchange.closing)
        )
        exchange.outbox = b""
        exchange.outbox_emptied()

    def _forget(self, exchange: Exchange) -> None:
        """Take an exchange off the list, once."""
        if self._exchanges.pop(exchange.stream_id, None) is not None and not self._exchanges:
            self._idle.unpark_all()

    def _reset(self, exchange: Exchange, code: ErrorCode) -> None:
        """End an exchange's stream, if it lives."""
        if self.reason is None and self.connection.is_open(exchange.stream_id):
            self._wire.write(self.connection.reset_stream(exchange.stream_id, code))

    def consume(self, exchange: Exchange, size: int) -> None:
        """Return bytes to the window of an exchange's stream: they were read."""
        if self.reason is None:
            self.connection.consume(exchange.stream_id, size)
            self._reply()

    @abstractmethod
    def fault(self, exchange: Exchange, fault: MessageFault) -> None:
        """End an exchange for a message that cannot be taken."""
