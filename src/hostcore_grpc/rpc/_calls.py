"""The calls of a client, each from the moment it is made until its one outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from trio import current_time
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from hostcore_grpc.http2 import ErrorCode
from hostcore_grpc.rpc._exchange import Duplex, Exchange, fault_error
from hostcore_grpc.rpc._messages import PREFIX, PREFIX_SIZE, MessageFault, MessageReader
from hostcore_grpc.rpc._metadata import Metadata, decode_metadata
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode, error_of_reset

if TYPE_CHECKING:
    from outcome import Outcome


class Call(Exchange):
    """Is one call of a client, from the moment it is made until its one outcome.

    Attributes:
        aside: whether it belongs to the connection, and is none of those that are counted.
        about: whatever its caller wants to find with it again.
    """

    aside = False
    about: object = None

    def expire(self) -> None:
        """Let the caller go: the deadline has passed."""
        self.endpoint.abandon(self, self._too_late())

    def complete(self) -> None:
        """Take that the server has ended the call well."""
        self.settle(None)

    def reset_received(self, code: int) -> None:
        """Take that the server has reset the stream.

        A server keeps the deadline, too: a cancellation that comes after it means the deadline, as in grpc-go.
        """
        if code == ErrorCode.CANCEL and self.deadline <= current_time():
            self.settle(self._too_late())
        else:
            self.settle(error_of_reset(code))

    def _too_late(self) -> RpcError:
        text = f"{self.path} did not answer in time"
        return RpcError(StatusCode.DEADLINE_EXCEEDED, text, origin=Origin.DEADLINE)

    @property
    def initial_metadata(self) -> Metadata:
        """What the server sent before its first message."""
        return decode_metadata(self.headers)

    @property
    def trailing_metadata(self) -> Metadata:
        """What the server sent with the status."""
        return decode_metadata(self.trailers)


class UnaryCall(Call):
    """Is a call with one message each way; also the `Outcome` that wakes its caller, which saves an object a call."""

    closing = True
    message: bytes | None = None
    task: Task | None = None
    reader: MessageReader | None = None  # for an answer that does not come in one piece

    def data_received(self, data: bytes) -> None:
        """Take data of the answer, of which one message is due."""
        reader = self.reader
        if reader is None:
            if self.message is None and len(data) >= PREFIX_SIZE:
                flag, size = PREFIX.unpack_from(data)
                if not flag and len(data) == PREFIX_SIZE + size and size <= self.endpoint.max_message:
                    self.message = data[PREFIX_SIZE:]
                    return
            reader = self.reader = MessageReader(self.endpoint.max_message)
        self.endpoint.consume(self, len(data))  # the caller waits for all of it, so nothing holds up credit
        reader.feed(data)
        try:
            while (message := reader.take(self.encoding)) is not None:
                if self.message is not None:
                    self.endpoint.fault(self, MessageFault("a second message came where one is due"))
                    return
                self.message = message
        except MessageFault as fault:
            self.endpoint.fault(self, fault)

    def complete(self) -> None:
        """Take that the server has ended the call well: its message must be there, whole."""
        if self.reader is not None and self.reader.held:
            self.settle(fault_error(MessageFault("the data ends in the middle of a message")))
        elif self.message is None:
            self.settle(fault_error(MessageFault("no message came where one is due")))
        else:
            self.settle(None)

    def settle(self, failure: RpcError | None) -> None:
        """Give the call its one outcome and wake the caller; a second call changes nothing."""
        if not self.settled:
            self.settled = True
            self.failure = failure
            self.outbox = b""
            if self.task is not None:
                task, self.task = self.task, None
                reschedule(task, cast("Outcome[Any]", self))

    def unwrap(self) -> bytes:
        """Return the answer, once, or raise what went wrong."""
        if self.failure is not None:
            raise self.failure
        # The heap of deadlines keeps settled calls for a while; it must not keep their answers.
        message, self.message = self.message, None
        return cast("bytes", message)

    def cancel(self) -> None:
        """Let the server know that nobody waits for the answer any more."""
        self.endpoint.abandon(self, _cancelled())

    async def wait(self) -> bytes:
        """Park the caller until the outcome; a cancelled caller abandons the call."""
        self.task = current_task()
        return cast("bytes", await wait_task_rescheduled(self._abort))

    def _abort(self, _: object) -> Abort:
        self.task = None
        self.cancel()
        return Abort.SUCCEEDED


class StreamCall(Duplex, Call):
    """Is a call with any number of messages either way; leave it through `close` or as a context manager.

    Iterate over the answers, or take them with `receive`. The call fails for whoever sends or receives next.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> StreamCall:
        return self

    async def end(self) -> None:
        """Say that no more messages will be sent, after those that still wait; a second call does nothing."""
        async with self._sending:
            if not self.closing and not self.settled:
                self.closing = True
                self.endpoint.push(self)

    def close(self) -> None:
        """Cancel the call unless it has ended."""
        self.endpoint.abandon(self, _cancelled())


def _cancelled() -> RpcError:
    return RpcError(StatusCode.CANCELLED, "the caller gave up", origin=Origin.CALLER)
