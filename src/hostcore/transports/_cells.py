"""One cell a call: what is known of it from the moment it is made until its one outcome."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import trio
from trio.lowlevel import Abort, ParkingLot, Task, current_task, reschedule, wait_task_rescheduled

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    HostError,
    InvalidParamsError,
    MethodNotFoundError,
)
from hostcore.protocol import ErrorInfo, Progress, Response, Status

if TYPE_CHECKING:
    from outcome import Outcome

    from hostcore.transports._channel import Channel
    from hostcore.transports._context import CallContext
    from hostcore.transports._contract import ProgressCallback
    from hostcore.transports._records import CallRecord

_NOTHING: Final[Mapping[str, Any]] = {}

STREAM_WINDOW: Final = 64
"""Items that a stream's sender may be ahead; gRPC implementations keep windows of the same order."""

STREAM_BYTES: Final = 1024 * 1024
"""Bytes of one stream that should be under way: the window shrinks to it as soon as large items have been seen."""

FIRST_CREDIT: Final = 16
"""Items that may come before any was seen: those of the largest usual size, 64 KiB, are `STREAM_BYTES`."""


class Cell:
    """Is one call in flight or waiting; also the `Outcome` that wakes its caller, which saves an object a call."""

    __slots__ = (
        "began",
        "channel",
        "context",
        "deadline",
        "id",
        "is_plain",
        "method",
        "on_progress",
        "params",
        "progress",
        "record",
        "reply",
        "settled",
        "task",
        "ticket",
    )

    def __init__(  # noqa: PLR0917 - made once a call: keywords would cost it time
        self,
        channel: Channel,
        method: str,
        params: Mapping[str, Any],
        began: float,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> None:
        self.channel = channel
        self.record = record
        self.id = 0
        self.ticket = 0  # counts those that had to wait for their turn
        self.method = method
        self.params = params
        self.began = began
        self.deadline = began + timeout
        self.progress: Progress | None = None
        self.on_progress = on_progress
        self.context = context
        self.is_plain = on_progress is None and (context is None or context.traceparent is None)
        self.task: Task | None = None
        self.reply: Response | Exception | None = None
        self.settled = False

    def settle(self, reply: Response | Exception) -> None:
        """Give the call its one outcome and wake the caller; a second call changes nothing."""
        if not self.settled:
            self.reply = reply
            self.params = _NOTHING
            self.record = None  # as the params: the heap of deadlines keeps this cell for a while
            self.settled = True
            if self.task is not None:
                task, self.task = self.task, None
                reschedule(task, cast("Outcome[Any]", self))

    def expire(self) -> None:
        """Let the caller go: the deadline has passed."""
        self.channel.expire(self)

    def unwrap(self) -> Any:
        """Return the result, once, or raise what went wrong; what the plugin itself has answered as an error stays."""
        reply = self.reply
        if type(reply) is Response and reply.error is not None:
            raise error_of(reply.error, plugin=self.channel.plugin, method=self.method)
        # The heap of deadlines keeps settled cells for a while: they must keep neither results nor frames alive.
        self.reply = None
        if type(reply) is Response:
            return reply.result
        raise cast("Exception", reply)

    def cancel(self) -> None:
        """Let the plugin know that nobody waits for the outcome any more, unless there is one."""
        self.channel.abandon(self)

    async def wait(self) -> Any:
        """Park the caller until the outcome; a cancelled caller abandons the call."""

        def abort(_: object) -> Abort:
            self.task = None
            self.cancel()
            return Abort.SUCCEEDED

        self.task = current_task()
        return await wait_task_rescheduled(abort)


class StreamCell(Cell):
    """Is one streaming call: a cell with items in both directions.

    One task at a time may iterate; any number may send, in the order they come.
    """

    __slots__ = (
        "_buffer",
        "_ended",
        "_largest",
        "_open",
        "_senders",
        "_sending",
    )

    def __init__(  # noqa: PLR0917 - as that of a cell
        self,
        channel: Channel,
        method: str,
        params: Mapping[str, Any],
        began: float,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> None:
        super().__init__(channel, method, params, began, timeout, on_progress, context, record)
        self.is_plain = False
        self._buffer: deque[Any] = deque()
        self._open = FIRST_CREDIT  # items that may still come, and those that wait in the buffer
        self._largest = 1
        self._senders = ParkingLot()
        self._sending = trio.StrictFIFOLock()
        self._ended = False

    # -- from the plugin

    def item_received(self, item: Any) -> None:
        """Take one item of the plugin and wake the consumer."""
        self._buffer.append(item)
        if self.record is not None:
            self.record.items_out += 1
        self._largest = max(self._largest, _weight(item))
        self._wake()

    def may_send_more(self) -> None:
        """Have the sender look again: credit has come, or queued bytes have gone out."""
        self._senders.unpark_all()

    def settle(self, reply: Response | Exception) -> None:
        """End the stream; items that came before are still delivered."""
        if not self.settled:
            self.reply = reply
            self.params = _NOTHING
            self.record = None  # as the params: the heap of deadlines keeps this cell for a while
            self.settled = True
            self._wake()
            self._senders.unpark_all()

    def unwrap(self) -> Any:
        """Return the result or raise what went wrong, as often as one asks."""
        reply = self.reply
        try:
            return super().unwrap()
        finally:
            self.reply = reply

    def _wake(self) -> None:
        if self.task is not None:
            task, self.task = self.task, None
            reschedule(task)

    # -- the caller's side

    def __aiter__(self) -> StreamCell:
        return self

    async def __anext__(self) -> Any:
        await trio.lowlevel.checkpoint()
        while not self._buffer:
            if self.settled:
                self.unwrap()  # raises what made the call fail
                raise StopAsyncIteration
            await self._park()
        item = self._buffer.popleft()
        self._open -= 1
        window = max(1, min(STREAM_WINDOW, STREAM_BYTES // self._largest))
        if self._open <= window // 2 and not self.settled:
            self.channel.outflow.grant(self, window - self._open)
            self._open = window
        return item

    async def _park(self) -> None:
        def abort(_: object) -> Abort:
            self.task = None
            return Abort.SUCCEEDED

        if self.task is not None:
            raise trio.BusyResourceError("another task is iterating over this stream")
        self.task = current_task()
        await wait_task_rescheduled(abort)

    async def send(self, item: Any) -> None:
        """Send one item; waits for credit and while the plugin reads slowly; raises what made the call fail.

        Raises:
            trio.ClosedResourceError: `end` was called, or the plugin has answered already.
        """
        async with self._sending:
            while not (self.settled or self._ended or self.channel.outflow.may_send(self)):
                await self._senders.park()
            if self.settled:
                self.unwrap()
            if self.settled or self._ended:
                raise trio.ClosedResourceError("the stream has ended: the plugin takes no more items")
            self.channel.outflow.send_item(self, item)

    async def end(self) -> None:
        """Say that no more items will be sent, after those that still wait; a second call does nothing."""
        async with self._sending:
            while not self.settled and not self.id:  # still waiting for its turn
                await self._senders.park()
            if not self._ended and not self.settled:
                self._ended = True
                self.channel.outflow.send_end(self)

    def close(self) -> None:
        """Cancel the call unless it has ended."""
        self.cancel()

    @property
    def result(self) -> Any:
        """The plugin's answer, once the iteration has ended."""
        if not self.settled:
            raise RuntimeError("the stream has not ended: iterate over it to its end first")
        return self.unwrap()


def _weight(item: Any) -> int:
    """Say about how many bytes an item has, from what in it is large: text and bytes, one level down at most."""
    kind = type(item)
    if kind is bytes or kind is str:
        return len(item)
    values = item.values() if kind is dict else item if kind is list else ()
    return sum([len(each) for each in values if type(each) in _LARGE])


_LARGE: Final = frozenset({bytes, str, list, dict})


def error_of(info: ErrorInfo, *, plugin: str, method: str) -> HostError:
    """Turn what a plugin answered into the exception that its caller sees."""
    where = f"{method} of {plugin}"
    if info.code == Status.METHOD_NOT_FOUND:
        return MethodNotFoundError(f"{plugin} does not know {method}: {info.message}", location=where)
    if info.code == Status.INVALID_PARAMS:
        return InvalidParamsError(f"{plugin} refused the params: {info.message}", location=where)
    if (
        info.code == Status.DEADLINE_EXCEEDED and info.name is None
    ):  # its clock was a little ahead of the host's
        return CallTimedOutError(f"the deadline passed, says {plugin}: {info.message}", location=where)
    return CallFailedError(
        info.message,
        status=info.code,
        name=info.name,
        data=info.data,
        retryable=info.retryable,
        location=where,
    )


def unsendable(error: Exception, method: str, plugin: str) -> HostError:
    """Turn what keeps a call from being sent into the exception that its caller sees."""
    if isinstance(error, HostError):
        return error
    return InvalidParamsError(
        f"the params of {method} cannot be sent to {plugin}: {error}",
        hint="use JSON-compatible values and bytes: str keys, no NaN, no sets, integers within 64 bits",
    )
