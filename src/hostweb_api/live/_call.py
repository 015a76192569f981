"""One call over the live websocket: items both ways, each side as fast as the other takes them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import trio

from hostcore.errors import CallTimedOutError, HostError, InvalidParamsError, InvalidResultError
from hostweb_api._json import dump_json
from hostweb_api._problems import Problem, ProblemError, internal_problem, problem_of
from hostweb_api._settings import MAX_TIMEOUT_MS
from hostweb_api.calls._recorded import telling_record
from hostweb_api.calls._requests import streams_of

if TYPE_CHECKING:
    from hostcore.host import CallStream, HostControl
    from hostcore.snapshots import MethodSnapshot
    from hostweb_api.live._messages import CallOpen

_log = logging.getLogger(__name__)

FIRST_CREDIT: Final = 16
"""Items that a client may send ahead; what a stream between host and plugin begins with, too."""

_GRANT_AT: Final = FIRST_CREDIT // 2
_MILLISECONDS: Final = 1000

Say = Callable[[bytes], Awaitable[None]]


class HeldBytes:
    """Counts what a client has sent and no plugin has taken, in all calls of one websocket.

    Args:
        limit: the most that may be held.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    def __repr__(self) -> str:
        return f"<HeldBytes {self._held} of {self._limit}>"

    def take(self, size: int) -> bool:
        """Hold more; returns False, and holds nothing, when that is too much."""
        if self._held + size > self._limit:
            return False
        self._held += size
        return True

    def give(self, size: int) -> None:
        """Hold less."""
        self._held -= size


