"""A streaming call while it runs: it is fed the client's items, and iterated over for the plugin's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

import trio

from hostcore.errors import HostClosedError, HostError
from hostweb_api._problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from hostcore.host import CallStream, HostControl
    from hostweb_api.calls._requests import CallRequest
    from hostweb_api.serving._streams import OpenStreams


class RunningCall:
    """Is a running streaming call, an async context manager and an async iterator over the plugin's items.

    Args:
        host: makes the call.
        asked: what the client wants.
        streams: ends it when the server stops.
        on_progress: is told how far the call has come; None asks the plugin for nothing.
    """

    def __init__(
        self,
        host: HostControl,
        asked: CallRequest,
        streams: OpenStreams,
        *,
        on_progress: Callable[[float, float | None, str | None], None] | None = None,
    ) -> None:
        self._opening = host.stream(
            asked.method,
            asked.params,
            plugin=asked.plugin,
            timeout=asked.timeout,
            json=asked.is_json,
            on_progress=on_progress,
            traceparent=asked.traceparent,
            tracestate=asked.tracestate,
            caller=asked.caller,
            on_record=asked.on_record,
        )
        self._items = asked.items
        self._streams = streams
        self._open = AsyncExitStack()
        self._stream: CallStream
        self._feeding: trio.CancelScope | None = None
        self._failure: Exception | None = None
        self._wait = trio.CancelScope()

    async def __aenter__(self) -> Self:
        self._stream = await self._open.enter_async_context(self._opening)
        if self._items is not None:
            nursery = await self._open.enter_async_context(trio.open_nursery())
            self._feeding = nursery.cancel_scope
            nursery.start_soon(self._feed, self._items)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        await self._open.__aexit__(exc_type, exc_value, tb)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._failure is None:
            with self._streams.wait() as self._wait:
                return await self._stream.__anext__()
        if self._failure is not None:
            raise self._failure
        raise HostClosedError("the server stops; the stream was cut off")

    @property
    def result(self) -> Any:
        """What the plugin answered at the end of the iteration."""
        return self._stream.result

    async def _feed(self, items: AsyncIterator[Any]) -> None:
        try:
            # The plugin may have answered before it has taken all of them; the iteration ends then.
            with suppress(trio.ClosedResourceError):
                async for item in items:
                    await self._stream.send(item)
                await self._stream.end()
        except (HostError, ProblemError) as error:
            # One place tells what went wrong: the iteration.
            self._failure = error
            self._wait.cancel()
