"""A streaming call as the caller sees it: items checked both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

from hostcore.errors import MethodNotFoundError
from hostcore.host._route import Attempt, Route, with_trace
from hostcore.interfaces import MethodValidator
from hostcore.transports import CallContext, ProgressCallback, TransportStream


class HostStream:
    """Wraps a transport's stream with the method's schemas; see `CallStream`.

    Args:
        stream: the running call.
        validator: the method's schemas, or None.
        plugin_json: whether the plugin speaks JSON, so that its binary values come in their JSON form.
        caller_json: whether the caller wants binary values in their JSON form, and sends them so.
        outcome: is told the result, for interceptors and observers; None for nobody.
    """

    def __init__(
        self,
        stream: TransportStream,
        validator: MethodValidator | None,
        *,
        plugin_json: bool,
        caller_json: bool,
        outcome: Attempt | None = None,
    ) -> None:
        self._stream = stream
        self._validator = validator
        self._plugin_json = plugin_json
        self._caller_json = caller_json
        self._outcome = outcome
        self._result: Any = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            item = await self._stream.__anext__()
        except StopAsyncIteration:
            self._finish()
            raise
        validator = self._validator
        if validator is None:
            return item
        return self._incoming(item, validator.item_out_from_json, validator.check_item_out)

    def _finish(self) -> None:
        if not self._ended:
            result = self._stream.result
            if self._validator is not None:
                result = self._incoming(
                    result, self._validator.result_from_json, self._validator.check_result
                )
            self._result = result
            if self._outcome is not None:
                self._outcome.end(result)
            self._ended = True

    def _incoming(self, value: Any, from_json: Callable[[Any], Any], check: Callable[[Any], None]) -> Any:
        if self._plugin_json:
            value = from_json(value)
        check(value)
        return self._validator.to_json(value) if self._caller_json and self._validator else value

    async def send(self, item: Any) -> None:
        """Send one item; raises `InvalidParamsError` when it does not fit the schema."""
        if self._validator is not None:
            if self._caller_json:
                item = self._validator.item_in_from_json(item)
            self._validator.check_item_in(item)
        await self._stream.send(item)

    async def end(self) -> None:
        """Say that no more items will be sent."""
        await self._stream.end()

    @property
    def result(self) -> Any:
        """The answer, once the iteration has ended."""
        if not self._ended:
            raise RuntimeError("the stream has not ended: iterate over it to its end first")
        return self._result


@asynccontextmanager
async def open_stream(
    route: Route,
    params: Mapping[str, Any],
    *,
    timeout: float,
    json: bool,
    on_progress: ProgressCallback | None,
    context: CallContext | None,
) -> AsyncIterator[HostStream]:
    """Make a streaming call; leaving the context ends it.

    Args:
        route: of the method.
        params: the argument object.
        timeout: seconds that it has.
        json: whether the caller sends and wants binary values in their JSON form.
        on_progress: told how far it has come.
        context: on whose behalf it is made.
    """
    with route.counted(params, context, streaming=True) as attempt:
        if route.validator is not None:
            if not route.is_streaming:
                raise MethodNotFoundError(
                    f"{route.method} is no streaming method", hint="call it with `call`"
                )
            params = route.validator.params_from_json(params) if json else params
        info = route.describe(params, timeout, context, streaming=True)
        with route.intercepted(info, attempt):
            attempt.params = info.params
            if route.validator is not None:
                route.validator.check_params(info.params)
            if not route.transports:
                route, timeout, context = await route.wait_callable(
                    timeout, context, attempt.record, is_streaming=True
                )
            transport = route.pick()
            context = with_trace(context, info)
            running = transport.stream(
                route.method,
                info.params,
                timeout=timeout,
                on_progress=on_progress,
                context=context,
                record=attempt.record,
            )
            stream = HostStream(
                running,
                route.validator,
                plugin_json=transport.encoding == "json",
                caller_json=json,
                outcome=attempt,
            )
            try:
                yield stream
            finally:
                running.close()
