"""The msgpack-RPC encoding: one MessagePack array behind a 32-bit length."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types

from hostcore.protocol._fields import (
    check_request,
    error_fields,
    is_id,
    notification_fields,
    read_error,
    read_meta,
    read_notification,
)
from hostcore.protocol._limits import EXCERPT, MAX_FRAME
from hostcore.protocol._messages import (
    ErrorInfo,
    Hello,
    Message,
    Notification,
    Request,
    Response,
    Role,
    UnknownNotification,
)
from hostcore.protocol._values import Violation, check_value

_REQUEST: Final = 0
_RESPONSE: Final = 1
_NOTIFICATION: Final = 2
_FOUR: Final = 4  # elements of requests and responses
_THREE: Final = 3  # elements of notifications

# A packer keeps its largest buffer: start small, and drop one that a large message has blown up.
_PACKER_BUFFER: Final = 4096
_PACKER_KEEP: Final = 256 * 1024

_HEADER: Final = Struct(">I").pack
_NO_META: Final[Mapping[str, Any]] = {}
_LEAVES: Final = frozenset({str, int, bool, type(None), bytes})


def _pack_other(value: Any) -> Any:
    """Turn a mapping that is no dict into one; what else gets here was checked and is an integer out of range."""
    if isinstance(value, int):
        raise OverflowError
    return dict(value)


class MsgpackCodec:
    """Encodes and decodes messages as msgpack-RPC frames, seen from one role.

    Attributes:
        overhead: bytes that go over the wire with each body: its length in front of it.
    """

    overhead: Final = 4

    def __init__(self, role: Role) -> None:
        self._role = role
        self._renew()

    def _renew(self) -> None:
        packer = msgpack.Packer(autoreset=True, default=_pack_other, buf_size=_PACKER_BUFFER)
        self._pack = packer.pack

    def size(self, frame: bytes) -> int:
        """Return what of a frame counts against the receiver's limit."""
        return len(frame) - self.overhead

    def request(self, call_id: int, method: str, params: Mapping[str, Any], meta: Mapping[str, Any]) -> bytes:
        """Encode a request; raises `Violation`."""
        check_request(method, params, meta)
        if meta:
            return self._frame((_REQUEST, call_id, method, (params, meta)))
        return self._frame((_REQUEST, call_id, method, (params,)))

    def result(self, call_id: int, result: Any) -> bytes:
        """Encode the response of a call that succeeded; raises `Violation`."""
        if type(result) not in _LEAVES:
            check_value(result)
        return self._frame((_RESPONSE, call_id, None, result))

    def error(self, call_id: int, error: ErrorInfo) -> bytes:
        """Encode the response of a call that failed; raises `Violation`."""
        return self._frame((_RESPONSE, call_id, error_fields(error), None))

    def notification(self, message: Notification | Hello) -> bytes:
        """Encode a notification or a hello; raises `Violation`."""
        method, params = notification_fields(message)
        return self._frame((_NOTIFICATION, method, (params,)))

    def _frame(self, message: tuple[Any, ...]) -> bytes:
        try:
            body: bytes = self._pack(message)
        except OverflowError:
            raise Violation("an integer is beyond 64 bits; send it as text") from None
        except UnicodeEncodeError as error:
            raise Violation(f"text is not valid Unicode: {error}") from None
        except (TypeError, ValueError) as error:
            raise Violation(str(error)) from None
        size = len(body)
        if size > _PACKER_KEEP:
            self._renew()
            if size > MAX_FRAME:
                # The length does not fit the header; the connection refuses the frame by its size.
                return b"\xff\xff\xff\xff" + body
        return _HEADER(size) + body

    def excerpt(self, body: bytes | memoryview) -> str:
        """Show the beginning of a frame's body to people."""
        head = bytes(body[:EXCERPT]).hex(" ")
        return f"{head} … ({len(body)} bytes)" if len(body) > EXCERPT else head

    def decode(self, body: bytes | memoryview) -> Message | UnknownNotification:
        """Decode the body of one frame; raises `Violation`."""
        try:
            message = msgpack.unpackb(body)
        except (ValueError, TypeError, msgpack.UnpackException, MemoryError) as error:
            raise Violation(
                f"the frame is not one MessagePack value: {error or type(error).__name__}"
            ) from None
        if type(message) is not list or not message:
            raise Violation("the frame is not an array of 3 or 4 elements")
        kind = message[0]
        if type(kind) is not int:
            raise Violation("the first element of a message must be 0, 1 or 2")
        if kind == _RESPONSE:
            return _response(message)
        if kind == _REQUEST:
            return _request(message)
        if kind == _NOTIFICATION:
            return self._notification(message)
        raise Violation(f"the first element of a message must be 0, 1 or 2, not {kind}")

    def _notification(self, message: list[Any]) -> Message | UnknownNotification:
        if len(message) != _THREE:
            raise Violation(f"a notification has 3 elements: [2, method, [params]], not {len(message)}")
        method = message[1]
        if type(method) is not str or not method:
            raise Violation("the method of a notification must be a string that is not empty")
        params, _ = _arguments(message[2], "notification")
        return read_notification(self._role, method, params)


def _response(message: list[Any]) -> Response:
    if len(message) != _FOUR:
        raise Violation(f"a response has 4 elements: [1, id, error, result], not {len(message)}")
    _, call_id, error, result = message
    if not is_id(call_id):
        raise Violation("the id of a response must be an integer from 1 to 4294967295")
    if error is not None:
        check_value(error)
        return Response(id=call_id, error=read_error(error))
    if type(result) not in _LEAVES:
        check_value(result)
    return Response(id=call_id, result=result)


def _request(message: list[Any]) -> Request:
    if len(message) != _FOUR:
        raise Violation(f"a request has 4 elements: [0, id, method, [params]], not {len(message)}")
    _, call_id, method, arguments = message
    if not is_id(call_id):
        raise Violation("the id of a request must be an integer from 1 to 4294967295")
    if type(method) is not str or not method:
        raise Violation("the method of a request must be a string that is not empty")
    params, meta = _arguments(arguments, "request")
    return Request(id=call_id, method=method, params=params, meta=meta)


def _arguments(arguments: Any, kind: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Split the last element of a request or notification: one map, and perhaps one of meta."""
    if type(arguments) is not list or not 1 <= len(arguments) <= 2:  # noqa: PLR2004 - params and meta
        raise Violation(f"the last element of a {kind} must be [params] or [params, meta]")
    params = arguments[0]
    if type(params) is not dict:
        raise Violation(f"the params of a {kind} must be a map")
    check_value(params)
    if len(arguments) == 1 or arguments[1] is None:
        return params, _NO_META
    meta = arguments[1]
    check_value(meta)
    return params, read_meta(meta)
