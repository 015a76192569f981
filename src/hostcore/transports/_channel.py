"""The host's side of one plugin connection: calls, streams, reverse calls and what ends them."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import trio
from trio import current_time
from trio.lowlevel import checkpoint

from hostcore.errors import (
    CallTimedOutError,
    CrashedError,
    HostError,
    IncompatibleError,
    MisbehavedError,
    ProtocolError,
    RemoteProtocolError,
    TooLargeError,
    UnavailableError,
)
from hostcore.protocol import (
    PING,
    Cancel,
    Connection,
    ConnectionState,
    Credit,
    Data,
    Discarded,
    End,
    ErrorInfo,
    Feature,
    HostHello,
    Log,
    OversizeSkipped,
    PluginHello,
    Progress,
    Request,
    Response,
    Status,
    StrayOutput,
    UnknownNotification,
)
from hostcore.snapshots import Reason
from hostcore.transports._cells import FIRST_CREDIT, Cell, StreamCell, unsendable
from hostcore.transports._context import CallContext
from hostcore.transports._contract import ProgressCallback, TransportListener
from hostcore.transports._deadlines import QUEUED_HINT, UNANSWERED_HINT, Deadlines
from hostcore.transports._open_calls import OpenCalls
from hostcore.transports._outflow import HIGH_WATER, Outflow
from hostcore.transports._pipes import SharedPipes
from hostcore.transports._polling import Poller
from hostcore.transports._records import CallRecord
from hostcore.transports._remarks import Remarks
from hostcore.transports._reverse_calls import ReverseCalls
from hostcore.transports._watch import ChannelWatch
from hostcore.transports._wire import Wire

POLL_SECONDS: Final = 80e-6
"""How long a lone caller polls for its answer: about what parking and waking a task costs."""

UNREAD_LIMIT: Final = 64 * 1024 * 1024
"""Queued bytes at which a plugin that does not read its input is given up."""


class Channel:
    """Makes calls over one connection; ends once, with a reason.

    Args:
        connection: the sans-I/O state.
        read_fd: the plugin's stdout, non-blocking.
        write_fd: the plugin's stdin, non-blocking.
        plugin: its id, for messages.
        pipes: what the host's connections share.
        deadlines: the host's heap.
        listener: hears what the plugin sends of its own accord.
        max_inflight: the host's own bound on calls in flight.
        queue_limit: bound on calls that wait for their turn.
        cancel_grace: seconds in which a plugin with the feature `cancel` must answer a call that was cancelled.
        instance: index of the plugin's instance, for records.
        pid: its process, for records.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        read_fd: int,
        write_fd: int,
        plugin: str,
        pipes: SharedPipes,
        deadlines: Deadlines,
        listener: TransportListener,
        max_inflight: int,
        queue_limit: int,
        cancel_grace: float,
        instance: int = 0,
        pid: int = 0,
    ) -> None:
        self.plugin = plugin
        self.connection = connection
        self.watch = ChannelWatch(self, instance=instance, pid=pid)
        self.wire = Wire(
            read_fd,
            write_fd,
            pipes=pipes,
            received=self._received,
            broken=self._broken,
            drained=self._drained,
        )
        self.greeted = trio.Event()
        self.ended = trio.Event()
        self.input_ended = trio.Event()
        self.reason: Reason | None = None
        self.cut_off = 0
        self._deadlines = deadlines
        self._listener = listener
        self._reverse = ReverseCalls(self, listener)
        self.remarks = Remarks(self.wire.flood, listener)
        self.outflow = Outflow(connection, self.wire, write=self.write, plugin=plugin)
        self.open_calls = OpenCalls(
            plugin,
            deadlines,
            max_inflight=max_inflight,
            queue_limit=queue_limit,
            cancel_grace=cancel_grace,
            hung=self._hung,
        )
        self.cells = self.open_calls.sent
        self._waiting = self.open_calls.waiting
        self._closing: Reason | None = None
        self._poller = Poller(self.wire, deadlines, seconds=POLL_SECONDS)
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            PluginHello: self._on_hello,
            Data: self._on_data,
            Progress: self._on_progress,
            Credit: self._on_credit,
            Log: self.remarks.on_log,
            Request: self._reverse.on_request,
            Cancel: self._reverse.on_cancel,
            End: self.remarks.ignore,
            Discarded: self._on_discarded,
            StrayOutput: self.remarks.on_stray,
            OversizeSkipped: self._on_oversize,
            UnknownNotification: self.remarks.ignore,
        }

    def __repr__(self) -> str:
        return f"<Channel {self.plugin} in_flight={self.in_flight} queued={self.queued} reason={self.reason}>"

    @property
    def encoding(self) -> str:
        """What the plugin speaks; empty before its hello."""
        encoding = self.connection.encoding
        return encoding.value if encoding else ""

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on, abandoned ones included; the protocol's own requests are no calls."""
        return self.open_calls.in_flight

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return len(self._waiting)

    # -- calling

    async def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> Any:
        """Call a method; see `Transport.call`."""
        cell = Cell(self, method, params, current_time(), timeout, on_progress, context, record)
        alone = not self.cells and not self._waiting
        self._submit(cell, timeout)
        if alone and cell.id and self._poller.pays():
            return await self._poller.wait(cell)
        if self.wire.hot:
            self._poller.stop(crowded=True)
        if cell.settled:
            await checkpoint()
            return cell.unwrap()
        return await cell.wait()

    def stream(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        on_progress: ProgressCallback | None = None,
        context: CallContext | None = None,
        record: CallRecord | None = None,
    ) -> StreamCell:
        """Begin a streaming call; see `Transport.stream`."""
        if Feature.STREAMS not in self.connection.features:
            raise IncompatibleError(
                f"{self.plugin} cannot stream",
                location=method,
                hint="its hello does not list the feature `streams`",
            )
        cell = StreamCell(self, method, params, current_time(), timeout, on_progress, context, record)
        self._submit(cell, timeout)
        self.wire.arm()
        return cell

    async def ping(self, *, timeout: float) -> None:
        """Ask for any sign of life; an error is one, too."""
        cell = Cell(self, PING, {}, current_time(), timeout)
        try:
            await self._ask(cell, timeout)
        except HostError:
            if type(cell.reply) is not Response:
                raise

    async def request(self, method: str, params: Mapping[str, Any], *, timeout: float) -> Any:
        """Send one of the protocol's own requests; it waits for no turn and is legal while closing."""
        return await self._ask(Cell(self, method, params, current_time(), timeout), timeout)

    async def _ask(self, cell: Cell, timeout: float) -> Any:
        self._refuse_if_ended()
        self._start(cell, timeout)
        self.open_calls.not_counted(cell.id)
        self._deadlines.add(cell.deadline, cell)
        self.wire.arm()
        if cell.settled:
            await checkpoint()
            return cell.unwrap()
        return await cell.wait()

    def _submit(self, cell: Cell, timeout: float) -> None:
        """Send the call now, or put it in line; raises when it can do neither."""
        if self._closing is not None or self.reason is not None:
            self._refuse_if_ended()
            assert self._closing is not None  # noqa: S101 - the line above raised otherwise
            raise UnavailableError(f"{self.plugin} takes no new calls: {self._closing.text}")
        if not self._waiting and self._may_start():
            self._start(cell, timeout)
        else:
            self.open_calls.join(cell)
        self._deadlines.add(cell.deadline, cell)

    @property
    def is_open(self) -> bool:
        """Whether anything may be sent: not before the hellos, and not after a violation that was read already."""
        return self.reason is None and self.connection.state is ConnectionState.OPEN

    def _may_start(self) -> bool:
        return self.open_calls.has_room and self.wire.queued_bytes < HIGH_WATER

    def _start(self, cell: Cell, timeout: float) -> None:
        """Encode and send, with `timeout` seconds left; what cannot be sent is the call's own failure."""
        record = cell.record
        if record is not None:
            watch = self.watch
            record.instance, record.pid, watch.starting = watch.instance, watch.pid, record
        try:
            if cell.is_plain:
                cell.id, data = self.connection.send_request(
                    cell.method, cell.params, timeout_ms=max(1, int(timeout * 1000))
                )
            else:
                cell.id, data = self.connection.send_request(
                    cell.method,
                    cell.params,
                    timeout_ms=max(1, int(timeout * 1000)),
                    progress=cell.on_progress is not None and Feature.PROGRESS in self.connection.features,
                    credit=FIRST_CREDIT if isinstance(cell, StreamCell) else 0,
                    traceparent=cell.context.traceparent if cell.context is not None else None,
                    tracestate=cell.context.tracestate if cell.context is not None else None,
                )
        except (HostError, ProtocolError, TypeError, ValueError, OverflowError) as error:
            cell.settle(unsendable(error, cell.method, self.plugin))
            return
        self.cells[cell.id] = cell
        if record is not None:
            record.request_bytes += len(data)
        self.write(data)

    def write(self, data: bytes) -> None:
        """Send a whole frame; a plugin that does not read its input is given up."""
        self.wire.write(data)
        if self.wire.queued_bytes > UNREAD_LIMIT:
            self.end(Reason(code="not-reading", text="it does not read its input"), MisbehavedError)

    def _start_waiting(self) -> None:
        while self._waiting and self._may_start() and self._closing is None and self.is_open:
            cell = self._waiting.popleft()
            if not cell.settled:
                self._start(cell, cell.deadline - current_time())
                if isinstance(cell, StreamCell):
                    cell.may_send_more()  # its caller may wait to send the end

    def _drained(self) -> None:
        if self._waiting:
            self._start_waiting()
        self.outflow.drained()

    # -- letting go

    def abandon(self, cell: Cell, *, reply: Exception | None = None) -> None:
        """Let the caller go; the plugin is told, and its answer will be dropped when it comes."""
        if cell.settled:
            return
        cell.settle(reply or UnavailableError("the caller has gone"))
        if not cell.id:
            self._waiting.remove(cell)
        elif self.cells.pop(cell.id, None) is not None:
            data = self.connection.abandon(cell.id)
            self.open_calls.bury(cell, told=data is not None)
            if data is not None:
                self.write(data)
            for call in self._reverse.children_of(cell.id):
                # Later, not here: plugins may call each other hundreds deep, and each level would be a recursion.
                trio.lowlevel.current_trio_token().run_sync_soon(call.cancel)
            self.wire.arm()

    def expire(self, cell: Cell) -> None:
        """Let a caller go whose deadline has passed."""
        where = "before it was its turn" if not cell.id else "before the plugin answered"
        text = f"the deadline of {cell.method} on {self.plugin} passed {where}"
        self.abandon(
            cell,
            reply=CallTimedOutError(text, hint=UNANSWERED_HINT if cell.id else QUEUED_HINT),
        )

    @property
    def is_concurrent(self) -> bool:
        """Whether the plugin works on several calls at once."""
        return Feature.ASYNC in self.connection.features

    def cell(self, call_id: int) -> Cell | None:
        """Return a call in flight; without an id the one that a plugin works on that does one at a time."""
        if call_id == 0 and len(self.cells) == 1 and not self.is_concurrent:
            return next(iter(self.cells.values()))
        return self.cells.get(call_id)

    def is_abandoned(self, call_id: int) -> bool:
        """Whether this call was abandoned and has not been answered since."""
        return call_id in self.open_calls.abandoned

    def close_to_calls(self, reason: Reason) -> None:
        """Take no new calls; those in line fail now, those in flight go on."""
        self._closing = self._closing or reason
        for cell in self.open_calls.take_waiting():
            cell.settle(UnavailableError(f"{self.plugin} took no more calls: {reason.text}"))

    def end(self, reason: Reason, error: type[HostError] = CrashedError) -> None:
        """End the channel: each call that has no outcome gets `error`. Only the first end counts."""
        if self.reason is not None:
            return
        self.reason = reason
        self.wire.close()
        self._take_rest()
        cells = self.open_calls.take_sent()
        self.cut_off = sum(not each.method.startswith("$/") for each in cells)
        self.outflow.close()
        for cell in [*cells, *self.open_calls.take_waiting()]:
            sent = "while the call was in flight" if cell.id else "before it was this call's turn"
            cell.settle(error(f"{self.plugin} is gone, {sent}: {reason.text}", location=cell.method))
        self._reverse.cancel_all()
        self.ended.set()

    def _hung(self, text: str) -> None:
        self.end(Reason(code="hung", text=text), MisbehavedError)

    def _take_rest(self) -> None:
        """Keep what was printed without a line end: it often says why a program has ended."""
        connection = self.connection
        # Half a message says nothing: what ended the channel is known.
        with contextlib.suppress(ProtocolError):
            connection.receive_data(b"")
            while (event := connection.next_event()) is not None:
                if type(event) is StrayOutput:
                    self.remarks.on_stray(event)

    def _refuse_if_ended(self) -> None:
        if self.reason is not None:
            raise UnavailableError(f"{self.plugin} is gone: {self.reason.text}")

    # -- receiving

    def _received(self, data: memoryview) -> None:
        connection = self.connection
        connection.receive_data(data)
        next_event = connection.next_event
        while (event := next_event()) is not None:
            if type(event) is Response:
                cell = self.cells.pop(event.id, None)
                if cell is not None:
                    cell.settle(event)
                if self._waiting:
                    self._start_waiting()
            else:
                self._handlers[type(event)](event)
                if self.reason is not None:
                    return

    def _broken(self, error: Exception) -> None:
        if isinstance(error, EOFError):
            self.close_to_calls(Reason(code="output-closed", text="it closed its stdout"))
            self.input_ended.set()  # the process has most likely ended; its driver finds out how
            self.wire.arm()
        elif isinstance(error, RemoteProtocolError):
            self.end(Reason(code="protocol-violated", text=str(error)), MisbehavedError)
        elif isinstance(error, OSError):
            self.close_to_calls(Reason(code="input-closed", text=f"it closed its stdin ({error.strerror})"))
            self.input_ended.set()
        else:
            # A fault of the host itself while it took what this plugin sent. It ends this one connection: the others
            # have done nothing, and the restart policy decides what follows. The log has what a report needs.
            self._listener.host_noted("error", "".join(traceback.format_exception(error)))
            self.end(Reason(code="host-fault", text=f"the host failed to take what it sent: {error!r}"))

    def greet(self, hello: HostHello) -> None:
        """Answer the plugin's hello, with the limits of this connection; calls may be made from now on."""
        self.wire.write(self.connection.send(replace(hello, limits=self.connection.limits)))
        allowed = self.connection.peer_limits.inflight if Feature.ASYNC in self.connection.features else 1
        self.open_calls.max_inflight = min(self.open_calls.max_inflight, allowed)

    def _on_hello(self, _: PluginHello) -> None:
        self.greeted.set()

    def _on_data(self, event: Data) -> None:
        cell = self.cells.get(event.id)
        if isinstance(cell, StreamCell):
            cell.item_received(event.item)

    def _on_progress(self, event: Progress) -> None:
        cell = self.cells.get(event.id)
        if cell is not None and cell.on_progress is not None:
            cell.progress = event
            try:
                cell.on_progress(event.progress, event.total, event.message)
            except Exception as error:  # noqa: BLE001 - the boundary to the caller's own code: it gets its error back
                self.abandon(cell, reply=error)

    def _on_credit(self, event: Credit) -> None:
        cell = self.cells.get(event.id)
        if isinstance(cell, StreamCell):
            cell.may_send_more()

    def _on_discarded(self, event: Discarded) -> None:
        self.remarks.ignore(event)
        if isinstance(event.message, Response):
            if event.message.id in self.open_calls.abandoned:
                self.open_calls.abandoned.discard(event.message.id)
                self._start_waiting()
            else:
                self._listener.host_noted(
                    "warn", f"dropped an answer to call {event.message.id}, which does not exist"
                )

    def _on_oversize(self, event: OversizeSkipped) -> None:
        limit = f"a message of {event.size} bytes exceeds the limit"
        self._listener.host_noted("warn", f"skipped: {limit}")
        if event.kind == "response" and event.id is not None:
            cell = self.cells.pop(event.id, None)
            if cell is not None:
                cell.settle(
                    TooLargeError(
                        f"{self.plugin} answered {cell.method} with too much: {limit}", hint="stream it"
                    )
                )
            self.open_calls.abandoned.discard(event.id)
            self._start_waiting()
        elif event.kind == "request" and event.id is not None:
            self._reverse.refuse(event.id, ErrorInfo(code=Status.RESOURCE_EXHAUSTED, message=limit))