class LiveCall:
    """Is one call of a client, from `call.open` to `call.result` or `call.error`.

    Args:
        host: makes the call.
        asked: what the client wants.
        caller: what the client is called.
        say: sends a message; waits while the client does not read.
        held: what the websocket's calls may hold together.
        ended: is told what was asked for, the method as far as it is known, the id of the call's record in the
            communication log if it has one, and the problem if there was one.
    """

    def __init__(
        self,
        host: HostControl,
        asked: CallOpen,
        *,
        caller: str,
        say: Say,
        held: HeldBytes,
        ended: Callable[[CallOpen, MethodSnapshot | None, int | None, Problem | None], None],
    ) -> None:
        self.name = asked.id
        self._host = host
        self._asked = asked
        self._caller = caller
        self._say = say
        self._held = held
        self._ended = ended
        self._method: MethodSnapshot | None = None
        self._record: int | None = None
        self._credit = asked.credit
        self._granted = 0
        self._taken = 0
        self._items: deque[tuple[Any, int]] = deque()
        self._ends = False
        self._news = trio.Event()
        self._may_send = trio.Event()
        self._scope = trio.CancelScope()
        self._fault: Problem | None = None
        self._progress: tuple[float, float | None, str | None] | None = None
        self._has_progress = trio.Event()
        timeout = MAX_TIMEOUT_MS if asked.timeout_ms is None else asked.timeout_ms
        self._deadline = trio.current_time() + timeout / _MILLISECONDS

    def __repr__(self) -> str:
        return f"<LiveCall {self.name} of {self._asked.method} held={len(self._items)} credit={self._credit}>"

    # -- what the client says

    def send(self, item: Any, size: int) -> None:
        """Take an item for the plugin."""
        if self._granted <= 0 or self._ends or not self._held.take(size):
            detail = (
                "the client has sent an item after its end"
                if self._ends
                else "the client has sent more than it may"
            )
            self._fail(Problem(code="credit-exceeded", detail=f"{self._asked.method} was ended: {detail}."))
            return
        self._granted -= 1
        self._items.append((item, size))
        self._news.set()

    def end(self) -> None:
        """Take it that no more items come."""
        self._ends = True
        self._news.set()

    def grant(self, credit: int) -> None:
        """May send so many more items; more than `MAX_TIMEOUT_MS` in all is as good as without a limit."""
        self._credit = min(self._credit + credit, MAX_TIMEOUT_MS)
        self._may_send.set()

    def cancel(self) -> None:
        """End the call."""
        self._fail(Problem(code="call-cancelled", detail=f"The client has cancelled {self._asked.method}."))

    def _fail(self, fault: Problem) -> None:
        self._fault = self._fault or fault
        self._scope.cancel()

    # -- making it

    async def run(self) -> None:
        """Make the call and tell its outcome, exactly one."""
        outcome: dict[str, Any] = {}
        # Holds for a client that goes before there is an outcome.
        problem: Problem | None = Problem(code="call-cancelled", detail="The client has gone.")
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._tell_progress)
                    outcome = {"type": "call.result", "result": await self._make()}
                    nursery.cancel_scope.cancel()
            self._raise_fault(outcome)
            text = self._encode(outcome)
            problem = None
        except Exception as error:  # noqa: BLE001 - the boundary of a call: the others go on
            problem = problem_of(error)
            if problem is None:
                _log.error("A call of %s failed", self._asked.method, exc_info=error)
                problem = internal_problem()
            text = dump_json({"type": "call.error", "id": self.name, "problem": problem.as_json()})
        finally:
            for _, size in self._items:
                self._held.give(size)
            self._items.clear()
            self._ended(self._asked, self._method, self._record, problem)
        await self._say(text)

    def _raise_fault(self, outcome: dict[str, Any]) -> None:
        if self._fault is not None and not outcome:
            raise ProblemError(self._fault)

    async def _make(self) -> Any:
        asked = self._asked
        method = self._method = self._host.method(asked.method, plugin=asked.plugin)
        takes_items, sends_items = streams_of(method, asked.stream)
        timeout = None if asked.timeout_ms is None else asked.timeout_ms / _MILLISECONDS
        on_record = telling_record(self._host, asked.plugin, self._note_record)
        self._granted = FIRST_CREDIT if takes_items else 0
        opened = {
            "type": "call.opened",
            "takes_items": takes_items,
            "sends_items": sends_items,
            "credit": self._granted,
        }
        if not (takes_items or sends_items):
            await self._tell(opened)
            return await self._host.call_json(
                asked.method,
                asked.params,
                plugin=asked.plugin,
                timeout=timeout,
                on_progress=self._note_progress,
                traceparent=asked.traceparent,
                tracestate=asked.tracestate,
                caller=self._caller,
                on_record=on_record,
            )
        async with self._host.stream(
            asked.method,
            asked.params,
            plugin=asked.plugin,
            timeout=timeout,
            json=True,
            on_progress=self._note_progress,
            traceparent=asked.traceparent,
            tracestate=asked.tracestate,
            caller=self._caller,
            on_record=on_record,
        ) as stream:
            await self._tell(opened)
            async with trio.open_nursery() as nursery:
                if takes_items:
                    nursery.start_soon(self._feed, stream)
                await self._carry(stream)
                nursery.cancel_scope.cancel()
            return stream.result

    def _note_record(self, call_id: int) -> None:
        self._record = call_id

    async def _carry(self, stream: CallStream) -> None:
        """Pass on the plugin's items."""
        async for item in stream:
            if self._credit <= 0:
                await self._wait_for_credit()
            self._credit -= 1
            await self._tell({"type": "call.item", "item": item})

    async def _wait_for_credit(self) -> None:
        with trio.move_on_at(self._deadline):
            while self._credit <= 0:
                self._may_send = trio.Event()
                await self._may_send.wait()
            return
        raise CallTimedOutError(
            f"the deadline of {self._asked.method} passed while the client took no items",
            hint="grant credit with call.credit",
        )

    async def _feed(self, stream: CallStream) -> None:
        """Pass on the client's items."""
        try:
            # The plugin may have answered before it has taken everything; that is its affair.
            with suppress(trio.ClosedResourceError):
                await self._feed_all(stream)
        except InvalidParamsError:
            raise  # through the stream, whose record is to have this outcome
        except HostError:
            pass  # of the stream itself: the iteration tells what has ended it

    async def _feed_all(self, stream: CallStream) -> None:
        while True:
            while not self._items:
                if self._ends:
                    await stream.end()
                    return
                self._news = trio.Event()
                await self._news.wait()
            item, size = self._items.popleft()
            try:
                await stream.send(item)
            finally:
                self._held.give(size)
            self._taken += 1
            if self._taken >= _GRANT_AT and not self._ends:
                credit, self._taken = self._taken, 0
                self._granted += credit
                await self._tell({"type": "call.credit", "credit": credit})

    # -- progress

    def _note_progress(self, progress: float, total: float | None, message: str | None) -> None:
        self._progress = (progress, total, message)
        self._has_progress.set()

    async def _tell_progress(self) -> None:
        """Tell the latest progress as often as the client reads."""
        while True:
            await self._has_progress.wait()
            self._has_progress = trio.Event()
            if self._progress is not None:
                progress, total, message = self._progress
                await self._tell(
                    {"type": "call.progress", "progress": progress, "total": total, "message": message}
                )

    def _encode(self, message: dict[str, Any]) -> bytes:
        try:
            return dump_json({**message, "id": self.name})
        except (TypeError, ValueError) as error:
            raise InvalidResultError(
                f"what {self._asked.method} answered has no form in JSON: {error}"
            ) from None

    async def _tell(self, message: dict[str, Any]) -> None:
        await self._say(self._encode(message))
