"""One streaming call of a plugin that serves gRPC, as the host sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

import trio

from hostcore.errors import HostError, InvalidParamsError, MisbehavedError
from hostcore_grpc._observing import CallWatch
from hostcore_grpc.methods import CallShape, Received
from hostcore_grpc.rpc import Origin, RpcError, StreamCall


class GrpcStream:
    """Is one streaming call; see `TransportStream`.

    Args:
        call: the running call.
        shape: what its messages mean.
        first: the one message of a caller that does not stream, or None.
        failed: turns a failure into what the caller sees.
        closed: called at the end, once.
        watch: sees its messages; None for nobody.
    """

    def __init__(
        self,
        call: StreamCall,
        shape: CallShape,
        first: bytes | None,
        *,
        failed: Callable[[RpcError], Awaitable[HostError]],
        closed: Callable[[], None],
        watch: CallWatch | None = None,
    ) -> None:
        self._watch = watch
        self._call = call
        self._shape = shape
        self._first = first
        self._failed = failed
        self._closed = closed
        self._count = 0
        self._final: Received | None = None
        self._result: Any = None
        self._has_begun = False
        self._has_ended = False

    def __repr__(self) -> str:
        return f"<GrpcStream {self._shape.path} items={self._count} ended={self._has_ended}>"

    def __aiter__(self) -> Self:
        return self

    async def _begin(self) -> None:
        """Send what a caller sends that does not stream. A cancelled part is done again when it is asked for again."""
        with suppress(trio.ClosedResourceError):  # it has answered already: that is what counts
            if self._first is not None:
                await self._call.send(self._first)
                self._first = None
            if not self._shape.client_streaming:
                await self._call.end()
        self._has_begun = True

    async def __anext__(self) -> Any:
        if self._has_ended:
            raise StopAsyncIteration
        try:
            if not self._has_begun:
                await self._begin()
            received = self._final
            if received is None:
                data = await self._call.receive()
                received = self._taken(data) if data is not None else None
                if received is not None and not received.is_result:
                    self._count += 1
                    return received.value
                self._final = received  # kept, should the wait for the end be cancelled
            if received is not None:
                await self._expect_end()
        except RpcError as error:
            if self._watch is not None and error.origin is Origin.PEER:
                self._watch.failed(error.status, error.message)
            raise await self._failed(error) from error
        self._result = received.value if received is not None else self._shape.final_result(self._count)
        self._has_ended = True
        raise StopAsyncIteration

    def _taken(self, data: bytes) -> Received:
        received = self._shape.decode(data)
        if self._watch is not None:
            self._watch.received("response" if received.is_result else "data", data, received.value)
        return received

    async def _expect_end(self) -> None:
        """Wait for the status that follows the result."""
        if await self._call.receive() is not None:
            raise MisbehavedError(
                "the plugin sent another message after the result", location=self._shape.path
            )

    async def send(self, item: Any) -> None:
        """Send one item; see `TransportStream`.

        Raises:
            trio.ClosedResourceError: `end` was called, or the plugin has answered already.
        """
        if not self._shape.client_streaming:
            raise InvalidParamsError("the method takes no stream of items", location=self._shape.path)
        try:
            data = self._shape.encode_item(item)
            await self._call.send(data)
        except RpcError as error:
            raise await self._failed(error) from error
        if self._watch is not None:
            self._watch.sent("data", data, item)

    async def end(self) -> None:
        """Say that no more items will be sent."""
        if self._shape.client_streaming:
            await self._call.end()
            if self._watch is not None:
                self._watch.ended("end")

    def close(self) -> None:
        """Cancel the call unless it has ended; a second call does nothing."""
        self._call.close()
        self._closed()

    @property
    def result(self) -> Any:
        """The answer, once the iteration has ended."""
        if not self._has_ended:
            raise RuntimeError("the stream has not ended: iterate over it to its end first")
        return self._result
