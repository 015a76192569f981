"""What a client asks for with a call, in whichever form it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import trio
from pydantic import ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import RequestTimeout

from hostcore.errors import InvalidParamsError
from hostweb_api import _settings as settings
from hostweb_api._faults import misfit_of
from hostweb_api._models import CallBody, RawCallQuery
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._reading import check_members
from hostweb_api.calls._binary import binary_member, is_binary, needs_binary_member, unpack

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostcore.snapshots import MethodSnapshot
    from hostweb_api.serving._body import RequestBody

MSGPACK: Final = "application/msgpack"
BYTES: Final = "application/octet-stream"

MAX_LINE: Final = settings.MAX_CALL_BODY
"""Bytes of a line of NDJSON: an item is at most what a call's params may be."""

CHUNK: Final = 64 * 1024
"""Bytes of one binary item that is made of a body: what streams of bytes have as their items elsewhere, too."""

_MILLISECONDS: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRequest:
    """Is what a client asks for.

    Attributes:
        plugin: the plugin's id.
        method: the method's full name.
        description: the method; None where no interface file has it.
        params: the argument object.
        timeout: seconds, or None for the default.
        items: what is sent to the plugin, in order; None for a method that takes no items.
        sends_items: whether the plugin sends items.
        is_json: whether binary data has its JSON form in all of it.
        is_upload: whether items still arrive while the call runs.
        traceparent: the trace context that it belongs to, unchecked, or None.
        tracestate: what vendors say about that trace, unchecked, or None.
        caller: what whoever sends it is called.
        on_record: is told which record of the communication log the call has; None for nobody.
        failed: is told what goes wrong once the answer has begun.
    """

    plugin: str
    method: str
    description: MethodSnapshot | None
    params: Mapping[str, Any]
    timeout: float | None
    items: AsyncIterator[Any] | None
    sends_items: bool
    is_json: bool
    is_upload: bool = False
    traceparent: str | None = None
    tracestate: str | None = None
    caller: str | None = None
    on_record: Callable[[int], None] | None = None
    failed: Callable[[Problem], None] = lambda _: None

    @property
    def is_streaming(self) -> bool:
        """Whether items go to and fro."""
        return self.items is not None or self.sends_items

    @property
    def changes_nothing(self) -> bool:
        """Whether an interface file says that the method is read-only."""
        return self.description is not None and self.description.read_only


def streams_of(description: MethodSnapshot | None, wish: str | None) -> tuple[bool, bool]:
    """Return whether a method takes items, and whether it sends some; of one that nothing describes its caller says so."""
    if description is None:
        return wish in {"in", "both"}, wish in {"out", "both"}
    return description.stream_in is not None, description.stream_out is not None


def request_of(host: HostControl, plugin: str, body: CallBody, *, is_json: bool) -> CallRequest:
    """Take a call that has come as a whole; raises `HostError` for what there is not."""
    description = host.method(body.method, plugin=plugin)
    takes_items, sends_items = streams_of(description, body.stream)
    if body.items is not None and not takes_items:
        raise _takes_no_items(body.method, description)
    return CallRequest(
        plugin=plugin,
        method=body.method,
        description=description,
        params=body.params,
        timeout=_seconds(body.timeout_ms),
        items=_Items(body.items or ()) if takes_items else None,
        sends_items=sends_items,
        is_json=is_json,
    )


async def read_msgpack(host: HostControl, plugin: str, body: RequestBody) -> CallRequest:
    """Read a call in MessagePack: the members of the JSON body, with bytes as bytes.

    Raises:
        ProblemError, RequestTimeout, HostError: as for JSON.
    """
    data = unpack(await _whole(body))
    check_members(data, CallBody)
    return request_of(host, plugin, _check(data), is_json=False)


async def read_lines(host: HostControl, plugin: str, body: RequestBody) -> CallRequest:
    """Read the first line of NDJSON, which is the call; the further lines are its items, read as the plugin takes them.

    Raises:
        ProblemError, RequestTimeout, HostError: as for JSON.
    """
    lines = _Lines(body)
    first = None
    with trio.move_on_after(settings.BODY_TIMEOUT) as waiting:
        first = await lines.next()
    if waiting.cancelled_caught:
        raise RequestTimeout(f"The first line did not arrive within {settings.BODY_TIMEOUT:g} s.")
    if first is None:
        raise ProblemError(Problem(code="json-invalid", detail="The body has no line."))
    data = _json(first)
    check_members(data, CallBody)
    asked = _check(data)
    description = host.method(asked.method, plugin=plugin)
    if asked.items is not None:
        raise ProblemError(
            Problem(
                code="body-invalid",
                detail="#/items: the items are the lines that follow",
                hint="send each item as a line",
            )
        )
    takes_items, sends_items = streams_of(description, asked.stream)
    if not takes_items and await lines.next() is not None:
        raise _takes_no_items(asked.method, description)
    return CallRequest(
        plugin=plugin,
        method=asked.method,
        description=description,
        params=asked.params,
        timeout=_seconds(asked.timeout_ms),
        items=lines if takes_items else None,
        sends_items=sends_items,
        is_json=True,
        is_upload=takes_items,
    )


