"""The calls of a plugin to the host: each is answered exactly once, by whoever serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from trio import current_time

from hostcore.errors import LocalProtocolError, TooLargeError
from hostcore.protocol import PING, Cancel, ErrorInfo, Request, Status
from hostcore.transports._context import CallContext
from hostcore.transports._contract import TransportListener
from hostcore.transports._records import CallRecord
from hostcore.transports._trace import is_same_trace, read_traceparent, read_tracestate

if TYPE_CHECKING:
    from hostcore.transports._cells import Cell
    from hostcore.transports._channel import Channel

SERVED_LIMIT: Final = 1024
"""Reverse calls served at once for one plugin; also what the host's hello says."""

UNREAD_ANSWERS: Final = 16 * 1024 * 1024
"""Queued bytes above which a plugin that reads no answers gets no further calls served."""

SHORT_NAME: Final = 100
SHORT_TEXT: Final = 200
"""Characters of an error that is too large as it stands: what is left fits into any peer's limit."""

MAX_CODE: Final = 2**31 - 1
"""Largest number of an error that is passed on from one plugin to another: JSON carries no more than 53 bits."""


class ReverseCalls:
    """Keeps the reverse calls of one channel that are being served.

    Args:
        channel: moves the answers.
        listener: serves the calls.
    """

    def __init__(self, channel: Channel, listener: TransportListener) -> None:
        self._channel = channel
        self._listener = listener
        self._served: dict[int, IncomingCall] = {}

    def __repr__(self) -> str:
        return f"<ReverseCalls served={len(self._served)}>"

    def on_request(self, request: Request) -> None:
        """Answer what belongs to the protocol, refuse what cannot be served, hand on the rest."""
        size = self._channel.watch.size_of(request.id)
        if request.method == PING:
            self.answer(request.id, {})
            return
        refusal = self._refusal(request)
        if refusal is not None:
            self.refuse(request.id, refusal)
            return
        parent = self._channel.cell(request.meta.get("parent", 0))
        call = IncomingCall(self, request, parent, channel=self._channel, size=size)
        self._served[request.id] = call
        self._listener.called(call)

    def _refusal(self, request: Request) -> ErrorInfo | None:
        if request.method.startswith("$/"):
            text = f"this host does not know {request.method}"
            return ErrorInfo(code=Status.METHOD_NOT_FOUND, message=text)
        if len(self._served) >= SERVED_LIMIT or self._channel.wire.queued_bytes > UNREAD_ANSWERS:
            text = "too many calls to the host at once"
            return ErrorInfo(code=Status.RESOURCE_EXHAUSTED, message=text, retryable=True)
        if self._channel.is_abandoned(request.meta.get("parent", 0)):
            return ErrorInfo(code=Status.CANCELLED, message="the call that it belongs to was cancelled")
        return None

    def on_cancel(self, event: Cancel) -> None:
        """Tell whoever serves the call."""
        call = self._served.get(event.id)
        if call is not None:
            call.cancel()

    def children_of(self, parent: int) -> list[IncomingCall]:
        """Return those that were made on behalf of this call of the host."""
        return [each for each in self._served.values() if each.parent == parent]

    def cancel_all(self) -> None:
        """Tell everybody: the channel has ended."""
        served, self._served = self._served, {}
        for call in served.values():
            call.cancel()

    def answer(self, call_id: int, result: Any) -> int:
        """Send the result of a reverse call; returns the bytes that were sent."""
        self._served.pop(call_id, None)
        if not self._channel.is_open:
            return 0
        try:
            data = self._channel.connection.send_response(call_id, result)
        except TooLargeError as error:
            return self.refuse(call_id, ErrorInfo(code=Status.RESOURCE_EXHAUSTED, message=error.message))
        except LocalProtocolError as error:
            return self.refuse(call_id, ErrorInfo(code=Status.INTERNAL, message=str(error)))
        self._channel.write(data)
        return len(data)

    def refuse(self, call_id: int, error: ErrorInfo) -> int:
        """Send the error of a reverse call; returns the bytes that were sent."""
        self._served.pop(call_id, None)
        if self._channel.is_open:
            connection = self._channel.connection
            try:
                data = connection.send_error(call_id, error)
            except (TooLargeError, LocalProtocolError):  # another plugin's error may be as large as it likes
                data = connection.send_error(call_id, _shortened(error))
            self._channel.write(data)
            return len(data)
        return 0


