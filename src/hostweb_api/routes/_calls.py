"""`/api/plugins/:id/call`: call a method of a plugin; its answer, or its stream as NDJSON or as one list."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import trio
from quart import Blueprint, request
from quart.wrappers.response import Response

from hostcore.errors import HostClosedError, HostError, InvalidParamsError, InvalidResultError, TooLargeError
from hostweb_api._answers import CallAnswer, CallFailure, CallItem, CollectedAnswer
from hostweb_api._json import dump_json
from hostweb_api._models import CallBody
from hostweb_api._operations import Answer, RequestHeader, operation
from hostweb_api._problem_sets import CALLING
from hostweb_api._problems import internal_problem, problem_of
from hostweb_api._responses import NDJSON, json_response
from hostweb_api._settings import MAX_CALL_BODY, MAX_COLLECTED_BYTES, MAX_COLLECTED_ITEMS
from hostweb_api.security._callers import Scope
from hostweb_api.serving._exchange import LiveBody
from hostweb_api.serving._streams import OpenStreams

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from hostcore.host import CallStream, HostControl

_log = logging.getLogger(__name__)

_MILLISECONDS: Final = 1000

TRACEPARENT: Final = "traceparent"
"""The header of W3C Trace Context."""


def calls_blueprint(host: HostControl, streams: OpenStreams) -> Blueprint:
    """Return the route that calls plugins. A call is cancelled when its client goes away."""
    routes = Blueprint("calls", __name__)

    @routes.post("/api/plugins/<plugin_id>/call")
    @operation(
        "callPlugin",
        scope=Scope.OPERATOR,
        body=CallBody,
        body_limit=MAX_CALL_BODY,
        headers=(
            RequestHeader(
                name=TRACEPARENT,
                description="The W3C trace context that the call belongs to; what is none is passed over.",
            ),
        ),
        answers={
            200: (
                Answer(
                    kind=CallAnswer | CollectedAnswer,
                    description="The method's answer, with the items of its stream if it sends one.",
                    example={"result": {"revision": 1}},
                ),
                Answer(
                    kind=CallItem | CallAnswer | CallFailure,
                    description="Lines with the items, the last one with the result or what went wrong.",
                    media_type=NDJSON,
                ),
            )
        },
        problems=CALLING,
    )
    async def call_plugin(plugin_id: str, body: CallBody) -> Response:
        """Call a method of a plugin."""
        wants_lines = NDJSON in request.headers.get("Accept", "")
        takes_items, sends_items = _directions(host, plugin_id, body.method)
        if body.items is not None and not takes_items:
            raise InvalidParamsError(
                f"{body.method} takes no stream of items",
                hint="leave `items` out, or put the data into `params`",
            )
        if not (takes_items or sends_items):
            result = await host.call_json(
                body.method,
                body.params,
                plugin=plugin_id,
                timeout=_seconds(body),
                traceparent=request.headers.get(TRACEPARENT),
            )
            answer = _encode({"result": result}, body.method)
            return Response(answer + b"\n", content_type=NDJSON) if wants_lines else json_response(answer)
        items = (body.items or []) if takes_items else None
        if wants_lines:
            lines = _CallLines(_StreamedCall(host, plugin_id, body, items, streams), body.method)
            return Response(lines, content_type=NDJSON)
        # One answer is a request in flight like any other: it may finish when the server stops.
        call = _StreamedCall(host, plugin_id, body, items, OpenStreams())
        return json_response(await _collect(call, body.method))

    return routes


def _seconds(body: CallBody) -> float | None:
    return None if body.timeout_ms is None else body.timeout_ms / _MILLISECONDS


def _directions(host: HostControl, plugin_id: str, name: str) -> tuple[bool, bool]:
    """Return whether a method takes and sends streams; one without an interface file does neither."""
    method = host.method(name, plugin=plugin_id)
    if method is None:
        return False, False
    return method.stream_in is not None, method.stream_out is not None


def _encode(value: Any, method: str) -> bytes:
    try:
        return dump_json(value)
    except (TypeError, ValueError) as error:
        raise InvalidResultError(f"what {method} answered has no form in JSON: {error}") from None


class _StreamedCall:
    """Is a running streaming call: feeds it the items of the request, and iterates over those of the plugin."""

    def __init__(
        self, host: HostControl, plugin_id: str, body: CallBody, items: list[Any] | None, streams: OpenStreams
    ) -> None:
        self._opening = host.stream(
            body.method,
            body.params,
            plugin=plugin_id,
            timeout=_seconds(body),
            json=True,
            traceparent=request.headers.get(TRACEPARENT),
        )
        self._items = items
        self._streams = streams
        self._open = AsyncExitStack()
        self._stream: CallStream
        self._feeding: trio.CancelScope | None = None
        self._failure: HostError | None = None
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

    async def _feed(self, items: list[Any]) -> None:
        try:
            for item in items:
                await self._stream.send(item)
            await self._stream.end()
        except HostError as error:
            # One place tells what went wrong: the iteration.
            self._failure = error
            self._wait.cancel()


async def _collect(call: _StreamedCall, method: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    async with call:
        async for item in call:
            parts.append(_encode(item, method))
            size += len(parts[-1])
            if len(parts) > MAX_COLLECTED_ITEMS or size > MAX_COLLECTED_BYTES:
                raise TooLargeError(
                    f"{method} sends more than {MAX_COLLECTED_ITEMS} items or {MAX_COLLECTED_BYTES} bytes",
                    hint=f"ask for the items one by one, with the header Accept: {NDJSON}",
                )
        return b'{"items":[' + b",".join(parts) + b'],"result":' + _encode(call.result, method) + b"}"


class _CallLines(LiveBody):
    """Sends each item as a line `{"item"}`, and at the end `{"result"}` or `{"error"}`."""

    def __init__(self, call: _StreamedCall, method: str) -> None:
        self._call = call
        self._method = method
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._call.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._call.__aexit__(exc_type, exc_value, tb)

    async def begin(self) -> bytes:
        # With the first line it is clear that the call works: until then it can be answered with its own status.
        return await self._next_line()

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        try:
            return await self._next_line()
        except Exception as error:  # noqa: BLE001 - the head is out: whatever it is, the last line tells it
            self._is_over = True
            problem = problem_of(error)
            if problem is None:
                _log.exception("A stream of %s failed", self._method)
                problem = internal_problem()
            return dump_json({"error": problem.as_json()}) + b"\n"

    async def _next_line(self) -> bytes:
        try:
            item = await self._call.__anext__()
        except StopAsyncIteration:
            self._is_over = True
            return _encode({"result": self._call.result}, self._method) + b"\n"
        return _encode({"item": item}, self._method) + b"\n"
