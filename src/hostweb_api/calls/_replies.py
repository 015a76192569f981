"""How a call is answered: as one value, as lines, as events, or as raw bytes."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import trio
from quart.wrappers.response import Response

from hostcore.errors import InvalidResultError, TooLargeError
from hostweb_api._json import dump_json
from hostweb_api._problems import Problem, internal_problem, problem_of
from hostweb_api._responses import NDJSON, SSE, json_response
from hostweb_api._settings import MAX_COLLECTED_BYTES, MAX_COLLECTED_ITEMS
from hostweb_api.calls._binary import binary_member, bytes_of, is_binary, pack, with_bytes
from hostweb_api.calls._requests import BYTES, MSGPACK
from hostweb_api.calls._running import RunningCall
from hostweb_api.serving._exchange import LiveBody
from hostweb_api.serving._streams import OpenStreams

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from werkzeug.datastructures import MIMEAccept

    from hostcore.host import HostControl
    from hostweb_api.calls._requests import CallRequest

_log = logging.getLogger(__name__)

_HEARTBEAT: Final = b": still here\n\n"


class Form(enum.Enum):
    """Says in which form a call is answered; the value is the media type."""

    JSON = "application/json"
    MSGPACK = MSGPACK
    LINES = NDJSON
    EVENTS = SSE
    BYTES = BYTES

    @property
    def is_whole(self) -> bool:
        """Whether the answer comes in one piece, when the call has its outcome."""
        return self in {Form.JSON, Form.MSGPACK}


def choose_form(accepted: MIMEAccept, asked: CallRequest) -> Form:
    """Choose the form that the client likes best of those that the method has; JSON where it likes none of them."""
    if not accepted:
        return Form.JSON
    default = Form.JSON if asked.is_json else Form.MSGPACK
    offered = [default, *(form for form in Form if form is not default and _can_be(form, asked))]
    best = accepted.best_match([form.value for form in offered])
    return Form.JSON if best is None else Form(best)


def _can_be(form: Form, asked: CallRequest) -> bool:
    if form is not Form.BYTES:
        return True
    if asked.description is None:
        return False
    if asked.sends_items:
        return is_binary(asked.description.stream_out)
    return binary_member(asked.description.result) is not None


class Replies:
    """Makes calls and answers them.

    Args:
        host: makes them.
        streams: ends answers that go on when the server stops.
        heartbeat: seconds of silence after which an answer of events says that it goes on.
    """

    def __init__(self, host: HostControl, streams: OpenStreams, *, heartbeat: float) -> None:
        self._host = host
        self._streams = streams
        self._heartbeat = heartbeat

    async def reply(self, asked: CallRequest, form: Form) -> Response:
        """Make a call and return the answer; one that goes on has begun no call yet."""
        if form is Form.EVENTS:
            headers = {"X-Accel-Buffering": "no"}
            return Response(_Events(self, asked), headers=headers, content_type=SSE)
        if not asked.is_streaming:
            return self._whole(asked, form, {"result": await self.call(asked)})
        if form is Form.LINES:
            return Response(_Lines(self.open(asked), asked), content_type=NDJSON)
        if form is Form.BYTES and asked.sends_items:
            return Response(_Bytes(self.open(asked), asked), content_type=BYTES)
        return self._whole(asked, form, await self._collect(asked, form))

    def open(self, asked: CallRequest, on_progress: Callable[..., None] | None = None) -> RunningCall:
        """Return a streaming call that ends when the server stops."""
        return RunningCall(self._host, asked, self._streams, on_progress=on_progress)

    async def call(self, asked: CallRequest, on_progress: Callable[..., None] | None = None) -> Any:
        """Make a call without streams."""
        call = self._host.call_json if asked.is_json else self._host.call
        return await call(
            asked.method,
            asked.params,
            plugin=asked.plugin,
            timeout=asked.timeout,
            on_progress=on_progress,
            traceparent=asked.traceparent,
            tracestate=asked.tracestate,
            caller=asked.caller,
            on_record=asked.on_record,
        )

    @property
    def heartbeat(self) -> float:
        """Seconds of silence."""
        return self._heartbeat

    def _whole(self, asked: CallRequest, form: Form, answer: dict[str, Any]) -> Response:
        if form is Form.BYTES and asked.description is not None:
            member = binary_member(asked.description.result)
            if member is not None:
                return Response(bytes_of(answer["result"], member, asked.method), content_type=BYTES)
        if form is Form.MSGPACK:
            return Response(pack(with_bytes(answer) if asked.is_json else answer), content_type=MSGPACK)
        encoded = encode(answer, asked.method)
        return (
            Response(encoded + b"\n", content_type=NDJSON) if form is Form.LINES else json_response(encoded)
        )

    async def _collect(self, asked: CallRequest, form: Form) -> dict[str, Any]:
        items: list[Any] = []
        size = 0
        # One answer is a request in flight like any other: it may finish when the server stops.
        async with RunningCall(self._host, asked, OpenStreams()) as call:
            async for item in call:
                items.append(item)
                size += len(encode(item, asked.method) if form is Form.JSON else pack(item))
                if len(items) > MAX_COLLECTED_ITEMS or size > MAX_COLLECTED_BYTES:
                    raise TooLargeError(
                        f"{asked.method} sends more than {MAX_COLLECTED_ITEMS} items or {MAX_COLLECTED_BYTES} bytes",
                        hint=f"ask for the items one by one, with the header Accept: {NDJSON}",
                    )
            return {"items": items, "result": call.result}


def encode(value: Any, method: str) -> bytes:
    """Encode what a plugin has answered as JSON; raises `InvalidResultError`."""
    try:
        return dump_json(value)
    except (TypeError, ValueError) as error:
        raise InvalidResultError(f"what {method} answered has no form in JSON: {error}") from None


def _told(error: Exception, asked: CallRequest) -> Problem:
    """Return the problem that the end of an answer tells."""
    problem = problem_of(error)
    if problem is None:
        _log.error("A stream of %s failed", asked.method, exc_info=error)
        problem = internal_problem()
    asked.failed(problem)
    return problem


class _Running(LiveBody):
    """Is an answer whose call runs as long as it is sent."""

    def __init__(self, call: RunningCall, asked: CallRequest) -> None:
        self._call = call
        self._asked = asked
        self._method = asked.method
        self.reads_request = asked.is_upload

    async def __aenter__(self) -> Self:
        await self._call.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._call.__aexit__(exc_type, exc_value, tb)


class _Lines(_Running):
    """Sends each item as a line `{"item"}`, and at the end `{"result"}` or `{"error"}`."""

    _is_over = False

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
            return dump_json({"error": _told(error, self._asked).as_json()}) + b"\n"

    async def _next_line(self) -> bytes:
        try:
            item = await self._call.__anext__()
        except StopAsyncIteration:
            self._is_over = True
            return encode({"result": self._call.result}, self._method) + b"\n"
        return encode({"item": item}, self._method) + b"\n"


class _Bytes(_Running):
    """Sends binary items one after the other. A failure after the first one cuts the answer off."""

    async def begin(self) -> bytes:
        try:
            return self._bytes_of(await self._call.__anext__())
        except StopAsyncIteration:
            return b""

    async def __anext__(self) -> bytes:
        try:
            return self._bytes_of(await self._call.__anext__())
        except Exception as error:
            if not isinstance(error, StopAsyncIteration):
                _told(error, self._asked)
            raise

    def _bytes_of(self, item: Any) -> bytes:
        data = with_bytes(item)
        if not isinstance(data, bytes):
            raise InvalidResultError(f"{self._method} sent an item that is no bytes")
        return data


class _Events(LiveBody):
    """Sends progress, items and the outcome of a call, streaming or not, as server-sent events."""

    def __init__(self, replies: Replies, asked: CallRequest) -> None:
        self._replies = replies
        self._asked = asked
        self.reads_request = asked.is_upload
        self._open = AsyncExitStack()
        self._running: trio.Nursery
        self._progress: dict[str, Any] | None = None
        # One item: the plugin is held back as long as the client does not read.
        self._held: tuple[str, Any] | None = None
        self._news = trio.Event()
        self._taken = trio.Event()
        self._is_over = False

    async def __aenter__(self) -> Self:
        self._running = await self._open.enter_async_context(trio.open_nursery())
        self._running.start_soon(self._run)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._running.cancel_scope.cancel()
        await self._open.__aexit__(exc_type, exc_value, tb)

    async def begin(self) -> bytes:
        # What fails at once is answered with its own status.
        return await self._next_block()

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        try:
            return await self._next_block()
        except Exception as error:  # noqa: BLE001 - the head is out: whatever it is, the last event tells it
            self._is_over = True
            return _block("error", dump_json(_told(error, self._asked).as_json()))

    async def _run(self) -> None:
        """Make the call."""
        try:
            if self._asked.is_streaming:
                async with self._replies.open(self._asked, self._note) as call:
                    async for item in call:
                        await self._put("item", item)
                    outcome = ("result", call.result)
            else:
                outcome = ("result", await self._replies.call(self._asked, self._note))
        except Exception as error:  # noqa: BLE001 - it is told where the call is answered
            outcome = ("error", error)
        await self._put(*outcome)

    async def _put(self, kind: str, value: Any) -> None:
        while self._held is not None:
            self._taken = trio.Event()
            await self._taken.wait()
        self._held = (kind, value)
        self._news.set()

    def _note(self, progress: float, total: float | None, message: str | None) -> None:
        self._progress = {"progress": progress, "total": total, "message": message}
        self._news.set()

    async def _next_block(self) -> bytes:
        if self._held is None and self._progress is None:
            self._news = trio.Event()
            with trio.move_on_after(self._replies.heartbeat):
                await self._news.wait()
        if self._progress is not None:
            progress, self._progress = self._progress, None
            return _block("progress", encode(progress, self._asked.method))
        if self._held is None:
            return _HEARTBEAT
        (kind, value), self._held = self._held, None
        self._taken.set()
        if kind == "error":
            raise value
        data = encode(value, self._asked.method)
        self._is_over = kind == "result"
        return _block(kind, data)


def _block(kind: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