async def read_bytes(host: HostControl, plugin: str, query: RawCallQuery, body: RequestBody) -> CallRequest:
    """Take raw bytes: the items of a method that takes binary ones, else its one binary param.

    Raises:
        InvalidParamsError: the method has no place for them.
        ProblemError, RequestTimeout, HostError: as for JSON.
    """
    if query.method is None:
        detail = "#/method: raw bytes say nothing of the method."
        raise ProblemError(
            Problem(
                code="query-invalid", detail=detail, hint="name it in the query: ?method=Interface.Method"
            )
        )
    description = host.method(query.method, plugin=plugin)
    params = _params_of(query)
    is_upload = description is not None and is_binary(description.stream_in)
    if not is_upload:
        member = None if description is None else binary_member(description.params)
        if member is None or (description is not None and description.stream_in is not None):
            raise needs_binary_member(query.method)
        params = params | {member: await _whole(body)}
    return CallRequest(
        plugin=plugin,
        method=query.method,
        description=description,
        params=params,
        timeout=_seconds(query.timeout_ms),
        items=_Chunks(body) if is_upload else None,
        sends_items=streams_of(description, None)[1],
        is_json=False,
        is_upload=is_upload,
    )


def _params_of(query: RawCallQuery) -> dict[str, Any]:
    try:
        params = {} if query.params is None else from_json(query.params, allow_inf_nan=False)
    except ValueError as error:
        problem = Problem(code="query-invalid", detail=f"#/params: invalid JSON: {error}.")
        raise ProblemError(problem) from None
    if not isinstance(params, dict):
        raise ProblemError(Problem(code="query-invalid", detail="#/params: it is no JSON object."))
    return params


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MILLISECONDS


def _takes_no_items(method: str, description: MethodSnapshot | None) -> InvalidParamsError:
    hint = "leave `items` out, or put the data into `params`"
    if description is None:
        hint += '; nothing describes the method: if it does take items, say "stream": "in" or "both"'
    return InvalidParamsError(f"{method} takes no stream of items", hint=hint)


def _check(data: Any) -> CallBody:
    try:
        return CallBody.model_validate(data)
    except ValidationError as error:
        raise ProblemError(misfit_of("body-invalid", error, CallBody)) from None


def _json(line: bytes) -> Any:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(Problem(code="json-invalid", detail=f"Invalid JSON: {error}.")) from None


async def _whole(body: RequestBody) -> bytes:
    with trio.move_on_after(settings.BODY_TIMEOUT):
        return await body.read(limit=settings.MAX_CALL_BODY)
    raise RequestTimeout(f"The body did not arrive within {settings.BODY_TIMEOUT:g} s.")


class _Items:
    """Iterates over items that are there already. No generators here: nobody would close one that is not used up."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> _Items:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            return item
        raise StopAsyncIteration


class _Lines:
    """Iterates over the lines of a body as JSON values; empty lines are none."""

    def __init__(self, body: RequestBody) -> None:
        self._body = body
        self._held = bytearray()
        self._searched = 0
        self._has_ended = False

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> Any:
        line = await self.next()
        if line is None:
            raise StopAsyncIteration
        return _json(line)

    async def next(self) -> bytes | None:
        """Return the next line that is not empty, or None at the end.

        Raises:
            ProblemError: it is too long.
        """
        while True:
            line = await self._next()
            if line is None or line.strip():
                return line

    async def _next(self) -> bytes | None:
        while (end := self._held.find(b"\n", self._searched)) < 0:
            self._searched = len(self._held)
            chunk = None if self._has_ended else await self._body.next_chunk()
            if chunk is None:
                self._has_ended = True
                line, self._held = bytes(self._held), bytearray()
                self._searched = 0
                return line or None
            self._held += chunk
            if len(self._held) > MAX_LINE and self._held.find(b"\n", self._searched, MAX_LINE) < 0:
                detail = f"A line has more than {MAX_LINE} bytes."
                raise ProblemError(Problem(code="body-too-large", detail=detail))
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        self._searched = 0
        return line


class _Chunks:
    """Iterates over the parts of a body."""

    def __init__(self, body: RequestBody) -> None:
        self._body = body
        self._held = b""

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        if not self._held:
            chunk = await self._body.next_chunk()
            if chunk is None:
                raise StopAsyncIteration
            self._held = chunk
        part, self._held = self._held[:CHUNK], self._held[CHUNK:]
        return part
