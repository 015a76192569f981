"""Calls that wait for a plugin to start, or to be replaced: no process has them yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio

from hostcore.errors import HostError
from hostcore.snapshots import CallSnapshot, CallState
from hostcore.transports import CallContext, snapshot_of_call


class WaitingCall:
    """Is one of them.

    Attributes:
        error: what it ends with since somebody has cancelled it; None while nobody has.
    """

    def __init__(
        self, method: str, timeout: float, context: CallContext | None, *, is_streaming: bool
    ) -> None:
        self.error: HostError | None = None
        self._method = method
        self._context = context
        self._is_streaming = is_streaming
        self._began = trio.current_time()
        self.scope = trio.CancelScope(deadline=self._began + timeout)

    def __repr__(self) -> str:
        return f"<WaitingCall of {self._method}>"

    def show(self, call_id: str) -> CallSnapshot:
        """Take a picture of the call."""
        return snapshot_of_call(
            call_id,
            self._method,
            state=CallState.QUEUED,
            pid=None,
            context=self._context,
            began=self._began,
            deadline=self.scope.deadline,
            is_streaming=self._is_streaming,
        )


class WaitingCalls:
    """Knows those of one plugin."""

    def __init__(self) -> None:
        self._calls: dict[str, WaitingCall] = {}

    def __repr__(self) -> str:
        return f"<WaitingCalls {len(self._calls)}>"

    @contextmanager
    def joined(
        self, call_id: str, method: str, timeout: float, context: CallContext | None, *, is_streaming: bool
    ) -> Iterator[WaitingCall]:
        """Count a call among them, and bound its wait, while the block runs; the block ends early, without an error.

        Args:
            call_id: what it is called, here and when a process has it.
            method: full name of the method.
            timeout: seconds that the call has.
            context: on whose behalf it is made.
            is_streaming: whether items will go to and fro.
        """
        call = self._calls[call_id] = WaitingCall(method, timeout, context, is_streaming=is_streaming)
        try:
            with call.scope:
                yield call
        finally:
            del self._calls[call_id]

    def show(self) -> list[CallSnapshot]:
        """Take pictures of all."""
        return [call.show(call_id) for call_id, call in self._calls.items()]

    def cancel(self, call_id: str, error: HostError) -> bool:
        """End the wait of a call with an error; returns False when there is none."""
        call = self._calls.get(call_id)
        if call is None:
            return False
        call.error = error
        call.scope.cancel()
        return True
