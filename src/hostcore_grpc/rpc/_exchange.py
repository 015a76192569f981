"""One stream of a connection, with messages in both directions: what a client's call and a server's have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import trio

from hostcore.transports import ParkingSpace
from hostcore_grpc.http2 import Headers
from hostcore_grpc.rpc._messages import IDENTITY, MessageFault, MessageReader, frame_message
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode

if TYPE_CHECKING:
    from hostcore_grpc.rpc._endpoint import Endpoint


class Exchange(ABC):
    """Is one stream: what is still to be sent on it, and the messages that came.

    Attributes:
        path: `/package.Service/Method`.
        deadline: in `trio.current_time`, infinite for none.
        metadata: encoded, to be sent first.
        headers: what came first from the peer.
        trailers: what came last.
        stream_id: 0 before it has begun.
        outbox: bytes that wait for credit or for room, at most one message.
        closing: whether this side ends after the outbox.
        is_queued: whether it stands in its endpoint's line of those that may send.
        settled: whether the outcome is known.
        failure: the outcome, unless all went well.
        encoding: how the peer's messages are compressed, if they are.
    """

    # As attributes of the class: an exchange is made for each call, and most of them change few of these.
    stream_id = 0
    metadata = b""
    headers: Headers = ()
    trailers: Headers = ()
    outbox: bytes | memoryview = b""
    closing = False
    is_queued = False
    settled = False
    failure: RpcError | None = None
    encoding = IDENTITY

    def __init__(self, endpoint: Endpoint, path: str, deadline: float) -> None:
        self.endpoint: Any = endpoint  # each side's exchanges know their own kind
        self.path = path
        self.deadline = deadline

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path} stream={self.stream_id} settled={self.settled}>"

    @abstractmethod
    def data_received(self, data: bytes) -> None:
        """Take data of the peer."""

    def outbox_emptied(self) -> None:  # noqa: B027 - only what sends piece by piece has to hear it
        """Hear that all of the outbox has gone out."""

    @abstractmethod
    def settle(self, failure: RpcError | None) -> None:
        """Give the exchange its one outcome; a second call changes nothing."""


class Duplex(Exchange):
    """Is an exchange whose messages come and go one by one.

    One task at a time may iterate; any number may send, in the order they come.
    """

    def __init__(self, endpoint: Endpoint, path: str, deadline: float) -> None:
        super().__init__(endpoint, path, deadline)
        self.reader = MessageReader(endpoint.max_message)
        self._early = 0  # bytes of the unfinished message that were returned to the peer's window already
        self._receiver = ParkingSpace()
        self._sender = ParkingSpace()  # of the one that holds the lock
        self._sending = trio.StrictFIFOLock()

    # -- receiving

    def data_received(self, data: bytes) -> None:
        """Keep data until it is asked for; the peer gets credit for what is asked for, and for the message it is at."""
        self.reader.feed(data)
        self._return_early()
        if self.reader.is_ready:
            self._receiver.wake()

    def _return_early(self) -> None:
        # A message may be larger than the window: what has come of it must not count against the rest of it.
        reader = self.reader
        if not reader.is_ready and reader.held > self._early:
            self.endpoint.consume(self, reader.held - self._early)
            self._early = reader.held

    def __aiter__(self) -> Duplex:
        return self

    async def __anext__(self) -> bytes:
        message = await self.receive()
        if message is None:
            raise StopAsyncIteration
        return message

    async def receive(self) -> bytes | None:
        """Return the peer's next message; None when it has ended well. Messages that came before a failure come first.

        Raises:
            RpcError: the call has failed.
            trio.BusyResourceError: another task waits for a message.
        """
        await trio.lowlevel.checkpoint()
        while not self.reader.is_ready:
            if self._has_ended():
                if self.failure is not None:
                    raise self.failure.with_traceback(None)
                if not self.reader.held:
                    return None
                self.endpoint.fault(self, MessageFault("the data ends in the middle of a message"))
            else:
                await self._park()
        held = self.reader.held
        try:
            message = self.reader.take(self.encoding)
        except MessageFault as fault:
            self.endpoint.fault(self, fault)
            raise (self.failure or fault).with_traceback(None) from None
        self.endpoint.consume(self, held - self.reader.held - self._early)
        self._early = 0
        self._return_early()
        return message

    def _has_ended(self) -> bool:
        """Whether the peer sends no further message."""
        return self.settled

    async def _park(self) -> None:
        if self._receiver.is_taken:
            raise trio.BusyResourceError("another task waits for a message of this call")
        await self._receiver.park()

    # -- sending

    async def send(self, message: bytes) -> None:
        """Send one message, after those before it have gone out; raises what made the call fail.

        A cancelled `send` has sent the message whole or not at all.

        Raises:
            RpcError: the call has failed.
            trio.ClosedResourceError: this side has ended, or the peer has answered already.
        """
        framed = frame_message(message)
        async with self._sending:
            while len(self.outbox) and not self.settled:
                await self._sender.park()
            if self.failure is not None:
                raise self.failure.with_traceback(None)
            if self.settled or self.closing:
                raise trio.ClosedResourceError("the call takes no more messages")
            self.outbox = framed
            self.endpoint.push(self)

    def outbox_emptied(self) -> None:
        """Let the next sender go."""
        self._sender.wake()

    def settle(self, failure: RpcError | None) -> None:
        """Give the exchange its one outcome; a second call changes nothing."""
        if not self.settled:
            self.settled = True
            self.failure = failure
            self.outbox = b""
            self._receiver.wake()
            self.outbox_emptied()


def fault_error(fault: MessageFault) -> RpcError:
    """Return what it means that a message cannot be taken."""
    if fault.is_limit:
        return RpcError(StatusCode.RESOURCE_EXHAUSTED, str(fault), origin=Origin.CALLER)
    return RpcError(StatusCode.INTERNAL, str(fault), origin=Origin.VIOLATION)
