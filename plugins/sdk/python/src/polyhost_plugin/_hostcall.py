"""A call into the host that is under way."""

from __future__ import annotations

import time
from threading import Condition

from polyhost_plugin._call import Inbox
from polyhost_plugin._errors import DEADLINE_EXCEEDED, HostCallError

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from polyhost_plugin._engine import Engine


class HostCall:
    """Is a call into the host that waits for its answer; iterating over it gives the items it streams.

    Attributes:
        method: what was called.
        result: the final answer; set when the iteration has ended.
    """

    __slots__ = ("_answer", "_condition", "_deadline", "_engine", "_id", "inbox", "method", "result")

    def __init__(self, engine: Engine, call_id: int, method: str, timeout: float, *, granted: int) -> None:
        self._engine = engine
        self._id = call_id
        self._deadline = time.monotonic() + timeout
        self._answer: tuple[Any, Any] | None = None
        self._condition = Condition()
        self.inbox = Inbox(engine, call_id, self._condition, granted=granted)
        self.method = method
        self.result: dict[str, Any] = {}

    def settle(self, error: Any, result: Any) -> None:
        """Note the answer and wake whoever waits for it."""
        self._answer = (error, result)
        self.inbox.end()

    def wait(self) -> dict[str, Any]:
        """Wait for the answer.

        Raises:
            HostCallError: the host answered with an error, or not in time.
        """
        if not self._engine.wait(self._condition, lambda: self._answer is not None, self._left()):
            self._engine.abandon(self._id)
            raise HostCallError(self.method, "no answer in time", code=DEADLINE_EXCEEDED, retryable=True)
        assert self._answer is not None  # noqa: S101 - the condition above; for the type checker
        error, result = self._answer
        if error is not None:
            raise HostCallError(
                self.method,
                str(error.get("message", "")),
                code=error.get("code", 0),
                name=error.get("name"),
                data=error.get("data"),
                retryable=error.get("retryable"),
            )
        self.result = {} if result is None else result
        return self.result

    def __iter__(self) -> Iterator[Any]:
        finished = False
        try:
            yield from self.inbox.iterate(lambda: False, self._left)
            self.wait()
            finished = True
        finally:
            if not finished and self._answer is None:
                self._engine.abandon(self._id)

    def _left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())
