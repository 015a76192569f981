"""What is known of a call in flight beside its stream, so that it can be shown, and cancelled by others."""

from __future__ import annotations

from typing import Any

import trio

from hostcore.errors import HostError
from hostcore.snapshots import CallSnapshot, CallState
from hostcore.transports import CallContext, CallRecord, name_of_call, snapshot_of_call


class CallFacts:
    """Is what is known of one call.

    Args:
        number: counts the calls of a transport.
        method: full name of the method.
        context: on whose behalf it is made.
        timeout: seconds that it has.
        record: what is noted of it, or None.
        is_streaming: whether items go to and fro.

    Attributes:
        method: full name of the method.
        deadline: when its time is over, in `trio.current_time`.
        error: what its caller gets since somebody has cancelled it; None while nobody has.
    """

    __slots__ = ("_began", "_context", "_is_streaming", "_name", "_number", "deadline", "error", "method")

    def __init__(
        self,
        number: int,
        method: str,
        context: CallContext | None,
        timeout: float,
        record: CallRecord | None,
        *,
        is_streaming: bool,
    ) -> None:
        self.method = method
        self.error: HostError | None = None
        self._began = trio.current_time()
        self.deadline = self._began + timeout
        self._number = number
        self._name = name_of_call(context, record)
        self._context = context
        self._is_streaming = is_streaming

    def __repr__(self) -> str:
        return f"<CallFacts {self._number} {self.method}>"

    def id(self, pid: int) -> str:
        """Return what names the call."""
        return self._name or f"{pid}-{self._number}"

    def show(self, pid: int, *, is_sent: bool) -> CallSnapshot:
        """Take a picture of the call."""
        return snapshot_of_call(
            self.id(pid),
            self.method,
            state=CallState.RUNNING if is_sent else CallState.QUEUED,
            pid=pid,
            context=self._context,
            began=self._began,
            deadline=self.deadline,
            is_streaming=self._is_streaming,
        )


def facts_of_call(about: Any) -> CallFacts | None:
    """Return the facts that a call of the client was made with, or None."""
    return about if isinstance(about, CallFacts) else None
