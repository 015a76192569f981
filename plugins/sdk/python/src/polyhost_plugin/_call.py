"""A call as its handler sees it: who asked, until when, and the streams in both directions."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition

from polyhost_plugin._errors import DEADLINE_EXCEEDED, CallCancelledError, HostProtocolError
from polyhost_plugin._rules import CREDIT_MAX
from polyhost_plugin._wire import check_value

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Callable

    from polyhost_plugin._engine import Engine

WINDOW = 64
"""How many items a receiver lets the sender have under way: the protocol's usual window."""


class Inbox:
    """Receives the items of one stream and grants credit as they are taken.

    Args:
        engine: sends the credit and does the waiting.
        call_id: the call that the stream belongs to.
        granted: how many items the sender may send already.
    """

    __slots__ = ("_call_id", "_ended", "_engine", "_granted", "_items", "condition")

    def __init__(self, engine: Engine, call_id: int, condition: Condition, *, granted: int = 0) -> None:
        self._engine = engine
        self._call_id = call_id
        self._items: deque[Any] = deque()
        self._ended = False
        self._granted = granted
        self.condition = condition

    def put(self, item: Any) -> None:
        """Add an item that has come.

        Raises:
            HostProtocolError: it came without credit, or after the end.
        """
        with self.condition:
            if self._granted <= 0 or self._ended:
                raise HostProtocolError(f"the host sent an item that call {self._call_id} has no room for")
            self._items.append(item)
            self._granted -= 1
            self.condition.notify_all()

    def end(self) -> None:
        """Say that no more will come.

        Raises:
            HostProtocolError: it was said before.
        """
        with self.condition:
            if self._ended:
                raise HostProtocolError(f"the host ended its stream to call {self._call_id} twice")
            self._ended = True
            self.condition.notify_all()

    def __iter__(self) -> Iterator[Any]:
        return self.iterate(lambda: False, lambda: None)

    def iterate(self, stopped: Callable[[], bool], timeout: Callable[[], float | None]) -> Iterator[Any]:
        """Yield the items in order until the end, or until `stopped` says so or `timeout` seconds brought none."""
        while True:
            if self._granted <= WINDOW // 2 and not self._ended:
                grant = WINDOW - self._granted
                self._granted += grant
                self._engine.send([2, "$/credit", [{"id": self._call_id, "n": grant}]])
            if not self._engine.wait(
                self.condition, lambda: bool(self._items) or self._ended or stopped(), timeout()
            ):
                return
            if stopped() or not self._items:
                return
            yield self._items.popleft()


class Call:
    """Is one call in progress; a handler that declares the argument `call` gets it.

    Attributes:
        id: the call's number on the wire.
        method: `Interface.Method`.
        params: all params, also those that the handler does not name.
        meta: what the host said about the call, such as `traceparent`.
        deadline: when the caller stops waiting, in seconds of `time.monotonic()`; None when it waits for ever.
    """

    __slots__ = (
        "_condition",
        "_credit",
        "_engine",
        "_inbox",
        "_items",
        "_reason",
        "deadline",
        "id",
        "meta",
        "method",
        "params",
    )

    def __init__(
        self, engine: Engine, call_id: int, method: str, params: dict[str, Any], meta: Mapping[str, Any]
    ) -> None:
        self._engine = engine
        self.id = call_id
        self.method = method
        self.params = params
        self.meta = meta
        timeout_ms = meta.get("timeout_ms")
        self.deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
        self._credit: int = meta.get("credit") or 0
        self._condition = Condition()
        self._inbox = Inbox(engine, call_id, self._condition)
        self._items: Iterator[Any] | None = None
        self._reason: str | None = None

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.method}>"

    @property
    def traceparent(self) -> str | None:
        """Give the W3C trace context that the call belongs to, or None; spans of the handler belong below it."""
        return self.meta.get("traceparent")

    @property
    def tracestate(self) -> str | None:
        """Give what vendors say about that trace, or None."""
        return self.meta.get("tracestate")

    @property
    def remaining(self) -> float | None:
        """Give the seconds until the deadline, at least 0; None when there is no deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def cancelled(self) -> bool:
        """Tell whether nobody waits for the answer any more."""
        self._engine.look()
        return self._reason is not None or self.remaining == 0.0

    def check_cancelled(self) -> None:
        """Do nothing while somebody waits for the answer; long handlers call this now and then.

        Raises:
            CallCancelledError: let it pass, the SDK answers for you.
        """
        if self.cancelled:
            if self._reason is not None:
                raise CallCancelledError(f"cancelled: {self._reason}")
            raise CallCancelledError("the deadline has passed", code=DEADLINE_EXCEEDED)

    def sleep(self, seconds: float) -> None:
        """Wait, and wake up early when the call is cancelled.

        Raises:
            CallCancelledError: it was.
        """
        until = time.monotonic() + seconds
        self._engine.wait(self._condition, self._is_stopped, self._bounded(seconds))
        if time.monotonic() < until or self._reason is not None:
            self.check_cancelled()

    def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Say how far the call has come; nothing is sent unless the caller asked for it."""
        if self.meta.get("progress"):
            report: dict[str, Any] = {"id": self.id, "progress": progress}
            if total is not None:
                report["total"] = total
            if message is not None:
                report["message"] = message
            self._engine.send([2, "$/progress", [report]])

    def send(self, item: Any) -> None:
        """Send one item of the result stream; wait until the caller has room for it.

        A generator handler need not call this: what it yields is sent.

        Raises:
            CallCancelledError: nobody waits any more.
            UnsendableError: the item cannot go over the wire.
        """
        check_value(item)
        if self._credit <= 0:
            self._engine.wait(
                self._condition, lambda: self._credit > 0 or self._is_stopped(), self._bounded(None)
            )
        self.check_cancelled()
        with self._condition:
            self._credit -= 1
        self._engine.send([2, "$/data", [{"id": self.id, "item": item}]])

    @property
    def items(self) -> Iterator[Any]:
        """Give the items that the caller streams in, in order, ending when the caller ends its stream.

        Credit is granted as items are taken, so a slow handler slows the caller down. Raises `CallCancelledError`
        when nobody waits any more.
        """
        if self._items is None:
            self._items = self._receive()
        return self._items

    def _receive(self) -> Iterator[Any]:
        yield from self._inbox.iterate(self._is_stopped, lambda: self._bounded(None))
        self.check_cancelled()

    def _is_stopped(self) -> bool:
        return self._reason is not None

    def _bounded(self, seconds: float | None) -> float | None:
        """Cut a waiting time down to what the deadline leaves."""
        limits = [limit for limit in (seconds, self.remaining) if limit is not None]
        return min(limits) if limits else None

    # What the engine tells the call.

    def cancel(self, reason: str) -> None:
        """Note that the caller has gone, and wake the handler if it waits."""
        with self._condition:
            self._reason = reason
            self._condition.notify_all()

    def add_credit(self, n: Any) -> None:
        """Let the handler send `n` more items.

        Raises:
            HostProtocolError: that is no number, or too much.
        """
        with self._condition:
            if type(n) is not int or n < 1 or self._credit + n > CREDIT_MAX:
                raise HostProtocolError(f"the host gave call {self.id} a credit of {n!r}")
            self._credit += n
            self._condition.notify_all()

    @property
    def inbox(self) -> Inbox:
        """Give the inbox that the caller's items go to."""
        return self._inbox