class IncomingCall:
    """Is a reverse call over this channel; see `ReverseCall`."""

    def __init__(
        self, calls: ReverseCalls, request: Request, parent: Cell | None, *, channel: Channel, size: int
    ) -> None:
        self._calls = calls
        self._channel = channel
        self._size = size
        self._record: CallRecord | None = None
        self.encoding = channel.encoding
        self._request = request
        self._callback: Callable[[], None] | None = None
        self._answered = False
        self._cancelled = False
        self.parent = parent.id if parent is not None else None
        before = parent.context if parent is not None else None
        traceparent, tracestate = _trace_of(request, before)
        self.context = CallContext(
            plugin=channel.plugin,
            method=parent.method if parent is not None else "",
            connection=channel if parent is not None else None,
            parent=before,
            traceparent=traceparent,
            tracestate=tracestate,
            depth=(before.depth if before is not None else 0) + 1,
            call=parent.record.id if parent is not None and parent.record is not None else None,
        )
        own = request.meta.get("timeout_ms")
        mine = current_time() + own / 1000 if isinstance(own, int) else None
        inherited = parent.deadline if parent is not None else None
        self.deadline = min((each for each in (mine, inherited) if each is not None), default=None)

    @property
    def method(self) -> str:
        """The method's full name."""
        return self._request.method

    @property
    def params(self) -> Mapping[str, Any]:
        """The argument object."""
        return self._request.params

    @property
    def meta(self) -> Mapping[str, Any]:
        """What came along with it."""
        return self._request.meta

    def answer(self, result: Any) -> None:
        """Send the result."""
        if not self._answered:
            self._answered = True
            self._count(self._calls.answer(self._request.id, result))

    def refuse(self, error: ErrorInfo) -> None:
        """Send an error."""
        if not self._answered:
            self._answered = True
            self._count(self._calls.refuse(self._request.id, error))

    def measure(self, record: CallRecord) -> None:
        """Note in a record what is known of the call's connection, now and when it is answered."""
        watch = self._channel.watch
        record.instance, record.pid, record.request_bytes = watch.instance, watch.pid, self._size
        self._record = record

    def _count(self, size: int) -> None:
        if self._record is not None:
            self._record.response_bytes += size

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called on cancel, at once if that came already."""
        self._callback = callback
        if self._cancelled:
            callback()

    def cancel(self) -> None:
        """Tell whoever serves it that nobody waits any more."""
        self._cancelled = True
        if self._callback is not None:
            self._callback()


def _shortened(error: ErrorInfo) -> ErrorInfo:
    """Leave of an error what can be sent to anybody."""

    def cut(text: str, limit: int) -> str:
        return text[:limit].encode("utf-8", "replace").decode()

    return ErrorInfo(
        code=error.code if abs(error.code) <= MAX_CODE else Status.UNKNOWN,
        name=cut(error.name, SHORT_NAME) if error.name else None,
        message=f"{cut(error.message, SHORT_TEXT)} (cut: the whole error cannot be sent)",
        retryable=error.retryable,
    )


def _trace_of(request: Request, before: CallContext | None) -> tuple[str | None, str | None]:
    """Return the trace of a plugin's call: its own, or that of the call it serves; with a new span the vendors' words stay."""
    known, state = (None, None) if before is None else (before.traceparent, before.tracestate)
    own = read_traceparent(request.meta.get("traceparent"))
    if own is None:
        return known, state
    said = read_tracestate(request.meta.get("tracestate"))
    return own, said or (state if is_same_trace(own, known) else None)
